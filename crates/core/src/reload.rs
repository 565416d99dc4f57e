//! Replacing the policy of a running gateway: all of it or nothing. A policy that does not load leaves the old one in force, and
//! says so in the audit chain and the log; a running call keeps the snapshot that judged it (invariant 10). The policy before is
//! kept, to be put back without its file.

mod changes;

use std::sync::Arc;

use gitoma_audit::{AuditError, Event};
use gitoma_policy::{LoadError, Source};
use gitoma_redact::Redactor;
use serde::Serialize;

use crate::gateway::Gateway;
use crate::load::{LoadedPolicy, load_policy};
use crate::principal::Secret;
use crate::snapshot::Snapshot;
use crate::verdict::PolicyStamp;

pub use changes::PolicyChanges;

/// Why the policy was not replaced. The one before is still in force.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReloadError {
    /// The new policy does not load; the text says where and how to mend it.
    #[error("the policy does not load, and the one before stays in force\n{0}")]
    Policy(LoadError),
    /// The gateway's policy comes from no file.
    #[error("the policy comes from no file, so there is nothing to read again")]
    NoFile,
    /// The policy's file cannot be read; the text says how.
    #[error("{0}; the policy before stays in force")]
    Unreadable(String),
    /// The gateway has had no other policy since its start.
    #[error("there is no policy to go back to: this gateway has had no other since its start")]
    NothingBefore,
    /// The audit log does not take the entry that would say so.
    #[error("the change of policy could not be recorded, and the one before stays in force")]
    Audit(#[source] AuditError),
    /// The work on the policy was lost to an internal error or to the end of the runtime.
    #[error(
        "the policy could not be replaced because of an internal error; look at the health for which one is in force"
    )]
    Lost,
}

/// What replacing the policy did.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
#[non_exhaustive]
pub struct PolicyReport {
    /// The policy that is in force now.
    pub policy: PolicyStamp,
    /// The one before, which [`Gateway::roll_back_policy`] puts back.
    pub before: PolicyStamp,
    /// What the two say differently; `None` if they were not compared.
    pub changes: Option<PolicyChanges>,
}

impl Gateway {
    /// Loads `text` as the policy and puts it in force for every call from now on. `name` is what reasons call the file.
    ///
    /// The change is on the disk before it is in force. The new policy is compared with the one before only then, so that an
    /// emergency does not wait for a report; what got wider is a warning in the log and a second entry of the new generation.
    /// Dropping the future neither undoes nor halves the change.
    ///
    /// # Errors
    /// [`ReloadError`]; the policy before then stays in force.
    pub async fn replace_policy(&self, name: &str, text: &str) -> Result<PolicyReport, ReloadError> {
        let (gateway, name, text) = (self.clone(), name.to_owned(), text.to_owned());
        let work = async move { gateway.load_and_replace(name, text).await };
        self.inner.tasks.spawn(work).await.unwrap_or(Err(ReloadError::Lost))
    }

    /// Puts the policy before the present one in force again, as a generation of its own. Doing so twice returns to the present
    /// one.
    ///
    /// # Errors
    /// [`ReloadError`]; the present policy then stays in force.
    pub async fn roll_back_policy(&self) -> Result<PolicyReport, ReloadError> {
        let gateway = self.clone();
        let work = async move { gateway.put_back().await };
        self.inner.tasks.spawn(work).await.unwrap_or(Err(ReloadError::Lost))
    }

    /// Hides `values` from now on, whatever they look like, in what calls that begin later give back.
    pub async fn hide(&self, values: &[Secret]) {
        let inner = &self.inner;
        // Whoever replaces the policy makes its redactor of the one that is changed here.
        let mut previous = inner.previous.lock().await;
        let with =
            |redactor: &Redactor| redactor.clone().with_known_values(values.iter().map(Secret::expose));
        inner.redactor.store(Arc::new(with(&inner.redactor.load())));
        let hiding = |snapshot: &Snapshot| Arc::new(snapshot.redacting(with(&snapshot.redactor)));
        *previous = previous.as_deref().map(hiding);
        let snapshot = hiding(&inner.snapshot.load());
        inner.logged.store(Arc::clone(&snapshot.redactor));
        inner.snapshot.store(snapshot);
    }

    async fn load_and_replace(&self, name: String, text: String) -> Result<PolicyReport, ReloadError> {
        let inner = &self.inner;
        // One at a time, so that generations follow each other.
        let mut previous = inner.previous.lock().await;
        let (shared, source) = (Arc::clone(inner), name.clone());
        let loading = tokio::task::spawn_blocking(move || {
            load_policy(Source { name: &source, text: &text }, &shared.catalogue)
        });
        let loaded: LoadedPolicy = match loading.await.map_err(|_lost| ReloadError::Lost)? {
            Ok(loaded) => loaded,
            Err(fault) => return Err(self.reject(name, fault).await),
        };
        let before = inner.snapshot.load_full();
        let redactor = inner.redactor.load_full();
        let snapshot =
            Snapshot::new(loaded, &redactor, &inner.catalogue, before.generation.saturating_add(1));
        let snapshot = self.put_in_force(snapshot, &before, &mut previous, None).await?;
        inner.metrics.reload("loaded");
        drop(previous);
        Ok(self.report(snapshot, before).await)
    }

