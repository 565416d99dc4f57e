//! `gitoma-audit`: verdicts, exit codes, and entries for people.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use serde_json::Value;

use crate::support::{Place, Said, program};

/// A chain with an executed call, a refusal and a dry run.
fn recorded() -> Place {
    let place = Place::new();
    place.on_web(&["call", "git_log"]).ends(0);
    place.on_web(&["call", "repo_read_file", "--arg", "path=.env"]).ends(3);
    place.on_web(&["policy", "explain", "git_log"]).ends(0);
    place
}

#[expect(clippy::disallowed_methods, reason = "a log of the test, to be damaged")]
fn rewrite(place: &Place, change: impl FnOnce(&mut Vec<u8>)) {
    let log = place.log();
    let mut bytes = place.read(&log);
    change(&mut bytes);
    std::fs::write(log, bytes).unwrap();
}

/// The line, from 1, and the byte at which each line begins.
fn line_starts(bytes: &[u8]) -> Vec<usize> {
    let ends = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1);
    std::iter::once(0).chain(ends).take_while(|start| *start < bytes.len()).collect()
}

fn verify(place: &Place) -> Said {
    place.audit(&["verify", "state/audit"])
}

#[test]
fn an_intact_chain_ends_with_zero() {
    let place = recorded();
    let said = verify(&place).ends(0);
    let entries = place.entries();
    let last = entries.last().unwrap();
    assert!(
        said.out.starts_with(&format!("chain {}: intact\n", last["chain_id"].as_str().unwrap())),
        "{}",
        said.out
    );
    assert!(said.out.contains(&format!(
        "head: seq {}, {}",
        last["seq"],
        last["entry_hash"].as_str().unwrap()
    )));
    let report = place.audit(&["verify", "state/audit", "--json"]).ends(0).json();
    assert_eq!(report["verdict"], "intact");
    assert_eq!(report["directories"][0]["chains"][0]["entries"], entries.len());
    // The folder of the chain alone, and both together.
    let chain = place.log().parent().unwrap().to_str().unwrap().to_owned();
    place.audit(&["verify", &chain]).ends(0);
    place.audit(&["verify", &chain, "state/audit"]).ends(0);
}

#[test]
fn one_flipped_byte_is_found_and_its_line_named() {
    let place = recorded();
    let original = place.read(&place.log());
    let starts = line_starts(&original);
    assert!(starts.len() >= 5);
    for (number, start) in starts.iter().enumerate().take(starts.len() - 1) {
        rewrite(&place, |bytes| bytes[start + 120] ^= 1);
        let said = verify(&place).ends(1);
        assert!(said.out.contains(": TAMPERED\n"), "{}", said.out);
        let at = format!(".jsonl, line {}, byte {start}, seq {number}\n", number + 1);
        assert!(said.out.contains(&at), "{at:?} in {}", said.out);
        let report = place.audit(&["verify", "state/audit", "--json"]).ends(1).json();
        let fault = &report["directories"][0]["chains"][0]["fault"];
        assert_eq!(
            (&report["verdict"], &fault["line"]),
            (&Value::from("tampered"), &Value::from(number + 1))
        );
        rewrite(&place, |bytes| bytes.clone_from(&original));
    }
    verify(&place).ends(0);
}

