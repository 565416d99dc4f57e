//! Keeps what opens commitments, beside the chain and behind its entries. It is no part of what the chain vouches for: what cannot be
//! kept is counted, and no call waits for it or fails by it.

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicU64, Ordering},
};

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
    pub(super) const fn new(folder: PrivateFolder) -> Self {
        Self { discloser: Mutex::new(Discloser::new(folder)), lost: AtomicU64::new(0) }
    }

    /// How many could not be kept.
    pub(super) fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }
}

impl Shared {
    /// Keeps what opens a commitment of a call, if there is one.
    pub(super) fn disclose(&self, call_id: Uuid, subject: Subject, commitment: Option<&Commitment>) {
        let Some(commitment) = commitment else { return };
        let mut discloser = self.disclosures.discloser.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = discloser.keep(self.now(), call_id, subject, commitment);
        drop(discloser);
        if kept.is_err() {
            self.disclosures.lost.fetch_add(1, Ordering::Relaxed);
        }
    }
}
