//! How far a running call has come, for a caller that asked to be told. A report is two numbers and words of the tool's own program,
//! so that nothing of a repository leaves by this way; how often one leaves, and that they only grow, is seen to here and nowhere else.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

/// How often a call's progress is told in the long run.
const EVERY: Duration = Duration::from_millis(100);
/// How many reports may follow each other at once.
const AT_ONCE: u32 = 3;

/// How far a call has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// How much is done. It grows from report to report.
    pub done: u64,
    /// Of how much, if that is known.
    pub total: Option<u64>,
    /// What is counted, such as `files searched`.
    pub counted: &'static str,
}

/// Where a call tells how far it has come; it belongs to one call.
#[derive(Debug)]
pub struct ProgressSink {
    latest: watch::Sender<Option<Progress>>,
    pace: Mutex<Pace>,
}

/// What a caller is told of how far its call has come. Who reads slowly misses reports, and no call waits for a reader.
#[derive(Debug)]
pub struct ProgressReports(watch::Receiver<Option<Progress>>);

impl ProgressSink {
    /// A sink for one call, and what comes out of it.
    #[must_use]
    pub fn new() -> (Self, ProgressReports) {
        let (latest, reports) = watch::channel(None);
        (Self { latest, pace: Mutex::default() }, ProgressReports(reports))
    }

    /// Tells `progress`, unless it is no more than was told before, or comes too soon after that.
    pub(crate) fn report(&self, progress: Progress) {
        let mut pace = self.pace.lock().unwrap_or_else(PoisonError::into_inner);
        if pace.admits(progress.done, Instant::now()) {
            self.latest.send_replace(Some(progress));
        }
    }
}

impl ProgressReports {
    /// The next report; nothing once the call has ended. Cancel-safe.
    pub async fn next(&mut self) -> Option<Progress> {
        self.0.changed().await.ok()?;
        *self.0.borrow_and_update()
    }
}

/// Which reports are told.
#[derive(Debug, Default)]
struct Pace {
    told: Option<u64>,
    /// When the next report would be due if each took its whole time (the generic cell rate algorithm).
    due: Option<Instant>,
}

impl Pace {
    fn admits(&mut self, done: u64, now: Instant) -> bool {
        if self.told.is_some_and(|told| done <= told) {
            return false;
        }
        let due = self.due.map_or(now, |due| due.max(now));
        if due.saturating_duration_since(now) > EVERY * (AT_ONCE - 1) {
            return false;
        }
        self.due = Some(due + EVERY);
        self.told = Some(done);
        true
    }
}

#[cfg(test)]
mod tests;
