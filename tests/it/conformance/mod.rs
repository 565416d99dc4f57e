//! The same calls through the embedded API, HTTP and MCP: one verdict, one result, one set of entries, whatever the door (POL-10).

mod doors;
mod house;
mod metadata;
mod random;
mod truth;
mod writes;

use serde_json::{Value, json};

use doors::{Answer, Door};
use house::House;

/// Calls that every door must answer alike, and the code each answers with.
fn calls() -> Vec<(&'static str, Value, &'static str)> {
    vec![
        ("repo_list", json!({}), "ok"),
        ("repo_info", json!({"repo": "acme/web"}), "ok"),
        ("repo_tree", json!({"repo": "acme/web"}), "ok"),
        ("repo_read_file", json!({"repo": "acme/web", "path": "src/main.rs"}), "ok"),
        ("repo_read_file", json!({"repo": "acme/web", "path": "settings.toml", "ref": "main"}), "ok"),
        ("repo_read_files", json!({"repo": "acme/web", "paths": ["src/main.rs", "settings.toml"]}), "ok"),
        ("repo_search_files", json!({"repo": "acme/web", "glob": "**/*.rs"}), "ok"),
        ("git_status", json!({"repo": "acme/web"}), "ok"),
        ("git_log", json!({"repo": "acme/web", "max_count": 10}), "ok"),
        ("git_show", json!({"repo": "acme/web", "revision": "HEAD"}), "ok"),
        ("git_diff", json!({"repo": "acme/web", "target": "HEAD", "base": "HEAD~1"}), "ok"),
        ("git_diff_staged", json!({"repo": "acme/web"}), "ok"),
        ("git_diff_unstaged", json!({"repo": "acme/web"}), "ok"),
        ("git_blame", json!({"repo": "acme/web", "path": "src/main.rs"}), "ok"),
        ("git_grep", json!({"repo": "acme/web", "pattern": "fn "}), "ok"),
        ("git_branch", json!({"repo": "acme/web"}), "ok"),
        ("git_tags", json!({"repo": "acme/web"}), "ok"),
        ("repo_read_file", json!({"repo": "acme/web", "path": ".env"}), "path_denied"),
        ("repo_read_file", json!({"repo": "acme/web", "path": ".ENV.local"}), "path_denied"),
        ("repo_read_file", json!({"repo": "acme/web", "path": ".git/config"}), "path_denied"),
        ("repo_read_file", json!({"repo": "acme/web", "path": "../canary"}), "path_denied"),
        ("repo_read_file", json!({"repo": "acme/web", "path": "/etc/canary"}), "path_denied"),
        ("repo_read_file", json!({"repo": "acme/web", "path": "tls/server.pem"}), "denied"),
        ("repo_read_file", json!({"repo": "acme/web", "path": "src/absent-canary.rs"}), "not_found"),
        ("repo_read_file", json!({"repo": "nobody/canary", "path": "src/main.rs"}), "not_found"),
        ("repo_read_file", json!({"repo": "acme/web", "path": "link-canary"}), "path_denied"),
        ("git_show", json!({"repo": "acme/web", "revision": "--output=canary"}), "path_denied"),
        ("git_show", json!({"repo": "acme/web", "revision": "HEAD:settings.toml"}), "path_denied"),
        ("git_log", json!({"repo": "acme/web", "max_count": -1}), "invalid_arguments"),
        ("git_log", json!({"repo": "acme/web", "canary": true}), "invalid_arguments"),
        ("git_log", json!({"canary": "acme/web"}), "invalid_arguments"),
        ("git_log", json!("canary"), "malformed"),
        ("merge_canary", json!({}), "unknown_tool"),
        ("repo_write_file", json!({"repo": "acme/web", "path": "a", "content": "canary"}), "unknown_tool"),
    ]
}

