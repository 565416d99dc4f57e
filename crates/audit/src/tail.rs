//! Reads the lines of the chain that this process writes, as they were written, from any place in it on.
//! A writer takes back what it could not write whole, so nobody may read further than the log's own head; whoever calls says how far
//! that is. Each line is checked by itself and for being the next one: what was changed beneath is told and not passed on.

use std::{
    fs::File,
    io::{BufReader, Read as _, Seek as _, SeekFrom},
};

use crate::{
    digest::Digest,
    files,
    folder::{self, ChainFolder},
    limit,
    line::{facts::Facts, read},
    lines::Lines,
    reader::ReadError,
    verify::fault::FaultClass,
};

/// How far a segment is cut in halves to find a place in it; what is left is read line by line.
const NEAR: u64 = 4 * limit::LINE_BYTES as u64;

/// How much is read at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Most {
    /// Lines.
    pub lines: u64,
    /// Bytes; one line is read in any case.
    pub bytes: u64,
}

/// A place in the chain that is being written.
#[derive(Debug)]
pub struct Tail {
    folder: ChainFolder,
    next: u64,
    open: Option<Open>,
    /// The hash of the entry before `next`, if that was read.
    head: Option<Digest>,
}

/// The segment in which the next line stands, or behind whose end it will.
#[derive(Debug)]
struct Open {
    file: File,
    first_seq: u64,
    /// Where the next line begins.
    offset: u64,
}

impl Tail {
    pub(crate) const fn new(folder: ChainFolder, next: u64) -> Self {
        Self { folder, next, open: None, head: None }
    }

    /// The entry that is read next.
    #[must_use]
    pub const fn next(&self) -> u64 {
        self.next
    }

    /// Hands lines, without their LF, to `take` together with their places: up to the entry `through`, which must have been appended, and
    /// not more than `most`. Entries that were pruned are passed over. Tells whether there are more.
    ///
    /// # Errors
    /// [`ReadError`] if a line cannot be read or is not the one that must come next. The next call tries again.
    pub fn read(
        &mut self,
        through: u64,
        most: Most,
        take: &mut dyn FnMut(u64, &[u8]),
    ) -> Result<bool, ReadError> {
        let (mut lines, mut bytes) = (most.lines, most.bytes);
        while self.next <= through && lines > 0 && bytes > 0 {
            let open = match self.open.take() {
                Some(open) => open,
                None => self.locate()?,
            };
            let begin = self.next;
            let open = self.read_segment(open, through, (&mut lines, &mut bytes), take)?;
            if self.next <= through && lines > 0 && bytes > 0 {
                // the segment is at its end: the line stands in the next one, or was taken away
                if self.next == begin && open.first_seq == self.segment()? {
                    return Err(ReadError::Replaced { file: folder::segment_name(open.first_seq) });
                }
            } else {
                self.open = Some(open);
            }
        }
        Ok(self.next <= through)
    }

    /// Passes over what a slow reader is too far behind with: more than `entries`, or `bytes`, before the entry `through`. Returns how many
    /// entries that are, without those that were pruned.
    ///
    /// # Errors
    /// As [`Tail::read`].
    pub fn catch_up(&mut self, through: u64, most: Most) -> Result<u64, ReadError> {
        let behind = through.saturating_add(1).saturating_sub(self.next);
        // so many lines cannot be more bytes, however long they are
        if behind <= (most.bytes / limit::LINE_BYTES as u64).min(most.lines) {
            return Ok(0);
        }
        self.segment()?;
        let mut target = through.saturating_add(1).saturating_sub(most.lines).max(self.next);
        if let Some(last) = self.folder.content()?.segments.last().copied().filter(|last| *last <= through) {
            let file = files::read(&self.folder.segment(last))?;
            let length = file.metadata()?.len();
            if let Some(from) = length.checked_sub(most.bytes)
                && let Some((_, seq)) = line_behind(&file, last, from, length)?
            {
                target = target.max(seq.min(through));
            }
        }
        let skipped = target.saturating_sub(self.next);
        if skipped > 0 {
            (self.next, self.open, self.head) = (target, None, None);
        }
        Ok(skipped)
    }

