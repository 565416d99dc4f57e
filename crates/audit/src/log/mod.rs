//! The writer of a chain: one process, one chain, one lock.
//! Every call returns only when its entry stands in the file; those that must outlive a power cut, when it is on the
//! disk. A log that cannot vouch for its file any more is poisoned and refuses everything.

pub(crate) mod error;
pub(crate) mod medium;
mod open;
mod recover;
pub(crate) mod state;
mod sync;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use uuid::Uuid;

pub use self::open::LogOptions;
pub(crate) use self::open::Surroundings;
use self::{
    error::{AuditError, OpenError},
    state::{Receipt, Shared, Urgency},
    sync::Syncer,
};
use crate::{
    call::{CallFields, Intent, Outcome, Refused},
    digest::Digest,
    event::Event,
    record,
    vocabulary::{Kind, OutcomeStatus},
};

/// How long `begin` waits for room.
const ROOM_WAIT: Duration = Duration::from_secs(2);

/// The audit log of this process. Shared by reference or `Arc`; dropped last, it syncs what is written.
#[derive(Debug)]
pub struct Log {
    shared: Arc<Shared>,
    room: usize,
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

    /// Records that a call is about to run. Unless it only reads, this returns when the entry is on the disk.
    /// A future that is dropped meanwhile leaves an `abandoned` outcome.
    ///
    /// # Errors
    /// [`AuditError::Busy`] if 4,096 entries stay open for two seconds; [`AuditError::Closed`];
    /// [`AuditError::Write`]; [`AuditError::Poisoned`]. The call must then not run.
    pub async fn begin(&self, intent: Intent) -> Result<OpenEntry, AuditError> {
        self.shared.room(self.room, Instant::now() + ROOM_WAIT).await?;
        let durable = intent.is_durable();
        let (entry, offset) =
            self.enter(&intent, if durable { Urgency::Awaited } else { Urgency::Relaxed })?;
        if durable {
            self.shared.durable(offset).await?;
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
        let durable = intent.is_durable();
        let (entry, offset) = self.enter(&intent, if durable { Urgency::Led } else { Urgency::Relaxed })?;
        if durable {
            self.shared.durable_blocking(offset)?;
        }
        Ok(entry)
    }

    /// Writes an intent for which there is room.
    fn enter(&self, intent: &Intent, urgency: Urgency) -> Result<(OpenEntry, u64), AuditError> {
        let appended = self.shared.append(Kind::Intent, urgency, |line| record::intent(line, intent));
        let (receipt, offset) = appended.inspect_err(|_| self.shared.give_room())?;
        let entry = OpenEntry {
            shared: Arc::clone(&self.shared),
            receipt,
            call_id: intent.call.call_id,
            begun: Instant::now(),
            ended: false,
        };
        Ok((entry, offset))
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

    /// Ends the log: takes nothing new, writes `stop` and waits for the disk. Open entries may still end.
    /// Another process may take the chain once the log and all open entries are dropped.
    ///
    /// # Errors
    /// [`AuditError::Closed`] the second time; otherwise see [`AuditError`].
    pub async fn close(&self) -> Result<Receipt, AuditError> {
        self.shut()?;
        self.record(Kind::Stop, true, |_| {}).await
    }

    /// The same for a thread that may block.
    ///
    /// # Errors
    /// As [`Log::close`].
    pub fn close_blocking(&self) -> Result<Receipt, AuditError> {
        self.shut()?;
        self.record_blocking(Kind::Stop, true, |_| {})
    }

    fn shut(&self) -> Result<(), AuditError> {
        let mut state = self.shared.lock();
        if std::mem::replace(&mut state.closed, true) { Err(AuditError::Closed) } else { Ok(()) }
    }

    async fn record(
        &self,
        kind: Kind,
        durable: bool,
        fields: impl FnOnce(&mut crate::line::write::LineWriter<'_>),
    ) -> Result<Receipt, AuditError> {
        let urgency = if durable { Urgency::Awaited } else { Urgency::Relaxed };
        let (receipt, offset) = self.shared.append(kind, urgency, fields)?;
        if durable {
            self.shared.durable(offset).await?;
        }
        Ok(receipt)
    }

    fn record_blocking(
        &self,
        kind: Kind,
        durable: bool,
        fields: impl FnOnce(&mut crate::line::write::LineWriter<'_>),
    ) -> Result<Receipt, AuditError> {
        let urgency = if durable { Urgency::Led } else { Urgency::Relaxed };
        let (receipt, offset) = self.shared.append(kind, urgency, fields)?;
        if durable {
            self.shared.durable_blocking(offset)?;
        }
        Ok(receipt)
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
    pub async fn finish(self, outcome: Outcome) -> Result<Receipt, AuditError> {
        self.finish_blocking(outcome)
    }

    /// The same without a future; it does not wait for the disk either.
    ///
    /// # Errors
    /// As [`OpenEntry::finish`].
    #[expect(clippy::needless_pass_by_value, reason = "the same shape as `finish`")]
    pub fn finish_blocking(mut self, outcome: Outcome) -> Result<Receipt, AuditError> {
        self.end(&outcome)
    }

    fn end(&mut self, outcome: &Outcome) -> Result<Receipt, AuditError> {
        self.ended = true;
        let (call_id, seq) = (self.call_id, self.receipt.seq);
        let appended = self.shared.append(Kind::Outcome, Urgency::Relaxed, |line| {
            record::outcome(line, call_id, seq, outcome);
        });
        self.shared.give_room();
        appended.map(|(receipt, _)| receipt)
    }
}

impl Drop for OpenEntry {
    fn drop(&mut self) {
        if !self.ended {
            let duration = u64::try_from(self.begun.elapsed().as_micros()).unwrap_or(u64::MAX);
            // a destructor has nobody to tell; a log that fails here is poisoned or leaves the intent dangling
            drop(self.end(&Outcome::new(OutcomeStatus::Abandoned, duration)));
        }
    }
}

#[cfg(test)]
mod tests;
