//! The files of a commit or of the index, in git's order of paths. Directories that a rule refuses are not entered; each file
//! is judged by the caller, who may have a pattern to ask first. A commit is walked only so far, for its trees may name each
//! other more often than anybody could follow. Without an index file there are no tracked files, whatever `HEAD` has; only
//! in a bare repository the files of `HEAD` stand in for them.

use std::borrow::Cow;
use std::ops::ControlFlow;

use gitoma_confine::RelPath;
use gitoma_core::ToolError;
use gix::ObjectId;
use gix::bstr::{BStr, BString, ByteSlice};
use gix::object::tree::EntryKind;
use serde_json::{Value, json};

use crate::extent::MAX_ENTRIES;
use crate::object::{root_tree, unavailable};
use crate::shape::{Fields, Shape};
use crate::view::View;

/// How many entries are looked at between two looks at the clock.
const CHECKPOINT_EVERY: u64 = 1_024;

/// A file, link or submodule that was found; not yet judged.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) path: RelPath,
    pub(crate) kind: EntryKind,
    pub(crate) id: ObjectId,
}

/// What a visitor wants next.
pub(crate) type Visit = Result<ControlFlow<()>, ToolError>;

/// How far a walk came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reached {
    /// To the end, or as far as the visitor wanted.
    End,
    /// To the most entries that one walk looks at.
    Limit,
}

/// Visits every file beneath `under` at `commit`, or of the index if there is none.
pub(crate) fn files(
    view: &View<'_>,
    commit: Option<ObjectId>,
    under: Option<&RelPath>,
    visit: &mut dyn FnMut(Found) -> Visit,
) -> Result<Reached, ToolError> {
    match commit {
        Some(commit) => tree_files(view, commit, under, visit),
        // A bare repository has no index. Its trees are walked one by one; the engine's index of them would hold all at once.
        None if view.repository().is_bare() => match head(view)? {
            Some(commit) => tree_files(view, commit, under, visit),
            None if under.is_some() => Err(ToolError::NotFound { what: "path" }),
            None => Ok(Reached::End),
        },
        None => index_files(view, under, visit).map(|()| Reached::End),
    }
}

/// The commit that `HEAD` names; nothing before the first.
fn head(view: &View<'_>) -> Result<Option<ObjectId>, ToolError> {
    let mut head = view.engine().head().map_err(unavailable("reference"))?;
    head.try_peel_to_id().map(|id| id.map(gix::Id::detach)).map_err(unavailable("reference"))
}

fn tree_files(
    view: &View<'_>,
    commit: ObjectId,
    under: Option<&RelPath>,
    visit: &mut dyn FnMut(Found) -> Visit,
) -> Result<Reached, ToolError> {
    let root = root_tree(view, commit)?;
    let (tree, prefix) = match under {
        None => (root.id, BString::default()),
        Some(path) => {
            let entry = root.lookup_entry(path.components()).map_err(unavailable("object"))?;
            let entry = entry.ok_or(ToolError::NotFound { what: "path" })?;
            let (kind, id) = (entry.mode().kind(), entry.object_id());
            if kind != EntryKind::Tree {
                let _ = visit(Found { path: path.clone(), kind, id })?;
                return Ok(Reached::End);
            }
            (id, BString::from(path.as_str()))
        }
    };
    let mut left = MAX_ENTRIES;
    let flow = descend(view, tree, prefix.as_bstr(), &mut left, visit)?;
    Ok(if flow.is_break() && left == 0 { Reached::Limit } else { Reached::End })
}

