//! One entry as one aligned line: number, time, kind, who, which tool, where, what came of it, and by which rules.

use std::fmt::Write as _;

use gitoma_audit::{Entry, Kind};

use crate::terminal;

/// The line for `entry`; `intent` is the intent that an outcome ends.
pub(super) fn row(entry: &Entry, intent: Option<&Entry>) -> String {
    let call = intent.unwrap_or(entry);
    let principal = call.principal.as_deref().unwrap_or("-");
    let tool = call.tool.as_deref().unwrap_or("-");
    let mut row = format!(
        "{:>6}  {:.3}  {:15}  {:10}  {:17}  {:24}  {}",
        entry.seq,
        entry.moment,
        entry.kind.as_str(),
        principal,
        tool,
        place(call),
        result(entry)
    );
    row.truncate(row.trim_end().len());
    terminal::line(&row).into_owned()
}

/// `web@main:src/main.rs +2`, or `-`.
pub(crate) fn place(entry: &Entry) -> String {
    let Some(access) = entry.accesses.first() else { return "-".to_owned() };
    let mut place = access.repo.as_deref().unwrap_or_default().to_owned();
    if let Some(reference) = &access.reference {
        add(&mut place, "@", reference);
    }
    if let Some(path) = access.paths.first() {
        add(&mut place, ":", path);
    }
    if let Some(host) = &access.host {
        add(&mut place, " ", host);
    }
    let listed =
        entry.accesses.iter().map(|access| access.paths.len().max(1) as u64 + access.paths_more).sum::<u64>();
    let more = listed.saturating_sub(1).saturating_add(entry.accesses_more.unwrap_or(0));
    if more > 0 {
        add(&mut place, " +", &more.to_string());
    }
    if place.is_empty() { "-".to_owned() } else { place }
}

/// What came of it: effect or outcome, code, rules; of other entries what they are about.
fn result(entry: &Entry) -> String {
    let mut result = match (entry.outcome, entry.effect) {
        (Some(outcome), _) => outcome.as_str().to_owned(),
        (None, Some(effect)) => effect.as_str().to_owned(),
        (None, None) => String::new(),
    };
    if let Some(code) = entry.code.as_deref().filter(|code| *code != "allowed" && *code != result) {
        add(&mut result, " ", code);
    }
    for rule in &entry.rules {
        add(&mut result, " ", &rule.id);
        if rule.line > 0 {
            add(&mut result, ":", &rule.line.to_string());
        }
    }
    match entry.kind {
        Kind::Outcome => outcome(&mut result, entry),
        Kind::Intent | Kind::Refusal | Kind::Judged => {}
        _ => lifecycle(&mut result, entry),
    }
    result.trim_start().to_owned()
}

fn outcome(result: &mut String, entry: &Entry) {
    if let Some(seq) = entry.ref_seq {
        add(result, " of seq ", &seq.to_string());
    }
    if let Some(duration) = entry.duration_us {
        // Writing to a string does not fail.
        let _ = write!(result, ", {}.{} ms", duration / 1_000, duration % 1_000 / 100);
    }
    for (count, what) in
        [(entry.bytes_out, "bytes"), (entry.redactions, "redacted"), (entry.dropped, "left out")]
    {
        if let Some(count) = count.filter(|count| *count > 0) {
            let _ = write!(result, ", {count} {what}");
        }
    }
}

fn lifecycle(result: &mut String, entry: &Entry) {
    let texts = [
        &entry.program,
        &entry.switch,
        &entry.state,
        &entry.approval_id,
        &entry.scope,
        &entry.origin,
        &entry.next_segment,
        &entry.detail,
    ];
    let mut parts: Vec<String> = texts.into_iter().flatten().cloned().collect();
    let digest = entry.policy_digest.as_ref().and_then(|digest| digest.get(..12));
    parts.extend(digest.map(|digest| format!("policy {digest}…")));
    parts.extend(entry.count.map(|count| format!("{count} in all")));
    parts.extend(entry.torn_bytes.map(|count| format!("{count} torn bytes")));
    add(result, " ", &parts.join(", "));
}

fn add(text: &mut String, between: &str, more: &str) {
    text.push_str(between);
    text.push_str(more);
}
