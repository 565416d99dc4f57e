//! Whether one rule concerns every call that another concerns. A yes is certain; a no may only mean that the two could
//! not be compared. Each dimension of a rule is compared by itself, the cheap ones first, since nearly all pairs differ.

use super::implication::{Matcher, implies};
use super::pattern::{self, Compare};
use crate::catalogue::{Catalogue, Reach};
use crate::fold;
use crate::model::{Effect, Transport};
use crate::rule::{Globs, HostPattern, Rule, ToolPattern};
use crate::set::{PolicySet, Repository};

/// The calls a rule can see at all.
#[derive(Debug, Clone, Copy)]
pub(super) enum Scope<'a> {
    Global,
    /// The rules beneath `owner/*`.
    Owner(&'a Repository),
    Repository(&'a Repository),
}

/// A rule and where it stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Placed<'a> {
    pub(super) rule: &'a Rule,
    pub(super) scope: Scope<'a>,
}

/// How much of one rule another one covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cover {
    /// Some call may be concerned by the inner rule and not by the outer one, as far as can be told.
    None,
    /// All but calls that find their paths while they run; of those, each path that is found.
    FoundPaths,
    Whole,
}

/// The paths that the calls of a rule's tools may have.
#[derive(Debug, Clone, Copy)]
struct Possible {
    none: bool,
    found: bool,
}

