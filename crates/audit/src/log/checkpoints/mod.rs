//! The writer's checkpoints: a thread beside the log grows the tree, signs it now and then, keeps the note in the chain's folder and
//! hands it to the sinks, each of which has a thread of its own. An entry only leaves its hash for them, under the log's lock.
//!
//! ```text
//! append ──hash──► Progress ──► round (audit-checkpoint): tree, disk, signature, checkpoints/
//!                     ▲                     │ newest note
//!                     └────────────── courier (audit-copy), one a sink
//! ```

mod courier;
mod options;
mod progress;
mod retention;
mod round;
mod status;

use std::{
    io,
    sync::Arc,
    thread::{self, JoinHandle},
    time::Duration,
};

pub(crate) use self::progress::Progress;
use self::{
    courier::{Carried, Courier},
    progress::Kept,
    retention::Retention,
    round::Round,
};
pub use self::{
    options::CheckpointOptions,
    status::{CheckpointFailure, CheckpointStatus},
};
use super::state::Shared;
use crate::{
    checkpoint::{Checkpoint, notes::NoteFolder},
    note::UnverifiedNote,
    tree::range::Tree,
};

/// How long a start, a call of `before_writes` and the end wait for a sink that does not answer.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// Where the checkpoints of a chain stand when its writer begins.
#[derive(Debug)]
pub(super) struct Begin {
    /// The tree over the entries that were there.
    pub(super) tree: Tree,
    /// The chain's own notes.
    pub(super) folder: NoteFolder,
    /// Sizes of the tree's states that need not stay.
    pub(super) states: Vec<u64>,
    /// The newest note of each sink.
    pub(super) copies: Vec<Option<Vec<u8>>>,
    /// Whether a checkpoint shall be made at once.
    pub(super) soon: bool,
}

/// The threads that make and carry checkpoints. Dropped, it waits for the last one.
#[derive(Debug)]
pub(super) struct Checkpointer {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
    couriers: Vec<Courier>,
    pub(super) before_writes: bool,
    pub(super) patience: Duration,
}

impl Checkpointer {
    pub(super) fn start(
        shared: &Arc<Shared>,
        options: &CheckpointOptions,
        begin: Begin,
        patience: Duration,
    ) -> io::Result<Self> {
        // what cannot be looked at is left: one note too many is no harm
        let retention = Retention::of(&begin.folder).unwrap_or_default();
        shared.take_up_copies(begin.copies.iter().map(|note| note.as_deref().map_or(0, size)));
        let mut couriers = Vec::new();
        // no copy is taken away by what others can write beside the chain, but for the one that the next note replaces
        let borders = begin.folder.borders().unwrap_or_default();
        for (number, (sink, newest)) in options.sinks.iter().zip(begin.copies.iter().cloned()).enumerate() {
            let passing = newest.as_deref().map(size).filter(|size| borders.binary_search(size).is_err());
            let retention = Retention::behind(passing);
            let carried = Carried {
                sink: Arc::clone(sink),
                chain: shared.chain_id,
                shared: Arc::downgrade(shared),
                number,
                interval: options.interval,
                newest,
                retention,
            };
            couriers.push(Courier::start(carried)?);
        }
        if begin.soon {
            shared.want_checkpoint_soon();
        }
        let Begin { tree, folder, states, .. } = begin;
        let old = (states, retention);
        let round = Round::new(Arc::clone(shared), options, folder, (tree, old), couriers.clone());
        let thread = thread::Builder::new().name("audit-checkpoint".to_owned()).spawn(move || round.run())?;
        let before_writes = options.before_writes;
        Ok(Self { shared: Arc::clone(shared), thread: Some(thread), couriers, before_writes, patience })
    }
}

/// The size of a checkpoint that the start has looked at; 0 if it is none.
fn size(note: &[u8]) -> u64 {
    let note = UnverifiedNote::parse(note).ok();
    note.and_then(|note| Checkpoint::parse(note.believed()).ok()).map_or(0, |checkpoint| checkpoint.head.size)
}

impl Shared {
    /// Takes note of the newest checkpoint that each sink keeps of earlier processes.
    fn take_up_copies(&self, sizes: impl Iterator<Item = u64>) {
        if let Some(progress) = &mut self.lock().checkpoints {
            for (copied, size) in progress.copies.iter_mut().zip(sizes) {
                copied.kept = Kept { size, tried: size, failing: None };
            }
        }
    }
}

impl Drop for Checkpointer {
    fn drop(&mut self) {
        self.shared.end_checkpoints();
        if let Some(thread) = self.thread.take() {
            // a panic there shows in the status, and a destructor has nobody to tell
            drop(thread.join());
        }
        for courier in &self.couriers {
            courier.close(self.patience);
        }
    }
}
