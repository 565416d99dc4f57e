//! What a comparison found, for programs; the lines for people are in `words`. What differs is found in `compare`.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::Serialize;

use crate::model::{
    Access, Capability, Code, Decision, Effect, Enforcement, Narrowing, Reason, Request, Transport, WriteMode,
};
use crate::set::PolicySet;

mod words;

/// What two policies say differently.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Difference {
    /// What became less strict: denied before and asked for or allowed now, or asked for before and allowed now.
    pub widened: Vec<Change>,
    /// What became stricter.
    pub tightened: Vec<Change>,
    /// Where the bound was met before it was sure that nothing became less strict.
    pub undetermined: Vec<Undetermined>,
    /// Whether `tightened` may lack something, since the bound was met.
    pub tightened_is_partial: bool,
    /// Switches of the whole file that changed.
    pub switches: Vec<SwitchChange>,
    /// What is redacted otherwise than before.
    pub redaction: Vec<RedactionChange>,
}

impl Difference {
    /// Whether a call is, or could not be excluded to be, treated less strictly than before. What the file redacts is
    /// not part of this: see [`Difference::redacts_less`].
    #[must_use]
    pub fn is_widening(&self) -> bool {
        !self.widened.is_empty()
            || !self.undetermined.is_empty()
            || self.switches.iter().any(|switch| switch.widens)
    }

    /// Whether the file's `redact` key hides less: a pattern or name went or became another, or an allowance came or did.
    #[must_use]
    pub fn redacts_less(&self) -> bool {
        self.redaction.iter().any(RedactionChange::redacts_less)
    }

    /// Whether nothing at all was found.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Calls that are judged differently for one cause: the same rules came, went or changed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change {
    /// What was said before.
    pub from: Verdict,
    /// What is said now.
    pub to: Verdict,
    /// The tools concerned. One that the catalogue does not have stands for others only where no known tool is
    /// concerned.
    pub tools: Vec<String>,
    /// The callers concerned, the least demanding only: whoever has more roles is concerned too.
    pub callers: Vec<Caller>,
    /// The doors concerned.
    pub transports: Vec<Transport>,
    /// The keys of the repositories concerned; `*` for calls on any that neither policy names, and on none. At most
    /// [`Change::MOST_REPOSITORIES`].
    pub repositories: Vec<String>,
    /// How many keys there are, those left out of `repositories` included.
    pub repository_count: usize,
    /// Whether any other path could stand in the example's place: no rule that comes into question for these calls tells
    /// paths apart. What the built-in denylist refuses stays refused. `false` where the example names no path.
    pub every_path: bool,
    /// One such call.
    pub example: ExampleCall,
}

impl Change {
    /// The most keys in `repositories`.
    pub const MOST_REPOSITORIES: usize = 100;
}

/// One side of a [`Change`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// The effect.
    pub effect: Effect,
    /// The code.
    pub code: Code,
    /// The rules that decide some of these calls, those that the other policy does not have first. At most 16.
    pub rules: Vec<Reason>,
    /// Those of them, by id, that the other policy does not have for the same call.
    pub changed: Vec<Arc<str>>,
}

/// Who calls.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Caller {
    /// The principal; `None` for any.
    pub principal: Option<String>,
    /// The roles it needs to be concerned; none if anyone is.
    pub roles: Vec<String>,
}

impl Caller {
    /// Whether whoever is `other` is this one too.
    fn covers(&self, other: &Self) -> bool {
        (self.principal.is_none() || self.principal == other.principal)
            && self.roles.iter().all(|role| other.roles.contains(role))
    }

    /// Those that no other one covers.
    pub(super) fn least(callers: &BTreeSet<Self>) -> Vec<Self> {
        let covered = |caller: &Self| callers.iter().any(|other| other != caller && other.covers(caller));
        callers.iter().filter(|caller| !covered(caller)).cloned().collect()
    }
}

/// A concrete call that owns what a [`Request`] borrows. Write mode is on and nothing is narrowed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ExampleCall {
    /// The caller's name.
    pub principal: String,
    /// The caller's roles.
    pub roles: Vec<Arc<str>>,
    /// The door.
    pub transport: Transport,
    /// The tool.
    pub tool: String,
    /// The tool's capability.
    pub capability: Capability,
    /// What the call reaches for.
    pub access: Access,
    /// The arguments, when there are any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arguments: Option<serde_json::Map<String, serde_json::Value>>,
}

impl ExampleCall {
    /// What `policy` decides on the call.
    pub fn decide(&self, policy: &PolicySet) -> Decision {
        policy.decide(&Request {
            principal: &self.principal,
            roles: &self.roles,
            transport: self.transport,
            tool: &self.tool,
            capability: self.capability,
            accesses: std::slice::from_ref(&self.access),
            arguments: self.arguments.as_ref(),
            write_mode: WriteMode::On,
            narrowing: &Narrowing::default(),
            scope: crate::Scope::everything(),
        })
    }
}

/// Something that the comparison could not settle within its bound. It counts as a widening.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Undetermined {
    /// The key of the repository, `*` for any.
    pub repository: String,
    /// How many further repositories this speaks for.
    pub more_repositories: usize,
    /// The tools, where they are known.
    pub tools: Vec<String>,
    /// What was too much.
    pub cause: UndeterminedCause,
}

/// What a comparison could not settle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum UndeterminedCause {
    /// There are more combinations than the bound admits.
    TooMuch,
    /// The policies themselves do not confirm what was found; this is a fault of the comparison, please report it.
    Unconfirmed,
}

/// A switch of the whole file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct SwitchChange {
    /// `automation` or `enforcement`.
    pub switch: &'static str,
    /// Its value before.
    pub from: &'static str,
    /// Its value now.
    pub to: &'static str,
    /// Whether that alone makes something run that did not. What `automation` lets run stands in
    /// [`Difference::widened`] instead.
    pub widens: bool,
}

impl SwitchChange {
    pub(super) fn enforcement(from: Enforcement, to: Enforcement, widens: bool) -> Self {
        Self { switch: "enforcement", from: from.as_str(), to: to.as_str(), widens }
    }

    pub(super) fn automation(to: bool) -> Self {
        let name = |on| if on { "allow" } else { "deny" };
        Self { switch: "automation", from: name(!to), to: name(to), widens: false }
    }
}

/// What of the file's `redact` key there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RedactionKind {
    /// A pattern, whose matches are redacted.
    Pattern,
    /// A name, the values of which are redacted.
    Name,
    /// The fingerprint of a value that is not redacted.
    Allowance,
    /// A rule of the redactor, whose findings block a result.
    Block,
}

/// Something of the file's `redact` key that came, went or became another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RedactionChange {
    /// What it is.
    pub kind: RedactionKind,
    /// Its id; the name itself.
    pub id: Arc<str>,
    /// The pattern, name or fingerprint before.
    pub before: Option<Arc<str>>,
    /// The same now.
    pub after: Option<Arc<str>>,
}

impl RedactionChange {
    /// Whether something may show that did not before.
    #[must_use]
    pub fn redacts_less(&self) -> bool {
        match self.kind {
            RedactionKind::Pattern | RedactionKind::Name | RedactionKind::Block => self.before.is_some(),
            RedactionKind::Allowance => self.after.is_some(),
        }
    }
}
