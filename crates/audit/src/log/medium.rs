//! Where the bytes of a segment go: an append-only file that can be synced, cut back and looked after.
//! The medium is abstract so that tests can make it fail; the chain is not, and nobody outside can plug in another.

use std::{
    fmt, fs,
    fs::File,
    io::{self, Write as _},
    os::unix::fs::MetadataExt as _,
    path::PathBuf,
};

/// A place to append to. All calls may come from several threads; `append` comes from one at a time.
pub(crate) trait Medium: Send + Sync + fmt::Debug {
    /// Appends all of `bytes` with one write; after an error some of them may stand there.
    fn append(&self, bytes: &[u8]) -> io::Result<()>;
    /// Makes durable what was appended before the call.
    fn sync(&self) -> io::Result<()>;
    /// Cuts back to `length` bytes.
    fn truncate(&self, length: u64) -> io::Result<()>;
    /// Whether readers still find exactly these `length` bytes under the segment's name; else what is wrong.
    fn still_there(&self, length: u64) -> Result<(), &'static str>;
}

/// A segment file.
#[derive(Debug)]
pub(crate) struct SegmentFile {
    pub(crate) file: File,
    pub(crate) path: PathBuf,
}

impl Medium for SegmentFile {
    fn append(&self, bytes: &[u8]) -> io::Result<()> {
        loop {
            match (&self.file).write(bytes) {
                Ok(written) if written == bytes.len() => return Ok(()),
                Ok(_) => return Err(io::ErrorKind::WriteZero.into()),
                // nothing was written yet
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn sync(&self) -> io::Result<()> {
        self.file.sync_data()
    }

    fn truncate(&self, length: u64) -> io::Result<()> {
        self.file.set_len(length)
    }

    fn still_there(&self, length: u64) -> Result<(), &'static str> {
        let open = self.file.metadata().map_err(|_| "the segment cannot be looked at")?;
        if open.nlink() == 0 {
            return Err("the segment was deleted");
        }
        let named = fs::symlink_metadata(&self.path).map_err(|_| "the segment is gone from its place")?;
        if (open.dev(), open.ino()) != (named.dev(), named.ino()) {
            return Err("the segment was replaced");
        }
        if open.len() != length {
            return Err("the segment was changed by somebody else");
        }
        Ok(())
    }
}
