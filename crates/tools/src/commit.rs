//! A commit as results show it: ids, people, times and message, each redacted whole before anything is cut.

use gitoma_core::ToolError;
use gix::ObjectId;
use serde_json::{Value, json};

use crate::budget::fitting;
use crate::instant;
use crate::object::unavailable;
use crate::shape::{Fields, Shape};
use crate::view::View;

/// Bytes of a message that are shown.
const MESSAGE_BYTES: usize = 16 * 1024;

/// The author of `commit` as `Name <email>`, redacted.
pub(crate) fn author(view: &View<'_>, commit: &gix::Commit<'_>) -> String {
    commit.author().map(|author| person(view, &author)).unwrap_or_default()
}

/// A person as `Name <email>`, redacted.
pub(crate) fn person(view: &View<'_>, signature: &gix::actor::SignatureRef<'_>) -> String {
    view.clean(&format!("{} <{}>", signature.name, signature.email)).into_owned()
}

/// The whole message as it may be shown, and whether it was cut.
pub(crate) fn message(view: &View<'_>, raw: &[u8]) -> (String, bool) {
    let text = String::from_utf8_lossy(raw);
    let clean = view.clean(text.trim_end());
    let shown = fitting(&clean, MESSAGE_BYTES);
    (shown.to_owned(), shown.len() < clean.len())
}

/// The first line of the message, redacted with all of it.
pub(crate) fn summary(view: &View<'_>, commit: &gix::Commit<'_>) -> String {
    let text = String::from_utf8_lossy(commit.message_raw_sloppy());
    let clean = view.clean(text.trim());
    clean.lines().next().unwrap_or_default().to_owned()
}

/// The time `signature` states, as RFC 3339.
pub(crate) fn time(signature: Option<gix::actor::SignatureRef<'_>>) -> Option<String> {
    signature.and_then(|signature| signature.time().ok()).and_then(|time| instant::format(time.seconds))
}

/// The commit `id` as a result shows it.
pub(crate) fn describe(view: &View<'_>, id: ObjectId) -> Result<Value, ToolError> {
    Ok(show(view, &view.engine().find_commit(id).map_err(unavailable("object"))?))
}

/// A commit that has been read, as a result shows it.
pub(crate) fn show(view: &View<'_>, commit: &gix::Commit<'_>) -> Value {
    // Each of these parses the commit up to its line.
    let (author, committer) = (commit.author().ok(), commit.committer().ok());
    let (message, cut) = message(view, commit.message_raw_sloppy());
    let mut shown = json!({
        "id": commit.id.to_string(),
        "parents": commit.parent_ids().map(|parent| parent.to_string()).collect::<Vec<_>>(),
        "author": author.map(|author| person(view, &author)).unwrap_or_default(),
        "authored_at": time(author),
        "committer": committer.map(|committer| person(view, &committer)).unwrap_or_default(),
        "committed_at": time(committer),
        "message": message,
    });
    if let Some(fields) = shown.as_object_mut().filter(|_| cut) {
        fields.insert("message_truncated".into(), true.into());
    }
    shown
}

/// What [`show`] makes.
pub(crate) fn shape() -> Fields {
    Fields::new()
        .required("id", Shape::text())
        .required("parents", Shape::list(Shape::text()))
        .required("author", Shape::text())
        .required("authored_at", Shape::text().or_null())
        .required("committer", Shape::text())
        .required("committed_at", Shape::text().or_null())
        .required("message", Shape::text())
        .optional("message_truncated", Shape::flag())
}
