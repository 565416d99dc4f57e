//! [`Guests`]: the connections that nothing is being answered on. When every place is taken and somebody comes, one of them gives way: of
//! those on which nobody was let in yet the oldest, else whoever opens enough connections, without a token, keeps everybody out; and if there
//! is none, the one that has asked for nothing for longest, else whoever has a token does. No request that began is ever cut off for that.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Whoever has waited for less than this is not sent away.
const LEAST: Duration = Duration::from_secs(1);

/// Those that there are. Clones share them.
#[derive(Debug, Clone, Default)]
pub(super) struct Guests(Arc<Mutex<Waiting>>);

#[derive(Debug, Default)]
struct Waiting {
    next: u64,
    /// In the order in which they give way.
    of: BTreeMap<Turn, (Instant, CancellationToken)>,
}

/// When a connection gives way: strangers before others, and of each the first to begin waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Turn {
    known: bool,
    order: u64,
}

/// A connection, for as long as it lives.
#[derive(Debug)]
pub(super) struct Guest {
    guests: Guests,
    turn: Mutex<Turn>,
    /// Cancelled when it is to give way.
    pub(super) gives_way: CancellationToken,
}

impl Guests {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One more, who has just come and whom nobody knows.
    pub(super) fn meet(&self) -> Guest {
        let gives_way = CancellationToken::new();
        let turn = self.waiting().begin(false, gives_way.clone());
        Guest { guests: self.clone(), turn: Mutex::new(turn), gives_way }
    }

    /// Sends away the first of them, if it has waited long enough. Whether it was. Nobody who is known has to go while a stranger is there, however
    /// young: else whoever has no token drives out those who do.
    pub(super) fn make_way(&self) -> bool {
        let mut waiting = self.waiting();
        let Some(first) = waiting.of.first_entry() else { return false };
        if first.get().0.elapsed() < LEAST {
            return false;
        }
        let (_, gives_way) = first.remove();
        gives_way.cancel();
        true
    }
}

impl Waiting {
    fn begin(&mut self, known: bool, gives_way: CancellationToken) -> Turn {
        let turn = Turn { known, order: self.next };
        self.next = self.next.wrapping_add(1);
        self.of.insert(turn, (Instant::now(), gives_way));
        turn
    }
}

impl Guest {
    fn turn(&self) -> MutexGuard<'_, Turn> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether nobody was let in on the connection yet.
    pub(super) fn is_strange(&self) -> bool {
        !self.turn().known
    }

    /// Somebody was let in: while the request is answered, the connection gives way to nobody. False if it was sent away in that instant: then
    /// nothing may come of the request, since nobody would learn what did.
    pub(super) fn let_in(&self) -> bool {
        let stays = self.stays();
        self.turn().known = true;
        stays
    }

    /// A request begins, and is answered until what is returned is dropped. Nothing if the connection was sent away in that instant, as with
    /// [`Guest::let_in`].
    pub(super) fn begin(self: &Arc<Self>) -> Option<Answering> {
        (self.is_strange() || self.stays()).then(|| Answering(Arc::clone(self)))
    }

    /// Takes it from those that give way. Whether it was not yet told to.
    fn stays(&self) -> bool {
        let turn = self.turn();
        let mut waiting = self.guests.waiting();
        waiting.of.remove(&turn);
        !self.gives_way.is_cancelled()
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        let turn = *self.turn();
        self.guests.waiting().of.remove(&turn);
    }
}

/// That a request is being answered on a connection.
#[derive(Debug)]
pub(super) struct Answering(Arc<Guest>);

impl Drop for Answering {
    fn drop(&mut self) {
        let guest = &self.0;
        let mut turn = guest.turn();
        if turn.known {
            *turn = guest.guests.waiting().begin(true, guest.gives_way.clone());
        }
    }
}

#[cfg(test)]
mod tests;
