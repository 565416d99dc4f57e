//! What a client sees in both eras: opening, lists, results, refusals, and what each leaves in the audit chain.

use serde_json::{Value, json};

use crate::house::{ANN, BOB, House};
use crate::wire::{Client, LEGACY, MODERN};

fn names(answer: &Value) -> Vec<&str> {
    let tools = answer["result"]["tools"].as_array().unwrap();
    tools.iter().map(|tool| tool["name"].as_str().unwrap()).collect()
}

#[test]
fn a_2025_client_opens_a_session_lists_and_calls() {
    let house = House::new();
    let mut client = Client::legacy(house.address, ANN);
    let opened = client.initialize();
    assert_eq!(opened["result"]["protocolVersion"], LEGACY);
    assert_eq!(opened["result"]["serverInfo"]["name"], "gitoma");
    assert_eq!(
        opened["result"]["capabilities"],
        json!({"completions": {}, "prompts": {"listChanged": true}, "resources": {}, "tools": {"listChanged": true}})
    );
    let session = client.session.clone().unwrap();
    assert!(session.len() >= 32 && session.bytes().all(|byte| byte.is_ascii_graphic()), "{session}");
    assert_eq!(names(&client.ask(1, "tools/list", &json!({})).json()), ["annex", "look"]);
    assert_eq!(client.ask(2, "ping", &json!({})).json()["result"], json!({}));
    let answer = client.call(3, "look", &json!({}));
    assert_eq!(answer.header("content-type"), Some("application/json"), "what is ready at once is no stream");
    assert!(answer.header("mcp-session-id").is_none());
    let answer = answer.json();
    assert_eq!(answer["result"]["structuredContent"], json!({"did": "as told"}));
    assert!(answer["result"].get("resultType").is_none(), "2025-11-25 does not know it");
    assert_eq!(house.story(), ["intent/allowed", "outcome/ok"]);
    let entries = house.entries();
    let intent = entries.iter().find(|entry| entry["kind"] == "intent").unwrap();
    assert_eq!((&intent["transport"], &intent["principal"]), (&json!("mcp"), &json!("ann")));
}

#[test]
fn every_version_with_sessions_is_spoken_and_others_get_the_newest() {
    let house = House::new();
    let client = Client::legacy(house.address, ANN);
    let info = json!({"name": "test", "version": "1"});
    for (asked, expected) in [
        ("2025-11-25", LEGACY),
        ("2025-06-18", "2025-06-18"),
        ("2025-03-26", "2025-03-26"),
        ("2024-11-05", "2024-11-05"),
        (MODERN, LEGACY),
        ("1999-01-01", LEGACY),
    ] {
        let params = json!({"protocolVersion": asked, "capabilities": {}, "clientInfo": info});
        let answer = client.ask(1, "initialize", &params);
        assert_eq!(answer.json()["result"]["protocolVersion"], expected, "{asked}");
        let opened = Client { session: answer.header("mcp-session-id").map(str::to_owned), ..client.clone() };
        let list = opened.start(2, "tools/list", &json!({}), &[("mcp-protocol-version", expected)]);
        drop(list);
        opened.assert_alive();
    }
}

#[test]
fn a_2026_client_calls_without_a_handshake() {
    let house = House::new();
    let client = house.modern(ANN);
    let discovered = client.ask(1, "server/discover", &json!({}));
    assert!(discovered.header("mcp-session-id").is_none());
    let discovered = discovered.json();
    let versions = discovered["result"]["supportedVersions"].as_array().unwrap();
    assert!(versions.contains(&json!(MODERN)) && versions.contains(&json!(LEGACY)), "{versions:?}");
    let meta = json!({"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"});
    let answer = client.ask(2, "tools/call", &json!({"name": "look", "arguments": {}, "_meta": meta})).json();
    assert_eq!(answer["result"]["resultType"], "complete");
    assert_eq!(answer["result"]["structuredContent"], json!({"did": "as told"}));
    let listed = client.ask(3, "tools/list", &json!({})).json();
    assert_eq!(listed["result"]["cacheScope"], "private", "the list depends on the principal");
    let entries = house.entries();
    let intent = entries.iter().find(|entry| entry["kind"] == "intent").unwrap();
    assert_eq!(intent["trace_id"], "0af7651916cd43dd8448eb211c80319c");
    assert_eq!(house.endpoint.sessions(), 0, "nothing is remembered");
}

#[test]
fn a_list_is_the_callers_and_a_tool_of_others_is_unknown() {
    let house = House::new();
    for (ann, bob) in Client::both(house.address, ANN).into_iter().zip(Client::both(house.address, BOB)) {
        assert_eq!(names(&ann.ask(1, "tools/list", &json!({})).json()), ["annex", "look"]);
        assert_eq!(names(&bob.ask(1, "tools/list", &json!({})).json()), ["look"]);
        assert_eq!(ann.call(2, "annex", &json!({})).json()["result"]["isError"], false);
        let before = house.story().len();
        let answers = ["annex", "no_such_tool"].map(|tool| {
            let answer = bob.call(2, tool, &json!({}));
            let mut said = answer.json();
            assert_eq!(
                (&said["error"]["code"], &said["error"]["message"]),
                (&json!(-32602), &json!("unknown tool"))
            );
            let entry = house.entries().pop().unwrap();
            assert_eq!(said["error"]["data"]["error"]["error_id"].take(), entry["call_id"]);
            (answer.status, answer.headers.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>(), said)
        });
        assert_eq!(answers[0], answers[1], "one answer for what others have and what nobody has");
        assert_eq!(house.story()[before..], ["refusal/unknown_tool"; 2]);
        // A header of an argument of a tool that one cannot see is looked at by nobody.
        if bob.modern {
            let params = |tool: &str| json!({"name": tool, "arguments": {"zone": "z"}});
            let wrong = |client: &Client, tool: &str| {
                client.ask(3, "tools/call", &params(tool)).json()["error"]["code"].clone()
            };
            assert_eq!(wrong(&ann, "annex"), -32020);
            assert_eq!(wrong(&bob, "look"), -32020);
            assert_eq!(wrong(&bob, "annex"), -32602, "as if there were none");
        }
    }
}

