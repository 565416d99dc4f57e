//! Fills a new worktree with the files of a commit. The engine's own checkout is not used: it would make links, and ask attributes
//! how to write a file. What is no plain file under a plain name is left out, and marked in the index as not there on purpose, so that
//! no later commit takes it for deleted.

use std::path::PathBuf;

use gitoma_confine::{FreshTree, RelPath};
use gitoma_core::ToolError;
use gix::ObjectId;
use gix::index::entry::{Flags, Mode, Stat};

use super::Record;
use super::store::{Draft, Store, taken};
use crate::object::{FILE_BYTES, blob, root_tree, unavailable};
use crate::place::BranchName;
use crate::rewrite::refused;
use crate::view::View;

/// A worktree that is made, and not yet in its place.
pub(crate) struct Fresh<'s> {
    draft: Draft,
    place: PathBuf,
    store: &'s Store,
    record: Record,
    /// How many files it has.
    pub(crate) files: u64,
    /// How many links, submodules, overlong files and odd names were left out.
    pub(crate) left_out: u64,
}

impl Fresh<'_> {
    /// Puts it in its place, for its principal to see.
    pub(crate) fn settle(self) -> Result<jiff::Timestamp, ToolError> {
        self.store.write(self.draft.path(), &self.record)?;
        self.draft.settle(&self.place)?;
        Ok(self.record.expires())
    }

    /// The bytes of its files.
    pub(crate) fn size(&self) -> u64 {
        super::store::size(&self.draft.path().join("tree"))
    }
}

pub(super) fn make<'s>(
    view: &View<'_>,
    store: &'s Store,
    branch: &BranchName,
    commit: ObjectId,
    record: Record,
) -> Result<Fresh<'s>, ToolError> {
    let place = store.place(view.repository().alias(), branch);
    if store.read(&place)?.is_some() {
        return Err(taken());
    }
    let draft = store.draft()?;
    let git = draft.git(view.repository().git_dir().common(), commit)?;
    let tree = draft.path().join("tree");
    let root = root_tree(view, commit)?.id;
    let mut index = view.engine().index_from_tree(&root).map_err(unavailable("object"))?;
    let mut fresh = FreshTree::create(&tree).map_err(refused)?;
    let (mut files, mut left_out) = (0_u64, 0_u64);
    for (entry, path) in index.entries_mut_with_paths() {
        if files.is_multiple_of(64) {
            view.checkpoint()?;
        }
        let plain = matches!(entry.mode, Mode::FILE | Mode::FILE_EXECUTABLE);
        let content = match RelPath::from_git_bytes(path) {
            Ok(path) if plain => match blob(view, entry.id, FILE_BYTES) {
                Ok(bytes) => Some((path, bytes)),
                Err(ToolError::TooLarge { .. }) => None,
                Err(error) => return Err(error),
            },
            _ => None,
        };
        let Some((path, bytes)) = content else {
            entry.flags.insert(Flags::SKIP_WORKTREE | Flags::EXTENDED);
            left_out += 1;
            continue;
        };
        fresh.file(&path, &bytes, entry.mode == Mode::FILE_EXECUTABLE).map_err(refused)?;
        entry.stat = stat(&tree.join(path.as_str()))?;
        files += 1;
    }
    write_index(index, git.join("index"))?;
    Ok(Fresh { draft, place, store, record, files, left_out })
}

/// What the disk says of a file that was just made.
fn stat(path: &std::path::Path) -> Result<Stat, ToolError> {
    let metadata = gix::index::fs::Metadata::from_path_no_follow(path).map_err(unavailable("worktree"))?;
    Stat::from_fs(&metadata).map_err(unavailable("worktree"))
}

/// Writes `index` to `path`.
pub(super) fn write_index(index: gix::index::File, path: PathBuf) -> Result<(), ToolError> {
    let (state, _) = index.into_parts();
    let mut index = gix::index::File::from_state(state, path);
    index.write(gix::index::write::Options::default()).map_err(unavailable("worktree"))
}

/// The index once `commit` holds what was changed: what it knows of untouched files stays, and of the `taken` ones it knows nothing, so
/// that they are compared by content.
pub(super) fn renew_index(
    view: &View<'_>,
    commit: ObjectId,
    taken: &[RelPath],
    path: PathBuf,
) -> Result<(), ToolError> {
    let root = root_tree(view, commit)?.id;
    let known = view.engine().index_or_empty().map_err(unavailable("worktree"))?;
    let mut index = view.engine().index_from_tree(&root).map_err(unavailable("object"))?;
    for (entry, path) in index.entries_mut_with_paths() {
        let taken = std::str::from_utf8(path)
            .is_ok_and(|path| taken.binary_search_by(|taken| taken.as_str().cmp(path)).is_ok());
        if let Some(before) = known.entry_by_path(path).filter(|before| !taken && before.id == entry.id) {
            entry.stat = before.stat;
            entry.flags = before.flags;
        }
    }
    write_index(index, path)
}
