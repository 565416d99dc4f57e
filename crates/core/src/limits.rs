//! How much a caller may ask for: request rates by origin and by principal, a separate write budget, and calls at once.
//!
//! The arithmetic is governor's (GCRA). The tables are ours, since they must be bounded: principals are configured, so their
//! limiters are a list; origins are addresses, so their table has a cap and one shared bucket for everybody beyond it.

use std::collections::HashMap;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use governor::clock::{Clock, MonotonicClock, Reference as _};
use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};

use crate::call::Peer;

/// A rate: so many in a minute, and so many at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// How many a minute, in the long run.
    pub per_minute: NonZeroU32,
    /// How many at once, after a pause.
    pub burst: NonZeroU32,
}

impl Rate {
    /// A rate of `per_minute` with `burst` at once; zero counts as one.
    #[must_use]
    pub const fn new(per_minute: u32, burst: u32) -> Self {
        Self { per_minute: at_least_one(per_minute), burst: at_least_one(burst) }
    }

    fn quota(self) -> Quota {
        Quota::per_minute(self.per_minute).allow_burst(self.burst)
    }
}

const fn at_least_one(count: u32) -> NonZeroU32 {
    match NonZeroU32::new(count) {
        Some(count) => count,
        None => NonZeroU32::MIN,
    }
}

/// The limits of a gateway. `Default` is what the binaries use when nothing is configured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LimitsConfig {
    /// Requests of one network origin (an IPv4 address or an IPv6 /64).
    pub origin: Rate,
    /// Requests of one principal.
    pub principal: Rate,
    /// Calls of write tools by one principal, besides its request rate.
    pub writes: Rate,
    /// How many KiB one principal's writes may bring to the disk in an hour; at once, as many.
    pub written_kib: NonZeroU32,
    /// Calls that run at once, over all tools.
    pub concurrent_calls: usize,
    /// Threads for blocking work (git, files).
    pub blocking_threads: usize,
    /// Origins that are told apart; the rest share one bucket.
    pub origins: usize,
}

impl Default for LimitsConfig {
    fn default() -> Self {
        Self {
            origin: Rate::new(12_000, 1_000),
            principal: Rate::new(6_000, 600),
            writes: Rate::new(60, 20),
            written_kib: at_least_one(1024 * 1024),
            concurrent_calls: 64,
            blocking_threads: 8,
            origins: 10_000,
        }
    }
}

/// Which limit a caller ran into, and when to try again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Exceeded {
    pub(crate) scope: &'static str,
    /// In seconds, rounded up, at least 1.
    pub(crate) retry_after: u64,
}

type Limiter<C> = RateLimiter<NotKeyed, InMemoryState, C, NoOpMiddleware<<C as Clock>::Instant>>;

/// The limiters of origins, and when the table was last swept.
#[derive(Debug)]
struct Origins<C: Clock> {
    limiters: HashMap<OriginKey, Arc<Limiter<C>>>,
    swept: Option<C::Instant>,
}

/// What one principal may do.
#[derive(Debug)]
struct Budgets<C: Clock> {
    requests: Limiter<C>,
    writes: Limiter<C>,
    /// In KiB.
    written: Limiter<C>,
}

/// The limiters of one gateway; `C` is the clock, so that tests need not wait.
#[derive(Debug)]
pub(crate) struct Limits<C: Clock = MonotonicClock> {
    clock: C,
    /// By the places of principals; it only grows.
    principals: ArcSwap<Vec<Arc<Budgets<C>>>>,
    rates: LimitsConfig,
    origins: Mutex<Origins<C>>,
    overflow: Limiter<C>,
    origin_quota: Quota,
    capacity: usize,
}

impl<C: Clock + Clone> Limits<C> {
    pub(crate) fn new(config: &LimitsConfig, principals: usize, clock: C) -> Self {
        let limiter = |rate: Rate| RateLimiter::direct_with_clock(rate.quota(), clock.clone());
        let limits = Self {
            principals: ArcSwap::default(),
            rates: config.clone(),
            origins: Mutex::new(Origins { limiters: HashMap::new(), swept: None }),
            overflow: limiter(config.origin),
            origin_quota: config.origin.quota(),
            capacity: config.origins,
            clock,
        };
        limits.make_room(principals);
        limits
    }

