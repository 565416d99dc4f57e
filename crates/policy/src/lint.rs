//! What is questionable in a policy that is well formed: rules that decide nothing, rules that say more or less than
//! they seem to. Errors refuse the policy when it is loaded; warnings are only told to whoever checks it. A finding is
//! never a guess: where rules cannot be compared, there is none. How rules are judged is in `decide`.

mod cover;
mod denylisted;
mod implication;
mod matchers;
mod nothing;
mod pathless;
mod pattern;
mod places;
mod reached;
mod refless;
mod unlisted;
mod writes;

use std::collections::BTreeSet;
use std::fmt;

use serde::Serialize;

use crate::catalogue::Catalogue;
use crate::compile;
use crate::error::{Faults, LoadError, Place};
use crate::rule::Rule;
use crate::set::{PolicySet, Source};
use crate::yaml::{Snippet, excerpt};
pub(crate) use places::Places;

/// The names that the configuration knows; `None` where they are not known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    /// Every principal.
    pub principals: Option<Vec<String>>,
    /// Every role that some principal has.
    pub roles: Option<Vec<String>>,
    /// The alias of every repository.
    pub repositories: Option<Vec<String>>,
}

/// What a finding does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The policy loads.
    Warning,
    /// The policy is refused when it is loaded.
    Error,
}

impl Severity {
    /// The stable name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// What is found. The set is closed and the names are stable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// An allow or ask rule all of whose calls one rule denies, or whose capability is off.
    UnreachableRule,
    /// An allow rule all of whose calls one rule asks about.
    NeverDecides,
    /// A rule that no call can meet, or meet with any effect.
    MatchesNothing,
    /// A deny rule on paths that the built-in denylist refuses anyway.
    AddsNothing,
    /// A rule all of whose calls another one of the same effect concerns.
    Subsumed,
    /// `write: allow` at a repository where no rule could allow a write.
    WriteWithoutRule,
    /// A rule for writes that no repository on the whitelist could meet.
    RuleWithoutWrite,
    /// A deny or ask rule with `paths` that also concerns tools that never have a path.
    DeniesPathlessTools,
    /// A deny or ask rule with `refs` that also concerns tools that never name a reference.
    DeniesReflessTools,
    /// A deny or ask rule that concerns each call which gives an argument, since the argument is never of a kind that the
    /// rule could compare.
    UnfitMatcher,
    /// A repository that the configuration does not have.
    UnlistedRepository,
    /// A principal that the configuration does not know.
    UnlistedPrincipal,
    /// A role that nobody has in the configuration.
    UnlistedRole,
}

impl Kind {
    /// Every kind, in the order of their declaration.
    pub const ALL: [Self; 13] = [
        Self::UnreachableRule,
        Self::NeverDecides,
        Self::MatchesNothing,
        Self::AddsNothing,
        Self::Subsumed,
        Self::WriteWithoutRule,
        Self::RuleWithoutWrite,
        Self::DeniesPathlessTools,
        Self::DeniesReflessTools,
        Self::UnfitMatcher,
        Self::UnlistedRepository,
        Self::UnlistedPrincipal,
        Self::UnlistedRole,
    ];

    /// The stable name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UnreachableRule => "unreachable_rule",
            Self::NeverDecides => "never_decides",
            Self::MatchesNothing => "matches_nothing",
            Self::AddsNothing => "adds_nothing",
            Self::Subsumed => "subsumed",
            Self::WriteWithoutRule => "write_without_rule",
            Self::RuleWithoutWrite => "rule_without_write",
            Self::DeniesPathlessTools => "denies_pathless_tools",
            Self::DeniesReflessTools => "denies_refless_tools",
            Self::UnfitMatcher => "unfit_matcher",
            Self::UnlistedRepository => "unlisted_repository",
            Self::UnlistedPrincipal => "unlisted_principal",
            Self::UnlistedRole => "unlisted_role",
        }
    }
}

/// One thing that is questionable in a policy, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Finding {
    /// What it does.
    pub severity: Severity,
    /// What is found.
    pub kind: Kind,
    /// The text's name, as it was given.
    pub source: String,
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
    /// What is questionable.
    pub message: String,
    /// What to do about it.
    pub fix: String,
    /// The line of the text.
    pub snippet: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { severity, kind, source, line, column, message, fix, snippet } = self;
        let (severity, kind) = (severity.as_str(), kind.as_str());
        write!(f, "{source}:{line}:{column}: {severity}: {message} ({kind})")?;
        write!(f, "{}", Snippet { line: *line, column: *column, text: snippet })?;
        write!(f, "\n  fix: {fix}")
    }
}

/// A policy text that is well formed, and what is questionable in it.
#[derive(Debug, Clone)]
pub struct Checked {
    /// The policy; `None` if a finding is an error, since [`PolicySet::load`] refuses the text then.
    pub policy: Option<PolicySet>,
    /// In the order of their places; at most 1,000.
    pub findings: Vec<Finding>,
    /// How many more there are.
    pub omitted: usize,
    /// How many rules were not compared with all others, since the policy is too large for that. Of these it is not known
    /// whether another rule makes them superfluous.
    pub uncompared: usize,
}

