//! Removing the directories that a removal left empty.

use rustix::fs::{AtFlags, OFlags};

use super::place::sync;
use crate::opener::PinnedDirectory;
use crate::path::RelPath;

/// Removes the directories above `path` as far as they are empty, never the root.
///
/// The file is gone already, so a directory that cannot be removed stays, and nobody is told.
pub(super) fn prune(root: &PinnedDirectory, path: &RelPath) {
    let mut emptied = path.parent();
    let mut changed = None;
    while let Some(directory) = emptied {
        let Ok(above) = root.open_to_read(directory.parent().as_ref(), OFlags::DIRECTORY) else {
            break;
        };
        // Neither a link nor a directory that holds anything can be removed so.
        if rustix::fs::unlinkat(&above, directory.file_name(), AtFlags::REMOVEDIR).is_err() {
            break;
        }
        emptied = directory.parent();
        changed = Some(above);
    }
    if let Some(above) = changed {
        let _ = sync(&above);
    }
}
