//! Who looks after the audit log while it is written: reads parts of it, follows it, has it verified. All of it reads the log's own files
//! (`gitoma_audit::Tail`), so that a call never waits for who watches; the log wakes those who follow and knows nothing else of them.
//! What they are handed are the lines as they were written.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use gitoma_audit::VerifierKey;

use crate::principal::Role;

mod entries;
mod event;
mod place;
mod state;
mod status;
mod tail;
mod verification;

pub use entries::{AuditEntries, AuditSpan};
pub use event::{LagReason, NotResumed, TailEnd, TailEvent, TailStart};
pub use place::{BadPlace, ChainPlace};
pub use state::AuditState;
pub use status::GatewayStatus;
pub use tail::AuditTail;
pub use verification::{Verification, VerificationFault};

/// Who may.
pub(crate) const WATCHERS: &[Role] = &[Role::Auditor, Role::Admin];

/// How many may follow the log at once.
const SEATS: usize = 64;
/// How many of them as one principal.
const SEATS_OF_ONE: usize = 8;

/// Who follows the log, and what is kept for those who ask.
#[derive(Debug)]
pub(crate) struct Watchers {
    seats: Arc<Mutex<HashMap<Arc<str>, usize>>>,
    /// What was told last of the gateway; so many followers shall not look as often.
    status: tokio::sync::Mutex<Option<(Instant, GatewayStatus)>>,
    verified: Mutex<Option<Verification>>,
    /// Held while the log is verified; when that was done last.
    verifying: Arc<tokio::sync::Mutex<Option<Instant>>>,
    /// The key that signs checkpoints, where there is one.
    key: Option<VerifierKey>,
}

impl Watchers {
    pub(crate) fn new(key: Option<VerifierKey>) -> Self {
        Self {
            seats: Arc::default(),
            status: tokio::sync::Mutex::default(),
            verified: Mutex::default(),
            verifying: Arc::default(),
            key,
        }
    }

    /// Takes a place among those who follow; none if all are taken.
    fn seat(&self, principal: Arc<str>) -> Option<Seat> {
        let mut taken = self.seats.lock().unwrap_or_else(PoisonError::into_inner);
        let all = taken.values().fold(0, |sum: usize, one| sum.saturating_add(*one));
        if all >= SEATS {
            return None;
        }
        let own = taken.entry(Arc::clone(&principal)).or_default();
        if *own >= SEATS_OF_ONE {
            return None;
        }
        *own = own.saturating_add(1);
        Some(Seat { seats: Arc::clone(&self.seats), principal })
    }

    /// How many follow the log.
    fn count(&self) -> usize {
        let taken = self.seats.lock().unwrap_or_else(PoisonError::into_inner);
        taken.values().fold(0, |sum: usize, one| sum.saturating_add(*one))
    }
}

/// A place among those who follow, given back when it is dropped.
#[derive(Debug)]
struct Seat {
    seats: Arc<Mutex<HashMap<Arc<str>, usize>>>,
    principal: Arc<str>,
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.seats.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = taken.get_mut(&self.principal) {
            *own = own.saturating_sub(1);
            if *own == 0 {
                taken.remove(&self.principal);
            }
        }
    }
}
