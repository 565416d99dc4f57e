//! Attacks on the tools that write, as a reviewer made them. Each test states what must hold.

use std::os::unix::fs::symlink;
use std::time::{Duration, Instant};

use gitoma_core::config::WriteSettings;
use gitoma_core::{ApprovalState, Decide, RefusalKind};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::door::{Door, commit, on, scene, trees};
use crate::scene::{Stage, WRITING_POLICY, column};

const SECRET: &str = "kX9vT2qLmP4sRw7z";

fn with_rules(rules: &str) -> String {
    WRITING_POLICY.replace("rules:\n", &format!("rules:\n{rules}"))
}

// ---------------------------------------------------------------- policy

#[test]
fn a_symbolic_name_is_not_judged_as_the_worktrees_branch() {
    let scene = scene();
    scene.git(&["checkout", "--quiet", "-b", "hidden/plan"]);
    scene.write("hidden.md", "hidden words\n");
    scene.commit("hidden");
    scene.git(&["update-ref", "refs/remotes/origin/hidden/plan", "HEAD"]);
    scene.git(&["symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/hidden/plan"]);
    let policy = with_rules(
        "    - { id: hidden, effect: deny, tools: [\"repo_*\", \"git_*\"], refs: [\"hidden/**\", \"origin/hidden/**\"] }\n",
    );
    let stage = Stage::writing(&[scene.config()], &policy, false);
    stage.call("worktree_create", json!({"repo": "web", "branch": "agent/x", "from": "main"}));
    let mut shown = Vec::new();
    for name in
        ["origin/HEAD", "main-worktree/HEAD", "HEAD", "hidden/plan", "main-worktree/refs/heads/hidden/plan"]
    {
        let direct = json!({"repo": "web", "ref": name, "path": "hidden.md"});
        assert_eq!(stage.refused("repo_read_file", direct), "denied", "{name}");
        let through = on("agent/x", &json!({"ref": name, "path": "hidden.md"}));
        if let Ok(reply) = stage.try_call("repo_read_file", through) {
            shown.push(format!("{name}: {}", reply.result.into_value()["content"]));
        }
    }
    assert_eq!(shown, [] as [String; 0]);
}

