//! Takes up a chain that an earlier process left: finds its last whole entry, takes a torn tail away, and finds out how far a
//! rotation came. Looks at the genesis and the last two segments only, unless the checkpoints (`floor`) demand more; the whole chain is
//! the verifier's business.

use std::{
    fs::File,
    io::{self, BufReader, Read as _},
    os::unix::fs::FileExt as _,
    time::Duration,
};

use uuid::Uuid;

use super::{
    border::{self, Closed},
    checkpoints::CheckpointOptions,
    error::{Action as _, OpenError},
    floor::{self, Entries, Ground},
    medium::SegmentFile,
    quarantine::{self, Torn},
    segment::Position,
};
use crate::{
    digest::{Digest, Running},
    files,
    folder::ChainFolder,
    limit,
    line::{entry::Entry, read},
    lines::Lines,
    verify::fault::FaultClass,
    vocabulary::Kind,
};

/// How much of the end is looked at to begin with: room for four lines of the greatest length.
const WINDOW: u64 = 4 * limit::LINE_BYTES as u64;
/// How much is looked at at most if no whole line is found; more torn bytes than that come from no crash.
const WIDEST: u64 = 64 * 1024 * 1024;

/// A chain that can go on.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) segment: SegmentFile,
    pub(super) position: Position,
    /// Hash of the segment before, if the segment has yet to be opened.
    pub(super) follows: Option<Digest>,
    /// What has to come onto the record.
    pub(super) torn: Vec<Torn>,
    /// What the checkpoints say, if there are any or any are to be made.
    pub(super) ground: Option<Ground>,
}

/// The last whole entry, and where it ends within the segment.
pub(super) struct Last {
    pub(super) entry: Entry,
    pub(super) end: u64,
}

/// Takes up the chain in `folder`, whose lock is held; `None` if the chain was closed for good.
///
/// # Errors
/// [`OpenError::Damaged`] unless the chain begins as it should, is what its checkpoints say and nothing but its tail above them is torn;
/// [`OpenError::Held`] if somebody writes the segment without holding the lock.
pub(super) fn take_up(
    folder: &ChainFolder,
    chain: Uuid,
    checkpoints: Option<&CheckpointOptions>,
    patience: Duration,
) -> Result<Option<Found>, OpenError> {
    let damaged = |class| OpenError::Damaged { chain, class };
    let content = folder.content().action("list a chain")?;
    if content.misnamed > 0 {
        return Err(damaged(FaultClass::SegmentName));
    }
    let segments = content.segments.as_slice();
    let (Some(&front), Some((&last, before))) = (segments.first(), segments.split_last()) else {
        return Err(damaged(FaultClass::SegmentMissing));
    };
    let first = check_front(folder, chain, front)?;
    let file = files::read(&folder.segment(last)).action("open a segment")?;
    let length = file.metadata().action("look at a segment")?.len();
    let (entry, tail) = last_entry(&file, length, chain)?;
    let closed =
        before.last().map(|&first_seq| border::closed(folder, chain, first_seq, last)).transpose()?;
    // nothing is changed before the checkpoints have agreed
    let stand = |end, size| {
        floor::check(checkpoints, &Entries { folder, chain, segments, end, size }, &first, patience)
    };
    let Some(Last { entry, end }) = entry else {
        // the rotation came as far as the file, but not to its first line
        let closed = closed.ok_or_else(|| damaged(FaultClass::Genesis))?;
        let ground = stand(0, last)?;
        let file = write_to(folder, last)?;
        return begin(folder, file, last, &tail, &closed, ground).map(Some);
    };
    if let Some(closed) = &closed {
        closed.is_followed_by(&first_entry(&file, chain)?).map_err(damaged)?;
    }
    let next_seq = entry.seq.saturating_add(1);
    let ground = stand(end, next_seq)?;
    if entry.kind == Kind::ChainClose {
        // nothing here writes one, and where a key signs somebody may want to be rid of the chain: no new one is made beside it
        return if ground.is_some() { Err(damaged(FaultClass::AfterClose)) } else { Ok(None) };
    }
    if !tail.is_empty() {
        quarantine::take_away(folder, &write_to(folder, last)?, end, &tail, next_seq)?;
    }
    if entry.kind == Kind::SegmentClose {
        // the rotation came as far as the close; or somebody took the segments behind it away, so it goes onto the record
        let closed = border::closed(folder, chain, last, next_seq)?;
        let file = files::create(&folder.segment(next_seq)).action("make a segment")?;
        return begin(folder, file, next_seq, &[], &closed, ground).map(Some);
    }
    // a start that began this segment may have come no further
    let unsaid = if entry.kind == Kind::SegmentOpen { entry.seq } else { next_seq };
    let torn = quarantine::unrecorded(folder, unsaid)?;
    let opened = Some(first_entry(&file, chain)?.moment);
    let hash = hash_of(&file, end).action("read a segment")?;
    let position = Position { next_seq, head: entry.entry_hash, length: end, hash, opened };
    let segment = take(folder, write_to(folder, last)?, last)?;
    Ok(Some(Found { segment, position, follows: None, torn, ground }))
}

