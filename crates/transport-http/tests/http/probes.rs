//! Health, readiness and metrics.

use std::io::{Read as _, Write as _};

use serde_json::{Value, json};

use crate::support::{Place, Server};

#[test]
fn probes_need_no_bearer_and_tell_little() {
    let server = Server::start();
    let alive = server.raw("GET /healthz HTTP/1.1", b"");
    assert_eq!((alive.status, alive.json()), (200, json!({"status": "ok"})));
    let ready = server.raw("GET /readyz HTTP/1.1", b"");
    assert_eq!((ready.status, ready.json()), (200, json!({"ready": true})));
    assert_eq!(ready.header("x-content-type-options"), Some("nosniff"));
}

#[test]
fn a_principal_learns_why() {
    let server = Server::start();
    let health = server.get("/readyz").json();
    assert_eq!(health["ready"], true);
    assert_eq!(health["write_mode"], "off");
    assert_eq!(health["policy"]["generation"], 1);
    assert_eq!(health["audit"]["chain_id"].as_str().unwrap().len(), 36);
    server.raw("GET /readyz HTTP/1.1\r\nAuthorization: Bearer wrong", b"").problem(403, "invalid_credential");
}

#[test]
fn metrics_count_calls_for_any_principal() {
    let server = Server::start();
    assert_eq!(server.call("repo_list", &json!({})).status, 200);
    assert_eq!(server.call("repo_read_file", &json!({"repo": "web", "path": ".env"})).status, 403);
    for file in ["runtime_token", "operator_token"] {
        let head = format!("GET /metrics HTTP/1.1\r\nAuthorization: Bearer {}", server.token_of(file));
        let answer = server.raw(&head, b"");
        assert_eq!(answer.status, 200);
        assert_eq!(
            answer.header("content-type"),
            Some("application/openmetrics-text; version=1.0.0; charset=utf-8")
        );
        for line in [
            r#"gitoma_tool_calls_total{tool="repo_list",transport="http",decision="allow",outcome="ok"} 1"#,
            r#"gitoma_tool_calls_total{tool="repo_read_file",transport="http",decision="deny",outcome="refused"} 1"#,
        ] {
            assert!(answer.body.lines().any(|found| found == line), "{line}\n{}", answer.body);
        }
        assert!(answer.body.ends_with("# EOF\n"));
    }
}

/// Metrics are open to any principal, and a tool that is unknown to them must stay so there.
#[test]
fn metrics_tell_a_hidden_tool_from_a_missing_one_by_nothing() {
    let place = Place::new();
    let policy = "version: 1\nglobal:\n  rules:\n    - { id: log, effect: allow, tools: [git_log] }\n";
    place.write("policy.yaml", policy);
    let policy = place.repository().join("policy.yaml").to_str().unwrap().to_owned();
    let server = Server::start_with(place, &["--policy", &policy]);
    for tool in ["git_tags", "no_such_tool"] {
        server.call(tool, &json!({"repo": "web"})).problem(404, "unknown_tool");
    }
    let metrics = server.get("/metrics").body;
    let counted =
        r#"gitoma_tool_calls_total{tool="unknown",transport="http",decision="none",outcome="refused"} 2"#;
    assert!(metrics.lines().any(|line| line == counted), "{metrics}");
    assert!(!metrics.contains("git_tags"), "{metrics}");
}

#[test]
fn the_document_of_the_interface_is_for_anybody_and_costs_nothing_to_send() {
    let server = Server::start();
    let answer = server.raw("GET /api/v1/openapi.json HTTP/1.1", b"");
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")));
    assert_eq!(answer.body, include_str!("../../../../docs/openapi.json"));
    // A stranger may ask as often as they like: it is not compressed each time, and not sent to who holds it.
    let packed = server.raw("GET /api/v1/openapi.json HTTP/1.1\r\nAccept-Encoding: gzip", b"");
    assert_eq!((packed.header("content-encoding"), &packed.body), (None, &answer.body));
    let tag = answer.header("etag").unwrap();
    let held = server.raw(&format!("GET /api/v1/openapi.json HTTP/1.1\r\nIf-None-Match: {tag}"), b"");
    assert_eq!((held.status, held.body.len(), held.header("etag")), (304, 0, Some(tag)));
}

/// What answers say in headers of their own, the document says that they do, of that very answer; and where nobody is looked at, not.
#[test]
fn the_headers_of_answers_are_declared() {
    let document: Value = serde_json::from_str(include_str!("../../../../docs/openapi.json")).unwrap();
    let server = Server::start();
    let agent = server.token();
    for (line, path, body, status) in [
        ("POST /api/v1/tools/repo_list", "/api/v1/tools/{name}", "{}", 200),
        ("POST /api/v1/tools/git_log", "/api/v1/tools/{name}", r#"{"arguments":{"repo":"none"}}"#, 422),
        ("POST /api/v1/tools/git_log", "/api/v1/tools/{name}", "{", 400),
        ("POST /api/v1/decide", "/api/v1/decide", r#"{"tool":"repo_list"}"#, 200),
        ("GET /api/v1/tools", "/api/v1/tools", "", 200),
        ("GET /api/v1/me", "/api/v1/me", "", 200),
        ("GET /api/v1/policy", "/api/v1/policy", "", 403),
        ("GET /metrics", "/metrics", "", 200),
        ("GET /readyz", "/readyz", "", 200),
        ("GET /healthz", "/healthz", "", 200),
        ("GET /api/v1/openapi.json", "/api/v1/openapi.json", "", 200),
    ] {
        let answer = server.ask(&agent, line, body);
        assert_eq!(answer.status, status, "{line}: {answer:?}");
        let method = line.split(' ').next().unwrap().to_lowercase();
        let mut declared = &document["paths"][path][&method]["responses"][status.to_string()];
        if let Some(place) = declared["$ref"].as_str() {
            declared = document.pointer(place.strip_prefix('#').unwrap()).unwrap();
        }
        let mut declared: Vec<_> =
            declared["headers"].as_object().unwrap().keys().map(|name| name.to_lowercase()).collect();
        declared.sort();
        let own = |name: &String| {
            ["ratelimit", "gitoma-", "x-gitoma-", "retry-after"].iter().any(|own| name.starts_with(own))
        };
        let mut sent: Vec<_> =
            answer.headers.iter().map(|(name, _)| name.to_lowercase()).filter(own).collect();
        sent.sort();
        assert_eq!(declared, sent, "{line}");
    }
}

#[test]
fn large_answers_are_small_for_who_asks() {
    let server = Server::start();
    let plain = server.get("/api/v1/tools");
    assert!(plain.header("content-encoding").is_none() && plain.body.len() > 10_000, "{plain:?}");
    let compressed = |path: &str| {
        let mut socket = server.connect();
        let head = format!(
            "GET {path} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nAccept-Encoding: gzip\r\nConnection: close\r\n\r\n",
            server.address,
            server.token()
        );
        socket.write_all(head.as_bytes()).unwrap();
        let mut bytes = Vec::new();
        socket.read_to_end(&mut bytes).unwrap();
        (String::from_utf8_lossy(&bytes).contains("content-encoding: gzip\r\n"), bytes.len())
    };
    let (is_compressed, length) = compressed("/api/v1/tools");
    assert!(is_compressed && length < plain.body.len() / 2, "{length} of {}", plain.body.len());
    assert!(!compressed("/healthz").0);
}
