//! Armoured private keys (RFC 7468, RFC 9580 §6): from the BEGIN line over whatever looks like its body, through line
//! prefixes, `\n` escapes, CRLF and a missing END. The two armour lines stay, so that a reader sees what was there;
//! public keys and certificates stay whole.

use crate::bytes::{Class, at, before, literal, run, run_back, sub};
use crate::value::{is_random, is_strong};
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
/// Among them the line that a diff puts between its parts.
const HEADERS: [&[u8]; 8] =
    [b"Proc-Type:", b"DEK-Info:", b"Version:", b"Comment:", b"Hash:", b"Charset:", b"MessageID:", b"@@ -"];
/// What viewers put between or before lines.
const BETWEEN: [&[u8]; 5] = [b"<br>", b"<br/>", b"<br />", "│".as_bytes(), "┃".as_bytes()];
/// No body is longer that is told by its end alone: a stream has let go of what is farther back.
const LONGEST_TAIL: usize = 7 * 1024;
/// How many headers of other names may stand before a body.
const MOST_HEADERS: usize = 8;
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

/// The same for the SSH2 format (RFC 4716), whose line has four dashes and blanks: `---- BEGIN SSH2 … PRIVATE KEY ----`.
pub(crate) fn ssh2_header_end(bytes: &[u8], from: usize) -> Option<usize> {
    let window = sub(bytes, from..from + 64);
    let dashes = memmem::find(window, b" ----")?;
    sub(window, 0..dashes).ends_with(b"PRIVATE KEY").then_some(from + dashes + 5)
}

/// Where the line ends that says how many lines of a PuTTY key are private.
pub(crate) fn putty_header_end(bytes: &[u8], from: usize) -> Option<usize> {
    let end = run(bytes, from, Class::DIGIT, 4);
    (end > from && matches!(at(bytes, end), b'\n' | b'\r' | b'\\')).then_some(end)
}

/// How a block begins: what its anchor is, and where its line ends, which decides whether it announces a private key.
pub(crate) const BEGINNINGS: [(&str, HeaderEnd); 3] =
    [("-----BEGIN ", header_end), ("---- BEGIN ", ssh2_header_end), ("Private-Lines: ", putty_header_end)];

/// Reads the rest of the line behind an anchor.
pub(crate) type HeaderEnd = fn(&[u8], usize) -> Option<usize>;

/// The body before `-----END ` at `end`, of which the begin was cut off: full lines of base64, and a shorter last one.
pub(crate) fn tail(bytes: &[u8], end: usize) -> Option<Range<usize>> {
    let label = header_end(bytes, end + b"-----END ".len())?;
    let floor = end.saturating_sub(LONGEST_TAIL);
    let mut body: Option<Range<usize>> = None;
    let mut cursor = run_back(bytes, end, LISTING.or(DECORATION), 80);
    while cursor > floor && matches!(before(bytes, cursor), b'\n' | b'\r') {
        let feed = run_back(bytes, cursor, Class::between(b'\n', b'\n').with(b'\r'), 2);
        let last = run_back(bytes, feed, Class::BLANK, 8);
        let start = run_back(bytes, last, Class::BASE64, label - floor);
        let line = run_back(bytes, start, LISTING.or(DECORATION), 80);
        let whole = line == 0 || matches!(before(bytes, line), b'\n' | b'\r');
        let full = last - start >= FULL_LINE && is_random(sub(bytes, start..last));
        if !whole || !(full || (body.is_none() && last > start)) {
            break;
        }
        body = Some(start..body.map_or(last, |body| body.end));
        cursor = line;
    }
    body.filter(|body| body.len() >= FULL_LINE)
}

