//! What stands on the lines of a note and of the files beside it: hashes and numbers, each spelled in one way.

use super::base64;
use crate::{digest::Digest, limit};

/// Takes the first line of `text`, without its LF; `None` if no LF is left.
pub(crate) fn take<'a>(text: &mut &'a str) -> Option<&'a str> {
    let (line, rest) = text.split_once('\n')?;
    *text = rest;
    Some(line)
}

/// Reads a decimal number without sign or leading zero, up to [`limit::INTEGER`].
pub(crate) fn number(text: &str) -> Option<u64> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    text.parse().ok().filter(|number| plain && *number <= limit::INTEGER)
}

/// Reads a hash in base64.
pub(crate) fn digest(text: &str) -> Option<Digest> {
    base64::read_array(text).map(Digest::new)
}

/// Appends a hash in base64 and an LF.
pub(crate) fn write_digest(digest: &Digest, text: &mut String) {
    base64::write(digest.bytes(), text);
    text.push('\n');
}

#[cfg(test)]
mod tests;
