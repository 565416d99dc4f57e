//! A small model, exhaustively: every policy of up to two rules from an alphabet of 108, in every order and under either of
//! two whitelists, judged on every request from an alphabet of 55: 1,295,030 pairs of policy and request.
//!
//! A rule is one of 3 effects, 4 pairs of tool and capability, 3 kinds of paths and 3 scopes; a request is one of 11 lists
//! of accesses (none, several, several paths, discovered ones, another case, no repository) and one of 5 ways to call
//! (reading, narrowed to other repositories, writing, writing while write mode is off, writing while narrowed to reads).
//!
//! Two evaluators are held against each other: `decide` on compiled sets, and [`Table`], which knows of each rule and each
//! request which units match, and combines them as docs/policy.md says. The naive reference judges everything of up to one
//! rule too, from the policy's text, and so vouches for the table. The laws are asserted on the verdicts of both.

use serde_json::json;

use super::*;
use crate::set::{Repository, Scope};

const EFFECTS: [Effect; 3] = [Effect::Allow, Effect::Ask, Effect::Deny];
/// Tools and capability, for an allow rule and for any other.
const TOOLS: [(&str, Option<&str>, Option<&str>); 4] = [
    ("*", None, None),
    ("*", Some("write"), Some("write")),
    ("git_log", None, None),
    ("repo_write_file", Some("write"), None),
];
const PATHS: [Option<&str>; 3] = [None, Some("src/**"), Some("**")];
/// Where a rule stands: under `global`, or under this key.
const SCOPES: [Option<&str>; 3] = [None, Some("a/x"), Some("a/*")];
/// What `write` says at `a/x` and at `a/*`.
const WHITELISTS: [[Option<Switch>; 2]; 2] =
    [[Some(Switch::Allow), None], [Some(Switch::Allow), Some(Switch::Deny)]];
const CALLS: usize = 5;

#[derive(Debug, Clone, Copy)]
struct Shape {
    effect: Effect,
    tool: &'static str,
    capability: Option<&'static str>,
    paths: Option<&'static str>,
    scope: Option<&'static str>,
}

fn shapes() -> Vec<Shape> {
    let mut shapes = Vec::new();
    for effect in EFFECTS {
        for (tool, allowing, restricting) in TOOLS {
            let capability = if effect == Effect::Allow { allowing } else { restricting };
            for paths in PATHS {
                shapes.extend(SCOPES.map(|scope| Shape { effect, tool, capability, paths, scope }));
            }
        }
    }
    shapes
}

impl Shape {
    fn json(&self) -> Value {
        let mut rule = json!({ "id": "r", "effect": self.effect.as_str(), "tools": [self.tool] });
        if let Some(capability) = self.capability {
            rule["capability"] = json!(capability);
        }
        if let Some(paths) = self.paths {
            rule["paths"] = json!([paths]);
        }
        rule
    }

    /// Whether the rule concerns one unit of a call, by the page of the language.
    fn concerns(&self, tool: &str, repo: Option<&str>, path: Path) -> bool {
        let writes = tool == "repo_write_file";
        let allows = self.effect == Effect::Allow;
        let capable = match self.capability {
            Some(_) => writes,
            None => !allows || !writes,
        };
        let in_scope = match (self.scope, repo) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some("a/x"), Some(repo)) => repo == "a/x" || (repo == "A/x" && !allows),
            (Some(_), Some(repo)) => repo != "A/x" || !allows,
        };
        let on_path = match (self.paths, path) {
            (None, _) => true,
            (Some(_), Path::Unknown) => !allows,
            (Some(pattern), Path::Discovered) => allows || pattern == "**",
            (Some(pattern), Path::Named(path)) => pattern == "**" || path.starts_with("src/"),
        };
        (self.tool == "*" || self.tool == tool) && capable && in_scope && on_path
    }
}

#[derive(Debug, Clone, Copy)]
enum Path {
    Unknown,
    Discovered,
    Named(&'static str),
}

/// The units of a call: a repository, and one path in it.
type Units = &'static [(Option<&'static str>, Path)];

const ACCESSES: [Units; 11] = {
    use Path::{Discovered, Named, Unknown};
    [
        &[],
        &[(Some("a/x"), Unknown)],
        &[(Some("a/x"), Named("src/a"))],
        &[(Some("a/x"), Named("b"))],
        &[(Some("a/x"), Named("src/a")), (Some("a/x"), Named("b"))],
        &[(Some("a/x"), Discovered)],
        &[(Some("A/x"), Named("src/a"))],
        &[(Some("a/y"), Named("src/a"))],
        &[(Some("a/x"), Named("src/a")), (Some("a/y"), Named("b"))],
        &[(None, Named("src/a"))],
        &[(Some("a/x"), Discovered), (Some("a/x"), Named("b"))],
    ]
};

