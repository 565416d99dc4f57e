//! Verifies the audit log that is being written, from its files, while it is being written.

use std::path::Path;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use gitoma_audit::{ChainReport, Fault, Report, VerifierKey, VerifyError, VerifyOptions, verify_with};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use super::WATCHERS;
use super::entries::unreadable;
use crate::call::{CallId, Origin, RawArgs, RawCall};
use crate::gateway::Gateway;
use crate::principal::Credential;
use crate::refusal::{Refusal, RefusalKind};

/// How often the log may be verified: it reads all of it.
const PAUSE: Duration = Duration::from_secs(5);
/// Entries this young need not be covered by a checkpoint yet: those are made every ten seconds unless said otherwise.
const RECENT: Duration = Duration::from_secs(60);

/// What was found when the log was verified.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct Verification {
    /// When that began.
    pub at: Timestamp,
    /// `intact`, `pruned`, `not_anchored`, `torn` or `tampered`, as `gitoma-audit verify` says it.
    pub verdict: &'static str,
    /// How many entries are good, up to the first fault.
    pub entries: u64,
    /// The place of the last good one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub through_seq: Option<u64>,
    /// How long it took.
    pub milliseconds: u64,
    /// The first thing that is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<VerificationFault>,
    /// What is odd but no fault; `warning` names each.
    pub warnings: Vec<Map<String, Value>>,
}

/// What is wrong with the log, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct VerificationFault {
    /// The class of the fault, as docs/audit-format.md lists them.
    pub class: &'static str,
    /// The file of the log; empty if it is about none.
    pub file: String,
    /// The line in it, from 1; 0 if it is about none.
    pub line: u64,
    /// The place in the chain that the line should have.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seq: Option<u64>,
    /// What should have been there.
    pub detail: String,
}

impl From<Fault> for VerificationFault {
    fn from(fault: Fault) -> Self {
        Self {
            class: fault.class.as_str(),
            file: fault.file,
            line: fault.line,
            seq: fault.seq,
            detail: fault.expected,
        }
    }
}

impl Gateway {
    /// Verifies the audit log that is being written, for auditors and admins: one at a time, and not again within five seconds. Where the
    /// log is signed, entries older than a minute must be covered by a checkpoint.
    ///
    /// # Errors
    /// [`Refusal`] if the caller is not admitted, the log was just verified, or nothing can be said about it.
    pub async fn audit_verify(
        &self,
        credential: Credential,
        origin: Origin,
    ) -> Result<Verification, Refusal> {
        let call = RawCall::new(String::new(), RawArgs::Malformed, credential.clone(), origin);
        let principal = self.authenticate_as(credential, origin, WATCHERS).await?;
        let busy = async || {
            let mut record = self.record(&call);
            record.principal = Some(Arc::clone(&principal));
            Err(self.refuse(&record, RefusalKind::Busy).await)
        };
        let Ok(mut last) = Arc::clone(&self.inner.watchers.verifying).try_lock_owned() else {
            return busy().await;
        };
        if last.is_some_and(|last| last.elapsed() < PAUSE) {
            return busy().await;
        }
        let gateway = self.clone();
        // It goes on and is kept if whoever asked hangs up. The end of the gateway does not wait for it: it only reads.
        let verifying = tokio::task::spawn_blocking(move || {
            let found = gateway.verify_log();
            *last = Some(Instant::now());
            found
        });
        let refusal = match verifying.await {
            Ok(Ok(verification)) => return Ok(verification),
            Ok(Err(error)) => {
                let refusal = Refusal::new(CallId::mint(), RefusalKind::AuditUnreadable);
                let cause = std::error::Error::source(&error).map(ToString::to_string);
                tracing::error!(target: "gitoma::audit", error_id = %refusal.error_id, %error, cause, "the audit log cannot be verified");
                refusal
            }
            Err(lost) => unreadable(&gitoma_audit::ReadError::Io(lost.into())),
        };
        self.record_refusal(refusal.error_id, Some(principal), origin, refusal.code()).await;
        Err(refusal)
    }

    fn verify_log(&self) -> Result<Verification, VerifyError> {
        let (at, began) = (Timestamp::now(), Instant::now());
        let report = report(self.inner.log.folder(), self.inner.watchers.key.as_ref())?;
        let verdict = report.verdict.as_str();
        let (entries, through_seq, fault, mut odd) = match report.chains.into_iter().next() {
            Some(ChainReport { entries, last_seq, fault, warnings, .. }) => {
                (entries, last_seq, fault, warnings)
            }
            None => (0, None, None, Vec::new()),
        };
        odd.extend(report.warnings);
        let warnings = odd.iter().filter_map(|warning| match serde_json::to_value(warning) {
            Ok(Value::Object(members)) => Some(members),
            _ => None,
        });
        let verification = Verification {
            at,
            verdict,
            entries,
            through_seq,
            milliseconds: u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
            fault: fault.map(VerificationFault::from),
            warnings: warnings.collect(),
        };
        if let Some(fault) = &verification.fault {
            tracing::error!(target: "gitoma::audit", class = fault.class, file = fault.file, line = fault.line, "the audit log is not as it was written");
        }
        let mut kept = self.inner.watchers.verified.lock().unwrap_or_else(PoisonError::into_inner);
        *kept = Some(verification.clone());
        Ok(verification)
    }
}

/// Looks at the chain in `folder`, once more if a segment changed beneath the first look.
fn report(folder: &Path, key: Option<&VerifierKey>) -> Result<Report, VerifyError> {
    let mut options = VerifyOptions::default();
    options.keys = key.cloned().into_iter().collect();
    options.recent = RECENT;
    match verify_with(folder, &options) {
        Err(VerifyError::Changed { .. }) => verify_with(folder, &options),
        looked => looked,
    }
}
