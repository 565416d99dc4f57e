//! Where texts that are not small are redacted: off the runtime's workers, so that no text, however hostile, holds one; and apart
//! from the pool in which tools work, so that no tool that hangs keeps an entry from being written or a result from being cleaned.
//! What runs here ends by itself, since the texts are bounded.

use std::sync::Arc;
use std::thread;

use tokio::sync::Semaphore;
use tokio::task::JoinError;

/// As many places as the machine has cores.
#[derive(Debug)]
pub(crate) struct RedactionPool {
    places: Arc<Semaphore>,
}

impl RedactionPool {
    pub(crate) fn new() -> Self {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        Self { places: Arc::new(Semaphore::new(cores)) }
    }

    /// Runs `work` on a thread of its own once there is a place.
    ///
    /// # Errors
    /// [`JoinError`] if it panicked, or was lost with the runtime.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, JoinError> {
        // Nobody closes the pool; without a place the work is done all the same.
        let place = Arc::clone(&self.places).acquire_owned().await.ok();
        let job = tokio::task::spawn_blocking(move || {
            let _place = place;
            work()
        });
        job.await
    }
}
