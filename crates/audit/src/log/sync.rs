//! Group commit: one sync of the disk serves everybody who wrote before it began.
//! A thread of its own syncs for asynchronous callers and at least once a second; a blocking caller syncs itself.

use std::{
    sync::{Arc, MutexGuard},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use super::{
    error::AuditError,
    state::{Shared, State},
};

/// How long an entry may wait for the disk if nobody waits for it.
const LATEST: Duration = Duration::from_secs(1);
/// How often those who wait for room, or for a checkpoint, look at their deadline.
pub(super) const TICK: Duration = Duration::from_millis(250);

/// The thread that syncs.
#[derive(Debug)]
pub(crate) struct Syncer {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl Syncer {
    pub(crate) fn start(shared: Arc<Shared>) -> std::io::Result<Self> {
        let own = Arc::clone(&shared);
        let thread = thread::Builder::new().name("audit-sync".to_owned()).spawn(move || own.keep_synced())?;
        Ok(Self { shared, thread: Some(thread) })
    }
}

impl Drop for Syncer {
    fn drop(&mut self) {
        self.shared.lock().ending = true;
        self.shared.work.notify_one();
        if let Some(thread) = self.thread.take() {
            // a panic there has poisoned the log already, and a destructor has nobody to tell
            drop(thread.join());
        }
    }
}

impl Shared {
    /// Syncs whenever somebody waits or something is a second old, until the log ends.
    fn keep_synced(&self) {
        let mut state = self.lock();
        let mut looked = Instant::now();
        loop {
            if state.open > 0 && looked.elapsed() >= LATEST {
                looked = Instant::now();
                state.keep_room();
            }
            if state.due && !state.ending && state.poisoned.is_none() {
                state = if state.syncing { self.settle(state, TICK) } else { self.rotate(state) };
                continue;
            }
            let age = state.dirty_since.map(|since| since.elapsed());
            let due = state.awaited > state.synced || age.is_some_and(|age| age >= LATEST || state.ending);
            if due && state.poisoned.is_none() {
                state = if state.syncing { self.settle(state, TICK) } else { self.sync_round(state) };
                continue;
            }
            if state.ending {
                return;
            }
            if state.waiting > 0 {
                self.announce();
            }
            let pause = match age {
                Some(age) if state.poisoned.is_none() => Some(LATEST.saturating_sub(age)),
                _ => None,
            };
            let at_most = |most: Duration| Some(pause.map_or(most, |pause| pause.min(most)));
            let pause = match (state.waiting, state.open) {
                (0, 0) => pause,
                (0, _) => at_most(LATEST),
                _ => at_most(TICK),
            };
            state = match pause {
                Some(pause) => match self.work.wait_timeout(state, pause) {
                    Ok((guard, _)) => guard,
                    Err(poisoned) => poisoned.into_inner().0,
                },
                None => self.work.wait(state).unwrap_or_else(|poisoned| poisoned.into_inner()),
            };
        }
    }

    /// Syncs everything that is written by now, without holding the lock meanwhile.
    fn sync_round<'lock>(&'lock self, mut state: MutexGuard<'lock, State>) -> MutexGuard<'lock, State> {
        state.syncing = true;
        state.dirty_since = None;
        let target = state.offset;
        let medium = Arc::clone(&state.segment.medium);
        drop(state);
        let _blocked = Blocked(self);
        self.disclosures.write();
        let result = medium.sync();
        let mut state = self.lock();
        state.syncing = false;
        // after a failed sync the kernel may forget what it could not write: never try again, never say it is there
        let verdict = match result {
            Ok(()) => medium.still_there(state.length()),
            Err(_) => Err("the disk did not take what was written"),
        };
        match verdict {
            Ok(()) => state.synced = state.synced.max(target),
            Err(reason) => drop(state.poison(reason)),
        }
        if state.awaited > state.synced {
            self.work.notify_one();
        }
        // those who wake take the lock one after the other: they shall not find it held
        drop(state);
        self.announce();
        self.lock()
    }

    pub(super) fn settle<'lock>(
        &'lock self,
        state: MutexGuard<'lock, State>,
        longest: Duration,
    ) -> MutexGuard<'lock, State> {
        match self.settled.wait_timeout(state, longest) {
            Ok((guard, _)) => guard,
            Err(poisoned) => poisoned.into_inner().0,
        }
    }

    /// Waits until the line that ends at `offset` is on the disk.
    pub(crate) async fn durable(&self, offset: u64) -> Result<(), AuditError> {
        let mut changes = self.changes.subscribe();
        loop {
            if let Some(settled) = self.lock().settled(offset) {
                return settled;
            }
            if changes.changed().await.is_err() {
                return Err(AuditError::Closed);
            }
        }
    }

    /// Sees to it that the line that ends at `offset` is on the disk: leads a sync, or waits for the one under way.
    pub(crate) fn durable_blocking(&self, offset: u64) -> Result<(), AuditError> {
        let mut state = self.lock();
        state.crowd += 1;
        let mut gathered = false;
        let settled = loop {
            if let Some(settled) = state.settled(offset) {
                break settled;
            }
            state = if state.syncing {
                self.settle(state, TICK)
            } else if state.due {
                // or those who sync by themselves would never let anybody rotate
                self.rotate(state)
            } else if !gathered && state.served > 1 {
                // the last sync served several, who are about to write again: they shall not miss this one
                gathered = true;
                drop(state);
                thread::yield_now();
                self.lock()
            } else {
                state.served = state.crowd;
                self.sync_round(state)
            };
        };
        state.crowd = state.crowd.saturating_sub(1);
        settled
    }

    /// Reserves room for an open entry, waiting for it until `deadline`.
    pub(crate) async fn room(&self, most: usize, deadline: Instant) -> Result<(), AuditError> {
        let mut changes = self.changes.subscribe();
        if let Some(answer) = self.take_room(most) {
            return answer;
        }
        let waiting = Waiting::new(self);
        loop {
            if let Some(answer) = self.take_room(most) {
                return answer;
            }
            if Instant::now() >= deadline || changes.changed().await.is_err() {
                drop(waiting);
                return Err(AuditError::Busy);
            }
        }
    }

    /// The same for a blocking caller.
    pub(crate) fn room_blocking(&self, most: usize, deadline: Instant) -> Result<(), AuditError> {
        if let Some(answer) = self.take_room(most) {
            return answer;
        }
        let _waiting = Waiting::new(self);
        loop {
            if let Some(answer) = self.take_room(most) {
                return answer;
            }
            if Instant::now() >= deadline {
                return Err(AuditError::Busy);
            }
            drop(self.settle(self.lock(), TICK));
        }
    }

    fn take_room(&self, most: usize) -> Option<Result<(), AuditError>> {
        let mut state = self.lock();
        if let Some(reason) = state.poisoned {
            return Some(Err(AuditError::Poisoned { reason }));
        }
        if state.closed {
            return Some(Err(AuditError::Closed));
        }
        (state.open < most).then(|| {
            state.open += 1;
            Ok(())
        })
    }

    /// Gives back the room of an entry that has ended.
    pub(crate) fn give_room(&self) {
        let mut state = self.lock();
        state.open = state.open.saturating_sub(1);
        let waited_for = state.waiting > 0;
        drop(state);
        if waited_for {
            self.announce();
        }
    }
}

/// Held by a thread that keeps others waiting while it syncs or rotates. If it panics, they must not wait for ever.
pub(super) struct Blocked<'log>(pub(super) &'log Shared);

impl Drop for Blocked<'_> {
    fn drop(&mut self) {
        if !thread::panicking() {
            return;
        }
        let mut state = self.0.lock();
        (state.syncing, state.rotating) = (false, false);
        state.forgo_deferred();
        drop(state.poison("a thread panicked while it wrote"));
        drop(state);
        self.0.announce();
        self.0.work.notify_one();
        self.0.rounds.notify_one();
    }
}

/// A caller that waits, for room or for a checkpoint, no longer than it can; the syncer ticks as long as there is one.
pub(super) struct Waiting<'log>(&'log Shared);

impl<'log> Waiting<'log> {
    pub(super) fn new(shared: &'log Shared) -> Self {
        shared.lock().waiting += 1;
        shared.work.notify_one();
        Self(shared)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.waiting = state.waiting.saturating_sub(1);
    }
}
