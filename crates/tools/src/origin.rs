//! Where a new branch or worktree begins: a commit whose files the caller could read anyway. Without this, a copy under a name of
//! the caller's own would show what a rule on references hides.

use gitoma_confine::{Base, Revision};
use gitoma_core::ToolError;
use gitoma_core::policy::{Access, Paths};
use gix::ObjectId;

use crate::object::unavailable;
use crate::place::Place;
use crate::revision;
use crate::view::View;

/// The tool by which reading is judged: what it may not show must not be copied.
const READER: &str = "repo_read_file";

/// The commit that `from` names, or what is checked out if it names nothing.
///
/// # Errors
/// [`ToolError::Refused`] if the caller may not read there, [`ToolError::NotFound`] if there is no such commit.
pub(crate) fn start(view: &View<'_>, place: &Place, from: Option<&Revision>) -> Result<ObjectId, ToolError> {
    let head = from.is_none_or(|from| matches!(from.base(), Base::Head));
    let accesses: Vec<Access> = match (head, from) {
        (false, Some(from)) => Place::at(place.repo(), [Some(from)])
            .map_err(|_| ToolError::NotFound { what: "repository" })?
            .accesses(&Paths::Discovered),
        _ => {
            // Which branch it stands for is known by now.
            let branch = view.engine().head_name().map_err(unavailable("reference"))?;
            let branch = branch.map(|name| name.shorten().to_string());
            vec![place.access(branch.as_deref(), Paths::Discovered)]
        }
    };
    view.context().require_readable(READER, &accesses)?;
    let commit = match from {
        Some(from) => Some(revision::resolve(view, from)?),
        None => revision::head(view)?,
    };
    commit.ok_or_else(|| ToolError::Unsuitable { reason: "the repository has no commit yet".into() })
}
