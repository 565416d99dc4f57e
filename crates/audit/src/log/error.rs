//! Why the log refuses to start or to record. Paths and content of the log never stand in a message.

use std::io;

use uuid::Uuid;

use super::checkpoints::CheckpointFailure;
use crate::verify::fault::FaultClass;

/// Why an entry was not recorded. Whatever it was to vouch for must not happen.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AuditError {
    /// The log was poisoned, now or earlier, and stays so until the process starts anew.
    #[error(
        "the audit log is out of order and refuses every call: {reason}; look after the disk and the audit directory, then \
         restart, which mends the log on the record or says what is wrong"
    )]
    Poisoned {
        /// What happened to it.
        reason: &'static str,
    },
    /// The log was closed.
    #[error("the audit log is closed")]
    Closed,
    /// 4,096 entries were open for two seconds.
    #[error("too many audited calls are running")]
    Busy,
    /// The line could not be written, or would leave no room for the outcomes of running calls; what stood of it was taken
    /// back, so the chain is whole.
    #[error("the audit entry could not be written; free space on the disk of the audit directory")]
    Write(#[source] io::Error),
    /// No checkpoint that covers the entry was kept in time, although the log was told to wait for one. The call must not run.
    #[error("no checkpoint that covers the audit entry was kept, without which no write may run: {0}")]
    Checkpoint(CheckpointFailure),
    /// The line would be longer than the format allows.
    #[error("the audit entry is too long")]
    LineTooLong,
}

/// Why the log does not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The system refused something.
    #[error("cannot {action} of the audit log")]
    Io {
        /// What was tried.
        action: &'static str,
        /// Why it failed.
        #[source]
        source: io::Error,
    },
    /// Others than the owner may write to the audit directory.
    #[error("the audit directory may be written by others than its owner; take that right away (chmod go-w)")]
    Exposed,
    /// A free chain is not whole, and more than its tail is torn.
    #[error(
        "audit chain {chain} is damaged ({class}); `gitoma-audit verify` names the line; keep its folder as evidence and move it out of \
         the audit directory, or see whether `gitoma-audit repair` can mend it on the record, then start again"
    )]
    Damaged {
        /// The chain.
        chain: Uuid,
        /// What is wrong with it.
        class: FaultClass,
    },
    /// A chain's lock is free, yet a process writes the chain.
    #[error(
        "audit chain {chain} is being written although its lock is free, so its lock file was removed or replaced; \
         stop the other process, then start again"
    )]
    Held {
        /// The chain.
        chain: Uuid,
    },
    /// A chain whose checkpoints are signed, and no key to go on with.
    #[error(
        "the checkpoints of audit chain {chain} are signed, and no key for them is configured; configure the key that signed them \
         (`audit.checkpoints.key`), or move the chain's folder out of the audit directory to begin another"
    )]
    KeyMissing {
        /// The chain.
        chain: Uuid,
    },
    /// Another key than the configured one signs the chain's checkpoints.
    #[error(
        "the checkpoints of audit chain {chain} are signed by another key than the configured one; to replace that key, configure it \
         as the former one (`audit.checkpoints.former_key`) beside the new one"
    )]
    OtherKey {
        /// The chain.
        chain: Uuid,
    },
    /// The chain began without a key, and whatever stands in it would be signed from now on.
    #[error(
        "audit chain {chain} was begun without a key, so nobody has signed what stands in it; look at it, then let the key take it up as it is \
         (`gitoma-audit rotate-key --adopt --to KEY CHAIN`), or move the chain's folder out of the audit directory to begin another"
    )]
    Unsigned {
        /// The chain.
        chain: Uuid,
    },
    /// The chain names a key, and there is no checkpoint by it.
    #[error(
        "the checkpoints of audit chain {chain} are gone, so nothing shows that it is the one that was signed; put its folder \
         `checkpoints/` back as it was, or keep the chain's folder as evidence and move it out of the audit directory; \
         `gitoma-audit rotate-key --adopt --to KEY CHAIN` lets the key vouch for the chain as it is"
    )]
    NoCheckpoint {
        /// The chain.
        chain: Uuid,
    },
    /// A copy of a checkpoint speaks of entries that the chain does not have, or of others.
    #[error(
        "audit chain {chain} is not what a copy of its checkpoint says: an older state, or a copy of the chain that went another way, \
         was put in its place; keep its folder and the copies of its checkpoints as evidence, move the folder out of the audit \
         directory, then start again"
    )]
    RolledBack {
        /// The chain.
        chain: Uuid,
    },
    /// A copy's newest checkpoint is of entries that were pruned.
    #[error(
        "the newest copy of a checkpoint of audit chain {chain} is of entries that were pruned since, so nothing shows that the chain \
         is the one that was copied; if the copies only lagged behind, move the chain's folder out of that directory for copies and \
         keep it, then start again"
    )]
    CopyBeneath {
        /// The chain.
        chain: Uuid,
    },
    /// What a sink keeps as the chain's newest checkpoint is none.
    #[error(
        "a directory for copies of checkpoints holds something for audit chain {chain} that no key of the chain has signed; \
         keep it as evidence and move it away, then start again"
    )]
    BadCopy {
        /// The chain.
        chain: Uuid,
    },
    /// A sink does not tell what it keeps.
    #[error(
        "a directory for copies of checkpoints cannot be read, so nobody knows whether the audit log was put back; \
         make it readable, or take it out of `audit.checkpoints.copies`"
    )]
    Sink(#[source] io::Error),
    /// A sink writes to the audit directory.
    #[error(
        "a directory for copies of checkpoints lies in the audit directory, where it is lost with the log; name another place"
    )]
    SinkInside,
    /// The two keys cannot be told apart.
    #[error("the key for checkpoints and the former one have one name and id; make another key")]
    KeysAlike,
    /// The chain's front was removed, and the tree over it cannot be computed.
    #[error(
        "the front of audit chain {chain} was removed, and `checkpoints/` holds no state of the tree that leads to its newest \
         checkpoint; put `checkpoints/` back as it was, or move the chain's folder out of the audit directory"
    )]
    NoTree {
        /// The chain.
        chain: Uuid,
    },
    /// The chain that is to be taken is not there, or not free.
    #[error("audit chain {chain} is not there, is closed for good, or is held by another process")]
    NotFree {
        /// The chain.
        chain: Uuid,
    },
    /// The first lines did not reach the file.
    #[error("the audit log does not record")]
    Record(#[from] AuditError),
}

/// Names what was tried when the system refuses.
pub(crate) trait Action<T> {
    fn action(self, action: &'static str) -> Result<T, OpenError>;
}

impl<T> Action<T> for io::Result<T> {
    fn action(self, action: &'static str) -> Result<T, OpenError> {
        self.map_err(|source| OpenError::Io { action, source })
    }
}
