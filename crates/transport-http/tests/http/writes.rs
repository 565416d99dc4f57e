//! Writes over HTTP: what opens them, what each refusal answers, and a day's work of an agent.

use serde_json::{Value, json};

use crate::support::{Place, Server};

const POLICY: &str = r#"
version: 1
global:
  rules:
    - { id: reads, effect: allow, tools: ["*"] }
    - { id: writes, effect: allow, capability: write, tools: ["*"], refs: ["agent/**"] }
    - { id: builds, effect: ask, capability: write, tools: [repo_write_file, repo_edit_file, repo_apply_patch, repo_delete_file, git_commit_files, worktree_commit], paths: ["**/Makefile"] }
    - { id: no-docs, effect: deny, capability: write, tools: [repo_write_file, repo_edit_file, repo_apply_patch, repo_delete_file, git_commit_files, worktree_commit], paths: ["docs/**"] }
repositories:
  web: { write: WRITE }
"#;

fn server(write: &str, more: &[&str]) -> Server {
    let place = Place::new();
    let policy = place.configuration(&POLICY.replace("WRITE", write));
    let more: Vec<&str> = ["--policy", &policy].into_iter().chain(more.iter().copied()).collect();
    Server::start_with(place, &more)
}

fn write(path: &str, content: &str) -> Value {
    json!({"repo": "web", "worktree": "agent/fix", "path": path, "content": content})
}

#[test]
fn closed_gates_are_named() {
    let create = json!({"repo": "web", "branch": "agent/fix"});
    server("allow", &[]).call("worktree_create", &create).problem(403, "write_mode_off");
    server("allow", &["--write-mode", "off"]).call("worktree_create", &create).problem(403, "write_mode_off");
    server("deny", &["--write-mode", "on"])
        .call("worktree_create", &create)
        .problem(403, "repository_not_whitelisted");
    let open = server("allow", &["--write-mode", "on"]);
    open.call("git_create_branch", &json!({"repo": "web", "branch": "main2"})).problem(403, "denied");
    open.call("merge_branch", &create).problem(404, "unknown_tool");
    let direct = json!({"repo": "web", "path": "a", "content": "x"});
    open.call("repo_write_file", &direct).problem(422, "invalid_arguments");
}

#[test]
fn an_agent_works_in_a_worktree_and_commits() {
    let server = server("allow", &["--write-mode", "on"]);
    let call = |tool: &str, arguments: Value| {
        let answer = server.call(tool, &arguments);
        assert_eq!(answer.status, 200, "{tool}: {answer:?}");
        answer.json()["result"].clone()
    };
    call("worktree_create", json!({"repo": "web", "branch": "agent/fix"}));
    let none = "0".repeat(40);
    let mut new = write("src/new.rs", "fn new() {}\n");
    new["expected_sha"] = none.into();
    new["idempotency_key"] = "new-1".into();
    call("repo_write_file", new.clone());
    let again = server.call("repo_write_file", &new).json();
    assert_eq!((&again["repeated"], &again["result"]["status"]), (&json!(true), &json!("added")));
    new.as_object_mut().unwrap().remove("idempotency_key");
    let stale = server.call("repo_write_file", &new).problem(409, "conflict");
    assert_eq!(stale["executed"], false);
    let secret = ["gh", "p_", &"a1B2".repeat(9)].concat();
    let leak = write("src/key.rs", &format!("const KEY: &str = \"{secret}\";\n"));
    let found = server.call("repo_write_file", &leak);
    let problem = found.problem(422, "secret_found");
    assert!(problem["detail"].as_str().unwrap().contains("src/key.rs line 1"), "{problem}");
    assert!(!found.body.contains(&secret));
    server.call("repo_write_file", &write("big", &"x".repeat((2 << 20) + 1))).problem(413, "too_large");
    server.call("repo_write_file", &write("docs/a.md", "x")).problem(403, "denied");
    server.call("repo_write_file", &write(".github/workflows/ci.yml", "x")).problem(403, "path_denied");
    let done = call("worktree_commit", json!({"repo": "web", "worktree": "agent/fix", "message": "Add new"}));
    let shown = call("git_show", json!({"repo": "web", "revision": "agent/fix"}))["commit"].clone();
    assert_eq!(
        (&shown["id"], &shown["author"]),
        (&done["commit"], &json!("agent <agent@gitoma.invalid>")),
        "{shown}"
    );
    call("worktree_remove", json!({"repo": "web", "worktree": "agent/fix"}));
}

#[test]
fn a_person_is_asked_and_sees_the_diff() {
    let server = server("allow", &["--write-mode", "on"]);
    server.call("git_create_branch", &json!({"repo": "web", "branch": "agent/fix"}));
    let files = json!([{"path": "Makefile", "content": "all:\n\techo hello\n"}]);
    let commit = json!({"repo": "web", "branch": "agent/fix", "message": "Build", "files": files});
    let asked = server.call("git_commit_files", &commit).problem(403, "approval_required");
    let id = asked["approval"]["id"].as_str().unwrap().to_owned();
    let operator = server.token_of("operator_token");
    let request = |method: &str, path: &str| {
        let head = format!(
            "{method} /api/v1/approvals/{path} HTTP/1.1\r\nAuthorization: Bearer {operator}\r\nContent-Length: 0"
        );
        server.raw(&head, b"")
    };
    let shown = request("GET", &id).json();
    assert!(shown["effects"]["diff"].as_str().unwrap().contains("+\techo hello\n"), "{shown}");
    assert_eq!(request("POST", &format!("{id}/approve")).status, 200);
    assert_eq!(server.call("git_commit_files", &commit).status, 200);
    let text = server.call("repo_read_file", &json!({"repo": "web", "path": "Makefile", "ref": "agent/fix"}));
    assert_eq!(text.json()["result"]["content"], "all:\n\techo hello\n");
}
