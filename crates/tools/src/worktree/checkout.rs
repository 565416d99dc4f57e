//! Fills a new worktree with the files of a commit. The engine's own checkout is not used: it would make links, and ask attributes
//! how to write a file. What is no plain file under a plain name is left out, and marked in the index as not there on purpose, so that
//! no later commit takes it for deleted.

use std::collections::HashMap;
use std::path::PathBuf;

use gitoma_confine::{FreshTree, RelPath};
use gitoma_core::ToolError;
use gix::ObjectId;
use gix::index::entry::{Flags, Mode, Stat};

use super::room::Reservation;
use super::store::{Draft, damaged, taken};
use super::{Record, Worktrees, anchor, index};
use crate::object::{FILE_BYTES, blob_size, malformed_tree, root_tree, unavailable};
use crate::place::BranchName;
use crate::rewrite::refused;
use crate::view::View;

/// A worktree that is made, and not yet in its place.
pub(crate) struct Fresh<'w> {
    draft: Draft,
    place: PathBuf,
    worktrees: &'w Worktrees,
    record: Record,
    commit: ObjectId,
    reservation: Reservation,
    /// How many files it has.
    pub(crate) files: u64,
    /// How many links, submodules, overlong files and odd names were left out.
    pub(crate) left_out: u64,
}

impl Fresh<'_> {
    /// Puts it in its place, for its principal to see.
    pub(crate) fn settle(self, view: &View<'_>) -> Result<jiff::Timestamp, ToolError> {
        let Self { draft, place, worktrees, record, commit, reservation, .. } = self;
        // In this order: what is cut short leaves a directory that says which reference is to go.
        worktrees.store.write(draft.path(), &record)?;
        let name = anchor::name(&place, record.made);
        anchor::hold(view.repository(), &name, commit)?;
        let settled = worktrees.settle_new(view, &record, reservation, || draft.settle(&place));
        if settled.is_err() {
            let _ = anchor::release(view.repository(), &name);
        }
        settled.map(|()| record.expires())
    }
}

/// What a commit's files take.
struct Plan {
    index: gix::index::File,
    /// The files that are made, by their place in the index.
    files: HashMap<usize, RelPath>,
    bytes: u64,
}

/// Looks at the sizes of what `commit` holds, before any of it is written.
fn plan(view: &View<'_>, commit: ObjectId) -> Result<Plan, ToolError> {
    let root = root_tree(view, commit)?.id;
    let index = view.engine().index_from_tree(&root).map_err(malformed_tree)?;
    let (mut files, mut bytes) = (HashMap::with_capacity(index.entries().len()), 0_u64);
    let mut sizes: HashMap<ObjectId, u64> = HashMap::new();
    for (at, entry) in index.entries().iter().enumerate() {
        if at.is_multiple_of(256) {
            view.checkpoint()?;
        }
        if !matches!(entry.mode, Mode::FILE | Mode::FILE_EXECUTABLE) {
            continue;
        }
        let Ok(path) = RelPath::from_git_bytes(entry.path(&index)) else { continue };
        let size = match sizes.get(&entry.id) {
            Some(size) => *size,
            None => {
                let size = blob_size(view, entry.id)?;
                sizes.insert(entry.id, size);
                size
            }
        };
        if size <= FILE_BYTES {
            bytes = bytes.saturating_add(size);
            files.insert(at, path);
        }
    }
    Ok(Plan { index, files, bytes })
}

pub(super) fn make<'w>(
    view: &View<'_>,
    worktrees: &'w Worktrees,
    branch: &BranchName,
    commit: ObjectId,
    record: Record,
) -> Result<Fresh<'w>, ToolError> {
    let store = &worktrees.store;
    let place = store.place(view.repository().alias(), branch);
    match store.read(&place)? {
        Some(_) => return Err(taken()),
        None if place.symlink_metadata().is_ok() => return Err(damaged()),
        None => {}
    }
    let Plan { mut index, files, bytes } = plan(view, commit)?;
    let reservation = worktrees.reserve(&record.principal, bytes)?;
    view.context().charge(bytes)?;
    let draft = store.draft()?;
    let git = draft.git(view.repository().git_dir().common(), commit)?;
    let tree = draft.path().join("tree");
    let mut fresh = FreshTree::create(&tree).map_err(refused)?;
    let mut left_out = 0_u64;
    for (at, entry) in index.entries_mut().iter_mut().enumerate() {
        if at.is_multiple_of(64) {
            view.checkpoint()?;
        }
        let Some(path) = files.get(&at) else {
            entry.flags.insert(Flags::SKIP_WORKTREE | Flags::EXTENDED);
            left_out = left_out.saturating_add(1);
            continue;
        };
        let blob = view.engine().find_blob(entry.id).map_err(unavailable("object"))?;
        fresh.file(path, &blob.data, entry.mode == Mode::FILE_EXECUTABLE).map_err(refused)?;
        entry.stat = stat(&tree.join(path.as_str()))?;
    }
    index::write(index, &git)?;
    let files = files.len() as u64;
    Ok(Fresh { draft, place, worktrees, record, commit, reservation, files, left_out })
}

/// What the disk says of a file that was just made.
fn stat(path: &std::path::Path) -> Result<Stat, ToolError> {
    let metadata = gix::index::fs::Metadata::from_path_no_follow(path).map_err(unavailable("worktree"))?;
    Stat::from_fs(&metadata).map_err(unavailable("worktree"))
}
