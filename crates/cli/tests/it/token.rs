//! `gitoma token`, and what its tokens are then good for.

use crate::support::Place;

#[test]
fn a_token_is_made_shown_once_listed_and_revoked() {
    let place = Place::new();
    let token = |arguments: &[&str]| place.gitoma(&[&["token"], arguments, &["--state", "state"]].concat());
    assert_eq!(token(&["list"]).ends(0).out, "no token: gitoma token new makes one\n");
    let made = token(&[
        "new",
        "ci",
        "--tool",
        "git_*",
        "--on",
        "acme/*",
        "--capability",
        "read",
        "--expires",
        "30d",
    ])
    .ends(0);
    let secret = made.out.trim().to_owned();
    assert!(secret.starts_with("gitoma_") && secret.len() == 71, "{}", made.out);
    assert!(made.err.contains(" of ci, until ") && !made.err.contains(&secret), "{}", made.err);
    let list = token(&["list"]).ends(0).out;
    assert!(!list.contains(&secret));
    assert!(
        list.contains("  ci  agent  until ") && list.ends_with("  tools git_*  on acme/*  read\n"),
        "{list}"
    );
    let json = token(&["list", "--json"]).ends(0).json();
    let id = json["tokens"][0]["id"].as_str().unwrap().to_owned();
    assert!(list.starts_with(&id));
    let revoked = token(&["revoke", &id]).ends(0).out;
    assert_eq!(revoked, format!("revoked: {id} of ci\n"));
    let again = token(&["revoke", &id]).ends(2);
    assert!(again.err.contains("gitoma token list shows those there are"), "{}", again.err);
}

#[test]
fn what_makes_no_sense_is_refused() {
    let place = Place::new();
    for (arguments, words) in [
        (&["new", "a b"][..], "1 to 64 of"),
        (&["new", "ci", "--role", "god"], "a role is agent, approver, auditor or admin"),
        (&["new", "ci", "--capability", "all"], "a capability is read, write or automation"),
        (&["new", "ci", "--expires", "soon"], "30d"),
        (&["new", "ci", "--expires", "2020-01-01T00:00:00Z"], "must be in the future"),
        (&["new", "ci", "--tool", "{a,b}"], "a pattern of the scope does not hold"),
        (&["new", "operator", "--role", "agent"], "this principal has other roles already"),
    ] {
        let said = place.gitoma(&[&["token"], arguments, &["--state", "state"]].concat()).ends(2);
        assert!(said.err.contains(words), "{arguments:?} {}", said.err);
        assert_eq!(said.out, "");
    }
    assert_eq!(
        place.gitoma(&["token", "list", "--state", "state", "--json"]).ends(0).json()["tokens"]
            .as_array()
            .unwrap()
            .len(),
        0
    );
}

/// An approver who has a token of their own decides with it.
#[test]
fn an_approver_decides_with_a_token() {
    let place = Place::new();
    let secret =
        place.gitoma(&["token", "new", "dana", "--role", "approver", "--state", "state"]).ends(0).out;
    let file = place.named("dana.token", &secret);
    let private = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(place.path(&file), private).unwrap();
    let ask = "version: 1\nglobal:\n  rules:\n    - { id: look-first, effect: ask, capability: read, tools: [git_log] }\n";
    let policy = place.file("ask.yaml", ask);
    let call = || place.on_web(&["call", "git_log", "--policy", &policy, "--json"]);
    let id = call().ends(4).json()["approval"]["id"].as_str().unwrap().to_owned();
    place.gitoma(&["approvals", "approve", &id, "--token-file", &file, "--state", "state"]).ends(0);
    call().ends(0);
}
