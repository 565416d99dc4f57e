//! How a server begins and ends: principals, cancellation, the end of the input, signals, and what each leaves on the record.

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::support::{Client, SECRET, World};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

/// Begins a search that takes a while, and waits until its intent is on the record.
fn begin_search(world: &World, client: &mut Client) {
    let search = json!({"name": "git_grep", "arguments": {"repo": "demo", "pattern": "(a|b|c)+x[0-9]{3}$"}});
    client.send(&json!({"jsonrpc": "2.0", "id": "search", "method": "tools/call", "params": search}));
    world.wait_for_intent();
}

fn has_answer(frames: &[Value], id: &str) -> bool {
    frames.iter().any(|frame| frame["id"] == id)
}

#[test]
fn a_cancelled_call_is_not_answered_and_its_end_is_recorded() {
    let world = World::new();
    world.grow();
    let mut client = world.start();
    client.initialize();
    begin_search(&world, &mut client);
    let params = json!({"requestId": "search", "reason": "no longer wanted"});
    client.send(&json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": params}));
    client.assert_alive();
    let ended = client.end();
    assert!(ended.status.success());
    assert!(!has_answer(&ended.seen, "search"));
    assert_eq!(world.story(), ["intent/allowed", "outcome/cancelled"]);
    world.assert_intact();
}

#[test]
fn the_end_of_the_input_leaves_no_intent_without_an_outcome() {
    let world = World::new();
    world.grow();
    let mut client = world.start();
    client.initialize();
    begin_search(&world, &mut client);
    let ended = client.end();
    assert!(ended.status.success());
    let story = world.story();
    assert_eq!((story.len(), story[0].as_str()), (2, "intent/allowed"), "{story:?}");
    assert_eq!(story[1] == "outcome/ok", has_answer(&ended.seen, "search"), "{story:?}");
    assert_eq!(world.entries().last().unwrap()["kind"], "stop");
    world.assert_intact();
}

/// A client that is killed: its end of each stream is gone, whatever it was about to say or to hear.
#[test]
fn a_client_that_vanishes_leaves_a_record_that_is_whole() {
    let call = |id: i64, text: &str| {
        let params = json!({"name": "git_grep", "arguments": {"repo": "demo", "pattern": text}});
        format!("{}\n", json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params}))
    };
    let search = call(1, "(a|b|c)+x[0-9]{3}$");
    let large = (0..40).map(|id| call(id, "fox")).collect::<String>();
    let half = call(1, "half of a call that nobody made");
    for (what, last, calls) in [
        ("while a call runs", search.as_str(), true),
        ("while answers are written", &large, true),
        ("while it writes", half.get(..half.len() - 20).unwrap(), false),
    ] {
        let world = World::new();
        if calls {
            world.grow();
        }
        let (mut input, theirs_in) = UnixStream::pair().unwrap();
        let (output, theirs_out) = UnixStream::pair().unwrap();
        let mut command = world.command(&[]);
        command.stdin(OwnedFd::from(theirs_in)).stdout(OwnedFd::from(theirs_out)).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        drop(command);
        let client = json!({"name": "t", "version": "1"});
        let params = json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client});
        let initialize = json!({"jsonrpc": "2.0", "id": "init", "method": "initialize", "params": params});
        input.write_all(format!("{initialize}\n").as_bytes()).unwrap();
        let mut opened = String::new();
        BufReader::new(output.try_clone().unwrap()).read_line(&mut opened).unwrap();
        assert!(opened.contains("serverInfo"), "{opened}");
        input.write_all(last.as_bytes()).unwrap();
        if calls {
            world.wait_for_intent();
        }
        drop((input, output));
        let deadline = Instant::now() + Duration::from_secs(60);
        let status = loop {
            if let Some(status) = child.try_wait().unwrap() {
                break status;
            }
            assert!(Instant::now() < deadline, "{what}: the server waits for nobody");
            std::thread::sleep(Duration::from_millis(2));
        };
        assert!(status.success(), "{what}: {status}");
        let story = world.story();
        let count = |kind: &str| story.iter().filter(|entry| entry.starts_with(kind)).count();
        assert_eq!((count("intent/"), count("intent/") > 0), (count("outcome/"), calls), "{what}: {story:?}");
        assert!(
            calls || story == ["refusal/malformed"],
            "{what}: a call that was cut off is refused: {story:?}"
        );
        assert_eq!(world.entries().last().unwrap()["kind"], "stop", "{what}");
        world.assert_intact();
    }
}

#[test]
fn a_client_that_ends_its_input_and_reads_nothing_is_not_waited_for() {
    // Fewer answers than may wait, and more, so that not everything it asked for is read.
    for calls in [38, 149] {
        let world = World::new();
        world.write("large.txt", &"quick brown fox ".repeat(800));
        let mut command = world.command(&[]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let (mut input, output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let client = json!({"name": "t", "version": "1"});
        let params = json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client});
        let initialize = json!({"jsonrpc": "2.0", "id": "init", "method": "initialize", "params": params});
        writeln!(input, "{initialize}").unwrap();
        for id in 0..calls {
            let params =
                json!({"name": "repo_read_file", "arguments": {"repo": "demo", "path": "large.txt"}});
            writeln!(
                input,
                "{}",
                json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params})
            )
            .unwrap();
        }
        world.wait_for_intent();
        drop(input);
        let deadline = Instant::now() + Duration::from_secs(50);
        let status = loop {
            if let Some(status) = child.try_wait().unwrap() {
                break status;
            }
            assert!(Instant::now() < deadline, "{calls}: the server waits for nobody");
            std::thread::sleep(Duration::from_millis(5));
        };
        drop(output);
        assert!(status.success(), "{calls}: an orderly end, and not that of a deadline: {status}");
        let story = world.story();
        let count = |kind: &str| story.iter().filter(|entry| entry.starts_with(kind)).count();
        assert_eq!(count("intent/"), count("outcome/"), "{calls}: {story:?}");
        assert_eq!(world.entries().last().unwrap()["kind"], "stop", "{calls}");
        world.assert_intact();
    }
}

