//! The files of a worktree that are neither tracked nor among its changes: git was told to ignore them, or does not look where they are.
//! They are counted by what lies on the disk and not by asking for ignored ones, so that nothing is forgotten, whatever the reason.
#![expect(
    clippy::disallowed_methods,
    reason = "the gateway's own worktrees, looked at and not read; links are not followed"
)]

use std::ffi::OsStr;
use std::fs::Metadata;
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use gitoma_core::ToolError;
use gix::bstr::ByteSlice;

use super::changes::Changed;
use crate::object::unavailable;
use crate::view::View;
use crate::worktree::is_temporary;

/// How old a temporary file must be to be taken for left behind by a process that was killed.
const ABANDONED: Duration = Duration::from_hours(1);
/// How many entries of a worktree are looked at.
const MAX_ENTRIES: usize = 1_000_000;

/// The files that no commit of a worktree has.
#[derive(Debug)]
pub(super) struct Ignored {
    pub(super) files: u64,
    pub(super) bytes: u64,
    /// The hash of their names, sizes and times: which files they are.
    pub(super) state: String,
}

/// Counts the files beside the tracked ones and the `changed` ones, which are in the order of paths. What is left of writes that were cut
/// off goes by the way.
///
/// # Errors
/// [`ToolError::Unsuitable`] beyond a million entries.
pub(super) fn ignored(view: &View<'_>, changed: &[Changed]) -> Result<Ignored, ToolError> {
    let root = view.repository().work_tree()?.path().to_owned();
    let index = view.index()?;
    let (mut found, mut bytes, mut left) = (Vec::new(), 0_u64, MAX_ENTRIES);
    let mut waiting: Vec<(PathBuf, Vec<u8>)> = vec![(root, Vec::new())];
    while let Some((directory, prefix)) = waiting.pop() {
        view.checkpoint()?;
        // A directory that went away meanwhile has nothing.
        for entry in std::fs::read_dir(&directory).into_iter().flatten().flatten() {
            left = left.checked_sub(1).ok_or_else(too_many)?;
            let name = entry.file_name();
            let path = [prefix.as_slice(), name.as_bytes()].concat();
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                waiting.push((entry.path(), [path.as_slice(), b"/"].concat()));
                continue;
            }
            let known = index.entry_by_path(path.as_bstr()).is_some()
                || changed.binary_search_by(|changed| changed.path.as_slice().cmp(&path)).is_ok();
            let Ok(metadata) = entry.metadata() else { continue };
            if known {
                continue;
            }
            let modified = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
            if is_temporary(name.as_bytes()) {
                if SystemTime::now().duration_since(modified).is_ok_and(|age| age > ABANDONED) {
                    let _ = std::fs::remove_file(entry.path());
                }
                continue;
            }
            bytes = bytes.saturating_add(metadata.len());
            found.push((path, metadata.len(), age(&metadata)));
        }
    }
    found.sort();
    Ok(Ignored { files: found.len() as u64, bytes, state: state(&found)? })
}

/// The hash of the names, sizes and times of the `changed` files, as far as they are there.
pub(super) fn state_of(view: &View<'_>, changed: &[Changed]) -> Result<String, ToolError> {
    let root = view.repository().work_tree()?.path();
    let mut found = Vec::with_capacity(changed.len());
    for change in changed {
        view.checkpoint()?;
        let metadata = root.join(OsStr::from_bytes(&change.path)).symlink_metadata();
        let (size, since) = metadata.map_or((0, 0), |metadata| (metadata.len(), age(&metadata)));
        found.push((change.path.clone(), size, since));
    }
    state(&found)
}

/// When it was changed, in nanoseconds.
fn age(metadata: &Metadata) -> u128 {
    let modified = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
    modified.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_nanos()
}

fn state(found: &[(Vec<u8>, u64, u128)]) -> Result<String, ToolError> {
    let mut text = Vec::new();
    for (path, size, modified) in found {
        text.extend_from_slice(path);
        text.extend_from_slice(format!("\0{size} {modified}\n").as_bytes());
    }
    let state = gix::objs::compute_hash(gix::hash::Kind::Sha1, gix::objs::Kind::Blob, &text);
    Ok(state.map_err(unavailable("worktree"))?.to_string())
}

fn too_many() -> ToolError {
    ToolError::Unsuitable {
        reason: "the worktree has more than 1,000,000 entries; remove what does not belong to the work"
            .into(),
    }
}
