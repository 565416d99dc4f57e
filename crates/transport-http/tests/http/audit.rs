//! The audit log over HTTP: parts of it, its state, verification; and `/api/v1/me`.

use gitoma_core::{Capability, NewToken, PrincipalConfig, Role, StateDirectory, TokenFile};
use serde_json::{Value, json};

use crate::support::{Answer, Place, Server};

fn ask(server: &Server, token: &str, line: &str) -> Answer {
    server.raw(&format!("{line} HTTP/1.1\r\nAuthorization: Bearer {token}\r\nContent-Length: 0"), b"")
}

fn operator(server: &Server, line: &str) -> Answer {
    ask(server, &server.token_of("operator_token"), line)
}

/// A token of the operator that is good for reading alone.
fn narrow(place: &Place, principal: &str) -> String {
    let file = TokenFile::of(&StateDirectory::open(&place.state()).unwrap());
    let new = NewToken {
        principal: principal.to_owned(),
        capabilities: Some(vec![Capability::Read]),
        ..NewToken::default()
    };
    file.mint(&new, &[PrincipalConfig::local(principal, &Role::ALL)]).unwrap().0.expose().to_owned()
}

#[test]
fn entries_are_what_stands_in_the_log() {
    let server = Server::start();
    for _ in 0..3 {
        server.call("git_log", &json!({"repo": "web"}));
    }
    let part = |query: &str| {
        let answer = operator(&server, &format!("GET /api/v1/audit/entries{query}"));
        assert_eq!(answer.status, 200, "{answer:?}");
        answer
    };
    let whole = part("?last=500");
    let file = server.lines();
    let text = format!("\"entries\":[{}],\"more\":false}}", file.join(","));
    assert!(whole.body.ends_with(&text), "the bytes are those of the file: {}", whole.body);
    let last = file.len() as u64 - 1;
    assert_eq!(whole.json()["last_seq"], last);

    let seqs = |query: &str| {
        let answer = part(query).json();
        let seqs: Vec<_> = answer["entries"]
            .as_array()
            .unwrap()
            .iter()
            .map(|entry| entry["seq"].as_u64().unwrap())
            .collect();
        (seqs, answer["more"].as_bool().unwrap())
    };
    assert_eq!(seqs(""), ((0..=last).collect(), false));
    assert_eq!(seqs("?last=2"), (vec![last - 1, last], false));
    assert_eq!(seqs("?last=0"), (vec![], false));
    assert_eq!(seqs("?after=1&limit=2"), (vec![2, 3], true));
    assert_eq!(seqs(&format!("?after={last}")), (vec![], false));
    assert_eq!(seqs("?after=18446744073709551615"), (vec![], false));
    for bad in ["?after=x", "?last=501", "?after=1&last=1", "?limit=0", "?what=1", "?after=1&after=1"] {
        operator(&server, &format!("GET /api/v1/audit/entries{bad}")).problem(400, "malformed");
    }
}

/// AUD-3: who may not look at the log is refused, and that is in the log.
#[test]
fn only_those_who_look_after_the_log_may_and_each_refusal_is_on_record() {
    let place = Place::new();
    let (scoped_operator, scoped_agent) = (narrow(&place, "operator"), narrow(&place, "agent"));
    let server = Server::start_with(place, &[]);
    for line in [
        "GET /api/v1/audit/entries",
        "GET /api/v1/audit/stream",
        "GET /api/v1/audit/ws",
        "GET /api/v1/audit/status",
        "POST /api/v1/audit/verify",
        "GET /api/v1/audit/entries?nonsense",
    ] {
        for (token, status, code) in [
            (server.token(), 403, "role_required"),
            (scoped_operator.clone(), 403, "out_of_scope"),
            (scoped_agent.clone(), 403, "out_of_scope"),
        ] {
            let before = server.entries().len();
            let answer = ask(&server, &token, line);
            answer.problem(status, code);
            let written = server.entries().split_off(before);
            assert_eq!(written.len(), 1, "{line}");
            assert_eq!((&written[0]["kind"], &written[0]["code"]), (&json!("refusal"), &json!(code)));
            assert_eq!(written[0]["call_id"].as_str(), answer.header("x-gitoma-call-id"));
        }
        let answer = server.raw(&format!("{line} HTTP/1.1\r\nContent-Length: 0"), b"");
        answer.problem(401, "unauthenticated");
    }
    // So it is with the metrics, and not with the probe, which comes every few seconds.
    let before = server.entries().len();
    ask(&server, &scoped_agent, "GET /metrics").problem(403, "out_of_scope");
    assert_eq!(server.entries().len(), before + 1);
    assert_eq!(ask(&server, &scoped_agent, "GET /readyz").json(), json!({"ready": true}));
    assert_eq!(server.entries().len(), before + 1);
}

