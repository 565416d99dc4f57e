//! [`Session`]: what a client of the revisions up to 2025-11-25 has opened. It belongs to a principal, remembers the version that was agreed
//! on, and knows the requests that are being handled, so that they can be cancelled by their ids. It proves nothing.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rmcp::model::{ProtocolVersion, RequestId};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// A session. It ends when it is told to, and nothing of it goes on then.
#[derive(Debug)]
pub(super) struct Session {
    id: Arc<str>,
    principal: Arc<str>,
    version: ProtocolVersion,
    ended: CancellationToken,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    used: Instant,
    running: HashMap<RequestId, CancellationToken>,
    /// The stream that is open for what the server has to say of itself, of which there is one.
    listening: Option<CancellationToken>,
}

/// Why a request is not handled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unfit {
    /// As many are being handled as may be.
    Full,
    /// Its id is that of one that is being handled.
    InUse,
}

impl Session {
    pub(super) fn new(id: Arc<str>, principal: &str, version: ProtocolVersion) -> Self {
        let state = State { used: Instant::now(), running: HashMap::new(), listening: None };
        let ended = CancellationToken::new();
        Self { id, principal: Arc::from(principal), version, ended, state: Mutex::new(state) }
    }

    pub(super) fn id(&self) -> &Arc<str> {
        &self.id
    }

    /// The version that was agreed on.
    pub(super) fn version(&self) -> &ProtocolVersion {
        &self.version
    }

    pub(super) fn belongs_to(&self, principal: &str) -> bool {
        *self.principal == *principal
    }

    /// Notes that somebody has asked for it.
    pub(super) fn touch(&self) {
        self.state().used = Instant::now();
    }

    /// When it was used last; nothing while it is in use.
    pub(super) fn unused_since(&self) -> Option<Instant> {
        let state = self.state();
        let open = state.listening.as_ref().is_some_and(|listening| !listening.is_cancelled());
        (state.running.is_empty() && !open).then_some(state.used)
    }

    pub(super) fn is_expired(&self, idle: Duration) -> bool {
        self.unused_since().is_some_and(|used| used.elapsed() >= idle)
    }

    /// Cancels what runs, and closes what is open.
    pub(super) fn end(&self) {
        self.ended.cancel();
    }

    /// Cancelled when the session has ended.
    #[cfg(test)]
    pub(super) fn ended(&self) -> &CancellationToken {
        &self.ended
    }

    /// Begins to handle the request `id`, if fewer than `most` are.
    pub(super) fn begin(self: &Arc<Self>, id: &RequestId, most: usize) -> Result<Running, Unfit> {
        let mut state = self.state();
        if state.running.contains_key(id) {
            return Err(Unfit::InUse);
        }
        if state.running.len() >= most {
            return Err(Unfit::Full);
        }
        let cancel = self.ended.child_token();
        state.running.insert(id.clone(), cancel.clone());
        drop(state);
        Ok(Running { session: Arc::clone(self), id: id.clone(), cancel })
    }

    /// Cancels the request `id`; whether it was being handled.
    pub(super) fn cancel(&self, id: &RequestId) -> bool {
        let running = self.state().running.get(id).cloned();
        running.inspect(CancellationToken::cancel).is_some()
    }

    /// Opens the stream for what the server has to say of itself, in place of one that is open: its client may have lost that and come
    /// back before anybody noticed.
    pub(super) fn listen(self: &Arc<Self>) -> Listening {
        let end = self.ended.child_token();
        if let Some(before) = self.state().listening.replace(end.clone()) {
            before.cancel();
        }
        Listening { session: Arc::clone(self), end }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request that is being handled, for as long as this lives.
#[derive(Debug)]
pub(super) struct Running {
    session: Arc<Session>,
    id: RequestId,
    cancel: CancellationToken,
}

impl Running {
    /// Cancelled when the client no longer wants an answer.
    pub(super) fn cancel(&self) -> &CancellationToken {
        &self.cancel
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let mut state = self.session.state();
        state.running.remove(&self.id);
        state.used = Instant::now();
    }
}

/// A stream that is open, for as long as this lives.
#[derive(Debug)]
pub(super) struct Listening {
    session: Arc<Session>,
    end: CancellationToken,
}

impl Listening {
    /// Cancelled when the stream is to end.
    pub(super) fn end(&self) -> &CancellationToken {
        &self.end
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.end.cancel();
        self.session.touch();
    }
}

#[cfg(test)]
mod tests;
