//! Attacks on commits, branches and patches, as a reviewer made them. Each test states what must hold.

use std::num::NonZeroU32;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

use gitoma_core::config::RepositoryConfig;
use serde_json::{Value, json};

use crate::door::{commit, on, scene};
use crate::scene::{Scene, Stage, WRITING_POLICY};

/// The code of the refusal, or `made`; a refusal must say that nothing took effect.
fn outcome(stage: &Stage, tool: &str, arguments: Value) -> String {
    match stage.try_call(tool, arguments) {
        Ok(_) => "made".to_owned(),
        Err(no) => {
            assert!(!no.executed(), "{tool}: {no}");
            no.code().to_owned()
        }
    }
}

/// How many loose objects there are.
fn objects(directory: &Path) -> usize {
    let entries = std::fs::read_dir(directory).unwrap().flatten();
    entries.map(|entry| if entry.path().is_dir() { objects(&entry.path()) } else { 1 }).sum()
}

// ---------------------------------------------------------------- names

#[test]
fn names_that_collide_within_one_commit_are_refused() {
    let scene = scene();
    let stage = scene.writing_stage();
    let mut accepted = Vec::new();
    let twins = [
        ("Makefile.am", "makefile.AM"),
        ("docs/x", "Docs/y"),
        ("caf\u{e9}", "cafe\u{301}"),
        ("caf\u{e9}/x", "CAFE\u{301}/y"),
        ("\u{1f600}caf\u{e9}", "\u{1f600}cafe\u{301}"),
        ("a\u{323}\u{307}", "\u{227}\u{323}"),
        ("\u{212a}elvin", "kelvin"),
        ("dir", "DIR/x"),
        ("name", "name."),
    ];
    for (number, (one, two)) in twins.into_iter().enumerate() {
        let branch = format!("agent/{number}");
        stage.call("git_create_branch", json!({"repo": "web", "branch": branch}));
        let files = json!([{"path": one, "content": "1\n"}, {"path": two, "content": "2\n"}]);
        // A name ending in a dot is none that a tool takes at all.
        if outcome(&stage, "git_commit_files", commit(&branch, &files)) == "made" {
            accepted.push(format!("{one} {two} together"));
        }
        // One after the other: what the tree has already counts too.
        stage.call("git_commit_files", commit(&branch, &json!([{"path": one, "content": "1\n"}])));
        let second = json!([{"path": two, "content": "2\n"}]);
        if outcome(&stage, "git_commit_files", commit(&branch, &second)) == "made" {
            accepted.push(format!("{one} {two} one after the other"));
        }
        let new = |path: &str| format!("--- /dev/null\n+++ b/{path}\n@@ -0,0 +1 @@\n+x\n");
        let patch = json!({"repo": "web", "patch": format!("{}{}", new(one), new(two)), "dry_run": true});
        if outcome(&stage, "repo_apply_patch", patch) == "made" {
            accepted.push(format!("{one} {two} in a patch"));
        }
    }
    stage.call("worktree_create", json!({"repo": "web", "branch": "agent/w"}));
    for path in ["Same", "same"] {
        stage.call("repo_write_file", on("agent/w", &json!({"path": path, "content": "x\n"})));
    }
    if outcome(&stage, "worktree_commit", on("agent/w", &json!({"message": "x"}))) == "made" {
        accepted.push("worktree: Same same".into());
    }
    assert_eq!(accepted, [] as [String; 0]);
}

