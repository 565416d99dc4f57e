//! A process that is killed at any moment loses nothing that it was told is recorded, and has signed nothing that is not there.

use std::{
    env,
    io::{BufReader, Write as _},
    process::{Command, Stdio},
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use super::{checkpoints::notes, *};
use crate::{
    checkpoint::sink::{CheckpointSink, FileSink},
    key::SigningKey,
    log::{LogOptions, OpenEntry, Receipt, checkpoints::CheckpointOptions, rotate::Rotation},
    specimen::wait_for,
};

/// Where the child writes its log.
const PLACE: &str = "GITOMA_AUDIT_TEST_KILLED";
/// How often a process is killed; `just proof` says 500.
const KILLS: &str = "GITOMA_PROOF_KILLS";

/// Segments of a few hundred entries, and checkpoints all the time, which a directory keeps too.
fn segmented(place: &Path) -> LogOptions {
    let sinks: Vec<Arc<dyn CheckpointSink>> = vec![Arc::new(FileSink::open(place.join("copies")).unwrap())];
    let key = SigningKey::read(&place.join("key")).unwrap();
    let checkpoints =
        CheckpointOptions { interval: Duration::from_millis(10), sinks, ..CheckpointOptions::new(key) };
    LogOptions {
        rotation: Rotation { bytes: 150_000, ..Rotation::default() },
        checkpoints: Some(checkpoints),
        ..options(&place.join("audit"))
    }
}

/// Tells what was acknowledged, past the capture of the test harness and in one piece.
fn tell(intent: Receipt, outcome: Receipt) {
    let told =
        format!("ack {} {}\nack {} {}\n", intent.seq, intent.entry_hash, outcome.seq, outcome.entry_hash);
    std::io::stdout().lock().write_all(told.as_bytes()).unwrap();
}

/// Not a test of its own: the process that is killed. Half of its callers block, half are futures.
#[test]
fn child() {
    let Some(place) = env::var_os(PLACE) else { return };
    let log = Log::open(segmented(Path::new(&place))).unwrap();
    let intent = |number, turn: u64| if turn.is_multiple_of(4) { write(turn) } else { read(number) };
    let receipt = OpenEntry::receipt;
    thread::scope(|scope| {
        for number in 0..8_u64 {
            let log = &log;
            scope.spawn(move || {
                for turn in 0_u64.. {
                    let entry = log.begin_blocking(intent(number, turn)).unwrap();
                    tell(receipt(&entry), entry.finish_blocking(ok()).unwrap());
                }
            });
            scope.spawn(move || {
                run(async {
                    for turn in 0_u64.. {
                        let entry = log.begin(intent(number, turn)).await.unwrap();
                        tell(receipt(&entry), entry.finish(ok()).await.unwrap());
                    }
                });
            });
        }
    });
}

#[test]
fn nothing_acknowledged_is_lost() {
    let kills = env::var(KILLS).map_or(30, |kills| kills.parse().unwrap());
    let mut segments = 0;
    for begin in (0..kills).step_by(10) {
        segments += kill(10.min(kills - begin));
    }
    assert!(segments > kills / 4, "{segments} segments of {kills} kills are too few to say anything");
}

/// Kills writers of one chain; returns how many segments they wrote.
fn kill(kills: usize) -> usize {
    let state = tempdir().unwrap();
    let directory = state.path().join("audit");
    fs::create_dir(state.path().join("copies")).unwrap();
    let key = super::checkpoints::key();
    key.create(&state.path().join("key")).unwrap();
    let (mut acknowledged, mut covered) = (Vec::new(), 0);
    for turn in 0..kills {
        let mut child = Command::new(env::current_exe().unwrap());
        child.args(["--exact", "log::tests::killed::child", "--nocapture", "--test-threads=1"]);
        let mut child = child.env(PLACE, state.path()).stdout(Stdio::piped()).spawn().unwrap();
        let mut told = BufReader::new(child.stdout.take().unwrap());
        let writes = AtomicBool::new(false);
        thread::scope(|scope| {
            let reading = scope.spawn(|| {
                let mut acknowledged = Vec::new();
                while take(&mut told, &mut acknowledged) {
                    writes.store(!acknowledged.is_empty(), Ordering::Relaxed);
                }
                acknowledged
            });
            // at no particular moment: in its start, in a line, in a sync, in a rotation; each second one has certainly begun to write
            if turn % 2 == 0 {
                wait_for(|| writes.load(Ordering::Relaxed));
            }
            thread::sleep(Duration::from_micros(
                20_000 + u64::from(uuid::Uuid::now_v7().as_u128() as u16) * 3,
            ));
            child.kill().unwrap();
            acknowledged.extend(reading.join().unwrap());
        });
        child.wait().unwrap();
        let log = Log::open(segmented(state.path())).unwrap();
        let found = log.status().checkpoints.unwrap().size;
        assert!(found >= covered, "{found} entries are covered, where {covered} were");
        drop(log);
        covered = notes(&directory, &[&key]).0.last().copied().unwrap();
        assert_intact(&directory);
    }
    let entries = all(&directory);
    assert_eq!(covered, entries.len() as u64);
    assert!(acknowledged.len() > 4 * kills, "{}", acknowledged.len());
    for (seq, hash) in acknowledged {
        assert_eq!(entries[seq].entry_hash.to_string(), hash);
    }
    fs::read_dir(directory.join(entries[0].chain_id.to_string()))
        .unwrap()
        .filter(|item| item.as_ref().unwrap().file_name().to_string_lossy().starts_with("seg-"))
        .count()
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
