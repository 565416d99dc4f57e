//! The statement that the front of a chain is removed: a note by the key in force, so that nobody accounts for entries that are gone but
//! who may sign for those that are there. An entry of kind `prune` carries it.
//!
//! ```text
//! gitoma.audit/prune@v1
//! gitoma.audit/019aa5b4-2c00-7000-8000-000000000001
//! through 41
//! tip <entry hash>
//! root <root hash>
//! epoch 1
//! key <verifier key>
//!
//! — example.com/gitoma <key id and signature>
//! ```
//!
//! The first line is no origin, so that a statement is never a checkpoint. The last two name the key that was in force where the chain
//! then begins, and are absent where it had none. There is one spelling, so what an entry says is compared by spelling it anew.

use uuid::Uuid;

use crate::{
    checkpoint::origin,
    digest::Digest,
    key::SigningKey,
    line::entry::Entry,
    note::{NoteError, TrustedKeys, UnverifiedNote, key::VerifierKey, sign_note},
};

/// First line of the statement.
const HEADER: &str = "gitoma.audit/prune@v1";

/// What stands for a front that is removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pruning<'text> {
    pub(crate) chain_id: Uuid,
    /// The last entry that goes, and its hash.
    pub(crate) through_seq: u64,
    pub(crate) tip: Digest,
    /// Root of the tree over all that goes.
    pub(crate) root: Digest,
    /// The key in force behind that entry, and its number.
    pub(crate) key: Option<(&'text str, u64)>,
}

impl<'text> Pruning<'text> {
    /// What a `prune` says; `None` if it lacks something.
    pub(crate) fn of(entry: &'text Entry) -> Option<Self> {
        Some(Self {
            chain_id: entry.chain_id,
            through_seq: entry.through_seq?,
            tip: entry.tip_hash?,
            root: entry.root_hash?,
            key: entry.checkpoint_key.as_deref().zip(entry.epoch),
        })
    }

    /// Makes and signs the statement, as a note that fits a text of the log.
    ///
    /// # Errors
    /// [`NoteError`] if the text is none that can be signed.
    pub(crate) fn sign(&self, key: &SigningKey) -> Result<String, NoteError> {
        sign_note(&self.text(), &[key])
    }

    fn text(&self) -> String {
        let origin = origin(self.chain_id);
        let (through, tip, root) = (self.through_seq, self.tip, self.root);
        let mut text = format!("{HEADER}\n{origin}\nthrough {through}\ntip {tip}\nroot {root}\n");
        if let Some((key, epoch)) = self.key {
            text.push_str(&format!("epoch {epoch}\nkey {key}\n"));
        }
        text
    }

    /// Whether `key` has signed that.
    fn is_signed(&self, note: &[u8], key: &VerifierKey) -> bool {
        let Ok(trusted) = TrustedKeys::new([key.clone()]) else { return false };
        let verified = UnverifiedNote::parse(note).and_then(|note| note.verify(&trusted));
        verified.is_ok_and(|note| note.text() == self.text())
    }
}

/// Whether what a `prune` says is signed by `key`, the one that is in force where it stands.
pub(crate) fn is_signed(entry: &Entry, key: &VerifierKey) -> bool {
    let signature = entry.signature.as_deref().map(str::as_bytes);
    signature.zip(Pruning::of(entry)).is_some_and(|(note, pruning)| pruning.is_signed(note, key))
}

#[cfg(test)]
mod tests;
