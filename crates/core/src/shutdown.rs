//! The end of a gateway: no new calls, the running ones recorded, the chain closed.

use std::time::Duration;

use tokio::time::Instant;

use crate::gateway::Gateway;

/// How long `shutdown` waits for calls that cannot be stopped, once its patience is over.
const LAST_WAIT: Duration = Duration::from_secs(30);
/// How long it waits for the end of the record.
const RECORD_WAIT: Duration = Duration::from_secs(10);

impl Gateway {
    /// Stops taking calls, waits up to `patience` for the running ones, and closes the audit chain.
    ///
    /// Reads that are still running then are cancelled; a write is waited for until its outcome is on the record, for half a minute at most,
    /// and the end of the record for ten seconds. A disk that hangs can hold the thread that waits: a process that must be gone by a time
    /// needs a deadline of its own, as the binaries have.
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
        let closed = tokio::time::timeout(RECORD_WAIT, async {
            inner.record_halts().await;
            inner.flush_aggregates(None).await;
            inner.log.close().await
        });
        match closed.await {
            Ok(Ok(_)) => {}
            Ok(Err(failure)) => {
                tracing::error!(target: "gitoma::audit", error = %failure, "the audit chain was not closed cleanly");
            }
            Err(_) => tracing::error!(
                target: "gitoma::audit",
                "the disk does not answer, so the audit chain was not closed; the next start goes on with it"
            ),
        }
        // the last one covers the end
        inner.report_checkpoints(&mut None);
        inner.report_undisclosed();
    }
}
