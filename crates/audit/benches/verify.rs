//! How fast a log is verified, beside what its bytes cost at least: `cargo bench -p gitoma-audit --bench verify [-- ENTRIES [DIR]]`.
//! One run makes a log, looks at it in every way in turn, and prints medians and ratios as Markdown.
#![expect(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a bench reads files of its own making, runs sha256sum, and has nobody to answer to"
)]

use std::{
    fs::{self, File},
    num::NonZero,
    os::unix::fs::FileExt as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use gitoma_audit::{
    Access, Anchors, Argument, CallFields, Capability, Checkpoint, Depth, Effect, Intent, Log, LogOptions,
    Outcome, OutcomeStatus, Reader, RuleRef, SigningKey, Tree, Verdict, VerifyOptions, verify_with,
};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

const ENTRIES: u64 = 1_000_000;
const ROUNDS: usize = 7;
/// Entries from one note to the next, as a busy gateway makes them.
const NOTED: u64 = 50_000;
/// Bytes read at once for the floor, as the verifier does.
const BLOCK: usize = 128 * 1024;

/// Calls as they come, of which intent and outcome together take up twice 688 bytes.
fn record(directory: &Path, entries: u64) {
    let log = Log::open(LogOptions::new(directory, "bench")).expect("a log");
    let roles: Arc<[Arc<str>]> = Arc::from([Arc::from("agent")]);
    for number in 0..entries / 2 {
        let call_id = Uuid::from_u128(0x019a_a5b4_2c00_7000_8000_0000_0000_0000 + u128::from(number));
        let call = CallFields {
            correlation_id: Some(format!("req-{number:08}")),
            trace_id: Some(format!("4bf92f3577b34da6a3ce929d{number:08x}")),
            principal: Some("agent".into()),
            roles: Arc::clone(&roles),
            tool: Some("repo_read_file".into()),
            capability: Some(Capability::Read),
            accesses: vec![Access {
                repo: Some("acme/web".into()),
                reference: Some("main".to_owned()),
                paths: vec![format!("src/component/number_{number:08}.rs")],
                ..Access::default()
            }],
            write_mode: Some("off"),
            effect: Some(Effect::Allow),
            enforced: Some(true),
            rules: vec![RuleRef { id: "read-all".into(), line: 14 }],
            policy_digest: Some("sha256:9f86d081884c7d659a2feaa0c55ad015".into()),
            policy_generation: Some(1),
            arguments: vec![Argument {
                name: "path".to_owned(),
                value: format!("\"src/component/number_{number:08}.rs\""),
            }],
            ..CallFields::new(call_id, "http")
        };
        let entry =
            log.begin_blocking(Intent { call, durable: false, args_commit: None }).expect("an intent");
        let outcome = Outcome { bytes_out: 1_842, ..Outcome::new(OutcomeStatus::Ok, 731) };
        entry.finish_blocking(outcome).expect("an outcome");
    }
    log.close_blocking().expect("an end");
}

fn segments(directory: &Path) -> Vec<PathBuf> {
    let chain =
        fs::read_dir(directory).expect("a directory").next().expect("a chain").expect("a name").path();
    let names = fs::read_dir(chain).expect("a chain").map(|item| item.expect("a name").path());
    let mut segments: Vec<_> =
        names.filter(|path| path.extension().is_some_and(|end| end == "jsonl")).collect();
    segments.sort();
    segments
}

/// The floor: every byte read and hashed once.
fn raw(segments: &[PathBuf]) {
    let mut block = vec![0; BLOCK];
    for segment in segments {
        let (file, mut place, mut hash) = (File::open(segment).expect("a segment"), 0, Sha256::new());
        loop {
            let count = file.read_at(&mut block, place).expect("bytes");
            let Some(bytes) = block.get(..count).filter(|bytes| !bytes.is_empty()) else { break };
            hash.update(bytes);
            place += count as u64;
        }
        std::hint::black_box(hash.finalize());
    }
}

fn sha256sum(segments: &[PathBuf]) {
    let done = Command::new("sha256sum").args(segments).stdout(Stdio::null()).status().expect("sha256sum");
    assert!(done.success());
}

/// Notes of the chain, kept in a folder: with them the tree is worked out too.
fn note(directory: &Path, folder: &Path) -> Anchors {
    let key = SigningKey::generate("example.com/bench".parse().expect("a name")).expect("a key");
    fs::create_dir(folder).expect("a folder");
    let mut tree = Tree::new();
    for entry in Reader::open(directory).expect("a chain") {
        let entry = entry.expect("an entry");
        tree.append(&entry.entry_hash);
        if tree.size().is_multiple_of(NOTED) {
            let checkpoint = Checkpoint { chain_id: entry.chain_id, head: tree.head() };
            let note = checkpoint.sign(&[&key]).expect("a note");
            fs::write(folder.join(format!("{:020}.note", tree.size())), note).expect("a file");
        }
    }
    Anchors::read(&[folder]).expect("anchors")
}

fn verified(directory: &Path, threads: usize, depth: Depth, anchors: &Anchors) {
    let mut options = VerifyOptions::default();
    (options.threads, options.depth) = (NonZero::new(threads), depth);
    options.anchors = anchors.clone();
    let report = verify_with(directory, &options).expect("a report");
    assert_eq!(report.verdict, Verdict::Intact);
}

/// CPU time of this process in seconds, over all threads.
fn cpu() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec.unsigned_abs().try_into().unwrap_or_default())
        .as_secs_f64()
}