#[test]
fn what_is_hidden_at_a_reference_is_not_shown_by_a_copy() {
    let scene = scene();
    let policy = "version: 1
global:
  rules:
    - { id: docs, effect: allow, tools: [\"*\"], refs: [main], paths: [\"README.md\", \"src/**\"] }
    - { id: own, effect: allow, tools: [\"*\"], refs: [\"agent/**\"] }
    - { id: writes, effect: allow, capability: write, tools: [\"*\"], refs: [\"agent/**\"] }
repositories:
  web: { write: allow }
";
    let stage = Stage::writing(&[scene.config()], policy, false);
    let plan = |at: &str| json!({"repo": "web", "ref": at, "path": "private/plan.md"});
    stage.call("repo_read_file", json!({"repo": "web", "ref": "main", "path": "README.md"}));
    assert_eq!(stage.refused("repo_read_file", plan("main")), "denied");
    let mut shown = Vec::new();
    let _ = stage.try_call("git_create_branch", json!({"repo": "web", "branch": "agent/a", "from": "main"}));
    if let Ok(reply) = stage.try_call("repo_read_file", plan("agent/a")) {
        shown.push(reply.result.into_value()["content"].clone());
    }
    let _ = stage.try_call("worktree_create", json!({"repo": "web", "branch": "agent/b", "from": "main"}));
    if let Ok(reply) = stage.try_call("repo_read_file", on("agent/b", &json!({"path": "private/plan.md"}))) {
        shown.push(reply.result.into_value()["content"].clone());
    }
    assert_eq!(shown, [] as [Value; 0]);
}

#[test]
fn an_edit_shows_nothing_that_may_not_be_read() {
    let scene = scene();
    let policy = with_rules(
        "    - { id: drop-box, effect: deny, capability: read, tools: [\"repo_*\", \"git_*\"], paths: [\"private/**\"] }\n",
    );
    let stage = Stage::writing(&[scene.config()], &policy, true);
    let read = json!({"repo": "web", "path": "private/plan.md"});
    assert_eq!(stage.refused("repo_read_file", read), "denied");
    let edits = json!([{"old_text": "e", "new_text": "E", "replace_all": true}]);
    let call = json!({"repo": "web", "path": "private/plan.md", "edits": edits, "dry_run": true});
    if let Ok(reply) = stage.try_call("repo_edit_file", call) {
        let shown = reply.result.into_value();
        assert!(!shown.to_string().contains("the plan is to win"), "{shown}");
    }
}

#[test]
fn a_worktree_of_a_hidden_branch_is_not_made() {
    let scene = scene();
    scene.git(&["branch", "hidden/plan"]);
    let policy = with_rules(
        "    - { id: hidden, effect: deny, tools: [\"repo_*\", \"git_*\"], refs: [\"hidden/**\"] }\n",
    );
    let stage = Stage::writing(&[scene.config()], &policy, false);
    let from = json!({"repo": "web", "branch": "agent/x", "from": "hidden/plan"});
    assert_eq!(stage.refused("worktree_create", from), "denied");
    let made = stage.try_call("worktree_create", json!({"repo": "web", "branch": "hidden/plan"}));
    assert!(made.is_err(), "{:?}", made.map(|reply| reply.result.into_value()));
}

#[test]
fn a_branch_takes_no_name_that_means_something_else() {
    let scene = scene();
    scene.git(&["update-ref", "refs/remotes/origin/main", "HEAD"]);
    scene.git(&["tag", "v1.0"]);
    let stage = scene.writing_stage();
    let mut made = Vec::new();
    for branch in ["origin/main", "v1.0", "origin/HEAD", "remotes/origin/main", "tags/v1.0", "heads/main"] {
        if stage.try_call("git_create_branch", json!({"repo": "web", "branch": branch})).is_ok() {
            made.push(branch);
        }
    }
    let _ =
        stage.try_call("git_commit_files", commit("origin/main", &json!([{"path": "x", "content": "x\n"}])));
    let meant =
        (scene.git(&["rev-parse", "origin/main"]), scene.git(&["rev-parse", "refs/remotes/origin/main"]));
    assert_eq!((meant.0 == meant.1, made), (true, vec![]), "what a person's `origin/main` means");
}

// ---------------------------------------------------------------- what a commit holds

#[test]
fn a_file_and_a_directory_of_one_name_are_no_commit() {
    let scene = scene();
    let stage = scene.writing_stage();
    stage.call("git_create_branch", json!({"repo": "web", "branch": "agent/fix"}));
    let files = json!([{"path": "a", "content": "file\n"}, {"path": "a/b", "content": "beneath\n"}]);
    if let Ok(reply) = stage.try_call("git_commit_files", commit("agent/fix", &files)) {
        let told = column(&reply.result.into_value(), "files", "path");
        let held = scene.git(&["diff", "--name-only", "main", "agent/fix"]);
        assert_eq!(told.join("\n"), held, "what is told is what is committed");
    }
    scene.git(&["fsck", "--strict", "--no-dangling"]);
}

/// A commit that takes the last file out of a directory leaves a tree as git makes it.
#[test]
fn emptied_directories_leave_trees_as_git_has_them() {
    let scene = scene();
    let stage = scene.writing_stage();
    stage.call("git_create_branch", json!({"repo": "web", "branch": "agent/fix"}));
    let files =
        json!([{"path": "src/main.rs"}, {"path": "private/plan.md"}, {"path": "x/y/z", "content": "z\n"}]);
    stage.call("git_commit_files", commit("agent/fix", &files));
    stage.call("git_commit_files", commit("agent/fix", &json!([{"path": "x/y/z"}, {"path": "README.md"}])));
    assert_eq!(scene.git(&["ls-tree", "-r", "-t", "--name-only", "agent/fix"]), ".gitignore\nalias");
    scene.git(&["fsck", "--strict", "--no-dangling"]);
}

/// A name that holds a secret comes in by no way.
#[test]
fn no_name_brings_in_a_secret() {
    let scene = scene();
    let stage = scene.writing_stage();
    let token = format!("ghp_{}", "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0eF3hJ6");
    let name = format!("docs/{token}.md");
    let mut accepted = Vec::new();
    let mut attempt = |what: &str, tool: &str, arguments: Value| match stage.try_call(tool, arguments) {
        Ok(_) => accepted.push(what.to_owned()),
        Err(refusal) => assert!(!refusal.to_string().contains(&token), "{what}: {refusal}"),
    };
    attempt("write", "repo_write_file", json!({"repo": "web", "path": name, "content": "x\n"}));
    let patch = format!("diff --git a/README.md b/{name}\nrename from README.md\nrename to {name}\n");
    attempt("rename", "repo_apply_patch", json!({"repo": "web", "patch": patch}));
    attempt("branch", "git_create_branch", json!({"repo": "web", "branch": format!("agent/{token}")}));
    attempt("worktree", "worktree_create", json!({"repo": "web", "branch": format!("work/{token}")}));
    stage.call("git_create_branch", json!({"repo": "web", "branch": "agent/fix"}));
    attempt("commit", "git_commit_files", commit("agent/fix", &json!([{"path": name, "content": "x\n"}])));
    assert_eq!(accepted, [] as [String; 0]);
}

// ---------------------------------------------------------------- worktrees

#[test]
fn a_late_removal_takes_nobody_elses_worktree() {
    let scene = scene();
    let state = TempDir::new().unwrap();
    let door = Door::new(&[scene.config()], state.path(), "a", WRITING_POLICY, WriteSettings::default());
    for _ in 0..5 {
        door.good("agent", "worktree_create", json!({"repo": "web", "branch": "agent/x"}));
        let tree = trees(state.path()).pop().unwrap().join("tree");
        std::fs::create_dir(tree.join("target")).unwrap();
        for number in 0..6_000 {
            std::fs::write(tree.join(format!("target/{number}")), "x").unwrap();
        }
        for number in 0..1_500 {
            std::fs::write(tree.join(format!("w{number}")), "x\n").unwrap();
        }
        // Holds the turn while both removals open their view.
        let spawn = |tool: &'static str, arguments: Value| {
            let door = door.clone();
            std::thread::spawn(move || {
                door.call("agent", tool, arguments).map(|_| ()).map_err(|no| no.to_string())
            })
        };
        let blocker = spawn(
            "worktree_commit",
            on("agent/x", &json!({"message": "m", "expected_head": "1".repeat(40)})),
        );
        let blocker = if blocker.is_finished() {
            blocker
        } else {
            blocker.join().unwrap().unwrap_err();
            spawn("worktree_commit", on("agent/x", &json!({"message": "m"})))
        };
        std::thread::sleep(Duration::from_millis(150));
        let removals: Vec<_> =
            (0..3).map(|_| spawn("worktree_remove", on("agent/x", &json!({"discard": true})))).collect();
        let begun = Instant::now();
        let mut theirs = false;
        while !theirs && begun.elapsed() < Duration::from_secs(25) {
            theirs =
                door.call("other", "worktree_create", json!({"repo": "web", "branch": "agent/x"})).is_ok();
        }
        let _ = blocker.join().unwrap();
        let ended: Vec<_> = removals.into_iter().map(|removal| removal.join().unwrap()).collect();
        if !theirs {
            continue;
        }
        let still = door.call("other", "worktree_diff", on("agent/x", &json!({})));
        assert!(still.is_ok(), "`agent` removed the worktree of `other`: {ended:?}");
        door.good("other", "worktree_remove", on("agent/x", &json!({"discard": true})));
        scene.git(&["update-ref", "-d", "refs/heads/agent/x"]);
    }
}

// ---------------------------------------------------------------- hostile references

// ---------------------------------------------------------------- files of a work tree

// ---------------------------------------------------------------- oracles

#[test]
fn the_counts_of_a_change_tell_nothing_of_a_secret() {
    for file in [
        format!("user: ada\npassword:\n  {SECRET}\nport: 80\n"),
        format!("user: ada\npassword: |\n  {SECRET}\nport: 80\n"),
        format!("user: ada\npassword: >-\n    correct-horse\n    {SECRET}\nport: 80\n"),
    ] {
        let scene = scene();
        scene.write("app.yaml", &file);
        scene.commit("secret");
        let stage = scene.writing_stage();
        let read = stage.call("repo_read_file", json!({"repo": "web", "path": "app.yaml"}));
        if read["content"].as_str().unwrap().contains(SECRET) {
            continue; // No rule finds it; then it is no secret.
        }
        let indent =
            file.lines().find(|line| line.contains(SECRET)).unwrap().split(SECRET).next().unwrap().to_owned();
        let mut answers = Vec::new();
        for (number, guess) in [SECRET, "kX9vT2qLmP4sRw7y"].into_iter().enumerate() {
            let branch = format!("agent/{number}");
            stage.call("git_create_branch", json!({"repo": "web", "branch": branch}));
            let content = format!("{indent}aaaa\n{indent}{guess}\n{indent}bbbb\n");
            let made = stage.try_call(
                "git_commit_files",
                commit(&branch, &json!([{"path": "app.yaml", "content": content}])),
            );
            answers.push(
                made.map(|reply| {
                    let files = reply.result.into_value()["files"].clone();
                    files.to_string()
                })
                .map_err(|no| no.to_string()),
            );
        }
        assert_eq!(answers[0], answers[1], "the right guess and a wrong one, in {file:?}");
    }
}

#[test]
fn the_counts_of_a_written_file_tell_nothing_of_a_key() {
    let body: Vec<String> = (0..6)
        .map(|n| format!("{n}{}", "MIIEpAIBAAKCAQEA7bq98Zk1Qw2Er3Ty4Ui5Op6As7Df8Gh9Jk0LzXcVbNm1Qw2"))
        .collect();
    let key =
        format!("-----BEGIN RSA PRIVATE KEY-----\n{}\n-----END RSA PRIVATE KEY-----\n", body.join("\n"));
    let scene = scene();
    scene.write("key.pem", &key);
    scene.commit("key");
    let stage = Stage::writing(&[scene.config()], WRITING_POLICY, true);
    let mut answers = Vec::new();
    for guess in [body[2].clone(), body[2].replace('Z', "Y")] {
        let branch = format!("agent/{}", answers.len());
        stage.call("git_create_branch", json!({"repo": "web", "branch": branch}));
        let content = format!("{}\n", guess);
        let made = stage
            .try_call("git_commit_files", commit(&branch, &json!([{"path": "key.pem", "content": content}])));
        answers.push(
            made.map(|reply| reply.result.into_value()["files"].to_string()).map_err(|no| no.to_string()),
        );
    }
    assert_eq!(answers[0], answers[1]);
}

// ---------------------------------------------------------------- resource use

#[test]
fn an_edit_takes_no_time_out_of_proportion() {
    let scene = scene();
    // What a hostile repository may hold: a long secret that repeats itself.
    let line = "MIIEpAIBAAKCAQEA7bq98Zk1Qw2Er3Ty4Ui5Op6As7Df8Gh9Jk0LzXcVbNm1Qw2R\n";
    let key =
        format!("-----BEGIN RSA PRIVATE KEY-----\n{}-----END RSA PRIVATE KEY-----\n", line.repeat(6_000));
    scene.write("app.yaml", key);
    scene.commit("long");
    let stage = scene.writing_stage();
    let read = stage.call("repo_read_file", json!({"repo": "web", "path": "app.yaml"}));
    assert!(!read.to_string().contains("MIIEpA"), "it is taken for a secret");
    let time = |length: usize| {
        let edits = json!([{"old_text": line.repeat(length / line.len() + 1), "new_text": "b"}]);
        let begun = Instant::now();
        let call = json!({"repo": "web", "path": "app.yaml", "edits": edits, "dry_run": true});
        let _ = stage.try_call("repo_edit_file", call);
        begun.elapsed()
    };
    let (short, long) = (time(10), time(200_000));
    assert!(long < short * 4 + Duration::from_secs(2), "{short:?} for 10 bytes, {long:?} for 200,000");
}

// ---------------------------------------------------------------- approvals

const ASKING: &str = "    - { id: ask, effect: ask, capability: write, tools: [worktree_remove, worktree_create, git_commit_files] }\n";

fn asked(stage: &Stage, tool: &str, arguments: Value) -> String {
    match stage.refusal(tool, arguments).kind {
        RefusalKind::ApprovalRequired(needed) => needed.id.to_string(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_approval_of_a_removal_is_bound_to_what_is_lost() {
    let scene = scene();
    let policy = with_rules("    - { id: ask, effect: ask, capability: write, tools: [worktree_remove] }\n");
    let stage = Stage::writing(&[scene.config()], &policy, false);
    stage.call("worktree_create", json!({"repo": "web", "branch": "agent/x"}));
    let call = on("agent/x", &json!({"discard": true}));
    let id = asked(&stage, "worktree_remove", call.clone());
    stage.decide(&id, Decide::Approve).unwrap();
    stage.call("repo_write_file", on("agent/x", &json!({"path": "work.md", "content": "a day's work\n"})));
    let removed = stage.try_call("worktree_remove", call).is_ok();
    assert_eq!((removed, stage.approval(&id).state), (false, ApprovalState::Void));
}

#[test]
fn what_an_approver_sees_is_what_the_tree_holds() {
    let scene = scene();
    let stage = Stage::writing(&[scene.config()], &with_rules(ASKING), false);
    stage.call("git_create_branch", json!({"repo": "web", "branch": "agent/fix"}));
    let files = json!([{"path": "a", "content": "harmless\n"}, {"path": "a/b", "content": "beneath\n"}]);
    let call = commit("agent/fix", &files);
    let Err(refusal) = stage.try_call("git_commit_files", call.clone()) else { panic!() };
    let RefusalKind::ApprovalRequired(needed) = refusal.kind else { return };
    let id = needed.id.to_string();
    let effects = stage.approval(&id).details.unwrap().effects;
    stage.decide(&id, Decide::Approve).unwrap();
    stage.call("git_commit_files", call);
    let told: Vec<String> = effects.files.iter().map(|file| file.path.clone()).collect();
    assert_eq!(told.join("\n"), scene.git(&["diff", "--name-only", "main", "agent/fix"]));
}

// ---------------------------------------------------------------- further

/// A change of the same size right after the checkout is seen, whatever the configuration says of times.
#[test]
fn a_change_of_the_same_size_is_seen() {
    for (name, value) in [
        ("core.checkStat", "minimal"),
        ("core.trustctime", "false"),
        ("core.ignoreStat", "true"),
        ("core.fsmonitor", "true"),
        ("core.untrackedCache", "true"),
    ] {
        for _ in 0..5 {
            let scene = scene();
            scene.git(&["config", name, value]);
            let stage = Stage::writing(&[scene.config()], WRITING_POLICY, false);
            stage.call("worktree_create", json!({"repo": "web", "branch": "agent/x"}));
            stage.call("repo_write_file", on("agent/x", &json!({"path": "README.md", "content": "# Wob\n"})));
            let done = stage.call("worktree_commit", on("agent/x", &json!({"message": "m"})));
            assert_eq!(done["changed"], true, "{name}={value}");
            stage.call("repo_write_file", on("agent/x", &json!({"path": "README.md", "content": "# Wib\n"})));
            let done = stage.call("worktree_commit", on("agent/x", &json!({"message": "n"})));
            assert_eq!(done["changed"], true, "{name}={value} after a commit");
        }
    }
}

/// The counts of a worktree_commit, git_diff and dry runs: which of them tell of a secret.
#[test]
fn no_count_tells_of_a_secret() {
    let scene = scene();
    scene.write("app.yaml", format!("user: ada\npassword:\n  {SECRET}\nport: 80\n"));
    scene.commit("secret");
    let stage = Stage::writing(&[scene.config()], WRITING_POLICY, true);
    let mut told = Vec::new();
    let mut answers: Vec<Vec<String>> = Vec::new();
    for guess in [SECRET, "kX9vT2qLmP4sRw7y"] {
        let branch = format!("agent/{}", answers.len());
        stage.call("worktree_create", json!({"repo": "web", "branch": branch}));
        let content = format!("  aaaa\n  {guess}\n  bbbb\n");
        let wrote =
            stage.try_call("repo_write_file", on(&branch, &json!({"path": "app.yaml", "content": content})));
        let counts = |value: &Value| format!("{} {}", value["insertions"], value["deletions"]);
        let mut seen =
            vec![wrote.map_or_else(|no| no.code().to_owned(), |reply| counts(&reply.result.into_value()))];
        let diff = stage.call("worktree_diff", on(&branch, &json!({})));
        seen.push(counts(&diff));
        seen.push(diff["files"].to_string());
        let done = stage.try_call("worktree_commit", on(&branch, &json!({"message": "m"})));
        seen.push(
            done.map_or_else(
                |no| no.code().to_owned(),
                |reply| counts(&reply.result.into_value()["files"][0]),
            ),
        );
        answers.push(seen);
    }
    for (what, pair) in ["repo_write_file", "worktree_diff", "worktree_diff files", "worktree_commit"]
        .iter()
        .zip(answers[0].iter().zip(&answers[1]))
    {
        if pair.0.replace(SECRET, "") != pair.1.replace("kX9vT2qLmP4sRw7y", "") {
            told.push(format!("{what}: {pair:?}"));
        }
    }
    assert!(told.is_empty(), "{}", told.join("\n"));
}

#[test]
fn an_edit_beside_a_secret_does_not_bring_it_out() {
    let key_line = "MIIEpAIBAAKCAQEA7bq98Zk1Qw2Er3Ty4Ui5Op6As7Df8Gh9Jk0LzXcVbNm1Qw2R";
    let mut out = Vec::new();
    for (what, file, secret, old, new) in [
        ("name", format!("user: ada\npassword: {SECRET}\n"), SECRET, "password: ", "colour: "),
        ("name, part", format!("user: ada\npassword: {SECRET}\n"), SECRET, "passw", "c"),
        ("name, joined", format!("user: ada\npassword: {SECRET}\n"), SECRET, "\npassword", " see "),
        ("name above", format!("password:\n  {SECRET}\n"), SECRET, "password:", "colour:"),
        (
            "correct-horse",
            "db_password = \"correct-horse\"\n".into(),
            "correct-horse",
            "db_password",
            "title",
        ),
        (
            "assignment",
            "export API_TOKEN=abcdef0123456789abcdef\n".into(),
            "abcdef0123456789abcdef",
            "API_TOKEN",
            "COMMIT",
        ),
        (
            "head",
            format!(
                "-----BEGIN RSA PRIVATE KEY-----\n{key_line}\n{key_line}\n-----END RSA PRIVATE KEY-----\n"
            ),
            key_line,
            "-----BEGIN RSA PRIVATE KEY-----",
            "x",
        ),
        ("url", format!("url: https://ada:{SECRET}@example.org/x\n"), SECRET, "https://ada:", "text "),
    ] {
        let scene = scene();
        scene.write("app.yaml", &file);
        scene.commit("secret");
        let stage = scene.writing_stage();
        let read = || stage.call("repo_read_file", json!({"repo": "web", "path": "app.yaml"})).to_string();
        if read().contains(secret) {
            continue;
        }
        let call = |dry: bool| json!({"repo": "web", "path": "app.yaml", "edits": [{"old_text": old, "new_text": new}], "dry_run": dry});
        match stage.try_call("repo_edit_file", call(true)) {
            Ok(reply) if reply.result.clone().into_value().to_string().contains(secret) => {
                out.push(format!("{what}: dry run"))
            }
            Ok(_) => {}
            Err(_) => continue,
        }
        if stage.try_call("repo_edit_file", call(false)).is_ok() && read().contains(secret) {
            out.push(format!("{what}: read"));
        }
    }
    // A patch that takes away the line above.
    let scene = scene();
    scene.write("app.yaml", format!("a: 1\npassword:\n  {SECRET}\n"));
    scene.commit("secret");
    let stage = scene.writing_stage();
    let patch = "--- a/app.yaml\n+++ b/app.yaml\n@@ -1,2 +1,2 @@\n a: 1\n-password:\n+colour:\n";
    if let Ok(reply) = stage.try_call("repo_apply_patch", json!({"repo": "web", "patch": patch})) {
        let shown = reply.result.into_value().to_string();
        let read = stage.call("repo_read_file", json!({"repo": "web", "path": "app.yaml"})).to_string();
        if shown.contains(SECRET) || read.contains(SECRET) {
            out.push("patch".into());
        }
    }
    assert_eq!(out, [] as [String; 0]);
}

/// The same by a worktree: what was changed there is committed and read.
#[test]
fn a_renamed_file_shows_no_secret() {
    let scene = scene();
    let mut out = Vec::new();
    for (from, to, content, secret) in [
        ("config/db.env", "config/db.md", format!("DB_PASSWORD={SECRET}\n"), SECRET),
        ("secrets/token", "notes/colour", format!("{SECRET}{SECRET}\n"), SECRET),
        ("k8s/secret.yaml", "docs/a.txt", format!("kind: Secret\ndata:\n  a: {SECRET}\n"), SECRET),
    ] {
        scene.write(from, content);
        scene.commit("secret");
        let stage = scene.writing_stage();
        let read = |path: &str| {
            stage
                .try_call("repo_read_file", json!({"repo": "web", "path": path}))
                .map_or_else(|no| no.code().to_owned(), |reply| reply.result.into_value().to_string())
        };
        if read(from).contains(secret) {
            continue;
        }
        let patch = format!("diff --git a/{from} b/{to}\nrename from {from}\nrename to {to}\n");
        let _ = stage.try_call("repo_apply_patch", json!({"repo": "web", "patch": patch}));
        if read(to).contains(secret) {
            out.push(from);
        }
    }
    assert_eq!(out, [] as [&str; 0]);
}

// ---------------------------------------------------------------- races

/// Twins under one key, at two gateways on one state directory: one is carried out.
#[test]
fn of_twins_under_one_key_one_is_carried_out() {
    let scene = scene();
    let state = TempDir::new().unwrap();
    let doors = ["a", "b"].map(|name| {
        Door::new(&[scene.config()], state.path(), name, WRITING_POLICY, WriteSettings::default())
    });
    doors[0].good("agent", "git_create_branch", json!({"repo": "web", "branch": "agent/x"}));
    for round in 0..5 {
        let mut call = commit("agent/x", &json!([{"path": format!("f{round}"), "content": "x\n"}]));
        call["idempotency_key"] = format!("k{round}").into();
        let calls: Vec<_> = (0..6)
            .map(|number| {
                let (door, call) = (doors[number % 2].clone(), call.clone());
                std::thread::spawn(move || {
                    door.call("agent", "git_commit_files", call)
                        .map(|reply| reply.repeated)
                        .map_err(|no| no.code().to_owned())
                })
            })
            .collect();
        let ended: Vec<_> = calls.into_iter().map(|call| call.join().unwrap()).collect();
        assert_eq!(ended.iter().filter(|ended| **ended == Ok(false)).count(), 1, "{ended:?}");
        assert_eq!(scene.git(&["rev-list", "--count", "main..agent/x"]), (round + 1).to_string());
    }
}

/// Two gateways on one branch: what was said to be committed is there, and nothing is lost.
#[test]
fn two_gateways_on_one_branch_lose_nothing() {
    let scene = scene();
    let state = TempDir::new().unwrap();
    let doors = ["a", "b"].map(|name| {
        Door::new(&[scene.config()], state.path(), name, WRITING_POLICY, WriteSettings::default())
    });
    doors[0].good("agent", "git_create_branch", json!({"repo": "web", "branch": "agent/x"}));
    let calls: Vec<_> = (0..24)
        .map(|number| {
            let door = doors[number % 2].clone();
            std::thread::spawn(move || {
                let call = commit("agent/x", &json!([{"path": format!("f{number}"), "content": "x\n"}]));
                match door.call("agent", "git_commit_files", call) {
                    Ok(_) => Some(number),
                    Err(no) => {
                        assert!(
                            !no.executed() && matches!(no.code(), "conflict" | "busy"),
                            "{} {no}",
                            no.code()
                        );
                        None
                    }
                }
            })
        })
        .collect();
    let made: Vec<_> = calls.into_iter().filter_map(|call| call.join().unwrap()).collect();
    let held = scene.git(&["ls-tree", "-r", "--name-only", "agent/x"]);
    assert!(
        made.iter().all(|number| held.lines().any(|line| line == format!("f{number}"))),
        "{made:?}\n{held}"
    );
    assert_eq!(scene.git(&["rev-list", "--count", "main..agent/x"]), made.len().to_string());
    scene.git(&["fsck", "--strict", "--no-dangling"]);
}

/// A write tool is no way to the content of a file through a hard link, a pipe or a mount; nothing blocks.
#[test]
fn special_files_are_no_targets() {
    let scene = scene();
    let outside = scene.outside("outside.txt");
    std::fs::write(&outside, "outside\n").unwrap();
    std::fs::hard_link(&outside, scene.root().join("hard")).unwrap();
    symlink("..", scene.root().join("up")).unwrap();
    std::process::Command::new("mkfifo").arg(scene.root().join("pipe")).status().unwrap();
    let stage = scene.writing_stage();
    let write = |path: &str| {
        stage
            .try_call("repo_write_file", json!({"repo": "web", "path": path, "content": "new\n"}))
            .map(|_| ())
            .map_err(|no| (no.code().to_owned(), no.executed()))
    };
    assert_eq!(write("hard"), Ok(()));
    assert_eq!(std::fs::read_to_string(&outside).unwrap(), "outside\n", "the other name keeps its content");
    for path in ["up/x", "pipe", "pipe/x", "up/outside.txt"] {
        assert!(matches!(write(path), Err((_, false))), "{path}");
    }
    assert!(!scene.outside("x").exists());
}

#[test]
fn a_worktrees_branch_that_is_checked_out_is_left_alone() {
    let scene = scene();
    let stage = Stage::writing(&[scene.config()], WRITING_POLICY, false);
    stage.call("worktree_create", json!({"repo": "web", "branch": "agent/x"}));
    stage.call("repo_write_file", on("agent/x", &json!({"path": "a", "content": "one\n"})));
    stage.call("worktree_commit", on("agent/x", &json!({"message": "one"})));
    scene.git(&["checkout", "--quiet", "agent/x"]);
    stage.call("repo_write_file", on("agent/x", &json!({"path": "a", "content": "two\n"})));
    let done = stage.try_call("worktree_commit", on("agent/x", &json!({"message": "two"})));
    let done = done.map(|_| ()).map_err(|no| no.code().to_owned());
    assert_eq!((done, scene.git(&["status", "--porcelain"])), (Err("conflict".to_owned()), String::new()));
}

/// Packed references count for whether a name is free.
#[test]
fn packed_references_are_seen() {
    let scene = scene();
    let stage = scene.writing_stage();
    let create = |branch: &str| {
        stage
            .try_call("git_create_branch", json!({"repo": "web", "branch": branch}))
            .map(|reply| reply.result.into_value()["changed"].clone())
            .map_err(|no| (no.code().to_owned(), no.executed()))
    };
    scene.git(&["branch", "one"]);
    scene.git(&["branch", "two/deep"]);
    scene.git(&["pack-refs", "--all"]);
    for branch in ["one/x", "two"] {
        assert_eq!(create(branch), Err(("conflict".to_owned(), false)), "{branch}");
    }
    // A commit onto a branch that is only packed.
    stage.call("git_commit_files", commit("two/deep", &json!([{"path": "a", "content": "x\n"}])));
    assert_eq!(scene.git(&["rev-list", "--count", "main..two/deep"]), "1");
    scene.git(&["fsck", "--strict", "--no-dangling"]);
}

/// A log of references that cannot be written: what is said of the effect is so.
#[test]
fn a_log_that_cannot_be_written_leaves_no_doubt() {
    let scene = scene();
    let stage = scene.writing_stage();
    stage.call("git_create_branch", json!({"repo": "web", "branch": "agent/fix"}));
    let log = scene.root().join(".git/logs/refs/heads/agent/fix");
    let _ = std::fs::remove_file(&log);
    std::fs::create_dir_all(log.join("full")).unwrap();
    let before = scene.git(&["rev-parse", "agent/fix"]);
    let made =
        stage.try_call("git_commit_files", commit("agent/fix", &json!([{"path": "a", "content": "x\n"}])));
    let moved = scene.git(&["rev-parse", "agent/fix"]) != before;
    match made {
        Ok(_) => assert!(moved),
        Err(no) => assert_eq!(no.executed(), moved, "{} {no}", no.code()),
    }
}

/// A repetition is judged by the policy as it is now, and so is what its answer says.
#[test]
fn a_kept_answer_leaves_by_the_policy_of_the_day() {
    let scene = scene();
    let state = TempDir::new().unwrap();
    let settings = WriteSettings { direct: true, ..Default::default() };
    let door = Door::new(&[scene.config()], state.path(), "a", WRITING_POLICY, settings);
    let edits = json!([{"old_text": "# Web", "new_text": "# Project Nightjar"}]);
    let call = json!({"repo": "web", "path": "README.md", "edits": edits, "idempotency_key": "k"});
    let first = door.good("agent", "repo_edit_file", call.clone());
    let again = |policy: &str| {
        door.replace_policy(policy);
        door.call("agent", "repo_edit_file", call.clone())
    };
    let same = again(WRITING_POLICY).unwrap();
    assert_eq!((same.repeated, same.result.into_value()), (true, first));

    let denied =
        again(&with_rules("    - { id: no, effect: deny, tools: [repo_edit_file], paths: [\"*.md\"] }\n"));
    assert_eq!(denied.unwrap_err().code(), "denied");

    let redact =
        format!("{WRITING_POLICY}redact:\n  patterns:\n    - {{ id: code-name, pattern: \"Nightjar\" }}\n");
    let shown = again(&redact).unwrap();
    assert!(shown.repeated && shown.redactions > 0);
    let text = shown.result.into_value().to_string();
    assert!(!text.contains("Nightjar") && text.contains("***"), "{text}");

    let refused = again(&format!("{redact}  block: [operator-pattern]\n")).unwrap_err();
    assert_eq!((refused.code(), refused.executed()), ("secret_found", true));
    assert_eq!(scene.git(&["diff", "--shortstat"]).trim(), "1 file changed, 1 insertion(+), 1 deletion(-)");
}
