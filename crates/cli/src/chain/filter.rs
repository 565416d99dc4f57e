//! Which entries are wanted. Several values of one option widen it, several options narrow the whole.

use std::str::FromStr;

use clap::{Args, ValueEnum};
use gitoma_audit::{Effect, Entry, Kind, OutcomeStatus};
use jiff::{SignedDuration, Timestamp};

/// Options that choose entries. An outcome is chosen as its intent would be.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Which entries")]
pub(super) struct Filter {
    /// Only those of calls of this tool
    #[arg(long, value_name = "TOOL")]
    tool: Vec<String>,
    /// Only those that touch this repository, by its alias
    #[arg(long, value_name = "REPO")]
    repo: Vec<String>,
    /// Only those of this principal
    #[arg(long, value_name = "NAME")]
    principal: Vec<String>,
    /// Only those with this verdict
    #[arg(long, value_name = "VERDICT")]
    verdict: Vec<Verdict>,
    /// Only those with this stable code, such as rate_limited
    #[arg(long, value_name = "CODE")]
    code: Vec<String>,
    /// Only those of this kind, such as policy.load
    #[arg(long, value_name = "KIND", value_parser = kind)]
    kind: Vec<Kind>,
    /// Only those of this call: its call id, or the error id of its refusal
    #[arg(long, value_name = "ID")]
    call: Option<String>,
    /// Only those from this time on: RFC 3339, or how long ago, such as 90s, 15m, 2h, 7d
    #[arg(long, value_name = "TIME")]
    since: Option<Moment>,
    /// Only those before this time, in the same form
    #[arg(long, value_name = "TIME")]
    until: Option<Moment>,
}

/// What was decided about a call, or what became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Verdict {
    /// Policy allowed it
    Allow,
    /// Policy asked for an approval
    Ask,
    /// Policy denied it
    Deny,
    /// It was answered with a refusal, by policy or otherwise
    Refused,
    /// It ran and did not end well
    Failed,
}

/// A point in time.
#[derive(Debug, Clone, Copy)]
struct Moment(Timestamp);

impl FromStr for Moment {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const FORM: &str =
            "neither a time as in RFC 3339, such as 2026-01-31T08:00:00Z, nor how long ago, such as 2h";
        if let Ok(moment) = text.parse() {
            return Ok(Self(moment));
        }
        let unit = match text.chars().last() {
            Some('s') => 1,
            Some('m') => 60,
            Some('h') => 60 * 60,
            Some('d') => 24 * 60 * 60,
            _ => return Err(FORM),
        };
        let count = text.get(..text.len().saturating_sub(1)).and_then(|count| count.parse::<u32>().ok());
        let ago = count.and_then(|count| i64::from(count).checked_mul(unit)).ok_or(FORM)?;
        let moment = Timestamp::now().checked_sub(SignedDuration::from_secs(ago));
        moment.map(Self).map_err(|_| "before all time")
    }
}

fn kind(text: &str) -> Result<Kind, String> {
    Kind::parse(text).ok_or_else(|| {
        let known: Vec<_> = Kind::ALL.iter().map(|kind| kind.as_str()).collect();
        format!("no kind of entry; there are {}", known.join(", "))
    })
}

/// Whether nothing is demanded, or one of what is demanded holds.
fn any<T>(wanted: &[T], holds: impl FnMut(&T) -> bool) -> bool {
    wanted.is_empty() || wanted.iter().any(holds)
}

impl Filter {
    /// Whether `entry` is wanted; `intent` is the intent that an outcome ends.
    pub(super) fn wants(&self, entry: &Entry, intent: Option<&Entry>) -> bool {
        let call = intent.unwrap_or(entry);
        let is = |text: &Option<String>, wanted: &String| text.as_ref() == Some(wanted);
        self.since.is_none_or(|since| entry.moment >= since.0)
            && self.until.is_none_or(|until| entry.moment < until.0)
            && any(&self.kind, |kind| entry.kind == *kind)
            && any(&self.tool, |tool| is(&call.tool, tool))
            && any(&self.principal, |principal| is(&call.principal, principal))
            && any(&self.repo, |repo| touches(call, repo))
            && any(&self.code, |code| is(&entry.code, code) || is(&call.code, code))
            && any(&self.verdict, |verdict| verdict.holds(entry, call))
            && self
                .call
                .as_ref()
                .is_none_or(|id| entry.call_id.is_some_and(|call| call.to_string().eq_ignore_ascii_case(id)))
    }
}

fn touches(call: &Entry, repo: &str) -> bool {
    call.accesses.iter().any(|access| access.repo.as_deref() == Some(repo))
}

impl Verdict {
    fn holds(self, entry: &Entry, call: &Entry) -> bool {
        match self {
            Self::Allow => call.effect == Some(Effect::Allow),
            Self::Ask => call.effect == Some(Effect::Ask),
            Self::Deny => call.effect == Some(Effect::Deny),
            Self::Refused => entry.kind == Kind::Refusal,
            Self::Failed => entry.outcome.is_some_and(|outcome| outcome != OutcomeStatus::Ok),
        }
    }
}
