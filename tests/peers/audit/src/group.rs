//! Group commit for the stores: callers queue their entries, the first of them commits all that is queued. A lone caller
//! commits by itself, without another thread.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::stores::Store;

#[derive(Default)]
struct Queue {
    waiting: Vec<Vec<u8>>,
    taken: u64,
    committed: u64,
    committing: bool,
}

/// A store that many callers append to.
pub struct Group<S> {
    store: Mutex<S>,
    queue: Mutex<Queue>,
    done: Condvar,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<S: Store> Group<S> {
    pub fn new(store: S) -> Self {
        Self { store: Mutex::new(store), queue: Mutex::default(), done: Condvar::new() }
    }

    /// Returns when the entry is durable.
    pub fn append(&self, line: Vec<u8>) -> anyhow::Result<()> {
        let mut queue = lock(&self.queue);
        queue.waiting.push(line);
        queue.taken += 1;
        let place = queue.taken;
        while queue.committed < place {
            if queue.committing {
                queue = self.done.wait(queue).unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            queue.committing = true;
            let batch = std::mem::take(&mut queue.waiting);
            let through = queue.taken;
            drop(queue);
            lock(&self.store).commit(&batch)?;
            queue = lock(&self.queue);
            queue.committing = false;
            queue.committed = through;
            self.done.notify_all();
        }
        Ok(())
    }
}
