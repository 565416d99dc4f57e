//! Deny and ask rules with `refs` that concern tools whose calls never name a reference: what is not known restricts, so
//! such a rule concerns every call of theirs, which is seldom what was meant.

use super::cover::{Scope, for_each};
use super::{Key, Kind, Notes};
use crate::catalogue::{Catalogue, Reach};
use crate::model::Effect;
use crate::set::PolicySet;

pub(super) fn warn(set: &PolicySet, catalogue: &Catalogue, notes: &mut Notes<'_>) {
    for_each(set, |placed| {
        let rule = placed.rule;
        let has_refs = rule.refs.as_ref().is_some_and(|refs| !refs.everything && !refs.list.is_empty());
        if !has_refs || rule.effect == Effect::Allow {
            return;
        }
        let concerned = catalogue.tools().filter(|(name, tool)| {
            tool.names_reference == Some(false)
                // A tool that names no repository is concerned by global rules only.
                && (matches!(placed.scope, Scope::Global) || tool.reach != Some(Reach::Nothing))
                && rule.names_tool(name)
                && rule.has_capability(tool.capability)
        });
        let names: Vec<String> = concerned.map(|(name, _)| format!("`{name}`")).collect();
        if names.is_empty() {
            return;
        }
        let message = format!(
            "rule `{}` looks at references and also {} calls of {}, which never name one",
            rule.id,
            if rule.effect == Effect::Ask { "asks about" } else { "denies" },
            names.join(", ")
        );
        let fix = "name the tools whose references it is meant for in `tools`";
        notes.warning(Kind::DeniesReflessTools, rule, Key::Refs, message, fix);
    });
}
