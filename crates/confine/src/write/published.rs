//! A change that is in place, and the way back.

use std::sync::Arc;

use rustix::fs::AtFlags;

use super::WriteError;
use super::place::Place;
use super::prune::prune;
use super::seen::Seen;
use super::staged::rename_new;
use super::temporary::{Identity, Temporary, Terms};
use crate::opener::PinnedDirectory;
use crate::path::RelPath;

/// A change of one file that was put in place. It stays when this is dropped; until then it can be taken back, as where it is
/// one of several that are made together or not at all.
#[derive(Debug)]
pub struct Published {
    pub(super) root: Arc<PinnedDirectory>,
    pub(super) path: RelPath,
    /// What stood there before.
    pub(super) seen: Option<Seen>,
    /// What was put there; nothing if it was removed.
    pub(super) put: Option<Identity>,
    pub(super) place: Place,
    /// Whether directories go that the removal left empty.
    pub(super) prune: bool,
    pub(super) stays: bool,
}

impl Published {
    /// Puts back what stood there, with its permission bits, and removes the directories that were made.
    ///
    /// # Errors
    /// [`WriteError::Changed`] if somebody has changed the place meanwhile; it is left alone. Else what stood in the way.
    pub fn take_back(mut self) -> Result<(), WriteError> {
        let directory = Arc::clone(self.place.directory());
        let name = self.path.file_name();
        if let Some(put) = &self.put
            && !put.is_at(&directory, name)
        {
            return Err(WriteError::Changed);
        }
        match &self.seen {
            Some(seen) => {
                let mut file =
                    Temporary::write(&directory, &seen.current.bytes, Some(seen), Terms::default())?;
                if self.put.is_some() {
                    rustix::fs::renameat(&*directory, file.name(), &*directory, name)?;
                } else {
                    rename_new(&directory, file.name(), name)?;
                }
                file.renamed();
            }
            None => rustix::fs::unlinkat(&*directory, name, AtFlags::empty())?,
        }
        self.stays = false;
        // It is as it was, whether or not the disk says so already.
        let _ = self.place.sync();
        Ok(())
    }
}

impl Drop for Published {
    fn drop(&mut self) {
        if self.stays {
            self.place.keep();
            if self.prune {
                prune(&self.root, &self.path);
            }
        }
    }
}
