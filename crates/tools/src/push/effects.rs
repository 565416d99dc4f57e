//! A push as an approver sees it: the files that differ between what the remote has and what it gets, with the lines that changed.

use gitoma_core::{Effects, FileEffect, FileState, ToolError};
use gix::ObjectId;
use gix::object::tree::EntryKind;
use serde_json::Value;

use super::News;
use crate::change::{Side, differences};
use crate::changed_file;
use crate::object::{self, unavailable};
use crate::patch;
use crate::proposal::MAX_FILES;
use crate::rewrite::cut;
use crate::view::View;

/// Lines around a change.
const CONTEXT: u32 = 3;
/// Files beyond this size are named and not compared, in bytes.
const COMPARED_BYTES: u64 = gitoma_confine::MAX_WRITE_BYTES;
/// How much is shown of the commits' subjects, in bytes.
const SUBJECTS_BYTES: usize = 16 * 1024;

/// What a push amounts to.
pub(crate) struct Shown {
    pub(crate) effects: Effects,
    /// The files, as a result lists them.
    pub(crate) files: Vec<Value>,
}

/// Describes the push of `news` that ends in `head`.
pub(crate) fn show(
    view: &View<'_>,
    news: &News,
    head: ObjectId,
    effects: Effects,
) -> Result<Shown, ToolError> {
    let mut effects = Effects { message: Some(subjects(view, news)?), ..effects };
    let changes = differences(view, news.fork, head)?;
    if changes.len() > MAX_FILES {
        let reason = "more than 2000 files differ from what the remote has; push less at once";
        return Err(ToolError::Unsuitable { reason: reason.into() });
    }
    let (mut text, mut files) = (String::new(), Vec::new());
    for change in &changes {
        view.checkpoint()?;
        let Some(path) = view.found(&change.path) else { continue };
        let (old, before) = state(view, change.old)?;
        let (new, after) = state(view, change.new)?;
        let compared = if before.is_none() && old.is_some() || after.is_none() && new.is_some() {
            text.push_str(&format!(
                "(not compared: {})\n",
                view.context().redactor().redact_line(path.as_str())
            ));
            patch::Compared::default()
        } else {
            patch::compare(view, path.as_str(), before.as_deref(), after.as_deref(), CONTEXT)?
        };
        text.push_str(&compared.text);
        let effect = FileEffect {
            path: path.as_str().to_owned(),
            old,
            new,
            added: compared.insertions.into(),
            removed: compared.deletions.into(),
        };
        files.push(Value::Object(changed_file::show(&effect)));
        effects.files.push(effect);
    }
    cut(&mut text);
    effects.diff = Some(text);
    Ok(Shown { effects, files })
}

/// One side, and its content if that is a file that can be compared.
fn state(view: &View<'_>, side: Side) -> Result<(Option<FileState>, Option<Vec<u8>>), ToolError> {
    let Side::Object { kind, id } = side else { return Ok((None, None)) };
    let (mode, is_file) = match kind {
        EntryKind::Blob => ("100644", true),
        EntryKind::BlobExecutable => ("100755", true),
        EntryKind::Link => ("120000", false),
        EntryKind::Commit => ("160000", false),
        EntryKind::Tree => ("040000", false),
    };
    let bytes = if kind == EntryKind::Commit { 0 } else { object::blob_size(view, id)? };
    let content =
        if is_file && bytes <= COMPARED_BYTES { Some(object::blob(view, id, COMPARED_BYTES)?) } else { None };
    Ok((Some(FileState { mode: mode.to_owned(), id: id.to_string(), bytes }), content))
}

/// The first line of each commit's message, oldest first.
fn subjects(view: &View<'_>, news: &News) -> Result<String, ToolError> {
    let mut text = String::new();
    for id in &news.commits {
        view.checkpoint()?;
        let commit = view.engine().find_commit(*id).map_err(unavailable("object"))?;
        let message = String::from_utf8_lossy(commit.message_raw_sloppy()).into_owned();
        let clean = view.context().redactor().redact(&message).text;
        let subject =
            view.context().redactor().redact_line(clean.lines().next().unwrap_or_default()).into_owned();
        text.push_str(&format!("{} {subject}\n", id.to_hex_with_len(12)));
    }
    let end = text.floor_char_boundary(SUBJECTS_BYTES);
    text.truncate(end);
    Ok(text)
}
