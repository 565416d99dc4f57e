//! What a gateway says about itself: to a probe only whether it is ready, to a principal also why.

use std::sync::atomic::Ordering;

use serde::Serialize;

use crate::gateway::Gateway;
use crate::verdict::PolicyStamp;

/// The state of a gateway.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Health {
    /// Whether calls are taken.
    pub ready: bool,
    /// Whether the gateway has sealed itself after an unrecorded outcome.
    pub sealed: bool,
    /// The policy in force.
    pub policy: PolicyStamp,
    /// Whether the policy is carried out (`enforce`) or, as far as reads go, only recorded (`shadow`).
    pub enforcement: &'static str,
    /// Whether write mode is `on` or `off`.
    pub write_mode: &'static str,
    /// The audit chain.
    pub audit: AuditHealth,
}

/// The state of the audit chain.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct AuditHealth {
    /// The chain being written.
    pub chain_id: String,
    /// Sequence number of the newest entry.
    pub last_seq: u64,
    /// Why the log takes no more entries, if it does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub poisoned: Option<&'static str>,
}

impl Gateway {
    /// The state of the gateway.
    #[must_use]
    pub fn health(&self) -> Health {
        let inner = &self.inner;
        let status = inner.log.status();
        let sealed = inner.sealed.load(Ordering::Acquire);
        let snapshot = inner.snapshot.load();
        Health {
            ready: !sealed && status.poisoned.is_none() && !inner.closing.is_cancelled(),
            sealed,
            policy: snapshot.stamp(),
            enforcement: snapshot.policy.enforcement().as_str(),
            write_mode: inner.write_mode.as_str(),
            audit: AuditHealth {
                chain_id: status.chain_id.to_string(),
                last_seq: status.last_seq,
                poisoned: status.poisoned,
            },
        }
    }

    /// The metrics in the Prometheus text format.
    #[must_use]
    pub fn metrics(&self) -> String {
        let status = self.inner.log.status();
        self.inner.metrics.render(status.poisoned.is_none(), status.last_seq)
    }
}
