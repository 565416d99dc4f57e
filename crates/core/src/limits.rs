//! How much a caller may ask for: request rates by origin and by principal, a separate write budget, and calls at once.
//!
//! The arithmetic is governor's (GCRA). The tables are ours, since they must be bounded: principals are configured, so their
//! limiters are a list; origins are addresses, so their table has a cap and one shared bucket for everybody beyond it.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use governor::Quota;
use governor::clock::{Clock, MonotonicClock};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::call::Peer;

mod bodies;
mod budget;
mod meter;
mod origins;

pub use bodies::{HeldBody, is_crowded};
pub use budget::Allowance;
use budget::Budgets;
pub use meter::Metered;
pub(crate) use meter::charged;
pub(crate) use origins::OriginKey;
use origins::Origins;

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

/// The limits of one tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ToolLimits {
    /// Calls of it by one principal.
    pub rate: Option<Rate>,
    /// Calls of it that run at once, if that is fewer than the tool itself takes.
    pub concurrent: Option<usize>,
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
    /// Calls of one principal that run at once, over all tools.
    pub principal_concurrent_calls: usize,
    /// What is limited of single tools besides, by their names.
    pub tools: BTreeMap<String, ToolLimits>,
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
            principal_concurrent_calls: 64,
            tools: BTreeMap::new(),
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

/// The limiters of one gateway; `C` is the clock, so that tests need not wait.
#[derive(Debug)]
pub(crate) struct Limits<C: Clock = MonotonicClock> {
    clock: C,
    /// By the places of principals; it only grows.
    principals: ArcSwap<Vec<Arc<Budgets<C>>>>,
    rates: LimitsConfig,
    origins: Origins<C>,
}

impl<C: Clock + Clone> Limits<C> {
    pub(crate) fn new(config: &LimitsConfig, principals: usize, clock: C) -> Self {
        let limits = Self {
            principals: ArcSwap::default(),
            rates: config.clone(),
            origins: Origins::new(config.origin.quota(), config.origins, clock.clone()),
            clock,
        };
        limits.make_room(principals);
        limits
    }

    /// Makes budgets for so many principals; those that are there keep theirs.
    pub(crate) fn make_room(&self, principals: usize) {
        self.principals.rcu(|known| {
            let new =
                (known.len()..principals).map(|_place| Arc::new(Budgets::new(&self.rates, &self.clock)));
            known.iter().cloned().chain(new).collect::<Vec<_>>()
        });
    }

    /// Charges one request to `peer`. Local peers have no address to charge; their principal is limited.
    pub(crate) fn origin(&self, peer: Peer) -> Result<(), Exceeded> {
        let Some(key) = OriginKey::of(peer) else { return Ok(()) };
        let charged = self.origins.with(key, |origin| origin.charge(&self.clock));
        charged.map_err(|wait| Exceeded { scope: "origin", retry_after: seconds(wait) })
    }

    /// Whether the next request of `peer` would be refused, as far as its last one tells. Nothing is charged.
    pub(crate) fn is_over(&self, peer: Peer) -> bool {
        OriginKey::of(peer).is_some_and(|key| self.origins.is_over(key))
    }

    /// Charges one request to the principal at `index`.
    pub(crate) fn principal(&self, index: usize) -> Result<(), Exceeded> {
        let principals = self.principals.load();
        let Some(own) = principals.get(index) else { return Ok(()) };
        let charged = own.requests.charge(&self.clock);
        charged.map_err(|wait| Exceeded { scope: "principal", retry_after: seconds(wait) })
    }

    /// Charges one write to the principal at `index`.
    pub(crate) fn write(&self, index: usize) -> Result<(), Exceeded> {
        let principals = self.principals.load();
        let Some(own) = principals.get(index) else { return Ok(()) };
        let charged = own.writes.charge(&self.clock);
        charged.map_err(|wait| Exceeded { scope: "write", retry_after: seconds(wait) })
    }

    /// Charges one call of `tool` to the principal at `index`.
    pub(crate) fn tool(&self, index: usize, tool: &str) -> Result<(), Exceeded> {
        let principals = self.principals.load();
        let Some(own) = principals.get(index) else { return Ok(()) };
        own.tool(tool, &self.clock).map_err(|wait| Exceeded { scope: "tool", retry_after: seconds(wait) })
    }

    /// A place among the calls of the principal at `index` that run at once, if there is one left.
    pub(crate) fn place(&self, index: usize) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.principals.load().get(index)?.running).try_acquire_owned().ok()
    }

    /// The room for request bodies of the principal at `index`.
    fn bodies(&self, index: usize) -> Option<Arc<Semaphore>> {
        self.principals.load().get(index).map(|own| Arc::clone(&own.bodies))
    }

    /// Charges `bytes` that a write of the principal at `index` brings to the disk. The error is when to try again, in seconds, if there
    /// is such a time: more than an hour's worth never fits.
    pub(crate) fn written(&self, index: usize, bytes: u64) -> Result<(), Option<u64>> {
        let principals = self.principals.load();
        let Some(own) = principals.get(index) else { return Ok(()) };
        own.write(bytes, &self.clock).map_err(|wait| wait.map(seconds))
    }

    /// What is left to the principal at `index`: of its requests, and of its writes.
    pub(crate) fn allowances(&self, index: usize) -> Option<[Allowance; 2]> {
        let principals = self.principals.load();
        let own = principals.get(index)?;
        Some([own.requests.allowance("principal", &self.clock), own.writes.allowance("write", &self.clock)])
    }

    /// Makes room in the table of origins. Looks at all of them, so no request waits for it.
    pub(crate) fn sweep(&self) {
        self.origins.sweep();
    }

    /// How many origins are told apart.
    pub(crate) fn origins_known(&self) -> usize {
        self.origins.known()
    }
}

/// Rounded up.
fn seconds(wait: Duration) -> u64 {
    wait.as_secs().saturating_add(u64::from(wait.subsec_nanos() > 0))
}

#[cfg(test)]
mod tests;
