//! Escapes: characters that are spelt by others, and characters that are not seen. Each is read where it stands; how
//! it may be nested is of no concern here.

use super::{entity, quoted_printable};
use crate::bytes::{Class, at, before, find, is_unseen_or_wide, run, sub, work};
use crate::terminal;
use std::ops::Range;

/// One escape of a text. A text may have one for every few bytes, so that they are kept small.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Escape {
    start: usize,
    /// Where the character stands in the text that is decoded from this one.
    pub(super) place: usize,
    /// The character it spells; nothing if a reader would see nothing.
    pub(super) meaning: Option<char>,
    length: u16,
    /// Whether it alone is reason to read the text around it. A letter that no secret of ours is told by is not.
    pub(super) telling: bool,
}

impl Escape {
    /// The longest that is read at once: a run of control characters.
    const LONGEST: usize = 0xffff;

    pub(super) fn new(range: Range<usize>, meaning: Option<char>, telling: bool) -> Self {
        let length = u16::try_from(range.len()).unwrap_or(u16::MAX);
        Self { start: range.start, place: 0, meaning, length, telling }
    }

    /// The same where another is the reason to read the text around it.
    pub(super) fn untold(&self) -> Self {
        Self { telling: false, ..self.clone() }
    }

    pub(super) fn range(&self) -> Range<usize> {
        self.start..self.start + usize::from(self.length)
    }

    /// Where that character ends in the decoded text.
    pub(super) fn place_end(&self) -> usize {
        self.place + self.meaning.map_or(0, char::len_utf8)
    }
}

/// Backslashes that may belong to one escape: a text in JSON has two for one, in JSON in JSON four, and so on.
const MOST_BACKSLASHES: usize = 8;
/// Command strings of terminals whose begin is encoded are shorter: unlike a plain one, it may stand within another.
const MOST_COMMAND: usize = 128;
/// Lines of diffs are looked back on this far.
const MOST_LINE: usize = 256;
const BACKSLASH: Class = Class::between(b'\\', b'\\');

/// The control characters that no reader sees: all but tabulators, line ends and form feeds.
const UNSEEN: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 0x80 {
        #[expect(clippy::indexing_slicing, reason = "evaluated by the compiler")]
        {
            table[byte] = matches!(byte, 0..=0x08 | 0x0b | 0x0e..=0x1f | 0x7f);
        }
        byte += 1;
    }
    table
};

/// The bytes that escapes begin with.
const FIRST: [bool; 256] = {
    let mut table = [false; 256];
    let bytes = [b'\\', b'%', b'&', b'=', 0xc2, 0xcd, 0xd8, 0xe1, 0xe2, 0xe3, 0xef, 0xf0, 0xf3];
    let mut index = 0;
    while index < UNSEEN.len() {
        #[expect(clippy::indexing_slicing, reason = "evaluated by the compiler")]
        {
            table[index] = UNSEEN[index];
        }
        index += 1;
    }
    index = 0;
    while index < bytes.len() {
        #[expect(clippy::indexing_slicing, reason = "evaluated by the compiler")]
        {
            table[bytes[index] as usize] = true;
        }
        index += 1;
    }
    let mut control = 0_u8;
    while control < 0x20 {
        #[expect(clippy::indexing_slicing, reason = "evaluated by the compiler")]
        {
            table[control as usize] |= is_control(control as char);
        }
        control += 1;
    }
    table[0x7f] = true;
    table
};

/// Control characters that text has no use for, NUL of UTF-16 among them.
const fn is_control(sign: char) -> bool {
    matches!(sign, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1a}' | '\u{1c}'..='\u{1f}' | '\u{7f}')
}

/// Lists the escapes of a text: in order, apart from each other, on character boundaries. Tells whether an escape character
/// (U+001B) is there, which others may read otherwise.
pub(super) fn all(text: &str) -> (Vec<Escape>, bool) {
    let bytes = text.as_bytes();
    let (mut escapes, mut doubtful) = (Vec::new(), false);
    let mut cursor = 0;
    while let Some(offset) = next(bytes, cursor) {
        let (escape, after) = read(text, offset);
        escapes.extend(escape);
        doubtful |= at(bytes, offset) == 0x1b;
        cursor = after;
    }
    (escapes, doubtful)
}

