//! Whether the engines mean the same: each is compared with the naive reference, call by call, on the verdict and on as
//! much of the code and the rules as it tells. The self-test shows that a difference would be seen.

use std::time::{Duration, Instant};

use crate::engines::naive::Naive;
use crate::engines::{Answer, Engine};
use crate::generate;
use crate::workload::{Call, Effect, Policy, Rule};

/// How long a slow engine may take for its comparison.
const LIMIT: Duration = Duration::from_secs(60);

/// The outcome of one engine's comparison.
#[derive(Default)]
pub struct Agreement {
    pub compared: usize,
    pub disagreed: usize,
    /// The first disagreement, in words.
    pub first: Option<String>,
}

/// Compares the engine with the reference's answers to the same calls, for at most a minute.
pub fn compare(engine: &mut dyn Engine, calls: &[Call], reference: &[Answer]) -> Agreement {
    let start = Instant::now();
    let mut agreement = Agreement::default();
    for (call, expected) in calls.iter().zip(reference) {
        if start.elapsed() > LIMIT {
            break;
        }
        let answer = engine.answer(call);
        agreement.compared += 1;
        if !agrees(&answer, expected) {
            agreement.disagreed += 1;
            let told = || {
                format!(
                    "{} by {} on {} {:?}: {answer:?}, reference {expected:?}",
                    call.tool, call.principal, call.repository, call.paths
                )
            };
            agreement.first.get_or_insert_with(told);
        }
    }
    agreement
}

/// The reference's answers.
pub fn reference(policy: &Policy, calls: &[Call]) -> Vec<Answer> {
    let mut naive = Naive::new(policy);
    calls.iter().map(|call| naive.answer(call)).collect()
}

/// Engines may stop at the first rule that decides, so that they may name some of the rules, but not none and not others.
fn agrees(answer: &Answer, expected: &Answer) -> bool {
    let code = answer.code.is_none() || answer.code == expected.code;
    let deciding = expected.rules.as_deref().unwrap_or_default();
    let rules = answer.rules.as_ref().is_none_or(|rules| {
        rules.is_empty() == deciding.is_empty() && rules.iter().all(|rule| deciding.contains(rule))
    });
    answer.allowed == expected.allowed && code && rules
}

/// A change of the policy in one place.
pub struct Mutation {
    pub title: &'static str,
    pub policy: Policy,
}

/// Single-place changes, each at the first place where it turns the verdict of some call.
pub fn mutations(policy: &Policy, calls: &[Call]) -> anyhow::Result<Vec<Mutation>> {
    let before = reference(policy, calls);
    let turns = |changed: &Policy| {
        let after = reference(changed, calls);
        before.iter().zip(&after).any(|(before, after)| before.allowed != after.allowed)
    };
    let rules = policy.global.len();
    let all = policy.repositories.len();
    let changes: [(&'static str, usize, Change); 6] = [
        ("a global deny rule is dropped", rules, |policy, at| {
            drop_rule(&mut policy.global, at, Effect::Deny)
        }),
        ("a global allow rule becomes a deny rule", rules, |policy, at| {
            let rule = policy.global.get_mut(at).filter(|rule| rule.effect == Effect::Allow);
            rule.map(|rule| rule.effect = Effect::Deny).is_some()
        }),
        ("a global rule names another tool", rules, |policy, at| {
            let rule = policy.global.get_mut(at).filter(|rule| rule.tools.len() == 1);
            rule.map(|rule| rule.tools = vec!["repo_info"]).is_some()
        }),
        ("a repository leaves the whitelist", all, |policy, at| {
            let entry = policy.repositories.get_mut(at).filter(|entry| entry.write);
            entry.map(|entry| entry.write = false).is_some()
        }),
        ("a repository loses an allow rule", all, |policy, at| {
            let rules = &mut policy.repositories[at].rules;
            rules.iter().position(|rule| rule.effect == Effect::Allow).map(|at| rules.remove(at)).is_some()
        }),
        ("a repository loses a deny rule", all, |policy, at| {
            let rules = &mut policy.repositories[at].rules;
            rules.iter().position(|rule| rule.effect == Effect::Deny).map(|at| rules.remove(at)).is_some()
        }),
    ];
    let mutations = changes.into_iter().map(|(title, places, change)| {
        let mutated = (0..places).find_map(|at| {
            let mut changed = policy.clone();
            (change(&mut changed, at) && turns(&changed)).then_some(changed)
        });
        let policy =
            mutated.ok_or_else(|| anyhow::anyhow!("no call notices that {title}; give it more calls"))?;
        Ok(Mutation { title, policy })
    });
    mutations.collect()
}

/// Changes the policy at a place, and says whether there was anything to change.
type Change = fn(&mut Policy, usize) -> bool;

fn drop_rule(rules: &mut Vec<Rule>, at: usize, effect: Effect) -> bool {
    let there = rules.get(at).is_some_and(|rule| rule.effect == effect);
    if there {
        rules.remove(at);
    }
    there
}

/// The policy and the calls of the self-test: small, so that each place is met often.
pub fn self_test_workload() -> (Policy, Vec<Call>) {
    let policy = generate::policy(10);
    let calls = generate::calls(&policy, 4_000, 7);
    (policy, calls)
}

#[cfg(test)]
mod tests;