/// Calls `look` with every rule of the set.
pub(super) fn for_each<'a>(set: &'a PolicySet, mut look: impl FnMut(Placed<'a>)) {
    set.global.rules().iter().for_each(|rule| look(Placed { rule, scope: Scope::Global }));
    for (entries, scope) in
        [(&set.owners, Scope::Owner as fn(&'a Repository) -> _), (&set.repositories, Scope::Repository)]
    {
        for entry in entries.values() {
            entry.rules.rules().iter().for_each(|rule| look(Placed { rule, scope: scope(entry) }));
        }
    }
}

/// The rules that are wanted of a set, ready to be compared with many others.
#[derive(Debug)]
pub(super) struct Around<'a> {
    set: &'a PolicySet,
    wanted: fn(&Rule) -> bool,
    global: Vec<&'a Rule>,
    /// The scope that was asked for last, and what its calls may meet besides global rules.
    local: (Option<Scope<'a>>, Vec<Placed<'a>>),
}

impl<'a> Around<'a> {
    pub(super) fn new(set: &'a PolicySet, wanted: fn(&Rule) -> bool) -> Self {
        let global = set.global.rules().iter().filter(|rule| wanted(rule)).collect();
        Self { set, wanted, global, local: (None, Vec::new()) }
    }

    /// The first of the wanted rules that `is_it`, among those whose scope holds all calls of `scope`.
    pub(super) fn find(
        &mut self,
        scope: Scope<'a>,
        mut is_it: impl FnMut(Placed<'a>) -> bool,
    ) -> Option<Placed<'a>> {
        if !self.local.0.is_some_and(|last| last.is(scope)) {
            self.local = (Some(scope), self.local_to(scope));
        }
        let global = self.global.iter().map(|rule| Placed { rule, scope: Scope::Global });
        global.chain(self.local.1.iter().copied()).find(|placed| is_it(*placed))
    }

    fn local_to(&self, scope: Scope<'a>) -> Vec<Placed<'a>> {
        let entries = match scope {
            Scope::Global => [None, None],
            Scope::Owner(entry) => [Some((entry, scope)), None],
            Scope::Repository(entry) if self.set.owners.is_empty() => [None, Some((entry, scope))],
            Scope::Repository(entry) => {
                let folded = fold::case(&entry.name);
                let owner = folded.split_once('/').and_then(|(owner, _)| self.set.owners.get(owner));
                [owner.map(|owner| (owner, Scope::Owner(owner))), Some((entry, scope))]
            }
        };
        let rules = entries
            .into_iter()
            .flatten()
            .flat_map(|(entry, scope)| entry.rules.rules().iter().map(move |rule| Placed { rule, scope }));
        rules.filter(|placed| (self.wanted)(placed.rule)).collect()
    }
}

impl Scope<'_> {
    /// Whether both are the same scope of one set.
    pub(super) fn is(self, other: Scope<'_>) -> bool {
        match (self, other) {
            (Scope::Global, Scope::Global) => true,
            (Scope::Owner(a), Scope::Owner(b)) | (Scope::Repository(a), Scope::Repository(b)) => {
                std::ptr::eq(a, b)
            }
            _ => false,
        }
    }
}

/// How many steps, each of about half a microsecond, it takes at most to look whether one of two rules covers the other: one
/// for the rules, and some for each pair of what is in their lists.
pub(super) fn steps(a: &Rule, b: &Rule) -> u64 {
    const PATTERNS_IN_A_STEP: usize = 4;
    const NAMES_IN_A_STEP: usize = 16;
    let pairs = |length: fn(&Rule) -> usize| length(a).saturating_mul(length(b));
    let patterns = pairs(|rule| rule.paths.as_ref().map_or(0, |globs| globs.list.len()))
        .saturating_add(pairs(|rule| rule.refs.as_ref().map_or(0, |globs| globs.list.len())));
    let names = [
        pairs(|rule| rule.tools.len()),
        pairs(|rule| rule.principals.as_ref().map_or(0, |names| names.len())),
        pairs(|rule| rule.roles.as_ref().map_or(0, |names| names.len())),
        pairs(|rule| rule.hosts.as_ref().map_or(0, |hosts| hosts.len())),
        pairs(|rule| rule.arguments.iter().fold(0, |sum, argument| sum.saturating_add(argument.weight()))),
    ];
    let names = names.into_iter().fold(0, usize::saturating_add);
    let steps = (patterns / PATTERNS_IN_A_STEP).saturating_add(names / NAMES_IN_A_STEP).saturating_add(1);
    u64::try_from(steps).unwrap_or(u64::MAX)
}

/// How much of `inner` is covered by `outer`, whose scope is one that holds all calls of the inner one's.
pub(super) fn cover(outer: Placed<'_>, inner: Placed<'_>, catalogue: &Catalogue) -> Cover {
    let (a, b) = (outer.rule, inner.rule);
    let plain = (a.capability.is_none() || a.capability == b.capability)
        && (a.hosts.is_none() || b.hosts.is_some())
        && a.arguments.len() <= b.arguments.len()
        && (restricts(a) || !restricts(b))
        && (a.paths.as_ref().is_none_or(|paths| paths.everything) || b.paths.is_some())
        && subset(a.principals.as_deref(), b.principals.as_deref())
        && subset(a.roles.as_deref(), b.roles.as_deref())
        && covers_tools(&a.tools, &b.tools)
        && covers_transports(a.transports.as_deref(), b.transports.as_deref())
        && covers_spelling(outer, inner);
    if !plain || !covers_hosts(a, b) || !covers_arguments(a, b) || !covers_references(a, b) {
        return Cover::None;
    }
    covers_paths(a, b, catalogue)
}

/// Whether what is not known makes the rule apply.
pub(super) const fn restricts(rule: &Rule) -> bool {
    !matches!(rule.effect, Effect::Allow)
}

/// An allow rule beneath `owner/*` does not see a repository whose owner is spelt otherwise.
fn covers_spelling(outer: Placed<'_>, inner: Placed<'_>) -> bool {
    match (outer.scope, inner.scope) {
        (Scope::Owner(owner), Scope::Repository(entry)) => {
            restricts(outer.rule)
                || (!restricts(inner.rule)
                    && entry.name.split_once('/').is_some_and(|(spelt, _)| *spelt == *owner.name))
        }
        _ => true,
    }
}

fn subset(outer: Option<&[Box<str>]>, inner: Option<&[Box<str>]>) -> bool {
    let Some(outer) = outer else { return true };
    inner.is_some_and(|inner| inner.iter().all(|name| outer.contains(name)))
}

fn covers_transports(outer: Option<&[Transport]>, inner: Option<&[Transport]>) -> bool {
    const ALL: &[Transport] = &Transport::ALL;
    outer.is_none_or(|outer| inner.unwrap_or(ALL).iter().all(|transport| outer.contains(transport)))
}

fn covers_tools(outer: &[ToolPattern], inner: &[ToolPattern]) -> bool {
    inner.iter().all(|inner| {
        outer.iter().any(|outer| match (outer, inner) {
            (ToolPattern::Exact(outer), ToolPattern::Exact(inner)) => outer == inner,
            (ToolPattern::Exact(_), ToolPattern::Prefix(_)) => false,
            (ToolPattern::Prefix(outer), ToolPattern::Exact(inner) | ToolPattern::Prefix(inner)) => {
                inner.starts_with(&**outer)
            }
        })
    })
}

fn covers_hosts(a: &Rule, b: &Rule) -> bool {
    let Some(outer) = &a.hosts else { return true };
    let Some(inner) = &b.hosts else { return false };
    inner.iter().all(|inner| {
        outer.iter().any(|outer| match (outer, inner) {
            (HostPattern::Any, _) => true,
            (_, HostPattern::Any) | (HostPattern::Exact(_), HostPattern::Beneath(_)) => false,
            (HostPattern::Exact(outer), HostPattern::Exact(inner)) => outer == inner,
            (HostPattern::Beneath(outer), HostPattern::Exact(inner)) => {
                inner.len() > outer.len() && inner.ends_with(&**outer)
            }
            (HostPattern::Beneath(outer), HostPattern::Beneath(inner)) => inner.ends_with(&**outer),
        })
    })
}

fn covers_arguments(a: &Rule, b: &Rule) -> bool {
    a.arguments.iter().all(|outer| {
        let outer = Matcher { argument: outer, restricts: restricts(a) };
        b.arguments.iter().any(|inner| implies(Matcher { argument: inner, restricts: restricts(b) }, outer))
    })
}

fn covers_globs(a: &Rule, outer: &Globs, b: &Rule, inner: &Globs) -> bool {
    let compare = Compare::of(restricts(a), restricts(b));
    let covered = |inner| outer.list.iter().any(|outer| pattern::covers(outer, inner, compare));
    outer.everything || inner.list.iter().all(covered)
}

fn covers_references(a: &Rule, b: &Rule) -> bool {
    match (&a.refs, &b.refs) {
        (None, _) => true,
        // The inner rule applies to a call without reference, and to any reference.
        (Some(outer), None) => outer.everything && restricts(a),
        (Some(outer), Some(inner)) => covers_globs(a, outer, b, inner),
    }
}

fn covers_paths(a: &Rule, b: &Rule, catalogue: &Catalogue) -> Cover {
    let Some(outer) = &a.paths else { return Cover::Whole };
    let (inner_sees_none, inner_sees_found, named) = match &b.paths {
        None => (true, true, outer.everything),
        Some(inner) => (restricts(b), !restricts(b) || inner.everything, covers_globs(a, outer, b, inner)),
    };
    if !named {
        return Cover::None;
    }
    let possible = Possible::of(b, catalogue);
    let none = restricts(a) || !inner_sees_none || !possible.none;
    let found = !restricts(a) || outer.everything || !inner_sees_found || !possible.found;
    match (none, found) {
        (false, _) => Cover::None,
        (true, false) => Cover::FoundPaths,
        (true, true) => Cover::Whole,
    }
}

impl Possible {
    /// Only tools that are named exactly and whose reach is known bound what their calls may have.
    fn of(rule: &Rule, catalogue: &Catalogue) -> Self {
        let reaches = rule.tools.iter().map(|tool| match tool {
            ToolPattern::Exact(name) => catalogue.reach(name),
            ToolPattern::Prefix(_) => None,
        });
        let may = |kinds: fn(Reach) -> bool| reaches.clone().any(|reach| reach.is_none_or(kinds));
        Self { none: may(Reach::is_pathless), found: may(|reach| reach == Reach::FoundPaths) }
    }
}

#[cfg(test)]
mod tests;