fn next(bytes: &[u8], from: usize) -> Option<usize> {
    let rest = bytes.get(from..)?;
    let offset = find(rest, may_begin, begins);
    work::add(offset.unwrap_or(rest.len()) + 1);
    offset.map(|offset| from + offset)
}

/// Whether an escape begins with this byte.
fn begins(byte: u8) -> bool {
    FIRST.get(usize::from(byte)) == Some(&true)
}

/// The same of those and some more, by comparisons alone.
fn may_begin(byte: u8) -> bool {
    is_unseen_or_wide(byte) | (byte == b'\\') | (byte == b'%') | (byte == b'&') | (byte == b'=')
}

/// Reads the escape at `start`, if there is one, and says where to go on.
fn read(text: &str, start: usize) -> (Option<Escape>, usize) {
    let bytes = text.as_bytes();
    if at(bytes, start) == b'\\' {
        let letter = run(bytes, start, BACKSLASH, usize::MAX);
        let first = start.max(letter.saturating_sub(MOST_BACKSLASHES));
        return match backslash(bytes, first, letter) {
            Some(escape) => {
                let end = escape.range().end;
                (Some(escape), end)
            }
            None => (None, letter),
        };
    }
    let found = match at(bytes, start) {
        b'%' => percent(bytes, start).and_then(|(sign, end)| spelled(bytes, start..end, sign)),
        b'&' => entity::read(bytes, start).and_then(|(sign, end)| spelled(bytes, start..end, sign)),
        b'=' => quoted_printable::read(bytes, start),
        _ => unseen(text, start),
    };
    let end = found.as_ref().map_or(start + 1, |escape| escape.range().end);
    (found, end)
}

/// An escape that spells `sign`. Of the control characters those are read that belong to the sequences of terminals; the
/// others are left as they are spelt.
pub(super) fn spelled(bytes: &[u8], range: Range<usize>, sign: char) -> Option<Escape> {
    let near = bytes.get(..range.end + MOST_COMMAND).unwrap_or(bytes);
    if let Some(end) = sequence_end(near, sign, range.end) {
        return Some(Escape::new(range.start..end, None, true));
    }
    if terminal::is_invisible(sign) {
        return Some(Escape::new(range, None, true));
    }
    let seen = matches!(sign, ' '..='~' | '\n' | '\r' | '\t' | '\u{1b}' | '\u{9b}' | '\u{a0}');
    let meaning = if sign == '\u{a0}' { ' ' } else { sign };
    (seen || sign == '\u{7}' || sign > '\u{7f}').then_some(Escape::new(range, Some(meaning), seen))
}

/// Where the terminal sequence ends that `sign` begins. One whose further signs are encoded is read once they are decoded.
fn sequence_end(bytes: &[u8], sign: char, from: usize) -> Option<usize> {
    terminal::end(bytes, sign, from).filter(|_| !is_encoded(bytes, from))
}

/// Whether what stands at `from` may be the escape of another sign.
fn is_encoded(bytes: &[u8], from: usize) -> bool {
    matches!(at(bytes, from), b'\\' | b'%' | b'&') || sub(bytes, from..from + 3) == b"=3D"
}

/// Tells whether an escape may begin at `index`.
pub(super) fn begins_escape(bytes: &[u8], index: usize) -> bool {
    FIRST.get(usize::from(at(bytes, index))) == Some(&true)
}

