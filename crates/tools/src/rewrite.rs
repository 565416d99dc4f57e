//! What a call makes of files in a work tree: each is pinned and read, its new content judged, the whole described, staged and put in
//! place. No file is changed before all of them can be.

#[cfg(test)]
mod tests;

use std::ops::Range;

use gitoma_confine::{MAX_WRITE_BYTES, OpenError, RelPath, Staged, Target, WriteError};
use gitoma_core::{Effects, FileEffect, FileState, ToolError};
use gix::ObjectId;
use serde_json::{Map, Value, json};

use crate::changed_file;
use crate::command::{Draft, Publish, Stage};
use crate::content::confined;
use crate::masked::is_binary;
use crate::object::{disk_full, unavailable};
use crate::origin::READER;
use crate::patch::{self, Compared};
use crate::place::{Place, paths_of};
use crate::proposal::judge::among;
use crate::shape::{Fields, Shape};
use crate::view::{self, View, fields};
use crate::worktree::require_free;

/// Lines around a change, for whoever looks at it.
const CONTEXT: u32 = 3;
/// The most of a diff that an effect keeps, in bytes.
const DIFF_BYTES: usize = 256 * 1024;

/// What a directory takes of a disk at least.
const DIRECTORY_BYTES: u64 = 4096;

/// A place in a work tree, held open, with what stands there.
pub(crate) struct Existing<'v> {
    path: RelPath,
    target: Target<'v>,
    /// Where secrets are in it, in order.
    secrets: Vec<Range<usize>>,
}

/// A file that is to become another.
pub(crate) struct Rewrite<'v> {
    existing: Existing<'v>,
    after: Option<After>,
}

/// What a file becomes.
struct After {
    text: String,
    executable: Option<bool>,
}

impl<'v> Existing<'v> {
    /// Pins the directory of `path` and reads what stands there.
    pub(crate) fn open(view: &'v View<'_>, path: &RelPath) -> Result<Self, ToolError> {
        view.checkpoint()?;
        let target = view.repository().work_tree()?.target(path).map_err(refused)?;
        if target.current().is_none() {
            require_free(view, path)?;
        }
        let secrets = match target.current() {
            Some(current) => {
                let text = String::from_utf8_lossy(&current.bytes);
                view.context().redactor().find(&text).into_iter().map(|finding| finding.span).collect()
            }
            None => Vec::new(),
        };
        Ok(Self { path: path.clone(), target, secrets })
    }

    /// Requires that the caller could read what stands there, as one must to change a part of it: an edit fits, or does not, and shows
    /// what is around it.
    pub(crate) fn require_readable(&self, view: &View<'_>, place: &Place) -> Result<(), ToolError> {
        if !self.is_there() {
            return Ok(());
        }
        view.context().require_readable(READER, &place.accesses(&paths_of(Some(&self.path))))
    }

    pub(crate) fn is_there(&self) -> bool {
        self.target.current().is_some()
    }

    pub(crate) fn secrets(&self) -> &[Range<usize>] {
        &self.secrets
    }

    fn bytes(&self) -> Option<&[u8]> {
        self.target.current().map(|current| current.bytes.as_slice())
    }

    pub(crate) fn executable(&self) -> bool {
        self.target.current().is_some_and(|current| current.executable)
    }

    /// The file as text, for an edit of it.
    pub(crate) fn text(&self) -> Result<&str, ToolError> {
        let bytes = self.bytes().ok_or(ToolError::NotFound { what: "path" })?;
        match std::str::from_utf8(bytes) {
            Ok(text) if !is_binary(bytes) => Ok(text),
            _ => Err(ToolError::Unsuitable {
                reason: "the file is no UTF-8 text, and cannot be edited".into(),
            }),
        }
    }

    /// Requires that the file is the one the caller has read, by git's id of its content; the null id stands for no file.
    pub(crate) fn require(&self, expected: Option<&ObjectId>) -> Result<(), ToolError> {
        let Some(expected) = expected else { return Ok(()) };
        let Some(bytes) = self.bytes() else {
            let reason = "the file does not exist, and `expected_sha` names its content";
            return if expected.is_null() {
                Ok(())
            } else {
                Err(ToolError::Conflict { reason: reason.into() })
            };
        };
        if expected.is_null() {
            return Err(ToolError::Conflict {
                reason: "the file exists, and `expected_sha` says that it does not".into(),
            });
        }
        if !self.secrets.is_empty() {
            // Whether a guess at the whole content is right must not be told.
            let reason = "the file holds a secret, so its id is not shown and cannot be expected; leave `expected_sha` out";
            return Err(ToolError::Unsuitable { reason: reason.into() });
        }
        if blob_id(bytes)? == *expected {
            return Ok(());
        }
        Err(ToolError::Conflict { reason: "the file has changed since it was read; read it again".into() })
    }

