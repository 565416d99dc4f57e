//! Disposable worktrees: made, worked in, committed, removed.

use std::os::unix::fs::symlink;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::door::on;
use crate::scene::{Scene, Stage, WRITING_POLICY, column};

const SECRET: &str = "kX9vT2qLmP4sRw7z";

fn scene() -> Scene {
    let scene = Scene::new();
    scene.write("README.md", "# Web\n");
    scene.write("src/main.rs", "fn main() {}\n");
    scene.write("app.yaml", format!("user: ada\npassword: {SECRET}\nport: 80\n"));
    scene.write(".gitignore", "target/\n");
    symlink("README.md", scene.root().join("alias")).unwrap();
    scene.commit("begin");
    scene
}

fn stage(scene: &Scene) -> Stage {
    Stage::writing(&[scene.config()], WRITING_POLICY, false)
}

/// The files of the only worktree.
fn tree(stage: &Stage) -> PathBuf {
    let mut found = std::fs::read_dir(stage.state().join("worktrees")).unwrap();
    let only = found.next().unwrap().unwrap().path().join("tree");
    assert!(found.next().is_none());
    only
}

#[test]
fn work_is_done_in_a_worktree_and_committed_onto_its_branch() {
    let scene = scene();
    let stage = stage(&scene);
    let branches = || scene.git(&["for-each-ref", "refs/heads", "refs/tags", "refs/remotes"]);
    let before = (scene.git(&["status", "--porcelain", "--branch"]), branches());
    let made = stage.call("worktree_create", json!({"repo": "web", "branch": "agent/fix"}));
    assert_eq!((&made["files"], &made["left_out"]), (&json!(4), &json!(1)), "the link is left out");
    assert_eq!(made["base"], scene.git(&["rev-parse", "main"]));
    assert_eq!((scene.git(&["status", "--porcelain", "--branch"]), branches()), before);
    assert_eq!(
        scene.git(&["worktree", "list"]).lines().count(),
        1,
        "nothing is registered in the repository"
    );
    let clean = stage.call("worktree_diff", on("agent/fix", &json!({})));
    assert_eq!(clean["files_changed"], 0, "{clean}");

    stage.call("repo_write_file", on("agent/fix", &json!({"path": "docs/a.md", "content": "new\n"})));
    let edit = json!([{"old_text": "{}", "new_text": "{ run(); }"}]);
    stage.call("repo_edit_file", on("agent/fix", &json!({"path": "src/main.rs", "edits": edit})));
    stage.call("repo_delete_file", on("agent/fix", &json!({"path": "README.md"})));
    std::fs::create_dir(tree(&stage).join("target")).unwrap();
    std::fs::write(tree(&stage).join("target/out"), "ignored").unwrap();
    let read = stage.call("repo_read_file", on("agent/fix", &json!({"path": "src/main.rs"})));
    assert_eq!(read["content"], "fn main() { run(); }\n");
    let status = stage.call("git_status", on("agent/fix", &json!({})));
    assert_eq!(column(&status, "entries", "path"), ["README.md", "docs/a.md", "src/main.rs"]);
    let grep = stage.call("git_grep", on("agent/fix", &json!({"pattern": "run"})));
    assert_eq!(column(&grep, "matches", "path"), ["src/main.rs"], "{grep}");
    let diff = stage.call("worktree_diff", on("agent/fix", &json!({})));
    assert_eq!(column(&diff, "files", "status"), ["deleted", "added", "modified"], "{diff}");

    let done = stage.call("worktree_commit", on("agent/fix", &json!({"message": "Fix it"})));
    assert_eq!(scene.git(&["rev-parse", "agent/fix"]), done["commit"].as_str().unwrap());
    assert_eq!(
        scene.git(&["diff", "--name-status", "main", "agent/fix"]),
        "D\tREADME.md\nA\tdocs/a.md\nM\tsrc/main.rs"
    );
    let clean = stage.call("worktree_diff", on("agent/fix", &json!({})));
    assert_eq!((&clean["files_changed"], &clean["base"]), (&json!(0), &done["commit"]), "{clean}");
    let again = stage.call("worktree_commit", on("agent/fix", &json!({"message": "Nothing"})));
    assert_eq!(again["changed"], false);

    stage.call("repo_write_file", on("agent/fix", &json!({"path": "docs/a.md", "content": "newer\n"})));
    let second = stage.call("worktree_commit", on("agent/fix", &json!({"message": "More"})));
    assert_eq!(scene.git(&["log", "--format=%s", "main..agent/fix"]), "More\nFix it");
    assert_eq!(second["parent"], done["commit"]);
    assert_eq!(
        scene.git(&["status", "--porcelain", "--branch"]),
        before.0,
        "the checked-out tree is as it was"
    );
    scene.git(&["fsck", "--strict", "--no-dangling"]);

    let listed = stage.call("worktree_list", json!({"repo": "web"}));
    assert_eq!(column(&listed, "worktrees", "worktree"), ["agent/fix"]);
    std::fs::remove_dir_all(tree(&stage).join("target")).unwrap();
    stage.call("worktree_remove", on("agent/fix", &json!({})));
    assert_eq!(std::fs::read_dir(stage.state().join("worktrees")).unwrap().count(), 0);
    assert_eq!(
        scene.git(&["rev-parse", "agent/fix"]),
        second["commit"].as_str().unwrap(),
        "the branch stays"
    );
    // It can be gone on with.
    let made = stage.call("worktree_create", json!({"repo": "web", "branch": "agent/fix"}));
    assert_eq!(made["base"], second["commit"]);
}

