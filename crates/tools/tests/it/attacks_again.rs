//! Attacks on worktrees, commits and branches, as a second reviewer made them. Each test states what must hold.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::process::Command;
use std::sync::{Arc, Barrier};
use std::time::Duration;

use gitoma_core::config::{RepositoryConfig, WriteSettings};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::door::{Door, bytes_beneath, commit, on, outcome, scene, trees};
use crate::scene::WRITING_POLICY;

const TWO: &str = "version: 1
global:
  rules:
    - { id: reads, effect: allow, tools: [\"*\"] }
    - { id: writes, effect: allow, capability: write, tools: [\"*\"] }
repositories:
  web: { write: allow }
  twin: { write: allow }
";

// ---------------------------------------------------------------- branches in use

/// A work tree whose directory is called by no UTF-8 has its branch in use as any other; git calls its own directory so too.
#[test]
fn a_branch_in_a_work_tree_with_an_odd_name_is_in_use() {
    let scene = scene();
    let path = scene.outside("w").into_os_string();
    let path = OsStr::from_bytes(&[path.as_bytes(), b"\xff\xfe"].concat()).to_owned();
    let status = Command::new("git")
        .current_dir(scene.root())
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .args(["worktree", "add", "--quiet", "-b", "topic"])
        .arg(&path)
        .status()
        .unwrap();
    assert!(status.success());
    assert!(!scene.git_succeeds_in(&scene.root(), &["branch", "--force", "topic", "main"]), "git refuses it");
    let stage = scene.writing_stage();
    let made = stage.try_call("git_commit_files", commit("topic", &json!([{"path": "a", "content": "x\n"}])));
    assert_eq!(outcome(made), "conflict");
    let made = stage.try_call("worktree_create", json!({"repo": "web", "branch": "topic"}));
    assert_eq!(outcome(made), "conflict");
}

/// A rebase that moves many branches at its end is a reason to leave those alone, not to refuse every other commit.
#[test]
fn a_rebase_of_many_branches_stops_no_other_commit() {
    let scene = scene();
    let stage = scene.writing_stage();
    let id = scene.git(&["rev-parse", "main"]);
    let moved: String = (0..1000).map(|n| format!("refs/heads/stack/{n:04}\n{id}\n{id}\n")).collect();
    scene.write(".git/rebase-merge/head-name", "refs/heads/stack/0999\n");
    scene.write(".git/rebase-merge/update-refs", moved);
    let made = stage.try_call("git_create_branch", json!({"repo": "web", "branch": "agent/x"}));
    assert_eq!(outcome(made), "ok");
    let made =
        stage.try_call("git_commit_files", commit("agent/x", &json!([{"path": "a", "content": "x\n"}])));
    assert_eq!(outcome(made), "ok");
}

/// A repository that is served under two names has each branch once: what one has a worktree for, the other leaves alone.
#[test]
fn a_repository_under_two_names_has_one_worktree_for_a_branch() {
    let scene = scene();
    let state = TempDir::new().unwrap();
    let twin = RepositoryConfig { alias: "twin".into(), ..scene.config() };
    let door = Door::new(&[scene.config(), twin], state.path(), "a", TWO, WriteSettings::default());
    door.good("agent", "git_create_branch", json!({"repo": "web", "branch": "agent/x"}));
    door.good("agent", "worktree_create", json!({"repo": "web", "branch": "agent/x"}));
    door.good("agent", "repo_write_file", on("agent/x", &json!({"path": "a", "content": "work\n"})));
    let around = json!({"repo": "twin", "branch": "agent/x", "message": "m", "files": [{"path": "b", "content": "x\n"}]});
    let around = outcome(door.call("agent", "git_commit_files", around));
    let second = outcome(door.call("agent", "worktree_create", json!({"repo": "twin", "branch": "agent/x"})));
    let own = outcome(door.call("agent", "worktree_commit", on("agent/x", &json!({"message": "m"}))));
    assert_eq!(
        [second, around, own].each_ref().map(String::as_str),
        ["conflict", "conflict", "ok"],
        "the second worktree, a commit around it, the worktree's own commit"
    );
}

/// So it is where two gateways on one state directory know the repository by different names.
#[test]
fn two_gateways_with_different_names_have_one_worktree_for_a_branch() {
    let scene = scene();
    let state = TempDir::new().unwrap();
    let twin = RepositoryConfig { alias: "twin".into(), ..scene.config() };
    let first = Door::new(&[scene.config()], state.path(), "a", TWO, WriteSettings::default());
    let second = Door::new(&[twin], state.path(), "b", TWO, WriteSettings::default());
    first.good("agent", "worktree_create", json!({"repo": "web", "branch": "agent/x"}));
    let create = json!({"repo": "twin", "branch": "agent/x"});
    assert_eq!(outcome(second.call("agent", "worktree_create", create.clone())), "conflict");
    second.good("agent", "worktree_create", json!({"repo": "twin", "branch": "agent/y"}));
    first.good("agent", "worktree_remove", json!({"repo": "web", "worktree": "agent/x"}));
    second.good("agent", "worktree_create", create);
}

/// A linked work tree that is served under a name of its own has the branches of its repository too.
#[test]
fn a_linked_work_tree_under_its_own_name_has_one_worktree_for_a_branch() {
    let scene = scene();
    let state = TempDir::new().unwrap();
    let path = scene.outside("linked");
    scene.git(&["worktree", "add", "--quiet", "-b", "side", path.to_str().unwrap()]);
    let git_dir = Some(scene.root().join(".git/worktrees/linked"));
    let twin = RepositoryConfig { alias: "twin".into(), path, git_dir };
    let door = Door::new(&[scene.config(), twin], state.path(), "a", TWO, WriteSettings::default());
    door.good("agent", "worktree_create", json!({"repo": "twin", "branch": "agent/x"}));
    let second = json!({"repo": "web", "branch": "agent/x"});
    assert_eq!(outcome(door.call("agent", "worktree_create", second.clone())), "conflict");
    door.good("agent", "worktree_remove", json!({"repo": "twin", "worktree": "agent/x"}));
    door.good("agent", "worktree_create", second);
}

// ---------------------------------------------------------------- work that is lost

/// Commits of a worktree whose branch a person has deleted are held by the worktree alone; it does not go without being told to discard them.
#[test]
fn commits_that_only_the_worktree_holds_are_not_removed_by_the_way() {
    let scene = scene();
    let stage = scene.writing_stage();
    stage.call("worktree_create", json!({"repo": "web", "branch": "agent/x"}));
    stage.call("repo_write_file", on("agent/x", &json!({"path": "a", "content": "a day's work\n"})));
    let done = stage.call("worktree_commit", on("agent/x", &json!({"message": "m"})));
    scene.git(&["branch", "--quiet", "-D", "agent/x"]);
    assert_ne!(scene.git(&["for-each-ref", "--contains", done["commit"].as_str().unwrap()]), "");
    assert_eq!(outcome(stage.try_call("worktree_remove", on("agent/x", &json!({})))), "conflict");
}

/// The same where a person has moved the branch away.
#[test]
fn commits_that_the_branch_has_lost_are_not_removed_by_the_way() {
    let scene = scene();
    let stage = scene.writing_stage();
    stage.call("worktree_create", json!({"repo": "web", "branch": "agent/x"}));
    stage.call("repo_write_file", on("agent/x", &json!({"path": "a", "content": "a day's work\n"})));
    stage.call("worktree_commit", on("agent/x", &json!({"message": "m"})));
    scene.git(&["branch", "--quiet", "--force", "agent/x", "main"]);
    assert_eq!(outcome(stage.try_call("worktree_remove", on("agent/x", &json!({})))), "conflict");
    // Below another branch they are held as well.
    let id = scene.git(&["for-each-ref", "--format=%(objectname)", "refs/gitoma"]);
    let tree = format!("{id}^{{tree}}");
    let above = scene.git(&["commit-tree", "-p", &id, "-m", "above", &tree]);
    scene.git(&["branch", "--quiet", "saved", &above]);
    assert_eq!(outcome(stage.try_call("worktree_remove", on("agent/x", &json!({})))), "ok");
    assert_eq!(scene.git(&["for-each-ref", "refs/gitoma"]), "");
}

/// The sweep takes the files of a worktree whose time is over, and leaves the reference where nothing else holds the commits.
#[test]
fn commits_that_only_the_worktree_holds_outlive_its_time() {
    let scene = scene();
    let stage = scene.writing_stage();
    for (branch, kept) in [("agent/x", false), ("agent/y", true)] {
        stage.call("worktree_create", json!({"repo": "web", "branch": branch}));
        stage.call("repo_write_file", on(branch, &json!({"path": "a", "content": format!("{branch}\n")})));
        let done = stage.call("worktree_commit", on(branch, &json!({"message": "m"})));
        if kept {
            scene.git(&["branch", "--quiet", "-D", branch]);
        }
        let record = trees(stage.state()).pop().unwrap().join("record.json");
        let mut text: Value = serde_json::from_str(&std::fs::read_to_string(&record).unwrap()).unwrap();
        text["used"] = "2024-01-01T00:00:00Z".into();
        std::fs::write(&record, text.to_string()).unwrap();
        stage.call("worktree_create", json!({"repo": "web", "branch": "agent/next"}));
        stage.call("worktree_remove", on("agent/next", &json!({})));
        assert!(trees(stage.state()).is_empty());
        let left = scene.git(&["for-each-ref", "--format=%(objectname)", "refs/gitoma"]);
        assert_eq!(left, if kept { done["commit"].as_str().unwrap() } else { "" });
    }
}

/// A worktree whose time ends while a call works in it stays until the call is over, whichever gateway sweeps.
#[test]
fn a_worktree_in_use_is_not_swept_by_another_gateway() {
    let scene = scene();
    let state = TempDir::new().unwrap();
    let doors = ["a", "b"].map(|name| {
        Door::new(&[scene.config()], state.path(), name, WRITING_POLICY, WriteSettings::default())
    });
    let [first, second] = &doors;
    let patch: String =
        (0..199).map(|n| format!("--- /dev/null\n+++ b/notes/{n}\n@@ -0,0 +1 @@\n+line {n}\n")).collect();
    let mut taken = 0;
    for round in 0..6_u64 {
        let branch = format!("agent/{round}");
        first.good("agent", "worktree_create", json!({"repo": "web", "branch": branch}));
        let place = trees(state.path())
            .into_iter()
            .find(|place| std::fs::read_to_string(place.join("record.json")).unwrap().contains(&branch))
            .unwrap();
        let writer = std::thread::spawn({
            let (first, call) = (first.clone(), on(&branch, &json!({"patch": patch})));
            move || first.call("agent", "repo_apply_patch", call)
        });
        // It looks whether the worktree is its own at the beginning, and puts the files in place at the end.
        std::thread::sleep(Duration::from_millis(15 * (round + 1)));
        let record = place.join("record.json");
        let mut text: Value = serde_json::from_str(&std::fs::read_to_string(&record).unwrap()).unwrap();
        text["used"] = "2024-01-01T00:00:00Z".into();
        std::fs::write(&record, text.to_string()).unwrap();
        second.good("agent", "worktree_create", json!({"repo": "web", "branch": format!("other/{round}")}));
        // Of what had come to its end before, the time was over by rights.
        taken += usize::from(!writer.is_finished() && !place.exists());
        let _ = writer.join().unwrap();
        second.good("agent", "worktree_remove", on(&format!("other/{round}"), &json!({})));
        let _ = first.call("agent", "worktree_remove", on(&branch, &json!({"discard": true})));
    }
    assert_eq!(taken, 0, "so many worktrees were taken while a call worked in them");
}

// ---------------------------------------------------------------- quota

/// Of two gateways on one state directory that are asked at once, one gets the last place.
#[test]
fn two_gateways_share_one_quota() {
    let scene = scene();
    // So that making one takes a while.
    for number in 0..300 {
        scene.write(&format!("many/{number}"), format!("{number}\n"));
    }
    scene.commit("many");
    let state = TempDir::new().unwrap();
    let settings = || WriteSettings { per_principal: 1, ..WriteSettings::default() };
    let doors = ["a", "b", "c"]
        .map(|name| Door::new(&[scene.config()], state.path(), name, WRITING_POLICY, settings()));
    let barrier = Arc::new(Barrier::new(3));
    let made: Vec<_> = doors
        .iter()
        .cloned()
        .enumerate()
        .map(|(number, door)| {
            let barrier = Arc::clone(&barrier);
            std::thread::spawn(move || {
                barrier.wait();
                outcome(door.call(
                    "agent",
                    "worktree_create",
                    json!({"repo": "web", "branch": format!("agent/{number}")}),
                ))
            })
        })
        .collect();
    let made: Vec<_> = made.into_iter().map(|thread| thread.join().unwrap()).collect();
    assert_eq!(made.iter().filter(|made| *made == "ok").count(), 1, "{made:?}");
}

/// Room that a deletion would make is not there before it is made: a call that is hung up before its effect gives none.
#[test]
fn a_deletion_that_never_happened_makes_no_room() {
    const ROOM: u64 = 64 * 1024;
    let scene = scene();
    let state = TempDir::new().unwrap();
    let settings = WriteSettings { bytes: ROOM, ..WriteSettings::default() };
    let door = Door::new(&[scene.config()], state.path(), "a", WRITING_POLICY, settings);
    door.good("agent", "worktree_create", json!({"repo": "web", "branch": "agent/x"}));
    let line = "word ".repeat(200);
    let big = format!("{line}\n").repeat(40);
    door.good("agent", "repo_write_file", on("agent/x", &json!({"path": "big", "content": big})));
    // Deletes the large file, and makes many small ones, which takes a while.
    let mut patch = "--- a/big\n+++ /dev/null\n@@ -1,40 +0,0 @@\n".to_owned();
    patch.push_str(&format!("-{line}\n").repeat(40));
    for number in 0..199 {
        patch.push_str(&format!("--- /dev/null\n+++ b/d/{number}\n@@ -0,0 +1 @@\n+x\n"));
    }
    let tree = trees(state.path()).pop().unwrap().join("tree");
    let mut hung_up = 0;
    for round in 0..40 {
        let task = door.start("agent", "repo_apply_patch", on("agent/x", &json!({"patch": patch})));
        // The directory is made once the room was reckoned with, and before the effect.
        while !tree.join("d").exists() && !task.is_finished() {
            std::hint::spin_loop();
        }
        task.abort();
        std::thread::sleep(Duration::from_millis(100));
        if !tree.join("big").exists() {
            // Too late: as it was.
            for number in 0..199 {
                let _ = std::fs::remove_file(tree.join(format!("d/{number}")));
            }
            door.good("agent", "repo_write_file", on("agent/x", &json!({"path": "big", "content": big})));
            continue;
        }
        hung_up += 1;
        let more = on(
            "agent/x",
            &json!({"path": format!("more{round}"), "content": format!("{line}\n").repeat(15)}),
        );
        let _ = door.call("agent", "repo_write_file", more);
        if bytes_beneath(&tree) > ROOM {
            break;
        }
    }
    let held = bytes_beneath(&tree);
    assert!(
        held <= ROOM,
        "{held} bytes in the worktree, {ROOM} may be, after {hung_up} calls that were hung up"
    );
}

// ---------------------------------------------------------------- kept answers

/// A repetition is judged anew, also for what the first call found: the policy of now refuses a path that it touched.
#[test]
fn a_kept_answer_about_found_paths_leaves_by_the_policy_of_now() {
    let scene = scene();
    let state = TempDir::new().unwrap();
    let door = Door::new(&[scene.config()], state.path(), "a", WRITING_POLICY, WriteSettings::default());
    door.good("agent", "worktree_create", json!({"repo": "web", "branch": "agent/x"}));
    door.good(
        "agent",
        "repo_write_file",
        on("agent/x", &json!({"path": "private/nightjar.md", "content": "x\n"})),
    );
    let call = on("agent/x", &json!({"message": "m", "idempotency_key": "k"}));
    door.good("agent", "worktree_commit", call.clone());
    let closed = WRITING_POLICY.replace(
        "rules:\n",
        "rules:\n    - { id: no, effect: deny, tools: [\"*\"], paths: [\"private/**\"] }\n    \
         - { id: nor, effect: deny, capability: write, tools: [\"*\"], paths: [\"private/**\"] }\n",
    );
    door.replace_policy(&closed);
    let read = json!({"repo": "web", "ref": "agent/x", "path": "private/nightjar.md"});
    assert_eq!(outcome(door.call("agent", "repo_read_file", read)), "denied");
    let again = door.call("agent", "worktree_commit", call);
    assert_eq!(outcome(again), "denied", "and nothing of the answer is shown");
}

// ---------------------------------------------------------------- what git says of it

/// Whatever content goes in, git finds nothing wrong with it: `.gitmodules` and `.gitattributes` are looked into by `git fsck`, and a server
/// that does the same refuses every later push and clone.
#[test]
fn nothing_that_fsck_refuses_is_committed() {
    let files = [
        (".gitmodules", "[submodule \"x\"]\n\tpath = x\n\turl = --upload-pack=touch${IFS}gone\n".to_owned()),
        (".gitmodules", "[submodule \"../../x\"]\n\tpath = x\n\turl = https://example.org/x\n".to_owned()),
        (".gitmodules", "[submodule \"x\"]\n\tpath = -x\n\turl = https://example.org/x\n".to_owned()),
        (".gitmodules", "[submodule \"x\"]\n\tpath = x\n\turl = x\n\tupdate = !touch gone\n".to_owned()),
        (".gitattributes", format!("*.md {}\n", "x".repeat(3_000))),
        ("sub/.gitattributes", format!("*.md {}\n", "x".repeat(3_000))),
        ("gitmod~1", "[submodule \"x\"]\n\tpath = x\n\turl = --upload-pack=x\n".to_owned()),
        ("x\\.git\\config", "x\n".to_owned()),
        ("git~1", "x\n".to_owned()),
        (".gitignore", "x".repeat(100_000)),
        (".mailmap", "x".repeat(100_000)),
    ];
    let mut wrong = Vec::new();
    for (path, content) in files {
        let scene = scene();
        let stage = scene.writing_stage();
        stage.call("git_create_branch", json!({"repo": "web", "branch": "agent/x"}));
        let made = stage
            .try_call("git_commit_files", commit("agent/x", &json!([{"path": path, "content": content}])));
        let fsck = scene.git_succeeds_in(&scene.root(), &["fsck", "--strict", "--no-dangling"]);
        if !fsck {
            wrong.push(format!(
                "{path}: {} {}",
                outcome(made),
                content.lines().last().unwrap_or_default().get(..40).unwrap_or("(short)")
            ));
        }
    }
    assert!(wrong.is_empty(), "git fsck refuses\n{}", wrong.join("\n"));
}

/// A bare repository is built by no sequence of calls of different tools, on the disk or in a commit.
#[test]
fn no_sequence_builds_a_repository() {
    let scene = scene();
    let stage = scene.writing_stage();
    stage.call("worktree_create", json!({"repo": "web", "branch": "agent/x"}));
    let write = |path: &str| on("agent/x", &json!({"path": path, "content": "ref: refs/heads/main\n"}));
    for path in ["d/HEAD", "d/objects2/x", "d/refs2/x", "e/Head", "e/commondir", "f/objects/x", "f/refs/x"] {
        let _ = stage.try_call("repo_write_file", write(path));
    }
    let _ = stage.try_call("worktree_commit", on("agent/x", &json!({"message": "m"})));
    let rename = |from: &str, to: &str| {
        let patch = format!(
            "diff --git a/{from} b/{to}\nsimilarity index 100%\nrename from {from}\nrename to {to}\n"
        );
        outcome(stage.try_call("repo_apply_patch", on("agent/x", &json!({"patch": patch}))))
    };
    let renamed = [
        rename("d/objects2/x", "d/objects/x"),
        rename("d/refs2/x", "d/refs/x"),
        rename("d/HEAD", "f/HEAD"),
        rename("README.md", "e/HEAD"),
    ];
    let tree = trees(stage.state()).pop().unwrap().join("tree");
    let built: Vec<_> = ["d", "e", "f"]
        .into_iter()
        .filter(|name| {
            let there = |mark: &str| tree.join(name).join(mark).exists();
            there("HEAD") && (there("commondir") || there("objects") && there("refs"))
        })
        .collect();
    assert!(built.is_empty(), "{built:?} {renamed:?}");
    let _ = stage.try_call("worktree_commit", on("agent/x", &json!({"message": "two"})));
    // The same, each part by another commit, and the last by a worktree of the branch.
    stage.call("git_create_branch", json!({"repo": "web", "branch": "agent/y"}));
    for path in ["g/HEAD", "g/objects/x"] {
        let files = json!([{"path": path, "content": "ref: refs/heads/main\n"}]);
        let _ = stage.try_call("git_commit_files", commit("agent/y", &files));
    }
    stage.call("worktree_create", json!({"repo": "web", "branch": "agent/y"}));
    let last = on("agent/y", &json!({"path": "g/refs/x", "content": "x\n"}));
    let written = outcome(stage.try_call("repo_write_file", last));
    let _ = stage.try_call("worktree_commit", on("agent/y", &json!({"message": "two"})));
    let held = scene.git(&["ls-tree", "-r", "--name-only", "agent/y"]);
    assert!(!held.contains("g/refs/x"), "{written}: {held}");
}

// ---------------------------------------------------------------- whose worktrees there are

/// The references that hold worktrees are found by no tool: they tell of what is each principal's own.
#[test]
fn what_holds_a_worktree_is_no_reference_to_anybody() {
    let scene = scene();
    let stage = scene.writing_stage();
    stage.call("worktree_create", json!({"repo": "web", "branch": "agent/x"}));
    let full = scene.git(&["for-each-ref", "--format=%(refname)", "refs/gitoma"]);
    let short = full.strip_prefix("refs/").unwrap();
    assert!(scene.git_succeeds_in(&scene.root(), &["rev-parse", "--verify", short]));
    let linked = scene.outside("linked");
    scene.git(&["worktree", "add", "--quiet", "--detach", linked.to_str().unwrap()]);
    for name in
        [full.clone(), short.to_owned(), format!("main-worktree/{full}"), format!("worktrees/linked/{full}")]
    {
        for step in ["", "~0"] {
            let name = format!("{name}{step}");
            for (tool, arguments) in [
                ("git_log", json!({"repo": "web", "ref": name})),
                ("git_show", json!({"repo": "web", "revision": name})),
                ("git_diff", json!({"repo": "web", "base": "main", "target": name})),
                ("git_diff", json!({"repo": "web", "base": name, "target": "main"})),
                ("git_blame", json!({"repo": "web", "ref": name, "path": "README.md"})),
                ("git_grep", json!({"repo": "web", "ref": name, "pattern": "main"})),
                ("git_branch", json!({"repo": "web", "contains": name})),
                ("repo_tree", json!({"repo": "web", "ref": name})),
                ("repo_read_file", json!({"repo": "web", "ref": name, "path": "README.md"})),
                ("git_create_branch", json!({"repo": "web", "branch": "agent/new", "from": name})),
                ("worktree_create", json!({"repo": "web", "branch": "agent/new", "from": name})),
            ] {
                assert_eq!(stage.refused(tool, arguments), "not_found", "{tool} {name}");
            }
        }
    }
    let branches = stage.call("git_branch", json!({"repo": "web", "branch_type": "all"}));
    assert!(!branches.to_string().contains("gitoma"), "{branches}");
    // A branch that is only called so is found.
    scene.git(&["branch", short, "main"]);
    let read = json!({"repo": "web", "ref": short, "path": "README.md"});
    assert!(stage.call("repo_read_file", read)["content"].as_str().unwrap().contains("# Web"));
}
