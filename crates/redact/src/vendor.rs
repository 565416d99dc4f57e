//! Tokens that their issuer gave a recognisable shape: a literal prefix and characters of known kind and number.
//! The shapes are the rows of `table`; here is how a row is matched, once the prefix automaton has found its prefix.

mod table;

use crate::bytes::{Class, at, before, contains, literal, run, run_back, starts_token, sub};
use std::ops::Range;

pub(crate) use table::VENDORS;

/// One family of tokens: any of `prefixes`, then `shape`, with a word boundary on both sides.
#[derive(Debug)]
pub(crate) struct Vendor {
    /// The identifier that findings carry.
    pub(crate) id: &'static str,
    pub(crate) prefixes: &'static [&'static str],
    /// What must stand directly before the prefix and belongs to the token, as in `12345678:AA…`.
    pub(crate) lead: Option<Run>,
    pub(crate) shape: &'static [Piece],
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
    pub(crate) fn look(&self, bytes: &[u8], prefix: Range<usize>) -> Look {
        if !self.prefixes.iter().any(|known| sub(bytes, prefix.clone()) == known.as_bytes()) {
            return Look::Nothing;
        }
        let start =
            self.lead.map_or(prefix.start, |lead| run_back(bytes, prefix.start, lead.class, lead.most));
        if prefix.start - start < self.lead.map_or(0, |lead| lead.least) || !starts_token(bytes, start) {
            return Look::Nothing;
        }
        match self.shape_end(bytes, prefix.end) {
            None => Look::Nothing,
            Some(end) if looks_issued(sub(bytes, prefix.end..end)) => Look::Token(start..end),
            // No part of a long run without variety has any: its inner prefixes need no look.
            Some(end) if end - start > LONG => Look::Barren(end - LONGEST_PREFIX),
            Some(_) => Look::Nothing,
        }
    }

    fn shape_end(&self, bytes: &[u8], from: usize) -> Option<usize> {
        let mut cursor = from;
        let mut last = Class::ALNUM;
        for piece in self.shape {
            match piece {
                Piece::Text(text) => {
                    cursor = literal(bytes, cursor, text.as_bytes()).then_some(cursor + text.len())?;
                }
                Piece::Run(part) => {
                    let end = run(bytes, cursor, part.class, part.most);
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
    let first = at(body, 0);
    let second = body.iter().copied().find(|&byte| byte != first).unwrap_or(first);
    let varied = body.iter().any(|&byte| byte != first && byte != second);
    let written = body.len() <= LONG && (contains(body, b"EXAMPLE") || contains(body, b"xxxxxx"));
    (digit || both) && varied && !written
}

#[cfg(test)]
mod tests;
