//! Failed authentications: delayed on this machine, locked out with growing time elsewhere. A right token is never refused for
//! another's failures on loopback, where everybody shares one address. Success forgives nothing: else whoever holds one token could
//! guess another without end. Only time does.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::call::Peer;
use crate::limits::OriginKey;

/// The limit, as refusals name it, that an origin has run into which is locked out.
pub(crate) const LOCK_OUT: &str = "authentication";
/// Failures that cost nothing but a delay.
const FREE: u32 = 5;
/// After this long without a failure an origin starts afresh.
const MEMORY: Duration = Duration::from_secs(60 * 60);
const LONGEST_LOCK: Duration = Duration::from_secs(15 * 60);
const LONGEST_DELAY: Duration = Duration::from_secs(1);
/// Origins remembered.
const CAPACITY: usize = 10_000;
/// A full table is swept no more often than this.
const SWEEP: Duration = Duration::from_secs(30);

#[derive(Debug, Clone, Copy)]
struct Failed {
    count: u32,
    last: Instant,
    locked_until: Option<Instant>,
}

/// The failed authentications of each origin.
#[derive(Debug, Default)]
pub(crate) struct Failures {
    table: Mutex<Table>,
}

#[derive(Debug, Default)]
struct Table {
    origins: HashMap<OriginKey, Failed>,
    swept: Option<Instant>,
}

impl Failures {
    /// Makes room in a full table by forgetting who has not failed for long; at most once in [`SWEEP`]. Looks at all of them, so no request
    /// waits for it.
    pub(crate) fn sweep(&self, now: Instant) {
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = table.swept.is_none_or(|swept| now.saturating_duration_since(swept) >= SWEEP);
        if table.origins.len() >= CAPACITY && is_due {
            table.swept = Some(now);
            table.origins.retain(|_, failed| now.saturating_duration_since(failed.last) < MEMORY);
        }
    }

    /// The seconds that `peer` must wait before it may try again, if it is locked out.
    pub(crate) fn locked(&self, peer: Peer, now: Instant) -> Option<u64> {
        let key = OriginKey::of(peer).filter(|_| !peer.is_this_machine())?;
        let table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        let until = table.origins.get(&key)?.locked_until?;
        let wait = until.checked_duration_since(now)?;
        (!wait.is_zero()).then(|| wait.as_secs() + u64::from(wait.subsec_nanos() > 0))
    }

    /// Counts a failure; the answer to it is to be held back for the returned time.
    pub(crate) fn failed(&self, peer: Peer, now: Instant) -> Duration {
        // Who has no address is on this machine.
        let key = OriginKey::of(peer).unwrap_or(OriginKey::LOOPBACK);
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        if !table.origins.contains_key(&key) && table.origins.len() >= CAPACITY {
            // Full of fresh failures: an attack from everywhere. Nobody is forgotten. Newcomers share the longest delay, and no lock-out: one
            // that all newcomers shared would refuse the right tokens among them, which an attacker could then have at will.
            return LONGEST_DELAY;
        }
        let failed = table.origins.entry(key).or_insert(Failed { count: 0, last: now, locked_until: None });
        if now.saturating_duration_since(failed.last) >= MEMORY {
            failed.count = 0;
        }
        failed.count = failed.count.saturating_add(1);
        failed.last = now;
        if failed.count > FREE && !peer.is_this_machine() {
            let doubled = Duration::from_secs(60).saturating_mul(1 << (failed.count - FREE - 1).min(10));
            failed.locked_until = Some(now + doubled.min(LONGEST_LOCK));
        }
        Duration::from_millis(10).saturating_mul(1 << failed.count.min(10)).min(LONGEST_DELAY)
    }
}

#[cfg(test)]
mod tests;
