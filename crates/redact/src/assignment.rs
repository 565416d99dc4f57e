//! Values that are secret because of the name before them: `KEY=value`, `key: value`, JSON, XML, query parameters,
//! command-line options, netrc. What joins the two is read in `place`; which names and
//! which values count is said in `key` and `value`.

use crate::bytes::{Class, at, before, contains, literal, literal_any_case, run, run_back, sub};
use crate::credential::{self, WINDOW, bare_end, trim_end};
use crate::key::{self, Kind, MOST_NAME, Name};
use crate::names::Names;
use crate::place::{
    Joint, Place, annotated_value, ends_line, joined, literal_start, starts_line, wrapped_literal,
};
use crate::quote::{Ending, Quote};
use crate::scan::Scan;
use crate::spans::{Match, Rank};
use crate::value::{Form, is_placeholder, is_secret, is_strong};
use std::ops::Range;

pub(crate) const RULE: &str = "secret-setting";
/// Where the value of a URL's parameter ends.
const PARAMETER_STOPS: Class = Class::SPACE
    .with(b'&')
    .with(b'#')
    .with(b'<')
    .with(b'>')
    .with(b')')
    .with(b']')
    .with(b'}')
    .with(b',')
    .with(b';')
    .with(b'|');

/// The whole name that a hit is part of, unless it has been looked at.
fn name_around(scan: &mut Scan<'_>, hit: &Range<usize>) -> Option<Range<usize>> {
    if hit.start < scan.names_end {
        return None;
    }
    let bytes = scan.bytes;
    let mut start = run_back(bytes, hit.start, Class::NAME, MOST_NAME);
    // The letter of an escape such as `\n` is no part of the name after it.
    if before(bytes, start) == b'\\' && matches!(at(bytes, start), b'n' | b'r' | b't') {
        start += 1;
    }
    let whole = run(bytes, hit.end, Class::NAME, MOST_NAME);
    let end = run_back(bytes, whole, Class::BLANK.with(b'.').with(b'-'), whole - hit.end);
    scan.names_end = end.max(hit.end);
    Some(start..end)
}

/// Looks at the name around a hit, which is secret if it is one of the operator's own.
pub(crate) fn visit_own(scan: &mut Scan<'_>, hit: &Range<usize>, names: &Names) {
    let bytes = scan.bytes;
    let Some(name) = name_around(scan, hit).filter(|name| names.hold(sub(bytes, name.clone()))) else {
        return;
    };
    if at(bytes, name.end) == b'=' && is_parameter(bytes, name.start) {
        bare(scan, name.end + 1, Kind::Own, Form::Argument, PARAMETER_STOPS);
    } else if let Some(place) = joined(bytes, name) {
        setting(scan, &place, Kind::Own);
    }
}

/// Looks at the name around an anchor.
pub(crate) fn visit(scan: &mut Scan<'_>, hit: &Range<usize>) {
    let bytes = scan.bytes;
    let Some(Range { start, end }) = name_around(scan, hit) else { return };
    if matches!(at(bytes, end), b'=') && is_parameter(bytes, start) {
        return parameter(scan, start..end);
    }
    let Some(place) = joined(bytes, start..end) else { return };
    let Some(name) = key::judge(sub(bytes, start..end)).or_else(|| spaced_name(bytes, &place)) else {
        return;
    };
    match name {
        Name::Setting(kind) => setting(scan, &place, kind),
        Name::Authorization => header(scan, &place, credential::authorization),
        Name::Cookie { setting } if place.joint == Joint::Colon || place.quote.is_some() => {
            header(scan, &place, |scan, value| credential::cookies(scan, value, setting));
        }
        Name::Cookie { .. } => {}
    }
}

/// A name of two words in running text: `API key: …`.
fn spaced_name(bytes: &[u8], place: &Place) -> Option<Name> {
    let name = place.name.clone();
    if place.joint == Joint::Blank || before(bytes, name.start) != b' ' {
        return None;
    }
    let start = run_back(bytes, name.start - 1, Class::NAME, 24);
    key::judge(sub(bytes, start..name.end))
}

/// Tells whether the name follows the start of a query, of a fragment, or another parameter.
fn is_parameter(bytes: &[u8], start: usize) -> bool {
    matches!(before(bytes, start), b'?' | b'&' | b'#')
        || bytes.get(..start).is_some_and(|head| head.ends_with(b"&amp;"))
}

