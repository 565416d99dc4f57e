//! Laws of the judgement over generated policies and calls, on the compiled set and on the reference evaluator, and the
//! agreement of the two.
//!
//! Each law is tried on a thousand policies with twenty calls each. `GITOMA_PROOF_CASES` sets another number of policies,
//! for campaigns; proptest's own `PROPTEST_CASES` would count for the tests of all crates at once.

use proptest::collection::vec;
use proptest::option::{self, weighted};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::json;

use super::*;

const TOOLS: [&str; 4] = ["git_log", "repo_read_file", "repo_write_file", "job_start"];
const REPOS: [&str; 6] = ["a/x", "a/y", "b/x", "B/x", "x", "A/x"];
const KEYS: [&str; 5] = ["a/x", "a/*", "B/x", "b/*", "x"];
const PATHS: [&str; 12] = [
    "src/a",
    "SRC/a",
    "src/b/c.key",
    "c.KEY",
    "docs",
    "straße",
    "STRAẞE/ſ",
    "strasse",
    "x/.env",
    ".gitmodules",
    "a//b",
    "../a",
];
const GLOBS: [&str; 11] =
    ["**", "src/**", "**/*.key", "docs", "*", "Src/*", "**/c*", "stra?e", "**/straße/?", "Stra??e", "*ss?"];
const REFS: [&str; 4] = ["main", "Main", "release/1", "x"];
const REF_GLOBS: [&str; 4] = ["main", "release/*", "**", "M*"];
const HOSTS: [&str; 2] = ["one.org", "two.org"];
const PRINCIPALS: [&str; 2] = ["agent", "bot"];
const ROLES: [&str; 2] = ["agent", "admin"];
const TRANSPORTS: [Transport; 2] = [Transport::Http, Transport::Mcp];

fn few(items: &'static [&'static str]) -> impl Strategy<Value = Option<Vec<&'static str>>> {
    let most = items.len().min(2);
    weighted(0.25, subsequence(items, 1..=most))
}

/// A rule without an id, as JSON.
fn rule() -> impl Strategy<Value = Value> {
    let tools = vec(select(&["*", "*", "repo_*", "git_log", "repo_write_file", "job_start"][..]), 1..3);
    (
        (
            select(&["allow", "allow", "ask", "deny"][..]),
            tools,
            option::of(select(&["read", "write", "automation"][..])),
        ),
        (few(&PRINCIPALS), few(&ROLES), few(&["http", "mcp"])),
        (few(&GLOBS), few(&REF_GLOBS), few(&HOSTS), weighted(0.15, 0i64..3)),
    )
        .prop_map(
            |((effect, mut tools, capability), (principals, roles, transports), (paths, refs, hosts, n))| {
                // The loader refuses a tool that has never the rule's capability.
                let own = capability.or((effect == "allow").then_some("read"));
                tools.retain(|tool| match (*tool, own) {
                    ("*", _) | (_, None) | ("git_log", Some("read")) | ("job_start", Some("automation")) => {
                        true
                    }
                    ("repo_*", Some(own)) => own != "automation",
                    ("repo_write_file", Some(own)) => own == "write",
                    _ => false,
                });
                if tools.is_empty() {
                    tools.push("*");
                }
                let mut rule = json!({ "effect": effect, "tools": tools });
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
                if let Some(capability) = capability {
                    rule["capability"] = json!(capability);
                }
                if let Some(n) = n {
                    rule["arguments"] = json!({ "n": { "equals": n } });
                }
                rule
            },
        )
}

/// A policy as JSON, which is YAML too; ids are given in order.
fn policy() -> impl Strategy<Value = Value> {
    let entry = (option::of(select(&["allow", "allow", "deny"][..])), vec(rule(), 1..4));
    (any::<bool>(), vec(rule(), 1..6), vec(option::of(entry), KEYS.len())).prop_map(
        |(automation, global, entries)| {
            let mut policy = json!({ "version": 1, "global": { "rules": global } });
            policy["automation"] = json!(if automation { "allow" } else { "deny" });
            for (key, entry) in KEYS.iter().zip(entries) {
                let Some((write, rules)) = entry else { continue };
                policy["repositories"][*key] = json!({ "rules": rules });
                if let Some(write) = write {
                    policy["repositories"][*key]["write"] = json!(write);
                }
            }
            number(&mut policy);
            policy
        },
    )
}

