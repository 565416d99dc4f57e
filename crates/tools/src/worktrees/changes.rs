//! What has changed in a worktree since the commit it stands on. The engine says which files; what is in them is read through
//! confinement, which follows nothing.

use gitoma_confine::RelPath;
use gitoma_core::ToolError;
use gix::bstr::{BStr, ByteSlice};
use gix::index::entry::Flags;
use gix::status::UntrackedFiles;
use gix::status::index_worktree::Item;
use gix::status::plumbing::index_as_worktree::{Change, EntryStatus};
use gix::worktree::IndexPersistedOrInMemory;

use crate::change::{everything, platform};
use crate::object::unavailable;
use crate::proposal::MAX_FILES;
use crate::rule_files::{self, Scope};
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
    fn new(path: &BStr, what: What) -> Self {
        Self { path: path.to_vec(), what }
    }

    /// Its path, if it can be named.
    ///
    /// # Errors
    /// [`ToolError::Confined`] with the rule that its name breaks.
    pub(super) fn path(&self) -> Result<RelPath, ToolError> {
        RelPath::from_git_bytes(&self.path).map_err(|error| ToolError::Confined { rule: error.rule().into() })
    }
}

/// Everything that has changed, in the order of paths.
///
/// # Errors
/// [`ToolError::TooLarge`] where more has changed than one commit takes.
pub(super) fn changes(view: &View<'_>) -> Result<Vec<Changed>, ToolError> {
    rule_files::check(view, Scope::Everything)?;
    let mut platform = platform(view)?.untracked_files(UntrackedFiles::Files);
    let index = view.engine().index_or_empty().map_err(unavailable("worktree"))?;
    let is_left_out = |path: &BStr| {
        index.entry_by_path(path).is_some_and(|entry| entry.flags.contains(Flags::SKIP_WORKTREE))
    };
    if index.entries().iter().any(|entry| entry.flags.contains(Flags::SKIP_WORKTREE)) {
        // Marked as not there on purpose, the engine would not look whether something is there by now, nor into a directory that has
        // nothing else.
        let mut whole = gix::index::File::clone(&index);
        for entry in whole.entries_mut() {
            entry.flags.remove(Flags::SKIP_WORKTREE);
        }
        platform = platform.index(IndexPersistedOrInMemory::InMemory(whole));
    }
    let items = platform.into_index_worktree_iter(everything()).map_err(unavailable("worktree"))?;
    let mut changes = Vec::new();
    for item in items {
        view.checkpoint()?;
        let changed = changed(&item.map_err(unavailable("worktree"))?);
        changes.extend(changed.and_then(|changed| match changed.what {
            What::Deleted if is_left_out(changed.path.as_bstr()) => None,
            What::Written if is_left_out(changed.path.as_bstr()) => {
                Some(Changed { what: What::Refused("change:left-out"), ..changed })
            }
            _ => Some(changed),
        }));
        if changes.len() > MAX_FILES {
            return Err(ToolError::Unsuitable {
                reason: "more than 2000 files have changed in the worktree; ignore or remove what does not belong to the work".into(),
            });
        }
    }
    view.checkpoint()?;
    changes.sort();
    Ok(changes)
}

fn changed(item: &Item) -> Option<Changed> {
    match item {
        Item::Modification { rela_path, status, .. } => {
            let what = match status {
                EntryStatus::Change(Change::Removed) => What::Deleted,
                EntryStatus::Change(Change::Modification { .. }) | EntryStatus::IntentToAdd => What::Written,
                EntryStatus::Change(Change::Type { .. }) => What::Refused("change:type"),
                EntryStatus::Change(Change::SubmoduleModification(_)) => What::Refused("change:submodule"),
                EntryStatus::Conflict { .. } => What::Refused("change:conflict"),
                EntryStatus::NeedsUpdate(_) => return None,
            };
            Some(Changed::new(rela_path.as_bstr(), what))
        }
        Item::DirectoryContents { entry, .. } => {
            let name = entry.rela_path.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
            if entry.status != gix::dir::entry::Status::Untracked || is_temporary(name) {
                return None;
            }
            let what = match entry.disk_kind {
                Some(gix::dir::entry::Kind::File) => What::Written,
                Some(gix::dir::entry::Kind::Symlink) => What::Refused("change:symbolic-link"),
                Some(gix::dir::entry::Kind::Repository) => What::Refused("change:submodule"),
                // An empty directory is nothing to git.
                Some(gix::dir::entry::Kind::Directory) => return None,
                Some(gix::dir::entry::Kind::Untrackable) | None => What::Refused("change:special-file"),
            };
            Some(Changed::new(entry.rela_path.as_bstr(), what))
        }
        Item::Rewrite { .. } => None,
    }
}
