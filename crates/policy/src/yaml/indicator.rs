//! Two marks of YAML that change what is read while few know them: `? ` begins a key that may be a whole list, which the
//! reading would hold to compare it with the others, and `! ` is a tag that says nothing, so that `[! keys]` is read as
//! `[keys]`. Neither a list as a key nor such a tag is let through. Most texts have no place where one could stand, which
//! is asked of their bytes; only the others are looked through.

use std::ops::Range;

use granit_parser::{Event, Parser, Span};

use super::slip::{At, Slip, tag};
use super::{Limits, place};

/// The first such mark, with its place. What is no YAML is told of by the reading.
pub(super) fn indicator(text: &str, limits: Limits) -> Option<(At, Slip)> {
    let mut candidates = candidates(text).peekable();
    candidates.peek()?;
    let options = granit_parser::options! { flow_nesting_limit: limits.depth };
    // Between two scalars, the last of which ended at `end`, stand only indicators and comments.
    let mut end = 0;
    for event in Parser::new_from_str_with_options(text, options) {
        let (event, span) = event.ok()?;
        let Some((range, is_scalar)) = node(&event, span) else { continue };
        let mut is_key = false;
        while let Some(at) = candidates.next_if(|at| *at < range.start) {
            match Mark::at(text, end, at) {
                Some(Mark::Tag) => return Some((place(text, text.len().saturating_sub(at)), tag())),
                Some(Mark::Key) => is_key = true,
                None => {}
            }
        }
        if is_scalar {
            while candidates.next_if(|at| *at < range.end).is_some() {}
            end = range.end;
        } else if is_key {
            let slip = Slip::new("a list or map stands where a key is wanted", "write a text as the key");
            return Some((place(text, text.len().saturating_sub(range.start)), slip));
        }
    }
    None
}

/// The bytes of a scalar, which the flag says it is, or of what begins a list or map.
fn node(event: &Event<'_>, span: Span) -> Option<(Range<usize>, bool)> {
    match event {
        // One of nothing stands nowhere.
        Event::Scalar(..) => span.byte_range().filter(|range| !range.is_empty()).map(|range| (range, true)),
        Event::SequenceStart(..) | Event::MappingStart(..) => span.byte_range().map(|range| (range, false)),
        _ => None,
    }
}

enum Mark {
    Key,
    Tag,
}

impl Mark {
    /// The mark at `at`, unless that is in a comment after `end`.
    fn at(text: &str, end: usize, at: usize) -> Option<Self> {
        let (between, from) = (text.get(end..at)?, text.get(at..)?);
        let is_comment = between.rsplit('\n').next().is_some_and(|line| line.contains('#'));
        match from.as_bytes().first() {
            _ if is_comment => None,
            Some(b'?') => Some(Self::Key),
            Some(b'!') => Some(Self::Tag),
            _ => None,
        }
    }
}

/// The bytes that could be such a mark: behind a blank, a bracket or the start of a line, and before a blank.
fn candidates(text: &str) -> impl Iterator<Item = usize> {
    let bytes = text.as_bytes();
    bytes.iter().enumerate().filter(|(_, byte)| matches!(byte, b'?' | b'!')).filter_map(move |(at, _)| {
        let before = at.checked_sub(1).and_then(|before| bytes.get(before));
        let after = bytes.get(at.saturating_add(1));
        let begins = matches!(before, None | Some(b' ' | b'\t' | b'\n' | b'[' | b'{' | b','));
        let ends = matches!(after, None | Some(b' ' | b'\t' | b'\n' | b'\r' | b'[' | b'{'));
        (begins && ends).then_some(at)
    })
}

#[cfg(test)]
mod tests;