#[test]
fn a_client_that_ends_its_input_and_reads_slowly_has_its_answers() {
    let world = World::new();
    world.write("large.txt", &"quick brown fox ".repeat(800));
    let mut client = world.start();
    client.initialize();
    for id in 0..20 {
        let params = json!({"name": "repo_read_file", "arguments": {"repo": "demo", "path": "large.txt"}});
        client.send(&json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params}));
    }
    let ended = client.end();
    let answers = ended.seen.iter().filter(|frame| frame["result"]["isError"] == false).count();
    assert_eq!(answers, 20);
}

#[test]
fn signals_end_the_server_as_the_end_of_the_input_does() {
    for signal in [Signal::TERM, Signal::INT] {
        for start in [Client::over_pipes, Client::over_sockets] {
            let world = World::new();
            let mut client = start(world.command(&[]));
            client.initialize();
            client.call(1, "repo_list", &json!({}));
            let pid = Pid::from_raw(i32::try_from(client.child.id()).unwrap()).unwrap();
            kill_process(pid, signal).unwrap();
            let ended = client.wait();
            assert!(ended.status.success(), "{signal:?}: {}", ended.log);
            assert_eq!(world.story(), ["intent/allowed", "outcome/ok"]);
            assert_eq!(world.entries().last().unwrap()["kind"], "stop");
            world.assert_intact();
        }
    }
}

#[test]
fn a_running_server_is_halted_and_takes_up_policy() {
    let rules = |effect: &str| {
        format!(
            "version: 1\nglobal:\n  rules:\n    - {{ id: r, effect: {effect}, tools: [repo_list], capability: read }}\n"
        )
    };
    let world = World::new();
    world.write("policy.yaml", &rules("allow"));
    let policy = world.repository().join("policy.yaml");
    let mut client = Client::over_pipes(world.command(&["--policy", policy.to_str().unwrap()]));
    client.initialize();
    let mut id = 0;
    let mut call = || {
        id += 1;
        client.call(id, "repo_list", &json!({})).to_string()
    };
    assert!(call().contains("demo"));
    let halt = world.audit().with_file_name("halt");
    std::fs::create_dir(&halt).unwrap();
    let refused = call();
    assert!(refused.contains("halted") && !refused.contains("demo"), "{refused}");
    std::fs::remove_dir(&halt).unwrap();
    assert!(call().contains("demo"));
    world.write("policy.yaml", &rules("deny"));
    let begun = std::time::Instant::now();
    while call().contains("demo") {
        assert!(begun.elapsed().as_secs() < 20, "the new policy never counts");
    }
}

#[test]
fn a_client_that_is_never_there_is_no_failure() {
    let world = World::new();
    let ended = world.start().end();
    assert!(ended.status.success(), "{}", ended.log);
    assert!(ended.seen.is_empty());
    world.assert_intact();
}

#[test]
fn what_does_not_hold_refuses_the_start() {
    let world = World::new();
    let no_principal = "error: --principal cannot be used: no principal of that name is configured with the role `agent` alone\n";
    let table: [(&[&str], &str); 5] = [
        (&["--principal", "nobody"], no_principal),
        (&["--principal", "operator"], no_principal),
        (&["--write-mode", "maybe"], "error: --write-mode must be `on` or `off`\n"),
        (&["--repo", "/"], "error: "),
        (&["--no-such-flag"], "error: unexpected argument"),
    ];
    for (arguments, expected) in table {
        let ended = Client::over_pipes(world.command(arguments)).wait();
        assert_eq!(ended.status.code(), Some(2), "{arguments:?}: {}", ended.log);
        let said = ended.log.lines().find(|line| line.starts_with("error: ")).map(|line| format!("{line}\n"));
        assert!(said.unwrap_or_default().starts_with(expected), "{arguments:?}: {}", ended.log);
        assert!(ended.seen.is_empty());
    }
}

#[test]
fn the_principal_is_the_one_that_was_named() {
    let world = World::new();
    let configuration =
        "principals:\n  - { name: agent, roles: [agent] }\n  - { name: reviewer, roles: [agent] }\n";
    world.write("gitoma.yaml", configuration);
    let file = world.repository().join("gitoma.yaml");
    let mut client =
        Client::over_pipes(world.command(&["--principal", "reviewer", "--config", file.to_str().unwrap()]));
    client.initialize();
    client.call(1, "repo_list", &json!({}));
    let ended = client.end();
    assert!(ended.status.success(), "{}", ended.log);
    let entries = world.entries();
    let intents = entries.iter().filter(|entry| entry["kind"] == "intent");
    let principals: Vec<&Value> = intents.map(|entry| &entry["principal"]).collect();
    assert_eq!(principals, ["reviewer"]);
}

/// What stops a start quotes the line of a file where it stands; whoever started the process logs it.
#[test]
fn a_start_that_fails_tells_no_secret() {
    let world = World::new();
    world.write("broken.yaml", &format!("{SECRET}: 1\n"));
    let file = world.repository().join("broken.yaml");
    for flag in ["--config", "--policy"] {
        let output = world.command(&[flag, file.to_str().unwrap()]).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && said.contains("unknown key"), "{said}");
        assert!(!said.contains(SECRET.get(4..).unwrap()), "{said}");
    }
}
