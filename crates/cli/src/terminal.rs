//! What may reach a terminal: names and texts that somebody else wrote are shown without control characters and without
//! the marks that reorder text (CVE-2021-42574), so that no path and no message can move the cursor or forge a line.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Whether a terminal or a reader could be misled by `character`.
fn misleads(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// `text` for people, with what misleads written as `\u{…}`. Newlines are kept only if `lines` says so.
fn shown(text: &str, lines: bool) -> Cow<'_, str> {
    let hidden = |character: char| misleads(character) && !(lines && character == '\n');
    if !text.chars().any(hidden) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if hidden(character) {
            shown.extend(character.escape_unicode());
        } else {
            shown.push(character);
        }
    }
    Cow::Owned(shown)
}

/// One line of text for people.
pub(crate) fn line(text: &str) -> Cow<'_, str> {
    shown(text, false)
}

/// Several lines of text for people.
pub(crate) fn lines(text: &str) -> Cow<'_, str> {
    shown(text, true)
}

/// JSON text for people or programs: what misleads and JSON permits raw is written as `\uXXXX` (RFC 8259 §7). In valid JSON
/// such characters stand within strings alone, so the value stays the same.
pub(crate) fn json(text: String) -> String {
    let hidden = |character: char| misleads(character) && character != '\n';
    if !text.chars().any(hidden) {
        return text;
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if hidden(character) {
            let mut units = [0; 2];
            for unit in character.encode_utf16(&mut units) {
                // Writing to a string does not fail.
                let _ = write!(shown, "\\u{unit:04x}");
            }
        } else {
            shown.push(character);
        }
    }
    shown
}

#[cfg(test)]
mod tests;
