//! What `gitoma doctor` says of state, tokens, policy, audit log and unsafe settings.

use serde_json::{Value, json};

use super::{cursor, doctor, said};
use crate::server::real;
use crate::support::Place;

fn told(place: &Place, arguments: &[&str], code: i32) -> Vec<(String, String)> {
    let repository = format!("{}=web", place.path("web").display());
    let state = place.path("state");
    let mut all = vec!["--repo", &repository, "--state", state.to_str().unwrap()];
    all.extend(arguments);
    cursor(place, real().to_str().unwrap(), &json!({ "args": all }));
    let report: Value = doctor(place, &["--json"]).ends(code).json();
    let told = said(&report, "cursor (user)").into_iter();
    told.map(|(outcome, text)| (outcome.to_owned(), text.to_owned())).collect()
}

fn has(told: &[(String, String)], outcome: &str, text: &str) -> bool {
    told.iter().any(|(known, said)| known == outcome && said.contains(text))
}

#[test]
fn state_tokens_and_chains_are_looked_at_before_anything_starts() {
    let place = Place::new();
    let first = told(&place, &[], 0);
    assert!(
        has(&first, "ok", "the first start makes it") && has(&first, "ok", "no audit log yet"),
        "{first:?}"
    );
    assert!(
        has(&first, "ok", "write mode off") && has(&first, "ok", "the built-in policy loads"),
        "{first:?}"
    );
    place.mode("state", 0o755);
    let open = told(&place, &[], 1);
    assert!(has(&open, "failed", "others may look into the state directory"), "{open:?}");
    place.mode("state/operator_token", 0o644);
    let open = told(&place, &[], 1);
    assert!(has(&open, "failed", "others may read operator_token"), "{open:?}");
    assert!(has(&open, "failed", "session 2025-11-25"), "the gateway itself does not start then: {open:?}");
    place.mode("state/operator_token", 0o600);
    let good = told(&place, &[], 0);
    assert!(has(&good, "ok", "hashes and links intact"), "{good:?}");

    let chains =
        place.files().into_iter().filter(|(path, _)| path.extension().is_some_and(|end| end == "jsonl"));
    let (log, bytes) = chains.max_by_key(|(_, bytes)| bytes.len()).unwrap();
    let changed = String::from_utf8(bytes).unwrap().replacen("repo_list", "repo_tree", 1);
    place.file(log.strip_prefix(place.path("")).unwrap().to_str().unwrap(), &changed);
    let bad = told(&place, &[], 1);
    assert!(has(&bad, "failed", "not as they were written"), "{bad:?}");
}

#[test]
fn unsafe_settings_are_told() {
    let place = Place::new();
    let inside = place.file("web/policy.yaml", "version: 1\nenforcement: shadow\nglobal:\n  rules:\n    - { id: read, effect: allow, tools: [git_log] }\n");
    let told_of = told(&place, &["--policy", &inside, "--write-mode", "on", "--direct-writes", "on"], 0);
    for text in ["the policy lies in a repository", "direct writes are on", "shadow mode"] {
        assert!(has(&told_of, "warning", text), "{text}: {told_of:?}");
    }
    assert!(has(&told_of, "ok", "write mode on"), "{told_of:?}");
    place.mode("web/policy.yaml", 0o666);
    let open = told(&place, &["--policy", &inside], 1);
    assert!(has(&open, "failed", "may be changed by every user"), "{open:?}");
    let broken = place.file("broken.yaml", "version: 1\nglobal: 4\n");
    let bad = told(&place, &["--policy", &broken], 1);
    assert!(has(&bad, "failed", "the policy broken.yaml does not load"), "{bad:?}");
    let bad = told(&place, &["--policy", "/nonexistent.yaml"], 1);
    assert!(has(&bad, "failed", "its settings do not load"), "{bad:?}");
    let bad = told(&place, &["--frobnicate"], 1);
    assert!(has(&bad, "failed", "arguments that it does not know"), "{bad:?}");
}
