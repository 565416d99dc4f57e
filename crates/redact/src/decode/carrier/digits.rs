//! Reads digits one after the other, over what they are wrapped by: line ends, raw and escaped, the indentation and the
//! marks of diffs and comments behind these, and the signs between pairs.

use super::super::escape::content_of_line;
use super::MOST_LINE;
use super::text::is_control;
use crate::bytes::{Class, at, before, literal, run, sub, work};
use crate::digit::{NONE, SIXTEEN, SIXTY_FOUR, value};
use std::ops::Range;

/// So many digits are looked at before anything is decoded; fewer spell nothing worth it.
const LOOK: usize = 11;

/// How digits are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Radix {
    /// Base64 in either alphabet (RFC 4648 §4 and §5), with padding or without.
    SixtyFour,
    /// Hexadecimal digits in one word.
    Sixteen,
    /// Pairs of hexadecimal digits apart from each other: `67:68`, `67 68`, `0x67, 0x68`.
    Pairs,
}

impl Radix {
    fn value(self, sign: u8) -> Option<u32> {
        match self {
            Self::Sixteen | Self::Pairs => value(&SIXTEEN, sign),
            Self::SixtyFour => value(&SIXTY_FOUR, sign),
        }
    }

    const fn bits(self) -> u32 {
        match self {
            Self::Sixteen | Self::Pairs => 4,
            Self::SixtyFour => 6,
        }
    }
}

/// Whether the first bytes that the digits spell begin no text.
pub(super) fn is_hopeless(bytes: &[u8], start: usize, radix: Radix) -> bool {
    let Some([first, second, third]) = bytes.get(start..).and_then(<[u8]>::first_chunk::<3>) else {
        return true;
    };
    work::add(3);
    let table = if radix == Radix::SixtyFour { &SIXTY_FOUR } else { &SIXTEEN };
    let value = |sign: &u8| table.get(usize::from(*sign)).copied().unwrap_or(NONE);
    let (first, second, third) = (value(first), value(second), value(third));
    if (first | second) & NONE != 0 {
        return true;
    }
    let (head, next) = match radix {
        Radix::SixtyFour => ((first << 2) | (second >> 4), ((second & 15) << 4) | (third >> 2 & 15)),
        Radix::Sixteen | Radix::Pairs => ((first << 4) | second, b' '),
    };
    // Of UTF-16 the second byte is nothing.
    let begins = matches!(head, 0x07..=0x0d | 0x1b | b' '..=b'~' | 0xc2..=0xf4);
    !begins || (third & NONE == 0 && next != 0 && is_control(next))
}

/// Tells whether digits that are too few may go on behind `index`.
fn goes_on(bytes: &[u8], index: usize) -> bool {
    let ends = |byte| matches!(byte, b'\n' | b'\r' | b'\\');
    let next = at(bytes, index);
    ends(next) || (Class::BLANK.has(next) && ends(at(bytes, index + 1)))
}

/// Tells whether the first digits spell what text may begin with; most words and hashes are dismissed here.
pub(super) fn may_spell_text(bytes: &[u8], start: usize, radix: Radix) -> bool {
    if is_hopeless(bytes, start, radix) {
        return false;
    }
    let (mut bits, mut pending, mut continues, mut wide) = (0_u32, 0, 0, false);
    let first = sub(bytes, start..start + LOOK);
    for (index, &sign) in first.iter().enumerate() {
        let Some(value) = radix.value(sign) else { return goes_on(bytes, start + index) };
        bits = (bits << radix.bits()) | value;
        pending += radix.bits();
        if pending < 8 {
            continue;
        }
        pending -= 8;
        let [byte, ..] = (bits >> pending).to_le_bytes();
        wide |= byte == 0 && index < 4;
        let fits = match byte {
            0 => wide,
            0x80..=0xbf => continues > 0,
            0xc2..=0xf4 => continues == 0,
            _ => continues == 0 && byte < 0x80 && !is_control(byte),
        };
        if !fits {
            return false;
        }
        continues = match byte {
            0xc2..=0xdf => 1,
            0xe0..=0xef => 2,
            0xf0..=0xf4 => 3,
            _ => u32::saturating_sub(continues, 1),
        };
    }
    true
}

/// The digits of one line.
#[derive(Debug)]
struct Line {
    range: Range<usize>,
    /// How many bytes the lines before it spell.
    before: usize,
}

/// The digits from one place of a text on.
#[derive(Debug)]
pub(super) struct Digits<'t> {
    bytes: &'t [u8],
    radix: Radix,
    cursor: usize,
    lines: Vec<Line>,
    decoded: usize,
    /// Bits that make no byte yet, and how many.
    bits: u32,
    pending: u32,
}

impl<'t> Digits<'t> {
    pub(super) const fn new(bytes: &'t [u8], start: usize, radix: Radix) -> Self {
        Self { bytes, radix, cursor: start, lines: Vec::new(), decoded: 0, bits: 0, pending: 0 }
    }

    /// The next byte that the digits spell.
    pub(super) fn next_byte(&mut self) -> Option<u8> {
        let byte = if self.radix == Radix::Pairs { self.next_pair() } else { self.next_of_word() };
        self.decoded += usize::from(byte.is_some());
        byte
    }

