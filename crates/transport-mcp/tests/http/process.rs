//! The real `gitoma-mcp --listen`: how it begins and ends, what it logs, and that its files behave as over standard input.

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::SocketAddr;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use crate::house::until;
use crate::wire::{Answer, Client};
use crate::world::{SECRET, World};

const PATIENCE: Duration = Duration::from_secs(60);

/// A running `gitoma-mcp --listen`.
struct Process {
    child: Child,
    address: SocketAddr,
    log: JoinHandle<String>,
    stdout: JoinHandle<String>,
}

impl Process {
    fn start(mut command: Command) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let (found, address): (_, Receiver<SocketAddr>) = channel();
        let errors = BufReader::new(child.stderr.take().unwrap());
        let log = std::thread::spawn(move || {
            let mut all = String::new();
            for line in errors.lines().map_while(Result::ok) {
                let event: Value = serde_json::from_str(&line).unwrap_or_default();
                if event["message"] == "listening" {
                    let address = event["address"].as_str().unwrap();
                    let address = address.strip_prefix("http://").unwrap().strip_suffix("/mcp").unwrap();
                    let _ = found.send(address.parse().unwrap());
                }
                all.push_str(&line);
                all.push('\n');
            }
            all
        });
        let mut output = child.stdout.take().unwrap();
        let stdout = std::thread::spawn(move || {
            let mut text = String::new();
            output.read_to_string(&mut text).unwrap();
            text
        });
        let address = address.recv_timeout(PATIENCE).expect("the log names the address");
        Self { child, address, log, stdout }
    }

    /// Sends the signal, and waits for the end: the status, the log, and what went to standard output.
    fn end(mut self, signal: Signal) -> (ExitStatus, String, String) {
        kill_process(Pid::from_raw(i32::try_from(self.child.id()).unwrap()).unwrap(), signal).unwrap();
        let status = self.child.wait().unwrap();
        (status, self.log.join().unwrap(), self.stdout.join().unwrap())
    }
}

fn start(world: &World, more: &[&str], log: &str) -> (Process, String) {
    let mut command = world.command(&[&["--listen", "127.0.0.1:0"], more].concat());
    command.env("GITOMA_LOG", log);
    let process = Process::start(command);
    let path = world.audit().with_file_name("runtime_token");
    #[expect(clippy::disallowed_methods, reason = "a test reads the token as a client's owner does")]
    let token = std::fs::read_to_string(path).unwrap();
    (process, token.trim().to_owned())
}

#[test]
fn files_are_read_as_over_standard_input_and_no_log_level_lets_a_secret_out() {
    let world = World::new();
    world.write("more.txt", "one more\n");
    world.commit();
    let (process, token) = start(&world, &[], "trace");
    for client in Client::both(process.address, &token) {
        let answer = client.call(1, "repo_read_file", &json!({"repo": "demo", "path": "hello.txt"})).json();
        assert_eq!(answer["result"]["structuredContent"]["content"], "hello\ntoken ***\nbye\n");
        assert_eq!(answer["result"]["_meta"]["gitoma/redactions"], 1);
        client.call(2, "git_grep", &json!({"repo": "demo", "pattern": "unlikely-needle"}));
        let denied = client.call(3, "repo_read_file", &json!({"repo": "demo", "path": ".env"})).json();
        assert_eq!(denied["result"]["structuredContent"]["error"]["code"], "path_denied");
    }
    let wrong = Client::modern(process.address, "a-token-that-is-wrong").ask(1, "tools/list", &json!({}));
    assert_eq!(wrong.status, 403);
    let (status, log, stdout) = process.end(Signal::TERM);
    assert!(status.success() && stdout.is_empty(), "standard output is the protocol's alone: {stdout}");
    for line in log.lines() {
        let event: Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("not JSON: {line}"));
        assert!(event["level"].is_string(), "{line}");
    }
    assert!(log.contains("gitoma::call"));
    for secret in [SECRET, "unlikely-needle", &token, "a-token-that-is-wrong", "hello.txt"] {
        assert!(!log.contains(secret), "{secret} is in the log");
    }
    world.assert_intact();
    assert!(world.entries().iter().any(|entry| entry["transport"] == "mcp" && entry["kind"] == "intent"));
    assert_eq!(world.story().iter().filter(|entry| *entry == "refusal/path_denied").count(), 2);
}

