//! A process that is killed at any moment loses nothing that it was told is recorded.

use std::{
    env,
    io::{BufReader, Write as _},
    process::{Command, Stdio},
};

use super::*;

/// Where the child writes its log.
const PLACE: &str = "GITOMA_AUDIT_TEST_KILLED";

/// Not a test of its own: the process that is killed. Tells on standard output what was acknowledged.
#[test]
fn child() {
    let Some(place) = env::var_os(PLACE) else { return };
    let log = Log::open(options(Path::new(&place))).unwrap();
    thread::scope(|scope| {
        for number in 0..4_u64 {
            let log = &log;
            scope.spawn(move || {
                for turn in 0_u64.. {
                    let intent = if turn.is_multiple_of(4) { write(turn) } else { read(number) };
                    let entry = log.begin_blocking(intent).unwrap();
                    let intent = entry.receipt();
                    let outcome = entry.finish_blocking(ok()).unwrap();
                    let told = format!(
                        "ack {} {}\nack {} {}\n",
                        intent.seq, intent.entry_hash, outcome.seq, outcome.entry_hash
                    );
                    // past the capture of the test harness, in one piece
                    std::io::stdout().lock().write_all(told.as_bytes()).unwrap();
                }
            });
        }
    });
}

#[test]
fn nothing_acknowledged_is_lost() {
    let state = tempdir().unwrap();
    let mut acknowledged = Vec::new();
    for turn in 0..10_usize {
        let mut child = Command::new(env::current_exe().unwrap())
            .args(["--exact", "log::tests::killed::child", "--nocapture", "--test-threads=1"])
            .env(PLACE, state.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut told = BufReader::new(child.stdout.take().unwrap());
        // killed after ever more entries, while all four threads are writing
        for _ in 0..10 + turn * turn * 7 {
            take(&mut told, &mut acknowledged);
        }
        child.kill().unwrap();
        while take(&mut told, &mut acknowledged) {}
        child.wait().unwrap();
    }
    drop(log(state.path(), 7));
    let entries = all(state.path());
    assert!(acknowledged.len() > 1_000);
    for (seq, hash) in acknowledged {
        assert_eq!(entries[seq].entry_hash.to_string(), hash);
    }
    assert_eq!(entries.iter().filter(|entry| entry.kind == Kind::Start).count(), 11);
    assert_intact(state.path());
}

/// Reads one line and notes what it acknowledges; `false` at the end.
fn take(told: &mut impl std::io::BufRead, acknowledged: &mut Vec<(usize, String)>) -> bool {
    let mut line = String::new();
    told.read_line(&mut line).unwrap();
    if let Some(text) = line.strip_prefix("ack ").and_then(|text| text.strip_suffix('\n')) {
        let (seq, hash) = text.split_once(' ').unwrap();
        acknowledged.push((seq.parse().unwrap(), hash.to_owned()));
    }
    !line.is_empty()
}
