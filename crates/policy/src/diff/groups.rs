//! Gathers calls that are judged differently into changes: one for each cause, which is the rules that came, went or
//! changed among those that decide.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use super::atom::Atom;
use super::cell::Outcome;
use super::report::{Caller, Change, ExampleCall, Verdict};
use super::rules::{Judged, Rules};
use super::tools::Tool;
use crate::model::{Paths, Reason, Transport};
use crate::rule::Rule;

/// The most rules that are cited for one side.
const MOST_RULES: usize = 16;

/// How many changes that are known already are looked through in one step.
const KNOWN_A_STEP: usize = 16;

/// What it costs to make a change of what was found, and to tell it.
const STEPS_OF_NEW: u64 = 32;

/// Where an outcome was found.
pub(super) struct Place<'p> {
    pub(super) tools: &'p [Tool],
    pub(super) callers: &'p [Caller],
    pub(super) transports: &'p [Transport],
    /// The numbers of the repositories.
    pub(super) repositories: std::ops::Range<usize>,
    /// Whether no rule there tells one path from another.
    pub(super) every_path: bool,
}

#[derive(Debug)]
struct Group<'a> {
    from: Side<'a>,
    to: Side<'a>,
    tools: BTreeSet<Tool>,
    callers: BTreeSet<Caller>,
    transports: Vec<Transport>,
    repositories: BTreeSet<(usize, usize)>,
    /// Whether that is so wherever this was found.
    every_path: bool,
    example: ExampleCall,
    fresh: [Option<char>; 2],
}

/// What one policy says.
#[derive(Debug)]
struct Side<'a> {
    verdict: (crate::model::Effect, crate::model::Code),
    changed: BTreeSet<Arc<str>>,
    /// By id.
    rules: BTreeMap<Arc<str>, &'a Rule>,
}

impl<'a> Side<'a> {
    fn new(rules: &Rules<'a>, judged: &Judged, own: impl for<'o> Fn(&'o Atom<'a>) -> &'o [&'a Rule]) -> Self {
        let mut side =
            Self { verdict: (judged.effect, judged.code), changed: BTreeSet::new(), rules: BTreeMap::new() };
        for atom in rules.of(&judged.deciding) {
            for rule in own(atom) {
                side.rules.insert(rule.id.to_shared(), rule);
            }
            // One of several that mean the same names the cause.
            if atom.is_changed() {
                side.changed.extend(own(atom).first().map(|rule| rule.id.to_shared()));
            }
        }
        side
    }

    /// Whether what this one says is a cause of what the other one says.
    fn explains(&self, other: &Self) -> bool {
        self.verdict == other.verdict && self.changed.is_subset(&other.changed)
    }

    fn verdict(&self, source: &Arc<str>) -> Verdict {
        let mut rules: Vec<&&Rule> = self.rules.values().collect();
        rules.sort_by_key(|rule| (!self.changed.contains(&*rule.id), rule.line, rule.column));
        let reasons: Vec<Reason> =
            rules.into_iter().take(MOST_RULES).map(|rule| rule.reason(source, None)).collect();
        let changed = self.changed.iter().cloned().collect();
        Verdict { effect: self.verdict.0, code: self.verdict.1, rules: reasons, changed }
    }
}

/// The changes found so far, of one direction.
#[derive(Debug, Default)]
pub(super) struct Groups<'a>(Vec<Group<'a>>);

