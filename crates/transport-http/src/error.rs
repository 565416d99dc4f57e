//! How a [`Refusal`] of the gateway becomes a [`Problem`]: the status of each kind, and what goes along with it. The match is
//! exhaustive, so that a new kind of refusal cannot be forgotten here.

use std::sync::Arc;

use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use gitoma_core::{
    ApprovalRefusal, ApprovalRefusalKind, ArgError, CallId, Gateway, Origin, Principal, Refusal, RefusalKind,
};

use crate::problem::{CALL_ID, Problem, Rule, Waiting};
use crate::reply::json;

/// The status and the title of each kind of refusal.
fn status(kind: &RefusalKind) -> (StatusCode, &'static str) {
    match kind {
        RefusalKind::Unauthenticated => (StatusCode::UNAUTHORIZED, "Authentication required"),
        RefusalKind::InvalidCredential => (StatusCode::FORBIDDEN, "Invalid credential"),
        RefusalKind::OutOfScope => (StatusCode::FORBIDDEN, "Out of scope"),
        RefusalKind::RoleRequired(_) => (StatusCode::FORBIDDEN, "Role required"),
        RefusalKind::AuditUnreadable => (StatusCode::INTERNAL_SERVER_ERROR, "Audit log unreadable"),
        RefusalKind::ExpiredCredential => (StatusCode::FORBIDDEN, "Expired credential"),
        RefusalKind::NotConfigured => (StatusCode::SERVICE_UNAVAILABLE, "No principal can log in"),
        RefusalKind::RateLimited { .. } => (StatusCode::TOO_MANY_REQUESTS, "Rate limit reached"),
        RefusalKind::Busy => (StatusCode::TOO_MANY_REQUESTS, "Too many calls at once"),
        RefusalKind::UnknownTool => (StatusCode::NOT_FOUND, "Unknown tool"),
        RefusalKind::Malformed => (StatusCode::BAD_REQUEST, "Malformed request"),
        RefusalKind::BadRestriction(_) => (StatusCode::BAD_REQUEST, "Bad restriction"),
        // Answered with its verdict, not with a problem.
        RefusalKind::DryRun(_) => (StatusCode::OK, "Dry run"),
        RefusalKind::InvalidArguments(ArgError::Refused { .. }) | RefusalKind::Confined { .. } => {
            (StatusCode::FORBIDDEN, "Denied")
        }
        RefusalKind::InvalidArguments(_) => (StatusCode::UNPROCESSABLE_ENTITY, "Invalid arguments"),
        RefusalKind::TooLarge { .. } => (StatusCode::PAYLOAD_TOO_LARGE, "Too large"),
        RefusalKind::Denied(_) => (StatusCode::FORBIDDEN, "Denied"),
        RefusalKind::ApprovalRequired(_) => (StatusCode::FORBIDDEN, "Approval required"),
        RefusalKind::ApprovalDenied(_) => (StatusCode::FORBIDDEN, "Approval denied"),
        RefusalKind::TooManyApprovals(_) => (StatusCode::TOO_MANY_REQUESTS, "Too many approvals are pending"),
        RefusalKind::NoApprover(_) => (StatusCode::FORBIDDEN, "Denied"),
        // What the machine could not do is the server's fault; everything else a tool says is about the caller's arguments.
        RefusalKind::ToolFailed { code: "unavailable", .. } => {
            (StatusCode::INTERNAL_SERVER_ERROR, "Tool failed")
        }
        RefusalKind::ToolFailed { code: "path_denied", .. } => (StatusCode::FORBIDDEN, "Denied"),
        RefusalKind::ToolFailed { code: "conflict", .. } => (StatusCode::CONFLICT, "Conflict"),
        RefusalKind::ToolFailed { code: "no_room", .. } => (StatusCode::INSUFFICIENT_STORAGE, "No room"),
        RefusalKind::ToolFailed { code: "secret_found", .. } => {
            (StatusCode::UNPROCESSABLE_ENTITY, "Secret found")
        }
        // A preview that took too long, or was cut off; nothing ran.
        RefusalKind::ToolFailed { code: "timed_out", .. } => (StatusCode::GATEWAY_TIMEOUT, "Timed out"),
        RefusalKind::ToolFailed { code: "cancelled", .. } => (StatusCode::SERVICE_UNAVAILABLE, "Cancelled"),
        RefusalKind::ToolFailed { .. } => (StatusCode::UNPROCESSABLE_ENTITY, "Tool failed"),
        RefusalKind::Panicked { .. } => (StatusCode::INTERNAL_SERVER_ERROR, "Internal error"),
        // A caller that gave up reads no answer. Whoever reads this one was cut off by a shutdown, and may try again.
        RefusalKind::Cancelled => (StatusCode::SERVICE_UNAVAILABLE, "Cancelled"),
        RefusalKind::TimedOut => (StatusCode::GATEWAY_TIMEOUT, "Timed out"),
        RefusalKind::AuditUnavailable => (StatusCode::SERVICE_UNAVAILABLE, "Audit log unavailable"),
        RefusalKind::OutcomeUnrecorded => (StatusCode::INTERNAL_SERVER_ERROR, "Outcome not recorded"),
        RefusalKind::Halted { .. } => (StatusCode::SERVICE_UNAVAILABLE, "Gateway halted"),
        RefusalKind::Sealed => (StatusCode::SERVICE_UNAVAILABLE, "Gateway sealed"),
        RefusalKind::ShuttingDown => (StatusCode::SERVICE_UNAVAILABLE, "Shutting down"),
    }
}

