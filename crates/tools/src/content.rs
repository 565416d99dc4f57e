//! One file's content, from a commit or from the work tree. The work tree is read through confinement alone, which follows no
//! link; a link or a submodule in a commit is no file.

use gitoma_confine::{OpenError, RelPath};
use gitoma_core::ToolError;
use gix::ObjectId;
use gix::object::tree::EntryKind;

use crate::object::{FILE_BYTES, blob, entry_at, unavailable};
use crate::view::View;

/// The rule that refuses symbolic links, wherever they are met.
const LINK_RULE: &str = "path:symbolic-link";

/// How much of a file may be searched for secrets on a thread that other calls wait for; the same that the pipeline takes for small.
const AT_ONCE_BYTES: usize = 8 * 1024;

/// A whole file.
#[derive(Debug)]
pub(crate) struct Content {
    pub(crate) bytes: Vec<u8>,
    /// The id git gives these bytes.
    pub(crate) id: ObjectId,
}

/// Reads `path` at `commit`.
///
/// # Errors
/// [`ToolError::NotFound`], [`ToolError::Confined`] for a link, [`ToolError::TooLarge`] beyond 8 MiB.
pub(crate) fn at_commit(view: &View<'_>, commit: ObjectId, path: &RelPath) -> Result<Content, ToolError> {
    let entry = entry_at(view, commit, path)?.ok_or(ToolError::NotFound { what: "path" })?;
    match entry.kind {
        EntryKind::Blob | EntryKind::BlobExecutable => {
            Ok(Content { bytes: blob(view, entry.id, FILE_BYTES)?, id: entry.id })
        }
        EntryKind::Link => Err(ToolError::Confined { rule: LINK_RULE.into() }),
        EntryKind::Tree => {
            Err(ToolError::Unsuitable { reason: "the path is a directory; see repo_tree".into() })
        }
        EntryKind::Commit => Err(ToolError::Unsuitable { reason: "the path is a submodule".into() }),
    }
}

/// Reads `path` in the work tree.
///
/// # Errors
/// As [`at_commit`].
pub(crate) fn in_work_tree(view: &View<'_>, path: &RelPath) -> Result<Content, ToolError> {
    identify(view, bytes_in_work_tree(view, path, FILE_BYTES)?)
}

/// Reads `path` in the work tree if it is small and nothing has to be waited for.
pub(crate) fn cached_in_work_tree(view: &View<'_>, path: &RelPath) -> Option<Content> {
    let file = view.repository().work_tree().ok()?.read_cached(path, AT_ONCE_BYTES)?;
    identify(view, file.bytes).ok()
}

fn identify(view: &View<'_>, bytes: Vec<u8>) -> Result<Content, ToolError> {
    let id = gix::objs::compute_hash(view.repository().object_hash(), gix::objs::Kind::Blob, &bytes)
        .map_err(unavailable("file"))?;
    Ok(Content { bytes, id })
}

/// Reads `path` in the work tree without asking for its id; no more than `limit` bytes of it are ever held.
///
/// # Errors
/// As [`at_commit`], with [`ToolError::TooLarge`] beyond `limit` bytes.
pub(crate) fn bytes_in_work_tree(view: &View<'_>, path: &RelPath, limit: u64) -> Result<Vec<u8>, ToolError> {
    let file = view.repository().work_tree()?.read(path, limit).map_err(confined)?;
    if file.truncated {
        return Err(ToolError::TooLarge { what: "file", limit });
    }
    Ok(file.bytes)
}

/// Confinement's answer in a tool's words.
pub(crate) fn confined(error: OpenError) -> ToolError {
    match error {
        OpenError::NotFound => ToolError::NotFound { what: "path" },
        OpenError::Denied { rule } => ToolError::Confined { rule: rule.into() },
        OpenError::LinkRefused => ToolError::Confined { rule: LINK_RULE.into() },
        OpenError::MountRefused => ToolError::Confined { rule: "path:mount-point".into() },
        OpenError::NotAFile => ToolError::Unsuitable { reason: "the path is not a regular file".into() },
        OpenError::NotADirectory => ToolError::Unsuitable { reason: "the path is not a directory".into() },
        OpenError::Unavailable(source) => ToolError::unavailable("file", source),
    }
}
