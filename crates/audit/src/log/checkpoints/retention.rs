//! Which notes stay: those of segment ends, and one an hour of the others. Each of the others gives way to the next one, whatever they were
//! made for and whichever process made them.

use std::{
    io,
    time::{Duration, Instant, SystemTime},
};

use crate::checkpoint::notes::NoteFolder;

/// How often a note stays that is none of a segment's end.
const HOURLY: Duration = Duration::from_hours(1);
/// How many of the newest notes of earlier processes are looked at. Each process leaves few, since it clears up after those before it.
const LOOKED_AT: usize = 256;

/// The notes that were made in one place.
#[derive(Debug, Clone, Default)]
pub(super) struct Retention {
    /// Sizes of those that give way.
    passing: Vec<u64>,
    /// When the last one was made that stays.
    stayed: Option<Instant>,
    /// Its size.
    last: Option<u64>,
}

impl Retention {
    /// Takes over what earlier processes have left in a chain's folder. When they made a note says its file, which is good enough: it decides
    /// about nothing but whether one note more is kept.
    ///
    /// # Errors
    /// The system's.
    pub(super) fn of(folder: &NoteFolder) -> io::Result<Self> {
        let notes = folder.list()?.notes;
        let borders = folder.borders()?;
        let mut retention = Self::default();
        let mut stayed: Option<SystemTime> = None;
        for size in notes.iter().skip(notes.len().saturating_sub(LOOKED_AT)) {
            let made = folder.made(*size)?;
            // one that says it is older than the one before it was made after the clock was set back
            let hour = |stayed| made.duration_since(stayed).is_ok_and(|since| since >= HOURLY);
            if borders.binary_search(size).is_ok() || stayed.is_none_or(hour) {
                stayed = Some(made);
                retention.last = Some(*size);
            } else {
                retention.passing.push(*size);
            }
        }
        let age = stayed.map(|stayed| SystemTime::now().duration_since(stayed).unwrap_or_default());
        retention.stayed = age.and_then(|age| Instant::now().checked_sub(age));
        Ok(retention)
    }

    /// Of a place where an earlier process has left the note of `passing` entries as the newest, which gives way to the next. What else is
    /// there stays.
    pub(super) fn behind(passing: Option<u64>) -> Self {
        Self { passing: passing.into_iter().collect(), stayed: passing.map(|_| Instant::now()), last: None }
    }

    /// Takes note of one of `size` entries that was kept, at a segment's `border` or not; returns those that are of no use any more, but for
    /// those still needed.
    pub(super) fn kept(&mut self, size: u64, border: bool, needed: impl Fn(u64) -> bool) -> Vec<u64> {
        let superseded = self.passing.extract_if(.., |old| *old < size && !needed(*old)).collect();
        if self.last == Some(size) {
            // it stays already
        } else if border || self.stayed.is_none_or(|stayed| stayed.elapsed() >= HOURLY) {
            self.stayed = Some(Instant::now());
            self.last = Some(size);
            // one that was kept before for another reason stays by this
            self.passing.retain(|old| *old != size);
        } else if !self.passing.contains(&size) {
            self.passing.push(size);
        }
        superseded
    }
}

#[cfg(test)]
mod tests;
