//! The end of a gateway: no new calls, the running ones recorded, the chain closed.

use std::time::Duration;

use tokio::time::Instant;

use crate::gateway::Gateway;

/// How long [`Gateway::shutdown_within`] waits for what, one after the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShutdownWaits {
    /// For running calls; those that only read are cancelled then.
    pub calls: Duration,
    /// Then for writes that had begun, until their outcome is on the record. One whose disk does not answer is not waited for for ever.
    pub writes: Duration,
    /// Then for the end of the record.
    pub record: Duration,
}

impl Default for ShutdownWaits {
    /// 10, 30 and 10 seconds.
    fn default() -> Self {
        let [calls, writes, record] = [10, 30, 10].map(Duration::from_secs);
        Self { calls, writes, record }
    }
}

impl Gateway {
    /// [`Gateway::shutdown_within`] `patience` for running calls, and as long as usual for the rest.
    pub async fn shutdown(&self, patience: Duration) {
        self.shutdown_within(ShutdownWaits { calls: patience, ..ShutdownWaits::default() }).await;
    }

    /// Stops taking calls, waits for the running ones, and closes the audit chain. A disk that hangs can hold the thread that waits: a process
    /// that must be gone by a time needs a deadline of its own, as the binaries have.
    pub async fn shutdown_within(&self, waits: ShutdownWaits) {
        let inner = &self.inner;
        inner.closing.cancel();
        inner.tasks.close();
        let deadline = Instant::now() + waits.calls;
        if tokio::time::timeout_at(deadline, inner.tasks.wait()).await.is_err() {
            tracing::warn!(target: "gitoma::gateway", "calls are still running at shutdown; what can be stopped is stopped");
            inner.abort.cancel();
            if tokio::time::timeout(waits.writes, inner.tasks.wait()).await.is_err() {
                tracing::error!(target: "gitoma::gateway", "calls did not end; their outcomes are missing from the record");
            }
        }
        let closed = tokio::time::timeout(waits.record, async {
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
