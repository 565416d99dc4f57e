//! JSON Web Tokens in compact form, signed (RFC 7515, three segments) or encrypted (RFC 7516, five). They are told by
//! their first segment, which is base64 of `{"` and so begins `eyJ`; length is not bounded.

use crate::bytes::{Class, at, before, run, starts_token};
use std::ops::Range;

/// A header shorter than this cannot name an algorithm.
const LEAST_HEADER: usize = 10;
/// A whole token shorter than this carries nothing.
const LEAST_TOKEN: usize = 30;
const MOST_SEGMENTS: usize = 5;

/// Matches a token whose `eyJ` stands at `start`. The second value is how far was looked, so that a caller never has
/// the same bytes read twice for an input of many beginnings.
pub(crate) fn matched(bytes: &[u8], start: usize) -> (Option<Range<usize>>, usize) {
    if !starts_token(bytes, start) || matches!(before(bytes, start), b'_' | b'-') {
        return (None, start);
    }
    let mut end = run(bytes, start, Class::BASE64_URL, usize::MAX);
    if end - start < LEAST_HEADER {
        return (None, end);
    }
    let mut segments = 1;
    let mut unsigned = false;
    while segments < MOST_SEGMENTS && at(bytes, end) == b'.' {
        let next = run(bytes, end + 1, Class::BASE64_URL, usize::MAX);
        // A segment may be empty in the middle (a key agreed beforehand); a last dot ends a sentence, or is
        // where an unsigned token has no signature.
        if next == end + 1 && at(bytes, next) != b'.' {
            unsigned = segments == 2;
            break;
        }
        end = next;
        segments += 1;
    }
    let whole = segments >= 3 || unsigned || (segments == 2 && end - start >= 2 * LEAST_TOKEN);
    ((whole && end - start >= LEAST_TOKEN).then_some(start..end), end)
}
