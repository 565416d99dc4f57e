//! What an operator adds and lets show: names of settings, and values by their fingerprints.

use super::Draw;
use crate::{Fingerprint, Patterns, RedactingStream, Redactor};
use serde_json::json;

#[test]
fn what_stands_under_an_own_name_goes() {
    let redactor = Redactor::new().with_names(["db_conn", "house-key", "pepper"]);
    let table = [
        ("db_conn=plain", "db_conn=***"),
        ("DB_CONN: plainly\n", "DB_CONN: ***\n"),
        ("PROD_DB_CONN=plain", "PROD_DB_CONN=***"),
        ("dbConn = \"a b\";", "dbConn = \"***\";"),
        ("run --db-conn plain --fast", "run --db-conn *** --fast"),
        ("https://a.test/?db_conn=plain&x=1", "https://a.test/?db_conn=***&x=1"),
        ("{\"houseKey\": \"soft\", \"pepper\": 1234}", "{\"houseKey\": \"***\", \"pepper\": \"***\"}"),
        ("<db_conn>plain</db_conn>", "<db_conn>***</db_conn>"),
        // references and placeholders stay, as under the names that are built in
        ("db_conn=${DB_CONN}", "db_conn=${DB_CONN}"),
        ("db_conn=changeme", "db_conn=changeme"),
        // and so does what only looks alike
        ("mydb_conn=plain", "mydb_conn=plain"),
        ("db_connection=plain", "db_connection=plain"),
        ("conn=plain", "conn=plain"),
        ("sergeant pepper: trumpet", "sergeant pepper: trumpet"),
        ("peppers: red", "peppers: red"),
    ];
    for (text, clean) in table {
        assert_eq!(redactor.redact(text).text, clean);
        assert_eq!(redactor.redact(clean).text, clean, "again");
        assert_eq!(Redactor::new().redact(text).text, text, "without");
    }
    let mut value = json!({"houseKey": "soft", "x": {"DB-CONN": ["one"], "pepper": 7}, "salt": "soft"});
    let tally = redactor.redact_json(&mut value);
    assert_eq!(value["houseKey"], "***");
    assert_eq!(value["salt"], "soft");
    assert_eq!(tally.findings, 3, "{value}");
}

#[test]
fn a_value_that_is_allowed_shows_and_no_other() {
    let mut draw = Draw(91);
    let (fixture, real) = (format!("ghp_{}", draw.alnum(36)), format!("ghp_{}", draw.alnum(36)));
    let body = draw.base64(64);
    let armour = |body: &str| format!("-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n");
    let redactor = Redactor::new().with_allowances([
        Fingerprint::of(&fixture),
        Fingerprint::of("hunter2xyz"),
        Fingerprint::of(&body),
    ]);
    let text = format!("a {fixture}\nb {real}\npassword = \"hunter2xyz\"\n{}", armour(&body));
    let clean = text.replace(&real, "***");
    assert_eq!(redactor.redact(&text).text, clean);
    assert_eq!(redactor.redact(&armour(&draw.base64(64))).text, armour("***"));
    // part of it is another value, and so is more
    assert_eq!(redactor.redact(&format!("{fixture}x7")).text, "***");
    let mut value = json!({"password": "hunter2xyz", "token": real, "note": fixture});
    assert_eq!(redactor.redact_json(&mut value).findings, 1);
    assert_eq!(value, json!({"password": "hunter2xyz", "token": "***", "note": fixture}));
    // what is known to be secret does not show
    let known = redactor.with_known_values([&fixture]);
    assert_eq!(known.redact(&text).text, clean.replace(&fixture, "***"));
}

#[test]
fn a_fingerprint_has_one_spelling() {
    let print = Fingerprint::of("value");
    let text = print.to_string();
    assert_eq!(text, "sha256:d3faec2715991e536f5218c0e2d36944f87e216a95e29dfbdd8f05a8ae17fdab");
    assert_eq!(Fingerprint::parse(&text), Some(print));
    for other in [
        text.to_uppercase(),
        text.replace("sha256:", ""),
        format!("{text}0"),
        text.replace("sha256", "sha512"),
    ] {
        assert_eq!(Fingerprint::parse(&other), None, "{other}");
    }
    assert_ne!(Fingerprint::of("value "), print);
}

#[test]
fn a_watched_copy_tells_of_blocked_rules_alone() {
    let mut draw = Draw(92);
    let token = format!("ghp_{}", draw.alnum(36));
    let key = format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", draw.base64(64));
    assert!(Redactor::new().watched().is_none());
    let redactor = Redactor::new().with_blocked(["private-key", "secret-setting"]);
    let watched = || redactor.watched().unwrap();
    let (copy, watch) = watched();
    let _ = copy.redact(&token);
    let _ = redactor.redact(&key);
    assert_eq!(watch.seen(), None);
    assert_eq!(copy.find(&key).len(), 1);
    assert_eq!(watch.seen(), Some("private-key"));
    let _ = copy.redact("password = \"hunter2xyz\"");
    assert_eq!(watch.seen(), Some("private-key"), "the first");
    for mut value in
        [json!({"password": "hunter2xyz"}), json!({"db_password": 12345}), json!(["password=hunter2xyz"])]
    {
        let (copy, watch) = watched();
        let _ = copy.redact_json(&mut value);
        assert_eq!(watch.seen(), Some("secret-setting"), "{value}");
    }
    // encoded, too
    let (copy, watch) = watched();
    let _ = copy.redact(&key.replace('\n', "%0A"));
    assert_eq!(watch.seen(), Some("private-key"));
}

/// What a pattern finds begins before the setting, and gives its name to both; the rule that blocks is heard of all the same.
#[test]
fn a_pattern_does_not_hide_a_blocked_rule() {
    let redactor = Redactor::new()
        .with_patterns(Patterns::compile([r"PASSWORD=\S+"]).unwrap())
        .with_blocked(["secret-setting"]);
    let text = "PASSWORD=hunter2xyz and more\n";
    let (copy, watch) = redactor.watched().unwrap();
    assert_eq!(copy.redact(text).findings.first().map(|found| found.rule), Some("operator-pattern"));
    assert_eq!(watch.seen(), Some("secret-setting"), "whole");
    let (copy, watch) = redactor.watched().unwrap();
    let _ = copy.find(text);
    assert_eq!(watch.seen(), Some("secret-setting"), "listed");
    let (copy, watch) = redactor.watched().unwrap();
    let _ = copy.redact_json(&mut json!({ "line": text }));
    assert_eq!(watch.seen(), Some("secret-setting"), "in JSON");
    let (copy, watch) = redactor.watched().unwrap();
    let (mut stream, mut clean) = (RedactingStream::new(copy), String::new());
    stream.push(text.as_bytes(), &mut clean);
    let _ = stream.finish(&mut clean);
    assert_eq!(watch.seen(), Some("secret-setting"), "in pieces");
}

#[test]
fn every_rule_is_known_by_its_id() {
    let rules: Vec<_> = Redactor::rules().collect();
    for rule in ["private-key", "github-token", "secret-setting", "known-value", "operator-pattern", "cookie"]
    {
        assert!(rules.contains(&rule), "{rule}");
    }
}
