//! Text whose secrets are covered line by line, so that line numbers stay true everywhere: in files, blame, search and
//! differences. The whole text is searched for secrets first; only then is a line of it handed out.

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::ops::Range;

use gitoma_core::redact::{PLACEHOLDER, Redactor};

/// How many bytes are looked at to tell text from binary, as git does.
const BINARY_PROBE_BYTES: usize = 8_000;

/// Whether `bytes` are no text: a NUL within the first 8,000 bytes.
pub(crate) fn is_binary(bytes: &[u8]) -> bool {
    bytes.get(..BINARY_PROBE_BYTES).unwrap_or(bytes).contains(&0)
}

/// A text, the places of its secrets, and the places of its lines.
#[derive(Debug)]
pub(crate) struct MaskedText {
    text: String,
    /// Byte ranges of secrets, in order, without overlaps.
    spans: Vec<Range<usize>>,
    /// Byte ranges of lines, without their line feed.
    lines: Vec<Range<usize>>,
}

/// One line without its secrets.
#[derive(Debug)]
pub(crate) struct MaskedLine<'t> {
    /// What may be shown.
    pub(crate) text: Cow<'t, str>,
    /// Where placeholders stand in `text`.
    pub(crate) covered: Vec<Range<usize>>,
}

impl MaskedText {
    /// Searches all of `bytes` for secrets. Bytes that are not UTF-8 become U+FFFD; lines stay where they are.
    pub(crate) fn new(bytes: &[u8], redactor: &Redactor) -> Self {
        // Nearly always it is UTF-8, which is found out faster than what of it is not.
        let text = match std::str::from_utf8(bytes) {
            Ok(text) => text.to_owned(),
            Err(_) => String::from_utf8_lossy(bytes).into_owned(),
        };
        let spans = redactor.find(&text).into_iter().map(|finding| finding.span).collect();
        let mut lines = Vec::new();
        let mut start = 0;
        for line in text.split_inclusive('\n') {
            let end = start + line.strip_suffix('\n').unwrap_or(line).len();
            lines.push(start..end);
            start += line.len();
        }
        Self { text, spans, lines }
    }

    /// How many lines there are; a last line without a line feed counts.
    pub(crate) fn line_count(&self) -> usize {
        self.lines.len()
    }

    /// Whether the text ends in a line feed (or is empty).
    pub(crate) fn ends_in_line_feed(&self) -> bool {
        self.text.is_empty() || self.text.ends_with('\n')
    }

    /// Line `index`, from 0, without its line feed; nothing beyond the end.
    pub(crate) fn line(&self, index: usize) -> Option<MaskedLine<'_>> {
        let line = self.lines.get(index)?;
        let whole = self.text.get(line.clone())?;
        let first = self.spans.partition_point(|span| span.end <= line.start);
        let mut shown = String::new();
        let mut covered = Vec::new();
        let mut at = line.start;
        for span in self.spans.iter().skip(first).take_while(|span| span.start < line.end) {
            let (from, to) = (span.start.max(line.start), span.end.min(line.end));
            shown.push_str(self.text.get(at..from).unwrap_or_default());
            covered.push(shown.len()..shown.len() + PLACEHOLDER.len());
            shown.push_str(PLACEHOLDER);
            at = to;
        }
        if covered.is_empty() {
            return Some(MaskedLine { text: Cow::Borrowed(whole), covered });
        }
        shown.push_str(self.text.get(at..line.end).unwrap_or_default());
        Some(MaskedLine { text: Cow::Owned(shown), covered })
    }

    /// Whether a secret touches line `index`, from 0.
    pub(crate) fn has_secret(&self, index: usize) -> bool {
        let Some(line) = self.lines.get(index) else { return false };
        let first = self.spans.partition_point(|span| span.end <= line.start);
        self.spans.get(first).is_some_and(|span| span.start < line.end)
    }

    /// How many secrets touch the lines of `range`.
    pub(crate) fn findings_in(&self, range: Range<usize>) -> u64 {
        let Some(last) = range.end.checked_sub(1).and_then(|last| self.lines.get(last)).or(self.lines.last())
        else {
            return 0;
        };
        let Some(first) = self.lines.get(range.start) else {
            return 0;
        };
        self.spans.iter().filter(|span| span.start < last.end && span.end > first.start).count() as u64
    }
}
