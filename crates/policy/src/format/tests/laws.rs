//! Laws over generated texts: what is laid out means the same, keeps every comment in its order, and stays as it is.
//! What is expected comes from the generator, not from reading the text.

use proptest::collection::{btree_set, vec};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Map, Value, json};

use super::scribe::Scribe;
use super::*;

const TOOLS: [&str; 4] = ["repo_read_file", "git_show", "repo_read_files", "git_grep"];
const GLOBS: [&str; 5] = ["**", "src/**", "**/*.key", "docs", "Ünicode/*"];
const WORDS: [&str; 6] = ["reading", "is", "allowed", "überall", "for-now", "x/y"];
const TEXTS: [&str; 16] = [
    "x",
    "two words",
    "a, b",
    "x[1]",
    "{y",
    "#x",
    "- y",
    "",
    "it's",
    "null",
    "on",
    "12",
    "a: b",
    "back\\slash",
    "\u{1F980}",
    "tab\there",
];

/// Checks the laws for `value`, printed as `tape` says.
fn holds(value: &Value, tape: &[u8]) -> Result<String, TestCaseError> {
    let Scribe { out: before, comments, .. } = Scribe::new(tape).document(value);
    let read = |text: &str| same::value(Source { name: "p.yaml", text });
    // Were the generator wrong, what follows would say nothing.
    let printed = read(&before);
    prop_assert_eq!(printed.as_ref(), Ok(value), "{}", before);
    let after = format(Source { name: "p.yaml", text: &before });
    let after = match after {
        Ok(after) => after,
        Err(error) => return Err(TestCaseError::fail(format!("{error}\n{before}"))),
    };
    // As text, since equality of maps does not look at the order of keys.
    let shown = |text: &str| read(text).map(|value| value.to_string());
    prop_assert_eq!(shown(&after), Ok(value.to_string()), "{}\n{}", before, after);
    let mut rest = after.as_str();
    for number in 0..comments {
        let mark = format!("#c{number};");
        let found = rest.split_once(mark.as_str());
        prop_assert!(found.is_some(), "{} is not in its place\n{}\n{}", mark, before, after);
        rest = found.map_or("", |(_, rest)| rest);
    }
    prop_assert_eq!(after.matches("#c").count(), comments, "{}\n{}", before, after);
    let again = format(Source { name: "p.yaml", text: &after }).ok();
    prop_assert_eq!(again.as_deref(), Some(after.as_str()), "{}", before);
    let trailing = after.lines().any(|line| line.ends_with([' ', '\t', '\r'])) && !before.contains("\" ");
    prop_assert!(!trailing && after.ends_with('\n') && !after.ends_with("\n\n"), "{:?}", after);
    prop_assert!(!after.contains("\n\n\n") && !after.starts_with('\n'), "{}", after);
    Ok(after)
}

fn few(items: &'static [&'static str]) -> impl Strategy<Value = Vec<&'static str>> {
    subsequence(items, 1..=items.len())
}

fn rule() -> impl Strategy<Value = Map<String, Value>> {
    let reason = vec(select(&WORDS[..]), 1..30).prop_map(|words| words.join(" "));
    let examples = vec((select(&TOOLS[..]), select(&["x", "acme/web"][..])), 0..4);
    let shape = (select(&["allow", "ask"][..]), few(&TOOLS), proptest::option::of(few(&GLOBS)));
    (shape, proptest::option::of(reason), examples, 0..3usize).prop_map(
        |((effect, tools, paths), reason, examples, turn)| {
            let mut keys: Vec<(&str, Value)> = vec![("effect", json!(effect)), ("tools", json!(tools))];
            keys.extend(paths.map(|paths| ("paths", json!(paths))));
            keys.extend(reason.map(|reason| ("reason", json!(reason))));
            if !examples.is_empty() {
                let example = |(tool, repo): &(&str, &str)| {
                    json!({ "tool": tool, "repo": repo, "path": ".env", "expect": "deny", "code": "path_denied",
                        "principal": "somebody", "arguments": { "max_count": 3 } })
                };
                keys.push(("examples", examples.iter().map(example).collect()));
            }
            keys.rotate_left(turn);
            keys.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
        },
    )
}

fn policy() -> impl Strategy<Value = Value> {
    let rules = || vec(rule(), 1..4);
    let keys = btree_set(select(&["acme/web", "acme/*", "x"][..]), 0..3);
    (rules(), keys, rules()).prop_map(|(global, keys, beneath)| {
        let mut number = 0;
        let mut named = |rules: &[Map<String, Value>]| -> Value {
            let name = |rule: &Map<String, Value>| {
                number += 1;
                let mut rule = rule.clone();
                rule.insert("id".to_owned(), json!(format!("r{number}")));
                Value::from(rule)
            };
            rules.iter().map(name).collect()
        };
        let mut policy = json!({ "version": 1, "global": { "rules": named(&global) } });
        if !keys.is_empty() {
            let entries = keys
                .iter()
                .map(|key| ((*key).to_owned(), json!({ "rules": named(&beneath), "write": "allow" })));
            policy["repositories"] = Value::from(entries.collect::<Map<_, _>>());
        }
        policy
    })
}

/// Any value that a suite could hold, and more.
fn value() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        8 => select(&TEXTS[..]).prop_map(Value::from),
        1 => Just(Value::Null),
        1 => any::<bool>().prop_map(Value::from),
        1 => any::<i32>().prop_map(Value::from),
    ];
    scalar.prop_recursive(5, 60, 6, |inner| {
        prop_oneof![vec(inner.clone(), 0..6).prop_map(Value::from), map(inner),]
    })
}

fn map(inner: impl Strategy<Value = Value>) -> impl Strategy<Value = Value> {
    vec((select(&TEXTS[..]), inner), 0..6).prop_map(|entries| {
        Value::from(entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect::<Map<_, _>>())
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn a_policy_keeps_its_digest_and_comments(policy in policy(), tape in vec(any::<u8>(), 1..400)) {
        let after = holds(&policy, &tape)?;
        let load = |text: &str| {
            let source = Source { name: "p.yaml", text };
            PolicySet::load(source, &Catalogue::built_in()).map(|set| set.digest()).map_err(|e| e.to_string())
        };
        let before = load(&policy.to_string());
        prop_assert!(before.is_ok(), "{:?}", before);
        prop_assert_eq!(load(&after), before, "{}", after);
    }

}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_map_keeps_its_value_and_comments(
        entries in vec((select(&["tests", "defaults", "global", "x, y"][..]), value()), 1..4),
        tape in vec(any::<u8>(), 1..400),
    ) {
        let map: Map<_, _> = entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
        holds(&Value::from(map), &tape)?;
    }
}
