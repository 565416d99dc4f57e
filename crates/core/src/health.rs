//! What a gateway says about itself: to a probe only whether it is ready, to a principal also why.

use std::sync::atomic::Ordering;

use gitoma_audit::{CheckpointFailure, CheckpointStatus};
use serde::Serialize;

use crate::call::Origin;
use crate::gateway::Gateway;
use crate::principal::Credential;
use crate::refusal::Refusal;
use crate::verdict::PolicyStamp;

/// The state of a gateway.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
#[non_exhaustive]
pub struct Health {
    /// Whether calls are taken.
    pub ready: bool,
    /// Whether the kill switch is set.
    pub halted: bool,
    /// Whether the gateway has sealed itself after an unrecorded outcome.
    pub sealed: bool,
    /// The policy in force.
    pub policy: PolicyStamp,
    /// Whether the policy's file says something that does not load, so that an older policy than the operator's is in force.
    pub stale: bool,
    /// Whether the policy is carried out (`enforce`) or, as far as reads go, only recorded (`shadow`).
    pub enforcement: &'static str,
    /// Whether write mode is `on` or `off`.
    pub write_mode: &'static str,
    /// What of the settings is less safe than it could be: `insecure_bind`, `direct_writes`, `keep_payloads`, `shadow`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unsafe_settings: Vec<&'static str>,
    /// A digest of the settings of the start, in hexadecimal: two gateways of one version that are set up alike have the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub settings_digest: Option<String>,
    /// The audit chain.
    pub audit: AuditHealth,
}

/// The state of the audit chain.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
#[non_exhaustive]
pub struct AuditHealth {
    /// The chain being written.
    pub chain_id: String,
    /// Sequence number of the newest entry.
    pub last_seq: u64,
    /// Why the log takes no more entries, if it does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub poisoned: Option<&'static str>,
    /// How many commitments of this process nobody can open, since what opens them could not be kept. Calls go on all the same.
    pub undisclosed: u64,
    /// The checkpoints, where a key for them is configured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checkpoints: Option<CheckpointHealth>,
}

/// The state of the audit chain's checkpoints. Entries go on whatever it is.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
#[non_exhaustive]
pub struct CheckpointHealth {
    /// How many entries the newest one covers.
    pub size: u64,
    /// How many seconds ago this process made it, if it has made one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub age_seconds: Option<u64>,
    /// What fails, as a stable word: `entries`, `key`, `folder`, `sink`, `sink_silent`, `fork` or `thread`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failing: Option<&'static str>,
}

impl From<CheckpointStatus> for CheckpointHealth {
    fn from(status: CheckpointStatus) -> Self {
        Self {
            size: status.size,
            age_seconds: status.age.map(|age| age.as_secs()),
            failing: status.failing.map(CheckpointFailure::code),
        }
    }
}

impl Gateway {
    /// The state of the gateway.
    #[must_use]
    pub fn health(&self) -> Health {
        let inner = &self.inner;
        let status = inner.log.status();
        let sealed = inner.sealed.load(Ordering::Acquire);
        let snapshot = inner.snapshot.load();
        let halted = inner.halt.is_set();
        Health {
            halted,
            ready: !halted && !sealed && status.poisoned.is_none() && !inner.closing.is_cancelled(),
            sealed,
            policy: snapshot.stamp(),
            stale: inner.policy_fault().is_some(),
            enforcement: snapshot.policy.enforcement().as_str(),
            write_mode: inner.write_mode.as_str(),
            unsafe_settings: inner.setup.told(snapshot.is_shadow()),
            settings_digest: inner.setup.digest.clone(),
            audit: AuditHealth {
                chain_id: status.chain_id.to_string(),
                last_seq: status.last_seq,
                poisoned: status.poisoned,
                undisclosed: status.undisclosed,
                checkpoints: status.checkpoints.map(CheckpointHealth::from),
            },
        }
    }

    /// The state of the gateway, for whoever looks with a credential. None to one that is good for some tools or repositories alone: a probe
    /// that comes every few seconds with such a token is no offence.
    ///
    /// # Errors
    /// [`Refusal`] if the caller is not admitted.
    pub async fn health_for(
        &self,
        credential: Credential,
        origin: Origin,
    ) -> Result<Option<Health>, Refusal> {
        let principal = self.authenticate(credential, origin).await?;
        Ok(principal.is_whole().then(|| self.health()))
    }

    /// The metrics in the Prometheus text format.
    #[must_use]
    pub fn metrics(&self) -> String {
        let inner = &self.inner;
        inner.metrics.halted(&self.halt_status());
        inner.metrics.render(&inner.log.status(), inner.limits.origins_known())
    }
}
