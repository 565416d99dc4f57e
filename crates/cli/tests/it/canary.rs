//! A secret in every place a caller or a repository can put one: in each argument of each tool, in names, contents, messages and
//! references. It comes out nowhere: no answer, no refusal, no log line at the finest level, no byte of the state directory.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use crate::support::{Place, Said, feed};

/// What is planted, and the part of it by which it is known again. Assembled, so that nothing that looks live stands in the source.
fn canaries() -> Vec<(String, String)> {
    let body = |seed: u32| -> String {
        let alphabet: Vec<char> = ('A'..='Z').chain('a'..='z').chain('0'..='9').collect();
        let mut state = seed;
        let drawn = (0..36).map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            alphabet[(state >> 16) as usize % alphabet.len()]
        });
        drawn.collect()
    };
    let (token, password, header, armour) = (body(1), body(2), body(3), body(4));
    vec![
        (format!("ghp_{token}"), token),
        (format!("password={password}"), password),
        (format!("Authorization: Bearer {header}"), header),
        (format!("-----BEGIN PRIVATE KEY-----\n{armour}{armour}\n-----END PRIVATE KEY-----"), armour),
    ]
}

/// A name that git takes, with a token in it.
fn name() -> (String, String) {
    let (token, body) = canaries().swap_remove(0);
    (format!("topic-{token}"), body)
}

fn planted() -> Place {
    let place = Place::new();
    let (name, _) = name();
    for (number, (canary, _)) in canaries().into_iter().enumerate() {
        place.file(&format!("web/plain{number}.txt"), &format!("before\n{canary}\nafter\n"));
    }
    std::fs::create_dir(place.path(&format!("web/{name}"))).unwrap();
    place.file(&format!("web/{name}/{name}.txt"), "x\n");
    place.git(&["add", "-A", "-f"]);
    let (message, _) = canaries().swap_remove(0);
    place.git(&["commit", "-q", "-m", &format!("subject {message}\n\n{}", canaries()[3].0)]);
    place.git(&["branch", &name]);
    place.git(&["tag", "-a", &format!("tag-{name}"), "-m", &message]);
    place.git(&["config", "remote.origin.url", &format!("https://ci:{message}@git.test/app.git")]);
    // changes that are staged, and such that are not
    place.file("web/plain0.txt", &format!("staged {message}\n"));
    place.git(&["add", "-A", "-f"]);
    place.file("web/plain1.txt", &format!("changed {message}\n"));
    place.file(&format!("web/untracked-{name}.txt"), &message);
    place
}

/// What opens every write tool.
const WRITING: [&str; 6] = ["--write-mode", "on", "--direct-writes", "on", "--policy", "writing.yaml"];

