//! Request rates by origin. Origins are addresses, which anybody can have many of, so the table has a cap and one shared bucket for
//! everybody beyond it. Room is made by a task of its own, shard by shard, never by a request.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use governor::clock::Clock;
use governor::{Quota, RateLimiter};

use super::budget::Limiter;
use crate::call::Peer;

/// Parts of the table, each with its lock.
const SHARDS: usize = 16;

type Shard<C> = HashMap<OriginKey, Arc<Origin<C>>>;

/// The limiter of an origin, or of all that are not told apart.
#[derive(Debug)]
pub(super) struct Origin<C: Clock> {
    limiter: Limiter<C>,
    /// Until when it was refused the last time.
    refused_until: Mutex<Option<C::Instant>>,
}

impl<C: Clock + Clone> Origin<C> {
    fn new(quota: Quota, clock: &C) -> Self {
        let limiter = RateLimiter::direct_with_clock(quota, clock.clone());
        Self { limiter, refused_until: Mutex::new(None) }
    }

    /// Charges one request.
    ///
    /// # Errors
    /// How long to wait, if none is left.
    pub(super) fn charge(&self, clock: &C) -> Result<(), Duration> {
        self.limiter.check().map_err(|until| {
            *self.refused_until.lock().unwrap_or_else(PoisonError::into_inner) =
                Some(until.earliest_possible());
            until.wait_time_from(clock.now())
        })
    }

    /// Whether the next request would be refused, as far as the last one tells.
    fn is_over(&self, clock: &C) -> bool {
        let until = self.refused_until.lock().unwrap_or_else(PoisonError::into_inner);
        until.is_some_and(|until| clock.now() < until)
    }
}

/// The limiters of origins.
#[derive(Debug)]
pub(super) struct Origins<C: Clock> {
    shards: [Mutex<Shard<C>>; SHARDS],
    hasher: RandomState,
    overflow: Origin<C>,
    quota: Quota,
    /// The most origins in a shard.
    capacity: usize,
    clock: C,
}

impl<C: Clock + Clone> Origins<C> {
    /// A table of `capacity` origins.
    pub(super) fn new(quota: Quota, capacity: usize, clock: C) -> Self {
        Self {
            shards: std::array::from_fn(|_| Mutex::default()),
            hasher: RandomState::new(),
            overflow: Origin::new(quota, &clock),
            quota,
            capacity: capacity.div_ceil(SHARDS),
            clock,
        }
    }

    /// Calls `charge` with the limiter of the origin, or with the one that the rest share.
    pub(super) fn with<T>(&self, key: OriginKey, charge: impl FnOnce(&Origin<C>) -> T) -> T {
        let own = {
            let mut shard = self.shard(key);
            match shard.get(&key) {
                Some(origin) => Some(Arc::clone(origin)),
                None if shard.len() < self.capacity => {
                    let origin = Arc::new(Origin::new(self.quota, &self.clock));
                    shard.insert(key, Arc::clone(&origin));
                    Some(origin)
                }
                None => None,
            }
        };
        charge(own.as_deref().unwrap_or(&self.overflow))
    }

    /// Whether the next request of the origin would be refused, as far as the last one tells. An origin that is new takes no place by this.
    pub(super) fn is_over(&self, key: OriginKey) -> bool {
        let own = {
            let shard = self.shard(key);
            match shard.get(&key) {
                Some(origin) => Some(Arc::clone(origin)),
                None if shard.len() < self.capacity => return false,
                None => None,
            }
        };
        own.as_deref().unwrap_or(&self.overflow).is_over(&self.clock)
    }

    /// Forgets the origins whose whole burst is available again, where a shard is half full: they lose nothing by it.
    pub(super) fn sweep(&self) {
        let burst = self.quota.burst_size();
        for shard in &self.shards {
            let mut shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
            if shard.len() > self.capacity / 2 {
                shard.retain(|_, origin| !matches!(origin.limiter.check_n(burst), Ok(Ok(()))));
            }
        }
    }

    /// How many origins are told apart.
    pub(super) fn known(&self) -> usize {
        let shards = self.shards.iter();
        shards.map(|shard| shard.lock().unwrap_or_else(PoisonError::into_inner).len()).sum()
    }

    fn shard(&self, key: OriginKey) -> MutexGuard<'_, Shard<C>> {
        let place = usize::try_from(self.hasher.hash_one(key) % 16).unwrap_or(0);
        let [first, ..] = &self.shards;
        self.shards.get(place).unwrap_or(first).lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Who shares an origin's budget: one IPv4 address, or one IPv6 /64 (what one subscriber usually holds).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct OriginKey(IpAddr);

impl OriginKey {
    /// This machine.
    pub(crate) const LOOPBACK: Self = Self(IpAddr::V4(std::net::Ipv4Addr::LOCALHOST));

    pub(crate) fn of(peer: Peer) -> Option<Self> {
        match peer {
            Peer::Local => None,
            Peer::Address(address) | Peer::Forwarded(address) => Some(match address.to_canonical() {
                IpAddr::V6(address) if !address.is_loopback() => {
                    Self(IpAddr::V6((u128::from(address) & (u128::MAX << 64)).into()))
                }
                address => Self(address),
            }),
        }
    }

    /// The prefix as text, for the audit entry.
    pub(crate) fn label(self) -> String {
        match self.0 {
            IpAddr::V4(address) => format!("{address}/32"),
            IpAddr::V6(address) => format!("{address}/64"),
        }
    }
}