    fn next_of_word(&mut self) -> Option<u8> {
        let width = self.radix.bits();
        while self.pending < 8 {
            self.bits = (self.bits << width) | self.next_digit()?;
            self.pending += width;
        }
        self.pending -= 8;
        let [byte, ..] = (self.bits >> self.pending).to_le_bytes();
        self.bits &= (1 << self.pending) - 1;
        Some(byte)
    }

    /// Takes the last line back if what it spells is of another kind: a word on a line of its own looks like more
    /// digits. Answers how many bytes are left.
    pub(super) fn withdraw(&mut self, belongs: impl Fn(usize) -> bool) -> Option<usize> {
        let last = self.lines.pop_if(|line| line.before > 0 && !belongs(line.before))?;
        self.cursor = self.lines.last()?.range.end;
        Some(last.before)
    }

    /// The ranges of the digits read, a range for each line, and where they end.
    pub(super) fn finish(mut self) -> (Vec<Range<usize>>, usize) {
        if self.radix == Radix::SixtyFour {
            self.extend(run(self.bytes, self.cursor, Class::between(b'=', b'='), 2));
        }
        if self.radix != Radix::Pairs {
            // What stands behind without a sign between belongs to the same word.
            self.extend(run(self.bytes, self.cursor, super::WORD, usize::MAX));
        }
        (self.lines.into_iter().map(|line| line.range).collect(), self.cursor)
    }

    fn next_digit(&mut self) -> Option<u32> {
        let mut index = self.cursor;
        if let Some(digit) = self.digit(index) {
            self.extend(index + 1);
            return Some(digit);
        }
        if literal(self.bytes, index, b"\\/") && self.radix == Radix::SixtyFour {
            self.extend(index + 2);
            return Some(63);
        }
        index = line_break(self.bytes, index)?;
        let digit = self.digit(index)?;
        if !is_whole_line(self.bytes, index) {
            return None;
        }
        self.start_line(index, index + 1);
        Some(digit)
    }

    fn next_pair(&mut self) -> Option<u8> {
        let signs = Class::between(b':', b':').with(b',').with(b';').with(b'-');
        let mut index = self.cursor;
        if !self.lines.is_empty() {
            index = run(self.bytes, run(self.bytes, index, signs, 1), Class::BLANK, 2);
            if let Some(next) = line_break(self.bytes, index) {
                self.start_line(next, next);
                index = next;
            } else if index == self.cursor && at(self.bytes, index) != b'\\' {
                return None;
            }
        }
        let start = index;
        if matches!(sub(self.bytes, index..index + 2), b"0x" | b"0X" | b"\\x") {
            index += 2;
        }
        let (high, low) = (self.digit(index)?, self.digit(index + 1)?);
        if Class::ALNUM.has(at(self.bytes, index + 2)) {
            return None;
        }
        if self.lines.is_empty() {
            self.start_line(start, start);
        }
        self.extend(index + 2);
        u8::try_from(high * 16 + low).ok()
    }

    fn digit(&self, index: usize) -> Option<u32> {
        self.radix.value(at(self.bytes, index))
    }

    fn extend(&mut self, end: usize) {
        if self.lines.is_empty() {
            self.start_line(self.cursor, self.cursor);
        }
        if let Some(line) = self.lines.last_mut() {
            line.range.end = end;
        }
        self.cursor = end;
    }

    fn start_line(&mut self, start: usize, end: usize) {
        self.lines.push(Line { range: start..end, before: self.decoded });
        self.cursor = end;
    }
}

/// Where a word goes on that the line end at `index` may have cut.
fn line_break(bytes: &[u8], index: usize) -> Option<usize> {
    const MARKS: Class = Class::BLANK.with(b'>').with(b'|').with(b'#').with(b'*');
    let end = run(bytes, index, Class::BLANK, 2);
    match at(bytes, end) {
        b'\n' => Some(run(bytes, content_of_line(bytes, end + 1, end), MARKS, 64)),
        b'\r' if at(bytes, end + 1) == b'\n' => {
            Some(run(bytes, content_of_line(bytes, end + 2, end), MARKS, 64))
        }
        b'\\' => escaped_break(bytes, end),
        _ => None,
    }
}

/// Tells whether nothing but digits and the end of a literal stands on the line: lines of keys and values are other text.
pub(in super::super) fn is_whole_line(bytes: &[u8], from: usize) -> bool {
    let digits = run(bytes, from, super::WORD, MOST_LINE);
    let padded = run(bytes, digits, Class::between(b'=', b'='), 2);
    let end = run(bytes, padded, Class::BLANK, 8);
    end - from >= MOST_LINE
        || end >= bytes.len()
        || end > padded
        || matches!(at(bytes, end), b'\n' | b'\r' | b'\\' | b'"' | b'\'' | b'`' | b'<' | b',' | b')')
}

/// A line end that is written `\n` or `\r\n`, with as many backslashes as the nesting asks for.
fn escaped_break(bytes: &[u8], from: usize) -> Option<usize> {
    const BACKSLASH: Class = Class::between(b'\\', b'\\');
    let letter = run(bytes, from, BACKSLASH, 8);
    let mut after = letter + 1;
    if at(bytes, letter) == b'r' {
        after = run(bytes, after, BACKSLASH, 8) + 1;
    }
    (before(bytes, after) == b'n').then(|| run(bytes, after, Class::BLANK, 64))
}
