//! `gitoma doctor` on addresses: a session over Streamable HTTP with this machine, and none with any other.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::{doctor, failures, said};
use crate::support::{Place, Said};

/// What a server answers with: the head's status and fields, and the body.
type Answer = (&'static str, String);
/// A request as it came: method, fields in lower case, and body.
type Request = (String, Vec<(String, String)>, Value);

/// A server that notes what comes and answers by `answer`.
struct Server {
    port: u16,
    seen: Arc<Mutex<Vec<Request>>>,
}

impl Server {
    fn start(answer: impl Fn(&Request) -> Answer + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let noted = Arc::clone(&seen);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let Some(request) = read(&stream) else { continue };
                let (head, body) = answer(&request);
                noted.lock().unwrap().push(request);
                let mut stream = stream;
                // The doctor may have heard enough.
                let _ = write!(stream, "HTTP/1.1 {head}\r\nconnection: close\r\n\r\n{body}");
            }
        });
        Self { port, seen }
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}/mcp", self.port)
    }
}

fn read(stream: &TcpStream) -> Option<Request> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let method = line.split(' ').next()?.to_owned();
    let mut fields = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        fields.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let length = fields.iter().find(|(name, _)| name == "content-length");
    let mut body = vec![0; length.map_or(0, |(_, length)| length.parse().unwrap())];
    reader.read_exact(&mut body).ok()?;
    Some((method, fields, serde_json::from_slice(&body).unwrap_or(Value::Null)))
}

fn field<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
    request.1.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

/// The result that a gateway would give.
fn result(request: &Value) -> Value {
    let info = json!({ "name": "gitoma", "version": "0.1.0" });
    match request["method"].as_str().unwrap() {
        "initialize" => json!({ "protocolVersion": "2025-11-25", "capabilities": {}, "serverInfo": info }),
        "server/discover" => json!({
            "resultType": "complete", "supportedVersions": ["2025-11-25", "2026-07-28"],
            "_meta": { "io.modelcontextprotocol/serverInfo": info },
        }),
        "tools/list" if request["params"]["cursor"].is_null() => {
            json!({ "tools": [{}, {}], "nextCursor": "2" })
        }
        "tools/list" => json!({ "tools": [{}] }),
        _ => json!({ "content": [], "structuredContent": { "repositories": [{}, {}] } }),
    }
}

fn message(request: &Request) -> String {
    json!({ "jsonrpc": "2.0", "id": request.2["id"], "result": result(&request.2) }).to_string()
}

/// A gateway that answers in JSON, or as a stream of events with other things in it and a body that does not end at once.
fn gateway(is_stream: bool) -> Server {
    Server::start(move |request| {
        if field(request, "authorization") != Some("Bearer right") {
            return ("403 Forbidden\r\ncontent-type: application/problem+json", "{}".to_owned());
        }
        if request.0 == "DELETE" {
            return ("204 No Content", String::new());
        }
        if request.2["id"].is_null() {
            return ("202 Accepted", String::new());
        }
        if is_stream {
            let other = json!({ "jsonrpc": "2.0", "method": "notifications/message", "params": {} });
            let body = format!(
                ": hello\r\n\r\nid: 1\r\ndata:\r\n\r\nevent: message\r\ndata: {other}\r\n\r\ndata: {}\r\n\r\n: more\r\n",
                message(request)
            );
            return ("200 OK\r\ncontent-type: text/event-stream\r\nmcp-session-id: s1", body);
        }
        ("200 OK\r\ncontent-type: application/json\r\nmcp-session-id: s1", message(request))
    })
}

pub(super) fn report(place: &Place, entry: &Value, token: Option<&str>) -> Said {
    place.folder(".cursor");
    place.file(".cursor/mcp.json", &json!({ "mcpServers": { "gitoma": entry } }).to_string());
    let mut command = place.command(&["doctor", "--project", "web", "--json", "--patience", "2"]);
    if let Some(token) = token {
        command.env("GITOMA_TOKEN", token);
    }
    command.output().unwrap().into()
}

