//! Checkpoints: what a chain's key signs about the chain so far, its size and its root (C2SP tlog-checkpoint). One that is kept where
//! the writer cannot reach it is an anchor. Which files they stand in and when they are made is no concern of this module.
//!
//! ```text
//! gitoma.audit/019aa5b4-2c00-7000-8000-000000000001
//! 3
//! 6EVl+2n+SzmlHNUkr+Koktv7UStpMXZL9IXpIcCNqQk=
//!
//! — example.com/gitoma <key id and signature>
//! ```
//!
//! Three lines and no others, so a checkpoint has one spelling: the origin, which is the chain's; the size, which is the `seq` behind
//! the last entry; the root of [`crate::Tree`]. Two of one chain and size with different roots are a fork. Two of different sizes are
//! held against each other with a [`crate::ConsistencyProof`], or by streaming the chain through both.

pub(crate) mod notes;
pub(crate) mod offline;
pub(crate) mod prove;
pub(crate) mod pruning;
pub(crate) mod rotation;
pub(crate) mod sink;
#[cfg(test)]
mod tests;

use uuid::Uuid;

use crate::{
    key::SigningKey,
    line::members::canonical_uuid,
    note::{NoteError, TrustedKeys, UnverifiedNote, key::VerifierKey, lines, sign_note},
    tree::TreeHead,
};

/// What the origin of every chain begins with.
const ORIGIN: &str = "gitoma.audit/";

/// Why a checkpoint is not accepted. Nothing of it stands in a message but the id of a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CheckpointError {
    /// The note around it is not one, or not signed as it must be.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// It has fewer than three lines.
    #[error("the checkpoint has no three lines of origin, size and root")]
    Form,
    /// It is about another log than one of Gitoma's.
    #[error("the checkpoint is not about an audit chain of Gitoma")]
    OtherOrigin,
    /// It is about another chain.
    #[error("the checkpoint is about chain {found}")]
    OtherChain {
        /// That chain.
        found: Uuid,
    },
    /// The size is not a decimal number that a chain can have.
    #[error(
        "the size in the checkpoint is not a decimal number up to 9,007,199,254,740,991 without leading zeros"
    )]
    Size,
    /// The root is not 32 bytes of base64, or not that of nothing where the size is 0.
    #[error("the root in the checkpoint is not a hash that a tree of that size can have")]
    Root,
    /// There are lines behind the root.
    #[error("the checkpoint has more lines than origin, size and root")]
    Extension,
}

/// What is said about a chain: how long it is, and the root over its entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The chain.
    pub chain_id: Uuid,
    /// Its tree.
    pub head: TreeHead,
}

impl Checkpoint {
    /// Writes the three lines that are signed.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = format!("{}\n{}\n", origin(self.chain_id), self.head.size);
        lines::write_digest(&self.head.root, &mut text);
        text
    }

    /// Signs it. Who does must not have signed another root of the same size, nor one that this does not go on from.
    ///
    /// # Errors
    /// [`NoteError`] if there are no keys, too many, or one twice.
    pub fn sign(&self, keys: &[&SigningKey]) -> Result<String, NoteError> {
        sign_note(&self.text(), keys)
    }

    /// Reads the three lines, from a note that was verified.
    ///
    /// # Errors
    /// [`CheckpointError`] names the line that is wrong.
    pub fn parse(mut text: &str) -> Result<Self, CheckpointError> {
        let mut line = || lines::take(&mut text).ok_or(CheckpointError::Form);
        let (origin, size, root) = (line()?, line()?, line()?);
        let chain_id = chain_of(origin).ok_or(CheckpointError::OtherOrigin)?;
        let size = lines::number(size).ok_or(CheckpointError::Size)?;
        let head = TreeHead { size, root: lines::digest(root).ok_or(CheckpointError::Root)? };
        if size == 0 && head != TreeHead::empty() {
            return Err(CheckpointError::Root);
        }
        if text.is_empty() { Ok(Self { chain_id, head }) } else { Err(CheckpointError::Extension) }
    }

    /// Demands that it is about this chain.
    ///
    /// # Errors
    /// [`CheckpointError::OtherChain`] if it is about another.
    pub fn of_chain(self, chain_id: Uuid) -> Result<Self, CheckpointError> {
        if self.chain_id == chain_id {
            Ok(self)
        } else {
            Err(CheckpointError::OtherChain { found: self.chain_id })
        }
    }
}

/// A checkpoint that trusted keys have signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedCheckpoint {
    /// What they have signed.
    pub checkpoint: Checkpoint,
    /// The trusted keys that did, at least one.
    pub signers: Vec<VerifierKey>,
}

impl SignedCheckpoint {
    /// Reads and verifies the note of a checkpoint, of whatever chain.
    ///
    /// # Errors
    /// [`CheckpointError`] says what is wrong; the signatures are looked at first.
    pub fn open(note: &[u8], trusted: &TrustedKeys) -> Result<Self, CheckpointError> {
        let note = UnverifiedNote::parse(note)?.verify(trusted)?;
        Ok(Self { checkpoint: Checkpoint::parse(note.text())?, signers: note.signers().to_vec() })
    }
}

/// The origin line of a chain.
fn origin(chain_id: Uuid) -> String {
    format!("{ORIGIN}{}", chain_id.as_hyphenated())
}

/// The chain that an origin line names.
fn chain_of(origin: &str) -> Option<Uuid> {
    canonical_uuid(origin.strip_prefix(ORIGIN)?)
}
