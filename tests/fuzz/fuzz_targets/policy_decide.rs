//! A policy out of parts and a request out of arbitrary text: `decide` is total, and its laws hold.
#![no_main]

use std::sync::Arc;

use arbitrary::Arbitrary;
use gitoma_policy::{
    Access, Capability, Catalogue, Code, Decision, Effect, Narrowing, Paths, PolicySet, Request, Source, Subject,
    Transport, WriteMode,
};
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};

#[derive(Debug, Arbitrary)]
struct Input {
    rules: Vec<Rule>,
    whitelisted: bool,
    automation: bool,
    call: Call,
}

#[derive(Debug, Arbitrary)]
struct Rule {
    effect: u8,
    tool: u8,
    capability: u8,
    paths: Option<Vec<u8>>,
    refs: Option<u8>,
    principals: Option<u8>,
    hosts: bool,
    argument: Option<u8>,
    /// Whether it stands under the repository, under its owner, or is global.
    scope: u8,
}

#[derive(Debug, Arbitrary)]
struct Call {
    tool: u8,
    principal: u8,
    accesses: Vec<Reach>,
    arguments: Option<String>,
    read_only: bool,
    left: Option<Vec<u8>>,
    on: bool,
}

#[derive(Debug, Arbitrary)]
struct Reach {
    repo: Option<Name>,
    reference: Option<String>,
    paths: Option<Vec<String>>,
    found: bool,
    host: Option<String>,
}

/// Names that the policy speaks of, and any other.
#[derive(Debug, Arbitrary)]
enum Name {
    Known(u8),
    Any(String),
}

const TOOLS: [(&str, Capability); 4] = [
    ("git_log", Capability::Read),
    ("repo_read_file", Capability::Read),
    ("repo_write_file", Capability::Write),
    ("job_start", Capability::Automation),
];
const REPOS: [&str; 4] = ["a/x", "A/x", "a/y", "x"];
const GLOBS: [&str; 8] = ["**", "*", "src/**", "**/*.key", "s?c/*a*b*", "docs", "Ä/**", "**/a/**/b"];

fn pick<T: Copy>(from: &[T], at: u8) -> T {
    from[usize::from(at) % from.len()]
}

impl Rule {
    fn json(&self, id: usize) -> Value {
        let mut rule = json!({ "id": format!("r{id}"), "effect": pick(&["allow", "ask", "deny"], self.effect) });
        rule["tools"] = json!([pick(&["*", "repo_*", "git_log"], self.tool)]);
        // `repo_*` has no automation, `git_log` reads.
        let capabilities: &[&str] = match rule["tools"][0].as_str() {
            Some("*") => &["read", "write", "automation"],
            Some("repo_*") => &["read", "write"],
            _ => &["read"],
        };
        rule["capability"] = json!(pick(capabilities, self.capability));
        if let Some(paths) = &self.paths {
            let globs: Vec<&str> = paths.iter().take(4).map(|at| pick(&GLOBS, *at)).collect();
            rule["paths"] = json!(if globs.is_empty() { vec!["**"] } else { globs });
        }
        if let Some(at) = self.refs {
            rule["refs"] = json!([pick(&["main", "release/*", "**"], at)]);
        }
        if let Some(at) = self.principals {
            rule["principals"] = json!([pick(&["agent", "bot"], at)]);
        }
        if self.hosts {
            rule["hosts"] = json!(["*.example.org"]);
        }
        if let Some(at) = self.argument {
            let tests = [json!({ "equals": 1 }), json!({ "max_length": 2 }), json!("absent"), json!({ "glob": "a*" })];
            rule["arguments"] = json!({ "n": tests[usize::from(at) % tests.len()] });
        }
        rule
    }
}

