//! What a verification says: one verdict a chain, and what it rests on.
//! Everything in a report comes from the verifier's own state or from typed fields, never from raw lines.

use serde::Serialize;
use uuid::Uuid;

use super::{depth::Depth, fault::FaultClass};
use crate::{digest::Digest, vocabulary::words};

words! {
    /// What a chain, or several, amount to.
    Verdict {
        /// Nothing is wrong.
        Intact = "intact",
        /// Something was changed.
        Tampered = "tampered",
        /// Nothing is wrong, but part of the chain is not anchored as demanded.
        NotAnchored = "not_anchored",
        /// Only the tail is torn, as a crash leaves it.
        Torn = "torn",
        /// The front was removed, and that is accounted for.
        Pruned = "pruned",
    }
}

impl Verdict {
    /// The exit code of a program that reports this verdict; 2 is for usage and I/O.
    #[must_use]
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::Intact => 0,
            Self::Tampered => 1,
            Self::NotAnchored => 3,
            Self::Torn => 4,
            Self::Pruned => 5,
        }
    }

    /// The graver of two: tampered, torn, not anchored, pruned, intact.
    #[must_use]
    pub const fn graver(self, other: Self) -> Self {
        const fn weight(verdict: Verdict) -> u8 {
            match verdict {
                Verdict::Intact => 0,
                Verdict::Pruned => 1,
                Verdict::NotAnchored => 2,
                Verdict::Torn => 3,
                Verdict::Tampered => 4,
            }
        }
        if weight(other) > weight(self) { other } else { self }
    }
}

/// The first thing that is wrong in a chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Fault {
    /// The chain, if its folder or its first entry names it.
    pub chain: Option<Uuid>,
    /// File name of the segment; empty if it is about no file.
    pub file: String,
    /// Line in that file, from 1; 0 if it is about no line.
    pub line: u64,
    /// Byte in that file at which the line begins.
    pub offset: u64,
    /// The place in the chain that the line should have.
    pub seq: Option<u64>,
    /// What kind of fault.
    pub class: FaultClass,
    /// What should have been there.
    pub expected: String,
}

/// Something that is odd but no fault.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "warning", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Warning {
    /// The clock went back.
    ClockBackward {
        /// How often.
        count: u64,
        /// The first entry that is older than the one before.
        first_seq: u64,
    },
    /// Starts that found entries above the newest checkpoint and went on from them. A crash leaves what is made between two
    /// checkpoints; more than that, somebody who has no key may have written while no process held the chain.
    Uncovered {
        /// How many starts.
        starts: u64,
        /// The most entries that one of them found.
        most: u64,
        /// Where that `start` stands.
        seq: u64,
    },
    /// A chain that had no key took one up: for the entries before, its checkpoints vouch only as they were found then.
    Adopted {
        /// Where the `key.rotate` stands.
        seq: u64,
    },
    /// Files that do not belong into the folder.
    UnexpectedFiles {
        /// How many.
        count: u64,
    },
    /// Anchors that speak of removed entries alone. Nothing could be compared with them.
    AnchorsBeneath {
        /// How many.
        count: u64,
    },
}

words! {
    /// What anchors a chain.
    AnchoredBy {
        /// A note beside the chain, which a trusted key has signed.
        Checkpoint = "checkpoint",
        /// A note that was kept elsewhere.
        Anchor = "anchor",
    }
}

/// As far as this, a chain is the one that somebody vouches for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Anchored {
    /// The last entry that is anchored.
    pub through_seq: u64,
    /// By what; an anchor where both would do.
    pub by: AnchoredBy,
    /// Whether a trusted key has signed it. Without keys an anchor is believed because it was brought.
    pub signature_checked: bool,
}

/// What the notes beside a chain amount to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Checkpoints {
    /// How many there are that agree with the chain.
    pub count: u64,
    /// The last entry that the newest of them covers.
    pub through_seq: Option<u64>,
    /// The key that is in force at the end, as the chain says.
    pub key: Option<CheckpointKey>,
}

/// A key that signs checkpoints.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct CheckpointKey {
    /// Its name.
    pub name: String,
    /// Its id.
    pub id: String,
    /// How many keys the chain had before.
    pub epoch: u64,
    /// Whether it is one of the given keys, or valid rotations lead to it from one.
    pub trusted: bool,
}

/// What was removed from the front of a chain, and is accounted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Pruned {
    /// The last entry that was removed.
    pub through_seq: u64,
}

/// What was found in one chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ChainReport {
    /// The chain, if its folder or its first entry names it.
    pub chain: Option<Uuid>,
    /// What it amounts to.
    pub verdict: Verdict,
    /// Entries that are good, up to the first fault.
    pub entries: u64,
    /// Bytes of those entries.
    pub bytes: u64,
    /// Place of the last good entry.
    pub last_seq: Option<u64>,
    /// Hash of the last good entry. Keep it elsewhere: it is what a later look can be compared with.
    pub head: Option<Digest>,
    /// Intents without an outcome; of a live chain those that run are among them.
    pub dangling: u64,
    /// The first hundred of them.
    pub dangling_seqs: Vec<u64>,
    /// Torn tails that earlier starts took away.
    pub recoveries: u64,
    /// Whether a process holds the chain; then only whole lines were looked at.
    pub live: bool,
    /// Bytes of a torn tail.
    pub torn_bytes: u64,
    /// What the notes beside the chain amount to, if they were looked at.
    pub checkpoints: Option<Checkpoints>,
    /// What is anchored: by notes that trusted keys have signed, or by anchors.
    pub anchored: Option<Anchored>,
    /// Entries behind that; only where keys are given, so that it is demanded.
    pub unanchored: Option<u64>,
    /// What was removed from the front.
    pub pruned: Option<Pruned>,
    /// What is odd.
    pub warnings: Vec<Warning>,
    /// What is wrong; for a torn tail, where it begins.
    pub fault: Option<Fault>,
}

impl ChainReport {
    /// Of a chain that nothing has been found of yet.
    pub(super) const fn new(chain: Option<Uuid>) -> Self {
        Self {
            chain,
            verdict: Verdict::Intact,
            entries: 0,
            bytes: 0,
            last_seq: None,
            head: None,
            dangling: 0,
            dangling_seqs: Vec::new(),
            recoveries: 0,
            live: false,
            torn_bytes: 0,
            checkpoints: None,
            anchored: None,
            unanchored: None,
            pruned: None,
            warnings: Vec::new(),
            fault: None,
        }
    }

    /// Of a chain that an anchor speaks of, and that is not there.
    pub(super) fn missing(chain: Uuid) -> Self {
        let fault = Fault {
            chain: Some(chain),
            file: String::new(),
            line: 0,
            offset: 0,
            seq: None,
            class: FaultClass::ChainMissing,
            expected: format!("a folder {chain} in the audit directory"),
        };
        Self { verdict: Verdict::Tampered, fault: Some(fault), ..Self::new(Some(chain)) }
    }
}

/// What was found in all chains.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Report {
    /// The gravest verdict of all chains.
    pub verdict: Verdict,
    /// How much was looked at.
    pub depth: Depth,
    /// Chain by chain, oldest first.
    pub chains: Vec<ChainReport>,
    /// What is odd about the directory.
    pub warnings: Vec<Warning>,
}
