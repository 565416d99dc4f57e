//! The files of a commit or of the index, in git's order of paths. Directories that a rule refuses are not entered; each file
//! is judged by the caller, who may have a pattern to ask first.

use std::ops::ControlFlow;

use gitoma_confine::RelPath;
use gitoma_core::ToolError;
use gix::ObjectId;
use gix::bstr::{BString, ByteSlice};
use gix::object::tree::EntryKind;

use crate::object::{root_tree, unavailable};
use crate::view::View;

/// A file, link or submodule that was found; not yet judged.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) path: RelPath,
    pub(crate) kind: EntryKind,
    pub(crate) id: ObjectId,
}

/// What a visitor wants next.
pub(crate) type Visit = Result<ControlFlow<()>, ToolError>;

/// Visits every file beneath `under` at `commit`, or of the index if there is none.
pub(crate) fn files(
    view: &View<'_>,
    commit: Option<ObjectId>,
    under: Option<&RelPath>,
    visit: &mut dyn FnMut(Found) -> Visit,
) -> Result<(), ToolError> {
    match commit {
        Some(commit) => tree_files(view, commit, under, visit),
        None => index_files(view, under, visit),
    }
}

fn tree_files(
    view: &View<'_>,
    commit: ObjectId,
    under: Option<&RelPath>,
    visit: &mut dyn FnMut(Found) -> Visit,
) -> Result<(), ToolError> {
    let root = root_tree(view, commit)?;
    let (tree, prefix) = match under {
        None => (root.id, BString::default()),
        Some(path) => {
            let entry = root.lookup_entry(path.components()).map_err(unavailable("object"))?;
            let entry = entry.ok_or(ToolError::NotFound { what: "path" })?;
            let (kind, id) = (entry.mode().kind(), entry.object_id());
            if kind != EntryKind::Tree {
                let _ = visit(Found { path: path.clone(), kind, id })?;
                return Ok(());
            }
            (id, BString::from(path.as_str()))
        }
    };
    let _ = descend(view, tree, prefix.as_bstr(), visit)?;
    Ok(())
}

/// Visits the files of `tree`, whose paths begin with `prefix`. Depth is bounded by what a path may have.
fn descend(
    view: &View<'_>,
    tree: ObjectId,
    prefix: &gix::bstr::BStr,
    visit: &mut dyn FnMut(Found) -> Visit,
) -> Visit {
    view.checkpoint()?;
    let tree = view.engine().find_tree(tree).map_err(unavailable("object"))?;
    for entry in tree.iter() {
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
            EntryKind::Tree if view.enters(&path) => descend(view, id, full.as_bstr(), visit)?,
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
    let index = view.engine().index_or_load_from_head_or_empty().map_err(unavailable("index"))?;
    let mut any = under.is_none();
    for (position, entry) in index.entries().iter().enumerate() {
        if position % 1024 == 0 {
            view.checkpoint()?;
        }
        let bytes = entry.path(&index);
        if let Some(under) = under
            && !lies_under(bytes, under)
        {
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

fn lies_under(path: &[u8], directory: &RelPath) -> bool {
    path.strip_prefix(directory.as_str().as_bytes())
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"))
}

/// What an entry is, in a result's words.
pub(crate) fn kind_name(kind: EntryKind) -> &'static str {
    match kind {
        EntryKind::Tree => "directory",
        EntryKind::Blob => "file",
        EntryKind::BlobExecutable => "executable",
        EntryKind::Link => "link",
        EntryKind::Commit => "submodule",
    }
}
