//! Character classes and bounds-checked reading of bytes, on which every matcher stands. Nothing here knows what
//! a secret is. All delimiters are ASCII, so that a span cut at one is always on a character boundary.

use std::ops::Range;

/// A set of ASCII characters; no byte above 127 is ever a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Class(u128);

impl Class {
    pub(crate) const DIGIT: Self = Self::between(b'0', b'9');
    pub(crate) const LOWER: Self = Self::between(b'a', b'z');
    pub(crate) const UPPER: Self = Self::between(b'A', b'Z');
    pub(crate) const ALPHA: Self = Self::LOWER.or(Self::UPPER);
    pub(crate) const ALNUM: Self = Self::ALPHA.or(Self::DIGIT);
    pub(crate) const HEX: Self = Self::DIGIT.or(Self::between(b'a', b'f')).or(Self::between(b'A', b'F'));
    pub(crate) const LOWER_NUM: Self = Self::LOWER.or(Self::DIGIT);
    pub(crate) const UPPER_NUM: Self = Self::UPPER.or(Self::DIGIT);
    pub(crate) const WORD: Self = Self::ALNUM.with(b'_');
    /// The URL-safe base64 alphabet without padding (RFC 4648 §5).
    pub(crate) const BASE64_URL: Self = Self::WORD.with(b'-');
    /// The base64 alphabet with padding (RFC 4648 §4).
    pub(crate) const BASE64: Self = Self::ALNUM.with(b'+').with(b'/').with(b'=');
    /// Both base64 alphabets and percent signs, the widest token that needs no quoting.
    pub(crate) const OPAQUE: Self = Self::BASE64.with(b'_').with(b'-').with(b'%');
    /// URL-safe base64 with dots, for tokens made of several segments.
    pub(crate) const DOTTED: Self = Self::BASE64_URL.with(b'.');
    /// What the name of a setting is made of.
    pub(crate) const NAME: Self = Self::DOTTED;
    pub(crate) const BLANK: Self = Self::between(b' ', b' ').with(b'\t');
    pub(crate) const SPACE: Self = Self::BLANK.with(b'\n').with(b'\r');

    /// The characters from `first` to `last`, both included; both must be ASCII.
    pub(crate) const fn between(first: u8, last: u8) -> Self {
        let width = last - first + 1;
        let mask = if width >= 128 { u128::MAX } else { (1 << width) - 1 };
        Self(mask << first)
    }

    pub(crate) const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(crate) const fn with(self, byte: u8) -> Self {
        Self(self.0 | (1 << byte))
    }

    pub(crate) const fn has(self, byte: u8) -> bool {
        byte < 128 && (self.0 >> byte) & 1 == 1
    }
}

/// The byte at `index`, or NUL past the end: NUL is in no class.
pub(crate) fn at(bytes: &[u8], index: usize) -> u8 {
    work::add(1);
    bytes.get(index).copied().unwrap_or(0)
}

/// The byte before `index`, or NUL at the start.
pub(crate) fn before(bytes: &[u8], index: usize) -> u8 {
    index.checked_sub(1).map_or(0, |previous| at(bytes, previous))
}

/// The bytes of `range`, cut to what exists.
pub(crate) fn sub(bytes: &[u8], range: Range<usize>) -> &[u8] {
    let end = range.end.min(bytes.len());
    work::add(end.saturating_sub(range.start));
    bytes.get(range.start.min(end)..end).unwrap_or_default()
}

/// Where the run of `class` that starts at `from` ends, after at most `most` bytes.
pub(crate) fn run(bytes: &[u8], from: usize, class: Class, most: usize) -> usize {
    let rest = bytes.get(from..).unwrap_or_default();
    let length = rest.iter().take(most).take_while(|&&byte| class.has(byte)).count();
    work::add(length + 1);
    from + length
}

/// Where the run of `class` that ends at `to` starts, after at most `most` bytes.
pub(crate) fn run_back(bytes: &[u8], to: usize, class: Class, most: usize) -> usize {
    let head = bytes.get(..to).unwrap_or_default();
    let length = head.iter().rev().take(most).take_while(|&&byte| class.has(byte)).count();
    work::add(length + 1);
    to - length
}

/// How many backslashes stand directly before `index`, at most 16.
pub(crate) fn backslashes_before(bytes: &[u8], index: usize) -> usize {
    const BACKSLASH: Class = Class::between(b'\\', b'\\');
    index - run_back(bytes, index, BACKSLASH, 16)
}

