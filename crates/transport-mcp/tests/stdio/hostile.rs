//! Frames that nobody should send: each is answered or dropped, none is echoed, and the server goes on.

use crate::eras::Session;
use crate::support::{Client, World};
use std::io::{ErrorKind, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};

/// A frame, and the error code and id it is answered with, if it is answered.
type Case = (&'static str, Vec<u8>, Option<(i64, Value)>);

fn frames() -> Vec<Case> {
    let line = |text: &str| format!("{text}\n").into_bytes();
    let no_id = |code: i64| Some((code, Value::Null));
    let id = "x".repeat(1_000);
    let huge = "A".repeat(20 * 1024 * 1024);
    let deep = "[".repeat(50_000);
    vec![
        ("not JSON", line("{echo-me"), no_id(-32700)),
        ("not UTF-8", b"{\"echo-me\":\"\xFF\xFE\"}\n".to_vec(), no_id(-32700)),
        ("a control byte", b"\x00\x1b[31mecho-me\n".to_vec(), no_id(-32700)),
        (
            "deep arguments",
            line(&format!(
                r#"{{"jsonrpc":"2.0","id":5,"method":"tools/call","params":{{"name":"repo_list","arguments":{deep}"#
            )),
            no_id(-32700),
        ),
        (
            "deep arguments, closed",
            line(&format!(
                r#"{{"jsonrpc":"2.0","id":5,"method":"tools/call","params":{{"name":"repo_list","arguments":{{"a":{}}}}}}}"#,
                nested(50_000)
            )),
            no_id(-32700),
        ),
        (
            "arguments just too deep",
            line(&format!(
                r#"{{"jsonrpc":"2.0","id":5,"method":"tools/call","params":{{"name":"repo_list","arguments":{{"a":{}}}}}}}"#,
                nested(200)
            )),
            no_id(-32700),
        ),
        (
            "a batch of a call",
            line(
                r#"[{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"repo_list","arguments":{}}}]"#,
            ),
            no_id(-32600),
        ),
        ("a batch", line(r#"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#), no_id(-32600)),
        ("a scalar", line("7"), no_id(-32600)),
        ("no version", line(r#"{"id":7,"method":"ping"}"#), Some((-32600, json!(7)))),
        ("another version", line(r#"{"jsonrpc":"1.0","id":7,"method":"ping"}"#), Some((-32600, json!(7)))),
        (
            "an id that is none",
            line(r#"{"jsonrpc":"2.0","id":{"echo-me":1},"method":"ping"}"#),
            no_id(-32600),
        ),
        ("a long id", line(&format!(r#"{{"jsonrpc":"2.0","id":"{id}","method":"ping"}}"#)), no_id(-32600)),
        (
            "an unknown method",
            line(r#"{"jsonrpc":"2.0","id":8,"method":"echo-me/now"}"#),
            Some((-32601, json!(8))),
        ),
        (
            "an offered method with unreadable parameters",
            line(r#"{"jsonrpc":"2.0","id":8,"method":"initialize","params":{"echo-me":1}}"#),
            Some((-32602, json!(8))),
        ),
        (
            "a huge call",
            line(&format!(
                r#"{{"jsonrpc":"2.0","id":9,"method":"tools/call","params":{{"name":"repo_list","arguments":{{"echo-me":"{huge}"}}}}}}"#
            )),
            Some((-32602, json!(9))),
        ),
        (
            "a huge call that says its id at its end",
            line(&format!(
                r#"{{"method":"tools/call","params":{{"name":"repo_list","arguments":{{"echo-me":"{huge}"}}}},"jsonrpc":"2.0","id":9}}"#
            )),
            Some((-32602, json!(9))),
        ),
        ("a huge line", line(&huge), no_id(-32600)),
        (
            "arguments that are no object",
            line(
                r#"{"jsonrpc":"2.0","id":10,"method":"tools/call","params":{"name":"repo_list","arguments":["echo-me"]}}"#,
            ),
            Some((-32602, json!(10))),
        ),
        (
            "a call without a name",
            line(r#"{"jsonrpc":"2.0","id":11,"method":"tools/call","params":{}}"#),
            Some((-32602, json!(11))),
        ),
        (
            "cancel of what is not running",
            line(r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"echo-me"}}"#),
            None,
        ),
        ("an unknown notification", line(r#"{"jsonrpc":"2.0","method":"notifications/echo-me"}"#), None),
        ("an answer to no question", line(r#"{"jsonrpc":"2.0","id":99,"result":{"echo-me":1}}"#), None),
        (
            "an error of nobody",
            line(r#"{"jsonrpc":"2.0","id":null,"error":{"code":1,"message":"echo-me"}}"#),
            None,
        ),
        ("nothing", line(""), None),
        ("blanks", line("   \r"), None),
    ]
}

/// Brackets around nothing, so many deep.
fn nested(depth: usize) -> String {
    "[".repeat(depth) + &"]".repeat(depth)
}

/// What [`frames`] leave on the record, in a connection that is open.
const ENTRIES: [&str; 7] = [
    "refusal/malformed",
    "refusal/malformed",
    "refusal/malformed",
    "refusal/too_large",
    "refusal/too_large",
    "refusal/malformed",
    "refusal/malformed",
];

fn check(client: &mut Client, modern: bool, (what, frame, expected): Case) {
    client.send_bytes(&frame);
    if let Some((code, id)) = expected {
        let answer = client.receive();
        assert_eq!(answer["error"]["code"], code, "{what}: {answer}");
        assert_eq!(answer.get("id").unwrap_or(&Value::Null), &id, "{what}: {answer}");
        assert!(answer.to_string().len() < 1_000, "{what}: {answer}");
    }
    // A ping is of sessions, and good before one is open.
    if modern { client.assert_alive_in(true) } else { client.assert_alive() }
}

#[test]
fn no_frame_ends_an_open_connection() {
    for modern in [false, true] {
        let world = World::new();
        let mut session = Session::open(&world, &[], modern);
        // The first request of 2026-07-28 opens the connection, whatever it is.
        session.client.assert_alive_in(modern);
        for case in frames() {
            check(&mut session.client, modern, case);
        }
        let answer = session.call("repo_read_file", &json!({"repo": "demo", "path": "hello.txt"}));
        assert_eq!(answer["result"]["isError"], false);
        let ended = session.client.end();
        assert!(ended.status.success());
        assert!(!format!("{:?}{}", ended.seen, ended.log).contains("echo-me"));
        let mut expected = ENTRIES.to_vec();
        expected.extend(["intent/allowed", "outcome/ok"]);
        assert_eq!(world.story(), expected);
        world.assert_intact();
    }
}

#[test]
fn no_frame_ends_a_connection_that_is_not_open_yet() {
    let world = World::new();
    let mut client = world.start();
    for case in frames() {
        check(&mut client, false, case);
    }
    assert_eq!(client.initialize()["result"]["protocolVersion"], "2025-11-25");
    client.assert_alive();
    assert!(client.end().status.success());
}

#[test]
fn what_is_not_offered_is_unknown_and_not_named() {
    let world = World::new();
    let mut client = world.start();
    client.initialize();
    let uri = json!({"uri": "file:///echo-me"});
    for (method, params) in [
        ("resources/subscribe", uri.clone()),
        ("resources/unsubscribe", uri),
        ("resources/echo-me", json!({})),
        ("logging/setLevel", json!({"level": "debug"})),
        ("logging/setLevel", json!({"level": "echo-me"})),
        ("subscriptions/listen", json!({"notifications": {}})),
        ("tasks/get", json!({"taskId": "echo-me"})),
        ("", json!({})),
    ] {
        let answer = client.ask(1, method, &params);
        assert_eq!(
            answer["error"],
            json!({"code": -32601, "message": "unknown method"}),
            "{method} {params}"
        );
    }
    client.assert_alive();
    let ended = client.end();
    assert!(!format!("{:?}{}", ended.seen, ended.log).contains("echo-me"));
}

#[test]
fn a_version_that_nobody_knows_is_refused_and_a_long_one_is_not_repeated() {
    let world = World::new();
    let mut client = world.start();
    client.initialize();
    let ask = |client: &mut Client, id: i64, version: &str| {
        let meta = json!({"io.modelcontextprotocol/protocolVersion": version, "io.modelcontextprotocol/clientCapabilities": {}});
        client.ask(id, "tools/list", &json!({"_meta": meta}))
    };
    assert_eq!(ask(&mut client, 1, "1999-01-01")["error"]["code"], -32022);
    let long = ask(&mut client, 2, &"9".repeat(10_000));
    assert_eq!(long["error"]["code"], -32600);
    assert!(long.to_string().len() < 500);
    client.assert_alive();
    assert_eq!(world.story().len(), 0, "none was a call");
}

/// What the protocol's rules refuse before the gateway is asked is refused by the gateway too.
#[test]
fn a_call_that_the_protocol_refuses_is_on_the_record() {
    let meta = |version: &str| json!({"io.modelcontextprotocol/protocolVersion": version, "io.modelcontextprotocol/clientCapabilities": {}});
    let half = json!({"io.modelcontextprotocol/protocolVersion": "2026-07-28"});
    for modern in [None, Some(false), Some(true)] {
        let world = World::new();
        let mut client = world.start();
        match modern {
            Some(true) => drop(client.ask("first", "tools/list", &json!({"_meta": meta("2026-07-28")}))),
            Some(false) => drop(client.initialize()),
            None => {}
        }
        let mut expected = Vec::new();
        let mut refuse = |id: &str, name: &str, meta: &Value, code: i64, entry: &str| {
            let mut params = json!({"name": name, "arguments": {"echo-me": 1}});
            if meta.is_object() {
                params["_meta"] = meta.clone();
            }
            let answer = client.ask(id, "tools/call", &params);
            assert_eq!(answer["error"]["code"], code, "{answer}");
            let envelope = &answer["error"]["data"]["error"];
            assert_eq!(envelope["executed"], false, "{answer}");
            assert!(!answer.to_string().contains("echo-me"), "{answer}");
            expected.push((envelope["error_id"].clone(), entry.to_owned()));
        };
        refuse("a", "repo_list", &meta("1999-01-01"), -32022, "malformed");
        refuse("b", "echo-me", &meta("1999-01-01"), -32022, "unknown_tool");
        refuse("c", "repo_list", &half, -32602, "malformed");
        if modern != Some(false) {
            refuse("d", "repo_list", &Value::Null, -32602, "malformed");
        }
        client.assert_alive_in(modern != Some(false));
        let ended = client.end();
        assert!(ended.status.success() && !ended.log.contains("echo-me"), "{}", ended.log);
        let refusals = world.entries().into_iter().filter(|entry| entry["kind"] == "refusal");
        let refusals: Vec<_> = refusals
            .map(|entry| (entry["call_id"].clone(), entry["code"].as_str().unwrap().to_owned()))
            .collect();
        assert_eq!(refusals, expected, "modern: {modern:?}");
        world.assert_intact();
    }
}

#[test]
fn an_id_in_use_is_not_used_twice() {
    let world = World::new();
    world.grow();
    let mut client = world.start();
    client.initialize();
    let search = json!({"name": "git_grep", "arguments": {"repo": "demo", "pattern": "(a|b|c)+x[0-9]{3}$"}});
    client.send(&json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": search}));
    world.wait_for_intent();
    client.send(&json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "repo_list"}}));
    let refused = client.receive();
    assert_eq!(refused["error"]["code"], -32600, "{refused}");
    assert!(refused.get("id").is_none(), "an answer with the id would end the first request: {refused}");
    assert_eq!(client.receive()["id"], 1);
    assert!(client.end().status.success());
    let envelope = &refused["error"]["data"]["error"];
    assert_eq!((&envelope["code"], &envelope["executed"]), (&json!("malformed"), &json!(false)), "{refused}");
    let mut story = world.story();
    story.sort();
    assert_eq!(story, ["intent/allowed", "outcome/ok", "refusal/malformed"]);
    assert!(world.entries().iter().any(|entry| entry["call_id"] == envelope["error_id"]), "{refused}");
    world.assert_intact();
}

#[test]
fn a_flood_is_answered_whole() {
    let world = World::new();
    let mut client = world.start();
    client.initialize();
    let flood: String = (0..500)
        .map(|id| {
            format!(
                "{}\n",
                json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": {"name": "repo_list"}})
            )
        })
        .collect();
    client.send_bytes(flood.as_bytes());
    let mut ids: Vec<i64> = (0..500).map(|_| client.receive()["id"].as_i64().unwrap()).collect();
    ids.sort_unstable();
    assert_eq!(ids, (0..500).collect::<Vec<_>>());
    client.assert_alive();
    let ended = client.end();
    assert!(ended.status.success());
    let answered = |frame: &&Value| frame["id"].is_i64();
    let (mut ok, mut refused) = (0, 0);
    for frame in ended.seen.iter().filter(answered) {
        let error = &frame["result"]["structuredContent"]["error"];
        match (frame["result"]["isError"].as_bool(), error["code"].as_str()) {
            (Some(false), _) => ok += 1,
            (Some(true), Some("busy")) => refused += 1,
            _ => panic!("{frame}"),
        }
    }
    let story = world.story();
    let count = |what: &str| story.iter().filter(|entry| *entry == what).count();
    assert_eq!((count("intent/allowed"), count("outcome/ok"), count("refusal/busy")), (ok, ok, refused));
    assert!(ok >= 16, "{ok} ran");
    world.assert_intact();
}

#[test]
fn a_client_that_reads_no_answers_is_not_read_from_for_ever() {
    let world = World::new();
    let (mut input, theirs) = UnixStream::pair().unwrap();
    input.set_write_timeout(Some(Duration::from_secs(2))).unwrap();
    let mut command = world.command(&[]);
    command.stdin(OwnedFd::from(theirs)).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    drop(command);
    let pings: String =
        (0..1_000).map(|id| format!("{}\n", json!({"jsonrpc": "2.0", "id": id, "method": "ping"}))).collect();
    let initialize = json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}});
    let initialize = json!({"jsonrpc": "2.0", "id": "init", "method": "initialize", "params": initialize});
    input.write_all(format!("{initialize}\n").as_bytes()).unwrap();
    let stuck = (0..200).find_map(|_| input.write_all(pings.as_bytes()).err());
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(stuck.expect("the server reads on").kind(), ErrorKind::WouldBlock);
}
