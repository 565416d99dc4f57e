//! Places of a worktree where no file may be made: where the checkout left something out, which a commit would go on holding, and under
//! the names of files that are being written.

use gitoma_confine::RelPath;
use gitoma_core::ToolError;
use gix::object::tree::EntryKind;

use crate::object::{FILE_BYTES, blob_size, root_tree, unavailable};
use crate::proposal::refused;
use crate::revision;
use crate::view::View;

/// Refuses a new file where the commit that the worktree stands on has something that was left out, or on the way there.
///
/// # Errors
/// [`ToolError::ChangeRefused`] with the rule that speaks of what is there.
pub(crate) fn require_free(view: &View<'_>, path: &RelPath) -> Result<(), ToolError> {
    if view.repository().generation().is_none() {
        return Ok(());
    }
    if is_temporary(path.file_name().as_bytes()) {
        return Err(refused(view, "change:temporary-name", path));
    }
    let Some(head) = revision::head(view)? else { return Ok(()) };
    let mut tree = root_tree(view, head)?;
    let mut names = path.components().peekable();
    while let Some(name) = names.next() {
        let found = tree.find_entry(name).map(|entry| (entry.mode().kind(), entry.object_id()));
        let rule = match found {
            None | Some((EntryKind::Tree, _)) if names.peek().is_none() => return Ok(()),
            Some((EntryKind::Tree, id)) => {
                tree = view.engine().find_tree(id).map_err(unavailable("object"))?;
                continue;
            }
            Some((EntryKind::Link, _)) => "change:symbolic-link",
            Some((EntryKind::Commit, _)) => "change:submodule",
            Some((EntryKind::Blob | EntryKind::BlobExecutable, id)) if blob_size(view, id)? > FILE_BYTES => {
                "change:left-out"
            }
            Some((EntryKind::Blob | EntryKind::BlobExecutable, _)) | None => return Ok(()),
        };
        return Err(refused(view, rule, path));
    }
    Ok(())
}

/// Whether a file of that name is one that confinement writes before it renames it, most likely left by a process that was killed.
pub(crate) fn is_temporary(name: &[u8]) -> bool {
    name.strip_prefix(b".gitoma-")
        .and_then(|rest| rest.strip_suffix(b".tmp"))
        .is_some_and(|middle| middle.len() == 16 && middle.iter().all(u8::is_ascii_hexdigit))
}
