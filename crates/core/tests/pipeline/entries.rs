//! The law of entries: after authentication one for a refusal and two for an execution; before it, one a window.

use gitoma_core::{Credential, Origin, Peer, RawCall, Transport};
use serde_json::json;

use crate::support::{bearer, build, call, code, house};

#[tokio::test]
async fn one_entry_for_a_refusal_and_two_for_an_execution() {
    let table = [
        ("look", json!({}), "ok", 2),
        ("look", json!({"act": "fail"}), "not_found", 2),
        ("look", json!({"act": "panic"}), "internal", 2),
        ("impatient", json!({"act": "sleep"}), "timed_out", 2),
        ("change", json!({}), "ok", 2),
        ("look", json!({"act": "panic_in_prepare"}), "internal", 1),
        ("look", json!({"path": "plans/x"}), "denied", 1),
        ("look", json!({"path": ".env"}), "path_denied", 1),
        ("look", json!({"path": "a/../b"}), "path_denied", 1),
        ("look", json!({"wrong": 1}), "invalid_arguments", 1),
        ("look", json!("not an object"), "malformed", 1),
        ("nothing", json!({}), "unknown_tool", 1),
        ("automate", json!({}), "unknown_tool", 1),
    ];
    let house = house();
    for (tool, arguments, expected, entries) in table {
        let before = house.entries().len();
        let result = house.call(tool, arguments.clone()).await;
        assert_eq!(code(&result), expected, "{tool} {arguments}");
        let written = house.entries().split_off(before);
        assert_eq!(written.len(), entries, "{tool} {arguments}: {written:?}");
        let id = result.map_or_else(|refusal| refusal.error_id, |reply| reply.call_id).to_string();
        assert_eq!(written[0]["call_id"], *id, "the reply's id is the entry's");
        assert_eq!(written[0]["principal"], "agent");
        match entries {
            1 => assert_eq!(written[0]["kind"], "refusal"),
            _ => {
                assert_eq!((&written[0]["kind"], &written[1]["kind"]), (&json!("intent"), &json!("outcome")));
                assert_eq!(written[1]["ref_seq"], written[0]["seq"]);
            }
        }
    }
}

/// The approval that comes to be is something that happened besides.
#[tokio::test]
async fn a_call_that_must_wait_leaves_its_refusal_and_a_pending_approval() {
    let house = house();
    for entries in [&["approval", "refusal"][..], &["refusal"]] {
        let before = house.entries().len();
        let refusal = house.call("look", json!({"path": "ask/x"})).await.unwrap_err();
        let approval = refusal.approval().unwrap().id.to_string();
        let written = house.entries().split_off(before);
        assert_eq!(written.iter().map(|entry| &entry["kind"]).collect::<Vec<_>>(), entries);
        for entry in &written {
            assert_eq!(entry["call_id"], *refusal.error_id.to_string());
            assert_eq!((&entry["approval_id"], &entry["principal"]), (&json!(approval), &json!("agent")));
        }
    }
}

#[tokio::test]
async fn an_entry_says_what_was_judged_and_by_which_rule() {
    let house = house();
    house.call("look", json!({"path": "plans/x"})).await.unwrap_err();
    let entry = &house.entries()[0];
    assert_eq!(entry["tool"], "look");
    assert_eq!(entry["capability"], "read");
    assert_eq!(entry["effect"], "deny");
    assert_eq!(entry["code"], "denied");
    assert_eq!(entry["rules"], json!([{"id": "no-secret-plans", "line": 8}]));
    assert_eq!(entry["accesses"], json!([{"repo": "web", "paths": ["plans/x"]}]));
    assert_eq!(entry["policy_digest"].as_str().unwrap().len(), 64);
    assert_eq!(entry["policy_generation"], 1);
}

