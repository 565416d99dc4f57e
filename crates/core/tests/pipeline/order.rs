//! The order of the steps: a call that fails two of them is refused by the earlier one, and nothing later happens.

use gitoma_core::{Credential, LimitsConfig, Rate, RawArgs, RawCall};
use serde_json::{Value, json};

use crate::support::{bearer, build, call, code, house, local};

#[tokio::test]
async fn an_allowed_call_passes_every_step_once() {
    let house = house();
    let reply = house.call("look", json!({"path": "src/a.rs", "text": "hello"})).await.unwrap();
    assert_eq!(reply.result.as_value()["text"], "hello");
    let journal = house.journal();
    assert_eq!(journal.first().unwrap(), "prepare");
    assert_eq!(
        journal.iter().filter(|step| *step == "prepare").count(),
        1,
        "parsed once: what was judged is what runs"
    );
    assert_eq!(journal[journal.len() - 2..], ["execute", "done"]);
    assert_eq!(house.kinds(), ["intent", "outcome"]);
}

#[tokio::test]
async fn the_earlier_step_names_the_refusal() {
    let house = house();
    let with = |credential: Credential, tool: &str, arguments: Value| RawCall {
        credential,
        ..call(tool, arguments)
    };
    let malformed =
        |tool: &str| RawCall::new(tool, RawArgs::Malformed, bearer(crate::support::TOKEN), local());
    let table = [
        (
            "authentication before the tool's name",
            with(Credential::Absent, "no_such_tool", json!({})),
            "unauthenticated",
        ),
        (
            "a wrong token before anything",
            with(bearer("wrong-token-of-the-tests"), "look", json!(0)),
            "invalid_credential",
        ),
        ("the tool's name before its arguments", malformed("no_such_tool"), "unknown_tool"),
        ("a closed capability looks like no tool", malformed("automate"), "unknown_tool"),
        ("no name was read at all", malformed(""), "malformed"),
        ("the shape before the schema", malformed("look"), "malformed"),
        (
            "the schema before policy",
            call("look", json!({"path": "plans/x", "wrong": 1})),
            "invalid_arguments",
        ),
        ("confinement before policy", call("look", json!({"path": "plans/../x"})), "path_denied"),
        ("policy before the effect", call("look", json!({"path": "plans/x"})), "denied"),
        ("ask before the effect", call("look", json!({"path": "ask/x"})), "approval_required"),
    ];
    for (what, call, expected) in table {
        assert_eq!(code(&house.gateway.handle(call).await), expected, "{what}");
    }
    assert!(!house.journal().contains(&"execute".to_owned()), "nothing ran");
}

#[tokio::test]
async fn a_limit_comes_before_the_work_it_limits() {
    let limits = LimitsConfig { principal: Rate::new(1, 1), ..LimitsConfig::default() };
    let house = build(|builder| builder.limits(limits));
    assert_eq!(code(&house.call("look", json!({})).await), "ok");
    let refused = house.call("no_such_tool", json!({})).await.unwrap_err();
    assert_eq!((refused.code(), refused.retry_after()), ("rate_limited", Some(60)));
    assert_eq!(house.journal().iter().filter(|step| *step == "prepare").count(), 1);
}

#[tokio::test]
async fn calls_of_one_tool_queue_for_its_places_and_then_run() {
    let house = house();
    let calls = (0..20).map(|_| house.call("change", json!({"act": "commit_and_sleep"})));
    let codes: Vec<_> = futures_util::future::join_all(calls).await.iter().map(code).collect();
    assert_eq!(codes, ["ok"; 20], "sixteen at once, and the others after them");
}

#[tokio::test]
async fn writes_are_charged_before_they_are_decided() {
    let limits = LimitsConfig { writes: Rate::new(1, 1), ..LimitsConfig::default() };
    let house = build(|builder| builder.limits(limits));
    assert_eq!(code(&house.call("change", json!({"path": "plans/x"})).await), "denied");
    assert_eq!(code(&house.call("change", json!({"path": "src/x"})).await), "rate_limited");
    assert_eq!(
        code(&house.call("look", json!({"path": "src/x"})).await),
        "ok",
        "reads have their own budget"
    );
}

#[tokio::test]
async fn write_mode_off_is_named_first_and_hides_nothing_else() {
    let house = build(|builder| builder.write_mode(gitoma_core::WriteMode::Off));
    let result = house.call("change", json!({"path": "src/x"})).await;
    assert!(["write_mode_off", "unknown_tool"].contains(&code(&result)), "{}", code(&result));
    assert_eq!(house.effects(), 0);
}

#[tokio::test]
async fn a_denial_names_its_rule_and_never_the_input() {
    let house = house();
    let refusal = house.call("look", json!({"path": "plans/canary-7f3a"})).await.unwrap_err();
    let text = refusal.to_string();
    assert_eq!(
        text,
        "denied by policy rule no-secret-plans (test.yaml:8): the plans are not for agents; gitoma policy explain shows why"
    );
    for arguments in [json!({"path": "../canary"}), json!({"canary": 1}), json!({"found": "canary"})] {
        let text = house.call("look", arguments).await.unwrap_err().to_string();
        assert!(!text.contains("canary"), "{text}");
    }
}

#[tokio::test]
async fn what_is_found_is_judged_and_dropped() {
    let house = house();
    let reply = house
        .call("look", json!({"found": ["src/a.rs", "plans/b", ".env", "src/.git/config"]}))
        .await
        .unwrap();
    assert_eq!(reply.result.as_value()["found"], json!(["src/a.rs"]));
    let entries = house.entries();
    assert_eq!(entries[1]["dropped"], 3, "{}", entries[1]);
}

#[tokio::test]
async fn results_are_redacted_before_they_leave() {
    let house = house();
    let secret = ["gh", "p_", &"a1B2".repeat(9)].concat();
    let reply = house.call("look", json!({"text": format!("token {secret} here")})).await.unwrap();
    assert_eq!(reply.result.as_value()["text"], "token *** here");
    assert_eq!(reply.redactions, 1);
    assert!(!house.lines().iter().any(|line| line.to_string().contains(&secret)));
}
