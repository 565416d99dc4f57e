//! The way out: whole messages, one a line, in the order in which they are sent, and a count of those that nobody has taken yet.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use gitoma_core::BoxFuture;
use rmcp::model::ServerJsonRpcMessage;
use tokio::io::{AsyncWrite, AsyncWriteExt as _};
use tokio::sync::{Mutex, watch};
use tokio_util::sync::CancellationToken;

/// How long a client that has said its last word may take nothing of what is left to say to it, until it counts as gone.
const PATIENCE: Duration = Duration::from_secs(5);

/// Writes messages to the client. Cheap to clone; all clones write to one stream.
#[derive(Debug)]
pub(crate) struct Outbox<W> {
    writer: Arc<Mutex<Option<W>>>,
    unwritten: watch::Sender<usize>,
    /// How many bytes the client has taken.
    taken: watch::Sender<u64>,
    /// Cancelled when the client can no longer be written to: there is no point in reading on.
    gone: CancellationToken,
}

impl<W> Clone for Outbox<W> {
    fn clone(&self) -> Self {
        Self {
            writer: Arc::clone(&self.writer),
            unwritten: self.unwritten.clone(),
            taken: self.taken.clone(),
            gone: self.gone.clone(),
        }
    }
}

/// Counts one message as unwritten for as long as it lives.
struct Unwritten(watch::Sender<usize>);

impl Unwritten {
    fn count(counter: &watch::Sender<usize>) -> Self {
        counter.send_modify(|count| *count += 1);
        Self(counter.clone())
    }
}

impl Drop for Unwritten {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count = count.saturating_sub(1));
    }
}

impl<W: AsyncWrite + Send + Unpin + 'static> Outbox<W> {
    pub(crate) fn new(writer: W, gone: CancellationToken) -> Self {
        let (unwritten, taken) = (watch::Sender::new(0), watch::Sender::new(0));
        Self { writer: Arc::new(Mutex::new(Some(writer))), unwritten, taken, gone }
    }

    /// Sends `message`: at once what the client takes at once, and what is left when the future is polled. It counts as unwritten until that has
    /// ended or is dropped. An answer that waited for the task that sends it would wake another thread first, which on idle cores takes longer
    /// than to write it.
    pub(crate) fn send(&self, message: ServerJsonRpcMessage) -> BoxFuture<'static, io::Result<()>> {
        let outbox = self.clone();
        let unwritten = Unwritten::count(&self.unwritten);
        let mut sending: BoxFuture<'static, _> = Box::pin(async move {
            let _unwritten = unwritten;
            let mut line = serde_json::to_vec(&message)?;
            drop(message);
            line.push(b'\n');
            let written = outbox.write(&line).await;
            if written.is_err() {
                outbox.gone.cancel();
            }
            written
        });
        match (&mut sending).now_or_never() {
            Some(sent) => Box::pin(std::future::ready(sent)),
            None => sending,
        }
    }

    async fn write(&self, line: &[u8]) -> io::Result<()> {
        let mut writer = self.writer.lock().await;
        let writer = writer.as_mut().ok_or(io::ErrorKind::NotConnected)?;
        let mut left = line;
        while !left.is_empty() {
            let written = writer.write(left).await?;
            left = left.get(written..).filter(|_| written > 0).ok_or(io::ErrorKind::WriteZero)?;
            self.taken.send_modify(|taken| *taken = taken.wrapping_add(written as u64));
        }
        writer.flush().await
    }

    /// Waits until fewer than `limit` messages are unwritten. Cancel-safe.
    pub(crate) async fn below(&self, limit: usize) {
        // It fails only if the counter is gone, and it is ours.
        let _counted = self.unwritten.subscribe().wait_for(|count| *count < limit).await.map(drop);
    }

    /// Waits until the client has taken nothing for [`PATIENCE`]. Cancel-safe.
    pub(crate) async fn stalled(&self) {
        let mut taken = self.taken.subscribe();
        // It fails only if the counter is gone, and it is ours.
        while tokio::time::timeout(PATIENCE, taken.changed()).await.is_ok() {}
    }

    /// Closes the stream once what is being written is out, or nobody takes it.
    pub(crate) async fn close(&self) {
        tokio::select! {
            biased;
            mut writer = self.writer.lock() => drop(writer.take()),
            () = self.stalled() => {}
        }
    }
}

#[cfg(test)]
mod tests;
