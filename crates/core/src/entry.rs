//! The one entry of a call that did not run, and the fields that every entry of a call is made of. What a caller sent is redacted
//! here, for the record and for a verdict that names it, and where it is much, off the runtime's workers: it can be as hostile as
//! what a tool returns.

use std::sync::Arc;

use gitoma_audit::{CallFields, Commitment, Kind, Refused};
use serde_json::{Map, Value};
use tokio::task::JoinError;

use crate::commitment::Committing;
use crate::gateway::Gateway;
use crate::record::Record;
use crate::refusal::{Refusal, RefusalKind};
use crate::verdict::Verdict;

impl Gateway {
    /// Writes the entry of a call that was judged, or refused.
    pub(crate) async fn enter(&self, record: &Record, code: &'static str, kind: Kind) -> Result<(), Refusal> {
        let written = if record.is_small() {
            self.write(record, code, kind).await
        } else {
            // In a task: a caller who hangs up meanwhile must not escape the record.
            let (gateway, shared) = (self.clone(), record.clone());
            let writing = async move { gateway.write(&shared, code, kind).await };
            self.inner.tasks.spawn(writing).await.unwrap_or(false)
        };
        if written {
            return Ok(());
        }
        let refusal = Refusal::new(record.call_id, RefusalKind::AuditUnavailable);
        self.inner.metrics.observe(&record.observe("refused", refusal.code(), 0));
        Err(refusal)
    }

    async fn write(&self, record: &Record, code: &'static str, kind: Kind) -> bool {
        // An entry that says little of a call that did not run is better than none.
        let call = self.fields(record, code).await.unwrap_or_else(|_lost| record.bare_fields(code));
        let written = match kind {
            Kind::Judged => self.inner.log.judged(call).await,
            _ => self.inner.log.refused(Refused { call, executed: false }).await,
        };
        if let Err(failure) = &written {
            let call_id = record.call_id;
            tracing::error!(target: "gitoma::audit", %call_id, error = %failure, "the audit log refused an entry");
        }
        written.is_ok()
    }

    /// The verdict as its caller may see it.
    ///
    /// # Errors
    /// [`RefusalKind::Panicked`] if nothing of it is left.
    pub(crate) async fn shown(&self, record: &Record, verdict: Verdict) -> Result<Verdict, Refusal> {
        if record.is_small() {
            return Ok(verdict.clean(record.redactor()));
        }
        let shared = record.clone();
        let cleaned = self.inner.redaction.run(move || verdict.clean(shared.redactor())).await;
        cleaned.map_err(|_lost| Refusal::new(record.call_id, RefusalKind::Panicked { executed: false }))
    }

    /// What the audit entry of the call says.
    ///
    /// # Errors
    /// [`JoinError`] if the redaction panicked, or was lost with the runtime.
    pub(crate) async fn fields(&self, record: &Record, code: &'static str) -> Result<CallFields, JoinError> {
        if record.is_small() {
            return Ok(record.fields(Some(code)));
        }
        let shared = record.clone();
        self.inner.redaction.run(move || shared.fields(Some(code))).await
    }

    /// What the intent of a call says, and the commitment to its arguments.
    ///
    /// # Errors
    /// As [`Gateway::fields`].
    pub(crate) async fn intent(
        &self,
        record: &Record,
        arguments: &Arc<Map<String, Value>>,
        committing: Option<Committing>,
    ) -> Result<(CallFields, Option<Commitment>), JoinError> {
        let code = record.verdict_code();
        let made = move |record: &Record, arguments: &Map<String, Value>| {
            let commit = |committing: Committing| committing.arguments(arguments, record.redactor());
            (record.fields(Some(code)), committing.and_then(commit))
        };
        if record.is_small() && self.inner.disclosures.is_small(arguments) {
            return Ok(made(record, arguments));
        }
        let (record, arguments) = (record.clone(), Arc::clone(arguments));
        self.inner.redaction.run(move || made(&record, &arguments)).await
    }
}
