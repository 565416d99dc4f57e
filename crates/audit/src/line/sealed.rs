//! A line taken apart for a verifier that goes through very many: body and hash as bytes, looked at in place.
//! What is wrong with a line that is not whole is said by [`read`](super::read), which names the class.

use jiff::Timestamp;

use super::{END, HASH_KEY, PREFIX, SUFFIX_BYTES, facts::Facts, grammar};
use crate::{digest::Digest, limit, moment, verify::fault::FaultClass, vocabulary::Kind};

/// What stands before the `prev_hash`, and its closing quote.
const LINK: (&[u8], &[u8]) = (b",\"prev_hash\":\"", b"\"");

/// Bytes of a UUID and of a moment.
const UUID: usize = 36;
const MOMENT: usize = 27;

/// What stands at fixed places near the begin of a line.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Glance<'line> {
    pub(crate) seq: u64,
    moment: &'line [u8],
    kind: &'line [u8],
}

impl Glance<'_> {
    /// `ts`; `None` if it is no moment.
    pub(crate) fn moment(&self) -> Option<Timestamp> {
        moment::parse(std::str::from_utf8(self.moment).ok()?)
    }

    /// Whether it is of one of these kinds.
    #[inline]
    pub(crate) fn is(&self, kinds: &[Kind]) -> bool {
        kinds.iter().any(|kind| self.is_of(*kind))
    }

    #[inline]
    fn is_of(&self, kind: Kind) -> bool {
        self.kind.strip_prefix(kind.as_str().as_bytes()).is_some_and(|rest| rest.starts_with(b"\""))
    }
}

/// A line that ends as a line must. Whether it ends in a hash at all shows when its own is compared with it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sealed<'line> {
    /// What is hashed.
    pub(crate) body: &'line [u8],
    hash: &'line [u8; 64],
}

impl<'line> Sealed<'line> {
    /// Takes `line` apart, which comes without its LF; `None` if it is too long, too short or ends otherwise.
    #[inline]
    pub(crate) fn new(line: &'line [u8]) -> Option<Self> {
        let (body, suffix) = line.split_at_checked(line.len().checked_sub(SUFFIX_BYTES)?)?;
        let hash = suffix.strip_prefix(HASH_KEY.as_bytes())?.strip_suffix(END.as_bytes())?;
        Some(Self { body, hash: hash.try_into().ok()? }).filter(|_| line.len() < limit::LINE_BYTES)
    }

    /// Whether `hash` is the one that stands at the end.
    #[inline]
    pub(crate) fn is_by(&self, hash: &Digest) -> bool {
        hash.digits() == *self.hash
    }

    /// Whether the line says that the one before it has the hash `previous`.
    #[inline]
    pub(crate) fn follows(&self, previous: &Digest) -> bool {
        self.link().is_some_and(|link| *link == previous.digits())
    }

    /// The hash that the line says the one before it has.
    pub(crate) fn previous(&self) -> Option<Digest> {
        Digest::parse(std::str::from_utf8(self.link()?).ok()?)
    }

    #[inline]
    fn link(&self) -> Option<&'line [u8; 64]> {
        let (before, link) = self.body.strip_suffix(LINK.1)?.split_last_chunk()?;
        before.ends_with(LINK.0).then_some(link)
    }

    /// Takes number, time and kind from their places, without looking at anything else; `None` if a key stands elsewhere,
    /// which no line does that is spelled as it should be.
    #[inline]
    pub(crate) fn glance(&self) -> Option<Glance<'line>> {
        let rest = self.body.strip_prefix(PREFIX.as_bytes())?.get(UUID..)?.strip_prefix(b"\",\"seq\":")?;
        let length = rest.iter().position(|byte| !byte.is_ascii_digit())?;
        let (digits, rest) = rest.split_at_checked(length)?;
        let seq = number(digits)?;
        let (moment, rest) = rest.strip_prefix(b",\"ts\":\"")?.split_at_checked(MOMENT)?;
        let kind = rest.strip_prefix(b"\",\"writer\":\"")?.get(UUID..)?.strip_prefix(b"\",\"kind\":\"")?;
        Some(Glance { seq, moment, kind })
    }

    /// Reads what a verifier needs of the line, whose hash is `hash`, into `facts`; the class of a fault may be less
    /// telling than what [`read::check`](super::read::check) says.
    ///
    /// # Errors
    /// As [`read::check`](super::read::check).
    #[inline]
    pub(crate) fn facts(&self, hash: Digest, facts: &mut Facts) -> Result<(), FaultClass> {
        let body = std::str::from_utf8(self.body).map_err(|_| FaultClass::InvalidUtf8)?;
        *facts = Facts::blank();
        facts.kind = grammar::read(body, facts)?;
        facts.entry_hash = hash;
        Ok(())
    }
}

/// A decimal number as the format spells it: no sign, no leading zero, up to [`limit::INTEGER`].
#[inline]
fn number(digits: &[u8]) -> Option<u64> {
    let plain = (1..=16).contains(&digits.len()) && (digits.len() == 1 || !digits.starts_with(b"0"));
    let value = digits.iter().take(16).fold(0, |value: u64, digit| value * 10 + u64::from(digit - b'0'));
    (plain && value <= limit::INTEGER).then_some(value)
}
