//! Which notes stay: those of segment ends, starts and ends, and one an hour of those that were made for the time alone. The others
//! give way to the next.

use std::time::{Duration, Instant};

/// How often a note stays that was made for the time alone.
const HOURLY: Duration = Duration::from_hours(1);

/// The notes that were made in one place since the log was opened.
#[derive(Debug, Default)]
pub(super) struct Retention {
    /// Sizes of those that give way.
    passing: Vec<u64>,
    /// When the last one was made that stays.
    stayed: Option<Instant>,
    /// Its size.
    last: Option<u64>,
}

impl Retention {
    /// Takes note of one of `size` entries that was kept; returns those that are of no use any more, but for those still needed.
    pub(super) fn kept(&mut self, size: u64, stays: bool, needed: impl Fn(u64) -> bool) -> Vec<u64> {
        let superseded = self.passing.extract_if(.., |old| *old < size && !needed(*old)).collect();
        if self.last == Some(size) {
            // it stays already
        } else if stays || self.stayed.is_none_or(|stayed| stayed.elapsed() >= HOURLY) {
            self.stayed = Some(Instant::now());
            self.last = Some(size);
            // one that was kept before for the time alone stays by this
            self.passing.retain(|old| *old != size);
        } else if !self.passing.contains(&size) {
            self.passing.push(size);
        }
        superseded
    }
}

#[cfg(test)]
mod tests;