fn calls() -> Vec<(Call, Units)> {
    let mut calls = Vec::new();
    for units in ACCESSES {
        // Neighbours that name paths in one repository are one access with several.
        let mut accesses: Vec<Access> = Vec::new();
        for (repo, path) in units {
            let paths = match path {
                Path::Unknown => Paths::None,
                Path::Discovered => Paths::Discovered,
                Path::Named(path) => Paths::Named(vec![(*path).to_owned()]),
            };
            match (accesses.last_mut(), path) {
                (Some(Access { repo: last, paths: Paths::Named(named), .. }), Path::Named(path))
                    if last.as_deref() == *repo =>
                {
                    named.push((*path).to_owned());
                }
                _ => accesses.push(Access { repo: repo.map(Arc::from), reference: None, paths, host: None }),
            }
        }
        let read = Call { accesses: accesses.clone(), ..Call::to("git_log") };
        let write = Call { accesses, ..Call::to("repo_write_file") };
        let elsewhere = Narrowing { repositories: Some(vec!["a/y".to_owned()]), read_only: false };
        let only_reads = Narrowing { read_only: true, repositories: None };
        calls.extend([
            (read.clone(), units),
            (Call { narrowing: elsewhere, ..read }, units),
            (write.clone(), units),
            (Call { write_mode: WriteMode::Off, ..write.clone() }, units),
            (Call { narrowing: only_reads, ..write }, units),
        ]);
    }
    calls
}

/// The gate that a call does not pass, whatever the rules.
fn gate(call: &Call, units: Units, whitelist: [Option<Switch>; 2]) -> Option<Code> {
    let whitelisted = units.iter().all(|(repo, _)| match (repo, whitelist) {
        (_, [_, Some(Switch::Deny)]) => false,
        (repo, [own, _]) => *repo == Some("a/x") && own == Some(Switch::Allow),
    });
    let left = call.narrowing.repositories.is_none()
        || units.iter().all(|(repo, _)| matches!(repo, None | Some("a/y")));
    match call.tool {
        _ if !left => Some(Code::Narrowed),
        "git_log" => None,
        _ if call.narrowing.read_only => Some(Code::Narrowed),
        _ if call.write_mode == WriteMode::Off => Some(Code::WriteModeOff),
        _ => (units.is_empty() || !whitelisted).then_some(Code::RepositoryNotWhitelisted),
    }
}

/// Which units of each call each rule concerns, as bits; and every unit of each call.
struct Table {
    concerned: Vec<Vec<u8>>,
    every: Vec<u8>,
}

impl Table {
    fn new(shapes: &[Shape], calls: &[(Call, Units)]) -> Self {
        // A call that reaches for nothing is one unit of its own.
        let units =
            |units: Units| if units.is_empty() { vec![(None, Path::Unknown)] } else { units.to_vec() };
        let bits = |shape: &Shape, call: &Call, of: Units| {
            let of = units(of);
            let concerned =
                of.iter().enumerate().filter(|(_, (repo, path))| shape.concerns(call.tool, *repo, *path));
            concerned.fold(0u8, |bits, (at, _)| bits | 1 << at)
        };
        Self {
            concerned: shapes
                .iter()
                .map(|shape| calls.iter().map(|(call, units)| bits(shape, call, units)).collect())
                .collect(),
            every: calls.iter().map(|(_, of)| (1u8 << units(of).len()) - 1).collect(),
        }
    }

    /// The verdict of the rules, by position and with their effects, on a call.
    fn judge(&self, rules: &[(usize, Effect)], call: usize) -> Code {
        let mut by_effect = [0u8; 3];
        for (rule, effect) in rules {
            by_effect[*effect as usize] |= self.concerned[*rule][call];
        }
        let [allowed, asked, denied] = by_effect;
        match (denied, allowed | asked, asked) {
            (1.., ..) => Code::Denied,
            (_, matched, _) if matched != self.every[call] => Code::DefaultDeny,
            (_, _, 1..) => Code::ApprovalRequired,
            _ => Code::Allowed,
        }
    }
}

fn policy(rule: Option<&Shape>, whitelist: [Option<Switch>; 2]) -> Value {
    let mut policy = json!({ "version": 1 });
    match rule {
        Some(Shape { scope: Some(key), .. }) => {
            policy["repositories"][*key]["rules"] = json!([rule.map(Shape::json)])
        }
        Some(shape) => policy["global"]["rules"] = json!([shape.json()]),
        None => {}
    }
    for (key, switch) in ["a/x", "a/*"].iter().zip(whitelist) {
        if let Some(switch) = switch {
            policy["repositories"][*key]["write"] =
                json!(if switch == Switch::Allow { "allow" } else { "deny" });
        }
    }
    policy
}

/// The set of these rules, each compiled by itself before, in this order.
fn assemble(base: &PolicySet, rules: &[(&Shape, &Rule)], [exact, owner]: [Option<Switch>; 2]) -> PolicySet {
    let scope = |key: Option<&str>| {
        let own = rules.iter().filter(|(shape, _)| shape.scope == key);
        Scope::new(own.map(|(_, rule)| (*rule).clone()).collect(), &[])
    };
    let entry = |name: &str, key: &str, write| Repository {
        name: name.into(),
        is_folded: true,
        write,
        rules: scope(Some(key)),
        line: 1,
    };
    PolicySet {
        global: scope(None),
        repositories: std::iter::once(("a/x".into(), entry("a/x", "a/x", exact))).collect(),
        owners: std::iter::once(("a".into(), entry("a", "a/*", owner))).collect(),
        ..base.clone()
    }
}

