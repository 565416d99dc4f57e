//! Tells a transport whose limits a request was charged to, once that is established and not before: what is said of limits must not
//! tell a right token from a wrong one where nobody was authenticated.

use std::sync::{Arc, OnceLock};

use super::{Allowance, Limits};
use crate::gateway::Gateway;
use crate::snapshot::Snapshot;
use crate::verdict::PolicyStamp;

tokio::task_local! {
    static METER: Meter;
}

/// Whose limits they were, and under which policy.
#[derive(Debug, Clone, Default)]
struct Meter(Arc<OnceLock<Charged>>);

#[derive(Debug)]
struct Charged {
    limits: Arc<Limits>,
    index: usize,
    snapshot: Arc<Snapshot>,
}

/// What a request of an authenticated caller was answered under.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Metered {
    /// What is left of the caller's limits: of its requests, and of its writes.
    pub allowances: [Allowance; 2],
    /// The policy that the request met.
    pub policy: PolicyStamp,
}

/// Notes that the work under way is charged to the principal at `index`, and judged by `snapshot`.
pub(crate) fn charged(limits: &Arc<Limits>, index: usize, snapshot: &Arc<Snapshot>) {
    // Whoever embeds the gateway need not ask.
    let charged = || Charged { limits: Arc::clone(limits), index, snapshot: Arc::clone(snapshot) };
    let _ = METER.try_with(|meter| meter.0.set(charged()));
}

impl Gateway {
    /// Does `work`, which asks a gateway for something once, and says besides what is left of the limits of whoever asked, and which policy
    /// it met. None where nobody was authenticated.
    pub async fn metered<T>(work: impl Future<Output = T>) -> (T, Option<Metered>) {
        let meter = Meter::default();
        let done = METER.scope(meter.clone(), work).await;
        let met = meter.0.get().and_then(|Charged { limits, index, snapshot }| {
            Some(Metered { allowances: limits.allowances(*index)?, policy: snapshot.stamp() })
        });
        (done, met)
    }
}
