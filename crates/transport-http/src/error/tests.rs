use std::collections::BTreeSet;
use std::sync::Arc;

use gitoma_core::Effect;
use gitoma_core::policy::{Code, Decision, Digest, Reason};
use gitoma_core::{ApprovalId, ApprovalNeeded, ApprovalState, BadRestriction, Timestamp};

use super::*;
use crate::codes;

fn decision(code: Code, rule: &str, line: u32) -> Box<Decision> {
    let reason = Reason {
        rule: rule.into(),
        effect: Effect::Deny,
        source: "team.yaml".into(),
        line,
        column: 3,
        text: None,
        path: Some("secret/path".to_owned()),
    };
    Box::new(Decision {
        effect: Effect::Deny,
        code,
        reasons: vec![reason],
        obligations: Vec::new(),
        enforced: true,
        policy: Digest::new([0; 32]),
        generation: 1,
    })
}

fn needed() -> Box<ApprovalNeeded> {
    let id = ApprovalId::parse("apr_aaaaaaaaaaaaaaaaaaaaaaaaaa").unwrap();
    let decision = *decision(Code::ApprovalRequired, "ask", 4);
    Box::new(ApprovalNeeded { decision, id, expires: Timestamp::UNIX_EPOCH })
}

#[test]
fn a_call_that_waits_is_told_for_what_and_how_long() {
    let problem = problem(RefusalKind::ApprovalRequired(needed()));
    let id = "apr_aaaaaaaaaaaaaaaaaaaaaaaaaa".to_owned();
    let expires = "1970-01-01T00:00:00Z".to_owned();
    assert_eq!(problem.approval, Some(Waiting { id, expires }));
    assert!(
        problem.detail.ends_with("gitoma approvals show apr_aaaaaaaaaaaaaaaaaaaaaaaaaa"),
        "{}",
        problem.detail
    );
}

#[test]
fn every_refusal_of_a_decision_has_its_status_and_code() {
    for (kind, status, code) in [
        (ApprovalRefusalKind::Refused(RefusalKind::Unauthenticated), 401, "unauthenticated"),
        (ApprovalRefusalKind::NotFound, 404, "approval_not_found"),
        (ApprovalRefusalKind::Settled(ApprovalState::Used), 409, "approval_settled"),
        (ApprovalRefusalKind::Own, 403, "own_approval"),
        (ApprovalRefusalKind::RoleRequired, 403, "role_required"),
        (ApprovalRefusalKind::LongNote, 422, "invalid_arguments"),
        (ApprovalRefusalKind::Unrecorded, 503, "audit_unavailable"),
        (ApprovalRefusalKind::Unavailable, 500, "unavailable"),
    ] {
        let problem = Problem::from(ApprovalRefusal { error_id: CallId::mint(), kind });
        assert_eq!((problem.status.as_u16(), problem.code), (status, code));
        assert_eq!(
            codes::status(code).map(|listed| listed.as_u16()),
            Some(status),
            "{code}: not in the list"
        );
    }
}

fn problem(kind: RefusalKind) -> Problem {
    Problem::from(Refusal { error_id: CallId::mint(), kind })
}

#[test]
fn every_kind_has_its_status_and_code() {
    let failed =
        |code| RefusalKind::ToolFailed { code, message: Arc::from("path not found"), executed: true };
    let mut seen = BTreeSet::new();
    for (kind, status, code) in [
        (RefusalKind::Unauthenticated, 401, "unauthenticated"),
        (RefusalKind::InvalidCredential, 403, "invalid_credential"),
        (RefusalKind::OutOfScope, 403, "out_of_scope"),
        (RefusalKind::RoleRequired(&[]), 403, "role_required"),
        (RefusalKind::AuditUnreadable, 500, "unavailable"),
        (RefusalKind::ExpiredCredential, 403, "expired_credential"),
        (RefusalKind::NotConfigured, 503, "not_configured"),
        (RefusalKind::RateLimited { scope: "origin", retry_after: 7 }, 429, "rate_limited"),
        (RefusalKind::Busy, 429, "busy"),
        (RefusalKind::UnknownTool, 404, "unknown_tool"),
        (RefusalKind::Malformed, 400, "malformed"),
        (RefusalKind::BadRestriction(BadRestriction::Empty), 400, "bad_restriction"),
        (RefusalKind::InvalidArguments(ArgError::Missing { name: "path".into() }), 422, "invalid_arguments"),
        (
            RefusalKind::InvalidArguments(ArgError::refused("path", "path:parent-component")),
            403,
            "path_denied",
        ),
        (RefusalKind::Confined { rule: "path:symlink".into() }, 403, "path_denied"),
        (RefusalKind::TooLarge { what: "the message", limit: 9, executed: false }, 413, "too_large"),
        (RefusalKind::Denied(decision(Code::Denied, "no-keys", 4)), 403, "denied"),
        (RefusalKind::Denied(decision(Code::DefaultDeny, "no-keys", 4)), 403, "denied"),
        (RefusalKind::Denied(decision(Code::WriteModeOff, "no-keys", 4)), 403, "write_mode_off"),
        (RefusalKind::ApprovalRequired(needed()), 403, "approval_required"),
        (RefusalKind::ApprovalDenied(needed()), 403, "approval_denied"),
        (
            RefusalKind::TooManyApprovals(decision(Code::ApprovalRequired, "ask", 4)),
            429,
            "too_many_approvals",
        ),
        (RefusalKind::NoApprover(decision(Code::ApprovalRequired, "ask", 4)), 403, "denied"),
        (failed("timed_out"), 504, "timed_out"),
        (failed("cancelled"), 503, "cancelled"),
        (failed("secret_found"), 422, "secret_found"),
        (failed("path_denied"), 403, "path_denied"),
        (failed("conflict"), 409, "conflict"),
        (failed("no_room"), 507, "no_room"),
        (failed("not_found"), 422, "not_found"),
        (failed("unavailable"), 500, "unavailable"),
        (failed("unsuitable"), 422, "unsuitable"),
        (failed("unsupported"), 422, "unsupported"),
        (RefusalKind::Panicked { executed: true }, 500, "internal"),
        (RefusalKind::Cancelled, 503, "cancelled"),
        (RefusalKind::TimedOut, 504, "timed_out"),
        (RefusalKind::AuditUnavailable, 503, "audit_unavailable"),
        (RefusalKind::OutcomeUnrecorded, 500, "outcome_unrecorded"),
        (RefusalKind::Halted { executed: false }, 503, "halted"),
        (RefusalKind::Sealed, 503, "sealed"),
        (RefusalKind::ShuttingDown, 503, "shutting_down"),
    ] {
        seen.insert(name(&kind));
        let problem = problem(kind);
        assert_eq!((problem.status.as_u16(), problem.code), (status, code));
        assert_eq!(
            codes::status(code).map(|listed| listed.as_u16()),
            Some(status),
            "{code}: not in the list"
        );
    }
    let all: BTreeSet<_> = NAMES.iter().copied().collect();
    // A dry run is answered with its verdict, and is no problem.
    assert_eq!(all.difference(&seen).copied().collect::<Vec<_>>(), ["DryRun"], "kinds that nobody looked at");
}

