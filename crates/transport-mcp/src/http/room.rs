//! Room for the requests of one principal: how many are handled at once, and how many streams wait. This bounds memory alone; how many calls may
//! run, and how often, and what their bodies take, is the gateway's to say.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Streams of one principal that wait for news, outside of sessions, which have one each.
pub(super) const LISTENING: usize = 64;

/// The room of one principal.
#[derive(Debug)]
pub(super) struct Room {
    requests: Arc<Semaphore>,
    listening: Arc<Semaphore>,
}

/// A place in a [`Room`], given back when it is dropped. It holds the room: what a room bounds outlives the requests that began it.
#[derive(Debug)]
pub(super) struct Place {
    _permit: OwnedSemaphorePermit,
    _room: Arc<Room>,
}

impl Room {
    fn new(requests: usize) -> Self {
        Self {
            requests: Arc::new(Semaphore::new(requests.min(Semaphore::MAX_PERMITS))),
            listening: Arc::new(Semaphore::new(LISTENING)),
        }
    }

    fn place(self: &Arc<Self>, of: &Arc<Semaphore>) -> Option<Place> {
        let permit = Arc::clone(of).try_acquire_owned().ok()?;
        Some(Place { _permit: permit, _room: Arc::clone(self) })
    }

    /// A place for a stream that waits for news, if there is one.
    pub(super) fn listening(self: &Arc<Self>) -> Option<Place> {
        self.place(&self.listening)
    }

    /// A place for a request, if there is one.
    pub(super) fn request(self: &Arc<Self>) -> Option<Place> {
        self.place(&self.requests)
    }
}

/// The rooms of all principals.
#[derive(Debug)]
pub(super) struct Rooms {
    by_principal: Mutex<HashMap<Arc<str>, Arc<Room>>>,
    requests: usize,
}

impl Rooms {
    /// Rooms for so many requests each.
    pub(super) fn new(requests: usize) -> Self {
        Self { by_principal: Mutex::default(), requests }
    }

    /// The room of `principal`, who is configured: the table grows with the configuration alone.
    pub(super) fn of(&self, principal: &str) -> Arc<Room> {
        let mut rooms = self.by_principal.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(room) = rooms.get(principal) {
            return Arc::clone(room);
        }
        // Where the configuration was loaded anew, some may be nobody's any more.
        rooms.retain(|_, room| Arc::strong_count(room) > 1);
        let room = Arc::new(Room::new(self.requests));
        rooms.insert(Arc::from(principal), Arc::clone(&room));
        room
    }
}

#[cfg(test)]
mod tests;
