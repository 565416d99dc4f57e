//! What is counted, in memory that does not grow with the log: of names that somebody chose only so many are told apart.

use std::collections::BTreeMap;

use gitoma_audit::{Entry, Kind, OutcomeStatus};
use jiff::Timestamp;
use serde::Serialize;
use uuid::Uuid;

use super::durations::{Durations, Quantiles};

/// How many tools, repositories, principals or codes are told apart; the rest is counted together.
const NAMES: usize = 1_000;
/// How many chains are told apart.
const CHAINS: usize = 100_000;
/// The name of what is counted together.
const OTHERS: &str = "(others)";
/// The most lines of a timeline.
const LINES: usize = 48;
/// Seconds that a line of a timeline may cover.
const STEPS: [i64; 9] =
    [60, 300, 900, 3_600, 4 * 3_600, 24 * 3_600, 7 * 24 * 3_600, 28 * 24 * 3_600, 364 * 24 * 3_600];

/// Calls, and how many of them did not go through.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub(super) struct Tally {
    pub(super) calls: u64,
    pub(super) refused: u64,
    pub(super) failed: u64,
}

impl Tally {
    const fn add(&mut self, other: Self) {
        self.calls = self.calls.saturating_add(other.calls);
        self.refused = self.refused.saturating_add(other.refused);
        self.failed = self.failed.saturating_add(other.failed);
    }
}

/// Names with what is counted of each.
type Names = BTreeMap<String, Tally>;

/// The counts while the log goes by.
#[derive(Debug, Default)]
pub(super) struct Stats {
    entries: u64,
    chains: BTreeMap<Uuid, ()>,
    first: Option<Timestamp>,
    last: Option<Timestamp>,
    kinds: BTreeMap<&'static str, u64>,
    effects: BTreeMap<&'static str, u64>,
    outcomes: BTreeMap<&'static str, u64>,
    codes: BTreeMap<String, u64>,
    tools: Names,
    repositories: Names,
    principals: Names,
    transports: Names,
    all: Tally,
    bytes_out: u64,
    redactions: u64,
    dropped: u64,
    durations: Durations,
    /// Calls by the minute in which they were made.
    minutes: BTreeMap<i64, Tally>,
    /// How many minutes an item of `minutes` covers; it doubles where there would be too many.
    width: i64,
}

/// What is reported.
#[derive(Debug, Serialize)]
pub(super) struct Report<'a> {
    pub(super) chains: usize,
    pub(super) entries: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) first: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) last: Option<Timestamp>,
    pub(super) all: Tally,
    pub(super) kinds: &'a BTreeMap<&'static str, u64>,
    pub(super) effects: &'a BTreeMap<&'static str, u64>,
    pub(super) outcomes: &'a BTreeMap<&'static str, u64>,
    pub(super) codes: &'a BTreeMap<String, u64>,
    pub(super) tools: &'a Names,
    pub(super) repositories: &'a Names,
    pub(super) principals: &'a Names,
    pub(super) transports: &'a Names,
    pub(super) bytes_out: u64,
    pub(super) redactions: u64,
    pub(super) dropped: u64,
    /// Microseconds from intent to outcome.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) duration_us: Option<Quantiles>,
    pub(super) timeline: Vec<Span>,
}

/// A stretch of the timeline.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Span {
    /// Its begin.
    pub(super) from: Timestamp,
    /// How long it is.
    pub(super) seconds: i64,
    #[serde(flatten)]
    pub(super) tally: Tally,
}

impl Stats {
    /// Counts an entry; `intent` is the intent that an outcome ends.
    pub(super) fn take(&mut self, entry: &Entry, intent: Option<&Entry>) {
        self.entries = self.entries.saturating_add(1);
        if self.chains.len() < CHAINS {
            self.chains.insert(entry.chain_id, ());
        }
        self.first = Some(self.first.map_or(entry.moment, |first| first.min(entry.moment)));
        self.last = Some(self.last.map_or(entry.moment, |last| last.max(entry.moment)));
        count(&mut self.kinds, entry.kind.as_str(), 1);
        if let Some(effect) = entry.effect {
            count(&mut self.effects, effect.as_str(), 1);
        }
        if let Some(outcome) = entry.outcome {
            count(&mut self.outcomes, outcome.as_str(), 1);
        }
        let aggregate = matches!(entry.kind, Kind::AuthAggregate | Kind::LimitAggregate);
        let weight = if aggregate { entry.count.unwrap_or(0) } else { 1 };
        if let Some(code) = &entry.code {
            add(&mut self.codes, code, |all| *all = all.saturating_add(weight));
        }
        for (sum, more) in [
            (&mut self.bytes_out, entry.bytes_out),
            (&mut self.redactions, entry.redactions),
            (&mut self.dropped, entry.dropped),
        ] {
            *sum = sum.saturating_add(more.unwrap_or(0));
        }
        if let Some(duration) = entry.duration_us {
            self.durations.take(duration);
        }
        let tally = match entry.kind {
            Kind::Intent => Tally { calls: 1, ..Tally::default() },
            Kind::Refusal => Tally { calls: 1, refused: 1, failed: 0 },
            Kind::AuthAggregate | Kind::LimitAggregate => Tally { calls: weight, refused: weight, failed: 0 },
            Kind::Outcome if entry.outcome != Some(OutcomeStatus::Ok) => {
                Tally { failed: 1, ..Tally::default() }
            }
            _ => return,
        };
        self.call(intent.unwrap_or(entry), tally);
    }

