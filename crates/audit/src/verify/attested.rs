//! What is attested of a chain as far as it has been verified: its tree, the key in force, and which notes and anchors agreed with both.
//! A note of size N is looked at when N entries have been taken, and signed by the key that is in force behind the last of them: so an
//! old key cannot sign what came after it, nor a new one seal older entries anew.

use jiff::Timestamp;
use uuid::Uuid;

use super::{
    VerifyError,
    anchors::{Anchor, believed},
    evidence::{self, Evidence},
    fault::FaultClass,
    keys::{self, KeyInForce},
    progress::Wrong,
    report::{Anchored, AnchoredBy, CheckpointKey, Checkpoints},
    runs::Run,
};
use crate::{
    checkpoint::{CheckpointError, SignedCheckpoint, pruning},
    digest::Digest,
    line::entry::Entry,
    note::{NoteError, TrustedKeys},
    tree::range::Tree,
    vocabulary::Kind,
};

/// Why a chain is not looked at further, although its lines are good so far.
#[derive(Debug)]
pub(super) enum Halt {
    /// A note, or what stands for the front, does not agree with them.
    Fault {
        /// What does not agree.
        file: String,
        /// The last entry that it speaks of.
        seq: Option<u64>,
        wrong: Wrong,
    },
    /// Something cannot be read, or is no anchor.
    Failed(VerifyError),
}

impl Halt {
    const fn at(file: String, size: u64, wrong: Wrong) -> Self {
        Self::Fault { file, seq: size.checked_sub(1), wrong }
    }
}

/// What is attested of the entries so far.
#[derive(Debug, Clone)]
pub(super) struct Attested {
    /// How many entries there are.
    size: u64,
    tree: Tree,
    pub(super) key: Option<KeyInForce>,
    /// How many notes beside the chain agreed with it, and the size of the newest one.
    pub(super) notes: u64,
    pub(super) through: Option<u64>,
    pub(super) anchored: Option<Anchored>,
    /// How many entries are anchored, those before them included.
    pub(super) anchored_size: u64,
    /// When the first entry behind the anchored ones was made, if there is one; and if that is known.
    pub(super) beyond: Option<Option<Timestamp>>,
    /// Whether the `prune` that accounts for the front was taken, and a note that covers it.
    pruned: bool,
    pub(super) covered: bool,
    /// The entry by which a chain that had no key took one up.
    pub(super) adopted: Option<u64>,
}

impl Attested {
    pub(super) fn new(evidence: &Evidence<'_>) -> Self {
        let front = evidence.front.as_ref();
        Self {
            size: front.map_or(0, |front| front.first_seq),
            tree: front.map_or_else(Tree::new, |front| front.tree.clone()),
            key: front.and_then(|front| front.key.clone()),
            notes: 0,
            through: None,
            anchored: None,
            anchored_size: 0,
            beyond: None,
            pruned: false,
            covered: false,
            adopted: None,
        }
    }

    /// Takes the hash of the next entry.
    pub(super) fn take(&mut self, hash: &Digest, moment: Option<Timestamp>, evidence: &Evidence<'_>) {
        if evidence.grows(self.size) {
            self.tree.append(hash);
        }
        self.beyond.get_or_insert(moment);
        self.size += 1;
    }

    /// Takes the next entries; `false` if they do not plainly agree with the notes, and then this is of no further use.
    pub(super) fn join(&mut self, runs: &[Run], chain: Option<Uuid>, evidence: &Evidence<'_>) -> bool {
        runs.iter().all(|run| {
            if run.begin != self.size || evidence.front.as_ref().is_some_and(|front| front.base == run.end) {
                return false;
            }
            let joined = match &run.tree {
                Some(tree) if evidence.grows(run.begin) => self.tree.join(tree),
                _ => !evidence.grows(run.begin),
            };
            self.beyond.get_or_insert(run.moment);
            self.size = run.end;
            joined && self.arrive(chain, None, evidence).is_ok()
        })
    }

