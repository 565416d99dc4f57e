//! What entries, the checkpoint thread, the sinks' threads and callers tell each other, under the log's lock. Nothing here hashes,
//! signs or touches a file.

use std::time::{Duration, Instant};

use super::status::{CheckpointFailure, CheckpointStatus};
use crate::{
    digest::Digest,
    log::{
        error::AuditError,
        state::{Shared, State},
        sync::{TICK, Waiting},
    },
};

/// How many hashes may wait before the thread takes them into the tree, whether a checkpoint is due or not: 128 KiB of them.
pub(super) const GATHER: usize = 4_096;

/// Where a segment ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Border {
    /// How many entries there are up to its end.
    pub(super) size: u64,
    /// The log's offset there.
    pub(super) offset: u64,
}

/// How far a place is.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Kept {
    /// Size of the newest checkpoint that it keeps.
    pub(super) size: u64,
    /// Size of the newest one that it was to keep.
    pub(super) tried: u64,
    /// Why it did not keep that one.
    pub(super) failing: Option<CheckpointFailure>,
}

impl Kept {
    /// Takes note of how it went with a checkpoint of `size` entries.
    pub(super) fn record(&mut self, size: u64, result: Result<(), CheckpointFailure>) {
        self.tried = self.tried.max(size);
        if result.is_ok() {
            self.size = self.size.max(size);
        }
        self.failing = result.err();
    }

    /// Whether it keeps a checkpoint of `size` entries or more, or does not.
    fn answer(&self, size: u64) -> Option<Result<(), CheckpointFailure>> {
        if self.size >= size {
            Some(Ok(()))
        } else if self.tried >= size {
            Some(Err(self.failing.unwrap_or(CheckpointFailure::Folder)))
        } else {
            None
        }
    }
}

/// How far a sink is.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Copied {
    pub(super) kept: Kept,
    /// Size of the newest checkpoint that it was offered.
    pub(super) offered: u64,
    /// Since when it has not answered.
    pub(super) unanswered: Option<Instant>,
}

/// The checkpoints of a log, seen from all sides.
#[derive(Debug)]
pub(crate) struct Progress {
    /// Hashes of entries that are not in the tree yet.
    pub(super) pending: Vec<Digest>,
    pub(super) borders: Vec<Border>,
    /// Size that the next checkpoint must cover at least, whatever the time.
    pub(super) wanted: u64,
    /// The chain's own folder.
    pub(super) here: Kept,
    /// When the newest checkpoint was kept there.
    pub(super) moment: Option<Instant>,
    pub(super) copies: Vec<Copied>,
    /// When a sink that has not answered counts as silent.
    patience: Duration,
    /// The thread shall finish and end.
    pub(super) ending: bool,
    /// It has.
    pub(super) ended: bool,
    #[cfg(test)]
    pub(super) panics: bool,
}

impl Progress {
    /// Progress of a chain whose newest checkpoint is of `size` entries, 0 if there is none, with so many sinks.
    pub(crate) fn new(size: u64, copies: usize, patience: Duration) -> Self {
        Self {
            pending: Vec::with_capacity(GATHER),
            borders: Vec::new(),
            wanted: 0,
            here: Kept { size, tried: size, failing: None },
            moment: None,
            copies: vec![Copied::default(); copies],
            patience,
            ending: false,
            ended: false,
            #[cfg(test)]
            panics: false,
        }
    }

    /// Takes the hash of a new entry; tells whether the thread should come and take them all.
    pub(crate) fn add(&mut self, entry_hash: Digest) -> bool {
        if self.ended {
            return false;
        }
        self.pending.push(entry_hash);
        self.pending.len() == GATHER
    }

    /// Takes note that a segment ended.
    pub(crate) fn border(&mut self, size: u64, offset: u64) {
        if !self.ended {
            self.borders.push(Border { size, offset });
        }
    }

    /// Takes out the hashes that wait, in the order of their entries, and leaves `room` for those to come.
    pub(super) const fn take(&mut self, room: Vec<Digest>) -> Vec<Digest> {
        std::mem::replace(&mut self.pending, room)
    }

    /// Takes note that the thread has ended, and whether it did so by itself.
    pub(super) fn end(&mut self, panicked: bool) {
        self.ended = true;
        self.pending = Vec::new();
        self.borders = Vec::new();
        if panicked {
            self.here.failing = Some(CheckpointFailure::Thread);
        }
    }

