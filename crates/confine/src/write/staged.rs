//! A change that is ready to be put in place.

use std::os::fd::OwnedFd;
use std::sync::Arc;

use rustix::fs::AtFlags;
use rustix::io::Errno;

use super::WriteError;
use super::other::descend;
use super::place::Place;
use super::published::Published;
use super::seen::Seen;
use super::temporary::Temporary;
use crate::opener::PinnedDirectory;
use crate::path::RelPath;
use crate::root::OpenError;

/// What is done to the name.
#[derive(Debug)]
pub(super) enum Change {
    Put(Temporary),
    Remove { prune: bool },
}

/// A change of one file, prepared and not yet visible. Dropped without [`Staged::publish`] it leaves nothing behind.
#[derive(Debug)]
#[must_use = "a change is taken back when it is dropped without `publish`"]
pub struct Staged {
    root: Arc<PinnedDirectory>,
    path: RelPath,
    seen: Option<Seen>,
    // Before the place, whose directories can only be removed without the file.
    change: Change,
    place: Place,
    limit: u64,
}

impl Staged {
    pub(super) fn new(
        root: Arc<PinnedDirectory>,
        path: RelPath,
        seen: Option<Seen>,
        change: Change,
        place: Place,
        limit: u64,
    ) -> Self {
        Self { root, path, seen, change, place, limit }
    }

    /// Asks that directories which the removal leaves empty go too, up to the root and without it. A change that puts a file
    /// in place is as it was.
    pub fn prune(mut self) -> Self {
        if let Change::Remove { prune } = &mut self.change {
            *prune = true;
        }
        self
    }

    /// Puts the change in place and waits until it is on the disk.
    ///
    /// # Errors
    /// [`WriteError::Changed`] if the name holds something else than what [`Target`](crate::Target) saw, or if its directory
    /// is no longer where the path leads, and [`WriteError::OtherRepository`] if that is one by now. Whatever the error, all is
    /// as it was, but for [`WriteError::InDoubt`].
    pub fn publish(mut self) -> Result<Published, WriteError> {
        self.require_same_directory()?;
        self.require_same_file()?;
        let directory = Arc::clone(self.place.directory());
        let name = self.path.file_name();
        let (put, prune) = match &mut self.change {
            Change::Put(file) => {
                if !file.identity().is_at(&directory, file.name()) {
                    return Err(WriteError::Changed);
                }
                if self.seen.is_some() {
                    rustix::fs::renameat(&*directory, file.name(), &*directory, name)?;
                } else {
                    rename_new(&directory, file.name(), name)?;
                }
                file.renamed();
                (Some(file.identity()), false)
            }
            Change::Remove { prune } => {
                rustix::fs::unlinkat(&*directory, name, AtFlags::empty())?;
                (None, *prune)
            }
        };
        let Self { root, path, seen, place, .. } = self;
        let published = Published { root, path, seen, put, place, prune, stays: true };
        match published.place.sync() {
            Ok(()) => Ok(published),
            Err(error) => Err(published.take_back().map_or(WriteError::InDoubt, |()| error)),
        }
    }

    fn require_same_directory(&self) -> Result<(), WriteError> {
        let now = match descend(&self.root, &self.path) {
            Ok((directory, missing)) if missing.is_empty() => rustix::fs::fstat(&directory)?,
            Err(WriteError::Open(OpenError::Unavailable(error))) => return Err(error.into()),
            Err(error @ (WriteError::OtherRepository | WriteError::Unavailable(_))) => return Err(error),
            Ok(_) | Err(_) => return Err(WriteError::Changed),
        };
        let pinned = rustix::fs::fstat(&**self.place.directory())?;
        if now.st_dev == pinned.st_dev && now.st_ino == pinned.st_ino {
            Ok(())
        } else {
            Err(WriteError::Changed)
        }
    }

    fn require_same_file(&self) -> Result<(), WriteError> {
        let now = Seen::look(&self.root, self.place.directory(), self.path.file_name(), self.limit);
        match (now, &self.seen) {
            (Ok(None), None) => Ok(()),
            (Ok(Some(now)), Some(seen)) if now.is(seen) => Ok(()),
            (Err(error @ (WriteError::ReadOnly | WriteError::Unavailable(_))), _) => Err(error),
            _ => Err(WriteError::Changed),
        }
    }
}

/// Gives a file another name, which nothing may have yet.
pub(super) fn rename_new(directory: &OwnedFd, from: &str, to: &str) -> Result<(), Errno> {
    #[cfg(target_os = "linux")]
    match rustix::fs::renameat_with(directory, from, directory, to, rustix::fs::RenameFlags::NOREPLACE) {
        // Not every file system knows the flag.
        Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {}
        result => return result,
    }
    link_new(directory, from, to)
}

/// The same by a second link, where the system cannot rename so.
pub(super) fn link_new(directory: &OwnedFd, from: &str, to: &str) -> Result<(), Errno> {
    rustix::fs::linkat(directory, from, directory, to, AtFlags::empty())?;
    // The file has its name; that the other one stays too is no reason to call the change undone.
    let _ = rustix::fs::unlinkat(directory, from, AtFlags::empty());
    Ok(())
}
