//! Cuts a stream into lines at LF, in constant memory whatever the stream holds.
//! A line that is longer than the format allows is passed over and only its begin is kept.

use std::io::{self, BufRead};

use crate::limit;

/// One line of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Line<'buffer> {
    /// The bytes without LF; at most [`limit::LINE_BYTES`], so a longer line is recognisable as too long.
    pub(crate) bytes: &'buffer [u8],
    /// Number from 1.
    pub(crate) number: u64,
    /// Where it begins, in bytes.
    pub(crate) offset: u64,
    /// Whether an LF ends it.
    pub(crate) ended: bool,
}

/// A stream of lines.
#[derive(Debug)]
pub(crate) struct Lines<Source> {
    source: Source,
    buffer: Vec<u8>,
    number: u64,
    offset: u64,
}

impl<Source: BufRead> Lines<Source> {
    pub(crate) const fn new(source: Source) -> Self {
        Self { source, buffer: Vec::new(), number: 0, offset: 0 }
    }

    /// Bytes that were read, up to the end of the last line.
    pub(crate) const fn offset(&self) -> u64 {
        self.offset
    }

    /// The next line, `None` at the end of the stream.
    ///
    /// # Errors
    /// The stream's.
    pub(crate) fn next(&mut self) -> io::Result<Option<Line<'_>>> {
        self.buffer.clear();
        let begin = self.offset;
        let mut ended = false;
        while !ended {
            let chunk = self.source.fill_buf()?;
            if chunk.is_empty() {
                break;
            }
            let end = memchr::memchr(b'\n', chunk);
            let content = chunk.get(..end.unwrap_or(chunk.len())).unwrap_or(chunk);
            let room = limit::LINE_BYTES.saturating_sub(self.buffer.len());
            self.buffer.extend_from_slice(content.get(..room).unwrap_or(content));
            ended = end.is_some();
            let used = content.len() + usize::from(ended);
            self.source.consume(used);
            self.offset += used as u64;
        }
        if self.offset == begin {
            return Ok(None);
        }
        self.number += 1;
        Ok(Some(Line { bytes: &self.buffer, number: self.number, offset: begin, ended }))
    }
}

#[cfg(test)]
mod tests;
