//! The head of the chain and the one way to move it: number, spell, hash, write, under one lock.
//! The lock is never held while the disk syncs; that is the business of `sync`.

use std::{
    fmt,
    fs::File,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use jiff::Timestamp;
use tokio::sync::watch;
use uuid::Uuid;

use super::{error::AuditError, medium::Medium};
use crate::{
    digest::Digest,
    limit,
    line::write::{Head, LineWriter},
    moment,
    vocabulary::Kind,
};

/// How often writers look whether the segment is still in its place.
const CHECK_INTERVAL: Duration = Duration::from_secs(1);

/// Tells the time of entries.
pub(crate) type Clock = Box<dyn Fn() -> Timestamp + Send + Sync>;

/// Proof that an entry stands in the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Receipt {
    /// The chain.
    pub chain_id: Uuid,
    /// The entry's place in it.
    pub seq: u64,
    /// The entry's hash.
    pub entry_hash: Digest,
}

/// Who sees to it that a line reaches the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Urgency {
    /// The syncer, within a second.
    Relaxed,
    /// The syncer, now: somebody waits.
    Awaited,
    /// The caller itself, which waits in `sync`.
    Led,
}

/// Where the chain stands. Offsets are bytes of the segment.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) next_seq: u64,
    pub(crate) head: Digest,
    /// End of the last whole line.
    pub(crate) offset: u64,
    /// Up to where the disk has it.
    pub(crate) synced: u64,
    /// Up to where somebody waits for the disk.
    pub(crate) awaited: u64,
    /// Since when something is not on the disk.
    pub(crate) dirty_since: Option<Instant>,
    /// Whether some thread is syncing right now.
    pub(crate) syncing: bool,
    pub(crate) poisoned: Option<&'static str>,
    /// Nothing new is taken; open entries still end.
    pub(crate) closed: bool,
    /// The syncer shall finish and end.
    pub(crate) ending: bool,
    /// Entries that were begun and have not ended.
    pub(crate) open: usize,
    /// Callers that wait for room.
    pub(crate) waiting: usize,
    checked: Instant,
    buffer: Vec<u8>,
}

/// Everything that callers, open entries and the syncer share.
pub(crate) struct Shared {
    pub(crate) chain_id: Uuid,
    writer: Uuid,
    clock: Clock,
    pub(crate) medium: Box<dyn Medium>,
    pub(crate) state: Mutex<State>,
    /// Wakes the syncer.
    pub(crate) work: Condvar,
    /// Wakes blocking callers: synced, poisoned, or room.
    pub(crate) settled: Condvar,
    /// Wakes asynchronous callers for the same reasons.
    pub(crate) changes: watch::Sender<u64>,
    /// Held as long as anything of this log lives.
    _lock: File,
}

impl fmt::Debug for Shared {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Shared").field("chain_id", &self.chain_id).finish_non_exhaustive()
    }
}

/// Where a chain is taken up.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Position {
    pub(crate) next_seq: u64,
    pub(crate) head: Digest,
    pub(crate) offset: u64,
}

impl Shared {
    pub(crate) fn new(
        chain_id: Uuid,
        writer: Uuid,
        clock: Clock,
        medium: Box<dyn Medium>,
        lock: File,
        position: Position,
    ) -> Self {
        let state = State {
            next_seq: position.next_seq,
            head: position.head,
            offset: position.offset,
            synced: position.offset,
            awaited: 0,
            dirty_since: None,
            syncing: false,
            poisoned: None,
            closed: false,
            ending: false,
            open: 0,
            waiting: 0,
            checked: Instant::now(),
            buffer: Vec::with_capacity(4_096),
        };
        Self {
            chain_id,
            writer,
            clock,
            medium,
            state: Mutex::new(state),
            work: Condvar::new(),
            settled: Condvar::new(),
            changes: watch::Sender::new(0),
            _lock: lock,
        }
    }

