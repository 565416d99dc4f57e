//! Escape characters (U+001B) that can be read in several ways. What stands behind one may be part of its sequence, or
//! begin the escape of another sign; a letter or digit may end its sequence, or belong to the text, where whoever reads
//! it drops control characters alone. The list of escapes has one way, and these are the others: what any of them brings
//! into view is found.

use super::escape::Escape;
use crate::bytes::{at, work};
use crate::terminal;
use std::ops::Range;

const ESCAPE: u8 = 0x1b;

/// Whoever reads otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reader {
    /// A terminal, to which everything behind an escape character is part of a sequence.
    Terminal,
    /// A program that drops the character and nothing else.
    Program,
}

pub(super) const READERS: usize = 2;

/// The escapes of a text as a terminal reads them, and as a program does. What differs from the `first` list is all that is
/// telling; where nothing does, none are listed. They are in order and apart, as those are.
pub(super) fn read_otherwise(bytes: &[u8], first: &[Escape]) -> [Vec<Escape>; READERS] {
    let mut others = [Reader::Terminal, Reader::Program].map(|reader| Other {
        reader,
        escapes: Vec::new(),
        next: 0,
        end: 0,
    });
    let mut next = 0;
    work::add(bytes.len());
    for start in memchr::memchr_iter(ESCAPE, bytes) {
        while first.get(next).is_some_and(|escape| escape.range().end <= start) {
            next += 1;
        }
        let there = first.get(next).map(Escape::range).filter(|range| range.start <= start);
        for other in &mut others {
            if let Some(end) = other.reader.end(bytes, start, there.clone()) {
                other.take(first, next, start..end);
            }
        }
    }
    others.map(|other| other.finish(first))
}

impl Reader {
    /// Where the escape at `start` ends, unless it is the one that stands `there`.
    fn end(self, bytes: &[u8], start: usize, there: Option<Range<usize>>) -> Option<usize> {
        let after = start + 1;
        let next = at(bytes, after);
        match (self, there) {
            // the end of a command string that has no begin
            (Self::Terminal, None) if next == b'\\' => Some(after + 1),
            (Self::Terminal, None) => Some(terminal::end(bytes, '\u{1b}', after).unwrap_or(after)),
            (Self::Program, Some(range)) => {
                (range == (start..after + 1) && next.is_ascii_alphanumeric()).then_some(after)
            }
            _ => None,
        }
    }
}

/// Another list of escapes that grows.
struct Other {
    reader: Reader,
    escapes: Vec<Escape>,
    /// The first of the other list that is not in this.
    next: usize,
    /// Where the last that differs ends.
    end: usize,
}

impl Other {
    /// Adds what differs, and what of the `first` list stands before it, of which so many do.
    fn take(&mut self, first: &[Escape], before: usize, range: Range<usize>) {
        if range.start < self.end {
            return;
        }
        self.add(first.get(self.next..before));
        self.next = before;
        self.end = range.end;
        self.escapes.push(Escape::new(range, None, true));
    }

    fn add(&mut self, escapes: Option<&[Escape]>) {
        let apart = escapes.unwrap_or_default().iter().filter(|escape| escape.range().start >= self.end);
        self.escapes.extend(apart.map(Escape::untold));
    }

    fn finish(mut self, first: &[Escape]) -> Vec<Escape> {
        if !self.escapes.is_empty() {
            self.add(first.get(self.next..));
        }
        self.escapes
    }
}

#[cfg(test)]
mod tests {
    use super::super::escape;
    use super::*;

    /// Where escapes begin and end.
    type Ranges = &'static [(usize, usize)];

    fn read(text: &str) -> [Vec<(usize, usize)>; 3] {
        let (first, _) = escape::all(text);
        let [terminal, program] = read_otherwise(text.as_bytes(), &first);
        [first, terminal, program]
            .map(|escapes| escapes.iter().map(Escape::range).map(|range| (range.start, range.end)).collect())
    }

    #[test]
    fn what_is_in_doubt_is_read_in_every_way() {
        let cases: [(&str, [Ranges; 3]); 9] = [
            ("ab\u{1b}lcd", [&[(2, 4)], &[], &[(2, 3)]]),
            ("ab\u{1b}=cd", [&[(2, 4)], &[], &[]]),
            ("ab\u{1b}=3Dcd", [&[(3, 6)], &[(2, 4)], &[]]),
            ("ab\u{1b}=3Dc\u{1b}=d", [&[(3, 6), (7, 9)], &[(2, 4), (7, 9)], &[]]),
            ("ab\u{1b}%41cd", [&[(3, 6)], &[(2, 5)], &[]]),
            ("ab\u{1b}%Gcd", [&[], &[(2, 5)], &[]]),
            ("ab\u{1b}\\cd", [&[], &[(2, 4)], &[]]),
            ("\\x41\u{1b}lcd\\x42", [&[(0, 4), (4, 6), (8, 12)], &[], &[(0, 4), (4, 5), (8, 12)]]),
            ("\u{1b}\u{1b}lcd", [&[(0, 1), (1, 3)], &[], &[(0, 1), (1, 2)]]),
        ];
        for (text, expected) in cases {
            assert_eq!(read(text), expected.map(<[_]>::to_vec), "{text:?}");
        }
    }

    #[test]
    fn what_is_plain_is_read_once() {
        for text in
            ["", "\u{1b}[1mab\u{1b}[m", "\u{1b}(Bab", "\u{1b}]8;;a%41\u{1b}\\ab", "\\x1b[1m", "a\u{1b}"]
        {
            let [_, terminal, program] = read(text);
            assert!(terminal.is_empty() && program.is_empty(), "{text:?}");
        }
    }
}
