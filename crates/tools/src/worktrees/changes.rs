//! What has changed in a worktree since the commit it stands on.

use gitoma_confine::RelPath;
use gitoma_core::ToolError;
use gix::bstr::ByteSlice as _;
use gix::index::entry::Flags;

use crate::proposal::MAX_FILES;
use crate::unstaged::{self, Scope, Unstaged, differences};
use crate::view::View;
use crate::worktree::is_temporary;

/// A path that has changed.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Changed {
    /// As git has it; whether it may be named is for the caller to judge.
    pub(super) path: Vec<u8>,
    pub(super) what: What,
}

/// What happened to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum What {
    /// It is a file, new or with another content or mode.
    Written,
    /// It is gone.
    Deleted,
    /// It is something that no commit of a tool has; the rule that says so.
    Refused(&'static str),
}

impl Changed {
    /// Its path, if it can be named.
    ///
    /// # Errors
    /// [`ToolError::Confined`] with the rule that its name breaks.
    pub(super) fn path(&self) -> Result<RelPath, ToolError> {
        RelPath::from_git_bytes(&self.path).map_err(|error| ToolError::Confined { rule: error.rule().into() })
    }
}

/// Everything that has changed, in the order of paths, if one commit takes as much.
///
/// # Errors
/// [`ToolError::Unsuitable`] where more has changed.
pub(super) fn changes(view: &View<'_>) -> Result<Vec<Changed>, ToolError> {
    let changes = all_changes(view)?;
    if changes.len() > MAX_FILES {
        return Err(ToolError::Unsuitable {
            reason: "more than 2000 files have changed in the worktree; ignore or remove what does not belong to the work".into(),
        });
    }
    Ok(changes)
}

/// Everything that has changed, in the order of paths.
pub(super) fn all_changes(view: &View<'_>) -> Result<Vec<Changed>, ToolError> {
    let index = view.index()?;
    let is_left_out = |path: &[u8]| {
        let entry = index.entry_by_path(path.as_bstr());
        entry.is_some_and(|entry| entry.flags.contains(Flags::SKIP_WORKTREE))
    };
    let differences = if index.entries().iter().any(|entry| entry.flags.contains(Flags::SKIP_WORKTREE)) {
        // Marked as not there on purpose, nobody would look whether something is there by now.
        let mut whole = gix::index::File::clone(&index);
        for entry in whole.entries_mut() {
            entry.flags.remove(Flags::SKIP_WORKTREE);
        }
        differences(view, &whole, Scope::Everything)?
    } else {
        differences(view, &index, Scope::Everything)?
    };
    let changes = differences.into_iter().filter_map(changed).filter_map(|changed| match changed.what {
        What::Deleted if is_left_out(&changed.path) => None,
        What::Written if is_left_out(&changed.path) => {
            Some(Changed { what: What::Refused("change:left-out"), ..changed })
        }
        _ => Some(changed),
    });
    let mut changes: Vec<Changed> = changes.collect();
    changes.sort();
    Ok(changes)
}

fn changed(difference: Unstaged) -> Option<Changed> {
    let name = difference.path.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
    if difference.what == unstaged::What::UntrackedFile && is_temporary(name) {
        return None;
    }
    let what = match difference.what {
        unstaged::What::Deleted(_) => What::Deleted,
        unstaged::What::Modified(_) | unstaged::What::IntentToAdd | unstaged::What::UntrackedFile => {
            What::Written
        }
        unstaged::What::TypeChanged(_) => What::Refused("change:type"),
        unstaged::What::Conflicted => What::Refused("change:conflict"),
        unstaged::What::UntrackedLink => What::Refused("change:symbolic-link"),
        unstaged::What::UntrackedRepository => What::Refused("change:submodule"),
    };
    Some(Changed { path: difference.path.into(), what })
}
