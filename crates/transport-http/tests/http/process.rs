//! The process: how it starts, what it prints, when it refuses to start, how it bears slow clients, how it ends.

use std::io::{Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;

use gitoma_audit::{Verdict, verify};
use serde_json::json;

use crate::support::{Place, Server, command, entries};

/// How many connections there may be.
const CONNECTIONS: usize = 512;

#[test]
fn a_start_says_how_to_go_on_and_keeps_its_tokens_to_itself() {
    let server = Server::start();
    let (address, agent, operator) =
        (server.address.clone(), server.token_of("runtime_token"), server.token_of("operator_token"));
    for file in ["runtime_token", "operator_token"] {
        let mode = std::fs::metadata(server.place.state().join(file)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
    let (_, text, place) = server.stop();
    assert!(!text.contains(&agent) && !text.contains(&operator));
    let state = place.state().display().to_string();
    let repository = place.repository().display().to_string();
    for expected in [
        format!("curl -sS -H \"Authorization: Bearer $(cat {state}/runtime_token)\""),
        format!("http://{address}/api/v1/tools/git_log"),
        r#"-d '{"arguments":{"repo":"web","max_count":5}}'"#.to_owned(),
        format!("{state}/audit/"),
        "built-in, sha256 ".to_owned(),
    ] {
        assert!(text.contains(&expected), "{expected}\n{text}");
    }
    let client = client(&text).unwrap();
    let beside = std::path::Path::new(env!("CARGO_BIN_EXE_gitoma-http")).with_file_name("gitoma-mcp");
    assert_eq!(client["command"], beside.to_str().unwrap());
    assert_eq!(text.contains("--bin gitoma-mcp\n"), !beside.is_file(), "{text}");
    assert_eq!(client["args"], json!(["--repo", repository, "--state", state]));
}

/// The MCP client's entry in the text of a start, if there is one.
fn client(text: &str) -> Option<serde_json::Value> {
    let (_, block) = text.split_once("\n  {\n")?;
    let configuration: serde_json::Value = serde_json::from_str(&format!("{{{block}")).unwrap();
    Some(configuration["mcpServers"]["gitoma"].clone())
}

#[test]
fn with_a_configuration_file_the_start_says_who_can_call() {
    let agents = "  - { name: boss, roles: [admin] }\n  - { name: reader, roles: [agent] }\n";
    let digest = "0".repeat(64);
    let secured = format!("  - {{ name: boss, roles: [agent, admin], token_sha256: \"{digest}\" }}\n");
    for (principals, principal, can_log_in) in
        [("", Some("agent"), false), (agents, Some("reader"), false), (&secured, None, true)]
    {
        let place = Place::new();
        let list = if principals.is_empty() { String::new() } else { format!("principals:\n{principals}") };
        let configuration = place.configuration(&format!("allowed_hosts: []\n{list}"));
        let log = place.folder.path().join("log");
        let server = Server::start_logging(place, &["--config", &configuration], &log);
        let (_, text, place) = server.stop();
        let state = place.state().display().to_string();
        let repository = place.repository().display().to_string();
        let expected = principal.map(|name| {
            json!(["--repo", repository, "--config", configuration, "--state", state, "--principal", name])
        });
        assert_eq!(client(&text).map(|client| client["args"].clone()), expected, "{text}");
        assert_eq!(text.contains("whose only role is `agent`"), principal.is_none(), "{text}");
        assert_eq!(text.contains("curl") && text.contains("$GITOMA_TOKEN"), can_log_in, "{text}");
        assert_eq!(text.contains("answered with 503"), !can_log_in, "{text}");
        let log = read(&log);
        let warned = log.lines().any(|line| line.contains("WARN") && line.contains("503"));
        assert_eq!(warned, !can_log_in, "{log}");
    }
}

#[expect(clippy::disallowed_methods, reason = "reads the test's own files")]
fn read(path: &std::path::Path) -> String {
    std::fs::read_to_string(path).unwrap()
}

#[test]
fn the_printed_curl_command_works() {
    if command("curl", std::path::Path::new("/")).arg("--version").output().is_err() {
        eprintln!("skipped: no curl");
        return;
    }
    let place = Place::new();
    let mut child = place
        .server(&[])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let mut text = String::new();
    let mut stdout = child.stdout.take().unwrap();
    let mut byte = [0];
    while !text.contains("own gateway:") && stdout.read(&mut byte).unwrap() == 1 {
        text.push(char::from(byte[0]));
    }
    let (_, script) = text.split_once("Try it:\n\n").unwrap();
    let (script, _) = script.split_once("\n\n").unwrap();
    let output = command("sh", place.folder.path()).args(["-c", script]).output().unwrap();
    let _ = child.kill();
    let _ = child.wait();
    let answer = String::from_utf8(output.stdout).unwrap();
    assert!(answer.contains("\"call_id\"") && answer.contains("begin"), "{script}\n{answer}");
}

#[test]
fn starts_that_would_not_be_safe_are_refused() {
    let place = Place::new();
    let occupied = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = occupied.local_addr().unwrap().to_string();
    let unknown = place.configuration("listne: x\n");
    let nothing = place.folder.path().join("limits.yaml");
    place.replace(&nothing, b"limits: { tools: { git_blme: { concurrent: 1 } } }\n");
    let nothing = nothing.to_str().unwrap();
    let repository = place.repository().display().to_string();
    for (arguments, code, expected) in [
        (vec![], 2, "no repository is configured; name one with --repo PATH"),
        (vec!["--repo", &repository, "--listen", "0.0.0.0:0"], 2, "--insecure-bind"),
        (vec!["--repo", &repository, "--listen", "nowhere"], 2, "ADDRESS:PORT"),
        (vec!["--repo", &repository, "--config", &unknown], 2, "listne"),
        (
            vec!["--repo", &repository, "--config", nothing],
            2,
            "`limits.tools` names `git_blme`, and there is no such tool",
        ),
        (vec!["--repo", &repository, "--write-mode", "maybe"], 2, "--write-mode must be `on` or `off`"),
        (vec!["--repo", "/nowhere/at-all=gone"], 2, "repository `gone` is refused"),
        (
            vec!["--repo", &repository, "--policy", "/nowhere.yaml"],
            2,
            "the policy file `nowhere.yaml` cannot be read",
        ),
        (vec!["--unknown"], 2, "--unknown"),
    ] {
        let mut server = command(env!("CARGO_BIN_EXE_gitoma-http"), place.folder.path());
        let output = server.arg("--state").arg(place.state()).args(&arguments).output().unwrap();
        let text = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}\n{text}");
        assert!(text.contains("error: ") && text.contains(expected), "{arguments:?}\n{text}");
        assert!(output.stdout.is_empty(), "{arguments:?}");
    }
    let mut server = command(env!("CARGO_BIN_EXE_gitoma-http"), place.folder.path());
    let output = server
        .arg("--state")
        .arg(place.state())
        .args(["--repo", &repository, "--listen", &taken])
        .output()
        .unwrap();
    drop(occupied);
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("error: the listen address cannot be bound\n  caused by: "), "{text}");
    assert!(!place.state().join("audit").exists(), "a start that fails opens no chain");
}

/// A build with the feature `conformance-fixtures` fails here: what is released is what is tested.
#[test]
fn the_program_has_nothing_for_the_conformance_suite() {
    let place = Place::new();
    let program = env!("CARGO_BIN_EXE_gitoma-http");
    let home = place.folder.path();
    let version = command(program, home).arg("--version").output().unwrap().stdout;
    assert_eq!(String::from_utf8(version).unwrap(), concat!("gitoma-http ", env!("CARGO_PKG_VERSION"), "\n"));
    let asked = command(program, home).arg("--conformance-fixtures").output().unwrap();
    assert_eq!((asked.status.code(), asked.stdout.len()), (Some(2), 0), "nothing is there to be asked for");
    #[expect(clippy::disallowed_methods, reason = "a test looks into the program under test")]
    let program = std::fs::read(program).unwrap();
    let has = |text: &str| program.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(has("git_log") && !has("json_schema_2020_12_tool") && !has("test://static-text"));
}

#[test]
fn slow_clients_keep_nobody_waiting() {
    let server = Server::start();
    let slow: Vec<_> = (0..32)
        .map(|_| {
            let mut socket = server.connect();
            socket.write_all(b"POST /api/v1/tools/repo_list HTTP/1.1\r\nHost: ").unwrap();
            socket
        })
        .collect();
    let half = format!(
        "POST /api/v1/tools/repo_list HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nContent-Length: 100\r\n\r\n{{",
        server.address,
        server.token()
    );
    let mut stalled = server.connect();
    stalled.write_all(half.as_bytes()).unwrap();
    assert_eq!(server.call("repo_list", &json!({})).status, 200);
    drop((slow, stalled));
}

/// Whoever has a token may keep the server waiting for bodies on every connection that there may be, for as long as a body may take. Whoever
/// comes then is served, and can halt it.
#[test]
fn bodies_that_do_not_come_keep_no_operator_from_halting() {
    let server = Server::start();
    let head = format!(
        "POST /api/v1/decide HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nContent-Length: 4194304\r\n\r\n{{",
        server.address,
        server.token()
    );
    let begin = || {
        let mut socket = server.connect();
        socket.write_all(head.as_bytes()).unwrap();
        socket
    };
    let mut slow: Vec<_> = (0..CONNECTIONS).map(|_| begin()).collect();
    let before = std::time::Instant::now();
    let operator = server.token_of("operator_token");
    for _ in 0..4 {
        // A little more of each, which is progress of a kind.
        slow.iter_mut().for_each(|socket| drop(socket.write_all(b" ")));
        assert_eq!(server.ask(&operator, "GET /readyz", "").status, 200);
        slow.push(begin());
    }
    assert_eq!(server.ask(&operator, "POST /api/v1/halt", "{}").status, 200);
    server.call("repo_list", &json!({})).problem(503, "halted");
    let metrics = server.ask(&operator, "GET /metrics", "").body;
    let metric = |name: &str| -> usize {
        metrics.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok()).unwrap()
    };
    assert!(metric("gitoma_connections ") <= CONNECTIONS && metric("gitoma_connections ") > CONNECTIONS / 2);
    assert!(metric("gitoma_connections_gave_way_total ") >= 4, "{metrics}");
    assert!(before.elapsed().as_secs() < 25, "a body may take thirty seconds");
}

