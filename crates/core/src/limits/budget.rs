//! What one principal may do: its request rate, its write calls, and what its writes bring to the disk. What is left is remembered at each
//! charge, so that a transport can tell a caller before it runs into a limit (draft-ietf-httpapi-ratelimit-headers).

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use governor::clock::{Clock, Reference as _};
use governor::middleware::{NoOpMiddleware, StateInformationMiddleware};
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use tokio::sync::Semaphore;

use super::{LimitsConfig, Rate, bodies};

pub(super) type Limiter<C> = RateLimiter<NotKeyed, InMemoryState, C, NoOpMiddleware<<C as Clock>::Instant>>;

/// How much of a limit is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Allowance {
    /// Which limit: `principal` or `write`.
    pub scope: &'static str,
    /// How many calls there may be in a window.
    pub quota: u32,
    /// How long a window is, in seconds.
    pub window: u64,
    /// How many calls may come now.
    pub left: u32,
    /// In how many seconds the whole quota may come again, if nothing comes meanwhile.
    pub reset: u64,
}

/// A rate limit that knows what is left of it.
#[derive(Debug)]
pub(super) struct Metered<C: Clock> {
    limiter: RateLimiter<NotKeyed, InMemoryState, C, StateInformationMiddleware>,
    rate: Rate,
    begun: C::Instant,
    /// When it was charged last, in milliseconds since it began, above the calls that were left then in the lower 24 bits.
    seen: AtomicU64,
}

/// Bits for the calls that were left: more than the highest burst.
const LEFT_BITS: u32 = 24;
const LEFT_MASK: u64 = (1 << LEFT_BITS) - 1;

impl<C: Clock + Clone> Metered<C> {
    fn new(rate: Rate, clock: &C) -> Self {
        Self {
            limiter: RateLimiter::direct_with_clock(rate.quota(), clock.clone())
                .with_middleware::<StateInformationMiddleware>(),
            rate,
            begun: clock.now(),
            seen: AtomicU64::new(u64::from(rate.burst.get()) & LEFT_MASK),
        }
    }

    /// Charges one call.
    ///
    /// # Errors
    /// How long to wait, if none is left.
    pub(super) fn charge(&self, clock: &C) -> Result<(), Duration> {
        let (left, charged) = match self.limiter.check() {
            Ok(state) => (state.remaining_burst_capacity(), Ok(())),
            Err(until) => (0, Err(until.wait_time_from(clock.now()))),
        };
        let seen = (self.age(clock) << LEFT_BITS) | (u64::from(left) & LEFT_MASK);
        self.seen.store(seen, Ordering::Relaxed);
        charged
    }

    /// What is left by now.
    pub(super) fn allowance(&self, scope: &'static str, clock: &C) -> Allowance {
        let seen = self.seen.load(Ordering::Relaxed);
        let (rate, quota) = (u64::from(self.rate.per_minute.get()), u64::from(self.rate.burst.get()));
        let rested = self.age(clock).saturating_sub(seen >> LEFT_BITS);
        let left = (seen & LEFT_MASK).saturating_add(rested.saturating_mul(rate) / 60_000).min(quota);
        let seconds = |calls: u64| calls.saturating_mul(60).div_ceil(rate);
        Allowance {
            scope,
            quota: self.rate.burst.get(),
            window: seconds(quota).max(1),
            left: u32::try_from(left).unwrap_or(u32::MAX),
            reset: seconds(quota.saturating_sub(left)),
        }
    }

    /// In milliseconds.
    fn age(&self, clock: &C) -> u64 {
        let age: Duration = clock.now().duration_since(self.begun).into();
        u64::try_from(age.as_millis()).unwrap_or(u64::MAX) & (u64::MAX >> LEFT_BITS)
    }
}

/// What one principal may do.
#[derive(Debug)]
pub(super) struct Budgets<C: Clock> {
    pub(super) requests: Metered<C>,
    pub(super) writes: Metered<C>,
    /// In KiB.
    written: Limiter<C>,
    /// Places for calls that run at once.
    pub(super) running: Arc<Semaphore>,
    /// Bytes of request bodies that are held at once.
    pub(super) bodies: Arc<Semaphore>,
    /// Calls of tools that are limited by themselves.
    tools: BTreeMap<String, Limiter<C>>,
}

impl<C: Clock + Clone> Budgets<C> {
    pub(super) fn new(config: &LimitsConfig, clock: &C) -> Self {
        Self {
            requests: Metered::new(config.principal, clock),
            writes: Metered::new(config.writes, clock),
            written: RateLimiter::direct_with_clock(Quota::per_hour(config.written_kib), clock.clone()),
            running: Arc::new(Semaphore::new(config.principal_concurrent_calls.max(1))),
            bodies: Arc::new(Semaphore::new(bodies::BYTES)),
            tools: config
                .tools
                .iter()
                .filter_map(|(name, limits)| {
                    let quota = limits.rate?.quota();
                    Some((name.clone(), RateLimiter::direct_with_clock(quota, clock.clone())))
                })
                .collect(),
        }
    }

    /// Charges one call of `tool`.
    ///
    /// # Errors
    /// How long to wait.
    pub(super) fn tool(&self, tool: &str, clock: &C) -> Result<(), Duration> {
        let Some(limiter) = self.tools.get(tool) else { return Ok(()) };
        limiter.check().map_err(|until| until.wait_time_from(clock.now()))
    }

    /// Charges `bytes` that a write brings to the disk.
    ///
    /// # Errors
    /// How long to wait, if there is a time that helps.
    pub(super) fn write(&self, bytes: u64, clock: &C) -> Result<(), Option<Duration>> {
        let kib = u32::try_from(bytes.div_ceil(1024)).map_err(|_| None)?;
        let Some(kib) = NonZeroU32::new(kib) else { return Ok(()) };
        match self.written.check_n(kib) {
            Ok(charged) => charged.map_err(|until| Some(until.wait_time_from(clock.now()))),
            Err(_more_than_all) => Err(None),
        }
    }
}
