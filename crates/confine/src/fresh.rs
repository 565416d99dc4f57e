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

/// A directory that was just made.
#[derive(Debug)]
pub struct FreshTree {
    root: OwnedFd,
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
        Ok(Self { root })
    }

    /// Somebody who puts files into it; several may at once, on threads of their own.
    #[must_use]
    pub fn filler(&self) -> Filler<'_> {
        Filler { root: self.root.as_fd(), parent: None, way: Vec::new() }
    }
}

/// Puts files into a [`FreshTree`], one after the other.
#[derive(Debug)]
pub struct Filler<'t> {
    root: BorrowedFd<'t>,
    /// The directory that is open last on the way.
    parent: Option<String>,
    /// The directories on the way there, from above.
    way: Vec<(String, OwnedFd)>,
}

impl Filler<'_> {
    /// Makes the file `path` with its directories, and returns it for whoever wants to know what the system says of it. Files in the
    /// order of their paths share what is opened on the way.
    ///
    /// # Errors
    /// [`WriteError`] if there is one already, if a directory on the way is none, or if the system refuses.
    pub fn file(&mut self, path: &RelPath, bytes: &[u8], executable: bool) -> Result<File, WriteError> {
        let mode = if executable { Mode::from_raw_mode(0o755) } else { Mode::from_raw_mode(0o644) };
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let (parent, name) = path.as_str().rsplit_once('/').unwrap_or(("", path.as_str()));
        if self.parent.as_deref() != Some(parent) {
            self.enter(parent)?;
        }
        let directory = self.way.last().map_or(self.root, |(_, directory)| directory.as_fd());
        let mut file = File::from(rustix::fs::openat(directory, name, flags, mode).map_err(refused)?);
        file.write_all(bytes)?;
        Ok(file)
    }

    /// Opens the directory `parent`, making what is missing.
    fn enter(&mut self, parent: &str) -> Result<(), WriteError> {
        // Should it fail, nothing is taken for open that is not.
        self.parent = None;
        let names: Vec<&str> = parent.split('/').filter(|name| !name.is_empty()).collect();
        let shared = self.way.iter().zip(&names).take_while(|((known, _), name)| known == **name).count();
        self.way.truncate(shared);
        for name in names.into_iter().skip(shared) {
            let above = self.way.last().map_or(self.root, |(_, directory)| directory.as_fd());
            match rustix::fs::mkdirat(above, name, Mode::from_raw_mode(0o755)) {
                Ok(()) | Err(Errno::EXIST) => {}
                Err(errno) => return Err(refused(errno)),
            }
            let directory = open_component(above, name, OFlags::RDONLY | OFlags::DIRECTORY)?;
            self.way.push((name.to_owned(), directory));
        }
        self.parent = Some(parent.to_owned());
        Ok(())
    }
}

fn refused(errno: Errno) -> WriteError {
    WriteError::from(std::io::Error::from(errno))
}

#[cfg(test)]
mod tests;