const POLICY: &str = "version: 1
global:
  rules:
    - { id: reads, effect: allow, tools: [\"*\"] }
    - { id: writes, effect: allow, capability: write, tools: [\"*\"] }
repositories:
  web: { write: allow }
";

/// The tools and the schemas of their arguments.
fn tools(place: &Place) -> Vec<(String, Map<String, Value>)> {
    let listed = place.on_web(&[&["tools", "--json"][..], &WRITING].concat()).ends(0).json();
    let tools = listed["tools"].as_array().or(listed.as_array()).unwrap();
    let properties = |tool: &Value| {
        let schema = tool.get("input_schema").or(tool.get("inputSchema")).unwrap();
        schema["properties"].as_object().unwrap().clone()
    };
    tools.iter().map(|tool| (tool["name"].as_str().unwrap().to_owned(), properties(tool))).collect()
}

/// What makes a call of this tool run, as far as it needs anything.
fn base(tool: &str) -> Map<String, Value> {
    let arguments = match tool {
        "repo_list" => json!({}),
        "repo_read_file" | "git_blame" => json!({"repo": "web", "path": "plain0.txt"}),
        "repo_read_files" => json!({"repo": "web", "paths": ["plain0.txt", "plain1.txt", "plain3.txt"]}),
        "repo_search_files" => json!({"repo": "web", "glob": "**"}),
        "git_show" => json!({"repo": "web", "revision": "HEAD"}),
        "git_diff" => json!({"repo": "web", "target": "HEAD", "base": "HEAD~1"}),
        "git_grep" => json!({"repo": "web", "pattern": "."}),
        "repo_write_file" => json!({"repo": "web", "path": "new.txt", "content": "x"}),
        "repo_edit_file" => {
            json!({"repo": "web", "path": "edit.txt", "edits": [{"old_text": "a", "new_text": "a"}]})
        }
        "repo_apply_patch" => {
            json!({"repo": "web", "patch": "--- a/edit.txt\n+++ b/edit.txt\n@@ -1 +1 @@\n-a\n+a\n"})
        }
        "repo_delete_file" => json!({"repo": "web", "path": "gone.txt"}),
        "git_create_branch" => json!({"repo": "web", "branch": "agent/new"}),
        "git_commit_files" => {
            let files = [json!({"path": "new.txt", "content": "x"})];
            json!({"repo": "web", "branch": "agent/there", "message": "m", "files": files})
        }
        "git_push_branch" => json!({"repo": "web", "branch": "agent/there"}),
        "worktree_create" => json!({"repo": "web", "branch": "agent/other"}),
        "worktree_commit" => json!({"repo": "web", "worktree": "agent/tree", "message": "m"}),
        "worktree_diff" | "worktree_remove" => json!({"repo": "web", "worktree": "agent/tree"}),
        _ => json!({"repo": "web"}),
    };
    arguments.as_object().unwrap().clone()
}

/// The spellings under which a secret might come out after all.
fn spellings(body: &str) -> Vec<String> {
    let hex: String = body.bytes().map(|byte| format!("{byte:02x}")).collect();
    vec![body.to_owned(), hex, body.get(..18).unwrap().to_owned(), body.get(18..).unwrap().to_owned()]
}

#[track_caller]
fn nothing_in(text: &str, context: &str) {
    for (_, body) in canaries() {
        for spelling in spellings(&body) {
            if let Some(at) = text.find(&spelling) {
                let around = text.get(text.floor_char_boundary(at.saturating_sub(200))..at).unwrap();
                panic!("{context}: a secret behind {around:?}");
            }
        }
    }
}

fn call(place: &Place, tool: &str, arguments: &Map<String, Value>) -> Said {
    let arguments = Value::Object(arguments.clone()).to_string();
    let mut command = place.command(
        &[&["call", tool, "--args", &arguments, "--repo", "web", "--state", "state"][..], &WRITING].concat(),
    );
    command.env("GITOMA_LOG", "trace");
    feed(command, b"")
}

#[expect(clippy::disallowed_methods, reason = "files of the test")]
fn files(directory: &Path) -> Vec<PathBuf> {
    let items = std::fs::read_dir(directory).unwrap().map(|item| item.unwrap().path());
    items.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

#[test]
fn a_secret_in_any_field_or_file_comes_out_nowhere() {
    let place = planted();
    place.file("writing.yaml", POLICY);
    place.file("web/edit.txt", "a\n");
    place.file("web/gone.txt", "a\n");
    place.git(&["branch", "agent/there"]);
    assert_eq!(
        call(&place, "worktree_create", json!({"repo": "web", "branch": "agent/tree"}).as_object().unwrap())
            .code,
        0
    );
    let (name, _) = name();
    let (mut calls, mut ran) = (0, 0);
    for (tool, properties) in tools(&place) {
        let base = base(&tool);
        let said = call(&place, &tool, &base);
        nothing_in(&format!("{}{}", said.out, said.err), &tool);
        // There is nowhere to push to.
        assert!(said.code == 0 || tool == "git_push_branch", "{tool}: {said:?}");
        for property in properties.keys().map(String::as_str).chain(["unknown"]) {
            let planted =
                canaries().into_iter().map(|(canary, _)| canary).chain([name.clone(), format!("tag-{name}")]);
            for canary in planted {
                let shapes = [json!(canary), json!([canary]), json!({ &*canary: canary })];
                // every shape comes by in turn, for each canary in other fields
                let value = if calls % 2 == 0 { &shapes[0] } else { &shapes[1 + calls / 2 % 2] };
                let mut arguments = base.clone();
                arguments.insert(property.to_owned(), value.clone());
                let said = call(&place, &tool, &arguments);
                nothing_in(&format!("{}{}", said.out, said.err), &format!("{tool} {property}"));
                calls += 1;
                ran += usize::from(said.code == 0);
            }
        }
    }
    assert!(calls > 200 && ran > 20, "{calls} calls, {ran} ran");
    // a tool that is a secret itself, and a caller
    let (token, _) = canaries().swap_remove(0);
    let said = call(&place, &token, &Map::new());
    nothing_in(&format!("{}{}", said.out, said.err), "an unknown tool");
    let said = place.on_web(&["call", "git_log", "--principal", &token]);
    nothing_in(&format!("{}{}", said.out, said.err), "an unknown principal");

    let state = files(&place.path("state"));
    assert!(state.iter().any(|file| file.extension().is_some_and(|end| end == "jsonl")));
    // The files of worktrees are the repository's own, with whatever it holds.
    for file in state
        .into_iter()
        .filter(|file| !file.to_str().unwrap().contains("/worktrees/") || file.ends_with("record.json"))
    {
        nothing_in(&String::from_utf8_lossy(&place.read(&file)), &file.display().to_string());
    }
    place.audit(&["verify", "state/audit"]).ends(0);
}

/// An error quotes the line of a file where it stands, and names of files: at a terminal, and in the logs of whoever started a server.
#[test]
fn a_secret_in_what_a_command_reads_is_in_no_error() {
    let place = planted();
    let (token, _) = canaries().swap_remove(0);
    let mut refused = 0;
    for text in [
        format!("{token}\n"),
        format!("{token}: 1\n"),
        format!("principals: [{token}]\n"),
        format!("repositories: {{ web: {token} }}\n"),
        format!("allowed_hosts: [{token}\n"),
        format!("limits: {{ {token}: 1 }}\n"),
        format!("policy: nowhere/{token}.yaml\n"),
        format!("version: 1\nglobal: {{ rules: [ {{ id: {token}, effect: {token} }} ] }}\n"),
        format!("version: 1\nredact: {{ patterns: [ {{ id: x, pattern: '{token}(' }} ] }}\n"),
        format!("version: 1\nredact: {{ allow: [ {{ id: x, fingerprint: {token} }} ] }}\n"),
    ] {
        let file = place.file("broken.yaml", &text);
        for arguments in [
            &["call", "repo_list", "--repo", "web", "--state", "state", "--config", &file][..],
            &["call", "repo_list", "--repo", "web", "--state", "state", "--policy", &file],
            &["policy", "check", &file],
            &["policy", "test", &file],
            &["policy", "fmt", &file],
            &["policy", "diff", &file, &file],
            &["secrets", "scan", "web", "--policy", &file],
            &["secrets", "scan", "web", "--baseline", &file],
        ] {
            let said = place.gitoma(arguments);
            nothing_in(&format!("{}{}", said.out, said.err), &format!("{arguments:?} {text}"));
            refused += usize::from(said.code != 0);
        }
    }
    assert!(refused > 60, "{refused}");
    for arguments in [
        &[&*token][..],
        &["secrets", "scan", "--baseline", &token],
        &["secrets", "fingerprint", &token],
        &["call", "repo_list", "--config", &token],
        &["policy", "check", &token],
        &["call", "repo_list", "--repo", &token],
        &["call", "repo_list", "--repo", "web", "--state", "/dev/null/state", "--principal", &token],
    ] {
        let said = place.gitoma(arguments);
        nothing_in(&format!("{}{}", said.out, said.err), &format!("{arguments:?}"));
        assert_ne!(said.code, 0, "{said:?}");
    }
    for arguments in [&["verify", &*token][..], &["show", &token, &token], &[&token]] {
        let said = place.audit(arguments);
        nothing_in(&format!("{}{}", said.out, said.err), &format!("{arguments:?}"));
        assert_ne!(said.code, 0, "{said:?}");
    }
}
