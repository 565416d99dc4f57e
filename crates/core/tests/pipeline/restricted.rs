//! What a caller gives up goes on the record, as far as it could be read, and a dry run never runs.

use gitoma_core::{BadRestriction, RawCall, RefusalKind, Restriction};
use serde_json::json;

use crate::support::{call, code, house};

fn restricted(restriction: &str, tool: &str, path: &str) -> RawCall {
    RawCall { restriction: Restriction::parse(restriction), ..call(tool, json!({"path": path})) }
}

#[tokio::test]
async fn each_entry_of_a_call_but_its_outcome_says_what_was_given_up() {
    let house = house();
    let gateway = &house.gateway;
    let both = "read-only, repos=web other";
    assert_eq!(code(&gateway.handle(restricted(both, "look", "src/a")).await), "ok");
    assert_eq!(code(&gateway.handle(restricted(both, "change", "src/a")).await), "narrowed");
    assert_eq!(code(&gateway.handle(restricted("repos=a, repos=b", "look", "src/a")).await), "narrowed");
    gateway.decide(restricted(both, "look", "src/a")).await.unwrap();
    house.call("look", json!({})).await.unwrap();
    let told = json!({"read_only": true, "repos": ["other", "web"], "repos_more": 0});
    let found: Vec<_> = house
        .entries()
        .iter()
        .map(|entry| (entry["kind"].as_str().unwrap().to_owned(), entry.get("restriction").cloned()))
        .collect();
    let expected = [
        ("intent", Some(told.clone())),
        ("outcome", None),
        ("refusal", Some(told.clone())),
        ("refusal", Some(json!({"repos_more": 0}))),
        ("judged", Some(told)),
        ("intent", None),
        ("outcome", None),
    ];
    assert_eq!(found, expected.map(|(kind, restriction)| (kind.to_owned(), restriction)));
}

#[tokio::test]
async fn a_dry_run_is_judged_whichever_door_it_takes_and_never_runs() {
    let house = house();
    for (tool, path, said) in [("look", "src/a", "allowed"), ("change", "plans/a", "denied")] {
        let refusal = house.gateway.handle(restricted("dry-run", tool, path)).await.unwrap_err();
        assert_eq!((refusal.code(), refusal.executed()), ("dry_run", false));
        let RefusalKind::DryRun(judged) = refusal.kind else { panic!("{:?}", refusal.kind) };
        assert_eq!((judged.verdict().code, judged.verdict().call_id), (said, refusal.error_id));
        let entry = house.entries().pop().unwrap();
        assert_eq!((&entry["kind"], &entry["code"]), (&json!("judged"), &json!(said)));
        assert_eq!(entry["restriction"], json!({"dry_run": true}));
        assert_eq!(entry["call_id"], refusal.error_id.to_string());
    }
    let nothing = restricted("dry-run", "no_such_tool", "src/a");
    assert_eq!(code(&house.gateway.handle(nothing).await), "unknown_tool");
    assert_eq!(house.kinds(), ["judged", "judged", "refusal"]);
    assert!(!house.journal().contains(&"execute".to_owned()));
}

#[tokio::test]
async fn a_restriction_that_cannot_be_read_has_one_code_for_the_caller_and_the_chain() {
    let house = house();
    for tool in ["look", ""] {
        let refusal = house.gateway.handle(restricted("echo-me", tool, "src/a")).await.unwrap_err();
        assert!(matches!(refusal.kind, RefusalKind::BadRestriction(BadRestriction::Unknown)));
        assert_eq!(refusal.to_string(), BadRestriction::Unknown.to_string());
        let entry = house.entries().pop().unwrap();
        assert_eq!((&entry["code"], entry.get("restriction")), (&json!("bad_restriction"), None));
        assert!(!entry.to_string().contains("echo"), "{entry}");
    }
    let elsewhere = restricted("echo-me", "no_such_tool", "src/a");
    assert_eq!(code(&house.gateway.handle(elsewhere).await), "unknown_tool");
    assert!(!house.journal().contains(&"prepare".to_owned()));
}

#[tokio::test]
async fn an_alias_is_redacted_like_every_text_of_the_caller() {
    let house = house();
    let secret = ["gh", "p_", &"a1B2".repeat(9)].concat();
    let refused = restricted(&format!("repos=web {secret}"), "look", "plans/a");
    assert_eq!(code(&house.gateway.handle(refused).await), "denied");
    let entry = house.entries().pop().unwrap();
    assert_eq!(entry["restriction"]["repos"], json!(["***", "web"]), "{entry}");
}
