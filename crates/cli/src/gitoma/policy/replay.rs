//! `gitoma policy replay`: what another policy would have said of the calls that an audit directory holds.

use std::fmt::Write as _;

use gitoma_audit::{Entry, ReadError, Reader};
use gitoma_core::policy::{Decision, Reason};
use gitoma_core::{RecordedVerdict, Replay, ReplayTotals, Replayed};
use serde::Serialize;
use serde_json::json;

use super::ReplayArguments;
use super::check::count;
use super::text::{Text, catalogue};
use crate::Toolset;
use crate::chain::{explained, place};
use crate::console::Console;
use crate::failure::Failure;
use crate::gitoma::status::Status;
use crate::terminal;

/// What is said of one call that changes or cannot be determined.
#[derive(Debug, Serialize)]
struct Line<'a> {
    chain_id: String,
    seq: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    call_id: Option<String>,
    #[serde(flatten)]
    replayed: &'a Replayed,
}

pub(super) fn run(arguments: &ReplayArguments, tools: Toolset, console: &Console) -> Result<Status, Failure> {
    let text = Text::read("the policy file", &arguments.candidate)?;
    let catalogue = catalogue(tools)?;
    let loaded = gitoma_core::load_policy(text.source(), &catalogue).map_err(Failure::policy)?;
    let replay = Replay::new(loaded.policy(), &catalogue);
    let reader = Reader::open(&arguments.audit)
        .map_err(|error| Failure::Usage(format!("{}: {}", arguments.audit.display(), explained(&error))))?;
    let mut totals = ReplayTotals::default();
    let mut unreadable: u64 = 0;
    for entry in reader {
        match entry {
            Ok(entry) => {
                let replayed = replay.judge(&entry);
                totals.count(&replayed);
                if is_told(&replayed) {
                    tell(&entry, &replayed, arguments.json, console)?;
                }
            }
            // The end of a chain that is being written, or that a crash left.
            Err(ReadError::Line { class: gitoma_audit::FaultClass::TornTail, .. }) => {}
            Err(error) => {
                unreadable = unreadable.saturating_add(1);
                console.tell(&format!("error: {error}"));
            }
        }
        if console.is_closed() {
            break;
        }
    }
    if arguments.json {
        console.json(&json!({ "totals": totals, "unreadable": unreadable }))?;
    } else {
        console.show(&summed(&totals))?;
    }
    Ok(match totals {
        _ if unreadable > 0 => Status::Failed,
        ReplayTotals { changed: 0, undeterminable: 0, .. } => Status::Done,
        ReplayTotals { .. } => Status::Refused,
    })
}

const fn is_told(replayed: &Replayed) -> bool {
    matches!(replayed, Replayed::Changed { .. } | Replayed::Undeterminable { .. })
}

fn tell(entry: &Entry, replayed: &Replayed, json: bool, console: &Console) -> Result<(), Failure> {
    if json {
        return console.json(&Line {
            chain_id: entry.chain_id.to_string(),
            seq: entry.seq,
            call_id: entry.call_id.map(|id| id.to_string()),
            replayed,
        });
    }
    let said = match replayed {
        Replayed::Changed { recorded, decision } => changed(recorded, decision),
        Replayed::Undeterminable { why } => format!("undeterminable: {why}"),
        Replayed::Unchanged { .. } | Replayed::NoCall | Replayed::NoVerdict => return Ok(()),
    };
    Ok(console.show(&format!("{}\n  {said}", call(entry)))?)
}

/// `seq 12  2026-11-21T07:48:50.151Z  agent  repo_read_file  acme/web@main:src/main.rs`
fn call(entry: &Entry) -> String {
    let [principal, tool] = [&entry.principal, &entry.tool].map(|name| name.as_deref().unwrap_or("-"));
    let line = format!("seq {}  {:.3}  {principal}  {tool}  {}", entry.seq, entry.moment, place(entry));
    terminal::line(&line).into_owned()
}

/// `allow -> deny (denied) by no-key-files (b.yaml:12)`
fn changed(recorded: &RecordedVerdict, decision: &Decision) -> String {
    let (before, after) = (recorded.effect.as_str(), decision.effect.as_str());
    let mut said = if recorded.is(decision) {
        let now = if decision.enforced {
            "only observed then, would be carried out"
        } else {
            "would only be observed"
        };
        format!("{before} ({}): {now}", decision.code.as_str())
    } else if before == after {
        format!("{before}: {} -> {}", terminal::line(&recorded.code), decision.code.as_str())
    } else {
        format!("{before} -> {after} ({})", decision.code.as_str())
    };
    if let Some(Reason { rule, source, line, .. }) = decision.reasons.first() {
        let _ = write!(said, " by {} ({}:{line})", terminal::line(rule), terminal::line(source));
    }
    said
}

fn summed(totals: &ReplayTotals) -> String {
    let changed = count(usize::try_from(totals.changed).unwrap_or(usize::MAX), "call");
    let mut said = format!("{changed} would change");
    if totals.enforcement_changed > 0 {
        let _ = write!(said, " ({} only in being carried out)", totals.enforcement_changed);
    }
    let _ = write!(said, ", {} cannot be determined, {} unchanged", totals.undeterminable, totals.unchanged);
    if totals.no_verdict > 0 {
        let _ = write!(said, "; {} refused before any verdict", totals.no_verdict);
    }
    said
}
