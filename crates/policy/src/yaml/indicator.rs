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
    let mut gap = Gap::default();
    for event in Parser::new_from_str_with_options(text, options) {
        let (event, span) = event.ok()?;
        let Some((range, is_scalar)) = node(&event, span) else { continue };
        let mut is_key = false;
        while let Some(at) = candidates.next_if(|at| *at < range.start) {
            match gap.mark(text, at) {
                Some(Mark::Tag) => return Some((place(text, text.len().saturating_sub(at)), tag())),
                Some(Mark::Key) => is_key = true,
                None => {}
            }
        }
        if is_scalar {
            while candidates.next_if(|at| *at < range.end).is_some() {}
            gap = Gap { seen: range.end, is_comment: false };
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

/// What stands between two scalars: only indicators and comments. It is passed over once, however many bytes of it could
/// be a mark.
#[derive(Default)]
struct Gap {
    /// How far it was passed over.
    seen: usize,
    /// Whether a comment stands there.
    is_comment: bool,
}

impl Gap {
    /// The mark at `at`, unless that is in a comment. Asked from front to back.
    fn mark(&mut self, text: &str, at: usize) -> Option<Mark> {
        let (passed, from) = (text.get(self.seen..at)?, text.get(at..)?);
        self.is_comment = match passed.rsplit_once('\n') {
            Some((_, line)) => line.contains('#'),
            None => self.is_comment || passed.contains('#'),
        };
        self.seen = at;
        match from.as_bytes().first() {
            _ if self.is_comment => None,
            Some(b'?') => Some(Mark::Key),
            Some(b'!') => Some(Mark::Tag),
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
