//! Credentials that commands and protocols carry without the name of a setting: a bearer token in running text, the user
//! of a `curl` command, a password in SQL, and the values of the authorisation and cookie headers.

use crate::bytes::{Class, at, before, contains, literal, run, sub, work};
use crate::key::Kind;
use crate::quote::{Ending, Quote};
use crate::scan::Scan;
use crate::spans::Rank;
use crate::value::{Form, is_credential, is_placeholder, is_secret, is_strong, stands_for_another};
use std::ops::Range;

/// How much of a value is looked at before deciding whether it is secret.
pub(crate) const WINDOW: usize = 256;
const LINE_BEFORE: usize = 256;
const AUTHORIZATION: &str = "authorization-header";

/// Authentication schemes (IANA registry, and those that services made up).
const SCHEMES: [&[u8]; 21] = [
    b"splunk",
    b"bearer",
    b"basic",
    b"token",
    b"digest",
    b"negotiate",
    b"ntlm",
    b"apikey",
    b"api-key",
    b"bot",
    b"oauth",
    b"ssws",
    b"geniekey",
    b"hawk",
    b"aws4-hmac-sha256",
    b"sharedaccesssignature",
    b"sharedkey",
    b"key",
    b"jwt",
    b"macaroon",
    b"signature",
];

/// Where text without quotation marks ends: at a control character, a quotation mark, a member of `stops`, or an
/// escape that stands for one of them. At most `limit` bytes are read.
pub(crate) fn bare_end(bytes: &[u8], from: usize, stops: Class, limit: usize) -> usize {
    const ENDS: Class =
        Class::between(0, 8).or(Class::between(b'\n', 31)).with(b'"').with(b'\'').with(b'`').with(b'\\');
    let most = from.saturating_add(limit).min(bytes.len());
    let ends = ENDS.or(stops);
    let mut cursor = from.min(most);
    loop {
        let rest = bytes.get(cursor..most).unwrap_or_default();
        let length = rest.iter().position(|&byte| ends.has(byte));
        work::add(length.unwrap_or(rest.len()));
        let Some(length) = length else { return most };
        cursor += length;
        if at(bytes, cursor) != b'\\' {
            return cursor;
        }
        let after = run(bytes, cursor, Class::between(b'\\', b'\\'), usize::MAX);
        let next = at(bytes, after);
        if after >= bytes.len()
            || next < b' '
            || matches!(next, b'n' | b'r' | b't' | b'u' | b'"' | b'\'' | b'`')
        {
            return cursor;
        }
        cursor = after;
        if cursor >= most {
            return cursor;
        }
    }
}

/// Takes the signs of the surrounding sentence or code off the end of a span.
pub(crate) fn trim_end(bytes: &[u8], span: Range<usize>, signs: Class) -> Range<usize> {
    let end = crate::bytes::run_back(bytes, span.end, signs, span.len());
    span.start..end.max(span.start)
}

const PUNCTUATION: Class = Class::BLANK.with(b',').with(b';').with(b')').with(b'}').with(b']');

