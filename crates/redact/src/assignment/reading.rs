//! The value behind the name of a setting: a literal, text without marks, a number, an element, the value of a pair. Each is
//! read where it may begin and reported if `value` says that it is secret.

use super::RULE;
use crate::bytes::{Class, at, before, literal, literal_any_case, run, sub};
use crate::credential::{WINDOW, bare_end, trim_end};
use crate::key::Kind;
use crate::place::{Joint, Place, ends_line, literal_start};
use crate::quote::{Ending, Quote};
use crate::scan::Scan;
use crate::spans::{Match, Rank};
use crate::value::{Form, is_drawn_phrase, is_placeholder, is_random, is_secret, is_strong};

/// The content of an XML element: plain, on a line of its own, or in a CDATA section.
pub(super) fn element(scan: &mut Scan<'_>, place: &Place, kind: Kind) {
    const SECTION: &[u8] = b"<![CDATA[";
    let bytes = scan.bytes;
    let mut start = run(bytes, place.value, Class::SPACE, 64);
    let section = literal(bytes, start, SECTION);
    if section {
        start += SECTION.len();
    }
    let stop = if section { b']' } else { b'<' };
    let end = bare_end(bytes, start, Class::between(stop, stop), usize::MAX);
    let close = run(bytes, end, Class::SPACE, 64);
    let closes = literal(bytes, close, b"</") || (section && literal(bytes, end, b"]]>"));
    scan.names_end = scan.names_end.max(end);
    if closes && is_secret(sub(bytes, start..end), kind, Form::Quoted) {
        scan.report(RULE, Rank::Context, start..end);
    }
}

/// Tells whether a value without marks is the last of its line, and no argument of a call or member of a list.
pub(super) fn fills_line(bytes: &[u8], place: &Place, end: usize) -> bool {
    let value = sub(bytes, place.value..end);
    let blank = place.value > place.name.end + 1;
    let equals = place.joint == Joint::Equals;
    let indented = Class::BLANK.has(before(bytes, place.name.start));
    let last = before(bytes, end);
    let argument = matches!(last, b',') || (last == b')' && !value.contains(&b'('));
    let open = matches!(last, b',' | b';' | b'{' | b'(');
    // `  password = ident` is a statement more often than a setting
    let variable =
        indented && equals && blank && value.iter().all(|byte| byte.is_ascii_lowercase() || *byte == b'_');
    ends_line(bytes, end)
        && !variable
        && if equals && !blank { !(indented && argument) } else { blank && !open }
}

/// Reports a pass phrase without marks on a line of its own, if its words are drawn and not written.
pub(super) fn phrase(scan: &mut Scan<'_>, place: &Place) -> bool {
    let bytes = scan.bytes;
    if place.value < scan.phrases_end {
        return false;
    }
    let line = bare_end(bytes, place.value, Class::between(b'\n', b'\n'), scan.window);
    if !matches!(at(bytes, line), b'\n' | b'\r' | 0) {
        // what stops here stops what begins before it too
        if line < place.value + scan.window {
            scan.phrases_end = line;
        }
        return false;
    }
    let value = sub(bytes, place.value..line);
    let value = sub(value, 0..memchr::memmem::find(value, b" #").unwrap_or(value.len())).trim_ascii_end();
    if !is_drawn_phrase(value) || !is_secret(value, Kind::Password, Form::Quoted) {
        return false;
    }
    let end = place.value + value.len();
    scan.report(RULE, Rank::Context, place.value..end);
    scan.names_end = scan.names_end.max(end);
    true
}

/// Tells whether another parameter of a query follows on the line: `…&name=`.
pub(super) fn has_parameter(window: &[u8]) -> bool {
    memchr::memchr_iter(b'&', sub(window, 0..memchr::memchr(b'\n', window).unwrap_or(window.len()))).any(
        |sign| {
            at(window, run(window, sign + 1, Class::NAME, 40)) == b'='
                && Class::ALPHA.has(at(window, sign + 1))
        },
    )
}

/// A name that is itself a value, beside another named `value`: Kubernetes, .NET settings, HAR.
pub(super) fn paired(scan: &mut Scan<'_>, place: &Place, kind: Kind) -> bool {
    let bytes = scan.bytes;
    let after = place.quote.map_or(place.name.end, |quote| place.name.end + quote.escapes() + 1);
    let gap = run(bytes, after, Class::SPACE.with(b',').with(b'+').with(b'-'), 128);
    let start = Quote::open(bytes, gap).map_or(gap, |(_, inside)| inside);
    if gap == after || !literal_any_case(bytes, start, b"value") {
        return false;
    }
    let mut cursor = start + b"value".len();
    cursor = Quote::open(bytes, cursor).map_or(cursor, |(_, outside)| outside);
    cursor = run(bytes, cursor, Class::BLANK, 8);
    if !matches!(at(bytes, cursor), b':' | b'=') {
        return false;
    }
    let value = run(bytes, cursor + 1, Class::BLANK, 64);
    if !quoted(scan, value, kind, false) && start == gap {
        bare(scan, value, kind, Form::Line, Class::SPACE);
    }
    true
}

