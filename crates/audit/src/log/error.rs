//! Why the log refuses to start or to record. Paths and content of the log never stand in a message.

use std::io;

use uuid::Uuid;

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
        "audit chain {chain} is damaged ({class}); `gitoma-audit verify` names the line; \
         keep its folder as evidence, move it out of the audit directory, then start again"
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
