//! Why a root or something beneath it was not opened. No variant carries or prints a path.

use std::io;

use rustix::io::Errno;

/// Says why a configured root was not accepted.
#[derive(Debug, thiserror::Error)]
pub enum RootError {
    /// Nothing is there.
    #[error("repository root does not exist")]
    NotFound,
    /// Something is there, but no directory.
    #[error("repository root is not a directory")]
    NotADirectory,
    /// The root is `/`, which would confine nothing.
    #[error("repository root is the root of the file system")]
    FileSystemRoot,
    /// The path led elsewhere a moment later.
    #[error("repository root was replaced while it was opened")]
    Replaced,
    /// The system refused.
    #[error("repository root cannot be opened")]
    Unavailable(#[source] io::Error),
}

impl From<io::Error> for RootError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound => Self::NotFound,
            io::ErrorKind::NotADirectory => Self::NotADirectory,
            _ => Self::Unavailable(error),
        }
    }
}

/// Says why a path beneath a root was not read.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Nothing is there.
    #[error("path does not exist")]
    NotFound,
    /// Something is there, but no regular file: a directory, a pipe, a socket or a device.
    #[error("path is not a regular file")]
    NotAFile,
    /// Something is there, or on the way there, but no directory.
    #[error("path is not a directory")]
    NotADirectory,
    /// The path or a part of it is a symbolic link, wherever it leads.
    #[error("path goes through a symbolic link")]
    LinkRefused,
    /// The path crosses into another mounted file system.
    #[error("path crosses a mount point")]
    MountRefused,
    /// The guard refused the path.
    #[error("path is denied by rule {rule}")]
    Denied {
        /// The rule's identifier.
        rule: &'static str,
    },
    /// The system refused.
    #[error("path cannot be read")]
    Unavailable(#[source] io::Error),
}

impl OpenError {
    /// Returns the stable code, for replies, logs and metrics.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "not_found",
            Self::NotAFile => "not_a_file",
            Self::NotADirectory => "not_a_directory",
            Self::LinkRefused => "link_refused",
            Self::MountRefused => "mount_refused",
            Self::Denied { .. } => "path_denied",
            Self::Unavailable(_) => "unavailable",
        }
    }
}

impl From<Errno> for OpenError {
    fn from(errno: Errno) -> Self {
        match errno {
            Errno::NOENT => Self::NotFound,
            Errno::NOTDIR => Self::NotADirectory,
            Errno::LOOP => Self::LinkRefused,
            Errno::XDEV => Self::MountRefused,
            // A socket (Linux, macOS), or a device without a driver.
            Errno::NXIO | Errno::OPNOTSUPP | Errno::NODEV => Self::NotAFile,
            other => Self::Unavailable(other.into()),
        }
    }
}
