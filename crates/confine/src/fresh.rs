//! Filling a new directory with files that nobody else has had a hand in: the tree of a disposable worktree.
//!
//! Holds the making of directories and files by single names in open descriptors, each exclusively new. It asks no guard,
//! since it copies what a repository has already, and makes no link, whatever the tree holds.

use std::fs::File;
use std::io::Write as _;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;

use rustix::fs::{CWD, Mode, OFlags};
use rustix::io::Errno;

use crate::opener::open_component;
use crate::path::RelPath;
use crate::write::WriteError;

/// A directory that was just made, and what is put into it.
#[derive(Debug)]
pub struct FreshTree {
    root: OwnedFd,
    /// The directories on the way to where the last file was made, from above.
    way: Vec<(String, OwnedFd)>,
}

impl FreshTree {
    /// Makes the directory `path`, closed to other users; its parent is the gateway's own.
    ///
    /// # Errors
    /// [`WriteError`] if something stands there already, or the system refuses.
    pub fn create(path: &Path) -> Result<Self, WriteError> {
        rustix::fs::mkdirat(CWD, path, Mode::RWXU).map_err(refused)?;
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let root = rustix::fs::openat(CWD, path, flags, Mode::empty()).map_err(refused)?;
        Ok(Self { root, way: Vec::new() })
    }

    /// Makes the file `path` with its directories. Files in the order of their paths share what is opened on the way.
    ///
    /// # Errors
    /// [`WriteError`] if there is one already, if a directory on the way is none, or if the system refuses.
    pub fn file(&mut self, path: &RelPath, bytes: &[u8], executable: bool) -> Result<(), WriteError> {
        let mode = if executable { Mode::from_raw_mode(0o755) } else { Mode::from_raw_mode(0o644) };
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let directory = self.enter(path)?;
        let file = rustix::fs::openat(directory, path.file_name(), flags, mode).map_err(refused)?;
        File::from(file).write_all(bytes).map_err(WriteError::from)
    }

    /// Opens the directory of `path`, making what is missing.
    fn enter(&mut self, path: &RelPath) -> Result<BorrowedFd<'_>, WriteError> {
        let parent = path.parent();
        let names: Vec<&str> = parent.iter().flat_map(RelPath::components).collect();
        let shared = self.way.iter().zip(&names).take_while(|((known, _), name)| known == **name).count();
        self.way.truncate(shared);
        for name in names.into_iter().skip(shared) {
            let above = self.way.last().map_or(self.root.as_fd(), |(_, directory)| directory.as_fd());
            match rustix::fs::mkdirat(above, name, Mode::from_raw_mode(0o755)) {
                Ok(()) | Err(Errno::EXIST) => {}
                Err(errno) => return Err(refused(errno)),
            }
            let directory = open_component(above, name, OFlags::RDONLY | OFlags::DIRECTORY)?;
            self.way.push((name.to_owned(), directory));
        }
        Ok(self.way.last().map_or(self.root.as_fd(), |(_, directory)| directory.as_fd()))
    }
}

fn refused(errno: Errno) -> WriteError {
    WriteError::from(std::io::Error::from(errno))
}

#[cfg(test)]
mod tests;
