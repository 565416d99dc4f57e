//! The audit log of Gitoma: a chain of JSON lines, each with the hash of the one before, that shows afterwards what
//! every call was, what was decided about it and how it ended. The format is docs/audit-format.md, byte for byte.
//!
//! ```
//! use gitoma_audit::{CallFields, Intent, Log, LogOptions, Outcome, OutcomeStatus, Verdict, verify};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let state = tempfile::tempdir()?;
//! let directory = state.path().join("audit");
//! let log = Log::open(LogOptions::new(&directory, "example 1.0"))?;
//! let call = CallFields::new(uuid::Uuid::now_v7(), "cli");
//! let entry = log.begin_blocking(Intent { call, durable: true, args_commit: None })?; // on the disk now
//! entry.finish_blocking(Outcome::new(OutcomeStatus::Ok, 1_250))?;
//! log.close_blocking()?;
//! drop(log);
//! assert_eq!(verify(&directory)?.verdict, Verdict::Intact);
//! # Ok(())
//! # }
//! ```
//!
//! It knows neither policy nor tools nor transports: what it is told is decided, redacted and bounded elsewhere.
//! It is no proof against whoever may write its files and recomputes all hashes; that takes anchors kept elsewhere.

mod call;
mod checkpoint;
mod commitment;
mod digest;
mod event;
mod field;
mod files;
mod folder;
mod follow;
mod key;
pub mod limit;
mod line;
mod lines;
mod lock;
mod log;
mod moment;
mod note;
mod private;
mod reader;
mod record;
#[cfg(test)]
mod specimen;
mod tail;
#[cfg(test)]
mod tests;
mod text;
mod tree;
mod upkeep;
mod verify;
mod vocabulary;

pub use crate::{
    call::{Access, Argument, CallFields, Intent, Outcome, Refused, Restriction, RuleRef},
    commitment::{Commitment, Salt, commit},
    digest::Digest,
    event::{Aggregate, Event},
    field::{Field, FieldSet},
    follow::Follower,
    line::entry::Entry,
    log::{
        Log, LogOptions, OpenEntry, Rotation, Status,
        checkpoints::{CheckpointFailure, CheckpointOptions, CheckpointStatus},
        error::{AuditError, OpenError},
        state::Receipt,
    },
    private::{
        Disclosure, Erased, Subject,
        open::{Committed, Erase, committed, erase},
    },
    reader::{ReadError, Reader},
    tail::{Most, Tail},
    upkeep::{
        UpkeepError,
        prune::{Prune, plan_prune, prune},
        repair::{Repair, plan_repair, repair},
    },
    verify::{
        VerifyError, VerifyOptions,
        anchors::{AnchorError, Anchors},
        depth::Depth,
        fault::FaultClass,
        report::{
            Anchored, AnchoredBy, ChainReport, CheckpointKey, Checkpoints, Fault, Pruned, Report, Verdict,
            Warning,
        },
        verify, verify_each, verify_with,
    },
    vocabulary::{Capability, Effect, Kind, OutcomeStatus},
};
// what anchors a chain, and what the writer and the verifier make it of
pub use crate::{
    checkpoint::{
        Checkpoint, CheckpointError, SignedCheckpoint,
        offline::{OFFLINE_PROOF_BYTES, OfflineProof, OfflineProofError},
        prove::{ProveError, prove},
        rotation::{KeyRotation, KeyRotationError},
        sink::{CheckpointSink, FileSink, FileSinkError},
    },
    key::{SigningKey, file::KeyFileError},
    note::{
        NOTE_BYTES, NOTE_SIGNATURES, Note, NoteError, TrustedKeys, UnverifiedNote,
        key::{KeyError, KeyId, KeyName, VerifierKey},
        sign_note,
    },
    tree::{
        TreeHead,
        build::{ConsistencyBuilder, InclusionBuilder},
        proof::{ConsistencyProof, InclusionProof, ProofError},
        range::{Tree, TreeRange},
    },
};
