//! The comparison against all calls of small universes, each asked of both policies.

use std::collections::BTreeSet;
use std::sync::Arc;

use proptest::collection::vec;
use proptest::option::{self, weighted};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Map, Value, json};

use super::*;
use crate::model::{Access, Code, Decision, Paths, Transport};

/// The number of pairs for each universe.
fn cases(usual: u32) -> ProptestConfig {
    #[expect(clippy::disallowed_methods, reason = "lets a longer campaign be run by hand")]
    let asked = std::env::var("GITOMA_PROOF_CASES").ok().and_then(|number| number.parse().ok());
    ProptestConfig::with_cases(asked.unwrap_or(usual))
}

const TOOLS: [&str; 4] = ["git_log", "repo_read_file", "repo_write_file", "job_start"];
const KEYS: [&str; 5] = ["a/x", "a/*", "x", "B/*", "A/y"];
const GLOBS: [&str; 34] = [
    "**", "*", "a", "ab", "a*", "*b", "a*b", "?", "a?", "*a*", "A*", "aB", "Ab*", "b", "x/**", "a/**",
    "**/a", "**/*b", "a/*", "a/**/b", "*/b", "\u{DF}", "s*", "ss", "?s", ".env*", "**/*.env", ".e*", "K*",
    "k", "id_rsa*", "id_rsa.*", "**/a/**", "A/*",
];
const SEGMENTS: [&str; 8] = ["a", "b", "x", "ab", "A", "aB", "ax", "xb"];
const NAMES: [&str; 27] = [
    "B",
    "AB",
    "Ab",
    "aab",
    "axb",
    "axB",
    "aa",
    "ba",
    "ss",
    "S",
    "\u{DF}",
    "s",
    "\u{17F}s",
    "xs",
    "\u{149}",
    ".env",
    ".envx",
    ".environment",
    "x.env",
    ".ex",
    "id_rsa",
    "id_rsa.pub",
    "id_rsax",
    "k",
    "K",
    "\u{212A}",
    "kx",
];

fn paths() -> Vec<String> {
    let pairs = SEGMENTS.iter().flat_map(|a| SEGMENTS.map(|b| format!("{a}/{b}")));
    let single = SEGMENTS.iter().chain(&NAMES).map(|name| (*name).to_owned());
    single.chain(pairs).chain(["a/x/b", "a/b/x", "x/y/a", "a/A/b", "x/y/a/z"].map(str::to_owned)).collect()
}

/// What rules look at and calls differ in.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Universe {
    Paths,
    Callers,
    Values,
    Repositories,
}

fn few(items: &'static [&'static str], often: f64) -> impl Strategy<Value = Option<Vec<&'static str>>> {
    weighted(often, subsequence(items, 1..=items.len().min(2)))
}

fn matcher() -> impl Strategy<Value = Value> {
    select(vec![
        json!({ "equals": 1 }),
        json!({ "equals": "ab" }),
        json!({ "one_of": [1.5, "x", true] }),
        json!({ "range": { "min": 1 } }),
        json!({ "range": { "min": 1, "max": 2 } }),
        json!({ "range": { "max": 1.5 } }),
        json!({ "max_length": 1 }),
        json!({ "max_length": 2 }),
        json!({ "glob": "a*" }),
        json!({ "glob": "*B" }),
        json!({ "glob": "??" }),
        json!("absent"),
    ])
}

