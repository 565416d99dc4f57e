use gitoma_core::policy::{Code, Decision, Digest, Effect};
use gitoma_core::{ApprovalId, ApprovalNeeded, BadRestriction, CallId, Timestamp};

use super::*;
use crate::restriction::METADATA;

fn refused(kind: RefusalKind) -> Refusal {
    Refusal { error_id: CallId::mint(), kind }
}

fn decision() -> Box<Decision> {
    let reason = Reason {
        rule: "secrets-never".into(),
        effect: Effect::Deny,
        source: "default.yaml".into(),
        line: 14,
        column: 3,
        text: None,
        path: Some("the/path/that/was/asked/for".into()),
    };
    Box::new(Decision {
        effect: Effect::Deny,
        code: Code::Denied,
        reasons: vec![reason],
        obligations: Vec::new(),
        enforced: true,
        policy: Digest::new([0; 32]),
        generation: 1,
    })
}

fn needed() -> Box<ApprovalNeeded> {
    let id = ApprovalId::parse("apr_aaaaaaaaaaaaaaaaaaaaaaaaaa").unwrap();
    Box::new(ApprovalNeeded { decision: *decision(), id, expires: Timestamp::UNIX_EPOCH })
}

#[test]
fn a_call_that_waits_is_told_for_what_and_how_a_person_decides() {
    let waits = Refusal { error_id: CallId::mint(), kind: RefusalKind::ApprovalRequired(needed()) };
    let envelope = envelope(&waits, METADATA);
    let id = "apr_aaaaaaaaaaaaaaaaaaaaaaaaaa";
    assert_eq!(envelope["error"]["approval"], json!({"id": id, "expires": "1970-01-01T00:00:00Z"}));
    let said = sentence(&waits);
    assert!(said.contains(&format!("gitoma approvals show {id}. Ask the person you work for")), "{said}");
}

#[test]
fn whoever_came_upon_a_secret_is_not_told_to_try_another_spelling() {
    let found = RefusalKind::ToolFailed { code: "secret_found", message: "a secret".into(), executed: false };
    let said = sentence(&refused(found));
    assert!(
        said.starts_with("secret_found: a secret. Leave out the secret or its placeholder ***, or"),
        "{said}"
    );
    assert!(!said.contains("Change the arguments"), "{said}");
}

#[test]
fn whoever_spelt_a_name_wrongly_is_told_how_to_and_not_to_stop() {
    for (rule, advice) in
        [("path:absolute", "from the repository's root"), ("revision:range", "takes each end by itself")]
    {
        let refusal = refused(RefusalKind::InvalidArguments(ArgError::refused("ref", rule)));
        let said = sentence(&refusal);
        assert_eq!(envelope(&refusal, METADATA)["error"]["category"], "invalid_input", "{rule}");
        assert!(said.contains(rule) && said.contains(advice) && !said.contains("way around"), "{said}");
    }
    let outside = ArgError::refused("path", "path:parent-component");
    assert!(sentence(&refused(RefusalKind::InvalidArguments(outside))).contains("way around"));
}

