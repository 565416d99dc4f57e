//! Requests that mean harm, on every endpoint of the table: docs/openapi.json is made from it, so that a new endpoint is among them. Whatever
//! is sent, the answer is one that the document has, in the one shape of errors, and nothing that was sent comes back.

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use serde_json::Value;

use crate::support::{Place, Server};

/// What must never come back.
const CANARY: &str = "cAnArY7391";
const TOKEN: &str = "a-token-of-somebody-with-every-role";

const BREAKS_OFF: &str = "a body that breaks off";
const TRICKLES: &str = "a body that trickles";
/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// An endpoint of the document.
struct Endpoint {
    method: String,
    path: String,
    /// Its answers by status.
    responses: Value,
}

fn endpoints(document: &Value) -> Vec<Endpoint> {
    let paths = document["paths"].as_object().unwrap().iter();
    let each = paths.flat_map(|(path, item)| {
        item.as_object().unwrap().iter().map(move |(method, operation)| Endpoint {
            method: method.to_ascii_uppercase(),
            path: path.clone(),
            responses: operation["responses"].clone(),
        })
    });
    each.collect()
}

impl Endpoint {
    fn target(&self, name: &str) -> String {
        self.path.replace("{name}", name).replace("{id}", name)
    }

    /// The codes that a problem of that status may have here.
    fn codes<'document>(
        &'document self,
        document: &'document Value,
        status: u16,
    ) -> BTreeSet<&'document str> {
        let response = &self.responses[status.to_string()];
        let response = match response["$ref"].as_str() {
            Some(reference) => document.pointer(reference.trim_start_matches('#')).unwrap(),
            None => response,
        };
        let listed = &response["content"]["application/problem+json"]["schema"]["allOf"][1];
        let codes = listed["properties"]["code"]["enum"].as_array().into_iter().flatten();
        codes.filter_map(Value::as_str).collect()
    }
}

/// A request that means harm: what it is called, the target, lines of the head, the body.
struct Attack {
    name: &'static str,
    target: String,
    head: String,
    body: Vec<u8>,
    /// Whether the head itself is none, so that the server may hang up with no more than a status.
    broken: bool,
}

