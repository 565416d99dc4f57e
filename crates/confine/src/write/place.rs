//! The pinned directory that a file goes into, and the directories that were made for it.

use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;

use rustix::fs::{AtFlags, Mode, OFlags};
use rustix::io::Errno;

use super::WriteError;
use crate::opener::PinnedDirectory;
use crate::root::OpenError;

/// A directory held open. Those that were made for it are removed when this is dropped, unless they are kept.
#[derive(Debug)]
pub(super) struct Place {
    directory: Arc<OwnedFd>,
    /// From above; each is within the one before.
    made: Vec<Made>,
}

#[derive(Debug)]
struct Made {
    within: Arc<OwnedFd>,
    name: String,
    /// Somebody else may have made it between our look and our making.
    ours: bool,
}

impl Place {
    pub(super) fn of(directory: OwnedFd) -> Self {
        Self { directory: Arc::new(directory), made: Vec::new() }
    }

    pub(super) fn directory(&self) -> &Arc<OwnedFd> {
        &self.directory
    }

    /// Makes the directory `name` in this one and goes into it.
    pub(super) fn make(&mut self, root: &PinnedDirectory, name: String) -> Result<(), WriteError> {
        let within = Arc::clone(&self.directory);
        let ours = match rustix::fs::mkdirat(&*within, &name, Mode::from_raw_mode(0o777)) {
            Ok(()) => true,
            Err(Errno::EXIST) => false,
            Err(errno) => return Err(errno.into()),
        };
        let opened = root.open_in(within.as_fd(), &name, OFlags::DIRECTORY);
        self.made.push(Made { within, name, ours });
        match opened {
            Ok(directory) => self.directory = Arc::new(directory),
            Err(OpenError::NotFound) => return Err(WriteError::Changed),
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }

    /// Says that what was made is to stay.
    pub(super) fn keep(&mut self) {
        for made in &mut self.made {
            made.ours = false;
        }
    }

    /// Waits until the directory, and each that was made for it, is on the disk.
    pub(super) fn sync(&self) -> Result<(), WriteError> {
        sync(&self.directory)?;
        self.made.iter().rev().try_for_each(|made| sync(&made.within))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        for made in self.made.iter().rev().filter(|made| made.ours) {
            // Somebody who put something there meanwhile keeps it: only empty directories can be removed so.
            let _ = rustix::fs::unlinkat(&*made.within, &made.name, AtFlags::REMOVEDIR);
        }
    }
}

/// Waits until a directory is on the disk, where the file system can say so.
pub(super) fn sync(directory: &OwnedFd) -> Result<(), WriteError> {
    match rustix::fs::fsync(directory) {
        // The last is said of a directory that may be gone through and not read.
        Ok(()) | Err(Errno::INVAL | Errno::NOTSUP | Errno::BADF) => Ok(()),
        Err(errno) => Err(errno.into()),
    }
}
