//! A commit that is about to be made, judged as a diff: which files change, from what to what, and whether that may be. Nothing is
//! written before the branch moves: objects are made in memory, and put into the repository once everything was judged.

mod alias;
mod branch;
mod in_use;
pub(crate) mod judge;
mod objects;
mod standing;

use std::sync::Arc;

use gitoma_confine::RelPath;
use gitoma_core::{Effects, FileEffect, FileState, ToolError};
use gix::ObjectId;
use gix::object::tree::EntryKind;
use serde_json::{Map, Value};

pub(crate) use branch::Branch;
pub(crate) use in_use::{require_free, require_not_checked_out};
pub(crate) use judge::{Origin, refused};

use self::objects::Objects;
use self::standing::{Standing, Stands};
use crate::changed_file;
use crate::command::{Draft, Publish, Stage};
use crate::object::{self, TreeEntry, malformed_tree, unavailable};
use crate::patch;
use crate::place::Place;
use crate::rewrite::Gathered;
use crate::shape::{Fields, Shape};
use crate::view::{self, View, fields};

/// The most files of one commit.
pub(crate) const MAX_FILES: usize = 2_000;
/// The most bytes of one commit's files, together.
const MAX_BYTES: u64 = 32 * 1024 * 1024;
/// The most bytes of what one commit changes or deletes, together: each is read, compared and shown.
const MAX_REPLACED_BYTES: u64 = 128 * 1024 * 1024;
/// Lines around a change, for whoever looks at it.
const CONTEXT: u32 = 3;
/// The longest message, in bytes.
const MESSAGE_BYTES: usize = 16 * 1024;

/// One file of a commit.
#[derive(Debug)]
pub(crate) struct Proposed {
    pub(crate) path: RelPath,
    /// What it becomes; nothing if it goes.
    pub(crate) new: Option<NewFile>,
}

/// What a file becomes.
#[derive(Debug)]
pub(crate) struct NewFile {
    pub(crate) bytes: Vec<u8>,
    /// Whether it can be executed; as it was, if nobody says.
    pub(crate) executable: Option<bool>,
}

/// A commit that is about to be made.
#[derive(Debug)]
pub(crate) struct Proposal {
    pub(crate) message: String,
    pub(crate) files: Vec<Proposed>,
    /// Who wrote the contents.
    pub(crate) origin: Origin,
}

/// Checks a commit's message, which is judged for secrets when the call runs.
pub(crate) fn message(text: &str) -> Result<String, gitoma_core::ArgError> {
    let text = text.trim_end();
    let bad = |character: char| character.is_control() && !matches!(character, '\n' | '\t');
    if text.trim().is_empty() || text.len() > MESSAGE_BYTES || text.chars().any(bad) {
        let expected = "a message of 1 to 16384 bytes without control characters";
        return Err(gitoma_core::ArgError::invalid("message", expected));
    }
    Ok(format!("{text}\n"))
}

