//! Removes whole segments from the front of a chain. The entry `prune` says what goes and stands for it, the tree's state lets later
//! checkpoints be computed, and nothing is removed before a checkpoint covers that entry.

use std::{path::Path, sync::Arc};

use uuid::Uuid;

use super::{UpkeepError, failed, hold, one};
use crate::{
    checkpoint::pruning::Pruning,
    digest::Digest,
    field::Field,
    files,
    folder::ChainFolder,
    line::entry::Entry,
    log::{Log, LogOptions},
    reader::Reader,
    tree::range::Tree,
    verify::{self, VerifyError, fault::FaultClass, report::Verdict},
    vocabulary::Kind,
};

/// What is removed from the front of a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prune {
    /// The chain.
    pub chain: Uuid,
    /// The first entry that goes.
    pub first_seq: u64,
    /// The last entry that goes.
    pub through_seq: u64,
    /// The names of the segments that go, the oldest first.
    pub segments: Vec<String>,
}

/// A border between segments, and what stands for all before it.
struct Border {
    tip: Digest,
    tree: Tree,
    key: Option<(String, u64)>,
}

/// Finds out what pruning the chain at `path` before entry `before` would remove.
///
/// # Errors
/// [`UpkeepError`] if the chain is not whole, or nothing can be removed.
pub fn plan_prune(path: &Path, before: u64) -> Result<Prune, UpkeepError> {
    let (folder, chain, _) = one(path)?;
    // a start that comes meanwhile takes the chain, rather than to begin another beside it
    drop(hold(&folder)?);
    plan(&folder, chain, before).map(|(prune, _)| prune)
}

/// Prunes the chain at `path` before entry `before`. `options` say who does it and hold the key that signs; their directory and chain are not
/// looked at.
///
/// # Errors
/// [`UpkeepError`]. Where the record was made and segments are left, the chain is as whole as before, and another try removes them.
pub fn prune(path: &Path, before: u64, mut options: LogOptions) -> Result<Prune, UpkeepError> {
    let (folder, chain, directory) = one(path)?;
    let lock = hold(&folder)?;
    let (prune, border) = plan(&folder, chain, before)?;
    let (size, notes) = (prune.through_seq.saturating_add(1), folder.checkpoints());
    // a log keeps the states of segment borders, and is the only one to write here once it is open
    notes.keep_tree(size, &border.tree.state()).map_err(failed("keep the tree's state"))?;
    drop(lock);
    let pruning = Pruning {
        chain_id: chain,
        through_seq: prune.through_seq,
        tip: border.tip,
        root: border.tree.head().root,
        key: border.key.as_ref().map(|(key, epoch)| (key.as_str(), *epoch)),
    };
    // a log without a key does not open a chain that has checkpoints, and one without them is not pruned
    let signer = options.checkpoints.as_ref().map(|checkpoints| Arc::clone(&checkpoints.key));
    let signature = signer.and_then(|key| pruning.sign(&key).ok());
    (options.directory, options.chain) = (directory, Some(chain));
    // the chain is held again, and may only have grown meanwhile
    let log = Log::open(options)?;
    let recorded = log.record_pruned(|line| {
        if let Some((key, _)) = pruning.key {
            line.text(Field::CheckpointKey, key);
        }
        line.integer(Field::FirstSeq, prune.first_seq);
        line.integer(Field::ThroughSeq, prune.through_seq);
        line.digest(Field::TipHash, &pruning.tip);
        line.digest(Field::RootHash, &pruning.root);
        line.integer(Field::Count, size.saturating_sub(prune.first_seq));
        if let Some((_, epoch)) = pruning.key {
            line.integer(Field::Epoch, epoch);
        }
        line.optional_text(Field::Signature, signature.as_deref());
    });
    let seq = recorded.map_err(|_| UpkeepError::Unrecorded)?.seq;
    log.close_blocking().map_err(|_| UpkeepError::Unrecorded)?;
    if log.status().checkpoints.is_none_or(|checkpoints| checkpoints.size <= seq) {
        return Err(UpkeepError::Unrecorded);
    }

    for name in &prune.segments {
        files::remove(&folder.path.join(name)).map_err(failed("remove a segment"))?;
        // in this order on the disk as well, so that what is left after a power cut has no hole
        files::sync_directory(&folder.path).map_err(failed("remove a segment"))?;
    }
    let kept = notes.list().map_err(failed("list the checkpoints"))?;
    for old in kept.notes.into_iter().filter(|old| *old < size) {
        notes.forget_note(old).map_err(failed("remove a checkpoint"))?;
    }
    for old in kept.trees.into_iter().filter(|old| *old < size) {
        notes.forget_tree(old).map_err(failed("remove a tree's state"))?;
    }
    Ok(prune)
}

