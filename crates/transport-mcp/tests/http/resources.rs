//! Resources over HTTP, where several principals share one gateway, and headers say what a request is about and what it gives up.

use gitoma_core::GatewayBuilder;
use gitoma_core::config::RepositoryConfig;
use serde_json::{Value, json};

use crate::house::{ANN, BOB, DANA, House};
use crate::wire::{Answer, Client};
use crate::world::{SECRET, World};

const POLICY: &str = r#"
version: 1
global:
  rules:
    - { id: ann, effect: allow, tools: ["*"], capability: read, principals: [ann] }
repositories:
  acme/web:
    rules:
      - { id: bob, effect: allow, tools: ["*"], capability: read, principals: [bob] }
"#;

/// A gateway with the real tools on the repository of `world`, which ann may read as `demo` and `acme/web`, bob as `acme/web` alone, and
/// nobody else.
pub(crate) fn house(world: &World, change: impl FnOnce(GatewayBuilder) -> GatewayBuilder) -> House {
    let repositories = ["demo", "acme/web"].map(|alias| RepositoryConfig {
        alias: alias.to_owned(),
        path: world.repository(),
        git_dir: None,
    });
    let tools = gitoma_tools::standard(&repositories).unwrap();
    let aliases = repositories.map(|repository| repository.alias);
    House::with(Default::default(), |builder| {
        change(builder.policy("test.yaml", POLICY).tools(tools).serves(aliases))
    })
}

fn names(answer: &Value) -> Vec<&str> {
    let resources = answer["result"]["resources"].as_array().unwrap_or_else(|| panic!("{answer}"));
    resources.iter().map(|resource| resource["name"].as_str().unwrap()).collect()
}

#[test]
fn each_principal_has_its_own() {
    let world = World::new();
    let house = house(&world, |builder| builder);
    for (token, own) in [(ANN, &["acme/web", "demo"] as &[&str]), (BOB, &["acme/web"]), (DANA, &[])] {
        for client in Client::both(house.address, token) {
            assert_eq!(names(&client.ask(1, "resources/list", &json!({})).json()), own);
            let templates = client.ask(2, "resources/templates/list", &json!({})).json();
            assert_eq!(
                templates["result"]["resourceTemplates"].as_array().unwrap().len(),
                usize::from(!own.is_empty())
            );
            let prompts = client.ask(3, "prompts/list", &json!({})).json();
            assert_eq!(
                prompts["result"]["prompts"].as_array().unwrap().len(),
                if own.is_empty() { 1 } else { 3 }
            );
            for alias in ["acme/web", "demo", "none"] {
                let uri = format!("repo://{}/hello.txt", alias.replace('/', "%2F"));
                let read = client.ask(4, "resources/read", &json!({"uri": uri})).json();
                assert!(!read.to_string().contains(SECRET));
                if own.contains(&alias) {
                    assert_eq!(read["result"]["contents"][0]["text"], "hello\ntoken ***\nbye\n", "{read}");
                } else {
                    assert_eq!(read["error"]["code"], if client.modern { -32602 } else { -32002 }, "{read}");
                }
            }
        }
    }
}

#[test]
fn a_repository_of_others_answers_as_none_does() {
    let world = World::new();
    let house = house(&world, |builder| builder);
    for token in [BOB, DANA] {
        for client in Client::both(house.address, token) {
            for path in ["hello.txt", "none.txt", "", "?ref=main"] {
                let answers = ["demo", "none"].map(|alias| {
                    let answer =
                        client.ask(1, "resources/read", &json!({"uri": format!("repo://{alias}/{path}")}));
                    let mut json = answer.json();
                    assert!(json["error"]["data"]["error"]["error_id"].take().is_string(), "{json}");
                    (answer.status, json)
                });
                assert_eq!(answers[0], answers[1], "{path}");
            }
        }
    }
}

