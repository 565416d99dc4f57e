//! Judging recorded calls anew: what a candidate policy would have said of each call that the audit chain has a verdict on (POL-15).
//!
//! An entry holds what a verdict needs, as far as it was recorded: who, through which door, which tool, what it reaches for, the
//! redacted arguments that rules of the policy in force read, and what the caller gave up. Where that does not suffice for the candidate, the answer is
//! [`Undeterminable`], never "unchanged". What a tool found while it ran is not recorded item by item and not replayed. Nothing here
//! does I/O: entries come from [`gitoma_audit::Reader`].

mod request;
mod verdict;

use std::collections::HashMap;

use gitoma_audit::{Entry, Kind};
use gitoma_policy::{Access, Catalogue, Code, Decision, PolicySet, Request};

use request::{Ambiguous, Recorded};

pub use verdict::{RecordedVerdict, ReplayTotals, Replayed, Same, Undeterminable};

/// A candidate policy, ready to judge recorded calls.
#[derive(Debug)]
pub struct Replay<'p> {
    candidate: &'p PolicySet,
    catalogue: &'p Catalogue,
    /// The arguments that some rule of the candidate reads, by tool.
    reads: HashMap<&'p str, Vec<&'p str>>,
}

impl<'p> Replay<'p> {
    /// Prepares `candidate`, which was loaded with `catalogue`.
    #[must_use]
    pub fn new(candidate: &'p PolicySet, catalogue: &'p Catalogue) -> Self {
        let tools = catalogue.iter().map(|(tool, _)| (tool, candidate.read_arguments(tool).collect()));
        Self { candidate, catalogue, reads: tools.collect() }
    }

    /// Judges the call of `entry` and compares.
    #[must_use]
    pub fn judge(&self, entry: &Entry) -> Replayed {
        if !matches!(entry.kind, Kind::Intent | Kind::Refusal | Kind::Judged) {
            return Replayed::NoCall;
        }
        let code = entry.code.as_deref().unwrap_or_default();
        let Some(recorded) = RecordedVerdict::of(entry) else {
            return match code {
                "unknown_tool" => self.unknown(entry),
                _ => Replayed::NoVerdict,
            };
        };
        if is_above_policy(entry, &recorded) {
            return Replayed::Unchanged { same: Same::AbovePolicy };
        }
        match self.decide(entry) {
            // Whatever is missing: no rule of any policy is asked before what the caller gave up.
            Err(_) if is_narrowed(&recorded) => Replayed::Unchanged { same: Same::AbovePolicy },
            Err(why) => Replayed::Undeterminable { why },
            Ok(decision) if recorded.is(&decision) && decision.enforced == recorded.enforced => {
                Replayed::Unchanged { same: Same::Verdict }
            }
            Ok(decision) => Replayed::Changed { recorded, decision: Box::new(decision) },
        }
    }

    /// Looks again at a call of a tool that its caller could not reach. What the call would have touched was never read.
    fn unknown(&self, entry: &Entry) -> Replayed {
        let subject = match request::Caller::read(entry, self.catalogue) {
            Ok(caller) => caller,
            Err(why) => return Replayed::Undeterminable { why },
        };
        if subject.reaches(self.candidate) {
            Replayed::Undeterminable { why: Undeterminable::CallNotRead }
        } else {
            Replayed::Unchanged { same: Same::Unreachable }
        }
    }

    /// What the candidate decides on the call of `entry`, if the entry holds all that it looks at.
    fn decide(&self, entry: &Entry) -> Result<Decision, Undeterminable> {
        let call = Recorded::read(entry, self.catalogue)?;
        let unread = self.judge_call(&call, &call.accesses, None);
        if is_gate(unread.code) {
            // No rule was asked, so no argument was looked at, and no gate tells found paths from none.
            return Ok(unread);
        }
        let arguments = request::arguments(entry, &self.reads(call.caller.tool))?;
        let decide = |accesses: &[Access]| self.judge_call(&call, accesses, Some(&arguments));
        for ambiguous in &call.ambiguous {
            // Each access is judged by itself, so an access on which both readings agree is the same in every mixture.
            let Ambiguous { none, found } = ambiguous;
            let (none, found) = (decide(std::slice::from_ref(none)), decide(std::slice::from_ref(found)));
            if (none.effect, none.code) != (found.effect, found.code) {
                return Err(Undeterminable::FoundNotRecorded);
            }
        }
        Ok(decide(&call.accesses))
    }

    fn judge_call(
        &self,
        call: &Recorded<'_>,
        accesses: &[Access],
        arguments: Option<&serde_json::Map<String, serde_json::Value>>,
    ) -> Decision {
        let caller = &call.caller;
        self.candidate.decide(&Request {
            principal: caller.principal,
            roles: &caller.roles,
            transport: caller.transport,
            tool: caller.tool,
            capability: caller.capability,
            accesses,
            arguments,
            write_mode: caller.write_mode,
            narrowing: &call.narrowing,
            scope: gitoma_policy::Scope::everything(),
        })
    }

    /// The arguments of `tool` that some rule of the candidate reads.
    fn reads(&self, tool: &str) -> Vec<&'p str> {
        match self.reads.get(tool) {
            Some(names) => names.clone(),
            None => self.candidate.read_arguments(tool).collect(),
        }
    }
}

fn is_narrowed(recorded: &RecordedVerdict) -> bool {
    recorded.code == Code::Narrowed.as_str()
}

/// Whether the verdict is one that no policy could change: what a credential is not good for, what the caller gave up, where the entry is from before that was recorded,
/// what cannot be judged, and what confinement refused before a decision (which is why such an entry does not say whether it was
/// enforced).
fn is_above_policy(entry: &Entry, recorded: &RecordedVerdict) -> bool {
    (is_narrowed(recorded) && entry.restriction.is_none())
        || recorded.code == Code::OutOfScope.as_str()
        || recorded.code == Code::BadRequest.as_str()
        || (recorded.code == Code::PathDenied.as_str() && entry.enforced.is_none())
}

/// Whether the code is one of a gate, which closes before any rule is asked.
fn is_gate(code: Code) -> bool {
    match code {
        Code::Allowed | Code::ApprovalRequired | Code::Denied | Code::DefaultDeny => false,
        Code::PathDenied
        | Code::WriteModeOff
        | Code::RepositoryNotWhitelisted
        | Code::CapabilityDisabled
        | Code::OutOfScope
        | Code::Narrowed
        | Code::BadRequest => true,
    }
}
