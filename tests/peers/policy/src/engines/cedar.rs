//! cedar-policy. `is_authorized` evaluates every policy of the set it is given, so the host slices: each repository has a
//! set of its own with the global policies and its own. Or the host goes further and asks twice, a set with the global
//! policies of the tool and one with the repository's own, and puts the two answers together as Cedar would: an index
//! by hand. Patterns are `like`, one request is made for each path, and the first path that a policy forbids ends the call.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::hint::black_box;
use std::rc::Rc;
use std::str::FromStr as _;

use cedar_policy::{
    Authorizer, Context, Decision, Entities, EntityId, EntityTypeName, EntityUid, Policy as CedarPolicy,
    PolicyId, PolicySet, Request, Response, RestrictedExpression,
};

use super::{Answer, Engine, Load};
use crate::workload::{Call, Effect, Pattern, Policy, READ_TOOLS, Rule, WRITE_TOOLS};

const WRITE_MODE: &str = "write_mode_off";
const WHITELIST: &str = "repository_not_whitelisted";

struct Cedar {
    authorizer: Authorizer,
    entities: Entities,
    user: EntityTypeName,
    action: EntityTypeName,
    repository: EntityTypeName,
    /// The global policies that concern each tool; empty unless they are asked apart from the repository's.
    tools: HashMap<&'static str, PolicySet>,
    slices: HashMap<String, PolicySet>,
    /// The slice of a repository that the policy does not list.
    unlisted: PolicySet,
}

/// A policy as text, with its id.
type Text = (String, String);

struct Sources {
    /// With the tools that each is about.
    global: Vec<(Text, Vec<&'static str>)>,
    repositories: Vec<(String, bool, Vec<Text>)>,
    /// Whether the global policies are asked apart, by tool.
    apart: bool,
}

pub fn prepare_sliced(policy: &Policy) -> anyhow::Result<Load> {
    Ok(prepare(policy, false))
}

pub fn prepare_indexed(policy: &Policy) -> anyhow::Result<Load> {
    Ok(prepare(policy, true))
}

fn prepare(policy: &Policy, apart: bool) -> Load {
    let global = policy.global.iter().map(|rule| (text(rule), rule.tools.clone())).collect();
    let entries = policy.repositories.iter();
    let repositories = entries
        .map(|entry| (entry.name.clone(), entry.write, entry.rules.iter().map(text).collect()))
        .collect();
    let sources = Rc::new(Sources { global, repositories, apart });
    Box::new(move || Ok(Box::new(Cedar::load(&sources)?)))
}

/// A rule as a policy, by its id.
fn text(rule: &Rule) -> (String, String) {
    let list = |kind: &str, names: &[&str]| {
        names.iter().map(|name| format!("{kind}::\"{name}\"")).collect::<Vec<_>>().join(", ")
    };
    let effect = match rule.effect {
        Effect::Allow => "permit",
        Effect::Deny => "forbid",
    };
    let principal = match &*rule.principals {
        [one] => format!("principal == {}", list("User", &[one])),
        _ => "principal".to_owned(),
    };
    let action = match &*rule.tools {
        [] => "action".to_owned(),
        [one] => format!("action == {}", list("Action", &[one])),
        several => format!("action in [{}]", list("Action", several)),
    };
    let mut text = format!("{effect}({principal}, {action}, resource)");
    // A tool named by an allow rule is of the rule's capability already.
    if rule.effect == Effect::Allow && rule.tools.is_empty() {
        let _ = write!(text, " when {{ {}context.writes }}", if rule.writes { "" } else { "!" });
    }
    if rule.principals.len() > 1 {
        let _ = write!(text, " when {{ [{}].contains(principal) }}", list("User", &rule.principals));
    }
    if !rule.paths.is_empty() {
        let tests: Vec<String> = rule.paths.iter().map(like).collect();
        let _ = write!(text, " when {{ {} }}", tests.join(" || "));
    }
    text.push(';');
    (rule.id.clone(), text)
}

fn like(pattern: &Pattern) -> String {
    let path = "context.path";
    match pattern {
        Pattern::Under(directory) => format!("{path} == \"{directory}\" || {path} like \"{directory}/*\""),
        Pattern::Extension(extension) => format!("{path} like \"*.{extension}\""),
        Pattern::UnderWithExtension(directory, extension) => {
            format!("{path} like \"{directory}/*.{extension}\"")
        }
        Pattern::Anywhere(name) => format!(
            "{path} == \"{name}\" || {path} like \"{name}/*\" || {path} like \"*/{name}\" || {path} like \"*/{name}/*\""
        ),
        Pattern::Exact(exact) => format!("{path} == \"{exact}\""),
    }
}

fn parse((id, text): &Text) -> anyhow::Result<CedarPolicy> {
    Ok(CedarPolicy::parse(Some(PolicyId::new(id)), text)?)
}

impl Cedar {
    fn load(sources: &Sources) -> anyhow::Result<Self> {
        let gate = |id: &str, condition: &str| {
            parse(&(id.to_owned(), format!("forbid(principal, action, resource) when {{ {condition} }};")))
        };
        let write_mode = gate(WRITE_MODE, "context.writes && !context.write_mode")?;
        let whitelist = gate(WHITELIST, "context.writes")?;
        let mut global = Vec::with_capacity(sources.global.len());
        for (text, tools) in &sources.global {
            global.push((parse(text)?, tools));
        }
        let mut tools = HashMap::new();
        for tool in READ_TOOLS.into_iter().chain(WRITE_TOOLS).filter(|_| sources.apart) {
            let concerned = global.iter().filter(|(_, tools)| tools.is_empty() || tools.contains(&tool));
            let policies = concerned.map(|(policy, _)| policy.clone());
            tools.insert(tool, PolicySet::from_policies(policies)?);
        }
        let copied = if sources.apart { &[][..] } else { &global[..] };
        let slice = |own: Vec<CedarPolicy>, write: bool| -> anyhow::Result<PolicySet> {
            let closed = (!write).then(|| whitelist.clone());
            let global = copied.iter().map(|(policy, _)| policy.clone());
            Ok(PolicySet::from_policies(global.chain([write_mode.clone()]).chain(own).chain(closed))?)
        };
        let mut slices = HashMap::with_capacity(sources.repositories.len());
        for (name, write, texts) in &sources.repositories {
            let own = texts.iter().map(parse).collect::<Result<Vec<_>, _>>()?;
            slices.insert(name.clone(), slice(own, *write)?);
        }
        Ok(Self {
            authorizer: Authorizer::new(),
            entities: Entities::empty(),
            user: EntityTypeName::from_str("User")?,
            action: EntityTypeName::from_str("Action")?,
            repository: EntityTypeName::from_str("Repository")?,
            unlisted: slice(Vec::new(), false)?,
            tools,
            slices,
        })
    }

