//! Repositories that attack their reader. Nothing of them runs, nothing outside of them is read.

use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use gitoma_core::config::RepositoryConfig;
use serde_json::{Value, json};

use crate::scene::{Scene, Stage};

/// Every tool once, and those that compare contents twice.
fn all_calls() -> Vec<(&'static str, Value)> {
    vec![
        ("repo_list", json!({})),
        ("repo_info", json!({"repo": "web"})),
        ("git_status", json!({"repo": "web"})),
        ("git_log", json!({"repo": "web"})),
        ("git_log", json!({"repo": "web", "path": "a.txt"})),
        ("git_show", json!({"repo": "web", "revision": "HEAD", "detail": "full_patch"})),
        ("git_diff", json!({"repo": "web", "base": "HEAD~1", "target": "HEAD"})),
        ("git_diff_unstaged", json!({"repo": "web"})),
        ("git_diff_staged", json!({"repo": "web"})),
        ("git_blame", json!({"repo": "web", "path": "a.txt"})),
        ("git_grep", json!({"repo": "web", "pattern": "a"})),
        ("git_grep", json!({"repo": "web", "pattern": "a", "ref": "HEAD"})),
        ("git_branch", json!({"repo": "web", "branch_type": "all"})),
        ("git_tags", json!({"repo": "web"})),
        ("repo_tree", json!({"repo": "web", "recursive": true})),
        ("repo_tree", json!({"repo": "web", "ref": "HEAD"})),
        ("repo_read_file", json!({"repo": "web", "path": "a.txt"})),
        ("repo_read_file", json!({"repo": "web", "path": "a.txt", "ref": "HEAD"})),
        ("repo_read_files", json!({"repo": "web", "paths": ["a.txt"]})),
        ("repo_search_files", json!({"repo": "web", "glob": "*"})),
    ]
}

fn two_commits() -> Scene {
    let scene = Scene::new();
    scene.write("a.txt", "a\nb\n");
    scene.commit("one");
    scene.write("a.txt", "a\nc\n");
    scene.commit("two");
    scene
}

/// A program that leaves a mark when it runs.
fn trap(scene: &Scene, name: &str) -> String {
    let program = scene.outside(name);
    let mark = scene.outside("marks");
    std::fs::create_dir_all(&mark).unwrap();
    std::fs::write(&program, format!("#!/bin/sh\n: > {}/{name}\ncat\n", mark.display())).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    program.display().to_string()
}

