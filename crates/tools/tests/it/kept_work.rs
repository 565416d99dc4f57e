//! What lies in a worktree is committed, shown or refused, and goes with nobody's knowledge never; and it takes no more than its room.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use gitoma_core::config::WriteSettings;
use gitoma_core::{ApprovalState, Decide, RefusalKind};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::door::{Door, bytes_beneath, on, scene, trees};
use crate::scene::{Scene, Stage, WRITING_POLICY};

/// What configuration of the repository says changes nothing of what a worktree commits: git's own `add --all` is the oracle.
#[test]
fn configuration_changes_nothing_of_a_commit() {
    let mut wrong = Vec::new();
    for (name, value) in [
        ("core.fileMode", "false"),
        ("core.ignoreCase", "true"),
        ("core.symlinks", "false"),
        ("core.precomposeUnicode", "true"),
        ("core.trustctime", "false"),
        ("core.checkStat", "minimal"),
        ("core.autocrlf", "true"),
        ("core.autocrlf", "input"),
        ("core.eol", "crlf"),
        ("core.safecrlf", "true"),
        ("core.sharedRepository", "0777"),
        ("core.logAllRefUpdates", "always"),
        ("core.worktree", "/tmp"),
        ("core.excludesFile", "/dev/zero"),
        ("core.attributesFile", "/dev/zero"),
        ("status.showUntrackedFiles", "no"),
        ("status.renames", "copies"),
        ("index.threads", "0"),
        ("index.version", "9"),
        ("core.untrackedCache", "true"),
        ("core.splitIndex", "true"),
        ("core.sparseCheckout", "true"),
        ("core.compression", "99"),
        ("pack.threads", "x"),
        ("i18n.commitEncoding", "utf-16"),
        ("user.useConfigOnly", "true"),
        ("extensions.worktreeConfig", "true"),
    ] {
        let scene = scene();
        scene.write("run.sh", "#!/bin/sh\n");
        scene.commit("run");
        let expected = {
            scene.write("README.md", "# Web\r\n\r\nmore\r\n");
            scene.write("readme.txt", "new\n");
            scene.write("run.sh", "#!/bin/sh\n:\n");
            scene.git(&["update-index", "--chmod=+x", "run.sh"]);
            let run = scene.root().join("run.sh");
            std::fs::set_permissions(&run, PermissionsExt::from_mode(0o755)).unwrap();
            std::fs::remove_file(scene.root().join("src/main.rs")).unwrap();
            scene.git(&["add", "--all"]);
            let tree = scene.git(&["write-tree"]);
            scene.git(&["reset", "--quiet", "--hard"]);
            tree
        };
        scene.git(&["config", name, value]);
        if name == "extensions.worktreeConfig" {
            scene.write(
                ".git/config.worktree",
                "[core]\n\tworktree = /tmp\n\tbare = true\n\tfileMode = false\n",
            );
        }
        let state = TempDir::new().unwrap();
        let door = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            Door::new(&[scene.config()], state.path(), "a", WRITING_POLICY, WriteSettings::default())
        }));
        let Ok(door) = door else {
            wrong.push(format!("{name}={value}: the gateway does not start"));
            continue;
        };
        let steps = [
            ("worktree_create", json!({"repo": "web", "branch": "agent/x"})),
            (
                "repo_write_file",
                on("agent/x", &json!({"path": "README.md", "content": "# Web\r\n\r\nmore\r\n"})),
            ),
            ("repo_write_file", on("agent/x", &json!({"path": "readme.txt", "content": "new\n"}))),
            (
                "repo_write_file",
                on("agent/x", &json!({"path": "run.sh", "content": "#!/bin/sh\n:\n", "executable": true})),
            ),
            ("repo_delete_file", on("agent/x", &json!({"path": "src/main.rs"}))),
            ("worktree_commit", on("agent/x", &json!({"message": "m"}))),
        ];
        let failed = steps.into_iter().find_map(|(tool, call)| {
            door.call("agent", tool, call)
                .err()
                .map(|refusal| format!("{tool}: {} {refusal}", refusal.code()))
        });
        if let Some(failed) = failed {
            wrong.push(format!("{name}={value}: {failed}"));
            continue;
        }
        scene.git(&["config", "--unset", name]);
        let made = scene.git(&["rev-parse", "agent/x^{tree}"]);
        if made != expected {
            wrong.push(format!("{name}={value}: {}", scene.git(&["diff", "--stat", &expected, &made])));
        }
        let odd = std::fs::metadata(scene.root().join(".git/refs/heads/agent/x")).unwrap().mode() & 0o022;
        if odd != 0 {
            wrong.push(format!("{name}={value}: the reference is writable by others"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A mode that a tool set is a change, whatever `core.fileMode` of the repository says.
#[test]
fn a_mode_alone_is_a_change() {
    let scene = scene();
    scene.git(&["config", "core.fileMode", "false"]);
    let stage = Stage::writing(&[scene.config()], WRITING_POLICY, false);
    stage.call("worktree_create", json!({"repo": "web", "branch": "agent/x"}));
    let run = json!({"path": "README.md", "content": "# Web\n", "executable": true});
    assert_eq!(stage.call("repo_write_file", on("agent/x", &run))["changed"], true);
    let done = stage.call("worktree_commit", on("agent/x", &json!({"message": "m"})));
    assert_eq!(done["changed"], true, "the mode is in no commit");
}

/// `info/exclude`, `core.excludesFile` and `status.showUntrackedFiles` of a repository do not decide what of a worktree is committed.
#[test]
fn the_repository_does_not_hide_work_from_a_commit() {
    let mut lost = Vec::new();
    for (what, prepare) in [
        ("info/exclude", &(|scene: &Scene| scene.write(".git/info/exclude", "*\n")) as &dyn Fn(&Scene)),
        ("status.showUntrackedFiles=no", &|scene| {
            scene.git(&["config", "status.showUntrackedFiles", "no"]);
        }),
        ("core.excludesFile", &|scene| {
            scene.write(".git/hidden", "*\n");
            scene.git(&["config", "core.excludesFile", ".git/hidden"]);
        }),
    ] {
        let scene = scene();
        prepare(&scene);
        let stage = Stage::writing(&[scene.config()], WRITING_POLICY, false);
        stage.call("worktree_create", json!({"repo": "web", "branch": "agent/x"}));
        stage
            .call("repo_write_file", on("agent/x", &json!({"path": "work.md", "content": "a day's work\n"})));
        let done = stage.call("worktree_commit", on("agent/x", &json!({"message": "m"})));
        if done["changed"] == false {
            lost.push(what);
        }
    }
    assert_eq!(lost, [] as [&str; 0]);
}

/// A file where the checkout left something out (a link, an overlong file) is refused, or seen; it does not go without a word.
#[test]
fn work_at_a_place_that_was_left_out_is_not_lost() {
    let scene = scene();
    scene.write("big.txt", "x".repeat(9 * 1024 * 1024));
    scene.commit("big");
    let stage = Stage::writing(&[scene.config()], WRITING_POLICY, false);
    let made = stage.call("worktree_create", json!({"repo": "web", "branch": "agent/fix"}));
    assert_eq!(made["left_out"], 2);
    // By a tool it is refused, on the way there too; the worktree has nothing to lose then.
    for (path, rule) in [
        ("big.txt", "change:left-out"),
        ("alias", "change:symbolic-link"),
        ("alias/x", "change:symbolic-link"),
    ] {
        let write = on("agent/fix", &json!({"path": path, "content": "small\n"}));
        let refusal = stage.refusal("repo_write_file", write);
        assert_eq!((refusal.code(), refusal.executed()), ("path_denied", false), "{refusal}");
        assert!(refusal.to_string().contains(rule), "{refusal}");
    }
    // What another program puts there is seen, and is in nobody's way that does not concern it.
    let tree = trees(stage.state()).pop().unwrap().join("tree");
    for (path, rule) in [("big.txt", "change:left-out"), ("alias", "change:type"), ("alias/x", "")] {
        let place = tree.join(path);
        std::fs::create_dir_all(place.parent().unwrap()).unwrap();
        std::fs::write(&place, "small\n").unwrap();
        let diff = stage.call("worktree_diff", on("agent/fix", &json!({})));
        assert_eq!(diff["files"][0]["path"], path, "{diff}");
        assert_eq!(diff["files"][0]["rule"].as_str().unwrap_or_default(), rule, "{diff}");
        let commit = on("agent/fix", &json!({"message": "x"}));
        assert_eq!(stage.refused("worktree_commit", commit), "path_denied", "{path}");
        assert_eq!(stage.refused("worktree_remove", on("agent/fix", &json!({}))), "conflict", "{path}");
        let gone = tree.join(path.split('/').next().unwrap());
        let _ = std::fs::remove_file(&gone).or_else(|_| std::fs::remove_dir_all(&gone));
    }
}

/// Ignored files that a tool wrote are told of by a commit, and go with the worktree only by `discard`.
#[test]
fn ignored_work_is_not_removed_by_the_way() {
    let scene = scene();
    let stage = Stage::writing(&[scene.config()], WRITING_POLICY, false);
    stage.call("worktree_create", json!({"repo": "web", "branch": "agent/fix"}));
    stage.call("repo_write_file", on("agent/fix", &json!({"path": "target/report.md", "content": "work\n"})));
    stage.call("repo_write_file", on("agent/fix", &json!({"path": "a.md", "content": "work\n"})));
    let done = stage.call("worktree_commit", on("agent/fix", &json!({"message": "m"})));
    assert_eq!((&done["changed"], &done["ignored_files"]), (&json!(true), &json!(1)), "{done}");
    let refusal = stage.refusal("worktree_remove", on("agent/fix", &json!({})));
    assert_eq!((refusal.code(), refusal.executed()), ("conflict", false));
    assert!(refusal.to_string().contains("1 files"), "{refusal}");
    stage.call("worktree_remove", on("agent/fix", &json!({"discard": true})));
}

/// Who approves a removal sees that ignored files go, and a change of them makes the approval void.
#[test]
fn the_approval_of_a_removal_speaks_of_ignored_files() {
    let scene = scene();
    let rules = "rules:\n    - { id: ask, effect: ask, capability: write, tools: [worktree_remove] }\n";
    let policy = WRITING_POLICY.replace("rules:\n", rules);
    let stage = Stage::writing(&[scene.config()], &policy, false);
    stage.call("worktree_create", json!({"repo": "web", "branch": "agent/x"}));
    let report = |text: &str| {
        let write = on("agent/x", &json!({"path": "target/report.md", "content": text}));
        stage.call("repo_write_file", write);
    };
    report("one\n");
    let call = on("agent/x", &json!({"discard": true}));
    let RefusalKind::ApprovalRequired(asked) = stage.refusal("worktree_remove", call.clone()).kind else {
        panic!("it is asked")
    };
    let shown = stage.approval(&asked.id.to_string());
    assert!(format!("{shown:?}").contains("with 1 ignored files of 4 bytes together"), "{shown:?}");
    stage.decide(&asked.id.to_string(), Decide::Approve).unwrap();
    report("two\n");
    assert!(stage.try_call("worktree_remove", call).is_err());
    assert_eq!(stage.approval(&asked.id.to_string()).state, ApprovalState::Void);
}

/// However much lies in a worktree, it can be removed by who lets it go, and nothing of it changes once somebody approved that.
#[test]
fn a_worktree_with_very_many_changes_can_be_removed() {
    let scene = scene();
    let rules = "rules:\n    - { id: ask, effect: ask, capability: write, tools: [worktree_remove] }\n";
    let policy = WRITING_POLICY.replace("rules:\n", rules);
    let stage = Stage::writing(&[scene.config()], &policy, false);
    stage.call("worktree_create", json!({"repo": "web", "branch": "agent/x"}));
    let place = trees(stage.state()).pop().unwrap();
    for number in 0..2_100 {
        std::fs::write(place.join(format!("tree/{number:04}")), "work\n").unwrap();
    }
    let refusal = stage.refusal("worktree_remove", on("agent/x", &json!({})));
    assert!(refusal.to_string().contains("2100 files have changes"), "{refusal}");
    assert_eq!(stage.refused("worktree_commit", on("agent/x", &json!({"message": "m"}))), "unsuitable");
    let call = on("agent/x", &json!({"discard": true}));
    let ask = || {
        let RefusalKind::ApprovalRequired(asked) = stage.refusal("worktree_remove", call.clone()).kind else {
            panic!("it is asked")
        };
        stage.decide(&asked.id.to_string(), Decide::Approve).unwrap();
        asked.id.to_string()
    };
    let asked = ask();
    let shown = stage.approval(&asked);
    assert!(shown.target.contains("and 100 more"), "{shown:?}");
    // The last of them is in no list.
    std::fs::write(place.join("tree/2099"), "other work\n").unwrap();
    assert!(stage.try_call("worktree_remove", call.clone()).is_err());
    assert_eq!(stage.approval(&asked).state, ApprovalState::Void);
    ask();
    stage.call("worktree_remove", call.clone());
    assert!(!place.exists());
}

/// What defies being looked at keeps nobody from letting a worktree go; who does not say so loses nothing.
#[test]
fn a_worktree_that_cannot_be_looked_at_can_be_removed() {
    let scene = scene();
    let stage = Stage::writing(&[scene.config()], WRITING_POLICY, false);
    stage.call("worktree_create", json!({"repo": "web", "branch": "agent/x"}));
    let place = trees(stage.state()).pop().unwrap();
    std::fs::remove_file(place.join("tree/.gitignore")).unwrap();
    let made = std::process::Command::new("mkfifo").arg(place.join("tree/.gitignore")).status().unwrap();
    assert!(made.success());
    assert_eq!(stage.refused("worktree_remove", on("agent/x", &json!({}))), "path_denied");
    assert!(place.exists());
    stage.call("worktree_remove", on("agent/x", &json!({"discard": true})));
    assert!(!place.exists());
}

/// A worktree whose time is over leaves its branch, its place among the principal's and its bytes to the next.
#[test]
fn an_expired_worktree_makes_way() {
    let scene = scene();
    let stage = Stage::writing(&[scene.config()], WRITING_POLICY, false);
    for number in 0..8 {
        stage.call("worktree_create", json!({"repo": "web", "branch": format!("agent/{number}")}));
    }
    for place in trees(stage.state()) {
        let record = place.join("record.json");
        let mut text: Value = serde_json::from_str(&std::fs::read_to_string(&record).unwrap()).unwrap();
        text["used"] = "2024-01-01T00:00:00Z".into();
        std::fs::write(&record, text.to_string()).unwrap();
    }
    assert_eq!(stage.refused("worktree_diff", on("agent/0", &json!({}))), "not_found");
    let again = stage.try_call("worktree_create", json!({"repo": "web", "branch": "agent/0"}));
    let again = again.map(|_| ()).map_err(|refusal| refusal.to_string());
    for number in 10..17 {
        let _ =
            stage.try_call("worktree_create", json!({"repo": "web", "branch": format!("agent/{number}")}));
    }
    let on_disk = trees(stage.state()).len();
    assert_eq!((again, on_disk <= 8), (Ok(()), true), "{on_disk} worktrees on the disk, 8 may be");
}

/// What a worktree takes is counted before it lies on the disk: a small repository unfolds to any size.
#[test]
fn a_worktree_beyond_the_quota_is_not_written_first() {
    let scene = scene();
    // One blob of 1 MiB under 200 names.
    let blob = "x".repeat(1024 * 1024);
    for number in 0..200 {
        scene.write(&format!("many/{number}"), &blob);
    }
    scene.commit("many");
    let state = TempDir::new().unwrap();
    let settings = WriteSettings { bytes: 4 * 1024 * 1024, ..WriteSettings::default() };
    let door = Door::new(&[scene.config()], state.path(), "a", WRITING_POLICY, settings);
    let (stop, peak) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let watch = std::thread::spawn({
        let (stop, peak, root) = (Arc::clone(&stop), Arc::clone(&peak), state.path().join("worktrees"));
        move || {
            while !stop.load(Ordering::Relaxed) {
                peak.fetch_max(bytes_beneath(&root), Ordering::Relaxed);
                std::thread::sleep(Duration::from_millis(2));
            }
        }
    });
    let refusal =
        door.call("agent", "worktree_create", json!({"repo": "web", "branch": "agent/x"})).unwrap_err();
    stop.store(true, Ordering::Relaxed);
    watch.join().unwrap();
    assert_eq!((refusal.code(), refusal.executed()), ("no_room", false));
    assert_eq!(trees(state.path()).len(), 0, "debris");
    let peak = peak.load(Ordering::Relaxed);
    assert!(peak < 16 * 1024 * 1024, "{peak} bytes were on the disk, 4 MiB may be");
}

/// The quota on worktrees holds for what is written into them, too.
#[test]
fn a_worktree_does_not_grow_beyond_the_quota() {
    let scene = scene();
    let state = TempDir::new().unwrap();
    let settings = WriteSettings { bytes: 256 * 1024, ..WriteSettings::default() };
    let door = Door::new(&[scene.config()], state.path(), "a", WRITING_POLICY, settings);
    door.good("agent", "worktree_create", json!({"repo": "web", "branch": "agent/x"}));
    let content = "word word\n".repeat(10_000);
    let mut refused = false;
    for number in 0..10 {
        let write = on("agent/x", &json!({"path": format!("f{number}"), "content": content}));
        refused |= door.call("agent", "repo_write_file", write).is_err();
    }
    assert!(
        refused,
        "{} bytes in worktrees, {} may be",
        bytes_beneath(&state.path().join("worktrees")),
        256 * 1024
    );
}

/// What a process that was killed left of a write is neither shown nor committed.
#[test]
fn what_a_killed_write_left_is_not_committed() {
    let scene = scene();
    let stage = Stage::writing(&[scene.config()], WRITING_POLICY, false);
    stage.call("worktree_create", json!({"repo": "web", "branch": "agent/x"}));
    let tree = trees(stage.state()).pop().unwrap().join("tree");
    let left = tree.join(".gitoma-0123456789abcdef.tmp");
    std::fs::write(&left, "half of a file").unwrap();
    let diff = stage.call("worktree_diff", on("agent/x", &json!({})));
    assert_eq!(diff["files_changed"], 0, "{diff}");
    let write = on("agent/x", &json!({"path": ".gitoma-0123456789abcdee.tmp", "content": "x"}));
    assert_eq!(stage.refused("repo_write_file", write), "path_denied");
    stage.call("repo_write_file", on("agent/x", &json!({"path": "a", "content": "x\n"})));
    let _ = stage.try_call("worktree_commit", on("agent/x", &json!({"message": "m"})));
    let held = scene.git(&["ls-tree", "-r", "--name-only", "agent/x"]);
    assert!(held.contains("a") && !held.contains(".gitoma-"), "{held}");
    // A moment old it may be of a write that is under way; later it is swept.
    assert!(left.exists());
    let old = std::time::SystemTime::now() - Duration::from_hours(2);
    std::fs::File::options().write(true).open(&left).unwrap().set_modified(old).unwrap();
    stage.call("worktree_commit", on("agent/x", &json!({"message": "m"})));
    assert!(!left.exists());
}

/// A lock that was left behind stands in no commit's way.
#[test]
fn a_commit_whose_afterwork_fails_is_gone_on_with() {
    let scene = scene();
    let stage = Stage::writing(&[scene.config()], WRITING_POLICY, false);
    stage.call("worktree_create", json!({"repo": "web", "branch": "agent/x"}));
    stage.call("repo_write_file", on("agent/x", &json!({"path": "a", "content": "one\n"})));
    // The index was locked by a process that was killed.
    let lock = trees(stage.state()).pop().unwrap().join("git/index.lock");
    std::fs::write(&lock, "").unwrap();
    stage.call("worktree_commit", on("agent/x", &json!({"message": "one"})));
    stage.call("repo_write_file", on("agent/x", &json!({"path": "a", "content": "two\n"})));
    stage.call("worktree_commit", on("agent/x", &json!({"message": "two"})));
    assert_eq!(scene.git(&["log", "--format=%s", "main..agent/x"]), "two\none");
}

/// The commit that a worktree stands on may be known to nobody but the gateway; a clean-up leaves it.
#[test]
fn a_worktree_outlives_a_clean_up_of_the_repository() {
    let scene = scene();
    scene.git(&["checkout", "--quiet", "-b", "topic"]);
    scene.write("topic.md", "topic\n");
    scene.commit("topic");
    scene.git(&["checkout", "--quiet", "main"]);
    let stage = Stage::writing(&[scene.config()], WRITING_POLICY, false);
    stage.call("worktree_create", json!({"repo": "web", "branch": "agent/x", "from": "topic"}));
    stage.call("repo_write_file", on("agent/x", &json!({"path": "a", "content": "work\n"})));
    // The branch was merged or given up, and a person tidies.
    scene.git(&["branch", "-D", "topic"]);
    let tidy = || {
        scene.git(&["reflog", "expire", "--expire=now", "--expire-unreachable=now", "--all"]);
        scene.git(&["gc", "--quiet", "--prune=now"]);
    };
    tidy();
    let diff = stage.try_call("worktree_diff", on("agent/x", &json!({})));
    assert!(diff.is_ok(), "{}", diff.unwrap_err());
    let done = stage.call("worktree_commit", on("agent/x", &json!({"message": "m"})));
    // So with its own branch, whether its reference is packed or not.
    scene.git(&["branch", "-D", "agent/x"]);
    tidy();
    stage.call("repo_read_file", on("agent/x", &json!({"path": "topic.md", "ref": "HEAD"})));
    scene.git(&["branch", "agent/x", done["commit"].as_str().unwrap()]);
    // It goes with the worktree, and is nobody's branch or tag meanwhile.
    let listed = scene.git(&["branch", "--all", "--format=%(refname)"]);
    assert_eq!(listed, "refs/heads/agent/x\nrefs/heads/main");
    stage.call("worktree_remove", on("agent/x", &json!({})));
    assert_eq!(scene.git(&["for-each-ref", "refs/gitoma"]), "");
    scene.git(&["fsck", "--strict", "--no-dangling"]);
}

/// A process that is stopped between the branch and the worktree, at each place, leaves a worktree that goes on.
#[test]
fn a_commit_that_was_cut_off_is_gone_on_with() {
    for (what, has_head) in [("before the head", false), ("between head and index", true)] {
        let scene = scene();
        let stage = Stage::writing(&[scene.config()], WRITING_POLICY, false);
        stage.call("worktree_create", json!({"repo": "web", "branch": "agent/x"}));
        let git = trees(stage.state()).pop().unwrap().join("git");
        stage.call("repo_write_file", on("agent/x", &json!({"path": "a", "content": "one\n"})));
        stage.call("repo_delete_file", on("agent/x", &json!({"path": "README.md"})));
        let kept = ["HEAD", "index"].map(|name| (name, std::fs::read(git.join(name)).unwrap()));
        let base = scene.git(&["rev-parse", "main"]);
        stage.call("worktree_commit", on("agent/x", &json!({"message": "one"})));
        assert_eq!(std::fs::read_dir(&git).unwrap().count(), 4, "nothing is left to do");
        // As it would lie there.
        let intent = format!("{base} {}\n", scene.git(&["rev-parse", "agent/x^{tree}"]));
        std::fs::write(git.join("GITOMA_COMMIT"), intent).unwrap();
        for (name, content) in kept {
            if name == "index" || !has_head {
                std::fs::write(git.join(name), content).unwrap();
            }
        }
        let diff = stage.call("worktree_diff", on("agent/x", &json!({})));
        assert_eq!(diff["files_changed"], 0, "{what}: {diff}");
        stage.call("repo_write_file", on("agent/x", &json!({"path": "a", "content": "two\n"})));
        stage.call("worktree_commit", on("agent/x", &json!({"message": "two"})));
        assert_eq!(scene.git(&["log", "--format=%s", "main..agent/x"]), "two\none", "{what}");
        assert_eq!(scene.git(&["show", "agent/x:a"]), "two");
    }
}

/// A commit of somebody else on the branch is not taken for the worktree's own: its files would undo it.
#[test]
fn a_commit_of_somebody_else_is_not_gone_on_with() {
    let scene = scene();
    let stage = Stage::writing(&[scene.config()], WRITING_POLICY, false);
    stage.call("worktree_create", json!({"repo": "web", "branch": "agent/x"}));
    let git = trees(stage.state()).pop().unwrap().join("git");
    scene.git(&["checkout", "--quiet", "-b", "agent/x"]);
    let base = scene.git(&["rev-parse", "HEAD"]);
    scene.write("theirs.md", "theirs\n");
    scene.commit("theirs");
    scene.git(&["checkout", "--quiet", "main"]);
    let intent = format!("{base} {}\n", scene.git(&["rev-parse", "main^{tree}"]));
    std::fs::write(git.join("GITOMA_COMMIT"), intent).unwrap();
    stage.call("repo_write_file", on("agent/x", &json!({"path": "a", "content": "x\n"})));
    assert_eq!(stage.refused("worktree_commit", on("agent/x", &json!({"message": "m"}))), "conflict");
    assert_eq!(scene.git(&["show", "agent/x:theirs.md"]), "theirs");
}

/// A record that cannot be read says what to do, and does not block its branch for ever.
#[test]
fn a_damaged_record_does_not_block_its_branch_for_ever() {
    let scene = scene();
    let stage = Stage::writing(&[scene.config()], WRITING_POLICY, false);
    stage.call("worktree_create", json!({"repo": "web", "branch": "agent/x"}));
    let record = trees(stage.state()).pop().unwrap().join("record.json");
    std::fs::write(&record, "{\"repo\": \"we").unwrap();
    for (tool, arguments) in [
        ("worktree_create", json!({"repo": "web", "branch": "agent/x"})),
        ("worktree_diff", on("agent/x", &json!({}))),
        ("worktree_remove", on("agent/x", &json!({"discard": true}))),
    ] {
        let refusal = stage.refusal(tool, arguments);
        let changed = refusal.executed() && tool != "worktree_diff";
        assert_eq!((refusal.code(), changed), ("conflict", false), "{tool}: {refusal}");
        assert!(refusal.to_string().contains("choose another branch"), "{tool}: {refusal}");
    }
    stage.call("worktree_create", json!({"repo": "web", "branch": "agent/y"}));
    assert_eq!(trees(stage.state()).len(), 2, "it may be mended until its time is over");
    let old = std::time::SystemTime::now() - Duration::from_hours(73);
    std::fs::File::options().write(true).open(&record).unwrap().set_modified(old).unwrap();
    stage.call("worktree_create", json!({"repo": "web", "branch": "agent/z"}));
    stage.call("worktree_create", json!({"repo": "web", "branch": "agent/x"}));
}

/// More worktrees than engines are kept open: each can still be worked in.
#[test]
fn many_worktrees_are_worked_in() {
    let scene = scene();
    let state = TempDir::new().unwrap();
    let settings = WriteSettings { per_principal: 40, ..WriteSettings::default() };
    let door = Door::new(&[scene.config()], state.path(), "a", WRITING_POLICY, settings);
    let branches: Vec<String> = (0..40).map(|number| format!("agent/{number}")).collect();
    for branch in &branches {
        door.good("agent", "worktree_create", json!({"repo": "web", "branch": branch}));
    }
    for branch in branches.iter().chain(&branches) {
        door.good("agent", "worktree_diff", on(branch, &json!({})));
    }
}
