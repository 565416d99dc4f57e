//! What somebody who follows the audit log asks for and is told: [`TailStart`] and [`TailEvent`].

use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

use super::{ChainPlace, GatewayStatus};

/// Where following begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TailStart {
    /// Behind an entry of the chain that is being written, whichever that is.
    After(u64),
    /// Behind an entry that was told before, perhaps by an earlier process.
    Resume(ChainPlace),
    /// With the newest, so many.
    Last(u64),
}

/// What somebody who follows the log is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TailEvent {
    /// The chain that is followed: once, before all else. A number alone says nothing about the chain it counts in, and after a start the
    /// gateway may write another one.
    Chain {
        /// The chain.
        chain_id: Uuid,
        /// The place at which following begins.
        next: u64,
        /// Why that is not behind the entry that was asked for.
        not_resumed: Option<NotResumed>,
    },
    /// An entry.
    Entry {
        /// Its place.
        place: ChainPlace,
        /// Its line as it was written.
        line: String,
    },
    /// Entries were left out.
    Lag {
        /// How many.
        skipped: u64,
        /// The place of the entry that comes next.
        next: u64,
        /// Why.
        reason: LagReason,
    },
    /// The state of the gateway.
    Status(GatewayStatus),
    /// Nothing comes any more.
    End(TailEnd),
}

/// Why following does not begin behind the entry that was asked for, but at the begin of the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NotResumed {
    /// The entry is of another chain than the one that is being written.
    OtherChain,
    /// The chain has no entry at that place yet: it was put back to an older state, or somebody has guessed.
    NoSuchEntry,
}

/// Why entries were left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LagReason {
    /// They were too many behind. The log has them.
    Behind,
    /// They were removed from the front of the chain.
    Pruned,
}

/// Why nothing comes any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TailEnd {
    /// The gateway is shutting down.
    Shutdown,
    /// The caller may no longer follow: its token was revoked, or its time is over, or its roles changed.
    Revoked,
    /// The log cannot be read as it was written: have it verified.
    Chain,
}
