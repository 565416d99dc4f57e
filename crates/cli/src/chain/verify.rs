//! `gitoma-audit verify`: the verdict over each chain, in words or as JSON, and as exit code.

use std::fmt::Write as _;
use std::num::NonZero;
use std::path::Path;

use gitoma_audit::{ChainReport, Depth, Fault, Report, Verdict, VerifyError, VerifyOptions, Warning};
use serde::Serialize;

use super::{UNKNOWN, VerifyArguments, explained, words};
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
    let looked: Vec<_> = arguments
        .directories
        .iter()
        .map(|directory| (directory, gitoma_audit::verify_with(directory, &options)))
        .collect();
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
            _ => "keep the folder as evidence; nothing from here on can be relied on",
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
        Warning::UnexpectedFiles { count } => format!("{count} files do not belong here"),
        _ => "something is odd that this version has no words for; --json shows it".to_owned(),
    }
}

fn add(text: &mut String, line: &str) {
    text.push_str("\n  ");
    text.push_str(line);
}
