//! Where the bytes of a chain go: append-only segments that can be synced, cut back, looked after and followed by the next one.
//! The medium is abstract so that tests can make it fail; the chain is not, and nobody outside can plug in another.

use std::{
    fmt, fs,
    fs::File,
    io::{self, Write as _},
    os::unix::fs::MetadataExt as _,
    sync::Arc,
};

use super::reserve;
use crate::{files, folder::ChainFolder, lock::Locked};

/// A segment to append to. All calls may come from several threads; `append` comes from one at a time.
pub(crate) trait Medium: Send + Sync + fmt::Debug {
    /// Appends all of `bytes` with one write; after an error some of them may stand there.
    fn append(&self, bytes: &[u8]) -> io::Result<()>;
    /// Makes durable what was appended before the call.
    fn sync(&self) -> io::Result<()>;
    /// Cuts back to `length` bytes; what was reserved behind them is given back.
    fn truncate(&self, length: u64) -> io::Result<()>;
    /// Whether readers still find exactly these `length` bytes under the segment's name; else what is wrong.
    fn still_there(&self, length: u64) -> Result<(), &'static str>;
    /// Sees to it that the disk takes the bytes from `from` to `to`; returns up to where it is sure to take them.
    fn reserve(&self, from: u64, to: u64) -> io::Result<u64>;
    /// Creates the segment that begins with `first_seq` beside this one; it must not be there yet.
    fn next(&self, first_seq: u64) -> io::Result<Arc<dyn Medium>>;
    /// Makes the segments' names durable.
    fn sync_names(&self) -> io::Result<()>;
    /// Takes the right to write away.
    fn seal(&self) -> io::Result<()>;
}

/// A segment file, locked as long as it is open.
#[derive(Debug)]
pub(crate) struct SegmentFile {
    file: Locked,
    folder: ChainFolder,
    first_seq: u64,
}

impl SegmentFile {
    /// Takes a segment; [`io::ErrorKind::WouldBlock`] if somebody writes it, whatever has become of the chain's lock.
    pub(crate) fn new(file: File, folder: ChainFolder, first_seq: u64) -> io::Result<Self> {
        let file = Locked::take(file)?.ok_or(io::ErrorKind::WouldBlock)?;
        Ok(Self { file, folder, first_seq })
    }
}

impl Medium for SegmentFile {
    fn append(&self, bytes: &[u8]) -> io::Result<()> {
        let mut file = self.file.file();
        loop {
            match file.write(bytes) {
                Ok(written) if written == bytes.len() => return Ok(()),
                Ok(_) => return Err(io::ErrorKind::WriteZero.into()),
                // nothing was written yet
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn sync(&self) -> io::Result<()> {
        self.file.file().sync_data()
    }

    fn truncate(&self, length: u64) -> io::Result<()> {
        self.file.file().set_len(length)
    }

    fn still_there(&self, length: u64) -> Result<(), &'static str> {
        let open = self.file.file().metadata().map_err(|_| "the segment cannot be looked at")?;
        if open.nlink() == 0 {
            return Err("the segment was deleted");
        }
        let path = self.folder.segment(self.first_seq);
        let named = fs::symlink_metadata(path).map_err(|_| "the segment is gone from its place")?;
        if (open.dev(), open.ino()) != (named.dev(), named.ino()) {
            return Err("the segment was replaced");
        }
        if open.len() != length {
            return Err("the segment was changed by somebody else");
        }
        Ok(())
    }

    fn reserve(&self, from: u64, to: u64) -> io::Result<u64> {
        reserve::on_disk(self.file.file(), from, to)
    }

    fn next(&self, first_seq: u64) -> io::Result<Arc<dyn Medium>> {
        let file = files::create(&self.folder.segment(first_seq))?;
        Ok(Arc::new(Self::new(file, self.folder.clone(), first_seq)?))
    }

    fn sync_names(&self) -> io::Result<()> {
        files::sync_directory(&self.folder.path)
    }

    fn seal(&self) -> io::Result<()> {
        files::make_read_only(self.file.file())
    }
}
