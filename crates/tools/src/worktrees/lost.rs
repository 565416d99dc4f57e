//! What goes with a worktree that is removed, beside what its commits hold: so that nothing goes by the way, and so that who approves a
//! removal approves that very loss.

use gitoma_core::{FileEffect, ToolError};

use super::changes::{Changed, What, all_changes};
use super::ignored::{Ignored, ignored, state_of};
use crate::content::bytes_in_work_tree;
use crate::object::FILE_BYTES;
use crate::proposal::MAX_FILES;
use crate::rewrite::state;
use crate::view::View;

/// What goes with a worktree.
pub(super) struct Lost {
    changed: Vec<Changed>,
    ignored: Ignored,
}

impl Lost {
    /// Looks at the worktree.
    pub(super) fn find(view: &View<'_>) -> Result<Self, ToolError> {
        let changed = all_changes(view)?;
        let ignored = ignored(view, &changed)?;
        Ok(Self { changed, ignored })
    }

    /// As [`Self::find`], for who lets everything go: nothing if what is there defies being looked at, as a pipe in the place of a file of
    /// rules does, or more entries than anybody counts.
    pub(super) fn find_if_possible(view: &View<'_>) -> Result<Option<Self>, ToolError> {
        match Self::find(view) {
            Ok(lost) => Ok(Some(lost)),
            Err(error @ (ToolError::Cancelled | ToolError::TimedOut)) => Err(error),
            Err(_) => Ok(None),
        }
    }

    /// Refuses if anything would be lost.
    pub(super) fn require_nothing(&self) -> Result<(), ToolError> {
        let count = self.changed.len();
        if count > 0 {
            let reason = format!(
                "{count} files have changes that are not committed; commit them with worktree_commit, or set `discard`"
            );
            return Err(ToolError::Conflict { reason: reason.into() });
        }
        if self.ignored.files > 0 {
            let reason = format!(
                "{} files that no commit has, most likely ignored ones, would be lost; set `discard` to remove them too",
                self.ignored.files
            );
            return Err(ToolError::Conflict { reason: reason.into() });
        }
        Ok(())
    }

    /// In words, for who approves it; beside what [`Self::files`] lists.
    pub(super) fn besides(&self, view: &View<'_>) -> Result<String, ToolError> {
        let mut text = String::from(", with what is not committed");
        if let Some(more) = self.changed.get(MAX_FILES..).filter(|more| !more.is_empty()) {
            let state = state_of(view, more)?;
            text.push_str(&format!(": the files listed and {} more ({state})", more.len()));
        }
        if self.ignored.files > 0 {
            let Ignored { files, bytes, state } = &self.ignored;
            text.push_str(&format!(", and with {files} ignored files of {bytes} bytes together ({state})"));
        }
        Ok(text)
    }

    /// The changes, as far as they are files, and no more of them than of a commit.
    pub(super) fn files(&self, view: &View<'_>) -> Result<Vec<FileEffect>, ToolError> {
        let listed = self.changed.get(..MAX_FILES).unwrap_or(&self.changed);
        let mut files = Vec::with_capacity(listed.len());
        for change in listed {
            view.checkpoint()?;
            let Ok(path) = change.path() else { continue };
            let old = match change.what {
                What::Written => bytes_in_work_tree(view, &path, FILE_BYTES).ok(),
                What::Deleted | What::Refused(_) => None,
            };
            let old = old.map(|bytes| state(&bytes, false)).transpose()?;
            let shown = view.context().redactor().redact_line(path.as_str()).into_owned();
            files.push(FileEffect { path: shown, old, new: None, added: 0, removed: 0 });
        }
        Ok(files)
    }
}