/// The bodies of one principal take so much memory together and no more, however many connections it has; nobody else minds.
#[test]
fn bodies_of_one_principal_are_bounded_together() {
    let server = Server::start();
    let length = 4 * 1024 * 1024 - 1;
    let agent = server.token();
    let begin = || {
        let mut socket = server.connect();
        let head = format!(
            "POST /api/v1/decide HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {agent}\r\nContent-Length: {length}\r\n\r\n",
            server.address,
        );
        socket.write_all(head.as_bytes()).unwrap();
        socket.write_all(&vec![b' '; length - 1]).unwrap();
        socket
    };
    let body = format!("{}{{\"tool\":\"repo_list\"}}", " ".repeat(1024 * 1024));
    let asked = |token: &str| server.ask(token, "POST /api/v1/decide", &body);
    let (mut held, mut refused) = (Vec::new(), None);
    let mut patience = std::time::Duration::from_millis(50);
    crate::support::eventually("all room is taken", || {
        // Whoever asks too early takes the room of one of them, and all begin again.
        held.clear();
        held.extend((0..16).map(|_| begin()));
        std::thread::sleep(patience);
        patience *= 2;
        refused = Some(asked(&agent)).filter(|answer| answer.status == 429);
        refused.is_some()
    });
    let refused = refused.unwrap();
    refused.problem(429, "busy");
    assert!(server.entries_of(&refused).iter().any(|entry| entry["code"] == "busy"), "it is on the record");
    let at_mcp = format!(
        "POST /mcp HTTP/1.1\r\nAuthorization: Bearer {agent}\r\nContent-Type: application/json\r\n\
         Accept: application/json, text/event-stream\r\nContent-Length: {}",
        body.len()
    );
    assert_eq!(server.raw(&at_mcp, body.as_bytes()).status, 429, "both doors have one room");
    let operator = server.token_of("operator_token");
    assert_eq!(asked(&operator).status, 200, "another principal has room of its own");
    assert_eq!(server.call("repo_list", &json!({})).status, 200, "what is small needs none");
    drop(held);
    crate::support::eventually("the room is given back", || asked(&agent).status == 200);
    assert_eq!(
        server.raw(&at_mcp, body.as_bytes()).status,
        400,
        "it is read, and no message of the protocol's"
    );
}