/// A file or a directory may change the case of its name: what counts is that no two such names are there in the end.
#[test]
fn a_name_may_change_its_case() {
    let scene = scene();
    scene.write("Docs/a.md", "a\n");
    scene.write("Docs/b.md", "b\n");
    scene.commit("more");
    let stage = scene.writing_stage();
    let old = |path: &str| json!({"path": path});
    let new = |path: &str| json!({"path": path, "content": "x\n"});
    for (number, (files, expected)) in [
        (json!([new("readme.md"), old("README.md")]), "made"),
        (json!([old("README.md"), new("readme.md")]), "made"),
        (json!([old("Docs/a.md"), old("Docs/b.md"), new("docs/a.md"), new("docs/b.md")]), "made"),
        (json!([old("Docs/a.md"), new("Docs/A.md")]), "made"),
        (json!([old("src/main.rs"), new("SRC")]), "made"),
        // Something of the old name stays.
        (json!([old("Docs/a.md"), new("docs/a.md")]), "path_denied"),
        (json!([old("Docs/a.md"), new("docs/new.md"), new("DOCS/c.md")]), "path_denied"),
        (json!([old("README.md"), new("readme.md"), new("ReadMe.md")]), "path_denied"),
        (json!([new("readme.md")]), "path_denied"),
        (json!([new("ALIAS"), old("README.md")]), "path_denied"),
        (json!([new("ALIAS"), old("alias")]), "path_denied"),
        (json!([old("readme.md")]), "conflict"),
    ]
    .into_iter()
    .enumerate()
    {
        let branch = format!("agent/{number}");
        stage.call("git_create_branch", json!({"repo": "web", "branch": branch}));
        assert_eq!(outcome(&stage, "git_commit_files", commit(&branch, &files)), expected, "{files}");
        let listed = scene.git(&["ls-tree", "-r", "--name-only", &branch]);
        let mut folded: Vec<String> = listed.lines().map(str::to_lowercase).collect();
        folded.sort();
        folded.dedup();
        assert_eq!(folded.len(), listed.lines().count(), "{listed}");
    }
    // In a worktree, too.
    stage.call("worktree_create", json!({"repo": "web", "branch": "agent/w"}));
    stage.call("repo_delete_file", on("agent/w", &json!({"path": "README.md"})));
    stage.call("repo_write_file", on("agent/w", &json!({"path": "readme.md", "content": "x\n"})));
    stage.call("worktree_commit", on("agent/w", &json!({"message": "Rename"})));
    assert_eq!(scene.git(&["ls-tree", "--name-only", "agent/w", "readme.md", "README.md"]), "readme.md");
    scene.git(&["fsck", "--strict", "--no-dangling"]);
}

/// Who has two names for one file already can take one of them away, and change neither beside the other.
#[test]
fn twins_that_are_there_can_be_parted() {
    let scene = scene();
    scene.write("same", "1\n");
    scene.write("Same", "2\n");
    scene.commit("twins");
    let stage = scene.writing_stage();
    stage.call("git_create_branch", json!({"repo": "web", "branch": "agent/x"}));
    let change = json!([{"path": "same", "content": "3\n"}]);
    assert_eq!(outcome(&stage, "git_commit_files", commit("agent/x", &change)), "path_denied");
    let part = json!([{"path": "same", "content": "3\n"}, {"path": "Same"}]);
    stage.call("git_commit_files", commit("agent/x", &part));
    assert_eq!(scene.git(&["ls-tree", "--name-only", "agent/x", "same", "Same"]), "same");
    assert_eq!(scene.git(&["show", "agent/x:same"]), "3");
}

/// Of several files in one directory, the last like the first.
#[test]
fn each_file_of_a_commit_is_held_against_the_tree() {
    let scene = scene();
    let stage = scene.writing_stage();
    let files = |last: &str| -> Value {
        ["src/a.rs", "src/b.rs", last].iter().map(|path| json!({"path": path, "content": "x\n"})).collect()
    };
    for (number, (last, expected)) in [
        ("src/mAIN.rs", "path_denied"),
        ("src/main.rs/x", "path_denied"),
        ("src/main.rs", "made"),
        ("src/z.rs", "made"),
    ]
    .into_iter()
    .enumerate()
    {
        let branch = format!("agent/{number}");
        stage.call("git_create_branch", json!({"repo": "web", "branch": branch}));
        assert_eq!(outcome(&stage, "git_commit_files", commit(&branch, &files(last))), expected, "{last}");
    }
    scene.git(&["fsck", "--strict", "--no-dangling"]);
}

#[test]
fn names_that_only_look_alike_are_committed() {
    let scene = scene();
    let stage = scene.writing_stage();
    stage.call("git_create_branch", json!({"repo": "web", "branch": "agent/fix"}));
    let files = json!([
        {"path": "cafe", "content": "1\n"}, {"path": "caf\u{e9}", "content": "2\n"}, {"path": "caf\u{e8}", "content": "3\n"},
        {"path": "docs/readme.md", "content": "4\n"}, {"path": "readme", "content": "5\n"}, {"path": "src/Main.java", "content": "6\n"},
    ]);
    stage.call("git_commit_files", commit("agent/fix", &files));
    let listed = scene.git(&["-c", "core.quotePath=false", "ls-tree", "-r", "--name-only", "agent/fix"]);
    assert!(listed.contains("caf\u{e9}\n") && listed.contains("src/Main.java"), "{listed}");
}

