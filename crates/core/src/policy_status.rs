//! What a gateway says of its policy to those who may look after it.

use jiff::Timestamp;
use serde::Serialize;

use crate::gateway::Gateway;
use crate::policy_file::PolicyFault;
use crate::verdict::PolicyStamp;

/// The state of a gateway's policy.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
#[non_exhaustive]
pub struct PolicyStatus {
    /// The digest of its meaning, in hexadecimal.
    pub digest: String,
    /// How many policies the gateway had loaded, this one included.
    pub generation: u64,
    /// What reasons call its file.
    pub name: String,
    /// Whether it is carried out (`enforce`) or, as far as reads go, only recorded (`shadow`).
    pub enforcement: &'static str,
    /// Whether write mode is `on` or `off`.
    pub write_mode: &'static str,
    /// When it was put in force.
    pub loaded_at: Timestamp,
    /// Whether its file says something else by now that does not load.
    pub stale: bool,
    /// Why that does not load.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<PolicyFault>,
    /// The policy that a rollback would put back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous: Option<PolicyStamp>,
    /// What the gateway calls the repositories that it serves.
    pub repositories: Vec<String>,
    /// How many rules the policy has.
    pub rules: usize,
}

impl Gateway {
    /// The state of the policy. It waits for a policy that is being loaded.
    pub async fn policy_status(&self) -> PolicyStatus {
        let inner = &self.inner;
        // Held, so that the policy and the one before it belong together.
        let previous = inner.previous.lock().await;
        let snapshot = inner.snapshot.load_full();
        let fault = inner.policy_fault();
        PolicyStatus {
            digest: snapshot.digest().to_owned(),
            generation: snapshot.generation(),
            name: snapshot.policy.name().to_owned(),
            enforcement: snapshot.policy.enforcement().as_str(),
            write_mode: inner.write_mode.as_str(),
            loaded_at: snapshot.loaded_at,
            stale: fault.is_some(),
            fault: fault.map(|fault| (*fault).clone()),
            previous: previous.as_ref().map(|before| before.stamp()),
            repositories: inner.serves.clone(),
            rules: snapshot.policy.rule_count(),
        }
    }
}
