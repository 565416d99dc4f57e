//! What holds between an entry and those before it but for references: the links, the numbers, the borders of segments, the clock.
//! The same rules serve line by line, and for lines whose predecessors somebody else looks at.

use jiff::Timestamp;
use uuid::Uuid;

use super::{fault::FaultClass, progress::Wrong, report::Warning};
use crate::{
    digest::Digest,
    folder,
    line::{FORMAT, facts::Facts},
    vocabulary::Kind,
};

/// Where in its segment an entry stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    /// Whether it is the first line of the segment.
    pub(super) opens_segment: bool,
    /// The `first_seq` in the segment's name.
    pub(super) segment: u64,
    /// Hash of the whole segment before.
    pub(super) previous: Option<Digest>,
}

/// What starts found that no checkpoint covered.
#[derive(Debug, Clone, Copy, Default)]
struct Uncovered {
    starts: u64,
    /// The most that one found, and its `seq`.
    most: u64,
    seq: u64,
}

impl Uncovered {
    const fn take(&mut self, other: Self) {
        self.starts += other.starts;
        if other.most > self.most {
            (self.most, self.seq) = (other.most, other.seq);
        }
    }
}

/// What later entries must fit to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Links {
    pub(super) chain: Option<Uuid>,
    pub(super) next_seq: u64,
    pub(super) head: Digest,
    pub(super) recoveries: u64,
    uncovered: Uncovered,
    newest: Option<Timestamp>,
    backward: u64,
    first_backward: u64,
    last_kind: Option<Kind>,
    next_segment: Option<u64>,
    /// Whether nothing has been taken yet, since the entries before were removed.
    removed: bool,
}

impl Links {
    /// Before the first entry of `chain`, where its name is known.
    pub(super) const fn new(chain: Option<Uuid>) -> Self {
        Self {
            chain,
            next_seq: 0,
            head: Digest::ZERO,
            recoveries: 0,
            uncovered: Uncovered { starts: 0, most: 0, seq: 0 },
            newest: None,
            backward: 0,
            first_backward: 0,
            last_kind: None,
            next_segment: None,
            removed: false,
        }
    }

    /// Before entry `first_seq` of `chain`, of which the entries before were removed; `head` is the hash of the last of them.
    pub(super) const fn removed(chain: Option<Uuid>, first_seq: u64, head: Digest) -> Self {
        Self {
            next_seq: first_seq,
            head,
            last_kind: Some(Kind::SegmentClose),
            next_segment: Some(first_seq),
            removed: true,
            ..Self::new(chain)
        }
    }

    /// Behind `entry`, whatever came before it.
    pub(super) fn behind(entry: &Facts) -> Self {
        let mut links = Self { next_seq: entry.seq, ..Self::new(Some(entry.chain_id)) };
        links.step(entry);
        Self { recoveries: 0, uncovered: Uncovered::default(), ..links }
    }

    /// Takes the next entry.
    ///
    /// # Errors
    /// What is wrong with it as the next one.
    pub(super) fn take(&mut self, entry: &Facts, place: Place) -> Result<(), Wrong> {
        self.link(entry)?;
        self.borders(entry, place)?;
        self.step(entry);
        Ok(())
    }

    fn step(&mut self, entry: &Facts) {
        if self.newest.is_some_and(|newest| entry.moment < newest) {
            if self.backward == 0 {
                self.first_backward = entry.seq;
            }
            self.backward += 1;
        }
        self.newest = Some(entry.moment);
        self.last_kind = Some(entry.kind);
        self.next_segment = entry.next_segment;
        self.recoveries += u64::from(entry.kind == Kind::Recover);
        if let Some(most) = entry.uncovered {
            self.uncovered.take(Uncovered { starts: 1, most, seq: entry.seq });
        }
        self.next_seq += 1;
        self.head = entry.entry_hash;
        self.removed = false;
    }

