//! What is new to the remote is judged commit by commit.

use std::os::unix::fs::symlink;

use super::{House, call, house, house_with};
use crate::scene::{Stage, WRITING_POLICY, column};

const SECRET: &str = "kX9vT2qLmP4sRw7z";

fn on_agent_branch() -> House {
    let house = house();
    house.commit("src/a.rs", "pub fn a() {}\n");
    house.scene.git(&["checkout", "--quiet", "agent/x"]);
    house.scene.git(&["checkout", "--quiet", "--detach"]);
    house
}

/// Commits the work tree on top of `agent/x`, with real git.
fn commit(house: &House, message: &str) {
    house.scene.commit(message);
    house.scene.git(&["update-ref", "refs/heads/agent/x", "HEAD"]);
}

#[test]
fn each_commit_counts_and_not_only_the_last() {
    let house = on_agent_branch();
    house.scene.write("app.yaml", format!("user: ada\npassword: {SECRET}\n"));
    commit(&house, "in");
    std::fs::remove_file(house.scene.root().join("app.yaml")).unwrap();
    commit(&house, "out");
    let (code, words) = house.refused();
    assert!(
        code == "secret_found" && words.contains("app.yaml line 2") && !words.contains(SECRET),
        "{words}"
    );
}

#[test]
fn a_message_with_a_secret_stays_here() {
    let house = on_agent_branch();
    house.scene.write("a", "x\n");
    commit(&house, &format!("use it\n\npassword: {SECRET}"));
    let (code, words) = house.refused();
    assert!(code == "secret_found" && !words.contains(SECRET), "{words}");
}

#[test]
fn what_no_tool_may_commit_is_not_pushed() {
    for (rule, change) in [
        (
            "change:symbolic-link",
            &(|house: &House| symlink("README.md", house.scene.root().join("alias")).unwrap())
                as &dyn Fn(&House),
        ),
        ("change:binary", &|house: &House| house.scene.write("bin", "a\0b")),
        ("change:same-name", &|house: &House| house.scene.write("readme.md", "x\n")),
        ("builtin:github-workflows", &|house: &House| house.scene.write(".github/workflows/ci.yml", "x\n")),
        ("builtin:git-modules", &|house: &House| house.scene.write(".gitmodules", "x\n")),
        ("path:", &|house: &House| house.scene.write("a\u{202e}b", "x\n")),
        ("change:submodule", &|house: &House| {
            let entry = format!("160000,{},sub", "1".repeat(40));
            house.scene.git(&["update-index", "--add", "--cacheinfo", &entry]);
            house.scene.git(&["commit", "--quiet", "--message", "submodule"]);
        }),
        ("larger than", &|house: &House| house.scene.write("large", "line of text\n".repeat(200_000))),
    ] {
        let house = on_agent_branch();
        change(&house);
        if rule == "change:submodule" {
            house.scene.git(&["update-ref", "refs/heads/agent/x", "HEAD"]);
        } else {
            commit(&house, "by hand");
        }
        let (code, words) = house.refused();
        assert!(["path_denied", "denied", "too_large"].contains(&code.as_str()), "{rule}: {code}");
        assert!(words.contains(rule), "{rule}: {words}");
    }
}

/// What the remote has is no news, however it comes here: a merge brings in only itself.
#[test]
fn a_merge_of_what_the_remote_has_is_judged_for_itself() {
    let house = house_with(WRITING_POLICY, |_| {});
    house.commit("src/a.rs", "pub fn a() {}\n");
    house.push();
    let scene = &house.scene;
    // On `main`, a person commits what no tool may.
    scene.write("logo.png", "\u{1}\0\u{2}");
    symlink("README.md", scene.root().join("alias")).unwrap();
    scene.write(".github/workflows/ci.yml", "on: push\n");
    scene.commit("a person's work");
    scene.git(&["push", "--quiet", "../remote.git", "main"]);
    scene.git(&["checkout", "--quiet", "agent/x"]);
    scene.git(&["merge", "--quiet", "--no-edit", "main"]);
    scene.git(&["checkout", "--quiet", "main"]);
    let pushed = house.push();
    assert_eq!(pushed["commits"], 1);
    // An approver sees all that changes for the branch.
    assert!(column(&pushed, "files", "path").contains(&"logo.png".to_owned()), "{pushed}");
    // A merge that brings in something of its own is judged for that.
    scene.write("more.txt", "x\n");
    scene.commit("more");
    scene.git(&["push", "--quiet", "../remote.git", "main"]);
    scene.git(&["checkout", "--quiet", "agent/x"]);
    scene.git(&["merge", "--quiet", "--no-commit", "--no-ff", "main"]);
    scene.write("app.yaml", format!("password: {SECRET}\n"));
    scene.commit("an evil merge");
    scene.git(&["checkout", "--quiet", "main"]);
    let (code, words) = house.refused();
    assert!(code == "secret_found" && words.contains("app.yaml line 1"), "{words}");
}

