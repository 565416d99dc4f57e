//! Whether a directory belongs to another repository, or would be one.
//!
//! Holds what git takes for a repository: `.git` in a directory, or a directory that has `HEAD` and either `objects` and `refs` or
//! the file that says where those are. Whoever runs git there runs what its configuration says.

use std::os::fd::BorrowedFd;

use rustix::fs::{AtFlags, OFlags};
use rustix::io::Errno;

use super::WriteError;
use crate::opener::PinnedDirectory;
use crate::path::RelPath;
use crate::root::OpenError;

/// Goes down from `root` to the directory that `path` is in, as far as there is one, and names what is missing.
///
/// # Errors
/// [`WriteError::OtherRepository`] if a directory on the way belongs to another repository, or would be one with `path` in it;
/// else what stands in the way.
pub(super) fn descend(
    root: &PinnedDirectory,
    path: &RelPath,
) -> Result<(std::os::fd::OwnedFd, Vec<String>), WriteError> {
    use std::os::fd::AsFd as _;
    let mut directory = root.open_to_read(None, OFlags::DIRECTORY)?;
    let mut names = path.components().peekable();
    let mut is_root = true;
    while let Some(name) = names.next() {
        require_own(directory.as_fd(), name, is_root)?;
        is_root = false;
        if names.peek().is_none() {
            break;
        }
        let opened = match root.open_in(directory.as_fd(), name, OFlags::DIRECTORY) {
            // One may go through a directory that one may not read.
            Err(OpenError::Unavailable(_)) => root.pin_in(directory.as_fd(), name),
            opened => opened,
        };
        directory = match opened {
            Ok(opened) => opened,
            Err(OpenError::NotFound) => {
                let mut missing: Vec<String> =
                    std::iter::once(name).chain(names).map(str::to_owned).collect();
                missing.pop();
                return Ok((directory, missing));
            }
            Err(error) => return Err(WriteError::Open(error)),
        };
    }
    Ok((directory, Vec::new()))
}

/// Refuses `name` in `directory` where that would be a part of another repository. The root has its own `.git`.
fn require_own(directory: BorrowedFd<'_>, name: &str, is_root: bool) -> Result<(), WriteError> {
    // What cannot be looked at is taken for there. Some file systems take names for one that differ in case.
    let there = |wanted: &str| {
        name.eq_ignore_ascii_case(wanted)
            || !matches!(rustix::fs::statat(directory, wanted, AtFlags::SYMLINK_NOFOLLOW), Err(Errno::NOENT))
    };
    let is_bare = || there("HEAD") && (there("commondir") || there("objects") && there("refs"));
    if (!is_root && there(".git")) || is_bare() { Err(WriteError::OtherRepository) } else { Ok(()) }
}
