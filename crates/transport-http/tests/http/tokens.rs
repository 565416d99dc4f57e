//! Tokens of `gitoma token` (HTTP-2): what they are good for, until when, and how soon one that is revoked is nothing.

use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, Instant, SystemTime};

use gitoma_core::{Capability, NewToken, StateDirectory, StoredToken, TokenFile};
use serde_json::{Value, json};

use crate::support::{Answer, Place, Server};

fn file(place: &Place) -> TokenFile {
    TokenFile::of(&StateDirectory::open(&place.state()).unwrap())
}

fn mint(place: &Place, new: NewToken) -> (String, StoredToken) {
    let new = NewToken { principal: "ci".to_owned(), ..new };
    let (secret, token) = file(place).mint(&new, &[]).unwrap();
    (secret.expose().to_owned(), token)
}

fn request(server: &Server, token: &str, line: &str, body: &str) -> Answer {
    let length = body.len();
    let head = format!("{line} HTTP/1.1\r\nAuthorization: Bearer {token}\r\nContent-Length: {length}");
    server.raw(&head, body.as_bytes())
}

fn call(server: &Server, token: &str, tool: &str, arguments: &Value) -> Answer {
    let body = json!({ "arguments": arguments }).to_string();
    request(server, token, &format!("POST /api/v1/tools/{tool}"), &body)
}

fn listed(server: &Server, token: &str) -> Vec<String> {
    let answer = request(server, token, "GET /api/v1/tools", "").json();
    let tools = answer["tools"].as_array().unwrap();
    tools.iter().map(|tool| tool["name"].as_str().unwrap().to_owned()).collect()
}

fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < Duration::from_secs(20), "{what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_token_is_good_for_its_scope_and_no_more() {
    let place = Place::new();
    let (token, stored) = mint(
        &place,
        NewToken {
            tools: Some(vec!["git_*".to_owned(), "repo_list".to_owned()]),
            repositories: Some(vec!["other/*".to_owned()]),
            capabilities: Some(vec![Capability::Read]),
            ..NewToken::default()
        },
    );
    let (wide, _) = mint(&place, NewToken::default());
    let server = Server::start_with(place, &[]);
    let tools = listed(&server, &token);
    assert!(tools.contains(&"git_log".to_owned()) && tools.contains(&"repo_list".to_owned()), "{tools:?}");
    assert!(!tools.iter().any(|tool| tool.starts_with("repo_read") || tool.starts_with("worktree")));

    // A tool outside is as unknown as one that does not exist.
    let outside = call(&server, &token, "repo_read_file", &json!({"repo": "web", "path": "README.md"}));
    outside.problem(404, "unknown_tool");
    let nowhere = call(&server, &token, "no_such_tool", &json!({}));
    let words = |answer: &Answer| answer.json()["detail"].clone();
    assert_eq!(words(&outside), words(&nowhere));

    // A repository outside is refused, on the record with the token's id, and not shown.
    let refused = call(&server, &token, "git_log", &json!({"repo": "web"}));
    refused.problem(403, "out_of_scope");
    let entries = server.entries_of(&refused);
    assert_eq!(
        (&entries[0]["code"], &entries[0]["principal"], &entries[0]["token"]),
        (&json!("out_of_scope"), &json!("ci"), &json!(stored.id))
    );
    assert_eq!(call(&server, &token, "repo_list", &json!({})).json()["result"]["repositories"], json!([]));

    let free = call(&server, &wide, "git_log", &json!({"repo": "web"}));
    assert_eq!(free.status, 200, "{free:?}");
    assert!(call(&server, &wide, "repo_list", &json!({})).body.contains("\"web\""));
}

#[test]
fn tokens_come_and_go_while_the_gateway_runs() {
    let server = Server::start();
    let log = json!({"repo": "web", "max_count": 1});
    let (token, stored) = mint(&server.place, NewToken::default());
    let status = || call(&server, &token, "git_log", &log).status;
    eventually("it is taken up", || status() == 200);
    file(&server.place).revoke(&stored.id).unwrap();
    eventually("it is refused", || status() == 403);
    call(&server, &token, "git_log", &log).problem(403, "invalid_credential");
    assert_eq!(server.call("git_log", &log).status, 200, "the others are as they were");
    let entries = server.entries();
    let switched: Vec<_> = entries.iter().filter(|entry| entry["switch"] == "principals").collect();
    let details: Vec<_> = switched.iter().map(|entry| entry["detail"].as_str().unwrap()).collect();
    assert_eq!(details, ["3 principals, 3 tokens", "2 principals, 2 tokens"]);
}

