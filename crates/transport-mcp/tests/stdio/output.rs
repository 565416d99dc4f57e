//! Standard output carries the protocol and nothing else, whichever tool is called with whatever arguments, whatever else is asked for,
//! in both eras and at every level of the log. `GITOMA_SEED` draws other calls.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::eras::Session;
use crate::support::{SECRET, World};

/// Each in two servers of its own, one for each era.
const LEVELS: [&str; 7] = ["off", "error", "warn", "info", "debug", "trace", "gitoma=trace,rmcp=trace"];
/// Calls of each tool at each level; the first has arguments that mean something.
const CALLS: usize = 8;

/// What could break out of a line, a terminal or a record.
const HOSTILE: [&str; 14] = [
    "",
    "\n",
    "\r\n{\"jsonrpc\":\"2.0\",\"method\":\"notifications/echo\"}\r\n",
    "}\n{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}",
    "\u{0}",
    "\u{1b}[2J\u{1b}]0;title\u{7}",
    "\u{2028}\u{2029}\u{85}\u{feff}",
    "\u{202e}\u{e0041}",
    "../../etc/passwd",
    "--output=/dev/stdout",
    "/dev/stdout",
    "-",
    "%s%n",
    SECRET,
];

/// SplitMix64, so that a failure can be had again.
struct Draw(u64);

impl Draw {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % bound as u64).unwrap()
    }

    fn hostile(&mut self) -> Value {
        match self.below(20) {
            0 => Value::Null,
            1 => json!(-1),
            2 => json!(1e300),
            3 => json!([HOSTILE[2]]),
            4 => json!({ HOSTILE[3]: HOSTILE[2] }),
            5 => json!("long ".repeat(20_000)),
            _ => json!(HOSTILE[self.below(HOSTILE.len())]),
        }
    }

    /// Arguments for `tool`, so many in a hundred of them hostile.
    fn arguments(&mut self, tool: &Value, hostile: usize) -> Value {
        let (schema, plain) = (&tool["inputSchema"], |name: &str| plain(&tool["name"], name));
        let required: Vec<&str> =
            schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let mut drawn = Map::new();
        for name in schema["properties"].as_object().into_iter().flatten().map(|(name, _)| name) {
            let is_wanted =
                required.contains(&name.as_str()) || plain(name).is_some() && self.below(100) < 30;
            if self.below(100) < hostile {
                drawn.insert(name.clone(), self.hostile());
            } else if is_wanted {
                drawn.insert(name.clone(), plain(name).unwrap_or_else(|| self.hostile()));
            }
        }
        Value::Object(drawn)
    }

    /// Requests that call no tool by its name, with one that means something of each kind.
    fn others(&mut self) -> Vec<(&'static str, Value)> {
        let reference = json!({"type": "ref/prompt", "name": "review_branch"});
        let good = json!({"repo": "demo", "branch": "main"});
        let mut requests = vec![
            ("resources/list", json!({})),
            ("resources/templates/list", json!({})),
            ("prompts/list", json!({})),
            ("resources/read", json!({"uri": "repo://demo/hello.txt"})),
            ("prompts/get", json!({"name": "review_branch", "arguments": good})),
            ("completion/complete", json!({"ref": reference, "argument": {"name": "repo", "value": "d"}})),
        ];
        for _ in 0..CALLS {
            let texts = [(); 3].map(|()| HOSTILE[self.below(HOSTILE.len())]);
            let uri = format!("repo://demo/{}?ref={}", texts[0], texts[1]);
            requests.extend([
                ("resources/read", json!({"uri": uri})),
                ("resources/list", json!({"cursor": texts[0]})),
                ("prompts/get", json!({"name": "review_branch", "arguments": {"repo": texts[0], "branch": texts[1], texts[2]: texts[0]}})),
                ("completion/complete", json!({"ref": reference, "argument": {"name": texts[0], "value": texts[1]}, "context": {"arguments": {"repo": texts[2]}}})),
                ("server/discover", json!({"_meta": {texts[0]: texts[1]}})),
            ]);
        }
        requests
    }
}

/// A value that means something in the repository, of an argument of `tool` that is called so.
fn plain(tool: &Value, name: &str) -> Option<Value> {
    Some(match name {
        "path" if tool == "repo_delete_file" => json!("gone.txt"),
        "branch" if tool == "git_create_branch" => json!("agent/other"),
        "branch" if tool == "worktree_create" => json!("agent/another"),
        "repo" => json!("demo"),
        "path" => json!("hello.txt"),
        "ref" | "from" => json!("HEAD"),
        "pattern" => json!("o"),
        "target" | "revision" => json!("HEAD"),
        "branch" => json!("agent/new"),
        "worktree" if tool.as_str().is_some_and(|tool| tool.starts_with("worktree_")) => json!("agent/tree"),
        "paths" => json!(["hello.txt"]),
        "glob" => json!("*.txt"),
        "message" => json!("change"),
        "content" => json!("new\n"),
        "edits" => json!([{"old_text": "bye", "new_text": "see you"}]),
        "files" => json!([{"path": "new.txt", "content": "new\n"}]),
        "patch" => json!("--- /dev/null\n+++ b/patched.txt\n@@ -0,0 +1 @@\n+new\n"),
        _ => return None,
    })
}

