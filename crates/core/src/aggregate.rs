//! Refusals that strangers can cause at will (rate limits, failed authentications) leave one entry a window, and a count when the
//! window ends, so that nobody fills the disk (AUD-2).

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

/// How long a window is.
pub(crate) const WINDOW: Duration = Duration::from_secs(60);
/// Windows open at once; what does not fit is counted under one shared key.
const CAPACITY: usize = 1_024;

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Subject {
    /// Failed authentications, and other refusals of strangers.
    Authentication,
    /// Refusals by a rate limit.
    RateLimit,
}

/// Whose refusals share a window: the subject, a code, and the origin or principal they came from.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    pub(crate) subject: Subject,
    pub(crate) code: &'static str,
    pub(crate) source: String,
}

/// A window that has ended with more than its first refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Aggregate {
    pub(crate) key: Key,
    pub(crate) count: u64,
    pub(crate) start: SystemTime,
    pub(crate) end: SystemTime,
}

#[derive(Debug)]
struct Window {
    start: SystemTime,
    count: u64,
}

/// The open windows.
#[derive(Debug, Default)]
pub(crate) struct Aggregates {
    windows: Mutex<HashMap<Key, Window>>,
}

impl Aggregates {
    /// Counts a refusal; `true` if it is the first of its window and so gets an entry of its own.
    pub(crate) fn count(&self, key: Key, now: SystemTime) -> bool {
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        let key = if windows.len() >= CAPACITY && !windows.contains_key(&key) {
            Key { source: "others".to_owned(), ..key }
        } else {
            key
        };
        let window = windows.entry(key).or_insert(Window { start: now, count: 0 });
        window.count += 1;
        window.count == 1
    }

    /// Takes out the windows that have ended by `now`, or all of them if `now` is `None`.
    pub(crate) fn ended(&self, now: Option<SystemTime>) -> Vec<Aggregate> {
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        let end = now.unwrap_or_else(SystemTime::now);
        let over = |window: &Window| {
            now.is_none_or(|now| now.duration_since(window.start).is_ok_and(|age| age >= WINDOW))
        };
        windows
            .extract_if(|_, window| over(window))
            .filter(|(_, window)| window.count > 1)
            .map(|(key, window)| Aggregate { key, count: window.count, start: window.start, end })
            .collect()
    }
}

#[cfg(test)]
mod tests;