fn effect(code: Code) -> Effect {
    match code {
        Code::Allowed => Effect::Allow,
        Code::ApprovalRequired => Effect::Ask,
        _ => Effect::Deny,
    }
}

/// The laws on the verdicts of one policy.
fn assert_laws(verdicts: &[Code], effects: &[Effect]) {
    let grants = effects.iter().any(|effect| *effect != Effect::Deny);
    for of in verdicts.chunks_exact(CALLS) {
        let [read, read_elsewhere, write, write_off, write_given_up] = of else { unreachable!() };
        assert!(
            grants || effect(*read) == Effect::Deny && effect(*write) == Effect::Deny,
            "granted by nothing"
        );
        assert_eq!(effect(*write_off), Effect::Deny, "written while write mode is off");
        assert!(effect(*read_elsewhere) >= effect(*read), "widened by the caller");
        assert_eq!(effect(*write_given_up), Effect::Deny, "written by a caller who gave it up");
    }
}

#[test]
fn every_small_policy_is_judged_alike_and_by_the_laws() {
    let (shapes, calls) = (shapes(), calls());
    let table = Table::new(&shapes, &calls);
    let base = load(&policy(None, WHITELISTS[0]).to_string());
    let rules: Vec<Rule> = shapes
        .iter()
        .map(|shape| {
            let set = load(&policy(Some(shape), WHITELISTS[0]).to_string());
            let entries = set.repositories.values().chain(set.owners.values()).map(|entry| &entry.rules);
            let rule = std::iter::once(&set.global).chain(entries).flat_map(Scope::rules).next();
            rule.expect("a rule").clone()
        })
        .collect();
    let decide = |set: &PolicySet| -> Vec<Code> {
        calls.iter().map(|(call, _)| set.decide(&call.request()).code).collect()
    };
    let expect = |gates: &[Option<Code>], rules: &[(usize, Effect)]| -> Vec<Code> {
        let gates = gates.iter().enumerate();
        gates.map(|(call, gate)| gate.unwrap_or_else(|| table.judge(rules, call))).collect()
    };

    let pairs = WHITELISTS.map(|whitelist| {
        let gates: Vec<Option<Code>> =
            calls.iter().map(|(call, units)| gate(call, units, whitelist)).collect();
        // Up to one rule: the table, the reference and the set as it is loaded.
        let alone = |rule: Option<usize>| {
            let own: Vec<(usize, Effect)> = rule.map(|at| (at, shapes[at].effect)).into_iter().collect();
            let written = policy(rule.map(|at| &shapes[at]), whitelist);
            let expected = expect(&gates, &own);
            let reference: Vec<Code> =
                calls.iter().map(|(call, _)| reference::judge(&written, &call.request())).collect();
            assert_eq!(expected, reference, "{written:#}");
            assert_eq!(expected, decide(&load(&written.to_string())), "{written:#}");
            assert_laws(&expected, &own.iter().map(|(_, effect)| *effect).collect::<Vec<_>>());
            expected
        };
        alone(None);
        let singles: Vec<Vec<Code>> = (0..shapes.len()).map(|at| alone(Some(at))).collect();

        // Two rules, in every order, each with itself too.
        let judged = |first: usize| {
            for second in 0..shapes.len() {
                let own = [first, second].map(|at| (at, shapes[at].effect));
                let expected = expect(&gates, &own);
                let set = assemble(&base, &own.map(|(at, _)| (&shapes[at], &rules[at])), whitelist);
                let decided = decide(&set);
                let both = [shapes[first], shapes[second]];
                assert_eq!(decided, expected, "{both:?} {whitelist:?}");
                assert_eq!(expected, expect(&gates, &[own[1], own[0]]), "order matters: {both:?}");
                assert_laws(&decided, &own.map(|(_, effect)| effect));
                if first == second {
                    assert_eq!(decided, singles[first], "a duplicate matters: {both:?}");
                }
                if shapes[second].effect == Effect::Deny {
                    let narrower = |(one, two): (&Code, &Code)| effect(*two) >= effect(*one);
                    assert!(singles[first].iter().zip(&decided).all(narrower), "a deny widened: {both:?}");
                    let wins = |(deny, two): (&Code, &Code)| *deny != Code::Denied || *two == Code::Denied;
                    assert!(singles[second].iter().zip(&decided).all(wins), "a deny lost: {both:?}");
                }
            }
        };
        // Two halves at once: nothing is shared but what is read.
        std::thread::scope(|threads| {
            for half in 0..2 {
                let judged = &judged;
                let count = shapes.len();
                threads.spawn(move || (half..count).step_by(2).for_each(judged));
            }
        });
        (1 + shapes.len() + shapes.len() * shapes.len()) * calls.len()
    });
    assert_eq!(pairs.iter().sum::<usize>(), 1_295_030, "the bound that the head of this file states");
}