    /// Makes budgets for so many principals; those that are there keep theirs.
    pub(crate) fn make_room(&self, principals: usize) {
        let limiter = |rate: Rate| RateLimiter::direct_with_clock(rate.quota(), self.clock.clone());
        let budgets = || Budgets {
            requests: limiter(self.rates.principal),
            writes: limiter(self.rates.writes),
            written: RateLimiter::direct_with_clock(
                Quota::per_hour(self.rates.written_kib),
                self.clock.clone(),
            ),
        };
        self.principals.rcu(|known| {
            let new = (known.len()..principals).map(|_place| Arc::new(budgets()));
            known.iter().cloned().chain(new).collect::<Vec<_>>()
        });
    }

    /// Charges one request to `peer`. Local peers have no address to charge; their principal is limited.
    pub(crate) fn origin(&self, peer: Peer) -> Result<(), Exceeded> {
        let Some(key) = OriginKey::of(peer) else { return Ok(()) };
        let limiter = {
            let mut origins = self.origins.lock().unwrap_or_else(PoisonError::into_inner);
            match origins.limiters.get(&key) {
                Some(limiter) => Some(Arc::clone(limiter)),
                None => self.has_room(&mut origins).then(|| {
                    let limiter =
                        Arc::new(RateLimiter::direct_with_clock(self.origin_quota, self.clock.clone()));
                    origins.limiters.insert(key, Arc::clone(&limiter));
                    limiter
                }),
            }
        };
        self.charge("origin", limiter.as_deref().unwrap_or(&self.overflow))
    }

    /// Charges one request to the principal at `index`.
    pub(crate) fn principal(&self, index: usize) -> Result<(), Exceeded> {
        self.principals.load().get(index).map_or(Ok(()), |own| self.charge("principal", &own.requests))
    }

    /// Charges one write to the principal at `index`.
    pub(crate) fn write(&self, index: usize) -> Result<(), Exceeded> {
        self.principals.load().get(index).map_or(Ok(()), |own| self.charge("write", &own.writes))
    }

    /// Charges `bytes` that a write of the principal at `index` brings to the disk. The error is when to try again, in seconds, if there
    /// is such a time: more than an hour's worth never fits.
    pub(crate) fn written(&self, index: usize, bytes: u64) -> Result<(), Option<u64>> {
        let principals = self.principals.load();
        let Some(own) = principals.get(index) else { return Ok(()) };
        let kib = u32::try_from(bytes.div_ceil(1024)).map_err(|_| None)?;
        let Some(kib) = NonZeroU32::new(kib) else { return Ok(()) };
        match own.written.check_n(kib) {
            Ok(charged) => charged.map_err(|until| {
                let wait = until.wait_time_from(self.clock.now());
                Some(wait.as_secs() + u64::from(wait.subsec_nanos() > 0))
            }),
            Err(_more_than_all) => Err(None),
        }
    }

    fn charge(&self, scope: &'static str, limiter: &Limiter<C>) -> Result<(), Exceeded> {
        limiter.check().map_err(|until| {
            let wait = until.wait_time_from(self.clock.now());
            Exceeded { scope, retry_after: wait.as_secs() + u64::from(wait.subsec_nanos() > 0) }
        })
    }

    /// Makes room in a full table by forgetting the origins whose whole burst is available again: they lose nothing by it.
    /// At most once a second, since it looks at all of them; whoever floods the table meanwhile shares the overflow bucket.
    fn has_room(&self, origins: &mut Origins<C>) -> bool {
        let now = self.clock.now();
        let due =
            origins.swept.is_none_or(|swept| now.duration_since(swept) >= Duration::from_secs(1).into());
        if origins.limiters.len() >= self.capacity && due {
            origins.swept = Some(now);
            let burst = self.origin_quota.burst_size();
            origins.limiters.retain(|_, limiter| !matches!(limiter.check_n(burst), Ok(Ok(()))));
        }
        origins.limiters.len() < self.capacity
    }

    #[cfg(test)]
    pub(crate) fn origins_known(&self) -> usize {
        self.origins.lock().unwrap().limiters.len()
    }
}

/// Who shares an origin's budget: one IPv4 address, or one IPv6 /64 (what one subscriber usually holds).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct OriginKey(IpAddr);

impl OriginKey {
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

#[cfg(test)]
mod tests;
