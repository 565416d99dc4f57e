//! Signed notes: a text and, behind a blank line, signatures over it (C2SP signed-note, Ed25519 alone). What the text says is no
//! concern of this module, and no file is read or written here.
//!
//! The text of a note that comes from outside can only be had from [`UnverifiedNote::verify`], so nobody believes one by accident:
//!
//! ```
//! use gitoma_audit::{SigningKey, TrustedKeys, UnverifiedNote, sign_note};
//!
//! let key = SigningKey::generate("example.com/gitoma".parse()?)?;
//! let note = sign_note("all is well\n", &[&key])?;
//! let trusted = TrustedKeys::new([key.verifier().clone()])?;
//! let note = UnverifiedNote::parse(note.as_bytes())?.verify(&trusted)?;
//! assert_eq!(note.text(), "all is well\n");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub(crate) mod base64;
pub(crate) mod key;
pub(crate) mod lines;
#[cfg(test)]
mod tests;

use crate::{
    key::SigningKey,
    note::key::{KeyError, KeyId, VerifierKey},
};

/// Longest note in bytes. Sixteen signatures of every type that is assigned fit, which the specification demands.
pub const NOTE_BYTES: usize = 64 * 1024;
/// Most signatures in a note.
pub const NOTE_SIGNATURES: usize = 64;
/// What a signature's line begins with: an em dash and a space.
const DASH: &str = "\u{2014} ";

/// Why a note is not made or not accepted. Nothing of the note stands in a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoteError {
    /// It is longer than [`NOTE_BYTES`].
    #[error("the note is longer than 65,536 bytes")]
    TooLong,
    /// It is not UTF-8.
    #[error("the note is not UTF-8")]
    Encoding,
    /// It has a control character other than LF.
    #[error("the note holds a control character")]
    Control,
    /// It is no text, blank line and signatures, or the text does not end with LF.
    #[error("the note is no text, blank line and signatures")]
    Form,
    /// A line behind the blank one is no signature.
    #[error("a line of the note that should be a signature is none")]
    Signature,
    /// It has more than [`NOTE_SIGNATURES`].
    #[error("the note has more than 64 signatures")]
    TooManySignatures,
    /// Two signatures are by the same key.
    #[error("the note is signed twice by one key")]
    Twice,
    /// A key that is trusted did not make the signature that bears its name and id.
    #[error("a signature by a trusted key is wrong")]
    BadSignature,
    /// No key that is trusted has signed.
    #[error("no trusted key has signed the note")]
    Unsigned,
}

/// The public keys that somebody trusts, each name and id once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustedKeys(Vec<VerifierKey>);

impl TrustedKeys {
    /// Makes the list.
    ///
    /// # Errors
    /// [`KeyError::Twice`] if two keys have the same name and id, or are the same key under two names.
    pub fn new(keys: impl IntoIterator<Item = VerifierKey>) -> Result<Self, KeyError> {
        let mut list = Self::default();
        keys.into_iter().try_for_each(|key| list.add(key))?;
        Ok(list)
    }

    /// Adds a key, as one that a trusted one vouches for.
    ///
    /// # Errors
    /// [`KeyError::Twice`] if it is in the list.
    pub fn add(&mut self, key: VerifierKey) -> Result<(), KeyError> {
        if self.find(key.name().as_str(), key.id()).is_some()
            || self.0.iter().any(|known| known.same_key(&key))
        {
            return Err(KeyError::Twice);
        }
        self.0.push(key);
        Ok(())
    }

    /// Returns the keys.
    #[must_use]
    pub fn keys(&self) -> &[VerifierKey] {
        &self.0
    }

    fn find(&self, name: &str, id: KeyId) -> Option<&VerifierKey> {
        self.0.iter().find(|key| key.id() == id && key.name().as_str() == name)
    }
}

/// One signature, as it stands in the note.
#[derive(Clone, Debug, PartialEq, Eq)]
struct NoteSignature<'note> {
    name: &'note str,
    id: KeyId,
    bytes: Vec<u8>,
}

impl<'note> NoteSignature<'note> {
    fn parse(line: &'note str) -> Option<Self> {
        let (name, value) = line.strip_prefix(DASH)?.split_once(' ')?;
        if name.is_empty() || name.contains(|character: char| character.is_whitespace() || character == '+') {
            return None;
        }
        let value = base64::read(value)?;
        let (id, bytes) = value.split_first_chunk()?;
        (!bytes.is_empty()).then(|| Self { name, id: KeyId::new(*id), bytes: bytes.to_vec() })
    }
}