fn marks(scene: &Scene) -> Vec<String> {
    let found = std::fs::read_dir(scene.outside("marks")).unwrap();
    found.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn nothing_of_a_repository_runs() {
    let scene = two_commits();
    let trap = |name: &str| trap(&scene, name);
    for (key, program) in [
        ("core.fsmonitor", trap("fsmonitor")),
        ("core.hooksPath", scene.outside("hooks").display().to_string()),
        ("core.pager", trap("pager")),
        ("core.editor", trap("editor")),
        ("core.sshCommand", trap("ssh")),
        ("core.alternateRefsCommand", trap("alternate-refs")),
        ("diff.external", trap("external")),
        ("diff.evil.textconv", trap("textconv")),
        ("diff.evil.command", trap("diff-command")),
        ("filter.evil.clean", trap("clean")),
        ("filter.evil.smudge", trap("smudge")),
        ("filter.evil.process", trap("process")),
        ("merge.evil.driver", trap("merge")),
        ("credential.helper", trap("credential")),
        ("gpg.program", trap("gpg")),
        ("uploadpack.packObjectsHook", trap("pack-hook")),
    ] {
        scene.git(&["config", key, &program]);
    }
    scene.git(&["config", "filter.evil.required", "true"]);
    scene.git(&["config", "log.showSignature", "true"]);
    for hooks in [scene.outside("hooks"), scene.root().join(".git/hooks")] {
        std::fs::create_dir_all(&hooks).unwrap();
        for hook in [
            "post-index-change",
            "pre-commit",
            "post-checkout",
            "fsmonitor-watchman",
            "reference-transaction",
        ] {
            std::fs::copy(scene.outside("pager"), hooks.join(hook)).unwrap();
        }
    }
    let attributes = "* filter=evil diff=evil merge=evil text eol=crlf\n";
    scene.write(".gitattributes", attributes);
    scene.write(".git/info/attributes", attributes);
    // Same size, later: whoever compares contents would clean the file first.
    scene.write("a.txt", "a\nd\n");
    let stage = scene.stage();
    for (tool, arguments) in all_calls() {
        stage.call(tool, arguments);
    }
    assert_eq!(marks(&scene), [""; 0]);
    // The trap does work: real git walks into it.
    let _ = std::process::Command::new("git").arg("status").current_dir(scene.root()).output().unwrap();
    assert!(!marks(&scene).is_empty());
}

fn open_error(scene: &Scene) -> String {
    gitoma_tools::standard(&[scene.config()]).map(|_| ()).unwrap_err().to_string()
}

#[test]
fn redirections_refuse_the_start() {
    let victim = two_commits();
    let objects = victim.root().join(".git/objects");
    type Attack = fn(&Scene, &Path);
    let attacks: [(&str, Attack); 6] = [
        ("alternates", |scene, objects| {
            scene.write(".git/objects/info/alternates", format!("{}\n", objects.display()))
        }),
        ("relative alternates", |scene, _| {
            scene.write(".git/objects/info/alternates", "../../../outside/objects\n")
        }),
        ("commondir", |scene, objects| {
            scene.write(".git/commondir", objects.parent().unwrap().display().to_string())
        }),
        ("linked objects", |scene, objects| {
            std::fs::remove_dir_all(scene.root().join(".git/objects")).unwrap();
            symlink(objects, scene.root().join(".git/objects")).unwrap();
        }),
        ("linked git directory", |scene, objects| {
            std::fs::remove_dir_all(scene.root().join(".git")).unwrap();
            symlink(objects.parent().unwrap(), scene.root().join(".git")).unwrap();
        }),
        ("linked references", |scene, objects| {
            std::fs::remove_dir_all(scene.root().join(".git/refs")).unwrap();
            symlink(objects.parent().unwrap().join("refs"), scene.root().join(".git/refs")).unwrap();
        }),
    ];
    for (name, attack) in attacks {
        let scene = two_commits();
        std::fs::create_dir_all(scene.outside("outside/objects")).unwrap();
        attack(&scene, &objects);
        let error = open_error(&scene);
        assert!(error.starts_with("repository `web` is refused: "), "{name}: {error}");
        assert!(!error.contains('/'), "{name}: {error}");
    }
}

#[test]
fn alternates_that_appear_later_lead_nowhere() {
    let victim = two_commits();
    victim.write("loot.txt", "the victim's own\n");
    let commit = victim.commit("loot");
    let scene = two_commits();
    let stage = scene.stage();
    let arguments = json!({"repo": "web", "path": "loot.txt", "ref": commit});
    assert_eq!(stage.refused("repo_read_file", arguments.clone()), "not_found");
    let objects = victim.root().join(".git/objects");
    scene.write(".git/objects/info/alternates", format!("{}\n", objects.display()));
    assert_eq!(stage.refused("repo_read_file", arguments), "path_denied");
}

#[test]
fn formats_that_cannot_be_read_are_named() {
    for (format, named) in [("--object-format=sha256", "SHA-256"), ("--ref-format=reftable", "reftable")] {
        let scene = Scene::new();
        std::fs::remove_dir_all(scene.root().join(".git")).unwrap();
        scene.git(&["init", "--quiet", format, "."]);
        let error = open_error(&scene);
        assert!(error.contains(named), "{format}: {error}");
    }
}

#[test]
fn a_linked_worktree_is_refused_with_the_way_to_allow_it() {
    let scene = two_commits();
    scene.write("b.txt", "b\n");
    scene.commit("three");
    let linked = scene.outside("linked");
    scene.git(&["worktree", "add", "--quiet", "-b", "other", linked.to_str().unwrap(), "HEAD~1"]);
    let mut config = RepositoryConfig { alias: "web".into(), path: linked.clone(), git_dir: None };
    let error = gitoma_tools::standard(&[config.clone()]).map(|_| ()).unwrap_err().to_string();
    assert!(error.contains("--git-dir"), "{error}");
    config.git_dir = Some(scene.root().join(".git/worktrees/linked"));
    std::fs::write(linked.join("a.txt"), "in the linked tree\n").unwrap();
    let policy = "version: 1\nglobal:\n  rules:\n    - { id: r, effect: allow, tools: [\"*\"] }\n";
    let stage = Stage::new(&[config], policy);
    assert_eq!(stage.call("repo_info", json!({"repo": "web"}))["branch"], "other");
    let read = stage.call("repo_read_file", json!({"repo": "web", "path": "a.txt"}));
    assert_eq!(read["content"], "in the linked tree\n");
    let status = stage.call("git_status", json!({"repo": "web"}));
    assert_eq!(status["entries"], json!([{"path": "a.txt", "area": "unstaged", "status": "modified"}]));
}

#[test]
fn configuration_cannot_move_the_work_tree_or_bring_in_files() {
    let scene = two_commits();
    let outside = scene.outside("outside");
    std::fs::create_dir(&outside).unwrap();
    std::fs::write(outside.join("a.txt"), "outside secret\n").unwrap();
    std::fs::write(outside.join("config"), "outside secret = [\n").unwrap();
    scene.git(&["config", "core.worktree", outside.to_str().unwrap()]);
    std::fs::write(scene.outside("more"), "").unwrap();
    let config = scene.root().join(".git/config");
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, format!("{text}[include]\n\tpath = {}\n", outside.join("config").display()))
        .unwrap();
    let stage = scene.stage();
    for (tool, arguments) in all_calls() {
        let result = stage.call(tool, arguments.clone()).to_string();
        assert!(!result.contains("outside"), "{tool} {arguments}: {result}");
    }
    assert_eq!(stage.call("git_status", json!({"repo": "web"}))["clean"], true);
    assert_eq!(stage.call("repo_read_file", json!({"repo": "web", "path": "a.txt"}))["content"], "a\nc\n");
}

