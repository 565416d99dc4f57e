//! The tools that make branches and commits without a work tree.

use std::os::unix::fs::symlink;

use serde_json::{Value, json};

use crate::scene::{Scene, Stage, WRITING_POLICY};

const SECRET: &str = "kX9vT2qLmP4sRw7z";

fn scene() -> Scene {
    let scene = Scene::new();
    scene.write("README.md", "# Web\n");
    scene.write("src/main.rs", "fn main() {}\n");
    scene.write("app.yaml", format!("user: ada\npassword: {SECRET}\nport: 80\n"));
    symlink("README.md", scene.root().join("alias")).unwrap();
    scene.commit("begin");
    scene
}

fn commit(branch: &str, files: &Value) -> Value {
    json!({"repo": "web", "branch": branch, "message": "Change things\n\nFor a reason.", "files": files})
}

/// Everything a person sees of the checked-out tree.
fn checked_out(scene: &Scene) -> (String, String) {
    (scene.git(&["status", "--porcelain", "--branch"]), scene.git(&["rev-parse", "HEAD"]))
}

#[test]
fn a_commit_goes_onto_a_branch_and_touches_nothing_else() {
    let scene = scene();
    let stage = scene.writing_stage();
    let before = checked_out(&scene);
    let made = stage.call("git_create_branch", json!({"repo": "web", "branch": "agent/fix"}));
    assert_eq!(made["commit"], before.1);
    let again = stage.call("git_create_branch", json!({"repo": "web", "branch": "agent/fix"}));
    assert_eq!((&made["changed"], &again["changed"]), (&json!(true), &json!(false)));
    let files = json!([
        {"path": "src/main.rs", "content": "fn main() { run(); }\n"},
        {"path": "src/new/deep.rs", "content": "pub fn run() {}\n"},
        {"path": "run.sh", "content": "#!/bin/sh\n", "executable": true},
        {"path": "README.md"},
    ]);
    let done = stage.call("git_commit_files", commit("agent/fix", &files));
    let id = done["commit"].as_str().unwrap();
    assert_eq!(scene.git(&["rev-parse", "agent/fix"]), id);
    assert_eq!(scene.git(&["rev-parse", "agent/fix~1"]), before.1);
    assert_eq!(
        scene.git(&["diff", "--name-status", "main", "agent/fix"]),
        "D\tREADME.md\nA\trun.sh\nM\tsrc/main.rs\nA\tsrc/new/deep.rs"
    );
    assert!(scene.git(&["ls-tree", "agent/fix", "run.sh"]).starts_with("100755 "));
    assert_eq!(
        scene.git(&["log", "-1", "--format=%an <%ae>%n%B", "agent/fix"]).trim_end(),
        "agent <agent@gitoma.invalid>\nChange things\n\nFor a reason."
    );
    assert_eq!(scene.git(&["show", "agent/fix:src/new/deep.rs"]), "pub fn run() {}");
    assert_eq!(checked_out(&scene), before);
    scene.git(&["fsck", "--strict", "--no-dangling"]);
    let same = json!([{"path": "run.sh", "content": "#!/bin/sh\n"}]);
    let same = stage.call("git_commit_files", commit("agent/fix", &same));
    assert_eq!((&same["changed"], same["commit"].as_str()), (&json!(false), Some(id)));
}

#[test]
fn a_branch_is_moved_only_from_where_it_was_seen() {
    let scene = scene();
    let stage = scene.writing_stage();
    stage.call("git_create_branch", json!({"repo": "web", "branch": "agent/fix"}));
    let mut call = commit("agent/fix", &json!([{"path": "a", "content": "x\n"}]));
    call["expected_head"] = "1".repeat(40).into();
    let refusal = stage.refusal("git_commit_files", call.clone());
    assert_eq!((refusal.code(), refusal.executed()), ("conflict", false));
    call["expected_head"] = scene.git(&["rev-parse", "agent/fix"]).into();
    stage.call("git_commit_files", call.clone());
    assert_eq!(stage.refused("git_commit_files", call), "conflict");
    assert_eq!(
        stage.refused("git_commit_files", commit("agent/other", &json!([{"path": "a", "content": "x"}]))),
        "not_found"
    );
    // Another commit under the same name.
    let other = json!({"repo": "web", "branch": "agent/fix", "from": "main"});
    assert_eq!(stage.refused("git_create_branch", other), "conflict");
    // A name that git could not keep beside the other.
    assert_eq!(
        stage.refused("git_create_branch", json!({"repo": "web", "branch": "agent/fix/more"})),
        "conflict"
    );
    // Somebody holds the branch's lock.
    scene.write(".git/refs/heads/agent/fix.lock", "");
    let refusal =
        stage.refusal("git_commit_files", commit("agent/fix", &json!([{"path": "b", "content": "x"}])));
    assert_eq!((refusal.code(), refusal.executed()), ("conflict", false));
}