/// The spans of a body that starts at `from`, and where the search stopped. A body is one span, or one for each
/// string literal it is cut into, so that no span crosses a quotation mark.
pub(crate) fn body(bytes: &[u8], from: usize) -> (Vec<Range<usize>>, usize) {
    let mut spans: Vec<Range<usize>> = Vec::new();
    let mark = line_mark(bytes, from);
    let mut headers = 0;
    let mut listed = false;
    let mut cursor = from;
    let mut full = false;
    let mut severed = true;
    loop {
        let gap = skip_gap(bytes, cursor, mark);
        if gap.leaves_literal() {
            return (spans, gap.end.max(from));
        }
        severed |= gap.marks + gap.escaped_marks > 0;
        let line = read_line(bytes, gap.end, spans.is_empty() && headers < MOST_HEADERS);
        let Some(content) = line.body(bytes, full, listed, !spans.is_empty()) else {
            if line.is_header {
                headers += 1;
                cursor = line.end;
                continue;
            }
            return (spans, gap.end.max(from));
        };
        full = content.len() >= FULL_LINE;
        listed = line.listed;
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

/// The mark that a diff or a comment put before the line that ends at `end`, or NUL: where it put none before the armour's
/// first line, a `+` or `/` before another is base64.
fn line_mark(bytes: &[u8], end: usize) -> u8 {
    let head = sub(bytes, end.saturating_sub(256)..end);
    let start = memchr::memrchr2(b'\n', b'\r', head).map_or(0, |feed| feed + 1);
    let first = at(head, run(head, start, Class::BLANK, 64));
    if matches!(first, b'+' | b'/') { first } else { 0 }
}

/// Skips line ends (raw or escaped), decoration and quotation marks; `mark` is one that may stand before each line.
fn skip_gap(bytes: &[u8], from: usize, mark: u8) -> Gap {
    let mut gap = Gap { end: from, marks: 0, escaped_marks: 0 };
    loop {
        let byte = at(bytes, gap.end);
        if literal(bytes, gap.end, b"-----") {
            return gap;
        } else if let Some(sign) = BETWEEN.iter().find(|sign| literal(bytes, gap.end, sign)) {
            gap.end += sign.len();
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
            || (DECORATION.has(byte) && !(matches!(byte, b'+' | b'/') && body_follows(bytes, gap.end, mark)))
        {
            gap.end += 1;
        } else {
            return gap;
        }
    }
}

/// Tells whether a `+` or `/`, which base64 and decoration both use, begins a run of base64. Taking it for part of
/// the body is harmless except at the start of a line, where it may be a mark.
fn body_follows(bytes: &[u8], index: usize, mark: u8) -> bool {
    let is_mark = mark == at(bytes, index) && matches!(before(bytes, index), b'\n' | b'\r' | 0 | b'/');
    !is_mark && Class::BASE64.has(at(bytes, index + 1))
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

fn read_line(bytes: &[u8], from: usize, may_be_header: bool) -> Line {
    if HEADERS.iter().any(|header| literal(bytes, from, header)) || (may_be_header && is_header(bytes, from))
    {
        return Line { content: None, end: line_end(bytes, from), listed: false, is_header: true };
    }
    let plain = base64_end(bytes, from);
    let number = run(bytes, from, Class::DIGIT, 8);
    let numbered = number == plain && Class::BLANK.has(at(bytes, number)) && !ends_line(bytes, number);
    if plain > from && !numbered && closes_line(bytes, plain) {
        return Line { content: Some(from..plain), end: plain, listed: false, is_header: false };
    }
    let prefix = run(bytes, from, LISTING, 80);
    let start = run_back(bytes, prefix, Class::BASE64, prefix - from);
    let end = base64_end(bytes, start);
    let listed = start > from && end > start && closes_line(bytes, end);
    Line { content: listed.then_some(start..end), end, listed, is_header: false }
}

impl Line {
    /// The content, if it belongs to a body that has `started` and whose line before may have been `after_full`.
    fn body(
        &self,
        bytes: &[u8],
        after_full: bool,
        after_listed: bool,
        started: bool,
    ) -> Option<Range<usize>> {
        self.content.clone().filter(|content| !names_member(bytes, content.end)).filter(|content| {
            if self.listed && content.len() < FULL_LINE {
                // the last line of a listing is short; a word of what follows the key is not
                let text = sub(bytes, content.clone());
                after_full && after_listed && (text.ends_with(b"=") || is_strong(text))
            } else {
                self.is_body(bytes, content, after_full, started)
            }
        })
    }

    fn is_body(&self, bytes: &[u8], content: &Range<usize>, after_full: bool, started: bool) -> bool {
        if content.len() >= FULL_LINE {
            return true;
        }
        // without an end the next line may be a word: `+return`
        let word = content.end < bytes.len() && is_word(sub(bytes, content.clone()));
        if !started {
            return content.len() >= FIRST_RUN && !word;
        }
        ((content.len() >= FIRST_RUN || (after_full && ends_line(bytes, content.end))) && !word)
            || literal(bytes, skip_gap(bytes, content.end, 0).end, b"-----END")
    }
}

/// Tells whether letters are words, alone or in camel case, as nobody draws them.
fn is_word(text: &[u8]) -> bool {
    let capitals = text.iter().filter(|byte| byte.is_ascii_uppercase()).count();
    let part = |part: &[u8]| part.len() >= 2 && part.iter().all(u8::is_ascii_lowercase);
    text.len() >= 6
        && text.iter().all(u8::is_ascii_alphabetic)
        && (capitals == text.len()
            || text
                .split(u8::is_ascii_uppercase)
                .enumerate()
                .all(|(index, letters)| part(letters) || index == 0 && letters.is_empty()))
}

/// Tells whether a string ends at `index` that names a member of an object.
fn names_member(bytes: &[u8], index: usize) -> bool {
    let mark = run(bytes, index, Class::between(b'\\', b'\\'), 16);
    at(bytes, mark) == b'"' && at(bytes, run(bytes, mark + 1, Class::SPACE, 64)) == b':'
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

/// Tells whether a line of a header begins here: a name of letters and dashes, a colon, and a blank.
fn is_header(bytes: &[u8], from: usize) -> bool {
    let colon = run(bytes, from, Class::ALPHA.with(b'-'), 64);
    colon > from + 1 && literal(bytes, colon, b": ")
}

/// The end of a header line, raw or escaped. A value between quotation marks is passed over whole, and so are lines that a
/// backslash carries on (RFC 4716).
fn line_end(bytes: &[u8], from: usize) -> usize {
    let most = bytes.len().min(from + 512);
    let value = run(bytes, run(bytes, from, Class::ALPHA.with(b'-'), 64), Class::BLANK.with(b':'), 4);
    let quoted = at(bytes, value) == b'"';
    let mut cursor = if quoted { value + 1 } else { from };
    while cursor < most {
        match (at(bytes, cursor), at(bytes, cursor + 1)) {
            (b'\\', b'\n') => cursor += 1,
            (b'\\', b'\r') => cursor += 2,
            (b'\n' | b'\r' | b'\\', _) => return cursor,
            (b'"', _) if quoted => return cursor + 1,
            (b'"', _) => return cursor,
            _ => {}
        }
        cursor += 1;
    }
    cursor.min(bytes.len())
}
