//! [`Strangers`]: connections on which nobody was let in yet. When every place is taken and somebody comes, the oldest of them gives way: else
//! whoever opens enough connections, without a token, keeps everybody out. Who has shown a good token stays.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Whoever came less than this ago is not sent away.
const LEAST: Duration = Duration::from_secs(1);

/// Those that there are. Clones share them.
#[derive(Debug, Clone, Default)]
pub(super) struct Strangers(Arc<Mutex<Waiting>>);

#[derive(Debug, Default)]
struct Waiting {
    next: u64,
    /// In the order in which they came.
    of: BTreeMap<u64, (Instant, CancellationToken)>,
}

/// A connection, for as long as it lives.
#[derive(Debug)]
pub(super) struct Stranger {
    strangers: Strangers,
    id: u64,
    /// Cancelled when it is to give way.
    pub(super) gives_way: CancellationToken,
}

impl Strangers {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One more, who has just come.
    pub(super) fn meet(&self) -> Stranger {
        let gives_way = CancellationToken::new();
        let mut waiting = self.waiting();
        let id = waiting.next;
        waiting.next = waiting.next.wrapping_add(1);
        waiting.of.insert(id, (Instant::now(), gives_way.clone()));
        drop(waiting);
        Stranger { strangers: self.clone(), id, gives_way }
    }

    /// Sends away the one that has been there longest. Whether there was one.
    pub(super) fn make_way(&self) -> bool {
        let mut waiting = self.waiting();
        let Some(oldest) = waiting.of.first_entry() else { return false };
        if oldest.get().0.elapsed() < LEAST {
            return false;
        }
        let (_, (_, gives_way)) = oldest.remove_entry();
        gives_way.cancel();
        true
    }
}

impl Stranger {
    /// Whether nobody was let in on the connection yet.
    pub(super) fn is_strange(&self) -> bool {
        self.strangers.waiting().of.contains_key(&self.id)
    }

    /// Somebody was let in: it gives way to nobody.
    pub(super) fn let_in(&self) {
        self.strangers.waiting().of.remove(&self.id);
    }
}

impl Drop for Stranger {
    fn drop(&mut self) {
        self.let_in();
    }
}