/// A new kind stops the build here until it has a name, and the test above until it has a row.
macro_rules! kinds {
    ($($name:ident)+) => {
        const NAMES: &[&str] = &[$(stringify!($name)),+];

        fn name(kind: &RefusalKind) -> &'static str {
            match kind {
                $(RefusalKind::$name { .. } => stringify!($name)),+
            }
        }
    };
}

kinds! {
    Unauthenticated InvalidCredential ExpiredCredential OutOfScope RoleRequired AuditUnreadable NotConfigured RateLimited Busy
    UnknownTool Malformed BadRestriction DryRun InvalidArguments TooLarge Denied Confined ApprovalRequired ApprovalDenied
    TooManyApprovals NoApprover ToolFailed Panicked Cancelled TimedOut AuditUnavailable OutcomeUnrecorded Halted Sealed ShuttingDown
}

/// Every gate that policy may close.
#[test]
fn every_denial_is_in_the_list_of_codes() {
    for code in [
        Code::Denied,
        Code::DefaultDeny,
        Code::PathDenied,
        Code::WriteModeOff,
        Code::RepositoryNotWhitelisted,
        Code::CapabilityDisabled,
        Code::OutOfScope,
        Code::Narrowed,
        Code::BadRequest,
    ] {
        let problem = problem(RefusalKind::Denied(decision(code, "no-keys", 4)));
        assert_eq!(codes::status(problem.code), Some(StatusCode::FORBIDDEN), "{}", problem.code);
    }
}

#[test]
fn doubt_about_the_effect_is_cleared() {
    for (kind, expected) in [
        (RefusalKind::AuditUnavailable, Some(false)),
        (RefusalKind::OutcomeUnrecorded, Some(true)),
        (RefusalKind::Panicked { executed: false }, Some(false)),
        (RefusalKind::TooLarge { what: "the result", limit: 9, executed: true }, Some(true)),
        (RefusalKind::TooLarge { what: "the message", limit: 9, executed: false }, None),
        (RefusalKind::TimedOut, Some(true)),
        (RefusalKind::Malformed, None),
        (RefusalKind::Denied(decision(Code::Denied, "no-keys", 4)), None),
    ] {
        assert_eq!(problem(kind).executed, expected);
    }
}

#[test]
fn rules_are_named_with_their_place_and_without_the_path() {
    let denied = problem(RefusalKind::Denied(decision(Code::Denied, "no-keys", 4)));
    assert_eq!(denied.rules, [Rule { id: "no-keys".to_owned(), source: "team.yaml".to_owned(), line: 4 }]);
    let confined = problem(RefusalKind::InvalidArguments(ArgError::refused("path", "path:parent-component")));
    let built_in = Rule { id: "path:parent-component".to_owned(), source: "built-in".to_owned(), line: 0 };
    assert_eq!(confined.rules, [built_in]);
    assert!(problem(RefusalKind::Malformed).rules.is_empty());
}

#[test]
fn the_answer_carries_the_headers_its_status_asks_for() {
    let limited = refused(Refusal {
        error_id: CallId::mint(),
        kind: RefusalKind::RateLimited { scope: "principal", retry_after: 7 },
    });
    assert_eq!(limited.headers()["retry-after"], "7");
    let anonymous = refused(Refusal { error_id: CallId::mint(), kind: RefusalKind::Unauthenticated });
    assert_eq!(anonymous.headers()["www-authenticate"], "Bearer realm=\"gitoma\"");
    assert_eq!(anonymous.headers()["content-type"], "application/problem+json");
}
