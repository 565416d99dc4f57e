//! Credentials in the user information of a URL (RFC 3986 §3.2.1): the password, or a token that stands alone. User names
//! stay, for they say who and not how.

use crate::bytes::{Class, at, before, contains, run, run_back, sub};
use crate::scan::Scan;
use crate::spans::Rank;
use crate::value::{is_placeholder, is_strong, stands_for_another};
use std::ops::Range;

/// User information longer than this is not looked at.
const WINDOW: usize = 1024;
/// The same, where signs in it should have been encoded and it may be anything.
const UNESCAPED: usize = 256;
const RULE: &str = "url-credentials";

/// Looks at what follows `://`.
pub(crate) fn visit(scan: &mut Scan<'_>, hit: &Range<usize>) {
    if !Class::ALNUM.has(before(scan.bytes, hit.start)) {
        return;
    }
    let from = hit.end;
    let window = sub(scan.bytes, from..from + WINDOW);
    let stop = window.iter().position(|&byte| ends_authority(byte)).unwrap_or(window.len());
    let authority = sub(window, 0..stop);
    let Some(sign) = memchr::memrchr(b'@', authority).or_else(|| unescaped(window, authority)) else {
        return;
    };
    let information = sub(window, 0..sign);
    let (user, password) = match memchr::memchr(b':', information) {
        Some(colon) => (0..colon, Some(colon + 1..sign)),
        None => (0..sign, None),
    };
    if let Some(password) = password.clone()
        && is_password(sub(information, password.clone()))
    {
        scan.report(RULE, Rank::Context, from + password.start..from + password.end);
    }
    if is_token(sub(information, user.clone()), password.is_some()) {
        scan.report(RULE, Rank::Context, from + user.start..from + user.end);
    }
}

/// The `@` behind a password with signs that should have been encoded: `://app:a1#b2/c3@host`. What stands before the first of
/// them is a name and the begin of a password, not a port.
fn unescaped(window: &[u8], authority: &[u8]) -> Option<usize> {
    let colon = memchr::memchr(b':', authority)?;
    let window = sub(window, 0..UNESCAPED);
    let word = memchr::memchr(b'@', window)
        .is_some()
        .then_some(window)?
        .iter()
        .position(|&byte| byte <= b' ' || matches!(byte, b'"' | b'\'' | b'`' | b'\\' | b'<' | b'>'));
    let word = sub(window, 0..word.unwrap_or(window.len()));
    let sign = memchr::memrchr(b'@', word)?;
    let password = sub(word, colon + 1..sign);
    let host = run(word, sign + 1, Class::DOTTED, 256);
    let port = run(password, 0, Class::DIGIT, 6);
    (host > sign + 1
        && matches!(at(word, host), b':' | b'/' | b'?' | 0)
        && (port == 0 || at(password, port) != b'/')
        && !contains(password, b"//")
        && is_strong(password))
    .then_some(sign)
}

/// Looks at what stands before the address of a data source: `user:password@tcp(host:3306)/db`.
pub(crate) fn visit_source(scan: &mut Scan<'_>, hit: &Range<usize>) {
    let part = Class::between(b'!', b'~');
    let seen = scan.fields_end.min(hit.start);
    let from = run_back(scan.bytes, hit.start, part, (hit.start - seen).min(256));
    scan.fields_end = scan.fields_end.max(hit.end);
    let Some(colon) = memchr::memchr(b':', sub(scan.bytes, from..hit.start)) else { return };
    let password = from + colon + 1..hit.start;
    if colon > 0 && is_password(sub(scan.bytes, password.clone())) {
        scan.report(RULE, Rank::Context, password);
    }
}

/// Looks at what follows `oracle:thin:`, a user and a password with a slash between them.
pub(crate) fn visit_oracle(scan: &mut Scan<'_>, hit: &Range<usize>) {
    let slash = run(scan.bytes, hit.end, Class::WORD, 64);
    let window = sub(scan.bytes, slash + 1..slash + 257);
    let stop = window.iter().position(|&byte| byte <= b' ' || matches!(byte, b'"' | b'\'' | b'`' | b'\\'));
    let Some(sign) = memchr::memrchr(b'@', sub(window, 0..stop.unwrap_or(window.len()))) else { return };
    let password = slash + 1..slash + 1 + sign;
    if slash > hit.end && at(scan.bytes, slash) == b'/' && is_password(sub(scan.bytes, password.clone())) {
        scan.report(RULE, Rank::Context, password);
    }
}

fn ends_authority(byte: u8) -> bool {
    byte <= b' '
        || matches!(byte, b'/' | b'?' | b'#' | b'"' | b'\'' | b'`' | b'\\' | b'|' | b'^')
        || matches!(byte, b'(' | b'[' | b']' | b',')
}

fn is_password(password: &[u8]) -> bool {
    let formatted =
        at(password, 0) == b'{' || at(password, 0) == b'<' || at(password, 0) == b'%' && password.len() == 2;
    !password.is_empty() && !formatted && !stands_for_another(password) && !is_documented(password)
}

/// Documentation writes `user:pass@host`; one letter over and over is no password either.
fn is_documented(password: &[u8]) -> bool {
    is_placeholder(password) && !password.iter().all(u8::is_ascii_digit)
}

/// A user that looks drawn at random is a token, as in `https://TOKEN:x-oauth-basic@host`.
fn is_token(user: &[u8], with_password: bool) -> bool {
    let least = if with_password { 30 } else { 16 };
    user.len() >= least && is_strong(user) && !stands_for_another(user) && !is_placeholder(user)
}