/// Reports the credentials in the value of an authorisation header; the scheme stays.
pub(crate) fn authorization(scan: &mut Scan<'_>, value: Range<usize>) {
    let bytes = scan.bytes;
    let value =
        trim_end(bytes, run(bytes, value.start, Class::BLANK, 64).min(value.end)..value.end, PUNCTUATION);
    let word = run(bytes, value.start, Class::ALNUM.with(b'-'), 40).min(value.end);
    let rest = run(bytes, word, Class::BLANK, 64).min(value.end);
    let scheme = sub(bytes, value.start..word);
    let known = SCHEMES.iter().any(|known| known.eq_ignore_ascii_case(scheme));
    if rest > word && word > value.start {
        let credentials = sub(bytes, rest..value.end);
        let parameters =
            credentials.iter().any(|&byte| matches!(byte, b' ' | b',')) && contains(credentials, b"=");
        let secret = if known && parameters {
            !stands_for_another(credentials) && !is_placeholder(credentials) && credentials.len() >= 16
        } else {
            let single = !credentials.iter().any(|&byte| Class::SPACE.has(byte));
            single
                && is_credential(credentials, if known { 6 } else { 16 })
                && (known || is_strong(credentials))
        };
        if secret {
            scan.report(AUTHORIZATION, Rank::Context, rest..value.end);
        } else if known {
            // Code or prose may follow on the line; a token that stands first is still one.
            let first =
                bare_end(bytes, rest, Class::SPACE.with(b',').with(b';').with(b')'), WINDOW).min(value.end);
            if is_strong(sub(bytes, rest..first)) && is_credential(sub(bytes, rest..first), 8) {
                scan.report(AUTHORIZATION, Rank::Context, rest..first);
            }
        }
    } else if !known
        && !sub(bytes, value.clone()).iter().any(|&byte| Class::SPACE.has(byte))
        && is_credential(sub(bytes, value.clone()), 8)
        && !names_header(sub(bytes, value.clone()))
    {
        scan.report(AUTHORIZATION, Rank::Context, value);
    }
}

/// Tells whether the value is the name of a header, as one follows the other in a list of them.
fn names_header(value: &[u8]) -> bool {
    let word = |part: &[u8]| {
        part.split_first().is_some_and(|(first, rest)| {
            first.is_ascii_uppercase() && !rest.is_empty() && rest.iter().all(u8::is_ascii_lowercase)
        })
    };
    value.contains(&b'-') && value.split(|&byte| byte == b'-').all(word)
}

/// Reports the values in a cookie header; names and attributes stay.
pub(crate) fn cookies(scan: &mut Scan<'_>, value: Range<usize>, only_first: bool) {
    let bytes = scan.bytes;
    let mut cursor = value.start;
    while cursor < value.end {
        let end =
            memchr::memchr(b';', sub(bytes, cursor..value.end)).map_or(value.end, |offset| cursor + offset);
        let pair = trim_end(bytes, cursor..end, PUNCTUATION);
        if let Some(sign) = memchr::memchr(b'=', sub(bytes, pair.clone())) {
            let content = pair.start + sign + 1..pair.end;
            let secret = sub(bytes, content.clone());
            if !secret.is_empty() && !stands_for_another(secret) && !is_placeholder(secret) {
                scan.report("cookie", Rank::Context, content);
            }
        }
        if only_first {
            return;
        }
        // what has been read as a pair is no name of a setting or of another header
        scan.names_end = scan.names_end.max(cursor);
        cursor = end + 1;
    }
}

/// Looks at what follows `Bearer ` outside a header.
pub(crate) fn visit_bearer(scan: &mut Scan<'_>, hit: &Range<usize>) {
    let stops = Class::SPACE.with(b',').with(b';').with(b')').with(b'<').with(b'&').with(b'}').with(b']');
    let end = bare_end(scan.bytes, hit.end, stops, WINDOW);
    let span = trim_end(scan.bytes, hit.end..end, PUNCTUATION.with(b'.'));
    let token = sub(scan.bytes, span.clone());
    if token.len() >= 16 && is_strong(token) && is_credential(token, 16) {
        scan.report("bearer-token", Rank::Context, span);
        if end - hit.end >= WINDOW {
            scan.extend_last(stops);
        }
    }
}

