//! Room for requests: how many bytes of requests may be read and not yet handled on one connection, and which ids they use.
//! This bounds memory alone; how many calls may run, and how often, is the gateway's to say.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use rmcp::model::RequestId;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

type Ids = Arc<Mutex<HashSet<RequestId>>>;

/// The requests of one connection that are being handled.
#[derive(Debug, Clone)]
pub(crate) struct InFlight {
    room: Arc<Semaphore>,
    ids: Ids,
    /// What a small request costs, in bytes, so that their number is bounded too.
    least: u32,
    most: u32,
}

/// The place of one request, given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    id: RequestId,
    ids: Ids,
    _room: OwnedSemaphorePermit,
}

impl InFlight {
    /// Room for `bytes` bytes in at most `requests` requests.
    pub(crate) fn new(requests: u32, bytes: u32) -> Self {
        let room = usize::try_from(bytes).unwrap_or(usize::MAX).min(Semaphore::MAX_PERMITS);
        let least = bytes.checked_div(requests).unwrap_or(bytes);
        Self { room: Arc::new(Semaphore::new(room)), ids: Ids::default(), least, most: bytes }
    }

    /// Whether a request with `id` is being handled.
    pub(crate) fn has(&self, id: &RequestId) -> bool {
        self.ids.lock().unwrap_or_else(PoisonError::into_inner).contains(id)
    }

    /// Waits for room for a request of `bytes` bytes, and takes it.
    ///
    /// Cancel-safe: nothing is taken unless the place is returned.
    pub(crate) async fn enter(&self, id: RequestId, bytes: usize) -> Option<Place> {
        let cost = u32::try_from(bytes).unwrap_or(u32::MAX).clamp(self.least, self.most);
        let room = Arc::clone(&self.room).acquire_many_owned(cost).await.ok()?;
        self.ids.lock().unwrap_or_else(PoisonError::into_inner).insert(id.clone());
        Some(Place { id, ids: Arc::clone(&self.ids), _room: room })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.ids.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.id);
    }
}

#[cfg(test)]
mod tests;
