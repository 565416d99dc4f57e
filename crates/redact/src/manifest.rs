//! Structures that say by one member that the others are secret: the data of a Kubernetes Secret, the private members of
//! a JSON Web Key (RFC 7517).

use crate::bytes::{Class, at, contains, literal, run, run_back, sub};
use crate::scan::Scan;
use crate::spans::Rank;
use crate::value::{is_placeholder, stands_for_another};
use serde_json::{Map, Value};
use std::ops::Range;

/// A member of a Kubernetes Secret.
pub(crate) const SECRET: &str = "kubernetes-secret";
/// A private member of a JSON Web Key.
pub(crate) const KEY: &str = "json-web-key";

/// How much of a document is read around the member that tells.
const AROUND: usize = 4 * 1024;
/// The shortest private member of a key: 256 bits.
const LEAST_MEMBER: usize = 42;

/// Looks at the document whose kind is Secret.
pub(crate) fn visit_secret(scan: &mut Scan<'_>, hit: &Range<usize>) {
    let bytes = scan.bytes;
    let ends = matches!(at(bytes, hit.end), b'\n' | b'\r' | b'"' | b' ' | b',' | b'\\' | 0);
    if hit.start < scan.manifests_end || !ends {
        return;
    }
    let from = hit.start.saturating_sub(AROUND).max(scan.manifests_end);
    let head = sub(bytes, from..hit.start);
    let start = memchr::memmem::rfind(head, b"\n---").map_or(from, |mark| from + mark + 4);
    let tail = sub(bytes, hit.end..hit.end + AROUND);
    let end = hit.end + memchr::memmem::find(tail, b"\n---").unwrap_or(tail.len());
    scan.manifests_end = end;
    let mut cursor = start;
    while let Some(found) = memchr::memmem::find(sub(bytes, cursor..end), b"data") {
        let name = cursor + found;
        cursor = name + b"data".len();
        if literal(bytes, cursor, b"\":") {
            cursor = json_members(scan, cursor + 2, end);
        } else if literal(bytes, cursor, b":") {
            cursor = yaml_members(scan, name, cursor + 1, end);
        }
    }
}

/// Reports the encoded values of an object; answers where it was read to.
fn json_members(scan: &mut Scan<'_>, from: usize, end: usize) -> usize {
    let bytes = scan.bytes;
    let mut cursor = run(bytes, from, Class::SPACE, 64);
    if at(bytes, cursor) != b'{' {
        return cursor;
    }
    while cursor < end && at(bytes, cursor) != b'}' {
        cursor += 1;
        if at(bytes, cursor) == b':' {
            let value = run(bytes, cursor + 1, Class::SPACE.with(b'"'), 64);
            let close = run(bytes, value, Class::BASE64, usize::MAX);
            if at(bytes, close) == b'"' {
                member(scan, value..close);
            }
            cursor = close;
        }
    }
    cursor
}

/// Reports the encoded values of the lines that stand deeper than `name`.
fn yaml_members(scan: &mut Scan<'_>, name: usize, from: usize, end: usize) -> usize {
    const INDENT: Class = Class::BLANK.with(b'+').with(b'-').with(b'>');
    let bytes = scan.bytes;
    let depth = name - run_back(bytes, name, INDENT, 64);
    let mut cursor = run(bytes, from, Class::BLANK.with(b'\r'), 64);
    while cursor < end && at(bytes, cursor) == b'\n' {
        let key = run(bytes, cursor + 1, INDENT, 64);
        let colon = run(bytes, key, Class::NAME.with(b'"'), 256);
        if key - (cursor + 1) <= depth || at(bytes, colon) != b':' {
            break;
        }
        let value = run(bytes, colon + 1, Class::BLANK.with(b'"').with(b'\''), 64);
        let close = run(bytes, value, Class::BASE64, usize::MAX);
        cursor = run(bytes, close, Class::BLANK.with(b'"').with(b'\'').with(b'\r'), 64);
        if matches!(at(bytes, cursor), b'\n' | 0) {
            member(scan, value..close);
        }
    }
    cursor
}

/// Tells whether a member of what is secret as a whole holds a secret, and no reference to one.
pub(crate) fn is_member(text: &[u8]) -> bool {
    text.len() >= 4 && !stands_for_another(text) && !is_placeholder(text)
}

/// The members of an object that another member says are secret as a whole.
pub(crate) fn sealed_members(members: &Map<String, Value>) -> &'static [&'static str] {
    if members.get("kind").and_then(Value::as_str) == Some("Secret") {
        &["data", "stringData"]
    } else if members.contains_key("kty") {
        &["d", "p", "q", "dp", "dq", "qi", "k"]
    } else {
        &[]
    }
}

fn member(scan: &mut Scan<'_>, value: Range<usize>) {
    if is_member(sub(scan.bytes, value.clone())) {
        scan.report(SECRET, Rank::Context, value);
    }
}

/// Looks at a member of a JSON Web Key that only a private key has; the hit is its name between marks.
pub(crate) fn visit_key_member(scan: &mut Scan<'_>, hit: &Range<usize>) {
    let bytes = scan.bytes;
    let colon = run(bytes, hit.end, Class::SPACE, 8);
    let value = run(bytes, colon + 1, Class::SPACE, 8) + 1;
    if at(bytes, colon) != b':' || at(bytes, value - 1) != b'"' {
        return;
    }
    let end = run(bytes, value, Class::BASE64_URL.with(b'='), usize::MAX);
    if end - value < LEAST_MEMBER || at(bytes, end) != b'"' {
        return;
    }
    let around = sub(bytes, hit.start.saturating_sub(AROUND)..end + AROUND / 2);
    if contains(around, b"\"kty\"") {
        scan.report(KEY, Rank::Context, value..end);
    }
}