    /// Takes the lock; a thread that panicked under it has poisoned the log.
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|poisoned| recovered(poisoned))
    }

    /// Wakes everybody who waits for something to change.
    pub(crate) fn announce(&self) {
        self.settled.notify_all();
        self.changes.send_modify(|version| *version = version.wrapping_add(1));
    }

    /// Appends one entry; returns its receipt and the offset behind it.
    ///
    /// # Errors
    /// [`AuditError::Poisoned`], [`AuditError::Write`] (taken back) or [`AuditError::LineTooLong`].
    pub(crate) fn append(
        &self,
        kind: Kind,
        urgency: Urgency,
        fields: impl FnOnce(&mut LineWriter<'_>),
    ) -> Result<(Receipt, u64), AuditError> {
        let mut guard = self.lock();
        let result = self.append_locked(&mut guard, kind, fields);
        let (receipt, offset) = match result {
            Ok(appended) => appended,
            Err(error) => {
                if guard.poisoned.is_some() {
                    drop(guard);
                    self.announce();
                }
                return Err(error);
            }
        };
        let first = guard.dirty_since.is_none();
        if first {
            guard.dirty_since = Some(Instant::now());
        }
        if urgency == Urgency::Awaited {
            guard.awaited = offset;
        }
        drop(guard);
        if urgency == Urgency::Awaited || (first && urgency == Urgency::Relaxed) {
            self.work.notify_one();
        }
        Ok((receipt, offset))
    }

    fn append_locked(
        &self,
        state: &mut State,
        kind: Kind,
        fields: impl FnOnce(&mut LineWriter<'_>),
    ) -> Result<(Receipt, u64), AuditError> {
        if let Some(reason) = state.poisoned {
            return Err(AuditError::Poisoned { reason });
        }
        if state.closed && !matches!(kind, Kind::Outcome | Kind::Stop) {
            return Err(AuditError::Closed);
        }
        if state.checked.elapsed() >= CHECK_INTERVAL {
            state.checked = Instant::now();
            if let Err(reason) = self.medium.still_there(state.offset) {
                return Err(state.poison(reason));
            }
        }
        let seq = state.next_seq;
        let moment = moment::whole_microseconds((self.clock)());
        let head = Head { chain_id: self.chain_id, seq, moment, writer: self.writer, kind };
        let mut line = LineWriter::begin(&mut state.buffer, &head);
        fields(&mut line);
        let entry_hash = line.seal(&state.head);
        if state.buffer.len() > limit::LINE_BYTES {
            return Err(AuditError::LineTooLong);
        }
        if let Err(error) = self.medium.append(&state.buffer) {
            // a short write leaves a torn line: take it back, so that the next entry does not fuse with it
            if self.medium.truncate(state.offset).is_err() {
                return Err(state.poison("a torn line could not be taken back"));
            }
            return Err(AuditError::Write(error));
        }
        state.next_seq += 1;
        state.head = entry_hash;
        state.offset += state.buffer.len() as u64;
        Ok((Receipt { chain_id: self.chain_id, seq, entry_hash }, state.offset))
    }
}

impl State {
    /// Puts the log out of order for good; the first reason stays.
    pub(crate) fn poison(&mut self, reason: &'static str) -> AuditError {
        AuditError::Poisoned { reason: self.poisoned.get_or_insert(reason) }
    }

    /// Whether the line that ends at `offset` is on the disk, or never will be.
    pub(crate) fn settled(&self, offset: u64) -> Option<Result<(), AuditError>> {
        if self.synced >= offset {
            return Some(Ok(()));
        }
        self.poisoned.map(|reason| Err(AuditError::Poisoned { reason }))
    }
}

fn recovered<'lock>(poisoned: PoisonError<MutexGuard<'lock, State>>) -> MutexGuard<'lock, State> {
    let mut guard = poisoned.into_inner();
    guard.poison("a thread panicked while it wrote");
    guard
}
