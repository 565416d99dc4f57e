//! Every no, as the outside sees it. [`Refusal`] pairs the call's id with a closed [`RefusalKind`]: a stable code, a constant text
//! but for rule ids, policy file names and limits, and what to do next. Inner errors stay inside.

use std::fmt;
use std::sync::Arc;

use gitoma_policy::{Code, Decision};
use gitoma_redact::Redactor;

use crate::approval::ApprovalNeeded;
use crate::call::CallId;
use crate::error::ArgError;
use crate::principal::Role;
use crate::restriction::{BadRestriction, DryRun};
use crate::verdict::clean_text;

/// A call that was not carried out, or whose record could not be completed.
#[derive(Debug)]
pub struct Refusal {
    /// The call's id: also the `error_id` shown to the caller, and the `call_id` of the audit entry.
    pub error_id: CallId,
    /// What kind of no.
    pub kind: RefusalKind,
}

/// The closed set of reasons for a no.
#[derive(Debug)]
pub enum RefusalKind {
    /// No credential was presented.
    Unauthenticated,
    /// The presented credential belongs to nobody.
    InvalidCredential,
    /// The presented token was somebody's, and its time is over.
    ExpiredCredential,
    /// The presented token is good for some tools or repositories alone, and this concerns all.
    OutOfScope,
    /// The caller has none of the roles that this needs.
    RoleRequired(&'static [Role]),
    /// The audit log cannot be read.
    AuditUnreadable,
    /// No principal has a token, so nobody can log in.
    NotConfigured,
    /// A limit was reached.
    RateLimited {
        /// Which limit: `origin`, `principal`, `write`, `authentication`.
        scope: &'static str,
        /// When to try again, in seconds, rounded up.
        retry_after: u64,
    },
    /// Too many calls of this tool, or in all, are running.
    Busy,
    /// There is no such tool, or none that this caller may ever call.
    UnknownTool,
    /// The request is not what the protocol asks for.
    Malformed,
    /// Nobody can tell what the caller wanted to give up.
    BadRestriction(BadRestriction),
    /// The caller gave up running the call: it was judged, and the verdict is the answer.
    DryRun(Box<DryRun>),
    /// The arguments do not fit the tool's schema, or break a rule that holds for every repository.
    InvalidArguments(ArgError),
    /// A message or a file is larger than a limit.
    TooLarge {
        /// What is too large.
        what: &'static str,
        /// The limit, in bytes.
        limit: u64,
        /// Whether the tool had begun when it was found.
        executed: bool,
    },
    /// Policy says no; the decision names the rules.
    Denied(Box<Decision>),
    /// A path is refused by a rule of confinement, for every policy.
    Confined {
        /// The stable id of the rule.
        rule: Arc<str>,
    },
    /// Policy says ask, and nobody has approved this very call yet.
    ApprovalRequired(Box<ApprovalNeeded>),
    /// Policy says ask, and somebody has said no to this very call.
    ApprovalDenied(Box<ApprovalNeeded>),
    /// Policy says ask, and too many calls wait for an answer already.
    TooManyApprovals(Box<Decision>),
    /// Policy says ask, and there is nobody who could say yes.
    NoApprover(Box<Decision>),
    /// The tool ran and could not give a result.
    ToolFailed {
        /// The tool's code.
        code: &'static str,
        /// A text made of the tool's own words.
        message: Arc<str>,
        /// Whether its effect may have taken place.
        executed: bool,
    },
    /// The tool panicked; the outcome is on the record.
    Panicked {
        /// Whether it had begun to run.
        executed: bool,
    },
    /// The caller gave up.
    Cancelled,
    /// The time limit passed.
    TimedOut,
    /// The intent could not be recorded, so nothing ran.
    AuditUnavailable,
    /// The call ran and its outcome could not be recorded; the gateway has sealed itself.
    OutcomeUnrecorded,
    /// The kill switch is set.
    Halted {
        /// Whether the tool had begun when it was stopped.
        executed: bool,
    },
    /// The gateway refuses every call until an operator has looked.
    Sealed,
    /// The gateway is shutting down.
    ShuttingDown,
}

impl Refusal {
    pub(crate) fn new(error_id: CallId, kind: RefusalKind) -> Self {
        Self { error_id, kind }
    }

