//! Whether the files that a change of one reference writes lie where they seem to.
//!
//! Holds the look at one loose reference, its lock and its log. The survey of the whole git directory may be long ago when a
//! reference is changed; this is cheap enough to be asked right before.

use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;

use rustix::fs::{AtFlags, CWD, FileType, OFlags};
use rustix::io::Errno;

use super::{LayoutError, Part, unavailable};
use crate::git_dir::GitDir;
use crate::opener::{PinnedDirectory, open_component};
use crate::reference::RefName;
use crate::root::OpenError;

/// Refuses a reference whose file, lock or log is, or lies behind, a symbolic link or anything but directories and files.
///
/// `name` is a full name such as `refs/heads/main`, or one of git's own such as `HEAD`. But for `refs` nothing needs to exist. Of a linked
/// worktree both its own git directory and the shared one are looked at, since some references live in the one and some in
/// the other.
///
/// It judges what is on disk now, as [`check_layout`](crate::check_layout) does: whoever can write into the git directory
/// can change it afterwards.
///
/// # Errors
/// [`LayoutError::Link`] and [`LayoutError::Special`] as said, [`LayoutError::Outside`] for a mount point,
/// [`LayoutError::Missing`] or [`LayoutError::Unavailable`] if the git directory or its `refs` cannot be opened.
pub fn check_ref_place(git_dir: &GitDir, name: &RefName) -> Result<(), LayoutError> {
    check_by(git_dir, name, |directory| directory)
}

/// The same by the opener that `choose` makes of the detected one.
pub(super) fn check_by(
    git_dir: &GitDir,
    name: &RefName,
    choose: fn(PinnedDirectory) -> PinnedDirectory,
) -> Result<(), LayoutError> {
    let own = git_dir.path();
    for directory in [Some(own), Some(git_dir.common()).filter(|common| *common != own)].into_iter().flatten()
    {
        let part = Part::GitDirectory;
        let opened = open_component(CWD, directory, OFlags::RDONLY | OFlags::NONBLOCK | OFlags::DIRECTORY)
            .map_err(|error| refused(part, error))?;
        if directory == git_dir.common() {
            // Where all references are gone a new one would only hide that.
            super::require(opened.as_fd(), "refs", Part::References)?;
        }
        let pinned = choose(PinnedDirectory::of(opened).map_err(|source| unavailable(part, source))?);
        check_file(&pinned, Path::new(name.as_str()), Part::References)?;
        check_file(&pinned, &Path::new("logs").join(name.as_str()), Part::ReferenceLogs)?;
    }
    Ok(())
}

fn check_file(directory: &PinnedDirectory, path: &Path, part: Part) -> Result<(), LayoutError> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let Some(file) = path.file_name() else {
        return Err(LayoutError::Malformed { part });
    };
    let parent = match directory.open_found(parent, OFlags::DIRECTORY) {
        // As far as there are directories they are no links; git makes the rest.
        Err(OpenError::NotFound) => return Ok(()),
        opened => opened.map_err(|error| refused(part, error))?,
    };
    let mut lock = file.to_owned();
    lock.push(".lock");
    require_plain(parent.as_fd(), file.as_ref(), part)?;
    require_plain(parent.as_fd(), lock.as_ref(), part)
}

fn refused(part: Part, error: OpenError) -> LayoutError {
    match error {
        OpenError::NotFound => LayoutError::Missing { part },
        OpenError::LinkRefused => LayoutError::Link { part },
        OpenError::MountRefused => LayoutError::Outside { part },
        // Also a shorter reference where a directory is needed: git refuses that itself, and nothing goes astray.
        OpenError::NotADirectory | OpenError::NotAFile | OpenError::Denied { .. } => {
            LayoutError::Special { part }
        }
        OpenError::Unavailable(source) => unavailable(part, source),
    }
}

/// Accepts a file, a directory (git replaces empty ones and refuses others) or nothing.
fn require_plain(parent: BorrowedFd<'_>, name: &Path, part: Part) -> Result<(), LayoutError> {
    match rustix::fs::statat(parent, name, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(stat) => match FileType::from_raw_mode(stat.st_mode) {
            FileType::RegularFile | FileType::Directory => Ok(()),
            FileType::Symlink => Err(LayoutError::Link { part }),
            _ => Err(LayoutError::Special { part }),
        },
        Err(Errno::NOENT) => Ok(()),
        Err(errno) => Err(unavailable(part, errno.into())),
    }
}
