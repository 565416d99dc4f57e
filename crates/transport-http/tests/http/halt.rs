//! The kill switch of a running server: by file, by signal and over HTTP, each within one call, and what goes on meanwhile.

use serde_json::json;

use crate::support::{Place, Server, command, eventually};

fn look(server: &Server) -> u16 {
    server.call("git_log", &json!({"repo": "web", "max_count": 1})).status
}

#[test]
fn each_part_stops_calls_and_reads_of_the_state_go_on() {
    let server = Server::start();
    let operator = server.token_of("operator_token");
    let file = server.place.state().join("halt");
    assert_eq!(look(&server), 200);

    server.place.replace(&file, b"stop it\n");
    let refused = server.call("git_log", &json!({"repo": "web"}));
    let problem = refused.problem(503, "halted");
    assert_eq!(problem["executed"], false);
    assert_eq!(server.entries_of(&refused)[0]["code"], "halted");
    server.decide("git_log", &json!({"repo": "web"})).problem(503, "halted");
    assert_eq!(server.get("/api/v1/tools").status, 200);
    assert_eq!(server.ask(&operator, "GET /api/v1/audit/entries", "").status, 200);
    let state = server.get("/api/v1/halt").json();
    assert_eq!(
        (&state["halted"], &state["by"], &state["reason"]),
        (&json!(true), &json!(["file"]), &json!("stop it"))
    );
    let ready = server.get("/readyz");
    assert_eq!((ready.status, &ready.json()["halted"]), (503, &json!(true)));
    assert_eq!(server.raw("GET /readyz HTTP/1.1", b"").body, r#"{"ready":false}"#);
    assert!(server.get("/metrics").body.contains("\ngitoma_halted{source=\"file\"} 1\n"));
    std::fs::rename(&file, server.place.folder.path().join("gone")).unwrap();
    assert_eq!(look(&server), 200, "the very next call");

    server.signal("USR1");
    eventually("it is seen", || look(&server) == 503);
    server.signal("USR2");
    eventually("it is seen", || look(&server) == 200);

    server.get("/api/v1/halt");
    for line in ["POST /api/v1/halt", "POST /api/v1/resume"] {
        server.ask(&server.token(), line, "").problem(403, "role_required");
    }
    let halted = server.ask(&operator, "POST /api/v1/halt", r#"{"reason":"let me look"}"#);
    assert_eq!((halted.status, &halted.json()["by"]), (200, &json!(["admin"])), "{halted:?}");
    assert_eq!(look(&server), 503);
    for body in [r#"{"why":1}"#.to_owned(), "[]".to_owned(), json!({"reason": "x".repeat(501)}).to_string()] {
        server.ask(&operator, "POST /api/v1/halt", &body).problem(400, "malformed");
    }
    server.ask(&operator, "POST /api/v1/resume?now=1", "").problem(400, "malformed");
    server.ask(&operator, "POST /api/v1/resume", r#"{"reason":"no"}"#).problem(400, "malformed");

    // It outlives the process.
    let (_, _, place) = server.stop();
    let server = Server::start_with(place, &[]);
    assert_eq!(look(&server), 503);
    let resumed = server.ask(&operator, "POST /api/v1/resume", "{}");
    assert_eq!((resumed.status, resumed.json()), (200, json!({"halted": false})));
    assert_eq!(look(&server), 200);
    let turns: Vec<_> = server.entries().into_iter().filter(|entry| entry["switch"] == "halt").collect();
    let told = |detail: &str, state: &str, principal: serde_json::Value| {
        turns
            .iter()
            .any(|turn| turn["detail"] == detail && turn["state"] == state && turn["principal"] == principal)
    };
    assert!(
        told("by file: stop it", "set", json!(null)) && told("by file", "cleared", json!(null)),
        "{turns:?}"
    );
    assert!(told("by signal", "set", json!(null)) && told("by signal", "cleared", json!(null)), "{turns:?}");
    assert!(told("by admin: let me look", "set", json!("operator")), "{turns:?}");
    assert!(told("by admin", "cleared", json!("operator")), "{turns:?}");
}

#[test]
fn a_configuration_may_name_the_file() {
    let place = Place::new();
    let folder = place.folder.path().join("switches");
    std::fs::create_dir(&folder).unwrap();
    let token = place.folder.path().join("claude.token");
    place.replace(&token, b"a-token-that-is-long-enough\n");
    let file = place.configuration(
        "halt_file: switches/stop\nprincipals:\n  - { name: claude, roles: [agent], token_file: claude.token }\n",
    );
    let server = Server::start_with(place, &["--config", &file]);
    let call = || server.ask("a-token-that-is-long-enough", "POST /api/v1/tools/repo_list", "{}").status;
    assert_eq!(call(), 200);
    let touched = command("touch", server.place.folder.path()).arg(folder.join("stop")).status().unwrap();
    assert!(touched.success());
    assert_eq!(call(), 503);
}