#[test]
fn refusals_are_results_a_model_reads_and_leave_one_entry() {
    let house = House::new();
    for client in Client::both(house.address, ANN) {
        let before = house.story().len();
        let answer = client.call(1, "look", &json!({"echo-me": 1}));
        assert_eq!(answer.status, 200);
        let answer = answer.json();
        assert_eq!(answer["result"]["isError"], true, "{answer}");
        let error = &answer["result"]["structuredContent"]["error"];
        assert_eq!(
            (&error["code"], &error["category"]),
            (&json!("invalid_arguments"), &json!("invalid_input"))
        );
        assert!(!answer.to_string().contains("echo-me"), "{answer}");
        let panicked = client.call(2, "look", &json!({"act": "panic"})).json();
        assert_eq!(panicked["result"]["structuredContent"]["error"]["category"], "internal");
        assert_eq!(
            house.story()[before..],
            ["refusal/invalid_arguments", "intent/allowed", "outcome/panicked"]
        );
    }
}

#[test]
fn a_limit_says_when_to_try_again() {
    let rate = gitoma_core::Rate::new(1, 2);
    let limits = gitoma_core::LimitsConfig { principal: rate, ..Default::default() };
    let house = House::with(Default::default(), |builder| builder.limits(limits));
    let client = house.modern(ANN);
    assert_eq!(client.call(1, "look", &json!({})).json()["result"]["isError"], false);
    assert_eq!(client.call(2, "look", &json!({})).json()["result"]["isError"], false);
    let limited = client.call(3, "look", &json!({}));
    let seconds = limited.header("retry-after").unwrap().parse::<u64>().unwrap();
    let error = &limited.json()["result"]["structuredContent"]["error"];
    assert_eq!((&error["category"], &error["retry_after"]), (&json!("rate_limited"), &json!(seconds)));
    let limited = client.ask(4, "server/discover", &json!({}));
    assert_eq!(
        (limited.status, limited.header("retry-after").is_some()),
        (429, true),
        "what is no call counts as well"
    );
    let legacy = Client::legacy(house.address, BOB);
    let open = |id: i32| {
        legacy.ask(id, "initialize", &json!({"protocolVersion": LEGACY, "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}))
    };
    assert_eq!(
        [open(1).status, open(2).status, open(3).status],
        [200, 200, 429],
        "nobody opens sessions for nothing"
    );
}

#[test]
fn under_the_kill_switch_calls_are_refused_and_the_rest_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let marks = gitoma_core::HaltMarks::of(folder.path(), None);
    let house = House::with(Default::default(), |builder| builder.halt_marks(marks));
    let clients = Client::both(house.address, ANN);
    std::fs::create_dir(folder.path().join("halt")).unwrap();
    for client in &clients {
        let refused = client.call(1, "look", &json!({}));
        assert_eq!(refused.status, 200);
        let refused = refused.json();
        let error = &refused["result"]["structuredContent"]["error"];
        assert_eq!(
            (&error["code"], &error["category"]),
            (&json!("halted"), &json!("unavailable")),
            "{refused}"
        );
        client.assert_alive();
    }
    assert_eq!(house.begun(), 0);
    std::fs::remove_dir(folder.path().join("halt")).unwrap();
    for client in &clients {
        crate::house::until("the gateway resumes", || {
            client.call(2, "look", &json!({})).json()["result"]["isError"] == false
        });
    }
}

#[test]
fn a_version_with_sessions_is_served_in_one_alone() {
    let house = House::new();
    let client = house.modern(ANN);
    let meta = json!({"io.modelcontextprotocol/protocolVersion": LEGACY, "io.modelcontextprotocol/clientCapabilities": {}});
    let params = json!({"name": "look", "arguments": {}, "_meta": meta});
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}).to_string();
    let headers = [("content-type", "application/json"), ("mcp-protocol-version", LEGACY)];
    let answer = client.send("POST", &headers, body.as_bytes());
    assert_eq!(answer.status, 400, "no session is named: {answer:?}");
    assert_eq!((house.begun(), house.story()), (0, vec!["refusal/malformed".to_owned()]));
}

#[test]
fn an_unknown_version_is_said_to_be_that_whatever_headers_lack() {
    let house = House::new();
    let client = house.modern(ANN);
    let meta = json!({"io.modelcontextprotocol/protocolVersion": "2099-01-01", "io.modelcontextprotocol/clientCapabilities": {}});
    let body =
        json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"_meta": meta}}).to_string();
    let headers = [("content-type", "application/json"), ("mcp-protocol-version", "2099-01-01")];
    let answer = client.send("POST", &headers, body.as_bytes());
    assert_eq!((answer.status, &answer.json()["error"]["code"]), (400, &json!(-32022)));
}
