//! The writer of a chain: one process, one chain, one lock.
//! Every call returns only when its entry stands in the file; those that must outlive a power cut, when it is on the
//! disk. A log that cannot vouch for its file any more is poisoned and refuses everything.

mod border;
pub(crate) mod checkpoints;
mod disclose;
pub(crate) mod error;
mod floor;
pub(crate) mod medium;
mod open;
pub(crate) mod quarantine;
mod recover;
mod reserve;
pub(crate) mod rotate;
mod segment;
pub(crate) mod state;
mod sync;

use std::{
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::sync::watch;
use uuid::Uuid;

pub(crate) use self::open::Surroundings;
use self::{
    checkpoints::{CheckpointStatus, Checkpointer, Progress},
    error::{AuditError, OpenError},
    state::{Appended, Receipt, Shared, Urgency},
    sync::Syncer,
};
pub use self::{open::LogOptions, rotate::Rotation};
use crate::{
    call::{CallFields, Intent, Outcome, Refused},
    digest::Digest,
    event::Event,
    folder::ChainFolder,
    line::write::LineWriter,
    private::Subject,
    record,
    tail::Tail,
    vocabulary::{Kind, OutcomeStatus},
};

/// How long `begin` waits for room.
const ROOM_WAIT: Duration = Duration::from_secs(2);

/// The audit log of this process. Shared by reference or `Arc`; dropped last, it syncs what is written.
#[derive(Debug)]
pub struct Log {
    shared: Arc<Shared>,
    folder: ChainFolder,
    room: usize,
    // before the syncer: the last checkpoint waits for the disk
    checkpointer: Option<Checkpointer>,
    _syncer: Syncer,
}

/// How the log is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Status {
    /// The chain.
    pub chain_id: Uuid,
    /// The last entry's place.
    pub last_seq: u64,
    /// The last entry's hash.
    pub head: Digest,
    /// Why the log is out of order, if it is.
    pub poisoned: Option<&'static str>,
    /// Entries that were begun and have not ended.
    pub open_entries: usize,
    /// Bytes that are written and not yet known to be on the disk.
    pub unsynced: u64,
    /// How the checkpoints are, where a key is configured.
    pub checkpoints: Option<CheckpointStatus>,
    /// Commitments of this process of which what opens them could not be kept.
    pub undisclosed: u64,
}

impl Log {
    /// Starts the log: takes the oldest chain that nobody holds, recovering its tail, or makes a new one.
    ///
    /// # Errors
    /// [`OpenError`]; above all [`OpenError::Damaged`] if the chain to be taken was changed.
    #[expect(clippy::needless_pass_by_value, reason = "options are made for this one call")]
    pub fn open(options: LogOptions) -> Result<Self, OpenError> {
        Self::open_in(&options, Surroundings::default())
    }

    pub(crate) fn open_in(options: &LogOptions, surroundings: Surroundings) -> Result<Self, OpenError> {
        open::open(options, surroundings)
    }

    /// Records that a call is about to run. Unless it only reads, this returns when the entry is on the disk and, if so configured,
    /// covered by a checkpoint. A future that is dropped meanwhile leaves an `abandoned` outcome.
    ///
    /// # Errors
    /// [`AuditError::Busy`] if 4,096 entries stay open for two seconds; [`AuditError::Closed`]; [`AuditError::Write`];
    /// [`AuditError::Poisoned`]; [`AuditError::Checkpoint`]. The call must then not run.
    pub async fn begin(&self, intent: Intent) -> Result<OpenEntry, AuditError> {
        self.shared.room(self.room, Instant::now() + ROOM_WAIT).await?;
        // gives the room back if this future is dropped while it waits
        let room = Room(&self.shared);
        let durable = intent.is_durable();
        let urgency = if durable { Urgency::Awaited } else { Urgency::Relaxed };
        let (receipt, offset) =
            self.shared.append(Kind::Intent, urgency, |line| record::intent(line, &intent)).await?;
        let entry = self.entered(room, &intent, receipt);
        if durable {
            self.shared.durable(offset).await?;
            if let Some(checkpointer) = self.checkpointer.as_ref().filter(|that| that.before_writes) {
                self.shared.checkpointed(behind(receipt), checkpointer.patience).await?;
            }
        }
        Ok(entry)
    }

    /// The same for a thread that may block; it syncs by itself where nobody else does.
    ///
    /// # Errors
    /// As [`Log::begin`].
    #[expect(clippy::needless_pass_by_value, reason = "the same shape as `begin`")]
    pub fn begin_blocking(&self, intent: Intent) -> Result<OpenEntry, AuditError> {
        self.shared.room_blocking(self.room, Instant::now() + ROOM_WAIT)?;
        let room = Room(&self.shared);
        let durable = intent.is_durable();
        let urgency = if durable { Urgency::Led } else { Urgency::Relaxed };
        let (receipt, offset) =
            self.shared.append_blocking(Kind::Intent, urgency, |line| record::intent(line, &intent))?;
        let entry = self.entered(room, &intent, receipt);
        if durable {
            self.shared.durable_blocking(offset)?;
            if let Some(checkpointer) = self.checkpointer.as_ref().filter(|that| that.before_writes) {
                self.shared.checkpointed_blocking(behind(receipt), checkpointer.patience)?;
            }
        }
        Ok(entry)
    }

