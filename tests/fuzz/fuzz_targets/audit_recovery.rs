//! A log whose end is anything at all, taken up by a start. What was whole stays as it is, byte for byte; what was only torn is mended on the
//! record; what the verifier calls whole or torn is never refused; and behind a start that goes on, the log is intact.
#![no_main]

use std::{fs, path::PathBuf, sync::LazyLock};

use gitoma_audit::{CallFields, FaultClass, Intent, Log, LogOptions, OpenError, Outcome, OutcomeStatus, Verdict, verify};
use libfuzzer_sys::fuzz_target;

/// The folder of a chain and the lines of its only segment.
struct Template {
    chain: String,
    segment: &'static str,
    lines: Vec<Vec<u8>>,
}

fn place(name: &str) -> PathBuf {
    // in memory where there is such a place: a run syncs several times
    let base = ["/dev/shm", "/tmp"].into_iter().map(PathBuf::from).find(|base| base.is_dir());
    base.unwrap_or_default().join(format!("gitoma-fuzz-{}-{name}", std::process::id()))
}

static TEMPLATE: LazyLock<Template> = LazyLock::new(|| {
    let directory = place("template");
    let log = Log::open(LogOptions::new(&directory, "fuzz")).expect("a log");
    for _ in 0..3 {
        let call = CallFields::new(uuid::Uuid::now_v7(), "cli");
        let entry = log.begin_blocking(Intent { call, durable: false, args_commit: None }).expect("begun");
        entry.finish_blocking(Outcome::new(OutcomeStatus::Ok, 1)).expect("finished");
    }
    log.close_blocking().expect("closed");
    drop(log);
    let chain = fs::read_dir(&directory).expect("a folder").next().expect("a chain").expect("a name");
    let segment = "seg-00000000000000000000.jsonl";
    let text = fs::read(chain.path().join(segment)).expect("a segment");
    let lines = text.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
    let chain = chain.file_name().into_string().expect("a name");
    fs::remove_dir_all(&directory).expect("removed");
    Template { chain, segment, lines }
});

fuzz_target!(|input: (u8, u8, Vec<u8>)| {
    let (kept, cut, tail) = input;
    let template = &*TEMPLATE;
    let kept = 1 + usize::from(kept) % template.lines.len();
    let whole = template.lines[..kept].concat();
    let mut bytes = whole.clone();
    // perhaps the begin of the next line, as a crash leaves it, then anything
    if let Some(next) = template.lines.get(kept) {
        bytes.extend_from_slice(&next[..usize::from(cut).min(next.len() - 1)]);
    }
    bytes.extend_from_slice(&tail);

    let directory = place("log");
    let folder = directory.join(&template.chain);
    let _ = fs::remove_dir_all(&directory);
    fs::create_dir_all(&folder).expect("a folder");
    let segment = folder.join(template.segment);
    fs::write(&segment, &bytes).expect("written");

    let before = verify(&directory).expect("readable").verdict;
    match Log::open(LogOptions::new(&directory, "fuzz")) {
        Ok(log) => {
            log.close_blocking().expect("closed");
            drop(log);
            let report = verify(&directory).expect("readable");
            assert_eq!(report.verdict, Verdict::Intact, "after a start: {report:?}");
            let text = fs::read(&segment).expect("a segment");
            assert!(text.starts_with(&whole), "what was whole has changed");
            let torn = bytes.len() > whole.len() && before != Verdict::Intact;
            assert!(!torn || report.chains[0].recoveries > 0, "mended off the record");
        }
        Err(OpenError::Damaged { class, .. }) => {
            assert_eq!(before, Verdict::Tampered, "refused although it was only torn: {class}");
            assert_ne!(class, FaultClass::Genesis, "the first line is whole");
            assert_eq!(fs::read(&segment).expect("a segment"), bytes, "a refusal changes nothing");
        }
        Err(other) => panic!("{other}"),
    }
});