pub(super) fn referring(url: &str) -> Value {
    json!({ "url": url, "headers": { "Authorization": "Bearer ${env:GITOMA_TOKEN}" } })
}

#[test]
fn a_gateway_is_spoken_to_in_both_eras() {
    for is_stream in [false, true] {
        let (place, server) = (Place::new(), gateway(is_stream));
        let said = report(&place, &referring(&server.url()), Some("right")).ends(0);
        for era in ["2025-11-25", "2026-07-28"] {
            let expected = format!("session {era}: gitoma 0.1.0, 3 tools, repo_list lists 2 repositories");
            assert!(said.out.contains(&expected), "{}", said.out);
        }
        let seen = server.seen.lock().unwrap();
        let (old, new) = seen.split_at(seen.iter().position(|request| request.0 == "DELETE").unwrap() + 1);
        assert!(old.iter().skip(1).all(|request| field(request, "mcp-session-id") == Some("s1")), "{old:?}");
        assert!(
            old.iter().skip(1).all(|request| field(request, "mcp-protocol-version") == Some("2025-11-25"))
        );
        for request in new {
            assert_eq!(field(request, "mcp-protocol-version"), Some("2026-07-28"));
            assert_eq!(field(request, "mcp-method"), request.2["method"].as_str());
            assert_eq!(field(request, "mcp-name"), request.2["params"]["name"].as_str());
            assert_eq!(field(request, "mcp-session-id"), None);
            assert_eq!(request.2["params"]["_meta"]["io.modelcontextprotocol/protocolVersion"], "2026-07-28");
        }
        for request in seen.iter() {
            assert_eq!(field(request, "accept"), Some("application/json, text/event-stream"));
            assert_eq!(field(request, "host").unwrap(), format!("127.0.0.1:{}", server.port));
        }
    }
}

#[test]
fn tokens_are_told_of_and_never_shown() {
    let (place, server) = (Place::new(), gateway(false));
    let said = report(&place, &referring(&server.url()), Some("wr0ng-token")).ends(1);
    assert!(said.out.contains("does not accept the token") && !said.out.contains("wr0ng"), "{}", said.out);
    let said = report(&place, &referring(&server.url()), None).ends(1);
    assert!(said.out.contains("from the variable GITOMA_TOKEN, which is not set here"), "{}", said.out);
    let written = json!({ "url": server.url(), "headers": { "authorization": "Bearer right" } });
    let said = report(&place, &written, None).ends(0);
    assert!(
        said.out.contains("has a token in the file itself") && !said.out.contains("right"),
        "{}",
        said.out
    );
}

#[test]
fn what_is_no_gateway_is_told_by_its_fault() {
    const JSON: &str = "200 OK\r\ncontent-type: application/json";
    let long = format!("[\"{}\"]", "x".repeat(5 << 20));
    for (head, body, expected) in [
        ("401 Unauthorized", String::new(), "takes no calls without a token"),
        ("404 Not Found", "nothing here".to_owned(), "HTTP status 404"),
        ("500 Internal Server Error", String::new(), "HTTP status 500"),
        ("302 Found\r\nlocation: http://127.0.0.1:1/", String::new(), "HTTP status 302"),
        (JSON, "[]".to_owned(), "not what the protocol asks for"),
        (JSON, "{".to_owned(), "not what the protocol asks for"),
        (JSON, long, "says more than"),
        (
            "200 OK\r\ncontent-type: text/event-stream",
            "data: {}\n\n".to_owned(),
            "not what the protocol asks for",
        ),
        (
            "400 Bad Request\r\ncontent-type: application/json",
            json!({ "jsonrpc": "2.0", "id": null, "error": { "code": -32022, "message": "x" } }).to_string(),
            "with an error -32022",
        ),
    ] {
        let answer = body.clone();
        let (place, server) = (Place::new(), Server::start(move |_| (head, answer.clone())));
        let report = report(&place, &referring(&server.url()), Some("right")).ends(1).json();
        let failures = failures(&report);
        assert!(failures.iter().any(|failure| failure.contains(expected)), "{head}: {failures:?}");
    }
    let place = Place::new();
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let said = report(&place, &referring(&format!("http://127.0.0.1:{closed}/mcp")), Some("right")).ends(1);
    assert!(said.out.contains("nobody answers at that address"), "{}", said.out);
    // Takes the connection and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://127.0.0.1:{}/mcp", silent.local_addr().unwrap().port());
    let said = report(&place, &referring(&url), Some("right")).ends(1);
    assert!(said.out.contains("said nothing for 2 seconds"), "{}", said.out);
}