/// Begins the segment in `file`, which holds nothing but `tail`, behind the one that was closed.
fn begin(
    folder: &ChainFolder,
    file: File,
    first_seq: u64,
    tail: &[u8],
    closed: &Closed,
    ground: Option<Ground>,
) -> Result<Found, OpenError> {
    if !tail.is_empty() {
        quarantine::take_away(folder, &file, 0, tail, first_seq)?;
    }
    let mut torn = quarantine::unrecorded(folder, first_seq)?;
    if torn.is_empty() {
        torn.push(Torn::nothing());
    }
    let position = Position {
        next_seq: first_seq,
        head: closed.close.entry_hash,
        length: 0,
        hash: Running::default(),
        opened: None,
    };
    let segment = take(folder, file, first_seq)?;
    Ok(Found { segment, position, follows: Some(closed.sha256), torn, ground })
}

fn write_to(folder: &ChainFolder, first_seq: u64) -> Result<File, OpenError> {
    files::append(&folder.segment(first_seq)).action("open a segment")
}

/// Takes the segment for this process alone.
fn take(folder: &ChainFolder, file: File, first_seq: u64) -> Result<SegmentFile, OpenError> {
    SegmentFile::new(file, folder.clone(), first_seq).map_err(|source| {
        match (source.kind(), folder.chain_id) {
            (io::ErrorKind::WouldBlock, Some(chain)) => OpenError::Held { chain },
            _ => OpenError::Io { action: "lock a segment", source },
        }
    })
}

/// Hashes the first `length` bytes.
fn hash_of(file: &File, length: u64) -> io::Result<Running> {
    let mut file = file;
    io::Seek::seek(&mut file, io::SeekFrom::Start(0))?;
    Running::of(file.take(length))
}

/// The first line of the chain, or of what is left of it once its front was pruned.
fn check_front(folder: &ChainFolder, chain: Uuid, front: u64) -> Result<Entry, OpenError> {
    let file = files::read(&folder.segment(front)).action("open a segment")?;
    let right = |entry: &Entry| match front {
        0 => entry.kind == Kind::ChainOpen && entry.seq == 0 && entry.prev_hash == Digest::ZERO,
        _ => entry.kind == Kind::SegmentOpen && entry.seq == front && entry.first_seq == Some(front),
    };
    match first_entry(&file, chain) {
        Ok(entry) if right(&entry) => Ok(entry),
        Ok(_) | Err(OpenError::Damaged { .. }) => {
            Err(OpenError::Damaged { chain, class: FaultClass::Genesis })
        }
        Err(error) => Err(error),
    }
}

/// The first line of a segment, which must be whole and of `chain`.
fn first_entry(file: &File, chain: Uuid) -> Result<Entry, OpenError> {
    let damaged = |class| OpenError::Damaged { chain, class };
    let mut file = file;
    io::Seek::seek(&mut file, io::SeekFrom::Start(0)).action("read a segment")?;
    let mut lines = Lines::new(BufReader::new(file));
    let line = lines.next().action("read a segment")?.ok_or_else(|| damaged(FaultClass::TornTail))?;
    let entry = read::read(line.bytes).map_err(damaged)?;
    match (line.ended, entry.chain_id == chain) {
        (true, true) => Ok(entry),
        (false, _) => Err(damaged(FaultClass::TornTail)),
        (true, false) => Err(damaged(FaultClass::WrongChain)),
    }
}

/// Finds the last whole entry, in as much of the end as it takes; returns it and the bytes behind it.
/// There is none if the whole segment holds none.
pub(super) fn last_entry(
    file: &File,
    length: u64,
    chain: Uuid,
) -> Result<(Option<Last>, Vec<u8>), OpenError> {
    let mut window = WINDOW;
    loop {
        let start = length.saturating_sub(window);
        let mut bytes = vec![0; usize::try_from(length - start).unwrap_or(usize::MAX)];
        file.read_exact_at(&mut bytes, start).action("read a segment")?;
        // the window may begin within a line
        let skip =
            if start == 0 { 0 } else { memchr::memchr(b'\n', &bytes).map_or(bytes.len(), |end| end + 1) };
        bytes.drain(..skip);
        let start = start + skip as u64;
        let last = scan(&bytes, start, chain).map_err(|class| OpenError::Damaged { chain, class })?;
        if let Some(last) = last {
            bytes.drain(..usize::try_from(last.end - start).unwrap_or(usize::MAX).min(bytes.len()));
            return Ok((Some(last), bytes));
        }
        if window >= length {
            return Ok((None, bytes));
        }
        if window >= WIDEST {
            return Err(OpenError::Damaged { chain, class: FaultClass::TornTail });
        }
        window = window.saturating_mul(4);
    }
}

/// Reads the lines of `bytes`, which begin at `start` of the segment, and returns the last whole one.
fn scan(bytes: &[u8], start: u64, chain: Uuid) -> Result<Option<Last>, FaultClass> {
    let mut lines = Lines::new(bytes);
    let (mut last, mut first_fault): (Option<Last>, Option<FaultClass>) = (None, None);
    // reading from memory cannot fail
    while let Ok(Some(line)) = lines.next() {
        let entry = match read::read(line.bytes) {
            Ok(entry) if line.ended => entry,
            Ok(_) => break,
            Err(class) => {
                first_fault.get_or_insert(class);
                continue;
            }
        };
        if let Some(class) = first_fault {
            // a whole entry behind a broken one: this is no torn tail
            return Err(class);
        }
        if entry.chain_id != chain {
            return Err(FaultClass::WrongChain);
        }
        if let Some(Last { entry: before, .. }) = &last {
            if entry.seq != before.seq + 1 {
                return Err(FaultClass::SeqGap);
            }
            if entry.prev_hash != before.entry_hash {
                return Err(FaultClass::BrokenLink);
            }
        }
        let end = start + line.offset + line.bytes.len() as u64 + 1;
        last = Some(Last { entry, end });
    }
    Ok(last)
}
