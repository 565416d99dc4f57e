//! What a path is, found by name and without opening it.

use std::time::{Duration, SystemTime};

use rustix::fs::{FileType, Stat};

use super::{Mode, OpenError, RepoRoot};
use crate::path::RelPath;

/// The kind of a directory entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A symbolic link, which is reported and never followed.
    Link,
    /// A pipe, a socket or a device.
    Other,
}

impl From<FileType> for Kind {
    fn from(kind: FileType) -> Self {
        match kind {
            FileType::RegularFile => Self::File,
            FileType::Directory => Self::Directory,
            FileType::Symlink => Self::Link,
            _ => Self::Other,
        }
    }
}

/// Describes what a path names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metadata {
    /// What it is.
    pub kind: Kind,
    /// The size in bytes; of a link, that of its target's text.
    pub size: u64,
    /// Whether it is a file that someone may execute.
    pub executable: bool,
    /// When its content last changed, if that is after 1970.
    pub modified: Option<SystemTime>,
}

impl Metadata {
    fn from_stat(stat: &Stat) -> Self {
        let kind = Kind::from(FileType::from_raw_mode(stat.st_mode));
        let seconds = u64::try_from(stat.st_mtime).ok();
        let nanoseconds = u32::try_from(stat.st_mtime_nsec).unwrap_or(0);
        Self {
            kind,
            size: u64::try_from(stat.st_size).unwrap_or(0),
            executable: kind == Kind::File && stat.st_mode & 0o111 != 0,
            modified: seconds
                .and_then(|seconds| SystemTime::UNIX_EPOCH.checked_add(Duration::new(seconds, nanoseconds))),
        }
    }
}

impl RepoRoot {
    /// Describes what a path names. A link at its end is reported as [`Kind::Link`]; one on the way is refused.
    ///
    /// # Errors
    /// [`OpenError::Denied`] before anything is looked up; else what stood in the way.
    pub fn metadata(&self, path: &RelPath) -> Result<Metadata, OpenError> {
        self.permit(path, Mode::Read)?;
        self.directory.stat(path).map(|stat| Metadata::from_stat(&stat))
    }
}