/// What a refusal says of the gateway: policy at work is well, too much to do is a warning, and all else serves nobody.
#[test]
fn only_a_refusal_by_policy_is_a_working_gateway() {
    for (code, outcome, words) in [
        ("denied", "ok", ""),
        ("unknown_tool", "ok", ""),
        ("approval_required", "ok", ""),
        ("too_many_approvals", "ok", ""),
        ("out_of_scope", "ok", ""),
        ("rate_limited", "warning", "when it has less to do"),
        ("busy", "warning", "when it has less to do"),
        ("halted", "failed", "gitoma resume"),
        ("sealed", "failed", "gitoma-audit verify"),
        ("outcome_unrecorded", "failed", "gitoma-audit verify"),
        ("audit_unavailable", "failed", "its disk has room"),
        ("unavailable", "failed", "state directory"),
        ("internal", "failed", "its log"),
        ("not_configured", "failed", "gitoma token new"),
        ("shutting_down", "failed", "start it anew"),
        ("anything_else", "failed", "its log"),
    ] {
        for way in ["result", "error", "list", "problem"] {
            let place = Place::new();
            let refusal = json!({ "error": { "code": code, "message": "x", "executed": false } });
            let server = Server::start(move |request| {
                let json = "200 OK\r\ncontent-type: application/json";
                let (id, method) = (&request.2["id"], request.2["method"].as_str().unwrap_or_default());
                let error = json!({ "code": -32603, "message": "x", "data": refusal });
                match (way, method) {
                    _ if id.is_null() => ("202 Accepted", String::new()),
                    ("result", "tools/call") => {
                        let result = json!({ "isError": true, "content": [], "structuredContent": refusal });
                        (json, json!({ "jsonrpc": "2.0", "id": id, "result": result }).to_string())
                    }
                    ("error", "tools/call") | ("list", "tools/list") => {
                        (json, json!({ "jsonrpc": "2.0", "id": id, "error": error }).to_string())
                    }
                    ("problem", "tools/list") => (
                        "503 Service Unavailable\r\ncontent-type: application/problem+json",
                        json!({ "type": format!("urn:gitoma:error:{code}"), "code": code }).to_string(),
                    ),
                    _ => (json, message(request)),
                }
            });
            let is_called = way == "result" || way == "error";
            // Policy refuses calls, and no lists.
            let outcome = if outcome == "ok" && !is_called { "failed" } else { outcome };
            let answer = report(&place, &referring(&server.url()), Some("right"));
            let answer = answer.ends(i32::from(outcome == "failed")).json();
            let checks = answer["checks"].as_array().unwrap().iter();
            let sessions: Vec<_> = checks
                .filter(|check| check["said"].as_str().is_some_and(|said| said.starts_with("session ")))
                .collect();
            assert_eq!(sessions.len(), 2, "{code} {way}: {answer}");
            for session in sessions {
                assert_eq!(session["outcome"], outcome, "{way}: {session}");
                assert!(session["said"].as_str().unwrap().contains(&format!("({code})")), "{way}: {session}");
                let next = session["next"].as_str().unwrap_or_default();
                assert!(next.contains(words), "{way}: {session}");
            }
        }
    }
}

