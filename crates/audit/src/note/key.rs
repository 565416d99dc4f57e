//! Names of keys, their ids, and the public halves that verify signatures, in the forms of C2SP signed-note. The private halves live in
//! [`crate::key`].

use std::{fmt, str::FromStr};

use ed25519_dalek::VerifyingKey;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::base64;

/// The signature type of Ed25519 in C2SP signed-note.
pub(crate) const ED25519: u8 = 0x01;
/// Longest name in bytes; a rotation statement with two of them fits a field of the log.
const NAME_BYTES: usize = 128;

/// Why the text of a key is not accepted. The text itself never stands in a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The name is empty, too long, or has a character that is not visible ASCII, or `+`, `"` or `\`.
    #[error("the name of a key is 1 to 128 visible ASCII characters without `+`, `\"` and `\\`")]
    Name,
    /// It is not of the form `name+id+base64`, or `PRIVATE+KEY+name+id+base64` for a private one.
    #[error("the text is no key of the form name+id+base64")]
    Form,
    /// The key is for signatures of another type than Ed25519.
    #[error("the key is not an Ed25519 key")]
    Type,
    /// The key's bytes are no point of the curve, or one that verifies signatures nobody made.
    #[error("the key is not a valid Ed25519 key")]
    Point,
    /// The id is not that of the name and the key.
    #[error("the id of the key does not belong to its name and bytes")]
    Id,
    /// A list of keys has the same one twice, or two with the same name and id.
    #[error("a key is listed twice")]
    Twice,
    /// The system gave no random bytes.
    #[error("the system gave no random bytes")]
    Random,
}

/// The name of a key: 1 to 128 visible ASCII characters without `+`, `"` and `\`, by recommendation an address without a scheme, as
/// `example.com/gitoma`. So it can stand in a note, in a key's text and in a line of the log as it is.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyName(String);

impl KeyName {
    /// Returns the name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for KeyName {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let good = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'+' | b'"' | b'\\');
        let fits = (1..=NAME_BYTES).contains(&text.len()) && text.bytes().all(good);
        if fits { Ok(Self(text.to_owned())) } else { Err(KeyError::Name) }
    }
}

impl fmt::Display for KeyName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl fmt::Debug for KeyName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// The short id of a key: SHA-256(name, LF, type, public key), its first four bytes. It tells keys apart and proves nothing.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyId([u8; 4]);

impl KeyId {
    pub(crate) const fn new(bytes: [u8; 4]) -> Self {
        Self(bytes)
    }

    fn of(name: &KeyName, public: &[u8; 32]) -> Self {
        let hash =
            Sha256::new().chain_update(name.as_str()).chain_update([b'\n', ED25519]).chain_update(public);
        let [a, b, c, d, ..] = <[u8; 32]>::from(hash.finalize());
        Self([a, b, c, d])
    }

    pub(crate) const fn bytes(self) -> [u8; 4] {
        self.0
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:08x}", u32::from_be_bytes(self.0))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

/// A public key with its name. Its text is the verifier key of C2SP signed-note, `name+id+base64`.
#[derive(Clone, PartialEq, Eq)]
pub struct VerifierKey {
    name: KeyName,
    id: KeyId,
    key: VerifyingKey,
}

impl VerifierKey {
    pub(crate) fn new(name: KeyName, key: VerifyingKey) -> Self {
        Self { id: KeyId::of(&name, key.as_bytes()), name, key }
    }

    /// Returns the name.
    #[must_use]
    pub const fn name(&self) -> &KeyName {
        &self.name
    }

    /// Returns the id.
    #[must_use]
    pub const fn id(&self) -> KeyId {
        self.id
    }

    /// Whether both are the same key, under whatever names.
    #[must_use]
    pub fn same_key(&self, other: &Self) -> bool {
        self.key == other.key
    }

    /// Whether a signature over `text` is good, by the strict rules that leave one valid spelling of a signature.
    pub(crate) fn verifies(&self, text: &str, signature: &[u8]) -> bool {
        ed25519_dalek::Signature::from_slice(signature)
            .is_ok_and(|signature| self.key.verify_strict(text.as_bytes(), &signature).is_ok())
    }
}

impl FromStr for VerifierKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let (name, id, public) = parts(text)?;
        let key = VerifyingKey::from_bytes(&public).map_err(|_| KeyError::Point)?;
        // everybody can sign anything for such a key
        if key.is_weak() {
            return Err(KeyError::Point);
        }
        let key = Self::new(name, key);
        if key.id.to_string() == id { Ok(key) } else { Err(KeyError::Id) }
    }
}

/// Takes apart what both halves of a key have in common: the name, the id as written, and 32 bytes behind the type.
pub(crate) fn parts(text: &str) -> Result<(KeyName, &str, Zeroizing<[u8; 32]>), KeyError> {
    let (name, rest) = text.split_once('+').ok_or(KeyError::Form)?;
    // what follows may hold another plus, which is a digit of base64
    let (id, value) = rest.split_once('+').ok_or(KeyError::Form)?;
    let name = name.parse()?;
    let value = Zeroizing::new(base64::read(value).ok_or(KeyError::Form)?);
    let (kind, bytes) = value.split_first().ok_or(KeyError::Form)?;
    if *kind != ED25519 {
        return Err(KeyError::Type);
    }
    let mut key = Zeroizing::new([0; 32]);
    if bytes.len() != key.len() {
        return Err(KeyError::Form);
    }
    key.copy_from_slice(bytes);
    Ok((name, id, key))
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = vec![ED25519];
        bytes.extend_from_slice(self.key.as_bytes());
        let mut text = String::new();
        base64::write(&bytes, &mut text);
        write!(formatter, "{}+{}+{text}", self.name, self.id)
    }
}

impl fmt::Debug for VerifierKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

#[cfg(test)]
mod tests;
