//! Armoured private keys (RFC 7468, RFC 9580 §6): from the BEGIN line over whatever looks like its body, through line
//! prefixes, `\n` escapes, CRLF and a missing END. The two armour lines stay, so that a reader sees what was there;
//! public keys and certificates stay whole.

use crate::bytes::{Class, at, before, literal, run, run_back, sub};
use memchr::memmem;
use std::ops::Range;

/// Signs that may stand around a line of the body: diff marks, comments, list and block marks, quotes.
const DECORATION: Class = Class::BLANK
    .with(b'+')
    .with(b'-')
    .with(b'>')
    .with(b'|')
    .with(b'*')
    .with(b'/')
    .with(b'#')
    .with(b',')
    .with(b';');
/// What a search or listing may print before a line: path, line number, column.
const LISTING: Class = Class::DOTTED.with(b'/').with(b':').with(b' ').with(b'\t').with(b'|');
const LABELS: [&[u8]; 2] = [b"PRIVATE KEY-----", b"PRIVATE KEY BLOCK-----"];
const HEADERS: [&[u8]; 7] =
    [b"Proc-Type:", b"DEK-Info:", b"Version:", b"Comment:", b"Hash:", b"Charset:", b"MessageID:"];
/// A line this long is a body line whatever surrounds it; shorter ones only close a body.
const FULL_LINE: usize = 40;
/// A body starts with a run of at least this length.
const FIRST_RUN: usize = 16;

/// The label that follows `-----BEGIN ` at `from`, if it announces a private key: returns the offset after it.
pub(crate) fn header_end(bytes: &[u8], from: usize) -> Option<usize> {
    let window = sub(bytes, from..from + 64);
    let dashes = memmem::find(window, b"-----")?;
    let end = from + dashes + 5;
    LABELS.iter().any(|label| sub(bytes, from..end).ends_with(label)).then_some(end)
}

/// The spans of a body that starts at `from`, and where the search stopped. A body is one span, or one for each
/// string literal it is cut into, so that no span crosses a quotation mark.
pub(crate) fn body(bytes: &[u8], from: usize) -> (Vec<Range<usize>>, usize) {
    let mut spans: Vec<Range<usize>> = Vec::new();
    let mut cursor = from;
    let mut full = false;
    let mut severed = true;
    loop {
        let gap = skip_gap(bytes, cursor);
        if gap.leaves_literal() {
            return (spans, gap.end.max(from));
        }
        severed |= gap.marks + gap.escaped_marks > 0;
        let line = read_line(bytes, gap.end);
        let Some(content) = line.body(bytes, full, !spans.is_empty()) else {
            if line.is_header {
                cursor = line.end;
                continue;
            }
            return (spans, gap.end.max(from));
        };
        full = content.len() >= FULL_LINE;
        match spans.last_mut() {
            Some(last) if !severed => last.end = content.end,
            _ => spans.push(content.clone()),
        }
        severed = false;
        cursor = content.end;
    }
}

struct Gap {
    end: usize,
    /// Quotation marks passed, plain and escaped.
    marks: usize,
    escaped_marks: usize,
}

impl Gap {
    /// Tells whether what follows stands outside the string literal that the gap began in: a literal was closed and
    /// none opened.
    const fn leaves_literal(&self) -> bool {
        self.marks % 2 == 1 || self.escaped_marks % 2 == 1
    }
}

/// Skips line ends (raw or escaped), decoration and quotation marks.
fn skip_gap(bytes: &[u8], from: usize) -> Gap {
    let mut gap = Gap { end: from, marks: 0, escaped_marks: 0 };
    loop {
        let byte = at(bytes, gap.end);
        if literal(bytes, gap.end, b"-----") {
            return gap;
        } else if byte == b'\\' {
            gap.end = escape_end(bytes, gap.end);
        } else if matches!(byte, b'"' | b'\'' | b'`') {
            if before(bytes, gap.end) == b'\\' {
                gap.escaped_marks += 1;
            } else {
                gap.marks += 1;
            }
            gap.end += 1;
        } else if matches!(byte, b'\n' | b'\r')
            || (DECORATION.has(byte) && !(matches!(byte, b'+' | b'/') && body_follows(bytes, gap.end)))
        {
            gap.end += 1;
        } else {
            return gap;
        }
    }
}