/// A note whose form is right and whose signatures nobody has looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnverifiedNote<'note> {
    text: &'note str,
    signatures: Vec<NoteSignature<'note>>,
}

impl<'note> UnverifiedNote<'note> {
    /// Takes a note apart.
    ///
    /// # Errors
    /// [`NoteError`] if it is too long or not a note.
    pub fn parse(note: &'note [u8]) -> Result<Self, NoteError> {
        if note.len() > NOTE_BYTES {
            return Err(NoteError::TooLong);
        }
        let note = std::str::from_utf8(note).map_err(|_| NoteError::Encoding)?;
        // stricter than the specification, which lets DEL and C1 pass: a note is shown on terminals
        if note.contains(|character: char| character.is_control() && character != '\n') {
            return Err(NoteError::Control);
        }
        let (above, below) = note.rsplit_once("\n\n").ok_or(NoteError::Form)?;
        let text = note.get(..above.len().saturating_add(1)).ok_or(NoteError::Form)?;
        let mut rest = below;
        let mut signatures: Vec<NoteSignature<'_>> = Vec::new();
        while let Some(line) = lines::take(&mut rest) {
            if signatures.len() == NOTE_SIGNATURES {
                return Err(NoteError::TooManySignatures);
            }
            signatures.push(NoteSignature::parse(line).ok_or(NoteError::Signature)?);
        }
        if signatures.is_empty() || !rest.is_empty() {
            return Err(NoteError::Form);
        }
        Ok(Self { text, signatures })
    }

    /// The text, whoever signed it: for a note that is believed because of where it was kept.
    pub(crate) const fn believed(&self) -> &'note str {
        self.text
    }

    /// Checks the signatures by trusted keys; all of them must be good, and there must be one. Others are ignored.
    ///
    /// # Errors
    /// [`NoteError::Unsigned`], [`NoteError::BadSignature`] or [`NoteError::Twice`].
    pub fn verify(self, trusted: &TrustedKeys) -> Result<Note<'note>, NoteError> {
        let mut signers: Vec<VerifierKey> = Vec::new();
        for signature in &self.signatures {
            let Some(key) = trusted.find(signature.name, signature.id) else { continue };
            if signers.contains(key) {
                return Err(NoteError::Twice);
            }
            if !key.verifies(self.text, &signature.bytes) {
                return Err(NoteError::BadSignature);
            }
            signers.push(key.clone());
        }
        if signers.is_empty() { Err(NoteError::Unsigned) } else { Ok(Note { text: self.text, signers }) }
    }
}

/// A note that keys one trusts have signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note<'note> {
    text: &'note str,
    signers: Vec<VerifierKey>,
}

impl<'note> Note<'note> {
    /// Returns the text, with the LF at its end.
    #[must_use]
    pub const fn text(&self) -> &'note str {
        self.text
    }

    /// Returns the trusted keys that have signed, in the order of their signatures; never empty.
    #[must_use]
    pub fn signers(&self) -> &[VerifierKey] {
        &self.signers
    }
}

/// Signs a text, which ends with LF, with one key or more.
///
/// # Errors
/// [`NoteError`] if the text or the number of keys is not one that a note can have.
pub fn sign_note(text: &str, keys: &[&SigningKey]) -> Result<String, NoteError> {
    if !text.ends_with('\n') {
        return Err(NoteError::Form);
    }
    let mut note = format!("{text}\n");
    for key in keys {
        let mut value = key.verifier().id().bytes().to_vec();
        value.extend_from_slice(&key.sign(text));
        note.push_str(DASH);
        note.push_str(key.verifier().name().as_str());
        note.push(' ');
        base64::write(&value, &mut note);
        note.push('\n');
    }
    // whoever reads it must take it, and find the same text
    let parsed = UnverifiedNote::parse(note.as_bytes())?;
    let twice = |(place, key): (usize, &&SigningKey)| {
        keys.iter().skip(place + 1).any(|other| other.verifier() == key.verifier())
    };
    if keys.iter().enumerate().any(twice) {
        return Err(NoteError::Twice);
    }
    if parsed.text == text { Ok(note) } else { Err(NoteError::Form) }
}
