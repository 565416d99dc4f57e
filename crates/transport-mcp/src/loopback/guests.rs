//! [`Guests`]: the connections there are, and which of them gives way when every place is taken and somebody comes. Of those on which nobody was
//! let in yet it is the oldest, else whoever opens enough connections, without a token, keeps everybody out; and if there is none, the one that
//! has asked for nothing for longest. One principal has a share of the places and no more, whatever it does on them: else whoever has a
//! token, and is slow to write or to read, keeps everybody out.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Whoever has waited for less than this is not sent away.
const LEAST: Duration = Duration::from_secs(1);

/// Those that there are. Clones share them.
#[derive(Debug, Clone)]
pub(super) struct Guests {
    table: Arc<Mutex<Table>>,
    share: usize,
}

#[derive(Debug, Default)]
struct Table {
    next: u64,
    /// Those that nothing is being answered on, in the order in which they give way.
    waiting: BTreeMap<Turn, Waiting>,
    /// How many connections each principal has.
    held: HashMap<Arc<str>, usize>,
}

/// When a connection gives way: strangers before others, and of each the first to begin waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Turn {
    known: bool,
    order: u64,
}

#[derive(Debug)]
struct Waiting {
    since: Instant,
    of: Option<Arc<str>>,
    gives_way: CancellationToken,
}

/// A connection, for as long as it lives.
#[derive(Debug)]
pub(super) struct Guest {
    guests: Guests,
    standing: Mutex<Standing>,
    /// Cancelled when it is to give way.
    pub(super) gives_way: CancellationToken,
}

#[derive(Debug)]
struct Standing {
    turn: Turn,
    /// Who was let in first.
    of: Option<Arc<str>>,
}

/// What becomes of a connection on which somebody is let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Entry {
    /// It stays while it is answered.
    Stays,
    /// It was sent away in that instant: nothing may come of the request, since nobody might learn what did.
    Gone,
    /// The principal has its share of connections, and on all of them something is being answered.
    Full,
}

impl Guests {
    /// Nobody yet. A principal may have `share` connections.
    pub(super) fn new(share: usize) -> Self {
        Self { table: Arc::default(), share }
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One more, who has just come and whom nobody knows.
    pub(super) fn meet(&self) -> Guest {
        let gives_way = CancellationToken::new();
        let turn = self.table().begin(None, gives_way.clone());
        let standing = Mutex::new(Standing { turn, of: None });
        Guest { guests: self.clone(), standing, gives_way }
    }

    /// Sends away the first of them, if it has waited long enough. Whether it was. Nobody who is known has to go while a stranger is there, however
    /// young: else whoever has no token drives out those who do.
    pub(super) fn make_way(&self) -> bool {
        let mut table = self.table();
        let Some(first) = table.waiting.first_entry() else { return false };
        if first.get().since.elapsed() < LEAST {
            return false;
        }
        first.remove().gives_way.cancel();
        true
    }
}

impl Table {
    fn begin(&mut self, of: Option<Arc<str>>, gives_way: CancellationToken) -> Turn {
        let turn = Turn { known: of.is_some(), order: self.next };
        self.next = self.next.wrapping_add(1);
        self.waiting.insert(turn, Waiting { since: Instant::now(), of, gives_way });
        turn
    }

    /// Sends away the connection of `principal` that has asked for nothing for longest. Whether there was one.
    fn make_way_among(&mut self, principal: &str) -> bool {
        let mut waiting = self.waiting.iter();
        let own =
            waiting.find(|(_, waiting)| waiting.of.as_deref() == Some(principal)).map(|(turn, _)| *turn);
        let Some(waiting) = own.and_then(|turn| self.waiting.remove(&turn)) else { return false };
        waiting.gives_way.cancel();
        true
    }
}

impl Guest {
    fn standing(&self) -> MutexGuard<'_, Standing> {
        self.standing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether nobody was let in on the connection yet.
    pub(super) fn is_strange(&self) -> bool {
        self.standing().of.is_none()
    }

    /// Somebody was let in, who is `principal`: while the request is answered, the connection gives way to nobody. Of a principal that has its share
    /// already, another connection goes for it.
    pub(super) fn let_in(&self, principal: &str) -> Entry {
        let mut standing = self.standing();
        let mut table = self.guests.table();
        if self.gives_way.is_cancelled() {
            return Entry::Gone;
        }
        let held = table.held.get(principal).copied().unwrap_or_default();
        if held >= self.guests.share && !table.make_way_among(principal) {
            return Entry::Full;
        }
        table.waiting.remove(&standing.turn);
        let principal: Arc<str> = principal.into();
        *table.held.entry(Arc::clone(&principal)).or_default() += 1;
        standing.of = Some(principal);
        Entry::Stays
    }

    /// A request begins, and is answered until what is returned is dropped. Nothing if the connection was sent away in that instant, as with
    /// [`Entry::Gone`].
    pub(super) fn begin(self: &Arc<Self>) -> Option<Answering> {
        let standing = self.standing();
        let mut table = self.guests.table();
        if standing.of.is_some() {
            table.waiting.remove(&standing.turn);
        }
        (!self.gives_way.is_cancelled()).then(|| Answering(Arc::clone(self)))
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        let standing = self.standing();
        let mut table = self.guests.table();
        table.waiting.remove(&standing.turn);
        if let Some(principal) = &standing.of
            && let Some(held) = table.held.get_mut(principal)
        {
            *held = held.saturating_sub(1);
            if *held == 0 {
                table.held.remove(principal);
            }
        }
    }
}

/// That a request is being answered on a connection.
#[derive(Debug)]
pub(super) struct Answering(Arc<Guest>);

impl Drop for Answering {
    fn drop(&mut self) {
        let guest = &self.0;
        let mut standing = guest.standing();
        if standing.of.is_some() && !guest.gives_way.is_cancelled() {
            standing.turn = guest.guests.table().begin(standing.of.clone(), guest.gives_way.clone());
        }
    }
}

#[cfg(test)]
mod tests;
