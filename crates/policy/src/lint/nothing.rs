//! Rules that can meet no call, or none that anything but the built-in denylist decides.

use super::cover::for_each;
use super::{Key, Kind, Notes, denylisted};
use crate::catalogue::Catalogue;
use crate::model::Effect;
use crate::rule::Rule;
use crate::set::PolicySet;

pub(super) fn check(set: &PolicySet, catalogue: &Catalogue, notes: &mut Notes<'_>) {
    for_each(set, |placed| {
        let rule = placed.rule;
        if rule.paths.is_none() {
            return;
        }
        let id = &rule.id;
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

/// Whether every tool that the rule names is known never to have a path.
fn is_pathless(rule: &Rule, catalogue: &Catalogue) -> bool {
    let named = catalogue
        .tools()
        .filter(|(name, tool)| rule.names_tool(name) && rule.has_capability(tool.capability));
    let mut reaches = named.map(|(_, tool)| tool.reach).peekable();
    reaches.peek().is_some() && reaches.all(|reach| reach.is_some_and(|reach| reach.is_pathless()))
}