#[test]
fn links_are_neither_followed_nor_read() {
    let scene = two_commits();
    std::fs::create_dir(scene.outside("outside")).unwrap();
    std::fs::write(scene.outside("outside/secret.txt"), "outside secret\n").unwrap();
    symlink(scene.outside("outside/secret.txt"), scene.root().join("link.txt")).unwrap();
    symlink(scene.outside("outside"), scene.root().join("linked")).unwrap();
    symlink("a.txt", scene.root().join("inside.txt")).unwrap();
    scene.commit("links");
    // A tracked file that becomes a link, and a directory that does.
    scene.write("sub/file.txt", "mine\n");
    scene.write("plain.txt", "mine\n");
    scene.commit("files");
    std::fs::remove_file(scene.root().join("plain.txt")).unwrap();
    symlink(scene.outside("outside/secret.txt"), scene.root().join("plain.txt")).unwrap();
    std::fs::remove_dir_all(scene.root().join("sub")).unwrap();
    std::fs::create_dir(scene.outside("outside/sub")).unwrap();
    std::fs::write(scene.outside("outside/sub/file.txt"), "outside secret\n").unwrap();
    symlink(scene.outside("outside/sub"), scene.root().join("sub")).unwrap();
    let stage = scene.stage();
    for path in ["link.txt", "linked/secret.txt", "inside.txt", "plain.txt", "sub/file.txt"] {
        let code = stage.refused("repo_read_file", json!({"repo": "web", "path": path}));
        assert_eq!(code, "path_denied", "{path}");
    }
    for path in ["link.txt", "inside.txt"] {
        let code = stage.refused("repo_read_file", json!({"repo": "web", "path": path, "ref": "HEAD"}));
        assert_eq!(code, "path_denied", "{path}");
    }
    for (tool, arguments) in all_calls() {
        let result = stage.call(tool, arguments.clone()).to_string();
        assert!(!result.contains("outside secret"), "{tool} {arguments}: {result}");
    }
    let found = stage.call("git_grep", json!({"repo": "web", "pattern": "secret"}));
    assert_eq!(found["matches"], json!([]));
}

#[test]
fn trees_with_impossible_names_show_none_of_them() {
    let scene = two_commits();
    let blob = scene.git(&["rev-parse", "HEAD:a.txt"]);
    let names = [
        ".GIT",
        ".git",
        "..",
        ".g\u{200c}it",
        "GIT~1",
        "con",
        "a:b",
        "back\\slash",
        ".env",
        "line\nbreak",
        "ok.txt",
    ];
    let mut tree = Vec::new();
    let mut sorted = names;
    sorted.sort_unstable();
    for name in sorted {
        tree.extend_from_slice(format!("100644 {name}\0").as_bytes());
        let id = gix::ObjectId::from_hex(blob.as_bytes()).unwrap();
        tree.extend_from_slice(id.as_slice());
    }
    std::fs::write(scene.outside("tree"), tree).unwrap();
    let tree = scene.git(&["hash-object", "-t", "tree", "-w", "--literally", "../tree"]);
    let commit = scene.git(&["commit-tree", "-p", "HEAD", "-m", "odd", &tree]);
    scene.git(&["update-ref", "refs/heads/odd", &commit]);
    let stage = scene.stage();
    for recursive in [false, true] {
        let listed = stage.call("repo_tree", json!({"repo": "web", "ref": "odd", "recursive": recursive}));
        assert_eq!(listed["entries"], json!([{"path": "ok.txt", "kind": "file"}]));
        assert_eq!(listed["omitted"], names.len() - 1);
    }
    let shown = stage.call("git_show", json!({"repo": "web", "revision": "odd", "detail": "full_patch"}));
    let paths = crate::scene::column(&shown, "files", "path");
    assert!(paths.iter().all(|path| path == "ok.txt" || path == "a.txt"), "{paths:?}");
    let hits = stage.call("git_grep", json!({"repo": "web", "ref": "odd", "pattern": "."}));
    assert!(crate::scene::column(&hits, "matches", "path").iter().all(|path| path == "ok.txt"));
}

