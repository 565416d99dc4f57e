//! Goes through lines one by one and names what is wrong with the first bad one.
//! Only lines of which something seems to be wrong come here, so that speed does not matter and one place decides.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read},
    os::unix::fs::FileExt as _,
};

use super::{
    attested::{Halt, SPEAKING, speaks},
    depth::Depth,
    fault::FaultClass,
    links::Place,
    progress::{Progress, Wrong},
    scan::Extent,
};
use crate::{
    digest::Digest,
    line::{self, HASH_KEY, read, sealed::Sealed},
    lines::{Line, Lines},
};

/// Bytes read at once.
const BUFFER_BYTES: usize = 256 * 1024;

/// A bad line of a segment.
pub(super) struct Bad {
    pub(super) line: u64,
    pub(super) offset: u64,
    pub(super) wrong: Wrong,
    /// Whether nothing from here to the end of the file was ever a whole entry.
    pub(super) unframed: bool,
}

/// Good lines, and the bad one that ends them.
#[derive(Default)]
pub(super) struct Walk {
    pub(super) lines: u64,
    pub(super) bytes: u64,
    pub(super) bad: Option<Bad>,
    /// What ends them although none is bad.
    pub(super) halt: Option<Halt>,
}

/// Part of a file as a stream.
struct Stream<'file> {
    file: &'file File,
    place: u64,
    end: u64,
}

impl Read for Stream<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.end.saturating_sub(self.place)).unwrap_or(usize::MAX);
        let most = buffer.len().min(left);
        let count = self.file.read_at(buffer.get_mut(..most).unwrap_or_default(), self.place)?;
        self.place += count as u64;
        Ok(count)
    }
}

/// The lines to go through, and what is before them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    /// Where the first one begins.
    pub(super) from: u64,
    /// Before this place the last one begins.
    pub(super) to: u64,
    /// Lines of the segment before them.
    pub(super) before: u64,
    /// Hash of the segment before.
    pub(super) previous: Option<Digest>,
}

/// Takes the lines of `span` until one is bad.
pub(super) fn walk(extent: &Extent, span: Span, progress: &mut Progress<'_>) -> io::Result<Walk> {
    let stream = Stream { file: &extent.file, place: span.from, end: extent.length };
    let lines = BufReader::with_capacity(BUFFER_BYTES, stream);
    through(lines, (extent.first_seq, extent.length), span, progress)
}

/// Takes the lines of `source`, which begins where `span` does, in the segment with that `first_seq` and length.
pub(super) fn through(
    source: impl BufRead,
    (first_seq, length): (u64, u64),
    span: Span,
    progress: &mut Progress<'_>,
) -> io::Result<Walk> {
    let mut lines = Lines::new(source);
    let mut walk = Walk::default();
    while let Some(line) = lines.next()? {
        let offset = span.from + line.offset;
        if offset >= span.to {
            break;
        }
        let number = span.before + line.number;
        let place = Place { opens_segment: number == 1, segment: first_seq, previous: span.previous };
        let bytes = line.bytes.len() as u64 + 1;
        let border = place.opens_segment || offset + bytes >= length;
        let Err(wrong) = take(&line, border, place, progress) else {
            walk.lines += 1;
            walk.bytes += bytes;
            walk.halt = progress.arrive().err();
            if walk.halt.is_some() {
                break;
            }
            continue;
        };
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

/// Takes the next line; `border` tells whether it is the first or the last of its segment.
fn take(line: &Line<'_>, border: bool, place: Place, progress: &mut Progress<'_>) -> Result<(), Wrong> {
    let whole = border || progress.depth == Depth::Entries;
    let sealed = Sealed::new(line.bytes).map(|sealed| (sealed, Digest::of(sealed.body)));
    if let Some((sealed, hash)) = sealed.filter(|(sealed, hash)| !whole && sealed.is_by(hash)) {
        let tracked = progress.evidence.tracked;
        let glance = sealed.glance().filter(|_| tracked);
        if !tracked || glance.is_some_and(|glance| !glance.is(&SPEAKING)) {
            return if line.ended {
                progress.pass(sealed.previous(), hash, glance.as_ref())
            } else {
                Err(unended())
            };
        }
    }
    match read::check(line.bytes) {
        Ok(_) if !line.ended => Err(unended()),
        Ok(entry) => {
            progress.take(&entry, place)?;
            if !speaks(entry.kind) || !(progress.depth == Depth::Entries || progress.evidence.tracked) {
                return Ok(());
            }
            let entry = read::read(line.bytes).map_err(|class| (class, expected(class)))?;
            progress.hear(&entry)
        }
        Err(class) => Err((class, expected(class))),
    }
}

fn unended() -> Wrong {
    (FaultClass::TornTail, "a line feed behind the line".to_owned())
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