/// What cannot be read changes nothing: who could log in can, and who was revoked by damage is not.
#[test]
fn a_damaged_file_leaves_the_tokens_as_they_were() {
    let place = Place::new();
    let (token, _) = mint(&place, NewToken::default());
    let server = Server::start_with(place, &[]);
    let path = file(&server.place).path();
    let whole = server.place.read(&path);
    for damage in [&whole[..whole.len() / 2], b"{}"] {
        server.place.replace(&path, damage);
        std::thread::sleep(Duration::from_millis(1_500));
        assert_eq!(call(&server, &token, "git_log", &json!({"repo": "web"})).status, 200);
    }
    let (_, _, place) = server.stop();
    let refused = place.server(&[]).output().unwrap();
    assert_eq!(refused.status.code(), Some(2));
    let said = String::from_utf8(refused.stderr).unwrap();
    assert!(said.contains("`tokens.json` in the state directory is damaged"), "{said}");
    place.replace(&path, &whole);
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    let refused = place.server(&[]).output().unwrap();
    let said = String::from_utf8(refused.stderr).unwrap();
    assert!(refused.status.code() == Some(2) && said.contains("chmod 600"), "{said}");
}

#[test]
fn an_expired_token_says_so_to_its_holder_and_locks_nobody_out() {
    let place = Place::new();
    let end = SystemTime::now() + Duration::from_secs(3);
    let (token, _) = mint(&place, NewToken { expires: Some(end), ..NewToken::default() });
    let server = Server::start_with(place, &[]);
    let log = json!({"repo": "web"});
    eventually("its time is over", || call(&server, &token, "git_log", &log).status == 403);
    for _ in 0..20 {
        call(&server, &token, "git_log", &log).problem(403, "expired_credential");
    }
    assert_eq!(server.call("git_log", &log).status, 200);
}

/// Somebody's slip in the configuration is no reason for a stolen token to count on.
#[test]
fn a_revoked_token_does_not_wait_for_a_configuration_to_be_mended() {
    let place = Place::new();
    let folder = place.folder.path().to_owned();
    let in_place = |name: &str| folder.join(name);
    place.replace(&in_place("ann"), b"the-long-enough-token-of-ann");
    place.replace(
        &in_place("good.yaml"),
        b"principals:\n  - { name: ann, roles: [admin], token_file: ann }\n",
    );
    place.replace(&in_place("bad.yaml"), b"principals: [\n");
    let config = in_place("config.yaml");
    let point_at = |target: &str| {
        let link = in_place("link");
        std::os::unix::fs::symlink(in_place(target), &link).unwrap();
        std::fs::rename(link, &config).unwrap();
    };
    point_at("good.yaml");
    let (stolen, stored) = mint(&place, NewToken::default());
    let server = Server::start_with(place, &["--config", config.to_str().unwrap()]);
    let known = |token: &str| request(&server, token, "GET /api/v1/me", "").status;
    let is_stale = || {
        let metrics = request(&server, "the-long-enough-token-of-ann", "GET /metrics", "");
        metrics.body.contains("\ngitoma_principals_stale 1\n")
    };
    assert_eq!(known(&stolen), 200);

    point_at("bad.yaml");
    eventually("the slip is an alarm", is_stale);
    file(&server.place).revoke(&stored.id).unwrap();
    eventually("the token is nobody's", || known(&stolen) == 403);
    let (another, _) = mint(&server.place, NewToken::default());
    eventually("one that was made counts", || known(&another) == 200);
    assert!(is_stale(), "the slip is still there");
    assert_eq!(known("the-long-enough-token-of-ann"), 200, "who was listed is");

    // The very file of before, as where a link goes back to the last release.
    point_at("good.yaml");
    eventually("the alarm ends", || !is_stale());
    assert_eq!((known(&stolen), known(&another)), (403, 200));
}
