//! Rules that can meet no call, or none that anything but the built-in denylist decides.

use super::cover::for_each;
use super::{Key, Kind, Notes, denylisted};
use crate::catalogue::{Catalogue, Tool};
use crate::model::Effect;
use crate::rule::Rule;
use crate::set::PolicySet;

pub(super) fn check(set: &PolicySet, catalogue: &Catalogue, notes: &mut Notes<'_>) {
    for_each(set, |placed| {
        let rule = placed.rule;
        let id = &rule.id;
        if rule.effect == Effect::Allow
            && rule.refs.is_some()
            && all_tools(rule, catalogue, |tool| tool.names_reference == Some(false))
        {
            let message =
                format!("rule `{id}` can allow nothing: it has `refs`, and its tools never name a reference");
            let fix = "remove `refs`, or name tools that look at references";
            notes.error(Kind::MatchesNothing, rule, Key::Refs, message, fix);
        }
        if rule.hosts.is_some() && all_tools(rule, catalogue, |tool| tool.talks_to_host == Some(false)) {
            let message = format!(
                "rule `{id}` can {} nothing: it has `hosts`, and its tools never talk to a host",
                rule.effect.as_str()
            );
            let fix = "remove `hosts`, or name tools that talk to a host";
            matches_nothing(rule, Key::Hosts, message, fix, notes);
        }
        if rule.paths.is_none() {
            return;
        }
        if denylisted::refuses_all(rule) {
            if rule.effect == Effect::Deny {
                let message =
                    format!("rule `{id}` names only paths that the built-in denylist refuses anyway");
                notes.warning(Kind::AddsNothing, rule, Key::Paths, message, "remove the rule");
            } else {
                let message = format!(
                    "rule `{id}` can {} nothing: the built-in denylist refuses every path it names",
                    rule.effect.as_str()
                );
                let fix = "remove the rule, or name other paths; no policy lifts the denylist";
                notes.error(Kind::MatchesNothing, rule, Key::Paths, message, fix);
            }
        } else if rule.effect == Effect::Allow && is_pathless(rule, catalogue) {
            let message =
                format!("rule `{id}` can allow nothing: it has `paths`, and its tools never have a path");
            let fix = "remove `paths`, or name tools that have paths";
            notes.error(Kind::MatchesNothing, rule, Key::Paths, message, fix);
        }
    });
}

/// Notes that the rule meets no call: a deny rule does no harm, and what was meant to be denied is seen by whoever checks.
pub(super) fn matches_nothing(
    rule: &Rule,
    key: Key<'_>,
    message: String,
    fix: impl Into<String>,
    notes: &mut Notes<'_>,
) {
    match rule.effect {
        Effect::Deny => notes.warning(Kind::MatchesNothing, rule, key, message, fix),
        Effect::Allow | Effect::Ask => notes.error(Kind::MatchesNothing, rule, key, message, fix),
    }
}

/// Whether every tool that the rule names is known never to have a path.
fn is_pathless(rule: &Rule, catalogue: &Catalogue) -> bool {
    all_tools(rule, catalogue, |tool| tool.reach.is_some_and(|reach| reach.is_pathless()))
}

/// Whether the rule concerns some known tool, and `is_so` of each that it concerns.
fn all_tools(rule: &Rule, catalogue: &Catalogue, is_so: impl Fn(&Tool) -> bool) -> bool {
    let mut named = named_tools(rule, catalogue).peekable();
    named.peek().is_some() && named.all(is_so)
}

/// The known tools that the rule concerns.
pub(super) fn named_tools<'a>(rule: &'a Rule, catalogue: &'a Catalogue) -> impl Iterator<Item = &'a Tool> {
    let named = catalogue
        .tools()
        .filter(|(name, tool)| rule.names_tool(name) && rule.has_capability(tool.capability));
    named.map(|(_, tool)| tool)
}