    /// Reads the lines of one segment.
    fn read_segment(
        &mut self,
        open: Open,
        through: u64,
        (left, bytes): (&mut u64, &mut u64),
        take: &mut dyn FnMut(u64, &[u8]),
    ) -> Result<Open, ReadError> {
        let Open { mut file, first_seq, offset } = open;
        file.seek(SeekFrom::Start(offset))?;
        let mut lines = Lines::new(BufReader::new(&file));
        let mut end = 0;
        while self.next <= through && *left > 0 && *bytes > 0 {
            let Some(line) = lines.next()?.filter(|line| line.ended) else { break };
            let facts = self.expected(line.bytes, first_seq)?;
            take(self.next, line.bytes);
            *left = left.saturating_sub(1);
            *bytes = bytes.saturating_sub(line.bytes.len() as u64);
            self.next = self.next.saturating_add(1);
            self.head = Some(facts.entry_hash);
            end = lines.offset();
        }
        drop(lines);
        Ok(Open { file, first_seq, offset: offset.saturating_add(end) })
    }

    /// What a line says, if it is the one that comes next.
    fn expected(&self, line: &[u8], first_seq: u64) -> Result<Facts, ReadError> {
        let bad = |class| ReadError::Line {
            file: folder::segment_name(first_seq),
            line: self.next.saturating_sub(first_seq).saturating_add(1),
            class,
        };
        let facts = read::check(line).map_err(bad)?;
        if self.folder.chain_id.is_some_and(|chain| chain != facts.chain_id) {
            return Err(bad(FaultClass::WrongChain));
        }
        if facts.seq != self.next {
            return Err(bad(FaultClass::SeqGap));
        }
        if self.head.is_some_and(|head| head != facts.prev_hash) {
            return Err(bad(FaultClass::BrokenLink));
        }
        Ok(facts)
    }

    /// The segment in which the next line stands, by its first entry. Where the next line was pruned, the first that is left comes next.
    fn segment(&mut self) -> Result<u64, ReadError> {
        let segments = self.folder.content()?.segments;
        let behind = segments.partition_point(|first| *first <= self.next);
        if let Some(first) = behind.checked_sub(1).and_then(|place| segments.get(place)) {
            return Ok(*first);
        }
        let Some(first) = segments.first().copied() else {
            return Err(ReadError::Replaced { file: folder::segment_name(0) });
        };
        (self.next, self.head, self.open) = (first, None, None);
        Ok(first)
    }

    /// Opens the segment in which the next line stands, at its begin.
    fn locate(&mut self) -> Result<Open, ReadError> {
        let first_seq = self.segment()?;
        let file = files::read(&self.folder.segment(first_seq))?;
        let offset = find(&file, first_seq, self.next)?;
        Ok(Open { file, first_seq, offset })
    }
}

/// Where the line of `seq` begins in a segment, or the end of the lines if there is none.
fn find(file: &File, first_seq: u64, seq: u64) -> Result<u64, ReadError> {
    let (mut low, mut low_seq) = (0, first_seq);
    let mut high = file.metadata()?.len();
    while low_seq < seq && high.saturating_sub(low) > NEAR {
        let middle = low.midpoint(high);
        match line_behind(file, first_seq, middle, high)? {
            Some((offset, found)) if found <= seq => (low, low_seq) = (offset, found),
            Some(_) | None => high = middle,
        }
    }
    let mut reader = file;
    reader.seek(SeekFrom::Start(low))?;
    let mut lines = Lines::new(BufReader::new(reader));
    while low_seq < seq && lines.next()?.is_some_and(|line| line.ended) {
        low_seq = low_seq.saturating_add(1);
    }
    Ok(low.saturating_add(lines.offset()))
}

/// The first whole line that begins behind `from` and before `end`: where, and its `seq`.
fn line_behind(file: &File, first_seq: u64, from: u64, end: u64) -> Result<Option<(u64, u64)>, ReadError> {
    let mut reader = file;
    reader.seek(SeekFrom::Start(from))?;
    let mut lines = Lines::new(BufReader::new(reader.take(2 * limit::LINE_BYTES as u64)));
    // what is left of the line that lies over the place
    lines.next()?;
    let offset = from.saturating_add(lines.offset());
    let Some(line) = lines.next()?.filter(|line| line.ended && offset < end) else { return Ok(None) };
    let facts = read::check(line.bytes).map_err(|class| ReadError::Line {
        file: folder::segment_name(first_seq),
        line: 0,
        class,
    })?;
    Ok(Some((offset, facts.seq)))
}

#[cfg(test)]
mod tests;