#[test]
fn a_branch_that_is_checked_out_is_left_alone() {
    let scene = scene();
    let stage = scene.writing_stage();
    let files = json!([{"path": "a", "content": "x\n"}]);
    assert_eq!(stage.refused("git_commit_files", commit("main", &files)), "conflict");
    scene.git(&["worktree", "add", "--quiet", "-b", "side", "../side"]);
    assert_eq!(stage.refused("git_commit_files", commit("side", &files)), "conflict");
    assert_eq!(scene.git(&["log", "--oneline", "--all"]).lines().count(), 1);
}

#[test]
fn names_that_are_no_branches_are_refused() {
    let scene = scene();
    let stage = scene.writing_stage();
    for branch in [
        "HEAD",
        "head",
        "refs/heads/x",
        "-x",
        "a/-b",
        "a..b",
        "a b",
        "a.lock",
        "@",
        "a@{1}",
        "a~1",
        "x/",
        "/x",
        "",
        "deadbeef",
        "0123456789012345678901234567890123456789",
        "a\\b",
        "a:b",
        "a\u{202e}b",
        ".x",
        "refs",
        "FETCH_HEAD",
    ] {
        let code = stage.refused("git_create_branch", json!({"repo": "web", "branch": branch}));
        assert_eq!(code, "path_denied", "{branch:?}");
    }
    assert_eq!(scene.git(&["for-each-ref", "--format=%(refname)"]), "refs/heads/main");
}

#[test]
fn what_a_commit_may_not_hold_is_refused_by_rule() {
    let scene = scene();
    scene.git(&[
        "update-index",
        "--add",
        "--cacheinfo",
        "160000,1111111111111111111111111111111111111111,sub",
    ]);
    scene.git(&["commit", "--quiet", "--message", "submodule"]);
    let stage = scene.writing_stage();
    stage.call("git_create_branch", json!({"repo": "web", "branch": "agent/fix"}));
    let tip = scene.git(&["rev-parse", "agent/fix"]);
    let text = |path: &str, content: &str| json!([{"path": path, "content": content}]);
    for (files, code, words) in [
        (text("alias", "x"), "path_denied", "change:symbolic-link"),
        (json!([{"path": "alias"}]), "path_denied", "change:symbolic-link"),
        (text("alias/x", "x"), "path_denied", "change:symbolic-link"),
        (text("sub", "x"), "path_denied", "change:submodule"),
        (text("sub/x", "x"), "path_denied", "change:submodule"),
        (text("src", "x"), "path_denied", "change:directory"),
        (text("README.md/x", "x"), "path_denied", "change:file-as-directory"),
        (text("readme.md", "x"), "path_denied", "change:same-name"),
        (text("SRC/x.rs", "x"), "path_denied", "change:same-name"),
        (text("README.m\u{212a}d", "x"), "ok", ""),
        (text("bin", "a\0b"), "path_denied", "change:binary"),
        (text(".git/config", "x"), "path_denied", "path:git-directory"),
        (text(".gitmodules", "x"), "path_denied", "builtin:git-modules"),
        (text("a/.env", "x"), "path_denied", "builtin:env-file"),
        (text(".github/workflows/ci.yml", "x"), "path_denied", "builtin:github-workflows"),
        (text("b.yaml", &format!("a: 1\npassword: {SECRET}x\n")), "secret_found", "b.yaml line 2"),
        (text("app.yaml", "user: ada\npassword: ***\n"), "secret_found", "app.yaml line 2"),
        (json!([{"path": "absent"}]), "conflict", "not on the branch"),
        (
            json!([{"path": "x", "content": "1"}, {"path": "./x", "content": "2"}]),
            "invalid_arguments",
            "each file once",
        ),
    ] {
        if code == "ok" {
            continue;
        }
        let refusal = stage.refusal("git_commit_files", commit("agent/fix", &files));
        assert_eq!((refusal.code(), refusal.executed()), (code, false), "{files}: {refusal}");
        assert!(refusal.to_string().contains(words), "{files}: {refusal}");
    }
    let mut leaking = commit("agent/fix", &text("a", "x"));
    leaking["message"] = format!("use password: {SECRET}").into();
    let refusal = stage.refusal("git_commit_files", leaking);
    assert_eq!(refusal.code(), "secret_found");
    assert!(!refusal.to_string().contains(SECRET));
    for message in ["", " \n ", "a\u{0}b", "a\u{1b}[2J", &"x".repeat(20_000)] {
        let mut call = commit("agent/fix", &text("a", "x"));
        call["message"] = message.into();
        assert_eq!(stage.refused("git_commit_files", call), "invalid_arguments", "{message:.10?}");
    }
    assert_eq!(scene.git(&["rev-parse", "agent/fix"]), tip);
    // What was only judged left no object behind.
    assert_eq!(scene.git(&["fsck", "--unreachable", "--no-reflogs"]), "");
}