/// Looks at the option `-u` or `--user` of an HTTP client.
pub(crate) fn visit_user(scan: &mut Scan<'_>, hit: &Range<usize>) {
    let bytes = scan.bytes;
    let separated = matches!(before(bytes, hit.start), b' ' | b'\t' | b'"' | b'\'' | b'\n' | 0);
    let mut start = run(bytes, hit.end, Class::BLANK.with(b'='), 8);
    let glued = start == hit.end && !matches!(at(bytes, start), b'"' | b'\'' | b'\\');
    if !separated || (glued && !Class::ALNUM.has(at(bytes, start))) {
        return;
    }
    // In an argument list the option and its value are strings of their own: "-u", "user:password".
    let list = run(bytes, start, Class::BLANK.with(b'"').with(b'\'').with(b',').with(b'\\'), 8);
    start = list;
    let mark = before(bytes, start);
    let end = match Quote::open(bytes, start.saturating_sub(1)).filter(|_| matches!(mark, b'"' | b'\'')) {
        Some((quote, content)) if before(bytes, start - 1) != b'\\' => {
            match quote.content_end(bytes, content, WINDOW) {
                (end, Ending::Closed) => end,
                _ => bare_end(bytes, start, Class::SPACE, WINDOW),
            }
        }
        _ => bare_end(bytes, start, Class::SPACE, WINDOW),
    };
    let Some(colon) = memchr::memchr(b':', sub(bytes, start..end)) else { return };
    let password = start + colon + 1..end;
    let secret = sub(bytes, password.clone());
    let line = sub(bytes, hit.start.saturating_sub(LINE_BEFORE)..hit.start);
    let line = memchr::memrchr(b'\n', line).map_or(line, |newline| sub(line, newline..line.len()));
    let client = || [b"curl".as_slice(), b"wget", b"http", b"xh "].iter().any(|name| contains(line, name));
    let plain = secret.iter().all(u8::is_ascii_digit) || literal(secret, 0, b"//");
    if colon > 0
        && !plain
        && !stands_for_another(secret)
        && !is_placeholder(secret)
        && ((!glued && is_strong(secret)) || client())
    {
        scan.report("command-credentials", Rank::Context, password);
    }
}

/// The rule whose finding has a companion.
pub(crate) const ACCESS_KEY_ID: &str = "aws-access-key-id";

/// Looks for the secret of an access key close behind its id: 40 signs of base64 that no name introduces.
pub(crate) fn beside_access_key_id(scan: &mut Scan<'_>, from: usize) {
    const SIGNS: Class = Class::ALNUM.with(b'+').with(b'/');
    let bytes = scan.bytes;
    let end = bytes.len().min(from + 160);
    let mut cursor = from;
    while cursor < end {
        let stop = run(bytes, cursor, SIGNS, 64);
        let text = sub(bytes, cursor..stop);
        let both = text.iter().any(u8::is_ascii_uppercase) && text.iter().any(u8::is_ascii_lowercase);
        if text.len() == 40 && both && !is_placeholder(text) && text.iter().any(u8::is_ascii_digit) {
            return scan.report("aws-secret-access-key", Rank::Context, cursor..stop);
        }
        cursor = stop + 1;
    }
}

/// Looks at the string after SQL's `IDENTIFIED WITH plugin BY`.
pub(crate) fn visit_identified_with(scan: &mut Scan<'_>, hit: &Range<usize>) {
    let word = run(scan.bytes, hit.end, Class::WORD.with(b'\'').with(b'"'), 64);
    let by = run(scan.bytes, word, Class::BLANK, 8);
    if sub(scan.bytes, by..by + 3).eq_ignore_ascii_case(b"by ") {
        visit_identified(scan, &(hit.start..by + 3));
    }
}

/// Looks at the string after SQL's `IDENTIFIED BY`.
pub(crate) fn visit_identified(scan: &mut Scan<'_>, hit: &Range<usize>) {
    let start = run(scan.bytes, hit.end, Class::BLANK, 8);
    let Some((quote, content)) = Quote::open(scan.bytes, start) else { return };
    // In prose something is identified by a word; a statement names the user, or shouts.
    let statement = sub(scan.bytes, hit.start.saturating_sub(LINE_BEFORE)..hit.start).to_ascii_lowercase();
    let shouts = at(scan.bytes, hit.start) == b'I';
    if !shouts && !contains(&statement, b"user") && !contains(&statement, b"grant") {
        return;
    }
    let (end, ending) = quote.content_end(scan.bytes, content, WINDOW);
    // Between backticks stands a name in prose, as in: identified by `id`.
    let string = quote.mark != b'`' && ending == Ending::Closed;
    if string && is_secret(sub(scan.bytes, content..end), Kind::Password, Form::Quoted) {
        scan.report("sql-password", Rank::Context, content..end);
    }
}