    /// Judges `text` as what the file becomes; `ranges` say what of it comes from the caller, and where secrets of the file stayed.
    pub(crate) fn becomes(
        self,
        view: &View<'_>,
        text: String,
        ranges: Ranges<'_>,
        executable: Option<bool>,
    ) -> Result<Rewrite<'v>, ToolError> {
        let before = self.bytes().map(String::from_utf8_lossy);
        judge(view, &self.path, before.as_deref(), &text, ranges)?;
        Ok(Rewrite { existing: self, after: Some(After { text, executable }) })
    }

    /// Judges `text` as what stands here once the file `from` has moved here.
    pub(crate) fn becomes_of(
        self,
        view: &View<'_>,
        from: &Existing<'_>,
        text: String,
        ranges: Ranges<'_>,
        executable: bool,
    ) -> Result<Rewrite<'v>, ToolError> {
        let redactor = view.context().redactor();
        redactor.check_message(self.path.as_str()).map_err(ToolError::SecretWritten)?;
        let before = from.bytes().map(String::from_utf8_lossy);
        judge(view, &self.path, before.as_deref(), &text, ranges)?;
        Ok(Rewrite { existing: self, after: Some(After { text, executable: Some(executable) }) })
    }

    /// Makes it go.
    pub(crate) fn goes(self) -> Result<Rewrite<'v>, ToolError> {
        if !self.is_there() {
            return Err(ToolError::NotFound { what: "path" });
        }
        Ok(Rewrite { existing: self, after: None })
    }
}

/// What of a new content comes from where, in bytes.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Ranges<'r> {
    /// What the caller sent.
    pub(crate) added: &'r [Range<usize>],
    /// The secrets of the old content that are in the new one, without anybody having seen them.
    pub(crate) secrets: &'r [Range<usize>],
}

/// Refuses content that is too large, no text, or brings in a secret or the placeholder of one.
pub(crate) fn judge(
    view: &View<'_>,
    path: &RelPath,
    before: Option<&str>,
    after: &str,
    ranges: Ranges<'_>,
) -> Result<(), ToolError> {
    if after.len() as u64 > MAX_WRITE_BYTES {
        return Err(ToolError::TooLarge { what: "the file", limit: MAX_WRITE_BYTES });
    }
    let redactor = view.context().redactor();
    if after.contains('\0') {
        let path = redactor.redact_line(path.as_str()).into_owned();
        return Err(ToolError::ChangeRefused { rule: "change:binary".into(), path });
    }
    redactor.check_added(path.as_str(), after, ranges.added).map_err(ToolError::SecretWritten)?;
    redactor.check_kept(path.as_str(), after, ranges.secrets).map_err(ToolError::SecretWritten)?;
    redactor.check_content(path.as_str(), before, after).map_err(ToolError::SecretWritten)
}

impl Rewrite<'_> {
    fn is_change(&self) -> bool {
        match (&self.after, self.existing.target.current()) {
            (None, _) | (Some(_), None) => true,
            (Some(after), Some(current)) => {
                current.bytes != after.text.as_bytes()
                    || after.executable.is_some_and(|executable| executable != current.executable)
            }
        }
    }

    /// What it brings to the disk, the directories that are made for it too.
    fn disk_bytes(&self) -> u64 {
        let Some(after) = &self.after else { return 0 };
        let directories = self.existing.target.missing_directories() as u64;
        (after.text.len() as u64).saturating_add(directories.saturating_mul(DIRECTORY_BYTES))
    }

    fn effect(&self, compared: &Compared) -> Result<FileEffect, ToolError> {
        let old = self.existing.target.current();
        let old = old.map(|current| state(&current.bytes, current.executable)).transpose()?;
        let executable = |after: &After| after.executable.unwrap_or_else(|| self.existing.executable());
        let new =
            self.after.as_ref().map(|after| state(after.text.as_bytes(), executable(after))).transpose()?;
        Ok(FileEffect {
            path: self.existing.path.as_str().to_owned(),
            old,
            new,
            added: compared.insertions.into(),
            removed: compared.deletions.into(),
        })
    }

    /// What the caller is told of the file.
    fn shown(&self, view: &View<'_>, effect: &FileEffect) -> Map<String, Value> {
        let mut file = changed_file::show(effect);
        if let (Some(after), Some(new)) = (&self.after, &effect.new)
            && view.context().redactor().find(&after.text).is_empty()
        {
            file.insert("sha".into(), new.id.clone().into());
            file.insert("size".into(), new.bytes.into());
        }
        file
    }
}

