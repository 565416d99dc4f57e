//! Lines of bounded length from a byte stream. A line that is too long is read past, never held; its beginning and its end are kept, so that
//! whoever sent it can be told. Nothing here knows what a line means.

use std::io;

use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};

/// How much of a line that is too long is kept.
const BEGINNING: usize = 4 * 1024;
/// How much of its end.
const END: usize = 1024;

/// How a line ended; its bytes are in [`Lines::bytes`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Line {
    /// All of it is there, without its end of line.
    Whole,
    /// It was longer than the limit, and only its beginning is there, and in [`Lines::end`] its end.
    TooLong,
    /// The stream ended within it; at most the limit of it is there.
    CutOff,
}

/// Reads lines of at most `limit` bytes.
#[derive(Debug)]
pub(crate) struct Lines<R> {
    reader: BufReader<R>,
    buffer: Vec<u8>,
    /// Of a line that is too long, the last bytes.
    end: Vec<u8>,
    limit: usize,
    too_long: bool,
    finished: bool,
}

impl<R: AsyncRead + Unpin> Lines<R> {
    pub(crate) fn new(reader: R, limit: usize) -> Self {
        let (buffer, end) = (Vec::new(), Vec::new());
        Self { reader: BufReader::new(reader), buffer, end, limit, too_long: false, finished: false }
    }

    /// The bytes of the line that [`Lines::next`] returned last, without `\n` or `\r\n`.
    pub(crate) fn bytes(&self) -> &[u8] {
        let line = self.buffer.strip_suffix(b"\n").unwrap_or(&self.buffer);
        line.strip_suffix(b"\r").unwrap_or(line)
    }

    /// The last bytes of a line that was too long; of any other, nothing.
    pub(crate) fn end(&self) -> &[u8] {
        &self.end
    }

    /// The next line, or `None` at the end of the stream. What follows the last end of line is none that anybody finished, whatever it says.
    ///
    /// Cancel-safe: whatever was read stays, and the next call goes on from there.
    pub(crate) async fn next(&mut self) -> io::Result<Option<Line>> {
        if std::mem::take(&mut self.finished) {
            self.buffer.clear();
            self.end.clear();
            self.too_long = false;
        }
        loop {
            let available = self.reader.fill_buf().await?;
            if available.is_empty() {
                self.finished = true;
                return Ok((!self.buffer.is_empty()).then_some(Line::CutOff));
            }
            let end = available.iter().position(|byte| *byte == b'\n');
            let taken = end.map_or(available.len(), |end| end + 1);
            let piece = available.get(..taken).unwrap_or_default();
            if !self.too_long && self.buffer.len() + piece.len() > self.limit {
                self.too_long = true;
                self.buffer.truncate(BEGINNING);
                self.buffer.shrink_to(BEGINNING);
            }
            let wanted =
                if self.too_long { BEGINNING.saturating_sub(self.buffer.len()) } else { piece.len() };
            self.buffer.extend(piece.iter().take(wanted));
            if self.too_long {
                keep_last(&mut self.end, piece);
            }
            self.reader.consume(taken);
            if end.is_some() {
                self.finished = true;
                return Ok(Some(if self.too_long { Line::TooLong } else { Line::Whole }));
            }
        }
    }
}

/// Puts `piece` behind `kept`, of which no more than the last [`END`] bytes stay.
fn keep_last(kept: &mut Vec<u8>, piece: &[u8]) {
    let last = piece.get(piece.len().saturating_sub(END)..).unwrap_or_default();
    kept.drain(..(kept.len() + last.len()).saturating_sub(END).min(kept.len()));
    kept.extend_from_slice(last);
}

#[cfg(test)]
mod tests;
