//! Known values, and structured values.

use super::Draw;
use crate::Redactor;
use serde_json::{Value, json};

#[test]
fn known_values_go_in_every_encoding() {
    let secret = "corr\"ect/horse+é battery";
    let redactor = Redactor::new().with_known_values([secret, "short"]);
    let encoded = [
        secret.to_owned(),
        "corr\\\"ect/horse+é battery".to_owned(),
        "corr\\\"ect\\/horse+é battery".to_owned(),
        "corr%22ect%2Fhorse%2B%C3%A9%20battery".to_owned(),
        "corr%22ect%2fhorse%2b%c3%a9%20battery".to_owned(),
        "636f7272226563742f686f7273652bc3a92062617474657279".to_owned(),
        "636F7272226563742F686F7273652BC3A92062617474657279".to_owned(),
    ];
    for spelling in encoded {
        assert_eq!(redactor.redact(&format!("a {spelling} b")).text, "a *** b");
    }
    // What `printf 'X%s' … | base64` prints for prefixes of none, one and two bytes.
    for carrier in [
        "Y29yciJlY3QvaG9yc2Urw6kgYmF0dGVyeQ==",
        "eGNvcnIiZWN0L2hvcnNlK8OpIGJhdHRlcnk=",
        "eHhjb3JyImVjdC9ob3JzZSvDqSBiYXR0ZXJ5",
    ] {
        assert_eq!(redactor.redact(&format!("a {carrier} b")).text, "a *** b");
    }
    assert_eq!(redactor.redact("short").text, "short");
}

#[test]
fn known_values_go_as_programs_print_them() {
    let redactor = Redactor::new().with_known_values(["pa$s wo/rd+1\n", "aaaaaaaaaa"]);
    for spelling in [
        "pa$s wo/rd+1",
        "pa\\$s\\ wo/rd+1",
        "pa%24s+wo%2Frd%2B1",
        "Some([112, 97, 36, 115, 32, 119, 111, 47, 114, 100, 43, 49])",
        "String.fromCharCode(112,97,36,115,32,119,111,47,114,100,43,49)",
        // UTF-16, the high byte first, and the low byte first behind a byte order mark
        "AHAAYQAkAHMAIAB3AG8ALwByAGQAKwAx",
        "//5wAGEAJABzACAAdwBvAC8AcgBkACsAMQA=",
    ] {
        let clean = redactor.redact(spelling).text;
        assert!(clean.contains("***") && clean.len() <= 25, "{spelling}: {clean}");
    }
    let list = serde_json::to_string("pa$s wo/rd+1".as_bytes()).unwrap();
    let clean: Vec<String> = serde_json::from_str(&redactor.redact(&list).text).unwrap();
    assert!(clean.iter().all(|number| number == "***"));
    assert_eq!(redactor.redact(&"a".repeat(100)).text, "***");
    assert_eq!(redactor.find(&"a".repeat(100)).len(), 1);
}

#[test]
fn a_long_known_value_is_prepared_in_no_time() {
    let value: String =
        (0..32 * 1024_u32).map(|index| char::from_digit(index * index / 7 % 36, 36).unwrap()).collect();
    let begin = std::time::Instant::now();
    let redactor = Redactor::new().with_known_values([&value]);
    // seconds in a build without optimisation, and minutes for an automaton of full tables
    assert!(begin.elapsed().as_secs() < 20);
    assert_eq!(redactor.redact(&format!("a {value} b")).text, "a *** b");
}

#[test]
fn known_values_are_never_shown() {
    let redactor = Redactor::new().with_known_values(["correct-horse"]);
    assert!(!format!("{redactor:?}").contains("horse"));
}

#[test]
fn overlapping_known_values_leave_nothing() {
    let redactor =
        Redactor::new().with_known_values(["abcdefgh"]).with_known_values(["efghijkl", "ghijklmnop"]);
    assert_eq!(redactor.redact("-abcdefghijklmnop-").text, "-***-");
}