fn policy(input: &Input, extra: Option<Value>) -> Value {
    let mut scopes = [Vec::new(), Vec::new(), Vec::new()];
    for (id, rule) in input.rules.iter().take(12).enumerate() {
        scopes[usize::from(rule.scope) % 3].push(rule.json(id));
    }
    scopes[0].extend(extra);
    let [global, owner, exact] = scopes;
    let mut policy = json!({ "version": 1, "automation": if input.automation { "allow" } else { "deny" } });
    if !global.is_empty() {
        policy["global"] = json!({ "rules": global });
    }
    let mut repositories = json!({ "a/x": { "write": if input.whitelisted { "allow" } else { "deny" } } });
    if !exact.is_empty() {
        repositories["a/x"]["rules"] = json!(exact);
    }
    if !owner.is_empty() {
        repositories["a/*"] = json!({ "rules": owner });
    }
    policy["repositories"] = repositories;
    policy
}

fn load(policy: &Value) -> Option<PolicySet> {
    let mut catalogue = Catalogue::built_in();
    catalogue.insert("job_start", Capability::Automation);
    // Rules that can never matter refuse a policy; such inputs say nothing here.
    PolicySet::load(Source { name: "fuzz.yaml", text: &policy.to_string() }, &catalogue).ok()
}

fuzz_target!(|input: Input| {
    let Some(set) = load(&policy(&input, None)) else { return };
    let Call { tool, principal, accesses, arguments, read_only, left, on } = &input.call;
    let (tool, capability) = pick(&TOOLS, *tool);
    let accesses: Vec<Access> = accesses
        .iter()
        .take(4)
        .map(|reach| Access {
            repo: reach.repo.as_ref().map(|name| match name {
                Name::Known(at) => Arc::from(pick(&REPOS, *at)),
                Name::Any(text) => Arc::from(text.as_str()),
            }),
            reference: reach.reference.clone(),
            paths: match &reach.paths {
                Some(paths) => Paths::Named(paths.iter().take(4).cloned().collect()),
                None if reach.found => Paths::Discovered,
                None => Paths::None,
            },
            host: reach.host.clone(),
        })
        .collect();
    let arguments = arguments.as_ref().map(|text| {
        let value = serde_json::from_str(text).unwrap_or_else(|_| json!(text));
        serde_json::Map::from_iter([("n".to_owned(), value)])
    });
    let narrowing = Narrowing {
        read_only: *read_only,
        repositories: left.as_ref().map(|left| left.iter().map(|at| pick(&REPOS, *at).to_owned()).collect()),
    };
    let request = Request {
        principal: pick(&["agent", "bot", "stranger"], *principal),
        roles: &[],
        transport: Transport::Mcp,
        tool,
        capability,
        accesses: &accesses,
        arguments: arguments.as_ref(),
        write_mode: if *on { WriteMode::On } else { WriteMode::Off },
        narrowing: &narrowing,
        scope: gitoma_policy::Scope::everything(),
    };
    let decision = set.decide(&request);

    assert_eq!(set.explain(&request).decision, decision);
    assert_eq!(decision.effect == Effect::Allow, decision.code == Code::Allowed);
    if decision.effect == Effect::Allow {
        assert!(!decision.reasons.is_empty(), "nothing is allowed without a rule");
        assert!(decision.reasons.iter().all(|reason| reason.effect == Effect::Allow));
        assert!(capability != Capability::Write || (*on && !read_only), "write off means no write");
    }
    if decision.effect < Effect::Deny {
        let subject = Subject { principal: request.principal, roles: &[], transport: request.transport };
        assert!(set.may_ever(&subject, tool, capability, request.write_mode), "what may run is listed");
    }
    let wide = Narrowing::default();
    let free = Request { narrowing: &wide, ..request };
    assert!(set.decide(&free).effect <= decision.effect, "narrowing never widens");

    let deny = json!({ "id": "extra", "effect": "deny", "tools": ["repo_*"], "paths": ["src/**"] });
    if let Some(stricter) = load(&policy(&input, Some(deny))) {
        let Decision { effect, .. } = stricter.decide(&request);
        assert!(effect >= decision.effect, "a deny added never widens");
    }
});
