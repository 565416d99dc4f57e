//! What a verifier remembers of the entries it has seen: the head, the open intents, the clock.
//! Its memory is bounded by the format, whatever the log holds.

use std::collections::BTreeMap;

use jiff::Timestamp;
use uuid::Uuid;

use super::{fault::FaultClass, report::Warning};
use crate::{
    digest::Digest,
    folder, limit,
    line::{FORMAT, facts::Facts},
    vocabulary::Kind,
};

/// How many dangling intents are named.
const NAMED: usize = 100;

/// A fault of one entry: its class, and what should have been.
pub(super) type Wrong = (FaultClass, String);

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

/// What is known of the chain so far.
#[derive(Debug)]
pub(super) struct Progress {
    pub(super) chain: Option<Uuid>,
    pub(super) next_seq: u64,
    pub(super) head: Digest,
    pub(super) recoveries: u64,
    dangling: u64,
    named: Vec<u64>,
    /// Intents of the present writer that await their outcome, and their calls.
    open: BTreeMap<u64, Uuid>,
    newest: Option<Timestamp>,
    backward: u64,
    first_backward: u64,
    last_kind: Option<Kind>,
    next_segment: Option<u64>,
}

impl Progress {
    pub(super) const fn new(chain: Option<Uuid>) -> Self {
        Self {
            chain,
            next_seq: 0,
            head: Digest::ZERO,
            recoveries: 0,
            dangling: 0,
            named: Vec::new(),
            open: BTreeMap::new(),
            newest: None,
            backward: 0,
            first_backward: 0,
            last_kind: None,
            next_segment: None,
        }
    }

    /// Takes the next entry.
    ///
    /// # Errors
    /// What is wrong with it as the next one; the progress is then of no further use.
    pub(super) fn take(&mut self, entry: &Facts, place: Place) -> Result<(), Wrong> {
        self.link(entry)?;
        self.borders(entry, place)?;
        self.references(entry)?;
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
        self.next_seq += 1;
        self.head = entry.entry_hash;
        Ok(())
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
            return Err((FaultClass::SeqGap, format!("seq {}", self.next_seq)));
        }
        if entry.prev_hash != self.head {
            return Err((FaultClass::BrokenLink, format!("prev_hash {}", self.head)));
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

    /// Matches outcomes with intents.
    fn references(&mut self, entry: &Facts) -> Result<(), Wrong> {
        match entry.kind {
            Kind::Intent => {
                self.open.insert(entry.seq, entry.call_id.unwrap_or_default());
                if self.open.len() > limit::OPEN_INTENTS {
                    return Err((
                        FaultClass::TooManyOpen,
                        format!("at most {} open intents", limit::OPEN_INTENTS),
                    ));
                }
            }
            Kind::Outcome => {
                let opened = entry.ref_seq.and_then(|seq| self.open.remove(&seq));
                if opened.is_none() || opened != entry.call_id {
                    return Err((
                        FaultClass::BadReference,
                        "ref_seq of an open intent of this call".to_owned(),
                    ));
                }
            }
            // the process that would have ended them is gone
            Kind::Start => {
                self.dangling += self.open.len() as u64;
                let room = NAMED.saturating_sub(self.named.len());
                self.named.extend(std::mem::take(&mut self.open).keys().take(room));
            }
            _ => {}
        }
        Ok(())
    }

    /// The file that the last entry announces, if it closes its segment.
    pub(super) fn announced(&self) -> Option<u64> {
        self.next_segment.filter(|_| self.last_kind == Some(Kind::SegmentClose))
    }

    /// How many intents have no outcome, and which come first.
    pub(super) fn dangling(&self) -> (u64, Vec<u64>) {
        let named = self.named.iter().chain(self.open.keys()).copied().take(NAMED).collect();
        (self.dangling + self.open.len() as u64, named)
    }

    pub(super) fn warnings(&self) -> Option<Warning> {
        (self.backward > 0)
            .then_some(Warning::ClockBackward { count: self.backward, first_seq: self.first_backward })
    }
}

#[cfg(test)]
mod tests;
