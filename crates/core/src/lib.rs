#![doc = include_str!("../README.md")]

mod admission;
mod aggregate;
mod approval;
pub mod arguments;
mod builder;
mod call;
mod cap;
mod catalogue;
mod commitment;
pub mod config;
mod connections;
mod context;
mod effects;
mod entry;
mod error;
mod execute;
mod failures;
mod gateway;
mod halt;
mod health;
mod idempotency;
mod limits;
mod load;
#[cfg(feature = "binary")]
pub mod logging;
mod me;
mod metrics;
mod output;
mod permit;
mod policy_file;
mod policy_status;
mod principal;
mod progress;
mod record;
mod redaction;
mod refusal;
mod registry;
mod reload;
mod repeat;
mod replay;
mod restriction;
mod served;
mod setup;
mod shutdown;
mod snapshot;
mod spelling;
mod state;
mod tokens;
mod tool;
mod trail;
mod verdict;
mod watching;

pub use approval::{
    Approval, ApprovalDecision, ApprovalDetails, ApprovalEnd, ApprovalId, ApprovalLimits, ApprovalLine,
    ApprovalNeeded, ApprovalRefusal, ApprovalRefusalKind, ApprovalRule, ApprovalState, ApprovalsListed,
    Decide, ShownAccess, StoreError,
};
pub use builder::{BuildError, GatewayBuilder};
pub use call::{CallId, CorrelationId, Origin, Peer, RawArgs, RawCall, Reply, TraceId};
pub use catalogue::catalogue;
pub use commitment::Disclosures;
pub use connections::{Connected, Connections};
pub use context::{ExecContext, PreviewContext};
pub use effects::{Effects, FileEffect, FileState};
pub use error::{ArgError, ToolError};
pub use futures_util::future::BoxFuture;
pub use gateway::Gateway;
/// When the audit log goes on in a new segment.
pub use gitoma_audit::Rotation as AuditRotation;
/// Who signs the audit log's checkpoints, how often, and where else they are kept.
pub use gitoma_audit::{CheckpointOptions, CheckpointSink, FileSink, SigningKey};
/// The policy vocabulary: requests, effects, decisions.
pub use gitoma_policy as policy;
pub use gitoma_policy::{Access, Capability, Effect, Narrowing, Paths, Transport, WriteMode};
/// The redactor that results pass.
pub use gitoma_redact as redact;
pub use halt::{HaltError, HaltMarks, HaltSource, HaltStatus};
pub use health::{AuditHealth, CheckpointHealth, Health};
pub use idempotency::IdempotencyKey;
/// A moment, as approvals have it.
pub use jiff::Timestamp;
pub use limits::{Allowance, HeldBody, LimitsConfig, Metered, Rate, ToolLimits, is_crowded};
pub use load::{LoadedPolicy, check_policy, load_built_in_policy, load_policy};
pub use me::{LimitLeft, LimitsLeft, Me};
pub use output::{CleanOutput, RawOutput};
pub use permit::Permit;
pub use policy_file::PolicyFault;
pub use policy_status::PolicyStatus;
pub use principal::{
    Credential, Principal, PrincipalConfig, PrincipalsError, Role, Secret, TokenConfig, token_digest,
};
pub use progress::{Progress, ProgressReports, ProgressSink};
pub use refusal::{Refusal, RefusalKind};
pub use reload::{PolicyChanges, PolicyReport, ReloadError};
pub use replay::{RecordedVerdict, Replay, ReplayTotals, Replayed, Same, Undeterminable};
pub use restriction::{BadRestriction, DryRun, Restriction};
pub use setup::Setup;
pub use shutdown::ShutdownWaits;
pub use snapshot::Snapshot;
pub use spelling::spelling;
pub use state::{StateDirectory, StateError, read_token};
pub use tokens::{NewToken, StoredToken, TokenError, TokenFile};
pub use tool::{Annotations, Prepared, Tool, ToolSpec};
pub use verdict::{PolicyStamp, Verdict};
pub use watching::{
    AuditEntries, AuditSpan, AuditState, AuditTail, BadPlace, ChainPlace, GatewayStatus, LagReason,
    NotResumed, TailEnd, TailEvent, TailStart, Verification, VerificationFault,
};
