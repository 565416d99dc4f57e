//! What this door refuses by itself is on the record (AUD-2): of whoever is known an entry each, of strangers one a window and a count.

use serde_json::{Value, json};

use crate::support::{Answer, Server};

/// The kinds, codes and principals of what was recorded.
fn told(entries: &[Value]) -> Vec<(&str, &str, Option<&str>)> {
    entries
        .iter()
        .map(|entry| {
            (
                entry["kind"].as_str().unwrap_or_default(),
                entry["code"].as_str().unwrap_or_default(),
                entry["principal"].as_str(),
            )
        })
        .collect()
}

#[test]
fn whoever_is_known_leaves_an_entry_with_each_refusal() {
    let server = Server::start();
    let (agent, operator) = (server.token(), server.token_of("operator_token"));
    let approval = "/api/v1/approvals/apr_aaaaaaaaaaaaaaaaaaaaaaaaaa/deny";
    let long = json!({ "reason": "x".repeat(501) }).to_string();
    for (token, who, line, body, code) in [
        (&operator, "operator", "POST /api/v1/halt", "[]", "malformed"),
        (&operator, "operator", "POST /api/v1/halt", &*long, "malformed"),
        (&operator, "operator", "POST /api/v1/halt?now", "", "malformed"),
        (&operator, "operator", "POST /api/v1/resume", r#"{"reason":"no"}"#, "malformed"),
        (&operator, "operator", "POST /api/v1/policy/reload", "x", "malformed"),
        (&operator, "operator", "GET /api/v1/policy?x=1", "", "malformed"),
        (&operator, "operator", "GET /api/v1/audit/entries?x=1", "", "malformed"),
        (&operator, "operator", "GET /api/v1/audit/stream?x=1", "", "malformed"),
        (&operator, "operator", "GET /api/v1/audit/ws", "", "malformed"),
        (&operator, "operator", "POST /api/v1/audit/verify", "x", "malformed"),
        (&agent, "agent", "GET /api/v1/me?x=1", "", "malformed"),
        (&agent, "agent", "GET /api/v1/approvals?x=1", "", "malformed"),
        (&agent, "agent", "GET /api/v1/approvals/apr_aaaaaaaaaaaaaaaaaaaaaaaaaa?x=1", "", "malformed"),
        // What is no parameter here is not passed over: whoever writes so believes that nothing will run.
        (&agent, "agent", "POST /api/v1/tools/repo_list?dry_run=1", "{}", "malformed"),
        (&agent, "agent", "POST /api/v1/decide?x=1", r#"{"tool":"repo_list"}"#, "malformed"),
        (&agent, "agent", "GET /api/v1/tools?x=1", "", "malformed"),
        (&agent, "agent", &format!("POST {approval}"), "[]", "malformed"),
        (&agent, "agent", &format!("POST {approval}?note=no"), "", "malformed"),
    ] {
        let answer = server.ask(token, line, body);
        answer.problem(400, code);
        assert_eq!(told(&server.entries_of(&answer)), [("refusal", code, Some(who))], "{line}");
    }
    for line in ["POST /api/v1/halt", "POST /api/v1/policy/rollback", &format!("POST {approval}")] {
        let head =
            format!("{line} HTTP/1.1\r\nAuthorization: Bearer {operator}\r\nGitoma-Restrict: read-only");
        let answer = server.raw(&format!("{head}\r\nContent-Length: 0"), b"");
        answer.problem(403, "narrowed");
        assert_eq!(told(&server.entries_of(&answer)), [("refusal", "narrowed", Some("operator"))], "{line}");
    }
    let metrics = server.get("/metrics").body;
    assert!(metrics.contains("gitoma_refusals_total{code=\"malformed\"} 18\n"), "{metrics}");
}

/// Who tries ids of approvals, decides what they may not, or steers what cannot be steered, is on the record, and counted.
#[test]
fn what_becomes_of_nothing_is_on_the_record_too() {
    let server = Server::start();
    let (agent, operator) = (server.token(), server.token_of("operator_token"));
    let note = json!({ "note": "x".repeat(1_001) }).to_string();
    let one = "apr_aaaaaaaaaaaaaaaaaaaaaaaaaa";
    for (token, who, line, body, status, code) in [
        (&agent, "agent", format!("GET /api/v1/approvals/{one}"), "", 404, "approval_not_found"),
        (&agent, "agent", "GET /api/v1/approvals/no-id".to_owned(), "", 404, "approval_not_found"),
        (
            &operator,
            "operator",
            format!("POST /api/v1/approvals/{one}/approve"),
            "",
            404,
            "approval_not_found",
        ),
        (
            &operator,
            "operator",
            format!("POST /api/v1/approvals/{one}/deny"),
            &*note,
            422,
            "invalid_arguments",
        ),
        (&agent, "agent", format!("POST /api/v1/approvals/{one}/approve"), "", 403, "role_required"),
        (&agent, "agent", "POST /api/v1/approvals/no-id/approve".to_owned(), "", 403, "role_required"),
        (&operator, "operator", "POST /api/v1/policy/reload".to_owned(), "", 409, "no_policy_file"),
        (&operator, "operator", "POST /api/v1/policy/rollback".to_owned(), "", 409, "nothing_before"),
    ] {
        let answer = server.ask(token, &line, body);
        answer.problem(status, code);
        assert_eq!(told(&server.entries_of(&answer)), [("refusal", code, Some(who))], "{line}");
    }
    let metrics = server.get("/metrics").body;
    assert!(metrics.contains("gitoma_refusals_total{code=\"approval_not_found\"} 3\n"), "{metrics}");
}

#[test]
fn strangers_leave_one_entry_a_window_and_are_counted() {
    let server = Server::start();
    let elsewhere = |line: &str, more: &str| -> Answer {
        server.exact(format!("{line} HTTP/1.1\r\n{more}Connection: close\r\n\r\n").as_bytes())
    };
    let host = format!("Host: {}\r\n", server.address);
    let token = format!("Authorization: Bearer {}\r\n", server.token());
    for (line, more, status, code) in [
        ("GET /healthz", "Host: evil.example\r\n".to_owned(), 421, "host_denied"),
        ("GET /healthz", format!("{host}Origin: http://evil.example\r\n"), 403, "origin_denied"),
        ("GET /nowhere", host.clone(), 404, "unknown_route"),
        // A token is not looked at where nothing is to be had.
        ("PUT /api/v1/tools", format!("{host}{token}"), 405, "unknown_method"),
    ] {
        let answers: Vec<_> = (0..5).map(|_| elsewhere(line, &more)).collect();
        answers.iter().for_each(|answer| drop(answer.problem(status, code)));
        assert_eq!(told(&server.entries_of(&answers[0])), [("refusal", code, None)], "{line}");
        let more: usize = answers[1..].iter().map(|answer| server.entries_of(answer).len()).sum();
        assert_eq!(more, 0, "{line}");
    }
    let (_, _, place) = server.stop();
    let entries = crate::support::entries(&place.state());
    let mut counted: Vec<_> = entries
        .iter()
        .filter(|entry| entry["kind"] == "auth.aggregate")
        .map(|entry| (entry["code"].as_str().unwrap(), entry["count"].as_u64().unwrap()))
        .collect();
    counted.sort_unstable();
    let expected = ["host_denied", "origin_denied", "unknown_method", "unknown_route"].map(|code| (code, 5));
    assert_eq!(counted, expected);
    let log = serde_json::to_string(&entries).unwrap();
    assert!(!log.contains("evil") && !log.contains("nowhere"), "{log}");
}
