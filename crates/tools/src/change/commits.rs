//! What changed between two commits. The trees are unfolded here and not by the engine's own comparison, which takes neither
//! an interrupt nor a limit.

use std::ops::ControlFlow;

use gitoma_confine::RelPath;
use gitoma_core::ToolError;
use gix::ObjectId;
use gix::bstr::BStr;
use gix::diff::tree::visit::{Action, Change as TreeChange};
use gix::diff::tree::{Error, Recorder, State, Visit};
use gix::objs::tree::EntryMode;
use gix::objs::{FindExt, TreeRefIter};

use super::differences::{Difference, Differences, gather};
use super::renames::add_paired;
use super::{Change, Collector, Side};
use crate::extent::Bounded;
use crate::object::root_tree;
use crate::view::View;

/// What changed from the tree of `old` to that of `new`; no `old` means that everything is new.
///
/// # Errors
/// [`ToolError::Unsuitable`] if more changed than can be looked at.
pub(crate) fn between_commits<'v>(
    view: &'v View<'v>,
    old: Option<ObjectId>,
    new: ObjectId,
    under: Option<&'v RelPath>,
) -> Result<Vec<Change>, ToolError> {
    let old = old.map(|old| root_tree(view, old)).transpose()?.map(|tree| tree.id);
    let new = root_tree(view, new)?.id;
    let differences = gather(under, |differences| compare(view, old, new, differences))?;
    let mut collector = Collector::new(view, under);
    add_paired(view, differences, &mut collector)?;
    Ok(collector.finish())
}

/// What differs between the trees of `old` and `new`, as it is: no path is judged, and no file is looked for under another name.
///
/// # Errors
/// [`ToolError::Unsuitable`] if more changed than can be looked at.
pub(crate) fn differences(
    view: &View<'_>,
    old: Option<ObjectId>,
    new: ObjectId,
) -> Result<Vec<Difference>, ToolError> {
    let old = old.map(|old| root_tree(view, old)).transpose()?.map(|tree| tree.id);
    let new = root_tree(view, new)?.id;
    gather(None, |differences| compare(view, old, new, differences))
}

fn compare(
    view: &View<'_>,
    old: Option<ObjectId>,
    new: ObjectId,
    differences: &mut Differences<'_>,
) -> Result<(), ToolError> {
    let objects = Bounded::new(view.engine(), view.context());
    let (mut old_buffer, mut new_buffer) = (Vec::new(), Vec::new());
    let old = match old {
        Some(old) => objects.settle(objects.find_tree_iter(&old, &mut old_buffer), "object")?,
        None => TreeRefIter::from_bytes(&[], view.engine().object_hash()),
    };
    let new = objects.settle(objects.find_tree_iter(&new, &mut new_buffer), "object")?;
    let mut files = Files { recorder: Recorder::default(), differences };
    match gix::diff::tree(old, new, State::default(), &objects, &mut files) {
        // The only one to cancel is the visitor, when there are too many.
        Err(Error::Cancelled) => objects.settle(Ok::<_, Error>(()), "object"),
        outcome => objects.settle(outcome, "object"),
    }
}

/// Keeps what differs of files; directories differ by their files.
struct Files<'d, 'v> {
    recorder: Recorder,
    differences: &'d mut Differences<'v>,
}

impl Visit for Files<'_, '_> {
    fn pop_front_tracked_path_and_set_current(&mut self) {
        self.recorder.pop_front_tracked_path_and_set_current();
    }

    fn push_back_tracked_path_component(&mut self, component: &BStr) {
        self.recorder.push_back_tracked_path_component(component);
    }

    fn push_path_component(&mut self, component: &BStr) {
        self.recorder.push_path_component(component);
    }

    fn pop_path_component(&mut self) {
        self.recorder.pop_path_component();
    }

    fn visit(&mut self, change: TreeChange) -> Action {
        let side = |mode: EntryMode, id| match mode.is_tree() {
            true => Side::Absent,
            false => Side::Object { kind: mode.kind(), id },
        };
        let (old, new) = match change {
            TreeChange::Addition { entry_mode, oid, .. } => (Side::Absent, side(entry_mode, oid)),
            TreeChange::Deletion { entry_mode, oid, .. } => (side(entry_mode, oid), Side::Absent),
            TreeChange::Modification { previous_entry_mode, previous_oid, entry_mode, oid } => {
                (side(previous_entry_mode, previous_oid), side(entry_mode, oid))
            }
        };
        if (old, new) == (Side::Absent, Side::Absent) {
            return ControlFlow::Continue(());
        }
        self.differences.push(self.recorder.path(), old, new)
    }
}
