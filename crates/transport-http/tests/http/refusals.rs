//! Who is not let in, and what is not done for those who are.

use serde_json::json;

use crate::support::{Place, Server};

#[test]
fn callers_without_a_valid_bearer_are_refused() {
    let server = Server::start();
    let token = server.token();
    for (authorization, status, code) in [
        (String::new(), 401, "unauthenticated"),
        (format!("\r\nAuthorization: {token}"), 401, "unauthenticated"),
        (format!("\r\nAuthorization: Basic {token}"), 401, "unauthenticated"),
        (
            format!("\r\nAuthorization: Bearer {token}\r\nAuthorization: Bearer {token}"),
            401,
            "unauthenticated",
        ),
        ("\r\nAuthorization: Bearer wrong".to_owned(), 403, "invalid_credential"),
        (format!("\r\nAuthorization: Bearer {token}x"), 403, "invalid_credential"),
    ] {
        for (method, path) in [
            ("GET", "/api/v1/tools"),
            ("POST", "/api/v1/tools/repo_list"),
            ("POST", "/api/v1/decide"),
            ("GET", "/metrics"),
        ] {
            let answer =
                server.raw(&format!("{method} {path} HTTP/1.1\r\nContent-Length: 2{authorization}"), b"{}");
            answer.problem(status, code);
            let challenge = (status == 401).then_some("Bearer realm=\"gitoma\"");
            assert_eq!(answer.header("www-authenticate"), challenge);
            assert!(!answer.body.contains(&token));
        }
    }
}

#[test]
fn strangers_come_before_bad_bodies() {
    let server = Server::start();
    let answer = server.raw("POST /api/v1/tools/none HTTP/1.1\r\nContent-Length: 9999999", b"");
    answer.problem(401, "unauthenticated");
}

#[test]
fn without_a_token_nobody_is_served() {
    let place = Place::new();
    let configuration = place.configuration("allowed_hosts: []\n");
    let server = Server::start_with(place, &["--config", &configuration]);
    let answer = server.raw("GET /api/v1/tools HTTP/1.1\r\nAuthorization: Bearer anything", b"");
    answer.problem(503, "not_configured");
    assert_eq!(server.raw("GET /healthz HTTP/1.1", b"").status, 200);
}

#[test]
fn the_denylist_refuses_with_its_rule() {
    let server = Server::start();
    let answer = server.call("repo_read_file", &json!({"repo": "web", "path": ".env"}));
    let problem = answer.problem(403, "path_denied");
    assert_eq!(problem["rules"], json!([{"id": "builtin:env-file", "source": "built-in", "line": 0}]));
    assert!(problem["detail"].as_str().unwrap().contains("builtin:env-file"), "{problem}");
    assert!(!answer.body.contains("hunter2"));
    let entries = server.entries_of(&answer);
    assert_eq!(entries.len(), 1);
    assert_eq!(entries[0]["rules"][0]["id"], "builtin:env-file");
}

#[test]
fn a_rule_of_policy_refuses_with_its_place() {
    let server = Server::start();
    server.place.write("server.pem", "not a key\n");
    let answer = server.call("repo_read_file", &json!({"repo": "web", "path": "server.pem"}));
    let problem = answer.problem(403, "denied");
    assert_eq!(problem["rules"][0]["id"], "no-key-files");
    assert!(problem["rules"][0]["line"].as_u64().unwrap() > 0, "{problem}");
}

#[test]
fn whoever_asks_too_often_waits() {
    let place = Place::new();
    let configuration = place.configuration(
        "limits: { principal: { per_minute: 1, burst: 2 } }\n\
         principals:\n  - { name: agent, roles: [agent], token_file: token }\n",
    );
    let token = "t".repeat(40);
    place.write("../token", &token);
    private(&place.folder.path().join("token"));
    let server = Server::start_with(place, &["--config", &configuration]);
    let head = format!("GET /api/v1/tools HTTP/1.1\r\nAuthorization: Bearer {token}");
    assert_eq!(server.raw(&head, b"").status, 200);
    assert_eq!(server.raw(&head, b"").status, 200);
    let answer = server.raw(&head, b"");
    let problem = answer.problem(429, "rate_limited");
    let seconds: u64 = answer.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=60).contains(&seconds), "{seconds}");
    assert_eq!(problem["retry_after"], seconds);
}