/// What the backslashes from `start` to `letter` and what stands there spell.
fn backslash(bytes: &[u8], start: usize, letter: usize) -> Option<Escape> {
    if matches!(at(bytes, letter), b'\n' | b'\r') {
        return continued(bytes, letter);
    }
    if matches!(at(bytes, letter), b'e' | b'E') {
        let sequence = at(bytes, letter + 1) == b'[';
        return if sequence { spelled(bytes, start..letter + 1, '\u{1b}') } else { None };
    }
    let (sign, end) = match unit(bytes, letter)? {
        (Unit::Code(high @ 0xd800..=0xdbff), high_end) => {
            let next = run(bytes, high_end, BACKSLASH, MOST_BACKSLASHES);
            match unit(bytes, next) {
                Some((Unit::Code(low @ 0xdc00..=0xdfff), end)) if next > high_end => {
                    (char::from_u32(0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00))?, end)
                }
                _ => return None,
            }
        }
        (Unit::Code(code), end) => (char::from_u32(code)?, end),
        (Unit::Byte(byte), end) => character(byte, end, |from| {
            let next = run(bytes, from, BACKSLASH, MOST_BACKSLASHES);
            match unit(bytes, next) {
                Some((Unit::Byte(byte), end)) if next > from => Some((byte, end)),
                _ => None,
            }
        })?,
    };
    spelled(bytes, start..end, sign)
}

/// What one escape of a programming language stands for.
enum Unit {
    Code(u32),
    /// One byte of a character.
    Byte(u8),
}

/// Reads what follows a backslash: `x41`, `x{41}`, `u0041`, `u{41}`, `U00000041`, `101`, `0101`.
fn unit(bytes: &[u8], letter: usize) -> Option<(Unit, usize)> {
    let after = letter + 1;
    match at(bytes, letter) {
        b'x' | b'u' if at(bytes, after) == b'{' => {
            let end = run(bytes, after + 1, Class::HEX, 6);
            let code = number(bytes, after + 1..end, 16)?;
            (at(bytes, end) == b'}').then_some((Unit::Code(code), end + 1))
        }
        b'x' => byte(bytes, after).map(|byte| (Unit::Byte(byte), after + 2)),
        b'u' => exactly(bytes, after, 4).map(|code| (Unit::Code(code), after + 4)),
        b'U' => exactly(bytes, after, 8).map(|code| (Unit::Code(code), after + 8)),
        b'0'..=b'7' => {
            const OCTAL: Class = Class::between(b'0', b'7');
            if run(bytes, letter, OCTAL, 3) < letter + 3 {
                return None;
            }
            let code = number(bytes, letter..letter + 3, 8)?;
            let longer = code < 0o40 && code != 0o33 && OCTAL.has(at(bytes, letter + 3));
            let (code, end) =
                if longer { (number(bytes, letter..letter + 4, 8)?, letter + 4) } else { (code, letter + 3) };
            u8::try_from(code).ok().map(|byte| (Unit::Byte(byte), end))
        }
        _ => None,
    }
}

/// A backslash before the end of a line, with that end and the indentation after it.
fn continued(bytes: &[u8], end: usize) -> Option<Escape> {
    let after = match (at(bytes, end), at(bytes, end + 1)) {
        (b'\n', _) => end + 1,
        (b'\r', b'\n') => end + 2,
        _ => return None,
    };
    Some(Escape::new(end - 1..content_of_line(bytes, after, end), None, true))
}

/// Where the line at `after` has its content: behind the mark of a diff, if the line that `here` lies in has one, and
/// behind blanks.
pub(super) fn content_of_line(bytes: &[u8], after: usize, here: usize) -> usize {
    let head = bytes.get(here.saturating_sub(MOST_LINE)..here).unwrap_or_default();
    let line = memchr::memrchr(b'\n', head).map(|newline| newline + 1).or((here <= MOST_LINE).then_some(0));
    work::add(head.len() - line.unwrap_or(0));
    let first = line.map_or(0, |line| at(head, line));
    let marked = matches!(first, b'+' | b'-' | b' ') && matches!(at(bytes, after), b'+' | b'-');
    run(bytes, after + usize::from(marked), Class::BLANK, 256)
}

