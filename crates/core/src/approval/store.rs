//! [`Store`]: the approvals of one state directory, shared by every gateway on it. Each step is one file that can be made once, so
//! of two who decide, or two calls that would use an approval, one wins; and whoever looks and then acts holds the lock meanwhile.

use std::path::Path;
use std::time::{Duration, SystemTime};

use jiff::Timestamp;

use super::binding::Subject;
pub use super::files::StoreError;
use super::files::{Files, Lock, Names, Part, RequestName};
use super::held::Held;
use super::id::ApprovalId;
use super::request::{Decided, End, Request};
use super::{ApprovalLimits, ApprovalState};

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "tests look at files of their own temporary directories")]
mod tests;

/// Of those that nothing can become of any more, so many are kept.
const MOST_KEPT: usize = 1024;

/// The approvals of one state directory.
#[derive(Debug)]
pub(crate) struct Store {
    files: Files,
    limits: ApprovalLimits,
}

/// The right to change approvals: one at a time has it, in whatever process.
#[derive(Debug)]
pub(crate) struct Turn<'store> {
    store: &'store Store,
    _lock: Lock,
}

impl Store {
    /// Opens the directory.
    ///
    /// # Errors
    /// [`StoreError`] if it cannot be used.
    pub(crate) fn open(directory: &Path, limits: ApprovalLimits) -> Result<Self, StoreError> {
        Ok(Self { files: Files::open(directory)?, limits })
    }

    pub(crate) fn limits(&self) -> ApprovalLimits {
        self.limits
    }

    /// Waits for its turn.
    pub(crate) fn turn(&self) -> Result<Turn<'_>, StoreError> {
        Ok(Turn { store: self, _lock: self.files.lock()? })
    }

    /// All that there are, in the order of their time.
    pub(crate) fn all(&self) -> Result<Vec<Held>, StoreError> {
        self.select(|_| true)
    }

    /// Those of which something may still become, as far as names tell.
    pub(crate) fn unended(&self) -> Result<Vec<Held>, StoreError> {
        self.select(|names| !names.end)
    }

    /// The one of that id.
    pub(crate) fn find(&self, id: &ApprovalId) -> Result<Option<Held>, StoreError> {
        let listing = self.files.list()?;
        Ok(listing.approvals.get(id).and_then(|names| self.load(names)))
    }

    fn select(&self, wanted: impl Fn(&Names) -> bool) -> Result<Vec<Held>, StoreError> {
        let listing = self.files.list()?;
        let mut strange = listing.foreign;
        let mut found = Vec::new();
        for names in listing.approvals.values().filter(|names| names.request.is_some() && wanted(names)) {
            match self.load(names) {
                Some(held) => found.push(held),
                None => strange = strange.saturating_add(1),
            }
        }
        if strange > 0 {
            tracing::warn!(target: "gitoma::approval", files = strange, "files among the approvals are not what a gateway writes; they count as absent");
        }
        found.sort_by_key(|held| held.request.created);
        Ok(found)
    }

    /// Reads an approval; none if its request is not one.
    fn load(&self, names: &Names) -> Option<Held> {
        let name = names.request.as_ref()?;
        let id = &name.id;
        let request: Request = self.files.read_request(name)?;
        if RequestName::of(&request) != *name {
            return None;
        }
        let decided: Option<Decided> =
            self.files.read_part(id, Part::Decision).filter(|decided: &Decided| decided.id == *id);
        let end: Option<End> = self.files.read_part(id, Part::End).filter(|end: &End| end.id == *id);
        let broken = (names.decision && decided.is_none()) || (names.end && end.is_none());
        Some(Held { request, decided, end, broken })
    }
}

impl RequestName {
    fn of(request: &Request) -> Self {
        Self {
            subject: request.subject.short(),
            expires: request.expires.as_second(),
            id: request.id.clone(),
        }
    }
}

impl Turn<'_> {
    /// The approvals of one subject that have not ended.
    pub(crate) fn of(&self, subject: Subject) -> Result<Vec<Held>, StoreError> {
        let short = subject.short();
        let named = |names: &Names| names.request.as_ref().is_some_and(|name| name.subject == short);
        let held = self.store.select(|names| !names.end && named(names))?;
        Ok(held.into_iter().filter(|held| held.request.subject == subject).collect())
    }

    /// Whether another one may become pending, of `principal`.
    pub(crate) fn has_room(&self, principal: &str, now: Timestamp) -> Result<bool, StoreError> {
        let undecided = self.store.select(|names| !names.end && !names.decision)?;
        let pending: Vec<_> =
            undecided.iter().filter(|held| held.state(now) == ApprovalState::Pending).collect();
        let own = pending.iter().filter(|held| &*held.request.principal == principal).count();
        let limits = self.store.limits;
        Ok(pending.len() < limits.pending && own < limits.pending_per_principal)
    }

    /// Makes an approval pending.
    pub(crate) fn add(&self, request: &Request) -> Result<(), StoreError> {
        self.store.files.add_request(&RequestName::of(request), request)
    }

    /// Decides; `false` if somebody else has.
    pub(crate) fn decide(&self, decided: &Decided) -> Result<bool, StoreError> {
        self.store.files.add_part(&decided.id, Part::Decision, decided)
    }

    /// Ends; `false` if it had ended.
    pub(crate) fn end(&self, end: &End) -> Result<bool, StoreError> {
        self.store.files.add_part(&end.id, Part::End, end)
    }

    /// Takes away what is long over, the oldest first where there are too many.
    pub(crate) fn sweep(&self, now: Timestamp) -> Result<(), StoreError> {
        let files = &self.store.files;
        files.forget_unfinished(SystemTime::from(now))?;
        let listing = files.list()?;
        let kept = i64::try_from(self.store.limits.kept.as_secs()).unwrap_or(i64::MAX);
        let is_over =
            |names: &Names| names.request.as_ref().is_none_or(|name| name.expires <= now.as_second());
        let is_old = |names: &Names| {
            let expires = names.request.as_ref().map(|name| name.expires);
            expires.is_none_or(|expires| expires.saturating_add(kept) <= now.as_second())
        };
        let mut settled: Vec<_> =
            listing.approvals.iter().filter(|(_, names)| names.end || is_over(names)).collect();
        settled.sort_by_key(|(_, names)| names.request.as_ref().map(|name| name.expires));
        let surplus = settled.len().saturating_sub(MOST_KEPT);
        for (place, (id, names)) in settled.into_iter().enumerate() {
            if place < surplus || is_old(names) {
                files.forget(id, names)?;
            }
        }
        Ok(())
    }
}

/// When an approval that is asked for at `now` is over, to the millisecond.
pub(crate) fn expiry(now: Timestamp, lifetime: Duration) -> Timestamp {
    let lifetime = i64::try_from(lifetime.as_millis()).unwrap_or(i64::MAX);
    let over = now.as_millisecond().saturating_add(lifetime);
    Timestamp::from_millisecond(over).unwrap_or(Timestamp::MAX)
}
