//! Salted commitments: a hash that binds somebody to bytes without saying anything about them, until the salt is shown. Without a salt,
//! whoever sees the hash of one of few possible texts finds out which (docs/audit-format.md, "Commitments").

use std::fmt;

use crate::digest::{Digest, Running};

/// Bytes of a salt: as many as RFC 9901 (SD-JWT), section 9.3, demands.
const SALT_BYTES: usize = 16;

/// Random bytes that hide what is hashed behind them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Salt([u8; SALT_BYTES]);

impl Salt {
    /// Takes random bytes of the system; `None` if it has none.
    #[must_use]
    pub fn random() -> Option<Self> {
        Self::randoms().map(|[salt]| salt)
    }

    /// The same for several at once, which costs as much as one: most of that is the way to the system. None are kept in store, since what
    /// is in store may be read, or copied with the process, before it is used.
    #[must_use]
    pub fn randoms<const COUNT: usize>() -> Option<[Self; COUNT]> {
        let mut bytes = [[0; SALT_BYTES]; COUNT];
        getrandom::fill(bytes.as_flattened_mut()).ok()?;
        Some(bytes.map(Self))
    }

    /// Reads 32 lowercase hexadecimal digits.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        // a digest's worth of digits, the half of which is not ours
        let half = (text.len() == 2 * SALT_BYTES).then(|| Digest::parse(&text.repeat(2)))??;
        half.bytes().first_chunk().copied().map(Self)
    }

    /// The 32 hexadecimal digits.
    pub(crate) fn digits(&self) -> [u8; 2 * SALT_BYTES] {
        let mut digits = [0; 2 * SALT_BYTES];
        for ([high, low], byte) in digits.as_chunks_mut().0.iter_mut().zip(self.0) {
            (*high, *low) = (byte >> 4, byte & 0xf);
        }
        digits.map(|value| value + if value < 10 { b'0' } else { b'a' - 10 })
    }
}

/// As 32 lowercase hexadecimal digits.
impl fmt::Display for Salt {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

/// A salt opens a commitment; it stands in no log and in no message.
impl fmt::Debug for Salt {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Salt(…)")
    }
}

/// A commitment to some bytes, with what opens it.
#[derive(Clone, Debug)]
pub struct Commitment {
    pub(crate) salt: Salt,
    pub(crate) digest: Digest,
    pub(crate) text: Option<String>,
}

impl Commitment {
    /// Commits to `bytes`, which nobody keeps.
    #[must_use]
    pub fn new(salt: Salt, bytes: &[u8]) -> Self {
        Self { salt, digest: commit(salt, bytes), text: None }
    }

    /// Commits to `text`, which is kept beside the salt.
    #[must_use]
    pub fn keeping(salt: Salt, text: String) -> Self {
        Self { salt, digest: commit(salt, text.as_bytes()), text: Some(text) }
    }

    /// The commitment as it stands in the chain.
    #[must_use]
    pub const fn digest(&self) -> &Digest {
        &self.digest
    }
}

/// The commitment to `bytes` under a salt: SHA-256 over the salt and the bytes.
#[must_use]
pub fn commit(salt: Salt, bytes: &[u8]) -> Digest {
    let mut running = Running::default();
    running.update(&salt.0);
    running.update(bytes);
    running.digest()
}

#[cfg(test)]
mod tests;
