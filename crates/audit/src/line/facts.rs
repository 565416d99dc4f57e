//! What a verifier needs of an entry: the links, the references and what stands at the borders of segments.
//! It is read without allocating, unlike the whole [`Entry`](super::entry::Entry).

use jiff::Timestamp;
use uuid::Uuid;

use super::{FORMAT, grammar::Keep};
use crate::{digest::Digest, field::Field, folder, text::Text, vocabulary::Kind};

/// Part of an entry. Fields are named as in [`Entry`](super::entry::Entry).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Facts {
    pub(crate) chain_id: Uuid,
    pub(crate) seq: u64,
    pub(crate) moment: Timestamp,
    pub(crate) kind: Kind,
    pub(crate) call_id: Option<Uuid>,
    pub(crate) ref_seq: Option<u64>,
    /// Whether `format` is the one of this version.
    pub(crate) known_format: bool,
    pub(crate) uncovered: Option<u64>,
    pub(crate) first_seq: Option<u64>,
    pub(crate) prev_segment_sha256: Option<Digest>,
    /// The `first_seq` in the name that is `next_segment`, if it is a segment's name.
    pub(crate) next_segment: Option<u64>,
    pub(crate) prev_hash: Digest,
    pub(crate) entry_hash: Digest,
}

impl Facts {
    /// Facts of which nothing has been read yet.
    pub(crate) const fn blank() -> Self {
        Self {
            chain_id: Uuid::nil(),
            seq: 0,
            moment: Timestamp::UNIX_EPOCH,
            kind: Kind::ChainOpen,
            call_id: None,
            ref_seq: None,
            known_format: false,
            uncovered: None,
            first_seq: None,
            prev_segment_sha256: None,
            next_segment: None,
            prev_hash: Digest::ZERO,
            entry_hash: Digest::ZERO,
        }
    }
}

impl<'line> Keep<'line> for Facts {
    #[inline]
    fn text(&mut self, field: Field, value: Text<'line>) {
        match field {
            Field::Format => self.known_format = value.value() == FORMAT,
            Field::NextSegment => self.next_segment = folder::first_seq(&value.value()),
            _ => {}
        }
    }

    #[inline]
    fn integer(&mut self, field: Field, value: u64) {
        match field {
            Field::Seq => self.seq = value,
            Field::RefSeq => self.ref_seq = Some(value),
            Field::FirstSeq => self.first_seq = Some(value),
            Field::Uncovered => self.uncovered = Some(value),
            _ => {}
        }
    }

    #[inline]
    fn digest(&mut self, field: Field, value: Digest) {
        match field {
            Field::PrevHash => self.prev_hash = value,
            Field::PrevSegmentSha256 => self.prev_segment_sha256 = Some(value),
            _ => {}
        }
    }

    #[inline]
    fn identifier(&mut self, field: Field, value: Uuid) {
        match field {
            Field::ChainId => self.chain_id = value,
            Field::CallId => self.call_id = Some(value),
            _ => {}
        }
    }

    #[inline]
    fn moment(&mut self, field: Field, value: Timestamp) {
        if field == Field::Moment {
            self.moment = value;
        }
    }
}

#[cfg(test)]
mod tests;
