//! The schemas against the loader: the same keys, the same verdict on what each can see. `validate` knows the keywords
//! that the schemas use and fails on any other.

mod mutation;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use serde_json::{Map, Value, json};

use super::*;
use crate::{Catalogue, LoadError, PolicySet, Source, Suite};

fn schema(text: &str) -> Value {
    serde_json::from_str(text).expect("a schema")
}

/// Follows a reference into the definitions of `root`.
fn resolve<'a>(root: &'a Value, node: &'a Value) -> &'a Value {
    match node.get("$ref").and_then(Value::as_str) {
        Some(reference) => root.pointer(reference.strip_prefix('#').unwrap()).expect("a definition"),
        None => node,
    }
}

fn is_of(value: &Value, kind: &str) -> bool {
    match kind {
        "string" => value.is_string(),
        "number" => value.is_number(),
        "integer" => value.is_i64() || value.is_u64(),
        "boolean" => value.is_boolean(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("type {other}"),
    }
}

fn size(keyword: &Value) -> usize {
    usize::try_from(keyword.as_u64().unwrap()).unwrap()
}

/// Whether `text` has a match of `pattern`, which is compiled once.
fn is_match(pattern: &str, text: &str) -> bool {
    static COMPILED: Mutex<BTreeMap<String, regex::Regex>> = Mutex::new(BTreeMap::new());
    let mut compiled = COMPILED.lock().unwrap();
    let new = || regex::Regex::new(pattern).expect("a pattern");
    compiled.entry(pattern.to_owned()).or_insert_with(new).is_match(text)
}

/// Whether `value` satisfies `node`.
fn validate(root: &Value, node: &Value, value: &Value) -> bool {
    let node = resolve(root, node).as_object().expect("a schema object");
    let texts = |value: &Value| {
        value.as_array().unwrap().iter().map(|t| t.as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    node.iter().all(|(keyword, with)| match keyword.as_str() {
        "$schema" | "title" | "description" | "default" | "examples" | "$defs" => true,
        "type" => match with {
            Value::String(kind) => is_of(value, kind),
            _ => texts(with).iter().any(|kind| is_of(value, kind)),
        },
        "const" => value == with,
        "enum" => with.as_array().unwrap().contains(value),
        "oneOf" => with.as_array().unwrap().iter().filter(|node| validate(root, node, value)).count() == 1,
        "minLength" => value.as_str().is_none_or(|text| text.chars().count() >= size(with)),
        "maxLength" => value.as_str().is_none_or(|text| text.chars().count() <= size(with)),
        "pattern" => value.as_str().is_none_or(|text| is_match(with.as_str().unwrap(), text)),
        "not" => !validate(root, with, value),
        "maximum" => value.as_f64().is_none_or(|number| number <= with.as_f64().unwrap()),
        "maxItems" => value.as_array().is_none_or(|items| items.len() <= size(with)),
        "maxProperties" => value.as_object().is_none_or(|map| map.len() <= size(with)),
        "minimum" => value.as_f64().is_none_or(|number| number >= with.as_f64().unwrap()),
        "minItems" => value.as_array().is_none_or(|items| items.len() >= size(with)),
        "minProperties" => value.as_object().is_none_or(|map| map.len() >= size(with)),
        "items" => value.as_array().is_none_or(|items| items.iter().all(|item| validate(root, with, item))),
        "required" => value.as_object().is_none_or(|map| texts(with).iter().all(|key| map.contains_key(key))),
        "propertyNames" => {
            value.as_object().is_none_or(|map| map.keys().all(|key| validate(root, with, &json!(key))))
        }
        "properties" => value.as_object().is_none_or(|map| {
            map.iter().all(|(key, value)| with.get(key).is_none_or(|node| validate(root, node, value)))
        }),
        "additionalProperties" => value.as_object().is_none_or(|map| {
            let own = node.get("properties").and_then(Value::as_object);
            map.iter().filter(|(key, _)| own.is_none_or(|own| !own.contains_key(*key))).all(|(_, value)| {
                if with.is_boolean() { *with == json!(true) } else { validate(root, with, value) }
            })
        }),
        other => panic!("keyword {other}"),
    })
}

fn load(policy: &Value) -> Result<(), LoadError> {
    let text = policy.to_string();
    let mut catalogue = Catalogue::built_in();
    catalogue.insert("job_start", crate::Capability::Automation);
    PolicySet::load(Source { name: "p.yaml", text: &text }, &catalogue).map(drop)
}

fn parse(suite: &Value) -> Result<(), LoadError> {
    let text = suite.to_string();
    Suite::parse(Source { name: "s.yaml", text: &text }).map(drop)
}

/// A policy that has every key there is.
fn full_policy() -> Value {
    json!({
        "version": 1,
        "automation": "allow",
        "enforcement": "enforce",
        "redact": {
            "patterns": [{ "id": "ticket", "pattern": "T-[0-9]+" }],
            "names": ["db_conn"],
            "block": ["private-key"],
            "allow": [{ "id": "fixture", "fingerprint": format!("sha256:{}", "0".repeat(64)) }],
        },
        "global": { "rules": [
            { "id": "read", "effect": "allow", "tools": ["*"] },
            {
                "id": "all-keys", "effect": "deny", "tools": ["git_show", "git_l*"], "capability": "read",
                "principals": ["bot"], "roles": ["agent"], "transports": ["http"], "paths": ["src/**", "**/*.pem"],
                "refs": ["main", "release/*"], "hosts": ["git.example.com", "*.example.com", "*"],
                "arguments": {
                    "a": { "equals": 1 }, "b": { "one_of": ["x", true] }, "c": { "glob": "src/*" },
                    "d": { "range": { "min": 0, "max": 1.5 } }, "e": { "max_length": 3 }, "f": "absent",
                },
                "reason": "because",
                "examples": [{
                    "expect": "allow", "tool": "git_show", "code": "allowed", "principal": "agent", "roles": ["agent"],
                    "transport": "mcp", "repo": "acme/web", "ref": "main", "path": "src/a", "host": "one.org",
                    "arguments": { "a": 1 }, "write_mode": "off",
                }],
            },
        ] },
        "repositories": {
            "acme/*": { "write": "deny" },
            "acme/web": { "write": "allow", "rules": [{ "id": "x", "effect": "ask", "tools": ["git_log"] }] },
            "web": { "write": "allow" },
        },
    })
}

fn full_suite() -> Value {
    let call = json!({
        "principal": ["agent", "bot"], "roles": ["agent"], "transport": "mcp", "tool": ["git_show"], "repo": "acme/web",
        "ref": "main", "path": ["a", "b"], "host": "one.org", "arguments": { "a": 1 }, "write_mode": "on",
    });
    let mut test = call.clone();
    for (key, value) in [
        ("name", json!("all")),
        ("expect", json!("deny")),
        ("code", json!("denied")),
        ("rules", json!(["all-keys"])),
    ] {
        test[key] = value;
    }
    json!({ "version": 1, "defaults": call, "tests": [test] })
}

/// Calls `look` with each object that has keys of its own, and what the schema says of it.
fn for_each_object(
    root: &Value,
    node: &Value,
    value: &Value,
    at: &str,
    look: &mut impl FnMut(&str, &Map<String, Value>),
) {
    let node = resolve(root, node);
    if let Some(options) = node.get("oneOf").and_then(Value::as_array) {
        let chosen = options.iter().filter(|option| validate(root, option, value));
        chosen.for_each(|option| for_each_object(root, option, value, at, look));
        return;
    }
    match value {
        Value::Array(items) => {
            for (n, item) in items.iter().enumerate() {
                for_each_object(root, &node["items"], item, &format!("{at}/{n}"), look);
            }
        }
        Value::Object(map) => {
            let own = node.get("properties").and_then(Value::as_object);
            if let Some(own) = own {
                look(at, own);
            }
            for (key, value) in map {
                let inner = own.and_then(|own| own.get(key)).unwrap_or(&node["additionalProperties"]);
                if inner.is_object() {
                    for_each_object(root, inner, value, &format!("{at}/{}", key.replace('/', "~1")), look);
                }
            }
        }
        _ => {}
    }
}

/// Plants an unknown key in each object: both refuse it, and the loader then lists the keys it knows.
fn compare_keys(text: &str, full: &Value, load: impl Fn(&Value) -> Result<(), LoadError>) {
    let root = schema(text);
    load(full).unwrap_or_else(|error| panic!("{error}"));
    assert!(validate(&root, &root, full));
    let mut compared = 0;
    for_each_object(&root, &root, full, "", &mut |at, own| {
        let mut planted = full.clone();
        planted.pointer_mut(at).unwrap()["zzz"] = json!(1);
        assert!(!validate(&root, &root, &planted), "{at}");
        let error = load(&planted).expect_err(at);
        let message = error.faults()[0].fix.as_ref().expect("a fix");
        let Some((_, known)) = message.split_once("the keys here are ") else {
            // A matcher has one key alone, so the loader speaks of that.
            assert!(at.contains("/arguments/"), "{at}: {error}");
            return;
        };
        let known = known.replace(" and ", ", ");
        let known: BTreeSet<&str> = known.split(',').map(|key| key.trim_matches([' ', '`'])).collect();
        let mut expected: BTreeSet<&str> = own.keys().map(String::as_str).collect();
        if at == "/defaults" {
            expected.extend(["name", "expect", "code", "rules"]);
        }
        assert!(at.contains("/arguments/") || known == expected, "{at}: {known:?} {expected:?} {message}");
        compared += usize::from(known == expected);
        for (key, node) in own {
            let described = node.get("description").or_else(|| resolve(&root, node).get("description"));
            assert!(
                described.is_some_and(|words| words.as_str().is_some_and(|words| words.len() > 5)),
                "{at} {key}"
            );
        }
    });
    assert!(compared >= 3, "{compared}");
}

#[test]
fn the_schemas_have_the_keys_of_the_loader() {
    compare_keys(SCHEMA, &full_policy(), load);
    compare_keys(SUITE_SCHEMA, &full_suite(), parse);
}

#[test]
fn the_shipped_policies_satisfy_the_schema() {
    let root = schema(SCHEMA);
    let text = include_str!("../../../../policies/default.yaml");
    let value: Value = crate::yaml::from_str("p.yaml", text, crate::yaml::Limits::POLICY).unwrap();
    assert!(validate(&root, &root, &value));
    assert!(text.starts_with("# yaml-language-server: $schema=policy.schema.json\n"));
}

#[test]
fn what_an_editor_can_see_is_refused_by_both() {
    let table = [
        ("/version", json!(2)),
        ("/automation", json!("on")),
        ("/enforcement", json!("off")),
        ("/global/rules", json!([])),
        ("/global/rules/1/id", json!("a b")),
        ("/global/rules/1/effect", json!("permit")),
        ("/global/rules/1/tools", json!([])),
        ("/global/rules/1/tools/0", json!("git_*_x")),
        ("/global/rules/1/capability", json!("execute")),
        ("/global/rules/1/principals/0", json!("*")),
        ("/global/rules/1/roles", json!([])),
        ("/global/rules/1/transports/0", json!("smtp")),
        ("/global/rules/1/paths/0", json!("src/[ab]")),
        ("/global/rules/1/paths/0", json!("/src")),
        ("/global/rules/1/refs/0", json!("!main")),
        ("/global/rules/1/hosts/0", json!("https://x")),
        ("/global/rules/1/arguments", json!({})),
        ("/global/rules/1/arguments/a", json!({ "like": 1 })),
        ("/global/rules/1/arguments/b/one_of", json!([])),
        ("/global/rules/1/arguments/d/range", json!({})),
        ("/global/rules/1/arguments/e/max_length", json!(-1)),
        ("/global/rules/1/reason", json!("")),
        ("/global/rules/1/examples", json!([])),
        ("/global/rules/1/examples/0/expect", json!("maybe")),
        ("/global/rules/1/examples/0/code", json!("no")),
        ("/repositories", json!({})),
        ("/repositories", json!({ "a/b/c": { "write": "deny" } })),
        ("/repositories/web", json!({})),
        ("/repositories/web/write", json!(true)),
    ];
    let root = schema(SCHEMA);
    for (at, value) in table {
        let mut planted = full_policy();
        *planted.pointer_mut(at).expect(at) = value;
        assert!(load(&planted).is_err(), "the loader accepts {planted}");
        assert!(!validate(&root, &root, &planted), "the schema accepts {planted}");
    }
    let root = schema(SUITE_SCHEMA);
    for (at, value) in [
        ("/tests", json!([])),
        ("/tests/0/name", json!(" ")),
        ("/tests/0/tool", json!([])),
        ("/tests/0/transport", json!(["smtp"])),
        ("/tests/0/rules", json!([])),
        ("/tests/0/expect", json!("maybe")),
        ("/version", json!(0)),
    ] {
        let mut planted = full_suite();
        *planted.pointer_mut(at).expect(at) = value;
        assert!(parse(&planted).is_err(), "the loader accepts {planted}");
        assert!(!validate(&root, &root, &planted), "the schema accepts {planted}");
    }
}
