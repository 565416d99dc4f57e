//! The head of the chain and the one way to move it: number, spell, hash, write, under one lock.
//! The lock is never held while the disk syncs; that is the business of `sync`.

use std::{
    fmt,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use jiff::Timestamp;
use tokio::sync::watch;
use uuid::Uuid;

use super::{
    checkpoints::Progress,
    disclose::Disclosures,
    error::AuditError,
    medium::Medium,
    reserve,
    rotate::Rotation,
    segment::{Position, Segment},
};
use crate::{
    call::Outcome,
    digest::Digest,
    limit,
    line::write::{Head, LineWriter},
    lock::Locked,
    moment,
    private::PrivateFolder,
    record,
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
    /// When the entry was made.
    pub moment: Timestamp,
}

/// An entry that was appended, and the offset behind it.
pub(crate) type Appended = (Receipt, u64);

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

/// Where the chain stands. Offsets are bytes, counted over all segments of this process from the begin of the first.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) next_seq: u64,
    pub(crate) head: Digest,
    pub(crate) segment: Segment,
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
    /// Whether the segment shall be followed by another.
    pub(crate) due: bool,
    /// Whether that is happening: nothing is written meanwhile.
    pub(crate) rotating: bool,
    /// Outcomes of entries that were dropped meanwhile: call, intent, outcome.
    pub(super) deferred: Vec<(Uuid, u64, Outcome)>,
    pub(crate) poisoned: Option<&'static str>,
    /// Nothing new is taken; open entries still end.
    pub(crate) closed: bool,
    /// The syncer shall finish and end.
    pub(crate) ending: bool,
    /// Entries that were begun and have not ended.
    pub(crate) open: usize,
    /// Blocking callers that wait for the disk.
    pub(super) crowd: usize,
    /// How many there were when the last of them led a sync.
    pub(super) served: usize,
    /// Callers that wait for room, or for a checkpoint, and no longer than they can.
    pub(crate) waiting: usize,
    /// The checkpoints, where a key is configured.
    pub(crate) checkpoints: Option<Progress>,
    checked: Instant,
    buffer: Vec<u8>,
}

/// Everything that callers, open entries and the syncer share.
pub(crate) struct Shared {
    pub(crate) chain_id: Uuid,
    writer: Uuid,
    clock: Clock,
    rotation: Rotation,
    pub(crate) state: Mutex<State>,
    /// Wakes the syncer.
    pub(crate) work: Condvar,
    /// Wakes blocking callers: synced, poisoned, room, or a checkpoint.
    pub(crate) settled: Condvar,
    /// Wakes the thread that makes checkpoints.
    pub(crate) rounds: Condvar,
    /// Wakes asynchronous callers for the same reasons as `settled`.
    pub(crate) changes: watch::Sender<u64>,
    /// Tells those who follow that entries were appended.
    pub(crate) appended: watch::Sender<()>,
    pub(super) disclosures: Disclosures,
    /// Held as long as anything of this log lives.
    _lock: Locked,
}

impl fmt::Debug for Shared {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Shared").field("chain_id", &self.chain_id).finish_non_exhaustive()
    }
}

/// Who writes which chain, and how.
pub(crate) struct Holder {
    pub(crate) chain_id: Uuid,
    pub(crate) writer: Uuid,
    pub(crate) clock: Clock,
    pub(crate) rotation: Rotation,
    /// The chain's lock.
    pub(crate) lock: Locked,
    /// The checkpoints, where a key is configured.
    pub(crate) checkpoints: Option<Progress>,
    /// Where what opens commitments is kept.
    pub(crate) private: PrivateFolder,
}

impl Shared {
    pub(crate) fn new(holder: Holder, medium: Arc<dyn Medium>, position: Position) -> Self {
        let Holder { chain_id, writer, clock, mut rotation, lock, checkpoints, private } = holder;
        let longest = reserve::longest_file();
        // a segment must end well before the kernel ends the process
        rotation.bytes = rotation.bytes.min(longest / 2);
        let mut segment = Segment::new(medium, longest);
        (segment.hash, segment.opened) = (position.hash, position.opened);
        let state = State {
            next_seq: position.next_seq,
            head: position.head,
            segment,
            offset: position.length,
            synced: position.length,
            awaited: 0,
            dirty_since: None,
            syncing: false,
            due: false,
            rotating: false,
            deferred: Vec::new(),
            poisoned: None,
            closed: false,
            ending: false,
            open: 0,
            crowd: 0,
            served: 0,
            waiting: 0,
            checkpoints,
            checked: Instant::now(),
            buffer: Vec::with_capacity(4_096),
        };
        Self {
            chain_id,
            writer,
            clock,
            rotation,
            state: Mutex::new(state),
            work: Condvar::new(),
            settled: Condvar::new(),
            rounds: Condvar::new(),
            changes: watch::Sender::new(0),
            appended: watch::Sender::new(()),
            disclosures: Disclosures::new(private),
            _lock: lock,
        }
    }