#[test]
fn a_stop_ends_in_good_order_though_connections_idle() {
    let server = Server::start();
    let mut half = server.connect();
    half.write_all(b"GET /healthz HTTP/1.1\r\nHo").unwrap();
    let mut idle = server.connect();
    let request = format!("GET /healthz HTTP/1.1\r\nHost: {}\r\n\r\n", server.address);
    idle.write_all(request.as_bytes()).unwrap();
    idle.read_exact(&mut [0; 15]).unwrap();
    assert_eq!(server.call("repo_list", &json!({})).status, 200);
    assert_eq!(server.call("repo_read_file", &json!({"repo": "web", "path": "../x"})).status, 403);

    let before = std::time::Instant::now();
    let (status, _, place) = server.stop();
    assert_eq!(status.code(), Some(0));
    assert!(
        before.elapsed().as_secs() < 8,
        "the ten seconds of grace are for requests, not for idle connections"
    );
    assert_eq!(verify(&place.state().join("audit")).unwrap().verdict, Verdict::Intact);
    let entries = entries(&place.state());
    assert_eq!(entries.last().unwrap()["kind"], "stop");
    assert_eq!(entries.iter().filter(|entry| entry["kind"] == "outcome").count(), 1);
    assert_eq!(entries.iter().filter(|entry| entry["kind"] == "refusal").count(), 1);
}

