//! The counts for people: what is most, first.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::count::{Report, Span, Tally};

/// How many names of each list are shown.
const SHOWN: usize = 10;
/// Cells of the longest bar.
const BAR: u64 = 40;

/// The report as text, without a line end.
pub(super) fn text(report: &Report<'_>) -> String {
    let mut text = format!("{}, {}", plural(report.chains as u64, "chain"), plural(report.entries, "entry"));
    if let (Some(first), Some(last)) = (report.first, report.last) {
        // writing to a string does not fail
        let _ = write!(text, ", from {first:.0} to {last:.0}");
    }
    let all = report.all;
    let _ = write!(text, "\ncalls      {}", words(all));
    line(&mut text, "entries", report.kinds);
    line(&mut text, "policy", report.effects);
    line(&mut text, "outcomes", report.outcomes);
    line(&mut text, "codes", report.codes);
    let _ = write!(
        text,
        "\nresults    {} bytes out, {} redacted, {} left out",
        report.bytes_out, report.redactions, report.dropped
    );
    if let Some(duration) = report.duration_us {
        let parts =
            [("p50", duration.p50), ("p90", duration.p90), ("p99", duration.p99), ("most", duration.max)];
        let parts = parts.map(|(name, value)| format!("{name} {}", milliseconds(value)));
        let _ = write!(text, "\nduration   {}", parts.join(", "));
    }
    for (title, names) in [
        ("tools", report.tools),
        ("repositories", report.repositories),
        ("principals", report.principals),
        ("transports", report.transports),
    ] {
        list(&mut text, title, names);
    }
    timeline(&mut text, &report.timeline);
    text
}

fn words(tally: Tally) -> String {
    let mut words = tally.calls.to_string();
    for (count, what) in [(tally.refused, "refused"), (tally.failed, "failed")] {
        if count > 0 {
            let _ = write!(words, ", {count} {what}");
        }
    }
    words
}

/// Names with their counts on one line, the greatest first.
fn line<N: AsRef<str> + Ord>(text: &mut String, title: &str, counts: &BTreeMap<N, u64>) {
    if counts.is_empty() {
        return;
    }
    let mut counts: Vec<_> = counts.iter().map(|(name, count)| (name.as_ref(), *count)).collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let shown: Vec<_> = counts.iter().take(SHOWN).map(|(name, count)| format!("{name} {count}")).collect();
    let more = if counts.len() > SHOWN { ", …" } else { "" };
    let _ = write!(text, "\n{title:10} {}{more}", shown.join(", "));
}

/// Names with their calls, one a line, the greatest first.
fn list(text: &mut String, title: &str, names: &BTreeMap<String, Tally>) {
    if names.is_empty() {
        return;
    }
    let mut names: Vec<_> = names.iter().collect();
    names.sort_by_key(|(_, tally)| std::cmp::Reverse((tally.calls, tally.refused, tally.failed)));
    let _ = write!(text, "\n{title}");
    for (name, tally) in names.iter().take(SHOWN) {
        let _ = write!(text, "\n  {name:28} {}", words(**tally));
    }
    if let Some(more) = names.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        let _ = write!(text, "\n  and {more} more; --json lists them");
    }
}

fn timeline(text: &mut String, spans: &[Span]) {
    let Some(first) = spans.first() else { return };
    let most = spans.iter().map(|span| span.tally.calls).max().unwrap_or(0).max(1);
    let _ = write!(text, "\ntimeline, {} a line", step(first.seconds));
    for span in spans {
        let cells = span.tally.calls.saturating_mul(BAR).div_ceil(most);
        let bar = "█".repeat(usize::try_from(cells).unwrap_or(0));
        let when = span.from.strftime("%Y-%m-%d %H:%M");
        let _ =
            write!(text, "\n  {when}  {bar}{}{}", if bar.is_empty() { "" } else { " " }, words(span.tally));
    }
}

fn step(seconds: i64) -> String {
    let parts = [(24 * 3_600, "day"), (3_600, "hour"), (60, "minute")];
    let part = parts.into_iter().find(|(length, _)| seconds % length == 0);
    part.map_or_else(
        || plural(seconds.unsigned_abs(), "second"),
        |(length, name)| plural((seconds / length).unsigned_abs(), name),
    )
}

fn milliseconds(microseconds: u64) -> String {
    format!("{}.{} ms", microseconds / 1_000, microseconds % 1_000 / 100)
}

fn plural(count: u64, name: &str) -> String {
    match (count, name.strip_suffix('y').filter(|_| name == "entry")) {
        (1, _) => format!("1 {name}"),
        (_, Some(stem)) => format!("{count} {stem}ies"),
        (_, None) => format!("{count} {name}s"),
    }
}
