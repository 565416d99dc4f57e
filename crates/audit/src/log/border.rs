//! Looks at the segment before the last one, as far as a start does: it must be whole, closed, and what the last one follows.
//! Segments further up are the verifier's business.

use uuid::Uuid;

use super::{
    error::{Action as _, OpenError},
    recover,
};
use crate::{
    digest::{Digest, Running},
    files,
    folder::{self, ChainFolder},
    line::entry::Entry,
    verify::fault::FaultClass,
    vocabulary::Kind,
};

/// The end of a closed segment.
#[derive(Debug)]
pub(super) struct Closed {
    pub(super) close: Entry,
    /// Hash of the whole segment.
    pub(super) sha256: Digest,
}

/// Reads the segment that begins with `first_seq`, which must end with a `segment.close` that announces `next`.
pub(super) fn closed(
    folder: &ChainFolder,
    chain: Uuid,
    first_seq: u64,
    next: u64,
) -> Result<Closed, OpenError> {
    let damaged = |class| OpenError::Damaged { chain, class };
    let file = files::read(&folder.segment(first_seq)).action("open a segment")?;
    let length = file.metadata().action("look at a segment")?.len();
    let (last, tail) = recover::last_entry(&file, length, chain)?;
    let close = last.ok_or_else(|| damaged(FaultClass::TornTail))?.entry;
    if !tail.is_empty() {
        // no crash tears a segment that another one follows
        return Err(damaged(FaultClass::TornTail));
    }
    if close.kind != Kind::SegmentClose || close.next_segment != Some(folder::segment_name(next)) {
        return Err(damaged(FaultClass::SegmentMissing));
    }
    if close.seq.checked_add(1) != Some(next) {
        return Err(damaged(FaultClass::SegmentName));
    }
    let sha256 = Running::of(&file).action("read a segment")?.digest();
    Ok(Closed { close, sha256 })
}

impl Closed {
    /// Checks that `open` is what begins the segment behind this one.
    pub(super) fn is_followed_by(&self, open: &Entry) -> Result<(), FaultClass> {
        let next = self.close.seq.saturating_add(1);
        if open.kind != Kind::SegmentOpen || open.first_seq != Some(next) {
            Err(FaultClass::SegmentName)
        } else if open.seq != next {
            Err(FaultClass::SeqGap)
        } else if open.chain_id != self.close.chain_id {
            Err(FaultClass::WrongChain)
        } else if open.prev_hash != self.close.entry_hash {
            Err(FaultClass::BrokenLink)
        } else if open.prev_segment_sha256 != Some(self.sha256) {
            Err(FaultClass::SegmentHash)
        } else {
            Ok(())
        }
    }
}
