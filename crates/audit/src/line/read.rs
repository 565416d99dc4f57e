//! Reads a line in its one spelling, or says which class of fault it has: as an entry, or as the facts that a verifier needs.
//! It looks at one line alone: links, gaps and references between lines belong to the verifier.

use super::{END, HASH_KEY, SUFFIX_BYTES, entry::Entry, facts::Facts, grammar};
use crate::{digest::Digest, limit, verify::fault::FaultClass};

/// Reads `line`, which comes without its LF, and checks its own hash.
///
/// # Errors
/// The class of the first fault: framing before hash, hash before spelling.
pub(crate) fn read(line: &[u8]) -> Result<Entry, FaultClass> {
    by(line, |framed| {
        let mut entry = Entry::blank();
        entry.kind = grammar::read(framed.body, &mut entry)?;
        entry.entry_hash = framed.hash;
        framed.line.clone_into(&mut entry.raw);
        Ok(entry)
    })
}

/// Checks `line` as [`read`] does, and keeps only what a verifier needs.
///
/// # Errors
/// As [`read`].
pub(crate) fn check(line: &[u8]) -> Result<Facts, FaultClass> {
    by(line, |framed| {
        let mut facts = Facts::blank();
        facts.kind = grammar::read(framed.body, &mut facts)?;
        facts.entry_hash = framed.hash;
        Ok(facts)
    })
}

fn by<T>(line: &[u8], take: impl FnOnce(Framed<'_>) -> Result<T, FaultClass>) -> Result<T, FaultClass> {
    let read = Framed::new(line).and_then(|framed| {
        if Digest::of(framed.body.as_bytes()) == framed.hash {
            take(framed)
        } else {
            Err(FaultClass::HashMismatch)
        }
    });
    read.map_err(|class| match class {
        // more telling than what the parser stumbled over
        FaultClass::HashMismatch | FaultClass::LineTooLong => class,
        _ if line.is_empty() => FaultClass::EmptyLine,
        _ if line.starts_with(b"\xef\xbb\xbf") => FaultClass::ByteOrderMark,
        _ if memchr::memchr(b'\r', line).is_some() => FaultClass::CarriageReturn,
        _ if memchr::memchr(0, line).is_some() => FaultClass::NulByte,
        _ => class,
    })
}

/// A line that ends as a line must.
struct Framed<'line> {
    line: &'line str,
    /// What is hashed.
    body: &'line str,
    /// The hash that stands behind it.
    hash: Digest,
}

impl<'line> Framed<'line> {
    fn new(line: &'line [u8]) -> Result<Self, FaultClass> {
        if line.len() >= limit::LINE_BYTES {
            return Err(FaultClass::LineTooLong);
        }
        let line = std::str::from_utf8(line).map_err(|_| FaultClass::InvalidUtf8)?;
        let (body, hash) = split(line).ok_or(FaultClass::BadSuffix)?;
        Ok(Self { line, body, hash })
    }
}

/// The hash that stands at the end of `line`, and the bytes that it covers.
fn split(line: &str) -> Option<(&str, Digest)> {
    let (body, suffix) = line.split_at_checked(line.len().checked_sub(SUFFIX_BYTES)?)?;
    let hash = suffix.strip_prefix(HASH_KEY)?.strip_suffix(END)?;
    Some((body, Digest::parse(hash)?))
}