/// Visits the files of `tree`, whose paths begin with `prefix`, looking at no more than `left` entries. Depth is bounded by
/// what a path may have.
fn descend(
    view: &View<'_>,
    tree: ObjectId,
    prefix: &BStr,
    left: &mut u64,
    visit: &mut dyn FnMut(Found) -> Visit,
) -> Visit {
    view.checkpoint()?;
    let tree = view.engine().find_tree(tree).map_err(unavailable("object"))?;
    for entry in tree.iter() {
        let Some(fewer) = left.checked_sub(1) else {
            return Ok(ControlFlow::Break(()));
        };
        *left = fewer;
        if left.is_multiple_of(CHECKPOINT_EVERY) {
            view.checkpoint()?;
        }
        let entry = entry.map_err(unavailable("object"))?;
        let mut full = BString::from(prefix);
        if !full.is_empty() {
            full.push(b'/');
        }
        full.extend_from_slice(entry.filename());
        let Ok(path) = RelPath::from_git_bytes(&full) else {
            view.omit();
            continue;
        };
        let (kind, id) = (entry.mode().kind(), entry.object_id());
        let flow = match kind {
            EntryKind::Tree if view.enters(&path) => descend(view, id, full.as_bstr(), left, visit)?,
            EntryKind::Tree => ControlFlow::Continue(()),
            EntryKind::Blob | EntryKind::BlobExecutable | EntryKind::Link | EntryKind::Commit => {
                visit(Found { path, kind, id })?
            }
        };
        if flow.is_break() {
            return Ok(flow);
        }
    }
    Ok(ControlFlow::Continue(()))
}

fn index_files(
    view: &View<'_>,
    under: Option<&RelPath>,
    visit: &mut dyn FnMut(Found) -> Visit,
) -> Result<(), ToolError> {
    let index = view.index()?;
    let mut any = under.is_none();
    for (position, entry) in index.entries().iter().enumerate() {
        if position % 1024 == 0 {
            view.checkpoint()?;
        }
        let bytes = entry.path(&index);
        if !lies_beneath(bytes, under) {
            continue;
        }
        any = true;
        // A conflict has the same path at several stages; it is one file.
        let repeated = entry.stage_raw() > 1
            && position
                .checked_sub(1)
                .and_then(|before| index.entries().get(before))
                .is_some_and(|before| before.path(&index) == bytes);
        if repeated {
            continue;
        }
        let Ok(path) = RelPath::from_git_bytes(bytes) else {
            view.omit();
            continue;
        };
        let kind = entry.mode.to_tree_entry_mode().map_or(EntryKind::Blob, |mode| mode.kind());
        if kind == EntryKind::Tree {
            continue;
        }
        if visit(Found { path, kind, id: entry.id })?.is_break() {
            break;
        }
    }
    if any { Ok(()) } else { Err(ToolError::NotFound { what: "path" }) }
}

/// Whether `path`, as git stored it, is `under` or lies beneath it; everything lies beneath the root.
pub(crate) fn lies_beneath(path: &[u8], under: Option<&RelPath>) -> bool {
    under.is_none_or(|under| {
        path.strip_prefix(under.as_str().as_bytes())
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"))
    })
}

/// The path as a result shows it, to be searched in place of the path itself.
pub(crate) fn shown<'p>(view: &View<'_>, path: &'p RelPath) -> Cow<'p, str> {
    view.context().redactor().redact(path.as_str()).text
}

/// What an entry is, in a result's words.
fn kind_name(kind: EntryKind) -> &'static str {
    match kind {
        EntryKind::Tree => "directory",
        EntryKind::Blob => "file",
        EntryKind::BlobExecutable => "executable",
        EntryKind::Link => "link",
        EntryKind::Commit => "submodule",
    }
}

/// An entry as a result lists it.
pub(crate) fn entry(path: &RelPath, kind: EntryKind) -> Value {
    json!({ "path": path.as_str(), "kind": kind_name(kind) })
}

/// What [`entry`] makes.
pub(crate) fn entry_shape() -> Fields {
    let kinds =
        [EntryKind::Tree, EntryKind::Blob, EntryKind::BlobExecutable, EntryKind::Link, EntryKind::Commit];
    Fields::new().required("path", Shape::text()).required("kind", Shape::one_of(kinds.map(kind_name)))
}
