//! The end of a gateway: no new calls, the running ones recorded, the chain closed.

use std::time::Duration;

use tokio::time::Instant;

use crate::gateway::Gateway;

/// How long `shutdown` waits for calls that cannot be stopped, once its patience is over.
const LAST_WAIT: Duration = Duration::from_secs(30);

impl Gateway {
    /// Stops taking calls, waits up to `patience` for the running ones, and closes the audit chain.
    ///
    /// Reads that are still running then are cancelled; a write is waited for until its outcome is on the record.
    pub async fn shutdown(&self, patience: Duration) {
        let inner = &self.inner;
        inner.closing.cancel();
        inner.tasks.close();
        let deadline = Instant::now() + patience;
        if tokio::time::timeout_at(deadline, inner.tasks.wait()).await.is_err() {
            tracing::warn!(target: "gitoma::gateway", "calls are still running at shutdown; what can be stopped is stopped");
            inner.abort.cancel();
            // A write that had begun is waited for; a disk that no longer answers is not waited for for ever.
            if tokio::time::timeout(LAST_WAIT, inner.tasks.wait()).await.is_err() {
                tracing::error!(target: "gitoma::gateway", "calls did not end; their outcomes are missing from the record");
            }
        }
        inner.record_halts().await;
        inner.flush_aggregates(None).await;
        if let Err(failure) = inner.log.close().await {
            tracing::error!(target: "gitoma::audit", error = %failure, "the audit chain was not closed cleanly");
        }
        // the last one covers the end
        inner.report_checkpoints(&mut None);
        inner.report_undisclosed();
    }
}
