//! A directory that a person at the terminal named, with all that is in it.
//!
//! Unlike a [`RepoRoot`](crate::RepoRoot) it has no guard, since nothing of it is shown to an agent, and its names are those
//! of the system, whatever bytes they are. What is the same: no symbolic link is followed, no mount point crossed.

#[cfg(test)]
mod tests;

use std::ffi::OsString;
use std::fs::File;
use std::os::fd::AsFd as _;
use std::os::unix::ffi::OsStringExt as _;
use std::path::{Component, Path, PathBuf};

use rustix::fs::{Dir, FileType, OFlags};

use crate::opener::PinnedDirectory;
use crate::root::{Kind, OpenError, RootError, kind_of};

/// A directory held open, and what lies beneath it.
#[derive(Debug)]
pub struct FileTree {
    directory: PinnedDirectory,
    path: PathBuf,
}

/// One entry of a directory.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Found {
    /// The name, a single component.
    pub name: OsString,
    /// What it is.
    pub kind: Kind,
}

impl FileTree {
    /// Pins the directory at `path`; links in it are followed, once.
    ///
    /// # Errors
    /// [`RootError`] if it is missing, no directory, or replaced meanwhile.
    pub fn open(path: &Path) -> Result<Self, RootError> {
        let directory = PinnedDirectory::open(path).map_err(RootError::from)?;
        let path = crate::beneath::canonical(path).map_err(RootError::from)?;
        if !directory.is_at(&path).map_err(RootError::from)? {
            return Err(RootError::Replaced);
        }
        Ok(Self { directory, path })
    }

    /// Pins the directory that a file lies in, and gives the file's name in it. A link at the end of `path` is followed.
    ///
    /// # Errors
    /// [`RootError`] if the path leads nowhere, or as [`FileTree::open`].
    pub fn open_beside(path: &Path) -> Result<(Self, PathBuf), RootError> {
        let path = crate::beneath::canonical(path).map_err(RootError::from)?;
        let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
            return Err(RootError::NotADirectory);
        };
        Ok((Self::open(parent)?, PathBuf::from(name)))
    }

    /// Never uses openat2; for tests of both ways.
    #[doc(hidden)]
    #[must_use]
    pub fn portable(self) -> Self {
        Self { directory: self.directory.portable(), ..self }
    }

    /// The canonical path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Lists a directory beneath the root, or with an empty path the root, in the byte order of names.
    ///
    /// # Errors
    /// [`OpenError`], by what stands in the way.
    pub fn list(&self, directory: &Path) -> Result<Vec<Found>, OpenError> {
        let opened = self.open_plain(directory, OFlags::DIRECTORY)?;
        let mut found = Vec::new();
        for entry in Dir::read_from(&opened)? {
            let entry = entry?;
            let name = entry.file_name().to_bytes();
            if matches!(name, b"." | b"..") {
                continue;
            }
            if let Some(kind) = kind_of(opened.as_fd(), &entry) {
                found.push(Found { name: OsString::from_vec(name.to_owned()), kind });
            }
        }
        found.sort();
        Ok(found)
    }

    /// Opens a regular file; its size, as the system states it, comes with it.
    ///
    /// # Errors
    /// [`OpenError`], by what stands in the way. A pipe, socket or device is refused without blocking.
    pub fn open_file(&self, path: &Path) -> Result<(File, u64), OpenError> {
        let opened = self.open_plain(path, OFlags::empty())?;
        let stat = rustix::fs::fstat(&opened)?;
        if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
            return Err(OpenError::NotAFile);
        }
        Ok((File::from(opened), u64::try_from(stat.st_size).unwrap_or(0)))
    }

    fn open_plain(&self, path: &Path, kind: OFlags) -> Result<std::os::fd::OwnedFd, OpenError> {
        // What is no plain name leads elsewhere, and nothing beneath the root is called so.
        if !path.components().all(|part| matches!(part, Component::Normal(_))) {
            return Err(OpenError::NotFound);
        }
        let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
        self.directory.open_found(path, kind)
    }
}
