//! A file that shows to a third party, who has nothing else but a public key, that an entry is in a chain: C2SP tlog-proof. It holds the
//! entry's number, its inclusion proof and the note of a checkpoint as it was signed; by custom its name ends in `.tlog-proof`.
//!
//! ```text
//! c2sp.org/tlog-proof@v1
//! extra eyJ2IjoxLC4uLg==
//! index 1
//! AURkbg9cAYoQ3Mcm+nnBHsqfEuGM+LO1jpmF+zaAQc4=
//! xL1nXcgi2gWgWNRtxrp+WJus3F0wXWiQqzCqY60T788=
//!
//! gitoma.audit/019aa5b4-2c00-7000-8000-000000000001
//! ...
//! ```
//!
//! The line `extra` may carry the entry's own line, so that the file is all one needs. It proves nothing by itself: hash it, and verify
//! the proof for that hash.

use crate::{
    checkpoint::{CheckpointError, SignedCheckpoint},
    digest::Digest,
    limit,
    note::{NOTE_BYTES, NoteError, TrustedKeys, UnverifiedNote, base64, lines},
    tree::{
        TreeHead,
        proof::{InclusionProof, ProofError},
    },
};

/// First line of the file.
const HEADER: &str = "c2sp.org/tlog-proof@v1";
/// Most hashes in a file; a tree of the greatest size needs 53.
const PATH_HASHES: usize = 64;
/// Longest file in bytes: a note, an entry in base64, and the lines of the proof.
pub const OFFLINE_PROOF_BYTES: usize = NOTE_BYTES + base64::length(limit::LINE_BYTES) + 4 * 1024;

/// Why a proof file is not accepted. Nothing of it stands in a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OfflineProofError {
    /// It is longer than [`OFFLINE_PROOF_BYTES`].
    #[error("the proof file is longer than any can be")]
    TooLong,
    /// It is not of the form of C2SP tlog-proof, version 1.
    #[error("the file is not a proof of the form c2sp.org/tlog-proof@v1")]
    Form,
    /// The entry's number is not a decimal number.
    #[error("the index in the proof file is not a decimal number without leading zeros")]
    Index,
    /// A line of the proof is not 32 bytes of base64, or there are more than 64.
    #[error("a line of the proof is not a hash, or the proof has more than 64")]
    Path,
    /// The extra data is not base64, or longer than an entry.
    #[error("the extra data in the proof file is not base64 or longer than an entry")]
    Extra,
    /// The checkpoint is not accepted.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The entry is not in the checkpoint's tree.
    #[error(transparent)]
    Proof(#[from] ProofError),
}

impl From<NoteError> for OfflineProofError {
    fn from(error: NoteError) -> Self {
        Self::Checkpoint(error.into())
    }
}

/// A proof for one entry with the checkpoint that it leads to. It is hostile until [`Self::verify`] accepts it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfflineProof {
    proof: InclusionProof,
    note: String,
    extra: Option<Vec<u8>>,
}

impl OfflineProof {
    /// Puts a proof together. `extra` is the entry's line, or nothing.
    ///
    /// # Errors
    /// [`OfflineProofError`] if the note is none, or one of the parts is longer than a file may hold.
    pub fn new(proof: InclusionProof, note: &str, extra: Option<&[u8]>) -> Result<Self, OfflineProofError> {
        UnverifiedNote::parse(note.as_bytes())?;
        if proof.path.len() > PATH_HASHES {
            return Err(OfflineProofError::Path);
        }
        if proof.index > limit::INTEGER {
            return Err(OfflineProofError::Index);
        }
        if extra.is_some_and(|extra| extra.is_empty() || extra.len() > limit::LINE_BYTES) {
            return Err(OfflineProofError::Extra);
        }
        Ok(Self { proof, note: note.to_owned(), extra: extra.map(<[u8]>::to_vec) })
    }

    /// Writes the file.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = format!("{HEADER}\n");
        if let Some(extra) = &self.extra {
            text.push_str("extra ");
            base64::write(extra, &mut text);
            text.push('\n');
        }
        text.push_str(&format!("index {}\n", self.proof.index));
        self.proof.path.iter().for_each(|hash| lines::write_digest(hash, &mut text));
        text.push('\n');
        text.push_str(&self.note);
        text
    }

    /// Reads a file. Nothing is verified yet.
    ///
    /// # Errors
    /// [`OfflineProofError`] says which part is wrong.
    pub fn parse(file: &[u8]) -> Result<Self, OfflineProofError> {
        if file.len() > OFFLINE_PROOF_BYTES {
            return Err(OfflineProofError::TooLong);
        }
        let mut text = std::str::from_utf8(file).map_err(|_| OfflineProofError::Form)?;
        let mut line = || lines::take(&mut text).ok_or(OfflineProofError::Form);
        if line()? != HEADER {
            return Err(OfflineProofError::Form);
        }
        let mut next = line()?;
        let mut extra = None;
        if let Some(value) = next.strip_prefix("extra ") {
            extra = Some(base64::read(value).ok_or(OfflineProofError::Extra)?);
            next = line()?;
        }
        let index = next.strip_prefix("index ").ok_or(OfflineProofError::Form)?;
        let index = lines::number(index).ok_or(OfflineProofError::Index)?;
        let mut path = Vec::new();
        loop {
            let hash = line()?;
            if hash.is_empty() {
                break;
            }
            if path.len() == PATH_HASHES {
                return Err(OfflineProofError::Path);
            }
            path.push(lines::digest(hash).ok_or(OfflineProofError::Path)?);
        }
        Self::new(InclusionProof { index, path }, text, extra.as_deref())
    }

    /// The number of the entry, which nobody has verified.
    #[must_use]
    pub const fn index(&self) -> u64 {
        self.proof.index
    }

    /// The extra data, which nobody has verified.
    #[must_use]
    pub fn extra(&self) -> Option<&[u8]> {
        self.extra.as_deref()
    }

    /// Checks that the entry of this hash stands at [`Self::index`] in the chain that the checkpoint is about, and that trusted keys
    /// have signed the checkpoint, which is returned.
    ///
    /// # Errors
    /// [`OfflineProofError`] says what does not hold.
    pub fn verify(
        &self,
        entry_hash: &Digest,
        trusted: &TrustedKeys,
    ) -> Result<SignedCheckpoint, OfflineProofError> {
        let signed = SignedCheckpoint::open(self.note.as_bytes(), trusted)?;
        let head: &TreeHead = &signed.checkpoint.head;
        self.proof.verify(entry_hash, head)?;
        Ok(signed)
    }
}

#[cfg(test)]
mod tests;
