//! SHA-256 values: how they are computed, written and read. Keys and signatures are no concern of this module.

pub(crate) mod beside;

use std::{
    fmt,
    io::{self, Read},
};

use sha2::{Digest as _, Sha256};

/// A SHA-256 value (FIPS 180-4): 32 bytes, shown as 64 lowercase hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digest([u8; 32]);

impl Digest {
    /// The `prev_hash` of the first entry of a chain: 64 zeros.
    pub const ZERO: Self = Self([0; 32]);

    /// Wraps 32 bytes that are a SHA-256 value already.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Hashes `bytes`.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// Reads 64 lowercase hexadecimal digits; any other text is `None`.
    #[must_use]
    #[inline]
    pub fn parse(text: &str) -> Option<Self> {
        let digits: &[u8; 64] = text.as_bytes().try_into().ok()?;
        let mut bytes = [0; 32];
        hexadecimal(digits.as_chunks().0, &mut bytes).then_some(Self(bytes))
    }

    /// Returns the 32 bytes.
    #[must_use]
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The 64 hexadecimal digits.
    #[inline]
    pub(crate) fn digits(&self) -> [u8; 64] {
        let mut digits = [0; 64];
        for ([high, low], byte) in digits.as_chunks_mut().0.iter_mut().zip(self.0) {
            (*high, *low) = (byte >> 4, byte & 0xf);
        }
        digits.map(|value| value + if value < 10 { b'0' } else { b'a' - 10 })
    }

    /// Appends the 64 hexadecimal digits to `buffer`.
    pub(crate) fn write(&self, buffer: &mut Vec<u8>) {
        buffer.extend_from_slice(&self.digits());
    }
}

/// What each byte is worth as a lowercase hexadecimal digit; [`NO_DIGIT`] if it is none.
const DIGITS: [u8; 256] = {
    let mut table = [NO_DIGIT; 256];
    let (mut rest, mut value): (&[u8], u8) = (b"0123456789abcdef", 0);
    while let [digit, tail @ ..] = rest {
        let (_, at) = table.split_at_mut(*digit as usize);
        if let [slot, ..] = at {
            *slot = value;
        }
        (rest, value) = (tail, value + 1);
    }
    table
};
const NO_DIGIT: u8 = 0xff;

/// Turns pairs of lowercase hexadecimal digits into bytes; tells whether all were digits.
#[inline]
pub(crate) fn hexadecimal(pairs: &[[u8; 2]], bytes: &mut [u8]) -> bool {
    let worth = |digit: u8| DIGITS.get(usize::from(digit)).copied().unwrap_or(NO_DIGIT);
    let mut seen = 0;
    for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
        let (high, low) = (worth(*high), worth(*low));
        seen |= high | low;
        *byte = (high << 4) | (low & 0xf);
    }
    seen <= 0xf
}

/// A hash in the making, over bytes that come piece by piece.
#[derive(Clone, Default)]
pub(crate) struct Running(Sha256);

impl Running {
    /// Hashes all that `source` holds, in constant memory.
    pub(crate) fn of(mut source: impl Read) -> io::Result<Self> {
        let mut running = Self::default();
        let mut chunk = vec![0; 256 * 1024];
        loop {
            match source.read(&mut chunk) {
                Ok(0) => return Ok(running),
                Ok(count) => running.update(chunk.get(..count).unwrap_or(&chunk)),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Takes the next bytes.
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The hash of everything that was taken.
    pub(crate) fn digest(&self) -> Digest {
        Digest(self.0.clone().finalize().into())
    }
}

impl fmt::Debug for Running {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.digest().fmt(formatter)
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl serde::Serialize for Digest {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests;