/// Percent-encoding (RFC 3986 §2.1), and the form with `u` that old browsers write.
fn percent(bytes: &[u8], start: usize) -> Option<(char, usize)> {
    if at(bytes, start + 1) == b'u' {
        return exactly(bytes, start + 2, 4).and_then(char::from_u32).map(|sign| (sign, start + 6));
    }
    character(byte(bytes, start + 1)?, start + 3, |from| {
        if at(bytes, from) == b'%' { byte(bytes, from + 1).map(|byte| (byte, from + 3)) } else { None }
    })
}

/// The character that `first` begins, whose further bytes are read by `next`.
fn character(first: u8, end: usize, next: impl Fn(usize) -> Option<(u8, usize)>) -> Option<(char, usize)> {
    let length = match first {
        0..=0x7f => return Some((char::from(first), end)),
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => return None,
    };
    let (mut spelled, mut end) = (vec![first], end);
    while spelled.len() < length {
        let (byte, after) = next(end)?;
        spelled.push(byte);
        end = after;
    }
    str::from_utf8(&spelled).ok()?.chars().next().map(|sign| (sign, end))
}

/// Characters and terminal sequences that a reader does not see.
fn unseen(text: &str, start: usize) -> Option<Escape> {
    let bytes = text.as_bytes();
    let sign = text.get(start..)?.chars().next()?;
    let after = start + sign.len_utf8();
    if let Some(end) = sequence_end(bytes, sign, after) {
        return Some(Escape::new(start..end, None, true));
    }
    if sign.is_control() {
        return control(bytes, start, after, sign);
    }
    // Beside an emoji or a letter of another script such a character has its own use.
    let telling = before(bytes, start).is_ascii_graphic() || at(bytes, after).is_ascii_graphic();
    // a sheet keeps its parts asunder by a NUL on a line of its own
    let between = sign == '\0' && before(bytes, start) == b'\n' && at(bytes, after) == b'\n';
    let hidden = terminal::is_invisible(sign) || (is_control(sign) && !between);
    hidden.then_some(Escape::new(start..after, None, telling))
}

/// A run of control characters that begin no sequence: a secret may be written through them, and UTF-16 has one at every second
/// byte.
fn control(bytes: &[u8], start: usize, after: usize, sign: char) -> Option<Escape> {
    let begins = matches!(sign, '\u{1b}' | '\u{90}' | '\u{98}' | '\u{9b}' | '\u{9d}'..='\u{9f}');
    if sign == '\u{85}' || begins && is_encoded(bytes, after) {
        return None;
    }
    let further = bytes.get(after..bytes.len().min(start + Escape::LONGEST)).unwrap_or_default();
    let run = further.iter().position(|&byte| byte == 0x1b || UNSEEN.get(usize::from(byte)) != Some(&true));
    let end = after + run.unwrap_or(further.len());
    work::add(end - start);
    // Alone on a line it parts what stands on both sides.
    let alone = before(bytes, start) == b'\n' && at(bytes, end) == b'\n';
    let telling = before(bytes, start).is_ascii_graphic() || at(bytes, end).is_ascii_graphic();
    (!alone).then_some(Escape::new(start..end, None, telling))
}

/// Two hexadecimal digits.
pub(super) fn byte(bytes: &[u8], from: usize) -> Option<u8> {
    exactly(bytes, from, 2).and_then(|code| u8::try_from(code).ok())
}

fn exactly(bytes: &[u8], from: usize, digits: usize) -> Option<u32> {
    (run(bytes, from, Class::HEX, digits) == from + digits)
        .then(|| number(bytes, from..from + digits, 16))
        .flatten()
}

/// The number that the digits of `range` write.
pub(super) fn number(bytes: &[u8], range: Range<usize>, radix: u32) -> Option<u32> {
    u32::from_str_radix(str::from_utf8(sub(bytes, range)).ok()?, radix).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_begins_an_escape_is_passed_over() {
        for byte in 0..=u8::MAX {
            assert!(may_begin(byte) || !begins(byte), "{byte:#x}");
        }
        assert!(!may_begin(b'\n') && !may_begin(b'\t') && !may_begin(b'a') && !may_begin(b'~'));
    }
}
