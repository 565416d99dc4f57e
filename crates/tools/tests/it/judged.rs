//! What a tool finds while running is judged before its name or its content is shown.

use serde_json::{Value, json};

use crate::scene::{Scene, column};

const RULES: &str = "    - { id: no-vault, effect: deny, tools: [\"*\"], paths: [\"vault/**\"] }\n    - { id: no-keys, effect: deny, tools: [\"*\"], paths: [\"**/*.key\"] }\n";

fn scene() -> Scene {
    let scene = Scene::new();
    scene.write("vault/plan.txt", "the treasure is under the oak\nline\nline\nline\n");
    scene.write("a.key", "treasure key\n");
    scene.write("open.txt", "treasure map\n");
    scene.write(".env", "treasure=1\n");
    scene.commit("everything");
    scene.git(&["mv", "vault/plan.txt", "moved.txt"]);
    scene.write("open.txt", "treasure map, page 2\n");
    scene.write("a.key", "treasure key 2\n");
    scene.write(".env", "treasure=2\n");
    scene.commit("moved");
    scene
}

fn shows(result: &Value, needle: &str) -> bool {
    result.to_string().contains(needle)
}

#[test]
fn refused_paths_are_left_out_of_every_tool_and_counted() {
    let scene = scene();
    scene.write("open.txt", "treasure map, page 3\n");
    scene.write("a.key", "treasure key 3\n");
    scene.write(".env", "treasure=3\n");
    scene.write("vault/new.txt", "treasure in the vault\n");
    let stage = scene.stage_with(RULES);
    for (tool, arguments, shown) in [
        ("repo_tree", json!({"recursive": true, "ref": "HEAD~1"}), vec!["open.txt"]),
        ("repo_tree", json!({"ref": "HEAD~1"}), vec!["open.txt"]),
        ("repo_tree", json!({"recursive": true}), vec!["open.txt", "moved.txt"]),
        ("repo_search_files", json!({"glob": "**", "ref": "HEAD~1"}), vec!["open.txt"]),
        ("git_grep", json!({"pattern": "treasure", "ref": "HEAD~1"}), vec!["open.txt"]),
        ("git_grep", json!({"pattern": "treasure"}), vec!["open.txt", "moved.txt"]),
        ("git_show", json!({"revision": "HEAD", "detail": "full_patch"}), vec!["open.txt"]),
        ("git_show", json!({"revision": "HEAD~1", "detail": "full_patch"}), vec!["open.txt"]),
        ("git_diff", json!({"base": "HEAD~1", "target": "HEAD"}), vec!["open.txt"]),
        ("git_diff_unstaged", json!({}), vec!["open.txt"]),
        ("git_status", json!({}), vec!["open.txt"]),
    ] {
        let mut call = arguments.clone();
        call["repo"] = "web".into();
        let result = stage.call(tool, call);
        for needle in ["vault", "a.key", ".env", "treasure key", "treasure="] {
            assert!(!shows(&result, needle), "{tool} {arguments} shows {needle}: {result}");
        }
        for path in shown {
            assert!(shows(&result, path), "{tool} {arguments} hides {path}: {result}");
        }
        assert!(result["omitted"].as_u64().unwrap() > 0, "{tool} {arguments}: {result}");
    }
    // A file that came out of the vault is left out of the difference, for it would show what was in there.
    let moved = stage.call("git_show", json!({"repo": "web", "revision": "HEAD", "detail": "full_patch"}));
    assert!(!shows(&moved, "moved.txt") && !shows(&moved, "oak"), "{moved}");
    // Blame shows the file, which is allowed, and not where it came from.
    let blame = stage.call("git_blame", json!({"repo": "web", "path": "moved.txt"}));
    assert!(shows(&blame, "oak") && !shows(&blame, "vault"), "{blame}");
    assert_eq!(blame["omitted"], 1);
}

