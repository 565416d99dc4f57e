//! What a client sees of `gitoma-mcp`: both eras of the protocol, results, refusals, and what each leaves in the audit chain.

use crate::support::{Client, SECRET, World};
use serde_json::{Value, json};

fn text(answer: &Value) -> &str {
    answer["result"]["content"][0]["text"].as_str().unwrap()
}

#[test]
fn a_2025_client_lists_and_calls() {
    let world = World::new();
    let mut client = world.start();
    let opened = client.initialize();
    assert_eq!(opened["result"]["protocolVersion"], "2025-11-25");
    assert_eq!(opened["result"]["serverInfo"]["name"], "gitoma");
    assert_eq!(
        opened["result"]["capabilities"],
        json!({"completions": {}, "prompts": {"listChanged": true}, "resources": {}, "tools": {"listChanged": true}}),
        "nothing that is never done is promised"
    );
    assert!(opened["result"]["instructions"].as_str().unwrap().contains("`next_cursor`"));

    let listed = client.ask(1, "tools/list", &json!({}));
    let tools = listed["result"]["tools"].as_array().unwrap();
    let names: Vec<_> = tools.iter().map(|tool| tool["name"].as_str().unwrap()).collect();
    assert!(names.contains(&"repo_read_file") && names.is_sorted(), "{names:?}");
    for tool in tools {
        assert_eq!(tool["inputSchema"]["type"], "object", "{tool}");
        assert_eq!(tool["inputSchema"]["additionalProperties"], false, "{tool}");
        assert_eq!(tool["annotations"]["readOnlyHint"], true, "{tool}");
        assert_eq!(tool["annotations"]["openWorldHint"], false, "{tool}");
        assert!(tool["title"].is_string() && tool["description"].is_string(), "{tool}");
    }
    assert_eq!(client.ask(2, "tools/list", &json!({}))["result"], listed["result"]);
    assert_eq!(client.ask(3, "tools/list", &json!({"cursor": "x"}))["error"]["code"], -32602);

    let answer = client.call(4, "repo_read_file", &json!({"repo": "demo", "path": "hello.txt"}));
    let result = &answer["result"];
    assert_eq!(result["isError"], false);
    assert_eq!(result["structuredContent"]["content"], "hello\ntoken ***\nbye\n");
    assert_eq!(serde_json::from_str::<Value>(text(&answer)).unwrap(), result["structuredContent"]);
    assert_eq!(result["_meta"]["gitoma/redactions"], 1);
    assert_eq!(result["_meta"]["gitoma/truncated"], false);
    assert!(result.get("resultType").is_none(), "2025-11-25 does not know it");
    let call_id = result["_meta"]["gitoma/call_id"].clone();

    let ended = client.end();
    assert!(ended.status.success());
    assert_eq!(world.story(), ["intent/allowed", "outcome/ok"]);
    assert!(world.entries().iter().any(|entry| entry["call_id"] == call_id && entry["transport"] == "mcp"));
    assert!(!format!("{:?}{}", ended.seen, ended.log).contains(SECRET));
    world.assert_intact();
}

#[test]
fn a_2026_client_calls_without_a_handshake() {
    let world = World::new();
    let mut client = world.start();
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
        "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    });
    let discovered = client.ask(1, "server/discover", &json!({"_meta": meta}));
    let versions = discovered["result"]["supportedVersions"].as_array().unwrap();
    assert!(
        versions.contains(&json!("2026-07-28")) && versions.contains(&json!("2025-11-25")),
        "{versions:?}"
    );
    assert_eq!(
        discovered["result"]["capabilities"],
        json!({"completions": {}, "prompts": {"listChanged": true}, "resources": {}, "tools": {"listChanged": true}})
    );

    let arguments = json!({"repo": "demo", "path": "hello.txt"});
    let params = json!({"name": "repo_read_file", "arguments": arguments, "_meta": meta});
    let answer = client.ask(2, "tools/call", &params);
    assert_eq!(answer["result"]["resultType"], "complete");
    assert_eq!(answer["result"]["structuredContent"]["content"], "hello\ntoken ***\nbye\n");
    let listed = client.ask(3, "tools/list", &json!({"_meta": meta}));
    assert_eq!(listed["result"]["cacheScope"], "private", "the list depends on the principal");
    let bare = client.ask(4, "tools/call", &json!({"name": "repo_list"}));
    assert_eq!(bare["error"]["code"], -32602, "without metadata a request is of no era: {bare}");
    let pinged = client.ask(6, "ping", &json!({"_meta": meta}));
    assert_eq!(pinged["error"], json!({"code": -32601, "message": "unknown method"}), "{pinged}");

    assert!(client.end().status.success());
    let traced =
        |entry: &Value| entry["trace_id"] == "0af7651916cd43dd8448eb211c80319c" && entry["kind"] == "intent";
    assert_eq!(world.entries().iter().filter(|entry| traced(entry)).count(), 1);
    world.assert_intact();
}

