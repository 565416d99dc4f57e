//! Tokens that their issuer gave a recognisable shape: a literal prefix and characters of known kind and number.
//! The shapes are the rows of `table`; here is how a row is matched, once the prefix automaton has found its prefix.

mod table;

use crate::bytes::{Class, at, before, contains, literal, run, run_back, starts_token, sub};
use crate::value::is_strong;
use std::ops::Range;

pub(crate) use table::VENDORS;

/// One family of tokens: any of `prefixes`, then `shape`, with a word boundary on both sides.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Vendor {
    /// The identifier that findings carry.
    pub(crate) id: &'static str,
    pub(crate) prefixes: &'static [&'static str],
    /// What must stand directly before the prefix and belongs to the token, as in `12345678:AA…`.
    pub(crate) lead: Option<Run>,
    pub(crate) shape: &'static [Piece],
    pub(crate) demand: Demand,
}

/// How much what surrounds the prefix must look drawn at random, before a match counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Demand {
    /// It is not one sign again and again, nor what documentation writes: the prefix says enough.
    Varied,
    /// There is a digit, or there are both cases.
    Issued,
    /// Letters and digits alternate: the prefix is a word with other uses.
    Drawn,
}

/// A run of characters of one class; `most` is `usize::MAX` where the issuer sets no bound.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Run {
    pub(crate) class: Class,
    pub(crate) least: usize,
    pub(crate) most: usize,
}

/// A part of a token after its prefix.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Piece {
    Run(Run),
    Text(&'static str),
}

impl Vendor {
    /// Matches the token whose prefix stands at `prefix` (found without regard to case).
    pub(crate) fn look(&self, bytes: &[u8], prefix: Range<usize>, reach: &mut Reach) -> Look {
        if !self.prefixes.iter().any(|known| sub(bytes, prefix.clone()) == known.as_bytes()) {
            return Look::Nothing;
        }
        let least = self.lead.map_or(0, |lead| lead.least);
        let mut start =
            self.lead.map_or(prefix.start, |lead| run_back(bytes, prefix.start, lead.class, lead.most));
        // The letter of an escape before it is no part of a lead.
        start += usize::from(before(bytes, start) == b'\\' && prefix.start - start > least);
        if prefix.start - start < least || !starts_token(bytes, start) {
            return Look::Nothing;
        }
        match self.shape_end(bytes, prefix.end, reach) {
            None => Look::Nothing,
            Some(end) if self.is_met(sub(bytes, start..prefix.start), sub(bytes, prefix.end..end)) => {
                Look::Token(start..end)
            }
            // No part of a long run without variety has any: its inner prefixes need no look.
            Some(end) if end - start > LONG => Look::Barren(end - LONGEST_PREFIX),
            Some(_) => Look::Nothing,
        }
    }

    /// Tells whether what stands before or behind the prefix looks as drawn as this row demands.
    fn is_met(&self, lead: &[u8], body: &[u8]) -> bool {
        [lead, body].into_iter().any(|part| match self.demand {
            Demand::Varied => is_varied(part),
            Demand::Issued => looks_issued(part),
            Demand::Drawn => is_varied(part) && part.iter().any(u8::is_ascii_digit) && is_strong(part),
        })
    }

    fn shape_end(&self, bytes: &[u8], from: usize, reach: &mut Reach) -> Option<usize> {
        let mut cursor = from;
        let mut last = Class::ALNUM;
        for piece in self.shape {
            match piece {
                Piece::Text(text) => {
                    cursor = literal(bytes, cursor, text.as_bytes()).then_some(cursor + text.len())?;
                }
                Piece::Run(part) => {
                    let end = reach.run(bytes, cursor, *part);
                    if end - cursor < part.least {
                        return None;
                    }
                    last = part.class;
                    cursor = end;
                }
            }
        }
        let next = at(bytes, cursor);
        (!Class::ALNUM.has(next) && (!last.has(next) || before(bytes, cursor) == b'=')).then_some(cursor)
    }
}

/// A run that has been read. A short prefix may stand every few bytes of one, and each would read it again.
#[derive(Debug)]
pub(crate) struct Reach {
    class: Class,
    read: Range<usize>,
}

impl Reach {
    pub(crate) const NONE: Self = Self { class: Class::DIGIT, read: 0..0 };

    /// Where a run that starts at `from` ends.
    fn run(&mut self, bytes: &[u8], from: usize, part: Run) -> usize {
        let most = from.saturating_add(part.most);
        let known = self.class == part.class && self.read.contains(&from);
        let seen = if known { self.read.end.min(most) } else { from };
        let end = run(bytes, seen, part.class, most - seen);
        if !known {
            *self = Self { class: part.class, read: from..end };
        }
        self.read.end = self.read.end.max(end);
        end
    }
}

/// What a look at a prefix showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Look {
    Token(Range<usize>),
    /// No token, and none that begins before this offset.
    Barren(usize),
    Nothing,
}

/// Documentation writes no placeholder longer than this.
const LONG: usize = 256;
/// No prefix is longer; one may begin in a run and go on after it.
const LONGEST_PREFIX: usize = 64;

/// Tells a token from what documentation writes in its place: `xxxx`, `your-key-here`, `EXAMPLE`. A machine that
/// draws characters at random gives a digit or both cases; a person who writes words gives neither.
fn looks_issued(body: &[u8]) -> bool {
    let digit = body.iter().any(u8::is_ascii_digit);
    let both = body.iter().any(u8::is_ascii_lowercase) && body.iter().any(u8::is_ascii_uppercase);
    (digit || both) && is_varied(body)
}

/// Tells whether a body has three signs at least, and none of the words that documentation writes.
fn is_varied(body: &[u8]) -> bool {
    let first = at(body, 0);
    let second = body.iter().copied().find(|&byte| byte != first).unwrap_or(first);
    let varied = body.iter().any(|&byte| byte != first && byte != second);
    let written = body.len() <= LONG && (contains(body, b"EXAMPLE") || contains(body, b"xxxxxx"));
    varied && !written
}

#[cfg(test)]
mod tests;
