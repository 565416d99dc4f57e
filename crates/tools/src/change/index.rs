//! What is staged and what is not: the index beside the checked-out commit and beside the work tree. The engine compares;
//! nothing that the repository configures runs, and no submodule is looked into.

use gitoma_confine::{Kind as DiskKind, RelPath};
use gitoma_core::ToolError;
use gix::bstr::BStr;
use gix::diff::Rewrites;
use gix::object::tree::EntryKind;
use gix::status::index_worktree;
use gix::status::plumbing::index_as_worktree::{Change as WorkChange, EntryStatus};
use gix::status::tree_index::TrackRenames;

use super::{Change, Collector, Side, Status, modified};
use crate::object::unavailable;
use crate::view::View;

/// What is staged: from the tree of what is checked out to the index.
pub(crate) fn staged<'v>(view: &'v View<'v>, under: Option<&'v RelPath>) -> Result<Vec<Change>, ToolError> {
    let engine = view.engine();
    let tree = engine.head_tree_id_or_empty().map_err(unavailable("object"))?;
    let index = engine.index_or_load_from_head_or_empty().map_err(unavailable("index"))?;
    let mut collector = Collector::new(view, under);
    // A pattern from the top: without one, the process's working directory would choose what is compared.
    let mut everything = engine
        .pathspec(false, [":/"], false, &index, gix::worktree::stack::state::attributes::Source::IdMapping)
        .map_err(unavailable("index"))?;
    engine
        .tree_index_status(
            &tree,
            &index,
            Some(&mut everything),
            TrackRenames::Given(Rewrites::default()),
            |change, _, _| {
                add_index_change(&mut collector, &change);
                Ok(std::ops::ControlFlow::Continue(()))
            },
        )
        .map_err(unavailable("index"))?;
    Ok(collector.finish())
}

fn add_index_change(collector: &mut Collector<'_>, change: &gix::diff::index::ChangeRef<'_, '_>) {
    use gix::diff::index::ChangeRef;
    let side = |mode: gix::index::entry::Mode, id: &gix::oid| Side::Object {
        kind: index_kind(mode),
        id: id.to_owned(),
    };
    match change {
        ChangeRef::Addition { location, entry_mode, id, .. } => {
            collector.add(Status::Added, None, location, Side::Absent, side(*entry_mode, id));
        }
        ChangeRef::Deletion { location, entry_mode, id, .. } => {
            collector.add(Status::Deleted, None, location, side(*entry_mode, id), Side::Absent);
        }
        ChangeRef::Modification { location, previous_entry_mode, previous_id, entry_mode, id, .. } => {
            let (old, new) = (side(*previous_entry_mode, previous_id), side(*entry_mode, id));
            collector.add(modified(old, new), None, location, old, new);
        }
        ChangeRef::Rewrite {
            source_location,
            source_entry_mode,
            source_id,
            location,
            entry_mode,
            id,
            copy,
            ..
        } => {
            let status = if *copy { Status::Copied } else { Status::Renamed };
            let (old, new) = (side(*source_entry_mode, source_id), side(*entry_mode, id));
            collector.add(status, Some(source_location), location, old, new);
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
    let mut collector = Collector::new(view, under);
    let items = platform(view)?
        .index_worktree_options_mut(|options| options.dirwalk_options = None)
        .into_index_worktree_iter(everything())
        .map_err(unavailable("index"))?;
    for item in items {
        view.checkpoint()?;
        let index_worktree::Item::Modification { entry, rela_path, status, .. } =
            item.map_err(unavailable("work tree"))?
        else {
            continue;
        };
        let old = Side::Object { kind: index_kind(entry.mode), id: entry.id };
        let path: &BStr = rela_path.as_ref();
        match status {
            EntryStatus::Change(WorkChange::Removed) => {
                collector.add(Status::Deleted, None, path, old, Side::Absent)
            }
            EntryStatus::Change(WorkChange::Type { .. } | WorkChange::Modification { .. }) => {
                let kind = RelPath::from_git_bytes(path)
                    .ok()
                    .and_then(|path| work_tree.metadata(&path).ok())
                    .map_or(EntryKind::Blob, |found| disk_kind(found.kind, found.executable));
                let new = Side::WorkTree { kind };
                collector.add(modified(old, new), None, path, old, new);
            }
            EntryStatus::Conflict { .. } => {
                collector.add(Status::Conflicted, None, path, Side::Absent, Side::Absent)
            }
            EntryStatus::Change(WorkChange::SubmoduleModification(_))
            | EntryStatus::NeedsUpdate(_)
            | EntryStatus::IntentToAdd => {}
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

/// The engine's comparison of head, index and work tree, told to look into no submodule and to stop when asked.
pub(crate) fn platform<'v>(
    view: &'v View<'_>,
) -> Result<gix::status::Platform<'v, gix::progress::Discard>, ToolError> {
    Ok(view
        .engine()
        .status(gix::progress::Discard)
        .map_err(unavailable("index"))?
        .index_worktree_submodules(None)
        .tree_index_track_renames(TrackRenames::Given(Rewrites::default()))
        .should_interrupt_owned(std::sync::Arc::clone(view.context().interrupt())))
}

/// A pattern for everything from the top; without one, the process's working directory would choose.
pub(crate) fn everything() -> Vec<gix::bstr::BString> {
    vec![":/".into()]
}
