//! Text that comes in pieces: what leaves is what a search of the whole text would let leave, and no more than
//! [`MOST_HELD`] bytes wait for what follows them.
//!
//! Each round searches a window: a part of what has left already, for the names and quotation marks before a value, and
//! all that waits. A large piece is searched as it came, and where secrets are dense more is waited for, so that little
//! is searched twice. What is near enough to the window's end to mean something else once more is known stays, and so does
//! what has begun and not ended there: a finding, an armoured key, a run of encoded lines. Where that grows beyond the
//! bound it is replaced unseen, since half of it may be a secret; the window then holds its head and its tail, so that
//! its rest is still told for what it is.

use std::ops::Range;
use std::str;

use memchr::{memchr, memmem, memrchr};

use crate::armour;
use crate::bytes::{Class, run, run_back, sub};
use crate::digit::{SIXTEEN, SIXTY_FOUR, value};
use crate::finding::{Finding, PLACEHOLDER};
use crate::quote::Quote;
use crate::redactor::Redactor;
use crate::spans::Match;

/// The most bytes that wait; where something has begun, as many, and those of one step.
const MOST_HELD: usize = 32 * 1024;
/// The bytes at a window's end that may still mean something else. No rule looks farther ahead to decide.
const AHEAD: usize = 8 * 1024;
/// The bytes before them that a window holds of what has left. No rule looks farther back.
const BEHIND: usize = 8 * 1024;
/// How many new bytes are worth a search. With those that wait for it they are no more than [`MOST_HELD`].
const STEP: usize = MOST_HELD - AHEAD - LINE;
/// The same where secrets are dense, so many bytes apart or less: such text takes long to search. Other text does not wait for
/// so much.
const DENSE_STEP: usize = 4 * STEP;
const DENSE: usize = 256;
/// The most bytes of a piece that are searched at once: the larger a window, the less of it is searched again with the next.
const MOST_TAKEN: usize = 128 * 1024;
/// How far back a cut is moved to stand at the begin of a line.
const LINE: usize = 4 * 1024;
/// The shortest run of letters and digits without a break that is not cut.
const RUN: usize = 20;
/// How much of a run is looked at to tell what it is.
const PROBE: usize = 256;
/// What is kept of a held part that was replaced unseen: of what is before it, and of its head. Of its tail there is as much as may
/// still mean something else.
const KEPT: (usize, usize) = (1_024, 512);

/// Redacts a text that comes in pieces.
///
/// ```
/// use gitoma_redact::{RedactingStream, Redactor};
///
/// let mut stream = RedactingStream::new(Redactor::new());
/// let mut clean = String::new();
/// stream.push(b"url: https://ci:s3cr", &mut clean);
/// stream.push(b"3t-pass@git.test/app\n", &mut clean);
/// assert_eq!(stream.finish(&mut clean), 1);
/// assert_eq!(clean, "url: https://ci:***@git.test/app\n");
/// ```
#[derive(Debug)]
pub struct RedactingStream {
    redactor: Redactor,
    /// What has left and is still looked at, then what waits.
    window: String,
    /// Where that begins.
    begin: usize,
    /// The bytes of a character that has not come whole.
    partial: Vec<u8>,
    /// Whether what stands where the waiting part begins goes on with something that was replaced already.
    replaced: bool,
    /// How many bytes have come since the last search.
    fresh: usize,
    /// How many are worth one.
    step: usize,
    ahead: usize,
    findings: u64,
}

impl RedactingStream {
    /// A stream in which nothing has come yet.
    #[must_use]
    pub fn new(redactor: Redactor) -> Self {
        // half of a value that the redactor was told is not known for what it is
        let ahead = AHEAD.max(redactor.longest_known());
        Self {
            redactor,
            window: String::new(),
            begin: 0,
            partial: Vec::new(),
            replaced: false,
            fresh: 0,
            step: STEP,
            ahead,
            findings: 0,
        }
    }

    /// Takes the next piece, which may end anywhere, within a character too, and appends to `clean` what can leave. Bytes
    /// that are no UTF-8 leave as U+FFFD.
    pub fn push(&mut self, piece: &[u8], clean: &mut String) {
        for step in piece.chunks(MOST_TAKEN) {
            if self.partial.is_empty() {
                self.decode(step);
            } else {
                let mut joined = std::mem::take(&mut self.partial);
                joined.extend_from_slice(step);
                self.decode(&joined);
            }
            self.fresh += step.len();
            // what waits may be long, and pieces short
            if self.fresh >= self.step && self.window.len() - self.begin >= self.ahead + self.step {
                self.advance(clean);
                self.fresh = 0;
            }
        }
    }

    /// Appends the rest to `clean`; returns how many secrets were replaced in all.
    #[must_use]
    pub fn finish(mut self, clean: &mut String) -> u64 {
        if !self.partial.is_empty() {
            self.window.push(char::REPLACEMENT_CHARACTER);
        }
        let matches = self.redactor.matches(&self.window);
        self.emit(&matches, self.window.len(), clean);
        self.findings
    }