#[test]
fn the_headers_say_what_is_asked_for_and_what_is_given_up() {
    let world = World::new();
    let house = house(&world, |builder| builder);
    let params = json!({"uri": "repo://demo/hello.txt"});
    for client in Client::both(house.address, ANN) {
        let restricted = |method: &str, restrictions: &[&str]| {
            let all: Vec<_> =
                restrictions.iter().map(|restriction| ("gitoma-restrict", *restriction)).collect();
            Answer::read_head(client.start(1, method, &params, &all)).next_frame_of_one()
        };
        assert!(restricted("resources/read", &["repos=demo", "read-only"])["result"].is_object());
        for restrictions in [&["repos=acme/web"] as &[&str], &["repos=demo", "repos=acme/web"]] {
            let narrowed = restricted("resources/read", restrictions);
            assert_eq!(narrowed["error"]["data"]["error"]["code"], "narrowed", "{narrowed}");
        }
        assert_eq!(names(&restricted("resources/list", &["repos=acme/web"])), ["acme/web"]);
        let bad = restricted("resources/read", &["echo-me"]);
        assert!(bad["error"]["message"].as_str().unwrap().starts_with("Gitoma-Restrict:"), "{bad}");
    }
    let client = house.modern(ANN);
    for name in ["repo://acme%2Fweb/hello.txt", ""] {
        let answer = Answer::read_head(client.start(1, "resources/read", &params, &[("mcp-name", name)]));
        assert_eq!(answer.status, 400, "another request than the one that was routed: {answer:?}");
    }
    assert!(client.ask(2, "resources/read", &params).json()["result"].is_object());
}

#[test]
fn addresses_are_judged_as_over_standard_input() {
    let world = World::new();
    let house = house(&world, |builder| builder);
    for client in Client::both(house.address, ANN) {
        for (uri, code) in [
            ("repo://demo/../echo-me", "path_denied"),
            ("repo://demo/%2e%2e%2Fecho-me", "malformed"),
            ("repo://demo/%2e%2e/echo-me", "path_denied"),
            ("repo://demo/.env", "path_denied"),
            ("repo://demo/none-echo-me.txt", "not_found"),
            ("repo://echo-me@demo/hello.txt", "malformed"),
            ("file:///echo-me", "malformed"),
        ] {
            let answer = client.ask(1, "resources/read", &json!({"uri": uri}));
            assert_eq!(answer.json()["error"]["data"]["error"]["code"], code, "{uri}: {answer:?}");
            assert_eq!(answer.status, 200);
            assert!(!answer.text().contains("echo"), "{answer:?}");
        }
        client.assert_alive();
    }
}

#[test]
fn a_principal_that_is_gone_reads_no_more() {
    let world = World::new();
    let house = house(&world, |builder| builder);
    let [modern, legacy] = Client::both(house.address, ANN);
    house.revoke_ann();
    for client in [modern, legacy] {
        for (method, params) in
            [("resources/read", json!({"uri": "repo://demo/hello.txt"})), ("resources/list", json!({}))]
        {
            let answer = client.ask(1, method, &params);
            assert_eq!(
                (answer.status, &answer.json()["code"]),
                (403, &json!("invalid_credential")),
                "{answer:?}"
            );
        }
    }
}

#[test]
fn a_read_that_goes_no_further_is_on_the_record() {
    let world = World::new();
    let house = house(&world, |builder| builder);
    let client = Client::modern(house.address, ANN);
    let params = json!({"uri": "repo://demo/hello.txt"});
    for (what, params, more) in [
        ("another method in the header", &params, ("mcp-method", "tools/list")),
        ("another address in the header", &params, ("mcp-name", "repo://demo/other")),
        ("no address", &json!({"echo-me": 1}), ("mcp-name", "x")),
    ] {
        let before = house.story().len();
        let answer = Answer::read_head(client.start(1, "resources/read", params, &[more])).whole();
        assert_eq!(answer.status, 400, "{what}: {answer:?}");
        assert_eq!(house.story()[before..], ["refusal/malformed"], "{what}");
        let last = house.entries().pop().unwrap();
        assert_eq!((&last["tool"], &last["principal"]), (&json!("repo_read_file"), &json!("ann")), "{what}");
        assert!(!answer.text().contains("echo-me"), "{what}");
    }
}
