//! Lines and columns, counted while a text is gone through once.

use memchr::{memchr_iter, memrchr};

/// A place in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct Position {
    /// The line, from 1. Lines end with a line feed.
    pub line: u64,
    /// The column in characters (Unicode scalar values), from 1.
    pub column: u64,
}

/// A place in a text that only moves forward.
#[derive(Debug, Clone)]
pub(super) struct Cursor {
    at: usize,
    line_start: usize,
    position: Position,
}

impl Cursor {
    /// The begin of a text that stands at `position` in its file.
    pub(super) fn new(position: Position) -> Self {
        Self { at: 0, line_start: 0, position }
    }

    /// Goes on to `to`.
    pub(super) fn advance(&mut self, text: &str, to: usize) {
        let passed = text.get(self.at..to).unwrap_or_default();
        let lines = memchr_iter(b'\n', passed.as_bytes()).count();
        let rest = match memrchr(b'\n', passed.as_bytes()) {
            Some(feed) => {
                self.position.line += lines as u64;
                self.position.column = 1;
                self.line_start = self.at + feed + 1;
                passed.get(feed + 1..).unwrap_or_default()
            }
            None => passed,
        };
        self.position.column += rest.chars().count() as u64;
        self.at = to.max(self.at);
    }

    pub(super) fn position(&self) -> Position {
        self.position
    }

    /// Where the line begins, as far back as the text goes.
    pub(super) fn line_start(&self) -> usize {
        self.line_start
    }
}

impl Default for Position {
    fn default() -> Self {
        Self { line: 1, column: 1 }
    }
}
