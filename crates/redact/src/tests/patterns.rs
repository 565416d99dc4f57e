//! Operators' patterns only ever take more away: whatever they hide of a name, what stood behind it stays hidden.

use super::{Draw, clean};
use crate::{Patterns, Redactor};
use proptest::prelude::*;
use serde_json::{Value, json};

/// Patterns that hide names, parts of values, what joins the two, and the placeholder's own signs.
const PATTERNS: [&str; 24] = [
    "acme_[A-Za-z0-9]+",
    "(?i)password",
    "(?i)cookie: [^;]+",
    "(?i)cookie: .{3}",
    "(?i)authorization",
    "(?i)bearer ",
    "token",
    "ken: ",
    "_token\": \"",
    "name",
    "value",
    "(?i)secret.{0,6}",
    "key[^a-z]",
    "ghp_",
    "BEGIN RSA",
    "PRIVATE KEY-----.{0,9}",
    "://",
    "code=[^&]{2}",
    r"abc\*",
    r"abc\b",
    r"\Babc",
    "(?s)abc.+",
    r"\*\n\*",
    r#"\*":"\*"#,
];

const FRAGMENTS: [&str; 30] = [
    "acme_token",
    "db_password",
    "password",
    "Cookie",
    "Authorization",
    "Set-Cookie",
    "Bearer ",
    "api_key",
    "name",
    "value",
    "key",
    "secret",
    "abc",
    "abcabcabcabcabcabcabcabcabc",
    "*",
    "***",
    "\n",
    "\"",
    "\\",
    "=",
    ": ",
    ":",
    "; ",
    "{",
    "}",
    "https://a:",
    "@host",
    "?code=",
    "-----BEGIN RSA PRIVATE KEY-----\n",
    ",",
];

fn redactor(patterns: &[&str]) -> Redactor {
    Redactor::new()
        .with_known_values(["correct-horse-1"])
        .with_patterns(Patterns::compile(patterns.iter().copied()).unwrap())
}

fn patterns() -> impl Strategy<Value = Vec<&'static str>> {
    prop::sample::subsequence(PATTERNS.to_vec(), 1..4)
}

/// Text with secrets among fragments; each secret is drawn.
fn planted() -> impl Strategy<Value = String> {
    let secret = any::<u64>().prop_map(|seed| {
        let mut draw = Draw(seed);
        match seed % 7 {
            0 => format!("{}{}", "ghp_", draw.alnum(36)),
            1 => "correct-horse-1".to_owned(),
            2 => format!("password={}\n", draw.alnum(14)),
            3 => format!("Cookie: sid={}; x=1\n", draw.alnum(20)),
            4 => format!("{{\"db_password\": \"{}\", \"password\": 12345678}}", draw.alnum(12)),
            5 => format!("Authorization: Bearer {}\n", draw.alnum(24)),
            _ => draw.alnum(18),
        }
    });
    let fragment = prop::sample::select(FRAGMENTS.to_vec()).prop_map(str::to_owned);
    prop::collection::vec(prop_oneof![2 => fragment, 1 => secret], 0..10).prop_map(|parts| parts.concat())
}

fn leaf() -> impl Strategy<Value = Value> {
    prop_oneof![
        4 => planted().prop_map(Value::from),
        2 => any::<u64>().prop_map(|seed| Value::from(Draw(seed).alnum(18))),
        1 => (10_000_000_u64..99_999_999).prop_map(Value::from),
    ]
}