// ---------------------------------------------------------------- branches in use

/// A scene where `topic` cannot be put onto `main` without a conflict.
fn diverged() -> Scene {
    let scene = scene();
    scene.git(&["checkout", "--quiet", "-b", "topic"]);
    scene.write("a", "topic\n");
    scene.commit("one");
    scene.git(&["checkout", "--quiet", "main"]);
    scene.write("a", "main\n");
    scene.commit("two");
    scene
}

/// Whether git itself moves the branch: `git branch --force` refuses where a work tree uses it.
fn git_moves(scene: &Scene, branch: &str) -> bool {
    scene.git_succeeds_in(&scene.root(), &["branch", "--force", branch, &format!("{branch}^0")])
}

#[test]
fn a_branch_that_is_being_rebased_is_left_alone() {
    let files = json!([{"path": "b", "content": "x\n"}]);
    for backend in ["--merge", "--apply"] {
        for linked in [false, true] {
            let scene = diverged();
            let tree = if linked {
                scene.git(&["worktree", "add", "--quiet", "../side", "topic"]);
                scene.outside("side")
            } else {
                scene.git(&["checkout", "--quiet", "topic"]);
                scene.root()
            };
            scene.git(&["branch", "onlooker"]);
            assert!(!scene.git_succeeds_in(&tree, &["rebase", backend, "main"]), "it stops at the conflict");
            let stage = scene.writing_stage();
            let done = outcome(&stage, "git_commit_files", commit("topic", &files));
            assert_eq!(
                (done.as_str(), git_moves(&scene, "topic")),
                ("conflict", false),
                "{backend} {linked}"
            );
            let create = json!({"repo": "web", "branch": "topic", "from": "main"});
            assert_eq!(outcome(&stage, "git_create_branch", create), "conflict");
            let other = outcome(&stage, "git_commit_files", commit("onlooker", &files));
            assert_eq!((other.as_str(), git_moves(&scene, "onlooker")), ("made", true), "{backend} {linked}");
            scene.git_in(&tree, &["rebase", "--abort"]);
        }
    }
}

/// A rebase with `--update-refs` moves further branches at its end.
#[test]
fn a_branch_that_a_rebase_will_move_is_left_alone() {
    let scene = diverged();
    scene.git(&["checkout", "--quiet", "topic"]);
    scene.git(&["branch", "stacked"]);
    scene.write("b", "more\n");
    scene.commit("three");
    assert!(!scene.git_succeeds_in(&scene.root(), &["rebase", "--update-refs", "main"]));
    let stage = scene.writing_stage();
    let done =
        outcome(&stage, "git_commit_files", commit("stacked", &json!([{"path": "c", "content": "x\n"}])));
    assert_eq!((done.as_str(), git_moves(&scene, "stacked")), ("conflict", false));
}

#[test]
fn a_branch_that_is_being_bisected_is_left_alone() {
    for linked in [false, true] {
        let scene = diverged();
        let tree = if linked {
            scene.git(&["worktree", "add", "--quiet", "../side", "topic"]);
            scene.outside("side")
        } else {
            scene.git(&["checkout", "--quiet", "topic"]);
            scene.root()
        };
        scene.git_in(&tree, &["bisect", "start", "topic", "topic~1"]);
        scene.git_in(&tree, &["checkout", "--quiet", "--detach", "topic~1"]);
        let stage = scene.writing_stage();
        let files = json!([{"path": "b", "content": "x\n"}]);
        let done = outcome(&stage, "git_commit_files", commit("topic", &files));
        assert_eq!((done.as_str(), git_moves(&scene, "topic")), ("conflict", false), "{linked}");
        scene.git_in(&tree, &["bisect", "reset"]);
        scene.git_in(&tree, &["checkout", "--quiet", "--detach"]);
        assert_eq!(outcome(&stage, "git_commit_files", commit("topic", &files)), "made");
    }
}

