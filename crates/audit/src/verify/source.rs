//! The segments of a chain in their order, opened one by one, and cut into stretches that can be looked at apart.

use std::{
    fs::{File, TryLockError},
    io,
    ops::Range,
    os::unix::fs::FileExt as _,
    sync::Arc,
};

use super::{VerifyError, depth::Depth, scan::Extent};
use crate::{
    files,
    folder::{self, ChainFolder},
};

/// Bytes read at once when looking for an end.
const BACKWARD_BYTES: u64 = 256 * 1024;

/// A segment, as it was when it was opened.
#[derive(Debug)]
pub(super) struct Segment {
    pub(super) extent: Extent,
    /// Whether it was the last one.
    pub(super) last: bool,
    /// Whether a process holds the chain; only told of the last one.
    pub(super) live: bool,
}

/// A piece of work.
#[derive(Debug, Clone)]
pub(super) struct Stretch {
    pub(super) segment: Arc<Segment>,
    pub(super) lines: Range<u64>,
    /// Whether the hash of the file is wanted; the stretch is then all of it.
    pub(super) hashed: bool,
}

impl Stretch {
    pub(super) const fn begins(&self) -> bool {
        self.lines.start == 0
    }

    pub(super) fn ends(&self) -> bool {
        self.lines.end == self.segment.extent.length
    }
}

/// What is still to be looked at.
#[derive(Debug)]
pub(super) struct Source<'folder> {
    folder: &'folder ChainFolder,
    /// `first_seq` of each segment, ascending.
    segments: std::vec::IntoIter<u64>,
    open: Option<(Arc<Segment>, u64)>,
    depth: Depth,
    /// Bytes of a stretch.
    stretch: u64,
}

impl<'folder> Source<'folder> {
    pub(super) fn new(folder: &'folder ChainFolder, segments: Vec<u64>, depth: Depth, stretch: u64) -> Self {
        Self { folder, segments: segments.into_iter(), open: None, depth, stretch }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.open.is_none() && self.segments.len() == 0
    }

    /// The next stretch; an empty one for an empty segment.
    ///
    /// # Errors
    /// What keeps the segment from being opened, or the lock from being looked at.
    pub(super) fn next(&mut self) -> Option<Result<Stretch, VerifyError>> {
        let (segment, from) = match self.open.take() {
            Some(open) => open,
            None => {
                let first_seq = self.segments.next()?;
                match self.open(first_seq) {
                    Ok(segment) => (Arc::new(segment), 0),
                    Err(error) => return Some(Err(error)),
                }
            }
        };
        let length = segment.extent.length;
        // the hash of a file is wanted by the one that follows, and takes its bytes in order
        let hashed = !segment.last && self.depth == Depth::Entries;
        let to = if hashed { length } else { length.min(from.saturating_add(self.stretch)) };
        if to < length {
            self.open = Some((Arc::clone(&segment), to));
        }
        Some(Ok(Stretch { segment, lines: from..to, hashed }))
    }

    fn open(&self, first_seq: u64) -> Result<Segment, VerifyError> {
        let unreadable = |source| VerifyError::Segment { file: folder::segment_name(first_seq), source };
        let file = files::read(&self.folder.segment(first_seq)).map_err(unreadable)?;
        let mut length = file.metadata().map_err(unreadable)?.len();
        let last = self.segments.len() == 0;
        // asked after the length: a writer that is free now can have left nothing unfinished before it
        let live = last && is_held(self.folder)?;
        if live {
            length = whole_lines(&file, length).map_err(unreadable)?;
        }
        Ok(Segment { extent: Extent { file, first_seq, length }, last, live })
    }
}

/// Whether a process holds the chain.
///
/// # Errors
/// [`VerifyError::Lock`] if that cannot be seen.
pub(super) fn is_held(folder: &ChainFolder) -> Result<bool, VerifyError> {
    let lock = match files::read(&folder.lock()) {
        Ok(lock) => lock,
        // a copied chain has none
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(VerifyError::Lock(error)),
    };
    match lock.try_lock_shared() {
        Ok(()) => lock.unlock().map(|()| false).map_err(VerifyError::Lock),
        Err(TryLockError::WouldBlock) => Ok(true),
        Err(TryLockError::Error(error)) => Err(VerifyError::Lock(error)),
    }
}

/// The length up to the last LF within `length`.
fn whole_lines(file: &File, length: u64) -> io::Result<u64> {
    let mut end = length;
    let mut chunk = Vec::new();
    while end > 0 {
        let start = end.saturating_sub(BACKWARD_BYTES);
        chunk.resize(usize::try_from(end - start).unwrap_or_default(), 0);
        file.read_exact_at(&mut chunk, start)?;
        if let Some(place) = memchr::memrchr(b'\n', &chunk) {
            return Ok(start + place as u64 + 1);
        }
        end = start;
    }
    Ok(0)
}
