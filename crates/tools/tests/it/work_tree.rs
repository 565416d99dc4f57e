//! Work trees and trees that would hold or exhaust whoever walks them.

use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::scene::{Scene, column};

fn pipe(scene: &Scene, path: &str) {
    let path = scene.root().join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
}

#[test]
fn a_pipe_by_the_name_of_a_rule_file_holds_nobody() {
    for (place, tracked) in [
        (".gitignore", true),
        (".gitattributes", true),
        ("src/.gitignore", true),
        ("src/deep/.gitattributes", true),
        ("untracked/.gitignore", false),
        ("untracked/deep/.gitattributes", false),
        // Nobody may read these, and the engine would come to them all the same.
        (".ssh/.gitignore", false),
        ("no\u{202e}name/.gitignore", false),
        // Ignored, and yet tracked files lie there.
        ("built/kept/.gitignore", true),
    ] {
        let scene = Scene::new();
        scene.write("src/deep/lib.rs", "one\n");
        scene.write("built/kept/file.txt", "one\n");
        scene.commit("files");
        scene.write(".git/info/exclude", "built/\n");
        scene.write("src/deep/lib.rs", "two\n");
        scene.write("built/kept/file.txt", "two\n");
        pipe(&scene, place);
        let stage = scene.stage();
        let refused = |tool, arguments| {
            let refusal = stage.try_call(tool, arguments).unwrap_err();
            assert_eq!(refusal.code(), "path_denied", "{place}");
            assert!(format!("{refusal:?}").contains("path:special-file"), "{place}: {refusal:?}");
        };
        refused("git_status", json!({"repo": "web"}));
        let only_tracked = json!({"repo": "web", "include_untracked": false});
        if tracked {
            refused("git_status", only_tracked);
            refused("git_diff_unstaged", json!({"repo": "web"}));
        } else {
            let status = stage.call("git_status", only_tracked);
            assert_eq!(column(&status, "entries", "path"), ["built/kept/file.txt", "src/deep/lib.rs"]);
            stage.call("git_diff_unstaged", json!({"repo": "web"}));
        }
    }
}

#[test]
fn what_nobody_would_open_stands_in_nobodys_way() {
    let scene = Scene::new();
    scene.write("a.txt", "a\n");
    scene.write(".gitignore", "ignored/\n*.log\n");
    scene.commit("files");
    pipe(&scene, "ignored/.gitignore");
    pipe(&scene, "ignored/deep/.gitattributes");
    pipe(&scene, "some.log");
    pipe(&scene, "plain-pipe");
    // A directory that git would take for a repository if it could read what it stands on.
    pipe(&scene, "trap/.git/HEAD");
    scene.write("trap/.git/objects/none", "");
    scene.write("trap/.git/refs/none", "");
    scene.write("trap/c.txt", "");
    scene.write("fresh/.gitignore", "*.tmp\n");
    scene.write("fresh/a.tmp", "");
    scene.write("fresh/b.txt", "");
    std::os::unix::fs::symlink("../plain-pipe", scene.root().join("fresh/.gitattributes")).unwrap();
    let status = scene.stage().call("git_status", json!({"repo": "web"}));
    assert_eq!(
        column(&status, "entries", "path"),
        ["fresh/.gitattributes", "fresh/.gitignore", "fresh/b.txt", "trap/c.txt"]
    );
}

#[test]
fn a_rule_file_without_end_is_refused() {
    let scene = Scene::new();
    scene.write("a.txt", "a\n");
    scene.commit("files");
    let sparse = std::fs::File::create(scene.root().join(".gitignore")).unwrap();
    sparse.set_len(1 << 40).unwrap();
    assert_eq!(scene.stage().refused("git_status", json!({"repo": "web"})), "too_large");
}

/// A commit whose few trees unfold to ten thousand million files.
fn bomb() -> Scene {
    let scene = Scene::new();
    scene.write("a.txt", "a\n");
    scene.commit("one");
    let mut id = scene.git(&["rev-parse", "HEAD:a.txt"]);
    for level in 0..10 {
        let mode = if level == 0 { "100644" } else { "40000" };
        let mut tree = Vec::new();
        for digit in 0..10 {
            tree.extend_from_slice(format!("{mode} {digit}\0").as_bytes());
            tree.extend_from_slice(gix::ObjectId::from_hex(id.as_bytes()).unwrap().as_slice());
        }
        std::fs::write(scene.outside("tree"), tree).unwrap();
        id = scene.git(&["hash-object", "-t", "tree", "-w", "../tree"]);
    }
    let commit = scene.git(&["commit-tree", "-m", "bomb", &id]);
    scene.git(&["update-ref", "refs/heads/main", &commit]);
    scene
}

#[test]
fn trees_without_end_exhaust_nobody() {
    let scene = bomb();
    std::fs::remove_file(scene.root().join(".git/index")).unwrap();
    let stage = scene.stage();
    let start = Instant::now();
    // Without an index nothing is tracked.
    let tree = stage.call("repo_tree", json!({"repo": "web", "recursive": true}));
    assert_eq!((&tree["entries"], &tree["truncated"]), (&json!([]), &json!(false)));
    let hits = stage.call("git_grep", json!({"repo": "web", "pattern": "a"}));
    assert_eq!((&hits["matches"], &hits["files_searched"]), (&json!([]), &json!(0)));
    assert_eq!(stage.refused("git_status", json!({"repo": "web"})), "unsuitable");
    // A walk of the commit stops, and says so.
    let shown = stage.call("repo_tree", json!({"repo": "web", "ref": "HEAD", "recursive": true}));
    assert_eq!((&shown["truncated"], &shown["next_cursor"]), (&json!(true), &json!("skip:5000")));
    let found = stage.call("repo_search_files", json!({"repo": "web", "ref": "HEAD", "glob": "nothing"}));
    assert_eq!((&found["files"], &found["truncated"]), (&json!([]), &json!(true)));
    assert_eq!(found.get("next_cursor"), None);
    assert!(start.elapsed() < Duration::from_secs(60));
}

/// Where the file system folds names, too, a file that git was told not to look at stands in nobody's way when its directory is gone.
#[test]
fn what_is_assumed_unchanged_is_not_looked_for() {
    for folds in ["true", "false"] {
        for replaced in [true, false] {
            let scene = Scene::new();
            for path in ["dir/a", "dir/b", "dir/deep/c", "other"] {
                scene.write(path, "1\n");
            }
            scene.commit("begin");
            scene.git(&["config", "core.ignoreCase", folds]);
            scene.git(&["update-index", "--assume-unchanged", "dir/a", "dir/deep/c"]);
            std::fs::remove_dir_all(scene.root().join("dir")).unwrap();
            if replaced {
                scene.write("dir", "a file\n");
            }
            scene.write("other", "2\n");
            let status = scene.stage().call("git_status", json!({"repo": "web"}));
            let expected = if replaced { &["dir", "dir/b", "other"][..] } else { &["dir/b", "other"] };
            assert_eq!(column(&status, "entries", "path"), expected, "{status}");
        }
    }
}