/// Gives each rule without an id one.
fn number(policy: &mut Value) {
    let mut next = 0;
    for_each_list(policy, |rules| {
        for rule in rules {
            if rule.get("id").is_none() {
                rule["id"] = json!(format!("r{next}"));
            }
            next += 1;
        }
    });
}

fn for_each_list(policy: &mut Value, mut look: impl FnMut(&mut Vec<Value>)) {
    if let Some(rules) = policy["global"]["rules"].as_array_mut() {
        look(rules);
    }
    for entry in policy
        .get_mut("repositories")
        .and_then(Value::as_object_mut)
        .into_iter()
        .flat_map(|map| map.values_mut())
    {
        if let Some(rules) = entry["rules"].as_array_mut() {
            look(rules);
        }
    }
}

fn access() -> impl Strategy<Value = Access> {
    let paths = prop_oneof![
        3 => vec(select(&PATHS[..8]), 0..4).prop_map(|paths| Paths::Named(paths.into_iter().map(str::to_owned).collect())),
        1 => vec(select(&PATHS[..]), 1..3).prop_map(|paths| Paths::Named(paths.into_iter().map(str::to_owned).collect())),
        1 => Just(Paths::None),
        1 => Just(Paths::Discovered),
    ];
    let repo = weighted(0.9, select(&REPOS[..]));
    (repo, option::of(select(&REFS[..])), paths, weighted(0.3, select(&HOSTS[..]))).prop_map(
        |(repo, reference, paths, host)| Access {
            repo: repo.map(Arc::from),
            reference: reference.map(str::to_owned),
            paths,
            host: host.map(str::to_owned),
        },
    )
}

fn call() -> impl Strategy<Value = Call> {
    let n = prop_oneof![
        Just(None),
        Just(Some(json!({}))),
        Just(Some(json!({ "n": [1] }))),
        (0i64..3).prop_map(|n| Some(json!({ "n": n })))
    ];
    let narrowing = (weighted(0.1, Just(())), weighted(0.1, subsequence(&REPOS[..], 0..=REPOS.len())));
    (
        (
            select(&PRINCIPALS[..]),
            subsequence(&ROLES[..], 0..=2),
            select(&TRANSPORTS[..]),
            select(&TOOLS[..]),
        ),
        (vec(access(), 0..4), n, weighted(0.8, Just(())), narrowing),
    )
        .prop_map(
            |((principal, roles, transport, tool), (accesses, arguments, on, (read_only, left)))| Call {
                principal,
                roles: roles.into_iter().map(Arc::from).collect(),
                transport,
                tool,
                accesses,
                arguments: arguments.and_then(|value| value.as_object().cloned()),
                write_mode: if on.is_some() { WriteMode::On } else { WriteMode::Off },
                narrowing: Narrowing {
                    read_only: read_only.is_some(),
                    repositories: left.map(|left| left.into_iter().map(str::to_owned).collect()),
                },
            },
        )
}

fn compile(policy: &Value) -> PolicySet {
    load(&policy.to_string())
}

/// [`PolicySet::may_ever`] by its definition: every entry is looked at, with the `owner/*` entry that speaks of it too.
fn walk(set: &PolicySet, subject: &Subject<'_>, tool: &str, capability: Capability, mode: WriteMode) -> bool {
    let on = match capability {
        Capability::Automation => set.automation,
        Capability::Write => mode == WriteMode::On,
        Capability::Read => true,
    };
    let concerned = |rule: &&Rule| rule.is_for(set.tool(tool), capability) && rule.could_concern(subject);
    let grants = |rules: &[Rule]| rules.iter().filter(concerned).any(|rule| rule.effect != Effect::Deny);
    let closes = |rules: &[Rule]| rules.iter().filter(concerned).any(Rule::closes);
    let granted = grants(set.global.rules());
    let named = set.repositories.values().map(|entry| set.scopes(Some(&entry.name)));
    let owned = set.owners.values().map(|entry| Scopes { owner: Some((entry, true)), exact: None });
    let somewhere = named.chain(owned).any(|scopes| {
        let entries = [scopes.owner, scopes.exact];
        let rules = || entries.iter().flatten().map(|(entry, _)| entry.rules.rules());
        (capability != Capability::Write || scopes.could_be_whitelisted())
            && (granted || rules().any(grants))
            && !rules().any(closes)
    });
    on && !closes(set.global.rules()) && (granted && capability != Capability::Write || somewhere)
}