#[test]
fn an_unborn_branch_that_is_checked_out_is_not_made() {
    let scene = scene();
    scene.git(&["checkout", "--quiet", "--orphan", "fresh"]);
    let stage = scene.writing_stage();
    let create = json!({"repo": "web", "branch": "fresh", "from": "main"});
    assert_eq!(
        outcome(&stage, "git_create_branch", create),
        "conflict",
        "{}",
        scene.git(&["status", "--porcelain"])
    );
    assert!(!scene.root().join(".git/refs/heads/fresh").exists());
}

#[test]
fn a_branch_of_the_main_work_tree_is_left_alone_from_a_linked_one() {
    let scene = scene();
    scene.git(&["worktree", "add", "--quiet", "-b", "side", "../side"]);
    scene.git(&["branch", "free"]);
    let config = RepositoryConfig {
        alias: "web".into(),
        path: scene.outside("side"),
        git_dir: Some(scene.root().join(".git/worktrees/side")),
    };
    let stage = Stage::writing(&[config], WRITING_POLICY, false);
    let files = json!([{"path": "a", "content": "x\n"}]);
    for (branch, expected) in [("side", "conflict"), ("main", "conflict"), ("free", "made")] {
        assert_eq!(outcome(&stage, "git_commit_files", commit(branch, &files)), expected, "{branch}");
    }
    assert_eq!(scene.git(&["status", "--porcelain"]), "");
}

/// The branch that a bare repository's `HEAD` names is checked out nowhere, whether it is served itself or by a worktree of it.
#[test]
fn a_bare_repository_has_nothing_checked_out() {
    let scene = scene();
    scene.git(&["clone", "--quiet", "--bare", ".", "../bare"]);
    let bare = scene.outside("bare");
    scene.git_in(&bare, &["worktree", "add", "--quiet", "-b", "side", "../side"]);
    let files = |number: usize| json!([{"path": "a", "content": format!("{number}\n")}]);
    let served = [
        RepositoryConfig { alias: "web".into(), path: bare.clone(), git_dir: None },
        RepositoryConfig {
            alias: "web".into(),
            path: scene.outside("side"),
            git_dir: Some(bare.join("worktrees/side")),
        },
    ];
    for (number, config) in served.into_iter().enumerate() {
        let stage = Stage::writing(&[config], WRITING_POLICY, false);
        for (branch, expected) in [("main", "made"), ("side", "conflict")] {
            let done = outcome(&stage, "git_commit_files", commit(branch, &files(number)));
            assert_eq!(done, expected, "{branch} {number}");
        }
    }
}

#[test]
fn a_symbolic_branch_is_refused_with_what_to_do() {
    let scene = scene();
    scene.git(&["symbolic-ref", "refs/heads/agent/link", "refs/heads/main"]);
    scene.git(&["branch", "free"]);
    scene.git(&["symbolic-ref", "refs/heads/agent/free", "refs/heads/free"]);
    let stage = scene.writing_stage();
    let main = scene.git(&["rev-parse", "main"]);
    for branch in ["agent/link", "agent/free"] {
        let files = json!([{"path": "b", "content": "x\n"}]);
        let refusal = stage.refusal("git_commit_files", commit(branch, &files));
        assert_eq!((refusal.code(), refusal.executed()), ("conflict", false), "{refusal}");
        assert!(refusal.to_string().contains("stands for another"), "{refusal}");
    }
    assert_eq!(scene.git(&["rev-parse", "main", "free"]), format!("{main}\n{main}"));
    assert_eq!(scene.git(&["fsck", "--unreachable", "--no-reflogs"]), "", "debris");
}

/// `HEAD` may name a branch that only stands for another: that one is checked out.
#[test]
fn a_branch_that_is_checked_out_by_another_name_is_left_alone() {
    let scene = scene();
    scene.git(&["branch", "meant"]);
    scene.git(&["symbolic-ref", "refs/heads/name", "refs/heads/meant"]);
    scene.git(&["symbolic-ref", "HEAD", "refs/heads/name"]);
    let stage = scene.writing_stage();
    let files = json!([{"path": "b", "content": "x\n"}]);
    let done = outcome(&stage, "git_commit_files", commit("meant", &files));
    assert_eq!((done.as_str(), git_moves(&scene, "meant")), ("conflict", false));
}