#[test]
fn named_paths_are_judged_before_anything_runs() {
    let scene = scene();
    let stage = scene.stage_with(RULES);
    for (tool, arguments) in [
        ("repo_read_file", json!({"repo": "web", "path": "a.key"})),
        ("repo_read_file", json!({"repo": "web", "path": "A.KEY", "ref": "HEAD"})),
        ("repo_read_files", json!({"repo": "web", "paths": ["open.txt", "a.key"]})),
        ("git_blame", json!({"repo": "web", "path": "a.key"})),
        ("git_log", json!({"repo": "web", "path": "vault"})),
        ("repo_tree", json!({"repo": "web", "path": "vault"})),
        ("git_diff", json!({"repo": "web", "target": "HEAD~1", "path": "vault/plan.txt"})),
    ] {
        assert_eq!(stage.refused(tool, arguments.clone()), "denied", "{tool} {arguments}");
    }
    for path in [".env", "sub/.ENV", "x/.env.local", ".netrc"] {
        assert_eq!(
            stage.refused("repo_read_file", json!({"repo": "web", "path": path})),
            "path_denied",
            "{path}"
        );
    }
}

#[test]
fn an_unknown_repository_is_found_missing_only_after_the_decision() {
    let scene = scene();
    let stage = scene.stage();
    assert_eq!(stage.refused("git_log", json!({"repo": "other"})), "not_found");
    assert_eq!(stage.refused("repo_read_file", json!({"repo": "other", "path": ".env"})), "path_denied");
}

#[test]
fn lists_stop_and_say_so() {
    let scene = Scene::new();
    for number in 0..30 {
        scene.write(&format!("{}/{number}.txt", "d".repeat(200)), "x\n");
    }
    scene.commit("many");
    let stage = scene.stage();
    let grep = stage.call("git_grep", json!({"repo": "web", "pattern": "x", "max_matches": 5}));
    assert_eq!((column(&grep, "matches", "line").len(), &grep["truncated"]), (5, &json!(true)));
}

#[test]
fn a_refused_reference_has_no_other_name() {
    let scene = scene();
    scene.git(&["branch", "hidden"]);
    scene.git(&["branch", "shown"]);
    scene.git(&["update-ref", "refs/remotes/origin/hidden", "HEAD"]);
    let rule =
        "    - { id: no-hidden, effect: deny, tools: [\"*\"], refs: [\"hidden\", \"origin/hidden\"] }\n";
    let stage = scene.stage_with(rule);
    for name in [
        "hidden",
        "heads/hidden",
        "refs/heads/hidden",
        "origin/hidden",
        "remotes/origin/hidden",
        "refs/remotes/origin/hidden",
        "main-worktree/refs/heads/hidden",
    ] {
        for steps in ["", "~0", "^0", "~1", "^1~0"] {
            let spelled = format!("{name}{steps}");
            for (tool, arguments) in [
                ("repo_read_file", json!({"repo": "web", "path": "open.txt", "ref": spelled})),
                ("git_log", json!({"repo": "web", "ref": spelled})),
                ("git_show", json!({"repo": "web", "revision": spelled})),
                ("git_diff", json!({"repo": "web", "base": spelled, "target": "shown"})),
                ("git_diff", json!({"repo": "web", "base": "shown", "target": spelled})),
            ] {
                assert_eq!(stage.refused(tool, arguments), "denied", "{tool} {spelled}");
            }
        }
    }
    for spelled in ["shown", "heads/shown", "refs/heads/shown~0"] {
        stage.call("git_log", json!({"repo": "web", "ref": spelled}));
    }
    // Which branch is checked out is not known before the call runs: it may be the hidden one.
    for spelled in ["HEAD", "HEAD~1"] {
        assert_eq!(stage.refused("git_log", json!({"repo": "web", "ref": spelled})), "denied", "{spelled}");
    }
    // Who may read one branch may read it by its full name, and no other.
    let policy = "version: 1\nglobal:\n  rules:\n    - { id: one, effect: allow, tools: [\"*\"], refs: [\"shown\"] }\n";
    let stage = crate::scene::Stage::new(&[scene.config()], policy);
    for spelled in ["shown", "refs/heads/shown", "shown~1"] {
        stage.call("git_log", json!({"repo": "web", "ref": spelled}));
    }
    for spelled in ["hidden", "refs/heads/hidden", "HEAD", "main~1"] {
        assert_eq!(stage.refused("git_log", json!({"repo": "web", "ref": spelled})), "denied", "{spelled}");
    }
}