fn plan(folder: &ChainFolder, chain: Uuid, before: u64) -> Result<(Prune, Border), UpkeepError> {
    let report = verify::verify(&folder.path)?;
    if matches!(report.verdict, Verdict::Tampered | Verdict::Torn) {
        let fault = report.chains.first().and_then(|chain| chain.fault.as_ref());
        return Err(UpkeepError::NotWhole { class: fault.map_or(FaultClass::TornTail, |fault| fault.class) });
    }
    let newest = folder.checkpoints().list().map_err(failed("list the checkpoints"))?.notes.last().copied();
    let segments = folder.content().map_err(failed("list the segments"))?.segments;
    let most = before.min(newest.unwrap_or(0));
    let gone: Vec<u64> = segments
        .windows(2)
        .filter(|pair| pair.last().is_some_and(|next| *next <= most))
        .filter_map(|pair| pair.first())
        .copied()
        .collect();
    let next = segments.get(gone.len()).copied();
    let (Some(&first_seq), Some(size)) = (gone.first(), next) else {
        return Err(UpkeepError::NothingToPrune);
    };
    let border = survey(folder, first_seq, size)?;
    let through_seq = size.saturating_sub(1);
    let segments = gone.into_iter().map(crate::folder::segment_name).collect();
    Ok((Prune { chain, first_seq, through_seq, segments }, border))
}

/// What stands for all entries before `size`, of a chain that was verified and begins with entry `first_seq`.
fn survey(folder: &ChainFolder, first_seq: u64, size: u64) -> Result<Border, UpkeepError> {
    let io = |source| UpkeepError::Log(VerifyError::Io(source));
    let mut key: Option<(String, u64)> = None;
    let mut tree = Tree::new();
    if first_seq > 0 {
        let (base, found) = front(folder, first_seq)?;
        let state = folder.checkpoints().tree(base).map_err(io)?;
        let state = state.as_deref().and_then(|state| std::str::from_utf8(state).ok());
        tree = state.and_then(Tree::claimed).ok_or(UpkeepError::NotWhole { class: FaultClass::BadPrune })?;
        key = found;
    }
    let mut tip = Digest::ZERO;
    for entry in Reader::open(&folder.path)? {
        let entry = entry.map_err(|_| UpkeepError::NotWhole { class: FaultClass::Malformed })?;
        if entry.seq >= size {
            break;
        }
        // what a crash has left of an earlier prune is in the tree already
        if entry.seq == tree.size() {
            tree.append(&entry.entry_hash);
        }
        tip = entry.entry_hash;
        key = signer(&entry).or(key);
    }
    if tree.size() == size { Ok(Border { tip, tree, key }) } else { Err(UpkeepError::NothingToPrune) }
}

/// The key that an entry puts in force.
fn signer(entry: &Entry) -> Option<(String, u64)> {
    let of_key = matches!(entry.kind, Kind::ChainOpen | Kind::KeyRotate);
    entry.checkpoint_key.clone().filter(|_| of_key).zip(entry.epoch.or(Some(0)))
}

/// The first entry that the earlier `prune` left whose state there is, and the key in force there.
fn front(folder: &ChainFolder, first_seq: u64) -> Result<(u64, Option<(String, u64)>), UpkeepError> {
    let mut found: Option<(u64, Option<(String, u64)>)> = None;
    for entry in Reader::open(&folder.path)? {
        let Ok(entry) = entry else { continue };
        let Some(base) = entry.through_seq.filter(|_| entry.kind == Kind::Prune) else { continue };
        let base = base.saturating_add(1);
        if base >= first_seq && found.as_ref().is_none_or(|(least, _)| base <= *least) {
            found = Some((base, entry.checkpoint_key.zip(entry.epoch)));
        }
    }
    found.ok_or(UpkeepError::NotWhole { class: FaultClass::SegmentMissing })
}
