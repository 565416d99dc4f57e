//! The exit codes of `gitoma`, and the one place that says which refusal has which.

use std::process::ExitCode;

use gitoma_core::policy::Effect;
use gitoma_core::{ArgError, RefusalKind};

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    /// All was done: 0.
    Done,
    /// The tool, or the gateway under it, failed: 1.
    Failed,
    /// The call cannot be: 2.
    Usage,
    /// The call was refused: 3.
    Refused,
    /// The call waits for an approval: 4.
    ApprovalRequired,
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> Self {
        Self::from(match status {
            Status::Done => 0,
            Status::Failed => 1,
            Status::Usage => 2,
            Status::Refused => 3,
            Status::ApprovalRequired => 4,
        })
    }
}

impl From<Effect> for Status {
    fn from(effect: Effect) -> Self {
        match effect {
            Effect::Allow => Self::Done,
            Effect::Ask => Self::ApprovalRequired,
            Effect::Deny => Self::Refused,
        }
    }
}

impl From<&RefusalKind> for Status {
    fn from(kind: &RefusalKind) -> Self {
        match kind {
            RefusalKind::ToolFailed { code: "secret_found" | "path_denied", .. } => Self::Refused,
            RefusalKind::ToolFailed { .. }
            | RefusalKind::TooLarge { .. }
            | RefusalKind::Panicked { .. }
            | RefusalKind::Cancelled
            | RefusalKind::TimedOut
            | RefusalKind::AuditUnreadable
            | RefusalKind::OutcomeUnrecorded => Self::Failed,
            RefusalKind::InvalidArguments(ArgError::Refused { .. }) => Self::Refused,
            RefusalKind::UnknownTool
            | RefusalKind::Malformed
            | RefusalKind::BadRestriction(_)
            | RefusalKind::InvalidArguments(_) => Self::Usage,
            RefusalKind::DryRun(judged) => Self::from(judged.verdict().effect),
            RefusalKind::Unauthenticated
            | RefusalKind::InvalidCredential
            | RefusalKind::ExpiredCredential
            | RefusalKind::OutOfScope
            | RefusalKind::RoleRequired(_)
            | RefusalKind::NotConfigured
            | RefusalKind::RateLimited { .. }
            | RefusalKind::Busy
            | RefusalKind::Denied(_)
            | RefusalKind::Confined { .. }
            | RefusalKind::AuditUnavailable
            | RefusalKind::Halted { .. }
            | RefusalKind::Sealed
            | RefusalKind::ShuttingDown => Self::Refused,
            RefusalKind::ApprovalDenied(_) | RefusalKind::NoApprover(_) => Self::Refused,
            RefusalKind::ApprovalRequired(_) | RefusalKind::TooManyApprovals(_) => Self::ApprovalRequired,
        }
    }
}
