//! [`IdempotencyKey`]: what a caller sends along so that a call it repeats, because the answer was lost, is not carried out twice.

use std::fmt;

use crate::error::ArgError;

/// The longest key, in bytes.
const LONGEST: usize = 128;

/// A key of the caller's own making: 1 to 128 of `A-Za-z0-9._:-`.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// Parses the argument `idempotency_key`.
    ///
    /// # Errors
    /// [`ArgError::Invalid`] if it is empty, too long, or has other characters.
    pub fn parse(text: &str) -> Result<Self, ArgError> {
        let good = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b':' | b'-');
        if (1..=LONGEST).contains(&text.len()) && text.bytes().all(good) {
            Ok(Self(text.to_owned()))
        } else {
            Err(ArgError::invalid("idempotency_key", "1 to 128 letters, digits, `.`, `_`, `:` or `-`"))
        }
    }

    /// The key.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for IdempotencyKey {
    /// Prints the length alone: a caller may have made it of anything.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IdempotencyKey({} bytes)", self.0.len())
    }
}