    /// The open entry of an intent that stands in the file, and to which its room now belongs.
    fn entered(&self, room: Room<'_>, intent: &Intent, receipt: Receipt) -> OpenEntry {
        std::mem::forget(room);
        self.shared.disclose(
            receipt.moment,
            intent.call.call_id,
            Subject::Arguments,
            intent.args_commit.as_ref(),
        );
        OpenEntry {
            shared: Arc::clone(&self.shared),
            receipt,
            call_id: intent.call.call_id,
            begun: Instant::now(),
            ended: false,
        }
    }

    /// Records that a call was refused; waits for the disk only if something ran.
    ///
    /// # Errors
    /// [`AuditError`], see there.
    pub async fn refused(&self, refused: Refused) -> Result<Receipt, AuditError> {
        self.record(Kind::Refusal, refused.executed, |line| record::refusal(line, &refused)).await
    }

    /// The same for a thread that may block.
    ///
    /// # Errors
    /// As [`Log::refused`].
    #[expect(clippy::needless_pass_by_value, reason = "the same shape as `refused`")]
    pub fn refused_blocking(&self, refused: Refused) -> Result<Receipt, AuditError> {
        self.record_blocking(Kind::Refusal, refused.executed, |line| record::refusal(line, &refused))
    }

    /// Records that a call was judged for somebody who asked what it would meet, and did not run.
    ///
    /// # Errors
    /// [`AuditError`], see there.
    pub async fn judged(&self, call: CallFields) -> Result<Receipt, AuditError> {
        self.record(Kind::Judged, false, |line| record::judged(line, &call)).await
    }

    /// Records something beside the calls; waits for the disk unless it was only counted.
    ///
    /// # Errors
    /// [`AuditError`], see there.
    pub async fn note(&self, event: Event) -> Result<Receipt, AuditError> {
        self.record(event.kind(), event.is_durable(), |line| record::event(line, &event)).await
    }

    /// The same for a thread that may block.
    ///
    /// # Errors
    /// As [`Log::note`].
    #[expect(clippy::needless_pass_by_value, reason = "the same shape as `note`")]
    pub fn note_blocking(&self, event: Event) -> Result<Receipt, AuditError> {
        self.record_blocking(event.kind(), event.is_durable(), |line| record::event(line, &event))
    }

    /// Ends the log: takes nothing new, writes `stop` and waits for the disk and for a checkpoint that covers it. Open entries may
    /// still end. A checkpoint that is not kept everywhere within ten seconds shows in [`Log::status`] and is no error. Another process may take the chain once the log and all open entries are dropped.
    ///
    /// # Errors
    /// [`AuditError::Closed`] the second time; otherwise see [`AuditError`].
    pub async fn close(&self) -> Result<Receipt, AuditError> {
        self.shut()?;
        let stop = self.record(Kind::Stop, true, |_| {}).await?;
        if let Some(checkpointer) = &self.checkpointer {
            // the chain is whole without it, and the status tells
            drop(self.shared.checkpointed(behind(stop), checkpointer.patience).await);
        }
        Ok(stop)
    }

    /// The same for a thread that may block.
    ///
    /// # Errors
    /// As [`Log::close`].
    pub fn close_blocking(&self) -> Result<Receipt, AuditError> {
        self.shut()?;
        let stop = self.record_blocking(Kind::Stop, true, |_| {})?;
        if let Some(checkpointer) = &self.checkpointer {
            drop(self.shared.checkpointed_blocking(behind(stop), checkpointer.patience));
        }
        Ok(stop)
    }

    fn shut(&self) -> Result<(), AuditError> {
        let mut state = self.shared.lock();
        if std::mem::replace(&mut state.closed, true) { Err(AuditError::Closed) } else { Ok(()) }
    }

