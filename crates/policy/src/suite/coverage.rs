//! Which rules any example or suite touches. A rule counts as touched when it matches a call, whatever decides in the
//! end: what no call matches has never been seen to do anything.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::Serialize;

use super::Report;
use crate::catalogue::Catalogue;
use crate::compile;
use crate::error::LoadError;
use crate::model::Request;
use crate::normal;
use crate::rule::Rule;
use crate::set::{PolicySet, Source};

/// The rules of a policy, and which of them are touched.
#[derive(Debug, Clone)]
pub struct Coverage {
    rules: Vec<Untouched>,
    touched: BTreeSet<Arc<str>>,
    examples: usize,
}

/// A rule that nothing touches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Untouched {
    /// The rule's id.
    pub rule: Arc<str>,
    /// The policy's name.
    pub source: Arc<str>,
    /// Line of the rule, from 1.
    pub line: u32,
    /// Column of the rule, in characters from 1.
    pub column: u32,
}

impl Coverage {
    /// The rules of `set`, loaded from `source`, with those touched that its own examples touch.
    ///
    /// # Errors
    /// [`LoadError`] if `source` does not load.
    pub fn of_examples(
        set: &PolicySet,
        source: Source<'_>,
        catalogue: &Catalogue,
    ) -> Result<Self, LoadError> {
        let mut touched = BTreeSet::new();
        let examples = compile::examples(source, catalogue)?;
        for plan in &examples {
            plan.with_request(catalogue, |request| touch(set, request, &mut touched));
        }
        Ok(Self { rules: all(set), touched, examples: examples.len() })
    }

    /// Counts what the suite touched.
    pub fn add(&mut self, report: &Report) {
        self.touched.extend(report.touched.iter().map(Arc::clone));
    }

    /// The number of rules.
    #[must_use]
    pub const fn rule_count(&self) -> usize {
        self.rules.len()
    }

    /// The number of examples in the policy, all of which came out as expected: it would not have loaded otherwise.
    #[must_use]
    pub const fn example_count(&self) -> usize {
        self.examples
    }

    /// The rules that nothing touches, in the order of the file.
    pub fn untouched(&self) -> impl Iterator<Item = &Untouched> {
        self.rules.iter().filter(|rule| !self.touched.contains(&rule.rule))
    }
}

fn all(set: &PolicySet) -> Vec<Untouched> {
    let entries = set.repositories.values().chain(set.owners.values());
    let rules = set.global.rules().iter().chain(entries.flat_map(|entry| entry.rules.rules()));
    let listed = |rule: &Rule| Untouched {
        rule: rule.id.to_shared(),
        source: Arc::clone(&set.name),
        line: rule.line,
        column: rule.column,
    };
    let mut rules: Vec<Untouched> = rules.map(listed).collect();
    rules.sort_by_key(|rule| (rule.line, rule.column));
    rules
}

/// Adds the rules that match the request, or a part of it.
pub(super) fn touch(set: &PolicySet, request: &Request<'_>, touched: &mut BTreeSet<Arc<str>>) {
    if !normal::is_normal(request) {
        return;
    }
    let tool = set.tool(request.tool);
    set.for_each_unit(request, |scopes, unit| {
        set.for_each_candidate(scopes, tool, request.capability, |rule| {
            if rule.matches(request, unit) && !touched.contains(&*rule.id) {
                touched.insert(rule.id.to_shared());
            }
        });
    });
}
