//! The part of a file that is searched at a time: new text, with some of what was before it, for the names and marks before a
//! value, and some of what comes after it, for the ends of values.

use std::ops::Range;

use memchr::{memchr, memrchr};

use super::position::{Cursor, Position};
use crate::finding::Finding;

/// How many bytes are taken at once.
pub(super) const STEP: usize = 64 * 1024;
/// How large windows are.
#[derive(Debug, Clone, Copy)]
pub(super) struct Size {
    /// How many new bytes make a window.
    pub(super) new: usize,
    /// How many bytes behind those that are reported have been seen; far more than any rule looks ahead.
    pub(super) ahead: usize,
}

impl Size {
    pub(super) const USUAL: Self = Self { new: 8 * 1024 * 1024, ahead: 256 * 1024 };
}

/// How many bytes before them are kept.
const BEHIND: usize = 64 * 1024;
/// What stands for a byte that is no UTF-8: one byte too, so that spans are those of the file, and part of no secret's shape.
const SUBSTITUTE: char = '\u{1a}';

pub(super) struct Window {
    size: Size,
    text: String,
    /// The bytes of a character that has not come whole.
    partial: Vec<u8>,
    /// Where what has not been reported begins.
    new: usize,
    /// Where the text begins in the file.
    offset: u64,
    position: Position,
}

impl std::fmt::Debug for Window {
    /// Prints lengths alone: the text may hold secrets.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Window")
            .field("offset", &self.offset)
            .field("length", &self.text.len())
            .finish_non_exhaustive()
    }
}

impl Window {
    pub(super) fn new(size: Size) -> Self {
        let (text, partial) = (String::new(), Vec::new());
        Self { size, text, partial, new: 0, offset: 0, position: Position::default() }
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn cursor(&self) -> Cursor {
        Cursor::new(self.position)
    }

    pub(super) fn is_full(&self) -> bool {
        self.text.len() - self.new >= self.size.new + self.size.ahead
    }

    pub(super) fn in_file(&self, span: &Range<usize>) -> Range<u64> {
        self.offset + span.start as u64..self.offset + span.end as u64
    }

    pub(super) fn take(&mut self, piece: &[u8]) {
        if self.partial.is_empty() {
            return self.decode(piece);
        }
        let mut joined = std::mem::take(&mut self.partial);
        joined.extend_from_slice(piece);
        self.decode(&joined);
    }

    /// No more comes.
    pub(super) fn end(&mut self) {
        let rest = std::mem::take(&mut self.partial).len();
        self.text.extend(std::iter::repeat_n(SUBSTITUTE, rest));
    }

    fn decode(&mut self, mut bytes: &[u8]) {
        loop {
            let error = match std::str::from_utf8(bytes) {
                Ok(text) => return self.text.push_str(text),
                Err(error) => error,
            };
            let (valid, rest) = bytes.split_at(error.valid_up_to());
            self.text.push_str(std::str::from_utf8(valid).unwrap_or_default());
            let Some(broken) = error.error_len() else {
                self.partial = rest.to_vec();
                return;
            };
            self.text.extend(std::iter::repeat_n(SUBSTITUTE, broken));
            bytes = rest.get(broken..).unwrap_or_default();
        }
    }

    /// The part that can be reported: up to the begin of a line if one is near, and within no finding.
    pub(super) fn settled(&self, findings: &[Finding], last: bool) -> Range<usize> {
        if last {
            return self.new..self.text.len();
        }
        let latest = self.text.floor_char_boundary(self.text.len().saturating_sub(self.size.ahead));
        let feed = self.text.as_bytes().get(self.new..latest).and_then(|new| memrchr(b'\n', new));
        let mut end = feed.map_or(latest, |feed| self.new + feed + 1);
        let around = findings.partition_point(|finding| finding.span.end <= end);
        if let Some(finding) = findings.get(around)
            && (self.new + 1..end).contains(&finding.span.start)
        {
            end = finding.span.start;
        }
        self.new..end
    }

    /// Lets go of what was reported, up to `end`, but for what the next search looks back at.
    pub(super) fn forget(&mut self, end: usize) {
        let latest = self.text.floor_char_boundary(end.saturating_sub(BEHIND));
        let feed = self.text.as_bytes().get(latest..end).and_then(|kept| memchr(b'\n', kept));
        let from = match feed {
            _ if latest == 0 => 0,
            Some(feed) if latest + feed + 1 < end => latest + feed + 1,
            _ => latest,
        };
        let mut cursor = self.cursor();
        cursor.advance(&self.text, from);
        self.position = cursor.position();
        self.offset += from as u64;
        self.text.drain(..from);
        self.new = end - from;
    }
}