/// What only looks like a record of a work tree stops nothing and is not followed.
#[test]
fn records_of_work_trees_that_lead_elsewhere_are_not_followed() {
    let scene = scene();
    scene.git(&["branch", "free"]);
    let files = json!([{"path": "b", "content": "x\n"}]);
    std::fs::write(scene.outside("secret"), "refs/heads/free\n").unwrap();
    let stage = scene.writing_stage();
    std::fs::create_dir_all(scene.root().join(".git/rebase-merge")).unwrap();
    let head = scene.root().join(".git/rebase-merge/head-name");
    symlink(scene.outside("secret"), &head).unwrap();
    assert_eq!(outcome(&stage, "git_commit_files", commit("free", &files)), "path_denied");
    std::fs::remove_file(&head).unwrap();
    std::process::Command::new("mkfifo").arg(&head).status().unwrap();
    assert_eq!(outcome(&stage, "git_commit_files", commit("free", &files)), "path_denied");
    std::fs::remove_file(&head).unwrap();
    assert_eq!(outcome(&stage, "git_commit_files", commit("free", &files)), "made");
}

// ---------------------------------------------------------------- other repositories

#[test]
fn nothing_is_written_into_another_repository() {
    let scene = scene();
    for inner in ["vendor/lib", "vendor/linked"] {
        std::fs::create_dir_all(scene.root().join(inner)).unwrap();
    }
    scene.git_in(&scene.root().join("vendor/lib"), &["init", "--quiet", "."]);
    scene.write("vendor/lib/there.txt", "there\n");
    scene.write("vendor/linked/.git", "gitdir: elsewhere\n");
    scene.git(&["clone", "--quiet", "--bare", ".", "data/store"]);
    let stage = scene.writing_stage();
    let write = |path: &str| {
        outcome(&stage, "repo_write_file", json!({"repo": "web", "path": path, "content": "x\n"}))
    };
    for path in [
        "vendor/lib/x.txt",
        "vendor/lib/there.txt",
        "vendor/lib/new/deep/x.txt",
        "vendor/lib/.git/x",
        "vendor/linked/x.txt",
        "data/store/config",
        "data/store/hooks/post-commit",
    ] {
        assert_eq!(write(path), "path_denied", "{path}");
    }
    assert!(!scene.root().join("vendor/lib/new").exists());
    let delete = json!({"repo": "web", "path": "vendor/lib/there.txt"});
    assert_eq!(outcome(&stage, "repo_delete_file", delete), "path_denied");
    assert_eq!(write("vendor/x.txt"), "made");
    assert_eq!(write("data/x.txt"), "made");
}

/// The ways to the three names by which git takes a directory for a repository, and to the one file that lends them.
#[test]
fn no_repository_is_built_in_a_work_tree() {
    let orders: [&[&str]; 5] = [
        &["HEAD", "objects/x", "refs/x", "config"],
        &["objects/x", "refs/x", "HEAD"],
        &["refs/x", "HEAD", "objects/x"],
        &["HEAD", "commondir"],
        &["commondir", "HEAD"],
    ];
    for (number, order) in orders.into_iter().enumerate() {
        for above in ["tool/meta/", ""] {
            let scene = scene();
            let stage = scene.writing_stage();
            let last = order.iter().rposition(|name| *name != "config").unwrap();
            for (at, name) in order.iter().enumerate() {
                let call = json!({"repo": "web", "path": format!("{above}{name}"), "content": "ref: refs/heads/main\n"});
                let expected = if at < last {
                    "made"
                } else if at == last {
                    "path_denied"
                } else {
                    "made"
                };
                assert_eq!(outcome(&stage, "repo_write_file", call), expected, "{above}{name} in {order:?}");
            }
            // All of it at once, as a patch and as a commit.
            let new = |name: &&str| format!("--- /dev/null\n+++ b/other/{name}\n@@ -0,0 +1 @@\n+x\n");
            let patch: String = order.iter().map(new).collect();
            for dry in [true, false] {
                let call = json!({"repo": "web", "patch": patch, "dry_run": dry});
                assert_eq!(outcome(&stage, "repo_apply_patch", call), "path_denied", "{order:?}");
            }
            assert!(!scene.root().join("other").exists());
            let branch = format!("agent/{number}");
            stage.call("git_create_branch", json!({"repo": "web", "branch": branch}));
            let file = |name: &&str| json!({"path": format!("{above}{}", name.replace("HEAD", "Head")), "content": "x\n"});
            let files: Value = order.iter().map(file).collect();
            assert_eq!(outcome(&stage, "git_commit_files", commit(&branch, &files)), "path_denied");
            // One after the other, each onto the commit before it.
            let single: Vec<String> = order
                .iter()
                .map(|name| outcome(&stage, "git_commit_files", commit(&branch, &json!([file(name)]))))
                .collect();
            assert_eq!(single.iter().position(|done| done == "path_denied"), Some(last), "{single:?}");
        }
    }
}

