//! The rules of one scope, with an index by tool and capability where they are many.

use crate::model::Capability;
use crate::rule::Rule;

/// A tool as a request names it, looked up once a request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tool<'a> {
    pub(crate) name: &'a str,
    /// Its position in the catalogue, if it is there.
    pub(crate) position: Option<usize>,
}

/// The rules of one scope.
#[derive(Debug, Clone, Default)]
pub(crate) struct Scope {
    rules: Box<[Rule]>,
    /// For each known tool the rules of each capability, by position; empty for a scope too small to need it.
    index: Box<[[Box<[u32]>; 3]]>,
}

const CAPABILITIES: [Capability; 3] = [Capability::Read, Capability::Write, Capability::Automation];

impl Scope {
    /// Scopes of fewer rules are scanned: an index for each of many repositories would cost more than it saves.
    const INDEXED_FROM: usize = 16;

    /// The rules, indexed by the names of the catalogue.
    pub(crate) fn new(rules: Vec<Rule>, tools: &[&str]) -> Self {
        let mut index = Vec::new();
        if rules.len() >= Self::INDEXED_FROM {
            for tool in tools.iter().enumerate().map(|(at, name)| Tool { name, position: Some(at) }) {
                index.push(CAPABILITIES.map(|capability| {
                    let numbered = rules.iter().zip(0u32..);
                    let concerned = numbered.filter(|(rule, _)| rule.is_for(tool, capability));
                    concerned.map(|(_, position)| position).collect()
                }));
            }
        }
        Self { rules: rules.into(), index: index.into() }
    }

    pub(crate) fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// Calls `look` with each rule for the tool and the capability, in order.
    pub(crate) fn for_each_candidate<'a>(
        &'a self,
        tool: Tool<'_>,
        capability: Capability,
        mut look: impl FnMut(&'a Rule),
    ) {
        let row = tool.position.and_then(|position| self.index.get(position));
        match row.and_then(|row| row.get(capability as usize)) {
            Some(positions) => {
                let rules = positions.iter().filter_map(|at| self.rules.get(usize::try_from(*at).ok()?));
                rules.for_each(look);
            }
            None => {
                for rule in &self.rules {
                    if rule.is_for(tool, capability) {
                        look(rule);
                    }
                }
            }
        }
    }
}
