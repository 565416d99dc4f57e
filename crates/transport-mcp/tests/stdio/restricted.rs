//! What a client gives up in `_meta` (POL-13), in both eras: it is given up, it is never passed over, and it lifts nothing.

use serde_json::{Value, json};

use crate::support::{Client, World};

/// The metadata of a request that is restricted by `restrict`, in the era of 2026-07-28 or in one before.
fn meta(modern: bool, restrict: &Value) -> Value {
    let mut meta = json!({"gitoma/restrict": restrict});
    if modern {
        meta["io.modelcontextprotocol/protocolVersion"] = "2026-07-28".into();
        meta["io.modelcontextprotocol/clientCapabilities"] = json!({});
    }
    meta
}

struct Session {
    world: World,
    client: Client,
    modern: bool,
    asked: u64,
}

impl Session {
    fn open(modern: bool) -> Self {
        let world = World::new();
        let mut client = world.start();
        if !modern {
            client.initialize();
        }
        Self { world, client, modern, asked: 0 }
    }

    fn call(&mut self, restrict: impl Into<Value>, tool: &str, arguments: &Value) -> Value {
        self.asked += 1;
        let meta = meta(self.modern, &restrict.into());
        self.client.ask(
            self.asked,
            "tools/call",
            &json!({"name": tool, "arguments": arguments, "_meta": meta}),
        )
    }

    fn list(&mut self, restrict: impl Into<Value>) -> Value {
        self.asked += 1;
        self.client.ask(self.asked, "tools/list", &json!({"_meta": meta(self.modern, &restrict.into())}))
    }

    /// What the chain holds, once the session has ended well.
    fn story(self) -> Vec<String> {
        assert!(self.client.end().status.success());
        self.world.assert_intact();
        self.world.story()
    }
}

#[test]
fn repositories_that_were_given_up_are_refused_and_not_shown() {
    for modern in [false, true] {
        let mut session = Session::open(modern);
        let log = json!({"repo": "demo"});
        let allowed = session.call("repos=demo api, read-only", "git_log", &log);
        assert_eq!(allowed["result"]["isError"], false, "{allowed}");
        for restrict in ["repos=api", "repos=demo, repos=api"] {
            let refused = session.call(restrict, "git_log", &log);
            assert_eq!(refused["result"]["isError"], true, "{refused}");
            assert_eq!(refused["result"]["structuredContent"]["error"]["code"], "narrowed");
        }
        let shown = session.call("repos=api", "repo_list", &json!({}));
        assert!(!shown["result"]["structuredContent"].to_string().contains("demo"), "{shown}");
        let story = session.story();
        let expected = ["intent/allowed", "outcome/ok", "refusal/narrowed", "refusal/narrowed"];
        assert_eq!(story[..4], expected, "modern: {modern}");
    }
}

#[test]
fn a_dry_run_is_judged_and_not_run() {
    for modern in [false, true] {
        let mut session = Session::open(modern);
        for (path, effect, code) in [
            ("hello.txt", "allow", "allowed"),
            (".env", "deny", "path_denied"),
            ("../x", "deny", "path_denied"),
        ] {
            let answer = session.call("dry-run", "repo_read_file", &json!({"repo": "demo", "path": path}));
            let result = &answer["result"];
            assert_eq!(result["isError"], true, "the tool's result is not there: {answer}");
            let said = &result["structuredContent"];
            assert_eq!((&said["executed"], &said["effect"]), (&json!(false), &json!(effect)), "{answer}");
            assert_eq!((&said["code"], &said["enforced"]), (&json!(code), &json!(true)));
            assert_eq!(said["call_id"], result["_meta"]["gitoma/call_id"]);
            let text = result["content"][0]["text"].as_str().unwrap();
            assert!(text.contains("nothing was executed") && text.contains(code), "{text}");
            assert!(!answer.to_string().contains("hello\\n"), "{answer}");
        }
        let narrowed = session.call("dry-run, repos=api", "git_log", &json!({"repo": "demo"}));
        assert_eq!(narrowed["result"]["structuredContent"]["code"], "narrowed");
        let invalid = session.call("dry-run", "git_log", &json!({}));
        assert_eq!(invalid["result"]["structuredContent"]["error"]["code"], "invalid_arguments");
        let expected = [
            "judged/allowed",
            "judged/path_denied",
            "judged/path_denied",
            "judged/narrowed",
            "refusal/invalid_arguments",
        ];
        assert_eq!(session.story(), expected, "modern: {modern}");
    }
}

#[test]
fn a_restriction_that_cannot_be_read_refuses_the_request() {
    let bad = [
        json!("echo-me"),
        json!(""),
        json!("read-only=echo-me"),
        json!("repos="),
        json!("repos=\u{e9}cho-me"),
        json!(format!("repos={}", "echo-me ".repeat(600))),
        json!("role=operator"),
        json!("write-mode=on"),
        json!(null),
        json!(true),
        json!(["read-only"]),
        json!({"read-only": "echo-me"}),
    ];
    for modern in [false, true] {
        let mut session = Session::open(modern);
        for restrict in &bad {
            let called = session.call(restrict.clone(), "repo_list", &json!({}));
            for answer in [called, session.list(restrict.clone())] {
                assert_eq!(answer["error"]["code"], -32602, "{restrict}: {answer}");
                let envelope = &answer["error"]["data"]["error"];
                assert_eq!(envelope["code"], "bad_restriction", "{answer}");
                assert_eq!(
                    (&envelope["category"], &envelope["executed"]),
                    (&json!("invalid_input"), &json!(false))
                );
                assert!(answer["error"]["message"].as_str().unwrap().contains("`repos=ALIAS`"), "{answer}");
                assert!(!answer.to_string().contains("cho-me"), "{answer}");
            }
        }
        let unknown = session.call("echo-me", "no_such_tool", &json!({}));
        assert_eq!(unknown["error"]["message"], "unknown tool");
        let story = session.story();
        assert_eq!(story.len(), bad.len() * 2 + 1, "{story:?}");
        assert!(story.iter().rev().skip(1).all(|entry| entry == "refusal/bad_restriction"), "{story:?}");
    }
}

#[test]
fn metadata_that_is_no_object_refuses_the_call() {
    let world = World::new();
    let mut client = world.start();
    client.initialize();
    for (id, meta) in [json!("read-only"), json!(["gitoma/restrict"]), json!(7)].into_iter().enumerate() {
        let answer =
            client.ask(id, "tools/call", &json!({"name": "repo_list", "arguments": {}, "_meta": meta}));
        assert_eq!(answer["error"]["code"], -32602, "{answer}");
    }
    assert!(client.end().status.success());
    assert_eq!(world.story(), ["refusal/malformed"; 3]);
}

#[test]
fn nothing_in_it_lifts_a_denial() {
    let mut session = Session::open(false);
    for restrict in ["repos=demo", "read-only", "read-only, repos=demo api"] {
        let answer = session.call(restrict, "repo_read_file", &json!({"repo": "demo", "path": ".env"}));
        assert_eq!(answer["result"]["structuredContent"]["error"]["code"], "path_denied", "{answer}");
    }
    assert_eq!(session.story(), ["refusal/path_denied"; 3]);
}
