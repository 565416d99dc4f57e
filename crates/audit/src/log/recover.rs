//! Takes up a chain that an earlier process left: finds its last whole entry and takes a torn tail away.
//! Looks at the genesis and the end of the last segment only; the whole chain is the verifier's business.

use std::{
    fs::File,
    io::{BufReader, Write as _},
    os::unix::fs::FileExt as _,
    path::PathBuf,
};

use uuid::Uuid;

use super::{
    error::{Action as _, OpenError},
    state::Position,
};
use crate::{
    digest::Digest,
    files,
    folder::{ChainFolder, QUARANTINE},
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

/// What was taken away.
#[derive(Debug)]
pub(super) struct Torn {
    pub(super) last_good_seq: u64,
    pub(super) bytes: u64,
    pub(super) sha256: Digest,
    pub(super) quarantine: String,
}

/// A chain that can go on.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) file: File,
    pub(super) path: PathBuf,
    pub(super) position: Position,
    pub(super) torn: Option<Torn>,
}

/// The last whole entry, and where it ends within the segment.
struct Last {
    entry: Entry,
    end: u64,
}

/// Takes up the chain in `folder`, whose lock is held; `None` if the chain was closed for good.
///
/// # Errors
/// [`OpenError::Damaged`] unless the chain begins as it should and nothing but its tail is torn.
pub(super) fn take_up(folder: &ChainFolder, chain: Uuid) -> Result<Option<Found>, OpenError> {
    let damaged = |class| OpenError::Damaged { chain, class };
    let content = folder.content().action("list a chain")?;
    let (Some(&first), Some(&last), 0) =
        (content.segments.first(), content.segments.last(), content.misnamed)
    else {
        return Err(damaged(if content.misnamed > 0 {
            FaultClass::SegmentName
        } else {
            FaultClass::SegmentMissing
        }));
    };
    if first != 0 {
        return Err(damaged(FaultClass::SegmentMissing));
    }
    check_genesis(folder, chain)?;
    let path = folder.segment(last);
    let file = files::append(&path).action("open a segment")?;
    let length = file.metadata().action("look at a segment")?.len();
    let (Last { entry, end }, tail) = last_entry(&file, length, chain)?;
    if entry.kind == Kind::ChainClose {
        return Ok(None);
    }
    let position = Position { next_seq: entry.seq + 1, head: entry.entry_hash, offset: end };
    let torn = if tail.is_empty() { None } else { Some(quarantine(folder, &file, &entry, end, &tail)?) };
    Ok(Some(Found { file, path, position, torn }))
}

fn check_genesis(folder: &ChainFolder, chain: Uuid) -> Result<(), OpenError> {
    let damaged = || OpenError::Damaged { chain, class: FaultClass::Genesis };
    let file = files::read(&folder.segment(0)).action("open a segment")?;
    let mut lines = Lines::new(BufReader::new(file));
    let line = lines.next().action("read a segment")?.ok_or_else(damaged)?;
    let entry = read::read(line.bytes).map_err(|_| damaged())?;
    let genesis = entry.kind == Kind::ChainOpen
        && entry.seq == 0
        && entry.prev_hash == Digest::ZERO
        && entry.chain_id == chain
        && line.ended;
    if genesis { Ok(()) } else { Err(damaged()) }
}

/// Finds the last whole entry, in as much of the end as it takes; returns it and the bytes behind it.
fn last_entry(file: &File, length: u64, chain: Uuid) -> Result<(Last, Vec<u8>), OpenError> {
    let mut window = WINDOW;
    loop {
        let start = length.saturating_sub(window);
        let mut bytes = vec![0; usize::try_from(length - start).unwrap_or(usize::MAX)];
        file.read_exact_at(&mut bytes, start).action("read a segment")?;
        // the window may begin within a line
        let skip =
            if start == 0 { 0 } else { memchr::memchr(b'\n', &bytes).map_or(bytes.len(), |end| end + 1) };
        let lines = bytes.split_off(skip);
        let start = start + skip as u64;
        let last = scan(&lines, start, chain).map_err(|class| OpenError::Damaged { chain, class })?;
        if let Some(last) = last {
            let behind = usize::try_from(last.end - start).unwrap_or(usize::MAX);
            let tail = lines.get(behind..).unwrap_or_default().to_vec();
            return Ok((last, tail));
        }
        if window >= length || window >= WIDEST {
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

/// Copies `tail` to the quarantine, makes the copy durable, and only then cuts it off the segment.
fn quarantine(
    folder: &ChainFolder,
    file: &File,
    last: &Entry,
    end: u64,
    tail: &[u8],
) -> Result<Torn, OpenError> {
    let action = "quarantine the torn tail";
    let sha256 = Digest::of(tail);
    let directory = folder.path.join(QUARANTINE);
    files::directory(&directory).action(action)?;
    let name = format!("{:020}-{sha256}.torn", last.seq + 1);
    let path = directory.join(&name);
    // a copy of an earlier try may be cut short itself
    let mut copy = files::open_or_create(&path).action(action)?;
    copy.set_len(0).action(action)?;
    copy.write_all(tail).action(action)?;
    copy.sync_all().action(action)?;
    files::sync_directory(&directory).action(action)?;
    files::sync_directory(&folder.path).action(action)?;
    file.set_len(end).action("cut the torn tail off")?;
    file.sync_all().action("cut the torn tail off")?;
    Ok(Torn { last_good_seq: last.seq, bytes: tail.len() as u64, sha256, quarantine: name })
}
