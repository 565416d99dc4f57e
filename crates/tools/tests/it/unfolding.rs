//! Repositories whose few objects stand for very much: trees that unfold without end, and files that take long to compare.

use std::fmt::Write as _;

use gix::objs::Write as _;
use serde_json::{Value, json};

use crate::scene::{Scene, Stage, column};

/// Writes the tree of `entries` (mode, name, id), given in git's order.
fn tree(scene: &Scene, entries: &[(&str, String, &str)]) -> String {
    let mut tree = Vec::new();
    for (mode, name, id) in entries {
        tree.extend_from_slice(format!("{mode} {name}\0").as_bytes());
        tree.extend_from_slice(gix::ObjectId::from_hex(id.as_bytes()).unwrap().as_slice());
    }
    std::fs::write(scene.outside("tree"), tree).unwrap();
    scene.git(&["hash-object", "-t", "tree", "-w", "../tree"])
}

/// One commit, and on branch `bomb` one more whose tree has ten thousand million files, in a dozen objects.
fn bomb() -> Scene {
    let scene = Scene::new();
    scene.write("a.txt", "a\nb\n");
    scene.commit("one");
    let blob = scene.git(&["rev-parse", "HEAD:a.txt"]);
    let ten = |mode, id: &str| {
        let ten: Vec<_> = (0..10).map(|number| (mode, format!("d{number}"), id)).collect();
        tree(&scene, &ten)
    };
    let mut inner = ten("100644", &blob);
    for _ in 0..9 {
        inner = ten("40000", &inner);
    }
    let top = tree(
        &scene,
        &[
            ("100644", "a.txt".into(), &blob),
            ("40000", "deep".into(), &inner),
            ("100644", "new.txt".into(), &blob),
        ],
    );
    let commit = scene.git(&["commit-tree", "-p", "HEAD", "-m", "bomb", &top]);
    scene.git(&["update-ref", "refs/heads/bomb", &commit]);
    scene
}

/// The most memory this process has had, in MiB.
fn peak_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1024
}

#[test]
fn a_tree_without_end_is_refused_or_cut() {
    let scene = bomb();
    let stage = scene.stage();
    let deep = format!("deep/{}d1", "d9/".repeat(9));
    for (tool, arguments) in [
        ("git_show", json!({"revision": "bomb"})),
        ("git_show", json!({"revision": "bomb", "detail": "full_patch"})),
        ("git_show", json!({"revision": "bomb", "path": "deep"})),
        ("git_diff", json!({"base": "main", "target": "bomb"})),
        ("git_diff", json!({"base": "bomb", "target": "main", "stat_only": true})),
        ("git_blame", json!({"path": deep, "ref": "bomb"})),
    ] {
        let mut call = arguments.clone();
        call["repo"] = "web".into();
        assert_eq!(stage.refused(tool, call), "unsuitable", "{tool} {arguments}");
    }
    let shown = stage.call("git_show", json!({"repo": "web", "revision": "bomb", "detail": "none"}));
    assert_eq!(shown["commit"]["message"], "bomb");
    let log = stage.call("git_log", json!({"repo": "web", "ref": "bomb", "path": deep}));
    assert_eq!(column(&log, "commits", "message"), ["bomb"]);
    let listed = stage.call("repo_tree", json!({"repo": "web", "ref": "bomb", "recursive": true}));
    assert_eq!(listed["truncated"], true);
    // A file that is new there: its former name is not looked for among all the others.
    for path in ["a.txt", "new.txt"] {
        let blame = stage.call("git_blame", json!({"repo": "web", "path": path, "ref": "bomb"}));
        assert_eq!(blame["runs"].as_array().unwrap().len(), 1, "{blame}");
    }
    assert!(peak_memory() < 512, "{} MiB", peak_memory());
}

#[test]
fn a_checked_out_tree_without_end_is_refused() {
    let scene = bomb();
    scene.git(&["symbolic-ref", "HEAD", "refs/heads/bomb"]);
    let check = |stage: &Stage, what: &str| {
        for tool in ["git_diff_staged", "git_status"] {
            assert_eq!(stage.refused(tool, json!({"repo": "web"})), "unsuitable", "{tool}, {what}");
        }
        let unstaged = stage.call("git_diff_unstaged", json!({"repo": "web"}));
        assert_eq!(unstaged["files"], json!([]), "{what}");
        let shown = stage.call("git_diff", json!({"repo": "web", "base": "main", "target": "main"}));
        assert_eq!(shown["files"], json!([]), "{what}");
        let blame = stage.call("git_blame", json!({"repo": "web", "path": "a.txt", "ref": "main"}));
        assert_eq!(blame["runs"].as_array().unwrap().len(), 1, "{what}");
    };
    scene.git(&["read-tree", "--empty"]);
    check(&scene.stage(), "an empty index");
    std::fs::remove_file(scene.root().join(".git/index")).unwrap();
    check(&scene.stage(), "no index");
    assert!(peak_memory() < 512, "{} MiB", peak_memory());
}

