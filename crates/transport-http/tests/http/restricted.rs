//! What a caller gives up with `Gitoma-Restrict` (POL-13): it is given up, it is never passed over, and it lifts nothing.

use serde_json::{Value, json};

use crate::support::{Answer, Server};

/// `POST path` with `body`, restricted by a header for each of `restrict`.
fn post(server: &Server, path: &str, restrict: &[&str], body: &Value) -> Answer {
    let body = body.to_string();
    let lines: String = restrict.iter().map(|value| format!("\r\nGitoma-Restrict: {value}")).collect();
    let head = format!(
        "POST {path} HTTP/1.1\r\nAuthorization: Bearer {}\r\nContent-Length: {}{lines}",
        server.token(),
        body.len()
    );
    server.raw(&head, body.as_bytes())
}

fn call(server: &Server, restrict: &[&str], tool: &str, arguments: &Value) -> Answer {
    post(server, &format!("/api/v1/tools/{tool}"), restrict, &json!({ "arguments": arguments }))
}

fn told(entries: &[Value]) -> Vec<(&str, Option<&str>)> {
    entries.iter().map(|entry| (entry["kind"].as_str().unwrap(), entry["code"].as_str())).collect()
}

#[test]
fn repositories_that_were_given_up_are_refused_and_not_shown() {
    let server = Server::start();
    let log = json!({"repo": "web"});
    for (restrict, status) in [
        (&["repos=web"][..], 200),
        (&["repos=api web, read-only"], 200),
        (&["repos=api"], 403),
        (&["repos=web", "repos=api"], 403),
        (&["repos=WEB"], 403),
    ] {
        let answer = call(&server, restrict, "git_log", &log);
        assert_eq!(answer.status, status, "{restrict:?} {answer:?}");
        if status == 403 {
            answer.problem(403, "narrowed");
            assert_eq!(told(&server.entries_of(&answer)), [("refusal", Some("narrowed"))]);
        }
        let asked = post(&server, "/api/v1/decide", restrict, &json!({"tool": "git_log", "arguments": log}));
        assert_eq!(asked.json()["code"], if status == 200 { "allowed" } else { "narrowed" }, "{asked:?}");
    }
    let listed = |restrict: &[&str]| call(&server, restrict, "repo_list", &json!({})).body;
    assert!(listed(&["repos=web"]).contains("\"web\""));
    assert!(!listed(&["repos=api"]).contains("\"web\""));
}

#[test]
fn a_dry_run_is_judged_and_not_run() {
    let server = Server::start();
    let readme = json!({"repo": "web", "path": "README.md"});
    for (tool, arguments, effect, code) in [
        ("repo_read_file", readme.clone(), "allow", "allowed"),
        ("repo_read_file", json!({"repo": "web", "path": ".env"}), "deny", "path_denied"),
        ("repo_read_file", json!({"repo": "web", "path": "../x"}), "deny", "path_denied"),
    ] {
        let answer = call(&server, &["dry-run"], tool, &arguments);
        assert_eq!(answer.status, 200, "{answer:?}");
        let said = answer.json();
        assert_eq!(
            (&said["executed"], &said["effect"], &said["code"]),
            (&json!(false), &json!(effect), &json!(code))
        );
        assert!(said.get("result").is_none(), "{said}");
        assert_eq!(said["call_id"].as_str(), answer.header("x-gitoma-call-id"));
        assert_eq!(told(&server.entries_of(&answer)), [("judged", Some(code))]);

        let body = json!({"tool": tool, "arguments": arguments});
        let mut asked = post(&server, "/api/v1/decide", &[], &body).json();
        let mut same = said;
        for answer in [&mut asked, &mut same] {
            answer
                .as_object_mut()
                .unwrap()
                .retain(|member, _| !matches!(member.as_str(), "executed" | "call_id"));
        }
        assert_eq!(same, asked);
    }
    let narrowed = call(&server, &["dry-run, repos=api"], "repo_read_file", &readme).json();
    assert_eq!((&narrowed["executed"], &narrowed["code"]), (&json!(false), &json!("narrowed")));
    call(&server, &["dry-run"], "repo_read_file", &json!({})).problem(422, "invalid_arguments");
    call(&server, &["dry-run"], "no_such_tool", &json!({})).problem(404, "unknown_tool");
}

#[test]
fn a_restriction_that_cannot_be_read_refuses_the_call() {
    let server = Server::start();
    let long = format!("repos={}", "echo-me ".repeat(600));
    for restrict in [
        &["echo-me"][..],
        &[""],
        &["read-only", "echo-me"],
        &["read-only=echo-me"],
        &["repos="],
        &["repos=\"echo-me\""],
        &["repos=echo-m\u{e9}"],
        &["Dry-Run"],
        &[&long],
    ] {
        let body = json!({"tool": "repo_list"});
        let lines: String = restrict.iter().map(|value| format!("\r\nGitoma-Restrict: {value}")).collect();
        let get = format!("GET /api/v1/tools HTTP/1.1\r\nAuthorization: Bearer {}{lines}", server.token());
        for answer in [
            call(&server, restrict, "repo_list", &json!({})),
            post(&server, "/api/v1/decide", restrict, &body),
            server.raw(&get, b""),
        ] {
            let problem = answer.problem(400, "bad_restriction");
            let detail = problem["detail"].as_str().unwrap();
            assert!(detail.contains("Gitoma-Restrict") && detail.contains("`repos=ALIAS`"), "{detail}");
            assert!(!answer.body.contains("echo"), "{}", answer.body);
            let entries = server.entries_of(&answer);
            assert_eq!(told(&entries), [("refusal", Some("bad_restriction"))], "{restrict:?}");
            assert!(!entries[0].to_string().contains("echo"), "{}", entries[0]);
        }
    }
    // A stranger learns nothing of it.
    let head = "POST /api/v1/tools/repo_list HTTP/1.1\r\nContent-Length: 2\r\nGitoma-Restrict: echo-me";
    server.raw(head, b"{}").problem(401, "unauthenticated");
}

#[test]
fn nothing_in_it_lifts_a_denial() {
    let server = Server::start();
    let denied = json!({"repo": "web", "path": ".env"});
    for restrict in ["repos=web", "read-only", "read-only, repos=web api", "dry-run"] {
        let answer = call(&server, &[restrict], "repo_read_file", &denied);
        assert!(!answer.body.contains("hunter2"), "{answer:?}");
        assert!(answer.status == 403 || answer.json()["effect"] == "deny", "{answer:?}");
    }
    for restrict in ["write-mode=on", "read-write", "role=operator", "enforcement=shadow", "repos=*"] {
        call(&server, &[restrict], "repo_read_file", &denied).problem(400, "bad_restriction");
    }
}
