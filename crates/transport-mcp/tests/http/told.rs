//! What an answer says beside itself: what is left of the caller's limits, when to try again, and by which policy it was answered.

use gitoma_core::{LimitsConfig, Rate};
use serde_json::{Value, json};

use crate::house::{ANN, House};
use crate::resources::house;
use crate::wire::{Answer, Client};
use crate::world::World;

/// Every kind of request that the gateway charges by itself.
fn requests() -> Vec<(&'static str, Value)> {
    let template = json!({"type": "ref/resource", "uri": "repo://{alias}/{+path}{?ref}"});
    let complete = |name: &str, value: &str| {
        let given = json!({"arguments": {"alias": "demo"}});
        (
            "completion/complete",
            json!({"ref": template, "argument": {"name": name, "value": value}, "context": given}),
        )
    };
    vec![
        ("tools/list", json!({})),
        ("tools/call", json!({"name": "repo_list", "arguments": {}})),
        ("tools/call", json!({"name": "no_such_tool", "arguments": {}})),
        ("resources/list", json!({})),
        ("resources/list", json!({"cursor": "no cursor"})),
        ("resources/list", json!({"_meta": {"gitoma/restrict": "no restriction"}})),
        ("resources/templates/list", json!({})),
        ("resources/templates/list", json!({"cursor": "no cursor"})),
        ("resources/read", json!({"uri": "repo://demo/hello.txt"})),
        ("resources/read", json!({"uri": "repo://demo/"})),
        ("resources/read", json!({"uri": "repo://demo/.env"})),
        ("resources/read", json!({"uri": "no address"})),
        ("prompts/list", json!({})),
        ("prompts/get", json!({"name": "explore_repository", "arguments": {"repo": "demo"}})),
        ("prompts/get", json!({"name": "explore_repository", "arguments": {}})),
        ("prompts/get", json!({"name": "no_such_prompt"})),
        complete("alias", ""),
        complete("path", ""),
        complete("path", "%ff/"),
        complete("ref", ""),
        complete("no_such_argument", ""),
    ]
}

fn left(answer: &Answer) -> u64 {
    let said = answer.header("ratelimit").unwrap_or_else(|| panic!("nothing is said: {answer:?}"));
    said.strip_prefix("\"principal\";r=").unwrap().split(';').next().unwrap().parse().unwrap()
}

#[test]
fn each_request_is_charged_once_and_says_what_is_left() {
    let world = World::new();
    for modern in [true, false] {
        let limits = LimitsConfig { principal: Rate::new(1, 100), ..Default::default() };
        let house = house(&world, |builder| builder.limits(limits));
        let client = if modern { house.modern(ANN) } else { house.legacy(ANN) };
        let mut expected = left(&client.ask("first", "tools/list", &json!({})));
        for (id, (method, params)) in requests().into_iter().enumerate() {
            let answer = client.ask(id, method, &params);
            expected -= 1;
            assert_eq!(left(&answer), expected, "{method} {params}: {answer:?}");
            assert_eq!(answer.status, 200, "{method} {params}: {answer:?}");
            assert_eq!(
                answer.header("ratelimit-policy").unwrap(),
                "\"principal\";q=100;w=6000, \"write\";q=20;w=20"
            );
            assert!(
                answer.header("gitoma-policy").unwrap().starts_with("generation=1, digest=\"sha256:"),
                "{answer:?}"
            );
            let names = answer.headers.iter().filter(|(name, _)| name == "ratelimit").count();
            assert_eq!(names, 1, "{answer:?}");
        }
    }
}

#[test]
fn whoever_has_nothing_left_is_told_when_to_come_again() {
    let world = World::new();
    for modern in [true, false] {
        let limits = LimitsConfig { principal: Rate::new(1, 4), ..Default::default() };
        let house = house(&world, |builder| builder.limits(limits));
        let client = if modern { house.modern(ANN) } else { house.legacy(ANN) };
        let mut first = (0..).map(|id| client.ask(format!("first {id}"), "tools/list", &json!({})));
        assert!(first.any(|answer| left(&answer) == 0));
        for (id, (method, params)) in requests().into_iter().enumerate() {
            if params["_meta"].is_object() {
                continue;
            }
            let answer = client.ask(id, method, &params);
            let seconds: u64 = answer
                .header("retry-after")
                .unwrap_or_else(|| panic!("{method}: {answer:?}"))
                .parse()
                .unwrap();
            assert_eq!(left(&answer), 0);
            let answer = answer.json();
            let envelope = match method {
                "tools/call" => &answer["result"]["structuredContent"]["error"],
                _ => &answer["error"]["data"]["error"],
            };
            assert_eq!(
                (&envelope["code"], &envelope["retry_after"]),
                (&json!("rate_limited"), &json!(seconds)),
                "{method} {params}: {answer}"
            );
        }
    }
}

#[test]
fn a_stream_says_what_is_so_at_its_beginning() {
    let house = House::new();
    for client in Client::both(house.address, ANN) {
        let params = json!({"name": "look", "arguments": {"act": "report"}, "_meta": {"progressToken": "t"}});
        let answer = Answer::read_head(client.start(1, "tools/call", &params, &[]));
        assert_eq!(answer.header("content-type"), Some("text/event-stream"), "{answer:?}");
        assert!(left(&answer) > 0 && answer.header("gitoma-policy").is_some(), "{answer:?}");
    }
}

#[test]
fn a_stranger_is_told_nothing() {
    let house = House::new();
    let client = Client::modern(house.address, "a-token-that-is-wrong");
    let answer = client.ask(1, "tools/list", &json!({}));
    assert_eq!(answer.status, 403);
    for name in ["ratelimit", "ratelimit-policy", "gitoma-policy"] {
        assert_eq!(answer.header(name), None, "{answer:?}");
    }
}