#[test]
fn a_long_chain_of_directories_is_refused_or_left_out() {
    let scene = bomb();
    let blob = gix::ObjectId::from_hex(scene.git(&["rev-parse", "HEAD:a.txt"]).as_bytes()).unwrap();
    let engine = gix::open(scene.root()).unwrap();
    for (depth, refused) in [(300, false), (20_000, true)] {
        let (mut mode, mut id) = ("100644", blob);
        for _ in 0..depth {
            let entry = [format!("{mode} d\0").as_bytes(), id.as_slice()].concat();
            (mode, id) = ("40000", engine.write_buf(gix::objs::Kind::Tree, &entry).unwrap());
        }
        let commit = scene.git(&["commit-tree", "-p", "main", "-m", "chain", &id.to_string()]);
        scene.git(&["update-ref", "refs/heads/chain", &commit]);
        let stage = scene.stage();
        let arguments = json!({"repo": "web", "revision": "chain"});
        if refused {
            assert_eq!(stage.refused("git_show", arguments), "unsuitable");
        } else {
            // The file went where no path can follow.
            let shown = stage.call("git_show", arguments);
            assert_eq!((&shown["files"], &shown["omitted"]), (&json!([]), &json!(1)));
        }
        let listed = stage.call("repo_tree", json!({"repo": "web", "ref": "chain", "recursive": true}));
        assert_eq!((&listed["entries"], &listed["omitted"]), (&json!([]), &json!(1)), "{depth}");
    }
}

/// Lines of few words in an order that nothing predicts.
fn noise(lines: usize, mut seed: u64) -> String {
    let mut text = String::new();
    for _ in 0..lines {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        writeln!(text, "{:x}", seed % 16).unwrap();
    }
    text
}

#[test]
fn files_of_too_many_lines_are_not_compared() {
    let scene = Scene::new();
    scene.write("long.txt", noise(50_001, 1));
    scene.write("short.txt", noise(100, 1));
    scene.commit("one");
    scene.write("long.txt", noise(50_001, 2));
    scene.write("short.txt", noise(100, 2));
    scene.commit("two");
    let stage = scene.stage();
    let shown = stage.call("git_show", json!({"repo": "web", "revision": "HEAD", "detail": "full_patch"}));
    assert_eq!(column(&shown, "files", "path"), ["long.txt", "short.txt"]);
    assert_eq!(column(&shown, "files", "too_large"), ["true", "null"]);
    assert_eq!((&shown["files"][0]["patch"], shown["files"][1]["patch"].is_string()), (&Value::Null, true));
}

#[test]
fn blame_has_limits() {
    let scene = Scene::new();
    let small = noise(10, 1);
    scene.write("shrunk.txt", format!("{small}{}", noise(30_000, 2)));
    scene.write("grown.txt", &small);
    scene.write("large.txt", format!("{}\n", "x".repeat(600)).repeat(1_000));
    let one = scene.commit("one");
    scene.write("shrunk.txt", &small);
    scene.write("grown.txt", format!("{small}{}", noise(20_000, 2)));
    scene.write("edge.txt", noise(20_000, 3));
    let two = scene.commit("two");
    let stage = scene.stage();
    let blame = |path: &str| json!({"repo": "web", "path": path, "start_line": 1, "end_line": 10});
    assert_eq!(stage.refused("git_blame", blame("grown.txt")), "unsuitable");
    assert_eq!(stage.refused("git_blame", blame("large.txt")), "too_large");
    let before = json!({"repo": "web", "path": "grown.txt", "ref": "HEAD~1"});
    assert_eq!(column(&stage.call("git_blame", before), "runs", "commit"), [one]);
    // What it was before it shrank is not looked at.
    for path in ["shrunk.txt", "edge.txt"] {
        assert_eq!(column(&stage.call("git_blame", blame(path)), "runs", "commit"), [two.as_str()], "{path}");
    }
}
