//! Values that are secret because of the name before them: `KEY=value`, `key: value`, JSON, XML, query parameters,
//! command-line options, netrc. What joins the two is read in `place`; which names and
//! which values count is said in `key` and `value`.

use crate::bytes::{Class, at, before, contains, literal, run, run_back, sub};
use crate::credential::{self, WINDOW, bare_end, trim_end};
use crate::key::{self, Kind, MOST_NAME, Name};
use crate::names::Names;
use crate::place::{
    Joint, Place, annotated_value, declares, ends_line, joined, literal_start, starts_line,
    starts_plain_line, wrapped_literal,
};
use crate::quote::Quote;
use crate::scan::Scan;
use crate::value::{Form, is_random, is_strong};
use std::ops::Range;

mod below;
mod reading;

use reading::{
    End, bare, element, ending, fills_line, has_parameter, line_value_end, number, paired, phrase, quoted,
};

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
    start = after_number(bytes, start..hit.start);
    let whole = run(bytes, hit.end, Class::NAME, MOST_NAME);
    let end = run_back(bytes, whole, Class::BLANK.with(b'.').with(b'-'), whole - hit.end);
    scan.names_end = end.max(hit.end);
    Some(start..end)
}

/// Where a name begins before which a search printed the number of its line: `.env-12-DB_PASSWORD`.
fn after_number(bytes: &[u8], head: Range<usize>) -> usize {
    let Some(dash) = memchr::memrchr(b'-', sub(bytes, head.clone())) else { return head.start };
    let dash = head.start + dash;
    let number = run_back(bytes, dash, Class::DIGIT, 8);
    if number < dash && number > head.start + 1 && before(bytes, number) == b'-' {
        dash + 1
    } else {
        head.start
    }
}

/// Looks at the name around a hit, which is secret if it is one of the operator's own.
pub(crate) fn visit_own(scan: &mut Scan<'_>, hit: &Range<usize>, names: &Names) {
    let bytes = scan.bytes;
    let Some(name) = name_around(scan, hit).filter(|name| names.hold(sub(bytes, name.clone()))) else {
        return;
    };
    if at(bytes, name.end) == b'=' && is_parameter(bytes, name.start) {
        scan.look_behind(&name, |scan| {
            bare(scan, name.end + 1, Kind::Own, Form::Argument, PARAMETER_STOPS);
        });
    } else if let Some(place) = joined(bytes, name) {
        scan.look_behind(&place.name, |scan| setting(scan, &place, Kind::Own));
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
        if let (Joint::Colon | Joint::Equals, Some(kind)) =
            (place.joint, key::judge_many(sub(bytes, start..end)))
        {
            scan.look_behind(&place.name, |scan| below::structure(scan, &place, kind, true));
        }
        return;
    };
    scan.look_behind(&place.name, |scan| match name {
        Name::Setting(kind) => setting(scan, &place, kind),
        Name::Authorization => header(scan, &place, credential::authorization),
        Name::Cookie { setting } if place.joint == Joint::Colon || place.quote.is_some() => {
            header(scan, &place, |scan, value| credential::cookies(scan, value, setting));
        }
        Name::Cookie { .. } => {}
    });
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
    scan.look_behind(&name, |scan| bare(scan, name.end + 1, kind, Form::Argument, PARAMETER_STOPS));
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
            let end = quote.content_end(bytes, content, scan.window).0;
            joined_literal(bytes, content..end).unwrap_or((content, end))
        }
        None if place.quote.is_none() => (place.value, header_end(bytes, place, stops, scan.window)),
        None => return,
    };
    let known = scan.found.len();
    read(scan, start..end);
    if end - start >= scan.window && scan.found.len() > known {
        scan.extend_last(stops);
    }
}

/// Where the value of a header ends. Its parameters have quotation marks (RFC 9110 §11.4), at which it goes on if the
/// line is no part of a literal.
fn header_end(bytes: &[u8], place: &Place, stops: Class, window: usize) -> usize {
    let end = bare_end(bytes, place.value, stops, window);
    let plain = !matches!(before(bytes, place.name.start), b'"' | b'\'' | b'`') && at(bytes, end) == b'"';
    if !plain || before(bytes, end) != b'=' {
        return end;
    }
    let window = sub(bytes, end..end + 4 * window);
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
            let end = bare_end(bytes, place.value, Class::SPACE, scan.window);
            let value = sub(bytes, trim_end(bytes, place.value..end, Class::between(b',', b'.').with(b';')));
            let least = if kind == Kind::Password { 8 } else { 16 };
            if value.len() >= least && is_strong(value) {
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
    if matches!(at(bytes, place.value), b'[' | b'{' | b'\n' | b'\r' | b'|' | b'>' | b'#') {
        below::structure(scan, place, kind, false);
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
    let query = has_parameter(sub(bytes, place.value..place.value + scan.window));
    let stops = if own_line && !query { stops } else { stops.with(b',').with(b';').with(b'&').with(b'|') };
    let find_end: End =
        if own_line && starts_plain_line(bytes, place.name.start) { line_value_end } else { bare_end };
    // what is joined to its name in the middle of a line, as in a query, is neither a line nor an expression
    let apart = own_line || blank;
    let end = if apart { find_end(bytes, place.value, stops, scan.window) } else { place.value };
    let form = if own_line && fills_line(bytes, place, end) { Form::Line } else { Form::Inline };
    let option = at(bytes, place.name.start) == b'-' || is_variable(sub(bytes, place.name.clone()));
    let form = if tight && option && form == Form::Inline { Form::Argument } else { form };
    if own_line && form == Form::Inline && matches!(kind, Kind::Own | Kind::Password) && phrase(scan, place) {
        return;
    }
    if otherwise(scan, place, kind, end) {
        return;
    }
    let find_end = if form == Form::Line { find_end } else { bare_end };
    ending(scan, place.value, kind, form, (find_end, stops));
}

/// Tells whether a name is that of a variable of the environment.
fn is_variable(name: &[u8]) -> bool {
    name.len() >= 4 && run(name, 0, Class::UPPER_NUM.with(b'_'), MOST_NAME) == name.len()
}

/// The literal that counts if an expression gives none: `process.env.TOKEN || "…"`, `os.environ.get("X") or '…'`. The first
/// word of the expression, or its call, ends at `end`.
fn otherwise(scan: &mut Scan<'_>, place: &Place, kind: Kind, end: usize) -> bool {
    let bytes = scan.bytes;
    let signs = [b" || ".as_slice(), b" ?? ", b" or "];
    if before(bytes, end) != b'(' && !signs.iter().any(|sign| literal(bytes, end, sign)) {
        return false;
    }
    let line = sub(bytes, place.value..place.value + scan.window);
    let line = sub(line, 0..memchr::memchr(b'\n', line).unwrap_or(line.len()));
    let follows = |mark: &usize| signs.iter().any(|sign| sub(line, 0..*mark).ends_with(sign));
    let Some(mark) = memchr::memchr2_iter(b'"', b'\'', line).take(8).find(follows) else { return false };
    quoted(scan, place.value + mark, kind, true)
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
        || (login == Some(b"login")
            && ends_line(bytes, bare_end(bytes, place.value, Class::SPACE, scan.window)));
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
    let end = bare_end(bytes, place.value, Class::SPACE, scan.window);
    if ends_line(bytes, end) && is_random(sub(bytes, place.value..end)) {
        bare(scan, place.value, kind, Form::Line, Class::SPACE);
    }
}