    /// Goes on where `other` ends, which began [behind](Self::behind) the entry that was taken last.
    pub(super) const fn adopt(&mut self, other: &Self) {
        let first_backward = if self.backward == 0 { other.first_backward } else { self.first_backward };
        let (recoveries, backward) = (self.recoveries + other.recoveries, self.backward + other.backward);
        let mut uncovered = self.uncovered;
        uncovered.take(other.uncovered);
        *self = Self { chain: self.chain, recoveries, uncovered, backward, first_backward, ..*other };
    }

    /// Goes on behind `lines` more lines, of which nothing is known but that the last of them has the hash `head`.
    pub(super) const fn pass(&mut self, lines: u64, head: Digest) {
        if lines > 0 {
            self.next_seq += lines;
            self.head = head;
            (self.newest, self.last_kind, self.next_segment) = (None, None, None);
            self.removed = false;
        }
    }

    fn link(&mut self, entry: &Facts) -> Result<(), Wrong> {
        let chain = *self.chain.get_or_insert(entry.chain_id);
        if entry.chain_id != chain {
            return Err((FaultClass::WrongChain, format!("chain_id {chain}")));
        }
        if self.last_kind == Some(Kind::ChainClose) {
            return Err((FaultClass::AfterClose, "nothing after chain.close".to_owned()));
        }
        if entry.seq != self.next_seq {
            return Err(self.gap());
        }
        if entry.prev_hash != self.head {
            return Err(self.broken());
        }
        let genesis = entry.kind == Kind::ChainOpen;
        if genesis != (entry.seq == 0) || (genesis && !entry.known_format) {
            return Err((
                FaultClass::Genesis,
                format!("chain.open with format {FORMAT} at seq 0 and nowhere else"),
            ));
        }
        Ok(())
    }

    /// The fault of an entry that has not the next number.
    pub(super) fn gap(&self) -> Wrong {
        (FaultClass::SeqGap, format!("seq {}", self.next_seq))
    }

    /// The fault of an entry that is not linked to the one before.
    pub(super) fn broken(&self) -> Wrong {
        let class = if self.removed { FaultClass::BadPrune } else { FaultClass::BrokenLink };
        (class, format!("prev_hash {}", self.head))
    }

    /// Checks what stands at the borders of segments.
    fn borders(&self, entry: &Facts, place: Place) -> Result<(), Wrong> {
        if place.opens_segment && place.segment != entry.seq {
            return Err((FaultClass::SegmentName, folder::segment_name(entry.seq)));
        }
        let follows = place.opens_segment && entry.seq > 0;
        if (entry.kind == Kind::SegmentOpen) != follows {
            return Err((
                FaultClass::SegmentName,
                "segment.open as the first line of a later segment".to_owned(),
            ));
        }
        if (self.last_kind == Some(Kind::SegmentClose)) != follows {
            return Err((
                FaultClass::SegmentName,
                "segment.close as the last line of an earlier segment".to_owned(),
            ));
        }
        if follows && (entry.first_seq != Some(entry.seq) || self.next_segment != Some(place.segment)) {
            let name = folder::segment_name(place.segment);
            return Err((
                FaultClass::SegmentName,
                format!("first_seq {} and next_segment {name}", entry.seq),
            ));
        }
        if follows
            && let Some(previous) = place.previous
            && entry.prev_segment_sha256 != Some(previous)
        {
            return Err((FaultClass::SegmentHash, format!("prev_segment_sha256 {previous}")));
        }
        Ok(())
    }

    /// The segment that the last entry announces, if it closes its own.
    pub(super) fn announced(&self) -> Option<u64> {
        self.next_segment.filter(|_| self.last_kind == Some(Kind::SegmentClose))
    }

    pub(super) fn warnings(&self) -> impl Iterator<Item = Warning> {
        let backward = Warning::ClockBackward { count: self.backward, first_seq: self.first_backward };
        let Uncovered { starts, most, seq } = self.uncovered;
        let uncovered = Warning::Uncovered { starts, most, seq };
        let backward = (self.backward > 0).then_some(backward);
        backward.into_iter().chain((starts > 0).then_some(uncovered))
    }
}