    /// For each path what the sets say, up to the first path that one forbids. A request that cannot be made would be a
    /// fault of the bench.
    fn ask(&self, call: &Call) -> anyhow::Result<Vec<OnPath>> {
        let slice = self.slices.get(&call.repository).unwrap_or(&self.unlisted);
        let entity = |kind: &EntityTypeName, name: &str| {
            EntityUid::from_type_name_and_id(kind.clone(), EntityId::new(name))
        };
        let principal = entity(&self.user, call.principal);
        let action = entity(&self.action, call.tool);
        let resource = entity(&self.repository, &call.repository);
        let mut paths = Vec::with_capacity(call.paths.len());
        for path in &call.paths {
            let context = Context::from_pairs([
                ("path".to_owned(), RestrictedExpression::new_string(path.clone())),
                ("writes".to_owned(), RestrictedExpression::new_bool(call.writes)),
                ("write_mode".to_owned(), RestrictedExpression::new_bool(call.write_mode)),
            ])?;
            let request = Request::new(principal.clone(), action.clone(), resource.clone(), context, None)?;
            let mut on_path = OnPath {
                first: self.authorizer.is_authorized(&request, slice, &self.entities),
                second: None,
            };
            if !on_path.is_forbidden() {
                let global = self.tools.get(call.tool);
                on_path.second =
                    global.map(|set| self.authorizer.is_authorized(&request, set, &self.entities));
            }
            let forbidden = on_path.is_forbidden();
            paths.push(on_path);
            if forbidden {
                break;
            }
        }
        Ok(paths)
    }
}

/// What the one or two sets say of one path.
struct OnPath {
    first: Response,
    second: Option<Response>,
}

impl OnPath {
    fn responses(&self) -> impl Iterator<Item = &Response> {
        std::iter::once(&self.first).chain(&self.second)
    }

    fn is_forbidden(&self) -> bool {
        self.responses().any(|response| {
            response.decision() == Decision::Deny && response.diagnostics().reason().next().is_some()
        })
    }

    fn is_allowed(&self) -> bool {
        !self.is_forbidden() && self.responses().any(|response| response.decision() == Decision::Allow)
    }

    /// The policies that decided: what forbids, else what permits.
    fn reasons(&self) -> impl Iterator<Item = &PolicyId> {
        let decision = if self.is_forbidden() { Decision::Deny } else { Decision::Allow };
        let deciding = self.responses().filter(move |response| response.decision() == decision);
        deciding.flat_map(|response| response.diagnostics().reason())
    }
}

fn spell_out(paths: &[OnPath]) -> Answer {
    let allowed = paths.iter().all(OnPath::is_allowed);
    // One path that nothing permits makes the permits of the others no reason.
    let deciding = paths.iter().filter(|path| allowed || path.is_forbidden());
    let mut rules: Vec<String> = deciding.flat_map(OnPath::reasons).map(ToString::to_string).collect();
    let gate = [WRITE_MODE, WHITELIST].into_iter().find(|gate| rules.iter().any(|rule| rule == gate));
    let code = match gate {
        Some(gate) => {
            rules.clear();
            gate
        }
        None if allowed => "allowed",
        None if rules.is_empty() => "default_deny",
        None => "denied",
    };
    Answer { allowed, code: Some(code), rules: Some(rules) }
}

impl Engine for Cedar {
    fn decide(&mut self, call: &Call) -> bool {
        let paths = black_box(self.ask(call));
        paths.is_ok_and(|paths| paths.iter().all(OnPath::is_allowed))
    }

    fn answer(&mut self, call: &Call) -> Answer {
        match self.ask(call) {
            Ok(paths) => spell_out(&paths),
            Err(error) => {
                Answer { allowed: false, code: Some("error"), rules: Some(vec![error.to_string()]) }
            }
        }
    }
}