    fn call(&mut self, call: &Entry, tally: Tally) {
        self.all.add(tally);
        let named = |names: &mut Names, name: &Option<String>| {
            if let Some(name) = name {
                add(names, name, |all| all.add(tally));
            }
        };
        named(&mut self.tools, &call.tool);
        named(&mut self.principals, &call.principal);
        named(&mut self.transports, &call.transport);
        let mut seen: Vec<&str> = Vec::new();
        for repo in call.accesses.iter().filter_map(|access| access.repo.as_deref()) {
            if !seen.contains(&repo) {
                seen.push(repo);
                add(&mut self.repositories, repo, |all| all.add(tally));
            }
        }
        self.minute(call.moment.as_second().div_euclid(60), tally);
    }

    /// Counts what happened in a minute; a time far off makes the whole coarser, so that it stays small.
    fn minute(&mut self, minute: i64, tally: Tally) {
        const MOST: usize = 16_384;
        self.width = self.width.max(1);
        let width = self.width;
        self.minutes.entry(minute.div_euclid(width).saturating_mul(width)).or_default().add(tally);
        while self.minutes.len() > MOST {
            self.width = self.width.saturating_mul(2);
            let width = self.width;
            for (minute, tally) in std::mem::take(&mut self.minutes) {
                self.minutes.entry(minute.div_euclid(width).saturating_mul(width)).or_default().add(tally);
            }
        }
    }

    pub(super) fn report(&self) -> Report<'_> {
        Report {
            chains: self.chains.len(),
            entries: self.entries,
            first: self.first,
            last: self.last,
            all: self.all,
            kinds: &self.kinds,
            effects: &self.effects,
            outcomes: &self.outcomes,
            codes: &self.codes,
            tools: &self.tools,
            repositories: &self.repositories,
            principals: &self.principals,
            transports: &self.transports,
            bytes_out: self.bytes_out,
            redactions: self.redactions,
            dropped: self.dropped,
            duration_us: self.durations.quantiles(),
            timeline: self.timeline(),
        }
    }

    /// The timeline, in the shortest steps by which it has at most [`LINES`] lines; stretches without calls are left out.
    fn timeline(&self) -> Vec<Span> {
        let mut spans = Vec::new();
        for step in STEPS {
            let step = step.max(self.width.saturating_mul(60));
            let mut lines: BTreeMap<i64, Tally> = BTreeMap::new();
            for (minute, tally) in &self.minutes {
                let from = minute.saturating_mul(60).div_euclid(step).saturating_mul(step);
                lines.entry(from).or_default().add(*tally);
            }
            let span = |(from, tally): (i64, Tally)| {
                // the earliest entry may be at the begin of all time, and its line before it
                Span { from: Timestamp::from_second(from).unwrap_or(Timestamp::MIN), seconds: step, tally }
            };
            spans = lines.into_iter().map(span).collect();
            if spans.len() <= LINES {
                break;
            }
        }
        spans
    }
}

fn count(counts: &mut BTreeMap<&'static str, u64>, name: &'static str, more: u64) {
    let all = counts.entry(name).or_default();
    *all = all.saturating_add(more);
}

/// Adds to what is counted under `name`, or under all others where there are too many names.
fn add<T: Default>(names: &mut BTreeMap<String, T>, name: &str, more: impl FnOnce(&mut T)) {
    if let Some(known) = names.get_mut(name) {
        return more(known);
    }
    let name = if names.len() < NAMES { name } else { OTHERS };
    more(names.entry(name.to_owned()).or_default());
}

#[cfg(test)]
mod tests;
