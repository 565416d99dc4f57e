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

/// Reads one string from behind its opening quote; returns it and what follows its closing quote.
/// `None` if it is not spelled in the one way, is too long or does not end.
pub(crate) fn read(input: &str) -> Option<(Cow<'_, str>, &str)> {
    let end = input.bytes().position(needs_attention)?;
    let (plain, rest) = input.split_at_checked(end)?;
    if let Some(rest) = rest.strip_prefix('"') {
        return (plain.len() <= limit::TEXT_BYTES).then_some((Cow::Borrowed(plain), rest));
    }
    let mut text = plain.to_owned();
    let mut rest = rest;
    loop {
        let mut characters = rest.chars();
        match characters.next()? {
            '"' => {
                let length = input.len().checked_sub(rest.len())?;
                return (length <= limit::TEXT_BYTES).then_some((Cow::Owned(text), characters.as_str()));
            }
            '\\' => {
                let (character, after) = unescape(characters.as_str())?;
                text.push(character);
                rest = after;
            }
            character if is_escaped(character) => return None,
            character => {
                text.push(character);
                rest = characters.as_str();
            }
        }
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