#[tokio::test]
async fn an_entry_has_the_arguments_that_rules_read_and_no_other() {
    let reading = r#"
version: 1
global:
  rules:
    - { id: short, effect: allow, tools: ["*"], arguments: { text: { max_length: 60 } } }
    - { id: acts, effect: deny, tools: [look], arguments: { act: { equals: fail } } }
"#;
    let house = build(|builder| builder.policy("reading.yaml", reading));
    let secret = ["gh", "p_", &"a1B2".repeat(9)].concat();
    let arguments = json!({"path": "src/private", "text": format!("\"{secret}\"")});
    assert_eq!(code(&house.call("look", arguments.clone()).await), "ok");
    let denied = json!({"act": "fail", "text": "x"});
    assert_eq!(code(&house.call("look", denied.clone()).await), "denied");
    house.gateway.decide(call("look", denied)).await.unwrap();
    let entries = house.entries();
    let kinds: Vec<_> = entries.iter().map(|entry| entry["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["intent", "outcome", "refusal", "judged"]);
    let quoted = json!([{"name": "act", "value": "null"}, {"name": "text", "value": r#""\"***\"""#}]);
    assert_eq!(entries[0]["arguments"], quoted, "redacted, and absent as null");
    assert_eq!(entries[1].get("arguments"), None);
    let refused = json!([{"name": "act", "value": "\"fail\""}, {"name": "text", "value": "\"x\""}]);
    assert_eq!((&entries[2]["arguments"], &entries[3]["arguments"]), (&refused, &refused));
    assert!(!house.lines().iter().any(|line| line.to_string().contains(&secret)));

    let none = crate::support::house();
    none.call("look", arguments).await.unwrap();
    assert_eq!(none.entries()[0].get("arguments"), None, "no rule reads one");
}

#[tokio::test]
async fn an_entry_tells_found_paths_from_none() {
    let house = house();
    house.call("look", json!({})).await.unwrap();
    house.call("look", json!({"path": "src/x"})).await.unwrap();
    let entries = house.entries();
    assert_eq!(entries[0]["accesses"], json!([{"repo": "web", "found": true}]));
    assert_eq!(entries[2]["accesses"], json!([{"repo": "web", "paths": ["src/x"]}]));
}

#[tokio::test]
async fn a_tool_out_of_reach_is_on_the_record_by_its_own_name_and_an_unknown_one_is_not() {
    let house = house();
    let hidden = house.call("automate", json!({})).await.unwrap_err();
    let unknown = house.call("no_such_tool", json!({})).await.unwrap_err();
    assert_eq!((hidden.code(), hidden.to_string()), (unknown.code(), unknown.to_string()));
    house.gateway.decide(call("automate", json!({}))).await.unwrap_err();
    let entries = house.entries();
    for entry in [&entries[0], &entries[2]] {
        let said = (&entry["code"], &entry["tool"], &entry["capability"]);
        assert_eq!(said, (&json!("unknown_tool"), &json!("automate"), &json!("automation")));
    }
    assert_eq!((entries[1].get("tool"), entries[1].get("capability")), (None, None));
    assert!(!house.lines().iter().any(|line| line.to_string().contains("no_such_tool")));
}

#[tokio::test]
async fn strangers_fill_no_disk() {
    let house = house();
    for _ in 0..50 {
        let stranger = RawCall { credential: Credential::Absent, ..call("look", json!({})) };
        assert_eq!(code(&house.gateway.handle(stranger).await), "unauthenticated");
    }
    assert_eq!(house.kinds(), ["refusal"], "one entry for the window");
    house.gateway.shutdown(std::time::Duration::from_secs(5)).await;
    let entries = house.entries();
    assert_eq!(entries.len(), 2);
    assert_eq!((&entries[1]["kind"], &entries[1]["count"]), (&json!("auth.aggregate"), &json!(50)));
}

#[tokio::test]
async fn a_right_token_on_loopback_is_never_refused_for_anothers_failures() {
    let house = house();
    let loopback = Origin { transport: Transport::Http, peer: Peer::Address("127.0.0.1".parse().unwrap()) };
    let far = Origin { transport: Transport::Http, peer: Peer::Address("203.0.113.5".parse().unwrap()) };
    for origin in [loopback, far] {
        for _ in 0..6 {
            let wrong =
                RawCall { credential: bearer("wrong-token-of-the-tests"), origin, ..call("look", json!({})) };
            assert_eq!(code(&house.gateway.handle(wrong).await), "invalid_credential");
        }
    }
    let right = |origin| RawCall { origin, ..call("look", json!({})) };
    assert_eq!(code(&house.gateway.handle(right(loopback)).await), "ok");
    assert_eq!(
        code(&house.gateway.handle(right(far)).await),
        "rate_limited",
        "elsewhere the origin is locked out"
    );
}

#[tokio::test]
async fn hanging_up_early_hides_no_failure() {
    let house = house();
    let gateway = house.gateway.clone();
    let loopback = Origin { transport: Transport::Http, peer: Peer::Address("127.0.0.1".parse().unwrap()) };
    let wrong = RawCall {
        credential: bearer("wrong-token-of-the-tests"),
        origin: loopback,
        ..call("look", json!({}))
    };
    let patience = std::time::Duration::from_millis(1);
    assert!(
        tokio::time::timeout(patience, gateway.handle(wrong)).await.is_err(),
        "a wrong token is held back"
    );
    assert_eq!(house.kinds(), ["refusal"], "and was recorded before");
}

#[tokio::test]
async fn two_principals_never_share_a_token() {
    let twice = |name: &str| {
        gitoma_core::PrincipalConfig::with_token(
            name,
            &[],
            &gitoma_core::Secret::new("one-token-for-two".to_owned()),
        )
    };
    let state = tempfile::tempdir().unwrap();
    let builder = gitoma_core::Gateway::builder().audit_directory(state.path());
    let error = builder.principal(twice("a")).principal(twice("b")).build().unwrap_err();
    assert!(
        matches!(error, gitoma_core::BuildError::Principals(gitoma_core::PrincipalsError::TokenShared { name }) if name == "b")
    );
}

#[tokio::test]
async fn no_token_configured_is_said_as_such() {
    let state = tempfile::tempdir().unwrap();
    let gateway = gitoma_core::Gateway::builder().audit_directory(state.path()).build().unwrap();
    assert_eq!(code(&gateway.handle(call("look", json!({}))).await), "not_configured");
    drop(gateway);
    build(|builder| builder);
}

#[tokio::test]
async fn a_dry_run_says_what_the_call_would_meet_and_runs_nothing() {
    let house = house();
    for (arguments, expected) in [
        (json!({"path": "src/a"}), "allowed"),
        (json!({"path": "plans/a"}), "denied"),
        (json!({"path": "ask/a"}), "approval_required"),
        (json!({"path": ".env"}), "path_denied"),
        (json!({"path": "a/../.env"}), "path_denied"),
    ] {
        let before = house.entries().len();
        let verdict = house.gateway.decide(call("look", arguments.clone())).await.unwrap();
        assert_eq!(verdict.code, expected, "{arguments}");
        assert_eq!(house.entries().len(), before + 1, "a dry run leaves one entry");
        let real = code(&house.call("look", arguments.clone()).await);
        assert_eq!(real, if expected == "allowed" { "ok" } else { expected }, "{arguments}");
    }
    assert_eq!(
        house.journal().iter().filter(|step| *step == "execute").count(),
        1,
        "only the real, allowed call ran"
    );
}

/// Whoever keeps the policy is told why; the caller is told that there is no such tool.
#[tokio::test]
async fn a_hidden_tool_is_explained_to_the_keeper_of_the_policy_alone() {
    let house = house();
    let calls = || call("automate", json!({"path": "src/a"}));
    assert_eq!(house.gateway.decide(calls()).await.unwrap_err().code(), "unknown_tool");
    let before = house.entries().len();
    let verdict = house.gateway.explain(calls()).await.unwrap();
    assert_eq!(verdict.code, "capability_disabled");
    let written = house.entries().split_off(before);
    assert_eq!(written.len(), 1, "{written:?}");
    assert_eq!(
        (&written[0]["tool"], &written[0]["code"]),
        (&json!("automate"), &json!("capability_disabled"))
    );
    assert_eq!(house.gateway.explain(call("nothing", json!({}))).await.unwrap_err().code(), "unknown_tool");
}