#[test]
fn what_a_known_value_hid_is_found() {
    let token = format!("{}{}", "ghp_", Draw(41).alnum(36));
    let redactor = Redactor::new().with_known_values(["abcdefgh"]);
    let text = format!("xabcdefgh{token} y");
    let redacted = redactor.redact(&text);
    assert_eq!(redacted.text, "x****** y");
    assert_eq!(redacted.findings.iter().map(|f| f.span.clone()).collect::<Vec<_>>(), [1..9, 9..49]);
}

#[test]
fn a_known_number_leaves_json_valid() {
    let redactor = Redactor::new().with_known_values(["123456789"]);
    for (text, expected) in [
        ("{\"pin\": 123456789}", "{\"pin\": \"***\"}"),
        ("[1, -123456789, 2]", "[1, \"***\", 2]"),
        ("2026 sent {\"pin\": -1123456789.5e3, \"b\": 2}", "2026 sent {\"pin\": \"***\", \"b\": 2}"),
        ("sent {\\\"pin\\\":123456789}", "sent {\\\"pin\\\":\\\"***\\\"}"),
        ("{\"a\":\"{\\\"pin\\\":123456789}\"}", "{\"a\":\"{\\\"pin\\\":\\\"***\\\"}\"}"),
        ("{\"a\":\"{\\\"pin_password\\\":98765}\"}", "{\"a\":\"{\\\"pin_password\\\":\\\"***\\\"}\"}"),
        ("pin=123456789; n: 5", "pin=***; n: 5"),
    ] {
        assert_eq!(redactor.redact(text).text, expected);
        assert_eq!(redactor.redact(expected).text, expected);
    }
}

#[test]
fn json_leaves_are_judged_by_their_keys() {
    let mut draw = Draw(42);
    let (token, key) = (format!("{}{}", "ghp_", draw.alnum(36)), draw.alnum(32));
    let mut value = json!({
        "user": "ada",
        "password": "hunter2",
        "pin_password": 123456,
        "api_key": key,
        "note": format!("see {token} there"),
        "authorization": format!("Bearer {key}"),
        "Cookie": "sid=abc123",
        "env": [{"name": "DB_PASSWORD", "value": "hunter2"}, {"name": "HOST", "value": "hunter2"}],
        "tokens": [key, 5],
        "token": [key, "null"],
        "max_tokens": 4096,
        "reference": {"password": "${DB_PASSWORD}", "secret": null, "token": false},
        token.as_str(): 1,
    });
    let tally = Redactor::new().redact_json(&mut value);
    let expected = json!({
        "user": "ada",
        "password": "***",
        "pin_password": "***",
        "api_key": "***",
        "note": "see *** there",
        "authorization": "Bearer ***",
        "Cookie": "sid=***",
        "env": [{"name": "DB_PASSWORD", "value": "***"}, {"name": "HOST", "value": "hunter2"}],
        "tokens": ["***", 5],
        "token": ["***", "null"],
        "max_tokens": 4096,
        "reference": {"password": "${DB_PASSWORD}", "secret": null, "token": false},
        "***": 1,
    });
    assert_eq!(value, expected);
    assert_eq!(tally.findings, 10);
    assert_eq!(Redactor::new().redact_json(&mut value).findings, 0);
    assert_eq!(value, expected);
}

#[test]
fn renamed_keys_lose_no_member() {
    let mut draw = Draw(43);
    let mut members = serde_json::Map::new();
    for number in 0..5 {
        members.insert(format!("{}{}", "ghp_", draw.alnum(36)), json!(number));
    }
    let mut value = Value::Object(members);
    let tally = Redactor::new().redact_json(&mut value);
    assert_eq!(value, json!({"***": 0, "***#2": 1, "***#3": 2, "***#4": 3, "***#5": 4}));
    assert_eq!(tally.findings, 5);
}

#[test]
fn deep_values_are_cut_off() {
    let mut value = json!("hunter2");
    for _ in 0..400 {
        value = json!([value]);
    }
    assert_eq!(Redactor::new().redact_json(&mut value).findings, 1);
    assert!(value.to_string().contains("***") && !value.to_string().contains("hunter2"));
}