/// What a caller gives up, the call, the code every door answers with, and what the entries say it gave up.
fn restricted_calls() -> Vec<(&'static str, &'static str, Value, &'static str, Value)> {
    let log = json!({"repo": "acme/web", "max_count": 1});
    let only = json!({"read_only": true, "repos": ["acme/web"], "repos_more": 0});
    let other = json!({"repos": ["other"], "repos_more": 0});
    let dry = json!({"dry_run": true});
    vec![
        ("read-only, repos=acme/web", "git_log", log.clone(), "ok", only),
        ("repos=other", "git_log", log.clone(), "narrowed", other),
        ("repos=other, repos=acme/web", "git_log", log.clone(), "narrowed", json!({"repos_more": 0})),
        ("dry-run", "git_log", log.clone(), "dry_run", dry.clone()),
        ("dry-run", "repo_read_file", json!({"repo": "acme/web", "path": ".env"}), "dry_run", dry.clone()),
        ("dry-run", "git_log", json!({"repo": "acme/web", "canary": 1}), "invalid_arguments", dry.clone()),
        ("dry-run", "repo_write_file", json!({}), "unknown_tool", dry),
        ("echo-canary", "git_log", log.clone(), "bad_restriction", Value::Null),
        ("", "git_log", log, "bad_restriction", Value::Null),
        ("echo-canary", "merge_canary", json!({}), "unknown_tool", Value::Null),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_given_up_is_honoured_and_recorded_alike_at_every_door() {
    let house = House::build();
    let mut doors = doors::open(&house.gateway).await;
    for (restrict, tool, arguments, code, recorded) in restricted_calls() {
        let mut first: Option<(Answer, Vec<Value>)> = None;
        for door in &mut doors {
            let found = ask(door.as_mut(), &house, Some(restrict), tool, &arguments).await;
            let context = format!("{} `{restrict}` {tool} {arguments}", door.name());
            assert_eq!(found.0.code, code, "{context}: {:?}", found.0);
            assert!(!found.0.text.contains("canary"), "{context} echoes: {}", found.0.text);
            assert_eq!(found.1[0]["restriction"], recorded, "{context}");
            if !["ok", "dry_run"].contains(&code) {
                assert_eq!(found.1[0]["code"], code, "{context}: one code for the caller and the chain");
            }
            if let Some(first) = &first {
                assert_eq!((&first.0.result, &first.1), (&found.0.result, &found.1), "{context}");
            }
            first.get_or_insert(found);
        }
    }
    assert!(!house.log().contains("canary"), "the chain has the caller's own text");
    house.verify();
}

async fn ask(
    door: &mut dyn Door,
    house: &House,
    restrict: Option<&str>,
    tool: &str,
    arguments: &Value,
) -> (Answer, Vec<Value>) {
    let before = house.entries().len();
    let answer = door.call(restrict, tool, arguments).await;
    (answer, house.entries().split_off(before))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_door_answers_alike_and_leaves_alike_entries() {
    let house = House::build();
    let mut doors = doors::open(&house.gateway).await;
    for (tool, arguments, code) in calls() {
        let mut first: Option<(Answer, Vec<Value>)> = None;
        for door in &mut doors {
            let found = ask(door.as_mut(), &house, None, tool, &arguments).await;
            let context = format!("{} {tool} {arguments}", door.name());
            assert_eq!(found.0.code, code, "{context}: {:?}", found.0);
            if code != "ok" {
                assert!(!found.0.text.contains("canary"), "{context} echoes: {}", found.0.text);
            }
            match &first {
                None => first = Some(found),
                Some(first) => {
                    assert_eq!(first.0.result, found.0.result, "{context}");
                    assert_eq!(first.1, found.1, "{context}");
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_door_shows_a_secret_and_no_log_holds_one() {
    let house = House::build();
    let mut doors = doors::open(&house.gateway).await;
    for (tool, arguments, _) in calls() {
        for door in &mut doors {
            let answer = door.call(None, tool, &arguments).await;
            for secret in house.secrets() {
                assert!(!answer.text.contains(secret), "{} {tool} {arguments} shows a secret", door.name());
            }
        }
    }
    let log = house.log();
    assert!(house.secrets().iter().all(|secret| !log.contains(secret)), "the audit chain holds a secret");
    house.verify();
}