#[test]
fn hashes_alone_and_the_number_of_threads_can_be_asked_for() {
    let place = recorded();
    let head = |said: &Said| said.out.lines().find(|line| line.contains("head: ")).map(str::to_owned);
    let whole = verify(&place).ends(0);
    let fast = place.audit(&["verify", "state/audit", "--fast"]).ends(0);
    assert_eq!(head(&fast), head(&whole));
    let note = "note: hashes and links alone were looked at; without --fast everything is";
    assert!(fast.out.contains(note) && !whole.out.contains(note), "{}", fast.out);
    for (depth, arguments) in [
        ("entries", &["verify", "state/audit", "--json", "--threads", "1"][..]),
        ("hashes", &["verify", "state/audit", "--json", "--threads", "3", "--fast"]),
    ] {
        assert_eq!(place.audit(arguments).ends(0).json()["directories"][0]["depth"], depth);
    }
    rewrite(&place, |bytes| bytes[1_000] ^= 1);
    let (whole, fast) = (verify(&place).ends(1), place.audit(&["verify", "state/audit", "--fast"]).ends(1));
    assert_eq!(fast.out.replace(&format!("\n{note}"), ""), whole.out);
    place.audit(&["verify", "state/audit", "--threads", "0"]).ends(2);
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a log of the test, to be damaged")]
fn a_segment_that_cannot_be_read_leaves_no_verdict() {
    let place = recorded();
    let log = place.log();
    std::fs::remove_file(&log).unwrap();
    std::os::unix::fs::symlink("elsewhere", &log).unwrap();
    let said = verify(&place).ends(2);
    let name = log.file_name().unwrap().to_str().unwrap();
    assert!(said.err.contains(&format!("{name} cannot be read, so nothing is said")), "{}", said.err);
    assert_eq!(said.out, "");
    let report = place.audit(&["verify", "state/audit", "--json"]).ends(2).json();
    assert_eq!(report["verdict"], Value::Null);
}

/// The chain itself is whole, and shown; whether somebody writes it is what nobody can tell.
#[test]
#[expect(clippy::disallowed_methods, reason = "a log of the test, to be damaged")]
fn a_lock_that_cannot_be_looked_at_is_named() {
    let place = recorded();
    let log = place.log();
    let (lock, name) = (log.with_file_name("lock"), log.file_name().unwrap().to_str().unwrap());
    let chain = log.parent().unwrap().to_str().unwrap().to_owned();
    for link in [false, true] {
        std::fs::remove_file(&lock).unwrap();
        if link {
            std::os::unix::fs::symlink("elsewhere", &lock).unwrap();
        } else {
            std::fs::create_dir(&lock).unwrap();
        }
        for directory in ["state/audit", &chain] {
            let said = place.audit(&["verify", directory]).ends(2);
            assert!(
                said.err.contains("`lock` cannot be looked at") && !said.err.contains(name),
                "{}",
                said.err
            );
        }
        for command in [&["show", "state/audit"][..], &["tail", "state/audit"], &["stats", "state/audit"]] {
            let said = place.audit(command).ends(0);
            assert_eq!(said.err, "");
        }
        for command in [&["repair", &*chain][..], &["prune", &chain, "--before", "3"]] {
            let said = place.audit(command).ends(2);
            assert!(said.err.contains("lock") && !said.err.contains(name), "{}", said.err);
        }
        let said = place.on_web(&["call", "git_log"]).ends(1);
        assert!(said.err.contains("cannot lock a chain of the audit log"), "{}", said.err);
        if !link {
            std::fs::remove_dir(&lock).unwrap();
            std::fs::write(&lock, "").unwrap();
        }
    }
}

/// Runs in 128 MiB of addresses, of which the program itself takes up some.
#[test]
#[expect(clippy::disallowed_methods, reason = "a log of the test, to be damaged")]
fn a_line_longer_than_memory_is_no_burden() {
    let place = recorded();
    let log = place.log();
    let verify = || {
        let mut command = program("sh", &place.path(""));
        let script = "ulimit -v 131072 && exec \"$0\" verify state/audit --threads 2";
        command.args(["-c", script, env!("CARGO_BIN_EXE_gitoma-audit")]);
        Said::from(command.output().unwrap())
    };
    verify().ends(0);
    let file = std::fs::OpenOptions::new().write(true).open(&log).unwrap();
    file.set_len(file.metadata().unwrap().len() + (1 << 28)).unwrap();
    assert!(verify().ends(4).out.contains(": torn tail\n"));
    file.set_len(0).unwrap();
    file.set_len(1 << 28).unwrap();
    assert!(verify().ends(1).out.contains("line_too_long"));
}

#[test]
fn a_removed_line_is_found() {
    let place = recorded();
    rewrite(&place, |bytes| {
        let starts = line_starts(bytes);
        bytes.drain(starts[2]..starts[3]);
    });
    let said = verify(&place).ends(1);
    assert!(said.out.contains("line 3, ") && said.out.contains("was removed"), "{}", said.out);
    // And the gateway does not write on beside it.
    let said = place.on_web(&["call", "git_log"]).ends(1);
    assert!(said.err.contains("is damaged (seq_gap); `gitoma-audit verify` names the line"), "{}", said.err);
}

#[test]
fn a_torn_tail_ends_with_four_and_the_next_start_mends_it() {
    let place = recorded();
    rewrite(&place, |bytes| bytes.extend_from_slice(b"{\"v\":1,\"chain_id\":\"01"));
    let said = verify(&place).ends(4);
    assert!(said.out.contains(": torn tail\n") && said.out.contains("a crash leaves this"), "{}", said.out);
    assert_eq!(place.audit(&["verify", "state/audit", "--json"]).ends(4).json()["verdict"], "torn");
    let shown = place.audit(&["show", "state/audit"]).ends(4);
    assert!(shown.err.contains("no entry (torn_tail)"), "{}", shown.err);
    place.on_web(&["call", "git_log"]).ends(0);
    assert!(verify(&place).ends(0).out.contains("a torn tail was taken away"));
    assert!(place.audit(&["show", "state/audit"]).ends(0).out.contains("  recover  "));
}

#[test]
fn what_cannot_be_looked_at_ends_with_two() {
    let place = recorded();
    for (arguments, expected) in [
        (&["verify"][..], "DIR"),
        (&["show"], "DIR"),
        (&["verify", "gone"], "error: gone: the audit log cannot be read"),
        (&["verify", "web/src"], "error: web/src: there is no audit chain here"),
        (&["show", "web/src"], "error: web/src: there is no audit chain here"),
        (&["verify", "state/audit", "--surprise"], "--surprise"),
        (&["show", "state/audit", "--limit", "0"], "--limit"),
    ] {
        let said = place.audit(arguments).ends(2);
        assert!(said.err.contains(expected), "{arguments:?}: {}", said.err);
    }
    // One that cannot be looked at weighs more than one that can.
    let said = place.audit(&["verify", "state/audit", "gone"]).ends(2);
    assert!(said.out.contains(": intact\n"), "{}", said.out);
    let report = place.audit(&["verify", "state/audit", "gone", "--json"]).ends(2).json();
    assert_eq!(report["verdict"], Value::Null);
    assert_eq!(report["directories"][1]["directory"], "gone");
    assert!(report["directories"][1]["error"].is_string());
}

#[test]
fn show_gives_each_entry_one_line() {
    let place = recorded();
    let said = place.audit(&["show", "state/audit"]).ends(0);
    let entries = place.entries();
    assert_eq!(said.out.lines().count(), entries.len() + 1, "a header and a line an entry: {}", said.out);
    let find =
        |kind: &str| said.out.lines().find(|line| line.split_whitespace().nth(2) == Some(kind)).unwrap();
    let words = |line: &str| line.split_whitespace().skip(2).map(str::to_owned).collect::<Vec<_>>();
    let intent = words(find("intent"));
    assert_eq!(intent[..5], ["intent", "agent", "git_log", "web", "allow"], "{intent:?}");
    let outcome = words(find("outcome"));
    assert_eq!(outcome[..5], ["outcome", "agent", "git_log", "web", "ok"], "{outcome:?}");
    let refusal = find("refusal");
    assert!(refusal.contains("repo_read_file") && refusal.contains("path_denied"), "{refusal}");
    let columns: Vec<_> = [find("intent"), find("outcome")].iter().map(|line| line.find("git_log")).collect();
    assert_eq!(columns[0], columns[1], "columns are aligned");
}

#[test]
fn show_filters_and_gives_the_lines_as_they_stand() {
    let place = recorded();
    let raw = String::from_utf8(place.read(&place.log())).unwrap();
    assert_eq!(place.audit(&["show", "state/audit", "--json"]).ends(0).out, raw, "byte for byte");
    let last = place.audit(&["show", "state/audit", "--json", "--limit", "2"]).ends(0).out;
    assert!(raw.ends_with(&last) && last.lines().count() == 2);
    let log = place.audit(&["show", "state/audit", "--tool", "git_log", "--json"]).ends(0).out;
    let kinds: Vec<_> =
        log.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["kind"].clone()).collect();
    assert_eq!(&kinds[..2], ["intent", "outcome"], "an outcome is one of its intent's tool");
    assert!(!log.contains("repo_read_file"));
    let refusal = place.entries().into_iter().find(|entry| entry["kind"] == "refusal").unwrap();
    let id = refusal["call_id"].as_str().unwrap();
    let of_call = place.audit(&["show", "state/audit", "--call", id, "--json"]).ends(0);
    assert_eq!(of_call.json(), refusal);
    assert_eq!(place.audit(&["show", "state/audit", "--tool", "nothing"]).ends(0).out, "");
}

#[test]
fn a_line_that_is_no_entry_does_not_hide_the_others() {
    let place = recorded();
    let before = place.audit(&["show", "state/audit"]).ends(0).out.lines().count();
    rewrite(&place, |bytes| {
        let start = line_starts(bytes)[2];
        bytes[start] = b'[';
    });
    let said = place.audit(&["show", "state/audit"]).ends(1);
    assert_eq!(said.out.lines().count(), before - 1);
    assert!(said.err.contains(".jsonl, line 3: no entry ("), "{}", said.err);
}

#[test]
fn a_reader_that_leaves_is_no_failure() {
    let place = Place::new();
    for _ in 0..3 {
        place.on_web(&["call", "git_log"]).ends(0);
    }
    // Many times the same chain, so that the pipe fills.
    let mut arguments = vec!["show"];
    arguments.extend(["state/audit"; 200]);
    let mut child =
        place.audit_command(&arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    let mut reader = BufReader::with_capacity(64, child.stdout.take().unwrap());
    reader.read_line(&mut line).unwrap();
    drop(reader);
    assert!(line.starts_with("chain "), "{line}");
    let said = Said::from(child.wait_with_output().unwrap()).ends(0);
    assert_eq!(said.err, "");
}
