//! `gitoma-audit verify`: the verdict over each chain, in words or as JSON, and as exit code.

use std::fmt::Write as _;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::time::Duration;

use gitoma_audit::{
    Anchored, AnchoredBy, Anchors, ChainReport, Checkpoints, Depth, Fault, Report, Verdict, VerifierKey,
    VerifyError, VerifyOptions, Warning, verify_each,
};
use serde::Serialize;

use super::{UNKNOWN, arguments::VerifyArguments, explained, not_anchors, words};
use crate::console::Console;
use crate::failure::Failure;

/// What was found at one directory, as JSON shows it.
#[derive(Debug, Serialize)]
struct Looked<'a> {
    directory: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    #[serde(flatten)]
    report: Option<&'a Report>,
}

/// The JSON form: the gravest verdict, none if a directory could not be looked at.
#[derive(Debug, Serialize)]
struct Whole<'a> {
    verdict: Option<Verdict>,
    directories: Vec<Looked<'a>>,
}

pub(super) fn run(arguments: &VerifyArguments, console: &Console) -> Result<u8, Failure> {
    let mut options = VerifyOptions::default();
    options.threads = arguments.threads.and_then(|threads| NonZero::new(threads.into()));
    options.depth = if arguments.fast { Depth::Hashes } else { Depth::Entries };
    options.recent = Duration::from_secs(arguments.recent.into());
    options.keys = arguments.key.iter().map(|file| key(file)).collect::<Result<_, _>>()?;
    options.anchors =
        Anchors::read(&arguments.anchor).map_err(|error| Failure::Usage(not_anchors(&error)))?;
    let reports = verify_each(&arguments.directories, &options);
    let looked: Vec<(&PathBuf, _)> = arguments.directories.iter().zip(reports).collect();
    let verdict = looked.iter().try_fold(Verdict::Intact, |gravest, (_, looked)| match looked {
        Ok(report) => Some(gravest.graver(report.verdict)),
        Err(_) => None,
    });
    if arguments.json {
        let directories = looked.iter().map(|(directory, looked)| json(directory, looked)).collect();
        console.json(&Whole { verdict, directories })?;
    }
    for (directory, looked) in &looked {
        match looked {
            Err(error) => console.tell(&format!("error: {}: {}", directory.display(), explained(error))),
            Ok(_) if arguments.json => {}
            Ok(report) => console.show(&text(report))?,
        }
    }
    Ok(verdict.map_or(UNKNOWN, Verdict::exit_code))
}

/// The public key in a file.
fn key(file: &Path) -> Result<VerifierKey, Failure> {
    VerifierKey::read(file).map_err(|error| {
        let mut text = format!("{} is not accepted as a public key: {error}", file.display());
        if let Some(cause) = std::error::Error::source(&error) {
            text.push_str(&format!(": {cause}"));
        }
        Failure::Usage(text)
    })
}

fn json<'a>(directory: &Path, looked: &'a Result<Report, VerifyError>) -> Looked<'a> {
    let directory = directory.to_string_lossy().into_owned();
    match looked {
        Ok(report) => Looked { directory, error: None, report: Some(report) },
        Err(error) => Looked { directory, error: Some(explained(error)), report: None },
    }
}

/// The report for people.
fn text(report: &Report) -> String {
    let mut text: Vec<_> = report.chains.iter().map(chain).collect();
    if report.depth == Depth::Hashes {
        text.push("note: hashes and links alone were looked at; without --fast everything is".to_owned());
    }
    text.extend(report.warnings.iter().map(|odd| format!("note: {}", warning(odd))));
    if report.chains.len() > 1 {
        text.push(format!("{} chains: {}", report.chains.len(), words::verdict(report.verdict)));
    }
    text.join("\n")
}

fn chain(report: &ChainReport) -> String {
    let name = report.chain.map_or_else(|| "without a name".to_owned(), |chain| chain.to_string());
    let mut text = format!("chain {name}: {}", words::verdict(report.verdict));
    if let Some(found) = &report.fault {
        fault(&mut text, report.verdict, found);
    }
    let (good, count) = (if report.fault.is_some() { " before it" } else { "" }, report.entries);
    let entries = if count == 1 { "entry" } else { "entries" };
    add(&mut text, &format!("{count} good {entries}{good}, {} bytes", report.bytes));
    if let (Some(seq), Some(head)) = (report.last_seq, &report.head) {
        add(&mut text, &format!("head: seq {seq}, {head}"));
    }
    if let Some(pruned) = &report.pruned {
        let through = pruned.through_seq;
        add(
            &mut text,
            &format!("the front through seq {through} was removed on purpose, which the chain accounts for"),
        );
    }
    anchors(&mut text, report);
    if report.dangling > 0 {
        let places: Vec<_> = report.dangling_seqs.iter().take(10).map(u64::to_string).collect();
        let more = if report.dangling > 10 { " …" } else { "" };
        add(
            &mut text,
            &format!("note: {} without an outcome, seq {}{more}", calls(report.dangling), places.join(", ")),
        );
    }
    if report.recoveries > 0 {
        add(&mut text, &format!("note: a torn tail was taken away at a start, {} in all", report.recoveries));
    }
    if report.live {
        add(
            &mut text,
            "note: a process is writing to this chain; it was looked at up to its last whole line",
        );
    }
    for odd in &report.warnings {
        add(&mut text, &format!("note: {}", warning(odd)));
    }
    text
}

