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
    round::Round,
};
pub use self::{
    options::CheckpointOptions,
    status::{CheckpointFailure, CheckpointStatus},
};
use super::state::Shared;
use crate::{checkpoint::notes::NoteFolder, tree::range::Tree};

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
        let mut couriers = Vec::new();
        for (number, (sink, newest)) in options.sinks.iter().zip(begin.copies.iter().cloned()).enumerate() {
            let carried = Carried {
                sink: Arc::clone(sink),
                chain: shared.chain_id,
                shared: Arc::downgrade(shared),
                number,
                interval: options.interval,
                newest,
            };
            couriers.push(Courier::start(carried)?);
        }
        if begin.soon {
            shared.want_checkpoint_soon();
        }
        let Begin { tree, folder, states, .. } = begin;
        let round = Round::new(Arc::clone(shared), options, folder, (tree, states), couriers.clone());
        let thread = thread::Builder::new().name("audit-checkpoint".to_owned()).spawn(move || round.run())?;
        let before_writes = options.before_writes;
        Ok(Self { shared: Arc::clone(shared), thread: Some(thread), couriers, before_writes, patience })
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