impl<'a> Groups<'a> {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds what was found at `place`; `example` makes the call of it. Returns how many steps that is worth: what is
    /// found is compared with all that was, and each change that is new is polished and confirmed in the end.
    pub(super) fn add(
        &mut self,
        rules: &Rules<'a>,
        outcome: &Outcome,
        place: &Place<'_>,
        example: impl Fn() -> ExampleCall,
    ) -> u64 {
        let steps = u64::try_from(self.0.len() / KNOWN_A_STEP).unwrap_or(u64::MAX);
        let from = Side::new(rules, &outcome.from, |atom| &atom.before);
        let to = Side::new(rules, &outcome.to, |atom| &atom.after);
        let mut is_known = false;
        for group in &mut self.0 {
            // Where fewer causes suffice for the same, more of them are no news.
            if group.from.explains(&from) && group.to.explains(&to) {
                is_known = true;
                // A tool that exists is the better example.
                if group.names_unknown_tools() && place.tools.iter().any(|tool| !tool.is_unknown) {
                    group.example = example();
                    group.fresh = outcome.rest.fresh;
                }
                group.widen(place);
                group.from.rules.extend(from.rules.iter().map(|(id, rule)| (Arc::clone(id), *rule)));
                group.to.rules.extend(to.rules.iter().map(|(id, rule)| (Arc::clone(id), *rule)));
            }
        }
        if is_known {
            return steps;
        }
        let mut group = Group {
            from,
            to,
            tools: BTreeSet::new(),
            callers: BTreeSet::new(),
            transports: Vec::new(),
            repositories: BTreeSet::new(),
            every_path: true,
            example: example(),
            fresh: outcome.rest.fresh,
        };
        group.widen(place);
        self.0.retain_mut(|other| {
            let explained = group.from.explains(&other.from) && group.to.explains(&other.to);
            if explained {
                group.absorb(other);
            }
            !explained
        });
        self.0.push(group);
        steps.saturating_add(STEPS_OF_NEW)
    }

    /// The changes, those that concern most first; `polish` makes examples fit to be shown.
    pub(super) fn finish(
        self,
        sources: [&Arc<str>; 2],
        label: impl Fn(usize) -> String,
        mut polish: impl FnMut(ExampleCall, [Option<char>; 2]) -> ExampleCall,
    ) -> Vec<Change> {
        let mut groups = self.0;
        let place =
            |side: &Side<'_>| side.changed.iter().filter_map(|id| side.rules.get(id)).map(|r| r.line).min();
        groups.sort_by_key(|group| {
            (group.to.verdict.0, group.from.verdict.1 as u8, place(&group.to), place(&group.from))
        });
        let changes = groups.into_iter().map(|group| {
            let (repositories, repository_count) = group.labels(&label);
            let known = group.tools.iter().any(|tool| !tool.is_unknown);
            let tools = group.tools.iter().filter(|tool| !(known && tool.is_unknown));
            Change {
                from: group.from.verdict(sources[0]),
                to: group.to.verdict(sources[1]),
                tools: tools.map(|tool| tool.name.clone()).collect(),
                callers: Caller::least(&group.callers),
                transports: group.transports,
                repositories,
                repository_count,
                every_path: group.every_path && matches!(group.example.access.paths, Paths::Named(_)),
                example: polish(group.example, group.fresh),
            }
        });
        changes.collect()
    }
}

impl Group<'_> {
    fn widen(&mut self, place: &Place<'_>) {
        self.every_path &= place.every_path;
        self.tools.extend(place.tools.iter().cloned());
        self.callers.extend(place.callers.iter().cloned());
        self.add_transports(place.transports);
        self.repositories.insert((place.repositories.start, place.repositories.end));
    }

    fn names_unknown_tools(&self) -> bool {
        self.tools.iter().all(|tool| tool.is_unknown)
    }

    fn absorb(&mut self, other: &mut Self) {
        if self.names_unknown_tools() && !other.names_unknown_tools() {
            self.example = other.example.clone();
            self.fresh = other.fresh;
        }
        self.every_path &= other.every_path;
        self.tools.append(&mut other.tools);
        self.callers.append(&mut other.callers);
        self.add_transports(&other.transports);
        self.repositories.append(&mut other.repositories);
        self.from.rules.append(&mut other.from.rules);
        self.to.rules.append(&mut other.to.rules);
    }

    fn add_transports(&mut self, transports: &[Transport]) {
        for transport in transports {
            if !self.transports.contains(transport) {
                self.transports.push(*transport);
            }
        }
        self.transports.sort_by_key(|transport| *transport as u8);
    }

    /// The keys of the repositories, as many as are shown, and how many there are.
    fn labels(&self, label: impl Fn(usize) -> String) -> (Vec<String>, usize) {
        let all = || self.repositories.iter().flat_map(|(start, end)| *start..*end);
        let mut labels: Vec<String> = Vec::new();
        let mut seen: HashSet<String> = HashSet::new();
        for label in all().map(label) {
            // Another spelling of a repository that is named already is no further one.
            if seen.insert(crate::fold::case(&label).into_owned()) && labels.len() < Change::MOST_REPOSITORIES
            {
                labels.push(label);
            }
        }
        (labels, seen.len())
    }
}
