//! Where the name of a setting ends, what joins a value to it, and what stands around the two: line starts, types,
//! calls. Whether name and value are secret is not asked here.

use crate::bytes::{Class, at, before, contains, literal, literal_any_case, run, run_back, sub};
use crate::quote::Quote;
use std::ops::Range;

/// How a value is joined to its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Joint {
    /// `=`, `=>`, `:=`, `?=`
    Equals,
    Colon,
    /// `==` and `!=`: only a literal counts.
    Comparison,
    /// A quoted name and a comma.
    Comma,
    /// An opening bracket: `password("…")`.
    Call,
    /// The end of an XML start tag.
    Tag,
    Blank,
    /// `is` in a sentence: only a value that looks drawn counts.
    Is,
}

/// A name as it stands in the text.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) name: Range<usize>,
    /// The mark that closes the name, if it is quoted.
    pub(crate) quote: Option<Quote>,
    pub(crate) joint: Joint,
    /// Where the value may start.
    pub(crate) value: usize,
}

/// Reads what joins a value to the name, if anything does.
pub(crate) fn joined(bytes: &[u8], name: Range<usize>) -> Option<Place> {
    let quote = Quote::open(bytes, name.end);
    let mut cursor = quote.map_or(name.end, |(_, after)| after);
    cursor = run(bytes, cursor, Class::between(b']', b']').with(b'?').with(b'!'), 2);
    cursor = dimension_end(bytes, cursor);
    let blank = run(bytes, cursor, Class::BLANK, 64);
    let (joint, width) = match (at(bytes, blank), at(bytes, blank + 1)) {
        (b'=' | b'!', b'=') => {
            (Joint::Comparison, run(bytes, blank, Class::between(b'=', b'=').with(b'!'), 3) - blank)
        }
        (b'=', b'>') | (b':' | b'?', b'=') => (Joint::Equals, 2),
        (b'=', _) if before(bytes, blank) == b'!' => (Joint::Comparison, 1),
        (b'=', _) => (Joint::Equals, 1),
        // LDIF writes a second colon before base64 (RFC 2849).
        (b':', b':') if at(bytes, blank + 2) == b' ' && starts_line(bytes, name.start) => (Joint::Colon, 2),
        (b':', b':') => return None,
        (b':', _) => (Joint::Colon, 1),
        // the value if there is no other: `env.TOKEN || "…"`
        (b'|', b'|') | (b'?', b'?') if literal_follows(bytes, blank + 2) => (Joint::Equals, 2),
        // the next cell of a table
        (b'|', _) if quote.is_some() && blank > cursor => (Joint::Comma, 1),
        (b',', _) if quote.is_some() || literal_follows(bytes, blank + 1) => (Joint::Comma, 1),
        (b'(', _) if quote.is_none() => (Joint::Call, 1),
        (b'>', _) if opens_tag(bytes, name.start) => (Joint::Tag, 1),
        (b'>', _) if quote.is_some() && blank == cursor && is_attribute(bytes, name.start) => (Joint::Tag, 1),
        _ if blank > cursor
            && literal_any_case(bytes, blank, b"value=")
            && quote.is_none()
            && opens_tag(bytes, name.start) =>
        {
            (Joint::Equals, b"value=".len())
        }
        (b'<', b'/') => (Joint::Tag, string_tag(bytes, blank)? - blank),
        (b'i', b's') if blank > cursor && at(bytes, blank + 2) == b' ' => (Joint::Is, 2),
        _ if blank > cursor && opens_tag(bytes, name.start) => (Joint::Tag, tag_end(bytes, blank)? - blank),
        _ if blank > cursor && quote.is_none() && typed(bytes, blank).is_some() => {
            (Joint::Equals, typed(bytes, blank)? - blank)
        }
        _ if may_stand_apart(bytes, &name, quote.is_some(), cursor, blank) => (Joint::Blank, 0),
        _ => return None,
    };
    let mut value = run(bytes, blank + width, Class::BLANK, 64);
    // `**Password:** …`
    if joint == Joint::Colon && literal(bytes, value, b"** ") {
        value += 3;
    }
    Some(Place { name, quote: quote.map(|(quote, _)| quote), joint, value })
}

