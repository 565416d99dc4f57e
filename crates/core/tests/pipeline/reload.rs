//! Replacing the policy: atomic, on the record, and never in the middle of a call (invariant 10).

use gitoma_core::ReloadError;
use serde_json::json;

use crate::support::{POLICY, build, call, code, house};

const CLOSED: &str = r#"
version: 1
global:
  rules:
    - { id: reads, effect: allow, tools: ["*"], capability: read }
    - { id: shut, effect: deny, tools: ["*"], paths: ["src/**"] }
"#;

#[tokio::test]
async fn a_running_call_keeps_the_policy_that_judged_it() {
    let house = house();
    let gateway = house.gateway.clone();
    let arguments = json!({"path": "src/a", "act": "wait_for_reload", "found": ["src/b"]});
    let running = tokio::spawn(async move { gateway.handle(call("look", arguments)).await });
    while !house.journal().contains(&"execute".to_owned()) {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    let stamp = house.gateway.replace_policy("closed.yaml", CLOSED).await.unwrap();
    assert_eq!(stamp.generation, 2);
    house.reloaded();
    let reply = running.await.unwrap().unwrap();
    assert_eq!(reply.result.as_value()["found"], json!(["src/b"]), "judged by the old policy to the end");
    assert_eq!(
        code(&house.call("look", json!({"path": "src/a"})).await),
        "denied",
        "the next call meets the new one"
    );
    let generations: Vec<_> =
        house.entries().iter().map(|entry| entry["policy_generation"].clone()).collect();
    assert_eq!(generations, [json!(1), json!(null), json!(2)], "intent, outcome, refusal");
}

#[tokio::test]
async fn a_bad_policy_leaves_the_old_one_and_an_entry() {
    let house = house();
    let before = house.gateway.health().policy;
    let error = house.gateway.replace_policy("bad.yaml", "version: 1\nglobl: {}\n").await.unwrap_err();
    assert!(matches!(error, ReloadError::Policy(_)));
    assert!(error.to_string().contains("bad.yaml:2"), "{error}");
    assert_eq!(house.gateway.health().policy, before);
    assert_eq!(code(&house.call("look", json!({"path": "src/a"})).await), "ok");
    assert!(
        house.lines().iter().any(|line| line["kind"] == "policy.reject" && line["policy_generation"] == 1)
    );
    house.gateway.replace_policy("test.yaml", POLICY).await.unwrap();
    assert_eq!(house.gateway.health().policy.digest, before.digest, "the same meaning has the same digest");
}

/// POL-7: the gateway reads a policy by the schemas of its tools.
#[tokio::test]
async fn a_policy_that_matches_an_argument_no_tool_has_is_refused() {
    let house = house();
    let text = "version: 1
global:
  rules:
    - { id: r, effect: deny, tools: [look], arguments: { no_such: absent } }
";
    let error = house.gateway.replace_policy("p.yaml", text).await.unwrap_err();
    assert!(error.to_string().contains("p.yaml:4:"), "{error}");
    assert!(error.to_string().contains("none of the rule's tools has this argument"), "{error}");
}

const PATTERNS: &str = r#"
redact:
  patterns:
    - { id: customer, pattern: "ACME-[0-9]+" }
"#;

#[tokio::test]
async fn a_call_is_redacted_by_the_policy_that_judged_it() {
    let with_patterns = [POLICY, PATTERNS].concat();
    let house = build(|builder| builder.policy("patterns.yaml", with_patterns));
    let gateway = house.gateway.clone();
    let arguments = json!({"path": "src/ACME-77", "act": "wait_for_reload", "text": "for ACME-4711"});
    let running = tokio::spawn(async move { gateway.handle(call("look", arguments)).await });
    while !house.journal().contains(&"execute".to_owned()) {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    house.gateway.replace_policy("without.yaml", POLICY).await.unwrap();
    house.reloaded();
    let reply = running.await.unwrap().unwrap();
    assert_eq!((reply.result.as_value()["text"].as_str(), reply.redactions), (Some("for ***"), 1));
    assert_eq!(house.entries()[0]["accesses"][0]["paths"], json!(["src/***"]));
    let reply = house.call("look", json!({"path": "src/a", "text": "for ACME-4711"})).await.unwrap();
    assert_eq!(reply.result.as_value()["text"], "for ACME-4711", "the next policy has no such pattern");
}

#[tokio::test]
async fn a_pattern_that_does_not_compile_refuses_the_policy_at_its_place() {
    let broken = [POLICY, &PATTERNS.replace("ACME-[0-9]+", ".*")].concat();
    let line = broken.lines().position(|line| line.contains("id: customer")).unwrap() + 1;
    let house = build(|builder| builder.policy("patterns.yaml", [POLICY, PATTERNS].concat()));
    let before = house.gateway.health().policy;
    let error = house.gateway.replace_policy("broken.yaml", &broken).await.unwrap_err().to_string();
    assert!(error.contains(&format!("broken.yaml:{line}:32: pattern is too broad")), "{error}");
    assert_eq!(house.gateway.health().policy, before);
    assert!(house.lines().iter().any(|line| line["kind"] == "policy.reject"));
    let reply = house.call("look", json!({"path": "src/a", "text": "ACME-1"})).await.unwrap();
    assert_eq!(reply.result.as_value()["text"], "***", "the pattern before stays in force");

    let state = tempfile::tempdir().unwrap();
    let builder = gitoma_core::Gateway::builder().audit_directory(state.path());
    let error = builder.policy("broken.yaml", broken).build().unwrap_err();
    assert!(matches!(error, gitoma_core::BuildError::Policy(_)), "{error}");
    assert!(error.to_string().contains("too broad"), "{error}");
}