fn median(times: &mut [f64]) -> f64 {
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().unwrap_or_default()
}

fn main() {
    let mut arguments = std::env::args().skip(1).filter(|argument| !argument.starts_with("--"));
    let entries = arguments.next().map_or(ENTRIES, |entries| entries.parse().expect("how many entries"));
    let state = match arguments.next() {
        Some(directory) => tempfile::tempdir_in(directory),
        None => tempfile::tempdir(),
    }
    .expect("a directory");
    let directory = state.path().join("audit");
    record(&directory, entries);
    let segments = segments(&directory);
    let bytes: u64 = segments.iter().map(|path| path.metadata().expect("a segment").len()).sum();
    let anchors = note(&directory, &state.path().join("anchors"));
    let none = Anchors::default();
    let ways: [(&str, &dyn Fn()); 10] = [
        ("SHA-256 of the same bytes, one core", &|| raw(&segments)),
        ("`sha256sum`", &|| sha256sum(&segments)),
        ("`verify --fast`, one thread", &|| verified(&directory, 1, Depth::Hashes, &none)),
        ("`verify --fast`, two threads", &|| verified(&directory, 2, Depth::Hashes, &none)),
        ("`verify`, one thread", &|| verified(&directory, 1, Depth::Entries, &none)),
        ("`verify`, two threads", &|| verified(&directory, 2, Depth::Entries, &none)),
        ("`verify --fast` with notes, one thread", &|| verified(&directory, 1, Depth::Hashes, &anchors)),
        ("`verify --fast` with notes, two threads", &|| verified(&directory, 2, Depth::Hashes, &anchors)),
        ("`verify` with notes, one thread", &|| verified(&directory, 1, Depth::Entries, &anchors)),
        ("`verify` with notes, two threads", &|| verified(&directory, 2, Depth::Entries, &anchors)),
    ];
    let mut times = ways.map(|_| (Vec::new(), Vec::new()));
    for round in 0..=ROUNDS {
        for ((_, way), (times, work)) in ways.iter().zip(&mut times) {
            let (start, begun) = (Instant::now(), cpu());
            way();
            // the first round warms up
            if round > 0 {
                times.push(start.elapsed().as_secs_f64());
                work.push(cpu() - begun);
            }
        }
    }
    let medians = times.map(|(mut times, mut work)| (median(&mut times), median(&mut work)));
    let [(raw, raw_work), (sum, _), ..] = medians;
    println!(
        "{entries} entries, {} segments, {:.1} MB; median of {ROUNDS}\n",
        segments.len(),
        bytes as f64 / 1e6
    );
    println!(
        "| what | time | MB/s | entries/s | beside SHA-256 | beside `sha256sum` | MB/s of CPU time | beside SHA-256 |\n\
         |---|---|---|---|---|---|---|---|"
    );
    for ((name, _), (time, work)) in ways.iter().zip(medians) {
        // of another process nobody knows how long it worked
        let work = if work * 20.0 > time { work } else { f64::INFINITY };
        println!(
            "| {name} | {time:.3} s | {:.0} | {:.2} M | {:.2} × | {:.2} × | {:.0} | {:.2} × |",
            bytes as f64 / time / 1e6,
            entries as f64 / time / 1e6,
            raw / time,
            sum / time,
            bytes as f64 / work / 1e6,
            raw_work / work
        );
    }
}