    /// The stable code, in snake case. Part of the interface: codes are added, never changed.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.kind.code()
    }

    /// Whether the tool's effect may have taken place.
    #[must_use]
    pub fn executed(&self) -> bool {
        match self.kind {
            RefusalKind::ToolFailed { executed: true, .. }
            | RefusalKind::Panicked { executed: true }
            | RefusalKind::Cancelled
            | RefusalKind::TimedOut
            | RefusalKind::TooLarge { executed: true, .. }
            | RefusalKind::Halted { executed: true }
            | RefusalKind::OutcomeUnrecorded => true,
            RefusalKind::Unauthenticated
            | RefusalKind::InvalidCredential
            | RefusalKind::ExpiredCredential
            | RefusalKind::OutOfScope
            | RefusalKind::RoleRequired(_)
            | RefusalKind::AuditUnreadable
            | RefusalKind::NotConfigured
            | RefusalKind::RateLimited { .. }
            | RefusalKind::Busy
            | RefusalKind::UnknownTool
            | RefusalKind::Malformed
            | RefusalKind::BadRestriction(_)
            | RefusalKind::DryRun(_)
            | RefusalKind::ToolFailed { executed: false, .. }
            | RefusalKind::Panicked { executed: false }
            | RefusalKind::InvalidArguments(_)
            | RefusalKind::TooLarge { executed: false, .. }
            | RefusalKind::Denied(_)
            | RefusalKind::Confined { .. }
            | RefusalKind::ApprovalRequired(_)
            | RefusalKind::ApprovalDenied(_)
            | RefusalKind::TooManyApprovals(_)
            | RefusalKind::NoApprover(_)
            | RefusalKind::AuditUnavailable
            | RefusalKind::Halted { executed: false }
            | RefusalKind::Sealed
            | RefusalKind::ShuttingDown => false,
        }
    }

    /// The decision behind a policy refusal.
    #[must_use]
    pub fn decision(&self) -> Option<&Decision> {
        match &self.kind {
            RefusalKind::Denied(decision)
            | RefusalKind::TooManyApprovals(decision)
            | RefusalKind::NoApprover(decision) => Some(decision),
            RefusalKind::ApprovalRequired(needed) | RefusalKind::ApprovalDenied(needed) => {
                Some(&needed.decision)
            }
            _ => None,
        }
    }

    /// The approval that the call waits for, or was denied.
    #[must_use]
    pub fn approval(&self) -> Option<&ApprovalNeeded> {
        match &self.kind {
            RefusalKind::ApprovalRequired(needed) | RefusalKind::ApprovalDenied(needed) => Some(needed),
            _ => None,
        }
    }

    /// When to try again, in seconds.
    #[must_use]
    pub fn retry_after(&self) -> Option<u64> {
        match self.kind {
            RefusalKind::RateLimited { retry_after, .. } => Some(retry_after),
            RefusalKind::Busy => Some(1),
            _ => None,
        }
    }
}

impl RefusalKind {
    /// The same without secrets in what rules give as their reason: the one part that somebody wrote at will.
    pub(crate) fn clean(mut self, redactor: &Redactor) -> Self {
        let decision = match &mut self {
            Self::Denied(decision) | Self::NoApprover(decision) | Self::TooManyApprovals(decision) => {
                decision
            }
            Self::ApprovalRequired(needed) | Self::ApprovalDenied(needed) => &mut needed.decision,
            _ => return self,
        };
        decision.reasons.iter_mut().for_each(|reason| clean_text(reason, redactor));
        self
    }

