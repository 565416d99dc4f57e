//! The Model Context Protocol at `/mcp`, behind the same entrance as everything else.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::support::{Answer, Place, Server, eventually};

const TAKES: &str = "Accept: application/json, text/event-stream\r\nContent-Type: application/json";

fn modern(id: i32, method: &str, mut params: Value) -> (String, String) {
    params["_meta"]["io.modelcontextprotocol/protocolVersion"] = "2026-07-28".into();
    params["_meta"]["io.modelcontextprotocol/clientCapabilities"] = json!({});
    let name = params["name"].as_str().map(|name| format!("\r\nMcp-Name: {name}")).unwrap_or_default();
    let headers = format!("{TAKES}\r\nMCP-Protocol-Version: 2026-07-28\r\nMcp-Method: {method}{name}");
    (headers, json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}).to_string())
}

fn send(server: &Server, method: &str, token: &str, headers: &str, body: &str) -> Answer {
    let length = body.len();
    let head = format!(
        "{method} /mcp HTTP/1.1\r\nAuthorization: Bearer {token}\r\n{headers}\r\nContent-Length: {length}"
    );
    server.raw(&head, body.as_bytes())
}

fn call(server: &Server, token: &str, more: &str) -> Answer {
    let arguments = json!({"repo": "web", "path": "deploy.txt"});
    let (headers, body) = modern(1, "tools/call", json!({"name": "repo_read_file", "arguments": arguments}));
    send(server, "POST", token, &format!("{headers}{more}"), &body)
}

/// Opens a session.
fn initialize(server: &Server, token: &str) -> String {
    let params = json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}});
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params}).to_string();
    let answer = send(server, "POST", token, TAKES, &body);
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.header("mcp-session-id").unwrap().to_owned()
}

