//! The engine's own comparison, for file systems that fold names and for indexes that leave out directories.

use gitoma_core::ToolError;
use gix::dir::entry::{Kind, Status};
use gix::index::entry::Flags;
use gix::index::{File, State};
use gix::status::UntrackedFiles;
use gix::status::index_worktree::Item;
use gix::status::plumbing::index_as_worktree::{Change, EntryStatus};
use gix::worktree::IndexPersistedOrInMemory;

use super::{Entry, Scope, Unstaged, What};
use crate::object::unavailable;
use crate::view::View;

/// All differences from `index` in `scope`, in no order; the files of rules that the engine reads were looked at.
pub(super) fn differences(view: &View<'_>, index: &State, scope: Scope) -> Result<Vec<Unstaged>, ToolError> {
    let engine = view.engine();
    let index = File::from_state(looked_for(index.clone()), engine.index_path());
    // Whatever the repository's configuration says of untracked files.
    let walk = match scope {
        Scope::Tracked => None,
        Scope::Everything => Some(engine.dirwalk_options().map_err(unavailable("repository"))?),
    };
    let items = engine
        .status(gix::progress::Discard)
        .map_err(unavailable("index"))?
        .index(IndexPersistedOrInMemory::InMemory(index))
        .index_worktree_submodules(None)
        .index_worktree_options_mut(|options| options.dirwalk_options = walk)
        .untracked_files(UntrackedFiles::Files)
        .should_interrupt_owned(std::sync::Arc::clone(view.context().interrupt()))
        // A pattern for everything from the top; without one, the process's working directory would choose.
        .into_index_worktree_iter([":/".into()])
        .map_err(unavailable("work tree"))?;
    let mut found = Vec::new();
    for item in items {
        view.checkpoint()?;
        found.extend(difference(&item.map_err(unavailable("work tree"))?));
    }
    // The engine stops early when it is interrupted; what it found until then is no answer.
    view.checkpoint()?;
    Ok(found)
}

/// The same index, where what git was told to take for unchanged is only not compared: the engine would take its directory for one that is
/// there, too, and fail if it is not.
fn looked_for(mut index: State) -> State {
    for entry in index.entries_mut() {
        if entry.flags.contains(Flags::ASSUME_VALID) {
            entry.flags.remove(Flags::ASSUME_VALID);
            entry.flags.insert(Flags::FSMONITOR_VALID);
        }
    }
    index
}

fn difference(item: &Item) -> Option<Unstaged> {
    match item {
        Item::Modification { entry, rela_path, status, .. } => {
            let indexed = Entry { mode: entry.mode, id: entry.id };
            let what = match status {
                EntryStatus::Change(Change::Removed) => What::Deleted(indexed),
                EntryStatus::Change(Change::Type { .. }) => What::TypeChanged(indexed),
                EntryStatus::Change(Change::Modification { .. }) => What::Modified(indexed),
                EntryStatus::IntentToAdd => What::IntentToAdd,
                EntryStatus::Conflict { .. } => What::Conflicted,
                EntryStatus::Change(Change::SubmoduleModification(_)) | EntryStatus::NeedsUpdate(_) => {
                    return None;
                }
            };
            Some(Unstaged { path: rela_path.clone(), what })
        }
        Item::DirectoryContents { entry, .. } if entry.status == Status::Untracked => {
            let what = match entry.disk_kind? {
                Kind::File => What::UntrackedFile,
                Kind::Symlink => What::UntrackedLink,
                Kind::Repository => What::UntrackedRepository,
                // An empty directory is nothing to git, and a pipe nothing that it adds.
                Kind::Directory | Kind::Untrackable => return None,
            };
            Some(Unstaged { path: entry.rela_path.clone(), what })
        }
        Item::DirectoryContents { .. } | Item::Rewrite { .. } => None,
    }
}
