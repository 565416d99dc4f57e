//! What a list of tools promises of their results, held against results; the same over either transport.

use serde_json::{Value, json};

use crate::world::{SECRET, World};

/// Allows what some policy can allow to the tools that are Gitoma's own.
pub(crate) const POLICY: &str = r#"
version: 1
global:
  rules:
    - { id: reads, effect: allow, tools: ["repo_*", "git_*", "worktree_*"], capability: read }
    - { id: writes, effect: allow, tools: ["repo_*", "git_*", "worktree_*"], capability: write }
repositories:
  demo: { write: allow }
"#;

const ROW: &str = "a line of \"many\"\n";

/// A repository with a file that no result holds.
pub(crate) fn world() -> World {
    let world = World::new();
    world.write("long.txt", &ROW.repeat(20_000));
    world.commit();
    world
}

/// Requires that each of `tools` promises an object, and that results are what was promised. `call` calls a tool; `turn` tells one
/// conversation with the repository from the next.
pub(crate) fn converse(tools: &Value, turn: usize, mut call: impl FnMut(&str, &Value) -> Value) {
    require_promises(tools);
    let mut kept = |tool: &str, arguments: Value| {
        let answer = call(tool, &arguments);
        require_kept(tools, tool, &answer);
        answer["result"].clone()
    };
    kept("repo_list", json!({}));
    kept("repo_info", json!({"repo": "demo"}));
    kept("git_log", json!({"repo": "demo"}));
    kept("git_status", json!({"repo": "demo"}));
    kept("git_show", json!({"repo": "demo", "revision": "HEAD", "detail": "full_patch"}));
    let redacted = kept("repo_read_file", json!({"repo": "demo", "path": "hello.txt"}));
    assert_eq!(redacted["structuredContent"]["content"], "hello\ntoken ***\nbye\n");
    assert!(!redacted.to_string().contains(SECRET) && redacted["_meta"]["gitoma/redactions"] == 1);
    let part = kept("repo_read_file", json!({"repo": "demo", "path": "long.txt"}));
    assert_eq!(part["structuredContent"]["truncated"], true);
    assert!(part["structuredContent"]["next_start_line"].is_u64());
    let path = format!("new-{turn}.txt");
    let written = json!({"repo": "demo", "path": path, "content": ROW.repeat(15_000)});
    let made = kept("repo_write_file", written.clone());
    assert_eq!(
        (&made["structuredContent"]["changed"], &made["structuredContent"]["status"]),
        (&json!(true), &json!("added"))
    );
    assert_eq!(kept("repo_write_file", written)["structuredContent"]["changed"], false);
    // A diff that is longer than a result: the pipeline cuts it, and what comes after it stays.
    let edits = json!([{"old_text": "a line", "new_text": "one line", "replace_all": true}]);
    let cut = kept("repo_edit_file", json!({"repo": "demo", "path": path, "edits": edits, "dry_run": true}));
    assert_eq!(
        (&cut["_meta"]["gitoma/truncated"], &cut["structuredContent"]["dry_run"]),
        (&json!(true), &json!(true))
    );
    assert!(cut["structuredContent"]["diff"].as_str().unwrap().ends_with("…(truncated)"));
    let refused = call("repo_read_file", &json!({"repo": "demo", "path": ".env"}));
    assert_eq!(refused["result"]["isError"], true, "what is no result is marked: {refused}");
    // Some clients hold that against the schema too, and would keep it from their model.
    let admits = |value: &Value| jsonschema::draft202012::is_valid(schema_of(tools, "repo_read_file"), value);
    assert!(admits(&refused["result"]["structuredContent"]), "{refused}");
    assert!(admits(&json!({"executed": false, "effect": "allow"})), "the verdict of a dry run");
    assert!(!admits(&json!({})) && !admits(&json!({"repo": "demo"})), "a result has its fields");
}

fn require_promises(tools: &Value) {
    let tools = tools.as_array().unwrap();
    assert_eq!(tools.len(), 27, "every tool is listed, but that which pushes, for want of a remote");
    for tool in tools {
        let schema = &tool["outputSchema"];
        assert_eq!(schema["type"], "object", "{tool}");
        assert!(schema["properties"]["truncated"].is_object(), "{tool}");
        jsonschema::draft202012::meta::validate(schema).unwrap();
    }
}

fn schema_of<'t>(tools: &'t Value, tool: &str) -> &'t Value {
    let listed = tools.as_array().unwrap().iter().find(|listed| listed["name"] == tool).unwrap();
    &listed["outputSchema"]
}

/// Requires that `answer` is a result of `tool`, and what `tools` promises of it.
fn require_kept(tools: &Value, tool: &str, answer: &Value) {
    let result = &answer["result"];
    assert!(result["structuredContent"].is_object() && result["isError"] != true, "{tool}: {answer}");
    let validator = jsonschema::draft202012::new(schema_of(tools, tool)).unwrap();
    let faults: Vec<String> =
        validator.iter_errors(&result["structuredContent"]).map(|fault| fault.to_string()).collect();
    assert!(faults.is_empty(), "{tool}: {faults:?} in {result}");
    let text: Value = serde_json::from_str(result["content"][0]["text"].as_str().unwrap()).unwrap();
    assert_eq!(text, result["structuredContent"], "the text says the same");
}