/// What is in a commit already may be a fixture; its files may go, and nothing may be changed or added in it.
#[test]
fn a_repository_that_is_committed_may_only_shrink() {
    let scene = scene();
    scene.git(&["clone", "--quiet", "--bare", ".", "fixture"]);
    scene.write("fixture/refs/keep", "");
    scene.commit("fixture");
    scene.git(&["branch", "agent/fix"]);
    let stage = scene.writing_stage();
    for path in ["fixture/config", "fixture/hooks/post-commit", "fixture/objects/info/alternates"] {
        let files = json!([{"path": path, "content": "x\n"}]);
        assert_eq!(outcome(&stage, "git_commit_files", commit("agent/fix", &files)), "path_denied", "{path}");
    }
    let files =
        json!([{"path": "fixture/config"}, {"path": "fixture/HEAD"}, {"path": "b", "content": "x\n"}]);
    assert_eq!(outcome(&stage, "git_commit_files", commit("agent/fix", &files)), "made");
}

// ---------------------------------------------------------------- patches

#[test]
fn a_patch_that_fails_in_the_middle_leaves_all_as_it_was() {
    let new = |path: &str| format!("--- /dev/null\n+++ b/{path}\n@@ -0,0 +1 @@\n+x\n");
    let gone = "diff --git a/README.md b/README.md\ndeleted file mode 100644\n--- a/README.md\n+++ /dev/null\n@@ -1 +0,0 @@\n-# Web\n";
    let mut wrong = Vec::new();
    for (what, parts) in [
        ("file first", vec![new("a"), new("a/b")]),
        ("directory first", vec![new("a/b"), new("a")]),
        ("deep first", vec![new("n/e/w"), new("a/b"), new("a")]),
        ("deleted first", vec![gone.to_owned(), new("a/b"), new("a")]),
    ] {
        let scene = scene();
        let stage = scene.writing_stage();
        let readme = scene.root().join("README.md");
        std::fs::set_permissions(&readme, std::fs::Permissions::from_mode(0o600)).unwrap();
        let before = listing(&scene.root());
        if outcome(&stage, "repo_apply_patch", json!({"repo": "web", "patch": parts.concat()})) == "made" {
            wrong.push(format!("{what}: accepted"));
        }
        if before != listing(&scene.root()) {
            wrong.push(format!("{what}: left {:?}", listing(&scene.root())));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Names, modes and sizes beneath a directory, without git's.
fn listing(root: &Path) -> Vec<String> {
    let mut lines = Vec::new();
    let mut waiting = vec![root.to_owned()];
    while let Some(directory) = waiting.pop() {
        for entry in std::fs::read_dir(&directory).unwrap().flatten() {
            let path = entry.path();
            if path.ends_with(".git") {
                continue;
            }
            let metadata = entry.metadata().unwrap();
            let name = path.strip_prefix(root).unwrap().display().to_string();
            let size = if metadata.is_dir() { 0 } else { metadata.len() };
            lines.push(format!("{name} {:o} {size}", metadata.permissions().mode()));
            if metadata.is_dir() {
                waiting.push(path);
            }
        }
    }
    lines.sort();
    lines
}

#[test]
fn a_patch_is_bounded_in_what_it_concerns() {
    let scene = scene();
    let content = format!("first\n{}", "word word word word word word word\n".repeat(2_000_000 / 35));
    for number in 0..12 {
        scene.write(&format!("f{number}"), &content);
    }
    scene.commit("many");
    let stage = scene.writing_stage();
    let call = |files: usize| {
        let part = |n| format!("--- a/f{n}\n+++ b/f{n}\n@@ -1 +1 @@\n-first\n+changed\n");
        json!({"repo": "web", "patch": (0..files).map(part).collect::<String>(), "dry_run": true})
    };
    assert_eq!(outcome(&stage, "repo_apply_patch", call(2)), "made");
    // 200 files of 2 MiB may be named; what they hold is counted before any is read.
    assert_eq!(outcome(&stage, "repo_apply_patch", call(12)), "too_large");
}

/// A patch of very many files is refused as soon as there are too many.
#[test]
fn a_patch_of_very_many_files_is_soon_refused() {
    let scene = scene();
    let stage = scene.writing_stage();
    let part = |n: usize| format!("--- /dev/null\n+++ {n}\n@@ -0,0 +1 @@\n+\n");
    let patch: String = (0..50_000).map(part).collect();
    assert!(patch.len() < 2_097_152);
    let begun = std::time::Instant::now();
    assert_eq!(
        outcome(&stage, "repo_apply_patch", json!({"repo": "web", "patch": patch})),
        "invalid_arguments"
    );
    assert!(begun.elapsed().as_secs() < 5, "{:?}", begun.elapsed());
}

// ---------------------------------------------------------------- bounds of commits

#[test]
fn a_commit_that_deletes_is_bounded() {
    let scene = scene();
    let line = "a line of words that stands here again and again\n";
    let blob = line.repeat(7 * 1024 * 1024 / line.len());
    for number in 0..20 {
        scene.write(&format!("big/{number}"), &blob);
    }
    scene.commit("many");
    scene.git(&["branch", "agent/fix"]);
    let stage = scene.writing_stage();
    let gone = |files: usize| -> Value { (0..files).map(|n| json!({"path": format!("big/{n}")})).collect() };
    // What goes is read for its diff, and counted.
    assert_eq!(outcome(&stage, "git_commit_files", commit("agent/fix", &gone(20))), "too_large");
    assert_eq!(outcome(&stage, "git_commit_files", commit("agent/fix", &gone(1))), "made");
}

#[test]
fn deep_paths_are_charged_and_bounded() {
    let scene = scene();
    let files = |depth: usize| -> Value {
        let deep = "d/".repeat(depth);
        (0..100).map(|n| json!({"path": format!("{n}/{deep}f"), "content": format!("{n}")})).collect()
    };
    let stage = scene.writing_stage();
    stage.call("git_create_branch", json!({"repo": "web", "branch": "agent/fix"}));
    let before = objects(&scene.root().join(".git/objects"));
    assert_eq!(outcome(&stage, "git_commit_files", commit("agent/fix", &files(120))), "path_denied");
    let deep = json!({"repo": "web", "path": format!("{}f", "d/".repeat(120)), "content": "x\n"});
    assert_eq!(outcome(&stage, "repo_write_file", deep), "path_denied");
    // Some 2,000 directories of 4 KiB each, for a few hundred bytes of content.
    let narrow =
        Stage::with_written_kib(&[scene.config()], WRITING_POLICY, NonZeroU32::new(4 * 1024).unwrap());
    assert_eq!(outcome(&narrow, "git_commit_files", commit("agent/fix", &files(20))), "no_room");
    assert_eq!(objects(&scene.root().join(".git/objects")), before);
    assert_eq!(outcome(&stage, "git_commit_files", commit("agent/fix", &files(20))), "made");
}

#[test]
fn a_commit_that_is_not_made_leaves_no_objects() {
    let scene = scene();
    let stage = scene.writing_stage();
    stage.call("git_create_branch", json!({"repo": "web", "branch": "agent/fix"}));
    // Somebody holds the branch's lock, so that it cannot be moved.
    scene.write(".git/refs/heads/agent/fix.lock", "");
    let before = objects(&scene.root().join(".git/objects"));
    for number in 0..3 {
        let files = json!([{"path": format!("f{number}"), "content": "word\n".repeat(1000 + number)}]);
        let refusal = stage.refusal("git_commit_files", commit("agent/fix", &files));
        assert_eq!((refusal.code(), refusal.executed()), ("conflict", false));
    }
    assert_eq!(objects(&scene.root().join(".git/objects")), before);
}

// ---------------------------------------------------------------- trees

/// A tree that no honest git makes: names twice, `..`, `.git`, a file and a directory of one name.
#[test]
fn a_hostile_tree_neither_stops_nor_misleads() {
    let scene = scene();
    let blob = scene.git(&["rev-parse", "main:README.md"]);
    let inner = scene.git(&["rev-parse", "main:src"]);
    let mut wrong = Vec::new();
    for (what, entries) in [
        ("git directory", vec![("40000", ".git", &inner), ("100644", "a", &blob)]),
        ("dots", vec![("40000", "..", &inner), ("100644", "a", &blob)]),
        ("slash", vec![("100644", "a", &blob), ("100644", "../../x", &blob)]),
        ("file and directory", vec![("100644", "a", &blob), ("40000", "a", &inner)]),
        ("link and file", vec![("120000", "a", &blob), ("100644", "a", &blob)]),
        ("file and link", vec![("100644", "a", &blob), ("120000", "a", &blob)]),
        ("empty", vec![("100644", "", &blob), ("100644", "a", &blob)]),
    ] {
        let mut bytes = Vec::new();
        for (mode, name, id) in entries {
            bytes.extend_from_slice(format!("{mode} {name}\0").as_bytes());
            bytes.extend((0..20).map(|at| u8::from_str_radix(&id[at * 2..at * 2 + 2], 16).unwrap()));
        }
        let file = scene.outside("tree");
        std::fs::write(&file, bytes).unwrap();
        let tree = scene.git(&["hash-object", "-t", "tree", "-w", "--literally", file.to_str().unwrap()]);
        let made = scene.git(&["commit-tree", &tree, "-m", "hostile"]);
        let branch = what.replace(' ', "-");
        scene.git(&["branch", &branch, &made]);
        let stage = Stage::writing(&[scene.config()], WRITING_POLICY, false);
        // A worktree of it, and a commit onto it: each works, or is refused with what is wrong.
        let files = json!([{"path": "a", "content": "new\n"}]);
        let onto = stage.try_call("git_commit_files", commit(&branch, &files));
        if onto.is_ok() {
            let listed = scene.git(&["ls-tree", &branch]);
            if listed.lines().filter(|line| line.ends_with("\ta")).count() != 1 {
                wrong.push(format!("{what}: commit: {listed}"));
            }
        }
        let create = json!({"repo": "web", "branch": format!("work/{branch}"), "from": made});
        let beside = stage.try_call("worktree_create", create);
        for refusal in [onto, beside].into_iter().filter_map(Result::err) {
            if refusal.code() == "unavailable" || refusal.executed() {
                wrong.push(format!("{what}: {} {refusal}", refusal.code()));
            }
        }
        assert!(!stage.state().join("x").exists() && !stage.state().join("worktrees/x").exists());
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Whoever gets at the git directory makes a branch another repository's commit: nothing of that comes into this one, though the commit
/// brings only what is new and asks for nothing that was.
#[test]
fn a_branch_that_leads_into_another_repository_takes_no_commit() {
    let victim = Scene::new();
    victim.write("loot.txt", "the victim's own\n");
    let theirs = victim.commit("loot");
    let scene = scene();
    let stage = scene.writing_stage();
    stage.call("git_create_branch", json!({"repo": "web", "branch": "agent/fix"}));
    let beneath = victim.root().join(".git/objects");
    scene.write(".git/objects/info/alternates", format!("{}\n", beneath.display()));
    scene.write(".git/refs/heads/agent/fix", format!("{theirs}\n"));
    let before = objects(&scene.root().join(".git/objects"));
    let files = json!([{"path": "new/file.txt", "content": "new\n"}]);
    assert_eq!(outcome(&stage, "git_commit_files", commit("agent/fix", &files)), "path_denied");
    assert_eq!(scene.git(&["rev-parse", "agent/fix"]), theirs);
    assert_eq!(objects(&scene.root().join(".git/objects")), before);
}
