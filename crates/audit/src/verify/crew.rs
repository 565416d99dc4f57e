//! The threads that look at a chain. Each takes the next stretch, makes parts of it and lays them down; whoever lays down
//! the part that comes next in the chain joins it, and all that wait behind it. So the order in which stretches are
//! finished does not matter, and one thread does the same as many.

use std::{
    collections::VecDeque,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    thread::{self, Scope},
};

use super::{
    Plan, VerifyError,
    join::Joiner,
    part::Part,
    scan::Scan,
    source::{Source, Stretch},
};
use crate::digest::Digest;

/// Bytes of parts that may wait to be joined; beyond that only who works on what comes next goes on.
const WAITING: usize = 16 * 1024 * 1024;

/// What is laid down of one stretch.
#[derive(Debug)]
enum Slot {
    /// Some of it, in order.
    Stretch {
        stretch: Stretch,
        begun: bool,
        parts: VecDeque<Part>,
        end: Option<Result<Option<Digest>, VerifyError>>,
    },
    /// The segment could not be opened.
    Failed(VerifyError),
}

/// What the threads share.
#[derive(Debug)]
struct Table<'folder> {
    source: Source<'folder>,
    joiner: Joiner<'folder>,
    slots: VecDeque<Slot>,
    /// Number of the first slot, counted from the begin of the chain.
    first: u64,
    waiting: usize,
    threads: usize,
    /// Set by a fault, a failure, or the end of the chain.
    done: bool,
    failure: Option<VerifyError>,
}

struct Crew<'folder, 'plan> {
    table: Mutex<Table<'folder>>,
    /// Rung when something was joined, or all is done.
    joined: Condvar,
    plan: &'plan Plan,
    /// The sizes of the chain at which somebody wants to know the tree's root.
    wanted: Option<&'plan [u64]>,
}

/// Verifies what `source` holds; returns the joiner as it is behind it, or at the first fault.
///
/// # Errors
/// What keeps a segment from being read, unless there is a fault before it.
pub(super) fn verify<'folder>(
    source: Source<'folder>,
    joiner: Joiner<'folder>,
    plan: &Plan,
    wanted: Option<&[u64]>,
) -> Result<Joiner<'folder>, VerifyError> {
    let table = Table {
        source,
        joiner,
        slots: VecDeque::new(),
        first: 0,
        waiting: 0,
        threads: 1,
        done: false,
        failure: None,
    };
    let crew = Crew { table: Mutex::new(table), joined: Condvar::new(), plan, wanted };
    thread::scope(|scope| crew.work(scope));
    let table = crew.table.into_inner().unwrap_or_else(PoisonError::into_inner);
    match table.failure {
        Some(failure) => Err(failure),
        None => Ok(table.joiner),
    }
}

impl<'folder> Crew<'folder, '_> {
    fn table(&self) -> MutexGuard<'_, Table<'folder>> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Works until nothing is left, and calls for help where there is more than one can do.
    fn work<'scope>(&'scope self, scope: &'scope Scope<'scope, '_>) {
        let _leave = Leave(self);
        let mut buffer = Vec::new();
        while let Some((number, stretch)) = self.next() {
            {
                let mut table = self.table();
                if table.threads < self.plan.threads && !table.source.is_empty() && !table.done {
                    // where no thread can be had, the others do it
                    let helper = thread::Builder::new().spawn_scoped(scope, || self.work(scope));
                    table.threads += usize::from(helper.is_ok());
                }
            }
            let lines = stretch.lines.clone();
            let Plan { depth, block, .. } = *self.plan;
            let scan = Scan::new(&stretch.segment.extent, depth, self.wanted, block, &mut buffer);
            let end = scan.run(lines, stretch.hashed, |part| self.lay(number, part));
            let mut table = self.table();
            let end = end.map_err(|error| table.joiner.unreadable(&stretch, error));
            if let Some(Slot::Stretch { end: place, .. }) = table.slot(number) {
                *place = Some(end);
            }
            table.join();
            self.joined.notify_all();
        }
    }

    /// The next stretch and its number; `None` if there is nothing left to do.
    fn next(&self) -> Option<(u64, Stretch)> {
        let mut table = self.table();
        loop {
            if table.done || table.source.is_empty() {
                return None;
            }
            if table.slots.is_empty()
                || (table.waiting < WAITING && table.slots.len() < 4 * self.plan.threads)
            {
                let number = table.first + table.slots.len() as u64;
                match table.source.next()? {
                    Ok(stretch) => {
                        table.slots.push_back(Slot::Stretch {
                            stretch: stretch.clone(),
                            begun: false,
                            parts: VecDeque::new(),
                            end: None,
                        });
                        return Some((number, stretch));
                    }
                    Err(error) => {
                        table.slots.push_back(Slot::Failed(error));
                        table.join();
                        self.joined.notify_all();
                        return None;
                    }
                }
            }
            table = self.joined.wait(table).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Lays a part down; `false` if nobody needs more.
    fn lay(&self, number: u64, part: Part) -> bool {
        let mut table = self.table();
        table.waiting += part.size();
        if let Some(Slot::Stretch { parts, .. }) = table.slot(number) {
            parts.push_back(part);
        }
        if number == table.first {
            table.join();
            self.joined.notify_all();
        }
        while !table.done && number != table.first && table.waiting >= WAITING {
            table = self.joined.wait(table).unwrap_or_else(PoisonError::into_inner);
        }
        !table.done
    }
}

/// Lets nobody wait for a thread that is gone.
struct Leave<'crew, 'folder, 'plan>(&'crew Crew<'folder, 'plan>);

impl Drop for Leave<'_, '_, '_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.table().done = true;
        }
        self.0.joined.notify_all();
    }
}

impl Table<'_> {
    fn slot(&mut self, number: u64) -> Option<&mut Slot> {
        self.slots.get_mut(usize::try_from(number.checked_sub(self.first)?).ok()?)
    }

    /// Joins what comes next, as far as it has been laid down.
    fn join(&mut self) {
        while !self.done
            && let Some(slot) = self.slots.front_mut()
        {
            let Slot::Stretch { stretch, begun, parts, end } = slot else {
                if let Some(Slot::Failed(failure)) = self.slots.pop_front() {
                    self.failure = Some(failure);
                }
                self.done = true;
                return;
            };
            if !*begun {
                *begun = true;
                if stretch.begins() && !self.joiner.begin(&stretch.segment) {
                    self.done = true;
                    return;
                }
            }
            if let Some(part) = parts.pop_front() {
                self.waiting -= part.size();
                match self.joiner.part(stretch, &part) {
                    Ok(true) => continue,
                    Ok(false) => {}
                    Err(failure) => self.failure = Some(failure),
                }
                self.done = true;
                return;
            }
            match end.take() {
                None => return,
                Some(Ok(hash)) => {
                    if stretch.ends() {
                        self.joiner.end(hash);
                    }
                    self.slots.pop_front();
                    self.first += 1;
                }
                Some(Err(failure)) => {
                    self.failure = Some(failure);
                    self.done = true;
                }
            }
        }
    }
}
