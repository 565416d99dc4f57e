//! Where else the writer's checkpoints are kept: a sink remembers what a chain amounted to when whoever writes the chain may have
//! forgotten it. Which checkpoints it gets and when is the log's business; it signs and verifies nothing.

use std::{
    fmt, io,
    path::{Path, PathBuf},
};

use uuid::Uuid;

use super::notes::NoteFolder;
use crate::files;

/// A place for the notes of checkpoints, beside the chain's own folder. Each sink has a thread of its own: one that is slow or hangs
/// keeps nobody else waiting.
pub trait CheckpointSink: Send + Sync + fmt::Debug {
    /// Keeps the note of the checkpoint of `size` entries of `chain`. The note must be durable when this returns.
    ///
    /// # Errors
    /// The system's; [`io::ErrorKind::AlreadyExists`] if another note of that chain and size is here: the chain has forked.
    fn keep(&self, chain: Uuid, size: u64, note: &str) -> io::Result<()>;

    /// Returns the note of the greatest size that is kept of `chain`, if there is one.
    ///
    /// # Errors
    /// The system's.
    fn newest(&self, chain: Uuid) -> io::Result<Option<Vec<u8>>>;

    /// Lets go of a note that a newer one has replaced. A sink may keep it all the same, which is what this does by itself.
    ///
    /// # Errors
    /// The system's; nobody minds.
    fn forget(&self, _chain: Uuid, _size: u64) -> io::Result<()> {
        Ok(())
    }

    /// The directory that it writes to, if it is one of this machine; the log refuses one within the audit directory.
    fn directory(&self) -> Option<&Path> {
        None
    }
}

/// Why a directory cannot be a sink. Its path does not stand in a message.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileSinkError {
    /// It is not there, or the system does not let one look at it.
    #[error("the directory for copies of checkpoints cannot be used; make it, or mount it, before the start")]
    Io(#[from] io::Error),
    /// It is a file or a link.
    #[error("the place for copies of checkpoints is no directory")]
    NoDirectory,
    /// Group or others may write to it.
    #[error(
        "the directory for copies of checkpoints may be written by others than its owner; take that right away (chmod go-w)"
    )]
    Exposed,
}

/// A directory as a sink: `<directory>/<chain_id>/<size>.note`. It is worth as much as the gateway's user cannot change it: on another
/// disk, or copied away. Others may read what it makes there (0755 and 0644, less the umask), as far as they get into the directory itself.
#[derive(Clone, Debug)]
pub struct FileSink {
    directory: PathBuf,
}

impl FileSink {
    /// Takes a directory, which must exist: one that is made in the place of a disk that is not mounted would remember nothing.
    ///
    /// # Errors
    /// [`FileSinkError`] if it is no directory that its owner alone may change.
    pub fn open(directory: impl Into<PathBuf>) -> Result<Self, FileSinkError> {
        let directory = directory.into();
        if !directory.symlink_metadata()?.is_dir() {
            return Err(FileSinkError::NoDirectory);
        }
        if files::others_may_write(&directory)? {
            return Err(FileSinkError::Exposed);
        }
        Ok(Self { directory })
    }

    /// The folder of a chain, while the directory is there.
    fn folder(&self, chain: Uuid) -> io::Result<NoteFolder> {
        // it is not made anew where a disk was taken away
        self.directory.symlink_metadata()?;
        Ok(NoteFolder::shared(self.directory.join(chain.as_hyphenated().to_string())))
    }
}

impl CheckpointSink for FileSink {
    fn keep(&self, chain: Uuid, size: u64, note: &str) -> io::Result<()> {
        let folder = self.folder(chain)?;
        folder.keep_note(size, note)
    }

    fn newest(&self, chain: Uuid) -> io::Result<Option<Vec<u8>>> {
        let folder = self.folder(chain)?;
        // each time: nothing but the names shows what somebody else has put there, and there are few, since notes give way
        let newest = folder.list()?.notes.last().copied();
        newest.map_or(Ok(None), |size| folder.note(size))
    }

    fn forget(&self, chain: Uuid, size: u64) -> io::Result<()> {
        self.folder(chain)?.forget_note(size)
    }

    fn directory(&self) -> Option<&Path> {
        Some(&self.directory)
    }
}

#[cfg(test)]
mod tests;
