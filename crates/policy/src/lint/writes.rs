//! The whitelist beside the rules for writes: an entry on it that no rule makes use of, and a rule that finds no entry.

use super::cover::{Scope, for_each};
use super::{Key, Kind, Notes, Severity};
use crate::catalogue::Catalogue;
use crate::document::Switch;
use crate::fold;
use crate::model::{Capability, Effect};
use crate::rule::Rule;
use crate::set::{PolicySet, Repository};

pub(super) fn warn(set: &PolicySet, catalogue: &Catalogue, notes: &mut Notes<'_>) {
    let tools: Vec<&str> =
        catalogue.iter().filter(|(_, own)| *own == Capability::Write).map(|(name, _)| name).collect();
    let grants = |rules: &[Rule]| rules.iter().any(|rule| grants_write(rule, &tools));
    if !grants(set.global.rules()) {
        for entry in set.repositories.values() {
            let owner = owner(set, entry);
            let granted =
                grants(entry.rules.rules()) || owner.is_some_and(|owner| grants(owner.rules.rules()));
            if entry.write == Some(Switch::Allow) && !granted {
                note_entry(notes, &entry.name, &entry.name);
            }
        }
        for (folded, entry) in &set.owners {
            let granted =
                || grants(entry.rules.rules()) || beneath(set, folded).any(|e| grants(e.rules.rules()));
            if entry.write == Some(Switch::Allow) && !granted() {
                note_entry(notes, &format!("{}/*", entry.name), &format!("a repository of {}", entry.name));
            }
        }
    }
    let anywhere = set.repositories.values().any(|entry| may_write(owner(set, entry), Some(entry)))
        || set.owners.values().any(|entry| may_write(Some(entry), None));
    for_each(set, |placed| {
        let rule = placed.rule;
        if rule.effect == Effect::Deny || rule.capability != Some(Capability::Write) {
            return;
        }
        let (met, fix) = match placed.scope {
            Scope::Global => (anywhere, "write `write: allow` at a repository, or remove the rule"),
            Scope::Repository(entry) => (
                may_write(owner(set, entry), Some(entry)),
                "write `write: allow` at this repository, and `deny` neither here nor at its owner; or remove the rule",
            ),
            Scope::Owner(entry) => {
                let folded = fold::case(&entry.name).into_owned();
                let met = may_write(Some(entry), None)
                    || beneath(set, &folded).any(|inner| may_write(Some(entry), Some(inner)));
                (met, "write `write: allow` here or at a repository of this owner, or remove the rule")
            }
        };
        if !met {
            let message = format!(
                "rule `{}` can {} nothing: no repository that it concerns is on the whitelist",
                rule.id,
                rule.effect.as_str()
            );
            notes.warning(Kind::RuleWithoutWrite, rule, Key::Rule, message, fix);
        }
    });
}

fn grants_write(rule: &Rule, tools: &[&str]) -> bool {
    rule.effect != Effect::Deny
        && rule.has_capability(Capability::Write)
        && tools.iter().any(|tool| rule.names_tool(tool))
}

fn owner<'a>(set: &'a PolicySet, entry: &Repository) -> Option<&'a Repository> {
    set.scopes(Some(&entry.name)).owner.map(|(owner, _)| owner)
}

fn beneath<'a>(set: &'a PolicySet, folded_owner: &'a str) -> impl Iterator<Item = &'a Repository> {
    let inner = set
        .repositories
        .iter()
        .filter(move |(name, _)| name.split_once('/').is_some_and(|(owner, _)| *owner == *folded_owner));
    inner.map(|(_, entry)| entry)
}

/// Whether some spelling of the repository is on the whitelist.
fn may_write(owner: Option<&Repository>, exact: Option<&Repository>) -> bool {
    let says = |switch| [owner, exact].iter().flatten().any(|entry| entry.write == Some(switch));
    says(Switch::Allow) && !says(Switch::Deny)
}

fn note_entry(notes: &mut Notes<'_>, key: &str, what: &str) {
    let Some(place) = notes.places.and_then(|places| places.of_repository(key)) else { return };
    let message = format!("writes are switched on at `{key}`, but no rule allows any write at {what}");
    let fix = "add a rule with `effect: allow` and `capability: write`, or remove `write: allow`";
    notes.note(Severity::Warning, Kind::WriteWithoutRule, place, message, fix);
}
