//! Characters that no repository path may hold, wherever it comes from.
//!
//! Holds the table of Unicode code points that are invisible or steer a terminal. It does not know components; what
//! only matters at a component's end stands in `component`.

use super::PathError;

/// Format characters (general category Cf) and the other default-ignorable code points of Unicode 17, as inclusive
/// ranges in ascending order.
///
/// Default-ignorable ones are in because HFS+ and case-folding ext4 and F2FS directories skip them when they compare
/// names: there `.g<ignorable>it` opens `.git`.
const INVISIBLE: [(char, char); 25] = [
    ('\u{ad}', '\u{ad}'),
    ('\u{34f}', '\u{34f}'),
    ('\u{600}', '\u{605}'),
    ('\u{61c}', '\u{61c}'),
    ('\u{6dd}', '\u{6dd}'),
    ('\u{70f}', '\u{70f}'),
    ('\u{890}', '\u{891}'),
    ('\u{8e2}', '\u{8e2}'),
    ('\u{115f}', '\u{1160}'),
    ('\u{17b4}', '\u{17b5}'),
    ('\u{180b}', '\u{180f}'),
    ('\u{200b}', '\u{200f}'),
    ('\u{202a}', '\u{202e}'),
    ('\u{2060}', '\u{206f}'),
    ('\u{3164}', '\u{3164}'),
    ('\u{fe00}', '\u{fe0f}'),
    ('\u{feff}', '\u{feff}'),
    ('\u{ffa0}', '\u{ffa0}'),
    ('\u{fff0}', '\u{fffb}'),
    ('\u{110bd}', '\u{110bd}'),
    ('\u{110cd}', '\u{110cd}'),
    ('\u{13430}', '\u{1343f}'),
    ('\u{1bca0}', '\u{1bca3}'),
    ('\u{1d173}', '\u{1d17a}'),
    ('\u{e0000}', '\u{e0fff}'),
];

/// Refuses the characters that are wrong anywhere in a path.
pub(super) fn check(text: &str) -> Result<(), PathError> {
    for character in text.chars() {
        match character {
            '\\' => return Err(PathError::Backslash),
            ':' => return Err(PathError::Colon),
            '<' | '>' | '"' | '|' | '?' | '*' => return Err(PathError::ReservedCharacter),
            _ if is_control(character) => return Err(PathError::ControlCharacter),
            _ if is_invisible(character) => return Err(PathError::FormatCharacter),
            _ => {}
        }
    }
    Ok(())
}

/// Tells whether a character is a control, a line separator or invisible; such a character is no part of any name.
pub(crate) fn is_forbidden(character: char) -> bool {
    is_control(character) || is_invisible(character)
}

fn is_control(character: char) -> bool {
    character.is_control() || matches!(character, '\u{2028}' | '\u{2029}')
}

fn is_invisible(character: char) -> bool {
    !character.is_ascii()
        && (INVISIBLE.iter().any(|(first, last)| (*first..=*last).contains(&character))
            || is_noncharacter(character))
}

/// Tells whether a code point is never to be assigned; file systems refuse such names or map them onto others.
fn is_noncharacter(character: char) -> bool {
    matches!(character, '\u{fdd0}'..='\u{fdef}') || u32::from(character) & 0xfffe == 0xfffe
}
