//! A part of the audit log at once: the newest entries, or those behind a place.

use gitoma_audit::{Most, ReadError};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::value::RawValue;

use super::WATCHERS;
use crate::call::{CallId, Origin};
use crate::gateway::Gateway;
use crate::principal::Credential;
use crate::refusal::{Refusal, RefusalKind};

/// The most bytes of entries in one answer.
const LARGEST: u64 = 4 * 1024 * 1024;

/// Which part of the log is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuditSpan {
    /// The newest, so many.
    Last(u64),
    /// At most so many of those behind an entry.
    After {
        /// The entry's place.
        seq: u64,
        /// How many.
        limit: u64,
    },
}

/// A part of the log.
#[derive(Debug, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct AuditEntries {
    /// The chain that is being written.
    pub chain_id: String,
    /// The place of its newest entry.
    pub last_seq: u64,
    /// Entries in their order, each exactly as it stands in the log (docs/audit-format.md).
    #[schemars(with = "Vec<serde_json::Map<String, serde_json::Value>>")]
    pub entries: Vec<Box<RawValue>>,
    /// Whether there are more behind them.
    pub more: bool,
}

impl Gateway {
    /// A part of the audit log that is being written, for auditors and admins.
    ///
    /// # Errors
    /// [`Refusal`] if the caller is not admitted, or the log cannot be read as it was written.
    pub async fn audit_entries(
        &self,
        credential: Credential,
        origin: Origin,
        span: AuditSpan,
    ) -> Result<AuditEntries, Refusal> {
        let principal = self.authenticate_as(credential, origin, WATCHERS).await?;
        let gateway = self.clone();
        let reading = tokio::task::spawn_blocking(move || gateway.read_entries(span));
        let refusal = match reading.await {
            Ok(Ok(entries)) => return Ok(entries),
            Ok(Err(error)) => unreadable(&error),
            Err(lost) => unreadable(&ReadError::Io(lost.into())),
        };
        self.record_refusal(refusal.error_id, Some(principal), origin, refusal.code()).await;
        Err(refusal)
    }

    fn read_entries(&self, span: AuditSpan) -> Result<AuditEntries, ReadError> {
        let status = self.inner.log.status();
        let end = status.last_seq.saturating_add(1);
        let (next, lines) = match span {
            AuditSpan::Last(count) => (end.saturating_sub(count), count),
            AuditSpan::After { seq, limit } => (seq.saturating_add(1), limit),
        };
        let (mut entries, mut strange) = (Vec::new(), None);
        let mut tail = self.inner.log.tail(next);
        let more = tail.read(status.last_seq, Most { lines, bytes: LARGEST }, &mut |_seq, line| {
            let text = String::from_utf8(line.to_vec()).map_err(std::io::Error::other);
            match text.and_then(|text| RawValue::from_string(text).map_err(std::io::Error::other)) {
                Ok(entry) => entries.push(entry),
                Err(error) => strange = Some(error),
            }
        })?;
        match strange {
            // What was read passed the format's own check, which is stricter than JSON.
            Some(error) => Err(ReadError::Io(error)),
            None => Ok(AuditEntries {
                chain_id: status.chain_id.to_string(),
                last_seq: status.last_seq,
                entries,
                more,
            }),
        }
    }
}

/// Says in the log what the caller is not told.
pub(super) fn unreadable(error: &ReadError) -> Refusal {
    let refusal = Refusal::new(CallId::mint(), RefusalKind::AuditUnreadable);
    let cause = std::error::Error::source(error).map(ToString::to_string);
    tracing::error!(target: "gitoma::audit", error_id = %refusal.error_id, %error, cause, "the audit log cannot be read as it was written");
    refusal
}
