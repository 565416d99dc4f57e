//! Keeps what opens commitments, beside the chain and behind its entries. It is no part of what the chain vouches for: what cannot be
//! kept is counted, and no call waits for it or fails by it. Lines are gathered and written before each sync of the log, so within a
//! second, and when the log ends.

use std::{
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use jiff::Timestamp;
use uuid::Uuid;

use super::state::Shared;
use crate::{
    commitment::Commitment,
    private::{Discloser, PrivateFolder, Subject},
};

/// The writer of disclosures, and how many it could not keep.
#[derive(Debug)]
pub(crate) struct Disclosures {
    discloser: Mutex<Discloser>,
    lost: AtomicU64,
}

impl Disclosures {
    pub(super) fn new(folder: PrivateFolder) -> Self {
        Self { discloser: Mutex::new(Discloser::new(folder)), lost: AtomicU64::new(0) }
    }

    /// How many could not be kept.
    pub(super) fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }

    fn lock(&self) -> MutexGuard<'_, Discloser> {
        self.discloser.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes what is gathered.
    pub(super) fn write(&self) {
        let lost = self.lock().write();
        self.lost.fetch_add(lost, Ordering::Relaxed);
    }
}

impl Shared {
    /// Keeps what opens a commitment of a call, if there is one, with those of the day of the entry that carries it.
    pub(super) fn disclose(
        &self,
        moment: Timestamp,
        call_id: Uuid,
        subject: Subject,
        commitment: Option<&Commitment>,
    ) {
        let Some(commitment) = commitment else { return };
        let kept = self.disclosures.lock().keep(moment, call_id, subject, commitment);
        if kept.lost > 0 {
            self.disclosures.lost.fetch_add(kept.lost, Ordering::Relaxed);
        }
        // the syncer may have come by since the entry was written
        if kept.is_first {
            let mut state = self.lock();
            if state.dirty_since.is_none() {
                state.dirty_since = Some(Instant::now());
                drop(state);
                self.work.notify_one();
            }
        }
    }
}

#[cfg(test)]
mod tests;
