//! A decoded text that remembers where each of its characters comes from. It holds the surroundings of every escape,
//! with the escapes read, and the content of every carrier; what stands apart in the source is kept apart.

use super::carrier::{self, Carrier};
use super::escape::{self, Escape};
use super::window;
use crate::bytes::work;
use std::ops::Range;

/// What stands between two parts: no name, value or token reaches over it.
const BETWEEN: &str = "\n\0\n";

/// Decoded text and its origins.
#[derive(Debug, Default)]
pub(super) struct Sheet {
    pub(super) text: String,
    /// In order; each reaches to where the next starts.
    pieces: Vec<Piece>,
    /// The lines of all carriers.
    lines: Vec<Range<usize>>,
}

#[derive(Debug)]
struct Piece {
    start: usize,
    origin: Origin,
}

#[derive(Debug)]
enum Origin {
    /// The same bytes, from this offset of the source on.
    Copy(usize),
    /// One escape, which is hidden whole or not at all.
    Whole(Range<usize>),
    /// A carrier: these of the sheet's lines, until they have been asked for.
    Carrier(Range<usize>),
    Nowhere,
}

impl Sheet {
    /// Decodes what is encoded in `source`, or answers nothing if nothing is. What is written is taken off the budget;
    /// once that is spent the rest is left out.
    pub(super) fn of(source: &str, budget: &mut usize) -> Option<Self> {
        let mut sheet = Self::default();
        let escapes = escape::all(source);
        for window in window::around(source.as_bytes(), &escapes) {
            if window.range.len() > *budget {
                break;
            }
            *budget -= window.range.len();
            sheet.window(source, &window, &escapes);
        }
        for carrier in carrier::all(source.as_bytes()) {
            if carrier.text.len() > *budget {
                break;
            }
            *budget -= carrier.text.len();
            sheet.carrier(carrier);
        }
        (!sheet.text.is_empty()).then_some(sheet)
    }

    fn window(&mut self, source: &str, window: &window::Window, escapes: &[Escape]) {
        self.write(BETWEEN, Origin::Nowhere);
        if window.begins_in_word {
            // The rest of a word is no word.
            self.write("x", Origin::Nowhere);
        }
        let mut copied = window.range.start;
        for escape in escapes.get(window.escapes.clone()).unwrap_or_default() {
            self.copy(source, copied..escape.range.start);
            if let Some(meaning) = escape.meaning {
                self.write(meaning.encode_utf8(&mut [0; 4]), Origin::Whole(escape.range.clone()));
            }
            copied = escape.range.end;
        }
        self.copy(source, copied..window.range.end);
    }

    fn carrier(&mut self, carrier: Carrier) {
        self.write(BETWEEN, Origin::Nowhere);
        let first = self.lines.len();
        self.lines.extend(carrier.lines);
        self.write(&carrier.text, Origin::Carrier(first..self.lines.len()));
    }

    fn copy(&mut self, source: &str, range: Range<usize>) {
        if let Some(text) = source.get(range.clone())
            && !text.is_empty()
        {
            self.write(text, Origin::Copy(range.start));
        }
    }

    fn write(&mut self, text: &str, origin: Origin) {
        self.pieces.push(Piece { start: self.text.len(), origin });
        self.text.push_str(text);
    }

    /// The parts of the source that spell `range`, escapes whole. They are one, with what was dropped between them,
    /// unless that holds the end of a line: line ends and what begins the next line stay. The lines of a carrier are
    /// answered once, however much is found in it.
    pub(super) fn origins(&mut self, source: &str, range: Range<usize>) -> Vec<Range<usize>> {
        let first = self.pieces.partition_point(|piece| piece.start <= range.start).saturating_sub(1);
        let mut pieces = self.pieces.iter_mut().skip(first).peekable();
        let mut origins: Vec<Range<usize>> = Vec::new();
        while let Some(piece) = pieces.next().filter(|piece| piece.start < range.end) {
            let end = pieces.peek().map_or(self.text.len(), |next| next.start);
            work::add(1);
            match &mut piece.origin {
                Origin::Nowhere => {}
                Origin::Copy(from) => {
                    let start = *from + (range.start.max(piece.start) - piece.start);
                    let end = *from + (range.end.min(end) - piece.start);
                    add(source, &mut origins, start..end);
                }
                Origin::Whole(escape) => add(source, &mut origins, escape.clone()),
                Origin::Carrier(lines) => {
                    origins.extend_from_slice(self.lines.get(std::mem::take(lines)).unwrap_or_default());
                }
            }
        }
        work::add(origins.len());
        origins
    }
}

fn add(source: &str, origins: &mut Vec<Range<usize>>, next: Range<usize>) {
    match origins.last_mut() {
        Some(last) if !source.get(last.end..next.start).is_some_and(|gap| gap.contains('\n')) => {
            last.end = next.end;
        }
        _ => origins.push(next),
    }
}