/// The draft of a commit of `proposal` on top of `branch`.
pub(crate) fn draft<'v>(
    view: &'v View<'v>,
    place: &Place,
    branch: Branch,
    proposal: Proposal,
    then: impl FnOnce(ObjectId, &View<'_>) + 'v,
) -> Result<Draft<'v>, ToolError> {
    let Proposal { message, files, origin } = proposal;
    let redactor = view.context().redactor();
    redactor.check_message(&message).map_err(ToolError::SecretWritten)?;
    let made = judge::among(view, files.iter().filter(|file| file.new.is_some()).map(|file| &file.path))?;
    let objects = Objects::new(view);
    let mut standing = Standing::new(view, objects.engine(), branch.tip)?;
    let mut editor = objects.engine().edit_tree(standing.id()).map_err(unavailable("object"))?;
    let mut effects = Effects {
        target: format!("branch `{}` of `{}`", branch.name, place.repo()),
        base: Some(branch.tip.to_string()),
        message: Some(redactor.redact(&message).text.into_owned()),
        ..Effects::default()
    };
    let (mut text, mut shown, mut twins) = (Gathered::default(), Vec::new(), Vec::new());
    let (mut total, mut replaced) = (0_u64, 0_u64);
    for file in &files {
        view.checkpoint()?;
        let Stands { entry: old, twin } = standing.at(&file.path, file.new.as_ref().map(|_| &made))?;
        if twin && file.new.is_some() {
            twins.push(&file.path);
        }
        let before = old.map(|old| object::blob(view, old.id, object::FILE_BYTES)).transpose()?;
        replaced = replaced.saturating_add(before.as_ref().map_or(0, |before| before.len() as u64));
        if replaced > MAX_REPLACED_BYTES {
            return Err(ToolError::TooLarge {
                what: "what the commit changes or deletes",
                limit: MAX_REPLACED_BYTES,
            });
        }
        let effect = match &file.new {
            Some(new) => {
                total = total.saturating_add(new.bytes.len() as u64);
                judge::content(view, &file.path, before.as_deref(), new, origin)?;
                let executable =
                    new.executable.unwrap_or(old.is_some_and(|old| old.kind == EntryKind::BlobExecutable));
                let kind = if executable { EntryKind::BlobExecutable } else { EntryKind::Blob };
                let id = objects.engine().write_blob(&new.bytes).map_err(unavailable("object"))?.detach();
                if old == Some(TreeEntry { kind, id }) {
                    continue;
                }
                editor.upsert(file.path.as_str(), kind, id).map_err(unavailable("object"))?;
                let state = FileState {
                    mode: mode(kind).to_owned(),
                    id: id.to_string(),
                    bytes: new.bytes.len() as u64,
                };
                effect(&file.path, old, before.as_deref(), Some(state))
            }
            None => {
                if old.is_none() {
                    return Err(ToolError::Conflict {
                        reason: "a file that is to be deleted is not on the branch; look with repo_tree"
                            .into(),
                    });
                }
                editor.remove(file.path.as_str()).map_err(unavailable("object"))?;
                effect(&file.path, old, before.as_deref(), None)
            }
        };
        if total > MAX_BYTES {
            return Err(ToolError::TooLarge { what: "the commit", limit: MAX_BYTES });
        }
        let new = file.new.as_ref().map(|new| new.bytes.as_slice());
        let compared = patch::compare(view, file.path.as_str(), before.as_deref(), new, CONTEXT)?;
        let effect =
            FileEffect { added: compared.insertions.into(), removed: compared.deletions.into(), ..effect };
        shown.push(Value::Object(changed_file::show(&effect)));
        effects.files.push(effect);
        text.push(&compared.text);
    }
    effects.diff = Some(text.finish());
    let mut fields = fields(place);
    fields.insert("branch".into(), branch.name.as_str().into());
    fields.insert("parent".into(), branch.tip.to_string().into());
    fields.insert("files".into(), shown.into());
    if effects.files.is_empty() {
        // The branch has it all already; an empty commit says nothing.
        fields.insert("commit".into(), branch.tip.to_string().into());
        return Ok(Draft { effects, fields, stage: None });
    }
    let tree = editor.write().map_err(malformed_tree)?.detach();
    drop(editor);
    require_alone(view, objects.engine(), tree, &twins)?;
    effects.head = Some(tree.to_string());
    let stage: Stage<'v> = Box::new(move || {
        let commit = branch.commit(view, objects.engine(), tree, &message)?;
        let made = objects.finish();
        view.context().charge(made.disk_bytes())?;
        let publish: Publish<'v> = Box::new(move |fields: &mut Map<String, Value>| {
            // Nothing is kept of a commit that the branch cannot take.
            let advanced = branch.advance(view, commit, || made.keep(view));
            advanced.inspect_err(|_| view.context().take_back())?;
            fields.insert("commit".into(), commit.to_string().into());
            then(commit, view);
            Ok(())
        });
        Ok(publish)
    });
    Ok(Draft { effects, fields, stage: Some(stage) })
}

/// Refuses a new `tree` in which one of `paths` still has a twin: some file systems would take the two for one. What a commit renames, and
/// be it in case alone, has none any more.
fn require_alone(
    view: &View<'_>,
    engine: &gix::Repository,
    tree: ObjectId,
    paths: &[&RelPath],
) -> Result<(), ToolError> {
    if paths.is_empty() {
        return Ok(());
    }
    let engine = engine.clone();
    let mut standing = Standing::of_tree(view, &engine, tree)?;
    for path in paths {
        view.checkpoint()?;
        if standing.at(path, None)?.twin {
            return Err(refused(view, "change:same-name", path));
        }
    }
    Ok(())
}

fn effect(
    path: &RelPath,
    old: Option<TreeEntry>,
    before: Option<&[u8]>,
    new: Option<FileState>,
) -> FileEffect {
    let old = old.map(|old| FileState {
        mode: mode(old.kind).to_owned(),
        id: old.id.to_string(),
        bytes: before.map_or(0, |before| before.len() as u64),
    });
    FileEffect { path: path.as_str().to_owned(), old, new, added: 0, removed: 0 }
}

/// What [`draft`] tells of a commit.
pub(crate) fn shape() -> Fields {
    view::shape()
        .required("branch", Shape::text())
        .required("parent", Shape::text())
        .required("files", Shape::list(changed_file::shape()))
        .required("commit", Shape::text().described("The new commit; the parent if nothing changed."))
}

fn mode(kind: EntryKind) -> &'static str {
    if kind == EntryKind::BlobExecutable { "100755" } else { "100644" }
}

/// Keeps the name that commits are made under.
pub(crate) fn signature(view: &View<'_>, host: &Arc<str>) -> gix::actor::Signature {
    let principal = view.context().principal();
    // A name or an address with such a character would end the field it stands in.
    let safe: String = principal.chars().filter(|sign| !matches!(sign, '<' | '>' | '\n' | '\0')).collect();
    gix::actor::Signature {
        name: safe.clone().into(),
        email: format!("{safe}@{host}").into(),
        time: gix::date::Time::now_utc(),
    }
}
