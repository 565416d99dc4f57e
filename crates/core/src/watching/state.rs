//! The state of the audit log, for those who look after it.

use std::sync::PoisonError;

use schemars::JsonSchema;
use serde::Serialize;

use super::{Verification, WATCHERS};
use crate::call::Origin;
use crate::gateway::Gateway;
use crate::health::CheckpointHealth;
use crate::principal::Credential;
use crate::refusal::Refusal;

/// The state of the audit log.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct AuditState {
    /// The chain that is being written.
    pub chain_id: String,
    /// The place of the newest entry.
    pub last_seq: u64,
    /// Its hash.
    pub head: String,
    /// Whether the log takes entries.
    pub ok: bool,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub poisoned: Option<&'static str>,
    /// How many commitments of this process nobody can open, since what opens them could not be kept.
    pub undisclosed: u64,
    /// The checkpoints, where a key for them is configured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checkpoints: Option<CheckpointHealth>,
    /// What was found when the log was verified last, if this process was asked to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verification: Option<Verification>,
    /// How many follow the log.
    pub subscribers: usize,
}

impl Gateway {
    /// The state of the audit log, for auditors and admins.
    ///
    /// # Errors
    /// [`Refusal`] if the caller is not admitted.
    pub async fn audit_status(&self, credential: Credential, origin: Origin) -> Result<AuditState, Refusal> {
        self.authenticate_as(credential, origin, WATCHERS).await?;
        let status = self.inner.log.status();
        let verification =
            self.inner.watchers.verified.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Ok(AuditState {
            chain_id: status.chain_id.to_string(),
            last_seq: status.last_seq,
            head: status.head.to_string(),
            ok: status.poisoned.is_none(),
            poisoned: status.poisoned,
            undisclosed: status.undisclosed,
            checkpoints: status.checkpoints.map(CheckpointHealth::from),
            verification,
            subscribers: self.inner.watchers.count(),
        })
    }
}
