//! The directories that wait to be compared. The last one found is the first to be taken, so that few wait at any time.

#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use gix::bstr::BString;

/// A directory, and the entries of the index that lie beneath it.
#[derive(Debug)]
pub(super) struct Directory {
    /// Empty for the root.
    pub(super) path: BString,
    pub(super) entries: Range<usize>,
}

#[derive(Debug)]
struct State {
    waiting: VecDeque<Directory>,
    /// How many were taken and are not done, from which more may come.
    taken: usize,
    stopped: bool,
}

#[derive(Debug)]
pub(super) struct Queue {
    state: Mutex<State>,
    changed: Condvar,
}

/// A directory that a thread has taken. Dropped before it is done, it stops all threads: what it holds would be missing.
#[derive(Debug)]
pub(super) struct Turn<'q> {
    queue: &'q Queue,
    directory: Directory,
    done: bool,
}

impl Queue {
    pub(super) fn new(first: Directory) -> Self {
        let state = State { waiting: VecDeque::from([first]), taken: 0, stopped: false };
        Self { state: Mutex::new(state), changed: Condvar::new() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds directories.
    pub(super) fn extend(&self, directories: impl IntoIterator<Item = Directory>) {
        self.state().waiting.extend(directories);
        self.changed.notify_all();
    }

    /// Takes a directory, and waits while others may still bring some; nothing if all are done or the work is stopped.
    pub(super) fn next(&self) -> Option<Turn<'_>> {
        let mut state = self.state();
        loop {
            if state.stopped {
                return None;
            }
            if let Some(directory) = state.waiting.pop_back() {
                state.taken += 1;
                return Some(Turn { queue: self, directory, done: false });
            }
            if state.taken == 0 {
                return None;
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Has every thread stop where it is.
    pub(super) fn stop(&self) {
        self.state().stopped = true;
        self.changed.notify_all();
    }
}

impl Turn<'_> {
    pub(super) fn directory(&self) -> &Directory {
        &self.directory
    }

    /// Ends the turn; all directories beneath were added.
    pub(super) fn done(mut self) {
        self.done = true;
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut state = self.queue.state();
        state.taken = state.taken.saturating_sub(1);
        state.stopped |= !self.done;
        let wakes = state.stopped || (state.taken == 0 && state.waiting.is_empty());
        drop(state);
        if wakes {
            self.queue.changed.notify_all();
        }
    }
}