#[test]
fn both_eras_are_served_with_the_servers_own_tokens() {
    let server = Server::start();
    let token = server.token();
    let answer = call(&server, &token, "");
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")), "{answer:?}");
    let content = answer.json()["result"]["structuredContent"]["content"].clone();
    assert_eq!(content, "user = ci\nkey ***\n");
    for name in ["ratelimit", "ratelimit-policy", "gitoma-policy"] {
        let said = answer.headers.iter().filter(|(said, _)| said == name).count();
        assert_eq!(said, 1, "{name}: {answer:?}");
    }
    let session = initialize(&server, &token);
    let headers = format!("{TAKES}\r\nMcp-Session-Id: {session}\r\nMCP-Protocol-Version: 2025-11-25");
    let list = send(&server, "POST", &token, &headers, r#"{"jsonrpc":"2.0","id":2,"method":"tools/list"}"#);
    assert!(list.body.contains("repo_read_file"), "{list:?}");
    let operator = server.token_of("operator_token");
    let stolen =
        send(&server, "POST", &operator, &headers, r#"{"jsonrpc":"2.0","id":2,"method":"tools/list"}"#);
    assert_eq!(stolen.status, 404);
    assert_eq!(send(&server, "DELETE", &operator, &headers, "").status, 404);
    assert_eq!(send(&server, "DELETE", &token, &headers, "").status, 204);
    let entries = server.entries();
    let call = entries.iter().find(|entry| entry["kind"] == "intent").unwrap();
    assert_eq!((&call["transport"], &call["principal"]), (&json!("mcp"), &json!("agent")));
    let metrics = server.ask(&operator, "GET /metrics", "").body;
    let told =
        r#"gitoma_tool_calls_total{tool="repo_read_file",transport="mcp",decision="allow",outcome="ok"} 1"#;
    assert!(metrics.contains(told), "{metrics}");
}

/// What is the same in two answers to strangers.
fn told(answer: &Answer) -> (u16, Vec<String>, Value) {
    let mut document = answer.json();
    for varying in ["error_id", "instance"] {
        assert!(document[varying].take().is_string());
    }
    let mut headers: Vec<_> = answer.headers.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    headers.retain(|header| {
        !["date", "x-gitoma-call-id", "content-length"].iter().any(|name| header.starts_with(name))
    });
    headers.sort();
    (answer.status, headers, document)
}

#[test]
fn strangers_are_told_what_the_rest_of_the_server_tells_them() {
    let server = Server::start();
    for token in ["", "Authorization: Bearer wrong\r\n"] {
        let at = |path: &str| {
            server.raw(&format!("POST {path} HTTP/1.1\r\n{token}{TAKES}\r\nContent-Length: 2"), b"{}")
        };
        let (mcp, http) = (at("/mcp"), at("/api/v1/tools/git_log"));
        assert_eq!(told(&mcp), told(&http));
    }
    let place = Place::new();
    let configuration = place.configuration("principals:\n  - { name: claude, roles: [agent] }\n");
    let server = Server::start_with(place, &["--config", &configuration]);
    let (mcp, http) = (call(&server, "any", ""), server.ask("any", "POST /api/v1/tools/git_log", "{}"));
    assert_eq!(told(&mcp), told(&http));
    assert_eq!(mcp.status, 503);
}

#[test]
fn the_entrance_is_the_same_for_it() {
    let server = Server::start();
    let (token, port) = (server.token(), server.address.rsplit_once(':').unwrap().1.to_owned());
    assert_eq!(call(&server, &token, "\r\nOrigin: http://evil.example").status, 403);
    assert_eq!(call(&server, &token, "\r\nOrigin: http://127.0.0.1").status, 403, "another port");
    assert_eq!(call(&server, &token, &format!("\r\nOrigin: http://127.0.0.1:{port}")).status, 200);
    let (headers, body) = modern(1, "tools/list", json!({}));
    let bytes = format!(
        "POST /mcp HTTP/1.1\r\nHost: evil.example:{port}\r\nConnection: close\r\nAuthorization: Bearer {token}\r\n{headers}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    server.exact(bytes.as_bytes()).problem(421, "host_denied");
    let refused = call(&server, &token, "\r\nGitoma-Restrict: repos=none");
    assert_eq!(refused.json()["result"]["structuredContent"]["error"]["code"], "narrowed", "{refused:?}");
}

#[test]
fn failures_count_for_the_whole_server_and_by_the_address_that_a_proxy_names() {
    let place = Place::new();
    let configuration = place.configuration(
        "trusted_proxies: [127.0.0.1]\nprincipals:\n  - { name: claude, roles: [agent], token_file: claude.token }\n",
    );
    place.replace(&place.folder.path().join("claude.token"), b"a-good-token-of-claude-for-this-test");
    let server = Server::start_with(place, &["--config", &configuration]);
    let (good, from) = ("a-good-token-of-claude-for-this-test", "\r\nX-Forwarded-For: 192.0.2.1");
    assert_eq!(call(&server, good, from).status, 200);
    for _ in 0..7 {
        call(&server, "wrong", from);
    }
    let locked = call(&server, good, from);
    assert!(locked.header("retry-after").is_some());
    locked.problem(429, "rate_limited");
    let elsewhere = format!(
        "POST /api/v1/tools/git_log HTTP/1.1\r\nAuthorization: Bearer {good}{from}\r\nContent-Length: 2"
    );
    server.raw(&elsewhere, b"{}").problem(429, "rate_limited");
    assert_eq!(call(&server, good, "\r\nX-Forwarded-For: 192.0.2.2").status, 200);
}

#[test]
fn it_can_be_left_out_and_is_not_where_the_gateway_is_steered() {
    let mut server = Server::start();
    assert!(server.row("MCP").ends_with("/mcp (Streamable HTTP, with the same tokens)"));
    let server = Server::start_with(Place::new(), &["--no-mcp"]);
    call(&server, &server.token(), "").problem(404, "unknown_route");
    let (_, said, _) = server.stop();
    assert!(!said.contains("  MCP "), "{said}");
    for (said, status) in [("\"off\"", 404), ("\"on\"", 200)] {
        let place = Place::new();
        place.replace(&place.folder.path().join("claude.token"), b"a-good-token-of-claude-for-this-test");
        let configuration = place.configuration(&format!(
            "mcp: {said}\nprincipals:\n  - {{ name: claude, roles: [agent], token_file: claude.token }}\n"
        ));
        let server = Server::start_with(place, &["--config", &configuration]);
        assert_eq!(call(&server, "a-good-token-of-claude-for-this-test", "").status, status);
    }
    let place = Place::new();
    let configuration = place.configuration("mcp: perhaps\n");
    let output = place.server(&["--config", &configuration]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(
        String::from_utf8(output.stderr)
            .unwrap()
            .contains("`mcp` in the configuration file must be `on` or `off`")
    );

    let mut server = Server::start_with(Place::new(), &["--admin-listen", "127.0.0.1:0"]);
    assert_eq!(call(&server, &server.token(), "").status, 200);
    let admin = server.row("admin").strip_prefix("http://").unwrap().to_owned();
    let (headers, body) = modern(1, "tools/list", json!({}));
    let mut socket = TcpStream::connect(&admin).unwrap();
    let request = format!(
        "POST /mcp HTTP/1.1\r\nHost: {admin}\r\nConnection: close\r\nAuthorization: Bearer {}\r\n{headers}\r\nContent-Length: {}\r\n\r\n{body}",
        server.token(),
        body.len()
    );
    socket.write_all(request.as_bytes()).unwrap();
    Answer::read(&mut socket).problem(404, "unknown_route");
}

#[test]
fn over_a_sockets_file_the_user_is_known_without_a_token() {
    let place = Place::new();
    let path = place.folder.path().join("gitoma.sock");
    let mut command = crate::support::command(env!("CARGO_BIN_EXE_gitoma-http"), place.folder.path());
    command.arg("--state").arg(place.state()).arg("--repo").arg(place.repository());
    command.arg("--listen").arg(format!("unix:{}", path.display()));
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut said = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut said).unwrap();
    let (headers, body) = modern(1, "tools/list", json!({}));
    let request = format!(
        "POST /mcp HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut socket = UnixStream::connect(&path).unwrap();
    socket.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("repo_read_file"), "{answer}");
}

#[test]
fn pages_of_named_origins_may_hold_a_session() {
    let place = Place::new();
    place.replace(&place.folder.path().join("claude.token"), b"a-good-token-of-claude-for-this-test");
    let configuration = place.configuration(
        "cors_origins: ['https://board.example']\nprincipals:\n  - { name: claude, roles: [agent], token_file: claude.token }\n",
    );
    let server = Server::start_with(place, &["--config", &configuration]);
    let asks = "OPTIONS /mcp HTTP/1.1\r\nOrigin: https://board.example\r\nAccess-Control-Request-Method: DELETE\r\n\
                Access-Control-Request-Headers: authorization,mcp-session-id,mcp-protocol-version";
    let may = server.raw(asks, b"");
    let headers = may.header("access-control-allow-headers").unwrap();
    assert!(
        ["mcp-session-id", "mcp-protocol-version", "mcp-method", "mcp-name"]
            .iter()
            .all(|name| headers.contains(name)),
        "{may:?}"
    );
    assert!(may.header("access-control-allow-methods").unwrap().contains("DELETE"), "{may:?}");
    let answer = call(&server, "a-good-token-of-claude-for-this-test", "\r\nOrigin: https://board.example");
    assert!(answer.header("access-control-expose-headers").unwrap().contains("mcp-session-id"), "{answer:?}");
}

#[test]
fn a_stream_ends_with_the_server_which_does_not_wait_for_it() {
    let server = Server::start();
    let token = server.token();
    let session = initialize(&server, &token);
    let mut socket = server.connect();
    let request = format!(
        "GET /mcp HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {token}\r\nAccept: text/event-stream\r\nMcp-Session-Id: {session}\r\n\r\n",
        server.address
    );
    socket.write_all(request.as_bytes()).unwrap();
    let mut reader = BufReader::new(socket);
    let mut line = String::new();
    while !line.starts_with(": ") {
        line.clear();
        assert!(reader.read_line(&mut line).unwrap() > 0, "the stream begins");
    }
    let (status, _, place) = server.stop();
    assert!(status.success());
    let mut rest = String::new();
    reader.read_to_string(&mut rest).unwrap();
    assert!(rest.ends_with("0\r\n\r\n"), "the stream was ended, not cut off: {rest:?}");
    drop(place);
}

#[test]
fn a_client_that_goes_away_has_cancelled_what_stands_alone() {
    let place = Place::new();
    place.grow();
    let server = Server::start_with(place, &[]);
    let arguments = json!({"repo": "web", "path": "long.txt"});
    let (headers, body) = modern(1, "tools/call", json!({"name": "git_blame", "arguments": arguments}));
    let mut socket = server.connect();
    let request = format!(
        "POST /mcp HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\n{headers}\r\nContent-Length: {}\r\n\r\n{body}",
        server.address,
        server.token(),
        body.len()
    );
    socket.write_all(request.as_bytes()).unwrap();
    let kinds = |server: &Server| {
        let entries = server.entries();
        let of_calls = entries.iter().filter(|entry| entry["call_id"].is_string());
        of_calls
            .map(|entry| format!("{}", entry.get("outcome").unwrap_or(&entry["kind"])))
            .collect::<Vec<_>>()
    };
    eventually("the call begins", || kinds(&server) == [r#""intent""#]);
    drop(socket);
    eventually("the call is cancelled", || kinds(&server) == [r#""intent""#, r#""cancelled""#]);
}
