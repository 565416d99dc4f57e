//! What a caller gets when all goes well, and what never gets out.

use serde_json::{Value, json};

use crate::support::{Server, secret};

#[test]
fn tools_are_listed_and_called() {
    let server = Server::start();
    let listed = server.get("/api/v1/tools");
    assert_eq!(listed.status, 200, "{listed:?}");
    let listed = listed.json();
    let tools = listed["tools"].as_array().unwrap();
    let names: Vec<_> = tools.iter().map(|tool| tool["name"].as_str().unwrap()).collect();
    assert!(
        names.contains(&"git_log") && names.contains(&"repo_read_file") && names.is_sorted(),
        "{names:?}"
    );
    for tool in tools {
        assert_eq!(tool["capability"], "read", "{tool}");
        assert_eq!(tool["annotations"]["read_only"], true);
        assert_eq!(tool["input_schema"]["type"], "object");
        assert!(
            !tool["title"].as_str().unwrap().is_empty() && !tool["description"].as_str().unwrap().is_empty()
        );
    }

    let answer = server.call("git_log", &json!({"repo": "web", "max_count": 5}));
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let reply = answer.json();
    let members: Vec<_> = reply.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(members, ["call_id", "result", "redactions", "hidden", "elided", "truncated"]);
    assert_eq!(reply["call_id"].as_str(), answer.header("x-gitoma-call-id"));
    assert!(reply["result"].to_string().contains("begin"), "{reply}");

    let kinds: Vec<_> = server.entries_of(&answer).iter().map(|entry| entry["kind"].clone()).collect();
    assert_eq!(kinds, ["intent", "outcome"]);
}

#[test]
fn arguments_may_be_left_out() {
    let server = Server::start();
    let answer = server.post("/api/v1/tools/repo_list", "{}");
    assert_eq!(answer.status, 200, "{answer:?}");
    assert!(answer.body.contains("\"web\""), "{}", answer.body);
}

#[test]
fn secrets_are_replaced_and_counted() {
    let server = Server::start();
    let answer = server.call("repo_read_file", &json!({"repo": "web", "path": "deploy.txt"}));
    assert_eq!(answer.status, 200, "{answer:?}");
    assert!(answer.body.contains("***") && !answer.body.contains(&secret()), "{}", answer.body);
    assert_eq!(answer.json()["redactions"], 1);
}

#[test]
fn a_dry_run_says_what_the_call_then_does() {
    let server = Server::start();
    for (path, effect, status) in [("src/main.rs", "allow", 200), (".env", "deny", 403)] {
        let arguments = json!({"repo": "web", "path": path});
        let verdict = server.decide("repo_read_file", &arguments);
        assert_eq!(verdict.status, 200, "{verdict:?}");
        let said = verdict.json();
        assert_eq!(said["effect"], effect, "{said}");
        assert_eq!(said["policy"]["generation"], 1);
        assert_eq!(said["policy"]["digest"].as_str().unwrap().len(), 64);
        assert_eq!(server.entries_of(&verdict).len(), 1);

        let called = server.call("repo_read_file", &arguments);
        assert_eq!(called.status, status, "{called:?}");
        if status == 403 {
            let rules = called.json()["rules"].clone();
            assert_eq!(said["code"], called.json()["code"]);
            assert_eq!(said["reasons"][0]["rule"], rules[0]["id"]);
        }
    }
}

#[test]
fn request_and_trace_ids_reach_the_record() {
    let server = Server::start();
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let head = format!(
        "POST /api/v1/tools/repo_list HTTP/1.1\r\nAuthorization: bearer {}\r\nX-Request-Id: build-17\r\n\
         traceparent: 00-{trace}-00f067aa0ba902b7-01\r\nContent-Length: 2",
        server.token()
    );
    let answer = server.raw(&head, b"{}");
    assert_eq!(answer.status, 200, "{answer:?}");
    for entry in server.entries_of(&answer) {
        if entry["kind"] == "intent" {
            assert_eq!(entry["correlation_id"], "build-17");
            assert_eq!(entry["trace_id"], trace);
            assert_eq!(entry["transport"], "http");
            assert_eq!(entry["principal"], "agent");
        }
    }
}

#[test]
fn one_connection_carries_many_calls() {
    let server = Server::start();
    let body = r#"{"arguments":{}}"#;
    let one = |connection: &str| {
        format!(
            "POST /api/v1/tools/repo_list HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nConnection: {connection}\r\n\
             Content-Length: {}\r\n\r\n{body}",
            server.address,
            server.token(),
            body.len()
        )
    };
    let answer =
        server.exact(format!("{}{}{}", one("keep-alive"), one("keep-alive"), one("close")).as_bytes());
    assert_eq!(answer.status, 200);
    assert_eq!(answer.body.matches("HTTP/1.1 200 OK").count(), 2, "{}", answer.body);
    let outcomes = server.entries().iter().filter(|entry| entry["kind"] == "outcome").count();
    assert_eq!(outcomes, 3);
    let _: Value = serde_json::from_str(answer.body.rsplit("\r\n\r\n").next().unwrap()).unwrap();
}