fn every_kind() -> Vec<(RefusalKind, &'static str)> {
    let failed = |code| RefusalKind::ToolFailed { code, message: "it failed".into(), executed: true };
    vec![
        (RefusalKind::Unauthenticated, "unauthenticated"),
        (RefusalKind::InvalidCredential, "unauthenticated"),
        (RefusalKind::NotConfigured, "unauthenticated"),
        (RefusalKind::RateLimited { scope: "principal", retry_after: 7 }, "rate_limited"),
        (RefusalKind::Busy, "rate_limited"),
        (RefusalKind::UnknownTool, "not_found"),
        (RefusalKind::Malformed, "invalid_input"),
        (RefusalKind::BadRestriction(BadRestriction::Empty), "invalid_input"),
        (RefusalKind::InvalidArguments(ArgError::Missing { name: "path".into() }), "invalid_input"),
        (RefusalKind::InvalidArguments(ArgError::refused("path", "path:parent-component")), "forbidden"),
        (RefusalKind::TooLarge { what: "the message", limit: 9, executed: false }, "invalid_input"),
        (RefusalKind::Denied(decision()), "forbidden"),
        (RefusalKind::Confined { rule: "path:link".into() }, "forbidden"),
        (RefusalKind::ApprovalRequired(needed()), "approval_required"),
        (RefusalKind::ApprovalDenied(needed()), "forbidden"),
        (RefusalKind::TooManyApprovals(decision()), "approval_required"),
        (RefusalKind::NoApprover(decision()), "forbidden"),
        (failed("timed_out"), "timeout"),
        (failed("cancelled"), "cancelled"),
        (failed("secret_found"), "invalid_input"),
        (failed("path_denied"), "forbidden"),
        (failed("conflict"), "invalid_input"),
        (failed("no_room"), "unavailable"),
        (failed("not_found"), "not_found"),
        (failed("unsuitable"), "invalid_input"),
        (failed("unavailable"), "unavailable"),
        (failed("another"), "internal"),
        (RefusalKind::Panicked { executed: true }, "internal"),
        (RefusalKind::Cancelled, "cancelled"),
        (RefusalKind::TimedOut, "timeout"),
        (RefusalKind::AuditUnavailable, "unavailable"),
        (RefusalKind::OutcomeUnrecorded, "internal"),
        (RefusalKind::Sealed, "unavailable"),
        (RefusalKind::ShuttingDown, "unavailable"),
    ]
}

#[test]
fn every_refusal_has_its_category_and_names_itself() {
    for (kind, category) in every_kind() {
        let refusal = refused(kind);
        let envelope = envelope(&refusal, METADATA);
        let error = &envelope["error"];
        assert_eq!(error["category"], category, "{}", refusal.code());
        assert_eq!(error["code"], refusal.code());
        if refusal.code() != "another" {
            let known = crate::prompts::codes::find(refusal.code()).unwrap();
            assert_eq!(json!(known.category), category, "{}", refusal.code());
        }
        assert_eq!(error["error_id"], refusal.error_id.to_string());
        assert_eq!(error["executed"], refusal.executed());
        assert_eq!(error.get("retry_after").is_some(), category == "rate_limited");
    }
}

#[test]
fn all_but_an_unknown_tool_and_a_bad_restriction_is_a_result_that_a_model_reads() {
    for (kind, _) in every_kind() {
        let protocol = match kind {
            RefusalKind::UnknownTool => Some("unknown tool"),
            RefusalKind::BadRestriction(_) => Some("_meta.gitoma/restrict: the restriction is empty"),
            _ => None,
        };
        let refused = refused(kind);
        match refusal(&refused, METADATA) {
            Err(error) => {
                assert_eq!(error.code, ErrorCode::INVALID_PARAMS);
                assert!(error.message.starts_with(protocol.unwrap()), "{}", error.message);
            }
            Ok(result) => {
                assert_eq!(protocol, None);
                assert_eq!(result.is_error, Some(true));
                let text =
                    serde_json::to_value(&result.content).unwrap()[0]["text"].as_str().unwrap().to_owned();
                assert!(text.starts_with(refused.code()), "{text}");
                assert!(text.contains(&refused.error_id.to_string()), "{text}");
            }
        }
    }
}

#[test]
fn the_rules_behind_a_no_are_named_and_the_path_is_not() {
    let denied = envelope(&refused(RefusalKind::Denied(decision())), METADATA);
    assert_eq!(
        denied["error"]["rules"],
        json!([{"id": "secrets-never", "source": "default.yaml", "line": 14}])
    );
    assert!(!denied.to_string().contains("the/path"));
    let confined = envelope(&refused(RefusalKind::Confined { rule: "path:link".into() }), METADATA);
    assert_eq!(confined["error"]["rules"], json!([{"id": "path:link", "source": "built-in", "line": 0}]));
    assert!(envelope(&refused(RefusalKind::Busy), METADATA)["error"].get("rules").is_none());
}