/// Where the first byte is that `is_sought`. Pieces without a byte that is `odd` are passed over whole; whatever `is_sought` must be `odd`,
/// which is asked of many bytes at once if it is made of comparisons alone.
pub(crate) fn find(bytes: &[u8], odd: impl Fn(u8) -> bool, is_sought: impl Fn(u8) -> bool) -> Option<usize> {
    const PIECE: usize = 32;
    // Where one stands beside the next, as in escapes.
    if bytes.first().is_some_and(|&byte| is_sought(byte)) {
        return Some(0);
    }
    let (pieces, rest) = bytes.as_chunks::<PIECE>();
    for (index, piece) in pieces.iter().enumerate() {
        if piece.iter().fold(false, |any, &byte| any | odd(byte))
            && let Some(offset) = piece.iter().position(|&byte| is_sought(byte))
        {
            return Some(index * PIECE + offset);
        }
    }
    rest.iter().position(|&byte| is_sought(byte)).map(|offset| pieces.len() * PIECE + offset)
}

/// Whether a byte is no ASCII letter, digit or sign that is seen, blank, tabulator or line feed; by comparisons alone.
pub(crate) const fn is_unseen_or_wide(byte: u8) -> bool {
    ((byte < b' ') & (byte != b'\t') & (byte != b'\n')) | (byte > b'~')
}

/// Tells whether `needle` stands in `haystack`. Most do not hold its first byte, and need no search made.
pub(crate) fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    let Some(first) = needle.first() else { return true };
    memchr::memchr(*first, haystack)
        .and_then(|start| memchr::memmem::find(haystack.get(start..)?, needle))
        .is_some()
}

/// Tells whether `bytes` goes on with `literal` at `index`.
pub(crate) fn literal(bytes: &[u8], index: usize, literal: &[u8]) -> bool {
    bytes.get(index..).is_some_and(|rest| rest.starts_with(literal))
}

/// Tells whether `bytes` goes on with `literal` at `index`, whatever the case.
pub(crate) fn literal_any_case(bytes: &[u8], index: usize, literal: &[u8]) -> bool {
    sub(bytes, index..index + literal.len()).eq_ignore_ascii_case(literal)
}

/// Tells whether a token may start at `index`: what stands before it is no part of the same word. The last
/// letter of an escape (`\n`, `\u000a`, `%3D`, an ANSI colour) does not count as part of the word, and a
/// letter that itself belongs to an escape cannot start one.
pub(crate) fn starts_token(bytes: &[u8], index: usize) -> bool {
    let previous = before(bytes, index);
    if previous == b'\\' {
        let escapes = matches!(at(bytes, index), b'b' | b'f' | b'n' | b'r' | b't' | b'u');
        return !(escapes && backslashes_before(bytes, index) % 2 == 1);
    }
    !Class::ALNUM.has(previous) || after_escape(bytes, index)
}

/// Tells whether an escape sequence ends directly before `index`.
fn after_escape(bytes: &[u8], index: usize) -> bool {
    let previous = before(bytes, index);
    let short = matches!(previous, b'b' | b'f' | b'n' | b'r' | b't');
    if short && backslashes_before(bytes, index.saturating_sub(1)) > 0 {
        return true;
    }
    let hex = index - run_back(bytes, index, Class::HEX, 4);
    if hex >= 2 && before(bytes, index.saturating_sub(2)) == b'%' {
        return true;
    }
    if hex == 4 && before(bytes, index.saturating_sub(4)) == b'u' {
        return backslashes_before(bytes, index.saturating_sub(5)) > 0;
    }
    previous == b'm' && {
        let parameters = run_back(bytes, index.saturating_sub(1), Class::DIGIT.with(b';'), 12);
        before(bytes, parameters) == b'[' && before(bytes, parameters.saturating_sub(1)) == 0x1b
    }
}

/// Counts the bytes that matchers read, so that tests can tell linear work from quadratic without a clock.
pub(crate) mod work {
    #[cfg(test)]
    thread_local! {
        static READ: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
    }

    #[cfg(test)]
    pub(crate) fn add(count: usize) {
        READ.set(READ.get() + count);
    }

    /// What has been read since the last call.
    #[cfg(test)]
    pub(crate) fn take() -> usize {
        READ.take()
    }

    #[cfg(not(test))]
    #[inline(always)]
    pub(crate) const fn add(_: usize) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sought_is_found_wherever_it_stands() {
        // "odd" and sought, odd alone, neither
        let (odd, sought) = (|byte| (byte == b'x') | (byte == b'o'), |byte| byte == b'x');
        for length in 0..=100 {
            let mut text = vec![b'-'; length];
            assert_eq!(find(&text, odd, sought), None);
            for at in 0..length {
                text[at / 2] = b'o';
                text[at] = b'x';
                assert_eq!(find(&text, odd, sought), Some(at), "{length}");
                text[length - 1] = b'x';
                assert_eq!(find(&text, odd, sought), Some(at), "{length}");
                text.fill(b'-');
            }
        }
    }
}
