//! The whole entries of a chain as a start finds them, line by line from some entry on. Memory is that of one line.

use std::io::{BufReader, Read as _};

use uuid::Uuid;

use crate::{
    digest::Digest,
    files,
    folder::ChainFolder,
    line::{END, HASH_KEY, SUFFIX_BYTES},
    lines::Lines,
    log::error::{Action as _, OpenError},
    verify::fault::FaultClass,
};

/// How much is read at once.
const BLOCK: usize = 256 * 1024;
const ACTION: &str = "read a segment";

/// The whole entries of a chain.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entries<'chain> {
    pub(crate) folder: &'chain ChainFolder,
    pub(crate) chain: Uuid,
    /// The numbers of the segments, ascending; never empty.
    pub(crate) segments: &'chain [u64],
    /// Where the whole lines of the last segment end.
    pub(crate) end: u64,
    /// The number behind the last whole entry.
    pub(crate) size: u64,
}

impl Entries<'_> {
    /// The number of the first entry that is there.
    pub(super) fn front(&self) -> u64 {
        self.segments.first().copied().unwrap_or_default()
    }

    pub(super) const fn damaged(&self, class: FaultClass) -> OpenError {
        OpenError::Damaged { chain: self.chain, class }
    }

    /// Shows each line from entry `from` on, without its LF, with its number.
    ///
    /// # Errors
    /// The visitor's; [`OpenError::Damaged`] if the segments do not hold exactly the entries that their numbers promise.
    pub(super) fn each(
        &self,
        from: u64,
        mut visit: impl FnMut(u64, &[u8]) -> Result<(), OpenError>,
    ) -> Result<(), OpenError> {
        // the last segment that begins at or before `from`
        let begin = self.segments.partition_point(|first_seq| *first_seq <= from).saturating_sub(1);
        let segments = self.segments.get(begin..).unwrap_or_default();
        let mut seq = segments.first().copied().unwrap_or_default();
        for (place, &first_seq) in segments.iter().enumerate() {
            if seq != first_seq {
                return Err(self.damaged(FaultClass::SegmentName));
            }
            let file = files::read(&self.folder.segment(first_seq)).action(ACTION)?;
            let last = place.saturating_add(1) == segments.len();
            let length = if last { self.end } else { file.metadata().action(ACTION)?.len() };
            let mut lines = Lines::new(BufReader::with_capacity(BLOCK, file.take(length)));
            while let Some(line) = lines.next().action(ACTION)? {
                if !line.ended {
                    return Err(self.damaged(FaultClass::TornTail));
                }
                if seq >= from {
                    visit(seq, line.bytes)?;
                }
                seq = seq.saturating_add(1);
            }
        }
        if seq == self.size { Ok(()) } else { Err(self.damaged(FaultClass::SeqGap)) }
    }
}

/// The hash that stands at the end of a line, whether it is right or not.
pub(super) fn entry_hash(line: &[u8]) -> Option<Digest> {
    let (_, suffix) = line.split_at_checked(line.len().checked_sub(SUFFIX_BYTES)?)?;
    let digits = suffix.strip_prefix(HASH_KEY.as_bytes())?.strip_suffix(END.as_bytes())?;
    Digest::parse(std::str::from_utf8(digits).ok()?)
}
