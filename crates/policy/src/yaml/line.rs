//! What the line of a fault, and those beside it, tell of the slip that was made.

use super::slip::{At, Slip, no_space, tab};

/// The last `mark` before `at`, or `at`: what follows an anchor is refused, and the anchor is meant.
pub(super) fn mark(text: &str, at: At, mark: char) -> At {
    let above = (at.0.saturating_sub(1), u32::MAX);
    let find = |(line, column): At| {
        let marks = row(text, line)?.chars().zip(1u32..).take_while(|(_, number)| *number <= column);
        marks.filter(|(c, _)| *c == mark).last().map(|(_, number)| (line, number))
    };
    find(at).or_else(|| find(above)).unwrap_or(at)
}

/// A tab in front of the line, or of one beside it, with its place.
pub(super) fn leading_tab(text: &str, (line, _): At) -> Option<(At, Slip)> {
    [line, line.saturating_sub(1), line.saturating_add(1)].into_iter().find_map(|number| {
        let blank = row(text, number)?.chars().take_while(|c| c.is_whitespace());
        let column = blank.zip(1u32..).find_map(|(c, column)| (c == '\t').then_some(column))?;
        Some(((number, column), tab()))
    })
}

/// A key with no space behind its colon, in the line or the one above.
pub(super) fn unspaced(text: &str, (line, _): At) -> Option<(At, Slip)> {
    [line, line.saturating_sub(1)].into_iter().find_map(|number| {
        let whole = row(text, number)?;
        let entry = whole.trim_start_matches([' ', '-', '{']);
        let (key, value) = entry.split_once(':')?;
        let is_key = !key.is_empty() && key.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        if !is_key || value.is_empty() || value.starts_with([' ', '/', ':']) {
            return None;
        }
        let before = whole.len().saturating_sub(entry.len()).saturating_add(key.len());
        // All before the colon is ASCII.
        let column = u32::try_from(before).unwrap_or(u32::MAX).saturating_add(1);
        Some(((number, column), no_space()))
    })
}

/// The line of a number.
fn row(text: &str, number: u32) -> Option<&str> {
    text.lines().nth(usize::try_from(number).ok()?.checked_sub(1)?)
}

pub(super) fn character(text: &str, (line, column): At) -> Option<char> {
    row(text, line)?.chars().nth(usize::try_from(column).ok()?.checked_sub(1)?)
}

pub(super) fn before(text: &str, (line, column): At) -> Option<char> {
    character(text, (line, column.checked_sub(1)?))
}

/// A key that is indented further than the one above it, and is read as the rest of that one's value, which begins at
/// `at`.
pub(super) fn overindented(text: &str, (line, column): At) -> Option<(At, Slip)> {
    let (above, below) = (row(text, line)?, row(text, line.checked_add(1)?)?);
    let key = above.trim_start_matches([' ', '-']);
    let (indent, own) = (above.len().checked_sub(key.len())?, blank(below));
    let value = key.strip_prefix(leading_key(key)?)?.strip_prefix(": ")?.trim();
    let begins = above.trim_end().len().checked_sub(value.len())?.saturating_add(1);
    // A value that is no plain text ends with its line, or goes on however it is indented; so does a comment.
    let is_plain = value.starts_with(|c: char| c.is_ascii_alphanumeric()) && !value.contains(" #");
    let is_here = usize::try_from(column).is_ok_and(|column| column == begins);
    if !is_plain || !is_here || value.ends_with(',') || own <= indent {
        return None;
    }
    leading_key(below.trim_start())?;
    let slip = Slip::new(
        "key is indented further than the one above it, and is read as part of its value",
        "indent the keys of one map alike",
    );
    Some(((line.saturating_add(1), u32::try_from(own).ok()?.saturating_add(1)), slip))
}

/// Whether nothing but a comment stands behind the key at `at`.
pub(super) fn commented(text: &str, (line, column): At) -> bool {
    let rest = row(text, line).and_then(|row| {
        let (at, _) = row.char_indices().nth(usize::try_from(column).ok()?.checked_sub(1)?)?;
        row.get(at..)
    });
    rest.is_some_and(|rest| rest.trim_start_matches(':').trim_start().starts_with('#'))
}

/// Whether a quoted text begins at `at` in a list in brackets.
pub(super) fn uncommaed(text: &str, at: At) -> bool {
    let (Some(row), Ok(column)) = (row(text, at.0), usize::try_from(at.1)) else { return false };
    let count = |c: char| row.chars().take(column).filter(|own| *own == c).count();
    matches!(character(text, at), Some('"' | '\'')) && count('[') > count(']')
}

/// Whether the line is a key that stands where the entries of a list above it begin.
pub(super) fn undashed(text: &str, (line, _): At) -> bool {
    let Some(found) = row(text, line) else { return false };
    let above = usize::try_from(line).unwrap_or(usize::MAX).saturating_sub(1);
    let mut beginning = None;
    for row in text.lines().take(above).filter(|row| !row.trim_start().is_empty()) {
        if blank(row) <= blank(found) {
            beginning = Some(row);
        }
    }
    let is_entry = |row: &str| blank(row) == blank(found) && row.trim_start().starts_with("- ");
    leading_key(found.trim_start()).is_some() && beginning.is_some_and(is_entry)
}

/// Whether the line begins with `key`, which stands at `at`.
pub(super) fn is_key(text: &str, (line, column): At, key: &str) -> bool {
    row(text, line).is_some_and(|row| {
        let is_here = usize::try_from(column).is_ok_and(|column| column == blank(row).saturating_add(1));
        is_here && leading_key(row.trim_start()) == Some(key)
    })
}

/// The key with which a line begins, without its colon.
fn leading_key(entry: &str) -> Option<&str> {
    let (key, value) = entry.split_once(':')?;
    let is_key = !key.is_empty() && key.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    (is_key && (value.is_empty() || value.starts_with(' '))).then_some(key)
}

/// The spaces in front of a line.
fn blank(row: &str) -> usize {
    row.len().saturating_sub(row.trim_start_matches(' ').len())
}