/// A build with the feature `conformance-fixtures` fails here: what is released is what is tested.
#[test]
fn the_program_knows_no_tool_of_the_conformance_suite() {
    let world = World::new();
    let (process, token) = start(&world, &[], "info");
    let listed = Client::modern(process.address, &token).ask(1, "tools/list", &json!({})).text();
    process.end(Signal::TERM);
    #[expect(clippy::disallowed_methods, reason = "a test looks into the program under test")]
    let program = std::fs::read(env!("CARGO_BIN_EXE_gitoma-mcp")).unwrap();
    let has = |text: &str| memchr::memmem::find(&program, text.as_bytes()).is_some();
    assert!(listed.contains("git_log") && has("git_log"), "{listed}");
    for text in ["Exists for the conformance suite", "json_schema_2020_12_tool", "test build"] {
        assert!(!listed.contains(text) && !has(text), "{text}");
    }
    let version = world.command(&["--version"]).output().unwrap().stdout;
    assert_eq!(String::from_utf8(version).unwrap(), concat!("gitoma-mcp ", env!("CARGO_PKG_VERSION"), "\n"));
    let asked = world.command(&["--conformance-fixtures"]).output().unwrap();
    assert_eq!((asked.status.code(), asked.stdout.len()), (Some(2), 0), "nothing is there to be asked for");
}

#[test]
fn signals_end_it_with_its_calls_on_the_record() {
    for signal in [Signal::TERM, Signal::INT] {
        let world = World::new();
        world.grow();
        let (process, token) = start(&world, &[], "info");
        let [modern, legacy] = Client::both(process.address, &token);
        let mut listening = Answer::read_head(legacy.begin("GET", &[], b""));
        let search =
            json!({"name": "git_grep", "arguments": {"repo": "demo", "pattern": "(a|b|c)+x[0-9]{3}$"}});
        let asked = modern.start(1, "tools/call", &search, &[]);
        world.wait_for_intent();
        let (status, log, _) = process.end(signal);
        assert!(status.success(), "{log}");
        assert_eq!(listening.next_frame(), None);
        assert_eq!(
            Answer::read_head(asked).next_frame_of_one()["result"]["isError"],
            false,
            "it had its time"
        );
        assert_eq!(world.story(), ["intent/allowed", "outcome/ok"]);
        assert_eq!(world.entries().last().unwrap()["kind"], "stop");
        world.assert_intact();
    }
}

#[test]
fn a_search_tells_how_far_it_has_come_and_stops_when_nobody_waits() {
    let world = World::new();
    world.grow();
    let (process, token) = start(&world, &[], "info");
    let client = Client::modern(process.address, &token);
    let arguments = json!({"repo": "demo", "pattern": "(a|b|c)+x[0-9]{3}$"});
    let params = json!({"name": "git_grep", "arguments": arguments, "_meta": {"progressToken": "t"}});
    let mut answer = Answer::read_head(client.start(1, "tools/call", &params, &[]));
    let notice = answer.next_frame().unwrap();
    assert_eq!(notice["params"]["message"], "files searched", "{notice}");
    answer.hang_up();
    until("the search is cancelled", || world.story().len() == 2);
    assert_eq!(world.story(), ["intent/allowed", "outcome/cancelled"]);
    process.end(Signal::TERM);
    world.assert_intact();
}

#[test]
fn what_does_not_hold_refuses_the_start() {
    let world = World::new();
    for (arguments, said) in [
        (&["--listen", "0.0.0.0:0"] as &[&str], "error: --listen must be an address of this machine's own"),
        (&["--listen", "[::]:0"], "run gitoma-http"),
        (&["--listen", "somewhere"], "error: --listen must be ADDRESS:PORT"),
        (&["--listen", "127.0.0.1:0", "--principal", "agent"], "cannot be used with"),
    ] {
        let output = world.command(arguments).output().unwrap();
        let log = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {log}");
        assert!(log.contains(said) && output.stdout.is_empty(), "{arguments:?}: {log}");
    }
    assert!(world.entries().is_empty() && world.repository().exists());
}

#[test]
fn without_a_principal_that_can_log_in_everybody_is_told_so() {
    let world = World::new();
    world.write("gitoma.yaml", "principals:\n  - { name: agent, roles: [agent] }\n");
    let file = world.repository().join("gitoma.yaml");
    let command = world.command(&["--listen", "localhost:0", "--config", file.to_str().unwrap()]);
    let process = Process::start(command);
    let answer = Client::modern(process.address, "any").ask(1, "tools/list", &json!({}));
    assert_eq!((answer.status, &answer.json()["code"]), (503, &json!("not_configured")));
    let (_, log, _) = process.end(Signal::TERM);
    assert!(log.contains("no principal has a token"), "{log}");
}
