//! Tells a transport whose limits a request was charged to, once that is established and not before: what is said of limits must not
//! tell a right token from a wrong one where nobody was authenticated.

use std::sync::{Arc, OnceLock};

use super::{Allowance, Limits};
use crate::gateway::Gateway;

tokio::task_local! {
    static METER: Meter;
}

/// Whose limits they were.
#[derive(Debug, Clone, Default)]
struct Meter(Arc<OnceLock<(Arc<Limits>, usize)>>);

/// Notes that the work under way is charged to the principal at `index`.
pub(crate) fn charged(limits: &Arc<Limits>, index: usize) {
    // Whoever embeds the gateway need not ask.
    let _ = METER.try_with(|meter| meter.0.set((Arc::clone(limits), index)));
}

impl Gateway {
    /// Does `work`, which asks a gateway for something once, and says besides what is left of the limits of whoever asked: of its requests and
    /// of its writes. None where nobody was authenticated.
    pub async fn metered<T>(work: impl Future<Output = T>) -> (T, Option<[Allowance; 2]>) {
        let meter = Meter::default();
        let done = METER.scope(meter.clone(), work).await;
        let left = meter.0.get().and_then(|(limits, index)| limits.allowances(*index));
        (done, left)
    }
}