fn attacks(endpoint: &Endpoint, host: &str) -> Vec<Attack> {
    let plain = endpoint.target("git_log");
    let authorization = format!("Authorization: Bearer {TOKEN}\r\n");
    let named = format!("Host: {host}\r\n{authorization}");
    let mut attacks = Vec::new();
    let mut add = |name, target: &str, head: &str, body: &[u8]| {
        attacks.push(Attack {
            name,
            target: target.to_owned(),
            head: head.to_owned(),
            body: body.to_vec(),
            broken: false,
        });
    };
    let sized = |body: &[u8]| format!("{named}Content-Length: {}\r\n", body.len());
    add("another host", &plain, &format!("Host: {CANARY}.example\r\n{authorization}"), b"");
    add("two hosts", &plain, &format!("Host: {host}\r\nHost: {CANARY}.example\r\n{authorization}"), b"");
    add("no host", &plain, &authorization, b"");
    add("a target elsewhere", &format!("http://{CANARY}.example{plain}"), &named, b"");
    add("another origin", &plain, &format!("{named}Origin: http://{CANARY}.example\r\n"), b"");
    add("no origin", &plain, &format!("{named}Origin: null\r\n"), b"");
    add(
        "two origins",
        &plain,
        &format!("{named}Origin: http://{host}\r\nOrigin: http://{CANARY}.example\r\n"),
        b"",
    );
    add(
        "forwarded for",
        &plain,
        &format!("{named}X-Forwarded-For: {CANARY}, 127.0.0.1\r\nForwarded: for={CANARY}\r\n"),
        b"",
    );
    add("two tokens", &plain, &format!("{named}Authorization: Bearer {CANARY}\r\n"), b"");
    add("a wrong token", &plain, &format!("Host: {host}\r\nAuthorization: Bearer {CANARY}\r\n"), b"");
    add("another scheme", &plain, &format!("Host: {host}\r\nAuthorization: Basic {CANARY}\r\n"), b"");
    add(
        "ids of their own",
        &plain,
        &format!(
            "{named}X-Request-Id: {CANARY} {CANARY}\r\ntraceparent: {CANARY}\r\nLast-Event-ID: {CANARY}\r\n"
        ),
        b"",
    );
    add("a made-up restriction", &plain, &format!("{named}Gitoma-Restrict: {CANARY}\r\n"), b"");
    add("an unknown parameter", &format!("{plain}?{CANARY}=1"), &named, b"");
    add("a doubled parameter", &format!("{plain}?after=1&after={CANARY}"), &named, b"");
    add("lines in a parameter", &format!("{plain}?after=%0d%0aSet-Cookie:%20{CANARY}"), &named, b"");
    for (name, part) in [
        ("lines in the path", "%0d%0aSet-Cookie:%20cAnArY7391"),
        ("no text in the path", "%ff%fecAnArY7391"),
        ("a way up", "..%2f..%2fetc%2fcAnArY7391"),
        ("a NUL", "%00cAnArY7391"),
        ("a bad escape", "%zzcAnArY7391"),
    ] {
        add(name, &endpoint.target(part), &named, b"");
    }
    let deep = [vec![b'['; 100_000], vec![b']'; 100_000]].concat();
    let nested =
        [&b"{\"arguments\":"[..], &b"{\"a\":".repeat(10_000), b"1", &b"}".repeat(10_000), b"}"].concat();
    for (name, body) in [
        ("no JSON", format!("{{{CANARY}").into_bytes()),
        ("no text", [b"{\"arguments\":{\"".as_slice(), b"\xff\xfe", CANARY.as_bytes(), b"\":1}}"].concat()),
        ("a deep list", deep),
        ("deep objects", nested),
        ("an array", format!("[\"{CANARY}\"]").into_bytes()),
        ("a string", format!("\"{CANARY}\"").into_bytes()),
        ("a number", b"1e999".to_vec()),
        ("nothing", b"null".to_vec()),
        (
            "wrong types",
            format!("{{\"tool\":[\"{CANARY}\"],\"arguments\":\"{CANARY}\",\"note\":{{}}}}").into_bytes(),
        ),
        ("unknown members", format!("{{\"{CANARY}\":\"{CANARY}\",\"arguments\":{{}}}}").into_bytes()),
        ("doubled members", b"{\"arguments\":{},\"arguments\":{},\"tool\":\"x\",\"tool\":\"y\"}".to_vec()),
        ("unknown arguments", format!("{{\"arguments\":{{\"{CANARY}\":\"{CANARY}\"}}}}").into_bytes()),
        (
            "arguments of wrong types",
            format!("{{\"tool\":\"git_log\",\"arguments\":{{\"repo\":[\"{CANARY}\"]}}}}").into_bytes(),
        ),
        ("an unknown tool", format!("{{\"tool\":\"{CANARY}\",\"arguments\":{{}}}}").into_bytes()),
        (
            "lines in a value",
            format!("{{\"tool\":\"git_log\",\"arguments\":{{\"repo\":\"web\\r\\nX-{CANARY}: 1\"}}}}")
                .into_bytes(),
        ),
    ] {
        add(name, &plain, &sized(&body), &body);
    }
    add(
        "a body that is declared too long",
        &plain,
        &format!("{named}Content-Length: 99999999999\r\n"),
        CANARY.as_bytes(),
    );
    let chunk = [b"500000\r\n".as_slice(), &vec![b'x'; 0x50_0000], b"\r\n0\r\n\r\n"].concat();
    add("chunks that are too long", &plain, &format!("{named}Transfer-Encoding: chunked\r\n"), &chunk);
    add(
        "a chunk that is none",
        &plain,
        &format!("{named}Transfer-Encoding: chunked\r\n"),
        format!("{CANARY}\r\n").as_bytes(),
    );
    let piecemeal = format!("{{\"arguments\":{{\"{CANARY}\":1}}}}").into_bytes();
    add(TRICKLES, &plain, &sized(&piecemeal), &piecemeal);
    // Whoever hangs up waits for no answer.
    let (head, body) = (format!("{named}Content-Length: 5000\r\n"), CANARY.as_bytes().to_vec());
    attacks.push(Attack { name: BREAKS_OFF, target: plain.clone(), head, body, broken: true });
    for (name, head) in [
        ("a huge header", format!("{named}X-Filler: {}\r\n", CANARY.repeat(100_000))),
        ("very many headers", format!("{named}{}", format!("X-{CANARY}: 1\r\n").repeat(500))),
        ("a bare CR", format!("{named}X-Value: a\r{CANARY}\r\n")),
        ("two lengths", format!("{named}Content-Length: 1\r\nContent-Length: 2\r\nX-Value: {CANARY}\r\n")),
        (
            "a length and chunks",
            format!("{named}Content-Length: 1\r\nTransfer-Encoding: chunked\r\nX-Value: {CANARY}\r\n"),
        ),
    ] {
        attacks.push(Attack { name, target: plain.clone(), head, body: b"0\r\n\r\n".to_vec(), broken: true });
    }
    attacks
}

