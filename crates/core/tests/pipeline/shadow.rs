//! Shadow mode (POL-14): what the rules refuse of reads runs and is recorded with its true verdict; nothing else gets through.

use gitoma_core::{Effect, Narrowing, RawCall, Restriction};
use serde_json::json;

use crate::support::{House, bearer, build, call, code, house, local};

/// Reads of `src` alone are allowed, `ask/**` asks, `plans/**` is denied; `impatient` is allowed to nobody.
const SHADOW: &str = r#"
version: 1
enforcement: shadow
global:
  rules:
    - { id: sources, effect: allow, tools: [look], paths: ["src/**"] }
    - { id: writes, effect: allow, tools: [change], capability: write, paths: ["src/**"] }
    - { id: no-secret-plans, effect: deny, tools: ["*"], paths: ["plans/**"] }
    - { id: ask-first, effect: ask, tools: [look], paths: ["ask/**"] }
    - { id: nobody, effect: deny, tools: [impatient] }
repositories:
  web: { write: allow }
"#;

fn shadow() -> House {
    build(|builder| builder.policy("shadow.yaml", SHADOW))
}

#[tokio::test]
async fn a_read_that_the_rules_refuse_runs_and_keeps_its_verdict() {
    let house = shadow();
    for (path, effect, expected, rules) in [
        ("plans/x", "deny", "denied", json!([{"id": "no-secret-plans", "line": 8}])),
        ("ask/x", "ask", "approval_required", json!([{"id": "ask-first", "line": 9}])),
        ("elsewhere", "deny", "denied", json!(null)),
    ] {
        let before = house.entries().len();
        assert_eq!(code(&house.call("look", json!({"path": path})).await), "ok", "{path}");
        let written = house.entries().split_off(before);
        let intent = &written[0];
        assert_eq!((&intent["kind"], &intent["enforced"]), (&json!("intent"), &json!(false)), "{path}");
        assert_eq!((&intent["effect"], &intent["code"]), (&json!(effect), &json!(expected)), "{path}");
        assert_eq!(intent["rules"], rules, "{path}");
        assert_eq!((&written[1]["kind"], &written[1]["outcome"]), (&json!("outcome"), &json!("ok")));
    }
    house.call("look", json!({"path": "src/x"})).await.unwrap();
    let allowed = &house.entries()[6];
    assert_eq!((&allowed["code"], &allowed["enforced"]), (&json!("allowed"), &json!(true)));
}

#[tokio::test]
async fn gates_writes_and_automation_are_enforced() {
    let house = shadow();
    for (tool, path, expected) in [
        ("look", ".env", "path_denied"),
        ("look", "a/../b", "path_denied"),
        ("change", "plans/x", "denied"),
        ("change", "elsewhere", "denied"),
        ("change", ".github/workflows/x.yml", "path_denied"),
        ("automate", "src/x", "unknown_tool"),
    ] {
        let before = house.entries().len();
        assert_eq!(code(&house.call(tool, json!({"path": path})).await), expected, "{tool} {path}");
        let written = house.entries().split_off(before);
        assert_eq!(written.len(), 1, "{tool} {path}");
        assert_ne!(written[0]["enforced"], json!(false), "{tool} {path}");
    }
    let narrowing = Narrowing { repositories: Some(vec!["other".to_owned()]), ..Narrowing::default() };
    let restriction = Ok(Restriction { narrowing, dry_run: false });
    let narrowed = RawCall { restriction, ..call("look", json!({"path": "plans/x"})) };
    assert_eq!(code(&house.gateway.handle(narrowed).await), "narrowed");
    assert!(!house.journal().contains(&"execute".to_owned()), "nothing ran");
    assert_eq!(code(&house.call("change", json!({"path": "src/x"})).await), "ok", "what is allowed does run");
}

#[tokio::test]
async fn what_is_found_is_kept_and_counted() {
    let house = shadow();
    let found = json!({"found": ["src/a", "plans/b", "plans/c", "ask/d", ".env"]});
    let reply = house.call("look", found).await.unwrap();
    assert_eq!(reply.result.as_value()["found"], json!(["src/a", "plans/b", "plans/c", "ask/d"]));
    assert_eq!(house.entries()[1]["dropped"], 1, "the denylist is enforced");
    house.call("look", json!({"path": "plans/x"})).await.unwrap();
    let metrics = house.gateway.metrics();
    for line in [
        r#"gitoma_shadow_verdicts_total{effect="deny",subject="found"} 2"#,
        r#"gitoma_shadow_verdicts_total{effect="ask",subject="found"} 1"#,
        r#"gitoma_shadow_verdicts_total{effect="deny",subject="call"} 1"#,
        "gitoma_policy_shadow 1",
    ] {
        assert!(metrics.lines().any(|found| found == line), "{line}\n{metrics}");
    }
}

#[tokio::test]
async fn a_dry_run_says_that_the_verdict_is_only_recorded() {
    let house = shadow();
    let verdict = house.gateway.decide(call("look", json!({"path": "plans/x"}))).await.unwrap();
    assert_eq!((verdict.effect, verdict.enforced), (Effect::Deny, false));
    let verdict = house.gateway.decide(call("change", json!({"path": "plans/x"}))).await.unwrap();
    assert_eq!((verdict.effect, verdict.enforced), (Effect::Deny, true));
    assert_eq!(house.entries()[0]["enforced"], false);
    assert_eq!(house.entries()[1]["enforced"], true);
}

#[tokio::test]
async fn discovery_matches_enforcement() {
    let names = async |house: &House| -> Vec<String> {
        let specs = house.gateway.tools(bearer(crate::support::TOKEN), local()).await.unwrap();
        specs.into_iter().map(|spec| spec.name.into_owned()).collect()
    };
    let house = shadow();
    assert_eq!(names(&house).await, ["change", "impatient", "look"], "every read, and what may be written");
    assert_eq!(code(&house.call("impatient", json!({})).await), "ok");

    let enforced = SHADOW.replace("shadow", "enforce");
    house.gateway.replace_policy("enforced.yaml", &enforced).await.unwrap();
    assert_eq!(names(&house).await, ["change", "look"]);
    assert_eq!(code(&house.call("impatient", json!({})).await), "unknown_tool");
    assert_eq!(house.gateway.health().enforcement, "enforce");
}

#[tokio::test]
async fn it_is_said_at_start_and_after_a_reload() {
    let details = |house: &House| -> Vec<String> {
        let loads = house.lines().into_iter().filter(|line| line["kind"] == "policy.load");
        loads.map(|line| line["detail"].as_str().unwrap().to_owned()).collect()
    };
    let shadowed = shadow();
    assert_eq!(shadowed.gateway.health().enforcement, "shadow");
    assert_eq!(details(&shadowed), ["write mode on, shadow mode"]);
    let house = house();
    assert_eq!(house.gateway.health().enforcement, "enforce");
    house.gateway.replace_policy("shadow.yaml", SHADOW).await.unwrap();
    assert_eq!(house.gateway.health().enforcement, "shadow");
    let details = details(&house);
    assert_eq!(details[..2], ["write mode on", "shadow mode"]);
    assert!(details[2].contains("switch enforcement: now shadow, was enforce"), "{details:?}");
}
