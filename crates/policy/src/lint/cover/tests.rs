//! Whatever is called a cover is checked against calls: none may be concerned by the inner rule alone.

use std::sync::Arc;

use proptest::collection::vec;
use proptest::option::weighted;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Value, json};

use super::*;
use crate::model::{Access, Capability, Narrowing, Paths, Request, WriteMode};
use crate::{Catalogue, Source, compile};

const TOOLS: [&str; 5] = ["repo_list", "git_log", "repo_read_file", "repo_write_file", "job_start"];

fn catalogue() -> Catalogue {
    let mut catalogue = Catalogue::built_in();
    catalogue.insert("job_start", Capability::Automation);
    catalogue
}

fn list(
    most: usize,
    items: &'static [&'static str],
) -> impl Strategy<Value = Option<Vec<&'static str>>> + Clone {
    weighted(0.35, subsequence(items, 1..=most))
}

/// A rule without id, as JSON.
fn rule() -> impl Strategy<Value = Value> + Clone {
    let arguments = select(vec![
        json!({ "n": { "equals": 1 } }),
        json!({ "n": { "one_of": [1, 2] } }),
        json!({ "n": { "range": { "min": 0, "max": 1 } } }),
        json!({ "n": "absent" }),
    ]);
    (
        (
            select(&["allow", "ask", "deny"][..]),
            subsequence(&["*", "repo_*", "git_log", "repo_list", "repo_read_file"][..], 1..3),
            weighted(0.3, select(&["read", "write"][..])),
        ),
        (list(2, &["agent", "bot"]), list(2, &["agent", "admin"]), list(2, &["http", "mcp"])),
        (
            list(2, &["**", "src/**", "**/*.key", "docs", "*", "Src/*", "src/a"]),
            list(2, &["main", "release/*", "**", "M*"]),
            list(2, &["one.org", "*.org", "*"]),
            weighted(0.2, arguments),
        ),
    )
        .prop_map(
            |(
                (effect, tools, capability),
                (principals, roles, transports),
                (paths, refs, hosts, arguments),
            )| {
                let mut rule = json!({ "effect": effect, "tools": tools });
                // Of another capability than the rule's, a tool is refused; `*` never is.
                if capability == Some("write") {
                    rule["tools"] = json!(["*"]);
                }
                let keys = [
                    ("capability", capability.map(|c| json!(c))),
                    ("principals", principals.map(|l| json!(l))),
                    ("roles", roles.map(|l| json!(l))),
                    ("transports", transports.map(|l| json!(l))),
                    ("paths", paths.map(|l| json!(l))),
                    ("refs", refs.map(|l| json!(l))),
                    ("hosts", hosts.map(|l| json!(l))),
                    ("arguments", arguments),
                ];
                for (key, value) in keys {
                    if let Some(value) = value {
                        rule[key] = value;
                    }
                }
                rule
            },
        )
}

/// A second rule that is like the first but for the keys that are taken from `other` or left out.
fn related(first: &Value, other: &Value, keys: &[u8]) -> Value {
    let names = [
        "effect",
        "tools",
        "capability",
        "principals",
        "roles",
        "transports",
        "paths",
        "refs",
        "hosts",
        "arguments",
    ];
    let mut second = first.clone();
    for (name, what) in names.iter().zip(keys) {
        let map = second.as_object_mut().unwrap();
        match (what, other.get(*name)) {
            (0, Some(value)) => drop(map.insert((*name).to_owned(), value.clone())),
            (1, _) if !["effect", "tools"].contains(name) => drop(map.remove(*name)),
            _ => {}
        }
    }
    if second.get("capability") == Some(&json!("write")) {
        second["tools"] = json!(["*"]);
    }
    second
}

