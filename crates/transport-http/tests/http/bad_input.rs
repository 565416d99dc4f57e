//! Malformed, oversized, unknown and traversing input: classified, recorded, never echoed.

use std::io::Write as _;

use serde_json::{Value, json};

use crate::support::{Answer, Server};

/// What no answer may contain, and what every hostile input here does.
const MARK: &str = "echo-me";

#[track_caller]
fn refused_with_an_entry(server: &Server, answer: &Answer, status: u16, code: &str) -> Value {
    let problem = answer.problem(status, code);
    assert!(!answer.body.contains(MARK), "{}", answer.body);
    let entries = server.entries_of(answer);
    assert_eq!(entries.len(), 1, "{entries:?}");
    assert!(!entries[0].to_string().contains(MARK), "{}", entries[0]);
    problem
}

#[test]
fn bodies_that_are_no_call_are_malformed() {
    let server = Server::start();
    for body in [
        "".to_owned(),
        MARK.to_owned(),
        format!("{{\"arguments\":{{\"{MARK}\""),
        format!("[\"{MARK}\"]"),
        format!("\"{MARK}\""),
        format!("{{\"arguments\":\"{MARK}\"}}"),
        format!("{{\"arguments\":{{}},\"{MARK}\":1}}"),
        format!("{{\"arguments\":{{}}}} {MARK}"),
        // little text, much memory: no tool takes so many values
        format!("{{\"arguments\":{{\"{MARK}\":[{}0]}}}}", "0,".repeat(1_000_000)),
    ] {
        let answer = server.post("/api/v1/tools/repo_list", &body);
        refused_with_an_entry(&server, &answer, 400, "malformed");
        let answer = server.post("/api/v1/decide", &body);
        refused_with_an_entry(&server, &answer, 400, "malformed");
    }
}

#[test]
fn arguments_that_do_not_fit_are_named_by_the_schema_s_words() {
    let server = Server::start();
    for (arguments, named) in [
        (json!({}), "`repo`"),
        (json!({"repo": "web", MARK: 1}), "`max_count`"),
        (json!({"repo": "web", "max_count": MARK}), "`max_count`"),
        (json!({"repo": "web", "max_count": 0}), "`max_count`"),
        (json!({"repo": [MARK]}), "`repo`"),
    ] {
        let answer = server.call("git_log", &arguments);
        let problem = refused_with_an_entry(&server, &answer, 422, "invalid_arguments");
        assert!(problem["detail"].as_str().unwrap().contains(named), "{problem}");
    }
}

#[test]
fn tools_that_do_not_exist_are_unknown() {
    let server = Server::start();
    for name in [MARK, "%ff", "%00", "git_log%0a", "..%2f..%2fetc", "repo_write_file", "merge_pull_request"] {
        let answer = server.post(&format!("/api/v1/tools/{name}"), "{}");
        refused_with_an_entry(&server, &answer, 404, "unknown_tool");
    }
}

#[test]
fn traversal_is_refused_with_its_rule() {
    let server = Server::start();
    for path in ["../echo-me", "a/../../echo-me", "/etc/echo-me", ".GIT/echo-me"] {
        let answer = server.call("repo_read_file", &json!({"repo": "web", "path": path}));
        answer.problem(403, "path_denied");
        assert!(!answer.body.contains(MARK), "{}", answer.body);
        let rule = answer.json()["rules"][0]["id"].as_str().unwrap().to_owned();
        assert!(rule.starts_with("path:") || rule.starts_with("builtin:"), "{path}: {rule}");
        assert_eq!(server.entries_of(&answer).len(), 1, "{path}");
    }
}

#[test]
fn bodies_beyond_the_cap_are_too_large_however_they_come() {
    let server = Server::start();
    let head = format!("POST /api/v1/tools/repo_list HTTP/1.1\r\nAuthorization: Bearer {}", server.token());
    let declared = server.raw(&format!("{head}\r\nContent-Length: 4194305"), b"");
    let problem = refused_with_an_entry(&server, &declared, 413, "too_large");
    assert!(problem["detail"].as_str().unwrap().contains("4194304 bytes"), "{problem}");

    // A client that writes it all before it reads gets to see the refusal.
    let written = server.raw(&format!("{head}\r\nContent-Length: 8388608"), &[b' '; 8 << 20]);
    refused_with_an_entry(&server, &written, 413, "too_large");

    let mut chunks = Vec::new();
    for _ in 0..65 {
        write!(chunks, "{:x}\r\n", 65536).unwrap();
        chunks.extend_from_slice(&[b' '; 65536]);
        chunks.extend_from_slice(b"\r\n");
    }
    chunks.extend_from_slice(b"0\r\n\r\n");
    let chunked = server.raw(&format!("{head}\r\nTransfer-Encoding: chunked"), &chunks);
    refused_with_an_entry(&server, &chunked, 413, "too_large");
}

