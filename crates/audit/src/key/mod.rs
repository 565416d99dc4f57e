//! The private half of a key: made from the system's random bytes, kept in a file that nobody else may read, used to sign and never
//! shown. The public half and the text of both are [`crate::note::key`].
//!
//! A [`SigningKey`] is `Sync` and signs from any thread; the writer signs beside its lock, with a copy of its tree.

pub(crate) mod file;
#[cfg(test)]
mod tests;

use std::{fmt, str::FromStr};

use ed25519_dalek::Signer as _;
use zeroize::Zeroizing;

use crate::note::{
    base64,
    key::{ED25519, KeyError, KeyName, VerifierKey, parts},
};

/// What the text of a private key begins with (golang.org/x/mod/sumdb/note).
const PREFIX: &str = "PRIVATE+KEY+";

/// A private key with its name. It is wiped from memory when it is dropped.
pub struct SigningKey {
    key: ed25519_dalek::SigningKey,
    verifier: VerifierKey,
}

impl SigningKey {
    /// Makes a new key.
    ///
    /// # Errors
    /// [`KeyError::Random`] if the system has no random bytes.
    pub fn generate(name: KeyName) -> Result<Self, KeyError> {
        let mut seed = Zeroizing::new([0; 32]);
        getrandom::fill(seed.as_mut_slice()).map_err(|_| KeyError::Random)?;
        Ok(Self::new(name, &seed))
    }

    fn new(name: KeyName, seed: &[u8; 32]) -> Self {
        let key = ed25519_dalek::SigningKey::from_bytes(seed);
        let verifier = VerifierKey::new(name, key.verifying_key());
        Self { key, verifier }
    }

    /// Returns the public half.
    #[must_use]
    pub const fn verifier(&self) -> &VerifierKey {
        &self.verifier
    }

    pub(crate) fn sign(&self, text: &str) -> [u8; 64] {
        self.key.sign(text.as_bytes()).to_bytes()
    }

    /// The text of the key, which is the secret itself.
    fn secret_text(&self) -> Zeroizing<String> {
        let mut value = Zeroizing::new([ED25519; 33]);
        if let Some((_, seed)) = value.split_first_mut() {
            seed.copy_from_slice(self.key.as_bytes());
        }
        let name = self.verifier.name().as_str();
        // room for all of it, so that no part is left behind by growing: the id, two signs and an LF are less than 16 bytes
        let room =
            PREFIX.len().saturating_add(name.len()).saturating_add(base64::length(33)).saturating_add(16);
        let mut text = Zeroizing::new(String::with_capacity(room));
        for part in [PREFIX, name, "+", &self.verifier.id().to_string(), "+"] {
            text.push_str(part);
        }
        base64::write(value.as_slice(), &mut text);
        text.push('\n');
        text
    }
}

/// Reads the text of a private key, `PRIVATE+KEY+name+id+base64`.
impl FromStr for SigningKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let (name, id, seed) = parts(text.strip_prefix(PREFIX).ok_or(KeyError::Form)?)?;
        let key = Self::new(name, &seed);
        if key.verifier.id().to_string() == id { Ok(key) } else { Err(KeyError::Id) }
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "SigningKey({} {}, secret)", self.verifier.name(), self.verifier.id())
    }
}