fn tree() -> impl Strategy<Value = Value> {
    let names =
        ["acme_token", "db_password", "Cookie", "set-cookie", "authorization", "name", "key", "value", "abc"];
    let name = prop_oneof![3 => prop::sample::select(names.to_vec()).prop_map(str::to_owned), 1 => planted()];
    let setting = (prop::sample::select(names.to_vec()), prop::sample::select(vec!["name", "key"]), leaf())
        .prop_map(|(name, word, value)| json!({word: name, "value": value}));
    prop_oneof![leaf(), setting].prop_recursive(3, 16, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((name.clone(), inner), 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// A value that is read in two ways, of which one sees a pattern and the other a credential.
#[test]
fn a_pattern_in_a_credential_hides_nothing_of_it() {
    let secret = format!("db_password{}acme_token", Draw(61).alnum(16));
    let mut value = json!({"authorization": {"name": "name", "value": secret}});
    let _ = redactor(&["token"]).redact_json(&mut value);
    assert_eq!(value, json!({"authorization": {"name": "name", "value": "***"}}));
}

/// Every string, number and key of a value, in order but for members that were renamed.
fn leaves(value: &Value, into: &mut Vec<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| leaves(item, into)),
        Value::Object(members) => members.iter().for_each(|(key, value)| {
            into.push(key.clone());
            leaves(value, into);
        }),
        Value::String(text) => into.push(text.clone()),
        Value::Number(number) => into.push(number.to_string()),
        Value::Null | Value::Bool(_) => {}
    }
}

/// The words in a value's leaves that can be secrets: every drawn one holds two digits, no name does.
fn words(value: &Value) -> std::collections::BTreeSet<String> {
    let mut all = Vec::new();
    leaves(value, &mut all);
    let drawn = |word: &&str| word.len() >= 8 && word.bytes().filter(u8::is_ascii_digit).count() >= 2;
    all.iter()
        .flat_map(|leaf| leaf.split(|sign: char| !sign.is_alphanumeric()).filter(drawn))
        .map(str::to_owned)
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn no_finding_in_a_text_is_lost(text in planted(), patterns in patterns()) {
        let (plain, patterned) = (redactor(&[]), redactor(&patterns));
        let findings = patterned.find(&text);
        for lost in plain.find(&text) {
            let covered = |index| findings.iter().any(|finding| finding.span.contains(&index));
            prop_assert!(lost.span.clone().all(covered), "{lost:?} of {text:?} by {patterns:?}: {findings:?}");
        }
        let clean = patterned.redact(&text).text.into_owned();
        let again = patterned.redact(&clean).text.into_owned();
        prop_assert_eq!(&again, &clean);
        if serde_json::from_str::<Value>(&text).is_ok() {
            prop_assert!(serde_json::from_str::<Value>(&clean).is_ok());
        }
        if !text.contains("BEGIN") {
            prop_assert_eq!(clean.matches('\n').count(), text.matches('\n').count());
        }
    }

    #[test]
    fn no_finding_in_a_line_is_lost(text in planted(), patterns in patterns()) {
        let hidden = words(&Value::from(text.as_str()));
        let shown = words(&Value::from(redactor(&[]).redact_line(&text)));
        let seen = redactor(&patterns).redact_line(&text).into_owned();
        for word in hidden.difference(&shown) {
            prop_assert!(!words(&Value::from(seen.as_str())).contains(word), "{word} in {seen:?} by {patterns:?}");
        }
    }

    #[test]
    fn no_finding_in_json_is_lost(value in tree(), patterns in patterns()) {
        let (mut plain, mut patterned) = (value.clone(), value.clone());
        let _ = redactor(&[]).redact_json(&mut plain);
        let _ = redactor(&patterns).redact_json(&mut patterned);
        let (shown, seen) = (words(&plain), words(&patterned));
        for word in words(&value).difference(&shown) {
            prop_assert!(!seen.contains(word), "{word} of {value} by {patterns:?}: {patterned}");
        }
        let mut again = patterned.clone();
        let _ = redactor(&patterns).redact_json(&mut again);
        prop_assert_eq!(again, patterned);
    }
}

#[test]
fn a_hidden_name_does_not_show_its_value() {
    let secret = Draw(61).alnum(15);
    for (patterns, before, after) in [
        (vec!["acme_[A-Za-z0-9]+"], json!({"acme_token": secret}), json!({"***": "***"})),
        (
            vec!["acme_[A-Za-z0-9]+"],
            json!([{"name": "acme_token", "value": secret}]),
            json!([{"name": "***", "value": "***"}]),
        ),
        (
            vec!["password"],
            json!({"db_password": secret, "password": 12_345_678}),
            json!({"db_***": "***", "***": "***"}),
        ),
        (vec!["Cookie: [^;]+"], json!({"Cookie": format!("sid={secret}; x=1")}), json!({"Cookie": "***"})),
        (vec!["Cookie"], json!({"Cookie": format!("sid={secret}")}), json!({"***": "***"})),
        (
            vec!["name"],
            json!({"name": 5, "key": "password", "value": secret}),
            json!({"***": 5, "key": "password", "value": "***"}),
        ),
    ] {
        let mut value = before;
        redactor(&patterns).redact_json(&mut value);
        assert_eq!(value, after, "{patterns:?}");
        assert_eq!(redactor(&patterns).redact_json(&mut value).findings, 0);
        assert_eq!(value, after, "{patterns:?}");
    }
}

#[test]
fn what_a_known_value_hid_stays_found() {
    let token = format!("{}{}", "ghp_", Draw(62).alnum(36));
    let text = format!("xcorrect-horse-1{token} y");
    assert_eq!(clean(&token), "***");
    let seen = redactor(&["-1ghp_[A-Za-z0-9]{3}"]).redact(&text).text.into_owned();
    assert_eq!(seen, "x*** y");
}

#[test]
fn a_pattern_that_never_comes_to_an_end_takes_every_line() {
    let text = format!("first\n{}*\n", "abc".repeat(12));
    let redacted = redactor(&[r"abc\*"]).redact(&text);
    assert_eq!(redacted.text, "***\n***\n");
    assert_eq!(redacted.findings[0].rule, "unsearched");
    let json = format!(r#"{{"a": "{}", "n": [1, true]}}"#, "abc".repeat(12));
    assert_eq!(redactor(&[r"abc\b"]).redact(&json).text, r#"{"***": "***", "***": ["***", true]}"#);
}

#[test]
fn placeholders_are_left_alone() {
    for text in ["***\n***\n", "[\"***\",\"***\"]", "****"] {
        assert_eq!(redactor(&[r"\*\n\*", r#"\*","\*"#, r"\*{4}"]).redact(text).text, text);
    }
}

#[test]
fn a_name_that_is_a_known_value_does_not_show_its_value() {
    let mut value = json!({"my_db_password": "hunter2"});
    Redactor::new().with_known_values(["my_db_password"]).redact_json(&mut value);
    assert_eq!(value, json!({"***": "***"}));
}