    async fn record(
        &self,
        kind: Kind,
        durable: bool,
        fields: impl Fn(&mut LineWriter<'_>),
    ) -> Result<Receipt, AuditError> {
        let urgency = if durable { Urgency::Awaited } else { Urgency::Relaxed };
        let (receipt, offset) = self.shared.append(kind, urgency, fields).await?;
        if durable {
            self.shared.durable(offset).await?;
        }
        Ok(receipt)
    }

    fn record_blocking(
        &self,
        kind: Kind,
        durable: bool,
        fields: impl Fn(&mut LineWriter<'_>),
    ) -> Result<Receipt, AuditError> {
        let urgency = if durable { Urgency::Led } else { Urgency::Relaxed };
        let (receipt, offset) = self.shared.append_blocking(kind, urgency, fields)?;
        if durable {
            self.shared.durable_blocking(offset)?;
        }
        Ok(receipt)
    }

    /// Records that the front of the chain is removed, and waits for the disk.
    pub(crate) fn record_pruned(&self, fields: impl Fn(&mut LineWriter<'_>)) -> Result<Receipt, AuditError> {
        self.record_blocking(Kind::Prune, true, fields)
    }

    /// Goes on in a new segment, whether it is due or not.
    #[cfg(test)]
    pub(crate) fn rotate_now(&self) {
        drop(self.shared.rotate(self.shared.lock()));
    }

    /// Reads the chain that is being written, from the entry `next` on. Reading takes no lock and keeps no writer waiting.
    #[must_use]
    pub fn tail(&self, next: u64) -> Tail {
        Tail::new(self.folder.clone(), next)
    }

    /// Notified after each entry, once that stands in the file; several may come as one.
    #[must_use]
    pub fn appended(&self) -> watch::Receiver<()> {
        self.shared.appended.subscribe()
    }

    /// The folder of the chain that is being written.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder.path
    }

    /// Tells how the log is.
    #[must_use]
    pub fn status(&self) -> Status {
        let state = self.shared.lock();
        Status {
            chain_id: self.shared.chain_id,
            last_seq: state.next_seq.saturating_sub(1),
            head: state.head,
            poisoned: state.poisoned,
            open_entries: state.open,
            unsynced: state.offset.saturating_sub(state.synced),
            checkpoints: state.checkpoints.as_ref().map(Progress::status),
            undisclosed: self.shared.disclosures.lost(),
        }
    }
}

/// An intent that awaits its outcome. Dropped unfinished, it writes the outcome `abandoned`.
#[derive(Debug)]
#[must_use = "an open entry that is dropped records its call as abandoned"]
pub struct OpenEntry {
    shared: Arc<Shared>,
    receipt: Receipt,
    call_id: Uuid,
    begun: Instant,
    ended: bool,
}

impl OpenEntry {
    /// The place of the intent in the chain.
    #[must_use]
    pub const fn seq(&self) -> u64 {
        self.receipt.seq
    }

    /// Proof of the intent.
    #[must_use]
    pub const fn receipt(&self) -> Receipt {
        self.receipt
    }

    /// Records how the call ended. The entry stands in the file when this returns, and on the disk within a second.
    ///
    /// # Errors
    /// [`AuditError::Write`] or [`AuditError::Poisoned`]; never for lack of room, which the intent has reserved.
    pub async fn finish(mut self, outcome: Outcome) -> Result<Receipt, AuditError> {
        let (call_id, seq) = (self.call_id, self.receipt.seq);
        let fields = |line: &mut LineWriter<'_>| record::outcome(line, call_id, seq, &outcome);
        let appended = self.shared.append(Kind::Outcome, Urgency::Relaxed, fields).await;
        self.end(appended, &outcome)
    }

    /// The same without a future; it does not wait for the disk either, unless the log rotates.
    ///
    /// # Errors
    /// As [`OpenEntry::finish`].
    #[expect(clippy::needless_pass_by_value, reason = "the same shape as `finish`")]
    pub fn finish_blocking(mut self, outcome: Outcome) -> Result<Receipt, AuditError> {
        let (call_id, seq) = (self.call_id, self.receipt.seq);
        let fields = |line: &mut LineWriter<'_>| record::outcome(line, call_id, seq, &outcome);
        let appended = self.shared.append_blocking(Kind::Outcome, Urgency::Relaxed, fields);
        self.end(appended, &outcome)
    }

    fn end(
        &mut self,
        appended: Result<Appended, AuditError>,
        outcome: &Outcome,
    ) -> Result<Receipt, AuditError> {
        self.ended = true;
        self.shared.give_room();
        let (receipt, _) = appended?;
        self.shared.disclose(receipt.moment, self.call_id, Subject::Result, outcome.result_commit.as_ref());
        Ok(receipt)
    }
}

impl Drop for OpenEntry {
    fn drop(&mut self) {
        if !self.ended {
            let duration = u64::try_from(self.begun.elapsed().as_micros()).unwrap_or(u64::MAX);
            let outcome = Outcome::new(OutcomeStatus::Abandoned, duration);
            self.shared.append_deferred(self.call_id, self.receipt.seq, outcome);
        }
    }
}

/// Size of the smallest checkpoint that covers an entry.
const fn behind(receipt: Receipt) -> u64 {
    receipt.seq.saturating_add(1)
}

/// Room for an entry that is not written yet; dropped, it is given back.
struct Room<'log>(&'log Shared);

impl Drop for Room<'_> {
    fn drop(&mut self) {
        self.0.give_room();
    }
}

#[cfg(test)]
mod tests;