    /// How many hashes wait.
    #[cfg(test)]
    pub(crate) const fn pending_len(&self) -> usize {
        self.pending.len()
    }

    /// Lets the thread panic in its next round.
    #[cfg(test)]
    pub(crate) const fn panic_next(&mut self) {
        self.panics = true;
    }

    pub(super) const fn is_full(&self) -> bool {
        self.pending.len() >= GATHER
    }

    /// Asks for a checkpoint of `size` entries or more, now.
    pub(crate) fn want(&mut self, size: u64) {
        self.wanted = self.wanted.max(size);
    }

    /// Whether a checkpoint of `size` entries or more is kept everywhere, or will not be.
    fn answer(&self, size: u64) -> Option<Result<(), CheckpointFailure>> {
        let answers = std::iter::once(&self.here).chain(self.copies.iter().map(|copied| &copied.kept));
        let all = answers.map(|kept| kept.answer(size)).try_fold(true, |all, answer| match answer {
            Some(Err(failure)) => Err(failure),
            Some(Ok(())) => Ok(all),
            None => Ok(false),
        });
        match all {
            Err(failure) => Some(Err(failure)),
            Ok(true) => Some(Ok(())),
            Ok(false) if self.ended && self.here.size < size => Some(Err(CheckpointFailure::Thread)),
            Ok(false) => None,
        }
    }

    pub(crate) fn status(&self) -> CheckpointStatus {
        let silent = |copied: &Copied| {
            copied
                .unanswered
                .is_some_and(|since| since.elapsed() >= self.patience)
                .then_some(CheckpointFailure::SinkSilent)
        };
        let sinks = || self.copies.iter().find_map(|copied| silent(copied).or(copied.kept.failing));
        CheckpointStatus {
            size: self.here.size,
            age: self.moment.map(|moment| moment.elapsed()),
            failing: self.here.failing.or_else(sinks),
        }
    }
}

impl Shared {
    /// Tells the thread to make the last checkpoint, if there is news, and to end.
    pub(super) fn end_checkpoints(&self) {
        if let Some(progress) = &mut self.lock().checkpoints {
            progress.ending = true;
        }
        self.rounds.notify_one();
    }

    /// Asks for a checkpoint of all that is there.
    pub(super) fn want_checkpoint_soon(&self) {
        let size = self.lock().next_seq;
        self.want_checkpoint(size);
    }

    /// Asks for a checkpoint of `size` entries or more.
    fn want_checkpoint(&self, size: u64) {
        if let Some(progress) = &mut self.lock().checkpoints {
            progress.want(size);
        }
        self.rounds.notify_one();
    }

    /// Waits until a checkpoint that covers the first `size` entries is kept here and by every sink, for `patience` at most.
    ///
    /// # Errors
    /// [`AuditError::Checkpoint`] if it is not.
    pub(crate) async fn checkpointed(&self, size: u64, patience: Duration) -> Result<(), AuditError> {
        let deadline = Instant::now() + patience;
        let mut changes = self.changes.subscribe();
        self.want_checkpoint(size);
        // nobody else may have anything to say before the deadline
        let _waiting = Waiting::new(self);
        loop {
            if let Some(answer) = self.lock().checkpointed(size, deadline) {
                return answer;
            }
            if changes.changed().await.is_err() {
                return Err(AuditError::Closed);
            }
        }
    }

    /// The same for a thread that may block.
    pub(crate) fn checkpointed_blocking(&self, size: u64, patience: Duration) -> Result<(), AuditError> {
        let deadline = Instant::now() + patience;
        self.want_checkpoint(size);
        let mut state = self.lock();
        loop {
            if let Some(answer) = state.checkpointed(size, deadline) {
                return answer;
            }
            state = self.settle(state, TICK);
        }
    }
}

impl State {
    /// Whether a checkpoint of `size` entries or more is kept everywhere, or will not be by `deadline`.
    fn checkpointed(&self, size: u64, deadline: Instant) -> Option<Result<(), AuditError>> {
        let Some(progress) = &self.checkpoints else { return Some(Ok(())) };
        let late = || {
            let here = progress.here.answer(size).is_none();
            let failure = if here { CheckpointFailure::Folder } else { CheckpointFailure::SinkSilent };
            (Instant::now() >= deadline).then_some(Err(failure))
        };
        progress.answer(size).or_else(late).map(|answer| answer.map_err(AuditError::Checkpoint))
    }
}
