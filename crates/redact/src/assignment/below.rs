//! Values that stand in a structure behind their name: the lines below it in YAML, the literals of a list, the member
//! `value` of an object.

use super::reading::{bare, quoted};
use crate::bytes::{Class, at, before, literal_any_case, run, sub};
use crate::credential::{WINDOW, bare_end};
use crate::key::Kind;
use crate::place::{Joint, Place, starts_line};
use crate::quote::{Ending, Quote};
use crate::scan::Scan;
use crate::value::Form;

/// How many lines below a name are read, and how much of a list.
const MOST_LINES: usize = 32;
const MOST_LIST: usize = 4 * 1024;

/// Reads what stands below a name or in brackets behind it. `many` says that the name is one of several values.
pub(super) fn structure(scan: &mut Scan<'_>, place: &Place, kind: Kind, many: bool) {
    match at(scan.bytes, place.value) {
        b'[' => list(scan, place.value, kind),
        b'{' if !many => member(scan, place.value, kind),
        b'\n' | b'\r' | b'|' | b'>' | b'#' if place.joint == Joint::Colon => lines(scan, place, kind, many),
        _ => {}
    }
}

/// The literals of a list. What is no literal ends it.
fn list(scan: &mut Scan<'_>, open: usize, kind: Kind) {
    const BETWEEN: Class = Class::SPACE.with(b',');
    let bytes = scan.bytes;
    let most = bytes.len().min(open + MOST_LIST);
    let mut cursor = run(bytes, open + 1, BETWEEN, 256);
    while cursor < most {
        let Some((quote, content)) = Quote::open(bytes, cursor) else { break };
        let (end, ending) = quote.content_end(bytes, content, 4 * WINDOW);
        if ending != Ending::Closed {
            break;
        }
        // names of settings stand in lists, and messages to a reader
        let text = sub(bytes, content..end);
        let word = run(text, 0, Class::ALPHA, usize::MAX) == text.len();
        if kind == Kind::Own || !(word || text.contains(&b' ')) {
            quoted(scan, cursor, kind, false);
        }
        cursor = run(bytes, end + quote.escapes() + 1, BETWEEN, 256);
    }
    scan.names_end = scan.names_end.max(cursor);
}

/// The first member of an object, if it is the value itself: `"password": {"value": "…"}`.
fn member(scan: &mut Scan<'_>, open: usize, kind: Kind) {
    let bytes = scan.bytes;
    let name = run(bytes, open + 1, Class::SPACE, 64);
    let name = Quote::open(bytes, name).map_or(name, |(_, inside)| inside);
    if !literal_any_case(bytes, name, b"value") {
        return;
    }
    let end = name + b"value".len();
    let end = Quote::open(bytes, end).map_or(end, |(_, outside)| outside);
    let sign = run(bytes, end, Class::BLANK, 8);
    if matches!(at(bytes, sign), b':' | b'=') {
        quoted(scan, run(bytes, sign + 1, Class::BLANK, 8), kind, false);
    }
}

/// The lines below a name that stand deeper than it: a block scalar, a plain one, or the items of a list.
fn lines(scan: &mut Scan<'_>, place: &Place, kind: Kind, many: bool) {
    let bytes = scan.bytes;
    let head = sub(bytes, place.name.start.saturating_sub(WINDOW)..place.name.start);
    let column = memchr::memrchr(b'\n', head).map_or(head.len(), |feed| head.len() - feed - 1);
    let first = at(bytes, place.name.start - column);
    if place.quote.is_some() || !starts_line(bytes, place.name.start) {
        return;
    }
    let block = run(bytes, place.value, Class::DIGIT.with(b'|').with(b'>').with(b'+').with(b'-'), 4);
    let mut feed = line_end(bytes, block);
    for _ in 0..MOST_LINES {
        let Some(start) = feed.map(|feed| feed + 1) else { return };
        let mark = at(bytes, start) == b'+' || (at(bytes, start) == b'-' && first == b'-');
        let content = run(bytes, start + usize::from(mark), Class::BLANK, 256);
        let item = at(bytes, content) == b'-' && Class::BLANK.has(at(bytes, content + 1));
        let deep = if item { content - start >= column } else { content - start > column && !many };
        let value = if item { run(bytes, content + 1, Class::BLANK, 16) } else { content };
        let end = bare_end(bytes, value, Class::SPACE, 4 * WINDOW);
        if !deep || end == value && !matches!(at(bytes, value), b'"' | b'\'') || before(bytes, end) == b':' {
            return;
        }
        let literal = quoted(scan, value, kind, false);
        feed = line_end(bytes, bare_end(bytes, value, Class::between(b'\n', b'\n'), 4 * WINDOW));
        if !literal && line_end(bytes, end).is_some_and(|end| Some(end) == feed) {
            bare(scan, value, kind, Form::Argument, Class::SPACE);
        }
        // a plain scalar has one line
        if !item && block == place.value {
            return;
        }
    }
}

/// The line feed that ends the line of `from`, if nothing but blanks, marks and a comment stand before it.
fn line_end(bytes: &[u8], from: usize) -> Option<usize> {
    let mut end = run(bytes, from, Class::BLANK.with(b'\r').with(b'"').with(b'\''), 64);
    if at(bytes, end) == b'#' {
        end += memchr::memchr(b'\n', sub(bytes, end..end + WINDOW))?;
    }
    (at(bytes, end) == b'\n' || end == bytes.len()).then_some(end)
}
