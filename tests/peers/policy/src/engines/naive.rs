//! The reference: docs/policy.md read aloud in plain Rust, without an index, a compiled pattern or a shortcut. It knows
//! patterns by their text only and shares no matching with any engine.

use std::rc::Rc;

use super::{Answer, Engine, Load};
use crate::workload::{Call, Effect, Policy, Rule};

/// The policy as it was generated.
pub struct Naive(Rc<Policy>);

pub fn prepare(policy: &Policy) -> anyhow::Result<Load> {
    let policy = policy.clone();
    Ok(Box::new(move || Ok(Box::new(Naive::new(&policy)))))
}

impl Naive {
    pub fn new(policy: &Policy) -> Self {
        Self(Rc::new(policy.clone()))
    }

    /// The verdict, and every rule that has a part in it.
    pub fn judge(&self, call: &Call) -> (&'static str, Vec<&str>) {
        let repository = self.0.repositories.iter().find(|repository| repository.name == call.repository);
        if call.writes && !call.write_mode {
            return ("write_mode_off", Vec::new());
        }
        if call.writes && !repository.is_some_and(|repository| repository.write) {
            return ("repository_not_whitelisted", Vec::new());
        }
        let local = repository.map_or(&[][..], |repository| &repository.rules);
        let rules: Vec<&Rule> = self.0.global.iter().chain(local).collect();
        let matching = |effect: Effect, path: &str| -> Vec<&str> {
            rules
                .iter()
                .filter(|rule| rule.effect == effect && matches(rule, call, path))
                .map(|rule| &*rule.id)
                .collect()
        };
        let denying: Vec<&str> = call.paths.iter().flat_map(|path| matching(Effect::Deny, path)).collect();
        if !denying.is_empty() {
            return ("denied", denying);
        }
        let allowing: Vec<Vec<&str>> = call.paths.iter().map(|path| matching(Effect::Allow, path)).collect();
        if allowing.iter().any(Vec::is_empty) {
            return ("default_deny", Vec::new());
        }
        ("allowed", allowing.concat())
    }
}

impl Engine for Naive {
    fn decide(&mut self, call: &Call) -> bool {
        self.judge(call).0 == "allowed"
    }

    fn answer(&mut self, call: &Call) -> Answer {
        let (code, rules) = self.judge(call);
        let rules = rules.into_iter().map(str::to_owned).collect();
        Answer { allowed: code == "allowed", code: Some(code), rules: Some(rules) }
    }
}

/// Whether the rule matches the call at one of its paths.
fn matches(rule: &Rule, call: &Call, path: &str) -> bool {
    let capability = rule.effect == Effect::Deny || rule.writes == call.writes;
    let tool = rule.tools.is_empty() || rule.tools.contains(&call.tool);
    let principal = rule.principals.is_empty() || rule.principals.contains(&call.principal);
    capability
        && tool
        && principal
        && (rule.paths.is_empty() || rule.paths.iter().any(|p| glob(&p.glob(), path)))
}

/// Whether the whole path matches the pattern, segment by segment.
fn glob(pattern: &str, path: &str) -> bool {
    let pattern: Vec<&str> = pattern.split('/').collect();
    let path: Vec<&str> = path.split('/').collect();
    segments(&pattern, &path)
}

fn segments(pattern: &[&str], path: &[&str]) -> bool {
    match (pattern, path) {
        ([], []) => true,
        (["**", rest @ ..], _) => (0..=path.len()).any(|skipped| segments(rest, &path[skipped..])),
        ([first, rest @ ..], [name, left @ ..]) => {
            segment(first.as_bytes(), name.as_bytes()) && segments(rest, left)
        }
        _ => false,
    }
}

fn segment(pattern: &[u8], name: &[u8]) -> bool {
    match (pattern, name) {
        ([], []) => true,
        ([b'*', rest @ ..], _) => (0..=name.len()).any(|skipped| segment(rest, &name[skipped..])),
        ([b'?', rest @ ..], [_, left @ ..]) => segment(rest, left),
        ([first, rest @ ..], [letter, left @ ..]) => first == letter && segment(rest, left),
        _ => false,
    }
}
