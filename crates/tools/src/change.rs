//! What differs between two states: one [`Change`] a file, from commits, the index or the work tree. Every path, that a file
//! came from included, has been judged before a change exists; a file of which either path is refused is left out whole.

mod commits;
mod differences;
mod index;
mod renames;

use gitoma_confine::RelPath;
use gix::ObjectId;
use gix::bstr::BStr;
use gix::object::tree::EntryKind;

use crate::collect::lies_beneath;
use crate::view::View;

pub(crate) use commits::{between_commits, differences};
pub(crate) use differences::Difference;
pub(crate) use index::{staged, staged_names, unstaged};

/// One side of a changed file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    /// There is no file.
    Absent,
    /// An object of the repository.
    Object {
        /// What the object is.
        kind: EntryKind,
        /// Its id; for a submodule, that of the commit.
        id: ObjectId,
    },
    /// The file as the work tree has it.
    WorkTree {
        /// What it is.
        kind: EntryKind,
    },
}

/// How a file changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    Added,
    Deleted,
    Modified,
    TypeChanged,
    Renamed,
    Conflicted,
}

impl Status {
    /// Every one.
    pub(crate) const ALL: [Self; 6] =
        [Self::Added, Self::Deleted, Self::Modified, Self::TypeChanged, Self::Renamed, Self::Conflicted];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Deleted => "deleted",
            Self::Modified => "modified",
            Self::TypeChanged => "type_changed",
            Self::Renamed => "renamed",
            Self::Conflicted => "conflicted",
        }
    }
}

/// One changed file.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    pub(crate) status: Status,
    /// Where it was, if that is elsewhere.
    pub(crate) old_path: Option<RelPath>,
    pub(crate) path: RelPath,
    pub(crate) old: Side,
    pub(crate) new: Side,
}

/// Collects changes whose paths lie beneath a directory and may be shown.
struct Collector<'v> {
    view: &'v View<'v>,
    under: Option<&'v RelPath>,
    changes: Vec<Change>,
}

impl<'v> Collector<'v> {
    fn new(view: &'v View<'v>, under: Option<&'v RelPath>) -> Self {
        Self { view, under, changes: Vec::new() }
    }

    fn add(&mut self, status: Status, old_path: Option<&BStr>, path: &BStr, old: Side, new: Side) {
        let beneath = |bytes: &BStr| lies_beneath(bytes, self.under);
        if !beneath(path) && !old_path.is_some_and(beneath) {
            return;
        }
        let Some(path) = self.view.found(path) else {
            return;
        };
        let old_path = match old_path.map(|old| self.view.found(old)) {
            Some(None) => return,
            Some(found) => found,
            None => None,
        };
        self.changes.push(Change { status, old_path, path, old, new });
    }

    fn finish(mut self) -> Vec<Change> {
        self.changes.sort_by(|left, right| left.path.cmp(&right.path));
        self.changes
    }
}

/// The status of a file that is on both sides.
fn modified(old: Side, new: Side) -> Status {
    if form(old) == form(new) { Status::Modified } else { Status::TypeChanged }
}

/// What a side is, where an executable is no other kind of thing than a file.
fn form(side: Side) -> u8 {
    match side {
        Side::Absent => 0,
        Side::Object { kind, .. } | Side::WorkTree { kind } => match kind {
            EntryKind::Blob | EntryKind::BlobExecutable => 1,
            EntryKind::Link => 2,
            EntryKind::Commit => 3,
            EntryKind::Tree => 4,
        },
    }
}