    /// See [`Refusal::code`].
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unauthenticated => "unauthenticated",
            Self::InvalidCredential => "invalid_credential",
            Self::ExpiredCredential => "expired_credential",
            Self::OutOfScope => "out_of_scope",
            Self::RoleRequired(_) => "role_required",
            Self::AuditUnreadable => "unavailable",
            Self::NotConfigured => "not_configured",
            Self::RateLimited { .. } => "rate_limited",
            Self::Busy => "busy",
            Self::UnknownTool => "unknown_tool",
            Self::Malformed => "malformed",
            Self::BadRestriction(_) => BadRestriction::CODE,
            Self::DryRun(_) => "dry_run",
            Self::InvalidArguments(ArgError::Refused { .. }) => "path_denied",
            Self::InvalidArguments(_) => "invalid_arguments",
            Self::TooLarge { .. } => "too_large",
            Self::Denied(decision) => denial_code(decision.code),
            Self::Confined { .. } => "path_denied",
            Self::ApprovalRequired(_) => "approval_required",
            Self::ApprovalDenied(_) => "approval_denied",
            Self::TooManyApprovals(_) => "too_many_approvals",
            Self::NoApprover(_) => "denied",
            Self::ToolFailed { code, .. } => code,
            Self::Panicked { .. } => "internal",
            Self::Cancelled => "cancelled",
            Self::TimedOut => "timed_out",
            Self::AuditUnavailable => "audit_unavailable",
            Self::OutcomeUnrecorded => "outcome_unrecorded",
            Self::Halted { .. } => "halted",
            Self::Sealed => "sealed",
            Self::ShuttingDown => "shutting_down",
        }
    }
}

/// The code of a denial: a closed gate has its own, every rule's no is `denied`.
pub(crate) fn denial_code(code: Code) -> &'static str {
    match code {
        Code::Denied | Code::DefaultDeny => "denied",
        Code::Allowed
        | Code::ApprovalRequired
        | Code::PathDenied
        | Code::WriteModeOff
        | Code::RepositoryNotWhitelisted
        | Code::CapabilityDisabled
        | Code::OutOfScope
        | Code::Narrowed
        | Code::BadRequest => code.as_str(),
    }
}

