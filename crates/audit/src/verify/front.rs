//! The front of a chain, where it was removed: what the entry `prune` says stands for it. The entry is somewhere behind the front, and
//! what it says is needed at the first line, so it is looked for before anything is verified. Until the chain has been verified as far
//! as that entry, and a checkpoint covers it, none of this is believed.

use std::io::BufReader;

use super::{VerifyError, evidence, fault::FaultClass, keys::KeyInForce, progress::Wrong};
use uuid::Uuid;

use crate::{
    digest::Digest,
    files,
    folder::{self, ChainFolder},
    line::{self, entry::Entry, members::canonical_uuid, read, sealed::Sealed},
    lines::Lines,
    note::key::VerifierKey,
    tree::{TreeHead, range::Tree},
    vocabulary::Kind,
};

/// Bytes read at once.
const BUFFER_BYTES: usize = 256 * 1024;

/// What stands for entries that were removed.
#[derive(Debug)]
pub(super) struct Front {
    /// The first entry that is there.
    pub(super) first_seq: u64,
    /// Hash of the entry before that.
    pub(super) head: Digest,
    /// The first entry that the `prune` leaves. Those before it that are there are what a crash has left.
    pub(super) base: u64,
    /// Where the `prune` stands.
    pub(super) seq: u64,
    /// Hash of the last entry that it removed.
    pub(super) tip: Digest,
    /// The tree over all that it removed.
    pub(super) tree: Tree,
    /// The key in force there; a chain that took one up later has none.
    pub(super) key: Option<KeyInForce>,
}

/// Looks in all `segments`, of which the first is not the first of the chain, for the `prune` that accounts for it.
///
/// # Errors
/// What keeps a segment from being read. What is wrong with the chain, if no `prune` will do, is an answer.
pub(super) fn find(
    folder: &ChainFolder,
    segments: &[u64],
    given: &[VerifierKey],
) -> Result<Result<Front, Wrong>, VerifyError> {
    let first_seq = segments.first().copied().unwrap_or(0);
    let mut best: Option<(u64, Entry)> = None;
    // it is among the last entries, unless the chain has gone on for long
    for segment in segments.iter().rev() {
        if best.as_ref().is_some_and(|(base, _)| *base == first_seq) {
            break;
        }
        let unreadable = |source| VerifyError::Segment { file: folder::segment_name(*segment), source };
        let file = files::read(&folder.segment(*segment)).map_err(unreadable)?;
        let mut lines = Lines::new(BufReader::with_capacity(BUFFER_BYTES, file));
        while let Some(line) = lines.next().map_err(unreadable)? {
            let glance = Sealed::new(line.bytes).and_then(|sealed| sealed.glance());
            if !glance.is_some_and(|glance| glance.is(&[Kind::Prune])) {
                continue;
            }
            let Ok(entry) = read::read(line.bytes) else { continue };
            let base = entry.through_seq.unwrap_or_default().saturating_add(1);
            // the one that removed the least: a later one may not have begun its work
            let fits = base >= first_seq && base <= entry.seq;
            if fits && best.as_ref().is_none_or(|(least, _)| base <= *least) {
                best = Some((base, entry));
            }
        }
    }
    let Some((base, entry)) = best else {
        return Ok(Err((FaultClass::SegmentMissing, folder::segment_name(0))));
    };
    // what stands before entries that a crash has left is held by the hashes of those that follow them
    let head = if base == first_seq { None } else { first_link(folder, first_seq)? };
    let state = evidence::content(folder.checkpoints().tree(base))
        .map_err(|source| VerifyError::Note { file: format!("{base:020}.tree"), source })?;
    Ok(front((first_seq, head), base, &entry, state, given))
}

/// How the chain in a folder is called by its first line, if there is one that says so. Nothing else of the line is looked at.
pub(super) fn name(folder: &ChainFolder) -> Option<Uuid> {
    let first_seq = folder.content().ok()?.segments.first().copied()?;
    let mut lines = Lines::new(BufReader::new(files::read(&folder.segment(first_seq)).ok()?));
    let line = lines.next().ok()??.bytes.strip_prefix(line::PREFIX.as_bytes())?;
    canonical_uuid(std::str::from_utf8(line.get(..36)?).ok()?)
}

/// What the first line of a segment says that the entry before it has as its hash.
fn first_link(folder: &ChainFolder, first_seq: u64) -> Result<Option<Digest>, VerifyError> {
    let unreadable = |source| VerifyError::Segment { file: folder::segment_name(first_seq), source };
    let file = files::read(&folder.segment(first_seq)).map_err(unreadable)?;
    let mut lines = Lines::new(BufReader::new(file));
    let line = lines.next().map_err(unreadable)?;
    Ok(line.and_then(|line| Sealed::new(line.bytes)?.previous()))
}

fn front(
    (first_seq, head): (u64, Option<Digest>),
    base: u64,
    entry: &Entry,
    state: Option<Vec<u8>>,
    given: &[VerifierKey],
) -> Result<Front, Wrong> {
    let bad = |expected: String| (FaultClass::BadPrune, expected);
    let (seq, Some(tip)) = (entry.seq, entry.tip_hash) else {
        return Err(bad(format!("a tip_hash in the prune at seq {}", entry.seq)));
    };
    let Some(root) = entry.root_hash else {
        return Err(bad(format!("a root_hash in the prune at seq {seq}")));
    };
    let key = match (entry.checkpoint_key.as_deref(), entry.epoch) {
        (None, None) => None,
        (Some(text), Some(epoch)) if let Some(key) = KeyInForce::named(text, epoch, given) => Some(key),
        _ => return Err(bad(format!("checkpoint_key and epoch in the prune at seq {seq}"))),
    };
    let removed = TreeHead { size: base, root };
    let tree = state.and_then(|state| Tree::restore(std::str::from_utf8(&state).ok()?, &removed));
    match tree {
        Some(tree) => Ok(Front { first_seq, head: head.unwrap_or(tip), base, seq, tip, tree, key }),
        None => Err(bad(format!("checkpoints/{base:020}.tree with the root {root}"))),
    }
}

impl Front {
    /// Whether `entry`, a `prune`, says what the one said that was looked at before: a crash may have had it written twice.
    pub(super) fn is_by(&self, entry: &Entry) -> bool {
        entry.through_seq.and_then(|seq| seq.checked_add(1)) == Some(self.base)
            && entry.tip_hash == Some(self.tip)
            && entry.root_hash == Some(self.tree.head().root)
            && entry.epoch == self.key.as_ref().map(|key| key.epoch)
            && entry.checkpoint_key.as_deref().and_then(|text| text.parse().ok()).as_ref()
                == self.key.as_ref().map(|key| &key.key)
    }
}