#[test]
fn work_that_nothing_ends_does_not_keep_the_process() {
    let server = Server::start();
    server.place.grow();
    let body = r#"{"arguments":{"repo":"web","path":"long.txt"}}"#;
    let mut socket = server.connect();
    let head = format!(
        "POST /api/v1/tools/git_blame HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nContent-Length: {}\r\n\r\n{body}",
        server.address,
        server.token(),
        body.len()
    );
    socket.write_all(head.as_bytes()).unwrap();
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(60);
    while !server.entries().iter().any(|entry| entry["kind"] == "intent") {
        assert!(std::time::Instant::now() < deadline, "the call never began");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    // By then the blame itself runs. Whoever hangs up gives up the call, but not the blame.
    std::thread::sleep(std::time::Duration::from_millis(500));
    drop(socket);
    let before = std::time::Instant::now();
    let (status, _, place) = server.stop();
    assert_eq!(status.code(), Some(0));
    assert!(before.elapsed().as_secs() < 8, "the blame was waited for: {:?}", before.elapsed());
    assert_eq!(verify(&place.state().join("audit")).unwrap().verdict, Verdict::Intact);
    let outcomes: Vec<_> =
        entries(&place.state()).into_iter().filter(|entry| entry["kind"] == "outcome").collect();
    assert_eq!(outcomes.len(), 1);
    assert_eq!(outcomes[0]["outcome"], "cancelled");
}

/// A library that stands before the system's: once the file that `HANG` names is there, no write to a
/// file and no sync comes back.
const HANG: &str = r#"
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
static int hang(void) {
    const char *file = getenv("HANG");
    while (file && access(file, F_OK) == 0) usleep(10000);
    return 0;
}
ssize_t write(int file, const void *bytes, size_t count) {
    struct stat found;
    if (file > 2 && fstat(file, &found) == 0 && S_ISREG(found.st_mode)) hang();
    return syscall(SYS_write, file, bytes, count);
}
int fdatasync(int file) { (void)file; return hang(); }
int fsync(int file) { (void)file; return hang(); }
"#;

#[test]
fn a_disk_that_hangs_does_not_keep_the_process() {
    let place = Place::new();
    let (source, library) = (place.folder.path().join("hang.c"), place.folder.path().join("hang.so"));
    place.replace(&source, HANG.as_bytes());
    let (sign, log) = (place.folder.path().join("sign"), place.folder.path().join("log"));
    let compiled = command("cc", place.folder.path())
        .args(["-shared", "-fPIC", "-o"])
        .args([&library, &source])
        .status();
    assert!(compiled.unwrap().success(), "the linker that Rust needs is a compiler as well");
    place.replace(&log, b"");
    let start = |place: Place, within: &str| {
        let mut server = place.server(&["--stop-within", within]);
        server.env("LD_PRELOAD", &library).env("HANG", &sign);
        #[expect(clippy::disallowed_methods, reason = "opens the test's own file")]
        let log = std::fs::OpenOptions::new().append(true).open(&log).unwrap();
        Server::spawn(place, server, log.into())
    };
    let server = start(place, "2");
    assert_eq!(server.call("repo_list", &json!({})).status, 200);
    server.place.replace(&sign, b"");
    // every thread of the runtime that takes a call hangs in it
    let head = format!(
        "POST /api/v1/tools/repo_list HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nContent-Length: 2\r\n\r\n{{}}",
        server.address,
        server.token()
    );
    let hanging: Vec<_> = (0..64)
        .map(|_| {
            let mut socket = server.connect();
            socket.write_all(head.as_bytes()).unwrap();
            socket
        })
        .collect();
    std::thread::sleep(std::time::Duration::from_millis(300));
    server.signal("TERM");
    crate::support::eventually("it is told", || read(&log).contains("told to stop; "));
    let (status, _, place) = server.stop();
    drop(hanging);
    assert_eq!(status.code(), Some(1), "{}", read(&log));
    let said = read(&log);
    assert!(said.contains("told to stop again, and stopping since before"), "{said}");
    assert!(said.contains("did not end in time"), "{said}");
    assert_eq!(verify(&place.state().join("audit")).unwrap().verdict, Verdict::Intact);

    // the next start goes on with the chain, and ends in good order once the disk answers
    #[expect(clippy::disallowed_methods, reason = "removes the test's own file")]
    std::fs::remove_file(&sign).unwrap();
    let server = start(place, "60");
    assert_eq!(server.call("repo_list", &json!({})).status, 200);
    let (status, _, place) = server.stop();
    assert_eq!(status.code(), Some(0), "{}", read(&log));
    assert_eq!(verify(&place.state().join("audit")).unwrap().verdict, Verdict::Intact);
    assert_eq!(entries(&place.state()).last().unwrap()["kind"], "stop");
}
