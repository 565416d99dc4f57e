//! The root of one configured repository, and everything that is read beneath it.
//!
//! Holds the pinned root and its guard, and the order of each access: guard first, then an open that follows no link,
//! then a look at what was opened. Changing it is `write`'s; git's own metadata is `git_dir`'s.

mod cached;
mod content;
mod error;
mod listing;
mod metadata;
#[cfg(test)]
mod tests;

use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use content::FileContent;
pub(crate) use content::read_capped;
pub use error::{OpenError, RootError};
pub(crate) use listing::kind_of;
pub use listing::{DirectoryEntry, Listing};
pub use metadata::{Kind, Metadata};

use crate::opener::PinnedDirectory;
use crate::path::RelPath;

/// What an access is for; some names may be read and never written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mode {
    /// Reading content, metadata or a listing.
    Read,
    /// Creating, changing or removing.
    Write,
}

/// The denylist: answers the identifier of the rule that refuses a normalised path, or nothing.
///
/// It is asked about the whole path and must itself judge every component, whatever its case or Unicode form.
pub type Guard = fn(path: &str, mode: Mode) -> Option<&'static str>;

/// The directory of one repository, held open.
///
/// Every access takes a [`RelPath`], asks the guard, and is resolved beneath the pinned directory: by openat2 where the
/// kernel has it, else one component at a time. A symbolic link anywhere on the path is refused, even one that stays
/// inside; so is a mount point (bind mounts too, where openat2 does the work).
#[derive(Debug)]
pub struct RepoRoot {
    directory: Arc<PinnedDirectory>,
    path: PathBuf,
    guard: Guard,
    /// Whether files are opened without waiting for anybody outside the kernel.
    local: bool,
}

impl RepoRoot {
    /// Pins the directory at `path`, which comes from the operator: links in it are followed, once.
    ///
    /// # Errors
    /// [`RootError`] if it is missing, no directory, the file system's root, or replaced meanwhile.
    pub fn open(path: &Path, guard: Guard) -> Result<Self, RootError> {
        Self::pin(path, guard, |directory| directory)
    }

    /// Like [`RepoRoot::open`], but never uses openat2; for comparing both ways in tests and benches.
    ///
    /// # Errors
    /// As [`RepoRoot::open`].
    #[doc(hidden)]
    pub fn open_portable(path: &Path, guard: Guard) -> Result<Self, RootError> {
        Self::pin(path, guard, PinnedDirectory::portable)
    }

    fn pin(
        path: &Path,
        guard: Guard,
        choose: fn(PinnedDirectory) -> PinnedDirectory,
    ) -> Result<Self, RootError> {
        let directory = choose(PinnedDirectory::open(path).map_err(RootError::from)?);
        let path = crate::beneath::canonical(path).map_err(RootError::from)?;
        if path.parent().is_none() {
            return Err(RootError::FileSystemRoot);
        }
        if !directory.is_at(&path).map_err(RootError::from)? {
            return Err(RootError::Replaced);
        }
        let local = cached::is_local(directory.as_fd());
        Ok(Self { directory: Arc::new(directory), path, guard, local })
    }

    /// Returns the canonical path, for opening the git engine and for nothing else.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn directory(&self) -> &Arc<PinnedDirectory> {
        &self.directory
    }

    pub(crate) fn permit(&self, path: &RelPath, mode: Mode) -> Result<(), OpenError> {
        (self.guard)(path.as_str(), mode).map_or(Ok(()), |rule| Err(OpenError::Denied { rule }))
    }
}
