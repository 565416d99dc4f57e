//! From a parsed revision to a commit. The grammar is confinement's closed one, so nothing here can name a blob, a reflog
//! entry or a search; an object of another kind is refused, with tags peeled.

use std::collections::HashSet;

use gitoma_confine::{Base, Revision, Step};
use gitoma_core::ToolError;
use gix::ObjectId;
use gix::objs::Kind;

use crate::object::unavailable;
use crate::view::View;
use crate::worktree::is_own_reference;

/// How many tags may point at tags.
const MAX_TAG_DEPTH: usize = 16;

/// The commit that `revision` names, or what is checked out if there is none; nothing if that has no commit yet.
pub(crate) fn resolve_or_head(
    view: &View<'_>,
    revision: Option<&Revision>,
) -> Result<Option<ObjectId>, ToolError> {
    match revision {
        Some(revision) => resolve(view, revision).map(Some),
        None => head(view),
    }
}

/// The commit of what is checked out; nothing on a branch without commits.
pub(crate) fn head(view: &View<'_>) -> Result<Option<ObjectId>, ToolError> {
    let mut head = view.engine().head().map_err(unavailable("reference"))?;
    if head.is_unborn() {
        return Ok(None);
    }
    let commit = head.peel_to_commit().map_err(unavailable("object"))?;
    Ok(Some(commit.id))
}

/// The commit that `revision` names.
///
/// # Errors
/// [`ToolError::NotFound`] if there is no such commit, [`ToolError::Unsuitable`] if it names something else or too much.
pub(crate) fn resolve(view: &View<'_>, revision: &Revision) -> Result<ObjectId, ToolError> {
    let base = match revision.base() {
        Base::Head => head(view)?.ok_or(MISSING)?,
        Base::Name(name) => named(view, name.as_str())?.ok_or(MISSING)?,
        Base::Id(prefix) if prefix.is_full() => {
            ObjectId::from_hex(prefix.as_str().as_bytes()).map_err(|_| MISSING)?
        }
        Base::Id(prefix) => match named(view, prefix.as_str())? {
            Some(id) => id,
            None => by_prefix(view, prefix.as_str())?,
        },
    };
    let mut commit = peel_to_commit(view, base)?;
    for step in revision.steps() {
        commit = match *step {
            Step::Ancestor(count) => ancestor(view, commit, count)?,
            Step::Parent(0) => commit,
            Step::Parent(number) => parent(view, commit, number)?,
        };
    }
    Ok(commit)
}

const MISSING: ToolError = ToolError::NotFound { what: "revision" };

/// Where git looks for a short name, after the name itself and `refs/`.
const PLACES: [&str; 3] = ["refs/tags/", "refs/heads/", "refs/remotes/"];

/// What the reference `name` points at, in git's order of places to look. The gateway's own references are nobody's: they tell of
/// worktrees, which are each their principal's.
fn named(view: &View<'_>, name: &str) -> Result<Option<ObjectId>, ToolError> {
    let find = |name: &str| {
        // A file that only looks like a reference (`config`) is no reference; its parse error is not the caller's business.
        let found = view.engine().try_find_reference(name).ok().flatten();
        found.map(|found| (is_own_reference(found.name().as_bstr()), found))
    };
    let found = match find(name) {
        Some((true, _)) => PLACES.iter().find_map(|place| find(&format!("{place}{name}"))),
        found => found,
    };
    let Some((false, mut reference)) = found else { return Ok(None) };
    reference.peel_to_id().map(|id| Some(id.detach())).map_err(|_| MISSING)
}

/// The only commit or tag whose id begins with `digits`.
fn by_prefix(view: &View<'_>, digits: &str) -> Result<ObjectId, ToolError> {
    let prefix = gix::hash::Prefix::from_hex(digits).map_err(|_| MISSING)?;
    let mut candidates = HashSet::new();
    view.engine()
        .objects
        .lookup_prefix(prefix, Some(&mut candidates))
        .map_err(unavailable("object"))?
        .ok_or(MISSING)?
        .ok();
    let mut commits = candidates.into_iter().filter(|id| {
        matches!(view.engine().find_header(*id).map(|header| header.kind()), Ok(Kind::Commit | Kind::Tag))
    });
    let first = commits.next().ok_or(NOT_A_COMMIT)?;
    if commits.next().is_some() {
        return Err(ToolError::Unsuitable {
            reason: "the abbreviated commit id is ambiguous; give more digits".into(),
        });
    }
    Ok(first)
}

const NOT_A_COMMIT: ToolError =
    ToolError::Unsuitable { reason: std::borrow::Cow::Borrowed("the revision does not name a commit") };

/// Follows tags to a commit; anything else is refused.
pub(crate) fn peel_to_commit(view: &View<'_>, id: ObjectId) -> Result<ObjectId, ToolError> {
    let mut id = id;
    for _ in 0..MAX_TAG_DEPTH {
        let object = view.engine().try_find_object(id).map_err(unavailable("object"))?.ok_or(MISSING)?;
        match object.kind {
            Kind::Commit => return Ok(id),
            Kind::Tag => {
                id = object.into_tag().target_id().map_err(unavailable("object"))?.detach();
            }
            Kind::Tree | Kind::Blob => return Err(NOT_A_COMMIT),
        }
    }
    Err(NOT_A_COMMIT)
}

fn ancestor(view: &View<'_>, commit: ObjectId, count: u32) -> Result<ObjectId, ToolError> {
    let mut commit = commit;
    for step in 0..count {
        if step % 256 == 0 {
            view.checkpoint()?;
        }
        commit = parent(view, commit, 1)?;
    }
    Ok(commit)
}

/// Parent `number`, from 1.
fn parent(view: &View<'_>, commit: ObjectId, number: u32) -> Result<ObjectId, ToolError> {
    let commit = view.engine().find_commit(commit).map_err(|_| MISSING)?;
    let index = usize::try_from(number).unwrap_or(usize::MAX).saturating_sub(1);
    commit.parent_ids().nth(index).map(gix::Id::detach).ok_or(MISSING)
}
