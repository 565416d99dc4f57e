//! Request rates by origin. Origins are addresses, which anybody can have many of, so the table has a cap and one shared bucket for
//! everybody beyond it. Room is made by a task of its own, shard by shard, never by a request.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use governor::clock::Clock;
use governor::{Quota, RateLimiter};

use super::budget::Limiter;
use crate::call::Peer;

/// Parts of the table, each with its lock.
const SHARDS: usize = 16;

type Shard<C> = HashMap<OriginKey, Arc<Limiter<C>>>;

/// The limiters of origins.
#[derive(Debug)]
pub(super) struct Origins<C: Clock> {
    shards: [Mutex<Shard<C>>; SHARDS],
    hasher: RandomState,
    overflow: Limiter<C>,
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
            overflow: RateLimiter::direct_with_clock(quota, clock.clone()),
            quota,
            capacity: capacity.div_ceil(SHARDS),
            clock,
        }
    }

    /// Calls `charge` with the limiter of the origin, or with the one that the rest share.
    pub(super) fn with<T>(&self, key: OriginKey, charge: impl FnOnce(&Limiter<C>) -> T) -> T {
        let own = {
            let mut shard = self.shard(key);
            match shard.get(&key) {
                Some(limiter) => Some(Arc::clone(limiter)),
                None if shard.len() < self.capacity => {
                    let limiter = Arc::new(RateLimiter::direct_with_clock(self.quota, self.clock.clone()));
                    shard.insert(key, Arc::clone(&limiter));
                    Some(limiter)
                }
                None => None,
            }
        };
        charge(own.as_deref().unwrap_or(&self.overflow))
    }

    /// Forgets the origins whose whole burst is available again, where a shard is half full: they lose nothing by it.
    pub(super) fn sweep(&self) {
        let burst = self.quota.burst_size();
        for shard in &self.shards {
            let mut shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
            if shard.len() > self.capacity / 2 {
                shard.retain(|_, limiter| !matches!(limiter.check_n(burst), Ok(Ok(()))));
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
            Peer::Address(IpAddr::V4(address)) => Some(Self(IpAddr::V4(address))),
            Peer::Address(IpAddr::V6(address)) => Some(match address.to_ipv4_mapped() {
                Some(mapped) => Self(IpAddr::V4(mapped)),
                None => Self(IpAddr::V6((u128::from(address) & (u128::MAX << 64)).into())),
            }),
        }
    }

    pub(crate) fn is_loopback(self) -> bool {
        self.0.is_loopback()
    }

    /// The prefix as text, for the audit entry.
    pub(crate) fn label(self) -> String {
        match self.0 {
            IpAddr::V4(address) => format!("{address}/32"),
            IpAddr::V6(address) => format!("{address}/64"),
        }
    }
}