    async fn put_back(&self) -> Result<PolicyReport, ReloadError> {
        let inner = &self.inner;
        let mut previous = inner.previous.lock().await;
        let back = Arc::clone(previous.as_ref().ok_or(ReloadError::NothingBefore)?);
        let before = inner.snapshot.load_full();
        let snapshot = back.renumbered(before.generation.saturating_add(1));
        let detail = format!(
            "rolled back from generation {} to the policy of generation {}",
            before.generation, back.generation
        );
        let snapshot = self.put_in_force(snapshot, &before, &mut previous, Some(detail)).await?;
        inner.metrics.reload("rolled_back");
        drop(previous);
        Ok(self.report(snapshot, before).await)
    }

    /// Records that a policy was refused.
    async fn reject(&self, name: String, fault: LoadError) -> ReloadError {
        let inner = &self.inner;
        let stays = inner.snapshot.load_full();
        tracing::error!(
            target: "gitoma::policy",
            generation = stays.generation,
            "a new policy does not load; the one before stays in force"
        );
        inner.metrics.reload("rejected");
        let rejected = Event::PolicyReject {
            policy_digest: Some(Arc::clone(&stays.digest)),
            policy_generation: Some(stays.generation),
            code: "load_failed",
            origin: Some(name),
            detail: None,
        };
        match inner.log.note(rejected).await {
            Ok(_) => ReloadError::Policy(fault),
            Err(failure) => ReloadError::Audit(failure),
        }
    }

    /// Records `snapshot` and swaps it in.
    async fn put_in_force(
        &self,
        snapshot: Snapshot,
        before: &Arc<Snapshot>,
        previous: &mut Option<Arc<Snapshot>>,
        detail: Option<String>,
    ) -> Result<Arc<Snapshot>, ReloadError> {
        let inner = &self.inner;
        let snapshot = Arc::new(snapshot);
        inner.log.note(loaded(&snapshot, snapshot.detail(detail))).await.map_err(ReloadError::Audit)?;
        inner.logged.store(Arc::clone(&snapshot.redactor));
        inner.snapshot.store(Arc::clone(&snapshot));
        inner.lists.send_replace(());
        *previous = Some(Arc::clone(before));
        inner.metrics.policy(&snapshot);
        snapshot.warn_of_shadow();
        tracing::info!(
            target: "gitoma::policy",
            generation = snapshot.generation,
            digest = snapshot.digest(),
            "a policy took effect"
        );
        Ok(snapshot)
    }

    /// Says what `snapshot`, which is in force by now, changes. Nobody who replaces the policy next waits for it.
    async fn report(&self, snapshot: Arc<Snapshot>, before: Arc<Snapshot>) -> PolicyReport {
        let (policy, stamp) = (snapshot.stamp(), before.stamp());
        let shared = Arc::clone(&self.inner);
        let (old, new) = (before, Arc::clone(&snapshot));
        let comparing = tokio::task::spawn_blocking(move || changes::between(&old, &new, &shared.catalogue));
        // Whatever becomes of the comparison, the policy is in force.
        let changes = comparing.await.ok();
        if let Some(changes) = &changes {
            self.say(&snapshot, changes).await;
        }
        PolicyReport { policy, before: stamp, changes }
    }

    /// Says what got wider, in the log and, as a second entry of the same generation, in the audit chain.
    async fn say(&self, snapshot: &Snapshot, changes: &PolicyChanges) {
        if !changes.widens {
            return;
        }
        if self.inner.snapshot.load().generation != snapshot.generation {
            // Another policy took effect meanwhile. An entry of this one now would read as if it were in force.
            tracing::warn!(
                target: "gitoma::policy",
                generation = snapshot.generation,
                "a policy that is no longer in force allowed what the one before it did not"
            );
            return;
        }
        tracing::warn!(
            target: "gitoma::policy",
            generation = snapshot.generation,
            changes = &*changes.summary,
            "the new policy allows what the one before did not"
        );
        if let Err(failure) = self.inner.log.note(loaded(snapshot, Some(changes.summary.clone()))).await {
            tracing::error!(target: "gitoma::audit", error = %failure, "what a policy widens could not be recorded");
        }
    }
}

/// The entry that says that `snapshot` is in force.
fn loaded(snapshot: &Snapshot, detail: Option<String>) -> Event {
    Event::PolicyLoad {
        policy_digest: Arc::clone(&snapshot.digest),
        policy_generation: snapshot.generation,
        origin: Some(snapshot.policy.name().to_owned()),
        detail,
    }
}

#[cfg(test)]
mod tests;
