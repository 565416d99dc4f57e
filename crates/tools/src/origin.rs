//! Where a new branch or worktree begins: a commit whose files the caller could read anyway. Without this, a copy under a name of
//! the caller's own would show what a rule on references hides.

use gitoma_confine::{Base, RelPath, Revision};
use gitoma_core::ToolError;
use gitoma_core::policy::Paths;
use gix::ObjectId;

use crate::extent::within_limits;
use crate::object::{root_tree, unavailable};
use crate::place::Place;
use crate::revision;
use crate::view::View;

/// The tool by which reading is judged: what it may not show must not be copied.
pub(crate) const READER: &str = "repo_read_file";

/// How many paths are judged at once, as long as nothing is refused.
const BATCH: usize = 512;

/// The commit that `from` names, or what is checked out if it names nothing, for a copy that is known as `place`.
///
/// # Errors
/// [`ToolError::Refused`] if the caller may not read there, or not some path that the copy would show; [`ToolError::NotFound`] if
/// there is no such commit.
pub(crate) fn start(view: &View<'_>, place: &Place, from: Option<&Revision>) -> Result<ObjectId, ToolError> {
    let head = from.is_none_or(|from| matches!(from.base(), Base::Head));
    let origin = match (head, from) {
        (false, Some(from)) => {
            Place::at(place.repo(), [Some(from)]).map_err(|_| ToolError::NotFound { what: "repository" })?
        }
        _ => {
            // Which branch it stands for is known by now.
            let branch = view.engine().head_name().map_err(unavailable("reference"))?;
            place.named(branch.map(|name| name.shorten().to_string()).as_deref())
        }
    };
    view.context().require_readable(READER, &origin.accesses(&Paths::Discovered))?;
    let commit = match from {
        Some(from) => Some(revision::resolve(view, from)?),
        None => revision::head(view)?,
    };
    let commit =
        commit.ok_or_else(|| ToolError::Unsuitable { reason: "the repository has no commit yet".into() })?;
    require_nothing_new(view, &origin, place, commit)?;
    Ok(commit)
}

/// Refuses a copy that would show a path which is hidden where it comes from.
fn require_nothing_new(
    view: &View<'_>,
    origin: &Place,
    copy: &Place,
    commit: ObjectId,
) -> Result<(), ToolError> {
    let mut batch: Vec<String> = Vec::with_capacity(BATCH);
    let judge = |batch: &mut Vec<String>| -> Result<(), ToolError> {
        let paths = std::mem::take(batch);
        if paths.is_empty() {
            return Ok(());
        }
        view.checkpoint()?;
        let readable = |place: &Place, paths: &[String]| {
            view.context().readable(READER, &place.accesses(&Paths::Named(paths.to_vec())))
        };
        if readable(origin, &paths).may_run() {
            return Ok(());
        }
        for path in paths.chunks(1) {
            let there = readable(origin, path);
            if !there.may_run() && readable(copy, path).may_run() {
                return Err(ToolError::Refused(Box::new(there)));
            }
        }
        Ok(())
    };
    let tree = root_tree(view, commit)?;
    within_limits(view.engine(), tree.id, view.context())?;
    for entry in tree.traverse().breadthfirst.files().map_err(unavailable("object"))? {
        // A path that cannot be named is shown nowhere.
        let Ok(path) = RelPath::from_git_bytes(&entry.filepath) else { continue };
        batch.push(path.as_str().to_owned());
        if batch.len() >= BATCH {
            judge(&mut batch)?;
        }
    }
    judge(&mut batch)
}
