//! The schemas against the loader over small changes of a file that has everything: what the schema refuses the loader
//! refuses; and what the loader refuses for its shape, the schema refuses.

use proptest::prelude::*;
use proptest::sample::Index;

use super::*;

/// What a schema cannot say, by words of the loader's message: what is compared with another place of the file, with the
/// catalogue, with what the policy decides, or is counted in bytes or over many places.
const BEYOND_A_SCHEMA: &[&str] = &[
    "is not known",
    "is taken by",
    "stands in line",
    "duplicate key",
    "example fails",
    "another capability",
    "the tool does not have",
    "none of the rule's tools",
    "range holds no number",
    "is the same as the one",
    "can never",
    "never decide",
    "no call",
    "denies all",
    "all of its calls",
    "name only paths",
    "names only paths",
    "built-in denylist",
    "never have a path",
    "never talk to a host",
    "never name a reference",
    "automation",
    "no `tool`",
    "defaults have a",
    "more than 10000 calls",
    "arguments have more than 10,000 values",
    "longer than 1024 bytes",
    "no reference",
    "none of a reference",
];

/// A value that is put in the place of another.
fn replacement() -> impl Strategy<Value = Value> {
    let texts = [
        "",
        " ",
        "x",
        "5",
        "true",
        "null",
        "absent",
        "allow",
        "deny",
        "read",
        "http",
        "on",
        "git_log",
        "git_*",
        "*",
        "**",
        "a*b",
        "**.x",
        "x**",
        "a/**b",
        "a//b",
        "/a",
        "a/",
        ".",
        "..",
        "./a",
        "a/../b",
        "!a",
        "{a}",
        "[a]",
        "a\\b",
        "a b",
        " a",
        "a ",
        "a\u{7}",
        "https://x",
        "x.",
        ".x",
        "*.x",
        "*.",
        "a/b/c",
        "a/*",
        "a?",
        "é",
    ];
    let texts = prop::sample::select(texts.to_vec()).prop_map(|text| json!(text));
    let others = prop::sample::select(vec![
        json!(null),
        json!(true),
        json!(0),
        json!(1),
        json!(5),
        json!(-1),
        json!(1.5),
        json!(1e300),
        json!([]),
        json!({}),
        json!(["x"]),
        json!(["x", "x"]),
        json!([5]),
        json!([null]),
        json!([[]]),
        json!({ "x": 1 }),
        json!({ "equals": 1 }),
        json!({ "equals": [1] }),
        json!({ "equals": null }),
        json!({ "absent": null }),
        json!({ "deny": null }),
        json!({ "one_of": [null] }),
        json!({ "range": { "min": "1" } }),
        json!({ "max_length": "5" }),
        json!({ "glob": "**.x" }),
        json!({ "equals": 1, "glob": "x" }),
    ]);
    let long = prop_oneof![
        prop::sample::select(vec![64, 65, 255, 256, 500, 501, 1_024, 1_025])
            .prop_map(|n| json!("x".repeat(n))),
        Just(json!(vec!["x"; 10_001])),
    ];
    prop_oneof![6 => texts, 6 => others, 1 => long]
}

/// The places of all values beneath `value`.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    match value {
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(n, item)| places(item, &format!("{at}/{n}"), found));
        }
        Value::Object(map) => {
            for (key, value) in map {
                places(value, &format!("{at}/{}", key.replace('~', "~0").replace('/', "~1")), found);
            }
        }
        _ => {}
    }
}

/// Puts `value` at one place of the file: instead of what stands there, beside it under a key of its own, or nothing
/// instead.
fn change(file: &mut Value, place: &Index, how: u8, key: &str, value: Value) {
    let mut found = Vec::new();
    places(file, "", &mut found);
    let at = place.get(&found);
    match (how, file.pointer_mut(at).expect("a place")) {
        (0, Value::Object(map)) => {
            map.insert(key.to_owned(), value);
        }
        (0, Value::Array(items)) => items.push(value),
        (1, Value::Object(map)) if !map.is_empty() => {
            let first = map.keys().nth(key.len() % map.len()).expect("a key").clone();
            map.remove(&first);
        }
        (1, Value::Array(items)) => items.clear(),
        (_, other) => *other = value,
    }
}

/// What one change is: the place, the kind, the key and the value.
fn changes() -> impl Strategy<Value = Vec<(Index, u8, &'static str, Value)>> {
    let keys = [
        "id",
        "effect",
        "tools",
        "paths",
        "rules",
        "write",
        "arguments",
        "roles",
        "expect",
        "tool",
        "x",
        "path",
        "a/b",
        "a/b/c",
        "a/*",
        "../x",
        " x",
        "*",
        "equals",
        "absent",
        "min",
        "version",
        "code",
        "repo",
        "name",
        "transport",
    ];
    let one = (any::<Index>(), 0..6u8, prop::sample::select(keys.to_vec()), replacement());
    prop::collection::vec(one, 1..3)
}

/// Both verdicts on `file`, which may differ only in what the schema cannot say.
fn compare(root: &Value, file: &Value, verdict: Result<(), LoadError>) -> Result<(), TestCaseError> {
    let valid = validate(root, root, file);
    match verdict {
        Ok(()) => {
            prop_assert!(valid, "the loader accepts what the schema refuses: {:.2000}", file.to_string())
        }
        Err(error) => {
            let shape = error
                .faults()
                .iter()
                .find(|fault| !BEYOND_A_SCHEMA.iter().any(|words| fault.message.contains(words)));
            prop_assert!(!valid || shape.is_none(), "the schema accepts what the loader refuses: {error}");
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_changed_policy_is_judged_alike(changes in changes()) {
        let mut file = full_policy();
        changes.into_iter().for_each(|(place, how, key, value)| change(&mut file, &place, how, key, value));
        compare(&schema(SCHEMA), &file, load(&file))?;
    }

    #[test]
    fn a_changed_suite_is_judged_alike(changes in changes()) {
        let mut file = full_suite();
        changes.into_iter().for_each(|(place, how, key, value)| change(&mut file, &place, how, key, value));
        compare(&schema(SUITE_SCHEMA), &file, parse(&file))?;
    }
}
