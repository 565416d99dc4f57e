//! What stands at a path before it is changed.

use std::os::fd::OwnedFd;
use std::sync::Arc;

use super::other::descend;
use super::place::Place;
use super::seen::{Current, Seen};
use super::staged::Change;
use super::temporary::{Temporary, Terms};
use super::{MAX_WRITE_BYTES, Staged, WriteError};
use crate::path::RelPath;
use crate::root::{Mode, RepoRoot};

/// A path that is about to be changed: its directory held open, and what stood there when it was looked at.
#[derive(Debug)]
pub struct Target<'root> {
    root: &'root RepoRoot,
    path: RelPath,
    /// The nearest directory on the way that exists.
    directory: OwnedFd,
    /// The directories to make in it, from above.
    missing: Vec<String>,
    found: Option<Seen>,
    limit: u64,
    private: bool,
}

impl RepoRoot {
    /// Pins the directory that holds `path` and looks at what stands there, for a change of it.
    ///
    /// The guard is asked in [`Mode::Write`] alone. Nothing is changed yet: directories that are missing are made by
    /// [`Target::stage`].
    ///
    /// # Errors
    /// [`WriteError::Open`] with [`OpenError::Denied`] before anything is opened; else what stood in the way: a link anywhere,
    /// a directory or a pipe at the name, a file larger than [`MAX_WRITE_BYTES`] or one that cannot be read.
    /// [`WriteError::OtherRepository`] where the directory, or one above it, is another repository or would be one.
    pub fn target(&self, path: &RelPath) -> Result<Target<'_>, WriteError> {
        self.target_up_to(path, MAX_WRITE_BYTES)
    }

    /// As [`RepoRoot::target`], for a file of at most `limit` bytes before and after.
    ///
    /// # Errors
    /// As [`RepoRoot::target`], with `limit` in the place of [`MAX_WRITE_BYTES`].
    pub fn target_up_to(&self, path: &RelPath, limit: u64) -> Result<Target<'_>, WriteError> {
        self.permit(path, Mode::Write)?;
        let (directory, missing) = descend(self.directory(), path)?;
        let found = if missing.is_empty() {
            Seen::look(self.directory(), &directory, path.file_name(), limit)?
        } else {
            None
        };
        Ok(Target { root: self, path: path.clone(), directory, missing, found, limit, private: false })
    }
}

impl Target<'_> {
    /// Returns what stands there, or nothing if nothing does.
    #[must_use]
    pub fn current(&self) -> Option<&Current> {
        self.found.as_ref().map(|found| &found.current)
    }

    /// Returns how many directories [`Target::stage`] would make.
    #[must_use]
    pub fn missing_directories(&self) -> usize {
        self.missing.len()
    }

    /// Has a file that is new closed to everybody but its owner, whatever the umask. One that stands there keeps its permissions.
    #[must_use]
    pub fn private(mut self) -> Self {
        self.private = true;
        self
    }

    /// Prepares a copy of what stands at `original`, with its owner, permission bits and access list as far as the process may give
    /// them; those of a file that is replaced do not count.
    ///
    /// # Errors
    /// [`WriteError::NotFound`] if nothing stands at `original`, else what stood in the way. What was made is taken back.
    pub fn stage_copy_of(self, original: &Target<'_>) -> Result<Staged, WriteError> {
        let seen = original.found.as_ref().ok_or(WriteError::NotFound)?;
        self.put(&seen.current.bytes, Some(seen), None)
    }

    /// Writes `bytes` to a temporary file beside the name, and makes the directories that are missing.
    ///
    /// Nothing is visible under the name yet. The permission bits are those of the file that stands there, else those of a
    /// new file under the process's umask; `executable` takes the right to execute away, or gives it to whoever may read.
    /// Set-user-id, set-group-id and sticky bits are never kept.
    ///
    /// # Errors
    /// [`WriteError::TooLarge`] above [`MAX_WRITE_BYTES`], else what stood in the way. What was made is taken back.
    pub fn stage(self, bytes: &[u8], executable: Option<bool>) -> Result<Staged, WriteError> {
        self.put(bytes, None, executable)
    }

    /// Puts a file beside the name; its permissions are those of `like`, else of what stands there, else of a new file.
    fn put(self, bytes: &[u8], like: Option<&Seen>, executable: Option<bool>) -> Result<Staged, WriteError> {
        if u64::try_from(bytes.len()).map_or(true, |length| length > self.limit) {
            return Err(WriteError::TooLarge);
        }
        let root = Arc::clone(self.root.directory());
        let mut place = Place::of(self.directory);
        for name in self.missing {
            place.make(&root, name)?;
        }
        let terms = Terms { executable, private: self.private };
        let file = Temporary::write(place.directory(), bytes, like.or(self.found.as_ref()), terms)?;
        Ok(Staged::new(root, self.path, self.found, Change::Put(file), place, self.limit))
    }

    /// Prepares the removal of the file.
    ///
    /// # Errors
    /// [`WriteError::NotFound`] if nothing stands there.
    pub fn removal(self) -> Result<Staged, WriteError> {
        let root = Arc::clone(self.root.directory());
        let seen = self.found.ok_or(WriteError::NotFound)?;
        let place = Place::of(self.directory);
        Ok(Staged::new(root, self.path, Some(seen), Change::Remove { prune: false }, place, self.limit))
    }
}
