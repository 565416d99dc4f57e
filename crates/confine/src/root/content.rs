//! Reading one regular file, capped.

use std::fs::File;
use std::io::Read;

use rustix::fs::{FileType, OFlags};

use super::{Mode, OpenError, RepoRoot};
use crate::path::RelPath;

/// The most bytes reserved before anything was read, since a file's stated size costs its owner nothing.
const MAX_RESERVED: u64 = 1 << 20;

/// What was read from a file.
#[derive(Clone, PartialEq, Eq)]
pub struct FileContent {
    /// The file's first bytes, at most the cap.
    pub bytes: Vec<u8>,
    /// The file's whole size in bytes, as found when it was opened, and never less than what was read.
    pub size: u64,
    /// Whether the file goes on after `bytes`.
    pub truncated: bool,
}

impl std::fmt::Debug for FileContent {
    /// Prints lengths alone: content has not been redacted yet.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("FileContent")
            .field("read", &self.bytes.len())
            .field("size", &self.size)
            .field("truncated", &self.truncated)
            .finish()
    }
}

impl RepoRoot {
    /// Reads a regular file, at most `cap` bytes of it.
    ///
    /// # Errors
    /// [`OpenError::Denied`] before anything is opened; else what stood in the way. A pipe, socket or device is
    /// refused without blocking.
    pub fn read(&self, path: &RelPath, cap: u64) -> Result<FileContent, OpenError> {
        self.permit(path, Mode::Read)?;
        let opened = self.directory.open_to_read(Some(path), OFlags::empty())?;
        let stat = rustix::fs::fstat(&opened)?;
        if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
            return Err(OpenError::NotAFile);
        }
        read_capped(File::from(opened), u64::try_from(stat.st_size).unwrap_or(0), cap)
            .map_err(OpenError::Unavailable)
    }
}

/// Reads up to `cap` bytes and one more, which tells whether there is more without trusting the stated size.
pub(crate) fn read_capped(file: File, size: u64, cap: u64) -> std::io::Result<FileContent> {
    let reserved = size.min(cap).min(MAX_RESERVED).saturating_add(1);
    let mut bytes = Vec::with_capacity(usize::try_from(reserved).unwrap_or(0));
    file.take(cap.saturating_add(1)).read_to_end(&mut bytes)?;
    let found = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    let truncated = found > cap;
    if truncated {
        bytes.truncate(usize::try_from(cap).unwrap_or(usize::MAX));
    }
    Ok(FileContent { bytes, size: size.max(found), truncated })
}