/// The arguments that start a server in which every tool may be called, as often as one likes.
fn everything(world: &World) -> [String; 8] {
    let rules = "    - { id: reads, effect: allow, tools: [\"*\"] }\n    - { id: writes, effect: allow, tools: [\"*\"], capability: write }\n";
    world.write(
        "policy.yaml",
        &format!("version: 1\nglobal:\n  rules:\n{rules}repositories:\n  demo: {{ write: allow }}\n"),
    );
    let rate = "{ per_minute: 1000000, burst: 1000000 }";
    world.write(
        "gitoma.yaml",
        &format!("principals: [ {{ name: agent, roles: [agent] }} ]\nlimits: {{ principal: {rate}, writes: {rate} }}\n"),
    );
    let file = |name: &str| world.repository().join(name).to_str().unwrap().to_owned();
    let [policy, configuration] = ["policy.yaml", "gitoma.yaml"].map(file);
    ["--policy", &policy, "--config", &configuration, "--write-mode", "on", "--direct-writes", "on"]
        .map(str::to_owned)
}

/// Makes what calls can then be about; how many requests that took.
fn prepare(session: &mut Session) -> usize {
    let file = json!({"repo": "demo", "worktree": "agent/tree", "path": "new.txt", "content": "new\n"});
    let calls = [
        ("git_create_branch", json!({"repo": "demo", "branch": "agent/new"})),
        ("worktree_create", json!({"repo": "demo", "branch": "agent/tree"})),
        ("repo_write_file", file),
    ];
    for (tool, arguments) in &calls {
        let answer = session.call(tool, arguments);
        assert_eq!(answer["result"]["isError"], false, "{tool}: {answer}");
    }
    calls.len()
}

#[expect(clippy::disallowed_methods, reason = "lets other calls be drawn by hand")]
fn seed() -> u64 {
    std::env::var("GITOMA_SEED").map_or(0, |seed| seed.parse().unwrap())
}

#[test]
fn whatever_is_called_nothing_but_the_protocol_is_written_at_any_level() {
    let mut succeeded = BTreeSet::new();
    let seed = seed();
    let servers = LEVELS.into_iter().flat_map(|level| [(level, false), (level, true)]);
    for ((level, modern), number) in servers.zip(0_u64..) {
        let world = World::new();
        world.write("gone.txt", "gone\n");
        world.commit();
        let arguments = everything(&world);
        let arguments = arguments.each_ref().map(String::as_str);
        let mut session = Session::with_log(&world, &arguments, modern, level);
        let listed = session.ask("tools/list", &json!({}));
        let tools = listed["result"]["tools"].as_array().unwrap();
        assert!(tools.len() >= 27, "{} tools", tools.len());
        let prepared = prepare(&mut session);
        let mut draw = Draw(seed.wrapping_mul(1_000).wrapping_add(number));
        let mut asked = 1 + prepared;
        for tool in tools {
            let name = tool["name"].as_str().unwrap();
            for call in 0..CALLS {
                let hostile = if call == 0 { 0 } else { 10 * call };
                let given = draw.arguments(tool, hostile);
                let meta = json!({ "progressToken": format!("{name} {call}") });
                let params = json!({"name": name, "arguments": given, "_meta": meta});
                let answer = session.ask("tools/call", &params);
                asked += 1;
                assert!(answer.get("result").is_some() != answer.get("error").is_some(), "{answer}");
                if answer["result"]["isError"] == false {
                    succeeded.insert(name.to_owned());
                }
            }
        }
        let tools_called = asked - 1;
        for (method, params) in draw.others() {
            let answer = session.ask(method, &params);
            asked += 1;
            assert!(answer.get("result").is_some() != answer.get("error").is_some(), "{answer}");
        }
        let opened = usize::from(!session.modern);
        let ended = session.client.end();
        assert!(ended.status.success(), "{level}: {}", ended.log);
        let (said, answers): (Vec<_>, Vec<_>) =
            ended.seen.iter().partition(|frame| frame.get("method").is_some());
        assert_eq!(answers.len(), asked + opened, "{level}: an answer to each, and none more");
        assert!(said.iter().all(|notice| notice["method"] == "notifications/progress"), "{level}: {said:?}");
        for text in [format!("{:?}", ended.seen), ended.log.clone()] {
            assert!(!text.contains(SECRET), "{level}: a secret went out");
        }
        for line in ended.log.lines() {
            let event: Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("not JSON: {line}"));
            assert!(event["level"].is_string(), "{line}");
        }
        let calls = ended.log.lines().filter(|line| line.contains("gitoma::call")).count();
        assert_eq!(
            calls >= tools_called,
            !["off", "error", "warn"].contains(&level),
            "{level}: {calls} calls"
        );
        assert!(level != "off" || ended.log.is_empty(), "{}", ended.log);
        world.assert_intact();
    }
    assert_eq!(succeeded.len(), 27, "all but a push do something: {succeeded:?}");
}
