//! The segment that is being written: where it begins, what it hashes to, and when it has to be followed by another.

use std::{sync::Arc, time::Instant};

use jiff::Timestamp;

use super::medium::Medium;
use crate::digest::{Digest, Running};

/// Where a chain is taken up.
#[derive(Debug)]
pub(crate) struct Position {
    pub(crate) next_seq: u64,
    pub(crate) head: Digest,
    /// Length of the segment that is written to.
    pub(crate) length: u64,
    /// What stands in it so far.
    pub(crate) hash: Running,
    /// When its first entry was made, if there is one.
    pub(crate) opened: Option<Timestamp>,
}

/// The segment that is being written.
#[derive(Debug)]
pub(crate) struct Segment {
    pub(crate) medium: Arc<dyn Medium>,
    /// Offset at which it begins. Offsets go on over the segments of one process.
    pub(super) start: u64,
    /// Over every byte in it, as the writer meant it rather than as it is read back.
    pub(super) hash: Running,
    /// When its first entry was made, once there is one.
    pub(super) opened: Option<Timestamp>,
    /// Since when its rotation is put off.
    pub(super) put_off: Option<Instant>,
    /// Length up to which the disk is sure to take it.
    pub(super) reserved: u64,
    /// Length that it must never exceed.
    pub(super) longest: u64,
}

impl Segment {
    pub(super) fn new(medium: Arc<dyn Medium>, longest: u64) -> Self {
        let hash = Running::default();
        Self { medium, start: 0, hash, opened: None, put_off: None, reserved: 0, longest }
    }
}
