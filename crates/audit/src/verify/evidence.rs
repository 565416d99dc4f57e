//! What is held against a chain besides its own lines: the notes beside it, anchors from elsewhere, keys that somebody trusts, and what
//! stands for a front that was removed. It is gathered before the first line is looked at and does not change; names and numbers only,
//! since there may be very many notes.

use std::io;

use uuid::Uuid;

use super::{Demand, anchors::AnchorNotes, depth::Depth, front::Front};
use crate::{checkpoint::notes::NoteFolder, folder::ChainFolder, note::key::VerifierKey};

/// What is held against a chain.
#[derive(Debug)]
pub(super) struct Evidence<'chain> {
    /// The folder of the notes beside the chain, and the sizes they have, ascending.
    pub(super) folder: NoteFolder,
    pub(super) notes: Vec<u64>,
    pub(super) anchors: Vec<&'chain AnchorNotes>,
    /// Keys that are trusted; where there are some, it is demanded that the chain is anchored.
    pub(super) given: &'chain [VerifierKey],
    pub(super) front: Option<Front>,
    /// Whether anything of this is looked at.
    pub(super) tracked: bool,
    /// The sizes that something is to be compared at, ascending.
    wanted: Vec<u64>,
}

impl<'chain> Evidence<'chain> {
    /// What there is about the chain in `folder`, which is called `chain` and beside which there are `notes`.
    pub(super) fn new(
        folder: &ChainFolder,
        chain: Option<Uuid>,
        notes: Vec<u64>,
        front: Option<Front>,
        depth: Depth,
        demand: &'chain Demand,
    ) -> Self {
        let anchors: Vec<_> = chain.into_iter().flat_map(|chain| demand.anchors.of(chain)).collect();
        let asked = !demand.keys.is_empty() || !demand.anchors.is_empty();
        // a front is accounted for by a note
        let looked_at = depth == Depth::Entries || asked || front.is_some();
        let mut wanted = Vec::new();
        if looked_at {
            wanted.extend_from_slice(&notes);
            anchors.iter().for_each(|anchor| wanted.extend_from_slice(&anchor.sizes));
            wanted.extend(front.as_ref().map(|front| front.base));
            wanted.sort_unstable();
            wanted.dedup();
        }
        let tracked = looked_at && (asked || !wanted.is_empty());
        let (folder, given) = (folder.checkpoints(), &demand.keys[..]);
        Self { folder, notes, anchors, given, front, tracked, wanted }
    }

    /// Nothing.
    #[cfg(test)]
    pub(super) fn none() -> Self {
        let (folder, notes) = (NoteFolder::new(std::path::PathBuf::new()), Vec::new());
        let (anchors, wanted) = (Vec::new(), Vec::new());
        Self { folder, notes, anchors, given: &[], front: None, tracked: false, wanted }
    }

    /// The sizes that something is to be compared at; `None` if nobody wants to know.
    pub(super) fn wanted(&self) -> Option<&[u64]> {
        self.tracked.then_some(&self.wanted)
    }

    /// Whether something is to be compared at this size.
    pub(super) fn wants(&self, size: u64) -> bool {
        self.tracked && self.wanted.binary_search(&size).is_ok()
    }

    /// How many anchors speak of entries alone that were removed, so that nothing can be compared with them.
    pub(super) fn beneath(&self) -> u64 {
        let Some(front) = &self.front else { return 0 };
        let beneath = |anchor: &&AnchorNotes| anchor.sizes.partition_point(|size| *size < front.base) as u64;
        self.anchors.iter().map(beneath).sum()
    }

    /// Whether the tree must hold entry `seq`: whether anything is to be compared behind it.
    pub(super) fn grows(&self, seq: u64) -> bool {
        self.tracked
            && self.wanted.last().is_some_and(|last| seq < *last)
            && self.front.as_ref().is_none_or(|front| seq >= front.base)
    }
}

/// What was read of a file that may be missing. One that is too long holds nothing of use, which is for its reader to judge.
pub(super) fn content(read: io::Result<Option<Vec<u8>>>) -> io::Result<Option<Vec<u8>>> {
    match read {
        Err(error) if error.kind() == io::ErrorKind::FileTooLarge => Ok(Some(Vec::new())),
        read => read,
    }
}