#[test]
fn no_other_machine_is_called_and_no_project_chooses_what_is_sent() {
    let place = Place::new();
    for url in [
        "https://127.0.0.1:4310/mcp",
        "http://gateway.example.com/mcp",
        "http://127.0.0.1.example.com/mcp",
        "http://127.0.0.1:4310@gateway.example.com/mcp",
        "http://user@127.0.0.1:4310/mcp",
        "unix:///run/gitoma.sock",
        "",
    ] {
        let said = report(&place, &referring(url), Some("right")).ends(0);
        assert!(said.out.contains("an address that is not looked at"), "{url}: {}", said.out);
    }
    let server = gateway(false);
    place.folder("web/.cursor");
    let entry = json!({ "url": server.url(), "headers": { "Authorization": "Bearer ${env:HOME_SECRET}" } });
    place.file("web/.cursor/mcp.json", &json!({ "mcpServers": { "gitoma": entry } }).to_string());
    let mut command = place.command(&["doctor", "--project", "web", "--json"]);
    let answer = Said::from(command.env("HOME_SECRET", "right").output().unwrap()).ends(1).json();
    assert!(
        said(&answer, "cursor (project)")[0].1.contains("not set here, or not a project's to ask for"),
        "{answer}"
    );
    assert!(server.seen.lock().unwrap().is_empty(), "nothing was sent");
}

/// VS Code keeps the token that it asks for.
#[test]
fn a_token_that_the_client_keeps_is_no_failure() {
    let (place, server) = (Place::new(), Server::start(|_| ("401 Unauthorized", String::new())));
    let url = server.url();
    place.gitoma(&["install", "--client", "vscode", "--url", &url]).ends(0);
    let report = doctor(&place, &["--json"]).ends(0).json();
    let told = said(&report, "vscode (user)");
    assert!(
        told.iter().all(|(outcome, text)| *outcome == "warning" && text.contains("the client keeps")),
        "{told:?}"
    );
    assert_eq!(told.len(), 2);
}

/// Codex has a place of its own for each kind of header, and puts in no variables.
#[test]
fn the_headers_of_codex_are_read_where_it_reads_them() {
    let server = gateway(false);
    let url = server.url();
    for (fields, token, code, expected) in [
        ("bearer_token_env_var = \"GITOMA_TOKEN\"", "right", 0, "3 tools"),
        ("env_http_headers = { authorization = \"GITOMA_TOKEN\" }", "Bearer right", 0, "3 tools"),
        ("http_headers = { Authorization = \"Bearer right\" }", "x", 0, "has a token in the file itself"),
        ("http_headers = { Authorization = \"Bearer right\" }", "x", 0, "3 tools"),
        (
            "http_headers = { Authorization = \"Bearer ${GITOMA_TOKEN}\" }",
            "right",
            1,
            "does not accept the token",
        ),
        ("headers = { Authorization = \"Bearer right\" }", "right", 1, "does not accept the token"),
        ("env_http_headers = { Authorization = \"NO_SUCH\" }", "right", 1, "from the variable NO_SUCH"),
        ("bearer_token = \"right\"", "right", 1, "refuses its whole configuration"),
        ("command = \"gitoma-mcp\"", "right", 1, "refuses its whole configuration"),
    ] {
        let place = Place::new();
        place.folder(".codex");
        place.file(".codex/config.toml", &format!("[mcp_servers.gitoma]\nurl = \"{url}\"\n{fields}\n"));
        let mut command = place.command(&["doctor", "--project", "web", "--json", "--client", "codex"]);
        let said = Said::from(command.env("GITOMA_TOKEN", token).output().unwrap()).ends(code);
        assert!(said.out.contains(expected), "{fields}: {}", said.out);
    }
}
