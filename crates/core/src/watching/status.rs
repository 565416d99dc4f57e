//! [`GatewayStatus`]: what those who follow the audit log are told of the gateway besides.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::approval::ApprovalState;
use crate::gateway::Gateway;
use crate::verdict::PolicyStamp;

/// For how long it is not looked again.
const FRESH: Duration = Duration::from_millis(900);

/// The state of the gateway, in short.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct GatewayStatus {
    /// Whether calls are taken.
    pub ready: bool,
    /// Whether the gateway has sealed itself after an unrecorded outcome.
    pub sealed: bool,
    /// Whether the kill switch is set.
    pub halted: bool,
    /// The policy in force.
    pub policy: PolicyStamp,
    /// Whether the policy's file says something else by now that does not load.
    pub stale: bool,
    /// The audit chain.
    pub audit: ChainStatus,
    /// How many approvals wait for a decision.
    pub pending_approvals: u64,
}

/// The state of the audit chain, in short.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct ChainStatus {
    /// Whether the log takes entries.
    pub ok: bool,
    /// The place of the newest entry.
    pub last_seq: u64,
    /// Its hash.
    pub head: String,
}

impl GatewayStatus {
    /// Whether it says the same, but for the entries that have come.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        let Self { ready, sealed, halted, policy, stale, audit, pending_approvals } = self;
        (ready, sealed, halted, policy, stale)
            == (&other.ready, &other.sealed, &other.halted, &other.policy, &other.stale)
            && (audit.ok, *pending_approvals) == (other.audit.ok, other.pending_approvals)
    }
}

impl Gateway {
    /// The status, not much older than a second: all who follow share one.
    pub(super) async fn watched_status(&self) -> GatewayStatus {
        let mut kept = self.inner.watchers.status.lock().await;
        if let Some((at, status)) = &*kept
            && at.elapsed() < FRESH
        {
            return status.clone();
        }
        let gateway = self.clone();
        // Approvals stand in files.
        let counted = tokio::task::spawn_blocking(move || gateway.pending_approvals()).await;
        let health = self.health();
        let log = self.inner.log.status();
        let status = GatewayStatus {
            ready: health.ready,
            sealed: health.sealed,
            halted: health.halted,
            stale: health.stale,
            policy: health.policy,
            audit: ChainStatus {
                ok: log.poisoned.is_none(),
                last_seq: log.last_seq,
                head: log.head.to_string(),
            },
            pending_approvals: counted.unwrap_or(0),
        };
        *kept = Some((Instant::now(), status.clone()));
        status
    }

    fn pending_approvals(&self) -> u64 {
        let Some(store) = &self.inner.approvals else { return 0 };
        let now = Timestamp::now();
        let pending = store
            .unended()
            .map(|held| held.iter().filter(|held| held.state(now) == ApprovalState::Pending).count());
        // Who lists them is told what is wrong with them.
        u64::try_from(pending.unwrap_or(0)).unwrap_or(u64::MAX)
    }
}
