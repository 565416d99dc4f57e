//! What is staged and what is not: the index beside the checked-out commit and beside the work tree. The engine compares;
//! nothing that the repository configures runs, and no submodule is looked into.

use std::ops::ControlFlow;

use gitoma_confine::{Kind as DiskKind, RelPath};
use gitoma_core::ToolError;
use gix::ObjectId;
use gix::bstr::BStr;
use gix::diff::Rewrites;
use gix::diff::index::ChangeRef;
use gix::object::tree::EntryKind;
use gix::status::index_worktree;
use gix::status::plumbing::index_as_worktree::{Change as WorkChange, EntryStatus};
use gix::status::tree_index::TrackRenames;

use super::differences::{Differences, gather};
use super::renames::add_paired;
use super::{Change, Collector, Side, Status, modified};
use crate::extent::within_limits;
use crate::object::unavailable;
use crate::rule_files::{self, Scope};
use crate::view::View;

/// What is staged: from the tree of what is checked out to the index. Without an index file the index is empty.
///
/// # Errors
/// [`ToolError::Unsuitable`] if the tree is larger, or more differs, than can be looked at.
pub(crate) fn staged<'v>(view: &'v View<'v>, under: Option<&'v RelPath>) -> Result<Vec<Change>, ToolError> {
    let engine = view.engine();
    let tree = checked_out(view)?;
    let index = engine.index_or_empty().map_err(unavailable("index"))?;
    let differences = gather(under, |differences| compare(view, &tree, &index, differences))?;
    let mut collector = Collector::new(view, under);
    add_paired(view, differences, &mut collector)?;
    Ok(collector.finish())
}

/// The tree of what is checked out, after a look at its size: the engine makes a list of it, and takes no interrupt for that.
fn checked_out(view: &View<'_>) -> Result<ObjectId, ToolError> {
    let tree = view.engine().head_tree_id_or_empty().map_err(unavailable("object"))?.detach();
    within_limits(view.engine(), tree, view.context())?;
    Ok(tree)
}

fn compare(
    view: &View<'_>,
    tree: &ObjectId,
    index: &gix::index::State,
    differences: &mut Differences<'_>,
) -> Result<(), ToolError> {
    let engine = view.engine();
    // A pattern from the top: without one, the process's working directory would choose what is compared.
    let mut everything = engine
        .pathspec(false, [":/"], false, index, gix::worktree::stack::state::attributes::Source::IdMapping)
        .map_err(unavailable("index"))?;
    let mut stopped = Ok(());
    engine
        .tree_index_status(tree, index, Some(&mut everything), TrackRenames::Disabled, |change, _, _| {
            stopped = view.checkpoint();
            if stopped.is_err() {
                return Ok(ControlFlow::Break(()));
            }
            let (path, old, new) = sides(&change);
            Ok(differences.push(path, old, new))
        })
        .map_err(unavailable("index"))?;
    stopped
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
    rule_files::check(view, Scope::Tracked)?;
    let mut collector = Collector::new(view, under);
    let items = comparison(view)?
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
///
/// Between head and index it pairs only files of the same content: to compare contents it would take neither limit nor
/// interrupt.
///
/// # Errors
/// [`ToolError::Unsuitable`] if what is checked out is larger than can be looked at.
pub(crate) fn platform<'v>(
    view: &'v View<'_>,
) -> Result<gix::status::Platform<'v, gix::progress::Discard>, ToolError> {
    checked_out(view)?;
    comparison(view)
}

fn comparison<'v>(
    view: &'v View<'_>,
) -> Result<gix::status::Platform<'v, gix::progress::Discard>, ToolError> {
    let same_content = Rewrites { percentage: None, ..Rewrites::default() };
    Ok(view
        .engine()
        .status(gix::progress::Discard)
        .map_err(unavailable("index"))?
        .index_worktree_submodules(None)
        .tree_index_track_renames(TrackRenames::Given(same_content))
        .should_interrupt_owned(std::sync::Arc::clone(view.context().interrupt())))
}

/// A pattern for everything from the top; without one, the process's working directory would choose.
pub(crate) fn everything() -> Vec<gix::bstr::BString> {
    vec![":/".into()]
}
