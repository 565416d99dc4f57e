//! Which parts of a text are read with their escapes decoded: those around an escape, as far as a secret, its name or
//! an armoured key may reach. Together they are never longer than the text.

use super::carrier::is_whole_line;
use super::escape::Escape;
use crate::bytes::{Class, at, before, run, run_back, sub, work};
use memchr::memmem;
use std::ops::Range;

/// What is read before an escape, from the start of a line on if one starts there.
const BEFORE: usize = 256;
/// What is read of the line after an escape.
const AFTER: usize = 1024;
/// A word that is cut by these is read on, this far at most.
const WORD: usize = 4096;
/// What words are made of, escapes in them too.
const TOKEN: Class =
    Class::OPAQUE.with(b'.').with(b'\\').with(b'&').with(b'#').with(b';').with(b'~').with(b':');
const WORD_START: Class = Class::BASE64_URL.with(b'+').with(b'/');
/// An armoured key without an end counts as this long.
const ARMOUR: usize = 16 * 1024;

/// A part of a text.
#[derive(Debug)]
pub(super) struct Window {
    pub(super) range: Range<usize>,
    /// The escapes in it.
    pub(super) escapes: Range<usize>,
    /// Whether the word it begins in begins before.
    pub(super) begins_in_word: bool,
}

/// Lists the windows around the telling ones among `escapes`: in order, apart from each other, on character boundaries.
pub(super) fn around(bytes: &[u8], escapes: &[Escape]) -> Vec<Window> {
    let mut telling = escapes.iter().filter(|escape| escape.telling).peekable();
    if telling.peek().is_none() {
        return Vec::new();
    }
    let mut edges = Edges { bytes, armour: armoured(bytes), next_armour: 0, line_end: 0, digits_end: 0 };
    let mut ranges: Vec<Range<usize>> = Vec::new();
    for escape in telling {
        let armour = edges.armour_at(escape.range().start);
        let anchor = armour.as_ref().map_or(escape.range().start, |armour| armour.start);
        let reach = edges.reach(escape).max(armour.map_or(0, |armour| armour.end));
        let wish = anchor.saturating_sub(BEFORE);
        let mut floor = 0;
        if let Some(last) = ranges.last_mut() {
            if wish > last.end {
                last.end = edges.end(last.end);
            }
            if wish <= last.end {
                last.end = last.end.max(reach);
                continue;
            }
            floor = last.end;
        }
        ranges.push(edges.start(wish, anchor, floor)..reach);
    }
    if let Some(last) = ranges.last_mut() {
        last.end = edges.end(last.end);
    }
    let window = |range: Range<usize>| {
        let first = escapes.partition_point(|escape| escape.range().start < range.start);
        let last = escapes.partition_point(|escape| escape.range().end <= range.end);
        let begins_in_word = TOKEN.has(before(bytes, range.start)) && TOKEN.has(at(bytes, range.start));
        Window { range, escapes: first..last, begins_in_word }
    };
    ranges.into_iter().map(window).collect()
}

struct Edges<'t> {
    bytes: &'t [u8],
    armour: Vec<Range<usize>>,
    next_armour: usize,
    /// Where the line ends that was looked at last.
    line_end: usize,
    /// Where the lines end that follow it and hold nothing but digits.
    digits_end: usize,
}

impl Edges<'_> {
    /// How far is read because of an escape. Where it spells the sign by which a line goes on, that is the next line too.
    fn reach(&mut self, escape: &Escape) -> usize {
        let reach = self.reach_of_line(escape);
        let end = escape.range().end;
        let goes_on =
            matches!(escape.meaning, Some('=' | '\\')) && matches!(at(self.bytes, end), b'\n' | b'\r');
        if goes_on { reach.max(self.end_of_line(self.line_end + 1).min(end + AFTER)) } else { reach }
    }

    /// The end of the line of an escape, or of what is read of it.
    fn reach_of_line(&mut self, escape: &Escape) -> usize {
        let end = escape.range().end;
        if self.line_end < end {
            self.line_end = self.end_of_line(end);
            // A wrapped run of digits goes on.
            self.digits_end = self.digits_end.max(self.line_end);
            while self.digits_end < self.line_end + ARMOUR {
                let line = run(self.bytes, self.digits_end + 1, Class::BLANK, 64);
                if !WORD_START.has(at(self.bytes, line)) || !is_whole_line(self.bytes, line) {
                    break;
                }
                self.digits_end = self.end_of_line(line);
            }
        }
        if self.line_end <= end + AFTER { self.digits_end } else { end + AFTER }
    }

    fn end_of_line(&self, from: usize) -> usize {
        let rest = self.bytes.get(from..).unwrap_or_default();
        let length = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        work::add(length + 1);
        from + length
    }

    /// Where a window begins that should begin at `wish`: at a line that starts before `anchor`, or not within a word.
    fn start(&self, wish: usize, anchor: usize, floor: usize) -> usize {
        if wish == 0 {
            return 0;
        }
        match memchr::memchr(b'\n', sub(self.bytes, wish..anchor)) {
            Some(newline) => wish + newline + 1,
            None => self.boundary(run_back(self.bytes, wish, TOKEN, WORD).max(floor)),
        }
    }

    /// Where a window ends that reaches to `reach`: not within a word.
    fn end(&self, reach: usize) -> usize {
        self.boundary(run(self.bytes, reach, TOKEN, WORD))
    }

    /// The next place between two characters.
    fn boundary(&self, from: usize) -> usize {
        let rest = self.bytes.get(from..).unwrap_or_default();
        from + rest.iter().take_while(|&&byte| byte & 0xc0 == 0x80).count()
    }

    /// The armoured block that holds `offset`; offsets must not fall.
    fn armour_at(&mut self, offset: usize) -> Option<Range<usize>> {
        while self.armour.get(self.next_armour).is_some_and(|armour| armour.end <= offset) {
            self.next_armour += 1;
        }
        self.armour.get(self.next_armour).filter(|armour| armour.start <= offset).cloned()
    }
}

/// The armoured blocks of a text.
fn armoured(bytes: &[u8]) -> Vec<Range<usize>> {
    let mut blocks = Vec::new();
    let mut cursor = 0;
    work::add(bytes.len());
    while let Some(offset) = memmem::find(bytes.get(cursor..).unwrap_or_default(), b"-----BEGIN ") {
        let start = cursor + offset;
        let body = sub(bytes, start..start + ARMOUR);
        cursor = start + memmem::find(body, b"-----END").unwrap_or(body.len());
        blocks.push(start..cursor);
    }
    blocks
}
