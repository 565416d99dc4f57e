//! The index of a worktree: what is known of its files. It is written whole beside its place and renamed, under the turn of the worktree;
//! git's own lock is not asked for, so that one which was left behind stands in nobody's way.

use std::path::Path;

use gitoma_confine::RelPath;
use gitoma_core::ToolError;
use gix::ObjectId;

use super::store::put;
use crate::object::unavailable;

/// Writes `index` into the git directory `git`.
pub(super) fn write(index: gix::index::File, git: &Path) -> Result<(), ToolError> {
    let (state, _) = index.into_parts();
    let index = gix::index::File::from_state(state, git.join("index"));
    let mut bytes = Vec::new();
    index.write_to(&mut bytes, gix::index::write::Options::default()).map_err(unavailable("worktree"))?;
    put(git, "index", &bytes)
}

/// The index once `commit` holds what was changed: what it knows of untouched files stays, and of the `taken` ones, in the order of
/// paths, it knows nothing, so that they are compared by content.
pub(super) fn renew(
    engine: &gix::Repository,
    commit: ObjectId,
    taken: &[RelPath],
    git: &Path,
) -> Result<(), ToolError> {
    let root = engine.find_commit(commit).and_then(|commit| commit.tree_id());
    let root = root.map_err(unavailable("object"))?.detach();
    let known = engine.open_index().map_err(unavailable("worktree"))?;
    let mut index = engine.index_from_tree(&root).map_err(unavailable("object"))?;
    for (entry, path) in index.entries_mut_with_paths() {
        let taken = std::str::from_utf8(path)
            .is_ok_and(|path| taken.binary_search_by(|taken| taken.as_str().cmp(path)).is_ok());
        if let Some(before) = known.entry_by_path(path).filter(|before| !taken && before.id == entry.id) {
            entry.stat = before.stat;
            entry.flags = before.flags;
        }
    }
    write(index, git)
}
