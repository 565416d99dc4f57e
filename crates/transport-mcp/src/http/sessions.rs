//! [`Sessions`]: all that are open. A session is found by its id and its principal, and by neither alone. There are so many in all and so
//! many of one principal; one that is unused for long ends.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rmcp::model::ProtocolVersion;

use super::Bounds;
use super::session::Session;

/// Random bytes in an id: nobody guesses one.
const ID_BYTES: usize = 16;

/// The open sessions, by their ids.
#[derive(Debug)]
pub(super) struct Sessions {
    open: Mutex<HashMap<Arc<str>, Arc<Session>>>,
    bounds: Bounds,
}

impl Sessions {
    pub(super) fn new(bounds: Bounds) -> Self {
        Self { open: Mutex::default(), bounds }
    }

    /// Opens a session of `principal`. If it has as many as it may, or there are as many in all, one of its own that is unused makes room,
    /// and nobody else's; if there is none, nothing is opened.
    pub(super) fn open(&self, principal: &str, version: ProtocolVersion) -> Option<Arc<Session>> {
        let id = new_id()?;
        let mut open = self.lock();
        self.sweep(&mut open);
        let own = open.values().filter(|session| session.belongs_to(principal)).count();
        if own >= self.bounds.principal_sessions || open.len() >= self.bounds.sessions {
            let unused = open.values().filter(|session| session.belongs_to(principal));
            let unused =
                unused.filter_map(|session| Some((session.unused_since()?, Arc::clone(session.id()))));
            let (_, oldest) = unused.min()?;
            if let Some(session) = open.remove(&oldest) {
                session.end();
            }
        }
        let session = Arc::new(Session::new(Arc::clone(&id), principal, version));
        open.insert(id, Arc::clone(&session));
        Some(session)
    }

    /// The session `id` of `principal`. To anybody else, there is none.
    pub(super) fn find(&self, id: &str, principal: &str) -> Option<Arc<Session>> {
        let mut open = self.lock();
        let session = open.get(id).filter(|session| session.belongs_to(principal)).cloned()?;
        if session.is_expired(self.bounds.idle) {
            open.remove(id);
            session.end();
            return None;
        }
        session.touch();
        Some(session)
    }

    /// Ends the session `id` of `principal`; whether there was one.
    pub(super) fn end(&self, id: &str, principal: &str) -> bool {
        let Some(session) = self.find(id, principal) else { return false };
        session.end();
        self.lock().remove(id).is_some()
    }

    /// How many are open.
    pub(super) fn count(&self) -> usize {
        self.lock().len()
    }

    fn sweep(&self, open: &mut HashMap<Arc<str>, Arc<Session>>) {
        open.retain(|_, session| {
            let expired = session.is_expired(self.bounds.idle);
            if expired {
                session.end();
            }
            !expired
        });
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Arc<str>, Arc<Session>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A new id; nothing where the system has no randomness to give.
fn new_id() -> Option<Arc<str>> {
    let mut bytes = [0; ID_BYTES];
    getrandom::fill(&mut bytes).ok()?;
    Some(hex::encode(bytes).into())
}

#[cfg(test)]
mod tests;
