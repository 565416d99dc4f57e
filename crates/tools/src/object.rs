//! Blobs and tree entries, size-checked before they are read. Nothing here decides or redacts; callers judged the path.

use std::error::Error;
use std::io::{self, ErrorKind};

use gitoma_confine::RelPath;
use gitoma_core::ToolError;
use gix::ObjectId;
use gix::object::tree::EntryKind;

use crate::view::View;

/// The largest file or blob that is read at all, in bytes: content is redacted whole, so it is held whole.
pub(crate) const FILE_BYTES: u64 = 8 * 1024 * 1024;

/// Makes a failure of the git engine or of the disk into a tool's error; its words stay in the log.
pub(crate) fn unavailable<E>(what: &'static str) -> impl FnOnce(E) -> ToolError
where
    E: Into<Box<dyn Error + Send + Sync>>,
{
    move |source| {
        let source = source.into();
        no_room(&*source).unwrap_or_else(|| ToolError::unavailable(what, source))
    }
}

/// What a tool says if the cause of `error`, however deep, is a disk that is full or a quota that is met.
pub(crate) fn no_room(error: &(dyn Error + 'static)) -> Option<ToolError> {
    let mut cause = Some(error);
    while let Some(error) = cause {
        let kind = error.downcast_ref::<io::Error>().map(io::Error::kind);
        if matches!(kind, Some(ErrorKind::StorageFull | ErrorKind::QuotaExceeded)) {
            return Some(disk_full());
        }
        cause = error.source();
    }
    None
}

/// Says that the disk is full, or a quota is met.
pub(crate) fn disk_full() -> ToolError {
    ToolError::NoRoom { reason: "the disk is full; nothing was changed".into() }
}

/// Says that the engine takes a tree for none, such as one with a name that git puts into no tree.
pub(crate) fn malformed_tree<E>(_fault: E) -> ToolError {
    let reason = "a tree of the commit cannot be unfolded: an object is missing, or a name in it is one that git refuses (`git fsck` names it); choose another commit";
    ToolError::Unsuitable { reason: reason.into() }
}

/// What stands at a path of a commit's tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TreeEntry {
    pub(crate) kind: EntryKind,
    pub(crate) id: ObjectId,
}

/// The root tree of `commit`.
pub(crate) fn root_tree<'v>(view: &'v View<'_>, commit: ObjectId) -> Result<gix::Tree<'v>, ToolError> {
    view.engine().find_commit(commit).and_then(|commit| commit.tree()).map_err(unavailable("object"))
}

/// The entry at `path` in the tree of `commit`, if there is one.
pub(crate) fn entry_at(
    view: &View<'_>,
    commit: ObjectId,
    path: &RelPath,
) -> Result<Option<TreeEntry>, ToolError> {
    let tree = root_tree(view, commit)?;
    let entry = tree.lookup_entry(path.components()).map_err(unavailable("object"))?;
    Ok(entry.map(|entry| TreeEntry { kind: entry.mode().kind(), id: entry.object_id() }))
}

/// The size of blob `id`, without reading it.
pub(crate) fn blob_size(view: &View<'_>, id: ObjectId) -> Result<u64, ToolError> {
    view.engine().find_header(id).map(|header| header.size()).map_err(unavailable("object"))
}

/// The content of blob `id`.
///
/// # Errors
/// [`ToolError::TooLarge`] beyond `limit` bytes.
pub(crate) fn blob(view: &View<'_>, id: ObjectId, limit: u64) -> Result<Vec<u8>, ToolError> {
    if blob_size(view, id)? > limit {
        return Err(ToolError::TooLarge { what: "file", limit });
    }
    let mut blob = view.engine().find_blob(id).map_err(unavailable("object"))?;
    Ok(blob.take_data())
}
