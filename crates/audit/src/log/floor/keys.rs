//! Which key was in force where: read from the chain itself, from its first line to its last. That takes a while with a long chain, and
//! is needed only when a key is new, or when a note is by neither of the keys that are configured.

use super::entries::Entries;
use crate::{
    checkpoint::rotation::KeyRotation,
    line::{entry::Entry, read},
    log::error::OpenError,
    note::key::VerifierKey,
    verify::fault::FaultClass,
    vocabulary::Kind,
};

/// Where the kind of a line stands at the latest.
const KIND_WITHIN: usize = 256;

/// A key, and where it came into force.
#[derive(Debug, Clone)]
struct Reign {
    /// The entry that names it; 0 too if that one was removed with the front.
    since: u64,
    epoch: u64,
    key: VerifierKey,
}

/// The keys of a chain, in their order.
#[derive(Debug, Default)]
pub(super) struct Keys(Vec<Reign>);

impl Keys {
    /// Reads the whole chain.
    ///
    /// # Errors
    /// [`OpenError::Damaged`] if an entry that names a key is not what it must be.
    pub(super) fn read(entries: &Entries<'_>) -> Result<Self, OpenError> {
        let front = entries.front();
        let mut changes = Vec::new();
        let mut pruned = None;
        entries.each(front, |seq, line| {
            let rotates = is_of(line, Kind::KeyRotate);
            if seq != 0 && !rotates && (front == 0 || !is_of(line, Kind::Prune)) {
                return Ok(());
            }
            let entry = read::read(line).map_err(|class| entries.damaged(class))?;
            if !rotates && seq > 0 {
                // several may name the front if a prune was begun again; the keys are the same in all
                if entry.through_seq.and_then(|last| last.checked_add(1)) == Some(front) {
                    pruned = Some(entry);
                }
            } else {
                changes.push((seq, entry));
            }
            Ok(())
        })?;
        let mut keys = Self::default();
        if front > 0 {
            let prune = pruned.ok_or_else(|| entries.damaged(FaultClass::BadPrune))?;
            let key = prune.checkpoint_key.as_deref().and_then(|key| key.parse().ok());
            let (Some(key), Some(epoch)) = (key, prune.epoch) else {
                return Err(entries.damaged(FaultClass::BadPrune));
            };
            keys.0.push(Reign { since: 0, epoch, key });
        }
        for (seq, entry) in changes {
            keys.change(seq, &entry).map_err(|class| entries.damaged(class))?;
        }
        Ok(keys)
    }

    /// Takes the key that an entry names.
    fn change(&mut self, seq: u64, entry: &Entry) -> Result<(), FaultClass> {
        let class = if seq == 0 { FaultClass::Genesis } else { FaultClass::BadRotation };
        let Some(text) = &entry.checkpoint_key else {
            return if seq == 0 { Ok(()) } else { Err(class) };
        };
        let key: VerifierKey = text.parse().map_err(|_| class)?;
        let epoch = entry.epoch.unwrap_or_default();
        let right = match (self.0.last(), &entry.signature) {
            (None, None) => epoch == 0,
            (Some(old), Some(note)) => {
                KeyRotation::open(note.as_bytes(), entry.chain_id, old.epoch, &old.key)
                    .is_ok_and(|rotation| rotation.new == key && rotation.epoch == epoch)
            }
            _ => false,
        };
        if right {
            self.0.push(Reign { since: seq, epoch, key });
            Ok(())
        } else {
            Err(class)
        }
    }

    /// The key that signs a checkpoint of `size` entries.
    pub(super) fn of(&self, size: u64) -> Option<&VerifierKey> {
        self.0.iter().rev().find(|reign| reign.since < size).map(|reign| &reign.key)
    }

    /// All of them.
    pub(super) fn all(&self) -> impl Iterator<Item = &VerifierKey> {
        self.0.iter().map(|reign| &reign.key)
    }

    /// The key in force at the end, and its number.
    pub(super) fn last(&self) -> Option<(&VerifierKey, u64)> {
        self.0.last().map(|reign| (&reign.key, reign.epoch))
    }
}

/// Whether a line is of a kind, as far as can be seen without reading it: no text can hold a quotation mark that is not escaped.
pub(super) fn is_of(line: &[u8], kind: Kind) -> bool {
    let begin = line.get(..KIND_WITHIN).unwrap_or(line);
    let key = b"\"kind\":\"";
    let value = memchr::memmem::find(begin, key).and_then(|at| begin.get(at.saturating_add(key.len())..));
    value.is_some_and(|value| {
        value.strip_prefix(kind.as_str().as_bytes()).is_some_and(|rest| rest.starts_with(b"\""))
    })
}
