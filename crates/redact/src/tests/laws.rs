//! What holds for every text, and work that grows with length alone.

use super::{Draw, clean};
use crate::{Redactor, bytes};
use proptest::prelude::*;

/// Fragments that anchors, quotes and escapes are made of: strung together they reach the corners of the grammar.
const FRAGMENTS: [&str; 56] = [
    "password",
    "token",
    "api_key",
    "secret",
    "auth",
    "Authorization",
    "Cookie",
    "Set-Cookie",
    "=",
    ":",
    "=>",
    "==",
    " ",
    "\n",
    "\r\n",
    "\t",
    "\"",
    "'",
    "\\",
    "\\\"",
    "\\n",
    "\\\\",
    "\\u0041",
    "`",
    "<",
    ">",
    "</",
    "&",
    "?",
    "#",
    ",",
    ";",
    "{",
    "}",
    "[",
    "]",
    "(",
    ")",
    "://",
    "@",
    "-----BEGIN RSA PRIVATE KEY-----",
    "-----END RSA PRIVATE KEY-----",
    "MIIEpAIBAAKCAQEA1234567890abcdef",
    "eyJhbGciOiJIUzI1NiJ9",
    ".",
    "Bearer ",
    "Basic ",
    "hunter2",
    "***",
    "-",
    "+",
    "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8",
    "ghp_",
    "AKIA",
    "é",
    "12345678",
];

fn strung() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(FRAGMENTS.to_vec()), 0..24).prop_map(|parts| parts.concat())
}

fn leaf() -> impl Strategy<Value = serde_json::Value> {
    prop_oneof![
        strung().prop_map(serde_json::Value::from),
        any::<i64>().prop_map(serde_json::Value::from),
        any::<bool>().prop_map(serde_json::Value::from),
        Just(serde_json::Value::Null),
    ]
}

fn tree() -> impl Strategy<Value = serde_json::Value> {
    leaf().prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(serde_json::Value::from),
            prop::collection::vec((strung(), inner), 0..4)
                .prop_map(|members| serde_json::Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    /// `clean` asserts order, boundaries, idempotence and valid JSON.
    #[test]
    fn any_text(text in any::<String>()) {
        clean(&text);
    }

    #[test]
    fn any_grammar(text in strung()) {
        let seen = clean(&text);
        let findings = Redactor::new().find(&text);
        prop_assert!(seen.len() <= text.len() + findings.len() * 40);
        for finding in &findings {
            prop_assert!(text.get(finding.span.clone()).is_some_and(|secret| !secret.is_empty()));
        }
    }

    #[test]
    fn any_json_text(value in tree()) {
        clean(&value.to_string());
        clean(&serde_json::to_string_pretty(&value).unwrap());
        clean(&serde_json::Value::from(value.to_string()).to_string());
    }

    #[test]
    fn any_json_value(value in tree()) {
        let redactor = Redactor::new();
        let mut once = value;
        let _ = redactor.redact_json(&mut once);
        let mut twice = once.clone();
        let tally = redactor.redact_json(&mut twice);
        prop_assert_eq!(&once, &twice);
        prop_assert_eq!(tally.findings, 0);
    }

    #[test]
    fn line_ends_outside_armour_stay(text in strung().prop_filter("armour", |text| !text.contains("BEGIN"))) {
        prop_assert_eq!(clean(&text).matches('\n').count(), text.matches('\n').count());
    }

    #[test]
    fn known_values_never_pass(secret in "[!-~]{8,24}", before in strung(), after in strung()) {
        prop_assume!(!secret.contains("***"));
        let redactor = Redactor::new().with_known_values([&secret]);
        let redacted = redactor.redact(&format!("{before}{secret}{after}")).text.into_owned();
        prop_assert!(!redacted.contains(&secret));
        prop_assert_eq!(redactor.redact(&redacted).text, redacted.as_str());
    }
}

/// How many bytes the matchers read of a text.
fn work(text: &str) -> usize {
    bytes::work::take();
    std::hint::black_box(Redactor::new().redact(text));
    bytes::work::take()
}

/// Eight times the text may cost little more than eight times the work; quadratic work would be sixty-four times.
#[test]
fn work_is_linear_in_hostile_texts() {
    let key = Draw(51).base64(64);
    let units = [
        "-----BEGIN RSA PRIVATE KEY-----\n".to_owned(),
        format!("-----BEGIN RSA PRIVATE KEY-----\n{key}\n"),
        format!("-----BEGIN PRIVATE KEY-----{key}"),
        format!("-----BEGIN PRIVATE KEY-----\n{key}$\n"),
        "eyJaaaaaaaaaaaaaaaaaaaaaaaa.".to_owned(),
        "eyJ".to_owned(),
        "key".to_owned(),
        "password=".to_owned(),
        "password: \"".to_owned(),
        "\\\"password\\\": \\\"".to_owned(),
        "Authorization: Bearer ".to_owned(),
        "authorization:".to_owned(),
        "Cookie: a=b;".to_owned(),
        "https://a:".to_owned(),
        "://".to_owned(),
        "a://b@".to_owned(),
        "sk-proj-".to_owned(),
        "xoxb-".to_owned(),
        ":AA1".to_owned(),
        "curl -u a:".to_owned(),
        "?token=&".to_owned(),
        "<password>".to_owned(),
        "\\".to_owned(),
        "\"".to_owned(),
        "***".to_owned(),
        "token\n".to_owned(),
    ];
    for unit in units {
        let text = |size: usize| unit.repeat(size / unit.len());
        let (small, large) = (work(&text(40_000)), work(&text(320_000)));
        assert!(large <= small * 9 + 100_000, "{unit:?}: {small} became {large}");
        assert!(large <= 320_000 * 400, "{unit:?}: {large} bytes read");
    }
}
