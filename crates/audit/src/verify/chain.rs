//! Verifies one chain: its segments in order, line by line, up to the first fault.
//! Decides whether a bad end is a torn tail or a changed one.

use std::{
    fs::{File, TryLockError},
    io::{self, BufReader, Read as _, Seek as _, SeekFrom},
};

use super::{
    fault::FaultClass,
    progress::{Place, Progress, Wrong},
    report::{ChainReport, Fault, Verdict, Warning},
};
use crate::{
    digest::{Digest, Running},
    files,
    folder::{self, ChainFolder},
    line::{self, HASH_KEY, read},
    lines::{Line, Lines},
};

/// Bytes read at once.
const BUFFER_BYTES: usize = 256 * 1024;

/// A bad line of a segment.
struct Bad {
    line: u64,
    offset: u64,
    wrong: Wrong,
    /// Whether nothing from here to the end of the file was ever a whole entry.
    unframed: bool,
}

/// Good lines of a segment, and the bad one that ends them.
#[derive(Default)]
struct Walk {
    entries: u64,
    bytes: u64,
    /// Over the good lines.
    hash: Running,
    bad: Option<Bad>,
}

pub(super) fn verify(folder: &ChainFolder) -> io::Result<ChainReport> {
    let content = folder.content()?;
    let mut progress = Progress::new(folder.chain_id);
    let mut report = ChainReport {
        chain: folder.chain_id,
        verdict: Verdict::Intact,
        entries: 0,
        bytes: 0,
        last_seq: None,
        head: None,
        dangling: 0,
        dangling_seqs: Vec::new(),
        recoveries: 0,
        live: false,
        torn_bytes: 0,
        warnings: Vec::new(),
        fault: None,
    };
    if content.misnamed > 0 {
        report.blame(
            "",
            &progress,
            0,
            0,
            (FaultClass::SegmentName, "segment names of twenty digits".to_owned()),
        );
    } else if content.segments.first() != Some(&0) {
        report.blame("", &progress, 0, 0, (FaultClass::SegmentMissing, folder::segment_name(0)));
    } else {
        let last = content.segments.len() - 1;
        let mut previous = None;
        for (place, first_seq) in content.segments.into_iter().enumerate() {
            previous = segment(folder, (first_seq, previous), place == last, &mut progress, &mut report)?;
            if report.fault.is_some() {
                break;
            }
        }
        announced(folder, &progress, &mut report)?;
    }
    report.chain = progress.chain;
    (report.dangling, report.dangling_seqs) = progress.dangling();
    report.recoveries = progress.recoveries;
    report.last_seq = progress.next_seq.checked_sub(1);
    report.head = report.last_seq.map(|_| progress.head);
    report.warnings.extend(progress.warnings());
    if content.unexpected > 0 {
        report.warnings.push(Warning::UnexpectedFiles { count: content.unexpected });
    }
    Ok(report)
}

impl ChainReport {
    fn blame(&mut self, file: &str, progress: &Progress, line: u64, offset: u64, (class, expected): Wrong) {
        self.verdict = Verdict::Tampered;
        self.fault = Some(Fault {
            chain: progress.chain,
            file: file.to_owned(),
            line,
            offset,
            seq: Some(progress.next_seq),
            class,
            expected,
        });
    }

    /// Blames a crash: the next start mends what is wrong.
    fn tear(&mut self, file: &str, progress: &Progress, line: u64, offset: u64, expected: String) {
        self.blame(file, progress, line, offset, (FaultClass::TornTail, expected));
        self.verdict = Verdict::Torn;
    }
}

/// Looks for the segment that the last entry announces: a crash leaves it out only for as long as nobody starts.
fn announced(folder: &ChainFolder, progress: &Progress, report: &mut ChainReport) -> io::Result<()> {
    let Some(next) = progress.announced().filter(|_| report.fault.is_none()) else { return Ok(()) };
    // a process that rotates, or has begun meanwhile
    if report.live || is_held(folder)? || folder.segment(next).symlink_metadata().is_ok() {
        report.live = true;
        return Ok(());
    }
    report.tear("", progress, 0, 0, folder::segment_name(next));
    Ok(())
}

