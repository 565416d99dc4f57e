//! A commit that is about to be made, judged as a diff: which files change, from what to what, and whether that may be. Nothing is
//! written before the branch moves: objects are made in memory, and put into the repository once everything was judged.

mod branch;
pub(crate) mod judge;

use std::sync::Arc;

use gitoma_confine::RelPath;
use gitoma_core::{Effects, FileEffect, FileState, ToolError};
use gix::ObjectId;
use gix::object::tree::EntryKind;
use serde_json::{Map, Value, json};

pub(crate) use branch::{Branch, require_free, require_not_checked_out};
pub(crate) use judge::{Origin, refused};

use crate::command::{Draft, Publish, Stage};
use crate::object::{self, TreeEntry, unavailable};
use crate::patch;
use crate::place::Place;
use crate::rewrite::cut;
use crate::view::{View, fields};

/// The most files of one commit.
pub(crate) const MAX_FILES: usize = 2_000;
/// The most bytes of one commit's files, together.
const MAX_BYTES: u64 = 32 * 1024 * 1024;
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

/// Objects that are made and not yet in the repository.
struct Objects {
    engine: gix::Repository,
}

impl Objects {
    fn new(view: &View<'_>) -> Self {
        Self { engine: view.repository().engine().with_object_memory() }
    }

    /// Puts them into the repository, where nothing refers to them yet.
    fn keep(mut self, view: &View<'_>) -> Result<(), ToolError> {
        use gix::objs::Write as _;
        let made = self.engine.objects.take_object_memory();
        for (id, (kind, bytes)) in made.iter().flat_map(|made| made.iter()) {
            view.checkpoint()?;
            let written = view.engine().objects.write_buf(*kind, bytes).map_err(room)?;
            if written != *id {
                return Err(ToolError::unavailable(
                    "object",
                    "an object has another id than it was judged by",
                ));
            }
        }
        Ok(())
    }
}

/// A failure to write an object: most often the disk is full.
fn room(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> ToolError {
    let source = source.into();
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(&*source);
    while let Some(error) = cause {
        let kind = error.downcast_ref::<std::io::Error>().map(std::io::Error::kind);
        if matches!(kind, Some(std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded)) {
            return ToolError::NoRoom { reason: "the disk is full; nothing was changed".into() };
        }
        cause = error.source();
    }
    ToolError::unavailable("object", source)
}

/// The draft of a commit of `proposal` on top of `branch`.
pub(crate) fn draft<'v>(
    view: &'v View<'v>,
    place: &Place,
    branch: Branch,
    proposal: Proposal,
    then: impl FnOnce(ObjectId, &View<'_>) -> Result<(), ToolError> + 'v,
) -> Result<Draft<'v>, ToolError> {
    let Proposal { message, files, origin } = proposal;
    let redactor = view.context().redactor();
    redactor.check_message(&message).map_err(ToolError::SecretWritten)?;
    judge::among(view, &files)?;
    let base = object::root_tree(view, branch.tip)?;
    let objects = Objects::new(view);
    let mut editor = objects.engine.edit_tree(base.id).map_err(unavailable("object"))?;
    let mut effects = Effects {
        target: format!("branch `{}` of `{}`", branch.name, place.repo()),
        base: Some(branch.tip.to_string()),
        message: Some(redactor.redact(&message).text.into_owned()),
        ..Effects::default()
    };
    let (mut text, mut shown, mut total) = (String::new(), Vec::new(), 0_u64);
    for file in &files {
        view.checkpoint()?;
        let old = judge::place(view, branch.tip, &file.path)?;
        let before = old.map(|old| object::blob(view, old.id, object::FILE_BYTES)).transpose()?;
        let effect = match &file.new {
            Some(new) => {
                total = total.saturating_add(new.bytes.len() as u64);
                judge::content(view, &file.path, before.as_deref(), new, origin)?;
                let executable =
                    new.executable.unwrap_or(old.is_some_and(|old| old.kind == EntryKind::BlobExecutable));
                let kind = if executable { EntryKind::BlobExecutable } else { EntryKind::Blob };
                let id = objects.engine.write_blob(&new.bytes).map_err(unavailable("object"))?.detach();
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
        shown.push(entry(&effect));
        effects.files.push(effect);
        text.push_str(&compared.text);
    }
    cut(&mut text);
    effects.diff = Some(text);
    let mut fields = fields(place);
    fields.insert("branch".into(), branch.name.as_str().into());
    fields.insert("parent".into(), branch.tip.to_string().into());
    fields.insert("files".into(), shown.into());
    if effects.files.is_empty() {
        // The branch has it all already; an empty commit says nothing.
        fields.insert("commit".into(), branch.tip.to_string().into());
        return Ok(Draft { effects, fields, stage: None });
    }
    let tree = editor.write().map_err(unavailable("object"))?.detach();
    drop(editor);
    effects.head = Some(tree.to_string());
    let stage: Stage<'v> = Box::new(move || {
        view.context().charge(total)?;
        let commit = branch.commit(view, &objects.engine, tree, &message)?;
        objects.keep(view)?;
        let publish: Publish<'v> = Box::new(move |fields: &mut Map<String, Value>| {
            branch.advance(view, commit).inspect_err(|_| view.context().take_back())?;
            fields.insert("commit".into(), commit.to_string().into());
            then(commit, view)
        });
        Ok(publish)
    });
    Ok(Draft { effects, fields, stage: Some(stage) })
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

fn entry(effect: &FileEffect) -> Value {
    let status = match (&effect.old, &effect.new) {
        (None, _) => "added",
        (_, None) => "deleted",
        _ => "modified",
    };
    json!({"path": effect.path, "status": status, "insertions": effect.added, "deletions": effect.removed})
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
