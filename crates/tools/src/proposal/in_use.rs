//! Whether some work tree has a branch in use: moving it would make that tree look changed, or undo what a person is about to do.

use gitoma_confine::branches_in_use;
use gitoma_core::ToolError;
use gix::refs::TargetRef;

use super::Branch;
use crate::object::unavailable;
use crate::repositories::Repository;
use crate::view::View;

/// How many names may stand for each other in a row, as in git.
const MAX_NAMES: usize = 5;

/// Refuses a branch that some work tree has in use, a disposable one too.
pub(crate) fn require_free(view: &View<'_>, branch: &Branch) -> Result<(), ToolError> {
    require_not_checked_out(branch)?;
    if view.repositories().writes()?.worktrees.is_taken(&branch.home, &branch.name)? {
        let reason = "there is a worktree for this branch; commit there with worktree_commit, or remove it";
        return Err(ToolError::Conflict { reason: reason.into() });
    }
    Ok(())
}

/// Refuses a branch that a person has checked out, is rebasing or bisecting, in the repository itself or in a worktree that git knows of.
pub(crate) fn require_not_checked_out(branch: &Branch) -> Result<(), ToolError> {
    let engine = branch.home.engine();
    let used = branches_in_use(branch.home.git_dir(), is_main_bare(&branch.home, &engine))
        .map_err(|error| ToolError::Confined { rule: error.code().into() })?;
    let full = branch.name.full();
    for name in used {
        if name == full || stands_for(&engine, name, &full)? {
            let reason = "a work tree has the branch checked out, or is rebasing or bisecting it, and would look changed; work on a branch of your own";
            return Err(ToolError::Conflict { reason: reason.into() });
        }
    }
    Ok(())
}

/// Whether the reference `name` leads to the branch `wanted` by other names.
fn stands_for(engine: &gix::Repository, mut name: String, wanted: &str) -> Result<bool, ToolError> {
    for _ in 0..MAX_NAMES {
        // An id, and what is no name of a reference, leads nowhere.
        if gix::refs::FullName::try_from(name.as_str()).is_err() {
            return Ok(false);
        }
        let found = engine.try_find_reference(&name).map_err(unavailable("reference"))?;
        let Some(TargetRef::Symbolic(next)) = found.as_ref().map(|found| found.target()) else {
            return Ok(false);
        };
        name = next.as_bstr().to_string();
        if name == wanted {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether the main work tree, of which a linked one may be served, is none.
fn is_main_bare(home: &Repository, engine: &gix::Repository) -> bool {
    let git_dir = home.git_dir();
    if git_dir.common() == git_dir.path() && !home.is_bare() {
        return false;
    }
    let said = engine.config_snapshot().boolean("core.bare");
    said.unwrap_or_else(|| git_dir.common().file_name().is_none_or(|name| name != ".git"))
}
