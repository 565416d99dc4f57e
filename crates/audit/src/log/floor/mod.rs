//! The ground that a start stands on: what checkpoints have said about the chain stays true. At or below the newest one nothing is ever
//! a torn tail, and a chain that has fewer entries, or others, than a sink remembers is an older state that was put back.
//!
//! Everything here only reads. Nothing is cut off, moved or written before [`check`] has agreed.

mod entries;
mod keys;
mod sinks;

pub(super) use self::{entries::Entries, sinks::outside};
use std::time::Duration;

use self::{
    entries::entry_hash,
    keys::{Keys, is_of},
};
use super::{
    checkpoints::CheckpointOptions,
    error::{Action as _, OpenError},
};
use crate::{
    checkpoint::{
        Checkpoint, CheckpointError, SignedCheckpoint,
        notes::{NoteFolder, Notes},
    },
    digest::Digest,
    line::{entry::Entry, read},
    note::{NoteError, TrustedKeys},
    tree::{TreeHead, range::Tree},
    verify::fault::FaultClass,
    vocabulary::Kind,
};

const ACTION: &str = "read the checkpoints";

/// What the checkpoints of a chain allow its next writer to build on.
#[derive(Debug)]
pub(super) struct Ground {
    /// The tree over all whole entries.
    pub(super) tree: Tree,
    /// Size of the newest checkpoint that is kept with the chain; 0 if there is none.
    pub(super) newest: u64,
    /// How many whole entries there are above it.
    pub(super) uncovered: u64,
    /// Sizes of the tree's states that need not stay once there is a newer one.
    pub(super) states: Vec<u64>,
    /// The newest note of each sink.
    pub(super) copies: Vec<Option<Vec<u8>>>,
    pub(super) key: Succession,
}

/// What the next writer has to record about the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Succession {
    /// Nothing: the configured key is in force.
    Same,
    /// That the chain, which had none, takes it up, as somebody wants it to.
    Adopt,
    /// That it follows the former key, as number `epoch`.
    Follow { epoch: u64 },
}

/// A root that the tree must have had.
#[derive(Debug, Clone, Copy)]
struct Mark {
    head: TreeHead,
    /// Whether a sink says so, rather than the chain's own folder.
    copy: bool,
}

/// Compares the chain with its checkpoints; `None` if it has none and none are to be made. `first` is the chain's first line.
///
/// # Errors
/// [`OpenError`] if the chain must not be gone on with, or not with these keys.
pub(super) fn check(
    options: Option<&CheckpointOptions>,
    entries: &Entries<'_>,
    first: &Entry,
    patience: Duration,
) -> Result<Option<Ground>, OpenError> {
    let folder = entries.folder.checkpoints();
    let notes = folder.list().action(ACTION)?;
    let (chain, front) = (entries.chain, entries.front());
    let Some(options) = options else {
        return if !notes.notes.is_empty() || first.checkpoint_key.is_some() {
            Err(OpenError::KeyMissing { chain })
        } else if front > 0 {
            Err(entries.damaged(FaultClass::SegmentMissing))
        } else {
            Ok(None)
        };
    };
    // whoever prunes leaves the tree's state where a segment begins; what it says is seen below
    let left = |state: &u64| *state >= front && entries.segments.contains(state);
    if front > 0 && !notes.trees.iter().any(left) {
        return Err(entries.damaged(FaultClass::SegmentMissing));
    }
    let copies = sinks::newest(&options.sinks, chain, patience)?;
    let look = Look { options, entries, folder, notes };
    look.check(copies).map(Some)
}

/// One look at a chain.
struct Look<'chain> {
    options: &'chain CheckpointOptions,
    entries: &'chain Entries<'chain>,
    folder: NoteFolder,
    notes: Notes,
}