#[test]
fn endpoints_and_methods_that_do_not_exist_are_problems_too() {
    let server = Server::start();
    for path in [
        "/echo-me.html",
        "/echo-me",
        "/api/v1/tools/",
        "/api/v1/tools/a/echo-me",
        "/api/v2/tools",
        "//healthz",
        "/healthz/",
    ] {
        let answer = server.get(path);
        answer.problem(404, "unknown_route");
        assert!(!answer.body.contains(MARK), "{}", answer.body);
    }
    for (method, path, allowed) in [
        ("DELETE", "/api/v1/tools", "GET,HEAD"),
        ("GET", "/api/v1/tools/echo-me", "POST"),
        ("GET", "/api/v1/decide", "POST"),
        ("POST", "/healthz", "GET,HEAD"),
    ] {
        let answer = server.raw(&format!("{method} {path} HTTP/1.1"), b"");
        answer.problem(405, "unknown_method");
        assert_eq!(answer.header("allow"), Some(allowed), "{method} {path}");
        assert!(!answer.body.contains(MARK), "{}", answer.body);
    }
}

#[test]
fn odd_request_ids_are_left_out_and_inject_nothing() {
    let server = Server::start();
    for id in [
        "a\r\n X-Injected: 1",
        "a%0d%0aX-Injected: 1",
        "a b",
        "\u{e9}",
        "a\r\nX-Request-Id: b",
        &"a".repeat(65),
    ] {
        let head = format!(
            "POST /api/v1/tools/repo_list HTTP/1.1\r\nAuthorization: Bearer {}\r\nX-Request-Id: {id}\r\nContent-Length: 2",
            server.token()
        );
        let answer = server.raw(&head, b"{}");
        assert!(answer.headers.iter().all(|(name, _)| name != "x-injected"), "{answer:?}");
        // A folded header line is no HTTP/1.1 any more (RFC 9112 §5.2); everything else is a good call without an id.
        if answer.status == 200 {
            let entries = server.entries_of(&answer);
            assert_eq!(entries.len(), 2);
            assert!(entries.iter().all(|entry| entry.get("correlation_id").is_none()), "{entries:?}");
        } else {
            assert_eq!((answer.status, answer.body.as_str()), (400, ""), "{id:?}");
        }
    }
}

/// What is no HTTP never becomes a request, and is on the record and counted all the same: of strangers, whoever sends it.
#[test]
fn what_is_no_http_is_counted() {
    let server = Server::start();
    let named = format!("Host: {}\r\n", server.address);
    let operator = server.token_of("operator_token");
    let long = "a".repeat(70_000);
    let begin = "POST /api/v1/decide HTTP/1.1\r\n";
    for (bytes, status, code) in [
        (format!("{begin}{named}Content-Length: 1\r\nContent-Length: 2\r\n\r\n"), 400, "malformed"),
        (format!("GET / HTTP/1.1\r{named}\r\n"), 400, "malformed"),
        ("no HTTP at all\r\n\r\n".to_owned(), 400, "malformed"),
        (format!("GET /{long} HTTP/1.1\r\n{named}\r\n"), 414, "too_large"),
        (format!("GET / HTTP/1.1\r\n{named}{}\r\n", "X-A: a\r\n".repeat(101)), 431, "too_large"),
    ] {
        let counted = || {
            let metrics = server.ask(&operator, "GET /metrics", "").body;
            let rows = metrics.lines().filter(|line| line.starts_with("gitoma_refusals_total{"));
            rows.filter(|line| line.contains(&format!("code=\"{code}\"")))
                .filter_map(|line| line.rsplit_once(' ')?.1.parse::<u64>().ok())
                .sum::<u64>()
        };
        let before = counted();
        let answer = server.exact(bytes.as_bytes());
        assert_eq!((answer.status, answer.body.as_str()), (status, ""), "{bytes:.60}");
        crate::support::eventually("it is counted", || counted() == before + 1);
    }
    for code in ["malformed", "too_large"] {
        let is_it = |entry: &Value| entry["kind"] == "refusal" && entry["code"] == code;
        let entries = server.entries().iter().filter(|entry| is_it(entry)).count();
        assert!((1..=2).contains(&entries), "the first of each in a minute is an entry: {entries}");
    }
}