    fn decode(&mut self, mut bytes: &[u8]) {
        loop {
            let (valid, rest) = match str::from_utf8(bytes) {
                Ok(text) => {
                    self.window.push_str(text);
                    return;
                }
                Err(error) => {
                    let (valid, rest) = bytes.split_at(error.valid_up_to());
                    let Some(broken) = error.error_len() else {
                        self.window.push_str(str::from_utf8(valid).unwrap_or_default());
                        self.partial = rest.to_vec();
                        return;
                    };
                    (valid, rest.get(broken..).unwrap_or_default())
                }
            };
            self.window.push_str(str::from_utf8(valid).unwrap_or_default());
            self.window.push(char::REPLACEMENT_CHARACTER);
            bytes = rest;
        }
    }

    /// One round: lets leave what can.
    fn advance(&mut self, clean: &mut String) {
        let (matches, apart) = self.redactor.matches_in_crowds(&self.window);
        let crowded = matches.iter().any(|found| found.rule == Finding::UNSEARCHED);
        let dense = crowded || matches.len().saturating_mul(DENSE) >= self.window.len();
        self.step = if dense { DENSE_STEP } else { STEP };
        let origin = self.cut(&matches);
        let cut = origin.max(self.begin);
        self.emit(&matches, cut, clean);
        if self.window.len() - cut > MOST_HELD.max(2 * self.ahead) {
            self.replace_held(origin, &apart, clean);
        } else {
            let behind = self.window.floor_char_boundary(cut.saturating_sub(BEHIND));
            self.window.drain(..behind);
            self.begin = cut - behind;
        }
    }

    /// Where what may leave ends: at a line's begin if one is near, and within nothing that has begun. That may have begun before
    /// what waits, where it was replaced in part.
    fn cut(&self, matches: &[Match]) -> usize {
        let text = &self.window;
        let bytes = text.as_bytes();
        let latest = text.len().saturating_sub(self.ahead);
        let near = latest.saturating_sub(LINE).max(self.begin);
        let line = bytes.get(near..latest).and_then(|near| memrchr(b'\n', near)).map(|feed| near + feed + 1);
        let mut cut = text.floor_char_boundary(line.unwrap_or(latest)).max(self.begin);
        loop {
            let before = cut;
            cut = armour_over(bytes, cut).unwrap_or(cut);
            if let Some(found) = matches.iter().find(|found| found.start < cut && cut < found.end) {
                cut = found.start;
            }
            let run = encoded_run(bytes, cut);
            if cut < run.end && holds_text(bytes, &run) {
                cut = run.start;
            }
            if cut == before || cut < self.begin {
                return cut;
            }
        }
    }

    /// Lets leave what stands before `cut`, without the matches.
    fn emit(&mut self, matches: &[Match], cut: usize, clean: &mut String) {
        let mut from = self.begin;
        if self.replaced {
            from = self.rest_of_replaced(matches);
            // where the rest goes on beyond the cut, nothing leaves
            self.replaced = from > cut || (from == cut && cut < self.window.len());
        }
        let first = matches.partition_point(|found| found.end <= from);
        for found in matches.iter().skip(first).take_while(|found| found.start < cut) {
            clean.push_str(self.window.get(from..found.start.max(from)).unwrap_or_default());
            let mark = found.quote.map(Quote::spelled).unwrap_or_default();
            clean.push_str(&mark);
            clean.push_str(PLACEHOLDER);
            clean.push_str(&mark);
            from = found.end;
            self.findings += 1;
        }
        clean.push_str(self.window.get(from..cut).unwrap_or_default());
    }

    /// Where the rest of what was replaced ends.
    fn rest_of_replaced(&self, matches: &[Match]) -> usize {
        let begin = self.begin;
        if let Some(found) = matches.iter().find(|found| found.start <= begin && begin < found.end) {
            return found.end;
        }
        let bytes = self.window.as_bytes();
        let run = encoded_run(bytes, begin);
        if run.start <= begin && holds_text(bytes, &run) { run.end.max(begin) } else { begin }
    }

    /// Replaces all that waits but for its tail, which is something that has begun at `origin` and not ended: one secret, or a crowd of
    /// them, which stand `apart`. The tail begins in none of a crowd, since without the rest of the crowd it might be told for none.
    fn replace_held(&mut self, origin: usize, apart: &[Match], clean: &mut String) {
        if !self.replaced {
            clean.push_str(PLACEHOLDER);
            self.findings += 1;
            self.replaced = true;
        }
        let (before, head) = KEPT;
        let text = &self.window;
        let first = text.floor_char_boundary(origin.saturating_sub(before));
        let head = text.ceil_char_boundary(origin + head);
        let tail = text.floor_char_boundary(text.len().saturating_sub(self.ahead));
        // whole lines of both, where there are some, so that no literal is opened in one and closed in the other
        let feed = memrchr(b'\n', sub(text.as_bytes(), origin..head));
        let next = memchr(b'\n', sub(text.as_bytes(), tail..tail + before));
        let (head, tail) = match (feed, next) {
            (Some(feed), Some(next)) => (origin + feed + 1, tail + next + 1),
            _ => (head, tail),
        };
        let before_tail = apart.get(..apart.partition_point(|found| found.start < tail)).unwrap_or_default();
        let tail = before_tail.last().map_or(tail, |found| found.end).max(head);
        let kept = [text.get(first..head), text.get(tail..)].map(Option::unwrap_or_default).concat();
        // it may have ended in the tail, which the next search tells
        self.begin = head - first;
        self.window = kept;
    }
}