/// What notes and keys say, and how far that reaches.
fn anchors(text: &mut String, report: &ChainReport) {
    let demanded = report.unanchored.is_some();
    if let Some(found) =
        report.checkpoints.as_ref().filter(|found| demanded || found.count > 0 || found.key.is_some())
    {
        add(text, &checkpoints(found, demanded));
    }
    match &report.anchored {
        Some(anchored) => add(text, &anchored_through(anchored)),
        None if demanded => add(text, "anchored: nothing"),
        None => {}
    }
    let Some(open) = report.unanchored.filter(|open| *open > 0) else { return };
    let entries = if open == 1 {
        "1 entry behind that is".to_owned()
    } else {
        format!("{open} entries behind that are")
    };
    add(
        text,
        &match report.anchored {
            Some(_) => format!("{entries} not anchored"),
            None => format!("{open} not anchored"),
        },
    );
    if report.verdict != Verdict::NotAnchored {
        return;
    }
    let key = report.checkpoints.as_ref().and_then(|found| found.key.as_ref());
    let noted = report.checkpoints.as_ref().is_some_and(|found| found.count > 0);
    add(
        text,
        match (key, report.anchored.is_some()) {
            (Some(key), _) if !key.trusted => {
                "next: the key in force is none that you trust: see whether the key file is the right one, and whether this is the chain you mean"
            }
            (_, true) if report.live => {
                "next: a process is writing; --recent SECONDS lets what is young be, and a later look should find it anchored"
            }
            (_, true) => {
                "next: nobody vouches for what is behind; the next start with the key does so for what is then there"
            }
            (Some(_), false) if !noted => {
                "next: there is no checkpoint here; bring with --anchor what was kept elsewhere, and find out who removed the others"
            }
            _ => "next: the chain has no key; audit.checkpoints.key in the configuration gives it one",
        },
    );
}

fn checkpoints(found: &Checkpoints, demanded: bool) -> String {
    let mut text = match (found.count, found.through_seq) {
        (1, Some(seq)) => format!("checkpoints: 1, through seq {seq}"),
        (count, Some(seq)) => format!("checkpoints: {count}, the newest through seq {seq}"),
        _ => "checkpoints: none".to_owned(),
    };
    if let Some(key) = &found.key {
        let _ = write!(text, "; key in force: {} {}, epoch {}", key.name, key.id, key.epoch);
        if demanded {
            text.push_str(if key.trusted { ", trusted" } else { ", NOT trusted" });
        }
    }
    text
}

fn anchored_through(anchored: &Anchored) -> String {
    let by = match anchored.by {
        AnchoredBy::Checkpoint => "a checkpoint beside the chain",
        AnchoredBy::Anchor if anchored.signature_checked => "an anchor",
        AnchoredBy::Anchor => "an anchor whose signature was not checked, since no --key is given",
    };
    format!("anchored through seq {}, by {by}", anchored.through_seq)
}

fn fault(text: &mut String, verdict: Verdict, fault: &Fault) {
    let mut place = match fault.file.as_str() {
        "" => "the folder".to_owned(),
        file => file.to_owned(),
    };
    // Writing to a string does not fail.
    let _ = match (fault.line, fault.seq) {
        (0, _) => Ok(()),
        (line, None) => write!(place, ", line {line}, byte {}", fault.offset),
        (line, Some(seq)) => write!(place, ", line {line}, byte {}, seq {seq}", fault.offset),
    };
    add(text, &format!("at {place}"));
    add(text, &format!("{}: {}", fault.class, words::fault(fault.class)));
    if !fault.expected.is_empty() {
        add(text, &format!("expected: {}", fault.expected));
    }
    add(
        text,
        match verdict {
            Verdict::Torn => {
                "a crash leaves this; the next start moves the tail to quarantine and records it"
            }
            _ => words::next(fault.class),
        },
    );
}

fn calls(count: u64) -> String {
    if count == 1 { "1 call".to_owned() } else { format!("{count} calls") }
}

fn warning(warning: &Warning) -> String {
    match warning {
        Warning::ClockBackward { count, first_seq } => {
            format!("the clock went back {count} times, first at seq {first_seq}")
        }
        Warning::Uncovered { starts, most, seq } => format!(
            "starts that found entries under no checkpoint: {starts}; the most, {most}, at seq {seq}; a crash leaves what is made between \
             two checkpoints, and what is more was perhaps written by somebody without the key"
        ),
        Warning::Adopted { seq } => format!(
            "the chain had no key before seq {seq}, so for what stands there its checkpoints vouch only as it was found then"
        ),
        Warning::UnexpectedFiles { count } => format!("{count} files do not belong here"),
        Warning::AnchorsBeneath { count } => {
            format!(
                "{count} anchors speak only of what was removed from the front, so nothing was compared with them"
            )
        }
        _ => "something is odd that this version has no words for; --json shows it".to_owned(),
    }
}

fn add(text: &mut String, line: &str) {
    text.push_str("\n  ");
    text.push_str(line);
}
