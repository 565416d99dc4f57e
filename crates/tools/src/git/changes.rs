//! How `git_show` and the three differences show changed files: totals, one entry a file, and at most so much of each.

use gitoma_core::ToolError;
use gix::object::tree::EntryKind;
use serde_json::{Map, Value, json};

use crate::budget::{Items, fitting, json_bytes};
use crate::change::{Change, Side, Status};
use crate::patch::{self, Patch};
use crate::shape::{Fields, Shape};
use crate::view::View;

/// Lines around a change unless the caller says otherwise.
pub(crate) const DEFAULT_CONTEXT: u32 = 3;
/// How many files are shown.
const MAX_FILES: usize = 200;
/// Bytes of JSON that the fields of a file take beside its patch, paths not counted.
const FRAME_BYTES: usize = 320;

/// How much of each file to show.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Detail {
    /// Counts of lines.
    Stats,
    /// The unified text as well.
    Patch {
        /// Lines around each change.
        context: u32,
    },
}

/// Puts totals and files into `fields`; returns whether something was cut.
pub(crate) fn render(
    view: &View<'_>,
    changes: &[Change],
    detail: Detail,
    fields: &mut Map<String, Value>,
) -> Result<bool, ToolError> {
    let mut items = Items::new(MAX_FILES);
    let mut cut = false;
    let (mut insertions, mut deletions) = (0_u64, 0_u64);
    for (done, change) in changes.iter().enumerate() {
        view.checkpoint()?;
        if items.is_full() {
            cut = true;
            break;
        }
        let context = match detail {
            Detail::Stats => None,
            Detail::Patch { context } => Some(context),
        };
        let mut patch = patch::of(view, change, context)?;
        view.report(done as u64 + 1, Some(changes.len() as u64), "files compared");
        insertions += u64::from(patch.insertions);
        deletions += u64::from(patch.deletions);
        let room = items.left().saturating_sub(FRAME_BYTES + 2 * change.path.as_str().len());
        let shortened = shorten(&mut patch, room);
        cut |= shortened;
        view.count_redactions(patch.redactions);
        if !items.push(file(change, patch, shortened)) {
            break;
        }
    }
    let (files, full) = items.finish();
    fields.insert("files_changed".into(), changes.len().into());
    fields.insert("insertions".into(), insertions.into());
    fields.insert("deletions".into(), deletions.into());
    fields.insert("files".into(), files);
    Ok(cut || full)
}

/// What [`render`] puts there.
pub(crate) fn shape() -> Fields {
    Fields::new()
        .required("files_changed", Shape::count().described("Also those not in `files`."))
        .required("insertions", Shape::count())
        .required("deletions", Shape::count())
        .required("files", Shape::list(file_shape()))
}

/// Cuts the text of `patch` to `room` bytes, at the end of a line.
fn shorten(patch: &mut Patch, room: usize) -> bool {
    let Some(text) = patch.text.as_mut().filter(|text| json_bytes(text) > room) else {
        return false;
    };
    let end = fitting(text, room).rfind('\n').map_or(0, |at| at + 1);
    text.truncate(end);
    true
}

fn file(change: &Change, patch: Patch, shortened: bool) -> Value {
    let mut file = Map::new();
    file.insert("path".into(), change.path.as_str().into());
    if let Some(old) = &change.old_path {
        file.insert("old_path".into(), old.as_str().into());
    }
    file.insert("status".into(), change.status.as_str().into());
    let (old, new) = (mode(change.old), mode(change.new));
    if old.is_some() && new.is_some() && old != new {
        file.insert("old_mode".into(), json!(old));
        file.insert("new_mode".into(), json!(new));
    }
    if patch.binary {
        file.insert("binary".into(), true.into());
    } else if patch.skipped {
        file.insert("too_large".into(), true.into());
    } else {
        file.insert("insertions".into(), patch.insertions.into());
        file.insert("deletions".into(), patch.deletions.into());
    }
    if let Some(text) = patch.text {
        file.insert("patch".into(), text.into());
    }
    if shortened {
        file.insert("patch_truncated".into(), true.into());
    }
    Value::Object(file)
}

/// What [`file`] makes.
fn file_shape() -> Fields {
    Fields::new()
        .required("path", Shape::text())
        .optional("old_path", Shape::text())
        .required("status", Shape::one_of(Status::ALL.map(Status::as_str)))
        .optional("old_mode", Shape::text())
        .optional("new_mode", Shape::text())
        .optional("binary", Shape::flag().described("No text, so no counts."))
        .optional("too_large", Shape::flag().described("Not compared."))
        .optional("insertions", Shape::count())
        .optional("deletions", Shape::count())
        .optional("patch", Shape::text())
        .optional("patch_truncated", Shape::flag())
}

/// Git's six octal digits.
fn mode(side: Side) -> Option<&'static str> {
    match side {
        Side::Absent => None,
        Side::Object { kind, .. } | Side::WorkTree { kind } => Some(match kind {
            EntryKind::Blob => "100644",
            EntryKind::BlobExecutable => "100755",
            EntryKind::Link => "120000",
            EntryKind::Commit => "160000",
            EntryKind::Tree => "040000",
        }),
    }
}
