//! What an entry costs beside the bare system calls, in the same run: `cargo bench -p gitoma-audit`.

use std::{cell::RefCell, fs::File, io::Write as _, sync::Arc, time::Duration};

use divan::Bencher;
use gitoma_audit::{
    Access, CallFields, Capability, CheckpointOptions, Effect, Intent, Log, LogOptions, Outcome,
    OutcomeStatus, Refused, RuleRef, SigningKey,
};
use tempfile::TempDir;
use uuid::Uuid;

fn main() {
    divan::main();
}

/// An intent of about 690 bytes.
fn intent(durable: bool) -> Intent {
    let call = CallFields {
        principal: Some("agent".into()),
        roles: Arc::from([Arc::from("agent")]),
        tool: Some("repo_read_file".into()),
        capability: Some(Capability::Read),
        accesses: vec![Access {
            repo: Some("acme/web".into()),
            paths: vec!["src/lib.rs".to_owned()],
            ..Access::default()
        }],
        write_mode: Some("off"),
        effect: Some(Effect::Allow),
        enforced: Some(true),
        rules: vec![RuleRef { id: "read-all".into(), line: 14 }],
        policy_generation: Some(1),
        ..CallFields::new(Uuid::now_v7(), "http")
    };
    Intent { call, durable, args_commit: None }
}

fn log() -> (TempDir, Log) {
    open(|_| {})
}

/// A log with a checkpoint every second.
fn signed_log() -> (TempDir, Log) {
    open(|options| {
        #[expect(clippy::expect_used, reason = "a bench has nobody to answer to")]
        let key = SigningKey::generate("bench.example/gitoma".parse().expect("a name")).expect("a key");
        let interval = Duration::from_secs(1);
        options.checkpoints = Some(CheckpointOptions { interval, ..CheckpointOptions::new(key) });
    })
}

fn open(change: impl FnOnce(&mut LogOptions)) -> (TempDir, Log) {
    let directory = scratch();
    let mut options = LogOptions::new(directory.path().join("audit"), "bench 1");
    change(&mut options);
    #[expect(clippy::expect_used, reason = "a bench has nobody to answer to")]
    let log = Log::open(options).expect("the log opens");
    (directory, log)
}

/// A folder on the disk of the target directory, since the usual one may be in memory.
fn scratch() -> TempDir {
    #[expect(clippy::expect_used, reason = "a bench has nobody to answer to")]
    tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a temporary directory")
}

/// Entries of one benchmark, with the outcomes kept out of the measure.
fn entries(bencher: Bencher<'_, '_>, durable: bool) {
    let (_directory, log) = log();
    bencher.with_inputs(|| intent(durable)).bench_local_values(|intent| {
        // the outcome is written when the entry is dropped, which divan does outside the measure
        log.begin_blocking(intent)
    });
}

#[divan::bench(sample_size = 100)]
fn read_entry(bencher: Bencher<'_, '_>) {
    entries(bencher, false);
}

#[divan::bench(sample_size = 100)]
fn read_entry_and_outcome(bencher: Bencher<'_, '_>) {
    let (_directory, log) = log();
    bencher.with_inputs(|| intent(false)).bench_local_values(|intent| {
        log.begin_blocking(intent).and_then(|entry| entry.finish_blocking(Outcome::new(OutcomeStatus::Ok, 1)))
    });
}

/// The same where checkpoints are made. The tree grows beside this thread: what it costs there shows in the processor's time alone.
#[divan::bench(sample_size = 100)]
fn read_entry_and_outcome_with_checkpoints(bencher: Bencher<'_, '_>) {
    let (_directory, log) = signed_log();
    bencher.with_inputs(|| intent(false)).bench_local_values(|intent| {
        log.begin_blocking(intent).and_then(|entry| entry.finish_blocking(Outcome::new(OutcomeStatus::Ok, 1)))
    });
}

#[divan::bench(sample_size = 100)]
fn durable_entry(bencher: Bencher<'_, '_>) {
    entries(bencher, true);
}

/// Entries that stand for themselves, by several callers at once: each waits until its own is on the disk.
#[divan::bench(threads = [1, 8, 64], sample_size = 20)]
fn durable_entry_by_callers(bencher: Bencher<'_, '_>) {
    let (_directory, log) = log();
    bencher.bench(|| log.refused_blocking(Refused { call: intent(true).call, executed: true }));
}

/// The floor: lines of the same length by bare system calls.
fn raw(bencher: Bencher<'_, '_>, sync: bool) {
    let directory = scratch();
    let path = directory.path().join("raw");
    #[expect(clippy::disallowed_methods, clippy::expect_used, reason = "the floor is a bare file")]
    let file = RefCell::new(File::create(path).expect("a file"));
    let line = [b'x'; 690];
    bencher.bench_local(|| {
        let mut file = file.borrow_mut();
        let written = file.write(&line);
        if sync { file.sync_data().and(written) } else { written }
    });
}

#[divan::bench(sample_size = 100)]
fn raw_write(bencher: Bencher<'_, '_>) {
    raw(bencher, false);
}

#[divan::bench(sample_size = 100)]
fn raw_write_and_sync(bencher: Bencher<'_, '_>) {
    raw(bencher, true);
}
