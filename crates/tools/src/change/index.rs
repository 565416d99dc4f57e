//! What is staged and what is not: the index beside the checked-out commit and beside the work tree. Nothing that the repository
//! configures runs, and no submodule is looked into.

use std::ops::ControlFlow;

use gitoma_confine::{Kind as DiskKind, RelPath};
use gitoma_core::ToolError;
use gix::ObjectId;
use gix::bstr::{BStr, ByteSlice as _};
use gix::diff::Rewrites;
use gix::diff::index::ChangeRef;
use gix::index::State;
use gix::object::tree::EntryKind;
use gix::status::tree_index::TrackRenames;
use gix::worktree::stack::state::attributes::Source;

use super::differences::gather;
use super::renames::add_paired;
use super::{Change, Collector, Side, Status, modified};
use crate::extent::within_limits;
use crate::object::unavailable;
use crate::unstaged::{Entry, Scope, Unstaged, What, differences};
use crate::view::View;

/// What is staged: from the tree of what is checked out to the index. Without an index file the index is empty.
///
/// # Errors
/// [`ToolError::Unsuitable`] if the tree is larger, or more differs, than can be looked at.
pub(crate) fn staged<'v>(view: &'v View<'v>, under: Option<&'v RelPath>) -> Result<Vec<Change>, ToolError> {
    let index = view.index()?;
    let differences = gather(under, |differences| {
        compare(view, &index, TrackRenames::Disabled, |change| {
            let (path, old, new) = sides(change);
            differences.push(path, old, new)
        })
    })?;
    let mut collector = Collector::new(view, under);
    add_paired(view, differences, &mut collector)?;
    Ok(collector.finish())
}

/// What is staged, as the engine has it, with those files paired that have the same content under another name: to compare contents
/// the engine would take neither limit nor interrupt.
///
/// # Errors
/// As [`staged`].
pub(crate) fn staged_names(
    view: &View<'_>,
    index: &State,
) -> Result<Vec<ChangeRef<'static, 'static>>, ToolError> {
    let same_content = Rewrites { percentage: None, ..Rewrites::default() };
    let mut changes = Vec::new();
    compare(view, index, TrackRenames::Given(same_content), |change| {
        changes.push(change.clone().into_owned());
        ControlFlow::Continue(())
    })?;
    Ok(changes)
}

/// Has the engine compare the tree of what is checked out with the index, until `take` has enough.
fn compare(
    view: &View<'_>,
    index: &State,
    renames: TrackRenames,
    mut take: impl FnMut(&ChangeRef<'_, '_>) -> ControlFlow<()>,
) -> Result<(), ToolError> {
    let engine = view.engine();
    let tree = engine.head_tree_id_or_empty().map_err(unavailable("object"))?.detach();
    if noted_tree(index) == Some(tree) {
        return Ok(());
    }
    // The engine makes a list of the tree, and takes no interrupt for that.
    within_limits(engine, tree, view.context())?;
    // A pattern from the top: without one, the process's working directory would choose what is compared.
    let mut everything =
        engine.pathspec(false, [":/"], false, index, Source::IdMapping).map_err(unavailable("index"))?;
    let mut stopped = Ok(());
    engine
        .tree_index_status(&tree, index, Some(&mut everything), renames, |change, _, _| {
            stopped = view.checkpoint();
            Ok(if stopped.is_err() { ControlFlow::Break(()) } else { take(&change) })
        })
        .map_err(unavailable("index"))?;
    stopped
}

/// The tree that the index has all of, and nothing else: whoever writes an index notes it, and whoever changes an entry takes the
/// note away.
fn noted_tree(index: &State) -> Option<ObjectId> {
    let noted = index.tree()?;
    let entries = usize::try_from(noted.num_entries?).ok()?;
    (entries == index.entries().len()).then_some(noted.id)
}

fn sides<'c>(change: &'c ChangeRef<'_, '_>) -> (&'c BStr, Side, Side) {
    let side = |mode: gix::index::entry::Mode, id: &gix::oid| Side::Object {
        kind: index_kind(mode),
        id: id.to_owned(),
    };
    match change {
        ChangeRef::Addition { location, entry_mode, id, .. } => {
            (location, Side::Absent, side(*entry_mode, id))
        }
        ChangeRef::Deletion { location, entry_mode, id, .. } => {
            (location, side(*entry_mode, id), Side::Absent)
        }
        ChangeRef::Modification { location, previous_entry_mode, previous_id, entry_mode, id, .. } => {
            (location, side(*previous_entry_mode, previous_id), side(*entry_mode, id))
        }
        // Not asked for.
        ChangeRef::Rewrite { location, source_entry_mode, source_id, entry_mode, id, .. } => {
            (location, side(*source_entry_mode, source_id), side(*entry_mode, id))
        }
    }
}

/// What an index entry is; a sparse directory counts as a directory and is never shown.
fn index_kind(mode: gix::index::entry::Mode) -> EntryKind {
    mode.to_tree_entry_mode().map_or(EntryKind::Blob, |mode| mode.kind())
}

/// What is not staged: from the index to the work tree, tracked files only.
pub(crate) fn unstaged<'v>(view: &'v View<'v>, under: Option<&'v RelPath>) -> Result<Vec<Change>, ToolError> {
    let work_tree = view.repository().work_tree()?;
    let index = view.index()?;
    let mut collector = Collector::new(view, under);
    for Unstaged { path, what } in differences(view, &index, Scope::Tracked)? {
        view.checkpoint()?;
        let path = path.as_bstr();
        let object = |entry: Entry| Side::Object { kind: index_kind(entry.mode), id: entry.id };
        match what {
            What::Deleted(entry) => collector.add(Status::Deleted, None, path, object(entry), Side::Absent),
            What::TypeChanged(entry) | What::Modified(entry) => {
                let kind = RelPath::from_git_bytes(path)
                    .ok()
                    .and_then(|path| work_tree.metadata(&path).ok())
                    .map_or(EntryKind::Blob, |found| disk_kind(found.kind, found.executable));
                let (old, new) = (object(entry), Side::WorkTree { kind });
                collector.add(modified(old, new), None, path, old, new);
            }
            What::Conflicted => collector.add(Status::Conflicted, None, path, Side::Absent, Side::Absent),
            What::IntentToAdd | What::UntrackedFile | What::UntrackedLink | What::UntrackedRepository => {}
        }
    }
    Ok(collector.finish())
}

fn disk_kind(kind: DiskKind, executable: bool) -> EntryKind {
    match kind {
        DiskKind::Link => EntryKind::Link,
        DiskKind::Directory => EntryKind::Tree,
        DiskKind::File | DiskKind::Other if executable => EntryKind::BlobExecutable,
        DiskKind::File | DiskKind::Other => EntryKind::Blob,
    }
}