fn parameter(scan: &mut Scan<'_>, name: Range<usize>) {
    let Some(kind) = key::judge_parameter(sub(scan.bytes, name.clone())) else { return };
    bare(scan, name.end + 1, kind, Form::Argument, PARAMETER_STOPS);
}

/// Reads the value of a header, which is a literal or the rest of the line, by `read`.
fn header(scan: &mut Scan<'_>, place: &Place, read: impl FnOnce(&mut Scan<'_>, Range<usize>)) {
    if matches!(place.joint, Joint::Blank | Joint::Call | Joint::Tag) {
        return;
    }
    let bytes = scan.bytes;
    let stops = Class::between(b'<', b'<');
    let (start, end) = match Quote::open(bytes, literal_start(bytes, place.value)) {
        Some((quote, content)) => (content, quote.content_end(bytes, content, WINDOW).0),
        None if place.quote.is_none() => (place.value, bare_end(bytes, place.value, stops, WINDOW)),
        None => return,
    };
    let known = scan.found.len();
    read(scan, start..end);
    if end - start >= WINDOW && scan.found.len() > known {
        scan.extend_last(stops);
    }
}

fn setting(scan: &mut Scan<'_>, place: &Place, kind: Kind) {
    let bytes = scan.bytes;
    match place.joint {
        Joint::Equals | Joint::Colon => assigned(scan, place, kind),
        Joint::Comparison => {
            quoted(scan, place.value, kind, false);
        }
        Joint::Comma | Joint::Call => {
            if !paired(scan, place, kind) {
                quoted(scan, place.value, kind, true);
            }
        }
        Joint::Tag => {
            let end = bare_end(bytes, place.value, Class::between(b'<', b'<'), WINDOW);
            if literal(bytes, end, b"</") && is_secret(sub(bytes, place.value..end), kind, Form::Quoted) {
                scan.report(RULE, Rank::Context, place.value..end);
            }
        }
        Joint::Blank => {
            if !paired(scan, place, kind) {
                separated(scan, place, kind);
            }
        }
    }
}

/// A value after `=` or `:`.
fn assigned(scan: &mut Scan<'_>, place: &Place, kind: Kind) {
    let bytes = scan.bytes;
    if quoted(scan, place.value, kind, false) {
        return;
    }
    if let Some(argument) = wrapped_literal(bytes, place.value) {
        quoted(scan, argument, kind, true);
        return;
    }
    if place.joint == Joint::Colon
        && let Some(value) = annotated_value(bytes, place.value)
    {
        quoted(scan, value, kind, false);
        return;
    }
    if place.quote.is_some() {
        return number(scan, place, kind);
    }
    let own_line = starts_line(bytes, place.name.start);
    let blank = place.value > place.name.end + 1;
    let tight = place.joint == Joint::Equals && !blank;
    let stops = Class::SPACE.with(b'<');
    let query = has_parameter(sub(bytes, place.value..place.value + WINDOW));
    let stops = if own_line && !query { stops } else { stops.with(b',').with(b';').with(b'&').with(b'|') };
    let end = bare_end(bytes, place.value, stops, WINDOW);
    let comma = matches!(before(bytes, end), b',' | b';' | b'{' | b'(');
    let form = if own_line && ends_line(bytes, end) && (tight || (blank && !comma)) {
        Form::Line
    } else {
        Form::Inline
    };
    let form = if tight && at(bytes, place.name.start) == b'-' { Form::Argument } else { form };
    bare(scan, place.value, kind, form, stops);
}

/// Tells whether another parameter of a query follows on the line: `…&name=`.
fn has_parameter(window: &[u8]) -> bool {
    memchr::memchr_iter(b'&', sub(window, 0..memchr::memchr(b'\n', window).unwrap_or(window.len()))).any(
        |sign| {
            at(window, run(window, sign + 1, Class::NAME, 40)) == b'='
                && Class::ALPHA.has(at(window, sign + 1))
        },
    )
}

