//! Deny and ask rules with `paths` that concern tools which never have a path: such a call is denied, or asked about,
//! altogether, which is seldom what was meant.

use super::cover::{Scope, for_each};
use super::{Key, Kind, Notes};
use crate::catalogue::{Catalogue, Reach};
use crate::model::Effect;
use crate::set::PolicySet;

pub(super) fn warn(set: &PolicySet, catalogue: &Catalogue, notes: &mut Notes<'_>) {
    let pathless: Vec<_> = catalogue
        .tools()
        .filter_map(|(name, tool)| {
            Some((name, tool.capability, tool.reach.filter(|reach| reach.is_pathless())?))
        })
        .collect();
    for_each(set, |placed| {
        let rule = placed.rule;
        let Some(paths) = rule.paths.as_ref().filter(|paths| !paths.everything) else { return };
        if paths.list.is_empty() || rule.effect == Effect::Allow {
            return;
        }
        let concerned = pathless.iter().filter(|(name, capability, reach)| {
            // A tool that names no repository is concerned by global rules only.
            (matches!(placed.scope, Scope::Global) || *reach != Reach::Nothing)
                && rule.names_tool(name)
                && rule.has_capability(*capability)
        });
        let names: Vec<String> = concerned.map(|(name, ..)| format!("`{name}`")).collect();
        if names.is_empty() {
            return;
        }
        let (verb, fix) = match rule.effect {
            Effect::Ask => ("asks about", "name the tools whose paths it is meant to ask about"),
            Effect::Allow | Effect::Deny => ("denies", "name the tools whose paths it is meant to deny"),
        };
        let message = format!(
            "rule `{}` {verb} every call of {}, which {} a path to compare",
            rule.id,
            names.join(", "),
            if names.len() == 1 { "never has" } else { "never have" }
        );
        let named = with_paths(catalogue, |name, capability| {
            rule.names_tool(name) && rule.has_capability(capability)
        });
        let fix = if named.is_empty() { fix.to_owned() } else { format!("{fix}: {named}") };
        notes.warning(Kind::DeniesPathlessTools, rule, Key::Paths, message, fix);
    });
}

/// The known tools that have paths, as a list for `tools`.
fn with_paths(catalogue: &Catalogue, is_named: impl Fn(&str, crate::Capability) -> bool) -> String {
    let tools = catalogue.tools().filter(|(name, tool)| {
        is_named(name, tool.capability) && tool.reach.is_some_and(|reach| !reach.is_pathless())
    });
    let names: Vec<&str> = tools.map(|(name, _)| name).collect();
    if names.is_empty() { String::new() } else { format!("`tools: [{}]`", names.join(", ")) }
}
