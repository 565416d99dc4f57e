//! Approvals over HTTP: a call that waits says for what, an approver decides it, and it runs once.

use serde_json::{Value, json};

use crate::support::{Answer, Place, Server};

const POLICY: &str = r#"
version: 1
global:
  rules:
    - { id: look-first, effect: ask, tools: [git_log] }
"#;

fn server() -> Server {
    let place = Place::new();
    place.write("policy.yaml", POLICY);
    let policy = place.repository().join("policy.yaml").to_str().unwrap().to_owned();
    Server::start_with(place, &["--policy", &policy])
}

fn call(server: &Server) -> Answer {
    server.call("git_log", &json!({"repo": "web", "max_count": 1}))
}

/// A request about approvals by the holder of `token`, with more headers.
fn request(server: &Server, token: &str, method: &str, path: &str, more: &str, body: &str) -> Answer {
    let length = body.len();
    let head = format!(
        "{method} /api/v1/approvals{path} HTTP/1.1\r\nAuthorization: Bearer {token}\r\nContent-Length: {length}{more}"
    );
    server.raw(&head, body.as_bytes())
}

fn pending(server: &Server) -> String {
    call(server).problem(403, "approval_required")["approval"]["id"].as_str().unwrap().to_owned()
}

#[test]
fn a_call_waits_is_approved_and_runs_once() {
    let server = server();
    let (agent, operator) = (server.token(), server.token_of("operator_token"));
    let refused = call(&server);
    let problem = refused.problem(403, "approval_required");
    let id = problem["approval"]["id"].as_str().unwrap();
    assert!(problem["approval"]["expires"].as_str().unwrap().ends_with('Z'), "{problem}");
    assert_eq!(problem["rules"][0]["id"], "look-first");
    let states: Vec<Value> = server.entries_of(&refused).iter().map(|entry| entry["kind"].clone()).collect();
    assert_eq!(states, ["approval", "refusal"]);

    let listed = request(&server, &operator, "GET", "", "", "").json();
    assert_eq!(
        (&listed["approvals"][0]["id"], &listed["approvals"][0]["principal"]),
        (&json!(id), &json!("agent"))
    );
    let shown = request(&server, &operator, "GET", &format!("/{id}"), "", "").json();
    assert_eq!((&shown["state"], &shown["tool"]), (&json!("pending"), &json!("git_log")));
    let own = request(&server, &agent, "GET", &format!("/{id}"), "", "").json();
    assert_eq!(own.as_object().unwrap().len(), 4, "{own}");

    let decided = request(&server, &operator, "POST", &format!("/{id}/approve"), "", r#"{"note":"go on"}"#);
    let decided = decided.json();
    assert_eq!((&decided["state"], &decided["decision"]["note"]), (&json!("approved"), &json!("go on")));
    let again = request(&server, &operator, "POST", &format!("/{id}/deny"), "", "");
    again.problem(409, "approval_settled");
    let ran = call(&server);
    assert_eq!(ran.status, 200, "{ran:?}");
    assert_eq!(server.entries_of(&ran)[0]["state"], "used");
    assert_eq!(server.entries_of(&ran)[1]["approval_id"], id);
    assert_ne!(pending(&server), id);
    let all = request(&server, &operator, "GET", "?all=true", "", "").json();
    assert_eq!(all["approvals"].as_array().unwrap().len(), 2);
}

#[test]
fn a_denied_call_names_its_approval() {
    let server = server();
    let id = pending(&server);
    let operator = server.token_of("operator_token");
    let denied = request(&server, &operator, "POST", &format!("/{id}/deny"), "", "");
    assert_eq!(denied.json()["state"], "denied");
    assert_eq!(call(&server).problem(403, "approval_denied")["approval"]["id"], *id);
}

#[test]
fn what_is_not_of_the_documented_shape_is_refused_and_decides_nothing() {
    let server = server();
    let id = pending(&server);
    let (agent, operator) = (server.token(), server.token_of("operator_token"));
    let approve = format!("/{id}/approve");
    for body in [
        "{",
        "[]",
        r#"["a"]"#,
        r#"{"note":1}"#,
        r#"{"note":"a","force":true}"#,
        r#"{"note":"a","note":"b"}"#,
        "null",
    ] {
        request(&server, &operator, "POST", &approve, "", body).problem(400, "malformed");
        request(&server, "nobody-has-this-token", "POST", &approve, "", body)
            .problem(403, "invalid_credential");
    }
    let long = format!(r#"{{"note":"{}"}}"#, "n".repeat(1001));
    request(&server, &operator, "POST", &approve, "", &long).problem(422, "invalid_arguments");
    request(&server, &agent, "POST", &approve, "", "").problem(403, "role_required");
    for restrict in ["read-only", "dry-run"] {
        let restrict = format!("\r\nGitoma-Restrict: {restrict}");
        request(&server, &operator, "POST", &approve, &restrict, "").problem(403, "narrowed");
    }
    request(&server, &operator, "POST", &approve, "\r\nGitoma-Restrict: nonsense", "")
        .problem(400, "bad_restriction");
    request(&server, &operator, "GET", "?all=yes", "", "").problem(400, "malformed");
    for unknown in ["/apr_aaaaaaaaaaaaaaaaaaaaaaaaaa", "/nonsense", "/%ff", "/..%2faudit"] {
        request(&server, &operator, "GET", unknown, "", "").problem(404, "approval_not_found");
        request(&server, &operator, "POST", &format!("{unknown}/deny"), "", "")
            .problem(404, "approval_not_found");
    }
    request(&server, &operator, "POST", &format!("/{id}"), "", "").problem(405, "unknown_method");
    request(&server, &operator, "POST", &format!("/{id}/merge"), "", "").problem(404, "unknown_route");
    let shown = request(&server, &operator, "GET", &format!("/{id}"), "", "").json();
    assert_eq!(shown["state"], "pending");
}
