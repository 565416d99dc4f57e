//! The long answer to a request: the decision itself, every rule that matched, the rules that missed by one dimension,
//! and each gate. It asks the same functions as `decide` and never decides anything by itself.

use serde::Serialize;

use crate::decide::{denylisted, is_narrowed};
use crate::model::{Capability, Code, Decision, Effect, Reason, Request, WriteMode};
use crate::normal;
use crate::rule::{Dimension, Rule};
use crate::set::PolicySet;

/// The most matched rules and the most misses that are listed.
const MOST: usize = 100;

/// Why a request is decided as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Explanation {
    /// Exactly what [`PolicySet::decide`] answers.
    pub decision: Decision,
    /// Every rule that matched some access and path, strictest first, then as in the file; at most 100.
    pub matched: Vec<Reason>,
    /// Rules that failed to match in exactly one dimension, as in the file; at most 100. Empty for a request that
    /// cannot be judged.
    pub misses: Vec<Miss>,
    /// Every gate before the rules, in the order in which a closed one is named.
    pub gates: Vec<Gate>,
}

/// A rule that would have matched but for one dimension.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Miss {
    /// The rule.
    pub rule: Reason,
    /// What did not match.
    pub dimension: Dimension,
}

/// A gate that a call passes before rules are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Gate {
    /// The code of a call that stops here.
    pub code: Code,
    /// Whether this call passes.
    pub open: bool,
}

impl PolicySet {
    /// Explains what [`PolicySet::decide`] answers. Takes a walk over all rules of the scopes concerned, so it is not
    /// for the path of every call.
    #[must_use]
    pub fn explain(&self, request: &Request<'_>) -> Explanation {
        let decision = self.decide(request);
        let normal = normal::is_normal(request);
        let mut gates = vec![Gate { code: Code::BadRequest, open: normal }];
        if !normal {
            return Explanation { decision, matched: Vec::new(), misses: Vec::new(), gates };
        }
        let writes = request.capability == Capability::Write;
        gates.extend([
            Gate { code: Code::OutOfScope, open: request.scope.has(request) },
            Gate { code: Code::Narrowed, open: !is_narrowed(request) },
            Gate {
                code: Code::CapabilityDisabled,
                open: request.capability != Capability::Automation || self.automation,
            },
            Gate { code: Code::WriteModeOff, open: !writes || request.write_mode == WriteMode::On },
            Gate { code: Code::RepositoryNotWhitelisted, open: !writes || self.is_whitelisted(request) },
            Gate { code: Code::PathDenied, open: denylisted(request).is_empty() },
        ]);
        let (matched, misses) = self.survey(request);
        Explanation { decision, matched, misses, gates }
    }

    fn survey(&self, request: &Request<'_>) -> (Vec<Reason>, Vec<Miss>) {
        let mut matched: Vec<Reason> = Vec::new();
        let mut misses: Vec<Miss> = Vec::new();
        let tool = self.tool(request.tool);
        self.for_each_unit(request, |scopes, unit| {
            let local = [scopes.owner, scopes.exact].into_iter().flatten();
            let local = local.flat_map(|(entry, exact)| {
                entry.rules.rules().iter().filter(move |rule| exact || rule.effect != Effect::Allow)
            });
            for rule in self.global.rules().iter().chain(local) {
                let path = unit.named();
                let mut failed = Dimension::ALL.into_iter().filter(|d| !rule.meets(*d, tool, request, unit));
                match (failed.next(), failed.next()) {
                    (None, _) => add(&mut matched, rule, || rule.reason(&self.name, path), |reason| reason),
                    (Some(dimension), None) => {
                        let miss = || Miss { rule: rule.reason(&self.name, path), dimension };
                        add(&mut misses, rule, miss, |miss| &miss.rule);
                    }
                    (Some(_), Some(_)) => {}
                }
            }
        });
        // A rule that matched one path and missed another is no near miss.
        misses.retain(|miss| !matched.iter().any(|reason| reason.rule == miss.rule.rule));
        matched.sort_by_key(|reason| (std::cmp::Reverse(reason.effect), reason.line, reason.column));
        misses.sort_by_key(|miss| (miss.rule.line, miss.rule.column));
        (matched, misses)
    }
}

fn add<T>(list: &mut Vec<T>, rule: &Rule, make: impl FnOnce() -> T, reason: impl Fn(&T) -> &Reason) {
    if list.len() < MOST && !list.iter().any(|item| *reason(item).rule == *rule.id) {
        list.push(make());
    }
}

#[cfg(test)]
mod tests;