/// A rule without an id.
fn rule(universe: Universe) -> impl Strategy<Value = Value> {
    let on = |these: Universe, often: f64| if universe == these { often } else { 0.02 };
    let paths = if universe == Universe::Repositories { 0.2 } else { on(Universe::Paths, 0.85) };
    let allowed = select(&["allow", "allow", "ask", "deny"][..]);
    let arguments =
        (weighted(on(Universe::Values, 0.5), matcher()), weighted(on(Universe::Values, 0.2), matcher()));
    (
        (allowed, vec(select(&["*", "repo_*", "git_log", "repo_write_file"][..]), 1..3)),
        option::of(select(&["read", "write"][..])),
        few(&["bot", "cat"], on(Universe::Callers, 0.4)),
        few(&["dev", "ops", "qa"], on(Universe::Callers, 0.5)),
        few(&["http", "mcp"], on(Universe::Callers, 0.3)),
        few(&GLOBS, paths),
        few(&["main", "Main", "rel/*", "**", "M*"], on(Universe::Values, 0.3)),
        few(&["one.org", "*.one.org", "*.x.one.org", "*"], on(Universe::Values, 0.3)),
        arguments,
    )
        .prop_map(
            |((effect, mut tools), capability, principals, roles, transports, paths, refs, hosts, (a, b))| {
                let own = capability.or((effect == "allow").then_some("read"));
                // The loader refuses a tool that never has the rule's capability.
                tools.retain(|tool| match (*tool, own) {
                    ("git_log", Some("write")) | ("repo_write_file", Some("read")) => false,
                    ("*" | "repo_*" | "git_log" | "repo_write_file", _) => true,
                    _ => unreachable!("not generated"),
                });
                if tools.is_empty() {
                    tools.push("*");
                }
                let mut rule = json!({ "effect": effect, "tools": tools });
                if let Some(capability) = capability {
                    rule["capability"] = json!(capability);
                }
                let keys = [
                    ("principals", principals),
                    ("roles", roles),
                    ("transports", transports),
                    ("paths", paths),
                    ("refs", refs),
                    ("hosts", hosts),
                ];
                for (key, list) in keys {
                    if let Some(list) = list {
                        rule[key] = json!(list);
                    }
                }
                for (name, matcher) in [("a", a), ("b", b)] {
                    if let Some(matcher) = matcher {
                        rule["arguments"][name] = matcher;
                    }
                }
                rule
            },
        )
}

/// A list of rules before and after: most stay, some come, go, or become others.
fn rules(universe: Universe, most: usize) -> impl Strategy<Value = (Vec<Value>, Vec<Value>)> {
    let fate = prop_oneof![
        5 => Just((true, true, false)), 1 => Just((true, false, false)), 1 => Just((false, true, false)),
        1 => Just((true, true, true)),
    ];
    vec((rule(universe), rule(universe), fate), 0..=most).prop_map(|rules| {
        let (mut before, mut after) = (Vec::new(), Vec::new());
        for (rule, other, (is_before, is_after, becomes)) in rules {
            before.extend(is_before.then(|| rule.clone()));
            after.extend(is_after.then_some(if becomes { other } else { rule }));
        }
        (before, after)
    })
}

fn pair(universe: Universe) -> impl Strategy<Value = (Value, Value)> {
    let keys = if universe == Universe::Repositories { KEYS.len() } else { 1 };
    let write = || weighted(0.7, select(&["allow", "allow", "deny"][..]));
    let entry = (rules(universe, 2), write(), write(), weighted(0.7, Just(())));
    (rules(universe, 4), vec(entry, keys), any::<[bool; 4]>()).prop_map(
        |((global, other), entries, switches)| {
            let mut pair = (json!({ "version": 1 }), json!({ "version": 1 }));
            for (policy, rules, automation) in
                [(&mut pair.0, global, switches[0]), (&mut pair.1, other, switches[1])]
            {
                policy["automation"] = json!(if automation { "allow" } else { "deny" });
                if !rules.is_empty() {
                    policy["global"] = json!({ "rules": rules });
                }
            }
            for (key, ((before, after), old, new, same)) in KEYS.iter().zip(entries) {
                let new = if same.is_some() { old } else { new };
                // The same repository, spelt otherwise.
                let other = if switches[2] && *key == "A/y" { "a/y" } else { key };
                let sides = [(&mut pair.0, *key, before, old), (&mut pair.1, other, after, new)];
                for (policy, key, rules, write) in sides {
                    if !rules.is_empty() {
                        policy["repositories"][key]["rules"] = json!(rules);
                    }
                    if let Some(write) = write {
                        policy["repositories"][key]["write"] = json!(write);
                    }
                }
            }
            number(&mut pair.0);
            number(&mut pair.1);
            pair
        },
    )
}

