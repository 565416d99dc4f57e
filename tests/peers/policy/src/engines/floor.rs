//! The floor: the least that hand-written Rust does for this very workload. Rules of a repository are found by its name,
//! tools and principals are bits, patterns are comparisons of text; the answer is a bare yes or no.

use std::collections::HashMap;

use super::{Answer, Engine, Load};
use crate::workload::{Call, Effect, PRINCIPALS, Pattern, Policy, READ_TOOLS, Rule, WRITE_TOOLS};

struct Floor {
    tools: HashMap<&'static str, u32>,
    principals: HashMap<&'static str, u32>,
    global: Rules,
    repositories: HashMap<String, (bool, Rules)>,
}

/// The rules of one scope.
struct Rules {
    denying: Box<[Compact]>,
    allowing: Box<[Compact]>,
}

struct Compact {
    tools: u32,
    principals: u32,
    paths: Box<[Pattern]>,
}

pub fn prepare(policy: &Policy) -> anyhow::Result<Load> {
    let policy = policy.clone();
    Ok(Box::new(move || Ok(Box::new(Floor::new(&policy)))))
}

fn bits(all: impl Iterator<Item = &'static str>) -> HashMap<&'static str, u32> {
    all.zip(0..).map(|(name, at)| (name, 1 << at)).collect()
}

impl Floor {
    fn new(policy: &Policy) -> Self {
        let tools = bits(READ_TOOLS.into_iter().chain(WRITE_TOOLS));
        let principals = bits(PRINCIPALS.into_iter());
        let rules = |rules: &[Rule]| Rules::new(rules, &tools, &principals);
        let global = rules(&policy.global);
        let entries = policy.repositories.iter();
        let repositories =
            entries.map(|entry| (entry.name.clone(), (entry.write, rules(&entry.rules)))).collect();
        Self { global, repositories, tools, principals }
    }
}

impl Rules {
    fn new(rules: &[Rule], tools: &HashMap<&str, u32>, principals: &HashMap<&str, u32>) -> Self {
        let (reads, writes) = (mask(&READ_TOOLS, tools), mask(&WRITE_TOOLS, tools));
        let compact = |rule: &Rule| {
            // What a rule without tools means depends on its effect; an allow rule stays within its capability.
            let capable = match (rule.effect, rule.writes) {
                (Effect::Deny, _) => reads | writes,
                (Effect::Allow, true) => writes,
                (Effect::Allow, false) => reads,
            };
            let named = if rule.tools.is_empty() { capable } else { mask(&rule.tools, tools) & capable };
            let principals =
                if rule.principals.is_empty() { u32::MAX } else { mask(&rule.principals, principals) };
            Compact { tools: named, principals, paths: rule.paths.clone().into() }
        };
        let of = |effect| rules.iter().filter(move |rule| rule.effect == effect).map(compact).collect();
        Self { denying: of(Effect::Deny), allowing: of(Effect::Allow) }
    }
}

fn mask(names: &[&str], bits: &HashMap<&str, u32>) -> u32 {
    names.iter().fold(0, |mask, name| mask | bits[name])
}

impl Compact {
    fn matches(&self, tool: u32, principal: u32, path: &str) -> bool {
        self.tools & tool != 0
            && self.principals & principal != 0
            && (self.paths.is_empty() || self.paths.iter().any(|pattern| meets(pattern, path)))
    }
}

fn under<'a>(path: &'a str, directory: &str) -> Option<&'a str> {
    path.strip_prefix(directory).filter(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn has_extension(path: &str, extension: &str) -> bool {
    path.strip_suffix(extension).is_some_and(|stem| stem.ends_with('.'))
}

fn meets(pattern: &Pattern, path: &str) -> bool {
    match pattern {
        Pattern::Under(directory) => under(path, directory).is_some(),
        Pattern::Extension(extension) => has_extension(path, extension),
        Pattern::UnderWithExtension(directory, extension) => {
            under(path, directory).is_some_and(|rest| has_extension(rest, extension))
        }
        Pattern::Anywhere(name) => path.split('/').any(|segment| segment == name),
        Pattern::Exact(exact) => path == exact,
    }
}

impl Engine for Floor {
    fn decide(&mut self, call: &Call) -> bool {
        let local = self.repositories.get(&call.repository);
        if call.writes && !(call.write_mode && local.is_some_and(|(write, _)| *write)) {
            return false;
        }
        let tool = self.tools.get(call.tool).copied().unwrap_or_default();
        let principal = self.principals.get(call.principal).copied().unwrap_or_default();
        let any =
            |rules: &[Compact], path: &str| rules.iter().any(|rule| rule.matches(tool, principal, path));
        let local = local.map(|(_, rules)| rules);
        call.paths.iter().all(|path| {
            let denied =
                any(&self.global.denying, path) || local.is_some_and(|rules| any(&rules.denying, path));
            !denied
                && (any(&self.global.allowing, path) || local.is_some_and(|rules| any(&rules.allowing, path)))
        })
    }

    fn answer(&mut self, call: &Call) -> Answer {
        Answer { allowed: self.decide(call), code: None, rules: None }
    }
}
