//! What a process says, up to a bound. All of it is read, so that nobody waits for room in a pipe; what is beyond the bound is dropped.

use std::io::Read;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// One stream of a process, read by a thread of its own.
#[derive(Debug)]
pub(super) struct Output {
    kept: Arc<Mutex<Vec<u8>>>,
    ended: Receiver<()>,
}

impl Output {
    pub(super) fn read(mut stream: impl Read + Send + 'static, limit: usize) -> std::io::Result<Self> {
        let kept = Arc::new(Mutex::new(Vec::new()));
        let (end, ended) = channel();
        let shared = Arc::clone(&kept);
        std::thread::Builder::new().name("gitoma-output".to_owned()).spawn(move || {
            let mut buffer = [0; 8 * 1024];
            while let Ok(read @ 1..) = stream.read(&mut buffer) {
                let mut kept = shared.lock().unwrap_or_else(PoisonError::into_inner);
                let room = limit.saturating_sub(kept.len()).min(read);
                kept.extend_from_slice(buffer.get(..room).unwrap_or_default());
            }
            let _ = end.send(());
        })?;
        Ok(Self { kept, ended })
    }

    /// Whether the stream ends within `patience`.
    pub(super) fn ends(&self, patience: Duration) -> bool {
        !matches!(self.ended.recv_timeout(patience), Err(RecvTimeoutError::Timeout))
    }

    /// What was said so far.
    pub(super) fn take(&self) -> Vec<u8> {
        std::mem::take(&mut self.kept.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
