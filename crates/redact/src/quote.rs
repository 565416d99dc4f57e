//! Quotation marks at any depth of backslash escaping, as they stand in source code, JSON, and JSON inside JSON.
//! It finds where a quoted literal ends and never looks at what it says.

use crate::bytes::{at, before, work};

/// A quotation mark and the number of backslashes that belong to it: `"` has none, `\"` one, `\\\"` three.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Quote {
    pub(crate) mark: u8,
    escapes: u8,
}

/// How the search for the end of a quoted literal went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// The closing mark stands at the end.
    Closed,
    /// The line ended first.
    Line,
    /// The limit was reached first.
    Limit,
}

impl Quote {
    /// The plain double quotation mark.
    pub(crate) const DOUBLE: Self = Self { mark: b'"', escapes: 0 };
    /// The plain apostrophe.
    pub(crate) const APOSTROPHE: Self = Self { mark: b'\'', escapes: 0 };

    /// A double quotation mark behind so many backslashes, of which nobody counts more than a few.
    pub(crate) fn double_behind(backslashes: usize) -> Self {
        Self { escapes: u8::try_from(backslashes).unwrap_or(u8::MAX), ..Self::DOUBLE }
    }

    /// How many backslashes belong to it.
    pub(crate) fn escapes(self) -> usize {
        usize::from(self.escapes)
    }

    /// Reads an opening mark at `index`; the offset returned is that of the first byte within.
    pub(crate) fn open(bytes: &[u8], index: usize) -> Option<(Self, usize)> {
        let (mut cursor, mut escapes) = (index, 0);
        while at(bytes, cursor) == b'\\' && escapes < 15 {
            cursor += 1;
            escapes += 1;
        }
        let mark = at(bytes, cursor);
        matches!(mark, b'"' | b'\'' | b'`').then_some((Self { mark, escapes }, cursor + 1))
    }

    /// Finds the end of the literal whose content starts at `from`, looking at `limit` bytes at most.
    ///
    /// With `k` backslashes belonging to the mark, a mark closes if its run of backslashes is `k` after whole
    /// escaped backslashes, which at this depth are `2(k + 1)` long.
    pub(crate) fn content_end(self, bytes: &[u8], from: usize, limit: usize) -> (usize, Ending) {
        let own = self.escapes();
        let period = (own + 1).saturating_mul(2);
        let mut escapes = 0_usize;
        for (offset, &byte) in bytes.iter().skip(from).take(limit).enumerate() {
            let here = from + offset;
            work::add(1);
            match byte {
                b'\\' => {
                    escapes += 1;
                    continue;
                }
                b'\n' => {
                    let carriage = usize::from(here > from && before(bytes, here) == b'\r');
                    return (here - carriage, Ending::Line);
                }
                _ if byte == self.mark && (escapes % period == own || escapes < own) => {
                    return (here - escapes.min(own), Ending::Closed);
                }
                _ => {}
            }
            escapes = 0;
        }
        let end = bytes.len().min(from.saturating_add(limit));
        (end, if end == bytes.len() { Ending::Line } else { Ending::Limit })
    }

    /// The mark with its backslashes, as it stands in the text.
    pub(crate) fn spelled(self) -> String {
        let mut spelled = "\\".repeat(self.escapes());
        spelled.push(char::from(self.mark));
        spelled
    }
}
