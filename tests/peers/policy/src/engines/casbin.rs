//! casbin. `enforce` evaluates its matcher on every line it holds, so the host keeps an enforcer for each repository with
//! the global lines and its own, denying lines first: the effect ends at the first of them that matches. A line has
//! its lists joined by `|`; a registered function reads them without a regular expression. Naming the line needs casbin's
//! `explain` feature, which brings a logger that writes at every call, so that only the verdict is asked for.

use std::collections::HashMap;
use std::future::Future;
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use casbin::function_map::{OperatorFunction, dynamic_to_str};
use casbin::rhai::Dynamic;
use casbin::{CoreApi as _, DefaultModel, Enforcer, Model as _, NullAdapter};

use super::{Answer, Engine, Load};
use crate::workload::{Call, Effect, Policy, Rule};

const MATCHER: &str = "(p.capability == '*' || p.capability == r.capability) && isListed(r.tool, p.tools) \
    && isListed(r.principal, p.principals) && isUnder(r.path, p.paths)";

struct Casbin {
    unlisted: Enforcer,
    enforcers: HashMap<String, Enforcer>,
}

/// A line: id, effect, capability, tools, principals, paths.
type Line = [String; 6];

struct Lines {
    global: Vec<Line>,
    repositories: Vec<(String, Vec<Line>)>,
}

pub fn prepare(policy: &Policy) -> anyhow::Result<Load> {
    let mut global: Vec<Line> = policy.global.iter().map(line).collect();
    global.push(gate("write_mode_off", "write, mode off"));
    let repositories = policy.repositories.iter().map(|entry| {
        let mut lines: Vec<Line> = entry.rules.iter().map(line).collect();
        if !entry.write {
            lines.push(gate("repository_not_whitelisted", "write"));
        }
        (entry.name.clone(), lines)
    });
    let lines = Rc::new(Lines { global, repositories: repositories.collect() });
    Ok(Box::new(move || Ok(Box::new(Casbin::load(&lines)?))))
}

fn gate(id: &str, capability: &str) -> Line {
    [id, "deny", capability, "*", "*", "*"].map(str::to_owned)
}

fn line(rule: &Rule) -> Line {
    let joined = |names: &[&str]| if names.is_empty() { "*".to_owned() } else { names.join("|") };
    let paths: Vec<String> = rule.paths.iter().map(|pattern| pattern.glob()).collect();
    let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
    let (effect, capability) = match (rule.effect, rule.writes) {
        (Effect::Deny, _) => ("deny", "*"),
        (Effect::Allow, true) => ("allow", "write"),
        (Effect::Allow, false) => ("allow", "read"),
    };
    [
        rule.id.clone(),
        effect.to_owned(),
        capability.to_owned(),
        joined(&rule.tools),
        joined(&rule.principals),
        joined(&paths),
    ]
}

fn is_listed(name: Dynamic, list: Dynamic) -> Dynamic {
    let (name, list) = (dynamic_to_str(&name), dynamic_to_str(&list));
    (&*list == "*" || list.split('|').any(|listed| listed == &*name)).into()
}

fn is_under(path: Dynamic, patterns: Dynamic) -> Dynamic {
    let (path, patterns) = (dynamic_to_str(&path), dynamic_to_str(&patterns));
    (&*patterns == "*" || patterns.split('|').any(|pattern| meets(pattern, &path))).into()
}

/// The kinds of patterns that the workload has, by their form.
fn meets(pattern: &str, path: &str) -> bool {
    if let Some(rest) = pattern.strip_prefix("**/") {
        return match (rest.strip_suffix("/**"), rest.strip_prefix('*')) {
            (Some(name), _) => path.split('/').any(|segment| segment == name),
            (None, Some(ending)) => path.ends_with(ending),
            (None, None) => false,
        };
    }
    if let Some((directory, ending)) = pattern.split_once("/**/*") {
        return path
            .strip_prefix(directory)
            .is_some_and(|rest| rest.starts_with('/') && rest.ends_with(ending));
    }
    match pattern.strip_suffix("/**") {
        Some(directory) => {
            path.strip_prefix(directory).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        }
        None => path == pattern,
    }
}

/// The result of a future that has nothing to wait for.
fn ready<T>(future: impl Future<Output = T>) -> anyhow::Result<T> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => Ok(result),
        Poll::Pending => anyhow::bail!("casbin waits for something although it reads no file"),
    }
}

impl Casbin {
    fn load(lines: &Lines) -> anyhow::Result<Self> {
        let mut enforcers = HashMap::with_capacity(lines.repositories.len());
        for (name, own) in &lines.repositories {
            enforcers.insert(name.clone(), enforcer(lines.global.iter().chain(own))?);
        }
        let closed = gate("repository_not_whitelisted", "write");
        Ok(Self { unlisted: enforcer(lines.global.iter().chain([&closed]))?, enforcers })
    }

    fn enforce(&self, call: &Call) -> anyhow::Result<bool> {
        let enforcer = self.enforcers.get(&call.repository).unwrap_or(&self.unlisted);
        let capability = match (call.writes, call.write_mode) {
            (false, _) => "read",
            (true, true) => "write",
            (true, false) => "write, mode off",
        };
        for path in &call.paths {
            if !enforcer.enforce(vec![call.principal, call.tool, capability, path])? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

fn enforcer<'a>(lines: impl Iterator<Item = &'a Line> + Clone) -> anyhow::Result<Enforcer> {
    let mut model = DefaultModel::default();
    model.add_def("r", "r", "principal, tool, capability, path");
    model.add_def("p", "p", "id, eft, capability, tools, principals, paths");
    model.add_def("e", "e", "some(where (p.eft == allow)) && !some(where (p.eft == deny))");
    model.add_def("m", "m", MATCHER);
    for first in [true, false] {
        for line in lines.clone().filter(|[_, effect, ..]| (effect == "deny") == first) {
            model.add_policy("p", "p", line.to_vec());
        }
    }
    // Not `new`, which would load the policy anew from the empty adapter.
    let mut enforcer = ready(Enforcer::new_raw(model, NullAdapter))??;
    enforcer.add_function("isListed", OperatorFunction::Arg2(is_listed));
    enforcer.add_function("isUnder", OperatorFunction::Arg2(is_under));
    Ok(enforcer)
}

impl Engine for Casbin {
    fn decide(&mut self, call: &Call) -> bool {
        self.enforce(call).unwrap_or(false)
    }

    fn answer(&mut self, call: &Call) -> Answer {
        match self.enforce(call) {
            Ok(allowed) => Answer { allowed, code: None, rules: None },
            Err(error) => {
                Answer { allowed: false, code: Some("error"), rules: Some(vec![error.to_string()]) }
            }
        }
    }
}