#[test]
fn uncommitted_work_is_not_removed_by_the_way() {
    let scene = scene();
    let stage = stage(&scene);
    stage.call("worktree_create", json!({"repo": "web", "branch": "agent/fix"}));
    stage.call("repo_write_file", on("agent/fix", &json!({"path": "a", "content": "x"})));
    assert_eq!(stage.refused("worktree_remove", on("agent/fix", &json!({}))), "conflict");
    stage.call("worktree_remove", on("agent/fix", &json!({"discard": true})));
    assert_eq!(stage.refused("worktree_remove", on("agent/fix", &json!({}))), "not_found");
    assert_eq!(
        stage.refused("repo_write_file", on("agent/fix", &json!({"path": "a", "content": "x"}))),
        "not_found"
    );
    assert_eq!(
        scene.git(&["for-each-ref", "--format=%(refname)"]),
        "refs/heads/main",
        "no branch without a commit"
    );
}

#[test]
fn what_is_not_fit_for_a_commit_stays_in_the_worktree() {
    let scene = scene();
    let stage = stage(&scene);
    stage.call("worktree_create", json!({"repo": "web", "branch": "agent/fix"}));
    let tree = tree(&stage);
    let commit = || stage.refusal("worktree_commit", on("agent/fix", &json!({"message": "x"})));
    // What another program has left there, not a tool.
    for (make, code, words) in [
        (
            &(|| symlink("/etc/passwd", tree.join("x")).unwrap()) as &dyn Fn(),
            "path_denied",
            "change:symbolic-link",
        ),
        (&|| std::fs::write(tree.join("x"), "a\0b").unwrap(), "path_denied", "change:binary"),
        (
            &|| std::fs::write(tree.join("x"), format!("a\npassword: {SECRET}x\n")).unwrap(),
            "secret_found",
            "x line 2",
        ),
        (&|| std::fs::write(tree.join("x"), vec![b'x'; (2 << 20) + 1]).unwrap(), "too_large", ""),
        (&|| std::fs::write(tree.join("Readme.md"), "x").unwrap(), "path_denied", "change:same-name"),
        (&|| std::fs::write(tree.join(".env"), "x").unwrap(), "path_denied", "builtin:env-file"),
        (&|| std::fs::write(tree.join("a:b"), "x").unwrap(), "path_denied", "path:"),
    ] {
        make();
        let refusal = commit();
        assert_eq!((refusal.code(), refusal.executed()), (code, false), "{refusal}");
        assert!(refusal.to_string().contains(words), "{words}: {refusal}");
        for name in ["x", "Readme.md", ".env", "a:b"] {
            let _ = std::fs::remove_file(tree.join(name));
        }
    }
    std::fs::remove_file(tree.join("README.md")).unwrap();
    symlink("/etc/passwd", tree.join("README.md")).unwrap();
    assert_eq!(commit().code(), "path_denied");
    assert_eq!(scene.git(&["for-each-ref", "--format=%(refname)", "refs/heads"]), "refs/heads/main");
    assert_eq!(scene.git(&["fsck", "--unreachable", "--no-reflogs"]), "");
}

#[test]
fn a_worktree_is_nobody_elses() {
    let scene = scene();
    let stage = stage(&scene);
    stage.call("worktree_create", json!({"repo": "web", "branch": "agent/fix"}));
    for (tool, arguments) in [
        ("repo_read_file", on("agent/fix", &json!({"path": "README.md"}))),
        ("worktree_diff", on("agent/fix", &json!({}))),
        ("repo_write_file", on("agent/fix", &json!({"path": "a", "content": "x"}))),
        ("worktree_commit", on("agent/fix", &json!({"message": "x"}))),
        ("worktree_remove", on("agent/fix", &json!({"discard": true}))),
    ] {
        assert_eq!(stage.refusal_of("other", tool, arguments).code(), "not_found", "{tool}");
    }
    let taken = json!({"repo": "web", "branch": "agent/fix"});
    assert_eq!(stage.refusal_of("other", "worktree_create", taken).code(), "conflict");
    let listed = stage.call_as("other", "worktree_list", json!({"repo": "web"}));
    assert_eq!(column(&listed, "worktrees", "worktree"), [] as [&str; 0]);
    // While it is worked on in a worktree, the branch is not moved behind its back.
    scene.git(&["branch", "agent/fix"]);
    let commit = json!({"repo": "web", "branch": "agent/fix", "message": "x", "files": [{"path": "a", "content": "x"}]});
    assert_eq!(stage.refused("git_commit_files", commit), "conflict");
}