#[test]
fn each_no_is_classified_names_its_rule_and_leaves_one_entry() {
    struct Case {
        tool: &'static str,
        arguments: Value,
        code: &'static str,
        category: &'static str,
        rule: Option<&'static str>,
        entries: &'static [&'static str],
    }
    let table = [
        Case {
            tool: "repo_read_file",
            arguments: json!({"repo": "demo", "path": ".env"}),
            code: "path_denied",
            category: "forbidden",
            rule: Some("builtin:env-file"),
            entries: &["refusal/path_denied"],
        },
        Case {
            tool: "repo_read_file",
            arguments: json!({"repo": "demo", "path": "../echo-me/etc/passwd"}),
            code: "path_denied",
            category: "forbidden",
            rule: Some("path:parent-component"),
            entries: &["refusal/path_denied"],
        },
        Case {
            tool: "repo_read_file",
            arguments: json!({"repo": "demo", "echo-me": 1}),
            code: "invalid_arguments",
            category: "invalid_input",
            rule: None,
            entries: &["refusal/invalid_arguments"],
        },
        Case {
            tool: "repo_read_file",
            arguments: json!({"repo": "demo", "path": {"echo-me": 1}}),
            code: "invalid_arguments",
            category: "invalid_input",
            rule: None,
            entries: &["refusal/invalid_arguments"],
        },
        Case {
            tool: "repo_read_file",
            arguments: json!({"repo": "demo", "path": "server.pem"}),
            code: "denied",
            category: "forbidden",
            rule: Some("no-key-files"),
            entries: &["refusal/denied"],
        },
        Case {
            tool: "repo_read_file",
            arguments: json!({"repo": "demo", "path": "echo-me.txt"}),
            code: "not_found",
            category: "not_found",
            rule: None,
            entries: &["intent/allowed", "outcome/failed"],
        },
    ];
    for case in table {
        let world = World::new();
        let mut client = world.start();
        client.initialize();
        let answer = client.call(1, case.tool, &case.arguments);
        let error = &answer["result"]["structuredContent"]["error"];
        assert_eq!(answer["result"]["isError"], true, "{answer}");
        assert_eq!(error["code"], case.code, "{answer}");
        assert_eq!(error["category"], case.category, "{answer}");
        assert_eq!(error["rules"][0]["id"].as_str(), case.rule, "{answer}");
        assert_eq!(error["executed"], case.entries.len() == 2, "{answer}");
        assert!(text(&answer).starts_with(case.code), "{answer}");
        assert!(!answer.to_string().contains("echo-me"), "{answer}");
        let error_id = error["error_id"].clone();
        assert!(client.end().status.success());
        assert_eq!(world.story(), case.entries, "{answer}");
        assert!(world.entries().iter().any(|entry| entry["call_id"] == error_id), "{answer}");
        world.assert_intact();
    }
}

#[test]
fn an_unknown_tool_is_an_error_of_the_protocol() {
    let world = World::new();
    let mut client = world.start();
    client.initialize();
    let answer = client.call(1, "echo-me", &json!({}));
    assert_eq!(answer["error"]["code"], -32602);
    assert_eq!(answer["error"]["message"], "unknown tool");
    assert_eq!(answer["error"]["data"]["error"]["code"], "unknown_tool");
    let ended = client.end();
    assert!(!format!("{:?}{}", ended.seen, ended.log).contains("echo-me"));
    assert_eq!(world.story(), ["refusal/unknown_tool"]);
    world.assert_intact();
}

#[test]
fn a_tool_that_the_policy_gives_to_nobody_is_as_unknown_as_one_that_there_is_not() {
    let world = World::new();
    world.write(
        "policy.yaml",
        "version: 1\nglobal:\n  rules:\n    - { id: r, effect: allow, tools: [repo_list], capability: read }\n",
    );
    let policy = world.repository().join("policy.yaml");
    let mut client = Client::over_pipes(world.command(&["--policy", policy.to_str().unwrap()]));
    client.initialize();
    let answers = ["git_log", "git_commit_files", "no_such_tool"].map(|tool| {
        let mut answer = client.call(1, tool, &json!({"repo": "demo"}));
        assert!(answer["error"]["data"]["error"]["error_id"].take().is_string(), "{answer}");
        answer
    });
    assert!(answers.iter().all(|answer| *answer == answers[2]), "{answers:?}");
    assert!(client.end().status.success());
    assert_eq!(world.story(), ["refusal/unknown_tool"; 3]);
    world.assert_intact();
}

#[test]
fn standard_output_is_the_protocols_alone_and_no_log_level_lets_a_secret_out() {
    let world = World::new();
    let mut command = world.command(&[]);
    command.env("GITOMA_LOG", "trace");
    let mut client = Client::over_sockets(command);
    client.initialize();
    client.call(1, "repo_read_file", &json!({"repo": "demo", "path": "hello.txt"}));
    client.call(2, "git_grep", &json!({"repo": "demo", "pattern": "unlikely-needle"}));
    let ended = client.end(); // checks that every line was JSON-RPC
    assert!(ended.status.success());
    assert_eq!(ended.seen.len(), 3);
    for line in ended.log.lines() {
        let event: Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("not JSON: {line}"));
        assert!(event["level"].is_string(), "{line}");
    }
    assert!(ended.log.contains("gitoma::call"));
    assert!(!ended.log.contains(SECRET) && !ended.log.contains("unlikely-needle"), "{}", ended.log);
}

#[test]
fn a_connection_that_began_without_a_session_opens_none() {
    let world = World::new();
    let mut client = world.start();
    client.assert_alive_in(true);
    let opened = client.initialize();
    assert_eq!(opened["error"]["code"], -32601, "{opened}");
    client.assert_alive_in(true);
    assert!(client.end().status.success());
    // To ask what there is chooses no era.
    let mut client = world.start();
    let meta = json!({"io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {}});
    assert!(client.ask(1, "server/discover", &json!({"_meta": meta}))["result"].is_object());
    assert_eq!(client.initialize()["result"]["protocolVersion"], "2025-11-25");
    client.assert_alive_in(false);
    assert!(client.end().status.success());
}
