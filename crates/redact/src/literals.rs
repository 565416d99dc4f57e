//! JSON text: matches are cut so that each lies within one string, and bare numbers get quotation marks. Text grammar can
//! mistake where a literal ends; after this no replacement can make JSON invalid.

use crate::bytes::{at, work};
use crate::quote::Quote;
use crate::spans::Match;
use serde::de::IgnoredAny;
use std::ops::Range;

/// Cuts the matches (sorted and apart) to the literals of `text`, if it is JSON or JSON Lines.
pub(crate) fn confine(text: &str, matches: Vec<Match>) -> Vec<Match> {
    let opens = text.trim_start().starts_with(['{', '[', '"']);
    if matches.is_empty() || !opens {
        return matches;
    }
    if !serde_json::Deserializer::from_str(text).into_iter::<IgnoredAny>().all(|value| value.is_ok()) {
        return matches;
    }
    let bytes = text.as_bytes();
    let mut confined = Vec::with_capacity(matches.len());
    let mut literal = next_literal(bytes, 0);
    for found in matches {
        // The literal a match ends in is kept, for the next match may stand in it too.
        while let Some(here) = literal.as_ref().filter(|here| here.range.start < found.end) {
            let (start, end) = (found.start.max(here.range.start), found.end.min(here.range.end));
            if start < end {
                confined.push(here.part(bytes, &found, start, end));
            }
            if here.range.end >= found.end {
                break;
            }
            literal = next_literal(bytes, here.end);
        }
    }
    confined
}

/// A string or number of JSON text.
struct Literal {
    /// The content of a string, or the whole of a number.
    range: Range<usize>,
    /// Where the literal ends, its mark included.
    end: usize,
    is_string: bool,
}

impl Literal {
    /// The part of a match that lies in this literal: whole escapes of a string, or the whole of a number.
    fn part(&self, bytes: &[u8], found: &Match, start: usize, end: usize) -> Match {
        if !self.is_string {
            let Range { start, end } = self.range.clone();
            return Match { start, end, quote: Some(Quote::DOUBLE), ..found.clone() };
        }
        let start = whole_escape(bytes, &self.range, start).start;
        let end = match whole_escape(bytes, &self.range, end) {
            escape if escape.start < end => escape.end,
            _ => end,
        };
        // JSON within the string stays JSON too
        let quote = found.quote.filter(|quote| quote.mark == b'"' && quote.escapes() % 2 == 1);
        Match { start, end, quote, ..found.clone() }
    }
}

/// The escape sequence that `index` lies in, or the empty range at `index`.
fn whole_escape(bytes: &[u8], content: &Range<usize>, index: usize) -> Range<usize> {
    // An escape is six bytes at most; whether a backslash starts one depends on how many stand before it.
    for back in 1..6 {
        let Some(mark) = index.checked_sub(back).filter(|&mark| mark >= content.start) else { break };
        if at(bytes, mark) != b'\\' || odd_before(bytes, content.start, mark) {
            continue;
        }
        let end = mark + if at(bytes, mark + 1) == b'u' { 6 } else { 2 };
        if end > index {
            return mark..end.min(content.end);
        }
    }
    index..index
}

/// Tells whether an odd number of backslashes stands directly before `index`, so that what is there is escaped.
fn odd_before(bytes: &[u8], from: usize, index: usize) -> bool {
    let head = bytes.get(from..index).unwrap_or_default();
    let run = head.iter().rev().take_while(|&&byte| byte == b'\\').count();
    work::add(run + 1);
    run % 2 == 1
}

/// The next string or number at or after `from`, which must lie outside strings.
fn next_literal(bytes: &[u8], from: usize) -> Option<Literal> {
    let rest = bytes.get(from..)?;
    let start = from + rest.iter().position(|&byte| byte == b'"' || byte == b'-' || byte.is_ascii_digit())?;
    work::add(start - from + 1);
    if at(bytes, start) == b'"' {
        let mut cursor = start + 1;
        while cursor < bytes.len() && at(bytes, cursor) != b'"' {
            cursor += 1 + usize::from(at(bytes, cursor) == b'\\');
        }
        return Some(Literal { range: start + 1..cursor, end: cursor + 1, is_string: true });
    }
    let digits = bytes.get(start..)?;
    let length = digits
        .iter()
        .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+' | b'.'))
        .count();
    Some(Literal { range: start..start + length, end: start + length, is_string: false })
}
