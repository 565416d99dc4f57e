//! What replaying an entry comes to, and the count of it.

use std::fmt;

use gitoma_audit::{Effect as RecordedEffect, Entry};
use gitoma_policy::{Decision, Effect};
use serde::Serialize;

use crate::refusal::denial_code;

/// What replaying one entry comes to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "result")]
pub enum Replayed {
    /// The entry is of no call, or of a call that has its verdict in another entry.
    NoCall,
    /// The call was refused before it could be judged: by a limit, for its credential, for its form. No policy has a part in that.
    NoVerdict,
    /// The candidate says the same, and it would be carried out as it was.
    Unchanged {
        /// Why that is so.
        same: Same,
    },
    /// The candidate says something else, or says the same and would carry it out otherwise.
    Changed {
        /// What was recorded.
        recorded: RecordedVerdict,
        /// What the candidate decides, with its rules.
        decision: Box<Decision>,
    },
    /// The entry does not hold what the candidate looks at.
    Undeterminable {
        /// What is missing.
        why: Undeterminable,
    },
}

/// In what way a verdict is the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Same {
    /// Effect and code are the same.
    Verdict,
    /// The call was refused for something that no policy decides: its form, confinement, or what the caller itself gave up.
    AbovePolicy,
    /// The tool was one that the caller could never call, and still is.
    Unreachable,
}

/// The verdict that an entry holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct RecordedVerdict {
    /// What was decided, whether or not it was carried out.
    pub effect: Effect,
    /// The code, as replies have it.
    pub code: String,
    /// Whether it was carried out.
    pub enforced: bool,
}

impl RecordedVerdict {
    /// The verdict of `entry`, if the call came as far as one.
    pub(super) fn of(entry: &Entry) -> Option<Self> {
        let effect = match entry.effect? {
            RecordedEffect::Allow => Effect::Allow,
            RecordedEffect::Ask => Effect::Ask,
            RecordedEffect::Deny => Effect::Deny,
        };
        // A call that could have run may have found no place to run in, or have been asked about, denied or left waiting; its code says
        // only what became of it.
        let code = match effect {
            Effect::Allow => "allowed",
            Effect::Ask => "approval_required",
            Effect::Deny => entry.code.as_deref().filter(|code| *code != "busy").unwrap_or("denied"),
        };
        let code = code.to_owned();
        Some(Self { effect, code, enforced: entry.enforced.unwrap_or(true) })
    }

    /// Whether `decision` says the same.
    #[must_use]
    pub fn is(&self, decision: &Decision) -> bool {
        self.effect == decision.effect && self.code == denial_code(decision.code)
    }
}

/// Why an entry does not suffice for the candidate. Reasons are added as entries come to hold more, never renamed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "code", content = "argument")]
#[non_exhaustive]
pub enum Undeterminable {
    /// The call was refused as one of an unknown tool; its name is not recorded, since the gateway had no such tool, or the entry is
    /// from before such names were.
    ToolNotRecorded,
    /// The call was refused as one of a tool that its caller could not reach, and now could; what it touches was never read.
    CallNotRead,
    /// Who called, through which door, which tool of which capability or in which write mode is not recorded, or is not known here.
    CallIncomplete,
    /// More was touched than the entry lists.
    AccessesLeftOut,
    /// A text was cut to fit the entry.
    TextCut,
    /// Redaction changed a repository, reference, path or host.
    AccessRedacted,
    /// Not every repository that the caller left itself is recorded as it was.
    RestrictionIncomplete,
    /// The entry is from before `found` was recorded, and the candidate treats paths that are found unlike none.
    FoundNotRecorded,
    /// The candidate reads an argument that no rule in force read then.
    ArgumentNotRecorded(String),
    /// The candidate reads an argument that redaction changed.
    ArgumentRedacted(String),
    /// The candidate reads an argument that was cut to fit the entry.
    ArgumentCut(String),
}

impl Undeterminable {
    /// The stable name.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::ToolNotRecorded => "tool_not_recorded",
            Self::CallNotRead => "call_not_read",
            Self::CallIncomplete => "call_incomplete",
            Self::AccessesLeftOut => "accesses_left_out",
            Self::TextCut => "text_cut",
            Self::AccessRedacted => "access_redacted",
            Self::RestrictionIncomplete => "restriction_incomplete",
            Self::FoundNotRecorded => "found_not_recorded",
            Self::ArgumentNotRecorded(_) => "argument_not_recorded",
            Self::ArgumentRedacted(_) => "argument_redacted",
            Self::ArgumentCut(_) => "argument_cut",
        }
    }
}

impl fmt::Display for Undeterminable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ToolNotRecorded => f.write_str("the tool asked for is not recorded"),
            Self::CallNotRead => {
                f.write_str("the caller could not reach the tool then, so what the call touches was not read")
            }
            Self::CallIncomplete => f.write_str("the entry does not say who called which tool and how"),
            Self::AccessesLeftOut => f.write_str("the call touched more than the entry lists"),
            Self::TextCut => f.write_str("a text was cut to fit the entry"),
            Self::AccessRedacted => f.write_str("redaction changed a repository, reference, path or host"),
            Self::RestrictionIncomplete => {
                f.write_str("the repositories that the caller left itself are not all recorded")
            }
            Self::FoundNotRecorded => {
                f.write_str("whether the paths were found while the call ran is not recorded")
            }
            Self::ArgumentNotRecorded(name) => {
                write!(f, "the policy reads argument `{name}`, which no rule read then")
            }
            Self::ArgumentRedacted(name) => {
                write!(f, "the policy reads argument `{name}`, which redaction changed")
            }
            Self::ArgumentCut(name) => {
                write!(f, "the policy reads argument `{name}`, which was cut to fit the entry")
            }
        }
    }
}

/// How many entries came to what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ReplayTotals {
    /// Calls on which the candidate says the same.
    pub unchanged: u64,
    /// Calls on which it says something else, or would carry out otherwise what it says.
    pub changed: u64,
    /// Of these, calls that have the same verdict, and it would be carried out unlike then.
    pub enforcement_changed: u64,
    /// Calls on which it cannot be known.
    pub undeterminable: u64,
    /// Calls that were refused before they could be judged.
    pub no_verdict: u64,
    /// Entries of no call.
    pub no_call: u64,
}

impl ReplayTotals {
    /// Counts one entry.
    pub fn count(&mut self, replayed: &Replayed) {
        let counter = match replayed {
            Replayed::NoCall => &mut self.no_call,
            Replayed::NoVerdict => &mut self.no_verdict,
            Replayed::Unchanged { .. } => &mut self.unchanged,
            Replayed::Changed { recorded, decision } => {
                self.enforcement_changed += u64::from(recorded.is(decision));
                &mut self.changed
            }
            Replayed::Undeterminable { .. } => &mut self.undeterminable,
        };
        *counter += 1;
    }
}