/// What [`Rewrite::shown`] makes.
fn file_shape() -> Fields {
    changed_file::shape()
        .optional("sha", Shape::text().described("Not there if the file is gone or holds a secret."))
        .optional("size", Shape::count())
}

pub(crate) fn state(bytes: &[u8], executable: bool) -> Result<FileState, ToolError> {
    let mode = if executable { "100755" } else { "100644" };
    Ok(FileState { mode: mode.to_owned(), id: blob_id(bytes)?.to_string(), bytes: bytes.len() as u64 })
}

pub(crate) fn blob_id(bytes: &[u8]) -> Result<ObjectId, ToolError> {
    gix::objs::compute_hash(gix::hash::Kind::Sha1, gix::objs::Kind::Blob, bytes).map_err(unavailable("file"))
}

/// The draft of a call that makes `rewrites`, with the diff in its result if `diff` asks for it.
pub(crate) fn draft<'v>(
    view: &'v View<'v>,
    place: &Place,
    rewrites: Vec<Rewrite<'v>>,
    shows_diff: bool,
) -> Result<Draft<'v>, ToolError> {
    let mut effects = Effects { target: target(view, place), ..Effects::default() };
    let mut text = Gathered::default();
    let mut files = Vec::new();
    require_plain(view, &rewrites)?;
    for rewrite in rewrites.iter().filter(|rewrite| rewrite.is_change()) {
        view.checkpoint()?;
        let old = rewrite.existing.bytes();
        let new = rewrite.after.as_ref().map(|after| after.text.as_bytes());
        let compared = patch::compare(view, rewrite.existing.path.as_str(), old, new, CONTEXT)?;
        let effect = rewrite.effect(&compared)?;
        files.push(Value::Object(rewrite.shown(view, &effect)));
        effects.files.push(effect);
        text.push(&compared.text);
    }
    let text = text.finish();
    let mut fields = fields(place);
    match (rewrites.as_slice(), files.as_mut_slice()) {
        ([_], [Value::Object(file)]) => fields.append(file),
        ([unchanged], _) => {
            fields.insert("path".into(), unchanged.existing.path.as_str().into());
        }
        _ => {
            fields.insert("files".into(), files.into());
        }
    }
    if shows_diff {
        fields.insert("diff".into(), json!(text));
    }
    effects.diff = Some(text);
    let stage: Option<Stage<'v>> =
        if effects.files.is_empty() { None } else { Some(Box::new(move || stage(view, rewrites))) };
    Ok(Draft { effects, fields, stage })
}

/// What [`draft`] tells of a call that changes one file, with what it says of it only if it changes.
pub(crate) fn shape_of_one() -> Fields {
    view::shape().and(file_shape().all_optional()).required("path", Shape::text())
}

/// What [`draft`] tells of a call that may change several: the fields of one, or a list.
pub(crate) fn shape() -> Fields {
    let files =
        Shape::list(file_shape()).described("There, in place of the fields of one file, for several.");
    view::shape().and(file_shape().all_optional()).optional("files", files)
}

/// What [`draft`] adds where it shows the diff.
pub(crate) fn diff_shape() -> Fields {
    Fields::new().required("diff", Shape::text())
}

/// Refuses new files that cannot be beside each other, or would together make a repository of a directory. Of one file alone
/// confinement says that when the place is opened.
fn require_plain(view: &View<'_>, rewrites: &[Rewrite<'_>]) -> Result<(), ToolError> {
    let written = rewrites.iter().filter(|rewrite| rewrite.after.is_some());
    let made = among(view, written.map(|rewrite| &rewrite.existing.path))?;
    let root = view.repository().work_tree()?;
    // What cannot be looked at is taken for there.
    let is_there =
        |path: &RelPath| !matches!(root.metadata(path), Err(OpenError::NotFound | OpenError::NotADirectory));
    made.require_no_repository(view, is_there)
}

