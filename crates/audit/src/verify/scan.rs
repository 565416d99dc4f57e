//! Reads a stretch of a segment block by block, and makes parts of its lines. Nothing here waits for another stretch.
//! Files are read at places, not mapped: whoever shortens a mapped file kills the one who looks at it.

use std::{fs::File, io, ops::Range, os::unix::fs::FileExt as _};

use super::{
    depth::Depth,
    part::{Content, Part, PartBuilder},
};
use crate::{
    digest::{
        Digest,
        beside::{self, BLOCK, Blocks},
    },
    limit,
    line::sealed::Sealed,
};

/// A segment as far as it is looked at.
#[derive(Debug)]
pub(super) struct Extent {
    pub(super) file: File,
    pub(super) first_seq: u64,
    /// Bytes that are looked at.
    pub(super) length: u64,
}

/// Bytes in memory, and what is done with them.
#[derive(Debug)]
pub(super) struct Scan<'scan> {
    extent: &'scan Extent,
    depth: Depth,
    /// The sizes of the chain at which somebody wants to know the tree's root.
    wanted: Option<&'scan [u64]>,
    /// Bytes that are read at once.
    block: usize,
    buffer: &'scan mut Vec<u8>,
    /// How much of the buffer is in use; the rest is kept for the next block rather than made anew.
    filled: usize,
    /// Where in the file the buffer begins.
    start: u64,
    /// Of the file from its first byte, if it is wanted; and how far it has come in the buffer.
    hash: Option<Blocks>,
    hashed: usize,
}

impl<'scan> Scan<'scan> {
    pub(super) const fn new(
        extent: &'scan Extent,
        depth: Depth,
        wanted: Option<&'scan [u64]>,
        block: usize,
        buffer: &'scan mut Vec<u8>,
    ) -> Self {
        Self { extent, depth, wanted, block, buffer, filled: 0, start: 0, hash: None, hashed: 0 }
    }

    /// Makes parts of the lines that begin in `stretch` and hands each to `emit`, until that is `false` or one is
    /// doubtful. Returns the hash of the whole file if `hashed`, in which case the stretch is all of it.
    ///
    /// # Errors
    /// The file's.
    pub(super) fn run(
        mut self,
        stretch: Range<u64>,
        hashed: bool,
        mut emit: impl FnMut(Part) -> bool,
    ) -> io::Result<Option<Digest>> {
        self.hash = hashed.then(Blocks::new);
        self.start = stretch.start.saturating_sub(1);
        // where in the buffer the next line begins; the line before it may reach into the stretch
        let mut line = if stretch.start == 0 || self.skip_line(stretch.end)? { 0 } else { return Ok(None) };
        loop {
            let more = self.fill()?;
            let part = self.lines(&mut line, stretch.end);
            let doubtful = part.as_ref().is_some_and(|part| matches!(part.content, Content::Doubtful));
            let goes_on = part.is_none_or(&mut emit) && !doubtful;
            let next = self.start + line as u64;
            if !goes_on || next >= stretch.end {
                return Ok(if goes_on { self.finish() } else { None });
            }
            let unfinished = self.filled - line;
            if !more || unfinished >= limit::LINE_BYTES {
                emit(Part::doubtful(next, stretch.end));
                return Ok(None);
            }
            line -= self.keep_from(line);
        }
    }

    /// Steps behind the first LF before `end`, so that the buffer begins with a line; `false` if there is none.
    fn skip_line(&mut self, end: u64) -> io::Result<bool> {
        loop {
            let more = self.fill()?;
            if let Some(place) = memchr::memchr(b'\n', self.bytes()) {
                self.keep_from(place + 1);
                return Ok(true);
            }
            self.keep_from(self.filled);
            if !more || self.start >= end {
                return Ok(false);
            }
        }
    }

    fn bytes(&self) -> &[u8] {
        self.buffer.get(..self.filled).unwrap_or_default()
    }

    /// Reads the next block behind what is in the buffer; `false` if the file ends before it.
    fn fill(&mut self) -> io::Result<bool> {
        let left = self.extent.length.saturating_sub(self.start + self.filled as u64);
        let end = self.filled + usize::try_from(left).unwrap_or(usize::MAX).min(self.block);
        if self.buffer.len() < end {
            self.buffer.resize(end, 0);
        }
        let before = self.filled;
        while let Some(rest) = self.buffer.get_mut(self.filled..end).filter(|rest| !rest.is_empty()) {
            match self.extent.file.read_at(rest, self.start + self.filled as u64) {
                Ok(0) => break,
                Ok(count) => self.filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(self.filled > before)
    }

    /// Drops what is in the buffer before `place`, but for what is still to be hashed; returns how much it dropped.
    fn keep_from(&mut self, place: usize) -> usize {
        let dropped = if self.hash.is_some() { place.min(self.hashed) } else { place };
        self.buffer.copy_within(dropped..self.filled, 0);
        self.filled -= dropped;
        self.start += dropped as u64;
        self.hashed = self.hashed.saturating_sub(dropped);
        dropped
    }

    /// Takes the whole lines from `line` on that begin before `end`, two at a time, and hashes the file along.
    fn lines(&mut self, line: &mut usize, end: u64) -> Option<Part> {
        let (start, length) = (self.start, self.extent.length);
        let mut part = PartBuilder::new(start + *line as u64, self.extent.first_seq, self.depth, self.wanted);
        let buffer = self.buffer.get(..self.filled).unwrap_or_default();
        let next = |line: &mut usize| {
            if start + *line as u64 >= end {
                return None;
            }
            let rest = buffer.get(*line..)?;
            let bytes = rest.get(..memchr::memchr(b'\n', rest)?)?;
            *line += bytes.len() + 1;
            Some((bytes, start + *line as u64 == length))
        };
        let doubtful = |from| Some(Part::doubtful(from, end));
        let from = start + *line as u64;
        while let Some((bytes, last)) = next(line) {
            let Some(sealed) = Sealed::new(bytes) else { return doubtful(from) };
            if let Some(hash) = &mut self.hash {
                let ahead = buffer.get(self.hashed..).unwrap_or_default().as_chunks().0;
                let ahead = ahead.get(..sealed.body.len() / BLOCK + 1).unwrap_or(ahead);
                self.hashed += ahead.as_flattened().len();
                let digest = hash.beside(ahead, sealed.body);
                if !part.take(&sealed, digest, bytes.len() + 1, last) {
                    return doubtful(from);
                }
                continue;
            }
            let Some((other, other_last)) = next(line) else {
                let good = part.take(&sealed, Digest::of(sealed.body), bytes.len() + 1, last);
                return if good { part.finish() } else { doubtful(from) };
            };
            let Some(second) = Sealed::new(other) else { return doubtful(from) };
            let [one, two] = beside::two(sealed.body, second.body);
            if !part.take(&sealed, one, bytes.len() + 1, last)
                || !part.take(&second, two, other.len() + 1, other_last)
            {
                return doubtful(from);
            }
        }
        if let Some(hash) = &mut self.hash {
            let rest = buffer.get(self.hashed..).unwrap_or_default().as_chunks().0;
            hash.update(rest);
            self.hashed += rest.as_flattened().len();
        }
        part.finish()
    }

    /// The hash of the file, whose end is in the buffer.
    fn finish(self) -> Option<Digest> {
        let rest = self.buffer.get(self.hashed..self.filled)?;
        self.hash.map(|hash| hash.finish(rest))
    }
}

#[cfg(test)]
mod tests;
