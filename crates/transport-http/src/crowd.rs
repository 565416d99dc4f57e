//! [`Crowd`]: the connections there are, of which there may be so many. When every place is taken and somebody comes, the one whose
//! client has kept the server waiting longest, for a head, for the rest of a body, or to take an answer, gives way: else whoever opens
//! enough connections and says nothing more keeps everybody out. And
//! all of them are told when the server is about to end.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::time::Duration;

use futures_util::task::AtomicWaker;
use gitoma_core::{Connected, Connections};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout};

/// Whoever has kept the server waiting for less than this is not sent away.
const LEAST: Duration = Duration::from_secs(1);
/// How often it is looked for somebody who gives way, while there is no place.
const PACE: Duration = Duration::from_millis(50);

/// The connections of a listener. Clones share them.
#[derive(Debug, Clone)]
pub(crate) struct Crowd(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    counted: Connections,
    places: Arc<Semaphore>,
    began: Instant,
    closing: AtomicBool,
    members: Mutex<Members>,
}

#[derive(Debug, Default)]
struct Members {
    next: u64,
    states: HashMap<u64, Arc<State>>,
}

/// What the others may know of a connection.
#[derive(Debug, Default)]
struct State {
    /// Since when its client keeps the server waiting, in milliseconds; 0 while it does not, [`GONE`] once it is to give way. One number, so that
    /// nobody is sent away who in that instant has stopped waiting.
    waits: AtomicU64,
    /// Whether what is waited for is the rest of a request's body.
    body: AtomicBool,
    waker: AtomicWaker,
}

/// That a connection is to give way, whatever comes of it now.
const GONE: u64 = u64::MAX;

impl State {
    /// Notes since when it waits, or that it does not, unless it is to give way.
    fn note(&self, since: u64) {
        let _ = self
            .waits
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, |waits| (waits != GONE).then_some(since));
    }
}

impl Shared {
    fn members(&self) -> MutexGuard<'_, Members> {
        self.members.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// In milliseconds, from 1.
    fn now(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX).saturating_add(1)
    }
}

impl Crowd {
    /// Nobody yet, and so many places.
    pub(crate) fn new(places: usize, counted: Connections) -> Self {
        Self(Arc::new(Shared {
            counted,
            places: Arc::new(Semaphore::new(places)),
            began: Instant::now(),
            closing: AtomicBool::new(false),
            members: Mutex::default(),
        }))
    }

    /// Says that the server is about to end.
    pub(crate) fn close(&self) {
        self.0.closing.store(true, Ordering::Release);
        self.0.members().states.values().for_each(|state| state.waker.wake());
    }

    /// A place. Whoever comes while there is none waits in the kernel's queue meanwhile.
    pub(crate) async fn place(&self) -> Place {
        let mut permit = Arc::clone(&self.0.places).try_acquire_owned().ok();
        while permit.is_none() {
            self.make_way();
            // The semaphore is never closed.
            permit =
                timeout(PACE, Arc::clone(&self.0.places).acquire_owned()).await.ok().and_then(Result::ok);
        }
        let state = Arc::<State>::default();
        let mut members = self.0.members();
        members.next = members.next.wrapping_add(1);
        let id = members.next;
        members.states.insert(id, Arc::clone(&state));
        drop(members);
        Place { crowd: self.clone(), id, state, _permit: permit, _counted: self.0.counted.begin() }
    }

    /// Sends away the one that has kept the server waiting longest.
    fn make_way(&self) {
        let latest = self.0.now().saturating_sub(u64::try_from(LEAST.as_millis()).unwrap_or(u64::MAX));
        let members = self.0.members();
        let waiting = members.states.values().filter_map(|state| {
            let since = state.waits.load(Ordering::Acquire);
            (since != 0 && since <= latest).then_some((since, state))
        });
        if let Some((since, state)) = waiting.min_by_key(|(since, _)| *since) {
            // Whoever has just stopped waiting stays; it is looked for another one soon.
            if state.waits.compare_exchange(since, GONE, Ordering::AcqRel, Ordering::Acquire).is_ok() {
                self.0.counted.give_way();
                state.waker.wake();
            }
        }
    }
}

/// A connection's place, which is free again when this is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    crowd: Crowd,
    id: u64,
    state: Arc<State>,
    _permit: Option<OwnedSemaphorePermit>,
    _counted: Connected,
}

impl Place {
    /// Notes that the client keeps the server waiting, from now on unless it did already; `waker` is called when that must end. False if
    /// it must end now.
    pub(crate) fn wait(&self, waker: &Waker) -> bool {
        if self.state.waits.load(Ordering::Acquire) == 0 {
            self.state.note(self.crowd.0.now());
        }
        self.state.waker.register(waker);
        self.state.waits.load(Ordering::Acquire) != GONE
    }

    /// Notes that the client keeps nobody waiting, unless a body of its is waited for.
    pub(crate) fn go_on(&self) {
        if !self.awaits_body() && self.state.waits.load(Ordering::Acquire) != 0 {
            self.state.note(0);
        }
    }

    /// Whether the rest of a request's body is waited for.
    pub(crate) fn awaits_body(&self) -> bool {
        self.state.body.load(Ordering::Acquire)
    }

    /// Where it is noted that a body is waited for.
    pub(crate) fn body_wait(&self) -> BodyWait {
        BodyWait { crowd: self.crowd.clone(), state: Arc::clone(&self.state) }
    }

    /// Whether the server is about to end.
    pub(crate) fn is_closing(&self) -> bool {
        self.crowd.0.closing.load(Ordering::Acquire)
    }
}

/// Notes of a connection that the server waits for the rest of a request's body. However slowly that comes, it counts as one wait.
#[derive(Debug, Clone)]
pub(crate) struct BodyWait {
    crowd: Crowd,
    state: Arc<State>,
}

impl BodyWait {
    /// From now on.
    pub(crate) fn begin(&self) {
        self.state.note(self.crowd.0.now());
        self.state.body.store(true, Ordering::Release);
    }

    /// Until now.
    pub(crate) fn end(&self) {
        self.state.body.store(false, Ordering::Release);
        self.state.note(0);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.crowd.0.members().states.remove(&self.id);
    }
}
