//! Characters that a person does not see and a model reads, and sequences that a terminal obeys: taken out of text that leaves.
//! Bidirectional controls show text in another order than it has ([Trojan Source](https://www.trojansource.codes/),
//! CVE-2021-42574), tag characters spell out instructions that nobody sees, and a control sequence can rewrite what stood on
//! the screen before. What a script needs stays: joiners between its letters and between emoji, the selectors of emoji, flags.

use crate::bytes::{find, is_unseen_or_wide};
use crate::{leaves, terminal};
use serde_json::Value;
use std::borrow::Cow;

const ZERO_WIDTH_NON_JOINER: char = '\u{200c}';
const ZERO_WIDTH_JOINER: char = '\u{200d}';
const BYTE_ORDER_MARK: char = '\u{feff}';
const BLACK_FLAG: char = '\u{1f3f4}';
const CANCEL_TAG: char = '\u{e007f}';
/// The most tag characters of a flag: two letters of a country, three of a part of it, and the end.
const FLAG: usize = 6;

/// A text without what is hidden in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revealed<'t> {
    /// The text; borrowed from the input if nothing was hidden in it.
    pub text: Cow<'t, str>,
    /// How many characters and sequences were taken out. A byte order mark at the start of a text is not counted.
    pub hidden: u64,
}

/// Takes out what a reader does not see: control characters but tabulators, line ends and form feeds; control sequences of
/// terminals (ECMA-48); characters without a glyph and bidirectional controls, unless the letters around them need them.
#[must_use]
pub fn reveal(text: &str) -> Revealed<'_> {
    let Some(first) = first(text) else {
        return Revealed { text: Cow::Borrowed(text), hidden: 0 };
    };
    let mut out: Option<String> = None;
    let (mut copied, mut hidden) = (0, 0);
    let mut cursor = text.floor_char_boundary(first);
    while let Some((start, sign)) = next(text, cursor) {
        // what was taken out is nothing to stand beside
        let between = text.get(copied..start).unwrap_or_default();
        let before = between.chars().next_back().or_else(|| out.as_ref()?.chars().next_back());
        cursor = match hides(text, before, start, sign) {
            Some(end) => {
                out.get_or_insert_default().push_str(text.get(copied..start).unwrap_or_default());
                copied = end;
                hidden += u64::from(start > 0 || sign != BYTE_ORDER_MARK);
                end
            }
            None => stays_until(text, start, sign),
        };
    }
    match out {
        None => Revealed { text: Cow::Borrowed(text), hidden: 0 },
        Some(mut clean) => {
            clean.push_str(text.get(copied..).unwrap_or_default());
            Revealed { text: Cow::Owned(clean), hidden }
        }
    }
}

/// Takes out what a reader does not see of every text of a value, keys too; returns how many characters and sequences that were.
/// The value must not be nested deeper than `serde_json` reads.
pub fn reveal_json(value: &mut Value) -> u64 {
    let mut hidden = 0_u64;
    leaves::change(value, &mut |text| match reveal(text) {
        Revealed { text: Cow::Owned(clean), hidden: more } => {
            hidden = hidden.saturating_add(more);
            Some(clean)
        }
        _ => None,
    });
    hidden
}

/// Whether a character that begins with this byte may be hidden.
const fn may_hide(byte: u8) -> bool {
    matches!(
        byte,
        0..=0x08 | 0x0b | 0x0e..=0x1f | 0x7f | 0xc2 | 0xcd | 0xd8 | 0xe1 | 0xe2 | 0xe3 | 0xef | 0xf0 | 0xf3
    )
}

/// Where the first byte is that may begin a hidden character.
fn first(text: &str) -> Option<usize> {
    find(text.as_bytes(), is_unseen_or_wide, may_hide)
}

/// The next character from `from` on that may be hidden.
fn next(text: &str, from: usize) -> Option<(usize, char)> {
    let rest = text.get(from..)?;
    let start = from + first(rest)?;
    text.get(start..)?.chars().next().map(|sign| (start, sign))
}

/// Where what is hidden at `start` ends, if `sign` hides something there, behind `before`.
fn hides(text: &str, before: Option<char>, start: usize, sign: char) -> Option<usize> {
    let after = start + sign.len_utf8();
    if sign.is_control() {
        // a next line is a line end
        let plain = matches!(sign, '\t' | '\n' | '\r' | '\u{0c}' | '\u{85}');
        return (!plain).then(|| terminal::end(text.as_bytes(), sign, after).unwrap_or(after));
    }
    if !terminal::is_invisible(sign) {
        return None;
    }
    let follows = text.get(after..).and_then(|rest| rest.chars().next());
    let needed = match sign {
        // between letters of a script that joins, or between emoji
        ZERO_WIDTH_JOINER | ZERO_WIDTH_NON_JOINER => {
            before.is_some_and(|before| before == '\u{fe0f}' || is_joined(before))
                && follows.is_some_and(is_joined)
        }
        // one only, behind what can be shown in two ways
        '\u{fe0e}' | '\u{fe0f}' => before.is_some_and(|before| {
            matches!(before, '#' | '*' | '0'..='9' | '\u{a9}' | '\u{ae}')
                || before >= '\u{2000}' && !terminal::is_invisible(before)
        }),
        '\u{fe00}'..='\u{fe0d}' | '\u{e0100}'..='\u{e01ef}' => {
            before.is_some_and(|before| is_ideograph(before) || ('\u{2200}'..='\u{2bff}').contains(&before))
        }
        // Mongolian
        '\u{180b}'..='\u{180d}' | '\u{180f}' => {
            before.is_some_and(|before| ('\u{1820}'..='\u{18aa}').contains(&before))
        }
        _ => false,
    };
    (!needed).then_some(after)
}

/// Where what stays at `start` ends: the character, or a flag with its tags.
fn stays_until(text: &str, start: usize, sign: char) -> usize {
    let after = start + sign.len_utf8();
    if sign != BLACK_FLAG {
        return after;
    }
    let mut tags = text.get(after..).unwrap_or_default().chars();
    let length = tags.clone().take_while(|tag| is_tag(*tag)).take(FLAG + 1).count();
    let ends = tags.nth(length) == Some(CANCEL_TAG);
    if (3..=FLAG).contains(&length) && ends { after + (length + 1) * CANCEL_TAG.len_utf8() } else { after }
}

/// A letter or digit of a flag's name.
const fn is_tag(sign: char) -> bool {
    matches!(sign, '\u{e0030}'..='\u{e0039}' | '\u{e0061}'..='\u{e007a}')
}

/// Whether a joiner beside this character changes how it is shown: Arabic and its kin, the scripts of India and south-east Asia,
/// Mongolian, emoji.
const fn is_joined(sign: char) -> bool {
    matches!(
        sign,
        '\u{620}'..='\u{8ff}'
            | '\u{900}'..='\u{dff}'
            | '\u{e00}'..='\u{109f}'
            | '\u{1700}'..='\u{17ff}'
            | '\u{1820}'..='\u{18aa}'
            | '\u{1900}'..='\u{1cff}'
            | '\u{2190}'..='\u{2bff}'
            | '\u{a800}'..='\u{abff}'
            | '\u{fb50}'..='\u{fdff}'
            | '\u{fe70}'..='\u{fefc}'
            | '\u{1f000}'..='\u{1faff}'
    )
}

const fn is_ideograph(sign: char) -> bool {
    matches!(sign, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

#[cfg(test)]
mod tests;
