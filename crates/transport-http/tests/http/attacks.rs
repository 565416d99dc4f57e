//! Attacks on tokens and limits over HTTP, as a second reviewer made them. Each test states what must hold.

use std::io::{Read as _, Write as _};
use std::time::Duration;

use gitoma_core::{Capability, NewToken, StateDirectory, TokenFile};
use serde_json::json;

use crate::support::{Answer, Place, Server};

const RIGHT: &str = "a-token-that-is-long-enough";

fn configured(text: &str) -> Server {
    let place = Place::new();
    place.replace(&place.folder.path().join("token"), RIGHT.as_bytes());
    let principals = "principals:\n  - { name: ci, roles: [agent], token_file: token }\n";
    let configuration = place.configuration(&format!("{text}{principals}"));
    Server::start_with(place, &["--config", &configuration])
}

fn ask(server: &Server, line: &str, token: &str, more: &str) -> Answer {
    server.raw(&format!("{line} HTTP/1.1\r\nAuthorization: Bearer {token}{more}"), b"")
}

fn names(answer: &Answer) -> Vec<String> {
    let mut names: Vec<_> = answer.headers.iter().map(|(name, _)| name.clone()).collect();
    names.sort();
    names
}

/// Where nobody is authenticated, and so no failure is counted, no answer says whether a token is right.
#[test]
fn what_authenticates_nobody_does_not_tell_a_right_token() {
    let server = configured("trusted_proxies: [127.0.0.1]\n");
    let from = "\r\nX-Forwarded-For: 192.0.2.1";
    let mut told = Vec::new();
    for line in ["GET /healthz", "GET /nowhere", "PUT /api/v1/tools", "GET /api/v1/tools/git_log"] {
        // As many guesses as anybody likes.
        let wrong = (0..20).map(|_| ask(&server, line, "wrong", from)).next_back().unwrap();
        let right = ask(&server, line, RIGHT, from);
        if names(&right) != names(&wrong) {
            told.push((line, right.status));
        }
    }
    assert!(told.is_empty(), "a guess is confirmed by {told:?}, and nothing counted it");
}

/// An origin beyond its rate is refused before its token is looked at, and learns nothing of it.
#[test]
fn an_origin_beyond_its_rate_does_not_tell_a_right_token() {
    let server = configured("limits:\n  origin: { per_minute: 1, burst: 1 }\ntrusted_proxies: [127.0.0.1]\n");
    let from = "\r\nX-Forwarded-For: 192.0.2.1";
    ask(&server, "GET /api/v1/tools", "wrong", from);
    let wrong = (0..20).map(|_| ask(&server, "GET /api/v1/tools", "wrong", from)).next_back().unwrap();
    let right = ask(&server, "GET /api/v1/tools", RIGHT, from);
    wrong.problem(429, "rate_limited");
    right.problem(429, "rate_limited");
    assert_eq!(names(&right), names(&wrong));
}

/// Whoever is locked out is refused at once: that the body of a right token is waited for tells it apart.
#[test]
fn whoever_is_locked_out_learns_nothing_by_a_body_that_does_not_come() {
    let server = configured("trusted_proxies: [127.0.0.1]\n");
    for _ in 0..7 {
        ask(&server, "GET /api/v1/tools", "wrong", "\r\nX-Forwarded-For: 192.0.2.1");
    }
    let answers_at_once = |token: &str| {
        let mut socket = server.connect();
        let head = format!(
            "POST /api/v1/tools/git_log HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nAuthorization: Bearer {token}\r\n\
             X-Forwarded-For: 192.0.2.1\r\nContent-Length: 100\r\n\r\n",
            server.address
        );
        socket.write_all(head.as_bytes()).unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(3))).unwrap();
        let mut first = [0_u8; 12];
        socket.read_exact(&mut first).is_ok()
    };
    assert_eq!(answers_at_once(RIGHT), answers_at_once("wrong"));
}

/// How many of ten wrong tokens are answered as wrong, and not as locked out, from the `address` that a proxy tells of.
fn guesses(server: &Server, address: &str) -> usize {
    let from = format!("\r\nX-Forwarded-For: {address}");
    let answers = (0..10).map(|_| ask(server, "GET /api/v1/tools", "wrong", &from));
    answers.filter(|answer| answer.status == 403).count()
}