#[test]
fn a_moved_branch_is_not_overwritten() {
    let scene = scene();
    let stage = stage(&scene);
    stage.call("worktree_create", json!({"repo": "web", "branch": "agent/fix"}));
    stage.call("repo_write_file", on("agent/fix", &json!({"path": "a", "content": "x"})));
    scene.commit("later");
    scene.git(&["branch", "agent/fix", "main"]);
    assert_eq!(stage.refused("worktree_commit", on("agent/fix", &json!({"message": "x"}))), "conflict");
    assert_eq!(scene.git(&["rev-parse", "agent/fix"]), scene.git(&["rev-parse", "main"]));
}

/// Nothing that a worktree's files say reaches git, and nothing of the repository's configuration reaches them.
#[test]
fn a_hostile_repository_runs_nothing() {
    let scene = scene();
    let marker = scene.outside("marker");
    let touch = format!("touch {}; cat", marker.display());
    for (name, value) in [
        ("filter.x.smudge", touch.as_str()),
        ("filter.x.clean", &touch),
        ("filter.x.required", "true"),
        ("core.fsmonitor", &touch),
        ("core.hooksPath", ".git/hooks"),
        ("gpg.program", &touch),
        ("commit.gpgSign", "true"),
        ("diff.x.textconv", &touch),
    ] {
        scene.git(&["config", name, value]);
    }
    scene.write(".git/info/attributes", "* filter=x diff=x\n");
    for hook in ["pre-commit", "post-commit", "post-checkout", "reference-transaction", "post-index-change"] {
        scene.write(&format!(".git/hooks/{hook}"), format!("#!/bin/sh\ntouch {}\n", marker.display()));
        let path = scene.root().join(".git/hooks").join(hook);
        std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    }
    let stage = scene.writing_stage();
    stage.call("worktree_create", json!({"repo": "web", "branch": "agent/fix"}));
    stage.call("repo_write_file", on("agent/fix", &json!({"path": "a", "content": "x\n"})));
    stage.call(
        "repo_write_file",
        on("agent/fix", &json!({"path": "src/main.rs", "content": "fn run() {}\n"})),
    );
    stage.call("worktree_diff", on("agent/fix", &json!({})));
    stage.call("worktree_commit", on("agent/fix", &json!({"message": "x"})));
    stage.call("worktree_remove", on("agent/fix", &json!({})));
    stage.call("git_create_branch", json!({"repo": "web", "branch": "agent/b"}));
    let files = json!([{"path": "a", "content": "x\n"}]);
    stage.call(
        "git_commit_files",
        json!({"repo": "web", "branch": "agent/b", "message": "x", "files": files}),
    );
    stage.call("repo_write_file", json!({"repo": "web", "path": "a", "content": "x\n"}));
    stage.call("repo_delete_file", json!({"repo": "web", "path": "a"}));
    assert!(!marker.exists());
}

#[test]
fn an_expired_worktree_is_gone_and_swept() {
    let scene = scene();
    let stage = stage(&scene);
    stage.call("worktree_create", json!({"repo": "web", "branch": "agent/fix", "hours": 1}));
    let worktrees = stage.state().join("worktrees");
    let place = std::fs::read_dir(&worktrees).unwrap().next().unwrap().unwrap().path();
    let record = place.join("record.json");
    let mut text: Value = serde_json::from_str(&std::fs::read_to_string(&record).unwrap()).unwrap();
    text["used"] = "2024-01-01T00:00:00Z".into();
    std::fs::write(&record, text.to_string()).unwrap();
    std::fs::create_dir(worktrees.join(".unsettled-1")).unwrap();
    assert_eq!(stage.refused("worktree_diff", on("agent/fix", &json!({}))), "not_found");
    // Another gateway starts on the same state directory.
    let writes = gitoma_core::config::WriteSettings { worktrees: worktrees.clone(), ..Default::default() };
    gitoma_tools::with_writes(&[scene.config()], &writes).unwrap();
    assert!(!place.exists());
    assert!(worktrees.join(".unsettled-1").exists(), "what was begun a moment ago may be another process's");
}

#[test]
fn a_principal_has_so_many_worktrees_and_no_more() {
    let scene = scene();
    let stage = stage(&scene);
    for number in 0..8 {
        stage.call("worktree_create", json!({"repo": "web", "branch": format!("agent/{number}")}));
    }
    assert_eq!(stage.refused("worktree_create", json!({"repo": "web", "branch": "agent/8"})), "no_room");
    stage.call("worktree_remove", on("agent/0", &json!({})));
    stage.call("worktree_create", json!({"repo": "web", "branch": "agent/8"}));
}