fn call() -> impl Strategy<Value = (usize, &'static str, Vec<&'static str>, Transport, Access, Option<Value>)>
{
    let path = select(&["src/a", "SRC/a", "src/b/c.key", "c.KEY", "docs", "x"][..]);
    let paths = prop_oneof![
        4 => path.prop_map(|path| Paths::Named(vec![path.to_owned()])),
        1 => Just(Paths::None),
        1 => Just(Paths::Discovered),
    ];
    let access = (
        weighted(0.9, select(&["a/x", "A/x", "a/y", "b/x"][..])),
        weighted(0.7, select(&["main", "Main", "release/1", "x"][..])),
        paths,
        weighted(0.5, select(&["one.org", "two.org", "three.net"][..])),
    )
        .prop_map(|(repo, reference, paths, host)| Access {
            repo: repo.map(Arc::from),
            reference: reference.map(str::to_owned),
            paths,
            host: host.map(str::to_owned),
        });
    let arguments = select(vec![
        None,
        Some(json!({})),
        Some(json!({ "n": 1 })),
        Some(json!({ "n": 2 })),
        Some(json!({ "n": 7 })),
        Some(json!({ "n": "x" })),
    ]);
    (
        0..TOOLS.len(),
        select(&["agent", "bot"][..]),
        subsequence(&["agent", "admin"][..], 0..3),
        select(&[Transport::Http, Transport::Mcp, Transport::Cli][..]),
        access,
        arguments,
    )
}

/// Whether a call is one that its tool can make.
fn is_possible(reach: Option<Reach>, access: &Access) -> bool {
    match reach {
        None => true,
        Some(Reach::Nothing) => access.repo.is_none() && access.paths == Paths::None,
        Some(Reach::Repository) => access.paths == Paths::None,
        Some(Reach::NamedPaths) => matches!(access.paths, Paths::Named(_)),
        Some(Reach::FoundPaths) => access.paths != Paths::None,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn a_cover_leaves_no_call_out(
        inner in rule(),
        other in rule(),
        keys in vec(0u8..4, 10),
        (outer_scope, inner_scope) in select(vec![
            ("global", "global"), ("global", "a/*"), ("global", "a/x"), ("a/*", "a/x"), ("A/*", "a/x"), ("a/x", "a/x"),
        ]),
        calls in vec(call(), 150),
    ) {
        let mut policy = json!({ "version": 1 });
        let mut outer = related(&inner, &other, &keys);
        let mut inner = inner;
        (outer["id"], inner["id"]) = (json!("outer"), json!("inner"));
        for (scope, rule) in [(outer_scope, outer), (inner_scope, inner)] {
            let entry = if scope == "global" { &mut policy["global"] } else { &mut policy["repositories"][scope] };
            match entry["rules"].as_array_mut() {
                Some(rules) => rules.push(rule),
                None => entry["rules"] = json!([rule]),
            }
        }
        let text = policy.to_string();
        let catalogue = catalogue();
        let source = Source { name: "p.yaml", text: &text };
        // What the loader refuses, such as a tool of another capability, is no rule.
        let Ok(set) = compile::load_with(source, &catalogue, |_, _| ()) else { return Ok(()) };
        let (mut placed_outer, mut placed_inner) = (None, None);
        for_each(&set, |placed| match &*placed.rule.id {
            "outer" => placed_outer = Some(placed),
            _ => placed_inner = Some(placed),
        });
        let (outer, inner) = (placed_outer.unwrap(), placed_inner.unwrap());
        let mut around = Around::new(&set, |rule| &*rule.id == "outer");
        prop_assert!(around.find(inner.scope, |_| true).is_some());
        if cover(outer, inner, &catalogue) != Cover::Whole {
            return Ok(());
        }
        for (tool, principal, roles, transport, access, arguments) in &calls {
            let tool = TOOLS[*tool];
            if !is_possible(catalogue.reach(tool), access) {
                continue;
            }
            let roles: Vec<Arc<str>> = roles.iter().map(|role| Arc::from(*role)).collect();
            let request = Request {
                principal,
                roles: &roles,
                transport: *transport,
                tool,
                capability: catalogue.capability(tool).unwrap(),
                accesses: std::slice::from_ref(access),
                arguments: arguments.as_ref().and_then(Value::as_object),
                write_mode: WriteMode::On,
                narrowing: &Narrowing::default(),
                scope: crate::Scope::everything(),
            };
            set.for_each_unit(&request, |scopes, unit| {
                let concerned = |rule: &Rule| {
                    let mut is_candidate = false;
                    let look = |other: &Rule| is_candidate |= std::ptr::eq(other, rule);
                    set.for_each_candidate(scopes, set.tool(tool), request.capability, look);
                    is_candidate && rule.matches(&request, unit)
                };
                assert!(!concerned(inner.rule) || concerned(outer.rule), "{text}\n{request:?}");
            });
        }
    }
}
