//! What changed between two commits, with renames found by similarity.

use gitoma_confine::RelPath;
use gitoma_core::ToolError;
use gix::ObjectId;
use gix::diff::Rewrites;
use gix::diff::tree_with_rewrites::Change as TreeChange;

use super::{Change, Collector, Side, Status, modified};
use crate::object::{root_tree, unavailable};
use crate::view::View;

/// What changed from the tree of `old` to that of `new`; no `old` means that everything is new.
pub(crate) fn between_commits<'v>(
    view: &'v View<'v>,
    old: Option<ObjectId>,
    new: ObjectId,
    under: Option<&'v RelPath>,
) -> Result<Vec<Change>, ToolError> {
    let old_tree = old.map(|old| root_tree(view, old)).transpose()?;
    let new_tree = root_tree(view, new)?;
    let options = gix::diff::Options::default().with_rewrites(Some(Rewrites::default()));
    let found = view
        .engine()
        .diff_tree_to_tree(old_tree.as_ref(), Some(&new_tree), Some(options))
        .map_err(unavailable("object"))?;
    let mut collector = Collector::new(view, under);
    for change in &found {
        view.checkpoint()?;
        add_tree_change(&mut collector, change);
    }
    Ok(collector.finish())
}

fn add_tree_change(collector: &mut Collector<'_>, change: &TreeChange) {
    let side = |mode: &gix::objs::tree::EntryMode, id: &ObjectId| Side::Object { kind: mode.kind(), id: *id };
    match change {
        TreeChange::Addition { location, entry_mode, id, .. } if !entry_mode.is_tree() => {
            collector.add(Status::Added, None, location.as_ref(), Side::Absent, side(entry_mode, id));
        }
        TreeChange::Deletion { location, entry_mode, id, .. } if !entry_mode.is_tree() => {
            collector.add(Status::Deleted, None, location.as_ref(), side(entry_mode, id), Side::Absent);
        }
        TreeChange::Modification { location, previous_entry_mode, previous_id, entry_mode, id }
            if !entry_mode.is_tree() =>
        {
            let (old, new) = (side(previous_entry_mode, previous_id), side(entry_mode, id));
            collector.add(modified(old, new), None, location.as_ref(), old, new);
        }
        TreeChange::Rewrite {
            source_location,
            source_entry_mode,
            source_id,
            entry_mode,
            id,
            location,
            copy,
            ..
        } if !entry_mode.is_tree() => {
            let status = if *copy { Status::Copied } else { Status::Renamed };
            let (old, new) = (side(source_entry_mode, source_id), side(entry_mode, id));
            collector.add(status, Some(source_location.as_ref()), location.as_ref(), old, new);
        }
        // Directories: their files are changes of their own.
        TreeChange::Addition { .. }
        | TreeChange::Deletion { .. }
        | TreeChange::Modification { .. }
        | TreeChange::Rewrite { .. } => {}
    }
}