    /// What time it is.
    pub(super) fn now(&self) -> Timestamp {
        (self.clock)()
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

    /// Wakes those who follow, of whom there are mostly none.
    pub(super) fn tell_followers(&self) {
        if self.appended.receiver_count() > 0 {
            self.appended.send_replace(());
        }
    }

    /// Appends one entry, once the log does not rotate; returns its receipt and the offset behind it.
    ///
    /// # Errors
    /// [`AuditError::Poisoned`], [`AuditError::Write`] (taken back) or [`AuditError::LineTooLong`].
    pub(crate) async fn append(
        &self,
        kind: Kind,
        urgency: Urgency,
        fields: impl Fn(&mut LineWriter<'_>),
    ) -> Result<Appended, AuditError> {
        if let Some(appended) = self.try_append(kind, urgency, &fields) {
            return appended;
        }
        let mut changes = self.changes.subscribe();
        loop {
            if let Some(appended) = self.try_append(kind, urgency, &fields) {
                return appended;
            }
            if changes.changed().await.is_err() {
                return Err(AuditError::Closed);
            }
        }
    }

    /// The same for a thread that may block.
    pub(crate) fn append_blocking(
        &self,
        kind: Kind,
        urgency: Urgency,
        fields: impl Fn(&mut LineWriter<'_>),
    ) -> Result<Appended, AuditError> {
        let mut guard = self.lock();
        while guard.rotating {
            guard = self.settled.wait(guard).unwrap_or_else(recovered);
        }
        self.append_in(guard, kind, urgency, &fields)
    }

    /// Appends one entry now; `None` if the log rotates.
    fn try_append(
        &self,
        kind: Kind,
        urgency: Urgency,
        fields: &dyn Fn(&mut LineWriter<'_>),
    ) -> Option<Result<Appended, AuditError>> {
        let guard = self.lock();
        (!guard.rotating).then(|| self.append_in(guard, kind, urgency, fields))
    }

    /// Records an outcome for whom nobody waits; while the log rotates it is kept for later.
    pub(super) fn append_deferred(&self, call_id: Uuid, seq: u64, outcome: Outcome) {
        let mut guard = self.lock();
        if guard.rotating {
            guard.deferred.push((call_id, seq, outcome));
            return;
        }
        let fields = |line: &mut LineWriter<'_>| record::outcome(line, call_id, seq, &outcome);
        // nobody is there to be told; a log that fails here is poisoned or leaves the intent dangling
        drop(self.append_in(guard, Kind::Outcome, Urgency::Relaxed, &fields));
        self.give_room();
    }

    fn append_in(
        &self,
        mut guard: MutexGuard<'_, State>,
        kind: Kind,
        urgency: Urgency,
        fields: &dyn Fn(&mut LineWriter<'_>),
    ) -> Result<Appended, AuditError> {
        let due = guard.due;
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
        let newly_due = guard.due && !due;
        drop(guard);
        if newly_due || urgency == Urgency::Awaited || (first && urgency == Urgency::Relaxed) {
            self.work.notify_one();
        }
        self.tell_followers();
        Ok((receipt, offset))
    }

    pub(super) fn append_locked(
        &self,
        state: &mut State,
        kind: Kind,
        fields: &dyn Fn(&mut LineWriter<'_>),
    ) -> Result<Appended, AuditError> {
        if let Some(reason) = state.poisoned {
            return Err(AuditError::Poisoned { reason });
        }
        if state.closed && !outlasts(kind) {
            return Err(AuditError::Closed);
        }
        if state.checked.elapsed() >= CHECK_INTERVAL {
            state.checked = Instant::now();
            // the disk may have filled up since
            state.segment.reserved = 0;
            if let Err(reason) = state.segment.medium.still_there(state.length()) {
                return Err(state.poison(reason));
            }
        }
        let seq = state.next_seq;
        let moment = moment::whole_microseconds(self.now());
        let head = Head { chain_id: self.chain_id, seq, moment, writer: self.writer, kind };
        let mut line = LineWriter::begin(&mut state.buffer, &head);
        fields(&mut line);
        let entry_hash = line.seal(&state.head);
        if state.buffer.len() > limit::LINE_BYTES {
            return Err(AuditError::LineTooLong);
        }
        state.make_room(kind, state.buffer.len() as u64)?;
        if let Err(error) = state.segment.medium.append(&state.buffer) {
            // a short write leaves a torn line: take it back, so that the next entry does not fuse with it
            if state.segment.medium.truncate(state.length()).is_err() {
                return Err(state.poison("a torn line could not be taken back"));
            }
            // with the line went what was set aside behind it
            state.segment.reserved = 0;
            return Err(AuditError::Write(error));
        }
        state.next_seq += 1;
        state.head = entry_hash;
        state.offset += state.buffer.len() as u64;
        state.segment.hash.update(&state.buffer);
        if state.checkpoints.as_mut().is_some_and(|checkpoints| checkpoints.add(entry_hash)) {
            self.rounds.notify_one();
        }
        state.note_rotation(moment, self.rotation);
        Ok((Receipt { chain_id: self.chain_id, seq, entry_hash, moment }, state.offset))
    }
}

impl State {
    /// Length of the segment.
    pub(super) const fn length(&self) -> u64 {
        self.offset.saturating_sub(self.segment.start)
    }

    /// Goes on in an empty segment.
    pub(super) fn go_on(&mut self, medium: Arc<dyn Medium>) {
        self.segment = Segment { start: self.offset, ..Segment::new(medium, self.segment.longest) };
        self.due = false;
    }

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

/// Whether a closed log still takes a line of this kind.
const fn outlasts(kind: Kind) -> bool {
    matches!(kind, Kind::Outcome | Kind::Stop | Kind::SegmentClose | Kind::SegmentOpen)
}

fn recovered<'lock>(poisoned: PoisonError<MutexGuard<'lock, State>>) -> MutexGuard<'lock, State> {
    let mut guard = poisoned.into_inner();
    guard.poison("a thread panicked while it wrote");
    guard
}
