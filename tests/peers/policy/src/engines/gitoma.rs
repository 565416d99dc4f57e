//! Gitoma itself, from YAML text, through its public interface only. Its answer is the whole decision: code, rules, their
//! place and reason, obligations and the policy's digest.

use std::hint::black_box;
use std::rc::Rc;
use std::time::{Duration, Instant};

use gitoma_policy::{
    Access, Capability, Catalogue, Decision, Narrowing, Paths, PolicySet, Request, Source, Transport,
    WriteMode,
};

use super::{Answer, Engine, Load};
use crate::heap::{self, Heap};
use crate::workload::{Call, Policy};
use crate::yaml;

const NAME: &str = "policy.yaml";

struct Gitoma {
    policy: PolicySet,
    narrowing: Narrowing,
    /// For each line the rule on it, to check the places that decisions name.
    text: Rc<Text>,
}

struct Text {
    yaml: String,
    /// Where each line begins.
    lines: Vec<usize>,
}

impl Text {
    fn line(&self, number: u32) -> &str {
        let at = (number as usize).checked_sub(1).and_then(|index| self.lines.get(index));
        at.and_then(|at| self.yaml.get(*at..)).and_then(|rest| rest.lines().next()).unwrap_or_default()
    }
}

pub fn prepare(policy: &Policy) -> anyhow::Result<Load> {
    let yaml = yaml::write(policy);
    let lines = std::iter::once(0).chain(yaml.match_indices('\n').map(|(at, _)| at + 1)).collect();
    let text = Rc::new(Text { yaml, lines });
    Ok(Box::new(move || Ok(Box::new(Gitoma::load(&text)?))))
}

impl Gitoma {
    fn load(text: &Rc<Text>) -> anyhow::Result<Self> {
        let policy = PolicySet::load(Source { name: NAME, text: &text.yaml }, &Catalogue::built_in())?;
        Ok(Self { policy, narrowing: Narrowing::default(), text: Rc::clone(text) })
    }

    fn ask<T>(&self, call: &Call, accesses: &[Access], ask: impl FnOnce(&PolicySet, &Request<'_>) -> T) -> T {
        ask(
            &self.policy,
            &Request {
                principal: call.principal,
                roles: &[],
                transport: Transport::Mcp,
                tool: call.tool,
                capability: if call.writes { Capability::Write } else { Capability::Read },
                accesses,
                arguments: None,
                write_mode: if call.write_mode { WriteMode::On } else { WriteMode::Off },
                narrowing: &self.narrowing,
                scope: gitoma_policy::Scope::everything(),
            },
        )
    }

    fn decision(&self, call: &Call) -> Decision {
        self.ask(call, &[access(call)], PolicySet::decide)
    }
}

fn access(call: &Call) -> Access {
    Access { paths: Paths::Named(call.paths.clone()), ..Access::repository(call.repository.as_str()) }
}

impl Engine for Gitoma {
    fn decide(&mut self, call: &Call) -> bool {
        black_box(self.decision(call)).is_allowed()
    }

    fn answer(&mut self, call: &Call) -> Answer {
        let decision = self.decision(call);
        let rules = decision.reasons.iter().map(|reason| {
            // A rule under a wrong line is no answer: it gets a name that no rule has.
            let there = self.text.line(reason.line).contains(&format!("{{id: {},", reason.rule));
            let named =
                reason.path.is_none() || reason.path.as_ref().is_some_and(|path| call.paths.contains(path));
            if there && named && *reason.source == *NAME {
                reason.rule.to_string()
            } else {
                format!("{} misplaced at {}:{}", reason.rule, reason.source, reason.line)
            }
        });
        Answer {
            allowed: decision.is_allowed(),
            code: Some(decision.code.as_str()),
            rules: Some(rules.collect()),
        }
    }
}

/// What only Gitoma is asked.
pub struct Extra {
    /// Bytes of the YAML.
    pub text: usize,
    /// Timings of `decide` on a request that is built beforehand.
    pub decide: Vec<Duration>,
    /// Timings of `explain`, request building included.
    pub explain: Vec<Duration>,
    /// The heap over all allowed calls: `decide` alone.
    pub allowed: Heap,
    /// How many calls were allowed.
    pub allowed_calls: usize,
}

/// Measures what only Gitoma is asked.
pub fn extra(policy: &Policy, calls: &[Call]) -> anyhow::Result<Extra> {
    let yaml = yaml::write(policy);
    let text = yaml.len();
    let gitoma = Gitoma::load(&Rc::new(Text { yaml, lines: Vec::new() }))?;
    let decided = |call: &Call| {
        let accesses = [access(call)];
        let start = Instant::now();
        drop(black_box(gitoma.ask(call, &accesses, PolicySet::decide)));
        start.elapsed()
    };
    let decide = calls.iter().map(decided).collect();
    let explained = |call: &Call| {
        let start = Instant::now();
        drop(black_box(gitoma.ask(call, &[access(call)], PolicySet::explain)));
        start.elapsed()
    };
    let explain = calls.iter().map(explained).collect();
    let requests = calls.iter().map(|call| (call, [access(call)]));
    let allowed: Vec<_> = requests
        .filter(|(call, accesses)| gitoma.ask(call, accesses, PolicySet::decide).is_allowed())
        .collect();
    let ((), heap) = heap::count(|| {
        for (call, accesses) in &allowed {
            drop(black_box(gitoma.ask(call, accesses, PolicySet::decide)));
        }
    });
    Ok(Extra { text, decide, explain, allowed: heap, allowed_calls: allowed.len() })
}
