//! Why a file was not written. No variant carries or prints a path.

use std::io;

use rustix::io::Errno;

use crate::root::OpenError;

/// Says why a file was not written or removed.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The guard refuses the path, or what stands there or on the way is nothing to be written.
    #[error(transparent)]
    Open(OpenError),
    /// The new content, or the file that stands there, is larger than [`MAX_WRITE_BYTES`](crate::MAX_WRITE_BYTES), or than
    /// what was asked for instead.
    #[error("file is larger than 2 MiB (2097152 bytes), the most that is written")]
    TooLarge,
    /// Something else stands there, or the directory is no longer where the path leads. Nothing was written.
    #[error("path changed after it was looked at; read it again and repeat the change")]
    Changed,
    /// The file system is full, or a quota or a limit on the size of files is met.
    #[error("file system has no space left, or a quota is met")]
    NoSpace,
    /// The file system is read-only, or the gateway's user may not write there.
    #[error("path may not be written by the user that the gateway runs as")]
    ReadOnly,
    /// Nothing is there that could be removed.
    #[error("path does not exist")]
    NotFound,
    /// A directory on the way belongs to another repository, or would be one with the file in it.
    #[error("path lies in another repository, or would make a directory one")]
    OtherRepository,
    /// The change was in place when the disk failed, and could not be taken back.
    #[error("path may hold the old content or the new; look at it")]
    InDoubt,
    /// The system refused.
    #[error("path cannot be written")]
    Unavailable(#[source] io::Error),
}

impl WriteError {
    /// Returns the stable code, for replies, logs and metrics.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Open(error) => error.code(),
            Self::TooLarge => "too_large",
            Self::Changed => "conflict",
            Self::NoSpace => "no_space",
            Self::ReadOnly => "read_only",
            Self::NotFound => "not_found",
            Self::OtherRepository => "other_repository",
            Self::InDoubt => "in_doubt",
            Self::Unavailable(_) => "unavailable",
        }
    }
}

impl From<OpenError> for WriteError {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Unavailable(error) => Self::from(error),
            OpenError::NotFound => Self::NotFound,
            other => Self::Open(other),
        }
    }
}

impl From<io::Error> for WriteError {
    fn from(error: io::Error) -> Self {
        match Errno::from_io_error(&error) {
            Some(errno) => errno.into(),
            None => Self::Unavailable(error),
        }
    }
}

impl From<Errno> for WriteError {
    fn from(errno: Errno) -> Self {
        match errno {
            Errno::NOSPC | Errno::DQUOT | Errno::FBIG => Self::NoSpace,
            Errno::ROFS | Errno::ACCESS | Errno::PERM => Self::ReadOnly,
            // A name that something is mounted on cannot be renamed over or removed.
            Errno::BUSY | Errno::XDEV => Self::Open(OpenError::MountRefused),
            // The pinned directory is gone, or somebody was quicker at the name.
            Errno::NOENT | Errno::EXIST | Errno::ISDIR | Errno::NOTDIR => Self::Changed,
            other => Self::Unavailable(other.into()),
        }
    }
}