#[test]
fn the_log_is_verified_while_it_is_written() {
    let server = Server::start();
    server.call("git_log", &json!({"repo": "web"}));
    assert!(operator(&server, "GET /api/v1/audit/status").json().get("verification").is_none());
    let found = operator(&server, "POST /api/v1/audit/verify");
    assert_eq!(found.status, 200, "{found:?}");
    let found = found.json();
    assert_eq!((&found["verdict"], &found["fault"]), (&json!("intact"), &Value::Null), "{found}");
    assert_eq!(found["entries"].as_u64(), found["through_seq"].as_u64().map(|seq| seq + 1));
    let busy = operator(&server, "POST /api/v1/audit/verify");
    busy.problem(429, "busy");
    assert!(busy.header("retry-after").is_some());
    let state = operator(&server, "GET /api/v1/audit/status").json();
    assert_eq!(state["verification"], found);
    assert_eq!((&state["ok"], &state["subscribers"]), (&json!(true), &json!(0)));
    let newest = server.lines().pop().unwrap();
    assert!(newest.contains(&format!("\"entry_hash\":\"{}\"", state["head"].as_str().unwrap())), "{state}");
}

#[test]
fn what_was_changed_is_found_and_said_where() {
    let server = Server::start();
    for _ in 0..3 {
        server.call("git_log", &json!({"repo": "web"}));
    }
    server.edit_log(|text| text.replacen("\"git_log\"", "\"git_lag\"", 1));
    let found = operator(&server, "POST /api/v1/audit/verify").json();
    assert_eq!((&found["verdict"], &found["fault"]["class"]), (&json!("tampered"), &json!("hash_mismatch")));
    let line = found["fault"]["line"].as_u64().unwrap();
    assert_eq!((found["fault"]["seq"].as_u64(), found["entries"].as_u64()), (Some(line - 1), Some(line - 1)));
    assert!(found["fault"]["file"].as_str().unwrap().ends_with(".jsonl"), "{found}");
    assert_eq!(operator(&server, "GET /api/v1/audit/status").json()["verification"], found);
    // It is not handed out as if it had been written so.
    operator(&server, "GET /api/v1/audit/entries").problem(500, "unavailable");
    let behind = operator(&server, &format!("GET /api/v1/audit/entries?after={line}"));
    assert_eq!(behind.status, 200);
}

#[test]
fn callers_learn_who_they_are() {
    let place = Place::new();
    let scoped = narrow(&place, "agent");
    let server = Server::start_with(place, &[]);
    let me = ask(&server, &server.token(), "GET /api/v1/me").json();
    assert_eq!(
        (&me["principal"], &me["roles"], &me["scoped"]),
        (&json!("agent"), &json!(["agent"]), &json!(false))
    );
    assert!(me.get("expires").is_none());
    let requests = &me["limits"]["requests"];
    assert_eq!((&requests["limit"], &requests["window_seconds"]), (&json!(600), &json!(6)));
    assert_eq!(requests["remaining"], 599);
    assert_eq!(me["limits"]["writes"]["remaining"], 20);
    let me = operator(&server, "GET /api/v1/me").json();
    assert_eq!(me["roles"], json!(["approver", "auditor", "admin"]));
    let me = ask(&server, &scoped, "GET /api/v1/me").json();
    assert_eq!((&me["principal"], &me["scoped"]), (&json!("agent"), &json!(true)));
    ask(&server, "made-up", "GET /api/v1/me").problem(403, "invalid_credential");
    operator(&server, "GET /api/v1/me?verbose=1").problem(400, "malformed");
}
