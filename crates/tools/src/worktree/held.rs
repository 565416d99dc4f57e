//! Whether more than a worktree holds its commits. A person may delete or move the branch that got them; from then on the worktree's own
//! reference is all that keeps them from `git gc`.

use gitoma_core::ToolError;
use gix::ObjectId;
use gix::objs::Kind;
use gix::traverse::commit::simple::CommitTimeOrder;

use super::anchor::is_own;
use crate::object::unavailable;
use crate::repositories::Repository;

/// Whether a reference that is not the gateway's own leads to `commit`.
pub(super) fn is_held(home: &Repository, commit: ObjectId) -> Result<bool, ToolError> {
    let engine = home.engine();
    let mut tips = Vec::new();
    let references = engine.references().map_err(unavailable("reference"))?;
    for reference in references.all().map_err(unavailable("reference"))? {
        // What is no reference, or points nowhere, holds nothing.
        let Ok(mut reference) = reference else { continue };
        if is_own(reference.name().as_bstr()) {
            continue;
        }
        let Ok(tip) = reference.peel_to_id() else { continue };
        if tip == commit {
            return Ok(true);
        }
        if tip.header().is_ok_and(|header| header.kind() == Kind::Commit) {
            tips.push(tip.detach());
        }
    }
    tips.sort_unstable();
    tips.dedup();
    let mut alone = engine
        .rev_walk([commit])
        .sorting(gix::revision::walk::Sorting::ByCommitTime(CommitTimeOrder::NewestFirst))
        .use_commit_graph(false)
        .with_hidden(tips)
        .all()
        .map_err(unavailable("object"))?;
    // What somebody else leads to is hidden, with everything behind it.
    match alone.next().transpose().map_err(unavailable("object"))? {
        Some(first) => Ok(first.id != commit),
        None => Ok(true),
    }
}
