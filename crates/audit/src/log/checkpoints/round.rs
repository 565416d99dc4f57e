//! The thread that makes checkpoints. In each round it takes the hashes that entries have left, grows the tree, sees that those entries
//! are on the disk, signs, and keeps the tree's state and the note; the log's lock is held for none of it.

use std::{
    io,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use super::{
    courier::{Courier, Offer},
    options::CheckpointOptions,
    progress::{Border, GATHER},
    retention::Retention,
    status::CheckpointFailure,
};
use crate::{
    checkpoint::{Checkpoint, notes::NoteFolder},
    digest::Digest,
    key::SigningKey,
    log::state::Shared,
    tree::range::Tree,
};

/// How many rounds the end may take, whatever goes on meanwhile.
const LAST_ROUNDS: u32 = 8;

/// The checkpoint thread and what it owns.
#[derive(Debug)]
pub(super) struct Round {
    shared: Arc<Shared>,
    key: Arc<SigningKey>,
    interval: Duration,
    folder: NoteFolder,
    couriers: Vec<Courier>,
    tree: Tree,
    /// Sizes of the tree's states that this thread has to clear away.
    states: Vec<u64>,
    retention: Retention,
    /// When the next checkpoint is due, if there is news.
    due: Instant,
    /// An empty list with room, which is exchanged for a full one.
    spare: Vec<Digest>,
}

/// What there is to do.
#[derive(Debug)]
struct Work {
    entries: Vec<Digest>,
    borders: Vec<Border>,
    /// The log's offset behind the last of the entries.
    offset: u64,
    /// Whether a checkpoint is due there.
    sign: bool,
    ending: bool,
}

impl Round {
    pub(super) fn new(
        shared: Arc<Shared>,
        options: &CheckpointOptions,
        folder: NoteFolder,
        (tree, (states, retention)): (Tree, (Vec<u64>, Retention)),
        couriers: Vec<Courier>,
    ) -> Self {
        Self {
            shared,
            key: Arc::clone(&options.key),
            interval: options.interval,
            folder,
            couriers,
            tree,
            states,
            retention,
            due: Instant::now() + options.interval,
            spare: Vec::with_capacity(GATHER),
        }
    }

    pub(super) fn run(mut self) {
        let _ended = Ended(Arc::clone(&self.shared));
        // what a crash has left there does no harm, but takes room
        drop(self.folder.sweep());
        let mut last_rounds = 0..LAST_ROUNDS;
        loop {
            let work = self.next();
            let ending = work.ending;
            self.work(work);
            // a segment may have ended meanwhile, and what begins the next is an entry too
            let done = || self.shared.lock().next_seq <= self.tree.size();
            if ending && (last_rounds.next().is_none() || done()) {
                return;
            }
        }
    }

    /// Waits until there is something to do.
    fn next(&mut self) -> Work {
        let mut state = self.shared.lock();
        loop {
            let (offset, size) = (state.offset, state.next_seq);
            // always there where this thread runs
            let progress = state.checkpoints.as_mut();
            if let Some(progress) = progress {
                let news = size > progress.here.size;
                let overdue = self.due <= Instant::now();
                if overdue && !news {
                    self.due = Instant::now() + self.interval;
                }
                let asked = progress.wanted > progress.here.tried;
                let sign = asked || (news && (overdue || progress.ending));
                if sign || progress.ending || !progress.borders.is_empty() || progress.is_full() {
                    let ending = progress.ending;
                    return Work {
                        entries: progress.take(std::mem::take(&mut self.spare)),
                        borders: std::mem::take(&mut progress.borders),
                        offset,
                        sign,
                        ending,
                    };
                }
            }
            let pause = self.due.saturating_duration_since(Instant::now());
            state = match self.shared.rounds.wait_timeout(state, pause) {
                Ok((guard, _)) => guard,
                Err(poisoned) => poisoned.into_inner().0,
            };
        }
    }

    fn work(&mut self, mut work: Work) {
        let mut entries = work.entries.as_slice();
        let mut made = None;
        for border in work.borders {
            let up_to = usize::try_from(border.size.saturating_sub(self.tree.size())).unwrap_or(usize::MAX);
            let Some((before, after)) = entries.split_at_checked(up_to) else { continue };
            before.iter().for_each(|entry| self.tree.append(entry));
            entries = after;
            self.checkpoint(border.offset, true);
            made = Some(border.size);
        }
        entries.iter().for_each(|entry| self.tree.append(entry));
        work.entries.clear();
        self.spare = work.entries;
        if work.sign {
            // at a segment's end that one serves
            if made != Some(self.tree.size()) {
                self.checkpoint(work.offset, false);
            }
            self.due = Instant::now() + self.interval;
        }
    }

    /// Makes the checkpoint of the tree as it is, whose last entry ends at `offset` and maybe its segment too.
    fn checkpoint(&mut self, offset: u64, border: bool) {
        let size = self.tree.size();
        #[cfg(test)]
        assert!(!self.shared.lock().checkpoints.as_ref().is_some_and(|progress| progress.panics));
        let result = self.sign(offset).and_then(|note| {
            let here = self.keep(size, &note);
            if here != Err(CheckpointFailure::Fork) {
                self.send(size, &note, border);
            }
            here
        });
        let copies: Vec<u64> = {
            let mut state = self.shared.lock();
            let Some(progress) = &mut state.checkpoints else { return };
            progress.here.record(size, result);
            if result.is_ok() {
                progress.moment = Some(Instant::now());
            }
            progress.copies.iter().map(|copied| copied.kept.size).collect()
        };
        self.shared.announce();
        if result.is_ok() {
            self.forget(size, border, &copies);
        }
    }

    /// Signs the tree as it is once what it covers is on the disk.
    fn sign(&self, offset: u64) -> Result<String, CheckpointFailure> {
        self.shared.durable_blocking(offset).map_err(|_| CheckpointFailure::Entries)?;
        let checkpoint = Checkpoint { chain_id: self.shared.chain_id, head: self.tree.head() };
        checkpoint.sign(&[&self.key]).map_err(|_| CheckpointFailure::Key)
    }

    /// Keeps the tree's state and the note with the chain. The state first: of the newest note there is one.
    fn keep(&mut self, size: u64, note: &str) -> Result<(), CheckpointFailure> {
        let kept = self.folder.keep_tree(size, &self.tree.state()).and_then(|()| {
            self.states.push(size);
            self.folder.keep_note(size, note)
        });
        kept.map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => CheckpointFailure::Fork,
            _ => CheckpointFailure::Folder,
        })
    }

    fn send(&self, size: u64, note: &str, border: bool) {
        if let Some(progress) = &mut self.shared.lock().checkpoints {
            for copied in &mut progress.copies {
                copied.offered = size;
                copied.unanswered.get_or_insert_with(Instant::now);
            }
        }
        let note: Arc<str> = note.into();
        for courier in &self.couriers {
            courier.offer(Offer { size, note: Arc::clone(&note), border });
        }
    }

    /// Takes away what the checkpoint of `size` entries has replaced. What cannot be taken away is left: it does no harm.
    fn forget(&mut self, size: u64, border: bool, copies: &[u64]) {
        for old in self.states.extract_if(.., |old| *old != size) {
            drop(self.folder.forget_tree(old));
        }
        // whoever compares the two by hand finds the note of the newest that a sink has here as well
        for old in self.retention.kept(size, border, |old| copies.contains(&old)) {
            drop(self.folder.forget_note(old));
        }
    }
}

/// Leaves word that the thread has ended, however it did.
struct Ended(Arc<Shared>);

impl Drop for Ended {
    fn drop(&mut self) {
        if let Some(progress) = &mut self.0.lock().checkpoints {
            progress.end(thread::panicking());
        }
        self.0.announce();
    }
}