/// The offset after the dimension of an array in C: `[]`, `[32]`.
fn dimension_end(bytes: &[u8], cursor: usize) -> usize {
    let close = run(bytes, cursor + 1, Class::DIGIT, 6);
    if at(bytes, cursor) == b'[' && at(bytes, close) == b']' { close + 1 } else { cursor }
}

fn literal_follows(bytes: &[u8], from: usize) -> bool {
    Quote::open(bytes, literal_start(bytes, run(bytes, from, Class::BLANK, 16))).is_some()
}

/// The offset after the tag of the string that a property list has behind the key which ends here.
fn string_tag(bytes: &[u8], from: usize) -> Option<usize> {
    let value = run(bytes, from + b"</key>".len(), Class::SPACE, 64);
    (literal(bytes, from, b"</key>") && literal(bytes, value, b"<string>"))
        .then_some(value + b"<string>".len())
}

/// The end of a start tag with attributes.
fn tag_end(bytes: &[u8], from: usize) -> Option<usize> {
    let window = sub(bytes, from..from + 128);
    let end = memchr::memchr3(b'>', b'<', b'\n', window)?;
    (at(window, end) == b'>' && before(window, end) != b'/').then_some(from + end + 1)
}

/// The offset after the sign, where a type of one word or two stands between a name and its literal: `token string = "…"`.
fn typed(bytes: &[u8], from: usize) -> Option<usize> {
    const TYPE: Class = Class::NAME.with(b'*').with(b'&').with(b'<').with(b'>').with(b'[').with(b']');
    let mut cursor = from;
    for _ in 0..2 {
        let word = run(bytes, cursor, TYPE, 32);
        cursor = run(bytes, word, Class::BLANK, 8);
        if word == from || cursor == word {
            return None;
        }
        if at(bytes, cursor) == b'=' {
            return literal_follows(bytes, cursor + 1).then_some(cursor + 1);
        }
    }
    None
}

/// Tells whether the text ends with a word that gives a name to the value after it.
pub(crate) fn declares(head: &[u8]) -> bool {
    const WORDS: [&[u8]; 11] = [
        b"ENV ",
        b"#define ",
        b"setenv ",
        b"setx ",
        b"set -gx ",
        b"set -x ",
        b"set -Ux ",
        b"_header ",
        b"_param ",
        // `aws configure set`, `npm config set //registry/:_authToken`
        b"configure set ",
        b"/:",
    ];
    WORDS.iter().any(|word| head.ends_with(word))
}

/// Tells whether a name that no sign follows can still have a value; most words of prose are dismissed here.
fn may_stand_apart(bytes: &[u8], name: &Range<usize>, quoted: bool, end: usize, blank: usize) -> bool {
    quoted
        || matches!(at(bytes, end), b'\n' | b'\r')
        || (blank > end
            && (at(bytes, name.start) == b'-'
                || sub(bytes, name.clone()).eq_ignore_ascii_case(b"password")
                || bytes.get(..name.start).is_some_and(declares)
                || starts_line(bytes, name.start)))
}

fn opens_tag(bytes: &[u8], start: usize) -> bool {
    let namespace = run_back(bytes, start, Class::NAME.with(b':'), 40);
    before(bytes, namespace) == b'<'
}

/// Tells whether the quoted name is the value of an attribute of the tag that ends behind it: `<string name="token">`.
fn is_attribute(bytes: &[u8], start: usize) -> bool {
    let head = sub(bytes, start.saturating_sub(128)..start.saturating_sub(1));
    head.ends_with(b"=")
        && memchr::memrchr3(b'<', b'>', b'\n', head)
            .is_some_and(|open| at(head, open) == b'<' && Class::ALPHA.has(at(head, open + 1)))
}

/// The offset of the quotation mark behind a literal's prefix, as in `b"…"`, `f'…'`, `@"…"`.
pub(crate) fn literal_start(bytes: &[u8], value: usize) -> usize {
    const PREFIX: Class = Class::between(b'@', b'@').with(b'b').with(b'r').with(b'f').with(b'u').with(b'$');
    let mark = run(bytes, value, PREFIX.with(b'B').with(b'R').with(b'F').with(b'U').with(b'N').with(b'L'), 2);
    if Quote::open(bytes, mark).is_some() { mark } else { value }
}

