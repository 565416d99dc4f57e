//! Values that look like secrets and are none, by their fingerprints. A fingerprint is no secret, and neither is a value that
//! somebody allows to show; of a value that is one, it says as much as any hash: who guesses it knows that he has.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use crate::spans::Match;
use sha2::{Digest as _, Sha256};

/// What is hashed in front of a value, so that its fingerprint is no other hash of it.
const DOMAIN: &[u8] = b"gitoma.redact/value@v1\n";

/// What a value is known by: `sha256:` and 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// The fingerprint of a value as it stands in a text.
    #[must_use]
    pub fn of(value: &str) -> Self {
        Self(Sha256::new().chain_update(DOMAIN).chain_update(value).finalize().into())
    }

    /// Reads the form that is printed; `None` if it is another.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix("sha256:").filter(|digits| digits.len() == 64)?;
        let digit = |sign: u8| match sign {
            b'0'..=b'9' => Some(sign - b'0'),
            b'a'..=b'f' => Some(sign - b'a' + 10),
            _ => None,
        };
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.as_bytes().chunks(2)) {
            *byte = pair.iter().try_fold(0, |byte, sign| Some(byte << 4 | digit(*sign)?))?;
        }
        Some(Self(bytes))
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("sha256:")?;
        self.0.iter().try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

/// The values that may show.
#[derive(Debug, Clone, Default)]
pub(crate) struct Allowances(Arc<HashSet<Fingerprint>>);

impl Allowances {
    pub(crate) fn new(fingerprints: impl IntoIterator<Item = Fingerprint>) -> Self {
        Self(Arc::new(fingerprints.into_iter().collect()))
    }

    /// Takes the matches of values that may show off a list.
    pub(crate) fn retain(&self, text: &str, matches: &mut Vec<Match>) {
        if !self.0.is_empty() {
            matches.retain(|found| !text.get(found.start..found.end).is_some_and(|value| self.allow(value)));
        }
    }

    /// Whether `value` may show. Nothing is hashed where there are none.
    pub(crate) fn allow(&self, value: &str) -> bool {
        !self.0.is_empty() && self.0.contains(&Fingerprint::of(value))
    }
}