#[test]
fn what_policy_keeps_from_an_agent_is_kept_from_its_push() {
    let policy = WRITING_POLICY.replace(
        "rules:\n",
        "rules:\n    - { id: infra, effect: deny, capability: write, tools: [git_push_branch], paths: [\"infra/**\"] }\n",
    );
    let house = house_with(&policy, |_| {});
    house.commit("src/a.rs", "pub fn a() {}\n");
    house.scene.git(&["checkout", "--quiet", "agent/x"]);
    house.scene.git(&["checkout", "--quiet", "--detach"]);
    house.scene.write("infra/main.tf", "x\n");
    commit(&house, "by hand");
    let (code, words) = house.refused();
    assert!(code == "denied" && words.contains("infra"), "{words}");
}

/// Without a fetch it is not known what is new; then all is.
#[test]
fn a_remote_of_which_nothing_is_known_gets_nothing_unjudged() {
    let house = house_with(WRITING_POLICY, |scene| scene.write("logo.png", "\u{1}\0\u{2}"));
    house.commit("src/a.rs", "pub fn a() {}\n");
    let scene = &house.scene;
    scene.git(&["clone", "--quiet", "../remote.git", "../other"]);
    let other = scene.outside("other");
    scene.git_in(&other, &["commit", "--quiet", "--amend", "--message", "another beginning"]);
    scene.git_in(&other, &["push", "--quiet", "--force", "origin", "main"]);
    let (code, words) = house.refused();
    assert!(code == "path_denied" && words.contains("logo.png"), "{words}");
    scene.git(&["fetch", "--quiet", "../remote.git", "main:refs/remotes/there"]);
    assert_eq!(house.refused().0, "path_denied");
}

/// An empty remote gets a whole history, judged from its first commit.
#[test]
fn an_empty_remote_gets_a_judged_history() {
    let house = house();
    house.commit("src/a.rs", "pub fn a() {}\n");
    let scene = &house.scene;
    std::fs::rename(super::remote(scene), scene.outside("full.git")).unwrap();
    scene.git(&["init", "--quiet", "--bare", "--initial-branch=main", "../remote.git"]);
    let pushed = house.push();
    assert_eq!((&pushed["commits"], pushed["files"].as_array().unwrap().len()), (&2.into(), 3));
    let denied = WRITING_POLICY.replace("tools: [\"*\"] }\nrepo", "tools: [\"repo_*\"] }\nrepo");
    let stage = Stage::writing(&[scene.config()], &denied, true);
    assert_eq!(stage.refused("git_push_branch", call("agent/x")), "unknown_tool");
}

/// What stands beside the message is judged, and a signature is no secret.
#[test]
fn a_signed_commit_goes_and_a_header_hides_nothing() {
    let house = on_agent_branch();
    let scene = &house.scene;
    let made = |header: &str| {
        let plain = scene.git(&["cat-file", "commit", "main"]);
        let parent = scene.git(&["rev-parse", "main"]);
        let (head, message) = plain.split_once("\n\n").unwrap();
        let (tree, who) = head.split_once('\n').unwrap();
        let commit = format!("{tree}\nparent {parent}\n{who}\n{header}\n\n{message}\n");
        std::fs::write(scene.outside("commit"), commit).unwrap();
        let id = scene.git(&["hash-object", "-t", "commit", "-w", "../commit"]);
        scene.git(&["update-ref", "refs/heads/agent/x", &id]);
    };
    made(
        "gpgsig -----BEGIN SSH SIGNATURE-----\n U1NIU0lHAAAAAQAAADMAAAALc3NoLWVkMjU1MTkAAAAgJKxoLBJBivUPNTUJUSslQTt2hD\n \
         jozKvHarKeN8uYFqgAAAADZm9vAAAAAAAAAFMAAAALc3NoLWVkMjU1MTkAAABAKNC4IEbt\n Tq0Fb56xhtuE1/lK9H9RZJfON4o6hE9R4ZGFX98gy0\n \
         -----END SSH SIGNATURE-----",
    );
    house.push();
    made(&format!("note password: {SECRET}"));
    // Another history than the one that went; under another name it would be news.
    scene.git(&["branch", "agent/y", "agent/x"]);
    let refusal = house.stage.refusal("git_push_branch", call("agent/y"));
    assert_eq!((refusal.code(), refusal.executed()), ("secret_found", false), "{refusal}");
    assert!(!refusal.to_string().contains(SECRET));
}
