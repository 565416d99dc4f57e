//! What a reader does not see: the control sequences of terminals (ECMA-48) and characters without a glyph.

use crate::bytes::{Class, at, run, work};

/// Parameters of one sequence are fewer.
const MOST_PARAMETERS: usize = 64;
/// Titles and links of one command string are shorter.
const MOST_STRING: usize = 2048;
const INTERMEDIATE: Class = Class::between(b' ', b'/');

/// Tells whether the character has no glyph and no width.
pub(crate) const fn is_invisible(sign: char) -> bool {
    matches!(
        sign,
        '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

/// Where the sequence ends that the control character `sign` before `from` begins, if it is one and whole. What is broken
/// off may be whole once what breaks it is decoded.
pub(crate) fn end(bytes: &[u8], sign: char, from: usize) -> Option<usize> {
    match sign {
        '\u{1b}' => after_escape(bytes, from),
        '\u{9b}' => sequence_end(bytes, from),
        '\u{90}' | '\u{98}' | '\u{9d}' | '\u{9e}' | '\u{9f}' => string_end(bytes, from),
        // The next line is one in some texts.
        '\u{80}'..='\u{9f}' if sign != '\u{85}' => Some(from),
        _ => None,
    }
}

fn after_escape(bytes: &[u8], from: usize) -> Option<usize> {
    match at(bytes, from) {
        b'[' => sequence_end(bytes, from + 1),
        b']' | b'P' | b'X' | b'^' | b'_' => string_end(bytes, from + 1),
        b' '..=b'/' => {
            let last = run(bytes, from, INTERMEDIATE, 4);
            matches!(at(bytes, last), b'0'..=b'~').then_some(last + 1)
        }
        b'0'..=b'~' if at(bytes, from) != b'\\' => Some(from + 1),
        _ => None,
    }
}

fn sequence_end(bytes: &[u8], from: usize) -> Option<usize> {
    let parameters = run(bytes, from, Class::between(b'0', b'?'), MOST_PARAMETERS);
    let last = run(bytes, parameters, INTERMEDIATE, 4);
    matches!(at(bytes, last), b'@'..=b'~').then_some(last + 1)
}

/// A command string reaches to its terminator; any other control character, or the end of what is looked at, breaks it off.
fn string_end(bytes: &[u8], from: usize) -> Option<usize> {
    /// So many at once are compared by one instruction or a few.
    const CHUNK: usize = 64;
    let breaks = |byte: &u8| *byte < b' ' || *byte == 0xc2;
    let string = bytes.get(from..bytes.len().min(from + MOST_STRING)).unwrap_or_default();
    let whole =
        string.chunks(CHUNK).take_while(|chunk| !chunk.iter().fold(false, |any, byte| any | breaks(byte)));
    let from_chunk = (whole.count() * CHUNK).min(string.len());
    let rest = string.get(from_chunk..).unwrap_or_default();
    let length = from_chunk + rest.iter().position(breaks).unwrap_or(rest.len());
    work::add(length + 1);
    let end = from + length;
    match (at(bytes, end), at(bytes, end + 1)) {
        (0x07, _) => Some(end + 1),
        (0x1b, b'\\') | (0xc2, 0x9c) => Some(end + 2),
        _ => None,
    }
}