fn for_each_list(policy: &mut Value, mut look: impl FnMut(&mut Vec<Value>)) {
    let Some(policy) = policy.as_object_mut() else { return };
    for (key, value) in policy {
        match key.as_str() {
            "global" => look(value["rules"].as_array_mut().expect("rules")),
            "repositories" => {
                for entry in value.as_object_mut().expect("a map").values_mut() {
                    entry.get_mut("rules").and_then(Value::as_array_mut).into_iter().for_each(&mut look);
                }
            }
            _ => {}
        }
    }
}

fn number(policy: &mut Value) {
    let mut next = 0;
    for_each_list(policy, |rules| {
        for rule in rules {
            rule["id"] = json!(format!("r{next}"));
            next += 1;
        }
    });
}

fn calls(universe: Universe) -> Vec<ExampleCall> {
    let is = |these| universe == these;
    let text =
        |texts: &[&str]| texts.iter().map(|text| Some((*text).to_owned())).chain([None]).collect::<Vec<_>>();
    let none = || vec![None];
    let principals = if is(Universe::Callers) { vec!["bot", "cat", "eve"] } else { vec!["eve"] };
    let roles: Vec<Vec<Arc<str>>> = match universe {
        Universe::Callers => (0..16u32)
            .map(|set| {
                let names = ["dev", "ops", "qa", "none"].into_iter().zip(0u32..);
                names.filter(|(_, bit)| set >> bit & 1 == 1).map(|(name, _)| Arc::from(name)).collect()
            })
            .collect(),
        _ => vec![Vec::new()],
    };
    let transports = if is(Universe::Callers) {
        vec![Transport::Http, Transport::Mcp, Transport::Cli]
    } else {
        vec![Transport::Mcp]
    };
    let repos: Vec<Option<&str>> = match universe {
        Universe::Repositories => {
            vec!["a/x", "A/x", "a/X", "a/y", "A/y", "A/Y", "a/z", "A/z", "x", "X", "b/x", "B/x", "c/d"]
                .into_iter()
                .map(Some)
                .chain([None])
                .collect()
        }
        _ => vec![Some("a/x"), Some("c/d")],
    };
    let named = |paths: Vec<String>| paths.into_iter().map(|path| Paths::Named(vec![path]));
    let paths: Vec<Paths> = match universe {
        Universe::Paths => named(paths()).chain([Paths::None, Paths::Discovered]).collect(),
        Universe::Repositories => {
            named(vec!["a".into(), "ab".into(), "x/b".into()]).chain([Paths::None]).collect()
        }
        Universe::Callers | Universe::Values => vec![Paths::None],
    };
    let values = is(Universe::Values);
    let refs = if values { text(&["main", "Main", "MAIN", "rel/1", "M", "x"]) } else { none() };
    let hosts =
        if values { text(&["one.org", "a.one.org", "x.one.org", "a.x.one.org", "two"]) } else { none() };
    let arguments: Vec<Option<Map<String, Value>>> = if values {
        let a = json!([
            1,
            2,
            3,
            0,
            1.5,
            1.2,
            "ab",
            "x",
            "aB",
            "a",
            "",
            "AB",
            "abc",
            "xyB",
            true,
            false,
            [],
            [1],
            [1, 1],
            [1, 1, 1],
            {},
            null
        ]);
        let b = [json!({}), json!({ "b": 1 }), json!({ "b": "ab" })];
        let a = a.as_array().expect("a list").clone();
        let both = a.into_iter().flat_map(|a| {
            b.clone().map(|mut b| {
                b["a"] = a.clone();
                b.as_object().cloned()
            })
        });
        both.chain([None]).collect()
    } else {
        vec![None]
    };
    let mut calls = Vec::new();
    for tool in TOOLS {
        for principal in &principals {
            for roles in &roles {
                for transport in &transports {
                    for repo in &repos {
                        for path in &paths {
                            for reference in &refs {
                                for host in &hosts {
                                    for arguments in &arguments {
                                        calls.push(ExampleCall {
                                            principal: (*principal).to_owned(),
                                            roles: roles.clone(),
                                            transport: *transport,
                                            tool: tool.to_owned(),
                                            capability: catalogue().capability(tool).expect("known"),
                                            access: Access {
                                                repo: repo.map(Arc::from),
                                                reference: reference.clone(),
                                                paths: path.clone(),
                                                host: host.clone(),
                                            },
                                            arguments: arguments.clone(),
                                        });
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
    calls
}

fn ids(decision: &Decision) -> BTreeSet<Arc<str>> {
    decision.reasons.iter().map(|reason| Arc::clone(&reason.rule)).collect()
}

/// Whether the change is one of which the call is an instance.
fn covers(change: &Change, call: &ExampleCall, before: &Decision, after: &Decision) -> bool {
    let changed = |verdict: &Verdict, decision: &Decision| {
        verdict.code == decision.code && verdict.changed.iter().all(|id| ids(decision).contains(id))
    };
    changed(&change.from, before)
        && changed(&change.to, after)
        && change.tools.contains(&call.tool)
        && change.transports.contains(&call.transport)
        && change.callers.iter().any(|caller| {
            caller.principal.as_ref().is_none_or(|principal| *principal == call.principal)
                && caller.roles.iter().all(|role| call.roles.iter().any(|own| **own == **role))
        })
}

/// Whether the change lists the repository: by its key, by its owner's, or as one that neither policy names.
fn lists(change: &Change, repository: Option<&str>, sets: [&PolicySet; 2]) -> bool {
    let folded = |text: &str| crate::fold::case(text).into_owned();
    let scopes = sets.map(|set| set.scopes(repository));
    let is_named = scopes.iter().any(|scopes| scopes.exact.is_some_and(|(_, exact)| exact));
    let has_owner = scopes.iter().any(|scopes| scopes.owner.is_some());
    change.repositories.iter().any(|key| match (key.strip_suffix("/*"), repository) {
        (None, _) if key == "*" => !is_named && !has_owner,
        (Some(owner), Some(repository)) => {
            !is_named && repository.split_once('/').is_some_and(|(own, _)| folded(own) == folded(owner))
        }
        (None, Some(repository)) => folded(key) == folded(repository),
        (_, None) => false,
    })
}

fn prove(universe: Universe, before: &Value, after: &Value) -> Result<(), TestCaseError> {
    let (old, new) = (load("a.yaml", &before.to_string()), load("b.yaml", &after.to_string()));
    let found = compare(&old, &new);
    prop_assert!(
        found.undetermined.is_empty() && !found.tightened_is_partial,
        "{found}\n{before:#}\n{after:#}"
    );
    for (change, widens) in
        found.widened.iter().map(|c| (c, true)).chain(found.tightened.iter().map(|c| (c, false)))
    {
        let (was, is) = (change.example.decide(&old), change.example.decide(&new));
        prop_assert_eq!((was.effect, is.effect), (change.from.effect, change.to.effect));
        prop_assert!(if widens { is.effect < was.effect } else { is.effect > was.effect }, "{}", change);
        prop_assert!(covers(change, &change.example, &was, &is), "{}\n{:?}", change, change.example);
        prop_assert!(lists(change, change.example.access.repo.as_deref(), [&old, &new]), "{:?}", change);
        for path in paths().into_iter().filter(|_| change.every_path) {
            let mut call = change.example.clone();
            call.access.paths = Paths::Named(vec![path]);
            let (was, is) = (call.decide(&old), call.decide(&new));
            let expected = [was.code, is.code].contains(&Code::PathDenied)
                || (was.code, is.code) == (change.from.code, change.to.code);
            prop_assert!(expected, "{}\n{:?}", change, call);
        }
    }
    thread_local! {
        static CALLS: std::cell::RefCell<Vec<(Universe, Arc<Vec<ExampleCall>>)>> = const { std::cell::RefCell::new(Vec::new()) };
    }
    let calls = CALLS.with_borrow_mut(|known| match known.iter().find(|(of, _)| *of == universe) {
        Some((_, calls)) => Arc::clone(calls),
        None => {
            let calls = Arc::new(calls(universe));
            known.push((universe, Arc::clone(&calls)));
            calls
        }
    });
    for call in calls.iter() {
        let (was, is) = (call.decide(&old), call.decide(&new));
        let changes = match is.effect.cmp(&was.effect) {
            std::cmp::Ordering::Equal => continue,
            std::cmp::Ordering::Less => &found.widened,
            std::cmp::Ordering::Greater => &found.tightened,
        };
        let told = changes.iter().any(|change| {
            covers(change, call, &was, &is) && lists(change, call.access.repo.as_deref(), [&old, &new])
        });
        prop_assert!(told, "{:?}: {:?} -> {:?}\n{}\n{:#}\n{:#}", call, was, is, found, before, after);
    }
    Ok(())
}

proptest! {
    #![proptest_config(cases(250))]

    #[test]
    fn paths_are_compared_as_by_asking_for_each((before, after) in pair(Universe::Paths)) {
        prove(Universe::Paths, &before, &after)?;
    }

    #[test]
    fn callers_are_compared_as_by_asking_for_each((before, after) in pair(Universe::Callers)) {
        prove(Universe::Callers, &before, &after)?;
    }

}

proptest! {
    #![proptest_config(cases(150))]

    #[test]
    fn repositories_are_compared_as_by_asking_for_each((before, after) in pair(Universe::Repositories)) {
        prove(Universe::Repositories, &before, &after)?;
    }
}

proptest! {
    #![proptest_config(cases(40))]

    #[test]
    fn values_are_compared_as_by_asking_for_each((before, after) in pair(Universe::Values)) {
        prove(Universe::Values, &before, &after)?;
    }
}

proptest! {
    #![proptest_config(cases(100))]

    #[test]
    fn what_means_the_same_differs_in_nothing((policy, _) in pair(Universe::Repositories), (other, _) in pair(Universe::Values)) {
        for policy in [policy, other] {
            let (mut turned, mut doubled) = (policy.clone(), policy.clone());
            for_each_list(&mut turned, |rules| rules.reverse());
            for_each_list(&mut doubled, |rules| {
                let copies: Vec<Value> = rules.iter().rev().cloned().collect();
                rules.extend(copies);
            });
            number(&mut turned);
            number(&mut doubled);
            let set = load("a.yaml", &policy.to_string());
            for other in [turned, doubled] {
                let other = load("b.yaml", &format!("# a comment\n{other:#}"));
                let found = compare(&set, &other);
                prop_assert!(found.is_empty(), "{}", found);
            }
        }
    }

    #[test]
    fn a_deny_added_widens_nothing((policy, _) in pair(Universe::Repositories), mut deny in rule(Universe::Paths), place in 0usize..6) {
        let mut more = policy.clone();
        deny["effect"] = json!("deny");
        let mut at = 0;
        for_each_list(&mut more, |rules| {
            if at == place % 3 { rules.push(deny.clone()); }
            at += 1;
        });
        number(&mut more);
        let found = compare(&load("a.yaml", &policy.to_string()), &load("b.yaml", &more.to_string()));
        prop_assert!(!found.is_widening(), "{}", found);
    }
}