#[test]
fn damaged_objects_are_an_error_and_not_a_crash() {
    let scene = two_commits();
    let blob = scene.git(&["rev-parse", "HEAD:a.txt"]);
    let file = scene.root().join(".git/objects").join(&blob[..2]).join(&blob[2..]);
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    std::fs::write(&file, b"not an object").unwrap();
    let stage = scene.stage();
    let arguments = json!({"repo": "web", "path": "a.txt", "ref": "HEAD"});
    assert_eq!(stage.refused("repo_read_file", arguments), "unavailable");
    assert_eq!(stage.call("repo_read_file", json!({"repo": "web", "path": "a.txt"}))["content"], "a\nc\n");
}

/// What the repository's own rules lead to is looked at for every status, and not only when the gateway starts.
#[test]
fn rules_of_the_repository_are_plain_files() {
    let scene = Scene::new();
    scene.write("a.txt", "a\n");
    scene.commit("begin");
    let stage = scene.stage();
    let status = |code: &str| assert_eq!(stage.refused("git_status", json!({"repo": "web"})), code);
    for name in ["info/exclude", "info/attributes"] {
        let place = scene.root().join(".git").join(name);
        let _ = std::fs::remove_file(&place);
        stage.call("git_status", json!({"repo": "web"}));
        std::fs::write(scene.outside("rules"), "*\n").unwrap();
        std::os::unix::fs::symlink(scene.outside("rules"), &place).unwrap();
        status("path_denied");
        std::fs::remove_file(&place).unwrap();
        // Nobody ever writes into it.
        assert!(std::process::Command::new("mkfifo").arg(&place).status().unwrap().success());
        status("path_denied");
        std::fs::remove_file(&place).unwrap();
        let large = std::fs::File::create(&place).unwrap();
        large.set_len(8 * 1024 * 1024 + 1).unwrap();
        status("too_large");
        std::fs::write(&place, "*.tmp\n").unwrap();
        scene.write("b.tmp", "b\n");
        let clean = stage.call("git_status", json!({"repo": "web"}));
        assert_eq!(clean.to_string().contains("b.tmp"), name == "info/attributes", "{clean}");
        std::fs::remove_file(&place).unwrap();
    }
    let info = scene.root().join(".git/info");
    std::fs::rename(&info, scene.outside("info")).unwrap();
    stage.call("git_status", json!({"repo": "web"}));
    std::os::unix::fs::symlink(scene.outside("info"), &info).unwrap();
    status("path_denied");
}

/// Of a repository that vanishes while the gateway runs nothing is written, and nothing of it is made again.
#[test]
fn a_repository_that_vanishes_is_not_written() {
    for gone in [".git/objects", ".git/refs", ".git", ""] {
        let scene = Scene::new();
        scene.write("a.txt", "a\n");
        scene.commit("begin");
        scene.git(&["branch", "agent/x"]);
        let stage = scene.writing_stage();
        stage.call("worktree_create", json!({"repo": "web", "branch": "agent/w"}));
        let work = json!({"repo": "web", "worktree": "agent/w", "path": "b.txt", "content": "b\n"});
        stage.call("repo_write_file", work);
        let place = scene.root().join(gone);
        std::fs::rename(&place, scene.outside("away")).unwrap();
        let file = json!([{"path": "b.txt", "content": "b\n"}]);
        for (tool, arguments) in [
            ("git_create_branch", json!({"repo": "web", "branch": "agent/y"})),
            ("git_commit_files", json!({"repo": "web", "branch": "agent/x", "message": "m", "files": file})),
            ("worktree_create", json!({"repo": "web", "branch": "agent/z"})),
            ("worktree_commit", json!({"repo": "web", "worktree": "agent/w", "message": "m"})),
        ] {
            let answer = stage.try_call(tool, arguments);
            let refusal = answer.map(|_| panic!("{gone:?} {tool}")).unwrap_err();
            assert!(!refusal.executed(), "{gone:?} {tool}: {refusal}");
            let known = ["unavailable", "not_found", "path_denied", "unsuitable", "conflict"];
            assert!(known.contains(&refusal.code()), "{gone:?} {tool}: {} {refusal}", refusal.code());
            assert!(!place.exists(), "{gone:?} {tool}");
        }
        // Back again, all goes on.
        std::fs::rename(scene.outside("away"), &place).unwrap();
        scene.git(&["fsck", "--strict"]);
        stage.call("worktree_commit", json!({"repo": "web", "worktree": "agent/w", "message": "m"}));
    }
}