/// How a request is sent.
#[derive(Clone, Copy)]
struct How {
    hang_up: bool,
    /// How many bytes of its end come one by one.
    trickle: usize,
}

/// The answer as bytes: up to the end of the connection, or the head of one that does not end.
fn send(address: &str, request: &[u8], how: How) -> Vec<u8> {
    let mut socket = TcpStream::connect(address).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    // Who answers with a stream need not read what else comes.
    socket.set_write_timeout(Some(Duration::from_millis(500))).unwrap();
    // The server may answer, and close, before it has read everything.
    let (whole, rest) = request.split_at(request.len() - how.trickle);
    let _ = socket.write_all(whole);
    for byte in rest {
        let _ = socket.write_all(&[*byte]);
        std::thread::sleep(Duration::from_millis(2));
    }
    if how.hang_up {
        let _ = socket.shutdown(Shutdown::Write);
    }
    let (mut answer, mut piece) = (Vec::new(), [0; 16_384]);
    while let Ok(read @ 1..) = socket.read(&mut piece) {
        answer.extend_from_slice(&piece[..read]);
        if answer.windows(17).any(|window| window == b"text/event-stream") {
            break;
        }
    }
    answer
}

#[test]
fn every_endpoint_withstands_every_attack() {
    let document: Value = serde_json::from_str(include_str!("../../../../docs/openapi.json")).unwrap();
    let place = Place::new();
    place.replace(&place.folder.path().join("token"), TOKEN.as_bytes());
    let configuration = format!(
        "repositories: {{ web: {{ path: {} }} }}\n\
         principals: [{{ name: eve, roles: [agent, approver, auditor, admin], token_file: token }}]\n\
         limits: {{ origin: {{ per_minute: 1000000, burst: 100000 }}, principal: {{ per_minute: 1000000, burst: 100000 }} }}\n",
        place.repository().display()
    );
    let configuration = place.configuration(&configuration);
    let server = Server::start_with(place, &["--config", &configuration]);
    let (mut wrong, mut answered) = (Vec::new(), 0);
    for endpoint in endpoints(&document) {
        for attack in attacks(&endpoint, &server.address) {
            // The attack before may have been a good request to halt.
            assert_eq!(server.ask(TOKEN, "POST /api/v1/resume", "").status, 200);
            let line = format!("{} {} HTTP/1.1\r\nConnection: close\r\n", endpoint.method, attack.target);
            let request = [line.as_bytes(), attack.head.as_bytes(), b"\r\n", &attack.body].concat();
            let trickle = if attack.name == TRICKLES { attack.body.len() } else { 0 };
            let answer = send(&server.address, &request, How { hang_up: attack.name == BREAKS_OFF, trickle });
            let text = String::from_utf8_lossy(&answer);
            let what = format!("{} {}: {}", endpoint.method, endpoint.path, attack.name);
            let Some((head, body)) = text.split_once("\r\n\r\n") else {
                // A head that is none may get no answer at all.
                if !attack.broken {
                    wrong.push(format!("{what}: no answer but {text:?}"));
                }
                continue;
            };
            answered += 1;
            let status: u16 = head.split(' ').nth(1).unwrap().parse().unwrap();
            if text.contains(CANARY) {
                wrong.push(format!("{what}: what was sent comes back: {text}"));
            }
            if status < 400 || (attack.broken && body.is_empty()) {
                continue;
            }
            let problem: Value = serde_json::from_str(body).unwrap_or_default();
            let code = problem["code"].as_str().unwrap_or_default();
            // Where the target names no endpoint, or the address another server, it is not the endpoint that answers.
            let known = endpoint.codes(&document, status).contains(code)
                || ["unknown_route", "host_denied"].contains(&code);
            if !known || !head.contains("content-type: application/problem+json") || status >= 500 {
                wrong.push(format!("{what}: {status} {text}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {answered}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(answered > 500, "{answered}");
}
