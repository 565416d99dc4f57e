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
    /// One bit for each of the first 64 tools of the catalogue: whether some rule is for it. Most calls of a repository
    /// are none that its own rules are for, and need not fetch them.
    tools: u64,
    /// For a scope of many rules.
    index: Option<Box<Index>>,
}

/// For each known tool the rules of each capability, by position.
type Index = Vec<[Box<[u32]>; 3]>;

const CAPABILITIES: [Capability; 3] = [Capability::Read, Capability::Write, Capability::Automation];

impl Scope {
    /// Scopes of fewer rules are scanned: an index for each of many repositories would cost more than it saves.
    const INDEXED_FROM: usize = 16;

    /// The rules, indexed by the names of the catalogue.
    pub(crate) fn new(rules: Vec<Rule>, tools: &[&str]) -> Self {
        let index = (rules.len() >= Self::INDEXED_FROM).then(|| Box::new(index(&rules, tools)));
        let tools = rules.iter().fold(0, |all, rule| all | rule.tools.first_known());
        Self { rules: rules.into(), tools, index }
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
        if tool.position.is_some_and(|position| position < 64 && self.tools >> position & 1 == 0) {
            return;
        }
        let index = self.index.as_ref().zip(tool.position);
        let row = index.and_then(|(index, position)| index.get(position));
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

fn index(rules: &[Rule], tools: &[&str]) -> Index {
    let row = |(position, name): (usize, &&str)| {
        let tool = Tool { name, position: Some(position) };
        CAPABILITIES.map(|capability| {
            let concerned = rules.iter().zip(0u32..).filter(|(rule, _)| rule.is_for(tool, capability));
            concerned.map(|(_, position)| position).collect()
        })
    };
    tools.iter().enumerate().map(row).collect()
}