/// Whether a caller could wonder if its call took effect.
fn leaves_doubt(kind: &RefusalKind) -> bool {
    matches!(
        kind,
        RefusalKind::ToolFailed { .. }
            | RefusalKind::TooLarge { executed: true, .. }
            | RefusalKind::Panicked { .. }
            | RefusalKind::Cancelled
            | RefusalKind::TimedOut
            | RefusalKind::Halted { .. }
            | RefusalKind::AuditUnavailable
            | RefusalKind::OutcomeUnrecorded
    )
}

/// The rules that said no: of policy, or of confinement.
fn rules(refusal: &Refusal) -> Vec<Rule> {
    let built_in = |rule: &str| vec![Rule { id: rule.to_owned(), source: "built-in".to_owned(), line: 0 }];
    match &refusal.kind {
        RefusalKind::InvalidArguments(error) => error.rule().map(built_in).unwrap_or_default(),
        RefusalKind::Confined { rule } => built_in(rule),
        _ => refusal
            .decision()
            .into_iter()
            .flat_map(|decision| &decision.reasons)
            .map(|reason| Rule {
                id: reason.rule.to_string(),
                source: reason.source.to_string(),
                line: reason.line,
            })
            .collect(),
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let (status, title) = status(&refusal.kind);
        let detail = match &refusal.kind {
            RefusalKind::BadRestriction(bad) => format!("Gitoma-Restrict: {bad}"),
            _ => refusal.to_string(),
        };
        Self {
            status,
            title,
            detail,
            code: refusal.code(),
            error_id: refusal.error_id,
            executed: leaves_doubt(&refusal.kind).then(|| refusal.executed()),
            retry_after: refusal.retry_after(),
            rules: rules(&refusal),
            approval: refusal
                .approval()
                .map(|needed| Waiting { id: needed.id.to_string(), expires: needed.expires.to_string() }),
        }
    }
}

impl From<ApprovalRefusal> for Problem {
    fn from(refusal: ApprovalRefusal) -> Self {
        let ApprovalRefusal { error_id, kind } = refusal;
        let (status, title) = match kind {
            ApprovalRefusalKind::Refused(kind) => return Refusal { error_id, kind }.into(),
            ApprovalRefusalKind::NotFound => (StatusCode::NOT_FOUND, "Unknown approval"),
            ApprovalRefusalKind::Settled(_) => (StatusCode::CONFLICT, "Already decided"),
            ApprovalRefusalKind::Own => (StatusCode::FORBIDDEN, "Own approval"),
            ApprovalRefusalKind::RoleRequired => (StatusCode::FORBIDDEN, "Role required"),
            ApprovalRefusalKind::LongNote => (StatusCode::UNPROCESSABLE_ENTITY, "Invalid arguments"),
            ApprovalRefusalKind::Unrecorded => (StatusCode::SERVICE_UNAVAILABLE, "Audit log unavailable"),
            ApprovalRefusalKind::Unavailable => (StatusCode::INTERNAL_SERVER_ERROR, "Approvals unavailable"),
        };
        Self {
            status,
            title,
            detail: kind.to_string(),
            code: kind.code(),
            error_id,
            executed: None,
            retry_after: None,
            rules: Vec::new(),
            approval: None,
        }
    }
}

/// The answer to a call that was refused, or judged alone because its caller wanted no more.
pub(crate) fn refused(refusal: Refusal) -> Response {
    match refusal.kind {
        RefusalKind::DryRun(judged) => named(refusal.error_id, json(&judged)),
        _ => Problem::from(refusal).into_response(),
    }
}

/// The answer to a request that this door refuses by itself, once that is on the record: of `principal`, if it is known who asks. Nobody has
/// charged for a stranger's yet.
pub(crate) async fn turned_away(
    gateway: &Gateway,
    principal: Option<Arc<Principal>>,
    origin: Origin,
    problem: Problem,
) -> Response {
    if principal.is_none()
        && let Err(refusal) = gateway.admit_anybody(origin).await
    {
        return refused(refusal);
    }
    gateway.record_refusal(problem.error_id, principal, origin, problem.code).await;
    problem.into_response()
}

/// Puts the call's id into the headers of its answer.
pub(crate) fn named(call_id: CallId, mut response: Response) -> Response {
    if let Ok(call_id) = HeaderValue::try_from(call_id.to_string()) {
        response.headers_mut().insert(CALL_ID, call_id);
    }
    response
}

#[cfg(test)]
mod tests;