/// Where the armoured private key begins that `index` lies in. Cut into literals it has a span for each, and the later ones are
/// told by the first.
fn armour_over(bytes: &[u8], index: usize) -> Option<usize> {
    let over = |(begin, header_end): &(&str, armour::HeaderEnd)| {
        let mut cursor = 0;
        // as the search does: what one has read begins no other
        while let Some(offset) = memmem::find(bytes.get(cursor..index)?, begin.as_bytes()) {
            let start = cursor + offset;
            cursor = start + begin.len();
            if let Some(header_end) = header_end(bytes, cursor) {
                cursor = armour::body(bytes, header_end).1;
            }
            if cursor > index {
                return Some(start);
            }
        }
        None
    };
    armour::BEGINNINGS.iter().filter_map(over).min()
}

/// The run of letters and digits around `index`, over the lines before and after that hold nothing else. Encoded text
/// means nothing in part. Empty if there is none worth keeping whole.
fn encoded_run(bytes: &[u8], index: usize) -> Range<usize> {
    let line = line_around(bytes, index);
    if !is_encoded(bytes, &line) {
        let start = run_back(bytes, index, Class::OPAQUE, MOST_HELD);
        let end = run(bytes, index, Class::OPAQUE, MOST_HELD);
        return if end - start >= RUN { start..end } else { index..index };
    }
    let (mut first, mut last) = (line.clone(), line);
    while first.start > 0 {
        let previous = line_around(bytes, first.start - 1);
        if !is_encoded(bytes, &previous) {
            break;
        }
        first = previous;
    }
    while last.end < bytes.len() {
        let next = line_around(bytes, last.end);
        if !is_encoded(bytes, &next) || next.end == last.end {
            break;
        }
        last = next;
    }
    first.start..last.end
}

/// Whether a run is text in base64 or hexadecimal, as far as its begin shows: hashes, keys and images are not.
fn holds_text(bytes: &[u8], run: &Range<usize>) -> bool {
    // where the encoding begins is not known, if a name is joined to it
    let signs = || sub(bytes, run.start..run.end.min(run.start + PROBE)).iter().copied();
    let base64 = || signs().filter_map(|sign| value(&SIXTY_FOUR, sign));
    let hexadecimal = || signs().filter_map(|sign| value(&SIXTEEN, sign));
    (0..4).any(|skip| is_text(&spelled(base64().skip(skip), 6)))
        || (0..2).any(|skip| is_text(&spelled(hexadecimal().skip(skip), 4)))
}

/// The bytes that digits of so many bits spell.
fn spelled(digits: impl Iterator<Item = u32>, width: u32) -> Vec<u8> {
    let (mut decoded, mut bits, mut held) = (Vec::new(), 0_u32, 0);
    for digit in digits {
        bits = bits << width | digit;
        held += width;
        if held >= 8 {
            held -= 8;
            decoded.extend(u8::try_from(bits >> held & 0xff));
        }
    }
    decoded
}

/// Whether most bytes are those of text; every second one may be NUL, as in UTF-16.
fn is_text(decoded: &[u8]) -> bool {
    let printed = |byte: &&u8| matches!(byte, b' '..=b'~' | b'\n' | b'\r' | b'\t');
    let count = decoded.iter().filter(printed).count();
    let nul = decoded.iter().filter(|byte| **byte == 0).count();
    decoded.len() >= RUN / 2
        && (count * 10 >= decoded.len() * 9
            || (count + nul) * 10 >= decoded.len() * 9 && nul * 3 > decoded.len())
}

/// The line that `index` stands in, its line feed included.
fn line_around(bytes: &[u8], index: usize) -> Range<usize> {
    let before = bytes.get(..index).unwrap_or(bytes);
    let start = memrchr(b'\n', before).map_or(0, |feed| feed + 1);
    let end =
        bytes.get(index..).and_then(|rest| memchr(b'\n', rest)).map_or(bytes.len(), |feed| index + feed + 1);
    start..end
}

/// Whether a line holds one run alone, but for indentation, marks of a diff or a quotation, and the line's end.
fn is_encoded(bytes: &[u8], line: &Range<usize>) -> bool {
    const AROUND: Class =
        Class::BLANK.with(b'+').with(b'-').with(b'>').with(b'"').with(b'\'').with(b',').with(b'\\');
    let start = run(bytes, line.start, AROUND, 64).min(line.end);
    let end = run(bytes, start, Class::OPAQUE, usize::MAX).min(line.end);
    let rest = run(bytes, end, AROUND.with(b'\r').with(b'\n'), 64);
    end - start >= RUN && rest >= line.end
}

#[cfg(test)]
mod tests;