impl Look<'_> {
    fn check(self, copies: Vec<Option<Vec<u8>>>) -> Result<Ground, OpenError> {
        let mut trusted = self.options.trusted().map_err(|_| OpenError::KeysAlike)?;
        let newest = self.notes.notes.last().copied();
        let note = newest.map(|size| self.note(size)).transpose()?;
        // a few lines say enough if the present key has signed; otherwise the chain itself must say which keys it had
        let quick = note.as_deref().is_some_and(|note| self.is_by_present_key(note))
            && copies.iter().flatten().all(|copy| !is_by_a_stranger(copy, &trusted));
        let mut keys = if quick { None } else { Some(Keys::read(self.entries)?) };
        for key in keys.iter().flat_map(Keys::all) {
            // one that is trusted already is no news
            let _ = trusted.add(key.clone());
        }

        let mut marks = Vec::new();
        if let (Some(size), Some(note)) = (newest, &note) {
            let head = self.open(note, &trusted, keys.as_ref())?.filter(|head| head.size == size);
            let head = head.ok_or_else(|| self.entries.damaged(FaultClass::BadCheckpoint))?;
            if size > self.entries.size {
                return Err(self.entries.damaged(FaultClass::Truncated));
            }
            marks.push(Mark { head, copy: false });
        }
        let chain = self.entries.chain;
        for copy in copies.iter().flatten() {
            let head = self.open(copy, &trusted, keys.as_ref())?.ok_or(OpenError::BadCopy { chain })?;
            if head.size > self.entries.size {
                return Err(OpenError::RolledBack { chain });
            }
            marks.push(Mark { head, copy: true });
        }
        let newest_head = marks.first().filter(|mark| !mark.copy).map(|mark| mark.head);
        let marks = self.settle(marks)?;
        let begin = self.begin(newest_head, &marks)?;
        let (tree, spoken) = self.grow(begin, newest.unwrap_or_default(), &marks)?;
        if spoken && keys.is_none() {
            keys = Some(Keys::read(self.entries)?);
        }
        let is_border = |state: &u64| self.entries.segments.contains(state);
        Ok(Ground {
            tree,
            newest: newest.unwrap_or_default(),
            uncovered: self.entries.size.saturating_sub(newest.unwrap_or_default()),
            states: self.notes.trees.iter().copied().filter(|state| !is_border(state)).collect(),
            copies,
            key: self.succession(keys.as_ref())?,
        })
    }

    fn note(&self, size: u64) -> Result<Vec<u8>, OpenError> {
        match self.folder.note(size) {
            Ok(Some(note)) => Ok(note),
            // it has just been listed
            Ok(None) => Err(self.entries.damaged(FaultClass::BadCheckpoint)),
            Err(error) if error.kind() == std::io::ErrorKind::FileTooLarge => {
                Err(self.entries.damaged(FaultClass::BadCheckpoint))
            }
            Err(error) => Err(error).action(ACTION),
        }
    }

    fn is_by_present_key(&self, note: &[u8]) -> bool {
        let present = TrustedKeys::new([self.options.key.verifier().clone()]);
        present.is_ok_and(|present| SignedCheckpoint::open(note, &present).is_ok())
    }

    /// Reads a note; `None` if it is none of this chain, or not by the key that was in force where it ends.
    fn open(
        &self,
        note: &[u8],
        trusted: &TrustedKeys,
        keys: Option<&Keys>,
    ) -> Result<Option<TreeHead>, OpenError> {
        let signed = match SignedCheckpoint::open(note, trusted) {
            Ok(signed) => signed,
            // the chain knows other keys than these two, or none
            Err(CheckpointError::Note(NoteError::Unsigned)) => return self.stranger(keys).map(|()| None),
            Err(_) => return Ok(None),
        };
        let Checkpoint { chain_id, head } = signed.checkpoint;
        let by_force = |keys: &Keys| keys.of(head.size).is_some_and(|key| signed.signers.contains(key));
        // the keys of entries that are not there cannot be known
        let known = keys.filter(|_| head.size <= self.entries.size);
        let good = chain_id == self.entries.chain && known.is_none_or(by_force);
        Ok(good.then_some(head))
    }

    /// Nobody known has signed. Where the chain has no key at all, it is as likely that the configured one is wrong.
    fn stranger(&self, keys: Option<&Keys>) -> Result<(), OpenError> {
        match keys.and_then(Keys::last) {
            None => Err(OpenError::OtherKey { chain: self.entries.chain }),
            Some(_) => Ok(()),
        }
    }

    /// The marks that the tree must be held against, ascending. A copy whose newest note is of entries that were pruned since cannot be
    /// compared with anything, so it says nothing for the chain, whoever pruned it. That the same note lies beside the chain says nothing
    /// either: whoever put an older state there could have put it beside it.
    fn settle(&self, mut marks: Vec<Mark>) -> Result<Vec<Mark>, OpenError> {
        let front = self.entries.front();
        if marks.iter().any(|mark| mark.copy && mark.head.size < front) {
            return Err(OpenError::CopyBeneath { chain: self.entries.chain });
        }
        marks.sort_by_key(|mark| mark.head.size);
        Ok(marks)
    }

    /// The tree to begin with: that of the newest note, unless an older one is needed.
    fn begin(&self, newest: Option<TreeHead>, marks: &[Mark]) -> Result<Tree, OpenError> {
        let front = self.entries.front();
        let lowest = marks.iter().map(|mark| mark.head.size).filter(|size| *size >= front).min();
        if let Some(head) = newest.filter(|head| lowest.is_none_or(|lowest| lowest >= head.size)) {
            let state = self.folder.tree(head.size).ok().flatten();
            let tree = state.and_then(|state| Tree::restore(std::str::from_utf8(&state).ok()?, &head));
            if let Some(tree) = tree {
                return Ok(tree);
            }
        }
        if front == 0 {
            return Ok(Tree::new());
        }
        // whether it is the right one shows where it leads to: no other one leads to a root that was signed
        let state = newest.and_then(|_| self.folder.tree(front).ok().flatten());
        let tree = state.and_then(|state| Tree::claimed(std::str::from_utf8(&state).ok()?));
        tree.filter(|tree| tree.size() == front).ok_or(OpenError::NoTree { chain: self.entries.chain })
    }

    /// Grows the tree over all whole entries, looking at each mark on the way and, above the newest note, at each line. Tells whether
    /// anything about keys or a front was said there, which has yet to be verified.
    fn grow(&self, mut tree: Tree, newest: u64, marks: &[Mark]) -> Result<(Tree, bool), OpenError> {
        let damaged = |class| self.entries.damaged(class);
        let begin = tree.size();
        let mut marks = marks.iter().filter(|mark| mark.head.size >= begin).peekable();
        let mut compare = |tree: &Tree| {
            while let Some(mark) = marks.next_if(|mark| mark.head.size == tree.size()) {
                if mark.head != tree.head() {
                    return Err(if mark.copy {
                        OpenError::RolledBack { chain: self.entries.chain }
                    } else {
                        damaged(FaultClass::CheckpointMismatch)
                    });
                }
            }
            Ok(())
        };
        compare(&tree)?;
        let mut spoken = false;
        let mut previous: Option<Digest> = None;
        // one line earlier, for the link of the first one
        let from = begin.saturating_sub(1).max(self.entries.front());
        self.entries.each(from, |seq, line| {
            let hash = entry_hash(line).ok_or_else(|| damaged(FaultClass::BadSuffix))?;
            if seq < begin {
                previous = Some(hash);
                return Ok(());
            }
            if seq >= newest {
                // nobody has vouched for these yet, and the next checkpoint will
                let facts = read::check(line).map_err(damaged)?;
                if facts.chain_id != self.entries.chain {
                    return Err(damaged(FaultClass::WrongChain));
                }
                if facts.seq != seq {
                    return Err(damaged(FaultClass::SeqGap));
                }
                if previous.is_some_and(|previous| previous != facts.prev_hash) {
                    return Err(damaged(FaultClass::BrokenLink));
                }
                spoken |= is_of(line, Kind::KeyRotate) || is_of(line, Kind::Prune);
            }
            previous = Some(hash);
            tree.append(&hash);
            compare(&tree)
        })?;
        Ok((tree, spoken))
    }

    /// What follows from the key in force, which is the present one where nobody had to look.
    fn succession(&self, keys: Option<&Keys>) -> Result<Succession, OpenError> {
        let Some(keys) = keys else { return Ok(Succession::Same) };
        let chain = self.entries.chain;
        let adopt = self.options.adopt;
        let Some((key, epoch)) = keys.last() else {
            return if adopt { Ok(Succession::Adopt) } else { Err(OpenError::Unsigned { chain }) };
        };
        let succession = if key == self.options.key.verifier() {
            Succession::Same
        } else if self.options.former().is_some_and(|former| former.verifier() == key) {
            Succession::Follow { epoch: epoch.saturating_add(1) }
        } else {
            return Err(OpenError::OtherKey { chain });
        };
        // a chain is made with its first checkpoint, and takes up a key with the next
        if self.notes.notes.is_empty() && !adopt {
            Err(OpenError::NoCheckpoint { chain })
        } else {
            Ok(succession)
        }
    }
}

/// Whether none of the trusted keys has signed.
fn is_by_a_stranger(note: &[u8], trusted: &TrustedKeys) -> bool {
    matches!(SignedCheckpoint::open(note, trusted), Err(CheckpointError::Note(NoteError::Unsigned)))
}
