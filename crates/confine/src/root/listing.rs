//! The entries of one directory, sorted and capped.

use std::collections::BTreeMap;
use std::os::fd::AsFd;

use rustix::fs::{AtFlags, Dir, DirEntry, FileType, OFlags};

use super::{Kind, Mode, OpenError, RepoRoot};
use crate::path::RelPath;

/// The most entries looked at in one directory; beyond, the listing is truncated.
const MAX_SCANNED: u64 = 1_000_000;

/// One entry of a directory.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DirectoryEntry {
    /// The name, which is a valid component of a [`RelPath`].
    pub name: String,
    /// What it is.
    pub kind: Kind,
}

/// The entries of a directory that a caller may know of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// The first entries in the byte order of their names, at most the limit.
    pub entries: Vec<DirectoryEntry>,
    /// How many entries were left out because their name is no [`RelPath`] (`.git` for one) or the guard refuses it.
    pub skipped: u64,
    /// Whether there were more entries than the limit, or more than a million in all.
    pub truncated: bool,
}

impl RepoRoot {
    /// Lists a directory, or the root; at most `limit` entries.
    ///
    /// # Errors
    /// [`OpenError::Denied`] before anything is opened; else what stood in the way.
    pub fn list(&self, directory: Option<&RelPath>, limit: usize) -> Result<Listing, OpenError> {
        if let Some(path) = directory {
            self.permit(path, Mode::Read)?;
        }
        let opened = self.directory.open_to_read(directory, OFlags::DIRECTORY)?;
        let mut kept: BTreeMap<String, Kind> = BTreeMap::new();
        let mut listing = Listing::default();
        let mut scanned = 0_u64;
        for entry in Dir::read_from(&opened)? {
            let entry = entry?;
            if matches!(entry.file_name().to_bytes(), b"." | b"..") {
                continue;
            }
            scanned += 1;
            if scanned > MAX_SCANNED {
                listing.truncated = true;
                break;
            }
            let Some(name) = self.visible_name(directory, &entry) else {
                listing.skipped += 1;
                continue;
            };
            if let Some(kind) = kind_of(&opened, &entry) {
                kept.insert(name, kind);
            }
            // Keeping the smallest names bounds memory and makes the answer the same on every file system.
            if kept.len() > limit {
                kept.pop_last();
                listing.truncated = true;
            }
        }
        listing.entries = kept.into_iter().map(|(name, kind)| DirectoryEntry { name, kind }).collect();
        Ok(listing)
    }

    /// Returns the entry's name if its whole path is good and the guard lets it be read.
    fn visible_name(&self, directory: Option<&RelPath>, entry: &DirEntry) -> Option<String> {
        let name = entry.file_name().to_str().ok()?;
        let path = match directory {
            Some(directory) => directory.join(name).ok()?,
            None => RelPath::parse(name).ok()?,
        };
        self.permit(&path, Mode::Read).is_ok().then(|| name.to_owned())
    }
}

/// Tells what an entry is; nothing if it vanished while the directory was read.
pub(crate) fn kind_of(directory: impl AsFd, entry: &DirEntry) -> Option<Kind> {
    match entry.file_type() {
        FileType::Unknown => rustix::fs::statat(directory, entry.file_name(), AtFlags::SYMLINK_NOFOLLOW)
            .ok()
            .map(|stat| FileType::from_raw_mode(stat.st_mode).into()),
        known => Some(known.into()),
    }
}