/// Loads a policy and looks for what is questionable in it.
///
/// # Errors
/// [`LoadError`] with the faults of a text that is not well formed, or whose examples fail.
pub fn check(source: Source<'_>, catalogue: &Catalogue, known: &Known) -> Result<Checked, LoadError> {
    let mut places = Places::default();
    let set = compile::load_with_places(source, catalogue, &mut places)?;
    let mut notes = Notes::new(Some(&places));
    errors(&set, catalogue, &mut notes);
    reached::warn(&set, catalogue, &mut notes);
    writes::warn(&set, catalogue, &mut notes);
    pathless::warn(&set, catalogue, &mut notes);
    refless::warn(&set, catalogue, &mut notes);
    unlisted::warn(&set, known, &mut notes);
    Ok(notes.finish(source, set))
}

/// Notes a fault for each finding that refuses the load.
pub(crate) fn refuse(set: &PolicySet, catalogue: &Catalogue, faults: &mut Faults<'_>) {
    let mut notes = Notes::new(None);
    errors(set, catalogue, &mut notes);
    for note in notes.found.into_iter().filter(|note| note.severity == Severity::Error) {
        faults.note(note.place, note.message, Some(&note.fix));
    }
}

/// The lints that may refuse a policy. They run at each load, so they look at no more than that needs.
fn errors(set: &PolicySet, catalogue: &Catalogue, notes: &mut Notes<'_>) {
    nothing::check(set, catalogue, notes);
    matchers::check(set, catalogue, notes);
    reached::check(set, catalogue, notes);
}

/// A finding before it has words around it.
struct Note {
    severity: Severity,
    kind: Kind,
    place: Place,
    message: String,
    fix: String,
}

/// What is found so far.
struct Notes<'a> {
    /// The places of keys inside rules; unknown at load.
    places: Option<&'a Places>,
    found: Vec<Note>,
    /// How many were found and could not be among those shown.
    left_out: usize,
    /// Where the rules stand that were not compared with all others.
    uncompared: BTreeSet<Place>,
}

/// A key of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Key<'a> {
    /// The rule itself.
    Rule,
    Paths,
    Refs,
    Hosts,
    Principal(&'a str),
    Role(&'a str),
    Argument(&'a str),
}

impl<'a> Notes<'a> {
    /// More than these nobody reads.
    const MOST: usize = 1_000;

    const fn new(places: Option<&'a Places>) -> Self {
        Self { places, found: Vec::new(), left_out: 0, uncompared: BTreeSet::new() }
    }

    /// Counts findings that stand behind [`Self::MOST`] others of their kind.
    const fn leave_out(&mut self, count: usize) {
        self.left_out = self.left_out.saturating_add(count);
    }

    /// Counts a rule that is not compared with all others.
    fn leave_uncompared(&mut self, rule: &Rule) {
        self.uncompared.insert(Place { line: rule.line, column: rule.column });
    }

    fn error(&mut self, kind: Kind, rule: &Rule, key: Key<'_>, message: String, fix: impl Into<String>) {
        self.note(Severity::Error, kind, self.place(rule, key), message, fix);
    }

    fn warning(&mut self, kind: Kind, rule: &Rule, key: Key<'_>, message: String, fix: impl Into<String>) {
        self.note(Severity::Warning, kind, self.place(rule, key), message, fix);
    }

    fn note(
        &mut self,
        severity: Severity,
        kind: Kind,
        place: Place,
        message: String,
        fix: impl Into<String>,
    ) {
        self.found.push(Note { severity, kind, place, message, fix: fix.into() });
    }

    fn place(&self, rule: &Rule, key: Key<'_>) -> Place {
        let within = self.places.and_then(|places| places.of(&rule.id, key));
        within.unwrap_or(Place { line: rule.line, column: rule.column })
    }

    fn finish(mut self, source: Source<'_>, set: PolicySet) -> Checked {
        let refused = self.found.iter().any(|note| note.severity == Severity::Error);
        self.found.sort_by(|a, b| (a.place, a.kind, &a.message).cmp(&(b.place, b.kind, &b.message)));
        let omitted = self.found.len().saturating_sub(Self::MOST).saturating_add(self.left_out);
        self.found.truncate(Self::MOST);
        let mut lines = source.text.lines().zip(1u32..).peekable();
        let findings = self.found.into_iter().map(|note| {
            let Note { severity, kind, place: Place { line, column }, message, fix } = note;
            // Both go in order, so the text is walked once.
            while lines.next_if(|(_, number)| *number < line).is_some() {}
            let snippet = lines.peek().map(|(text, _)| excerpt(text, column)).unwrap_or_default();
            Finding { severity, kind, source: source.name.to_owned(), line, column, message, fix, snippet }
        });
        let findings = findings.collect();
        Checked { policy: (!refused).then_some(set), findings, omitted, uncompared: self.uncompared.len() }
    }
}

#[cfg(test)]
mod tests;
