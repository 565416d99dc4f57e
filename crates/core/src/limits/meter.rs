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

impl Metered {
    /// Names and values of the headers by which an answer over HTTP says it: `ratelimit-policy` and `ratelimit`
    /// (draft-ietf-httpapi-ratelimit-headers-10), and `gitoma-policy`.
    #[must_use]
    pub fn headers(&self) -> [(&'static str, String); 3] {
        let (mut policy, mut limit) = (List::new(), List::new());
        for Allowance { scope, quota, window, left, reset, .. } in self.allowances {
            policy.item(scope, [("q", quota.into()), ("w", window)]);
            limit.item(scope, [("r", left.into()), ("t", reset)]);
        }
        let mut stamp = List::new();
        let PolicyStamp { digest, generation } = &self.policy;
        stamp.push("generation=").number(*generation).push(", digest=\"sha256:").push(digest).push("\"");
        [("ratelimit-policy", policy.0), ("ratelimit", limit.0), ("gitoma-policy", stamp.0)]
    }
}

/// Room for most of these headers.
const USUAL: usize = 128;

/// A header's text while it grows. Every answer has three, and what formats in general takes four times as long.
struct List(String);

impl List {
    fn new() -> Self {
        Self(String::with_capacity(USUAL))
    }

    fn push(&mut self, text: &str) -> &mut Self {
        self.0.push_str(text);
        self
    }

    fn number(&mut self, number: u64) -> &mut Self {
        self.push(itoa::Buffer::new().format(number))
    }

    /// Adds the item `name` to the list, with its parameters (RFC 9651 §3.1).
    fn item(&mut self, name: &str, parameters: [(&str, u64); 2]) {
        if !self.0.is_empty() {
            self.push(", ");
        }
        self.push("\"").push(name).push("\"");
        for (key, value) in parameters {
            self.push(";").push(key).push("=").number(value);
        }
    }
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

    /// Does `work` for the same request as whoever calls this, where it is to go on in a task of its own: what it is charged is told by
    /// [`Gateway::metered`] there.
    pub fn metered_with<T>(work: impl Future<Output = T>) -> impl Future<Output = T> {
        let meter = METER.try_with(Clone::clone).unwrap_or_default();
        METER.scope(meter, work)
    }
}
