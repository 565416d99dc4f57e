//! Which key was in force where: read from the chain itself, from its first line to its last. That takes a while with a long chain, and
//! is needed only when a key is new, or when a note is by neither of the keys that are configured.

use super::entries::Entries;
use crate::{
    checkpoint::{pruning, rotation::KeyRotation},
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
        let (mut changes, mut prunes) = (Vec::new(), Vec::new());
        entries.each(front, |seq, line| {
            let changes_key = seq == 0 || is_of(line, Kind::KeyRotate);
            if changes_key || is_of(line, Kind::Prune) {
                let entry = read::read(line).map_err(|class| entries.damaged(class))?;
                if changes_key { &mut changes } else { &mut prunes }.push(entry);
            }
            Ok(())
        })?;
        let (base, mut keys) = Self::at_front(front, &prunes).map_err(|class| entries.damaged(class))?;
        // what stands before the base was left by a crash, and the prune names the key behind it
        for entry in changes.iter().filter(|entry| entry.seq >= base) {
            keys.change(entry).map_err(|class| entries.damaged(class))?;
        }
        for prune in prunes.iter().filter(|prune| prune.seq >= base) {
            let key = keys.of(prune.seq.saturating_add(1));
            if !key.is_some_and(|key| pruning::is_signed(prune, key)) {
                return Err(entries.damaged(FaultClass::BadPrune));
            }
        }
        Ok(keys)
    }

    /// Where a chain begins that does so with entry `front`, by what its prunes say, and the key in force there.
    fn at_front(front: u64, prunes: &[Entry]) -> Result<(u64, Self), FaultClass> {
        if front == 0 {
            return Ok((0, Self::default()));
        }
        // the one that removed the least, as for the verifier: a later one may not have begun its work
        let bases =
            prunes.iter().map(|prune| (prune.through_seq.unwrap_or_default().saturating_add(1), prune));
        let fits = bases.filter(|(base, prune)| *base >= front && *base <= prune.seq);
        let (base, prune) = fits.min_by_key(|(base, _)| *base).ok_or(FaultClass::BadPrune)?;
        // a chain that took up a key later has none there
        let Some((key, epoch)) = prune.checkpoint_key.as_deref().zip(prune.epoch) else {
            return Ok((base, Self::default()));
        };
        let key = key.parse().map_err(|_| FaultClass::BadPrune)?;
        Ok((base, Self(vec![Reign { since: 0, epoch, key }])))
    }

    /// Takes the key that an entry names.
    fn change(&mut self, entry: &Entry) -> Result<(), FaultClass> {
        let seq = entry.seq;
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
