//! Requests that nobody should send: each has its status and its code, none is echoed, and the server goes on.

use serde_json::{Value, json};

use crate::house::{ANN, House};
use crate::wire::{Answer, Client, LEGACY, MODERN, exact};

struct Case {
    what: &'static str,
    body: Vec<u8>,
    headers: Vec<(&'static str, String)>,
    status: u16,
    code: i64,
    id: Value,
    /// What it leaves in the audit chain.
    entry: Option<&'static str>,
}

fn case(what: &'static str, body: impl Into<Vec<u8>>, status: u16, code: i64) -> Case {
    Case { what, body: body.into(), headers: Vec::new(), status, code, id: Value::Null, entry: None }
}

impl Case {
    fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    fn of(mut self, id: impl Into<Value>) -> Self {
        self.id = id.into();
        self
    }

    fn entry(mut self, entry: &'static str) -> Self {
        self.entry = Some(entry);
        self
    }
}

/// The parameters of a call with an argument that is nested so deep.
fn nested(depth: usize) -> String {
    let (open, close) = ("[".repeat(depth), "]".repeat(depth));
    format!(r#"{{"name":"look","arguments":{{"act":{open}{close}}}}}"#)
}

fn bodies() -> Vec<Case> {
    let ping = r#"{"jsonrpc":"2.0","id":7,"method":"ping"}"#;
    let id = "x".repeat(1_000);
    let deep = "[".repeat(50_000);
    let huge = "A".repeat(5 * 1024 * 1024);
    let call = |id: i32, params: &str| {
        format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"tools/call","params":{params}}}"#)
    };
    let name = "v".repeat(1_000);
    vec![
        case("nothing", "", 400, -32700).with("content-type", "application/json"),
        case("not JSON", "{echo-me", 400, -32700),
        case("not UTF-8", b"{\"echo-me\":\"\xFF\xFE\"}".to_vec(), 400, -32700),
        case("deep arguments", call(5, &format!(r#"{{"name":"look","arguments":{deep}"#)), 400, -32700)
            .entry("refusal/malformed"),
        case("the same, closed", call(5, &nested(50_000)), 400, -32700).entry("refusal/malformed"),
        case("just too deep", call(5, &nested(200)), 400, -32700).entry("refusal/malformed"),
        case("a batch of a call", format!("[{}]", call(5, r#"{"name":"look"}"#)), 400, -32600),
        case("a batch", format!("[{ping}]"), 400, -32600),
        case("a scalar", "7", 400, -32600),
        case("no version of JSON-RPC", r#"{"id":7,"method":"ping"}"#, 400, -32600).of(7),
        case("another version of JSON-RPC", r#"{"jsonrpc":"1.0","id":7,"method":"ping"}"#, 400, -32600).of(7),
        case("an id that is none", r#"{"jsonrpc":"2.0","id":{"echo-me":1},"method":"ping"}"#, 400, -32600),
        case("a long id", format!(r#"{{"jsonrpc":"2.0","id":"{id}","method":"ping"}}"#), 400, -32600),
        case("no content type", ping, 415, -32600).with("content-type", ""),
        case("a form", ping, 415, -32600).with("content-type", "application/x-www-form-urlencoded"),
        case("no Accept", ping, 406, -32600).with("accept", ""),
        case("half an Accept", ping, 406, -32600).with("accept", "application/json"),
        case("the other half", ping, 406, -32600).with("accept", "text/event-stream"),
        case("a version that is none", ping, 400, -32022).with("mcp-protocol-version", "1999-01-01").of(7),
        case("a version that is no text", ping, 400, -32022).with("mcp-protocol-version", &name).of(7),
        case(
            "a version in the metadata alone",
            call(6, &format!(r#"{{"name":"look","_meta":{{"io.modelcontextprotocol/protocolVersion":"{MODERN}"}}}}"#)),
            400,
            -32020,
        )
        .with("mcp-protocol-version", "")
        .of(6)
        .entry("refusal/malformed"),
        case(
            "another version in the metadata",
            call(6, &format!(r#"{{"name":"look","_meta":{{"io.modelcontextprotocol/protocolVersion":"{MODERN}"}}}}"#)),
            400,
            -32020,
        )
        .with("mcp-protocol-version", LEGACY)
        .of(6)
        .entry("refusal/malformed"),
        case(
            "half the metadata",
            call(6, &format!(r#"{{"name":"look","_meta":{{"io.modelcontextprotocol/protocolVersion":"{MODERN}"}}}}"#)),
            400,
            -32602,
        )
        .with("mcp-protocol-version", MODERN)
        .with("mcp-method", "tools/call")
        .with("mcp-name", "look")
        .of(6)
        .entry("refusal/malformed"),
        case("a call in a version that is none", call(6, r#"{"name":"look","arguments":{"echo-me":1}}"#), 400, -32022)
            .with("mcp-protocol-version", "1999-01-01")
            .of(6)
            .entry("refusal/malformed"),
        case(
            "a call that says so itself",
            call(6, r#"{"name":"look","_meta":{"io.modelcontextprotocol/protocolVersion":"1999-01-01","io.modelcontextprotocol/clientCapabilities":{}}}"#),
            400,
            -32022,
        )
        .with("mcp-protocol-version", "1999-01-01")
        .of(6)
        .entry("refusal/malformed"),
        case("a call of a tool that is none, in one", call(6, r#"{"name":"echo-me"}"#), 400, -32022)
            .with("mcp-protocol-version", "1999-01-01")
            .of(6)
            .entry("refusal/unknown_tool"),
        case("a version without metadata", ping, 400, -32602).with("mcp-protocol-version", MODERN).of(7),
        case("discovery without metadata", r#"{"jsonrpc":"2.0","id":7,"method":"server/discover"}"#, 400, -32602).of(7),
        case(
            "an opening that contradicts itself",
            format!(r#"{{"jsonrpc":"2.0","id":7,"method":"initialize","params":{{"protocolVersion":"{LEGACY}","capabilities":{{}},"clientInfo":{{"name":"t","version":"1"}}}}}}"#),
            400,
            -32020,
        )
        .with("mcp-protocol-version", "2025-06-18")
        .of(7),
        case(
            "an opening in the era that has none",
            format!(r#"{{"jsonrpc":"2.0","id":7,"method":"initialize","params":{{"protocolVersion":"{MODERN}","capabilities":{{}},"clientInfo":{{"name":"t","version":"1"}}}}}}"#),
            404,
            -32601,
        )
        .with("mcp-protocol-version", MODERN)
        .of(7),
        case("one that cannot be read", r#"{"jsonrpc":"2.0","id":8,"method":"initialize","params":{"echo-me":1}}"#, 404, -32601)
            .with("mcp-protocol-version", MODERN)
            .of(8),
        case("an opening that cannot be read", r#"{"jsonrpc":"2.0","id":8,"method":"initialize","params":{"echo-me":1}}"#, 400, -32602).of(8),
        case("a huge message", huge.clone(), 413, -32600),
        case("a huge call", call(9, &format!(r#"{{"name":"look","arguments":{{"echo-me":"{huge}"}}}}"#)), 413, -32602)
            .of(9)
            .entry("refusal/too_large"),
        case("arguments that are no object", call(10, r#"{"name":"look","arguments":["echo-me"]}"#), 400, -32602)
            .of(10)
            .entry("refusal/malformed"),
        case(
            "an id that is none, of a call",
            r#"{"jsonrpc":"2.0","id":1.5,"method":"tools/call","params":{"name":"look","arguments":{"echo-me":1}}}"#,
            400,
            -32602,
        )
        .entry("refusal/malformed"),
        case("parameters twice", r#"{"jsonrpc":"2.0","id":10,"params":[],"method":"tools/call","params":{"name":"look"}}"#, 400, -32602)
            .of(10)
            .entry("refusal/malformed"),
        case("a call without a name", call(11, "{}"), 400, -32602).of(11).entry("refusal/malformed"),
        case("metadata that is no object", call(12, r#"{"name":"look","_meta":"echo-me"}"#), 400, -32602)
            .of(12)
            .entry("refusal/malformed"),
    ]
}

fn check(client: &Client, house: &House, case: &Case) {
    let before = house.story().len();
    let headers: Vec<_> = case.headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let answer = client.send("POST", &headers, &case.body);
    let what = case.what;
    assert_eq!(answer.status, case.status, "{what}: {answer:?}");
    assert!(answer.body.len() < 1_000, "{what}: {answer:?}");
    let said = answer.json();
    assert_eq!(said["error"]["code"], case.code, "{what}: {said}");
    assert_eq!(said.get("id").unwrap_or(&Value::Null), &case.id, "{what}: {said}");
    assert!(
        !answer.text().contains("echo-me") && !format!("{:?}", answer.headers).contains("echo-me"),
        "{what}"
    );
    let entries: Vec<_> = house.story()[before..].to_vec();
    assert_eq!(entries, Vec::from_iter(case.entry), "{what}");
    if case.entry.is_some() {
        let last = house.entries().pop().unwrap();
        assert_eq!(said["error"]["data"]["error"]["error_id"], last["call_id"], "{what}: {said}");
        assert!(!last.to_string().contains("echo-me"), "{what}: {last}");
    }
    if case.code == -32022 {
        assert!(said["error"]["data"]["supported"].is_array(), "{what}: {said}");
    }
    client.assert_alive();
}

#[test]
fn no_request_ends_a_session_or_the_server() {
    let house = House::new();
    let client = house.legacy(ANN);
    for case in bodies() {
        check(&client, &house, &case);
    }
}

#[test]
fn no_request_without_a_session_does_harm() {
    let house = House::new();
    let client = house.modern(ANN);
    for case in bodies() {
        check(&client, &house, &case);
    }
    assert_eq!(house.endpoint.sessions(), 0);
}

#[test]
fn a_huge_call_says_the_limit() {
    let house = House::new();
    for client in Client::both(house.address, ANN) {
        let body = format!(
            r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"look","arguments":{{"a":"{}"}}}}}}"#,
            "A".repeat(gitoma_mcp::MAX_BODY)
        );
        // Chunked, so that nobody is told beforehand how long it is.
        let head = client.head(
            "POST",
            &[("content-length", ""), ("transfer-encoding", "chunked"), ("content-type", "application/json")],
            0,
        );
        let bytes = format!("{head}{:x}\r\n{body}\r\n0\r\n\r\n", body.len());
        let mut answer = Answer::read_head(exact(house.address, bytes.as_bytes()));
        assert_eq!(answer.status, 413);
        let said = answer.next_frame_of_one();
        let envelope = &said["error"]["data"]["error"];
        assert_eq!(envelope["code"], "too_large", "{said}");
        assert!(envelope["message"].as_str().unwrap().contains(&gitoma_mcp::MAX_BODY.to_string()), "{said}");
    }
    assert_eq!(house.story(), ["refusal/too_large"; 2]);
}

#[test]
fn headers_that_contradict_the_message_refuse_it() {
    let house = House::new();
    let client = house.modern(ANN);
    let params = json!({"name": "look", "arguments": {}});
    for more in [
        [("mcp-method", "")],
        [("mcp-method", "tools/list")],
        [("mcp-name", "")],
        [("mcp-name", "echo-me")],
        [("mcp-name", "=?base64?ZWNoby1tZQ==?=")],
        [("mcp-param-zone", "echo-me")],
    ] {
        let mut answer = Answer::read_head(client.start(1, "tools/call", &params, &more));
        let said = answer.next_frame_of_one();
        assert_eq!(
            (answer.status, &said["error"]["code"], &said["id"]),
            (400, &json!(-32020), &json!(1)),
            "{more:?}"
        );
        assert!(!said.to_string().contains("echo-me"), "{said}");
    }
    assert_eq!(house.begun(), 0);
    assert_eq!(house.story(), ["refusal/malformed"; 6], "each was a call");
    let zone = json!({"name": "look", "arguments": {"zone": "east"}});
    let mut good = Answer::read_head(client.start(2, "tools/call", &zone, &[("mcp-param-zone", "east")]));
    assert_eq!(good.next_frame_of_one()["result"]["isError"], false);
    let lists = Answer::read_head(client.start(3, "tools/list", &json!({}), &[("mcp-method", "tools/call")]));
    assert_eq!(lists.status, 400);
}

#[test]
fn what_is_not_offered_is_unknown_and_not_named() {
    let house = House::new();
    for client in Client::both(house.address, ANN) {
        let methods =
            ["echo-me/now", "resources/subscribe", "resources/unsubscribe", "logging/setLevel", "tasks/get"];
        for (id, method) in methods.into_iter().enumerate() {
            let answer = client.ask(id, method, &json!({"echo-me": 1}));
            assert_eq!(answer.status, if client.modern { 404 } else { 200 }, "{method}");
            let error = json!({"code": -32601, "message": "unknown method"});
            assert_eq!(answer.json(), json!({"jsonrpc": "2.0", "id": id, "error": error}), "{method}");
        }
        let pinged = client.ask(9, "ping", &json!({}));
        assert_eq!(
            pinged.json().get("result").is_some(),
            !client.modern,
            "2026-07-28 has no ping: {pinged:?}"
        );
        let listed = client.ask(10, "tools/list", &json!({"cursor": "echo-me"})).json();
        assert_eq!(listed["error"]["code"], -32602);
        assert!(!listed.to_string().contains("echo-me"));
        client.assert_alive();
    }
}

#[test]
fn what_clients_say_unasked_leads_nowhere() {
    let house = House::new();
    for client in Client::both(house.address, ANN) {
        for (frame, modern) in [
            (json!({"jsonrpc": "2.0", "id": 99, "result": {"echo-me": 1}}), 400),
            (json!({"jsonrpc": "2.0", "id": 99, "error": {"code": 1, "message": "echo-me"}}), 400),
        ] {
            let headers: &[(&str, &str)] =
                if client.modern { &[("mcp-protocol-version", MODERN)] } else { &[] };
            let answer = client.send("POST", headers, frame.to_string().as_bytes());
            assert_eq!(answer.status, if client.modern { modern } else { 202 }, "{frame}");
            assert!(!answer.text().contains("echo-me"));
        }
        assert_eq!(client.notify("notifications/echo-me", &json!({})).status, 202);
        client.assert_alive();
    }
}

#[test]
fn bodies_that_find_no_room_are_charged_and_on_the_record() {
    let house = House::new();
    let client = house.modern(ANN);
    let head = client.head(
        "POST",
        &[("content-length", ""), ("transfer-encoding", "chunked"), ("content-type", "application/json")],
        0,
    );
    // Each may become as long as a body can be; sixteen of them are too many.
    let mut stalled = Vec::new();
    let large = json!({"name": "look", "arguments": {"act": "x".repeat(64 * 1024)}});
    let mut answer = None;
    crate::house::until("there is no room left", || {
        stalled.push(exact(house.address, head.as_bytes()));
        let one = client.ask(1, "tools/call", &large);
        let full = one.status == 429;
        answer = full.then_some(one);
        full
    });
    let said = answer.unwrap();
    let last = house.entries().pop().unwrap();
    assert_eq!(
        (&last["kind"], &last["code"], &last["principal"]),
        (&json!("refusal"), &json!("busy"), &json!("ann"))
    );
    assert!(said.header("ratelimit").is_some() || said.text().contains("busy"), "{said:?}");
    drop(stalled);
    crate::house::until("there is room again", || client.ask(2, "tools/call", &large).status == 200);
    client.assert_alive();
}
