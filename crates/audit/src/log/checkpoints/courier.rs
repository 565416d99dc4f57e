//! Carries notes to one sink, in a thread of its own: a sink that hangs keeps neither the log nor another sink waiting, and not even
//! the end of the process for longer than is bearable. A sink that is behind gets the newest note; those between are covered by it.

use std::{
    collections::VecDeque,
    io,
    panic::{self, AssertUnwindSafe},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak},
    thread,
    time::{Duration, Instant},
};

use uuid::Uuid;

use super::{retention::Retention, status::CheckpointFailure};
use crate::{checkpoint::sink::CheckpointSink, log::state::Shared};

/// How many notes that a sink refused are remembered: it may have kept one of them all the same.
const REMEMBERED: usize = 1_024;

/// A note to carry.
#[derive(Debug, Clone)]
pub(super) struct Offer {
    pub(super) size: u64,
    pub(super) note: Arc<str>,
    /// Whether a segment ends there.
    pub(super) border: bool,
}

#[derive(Debug, Default)]
struct Desk {
    offer: Option<Offer>,
    /// Since when the sink has been at work on one.
    busy: Option<Instant>,
    closed: bool,
}

#[derive(Debug, Default)]
struct Slot {
    desk: Mutex<Desk>,
    changed: Condvar,
}

impl Slot {
    fn desk(&self) -> MutexGuard<'_, Desk> {
        // whoever panics does so beside the lock
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The near side of a courier.
#[derive(Debug, Clone)]
pub(super) struct Courier(Arc<Slot>);

/// What a courier needs to know.
#[derive(Debug)]
pub(super) struct Carried {
    pub(super) sink: Arc<dyn CheckpointSink>,
    pub(super) chain: Uuid,
    /// Not kept alive: a sink that hangs for ever must not hold the chain's lock.
    pub(super) shared: Weak<Shared>,
    /// Which of the log's sinks this is.
    pub(super) number: usize,
    pub(super) interval: Duration,
    /// The newest note that it had at the start.
    pub(super) newest: Option<Vec<u8>>,
    /// What earlier processes left beside the chain, and so in the sink, that is of no use any more.
    pub(super) retention: Retention,
}

impl Courier {
    pub(super) fn start(carried: Carried) -> io::Result<Self> {
        let slot = Arc::new(Slot::default());
        let own = Arc::clone(&slot);
        thread::Builder::new().name("audit-copy".to_owned()).spawn(move || carried.run(&own))?;
        Ok(Self(slot))
    }

    /// Hands over a note in place of an older one that is still waiting.
    pub(super) fn offer(&self, offer: Offer) {
        self.0.desk().offer = Some(offer);
        self.0.changed.notify_all();
    }

    /// Lets it carry what it has, and ends it. A sink that does not answer is waited for until it has had `patience`.
    pub(super) fn close(&self, patience: Duration) {
        let closed = Instant::now();
        let mut desk = self.0.desk();
        desk.closed = true;
        self.0.changed.notify_all();
        while desk.busy.is_some() || desk.offer.is_some() {
            let waited = desk.busy.unwrap_or(closed).elapsed();
            let Some(left) = patience.checked_sub(waited).filter(|left| !left.is_zero()) else { return };
            desk = self.0.changed.wait_timeout(desk, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

impl Carried {
    fn run(mut self, slot: &Slot) {
        // what the sink may have as its newest if nobody else gives it any
        let mut known: VecDeque<Arc<[u8]>> = self.newest.as_deref().map(Arc::from).into_iter().collect();
        let mut again: Option<Offer> = None;
        while let Some(offer) = self.take(slot, again.take()) {
            let bytes: Arc<[u8]> = Arc::from(offer.note.as_bytes());
            known.push_back(Arc::clone(&bytes));
            // a sink of somebody else's making may do anything
            let kept = panic::catch_unwind(AssertUnwindSafe(|| self.keep(&offer, &known)));
            let result = kept.unwrap_or(Err(CheckpointFailure::Sink));
            if result.is_ok() {
                known = VecDeque::from([bytes]);
                for old in self.retention.kept(offer.size, offer.border, |_| false) {
                    // one note too many is no harm
                    drop(panic::catch_unwind(AssertUnwindSafe(|| self.sink.forget(self.chain, old))));
                }
            } else if known.len() > REMEMBERED {
                known.pop_front();
            }
            self.report(&offer, result);
            again = result.is_err().then_some(offer);
            // last, since who closes goes on when nothing is at work
            slot.desk().busy = None;
            slot.changed.notify_all();
        }
    }

    /// The next note to carry: a new one, or after a while the one that was refused. `None` at the end.
    fn take(&self, slot: &Slot, mut again: Option<Offer>) -> Option<Offer> {
        let until = Instant::now() + self.interval;
        let mut desk = slot.desk();
        loop {
            if let Some(offer) = desk.offer.take() {
                desk.busy = Some(Instant::now());
                return Some(offer);
            }
            if desk.closed {
                return None;
            }
            let left = until.saturating_duration_since(Instant::now());
            desk = if again.is_none() {
                slot.changed.wait(desk).unwrap_or_else(PoisonError::into_inner)
            } else if left.is_zero() {
                desk.busy = Some(Instant::now());
                return again.take();
            } else {
                slot.changed.wait_timeout(desk, left).unwrap_or_else(PoisonError::into_inner).0
            };
        }
    }

    /// Keeps a note, unless somebody else has given the sink one of this chain.
    fn keep(&self, offer: &Offer, known: &VecDeque<Arc<[u8]>>) -> Result<(), CheckpointFailure> {
        let newest = self.sink.newest(self.chain).map_err(|_| CheckpointFailure::Sink)?;
        if newest.is_some_and(|newest| !known.iter().any(|known| **known == *newest)) {
            return Err(CheckpointFailure::Fork);
        }
        self.sink.keep(self.chain, offer.size, &offer.note).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => CheckpointFailure::Fork,
            _ => CheckpointFailure::Sink,
        })
    }

    fn report(&self, offer: &Offer, result: Result<(), CheckpointFailure>) {
        let Some(shared) = self.shared.upgrade() else { return };
        if let Some(progress) = &mut shared.lock().checkpoints
            && let Some(copied) = progress.copies.get_mut(self.number)
        {
            copied.kept.record(offer.size, result);
            // a newer one may be waiting
            copied.unanswered = (copied.offered > offer.size).then(Instant::now);
        }
        shared.announce();
    }
}