/// Reports a literal if it is secret. Answers whether there was one.
pub(super) fn quoted(scan: &mut Scan<'_>, value: usize, kind: Kind, must_be_strong: bool) -> bool {
    let bytes = scan.bytes;
    let Some((quote, mut content)) = Quote::open(bytes, literal_start(bytes, value)) else { return false };
    let triple = [quote.mark, quote.mark];
    if quote.escapes() == 0 && literal(bytes, content, &triple) {
        content = run(bytes, content + triple.len(), Class::SPACE, 64);
    }
    let (end, ending) = content_end(bytes, quote, content, scan.window);
    let text = sub(bytes, content..end);
    // A mark that closes a JSON string looks like one that opens a value: `{"password=": "…"}`.
    let structure = matches!(at(bytes, run(bytes, content, Class::SPACE, 64)), b':' | b',' | b'}' | b']');
    let secret = !structure
        && match ending {
            Ending::Closed | Ending::Limit => {
                is_secret(text, kind, Form::Quoted) && (!must_be_strong || is_random(text))
            }
            Ending::Line => is_strong(text) && is_secret(text, kind, Form::Inline),
        };
    if secret {
        let (end, _) = content_end(bytes, quote, content, usize::MAX);
        scan.report(RULE, Rank::Context, content..end);
        scan.names_end = scan.names_end.max(end);
    }
    true
}

/// Where a literal ends. SQL and YAML write an apostrophe within one twice.
fn content_end(bytes: &[u8], quote: Quote, content: usize, limit: usize) -> (usize, Ending) {
    let (mut end, mut ending) = quote.content_end(bytes, content, limit);
    while quote == Quote::APOSTROPHE
        && ending == Ending::Closed
        && end > content
        && at(bytes, end + 1) == b'\''
        && !ends_literal(at(bytes, end + 2))
    {
        (end, ending) = quote.content_end(bytes, end + 2, limit);
    }
    (end, ending)
}

/// Tells whether what stands behind a quotation mark says that it closes a literal.
const fn ends_literal(next: u8) -> bool {
    next <= b' '
        || matches!(next, b',' | b';' | b')' | b']' | b'}' | b':' | b'"' | b'\'' | b'`' | b'<' | b'\\' | b'.')
}

/// Where a value on a line of its own ends: a quotation mark or angle bracket within the word is part of it, for nothing
/// opened a literal before it.
pub(super) fn line_value_end(bytes: &[u8], from: usize, stops: Class, limit: usize) -> usize {
    let most = from.saturating_add(limit).min(bytes.len());
    let mut end = bare_end(bytes, from, stops, limit);
    while end < most
        && matches!(at(bytes, end), b'"' | b'\'' | b'`' | b'<')
        && !ends_literal(at(bytes, end + 1))
        && !matches!(before(bytes, end), b'(' | b'[' | b'{' | b'=' | b',' | b'+')
        && !matches!(at(bytes, end + 1), b'/' | b'>' | b'(' | b'$')
    {
        end = bare_end(bytes, end + 1, stops, most - end);
    }
    end
}

/// Where text without marks ends, of which so many bytes are looked at.
pub(super) type End = fn(&[u8], usize, Class, usize) -> usize;

/// Reports text without quotation marks if it is secret.
pub(super) fn bare(scan: &mut Scan<'_>, value: usize, kind: Kind, form: Form, stops: Class) {
    ending(scan, value, kind, form, (bare_end, stops));
}

/// Reports text that ends where `find_end` says, if it is secret.
pub(super) fn ending(
    scan: &mut Scan<'_>,
    value: usize,
    kind: Kind,
    form: Form,
    (find_end, stops): (End, Class),
) {
    let bytes = scan.bytes;
    let punctuation = Class::between(b',', b',').with(b';');
    // In a chain such as `key=key=key=` each value holds the next; the inner ones get a smaller window.
    let window = if value < scan.values_end { WINDOW / 4 } else { scan.window };
    let end = find_end(bytes, value, stops, window);
    scan.values_end = scan.values_end.max(end);
    let brackets = match form {
        Form::Line => punctuation,
        _ => punctuation.with(b')').with(b']').with(b'}'),
    };
    let inside = if form == Form::Line { brackets } else { brackets.with(b':') };
    let seen = trim_end(bytes, value..end, inside);
    if is_secret(sub(bytes, seen), kind, form) {
        let end = if end - value < window { end } else { find_end(bytes, value, stops, usize::MAX) };
        scan.report(RULE, Rank::Context, trim_end(bytes, value..end, brackets));
        scan.names_end = scan.names_end.max(end);
    }
}

/// Reports a bare number after a quoted name; the placeholder takes the name's marks, so that JSON stays JSON.
pub(super) fn number(scan: &mut Scan<'_>, place: &Place, kind: Kind) {
    let end = run(scan.bytes, place.value, Class::DIGIT, 64);
    let closes = matches!(at(scan.bytes, end), b',' | b'}' | b']' | b' ' | b'\n' | b'\r' | b'\\' | 0);
    let digits = sub(scan.bytes, place.value..end);
    let enough = match kind {
        Kind::Own => !digits.is_empty(),
        Kind::Password => digits.len() >= 4,
        Kind::Secret | Kind::Doubtful | Kind::Weak => false,
    };
    if enough && closes && !is_placeholder(digits) {
        scan.found.push(Match {
            rule: RULE,
            rank: Rank::Context,
            start: place.value,
            end,
            quote: place.quote,
        });
    }
}
