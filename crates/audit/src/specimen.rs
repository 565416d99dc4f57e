//! Logs for tests whose every byte is known: the clock, the ids and what is recorded are fixed.

pub(crate) mod snapshot;

use std::{
    io,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use jiff::Timestamp;
use uuid::Uuid;

use crate::{
    call::{Access, Argument, CallFields, Intent, Outcome, Refused, Restriction, RuleRef},
    commitment::{Commitment, Salt},
    digest::Digest,
    event::Event,
    field::Field,
    line::{
        FORMAT,
        write::{Head, LineWriter},
    },
    log::{Log, LogOptions, Surroundings},
    vocabulary::{Capability, Effect, Kind, OutcomeStatus},
};

/// A UUIDv7 with a number.
pub(crate) fn id(number: u64) -> Uuid {
    Uuid::from_u128(0x019a_a5b4_2c00_7000_8000_0000_0000_0000 + u128::from(number))
}

/// Runs a process to its end.
pub(crate) fn run_to_end(command: &mut Command) -> io::Result<Output> {
    command.stdin(Stdio::null()).output()
}

/// A clock that goes on by 1.25 ms each time it is read, and ids that count from `first`.
pub(crate) fn surroundings(first: u64) -> Surroundings {
    let ticks = AtomicI64::new(1_763_683_200_000_000);
    let mut next = first;
    Surroundings {
        clock: Box::new(move || {
            Timestamp::from_microsecond(ticks.fetch_add(1_250, Ordering::Relaxed)).unwrap()
        }),
        identifiers: Box::new(move || {
            next += 1;
            id(next - 1)
        }),
        ..Surroundings::default()
    }
}

pub(crate) fn options(directory: &Path) -> LogOptions {
    LogOptions {
        policy_digest: Some("sha256:5f1d".to_owned()),
        ..LogOptions::new(directory, "gitoma-http 0.1.0")
    }
}

/// A log with fixed clock and ids; a new chain is `id(first)`.
pub(crate) fn log(directory: &Path, first: u64) -> Log {
    Log::open_in(&options(directory), surroundings(first)).unwrap()
}

pub(crate) fn read_call(number: u64) -> CallFields {
    CallFields {
        correlation_id: Some("req-1".to_owned()),
        principal: Some("agent".into()),
        roles: Arc::from([Arc::from("agent")]),
        tool: Some("repo_read_file".into()),
        capability: Some(Capability::Read),
        accesses: vec![Access {
            repo: Some("acme/web".into()),
            reference: Some("main".to_owned()),
            paths: vec!["src/lib.rs".to_owned(), "docs/\"draft\"/päth.md".to_owned()],
            ..Access::default()
        }],
        write_mode: Some("off"),
        effect: Some(Effect::Allow),
        enforced: Some(true),
        rules: vec![RuleRef { id: "read-all".into(), line: 14 }],
        policy_digest: Some("sha256:5f1d".into()),
        policy_generation: Some(1),
        arguments: vec![Argument { name: "path".to_owned(), value: r#""src/lib.rs""#.to_owned() }],
        ..CallFields::new(id(number), "http")
    }
}

/// A commitment to nothing.
pub(crate) fn commitment() -> Commitment {
    Commitment::new(Salt::parse(&"0".repeat(32)).unwrap(), b"")
}

pub(crate) fn read(number: u64) -> Intent {
    Intent { call: read_call(number), durable: false, args_commit: None }
}

pub(crate) fn write(number: u64) -> Intent {
    let call = CallFields { capability: Some(Capability::Write), ..read_call(number) };
    Intent { call, durable: false, args_commit: None }
}

pub(crate) fn ok() -> Outcome {
    Outcome { bytes_out: 1_842, redactions: 1, ..Outcome::new(OutcomeStatus::Ok, 731) }
}

/// Records the log of the format document: seven entries, from `chain.open` to `stop`; returns its segment.
pub(crate) fn document(directory: &Path) -> PathBuf {
    let log = log(directory, 1);
    log.note_blocking(Event::PolicyLoad {
        policy_digest: "sha256:5f1d".into(),
        policy_generation: 1,
        origin: Some("default.yaml".to_owned()),
        detail: None,
    })
    .unwrap();
    log.begin_blocking(read(16)).unwrap().finish_blocking(ok()).unwrap();
    let denied = CallFields {
        code: Some("denied"),
        effect: Some(Effect::Deny),
        rules: vec![RuleRef { id: "no-hunting".into(), line: 9 }],
        tool: Some("git_grep".into()),
        accesses: vec![Access { repo: Some("acme/web".into()), found: Some(true), ..Access::default() }],
        arguments: vec![Argument { name: "pattern".to_owned(), value: r#""password""#.to_owned() }],
        restriction: Restriction {
            read_only: true,
            repositories: Some(vec!["acme/web".to_owned()]),
            ..Restriction::default()
        },
        ..read_call(17)
    };
    log.refused_blocking(Refused { call: denied, executed: false }).unwrap();
    log.close_blocking().unwrap();
    drop(log);
    segment(directory, 1)
}

/// Records the chain of two segments of the format document, whose second one was torn and mended; returns both.
pub(crate) fn rotated(directory: &Path) -> [PathBuf; 2] {
    let first = log(directory, 1);
    first.rotate_now();
    first.close_blocking().unwrap();
    drop(first);
    let segments =
        [0, 3].map(|number| segment(directory, 1).with_file_name(crate::folder::segment_name(number)));
    let torn = crate::files::append(&segments[1]).unwrap();
    std::io::Write::write_all(&mut &torn, b"{\"v\":1,\"chain_id").unwrap();
    drop(log(directory, 7));
    segments
}

/// The first segment of the chain with a number.
pub(crate) fn segment(directory: &Path, number: u64) -> PathBuf {
    directory.join(id(number).to_string()).join(crate::folder::segment_name(0))
}

/// A chain made by hand: right hashes and links, whatever it says.
pub(crate) struct Forger {
    pub(crate) text: Vec<u8>,
    pub(crate) chain: Uuid,
    pub(crate) seq: u64,
    pub(crate) head: Digest,
    pub(crate) moment: i64,
}

impl Forger {
    /// Begins a chain with a right genesis.
    pub(crate) fn new(number: u64) -> Self {
        let mut forger = Self {
            text: Vec::new(),
            chain: id(number),
            seq: 0,
            head: Digest::ZERO,
            moment: 1_763_683_200_000_000,
        };
        forger.add(Kind::ChainOpen, |line| {
            line.text(Field::Program, "forger");
            line.text(Field::Format, FORMAT);
        });
        forger
    }

    pub(crate) fn add(&mut self, kind: Kind, fields: impl FnOnce(&mut LineWriter<'_>)) -> &mut Self {
        let head = Head {
            chain_id: self.chain,
            seq: self.seq,
            moment: Timestamp::from_microsecond(self.moment).unwrap(),
            writer: id(99),
            kind,
        };
        let mut buffer = Vec::new();
        let mut line = LineWriter::begin(&mut buffer, &head);
        fields(&mut line);
        self.head = line.seal(&self.head);
        self.text.extend_from_slice(&buffer);
        self.seq += 1;
        self.moment += 1;
        self
    }

    pub(crate) fn intent(&mut self, call: u64) -> &mut Self {
        self.add(Kind::Intent, |line| crate::record::intent(line, &read(call)))
    }

    pub(crate) fn outcome(&mut self, call: u64, ref_seq: u64) -> &mut Self {
        self.add(Kind::Outcome, |line| crate::record::outcome(line, id(call), ref_seq, &ok()))
    }

    /// Puts what was made so far into the folder of the chain with a number, as the segment with a name.
    pub(crate) fn put(&mut self, directory: &Path, number: u64, segment: &str) -> &mut Self {
        let folder = directory.join(id(number).to_string());
        std::fs::create_dir_all(&folder).unwrap();
        crate::files::create(&folder.join(segment))
            .and_then(|mut file| std::io::Write::write_all(&mut file, &self.text))
            .unwrap();
        self.text.clear();
        self
    }
}

/// Runs a process that holds the chain in `directory`, or makes one: three calls and the end of a segment, so many times, and an end in
/// order. Returns the folder of the chain.
pub(crate) fn run(
    directory: &Path,
    segments: u64,
    checkpoints: Option<crate::CheckpointOptions>,
) -> Result<PathBuf, crate::OpenError> {
    let log = Log::open(LogOptions { checkpoints, ..LogOptions::new(directory, "test 1.0") })?;
    for number in 0..segments {
        for call in 0..3 {
            log.begin_blocking(read(number * 10 + call)).unwrap().finish_blocking(ok()).unwrap();
        }
        log.rotate_now();
    }
    log.close_blocking().unwrap();
    Ok(directory.join(log.status().chain_id.to_string()))
}

/// Waits for what another thread does; a test that would wait for ever fails.
#[track_caller]
pub(crate) fn wait_for(mut condition: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !condition() {
        assert!(begun.elapsed() < Duration::from_secs(60), "it does not come");
        thread::sleep(Duration::from_millis(1));
    }
}
