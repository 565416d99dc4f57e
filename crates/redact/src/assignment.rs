//! Values that are secret because of the name before them: `KEY=value`, `key: value`, JSON, XML, query parameters,
//! command-line options, netrc. What joins the two is read in `place`; which names and
//! which values count is said in `key` and `value`.

use crate::bytes::{Class, at, before, contains, literal, literal_any_case, run, run_back, sub};
use crate::credential::{self, WINDOW, bare_end, trim_end};
use crate::key::{self, Kind, MOST_NAME, Name};
use crate::names::Names;
use crate::place::{
    Joint, Place, annotated_value, declares, ends_line, joined, literal_start, starts_line, wrapped_literal,
};
use crate::quote::{Ending, Quote};
use crate::scan::Scan;
use crate::spans::{Match, Rank};
use crate::value::{Form, is_placeholder, is_random, is_secret, is_strong};
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
    // An anchor that ends with the sign: the name ends before it.
    let hit = hit.start..hit.end - usize::from(before(bytes, hit.end) == b'=');
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
    if bytes.get(..start).is_some_and(|head| head.ends_with(b"variable \"")) {
        return declared(scan, start..end);
    }
    if hit.len() == b"cookie".len() && sub(bytes, start..end).eq_ignore_ascii_case(b"cookies") {
        return cookie_map(scan, end);
    }
    let Some(place) = joined(bytes, start..end) else { return };
    // `…:secret:…` is a resource of a service, and a page's token is one of its pages
    let resource = place.joint == Joint::Colon && place.value == end + 1 && before(bytes, start) == b':';
    if resource || is_page_token(bytes, start) {
        return;
    }
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

/// Tells whether the words before say that a token counts pages: `next page token: …`.
fn is_page_token(bytes: &[u8], start: usize) -> bool {
    sub(bytes, start.saturating_sub(5)..start).eq_ignore_ascii_case(b"page ")
}

/// Tells whether the name is the first argument of PHP's `define`, whose second is a value whatever it looks like.
fn defines(bytes: &[u8], place: &Place) -> bool {
    let call = run_back(bytes, place.name.start, Class::BLANK.with(b'"').with(b'\''), 8);
    bytes.get(..call).is_some_and(|head| head.ends_with(b"define("))
}

/// A variable of Terraform: its value is the default in the block.
fn declared(scan: &mut Scan<'_>, name: Range<usize>) {
    let window = sub(scan.bytes, name.end..name.end + 512);
    let block = sub(window, 0..memchr::memmem::find(window, b"\n}").unwrap_or(window.len()));
    let Some(default) = memchr::memmem::find(block, b"default") else { return };
    let sign = run(scan.bytes, name.end + default + b"default".len(), Class::BLANK, 32);
    if let (b'=', Some(Name::Setting(kind))) = (at(scan.bytes, sign), key::judge(sub(scan.bytes, name))) {
        quoted(scan, run(scan.bytes, sign + 1, Class::BLANK, 8), kind, false);
    }
}

