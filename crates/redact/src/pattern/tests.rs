//! What may be a pattern, what one takes away, and that no text makes it slow.

use proptest::prelude::*;

use super::{BadPattern, PatternError, Patterns, compile};
use crate::{PLACEHOLDER, Redactor};

fn redactor(patterns: &[&str]) -> Redactor {
    Redactor::new().with_patterns(Patterns::compile(patterns.iter().copied()).unwrap())
}

#[test]
fn what_may_be_a_pattern() {
    for text in [
        "ACME-[0-9]{6}",
        "ACME-[0-9]+",
        r"\bACME-\w+\b",
        "(?i)project-[a-z]+",
        "corp_(?:live|test)_[A-Za-z0-9]{32}",
        "(?:ACME|EMCA)-[0-9]*",
        "alpha[0-9]+|beta-[0-9]{1,9}$",
        "abc(?:[0-9]+|[a-z]+)",
        "(abc)(.+)",
        "abc[a-c]{0,28}x|abc",
        "ACME-.{1,200}!",
        "(?:abc|abcd)[^x]{0,200}x",
        "abc(?:[0-9]{1,200}|[a-z]{1,30}!)",
        "abc(?:-[a-z0-9]{4}){3,8}",
        r"[a-z]{1,40}\.internal\.example",
        "Grüße",
    ] {
        assert!(compile(text).is_ok(), "{text}: {:?}", compile(text));
    }
}

#[test]
fn what_may_not_and_why() {
    let long = "a".repeat(1_025);
    for (text, error) in [
        ("", PatternError::TooBroad),
        (".", PatternError::TooBroad),
        (".*", PatternError::TooBroad),
        (r"\w+", PatternError::TooBroad),
        ("[a-z]{20}", PatternError::TooBroad),
        ("ab", PatternError::TooBroad),
        ("(?:abc)?", PatternError::TooBroad),
        ("abcdef|x", PatternError::TooBroad),
        ("(?i)[ab][cd][ef]", PatternError::TooBroad),
        ("abc.*def", PatternError::Unbounded),
        ("[a-z]*abc|[a-z]bcd", PatternError::Unbounded),
        ("abc(?:de)+", PatternError::Unbounded),
        ("(?:abc[0-9]+)+", PatternError::Unbounded),
        ("abc[0-9]+[a-z]+", PatternError::Unbounded),
        ("abc.{0,5000}", PatternError::Unbounded),
        ("abc.*$|abc", PatternError::Unbounded),
        ("abc(?:.*$|)", PatternError::Unbounded),
        ("abc(?:.*$)?", PatternError::Unbounded),
        ("abc([a-z]+|.+)$", PatternError::Unbounded),
        (r"abc\w{250}", PatternError::TooLarge),
        ("abc[^x]{0,200}x|abc", PatternError::LooksAhead),
        ("abc(?:[^x]{0,200}x)?", PatternError::LooksAhead),
        ("abc([a-z]{80}[0-9])?", PatternError::LooksAhead),
        ("abc(?:[a-z]{80}[0-9]){0,4}", PatternError::LooksAhead),
        ("(?:abc|(abc[a-d]{0,1000}x))-?", PatternError::LooksAhead),
        (r"\*\*\*", PatternError::Placeholder),
        (&*long, PatternError::TooLong),
    ] {
        assert_eq!(compile(text).unwrap_err(), error, "{text}");
        assert!(!error.fix().is_empty());
    }
    for text in ["abc(", r"(abc)\1", "abc(?=d)", "abc[z-a]", "abc{2,1}"] {
        let error = compile(text).unwrap_err();
        assert!(matches!(error, PatternError::Syntax(_)), "{text}: {error:?}");
        assert!(!error.to_string().contains('\n'), "{error}");
    }
    // the policy guide quotes it
    assert_eq!(
        compile("abc[^x]{0,200}x|abc").unwrap_err().to_string(),
        "pattern has a choice of which one branch reads more than 32 bytes beyond another"
    );
    let many: Vec<String> = (0..65).map(|number| format!("abc{number}")).collect();
    let refused = Patterns::compile(many.iter().map(String::as_str)).unwrap_err();
    assert_eq!(refused, BadPattern { index: 64, error: PatternError::TooMany });
    let second = Patterns::compile(["abc", "x"]).unwrap_err();
    assert_eq!(second, BadPattern { index: 1, error: PatternError::TooBroad });
}

#[test]
fn matches_are_replaced_everywhere() {
    let redactor = redactor(&["(?i)acme-[0-9]+", "internal\\.example"]);
    assert_eq!(redactor.redact("see Acme-4711 at internal.example!").text, "see *** at ***!");
    assert_eq!(redactor.redact("see acme-x").text, "see acme-x");
    let mut value = serde_json::json!({"acme-1": ["is acme-2", {"n": "acme-3"}], "other": 4});
    redactor.redact_json(&mut value);
    assert_eq!(value, serde_json::json!({"***": ["is ***", {"n": "***"}], "other": 4}));
    assert_eq!(redactor.find("acme-1")[0].rule, "operator-pattern");
}

#[test]
fn json_stays_json_and_lines_stay_lines() {
    let redactor = redactor(&["key[^z]{1,20}", "12345[0-9]+"]);
    let json = r#"{"key": "v", "number": 1234567}"#;
    let clean = redactor.redact(json).text.into_owned();
    assert!(serde_json::from_str::<serde_json::Value>(&clean).is_ok(), "{clean}");
    assert!(!clean.contains("1234567"), "{clean}");
    assert_eq!(redactor.redact("a key\nof two\r\nlines zz").text.lines().count(), 3);
}

#[test]
fn a_match_beside_a_secret_leaves_no_part_of_either() {
    let redactor = redactor(&["ACME-[a-z]+"]).with_known_values(["correct-horse"]);
    assert_eq!(redactor.redact("ACME-correct-horse").text, "***");
}

proptest! {
    #[test]
    fn redacting_twice_changes_nothing(text in "(ACME-|[0-9]{1,3}|\\*{1,3}|beta|é|\n|\"|\\{){0,20}") {
        let redactor = redactor(&["ACME-[0-9]+", "(?i)beta.{0,3}"]);
        let once = redactor.redact(&text).text.into_owned();
        let again = redactor.redact(&once).text.into_owned();
        prop_assert_eq!(&again, &once);
        prop_assert_eq!(once.lines().count(), text.lines().count());
        prop_assert!(!once.contains("ACME-1"));
    }
}

#[test]
fn a_placeholder_is_no_match_of_its_own() {
    let redactor = redactor(&["beta.{3}"]);
    assert_eq!(redactor.redact(PLACEHOLDER).text, PLACEHOLDER);
    assert_eq!(redactor.redact("betabeta-1").text, "***a-1");
}
