//! What follows a commit of a worktree: its head and its index take it up. The branch has the commit by then, so a stop in between must
//! not make the branch look moved by somebody else.

use std::path::Path;

use gitoma_confine::RelPath;
use gitoma_core::ToolError;
use gix::ObjectId;

use super::store::Store;
use super::{anchor, index};
use crate::object::unavailable;
use crate::place::BranchName;
use crate::repositories::Repository;

/// Lets the worktree at `place` stand on `commit`, which has taken up the changes of `taken`, in the order of paths.
///
/// The head first: with an index that is older the files are only compared anew, with a head that is older no commit fits the branch.
pub(super) fn settle(
    store: &Store,
    place: &Path,
    engine: &gix::Repository,
    commit: ObjectId,
    taken: &[RelPath],
) -> Result<(), ToolError> {
    store.head(place, commit)?;
    index::renew(engine, commit, taken, &place.join("git"))?;
    store.forget_intent(place)
}

/// Goes on with a commit of the worktree that did not come to its end. Nothing is lost where that fails: a commit is refused then, since
/// the branch is elsewhere.
pub(super) fn mend(
    store: &Store,
    place: &Path,
    home: &Repository,
    branch: &BranchName,
    worktree: &Repository,
) {
    if !matches!(store.intent(place), Ok(Some(_))) {
        return;
    }
    // Whoever has the turn is at it.
    let Some(_turn) = worktree.try_turn() else { return };
    let engine = worktree.engine();
    let made = (|| {
        let Some((parent, tree)) = store.intent(place)? else { return Ok(None) };
        let head = engine.head_id().map_err(unavailable("reference"))?.detach();
        let repository = home.engine();
        let tip = repository.try_find_reference(&branch.full()).map_err(unavailable("reference"))?;
        let tip = tip.and_then(|tip| tip.target().try_id().map(ToOwned::to_owned));
        // The commit that was meant is told by what it holds: whoever made one like it made the same.
        let is_meant = |id: &ObjectId| {
            engine.find_commit(*id).is_ok_and(|commit| {
                commit.parent_ids().map(gix::Id::detach).eq([parent])
                    && commit.tree_id().is_ok_and(|made| made == tree)
            })
        };
        let made = if head == parent { tip } else { Some(head) };
        Ok::<_, ToolError>(made.filter(is_meant))
    })();
    let mended = match made {
        Ok(Some(commit)) => {
            if let Some(made) = worktree.generation() {
                let _ = anchor::hold(home, &anchor::name(place, *made), commit);
            }
            settle(store, place, &engine, commit, &[])
        }
        // It never reached the branch.
        Ok(None) => store.forget_intent(place),
        Err(error) => Err(error),
    };
    if let Err(error) = mended {
        warn_behind(&error);
    }
}

/// Tells the operator of a worktree that could not take up its commit.
pub(crate) fn warn_behind(error: &ToolError) {
    let cause = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
    tracing::warn!(
        target: "gitoma::call",
        code = error.code(),
        cause,
        "a worktree could not take up its commit; whoever uses it next tries again"
    );
}
