//! The statement that another key signs a chain's checkpoints from here on: a note that the old key and the new one have both signed,
//! so that neither takes over without the other. An entry of kind `key.rotate` carries it.
//!
//! ```text
//! gitoma.audit/key-rotation@v1
//! gitoma.audit/019aa5b4-2c00-7000-8000-000000000001
//! epoch 1
//! old <verifier key>
//! new <verifier key>
//!
//! — example.com/gitoma <key id and signature>
//! — example.com/gitoma <key id and signature>
//! ```
//!
//! The first line is no origin, so that a statement is never a checkpoint; the second ties it to its chain, the third to its place
//! among the rotations: the key of `chain.open` is epoch 0, each new key the next. The signatures stand in the order of the keys.

use uuid::Uuid;

use crate::{
    checkpoint::{chain_of, origin},
    key::SigningKey,
    note::{
        NoteError, TrustedKeys, UnverifiedNote,
        key::{KeyError, VerifierKey},
        lines, sign_note,
    },
};

/// First line of the statement.
const HEADER: &str = "gitoma.audit/key-rotation@v1";

/// Why a rotation is not made or not accepted. Nothing of it stands in a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyRotationError {
    /// The note around it is not one, or not signed as it must be.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// The text is not a rotation statement.
    #[error("the text is not a statement of the form gitoma.audit/key-rotation@v1")]
    Form,
    /// It is about another chain.
    #[error("the rotation is about another chain")]
    OtherChain,
    /// It does not have the number of the next key.
    #[error("the rotation is not the next one of the chain")]
    Epoch,
    /// The key that it ends is not the one in force.
    #[error("the rotation ends another key than the one in force")]
    OtherKey,
    /// One of its keys is not accepted.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The old and the new key are the same.
    #[error("the new key is the old one")]
    SameKey,
    /// One of the two keys has not signed.
    #[error("the rotation is not signed by the old key and the new one")]
    OneSided,
}

/// Which key follows which, in which chain, as which.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRotation {
    /// The chain.
    pub chain_id: Uuid,
    /// The number of the new key: 1 for the first that follows that of `chain.open`.
    pub epoch: u64,
    /// The key that signs no more.
    pub old: VerifierKey,
    /// The key that signs from here on.
    pub new: VerifierKey,
}

impl KeyRotation {
    /// Makes and signs the statement, as a note that fits a text of the log.
    ///
    /// # Errors
    /// [`KeyRotationError::SameKey`] if nothing would change.
    pub fn sign(
        chain_id: Uuid,
        epoch: u64,
        old: &SigningKey,
        new: &SigningKey,
    ) -> Result<String, KeyRotationError> {
        let rotation = Self { chain_id, epoch, old: old.verifier().clone(), new: new.verifier().clone() };
        if rotation.old.same_key(&rotation.new) {
            return Err(KeyRotationError::SameKey);
        }
        Ok(sign_note(&rotation.text(), &[old, new])?)
    }

    fn text(&self) -> String {
        let origin = origin(self.chain_id);
        format!("{HEADER}\n{origin}\nepoch {}\nold {}\nnew {}\n", self.epoch, self.old, self.new)
    }

    /// Reads and verifies the statement by which chain `chain_id` goes from `old`, the key in force of number `epoch`, to the next.
    ///
    /// # Errors
    /// [`KeyRotationError`] says what is wrong.
    pub fn open(
        note: &[u8],
        chain_id: Uuid,
        epoch: u64,
        old: &VerifierKey,
    ) -> Result<Self, KeyRotationError> {
        let note = UnverifiedNote::parse(note)?;
        // the old key vouches for the text before anything of it is believed, the new one among it
        let verified =
            note.clone().verify(&TrustedKeys::new([old.clone()])?).map_err(|error| match error {
                NoteError::Unsigned => KeyRotationError::OtherKey,
                error => error.into(),
            })?;
        let rotation = Self::parse(verified.text())?;
        if rotation.chain_id != chain_id {
            return Err(KeyRotationError::OtherChain);
        }
        if epoch.checked_add(1) != Some(rotation.epoch) {
            return Err(KeyRotationError::Epoch);
        }
        if rotation.old != *old {
            return Err(KeyRotationError::OtherKey);
        }
        let both =
            TrustedKeys::new([old.clone(), rotation.new.clone()]).map_err(|_| KeyRotationError::SameKey)?;
        if note.verify(&both)?.signers() == both.keys() {
            Ok(rotation)
        } else {
            Err(KeyRotationError::OneSided)
        }
    }

    fn parse(mut text: &str) -> Result<Self, KeyRotationError> {
        let mut line = |prefix| {
            let line = lines::take(&mut text).and_then(|line| line.strip_prefix(prefix));
            line.ok_or(KeyRotationError::Form)
        };
        if !line(HEADER)?.is_empty() {
            return Err(KeyRotationError::Form);
        }
        let chain_id = chain_of(line("")?).ok_or(KeyRotationError::Form)?;
        let epoch = lines::number(line("epoch ")?).ok_or(KeyRotationError::Form)?;
        let (old, new) = (line("old ")?.parse()?, line("new ")?.parse()?);
        if text.is_empty() { Ok(Self { chain_id, epoch, old, new }) } else { Err(KeyRotationError::Form) }
    }
}

#[cfg(test)]
mod tests;
