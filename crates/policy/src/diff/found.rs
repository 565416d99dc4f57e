//! What a comparison has found so far, and what it could not settle.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::cell::Outcome;
use super::groups::{Groups, Place};
use super::polish;
use super::report::{Change, Difference, ExampleCall, Undetermined, UndeterminedCause};
use super::rules::Rules;
use super::tools::Tool;
use crate::set::PolicySet;

/// The most repositories that could not be settled and are told one by one; more are summed up in one entry.
const MOST_UNDETERMINED: usize = 4;

/// The calls found to be judged differently, gathered, and where the bound was met.
#[derive(Debug, Default)]
pub(super) struct Found<'a> {
    widened: Groups<'a>,
    tightened: Groups<'a>,
    /// By the numbers of the repositories.
    undetermined: BTreeMap<(usize, usize), BTreeSet<Tool>>,
    pub(super) tightened_is_partial: bool,
}

impl<'a> Found<'a> {
    /// Adds what was found at `place`; `example` makes the call of it. Returns how many steps that is worth.
    pub(super) fn add(
        &mut self,
        rules: &Rules<'a>,
        outcome: &Outcome,
        place: &Place<'_>,
        example: impl Fn() -> ExampleCall,
    ) -> u64 {
        let widens = outcome.to.effect < outcome.from.effect;
        let groups = if widens { &mut self.widened } else { &mut self.tightened };
        groups.add(rules, outcome, place, example)
    }

    /// Notes that it is not sure whether something became less strict for these tools, or for any if none is given, on
    /// these repositories.
    pub(super) fn undetermined(&mut self, repositories: &Range<usize>, tools: &[Tool]) {
        let place = (repositories.start, repositories.end);
        self.undetermined.entry(place).or_default().extend(tools.iter().cloned());
    }

    /// Whether something became stricter.
    pub(super) fn tightens(&self) -> bool {
        !self.tightened.is_empty()
    }

    /// Whether the bound was met.
    pub(super) fn is_partial(&self) -> bool {
        self.tightened_is_partial || !self.undetermined.is_empty()
    }

    /// All of it, told: each change with its example confirmed by both policies.
    pub(super) fn finish(self, before: &PolicySet, after: &PolicySet, labels: &[String]) -> Difference {
        let label = |at: usize| labels.get(at).cloned().unwrap_or_default();
        let mut undetermined: Vec<Undetermined> = Vec::new();
        let is_many = self.undetermined.len() > MOST_UNDETERMINED;
        for ((start, end), tools) in self.undetermined {
            let count = end.saturating_sub(start);
            let tools = tools.into_iter().filter(|tool| !tool.is_unknown).map(|tool| tool.name);
            if let Some(one) = undetermined.first_mut().filter(|_| is_many) {
                one.more_repositories = one.more_repositories.saturating_add(count);
                let tools: Vec<String> = tools.collect();
                // None is all of them.
                if tools.is_empty() || one.tools.is_empty() {
                    one.tools.clear();
                } else {
                    one.tools.extend(
                        tools.into_iter().filter(|tool| !one.tools.contains(tool)).collect::<Vec<_>>(),
                    );
                }
                continue;
            }
            undetermined.push(Undetermined {
                repository: label(start),
                more_repositories: count.saturating_sub(1),
                tools: tools.collect(),
                cause: UndeterminedCause::TooMuch,
            });
        }
        let polish = |example, fresh| polish::polish(before, after, example, fresh);
        let sources = [&before.name, &after.name];
        let widened = self.widened.finish(sources, label, polish);
        let tightened = self.tightened.finish(sources, label, polish);
        let confirmed = |change: &Change| {
            change.example.decide(before).code == change.from.code
                && change.example.decide(after).code == change.to.code
        };
        for change in widened.iter().chain(&tightened).filter(|change| !confirmed(change)) {
            undetermined.push(Undetermined {
                repository: change.repositories.first().cloned().unwrap_or_default(),
                more_repositories: change.repository_count.saturating_sub(1),
                tools: change.tools.clone(),
                cause: UndeterminedCause::Unconfirmed,
            });
        }
        let tightened_is_partial = self.tightened_is_partial;
        Difference { widened, tightened, undetermined, tightened_is_partial, ..Difference::default() }
    }
}
