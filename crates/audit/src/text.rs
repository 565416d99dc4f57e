//! The one way in which a string is written: what is escaped, how, and where a long one is cut.
//! The reader here accepts that way and no other, so a line has exactly one spelling.

use std::borrow::Cow;

use crate::limit;

/// Whether a byte may begin something that is escaped; everything else is copied as it is.
const fn needs_attention(byte: u8) -> bool {
    matches!(byte, 0x00..=0x1f | b'"' | b'\\' | 0x7f | 0xc2 | 0xe2 | 0xef)
}

/// What is escaped: what JSON demands (RFC 8259, section 7), and further whatever ends a line for some readers
/// (U+0085, U+2028, U+2029), drives a terminal (DEL, C1) or reorders text on a screen (CVE-2021-42574).
const fn is_escaped(character: char) -> bool {
    matches!(character,
        '\0'..='\u{1f}' | '"' | '\\' | '\u{7f}'..='\u{9f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// The letter of a two-byte escape, where there is one.
const fn short_escape(character: char) -> Option<u8> {
    Some(match character {
        '"' => b'"',
        '\\' => b'\\',
        '\u{8}' => b'b',
        '\u{c}' => b'f',
        '\n' => b'n',
        '\r' => b'r',
        '\t' => b't',
        _ => return None,
    })
}

/// Appends the escaped form of `text`, without quotes, up to [`limit::TEXT_BYTES`]; tells whether all of it fitted.
pub(crate) fn write(text: &str, buffer: &mut Vec<u8>) -> bool {
    if text.len() <= limit::TEXT_BYTES && !text.bytes().any(needs_attention) {
        buffer.extend_from_slice(text.as_bytes());
        return true;
    }
    let mut room = limit::TEXT_BYTES;
    for character in text.chars() {
        let short = short_escape(character);
        let length = match (short, is_escaped(character)) {
            (Some(_), _) => 2,
            (None, true) => 6,
            (None, false) => character.len_utf8(),
        };
        let Some(left) = room.checked_sub(length) else { return false };
        room = left;
        match (short, length) {
            (Some(letter), _) => buffer.extend_from_slice(&[b'\\', letter]),
            // six bytes are longer than any character, so this one is escaped
            (None, 6) => {
                buffer.extend_from_slice(b"\\u");
                let code = u32::from(character);
                buffer.extend([12, 8, 4, 0].map(|shift| hexadecimal(code >> shift)));
            }
            (None, _) => buffer.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    true
}

/// The lowercase hexadecimal digit of the low four bits.
fn hexadecimal(value: u32) -> u8 {
    // four bits always make a digit
    char::from_digit(value & 0xf, 16).map_or(b'0', |digit| digit as u8)
}

/// A string of a line, known to be spelled in the one way, still as it is spelled.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Text<'line> {
    spelled: &'line str,
    escaped: bool,
}

impl<'line> Text<'line> {
    /// What the string says.
    #[inline]
    pub(crate) fn value(self) -> Cow<'line, str> {
        if !self.escaped {
            return Cow::Borrowed(self.spelled);
        }
        let mut value = String::with_capacity(self.spelled.len());
        let mut rest = self.spelled;
        while let Some((plain, escape)) = rest.split_once('\\') {
            value.push_str(plain);
            // always one: the string was read
            let Some((character, after)) = unescape(escape) else { break };
            value.push(character);
            rest = after;
        }
        value.push_str(rest);
        Cow::Owned(value)
    }
}

const EACH: u64 = u64::from_ne_bytes([1; 8]);
const TOP: u64 = EACH << 7;

/// Marks the lowest zero byte of eight; above it there may be wrong marks.
const fn zero(word: u64) -> u64 {
    word.wrapping_sub(EACH) & !word & TOP
}

/// Marks the lowest quote of eight bytes; above it there may be wrong marks.
pub(crate) const fn quotes(word: u64) -> u64 {
    zero(word ^ (EACH * 0x22))
}

/// The place of the lowest mark, eight if there is none.
pub(crate) const fn lowest(marks: u64) -> usize {
    marks.trailing_zeros() as usize / 8
}

/// Where the first quote stands. For the short words of a line this is quicker than what is made for long texts.
#[inline]
pub(crate) fn quote(bytes: &[u8]) -> Option<usize> {
    let (chunks, rest) = bytes.as_chunks();
    let mut length = 0;
    for chunk in chunks {
        let marks = quotes(u64::from_le_bytes(*chunk));
        length += lowest(marks);
        if marks != 0 {
            return Some(length);
        }
    }
    rest.iter().position(|byte| *byte == b'"').map(|place| length + place)
}

/// How many bytes at the begin of `bytes` need no attention.
#[inline]
fn plain(bytes: &[u8]) -> usize {
    let mut length = 0;
    for chunk in bytes.as_chunks().0 {
        let word = u64::from_le_bytes(*chunk);
        let control = word.wrapping_sub(EACH * 0x20) & !word;
        let special = zero(word ^ (EACH * 0x22)) | zero(word ^ (EACH * 0x5c)) | zero(word ^ (EACH * 0x7f));
        // what is marked for its highest bit may still be part of a harmless character
        let marks = (control | word | special) & TOP;
        length += lowest(marks);
        if marks != 0 {
            break;
        }
    }
    let rest = bytes.get(length..).unwrap_or_default();
    length + rest.iter().take_while(|byte| !needs_attention(**byte)).count()
}

/// Reads one string from behind its opening quote; returns it and what follows its closing quote.
/// `None` if it is not spelled in the one way, is too long or does not end.
#[inline]
pub(crate) fn read(input: &str) -> Option<(Text<'_>, &str)> {
    let (spelled, rest) = input.split_at_checked(plain(input.as_bytes()))?;
    match rest.strip_prefix('"') {
        Some(after) if spelled.len() <= limit::TEXT_BYTES => Some((Text { spelled, escaped: false }, after)),
        Some(_) => None,
        None => read_on(input, rest),
    }
}

/// Goes on with a string at its first byte that needs attention.
fn read_on<'line>(input: &'line str, mut rest: &'line str) -> Option<(Text<'line>, &'line str)> {
    let mut escaped = false;
    loop {
        let mut characters = rest.chars();
        rest = match characters.next()? {
            '"' => {
                let spelled = input.get(..input.len() - rest.len())?;
                let text = Text { spelled, escaped };
                return (spelled.len() <= limit::TEXT_BYTES).then_some((text, characters.as_str()));
            }
            '\\' => {
                escaped = true;
                unescape(characters.as_str())?.1
            }
            character if is_escaped(character) => return None,
            _ => characters.as_str(),
        };
        rest = rest.get(plain(rest.as_bytes())..)?;
    }
}

/// Reads what follows a backslash.
fn unescape(input: &str) -> Option<(char, &str)> {
    if let Some(input) = input.strip_prefix('u') {
        let (digits, rest) = input.split_at_checked(4)?;
        if !digits.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f')) {
            return None;
        }
        // a surrogate is no character, so half a pair ends here
        let character = char::from_u32(u32::from_str_radix(digits, 16).ok()?)?;
        return (is_escaped(character) && short_escape(character).is_none()).then_some((character, rest));
    }
    let mut characters = input.chars();
    let character = match characters.next()? {
        '"' => '"',
        '\\' => '\\',
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        _ => return None,
    };
    Some((character, characters.as_str()))
}

#[cfg(test)]
mod tests;