/// The offset of a literal that is the first argument of a call, as in `String::from("…")`; calls that look a
/// value up are passed over, since their argument is a name.
pub(crate) fn wrapped_literal(bytes: &[u8], value: usize) -> Option<usize> {
    const LOOKUPS: [&[u8]; 7] = [b"env", b"get", b"var", b"lookup", b"find", b"read", b"load"];
    let callee = run(bytes, value, Class::NAME.with(b':').with(b'&').with(b' '), 48);
    let name = sub(bytes, value..callee).to_ascii_lowercase();
    let opened = callee > value && at(bytes, callee) == b'(';
    let argument = literal_start(bytes, callee + 1);
    (opened
        && !LOOKUPS.iter().any(|lookup| contains(&name, lookup))
        && Quote::open(bytes, argument).is_some())
    .then_some(argument)
}

/// The offset of the value behind a type, as in `token: &'static str = "…"`.
pub(crate) fn annotated_value(bytes: &[u8], value: usize) -> Option<usize> {
    const TYPE: Class =
        Class::WORD.with(b'&').with(b'\'').with(b'<').with(b'>').with(b'[').with(b']').with(b' ');
    let sign = run(bytes, value, TYPE.with(b':').with(b'.').with(b'?').with(b'|').with(b'*'), 64);
    // base64 ends with the same sign, and no blank stands before it
    (at(bytes, sign) == b'='
        && !matches!(at(bytes, sign + 1), b'=' | b'>')
        && (before(bytes, sign) == b' ' || literal_follows(bytes, sign + 1)))
    .then(|| run(bytes, sign + 1, Class::BLANK, 16))
}

/// Tells whether only marks of lists, diffs and shells stand before the name on its line, or in its literal.
pub(crate) fn starts_line(bytes: &[u8], start: usize) -> bool {
    let cursor = before_marks(bytes, start);
    begins_line(bytes, cursor)
        || matches!(before(bytes, cursor), b'"' | b'\'' | b'`')
        || (matches!(before(bytes, cursor), b'n' | b'r' | b't') && before(bytes, cursor - 1) == b'\\')
        || before(bytes, cursor) == b'\\'
}

/// Tells whether nothing else stands before the name on a line of the text itself.
pub(crate) fn starts_plain_line(bytes: &[u8], start: usize) -> bool {
    begins_line(bytes, before_marks(bytes, start))
}

/// Where the marks begin that stand before a name.
fn before_marks(bytes: &[u8], start: usize) -> usize {
    const MARKS: Class =
        Class::BLANK.with(b'+').with(b'-').with(b'>').with(b'#').with(b'*').with(b'$').with(b'/').with(b';');
    let cursor = run_back(bytes, start, MARKS, 64);
    [b"export".as_slice(), b"set", b"ENV", b"setenv", b"declare", b"ARG"]
        .iter()
        .find(|word| bytes.get(..cursor).is_some_and(|head| head.ends_with(word)))
        .map_or(cursor, |word| run_back(bytes, cursor - word.len(), MARKS, 64))
}

fn begins_line(bytes: &[u8], cursor: usize) -> bool {
    cursor == 0 || matches!(before(bytes, cursor), b'\n' | b'\r') || follows_listing(bytes, cursor)
}

/// Tells whether a line begins at `cursor` that a search or a listing printed with its number: `12:`, `src/.env-12-`, `12\t`.
fn follows_listing(bytes: &[u8], cursor: usize) -> bool {
    const PATH: Class = Class::DOTTED.with(b'/').with(b'@').with(b'+').with(b':');
    let sign = cursor - usize::from(matches!(before(bytes, cursor), b':' | b'|'));
    let number = run_back(bytes, run_back(bytes, sign, Class::BLANK, 2), Class::DIGIT, 8);
    let apart = sign < cursor || matches!(at(bytes, cursor), b'-' | b'\t');
    if number == sign || !apart {
        return false;
    }
    let start = run_back(bytes, run_back(bytes, number, PATH, 256), Class::BLANK, 16);
    start == 0 || matches!(before(bytes, start), b'\n' | b'\r')
}

/// Tells whether a value that ends here is the last of its line, but for a comment.
pub(crate) fn ends_line(bytes: &[u8], end: usize) -> bool {
    let next = run(bytes, end, Class::BLANK, 64);
    next >= bytes.len()
        || matches!(at(bytes, next), b'\n' | b'\r' | b'"' | b'\'' | b'`' | b'\\')
        || (next > end && at(bytes, next) == b'#')
}