impl fmt::Display for RefusalKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unauthenticated => f.write_str("a bearer token is required"),
            Self::InvalidCredential => f.write_str("the credential is not valid"),
            Self::OutOfScope => {
                f.write_str("the token is good for some tools or repositories alone, and this concerns all of them")
            }
            Self::RoleRequired(roles) => {
                let names: Vec<_> = roles.iter().map(|role| role.as_str()).collect();
                write!(f, "this needs the role {}; the operator can give it to a principal", names.join(" or "))
            }
            Self::AuditUnreadable => f.write_str(
                "the audit log cannot be read as it was written; have it verified, and the operator look at the state directory",
            ),
            Self::ExpiredCredential => {
                f.write_str("the token's time is over; its owner can ask the operator for another one")
            }
            Self::NotConfigured => f.write_str("no principal has a token; configure one to open the gateway"),
            Self::RateLimited { scope, retry_after } => {
                write!(f, "the {scope} limit is reached; try again in {retry_after} s")
            }
            Self::Busy => f.write_str("too many calls are running; try again in a moment"),
            Self::UnknownTool => f.write_str("there is no such tool; list the tools to see what you may call"),
            Self::BadRestriction(bad) => bad.fmt(f),
            Self::DryRun(_) => f.write_str("the caller asked for a dry run; nothing was executed"),
            Self::Malformed => f.write_str("the request is not a JSON object of the documented shape"),
            Self::InvalidArguments(error) => error.fmt(f),
            Self::TooLarge { what, limit, .. } => write!(f, "{what} is larger than {limit} bytes"),
            Self::Denied(decision) => denial(f, decision),
            Self::Confined { rule } => {
                write!(f, "denied by built-in rule {rule}, which no policy can lift")
            }
            Self::ApprovalRequired(needed) => {
                f.write_str("this call needs an approval")?;
                asked_by(f, &needed.decision)?;
                let ApprovalNeeded { id, expires, .. } = &**needed;
                write!(f, "; until {expires} an approver can look at it with gitoma approvals show {id}")
            }
            Self::ApprovalDenied(needed) => {
                f.write_str("this call needs an approval")?;
                asked_by(f, &needed.decision)?;
                write!(f, ", and it was denied as {}; it cannot be asked again before {}", needed.id, needed.expires)
            }
            Self::TooManyApprovals(decision) => {
                f.write_str("this call needs an approval")?;
                asked_by(f, decision)?;
                f.write_str(", and too many are pending; have some decided")
            }
            Self::NoApprover(decision) => {
                f.write_str("policy asks for an approval")?;
                asked_by(f, decision)?;
                f.write_str(", and nobody can give one; the operator can configure an approver")
            }
            Self::ToolFailed { message, .. } => f.write_str(message),
            Self::Panicked { .. } => f.write_str("an internal error stopped the tool; the log has the error id"),
            Self::Cancelled => f.write_str("the call was cancelled"),
            Self::TimedOut => f.write_str("the call took longer than its time limit"),
            Self::AuditUnavailable => {
                f.write_str("the audit log cannot be written, so nothing was run; the operator must look at the state directory")
            }
            Self::OutcomeUnrecorded => f.write_str(
                "the call ran, but its outcome could not be recorded; the gateway refuses all calls until an operator has looked",
            ),
            Self::Sealed => {
                f.write_str("the gateway is sealed after an unrecorded outcome; an operator must look and restart it")
            }
            Self::Halted { .. } => {
                f.write_str("the operator has halted the gateway; no call is run or decided until it is resumed")
            }
            Self::ShuttingDown => f.write_str("the gateway is shutting down"),
        }
    }
}

/// ` by policy rule look-first (ask.yaml:4)`.
fn asked_by(f: &mut fmt::Formatter<'_>, decision: &Decision) -> fmt::Result {
    match decision.reasons.first() {
        Some(reason) => write!(f, " by policy rule {} ({}:{})", reason.rule, reason.source, reason.line),
        None => Ok(()),
    }
}

/// `denied by policy rule secrets-never (default.yaml:14): reason; gitoma policy explain shows why`.
fn denial(f: &mut fmt::Formatter<'_>, decision: &Decision) -> fmt::Result {
    match decision.code {
        Code::WriteModeOff => return f.write_str("write mode is off; the operator can switch it on"),
        Code::RepositoryNotWhitelisted => {
            return f.write_str("the repository is not on the write-mode whitelist of the policy");
        }
        Code::CapabilityDisabled => return f.write_str("the tool's capability is disabled by the policy"),
        Code::OutOfScope => {
            return f.write_str(
                "the token is not good for this call; its owner can ask for one with a wider scope",
            );
        }
        Code::Narrowed => return f.write_str("the caller's own narrowing excludes this call"),
        Code::BadRequest => {
            return f.write_str("the call names something that cannot be judged; check paths and names");
        }
        Code::Allowed | Code::ApprovalRequired | Code::Denied | Code::DefaultDeny | Code::PathDenied => {}
    }
    match decision.reasons.first() {
        None => f.write_str(
            "denied: no policy rule allows this call; gitoma policy explain shows the nearest rules",
        ),
        Some(reason) if reason.line == 0 => {
            write!(f, "denied by built-in rule {}, which no policy can lift", reason.rule)
        }
        Some(reason) => {
            write!(f, "denied by policy rule {} ({}:{})", reason.rule, reason.source, reason.line)?;
            if let Some(text) = &reason.text {
                write!(f, ": {text}")?;
            }
            f.write_str("; gitoma policy explain shows why")
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(f)
    }
}

impl std::error::Error for Refusal {}
