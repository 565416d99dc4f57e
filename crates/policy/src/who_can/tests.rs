use proptest::collection::vec;
use proptest::option::weighted;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Value, json};

use super::*;
use crate::model::{Access, Narrowing, Paths, Request};
use crate::{Catalogue, Source, compile};

const POLICY: &str = "version: 1
global:
  rules:
    - { id: read, effect: allow, tools: [\"*\"], roles: [agent, auditor] }
    - { id: keys, effect: deny, tools: [repo_read_file], paths: [\"**/*.pem\"] }
    - { id: stop, effect: deny, tools: [\"*\"], principals: [mallory] }
repositories:
  acme/web:
    write: allow
    rules:
      - { id: docs, effect: allow, capability: write, tools: [repo_write_file], roles: [agent], paths: [\"docs/**\"] }
      - { id: rest, effect: ask, capability: write, tools: [repo_write_file], principals: [operator] }
";

fn ask<'a>(tool: &'a str, capability: Capability, repo: &'a str, path: Option<&'a str>) -> WhoCan<'a> {
    WhoCan { tool, capability, repo, path, reference: None, write_mode: WriteMode::On }
}

#[test]
fn holders_are_told_with_their_conditions() {
    let set = PolicySet::load(Source { name: "p.yaml", text: POLICY }, &Catalogue::built_in()).unwrap();
    let shown = |question: &WhoCan<'_>| -> Vec<String> {
        set.who_can(question, &set.subjects()).iter().map(ToString::to_string).collect()
    };
    let names: Vec<String> = set.subjects().iter().map(ToString::to_string).collect();
    assert_eq!(
        names,
        ["mallory", "operator", "anyone with the role agent", "anyone with the role auditor", "anyone else"]
    );
    let read = ask("repo_read_file", Capability::Read, "x", None);
    assert_eq!(
        shown(&read),
        ["agent", "auditor"].map(|role| format!(
            "anyone with the role {role}: may; by rule `read` (p.yaml:4); denied by rule `keys` (p.yaml:5) for paths **/*.pem"
        ))
    );
    assert!(shown(&WhoCan { path: Some("a/B.pem"), ..read }).is_empty());
    assert!(shown(&WhoCan { path: Some(".env"), ..read }).is_empty(), "the denylist");
    let sure = set.who_can(&WhoCan { path: Some("a/b"), ..read }, &set.subjects());
    assert!(sure.len() == 2 && sure.iter().all(|holder| holder.always && holder.restricts.is_empty()));
    let write = ask("repo_write_file", Capability::Write, "acme/web", None);
    assert_eq!(
        shown(&write),
        [
            "operator: may, once approved; by rule `rest` (p.yaml:12)",
            "anyone with the role agent: may; by rule `docs` (p.yaml:11) for paths docs/**"
        ]
    );
    assert!(shown(&WhoCan { repo: "acme/other", ..write }).is_empty(), "not on the whitelist");
    assert!(shown(&WhoCan { write_mode: WriteMode::Off, ..write }).is_empty());
}

fn rule() -> impl Strategy<Value = Value> {
    let list = |items: &'static [&'static str]| weighted(0.3, subsequence(items, 1..=2));
    (
        select(&["allow", "allow", "ask", "deny"][..]),
        select(&["*", "git_*", "git_show"][..]),
        list(&["agent", "bot"]),
        list(&["agent", "admin"]),
        list(&["http", "mcp"]),
        list(&["**", "src/**", "Src/*", "**/*.key"]),
        list(&["main", "**", "rel/*"]),
        weighted(0.15, select(&["one.org", "*"][..])),
        weighted(0.15, 0..2),
    )
        .prop_map(|(effect, tool, principals, roles, transports, paths, refs, hosts, n)| {
            let mut rule = json!({ "effect": effect, "tools": [tool] });
            let lists = [
                ("principals", principals),
                ("roles", roles),
                ("transports", transports),
                ("paths", paths),
                ("refs", refs),
                ("hosts", hosts.map(|host| vec![host])),
            ];
            for (key, list) in lists {
                if let Some(list) = list {
                    rule[key] = json!(list);
                }
            }
            if let Some(n) = n {
                rule["arguments"] = json!({ "n": { "equals": n } });
            }
            rule
        })
}

fn access() -> impl Strategy<Value = Access> {
    let paths = prop_oneof![
        4 => select(&["src/a", "SRC/a", "x.key", "docs", ".env"][..]).prop_map(|path| Paths::Named(vec![path.to_owned()])),
        1 => Just(Paths::None),
        1 => Just(Paths::Discovered),
    ];
    (
        weighted(0.7, select(&["main", "Main", "rel/1"][..])),
        paths,
        weighted(0.4, select(&["one.org", "two.org"][..])),
    )
        .prop_map(|(reference, paths, host)| Access {
            reference: reference.map(str::to_owned),
            paths,
            host: host.map(str::to_owned),
            ..Access::repository("a/x")
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn nobody_whom_decide_lets_is_left_out(
        global in vec(rule(), 1..5),
        local in vec(rule(), 1..3),
        calls in vec((
            access(),
            select(&["agent", "bot", "eve"][..]),
            subsequence(&["agent", "admin"][..], 0..3),
            select(&Transport::ALL[..]),
            select(vec![None, Some(json!({})), Some(json!({ "n": 0 })), Some(json!({ "n": "x" }))]),
        ), 60),
    ) {
        let mut rules: Vec<Value> = global.into_iter().chain(local.iter().cloned()).collect();
        for (n, rule) in rules.iter_mut().enumerate() {
            rule["id"] = json!(format!("r{n}"));
        }
        let local = rules.split_off(rules.len() - local.len());
        let text = json!({
            "version": 1, "global": { "rules": rules }, "repositories": { "a/x": { "rules": local } },
        })
        .to_string();
        let set = compile::load_with(Source { name: "p.yaml", text: &text }, &Catalogue::built_in(), |_, _| ()).unwrap();
        for (access, principal, roles, transport, arguments) in &calls {
            let roles: Vec<Arc<str>> = roles.iter().map(|role| Arc::from(*role)).collect();
            let decision = set.decide(&Request {
                principal,
                roles: &roles,
                transport: *transport,
                tool: "git_show",
                capability: Capability::Read,
                accesses: std::slice::from_ref(access),
                arguments: arguments.as_ref().and_then(Value::as_object),
                write_mode: WriteMode::Off,
                narrowing: &Narrowing::default(),
                scope: crate::Scope::everything(),
            });
            let named = match &access.paths {
                Paths::Named(paths) => paths.first().map(String::as_str),
                Paths::None | Paths::Discovered => None,
            };
            let principal = (*principal != "eve").then(|| (*principal).to_owned());
            for (path, reference, transport) in [
                (named, access.reference.as_deref(), Some(*transport)),
                (None, access.reference.as_deref(), Some(*transport)),
                (named, None, None),
                (None, None, None),
            ] {
                let question = WhoCan {
                    tool: "git_show", capability: Capability::Read, repo: "a/x", path, reference, write_mode: WriteMode::Off,
                };
                let subject = OwnedSubject { principal: principal.clone(), roles: roles.clone(), transport };
                let holders = set.who_can(&question, &[subject]);
                match holders.first() {
                    None => prop_assert_eq!(decision.effect, Effect::Deny, "{} {:?} {:?}", text, question, decision),
                    Some(holder) => {
                        prop_assert!(holder.effect <= decision.effect, "{} {:?}", text, holder);
                        // The denylist is no condition of a rule; it speaks only where a path is asked about.
                        let listed = decision.code == crate::Code::PathDenied;
                        let met = !holder.always || listed || !holder.transports.iter().any(|t| transport.is_none_or(|own| own == *t))
                            || transport.is_none()
                            || decision.effect == holder.effect;
                        prop_assert!(met, "{} {:?} {:?}", text, holder, decision);
                    }
                }
            }
        }
    }
}