/// Some proxies tell of an address with its port, or in brackets. Callers behind those are locked out as others are.
#[test]
fn an_address_with_a_port_is_locked_out_too() {
    let forms =
        ["192.0.2.1:4711", "[2001:db8::1]:4711", "[2001:db8::2]", "fe80::1%eth0", "unknown", "\"192.0.2.3\""];
    let endless: Vec<_> = forms
        .into_iter()
        .filter(|form| guesses(&configured("trusted_proxies: [127.0.0.1]\n"), form) == 10)
        .collect();
    assert!(endless.is_empty(), "nobody is locked out who comes from {endless:?}");
}

/// Nobody far away is this machine, whatever was forwarded: on it nobody is locked out.
#[test]
fn a_forwarded_loopback_address_is_no_way_round_the_lock() {
    let server = configured("trusted_proxies: [127.0.0.1, 10.0.0.0/8]\n");
    let endless: Vec<_> = ["::1, 10.0.0.66", "127.9.9.9", "::ffff:127.0.0.2"]
        .into_iter()
        .filter(|form| guesses(&server, form) == 10)
        .collect();
    assert!(endless.is_empty(), "nobody is locked out who says {endless:?}");
}

/// One address in all of its spellings, however the header is split, is one origin.
#[test]
fn spellings_of_one_address_share_its_limits() {
    let few = "limits:\n  origin: { per_minute: 1, burst: 2 }\ntrusted_proxies: [127.0.0.1]\n";
    for forms in [
        &[
            "\r\nX-Forwarded-For: 192.0.2.1",
            "\r\nx-FORWARDED-for:   ::ffff:192.0.2.1  ",
            "\r\nX-Forwarded-For: ::FFFF:c000:201",
        ][..],
        &[
            "\r\nX-Forwarded-For: 2001:DB8::1",
            "\r\nX-Forwarded-For: 9.9.9.9\r\nX-Forwarded-For: 2001:db8:0:0::ffff",
            "\r\nX-Forwarded-For: 9.9.9.9,\t2001:0db8::2",
        ][..],
    ] {
        let server = configured(few);
        let statuses: Vec<_> =
            forms.iter().map(|more| ask(&server, "GET /api/v1/tools", RIGHT, more).status).collect();
        assert_eq!(statuses, [200, 200, 429], "{forms:?}");
    }
}

/// A token that is good for one tool says nothing of the others: by decisions, dry runs, approvals or metrics.
#[test]
fn a_scoped_token_hears_of_nothing_else() {
    let place = Place::new();
    let file = TokenFile::of(&StateDirectory::open(&place.state()).unwrap());
    let scoped = NewToken {
        principal: "ci".to_owned(),
        tools: Some(vec!["git_status".to_owned()]),
        repositories: Some(vec!["other/*".to_owned()]),
        capabilities: Some(vec![Capability::Read]),
        ..NewToken::default()
    };
    let (token, _) = file.mint(&scoped, &[]).unwrap();
    let token = token.expose();
    let server = Server::start_with(place, &[]);
    assert_eq!(server.call("repo_read_file", &json!({"repo": "web", "path": "README.md"})).status, 200);
    let post = |path: &str, more: &str, body: &serde_json::Value| {
        let body = body.to_string();
        let head = format!(
            "POST {path} HTTP/1.1\r\nAuthorization: Bearer {token}\r\nContent-Length: {}{more}",
            body.len()
        );
        server.raw(&head, body.as_bytes())
    };
    let read = json!({"repo": "web", "path": "README.md"});
    let decided = post("/api/v1/decide", "", &json!({"tool": "repo_read_file", "arguments": read}));
    decided.problem(404, "unknown_tool");
    let dry =
        post("/api/v1/tools/repo_read_file", "\r\nGitoma-Restrict: dry-run", &json!({"arguments": read}));
    dry.problem(404, "unknown_tool");
    let elsewhere = post("/api/v1/decide", "", &json!({"tool": "git_status", "arguments": {"repo": "web"}}));
    assert!(elsewhere.body.contains("out_of_scope"), "{elsewhere:?}");
    let metrics = ask(&server, "GET /metrics", token, "");
    assert!(
        !metrics.body.contains("repo_read_file"),
        "the metrics name tools that the token is not good for"
    );
}