/// A map of cookies in source code: `cookies={"session": "…"}`.
fn cookie_map(scan: &mut Scan<'_>, name_end: usize) {
    let bytes = scan.bytes;
    let sign = run(bytes, name_end, Class::BLANK.with(b'=').with(b':'), 8);
    if at(bytes, sign) != b'{' || sign < scan.commands_end {
        return;
    }
    let window = sub(bytes, sign..sign + 512);
    let end = sign + memchr::memchr2(b'}', b'\n', window).unwrap_or(window.len());
    scan.commands_end = end;
    let mut cursor = sign;
    while let Some(colon) = memchr::memchr(b':', sub(bytes, cursor..end)) {
        cursor += colon + 1;
        quoted(scan, run(bytes, cursor, Class::BLANK, 8), Kind::Weak, true);
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
    if matches!(place.joint, Joint::Blank | Joint::Call | Joint::Tag | Joint::Is) {
        return;
    }
    let bytes = scan.bytes;
    let stops = Class::between(b'<', b'<');
    let (start, end) = match Quote::open(bytes, literal_start(bytes, place.value)) {
        Some((quote, content)) => {
            let end = quote.content_end(bytes, content, WINDOW).0;
            joined_literal(bytes, content..end).unwrap_or((content, end))
        }
        None if place.quote.is_none() => (place.value, header_end(bytes, place, stops)),
        None => return,
    };
    let known = scan.found.len();
    read(scan, start..end);
    if end - start >= WINDOW && scan.found.len() > known {
        scan.extend_last(stops);
    }
}

/// Where the value of a header ends. Its parameters have quotation marks (RFC 9110 §11.4), at which it goes on if the
/// line is no part of a literal.
fn header_end(bytes: &[u8], place: &Place, stops: Class) -> usize {
    let end = bare_end(bytes, place.value, stops, WINDOW);
    let plain = !matches!(before(bytes, place.name.start), b'"' | b'\'' | b'`') && at(bytes, end) == b'"';
    if !plain || before(bytes, end) != b'=' {
        return end;
    }
    let window = sub(bytes, end..end + 4 * WINDOW);
    let line = memchr::memchr3(b'\n', b'\r', b'\\', window).unwrap_or(window.len());
    if sub(window, 0..line).iter().filter(|&&byte| byte == b'"').count() % 2 == 0 { end + line } else { end }
}

/// The literal that is joined to one which holds a scheme alone: `"Bearer " + "…"`.
fn joined_literal(bytes: &[u8], first: Range<usize>) -> Option<(usize, usize)> {
    let scheme = sub(bytes, first.clone());
    let signs = Class::BLANK.with(b'+').with(b'.').with(b'"').with(b'\'').with(b'`');
    if !scheme.ends_with(b" ") || scheme.len() > 24 {
        return None;
    }
    let next = run(bytes, first.end, signs, 12);
    let quote = before(bytes, next);
    if next < first.end + 3 || !matches!(quote, b'"' | b'\'' | b'`') {
        return None;
    }
    let end = bare_end(bytes, next, Class::SPACE, WINDOW);
    is_strong(sub(bytes, next..end)).then_some((next, end))
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
                quoted(scan, place.value, kind, !defines(bytes, place));
            }
        }
        Joint::Tag => element(scan, place, kind),
        Joint::Is => {
            let end = bare_end(bytes, place.value, Class::SPACE, WINDOW);
            let value = sub(bytes, trim_end(bytes, place.value..end, Class::between(b',', b'.').with(b';')));
            if kind != Kind::Password && value.len() >= 16 && is_strong(value) {
                bare(scan, place.value, kind, Form::Inline, Class::SPACE);
            }
        }
        Joint::Blank => {
            if !paired(scan, place, kind) {
                separated(scan, place, kind);
            }
        }
    }
}

/// The content of an XML element: plain, on a line of its own, or in a CDATA section.
fn element(scan: &mut Scan<'_>, place: &Place, kind: Kind) {
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
    // the values of a header, as Go prints a map
    if place.joint == Joint::Colon && place.value == place.name.end + 1 && at(bytes, place.value) == b'[' {
        return bare(scan, place.value + 1, kind, Form::Inline, Class::SPACE.with(b']'));
    }
    let own_line = starts_line(bytes, place.name.start);
    let blank = place.value > place.name.end + 1;
    let tight = place.joint == Joint::Equals && !blank;
    let stops = Class::SPACE.with(b'<');
    let query = has_parameter(sub(bytes, place.value..place.value + WINDOW));
    let stops = if own_line && !query { stops } else { stops.with(b',').with(b';').with(b'&').with(b'|') };
    let form = if own_line && fills_line(bytes, place, stops) { Form::Line } else { Form::Inline };
    let form = if tight && at(bytes, place.name.start) == b'-' { Form::Argument } else { form };
    bare(scan, place.value, kind, form, stops);
}

/// Tells whether a value without marks is the last of its line, and no argument of a call or member of a list.
fn fills_line(bytes: &[u8], place: &Place, stops: Class) -> bool {
    let end = bare_end(bytes, place.value, stops, WINDOW);
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
    let entry = contains(line, b"machine ")
        || (login == Some(b"login") && ends_line(bytes, bare_end(bytes, place.value, Class::SPACE, WINDOW)));
    if name == b"password" && entry {
        bare(scan, place.value, kind, Form::Line, Class::SPACE);
    } else if name.eq_ignore_ascii_case(b"password") && at(bytes, place.value) == b'\'' {
        quoted(scan, place.value, kind, false);
    } else if declares(line) {
        if !quoted(scan, place.value, kind, false) {
            bare(scan, place.value, kind, Form::Line, Class::SPACE);
        }
    } else if place.value > place.name.end && starts_line(bytes, place.name.start) {
        directive(scan, place, kind);
    }
}

/// A line of a configuration: `requirepass …`, `storePassword '…'`.
fn directive(scan: &mut Scan<'_>, place: &Place, kind: Kind) {
    let bytes = scan.bytes;
    if quoted(scan, place.value, kind, kind != Kind::Password) {
        return;
    }
    let end = bare_end(bytes, place.value, Class::SPACE, WINDOW);
    if ends_line(bytes, end) && is_random(sub(bytes, place.value..end)) {
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
                is_secret(text, kind, Form::Quoted) && (!must_be_strong || is_random(text))
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