/// A branch of the caller's own must not show what a rule on references hides.
#[test]
fn nothing_is_branched_off_that_may_not_be_read() {
    let scene = scene();
    scene.git(&["branch", "hidden/plan"]);
    let policy = WRITING_POLICY.replace(
        "rules:\n",
        "rules:\n    - { id: hidden, effect: deny, tools: [\"repo_*\", \"git_*\"], refs: [\"hidden/**\"] }\n",
    );
    let stage = Stage::writing(&[scene.config()], &policy, true);
    for from in ["hidden/plan", "refs/heads/hidden/plan", "hidden/plan~0"] {
        for tool in ["git_create_branch", "worktree_create"] {
            let refusal = stage.refusal(tool, json!({"repo": "web", "branch": "agent/x", "from": from}));
            assert_eq!((refusal.code(), refusal.executed()), ("denied", false), "{tool} {from}");
        }
    }
    stage.call("git_create_branch", json!({"repo": "web", "branch": "agent/x"}));
    scene.git(&["checkout", "--quiet", "hidden/plan"]);
    assert_eq!(stage.refused("git_create_branch", json!({"repo": "web", "branch": "agent/y"})), "denied");
}

/// Invariant 11: a link among the references leads a new branch nowhere.
#[test]
fn a_link_among_the_references_is_not_followed() {
    let scene = scene();
    let stage = scene.writing_stage();
    let outside = scene.outside("outside");
    std::fs::create_dir(&outside).unwrap();
    symlink(&outside, scene.root().join(".git/refs/heads/agent")).unwrap();
    let refusal = stage.refusal("git_create_branch", json!({"repo": "web", "branch": "agent/fix"}));
    assert_eq!((refusal.code(), refusal.executed()), ("path_denied", false), "{refusal}");
    assert_eq!(std::fs::read_dir(&outside).unwrap().count(), 0);
}

/// GIT-6: whoever lost the answer asks again, and nothing is done twice.
#[test]
fn a_repeated_call_is_answered_and_not_carried_out() {
    let scene = scene();
    let stage = scene.writing_stage();
    stage.call("git_create_branch", json!({"repo": "web", "branch": "agent/fix"}));
    let mut call = commit("agent/fix", &json!([{"path": "a", "content": "x\n"}]));
    call["idempotency_key"] = "fix-1".into();
    let first = stage.try_call("git_commit_files", call.clone()).unwrap();
    let again = stage.try_call("git_commit_files", call.clone()).unwrap();
    assert_eq!((first.repeated, again.repeated), (false, true));
    assert_eq!((&first.result, first.call_id == again.call_id), (&again.result, false));
    assert_eq!(scene.git(&["rev-list", "--count", "main..agent/fix"]), "1");
    // The same key for something else, or by somebody else.
    let mut other = call.clone();
    other["message"] = "Something else".into();
    let refusal = stage.refusal("git_commit_files", other);
    assert_eq!((refusal.code(), refusal.executed()), ("conflict", false));
    let theirs = stage.call_as("other", "git_commit_files", call.clone());
    assert_eq!(
        theirs["changed"], false,
        "a key is its principal's: this call was carried out, and found nothing to do"
    );
    // What had no effect leaves the key free.
    let mut failing = commit("agent/none", &json!([{"path": "a", "content": "x\n"}]));
    failing["idempotency_key"] = "fix-2".into();
    assert_eq!(stage.refused("git_commit_files", failing.clone()), "not_found");
    stage.call("git_create_branch", json!({"repo": "web", "branch": "agent/none"}));
    assert!(!stage.try_call("git_commit_files", failing).unwrap().repeated);
    for key in ["", "a b", "a/b", "\u{e4}", &"x".repeat(129)] {
        call["idempotency_key"] = key.into();
        assert_eq!(stage.refused("git_commit_files", call.clone()), "invalid_arguments", "{key}");
    }
}