/// A value after blanks: an option of a command, netrc, SQL, Dockerfile.
fn separated(scan: &mut Scan<'_>, place: &Place, kind: Kind) {
    let bytes = scan.bytes;
    if at(bytes, place.name.start) == b'-' {
        // In an argument list the option and its value are strings of their own.
        let value = run(bytes, place.value, Class::BLANK.with(b','), 8);
        if !quoted(scan, value, kind, false) && at(bytes, value) != b'-' {
            bare(scan, value, kind, Form::Argument, Class::SPACE.with(b';').with(b'|').with(b')'));
        }
        return;
    }
    if place.quote.is_some() {
        return;
    }
    let name = sub(bytes, place.name.clone());
    let line = sub(bytes, place.name.start.saturating_sub(256)..place.name.start);
    let login = line.split(|byte| byte.is_ascii_whitespace()).rev().filter(|word| !word.is_empty()).nth(1);
    if name == b"password" && (login == Some(b"login") || contains(line, b"machine ")) {
        bare(scan, place.value, kind, Form::Line, Class::SPACE);
    } else if name.eq_ignore_ascii_case(b"password") && at(bytes, place.value) == b'\'' {
        quoted(scan, place.value, kind, false);
    } else if line.ends_with(b"ENV ") {
        bare(scan, place.value, kind, Form::Line, Class::SPACE);
    }
}

/// A name that is itself a value, beside another named `value`: Kubernetes, .NET settings, HAR.
fn paired(scan: &mut Scan<'_>, place: &Place, kind: Kind) -> bool {
    let bytes = scan.bytes;
    let after = place.quote.map_or(place.name.end, |quote| place.name.end + quote.escapes + 1);
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
fn quoted(scan: &mut Scan<'_>, value: usize, kind: Kind, must_be_strong: bool) -> bool {
    let bytes = scan.bytes;
    let Some((quote, mut content)) = Quote::open(bytes, literal_start(bytes, value)) else { return false };
    let triple = [quote.mark, quote.mark];
    if quote.escapes == 0 && literal(bytes, content, &triple) {
        content += triple.len();
    }
    let (end, ending) = quote.content_end(bytes, content, WINDOW);
    let text = sub(bytes, content..end);
    // A mark that closes a JSON string looks like one that opens a value: `{"password=": "…"}`.
    let structure = matches!(at(bytes, run(bytes, content, Class::SPACE, 64)), b':' | b',' | b'}' | b']');
    let secret = !structure
        && match ending {
            Ending::Closed | Ending::Limit => {
                is_secret(text, kind, Form::Quoted) && (!must_be_strong || is_strong(text))
            }
            Ending::Line => is_strong(text) && is_secret(text, kind, Form::Inline),
        };
    if secret {
        let (end, _) = quote.content_end(bytes, content, usize::MAX);
        scan.report(RULE, Rank::Context, content..end);
        scan.names_end = scan.names_end.max(end);
    }
    true
}

/// Reports text without quotation marks if it is secret.
fn bare(scan: &mut Scan<'_>, value: usize, kind: Kind, form: Form, stops: Class) {
    let bytes = scan.bytes;
    let punctuation = Class::between(b',', b',').with(b';');
    // In a chain such as `key=key=key=` each value holds the next; the inner ones get a smaller window.
    let window = if value < scan.values_end { WINDOW / 4 } else { WINDOW };
    let end = bare_end(bytes, value, stops, window);
    scan.values_end = scan.values_end.max(end);
    let brackets = match form {
        Form::Line => punctuation,
        _ => punctuation.with(b')').with(b']').with(b'}'),
    };
    let inside = if form == Form::Line { brackets } else { brackets.with(b':') };
    let seen = trim_end(bytes, value..end, inside);
    if is_secret(sub(bytes, seen), kind, form) {
        let end = if end - value < window { end } else { bare_end(bytes, value, stops, usize::MAX) };
        scan.report(RULE, Rank::Context, trim_end(bytes, value..end, brackets));
        scan.names_end = scan.names_end.max(end);
    }
}

/// Reports a bare number after a quoted name; the placeholder takes the name's marks, so that JSON stays JSON.
fn number(scan: &mut Scan<'_>, place: &Place, kind: Kind) {
    let end = run(scan.bytes, place.value, Class::DIGIT, 64);
    let closes = matches!(at(scan.bytes, end), b',' | b'}' | b']' | b' ' | b'\n' | b'\r' | b'\\' | 0);
    let digits = sub(scan.bytes, place.value..end);
    let enough = match kind {
        Kind::Own => !digits.is_empty(),
        Kind::Password => digits.len() >= 4,
        Kind::Secret | Kind::Weak => false,
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
