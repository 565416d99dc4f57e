//! Characters that a reader does not see as what they are: controls, byte order marks, what is shown as nothing or as a
//! space and is none, and what reorders or breaks lines for an editor and not for the parser. A text with one is refused
//! before it is parsed. A rule with one looks sound, and matches nothing that its reader has in mind.

use super::Slip;
use crate::denylist::is_ignorable;

/// The first character that a reader would not see as what it is. Plain ASCII is passed over on its bytes.
pub(super) fn hidden(text: &str) -> Option<((u32, u32), Slip)> {
    let mut rest = text;
    while let Some(at) = first_suspect(rest.as_bytes()) {
        // All before the suspect is ASCII, so it begins a character.
        let (_, tail) = rest.split_at_checked(at)?;
        let mut chars = tail.chars();
        let found = chars.next()?;
        if let Some((message, fix)) = hides(found, chars.as_str()) {
            return Some((place(text, tail.len()), Slip::new(message, fix)));
        }
        rest = chars.as_str();
    }
    None
}

/// The position of the first suspect, found block by block: whether a block has one is asked without a branch a byte.
fn first_suspect(bytes: &[u8]) -> Option<usize> {
    const BLOCK: usize = 64;
    let has_suspect = |block: &[u8]| block.iter().fold(false, |any, byte| any | is_suspect(*byte));
    let (number, block) = bytes.chunks(BLOCK).enumerate().find(|(_, block)| has_suspect(block))?;
    let within = block.iter().position(|byte| is_suspect(*byte))?;
    number.checked_mul(BLOCK)?.checked_add(within)
}

/// Whether a byte is, or belongs to, a character that [`hides`] must see.
const fn is_suspect(byte: u8) -> bool {
    (byte < b' ' && !matches!(byte, b'\n' | b'\t')) || byte >= 0x7F
}

/// What is wrong with a character before `rest`, if it is one that hides meaning, and what to do. What ends a line for
/// the parser, for an editor and for the lines that faults show must be the same, or a comment may look like a rule.
fn hides(c: char, rest: &str) -> Option<(&'static str, &'static str)> {
    // No path or reference with one is ever opened: there is nothing that it could be meant for.
    const INVISIBLE: &str = "remove it; no path or reference that may be opened has one";
    match c {
        '\n' | '\t' => None,
        '\r' if rest.starts_with('\n') => None,
        '\r' => Some(("carriage return without line feed", "save the file with LF line ends")),
        '\u{2028}' | '\u{2029}' => Some((
            "line or paragraph separator, which looks like the end of a line and is none",
            "remove it, or end the line in its place",
        )),
        '\u{FEFF}' => Some(("byte order mark", "save the file as UTF-8 without one")),
        c if c.is_control() => Some(("control character", "remove it")),
        c if is_bidirectional(c) => {
            Some(("bidirectional control character, which hides text from the reader", "remove it"))
        }
        c if is_ignorable(c) => Some(("invisible character", INVISIBLE)),
        c if c.is_whitespace() && c != ' ' => Some((
            "white space that looks like a space and is none",
            "write a space; where a name has it, write it as an escape in double quotes, as in \"\\u00A0\"",
        )),
        _ => None,
    }
}

/// The line and column of the character of `text` with which its last `left` bytes begin.
pub(super) fn place(text: &str, left: usize) -> (u32, u32) {
    let before = text.split_at_checked(text.len().saturating_sub(left)).map_or("", |(before, _)| before);
    let line = before.bytes().filter(|b| *b == b'\n').count();
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count();
    let from_one = |count: usize| u32::try_from(count).unwrap_or(u32::MAX).saturating_add(1);
    (from_one(line), from_one(column))
}

/// Characters that reorder displayed text (Unicode TR 9), CVE-2021-42574.
pub(super) const fn is_bidirectional(c: char) -> bool {
    matches!(c, '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}
