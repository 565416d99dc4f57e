//! What a finding is known by: its file, its rule, what its line says without secrets, and the how-manieth of its kind it is.
//! The value takes no part, so a fingerprint tells nothing of it, and a line that only moves keeps its fingerprint.

use std::fmt;

use sha2::{Digest as _, Sha256};

/// What is hashed in front, so that no other hash of ours is a fingerprint.
const DOMAIN: &[u8] = b"gitoma.redact/finding@v1\n";
/// How much of the hash is kept, in bytes.
const LENGTH: usize = 16;

/// The fingerprint of a finding: 32 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FindingFingerprint([u8; LENGTH]);

impl FindingFingerprint {
    pub(super) fn new(same: [u8; 32], ordinal: u32) -> Self {
        let whole: [u8; 32] =
            Sha256::new().chain_update(same).chain_update(ordinal.to_be_bytes()).finalize().into();
        let mut kept = [0; LENGTH];
        for (kept, byte) in kept.iter_mut().zip(whole) {
            *kept = byte;
        }
        Self(kept)
    }

    /// Reads the form that is printed; `None` if it is another.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let small = |sign: u8| matches!(sign, b'0'..=b'9' | b'a'..=b'f');
        if text.len() != 2 * LENGTH || !text.bytes().all(small) {
            return None;
        }
        let mut bytes = [0; LENGTH];
        for (place, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(text.get(2 * place..2 * place + 2)?, 16).ok()?;
        }
        Some(Self(bytes))
    }
}

impl fmt::Display for FindingFingerprint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

impl fmt::Debug for FindingFingerprint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

/// The hash of a file's path, as far as every finding of it is the same.
#[derive(Debug, Clone)]
pub(super) struct FileDigest(Sha256);

impl FileDigest {
    pub(super) fn new(path: &[u8]) -> Self {
        Self(with(Sha256::new().chain_update(DOMAIN), path))
    }

    /// What findings have in common that only their order tells apart.
    pub(super) fn same(&self, rule: &str, line: &[u8; 32]) -> [u8; 32] {
        with(self.0.clone(), rule.as_bytes()).chain_update(line).finalize().into()
    }
}

/// Appends a part with its length, so that no two sequences of parts read the same.
fn with(hash: Sha256, part: &[u8]) -> Sha256 {
    hash.chain_update((part.len() as u64).to_be_bytes()).chain_update(part)
}

/// The hash of a line without its secrets. Indentation and the kind of line end do not count.
pub(super) fn of_line(masked: &str) -> [u8; 32] {
    Sha256::digest(masked.trim()).into()
}
