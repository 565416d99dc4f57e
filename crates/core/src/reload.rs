//! Replacing the policy of a running gateway: all of it or nothing. A policy that does not load leaves the old one in force, and
//! says so in the audit chain and the log; a running call keeps the snapshot that judged it (invariant 10).

use std::sync::Arc;

use gitoma_audit::{AuditError, Event};
use gitoma_policy::{LoadError, Source};

use crate::gateway::Gateway;
use crate::load::load_policy;
use crate::snapshot::Snapshot;
use crate::verdict::PolicyStamp;

/// Why the policy was not replaced. The one before is still in force.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReloadError {
    /// The new policy does not load; the text says where and how to mend it.
    #[error("the policy does not load, and the one before stays in force\n{0}")]
    Policy(LoadError),
    /// The audit log does not take the entry that would say so.
    #[error("the change of policy could not be recorded, and the one before stays in force")]
    Audit(#[source] AuditError),
}

impl Gateway {
    /// Loads `text` as the policy and puts it in force for every call from now on. `name` is what reasons call the file.
    ///
    /// # Errors
    /// [`ReloadError`]; the policy before then stays in force.
    pub async fn replace_policy(&self, name: &str, text: &str) -> Result<PolicyStamp, ReloadError> {
        let inner = &self.inner;
        // One at a time, so that generations follow each other.
        let _turn = inner.reloading.lock().await;
        let generation = inner.snapshot.load().generation;
        let policy = match load_policy(Source { name, text }, &inner.catalogue) {
            Ok(policy) => policy,
            Err(fault) => {
                tracing::error!(target: "gitoma::policy", generation, "a new policy does not load; the one before stays in force");
                let rejected = Event::PolicyReject {
                    policy_digest: Some(Arc::clone(&inner.snapshot.load().digest)),
                    policy_generation: Some(generation),
                    code: "load_failed",
                    origin: Some(name.to_owned()),
                    detail: None,
                };
                inner.log.note(rejected).await.map_err(ReloadError::Audit)?;
                return Err(ReloadError::Policy(fault));
            }
        };
        let snapshot = Snapshot::new(policy, &inner.redactor, &inner.catalogue, generation + 1);
        let loaded = Event::PolicyLoad {
            policy_digest: Arc::clone(&snapshot.digest),
            policy_generation: snapshot.generation,
            origin: Some(name.to_owned()),
            detail: Some(format!("enforcement {}", snapshot.policy.enforcement().as_str())),
        };
        inner.log.note(loaded).await.map_err(ReloadError::Audit)?;
        let stamp = PolicyStamp { digest: snapshot.digest().to_owned(), generation: snapshot.generation };
        inner.metrics.policy(&snapshot);
        snapshot.warn_of_shadow();
        inner.snapshot.store(Arc::new(snapshot));
        Ok(stamp)
    }
}