fn private(path: &std::path::Path) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
}

#[test]
fn only_this_server_s_names_are_answered() {
    let server = Server::start();
    let port = server.address.rsplit_once(':').unwrap().1;
    for (version, hosts, status) in [
        ("1.1", vec![format!("localhost:{port}")], 200),
        ("1.1", vec![format!("[::1]:{port}")], 200),
        ("1.0", vec![format!("127.0.0.1:{port}")], 200),
        ("1.1", vec![], 421),
        ("1.0", vec![], 421),
        ("1.1", vec!["evil.example".to_owned()], 421),
        ("1.1", vec!["localhost".to_owned()], 421),
        ("1.1", vec![format!("evil.example:{port}")], 421),
        ("1.1", vec![format!("localhost:{port}"), format!("localhost:{port}")], 421),
        ("1.1", vec![format!("localhost:{port}"), "evil.example".to_owned()], 421),
    ] {
        let named: String = hosts.iter().map(|host| format!("Host: {host}\r\n")).collect();
        let bytes = format!("GET /healthz HTTP/{version}\r\n{named}Connection: close\r\n\r\n");
        let answer = server.exact(bytes.as_bytes());
        assert_eq!(answer.status, status, "{bytes}");
        if status == 421 {
            answer.problem(421, "host_denied");
            assert!(!answer.body.contains("evil"), "{}", answer.body);
        }
    }
}

#[test]
fn an_operator_may_add_a_name() {
    let place = Place::new();
    let configuration = place.configuration("allowed_hosts: [gitoma.example]\n");
    let server = Server::start_with(place, &["--config", &configuration]);
    let answer = server.exact(b"GET /healthz HTTP/1.1\r\nHost: gitoma.example\r\nConnection: close\r\n\r\n");
    assert_eq!(answer.status, 200);
}

#[test]
fn pages_of_other_origins_are_refused_even_with_a_token() {
    let server = Server::start();
    let head = |origin: &str| {
        format!("GET /api/v1/tools HTTP/1.1\r\nAuthorization: Bearer {}\r\nOrigin: {origin}", server.token())
    };
    let answer = server.raw(&head("https://evil.example"), b"");
    answer.problem(403, "origin_denied");
    assert!(answer.headers.iter().all(|(name, _)| !name.starts_with("access-control-")), "{answer:?}");
    assert_eq!(server.raw(&head(&format!("http://{}", server.address)), b"").status, 200);
    let preflight = "OPTIONS /api/v1/tools HTTP/1.1\r\nOrigin: https://evil.example\r\nAccess-Control-Request-Method: GET";
    server.raw(preflight, b"").problem(403, "origin_denied");
}

#[test]
fn a_result_that_the_policy_blocks_is_named_by_its_rule_alone() {
    let place = Place::new();
    place.write(
        "policy.yaml",
        "version: 1\nglobal: { rules: [ { id: reads, effect: allow, tools: [repo_read_file] } ] }\n\
         redact: { block: [github-token] }\n",
    );
    let policy = place.repository().join("policy.yaml").to_str().unwrap().to_owned();
    let server = Server::start_with(place, &["--policy", &policy]);
    let answer = server.call("repo_read_file", &json!({"repo": "web", "path": "deploy.txt"}));
    let problem = answer.problem(422, "secret_found");
    assert_eq!((&problem["title"], &problem["executed"]), (&json!("Secret found"), &json!(true)));
    assert!(problem["detail"].as_str().unwrap().contains("rule github-token"), "{problem}");
    assert!(!answer.body.contains("ghp_") && !answer.body.contains("user = ci"), "{problem}");
    let outcome = server.entries_of(&answer).pop().unwrap();
    assert_eq!(
        (&outcome["code"], &outcome["rules"][0]["id"]),
        (&json!("secret_found"), &json!("redact:github-token"))
    );
    // part of the file that shows no secret is no way around
    let part = server.call("repo_read_file", &json!({"repo": "web", "path": "deploy.txt", "head": 1}));
    part.problem(422, "secret_found");
    assert_eq!(server.call("repo_read_file", &json!({"repo": "web", "path": "README.md"})).status, 200);
}
