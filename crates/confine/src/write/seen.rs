//! What stands under a name, and whether it still does.

#[cfg(test)]
mod tests;

use std::fmt;
use std::fs::File;
use std::os::fd::{AsFd, OwnedFd};

use rustix::fs::{FileType, OFlags, Stat};

use super::WriteError;
use super::access::AccessList;
use crate::opener::PinnedDirectory;
use crate::root::{OpenError, read_capped};

/// What a file holds now.
#[derive(Clone, PartialEq, Eq)]
pub struct Current {
    /// The whole content, at most [`MAX_WRITE_BYTES`](super::MAX_WRITE_BYTES) unless more was asked for.
    pub bytes: Vec<u8>,
    /// Whether someone may execute it.
    pub executable: bool,
    /// The id of the user whom it belongs to.
    pub owner: u32,
}

impl fmt::Debug for Current {
    /// Prints the length alone: content has not been redacted yet.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Current")
            .field("bytes", &self.bytes.len())
            .field("executable", &self.executable)
            .finish()
    }
}

/// A file as it was looked at.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) stat: Stat,
    pub(super) current: Current,
    pub(super) access: Option<AccessList>,
}

impl Seen {
    /// Looks at `name`, of at most `limit` bytes, in a directory that was opened beneath `root`; nothing if nothing stands there.
    pub(super) fn look(
        root: &PinnedDirectory,
        directory: &OwnedFd,
        name: &str,
        limit: u64,
    ) -> Result<Option<Self>, WriteError> {
        let opened = match root.open_in(directory.as_fd(), name, OFlags::empty()) {
            Err(OpenError::NotFound) => return Ok(None),
            opened => opened?,
        };
        // Before the content is read, so that a change made meanwhile shows in the next look.
        let stat = rustix::fs::fstat(&opened)?;
        if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
            return Err(OpenError::NotAFile.into());
        }
        let access = AccessList::of(&opened)?;
        let size = u64::try_from(stat.st_size).unwrap_or(0);
        let content = read_capped(File::from(opened), size, limit)?;
        if content.truncated {
            return Err(WriteError::TooLarge);
        }
        let executable = stat.st_mode & 0o111 != 0;
        Ok(Some(Self {
            stat,
            current: Current { bytes: content.bytes, executable, owner: stat.st_uid },
            access,
        }))
    }

    /// Tells whether two looks saw the same file in the same state.
    ///
    /// Times alone would not do: many file systems keep them by the tick, some by the second, and a change of the same size
    /// within one would be lost.
    pub(super) fn is(&self, other: &Self) -> bool {
        let (one, two) = (&self.stat, &other.stat);
        one.st_dev == two.st_dev
            && one.st_ino == two.st_ino
            && one.st_mode == two.st_mode
            && one.st_size == two.st_size
            && (one.st_mtime, one.st_mtime_nsec) == (two.st_mtime, two.st_mtime_nsec)
            && (one.st_ctime, one.st_ctime_nsec) == (two.st_ctime, two.st_ctime_nsec)
            && self.access == other.access
            && self.current.bytes == other.current.bytes
    }
}
