//! Large payloads in base64, such as images in a page or a notebook: nobody reads them, and they fill a log or a transcript. A
//! marker with the size and the digest of what they encode stands in their place, so that who has the payload knows it again.

use crate::bytes::{Class, at, run};
use crate::digit::{SIXTY_FOUR, value};
use crate::leaves;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use std::borrow::Cow;
use std::fmt::Write as _;

/// The shortest payload, in characters: 3 KiB of what it encodes.
const LEAST: usize = 4096;
/// The characters of both alphabets. Padding ends a payload.
const DIGIT: Class = Class::BASE64_URL.with(b'+').with(b'/');
/// The longest line of a payload that is wrapped, and the shortest one but the last.
const LINES: (usize, usize) = (1_024, 40);
/// How many kinds of characters a payload begins with: hexadecimal has 16, a line drawn of one sign has one.
const MIXED: usize = 24;

/// A text without its payloads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Elided<'t> {
    /// The text; borrowed from the input if there was no payload.
    pub text: Cow<'t, str>,
    /// How many payloads there were.
    pub payloads: u64,
}

/// Puts a marker in the place of each payload: `[base64 payload of 5120 bytes elided, sha256:…]`, the digest being that of the bytes
/// that it encodes. Run it behind redaction, which looks into payloads.
#[must_use]
pub fn elide(text: &str) -> Elided<'_> {
    let bytes = text.as_bytes();
    let (mut out, mut copied, mut payloads) = (String::new(), 0, 0);
    let mut cursor = 0;
    while bytes.len().saturating_sub(cursor) >= LEAST {
        let Some(start) = next_start(bytes, cursor).map(|start| behind_escape(bytes, start)) else { break };
        let payload = Payload::read(bytes, start);
        if payload.digits >= LEAST && is_mixed(bytes, start) {
            out.push_str(text.get(copied..start).unwrap_or_default());
            let (size, digest) = decoded(bytes.get(start..payload.end).unwrap_or_default());
            let _ = write!(out, "[base64 payload of {size} bytes elided, sha256:");
            for byte in digest {
                // Writing to a string does not fail.
                let _ = write!(out, "{byte:02x}");
            }
            out.push(']');
            copied = payload.end;
            payloads += 1;
        }
        cursor = payload.end.max(start + 1);
    }
    if payloads == 0 {
        return Elided { text: Cow::Borrowed(text), payloads };
    }
    out.push_str(text.get(copied..).unwrap_or_default());
    Elided { text: Cow::Owned(out), payloads }
}

/// Puts a marker in the place of each payload in the texts of a value; returns how many there were. The value must not be nested
/// deeper than `serde_json` reads.
pub fn elide_json(value: &mut Value) -> u64 {
    let mut payloads = 0_u64;
    leaves::change(value, &mut |text| match elide(text) {
        Elided { text: Cow::Owned(clean), payloads: more } => {
            payloads = payloads.saturating_add(more);
            Some(clean)
        }
        Elided { .. } => None,
    });
    payloads
}

/// The next place where a run of digits begins. Runs shorter than a line are stepped over: most text has no longer ones.
fn next_start(bytes: &[u8], from: usize) -> Option<usize> {
    let (_, shortest) = LINES;
    let mut cursor = from;
    loop {
        // a long run holds a digit at every so many bytes
        let probe = cursor + shortest - 1;
        let sign = *bytes.get(probe)?;
        if !DIGIT.has(sign) {
            cursor = probe + 1;
            continue;
        }
        let start = crate::bytes::run_back(bytes, probe, DIGIT, probe - cursor);
        let end = run(bytes, probe, DIGIT, shortest);
        if end - start >= shortest {
            return Some(start);
        }
        cursor = end;
    }
}

/// Where the digits begin if those at `start` end an escape, as of a line end in JSON: its letter belongs to the backslash.
fn behind_escape(bytes: &[u8], start: usize) -> usize {
    const BACKSLASH: Class = Class::between(b'\\', b'\\');
    let backslashes = start - crate::bytes::run_back(bytes, start, BACKSLASH, start);
    let length = match at(bytes, start) {
        _ if backslashes.is_multiple_of(2) => 0,
        b'u' => 5,
        b'x' => 3,
        // the escape of a slash, which is a digit
        _ => 1,
    };
    start + length
}

/// A run of digits, over lines of equal length where it is wrapped.
struct Payload {
    end: usize,
    digits: usize,
}

impl Payload {
    fn read(bytes: &[u8], start: usize) -> Self {
        let (longest, shortest) = LINES;
        let first = run(bytes, start, DIGIT, usize::MAX);
        let width = first - start;
        let mut payload = Self { end: first, digits: width };
        if width <= longest {
            loop {
                let line = after_break(bytes, payload.end);
                let end = line.map_or(0, |line| run(bytes, line, DIGIT, longest + 1));
                let length = line.map_or(0, |line| end - line);
                // the last line may be shorter; another length is another text
                if length == 0 || length > width || width < shortest {
                    break;
                }
                payload.digits += length;
                payload.end = end;
                if length < width {
                    break;
                }
            }
        }
        let most = payload.end + 2;
        while payload.end < most && bytes.get(payload.end) == Some(&b'=') {
            payload.end += 1;
        }
        payload
    }
}

/// Where the next line begins, if the line ends here: raw or escaped, with its indentation.
fn after_break(bytes: &[u8], from: usize) -> Option<usize> {
    let rest = bytes.get(from..)?;
    let width = [b"\r\n".as_slice(), b"\n", b"\\r\\n", b"\\n"]
        .into_iter()
        .find(|feed| rest.starts_with(feed))
        .map(<[u8]>::len)?;
    Some(run(bytes, from + width, Class::BLANK, 64))
}

/// Whether the first characters are of many kinds.
fn is_mixed(bytes: &[u8], start: usize) -> bool {
    let head = bytes.get(start..start + 256).unwrap_or_default();
    let mut seen = [false; 128];
    for sign in head {
        if let Some(seen) = seen.get_mut(usize::from(*sign)) {
            *seen = true;
        }
    }
    seen.iter().filter(|seen| **seen).count() >= MIXED
}

/// How many bytes the digits encode, and their hash.
fn decoded(digits: &[u8]) -> (u64, [u8; 32]) {
    let (mut hash, mut block) = (Sha256::new(), Vec::with_capacity(3 * 1024));
    let (mut size, mut bits, mut held) = (0_u64, 0_u32, 0_u32);
    let mut escaped = false;
    for sign in digits {
        // the letter of an escaped line end is no digit
        if std::mem::replace(&mut escaped, *sign == b'\\') {
            continue;
        }
        let Some(digit) = value(&SIXTY_FOUR, *sign) else { continue };
        bits = bits << 6 | digit;
        held += 6;
        if held >= 8 {
            held -= 8;
            block.extend(u8::try_from(bits >> held & 0xff));
            if block.len() == block.capacity() {
                hash.update(&block);
                size += block.len() as u64;
                block.clear();
            }
        }
    }
    hash.update(&block);
    (size + block.len() as u64, hash.finalize().into())
}

#[cfg(test)]
mod tests;