/// Tells whether a `+` or `/`, which base64 and decoration both use, begins a run of base64. Taking it for part of
/// the body is harmless except at the start of a line, where it is a diff mark.
fn body_follows(bytes: &[u8], index: usize) -> bool {
    let line_start = matches!(before(bytes, index), b'\n' | b'\r' | 0);
    !line_start && Class::BASE64.has(at(bytes, index + 1))
}

/// The offset after an escape sequence: backslashes, then the letter of a control character or four digits.
fn escape_end(bytes: &[u8], from: usize) -> usize {
    let letter = run(bytes, from, Class::between(b'\\', b'\\'), usize::MAX);
    match at(bytes, letter) {
        b'n' | b'r' | b't' => letter + 1,
        b'u' if run(bytes, letter + 1, Class::HEX, 4) == letter + 5 => letter + 5,
        _ => letter,
    }
}

struct Line {
    /// The base64 of the line, without what surrounds it.
    content: Option<Range<usize>>,
    /// Where the line ends, for the lines that are skipped.
    end: usize,
    /// Whether the content was reached past more than decoration.
    listed: bool,
    is_header: bool,
}

fn read_line(bytes: &[u8], from: usize) -> Line {
    if HEADERS.iter().any(|header| literal(bytes, from, header)) {
        return Line { content: None, end: line_end(bytes, from), listed: false, is_header: true };
    }
    let plain = base64_end(bytes, from);
    if plain > from && closes_line(bytes, plain) {
        return Line { content: Some(from..plain), end: plain, listed: false, is_header: false };
    }
    let prefix = run(bytes, from, LISTING, 80);
    let start = run_back(bytes, prefix, Class::BASE64, prefix - from);
    let end = base64_end(bytes, start);
    let listed = start > from && end >= start + FULL_LINE && closes_line(bytes, end);
    Line { content: listed.then_some(start..end), end, listed, is_header: false }
}

impl Line {
    /// The content, if it belongs to a body that has `started` and whose line before may have been `after_full`.
    fn body(&self, bytes: &[u8], after_full: bool, started: bool) -> Option<Range<usize>> {
        self.content.clone().filter(|content| self.is_body(bytes, content, after_full, started))
    }

    fn is_body(&self, bytes: &[u8], content: &Range<usize>, after_full: bool, started: bool) -> bool {
        if self.listed || content.len() >= FULL_LINE {
            return true;
        }
        if !started {
            return content.len() >= FIRST_RUN;
        }
        content.len() >= FIRST_RUN
            || (after_full && ends_line(bytes, content.end))
            || literal(bytes, skip_gap(bytes, content.end).end, b"-----END")
    }
}

/// The end of a run of base64 in which a slash may be written `\/`, as JSON allows.
fn base64_end(bytes: &[u8], from: usize) -> usize {
    let mut end = run(bytes, from, Class::BASE64, usize::MAX);
    while literal(bytes, end, b"\\/") {
        end = run(bytes, end + 1, Class::BASE64, usize::MAX);
    }
    end
}

/// Tells whether nothing but decoration follows on the line.
fn closes_line(bytes: &[u8], index: usize) -> bool {
    let next = at(bytes, index);
    index >= bytes.len()
        || matches!(next, b'\n' | b'\r' | b'\\' | b'"' | b'\'' | b'`')
        || next == b'<'
        || DECORATION.has(next)
}

/// Tells whether the line, or the literal that holds it, ends here but for blanks.
fn ends_line(bytes: &[u8], index: usize) -> bool {
    let next = run(bytes, index, Class::BLANK, 64);
    next >= bytes.len() || matches!(at(bytes, next), b'\n' | b'\r' | b'\\' | b'"' | b'\'' | b'`')
}

/// The end of a header line, raw or escaped.
fn line_end(bytes: &[u8], from: usize) -> usize {
    let window = sub(bytes, from..from + 256);
    from + window
        .iter()
        .position(|&byte| matches!(byte, b'\n' | b'\r' | b'\\' | b'"'))
        .unwrap_or(window.len())
}
