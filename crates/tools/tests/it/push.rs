//! `git_push_branch`, to a bare repository that real git made.

mod hostile;
mod judged;
mod secrecy;

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::time::Duration;

use gitoma_core::config::{PushTarget, PushUrl, RepositoryConfig};
use gitoma_core::{Decide, RefusalKind};
use serde_json::{Value, json};

use crate::scene::{Scene, Stage, WRITING_POLICY, column};

/// A repository, a remote that has its `main`, and a gateway that may push there.
struct House {
    scene: Scene,
    stage: Stage,
}

fn target(url: &str) -> PushTarget {
    PushTarget {
        url: PushUrl::parse(url).unwrap(),
        prefix: "agent/".into(),
        protected: vec!["main".into(), "agent/main".into(), "agent/release/**".into()],
        username: "x-access-token".into(),
        token: None,
    }
}

fn remote(scene: &Scene) -> PathBuf {
    scene.outside("remote.git")
}

fn house_with(policy: &str, prepare: impl FnOnce(&Scene)) -> House {
    let scene = Scene::new();
    scene.write("README.md", "# Web\n");
    scene.write("src/main.rs", "fn main() {}\n");
    prepare(&scene);
    scene.commit("begin");
    scene.git(&["init", "--quiet", "--bare", "--initial-branch=main", "../remote.git"]);
    scene.git(&["push", "--quiet", "../remote.git", "main"]);
    let url = format!("file://{}", remote(&scene).display());
    let stage = Stage::pushing(&[scene.config()], policy, true, Some(target(&url)));
    House { scene, stage }
}

fn house() -> House {
    house_with(WRITING_POLICY, |_| {})
}

impl House {
    fn commit(&self, path: &str, content: &str) -> String {
        let branch = json!({"repo": "web", "branch": "agent/x"});
        if self.scene.git(&["branch", "--list", "agent/x"]).is_empty() {
            self.stage.call("git_create_branch", branch);
        }
        let files = json!([{"path": path, "content": content}]);
        let call =
            json!({"repo": "web", "branch": "agent/x", "message": format!("Change {path}"), "files": files});
        self.stage.call("git_commit_files", call)["commit"].as_str().unwrap().to_owned()
    }

    /// Commits what is in the work tree onto `agent/x` with real git.
    fn commit_by_git(&self, message: &str) -> String {
        self.scene.git(&["symbolic-ref", "HEAD", "refs/heads/agent/x"]);
        let id = self.scene.commit(message);
        self.scene.git(&["symbolic-ref", "HEAD", "refs/heads/main"]);
        id
    }

    fn push(&self) -> Value {
        self.stage.call("git_push_branch", call("agent/x"))
    }

    /// The code and the words of a push that must be refused before anything happened.
    fn refused(&self) -> (String, String) {
        let before = self.there();
        let refusal = self.stage.refusal("git_push_branch", call("agent/x"));
        assert!(!refusal.executed(), "{refusal}");
        assert_eq!(self.there(), before);
        (refusal.code().to_owned(), refusal.to_string())
    }

    /// Every reference of the remote.
    fn there(&self) -> String {
        self.scene.git_in(&remote(&self.scene), &["for-each-ref", "--format=%(refname) %(objectname)"])
    }

