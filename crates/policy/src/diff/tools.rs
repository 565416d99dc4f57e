//! The tools that two policies tell apart: those of the catalogue, and names for the tools that it does not have, since
//! a rule may speak of those too.

use std::collections::{BTreeMap, BTreeSet};

use super::mask::Mask;
use super::probe;
use super::rules::Rules;
use crate::catalogue::Catalogue;
use crate::model::Capability;
use crate::rule::ToolPattern;

const CAPABILITIES: [Capability; 3] = [Capability::Read, Capability::Write, Capability::Automation];

/// A tool by its name, and whether the catalogue has it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Tool {
    pub(super) is_unknown: bool,
    pub(super) name: String,
}

/// The tools, known and unknown, of `capabilities`: by capability and the rules that name them.
pub(super) fn tools(
    rules: &Rules<'_>,
    catalogue: &Catalogue,
    capabilities: &[Capability],
) -> BTreeMap<(Capability, Mask), Vec<Tool>> {
    let known = catalogue
        .iter()
        .map(|(name, capability)| (Tool { is_unknown: false, name: name.to_owned() }, capability));
    let unknown = unknown_tools(rules, catalogue).into_iter().flat_map(|name| {
        CAPABILITIES.map(|capability| (Tool { is_unknown: true, name: name.clone() }, capability))
    });
    let mut tools: BTreeMap<_, Vec<Tool>> = BTreeMap::new();
    for (tool, capability) in known.chain(unknown).filter(|(_, c)| capabilities.contains(c)) {
        let named = rules.those(|atom| probe::names_tool(atom.rule, &tool.name, capability));
        tools.entry((capability, named)).or_default().push(tool);
    }
    tools
}

/// Names for the tools that the catalogue does not have: those that rules name, and one for each prefix.
fn unknown_tools(rules: &Rules<'_>, catalogue: &Catalogue) -> BTreeSet<String> {
    let patterns = || rules.atoms.iter().flat_map(|atom| atom.rule.tools.iter());
    let prefixes: BTreeSet<&str> = patterns()
        .filter_map(|pattern| if let ToolPattern::Prefix(prefix) = pattern { Some(&**prefix) } else { None })
        .chain([""])
        .collect();
    let mut names: BTreeSet<String> = BTreeSet::new();
    for prefix in &prefixes {
        // It may be the tool of no longer prefix, and no tool that is known or named.
        let is_free = |name: &String| {
            catalogue.capability(name).is_none()
                && !prefixes.iter().any(|other| other.len() > prefix.len() && name.starts_with(other))
                && !patterns()
                    .any(|pattern| matches!(pattern, ToolPattern::Exact(exact) if **exact == **name))
        };
        let stems = ["example", "other", "some"].map(str::to_owned).into_iter();
        let letters = ('a'..='z').chain('\u{4E00}'..='\u{9FFF}').map(|c| format!("{c}-tool"));
        names.extend(stems.chain(letters).map(|stem| format!("{prefix}{stem}")).find(is_free));
    }
    names.extend(patterns().filter_map(|pattern| match pattern {
        ToolPattern::Exact(name) if catalogue.capability(name).is_none() => Some(name.to_string()),
        _ => None,
    }));
    names
}