    /// Takes what an entry says about keys, or about a front that was removed.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn hear(&mut self, entry: &Entry, evidence: &Evidence<'_>) -> Result<(), Wrong> {
        // what a crash has left before the front is held by the hash that the prune names, and so is the key behind it
        if evidence.front.as_ref().is_some_and(|front| entry.seq < front.base) {
            return Ok(());
        }
        if entry.kind == Kind::Prune {
            return self.hear_prune(entry, evidence);
        }
        if let Some(key) = keys::behind(entry, entry.chain_id, self.key.as_ref(), evidence.given)? {
            if entry.kind == Kind::KeyRotate && self.key.is_none() {
                self.adopted = Some(entry.seq);
            }
            self.key = Some(key);
        }
        Ok(())
    }

    fn hear_prune(&mut self, entry: &Entry, evidence: &Evidence<'_>) -> Result<(), Wrong> {
        let through = entry.through_seq.unwrap_or(entry.seq);
        if through >= entry.seq || entry.first_seq.is_some_and(|first| first > through) {
            return Err((FaultClass::BadPrune, "first_seq and through_seq of entries before it".to_owned()));
        }
        // who may not sign for the entries that are there must not account for those that are gone
        if !self.key.as_ref().is_some_and(|key| pruning::is_signed(entry, &key.key)) {
            return Err((
                FaultClass::BadPrune,
                "a signature by the key in force over what it says".to_owned(),
            ));
        }
        if let Some(front) = &evidence.front {
            if front.is_by(entry) {
                self.pruned = true;
            } else if front.seq == entry.seq {
                return Err((FaultClass::BadPrune, "the entry as it stood there a moment ago".to_owned()));
            }
        }
        Ok(())
    }

    /// Compares what has come as far as a size that is wanted. `head` is the hash of the last entry, where it is known.
    ///
    /// # Errors
    /// What does not agree, or cannot be read.
    pub(super) fn arrive(
        &mut self,
        chain: Option<Uuid>,
        head: Option<Digest>,
        evidence: &Evidence<'_>,
    ) -> Result<(), Halt> {
        let size = self.size;
        if !evidence.wants(size) {
            return Ok(());
        }
        if let Some(front) = &evidence.front {
            if size < front.base {
                return Ok(());
            }
            if size == front.base && head.is_some_and(|head| head != front.tip) {
                let wrong = (FaultClass::BadPrune, format!("entry_hash {}", front.tip));
                return Err(Halt::at(String::new(), size, wrong));
            }
        }
        if evidence.notes.binary_search(&size).is_ok() {
            self.note(chain, evidence)?;
        }
        evidence.anchors.iter().filter(|anchor| anchor.sizes.binary_search(&size).is_ok()).try_for_each(
            |anchor| {
                let trusted = self.signers(evidence);
                let opened = anchor.open(size, trusted.as_ref());
                match opened.map_err(|error| Halt::Failed(error.into()))? {
                    Some(anchor) => self.anchor(anchor),
                    None => Ok(()),
                }
            },
        )
    }

    /// The keys that may have signed an anchor; `None` where any may. One by a key that is in force and not trusted, such as the one
    /// before the key that is given, is compared, and anchors nothing.
    fn signers(&self, evidence: &Evidence<'_>) -> Option<TrustedKeys> {
        let mut trusted = TrustedKeys::default();
        let in_force = self.key.as_ref().map(|key| &key.key);
        for key in evidence.given.iter().chain(in_force) {
            // one that is in the list already is trusted already
            let _ = trusted.add(key.clone());
        }
        (!evidence.given.is_empty()).then_some(trusted)
    }

    /// Looks at the note beside the chain.
    fn note(&mut self, chain: Option<Uuid>, evidence: &Evidence<'_>) -> Result<(), Halt> {
        let size = self.size;
        let Some(note) = read_note(evidence, size)? else { return Ok(()) };
        let bad = |expected: &str| {
            Err(Halt::at(note_name(size), size, (FaultClass::BadCheckpoint, expected.to_owned())))
        };
        let Some(key) = &self.key else { return bad("no note, since no key is in force") };
        let trusted = TrustedKeys::new([key.key.clone()]).unwrap_or_default();
        let checkpoint = match SignedCheckpoint::open(&note, &trusted) {
            Ok(signed) => signed.checkpoint,
            Err(CheckpointError::Note(NoteError::Unsigned | NoteError::BadSignature)) => {
                return bad("a signature by the key that is in force behind the last entry it covers");
            }
            Err(_) => return bad("a checkpoint"),
        };
        if Some(checkpoint.chain_id) != chain || checkpoint.head.size != size {
            return bad("a checkpoint of this chain and of the size in its name");
        }
        if checkpoint.head != self.tree.head() {
            return Err(self.mismatch(note_name(size), &checkpoint.head.root));
        }
        let trusted = key.trusted;
        self.notes += 1;
        self.through = Some(size);
        self.covered |= self.pruned;
        if trusted {
            self.anchor_here(AnchoredBy::Checkpoint, true);
        }
        Ok(())
    }

    fn anchor(&mut self, anchor: Anchor) -> Result<(), Halt> {
        if anchor.head != self.tree.head() {
            return Err(self.mismatch(anchor.file, &anchor.head.root));
        }
        let checked = !anchor.signers.is_empty();
        let in_force = self.key.as_ref().filter(|key| anchor.signers.contains(&key.key));
        if checked && in_force.is_none() {
            let expected = "a signature by the key that is in force behind the last entry it covers";
            let wrong = (FaultClass::BadCheckpoint, expected.to_owned());
            return Err(Halt::at(anchor.file, self.size, wrong));
        }
        let trusted = in_force.is_none_or(|key| key.trusted);
        self.covered |= self.pruned;
        if trusted {
            self.anchor_here(AnchoredBy::Anchor, checked);
        }
        Ok(())
    }

    /// All entries so far are anchored.
    fn anchor_here(&mut self, by: AnchoredBy, signature_checked: bool) {
        if let Some(through_seq) = self.size.checked_sub(1) {
            self.anchored = Some(Anchored { through_seq, by, signature_checked });
            (self.anchored_size, self.beyond) = (self.size, None);
        }
    }

    fn mismatch(&self, file: String, signed: &Digest) -> Halt {
        let expected = format!("entries with the root {signed}");
        Halt::at(file, self.size, (FaultClass::CheckpointMismatch, expected))
    }

    /// Looks at what speaks of more entries than there are, behind the last one.
    ///
    /// # Errors
    /// The first such note or anchor, which is a fault; or what cannot be read.
    pub(super) fn end(&self, chain: Option<Uuid>, evidence: &Evidence<'_>) -> Result<(), Halt> {
        let more = |sizes: &[u64]| sizes.partition_point(|size| *size <= self.size);
        let truncated = |file, size| Halt::Fault {
            file,
            seq: Some(self.size),
            wrong: (FaultClass::Truncated, format!("at least {size} entries")),
        };
        if !evidence.tracked {
            return Ok(());
        }
        for size in evidence.notes.iter().skip(more(&evidence.notes)) {
            let Some(note) = read_note(evidence, *size)? else { continue };
            let says =
                believed(&note).is_ok_and(|says| Some(says.chain_id) == chain && says.head.size == *size);
            if says {
                return Err(truncated(note_name(*size), *size));
            }
            let wrong = (
                FaultClass::BadCheckpoint,
                "a checkpoint of this chain and of the size in its name".to_owned(),
            );
            return Err(Halt::at(note_name(*size), *size, wrong));
        }
        let trusted = self.signers(evidence);
        for anchor in &evidence.anchors {
            for size in anchor.sizes.iter().skip(more(&anchor.sizes)) {
                let opened = anchor.open(*size, trusted.as_ref());
                if let Some(anchor) = opened.map_err(|error| Halt::Failed(error.into()))? {
                    return Err(truncated(anchor.file, *size));
                }
            }
        }
        Ok(())
    }

    /// What the notes beside the chain amount to.
    pub(super) fn checkpoints(&self) -> Checkpoints {
        let key = self.key.as_ref().map(|key| CheckpointKey {
            name: key.key.name().to_string(),
            id: key.key.id().to_string(),
            epoch: key.epoch,
            trusted: key.trusted,
        });
        let through_seq = self.through.and_then(|size| size.checked_sub(1));
        Checkpoints { count: self.notes, through_seq, key }
    }
}

/// The kinds of entries that say something which [`Attested::hear`] must know.
pub(super) const SPEAKING: [Kind; 3] = [Kind::ChainOpen, Kind::KeyRotate, Kind::Prune];

/// Whether an entry of this kind does.
pub(super) fn speaks(kind: Kind) -> bool {
    SPEAKING.contains(&kind)
}

/// The note of a size beside the chain. One that is gone gave way to a newer one.
fn read_note(evidence: &Evidence<'_>, size: u64) -> Result<Option<Vec<u8>>, Halt> {
    evidence::content(evidence.folder.note(size))
        .map_err(|source| Halt::Failed(VerifyError::Note { file: format!("{size:020}.note"), source }))
}

/// How a note beside the chain is called in a report.
fn note_name(size: u64) -> String {
    format!("checkpoints/{size:020}.note")
}