/// The number of policies each law is tried on.
#[expect(
    clippy::disallowed_methods,
    reason = "a campaign is set from outside, and no configuration is read here"
)]
fn cases() -> ProptestConfig {
    let set =
        std::env::var("GITOMA_PROOF_CASES").ok().map(|text| text.parse().expect("a number of policies"));
    ProptestConfig::with_cases(set.unwrap_or(1_000))
}

/// The two evaluators of one policy.
struct Both(PolicySet, Value);

impl Both {
    fn of(policy: &Value) -> Self {
        Self(compile(policy), policy.clone())
    }

    /// What the set says, and what the reference says.
    fn codes(&self, call: &Call) -> [Code; 2] {
        [self.0.decide(&call.request()).code, reference::judge(&self.1, &call.request())]
    }

    fn effects(&self, call: &Call) -> [Effect; 2] {
        self.codes(call).map(|code| match code {
            Code::Allowed => Effect::Allow,
            Code::ApprovalRequired => Effect::Ask,
            _ => Effect::Deny,
        })
    }
}

/// Whether each of the second is as strict as its neighbour of the first, or stricter.
fn no_wider(first: [Effect; 2], second: [Effect; 2]) -> bool {
    first.iter().zip(second).all(|(first, second)| second >= *first)
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn agrees_with_the_reference(policy in policy(), calls in vec(call(), 20)) {
        let set = compile(&policy);
        for call in calls {
            let decision = set.decide(&call.request());
            let expected = reference::judge(&policy, &call.request());
            prop_assert_eq!(decision.code, expected, "{:?}\n{:#}", call, policy);
        }
    }
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn a_deny_added_never_widens(policy in policy(), deny in rule(), place in 0usize..6, calls in vec(call(), 20)) {
        let mut more = policy.clone();
        let mut deny = deny;
        deny["effect"] = json!("deny");
        deny["id"] = json!("added");
        let mut at = 0;
        let lists = 1 + policy["repositories"].as_object().map_or(0, serde_json::Map::len);
        for_each_list(&mut more, |rules| {
            if at == place % lists { rules.insert(0, deny.clone()); }
            at += 1;
        });
        let (policy, more) = (Both::of(&policy), Both::of(&more));
        for call in calls {
            prop_assert!(no_wider(policy.effects(&call), more.effects(&call)), "{:?}", call);
        }
    }

    /// A deny that matches by itself is the verdict, whatever stands beside it.
    #[test]
    fn a_deny_wins(policy in policy(), deny in rule(), calls in vec(call(), 20)) {
        let mut deny = deny;
        deny["effect"] = json!("deny");
        deny["id"] = json!("added");
        let mut alone = policy.clone();
        for_each_list(&mut alone, |rules| rules.iter_mut().for_each(|rule| rule["principals"] = json!(["nobody"])));
        let mut beside = policy;
        for policy in [&mut alone, &mut beside] {
            if let Some(rules) = policy["global"]["rules"].as_array_mut() {
                rules.push(deny.clone());
            }
        }
        let (alone, beside) = (Both::of(&alone), Both::of(&beside));
        for call in calls {
            for (alone, beside) in alone.codes(&call).into_iter().zip(beside.codes(&call)) {
                prop_assert!(alone != Code::Denied || beside == Code::Denied, "{:?}", call);
            }
        }
    }

    #[test]
    fn order_and_duplicates_do_not_matter(policy in policy(), calls in vec(call(), 20)) {
        let (mut turned, mut doubled) = (policy.clone(), policy.clone());
        for_each_list(&mut turned, |rules| rules.reverse());
        for_each_list(&mut doubled, |rules| {
            let copies: Vec<Value> = rules.iter().map(|rule| {
                let mut copy = rule.clone();
                copy["id"] = json!(format!("{}-again", rule["id"].as_str().expect("an id")));
                copy
            }).collect();
            rules.extend(copies);
        });
        let (policy, turned, doubled) = (Both::of(&policy), Both::of(&turned), Both::of(&doubled));
        prop_assert_eq!(policy.0.digest(), turned.0.digest());
        prop_assert_ne!(policy.0.digest(), doubled.0.digest());
        for call in calls {
            let codes = policy.codes(&call);
            prop_assert_eq!(turned.codes(&call), codes);
            prop_assert_eq!(doubled.codes(&call), codes);
        }
    }

    #[test]
    fn gates_hold_whatever_the_rules(policy in policy(), calls in vec(call(), 20)) {
        let mut without = policy.clone();
        for_each_list(&mut without, |rules| {
            for rule in rules { rule["effect"] = json!("deny"); }
        });
        let (policy, without) = (Both::of(&policy), Both::of(&without));
        for call in calls {
            let effects = policy.effects(&call);
            let off = Call { write_mode: WriteMode::Off, ..call.clone() };
            let writes = call.request().capability == Capability::Write;
            prop_assert!(!writes || policy.effects(&off) == [Effect::Deny; 2], "write mode is off");
            prop_assert_eq!(without.effects(&call), [Effect::Deny; 2], "nothing without an allow or ask");
            let wide = Call { narrowing: Narrowing::default(), ..call.clone() };
            prop_assert!(no_wider(policy.effects(&wide), effects), "narrowing widened");
            let bad = call.accesses.iter().any(|access| matches!(&access.paths, Paths::Named(p) if p.iter().any(|p| p.contains(".env"))));
            prop_assert!(!bad || effects == [Effect::Deny; 2], "the denylist was lifted");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Many rules are found through an index, few by a scan.
    #[test]
    fn rules_that_concern_nobody_change_nothing(policy in policy(), calls in vec(call(), 10)) {
        let mut padded = policy.clone();
        let mut next = 0;
        for_each_list(&mut padded, |rules| for _ in 0..16 {
            next += 1;
            rules.insert(0, json!({ "id": format!("p{next}"), "effect": "deny", "tools": ["*"], "principals": ["nobody"] }));
        });
        let (set, padded) = (compile(&policy), compile(&padded));
        for call in calls {
            let (decision, other) = (set.decide(&call.request()), padded.decide(&call.request()));
            prop_assert_eq!(decision.code, other.code);
            let ids = |decision: &Decision| decision.reasons.iter().map(|reason| reason.rule.to_string()).collect::<Vec<_>>();
            prop_assert_eq!(ids(&decision), ids(&other));
        }
    }

    #[test]
    fn what_is_listed_is_what_a_walk_over_all_repositories_finds(policy in policy(), calls in vec(call(), 40)) {
        let set = compile(&policy);
        for call in calls {
            let Request { principal, roles, transport, tool, capability, write_mode, .. } = call.request();
            let subject = Subject { principal, roles, transport };
            let listed = set.may_ever(&subject, tool, capability, write_mode);
            prop_assert_eq!(listed, walk(&set, &subject, tool, capability, write_mode), "{:?}\n{:#}", call, policy);
        }
    }

    #[test]
    fn what_asks_about_a_call_could_ask_whatever_its_paths(policy in policy(), calls in vec(call(), 20)) {
        let set = compile(&policy);
        for call in calls.into_iter().filter(|call| !call.accesses.is_empty()) {
            if set.decide(&call.request()).effect != Effect::Ask {
                continue;
            }
            let mut before = call.clone();
            before.accesses.iter_mut().for_each(|access| access.paths = Paths::Discovered);
            prop_assert!(set.could_ask(&before.request()), "{:?}\n{:#}", call, policy);
        }
    }

    #[test]
    fn what_is_called_is_listed_and_explained_as_decided(policy in policy(), calls in vec(call(), 10)) {
        let set = compile(&policy);
        for call in calls {
            let request = call.request();
            let decision = set.decide(&request);
            let subject = Subject { principal: request.principal, roles: request.roles, transport: request.transport };
            let listed = set.may_ever(&subject, request.tool, request.capability, request.write_mode);
            prop_assert!(listed || decision.effect == Effect::Deny, "{:?} is granted and not listed\n{:#}", call, policy);

            let explanation = set.explain(&request);
            prop_assert_eq!(&explanation.decision, &decision);
            let closed = explanation.gates.iter().find(|gate| !gate.open).map(|gate| gate.code);
            let by_rules = [Code::Allowed, Code::ApprovalRequired, Code::Denied, Code::DefaultDeny].contains(&decision.code);
            prop_assert_eq!(closed, (!by_rules).then_some(decision.code));
            if by_rules {
                for reason in &decision.reasons {
                    prop_assert!(explanation.matched.iter().any(|matched| matched.rule == reason.rule));
                    prop_assert_eq!(reason.effect, decision.effect);
                }
            }
            for miss in &explanation.misses {
                prop_assert!(explanation.matched.iter().all(|matched| matched.rule != miss.rule.rule));
            }
        }
    }
}
