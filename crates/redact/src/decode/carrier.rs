//! Carriers: runs of base64 or hexadecimal digits that spell text. Where one may stand is found by looking at every
//! eighth byte; what decodes to no text is left after a few bytes, so that hashes, images and words cost next to nothing.

mod digits;
mod text;

use crate::bytes::{Class, at, before, run_back, work};
pub(super) use digits::is_whole_line;
use digits::{Digits, Radix};
use std::ops::Range;
use text::Reading;

/// Text that is spelt by digits.
#[derive(Debug)]
pub(super) struct Carrier {
    pub(super) text: String,
    /// The digits, a range for each line.
    pub(super) lines: Vec<Range<usize>>,
}

/// The shortest run of digits that is looked at. Lines that a long word is wrapped into may be as short.
const LEAST_RUN: usize = 8;
/// A line of digits that is longer than this is not read to its end beforehand.
const MOST_LINE: usize = 4096;
/// The shortest run of pairs that stand apart: eight of them, and what is between.
const LEAST_PAIRS: usize = 23;
const WORD: Class = Class::BASE64_URL.with(b'+').with(b'/');
const APART: Class = Class::HEX
    .or(Class::SPACE)
    .with(b':')
    .with(b',')
    .with(b';')
    .with(b'-')
    .with(b'+')
    .with(b'x')
    .with(b'X')
    .with(b'\\');

/// How a part of a run is searched: what is there, and where to go on.
type Search = fn(&[u8], Range<usize>) -> (Option<Carrier>, usize);

/// What runs of one kind are made of, and how long they are.
struct Kind {
    members: [bool; 256],
    least: usize,
    search: Search,
}

impl Kind {
    const fn new(class: Class, least: usize, search: Search) -> Self {
        let mut members = [false; 256];
        let mut byte = 0_u8;
        while byte < 128 {
            #[expect(clippy::indexing_slicing, reason = "evaluated by the compiler")]
            {
                members[byte as usize] = class.has(byte);
            }
            byte += 1;
        }
        Self { members, least, search }
    }

    fn has(&self, byte: u8) -> bool {
        self.members.get(usize::from(byte)) == Some(&true)
    }
}

static WORDS: Kind = Kind::new(WORD, LEAST_RUN, in_word);
static PAIRS: Kind = Kind::new(APART, LEAST_PAIRS, in_pairs);

/// Finds the carriers of a text one after the other.
pub(super) fn all(bytes: &[u8]) -> impl Iterator<Item = Carrier> {
    in_runs(bytes, &WORDS).chain(in_runs(bytes, &PAIRS))
}

fn in_runs(bytes: &[u8], kind: &'static Kind) -> impl Iterator<Item = Carrier> {
    let mut cursor = 0;
    let mut end = 0;
    std::iter::from_fn(move || {
        loop {
            if cursor >= end {
                let run = next_run(bytes, cursor, kind)?;
                cursor = run.start;
                end = run.end;
            }
            let (carrier, next) = (kind.search)(bytes, cursor..end);
            cursor = next.max(cursor + 1);
            if carrier.is_some() {
                return carrier;
            }
        }
    })
}

/// The next run of a kind: if the last byte that it must have is not of the kind, all before it is skipped.
fn next_run(bytes: &[u8], from: usize, kind: &Kind) -> Option<Range<usize>> {
    let mut start = from;
    loop {
        let window = bytes.get(start..start + kind.least)?;
        match window.iter().rposition(|&byte| !kind.has(byte)) {
            Some(other) => {
                work::add(kind.least - other);
                start += other + 1;
            }
            None => {
                let rest = bytes.get(start + kind.least..).unwrap_or_default();
                let length = rest.iter().position(|&byte| !kind.has(byte)).unwrap_or(rest.len());
                work::add(kind.least + length);
                return Some(start..start + kind.least + length);
            }
        }
    }
}

/// Tries a word of digits from its start, and from behind each sign in it that may part it from what stands before.
fn in_word(bytes: &[u8], word: Range<usize>) -> (Option<Carrier>, usize) {
    let mut start = word.start;
    // The letter of an escape is no digit.
    if before(bytes, start) == b'\\' && matches!(at(bytes, start), b'n' | b'r' | b't') {
        start += 1;
    }
    if at(bytes, start) == b'0' && matches!(at(bytes, start + 1), b'x' | b'X') {
        start += 2;
    }
    for radix in [Radix::Sixteen, Radix::SixtyFour] {
        if !digits::may_spell_text(bytes, start, radix) {
            continue;
        }
        if let Some((carrier, end)) = read(Digits::new(bytes, start, radix)) {
            return (Some(carrier), end);
        }
    }
    let rest = bytes.get(start..word.end).unwrap_or_default();
    let sign = rest.iter().position(|&byte| matches!(byte, b'-' | b'_' | b'+' | b'/')).unwrap_or(rest.len());
    work::add(sign + 1);
    let next = start + sign + 1;
    (None, if next + LEAST_RUN > word.end { word.end } else { next })
}

/// Tries pairs of hexadecimal digits that stand apart, from the first of them on that are followed by another.
fn in_pairs(bytes: &[u8], part: Range<usize>) -> (Option<Carrier>, usize) {
    let run = bytes.get(part.clone()).unwrap_or_default();
    let mut start = part.start;
    for word in run.split(|byte| !byte.is_ascii_alphanumeric()) {
        work::add(word.len() + 1);
        let pair = match word {
            [_, _] => Some((start, start)),
            [b'0', b'x' | b'X', _, _] => Some((start, start + 2)),
            [b'x', _, _] if before(bytes, start) == b'\\' => Some((start - 1, start + 1)),
            _ => None,
        };
        if let Some((pair, digits)) = pair
            && !digits::is_hopeless(bytes, digits, Radix::Pairs)
            && let Some((carrier, end)) = read(Digits::new(bytes, pair, Radix::Pairs))
        {
            return (Some(carrier), end);
        }
        start += word.len() + 1;
    }
    (None, part.end)
}

/// Tells whether an equals sign at `index` pads the base64 before it, and the next line goes on with something else.
pub(super) fn is_padding(bytes: &[u8], index: usize, next_line: usize) -> bool {
    let start = run_back(bytes, index, WORD, MOST_LINE);
    (index - start) % 4 == 3
        && digits::may_spell_text(bytes, start, Radix::SixtyFour)
        && !is_whole_line(bytes, next_line)
}

/// Decodes digits as long as they spell text.
fn read(mut digits: Digits<'_>) -> Option<(Carrier, usize)> {
    let mut reading = Reading::default();
    while let Some(byte) = digits.next_byte() {
        if !reading.take(byte) {
            break;
        }
    }
    while let Some(left) = digits.withdraw(|from| reading.goes_on_from(from)) {
        reading.truncate(left);
    }
    let text = reading.finish()?;
    let (lines, end) = digits.finish();
    Some((Carrier { text, lines }, end))
}