/// The diff of several files: no more of it is held than an effect keeps.
#[derive(Debug, Default)]
pub(crate) struct Gathered {
    text: String,
}

impl Gathered {
    pub(crate) fn push(&mut self, text: &str) {
        // One byte too many says that there was more.
        let room = (DIFF_BYTES + 1).saturating_sub(self.text.len());
        self.text.push_str(text.get(..text.ceil_char_boundary(room)).unwrap_or(text));
    }

    /// The text, cut where it is too long.
    pub(crate) fn finish(mut self) -> String {
        cut(&mut self.text);
        self.text
    }
}

/// Cuts a diff at the end of a line.
pub(crate) fn cut(text: &mut String) {
    if text.len() > DIFF_BYTES {
        let end = text.floor_char_boundary(DIFF_BYTES);
        let end = text.get(..end).and_then(|kept| kept.rfind('\n')).map_or(0, |at| at + 1);
        text.truncate(end);
        text.push_str("(cut here)\n");
    }
}

fn target(view: &View<'_>, place: &Place) -> String {
    match place.worktree() {
        Some(branch) => format!("worktree for branch `{branch}` of `{}`", place.repo()),
        None => format!("work tree of `{}`", view.repository().alias()),
    }
}

/// Writes everything beside its place.
fn stage<'v>(view: &'v View<'v>, rewrites: Vec<Rewrite<'v>>) -> Result<Publish<'v>, ToolError> {
    let changes = || rewrites.iter().filter(|rewrite| rewrite.is_change());
    let after: u64 =
        changes().filter_map(|rewrite| rewrite.after.as_ref()).map(|after| after.text.len() as u64).sum();
    let before = changes().filter_map(|rewrite| rewrite.existing.bytes()).map(|before| before.len() as u64);
    let before: u64 = before.sum();
    let room = view.grow(after.saturating_sub(before))?;
    view.context().charge(changes().map(Rewrite::disk_bytes).sum())?;
    let mut prepared = Vec::with_capacity(rewrites.len());
    for rewrite in rewrites.into_iter().filter(Rewrite::is_change) {
        let Rewrite { existing: Existing { target, .. }, after } = rewrite;
        let staged = match after {
            Some(after) => target.stage(after.text.as_bytes(), after.executable),
            None => target.removal().map(Staged::prune),
        };
        prepared.push(staged.map_err(refused)?);
    }
    Ok(Box::new(move |_fields| match room {
        Some(room) => room.settle(|| publish(view, prepared)),
        None => publish(view, prepared),
    }))
}

/// Puts everything in place. A failure in the middle takes back what was done before it.
fn publish(view: &View<'_>, prepared: Vec<Staged>) -> Result<(), ToolError> {
    let mut done = Vec::with_capacity(prepared.len());
    for staged in prepared {
        let error = match staged.publish() {
            Ok(published) => {
                done.push(published);
                continue;
            }
            Err(error) => error,
        };
        let failed = done.into_iter().rev().filter_map(|published| published.take_back().err()).count();
        if failed > 0 || matches!(error, WriteError::InDoubt) {
            let reason = "one of the files could not be written, and those before it could not be taken back; look at each";
            return Err(ToolError::Conflict { reason: reason.into() });
        }
        view.context().take_back();
        return Err(refused(error));
    }
    Ok(())
}

/// Confinement's answer in a tool's words.
pub(crate) fn refused(error: WriteError) -> ToolError {
    match error {
        WriteError::Open(error) => confined(error),
        WriteError::TooLarge => ToolError::TooLarge { what: "the file", limit: MAX_WRITE_BYTES },
        WriteError::Changed => ToolError::Conflict {
            reason: "the file was changed by somebody else meanwhile; read it again".into(),
        },
        WriteError::NoSpace => disk_full(),
        WriteError::ReadOnly => ToolError::Unsuitable {
            reason: "the gateway may not write here; the operator can change that".into(),
        },
        WriteError::NotFound => ToolError::NotFound { what: "path" },
        WriteError::OtherRepository => ToolError::Confined { rule: "change:repository".into() },
        WriteError::InDoubt => ToolError::Conflict {
            reason: "the disk failed while the file was put in place; look at it before anything else".into(),
        },
        WriteError::Unavailable(source) => ToolError::unavailable("file", source),
    }
}
