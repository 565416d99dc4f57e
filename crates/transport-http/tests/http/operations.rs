//! The metrics, as a gateway with everything switched on gives them out: each is documented, and each that an alert, a panel or the page
//! names is there.

use std::collections::BTreeSet;

use serde_json::json;

use crate::support::{Place, Server, eventually};

const SHADOW: &str = "version: 1\nenforcement: shadow\nglobal:\n  rules:\n    - { id: shut, effect: deny, tools: [git_log], capability: read }\n";

const ALERTS: &str = include_str!("../../../../docs/operations/alerts.yaml");

/// Every word of `text` that is a metric's name.
fn named(text: &str) -> BTreeSet<String> {
    let words = text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
    let names = words.filter(|word| word.starts_with("gitoma_"));
    let whole = |name: &str| {
        let parts = ["_bucket", "_sum", "_count"];
        parts.iter().find_map(|part| name.strip_suffix(part)).unwrap_or(name).to_owned()
    };
    names.map(whole).collect()
}

/// Samples alone, since those are what queries find.
fn given_out() -> BTreeSet<String> {
    let place = Place::new();
    let path = |name: &str| place.folder.path().join(name);
    place.replace(&path("policy.yaml"), SHADOW.as_bytes());
    let key = gitoma_audit::SigningKey::generate("example.com/gitoma".parse().unwrap()).unwrap();
    key.create(&path("audit.key")).unwrap();
    place.replace(&path("claude.token"), b"a-token-that-is-long-enough\n");
    let file = place.configuration(
        "policy: policy.yaml\nprincipals:\n  - { name: claude, roles: [agent], token_file: claude.token }\naudit:\n  checkpoints: { key: audit.key }\n",
    );
    let server = Server::start_with(place, &["--config", &file]);
    let ask = |line: &str, body: &str| server.ask("a-token-that-is-long-enough", line, body);
    assert_eq!(ask("POST /api/v1/tools/git_log", r#"{"arguments":{"repo":"web"}}"#).status, 200);
    ask("POST /api/v1/tools/none", &json!({}).to_string()).problem(404, "unknown_tool");
    server.place.replace(
        &server.place.folder.path().join("policy.yaml"),
        SHADOW.replace("shut", "closed").as_bytes(),
    );
    let metrics = || ask("GET /metrics", "").body;
    eventually("it was loaded", || metrics().contains("gitoma_policy_reloads_total{result=\"loaded\"} 1\n"));
    let text = metrics();
    named(&text.lines().filter(|line| !line.starts_with('#')).collect::<Vec<_>>().join("\n"))
}

#[test]
fn what_is_given_out_is_documented_and_what_is_asked_for_is_given_out() {
    let given_out = given_out();
    let page = include_str!("../../../../docs/http.md");
    let (_, section) = page.split_once("\n## Metrics\n").unwrap();
    let (section, _) = section.split_once("\n## ").unwrap();
    assert_eq!(named(section), given_out, "docs/http.md");
    for (file, text) in [
        ("alerts.yaml", ALERTS),
        ("dashboard.json", include_str!("../../../../docs/operations/dashboard.json")),
    ] {
        let asked = named(text);
        assert!(asked.len() > 5, "{file} asks for something");
        let unknown: Vec<_> = asked.difference(&given_out).collect();
        assert!(unknown.is_empty(), "{file} asks for {unknown:?}");
    }
    let dashboard: serde_json::Value =
        serde_json::from_str(include_str!("../../../../docs/operations/dashboard.json")).unwrap();
    assert!(dashboard["panels"].as_array().unwrap().len() > 10);
}

/// The codes of refusals that `alerts` name.
fn awaited(alerts: &str) -> Vec<&str> {
    let codes = alerts.split("code=~\"").skip(1).filter_map(|rest| rest.split_once('"'));
    codes.flat_map(|(codes, _)| codes.split('|')).collect()
}

/// An alert that waits for a code that no refusal has is none.
#[test]
fn every_code_of_an_alert_is_one() {
    let codes = awaited(ALERTS);
    let page = include_str!("../../../../docs/http.md");
    let unknown: Vec<_> = codes.iter().filter(|code| !page.contains(&format!("`{code}`"))).collect();
    assert!(codes.len() >= 5 && unknown.is_empty(), "{codes:?}: {unknown:?}");
}

/// Of a counter that is first seen at one, Prometheus knows no increase: the first of what an alert waits for would be missed.
#[test]
fn what_an_alert_counts_is_given_out_from_nothing_on() {
    let place = Place::new();
    place.replace(&place.folder.path().join("claude.token"), b"a-token-that-is-long-enough\n");
    let file =
        place.configuration("principals:\n  - { name: claude, roles: [agent], token_file: claude.token }\n");
    let server = Server::start_with(place, &["--config", &file]);
    let metrics = server.ask("a-token-that-is-long-enough", "GET /metrics", "").body;
    for code in awaited(ALERTS) {
        let sample = format!("gitoma_refusals_total{{code=\"{code}\"}} 0\n");
        assert!(metrics.contains(&sample), "{sample}");
    }
    assert!(metrics.contains("\ngitoma_audit_undisclosed_total 0\n"));
}

/// What somebody who is woken up reads is about the alert that woke them, and each alert was seen to ring.
#[test]
fn every_alert_is_explained_and_tested() {
    let page = include_str!("../../../../docs/operations/README.md");
    let tests = include_str!("../../../../docs/operations/alerts.test.yaml");
    let names: Vec<_> = ALERTS.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")).collect();
    assert!(names.len() > 10);
    let unexplained: Vec<_> = names.iter().filter(|name| !page.contains(&format!("`{name}`"))).collect();
    assert!(unexplained.is_empty(), "{unexplained:?}");
    let rings = |name: &str| tests.contains(&format!("alertname: {name}\n        exp_alerts:"));
    let untested: Vec<_> = names.iter().filter(|name| !rings(name)).collect();
    assert!(untested.is_empty(), "{untested:?}");
}
