//! `gitoma doctor`: what it says of gateways that work and of those that do not.

mod address;
mod doors;
mod faults;
mod projects;
mod settings;

use serde_json::Value;

use crate::server::real;
use crate::support::{Place, Said};

/// What is said of a subject: outcomes with their texts.
fn said<'a>(report: &'a Value, subject: &str) -> Vec<(&'a str, &'a str)> {
    let checks = report["checks"].as_array().unwrap().iter();
    let about = checks.filter(|check| check["subject"].as_str().unwrap().starts_with(subject));
    about.map(|check| (check["outcome"].as_str().unwrap(), check["said"].as_str().unwrap())).collect()
}

/// What failed, with what to do.
fn failures(report: &Value) -> Vec<String> {
    let checks = report["checks"].as_array().unwrap().iter();
    let failed = checks.filter(|check| check["outcome"] == "failed");
    failed.map(|check| format!("{} {} ({})", check["subject"], check["said"], check["next"])).collect()
}

/// The clients of the doctor's tests need no project of their own.
fn doctor(place: &Place, more: &[&str]) -> Said {
    let mut arguments = vec!["doctor", "--project", "web"];
    arguments.extend(more);
    place.gitoma(&arguments)
}

/// A configuration of Cursor that starts `server` with `arguments`.
fn cursor(place: &Place, server: &str, more: &Value) {
    place.folder(".cursor");
    let mut entry = serde_json::json!({
        "command": server,
        "args": ["--repo", format!("{}=web", place.path("web").display()), "--state", place.path("state")],
    });
    for (name, value) in more.as_object().unwrap() {
        entry[name] = value.clone();
    }
    place.file(".cursor/mcp.json", &serde_json::json!({ "mcpServers": { "gitoma": entry } }).to_string());
}

#[test]
fn every_client_that_was_installed_holds_a_session_in_both_eras() {
    let place = Place::new();
    let server = real();
    let clients = ["claude-code", "claude-desktop", "codex", "cursor", "vscode", "gemini", "zed"];
    let web = place.path("web");
    for client in clients {
        let mut arguments =
            vec!["install", "--client", client, "--repo", "web=acme/web", "--state", "state", "--server"];
        arguments.push(server.to_str().unwrap());
        place.gitoma(&arguments).ends(0);
        if client != "claude-desktop" {
            arguments.extend(["--scope", "project", "--project", web.to_str().unwrap()]);
            place.gitoma(&arguments).ends(0);
        }
    }
    let report = doctor(&place, &["--json"]).ends(0).json();
    for client in clients {
        for scope in ["user", "project"] {
            let subject = format!("{client} ({scope})");
            let told = said(&report, &subject);
            if client == "claude-desktop" && scope == "project" {
                assert!(told.is_empty());
                continue;
            }
            for era in ["2025-11-25", "2026-07-28"] {
                let session = format!("session {era}: gitoma ");
                let held = told.iter().find(|(outcome, text)| *outcome == "ok" && text.starts_with(&session));
                let (_, text) = held.unwrap_or_else(|| panic!("{subject}: {told:?}"));
                assert!(text.ends_with("18 tools, repo_list lists 1 repository"), "{text}");
            }
        }
    }
    for (subject, text) in [("git", "version "), ("kernel", "openat2")] {
        assert!(said(&report, subject).iter().any(|(_, said)| said.contains(text)), "{subject}");
    }
    let text = doctor(&place, &["--client", "zed"]).ends(0);
    assert!(text.out.contains("ok       zed (user): session 2026-07-28: gitoma "), "{}", text.out);
    assert!(text.out.ends_with(" 0 failed\n") && !text.out.contains("codex"), "{}", text.out);
    // The second time the state directory, the tokens and the chains of the first are there.
    assert!(
        text.out.contains("the state directory is closed to others") && text.out.contains("intact"),
        "{}",
        text.out
    );
    assert!(text.out.contains("only you may read runtime_token, operator_token"), "{}", text.out);
}

#[test]
fn a_refusal_by_policy_is_a_working_gateway() {
    for (policy, expected) in [
        ("version: 1\n", "is refused (unknown_tool)"),
        (
            "version: 1\nglobal:\n  rules:\n    - { id: no, effect: deny, tools: [repo_list], reason: no }\n    - { id: yes, effect: allow, tools: [git_log] }\n",
            "is refused",
        ),
        (
            "version: 1\nglobal:\n  rules:\n    - { id: look, effect: ask, tools: [repo_list] }\n",
            "is refused (approval_required)",
        ),
    ] {
        let place = Place::new();
        let policy = place.file("narrow.yaml", policy);
        let repositories = format!("{}=web", place.path("web").display());
        let state = place.path("state");
        let arguments = ["--repo", &repositories, "--policy", &policy, "--state", state.to_str().unwrap()];
        cursor(&place, real().to_str().unwrap(), &serde_json::json!({ "args": arguments }));
        let report = doctor(&place, &["--json"]).ends(0).json();
        let told = said(&report, "cursor (user)");
        let sessions: Vec<_> = told.iter().filter(|(_, text)| text.starts_with("session ")).collect();
        assert_eq!(sessions.len(), 2, "{told:?}");
        assert!(
            sessions.iter().all(|(outcome, text)| *outcome == "ok" && text.contains(expected)),
            "{told:?}"
        );
    }
}

#[test]
fn nobody_set_up_is_a_failure_that_says_what_to_do() {
    let place = Place::new();
    let report = doctor(&place, &["--json"]).ends(1).json();
    assert!(failures(&report)[0].contains("gitoma install --client CLIENT"), "{report}");
    cursor(&place, real().to_str().unwrap(), &serde_json::json!({}));
    let report = doctor(&place, &["--json", "--client", "codex"]).ends(1).json();
    assert!(failures(&report)[0].contains("gitoma install --client codex"), "{report}");
    assert!(said(&report, "cursor").is_empty());
}

#[test]
fn an_entry_that_is_switched_off_or_unclear_is_told() {
    let place = Place::new();
    cursor(&place, real().to_str().unwrap(), &serde_json::json!({ "disabled": true, "args": "x" }));
    let report = doctor(&place, &["--json"]).ends(1).json();
    let told = said(&report, "cursor (user)");
    assert!(told.contains(&("warning", "is switched off in the client")), "{told:?}");
    assert!(told.iter().any(|(outcome, text)| *outcome == "failed" && text.contains("no texts")), "{told:?}");
}
