//! How the checkpoints of a log are, for whoever asks.

use std::time::Duration;

/// How the checkpoints of a log are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct CheckpointStatus {
    /// How many entries the newest checkpoint covers that is kept with the chain; 0 if there is none.
    pub size: u64,
    /// How long ago this process kept it; absent if an earlier one did.
    pub age: Option<Duration>,
    /// Why checkpoints are not made or not kept everywhere, if so. Entries go on meanwhile.
    pub failing: Option<CheckpointFailure>,
}

/// Why a checkpoint is not made or not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CheckpointFailure {
    /// The entries that it is to cover did not reach the disk.
    #[error("the entries that the checkpoint is to cover did not reach the disk")]
    Entries,
    /// The key made no signature.
    #[error("the key made no signature")]
    Key,
    /// The chain's own folder does not take it.
    #[error(
        "the checkpoint cannot be written beside the chain; free space on the disk of the audit directory"
    )]
    Folder,
    /// A sink does not take it.
    #[error("a directory for copies does not take the checkpoint")]
    Sink,
    /// A sink does not answer.
    #[error("a directory for copies does not answer")]
    SinkSilent,
    /// Another checkpoint of this chain was kept meanwhile, here or by a sink: somebody writes a copy of the chain.
    #[error(
        "somebody else's checkpoint of this chain was kept meanwhile, so a copy of the chain is being written; keep both as evidence"
    )]
    Fork,
    /// The thread that makes them ended in a panic; a restart begins another.
    #[error("the thread that makes checkpoints has ended; restart")]
    Thread,
}

impl CheckpointFailure {
    /// A stable word, for metrics and scripts.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Entries => "entries",
            Self::Key => "key",
            Self::Folder => "folder",
            Self::Sink => "sink",
            Self::SinkSilent => "sink_silent",
            Self::Fork => "fork",
            Self::Thread => "thread",
        }
    }
}
