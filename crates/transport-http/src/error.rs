//! How a [`Refusal`] of the gateway becomes a [`Problem`]: the status of each kind, and what goes along with it. The match is
//! exhaustive, so that a new kind of refusal cannot be forgotten here.

use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use gitoma_core::{ArgError, BadRestriction, Refusal, RefusalKind};

use crate::problem::{Problem, Rule};

/// The status and the title of each kind of refusal.
fn status(kind: &RefusalKind) -> (StatusCode, &'static str) {
    match kind {
        RefusalKind::Unauthenticated => (StatusCode::UNAUTHORIZED, "Authentication required"),
        RefusalKind::InvalidCredential => (StatusCode::FORBIDDEN, "Invalid credential"),
        RefusalKind::NotConfigured => (StatusCode::SERVICE_UNAVAILABLE, "No principal can log in"),
        RefusalKind::RateLimited { .. } => (StatusCode::TOO_MANY_REQUESTS, "Rate limit reached"),
        RefusalKind::Busy => (StatusCode::TOO_MANY_REQUESTS, "Too many calls at once"),
        RefusalKind::UnknownTool => (StatusCode::NOT_FOUND, "Unknown tool"),
        RefusalKind::Malformed => (StatusCode::BAD_REQUEST, "Malformed request"),
        RefusalKind::InvalidArguments(ArgError::Refused { .. }) | RefusalKind::Confined { .. } => {
            (StatusCode::FORBIDDEN, "Denied")
        }
        RefusalKind::InvalidArguments(_) => (StatusCode::UNPROCESSABLE_ENTITY, "Invalid arguments"),
        RefusalKind::TooLarge { .. } => (StatusCode::PAYLOAD_TOO_LARGE, "Too large"),
        RefusalKind::Denied(_) => (StatusCode::FORBIDDEN, "Denied"),
        RefusalKind::ApprovalRequired(_) => (StatusCode::FORBIDDEN, "Approval required"),
        // What the machine could not do is the server's fault; everything else a tool says is about the caller's arguments.
        RefusalKind::ToolFailed { code: "unavailable", .. } => {
            (StatusCode::INTERNAL_SERVER_ERROR, "Tool failed")
        }
        RefusalKind::ToolFailed { .. } => (StatusCode::UNPROCESSABLE_ENTITY, "Tool failed"),
        RefusalKind::Panicked { .. } => (StatusCode::INTERNAL_SERVER_ERROR, "Internal error"),
        // A caller that gave up reads no answer. Whoever reads this one was cut off by a shutdown, and may try again.
        RefusalKind::Cancelled => (StatusCode::SERVICE_UNAVAILABLE, "Cancelled"),
        RefusalKind::TimedOut => (StatusCode::GATEWAY_TIMEOUT, "Timed out"),
        RefusalKind::AuditUnavailable => (StatusCode::SERVICE_UNAVAILABLE, "Audit log unavailable"),
        RefusalKind::OutcomeUnrecorded => (StatusCode::INTERNAL_SERVER_ERROR, "Outcome not recorded"),
        RefusalKind::Sealed => (StatusCode::SERVICE_UNAVAILABLE, "Gateway sealed"),
        RefusalKind::ShuttingDown => (StatusCode::SERVICE_UNAVAILABLE, "Shutting down"),
    }
}

/// Whether a caller could wonder if its call took effect.
fn leaves_doubt(kind: &RefusalKind) -> bool {
    matches!(
        kind,
        RefusalKind::ToolFailed { .. }
            | RefusalKind::Panicked { .. }
            | RefusalKind::Cancelled
            | RefusalKind::TimedOut
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
        Self {
            status,
            title,
            detail: refusal.to_string(),
            code: refusal.code(),
            error_id: refusal.error_id,
            executed: leaves_doubt(&refusal.kind).then(|| refusal.executed()),
            retry_after: refusal.retry_after(),
            rules: rules(&refusal),
        }
    }
}

/// The answer to a refused call.
pub(crate) fn refused(refusal: Refusal) -> Response {
    Problem::from(refusal).into_response()
}

/// The answer to a refused call that came with a restriction nobody could read. The gateway calls it malformed; what to mend is told
/// here. Any other no, such as an unknown caller's, came first and stands.
pub(crate) fn badly_restricted(refusal: Refusal, bad: BadRestriction) -> Response {
    let malformed = matches!(refusal.kind, RefusalKind::Malformed);
    let mut problem = Problem::from(refusal);
    if malformed {
        (problem.code, problem.title) = (BadRestriction::CODE, "Bad restriction");
        problem.detail = format!("Gitoma-Restrict: {bad}");
    }
    problem.into_response()
}

#[cfg(test)]
mod tests;