/// Verifies the segment that begins with `first_seq` and follows one with the hash `previous`; returns its own hash.
fn segment(
    folder: &ChainFolder,
    (first_seq, previous): (u64, Option<Digest>),
    last: bool,
    progress: &mut Progress,
    report: &mut ChainReport,
) -> io::Result<Option<Digest>> {
    let name = folder::segment_name(first_seq);
    if progress.next_seq != first_seq {
        let class =
            if first_seq > progress.next_seq { FaultClass::SegmentMissing } else { FaultClass::SegmentName };
        report.blame(&name, progress, 0, 0, (class, folder::segment_name(progress.next_seq)));
        return Ok(None);
    }
    let mut file = files::read(&folder.segment(first_seq))?;
    let mut length = file.metadata()?.len();
    // asked after the length: a writer that is free now can have left nothing unfinished before it
    report.live = last && is_held(folder)?;
    if report.live {
        length = whole_lines(&mut file, length)?;
    }
    // a rotation comes as far as the empty file before its first line
    let begun = last && progress.announced() == Some(first_seq);
    if length == 0 {
        let expected = "a segment with at least one line".to_owned();
        match (begun, report.live) {
            (true, true) => {}
            (true, false) => report.tear(&name, progress, 0, 0, expected),
            _ if first_seq == 0 => report.blame(&name, progress, 0, 0, (FaultClass::Genesis, expected)),
            _ => report.blame(&name, progress, 0, 0, (FaultClass::SegmentMissing, expected)),
        }
        return Ok(None);
    }
    let walk = walk(&mut file, length, (first_seq, previous), progress)?;
    report.entries += walk.entries;
    report.bytes += walk.bytes;
    let Some(bad) = walk.bad else { return Ok(Some(walk.hash.digest())) };
    if !(last && bad.unframed && (begun || progress.next_seq > first_seq)) {
        report.blame(&name, progress, bad.line, bad.offset, bad.wrong);
        return Ok(None);
    }
    // a process that has begun meanwhile may have been caught in the middle of a line
    if file.metadata()?.len() != length || is_held(folder)? {
        report.live = true;
        return Ok(None);
    }
    report.torn_bytes = length - bad.offset;
    report.tear(&name, progress, bad.line, bad.offset, "a whole line, or the end".to_owned());
    Ok(None)
}

/// Whether a process holds the chain.
fn is_held(folder: &ChainFolder) -> io::Result<bool> {
    let lock = match files::read(&folder.lock()) {
        Ok(lock) => lock,
        // a copied chain has none
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error),
    };
    match lock.try_lock_shared() {
        Ok(()) => lock.unlock().map(|()| false),
        Err(TryLockError::WouldBlock) => Ok(true),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// The length up to the last LF within `length`.
fn whole_lines(file: &mut File, length: u64) -> io::Result<u64> {
    let mut end = length;
    let mut chunk = Vec::new();
    while end > 0 {
        let start = end.saturating_sub(BUFFER_BYTES as u64);
        file.seek(SeekFrom::Start(start))?;
        chunk.clear();
        file.by_ref().take(end - start).read_to_end(&mut chunk)?;
        if let Some(place) = memchr::memrchr(b'\n', &chunk) {
            return Ok(start + place as u64 + 1);
        }
        end = start;
    }
    Ok(0)
}

/// Takes lines of the first `length` bytes until one is bad.
fn walk(
    file: &mut File,
    length: u64,
    (first_seq, previous): (u64, Option<Digest>),
    progress: &mut Progress,
) -> io::Result<Walk> {
    file.seek(SeekFrom::Start(0))?;
    let mut lines = Lines::new(BufReader::with_capacity(BUFFER_BYTES, file.by_ref().take(length)));
    let mut walk = Walk::default();
    while let Some(line) = lines.next()? {
        let place = Place { opens_segment: line.number == 1, segment: first_seq, previous };
        let wrong = match read::check(line.bytes) {
            Ok(_) if !line.ended => (FaultClass::TornTail, "a line feed behind the line".to_owned()),
            Ok(entry) => match progress.take(&entry, place) {
                Ok(()) => {
                    walk.entries += 1;
                    walk.bytes += line.bytes.len() as u64 + 1;
                    walk.hash.update(line.bytes);
                    walk.hash.update(b"\n");
                    continue;
                }
                Err(wrong) => wrong,
            },
            Err(class) => (class, expected(class)),
        };
        let (number, offset) = (line.number, line.offset);
        // an entry that can be read is one, wherever it does not belong
        let mut unframed = is_unframed(&line);
        while unframed && let Some(line) = lines.next()? {
            unframed = is_unframed(&line);
        }
        walk.bad = Some(Bad { line: number, offset, wrong, unframed });
        break;
    }
    Ok(walk)
}

/// Whether a line shows neither the begin nor the end of an entry, or was never ended.
/// Whoever changes a byte of an entry leaves at least one of the two, so that a change does not pass for a crash.
fn is_unframed(line: &Line<'_>) -> bool {
    let suffix = line.bytes.len().saturating_sub(line::SUFFIX_BYTES);
    let framed = line.bytes.starts_with(line::PREFIX.as_bytes())
        || line.bytes.get(suffix..).is_some_and(|suffix| suffix.starts_with(HASH_KEY.as_bytes()));
    !(line.ended && framed)
}

/// What a line should have been whose bytes are bad by themselves.
fn expected(class: FaultClass) -> String {
    match class {
        FaultClass::HashMismatch => "an entry_hash that is the hash of the line",
        FaultClass::BadSuffix => "a line that ends in its entry_hash",
        FaultClass::UnsupportedVersion => "v 1",
        FaultClass::LineTooLong => "at most 65536 bytes",
        _ => "a line as format v1 spells it",
    }
    .to_owned()
}