    fn hook(&self, name: &str, script: &str) {
        let hook = remote(&self.scene).join("hooks").join(name);
        std::fs::create_dir_all(hook.parent().unwrap()).unwrap();
        std::fs::write(&hook, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&hook, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
}

fn call(branch: &str) -> Value {
    json!({"repo": "web", "branch": branch})
}

#[test]
fn a_branch_goes_to_the_remote_and_forward() {
    let house = house();
    let first = house.commit("src/a.rs", "pub fn a() {}\n");
    let pushed = house.push();
    assert_eq!((&pushed["changed"], &pushed["base"]), (&json!(true), &Value::Null));
    assert_eq!((pushed["head"].as_str(), &pushed["commits"]), (Some(&*first), &json!(1)));
    assert_eq!(pushed["remote"], "a repository on this machine");
    assert_eq!(column(&pushed, "files", "path"), ["src/a.rs"]);
    assert!(house.there().contains(&format!("refs/heads/agent/x {first}")));
    let again = house.push();
    assert_eq!((&again["changed"], again["base"].as_str()), (&json!(false), Some(&*first)));
    let second = house.commit("src/b.rs", "pub fn b() {}\n");
    let third = house.commit("README.md", "# Web, better\n");
    let pushed = house.push();
    assert_eq!((pushed["base"].as_str(), &pushed["commits"]), (Some(&*first), &json!(2)));
    assert_eq!(column(&pushed, "files", "path"), ["README.md", "src/b.rs"]);
    assert_ne!(second, third);
    assert!(house.there().contains(&format!("refs/heads/agent/x {third}")));
    house.scene.git_in(&remote(&house.scene), &["fsck", "--strict"]);
    // Nothing of it is left in the repository, and nobody else's branch went along.
    assert_eq!(house.there().lines().count(), 2);
    assert_eq!(
        house.scene.git(&["for-each-ref", "--format=%(refname)"]),
        "refs/heads/agent/x\nrefs/heads/main"
    );
}

#[test]
fn what_may_not_be_pushed_is_refused_by_rule() {
    let house = house();
    let head = house.commit("src/a.rs", "pub fn a() {}\n");
    for branch in ["other/x", "agent/main", "agent/release/1", "agent/nowhere"] {
        if branch != "agent/nowhere" {
            house.scene.git(&["branch", branch, "agent/x"]);
        }
    }
    let before = house.there();
    for (branch, code, words) in [
        ("other/x", "path_denied", "push:outside-prefix"),
        ("main", "path_denied", "push:protected-branch"),
        ("agent/main", "path_denied", "push:protected-branch"),
        ("agent/release/1", "path_denied", "push:protected-branch"),
        ("agent/nowhere", "not_found", "branch"),
        ("refs/heads/agent/x", "path_denied", "ref:"),
        ("agent/x:main", "path_denied", "ref:"),
        ("+agent/x", "path_denied", "push:outside-prefix"),
        ("--force", "path_denied", "ref:"),
    ] {
        let refusal = house.stage.refusal("git_push_branch", call(branch));
        assert_eq!((refusal.code(), refusal.executed()), (code, false), "{branch}: {refusal}");
        assert!(refusal.to_string().contains(words), "{branch}: {refusal}");
    }
    let mut expecting = call("agent/x");
    expecting["expected_head"] = "1".repeat(40).into();
    assert_eq!(house.stage.refused("git_push_branch", expecting.clone()), "conflict");
    assert_eq!(house.there(), before);
    expecting["expected_head"] = head.into();
    house.stage.call("git_push_branch", expecting);
    // The branch that the remote shows first is nobody's to push to, whatever it is called.
    house.scene.git_in(&remote(&house.scene), &["symbolic-ref", "HEAD", "refs/heads/agent/x"]);
    house.commit("src/b.rs", "b\n");
    let (code, words) = house.refused();
    assert!(code == "path_denied" && words.contains("push:protected-branch"), "{words}");
}

#[test]
fn where_no_remote_is_named_nothing_is_pushed() {
    let house = house();
    house.commit("src/a.rs", "pub fn a() {}\n");
    // For no repository: the tool is in no list.
    let unset = Stage::writing(&[house.scene.config()], WRITING_POLICY, true);
    assert!(unset.offers("git_create_branch") && !unset.offers("git_push_branch"));
    assert!(house.stage.offers("git_push_branch"));
    assert_eq!(unset.refused("git_push_branch", json!({"repo": "web", "branch": "agent/x"})), "unsupported");
    // For this repository: it says what is missing, and that no other arguments will do.
    let twin = RepositoryConfig { alias: "twin".into(), ..house.scene.config() };
    let policy = WRITING_POLICY.replace("  web:", "  twin: { write: allow }\n  web:");
    let url = format!("file://{}", remote(&house.scene).display());
    let stage = Stage::pushing(&[house.scene.config(), twin], &policy, true, Some(target(&url)));
    let refusal = stage.refusal("git_push_branch", json!({"repo": "twin", "branch": "agent/x"}));
    assert_eq!((refusal.code(), refusal.executed()), ("unsupported", false));
    assert!(refusal.to_string().contains("repositories.ALIAS.push"), "{refusal}");
    stage.call("git_push_branch", json!({"repo": "web", "branch": "agent/x"}));
}

#[test]
fn a_branch_is_never_moved_back_or_aside() {
    let house = house();
    let mine = house.commit("src/a.rs", "pub fn a() {}\n");
    house.push();
    // Somebody else goes on at the remote.
    let scene = &house.scene;
    scene.git(&["clone", "--quiet", "--branch", "agent/x", "../remote.git", "../other"]);
    let other = scene.outside("other");
    std::fs::write(other.join("theirs"), "x\n").unwrap();
    scene.git_in(&other, &["add", "theirs"]);
    scene.git_in(&other, &["commit", "--quiet", "--message", "theirs"]);
    scene.git_in(&other, &["push", "--quiet"]);
    let (code, words) = house.refused();
    assert!(code == "conflict" && words.contains("fetch"), "{words}");
    // With their commit at hand it is plain that there is nothing to push.
    scene.git(&["fetch", "--quiet", "../remote.git", "agent/x:refs/remotes/theirs"]);
    let (code, words) = house.refused();
    assert!(code == "conflict" && words.contains("ahead"), "{words}");
    house.commit("src/b.rs", "pub fn b() {}\n");
    let (code, words) = house.refused();
    assert!(code == "conflict" && words.contains("would be lost"), "{words}");
    // History that was rewritten here.
    scene.git(&["update-ref", "refs/heads/agent/x", &format!("{mine}~1")]);
    house.commit("src/c.rs", "pub fn c() {}\n");
    assert_eq!(house.refused().0, "conflict");
}

/// The branch moves between the look at it and the push.
#[test]
fn a_race_at_the_remote_is_lost_and_not_won() {
    let house = house();
    house.commit("src/a.rs", "pub fn a() {}\n");
    house.push();
    house.commit("src/b.rs", "pub fn b() {}\n");
    // The remote's own hook stands in for another who is quicker.
    let main = house.scene.git(&["rev-parse", "main"]);
    house
        .hook("pre-receive", &format!("unset GIT_QUARANTINE_PATH; git update-ref refs/heads/agent/x {main}"));
    let refusal = house.stage.refusal("git_push_branch", call("agent/x"));
    assert_eq!((refusal.code(), refusal.executed()), ("conflict", false), "{refusal}");
    assert!(house.there().contains(&format!("refs/heads/agent/x {main}")));
}

#[test]
fn a_remote_that_does_not_want_a_push_is_heard_shortly() {
    let house = house();
    house.commit("src/a.rs", "pub fn a() {}\n");
    let long = "x".repeat(2000);
    house.hook(
        "pre-receive",
        &format!("echo 'frozen until password: kX9vT2qLmP4sRw7z' >&2; printf 'a\\033[2Jb\\n' >&2; echo {long} >&2; exit 1"),
    );
    let (code, words) = house.refused();
    assert!(code == "conflict" && words.contains("frozen until"), "{words}");
    assert!(!words.contains("kX9vT2qLmP4sRw7z") && !words.contains('\u{1b}') && words.len() < 500, "{words}");
    house.hook("pre-receive", "exit 1");
    assert!(house.refused().1.ends_with("the remote has refused the push"));
    std::fs::remove_file(remote(&house.scene).join("hooks/pre-receive")).unwrap();
    house.push();
}

#[test]
fn a_remote_that_is_not_there_is_said_to_be() {
    let house = house();
    house.commit("src/a.rs", "pub fn a() {}\n");
    std::fs::rename(remote(&house.scene), house.scene.outside("gone")).unwrap();
    let refusal = house.stage.refusal("git_push_branch", call("agent/x"));
    assert_eq!((refusal.code(), refusal.executed()), ("unavailable", false));
    assert!(!refusal.to_string().contains("remote.git"), "{refusal}");
}

/// Who hangs up on a push that has not begun leaves no process behind.
#[test]
fn a_remote_that_hangs_is_left() {
    let house = house();
    house.commit("src/a.rs", "pub fn a() {}\n");
    let refs = remote(&house.scene).join("packed-refs");
    let made = std::process::Command::new("mkfifo").arg(&refs).status().unwrap();
    assert!(made.success());
    assert!(house.stage.call_for(Duration::from_millis(700), "git_push_branch", call("agent/x")).is_none());
    let name = remote(&house.scene).display().to_string();
    let begun = std::time::Instant::now();
    while secrecy::commands().iter().any(|command| command.contains(&name)) {
        assert!(begun.elapsed() < Duration::from_secs(4), "a process is left");
        std::thread::sleep(Duration::from_millis(20));
    }
    std::fs::remove_file(refs).unwrap();
    house.push();
}

/// An approver sees what the remote gets, and a push of anything else needs another approval.
#[test]
fn a_push_is_approved_as_it_is() {
    let rule = "    - { id: look, effect: ask, capability: write, tools: [git_push_branch] }\nrepo";
    let house = house_with(&WRITING_POLICY.replacen("repo", rule, 1), |_| {});
    let asked = || match house.stage.refusal("git_push_branch", call("agent/x")).kind {
        RefusalKind::ApprovalRequired(needed) => needed.id.to_string(),
        other => panic!("{other:?}"),
    };
    house.commit("src/a.rs", "pub fn a() {}\n");
    let first = asked();
    let shown = house.stage.approval(&first);
    assert_eq!(shown.target, "branch `agent/x` of `web` to a repository on this machine");
    let effects = shown.details.unwrap().effects;
    assert!(effects.diff.unwrap().contains("+pub fn a() {}\n"));
    assert!(effects.message.unwrap().ends_with(" Change src/a.rs\n"));
    house.stage.decide(&first, Decide::Approve).unwrap();
    let second = house.commit("src/b.rs", "pub fn b() {}\n");
    let again = asked();
    assert_ne!(again, first);
    assert!(!house.there().contains("agent/x"));
    house.stage.decide(&again, Decide::Approve).unwrap();
    house.push();
    assert!(house.there().contains(&second));
}

#[test]
fn a_repeated_push_under_one_name_is_one() {
    let house = house();
    house.commit("src/a.rs", "pub fn a() {}\n");
    let mut named = call("agent/x");
    named["idempotency_key"] = "one".into();
    house.stage.call("git_push_branch", named.clone());
    house.stage.call("git_push_branch", named);
    assert_eq!(house.there().lines().count(), 2);
}
