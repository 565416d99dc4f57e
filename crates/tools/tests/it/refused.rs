//! Malformed, oversized, unknown and option-like arguments are refused before anything runs.

use serde_json::{Value, json};

use crate::scene::Scene;

#[test]
fn arguments_are_parsed_strictly() {
    let scene = Scene::new();
    scene.write("a.txt", "a\n");
    scene.commit("a");
    let stage = scene.stage();
    let long = "a".repeat(1_001);
    let table: Vec<(&str, Value)> = vec![
        ("git_log", json!({})),
        ("git_log", json!({"repo": 1})),
        ("git_log", json!({"repo": "../web"})),
        ("git_log", json!({"repo": "/etc"})),
        ("git_log", json!({"repo": "a/b/c"})),
        ("git_log", json!({"repo": "web", "unknown": 1})),
        ("git_log", json!({"repo": "web", "max_count": 0})),
        ("git_log", json!({"repo": "web", "max_count": 1001})),
        ("git_log", json!({"repo": "web", "max_count": -1})),
        ("git_log", json!({"repo": "web", "since": "yesterday"})),
        ("git_log", json!({"repo": "web", "cursor": "x"})),
        ("git_log", json!({"repo": "web", "ref": "--output=/tmp/x"})),
        ("git_log", json!({"repo": "web", "ref": "main..side"})),
        ("git_log", json!({"repo": "web", "ref": "main@{1}"})),
        ("git_log", json!({"repo": "web", "author": ""})),
        ("git_show", json!({"repo": "web", "revision": "HEAD:a.txt"})),
        ("git_show", json!({"repo": "web", "revision": ":/fix"})),
        ("git_show", json!({"repo": "web", "revision": "HEAD", "detail": "everything"})),
        ("git_diff", json!({"repo": "web", "target": "HEAD", "context_lines": 21})),
        ("git_diff", json!({"repo": "web", "target": "HEAD", "path": "../x"})),
        ("git_blame", json!({"repo": "web", "path": "a.txt", "start_line": 0})),
        ("git_blame", json!({"repo": "web", "path": "a.txt", "start_line": 5, "end_line": 4})),
        ("git_grep", json!({"repo": "web", "pattern": ""})),
        ("git_grep", json!({"repo": "web", "pattern": long})),
        ("git_grep", json!({"repo": "web", "pattern": "("})),
        ("git_grep", json!({"repo": "web", "pattern": "(?=x)"})),
        ("git_grep", json!({"repo": "web", "pattern": "((a{100}){100}){100}"})),
        ("git_grep", json!({"repo": "web", "pattern": "a", "path_glob": "[a]"})),
        ("git_grep", json!({"repo": "web", "pattern": "a", "max_matches": 2001})),
        ("repo_search_files", json!({"repo": "web", "glob": "/etc/*"})),
        ("repo_read_file", json!({"repo": "web", "path": "/etc/passwd"})),
        ("repo_read_file", json!({"repo": "web", "path": "a/../../x"})),
        ("repo_read_file", json!({"repo": "web", "path": "~root"})),
        ("repo_read_file", json!({"repo": "web", "path": ".git/config"})),
        ("repo_read_file", json!({"repo": "web", "path": ".GIT/config"})),
        ("repo_read_file", json!({"repo": "web", "path": "GIT~1/config"})),
        ("repo_read_file", json!({"repo": "web", "path": ".g\u{200c}it/config"})),
        ("repo_read_file", json!({"repo": "web", "path": "a.txt\u{0}"})),
        ("repo_read_file", json!({"repo": "web", "path": "a.txt", "head": 1, "tail": 1})),
        ("repo_read_file", json!({"repo": "web", "path": "a.txt", "head": 1, "start_line": 1})),
        ("repo_read_files", json!({"repo": "web", "paths": []})),
        ("repo_read_files", json!({"repo": "web", "paths": vec!["a.txt"; 51]})),
        ("repo_list", json!({"repo": "web"})),
    ];
    for (tool, arguments) in table {
        let refusal = stage.try_call(tool, arguments.clone()).map(|reply| reply.result).unwrap_err();
        let code = refusal.code();
        assert!(
            matches!(code, "invalid_arguments" | "path_denied" | "bad_request"),
            "{tool} {arguments}: {code}"
        );
        for given in ["passwd", "output", "yesterday", "everything", "unknown\""] {
            assert!(!refusal.to_string().contains(given), "{tool} {arguments}: {refusal}");
        }
    }
}

#[test]
fn a_revision_names_a_commit_and_nothing_else() {
    let scene = Scene::new();
    scene.write("a.txt", "a\n");
    let commit = scene.commit("a");
    let blob = scene.git(&["rev-parse", "HEAD:a.txt"]);
    let tree = scene.git(&["rev-parse", "HEAD^{tree}"]);
    scene.git(&["tag", "--annotate", "--message", "t", "outer"]);
    let tag = scene.git(&["rev-parse", "outer"]);
    scene.git(&["tag", "of-a-blob", &blob]);
    let stage = scene.stage();
    for revision in [
        &commit,
        &commit[..7],
        &commit[..12],
        "HEAD",
        "main",
        "refs/heads/main",
        "heads/main",
        "outer",
        &tag,
        &tag[..10],
    ] {
        let shown = stage.call("git_show", json!({"repo": "web", "revision": revision}));
        assert_eq!(shown["commit"]["id"], commit, "{revision}");
    }
    let missing = "0".repeat(40);
    for (revision, code) in [
        (blob.as_str(), "unsuitable"),
        (&tree, "unsuitable"),
        (&tree[..8], "unsuitable"),
        ("of-a-blob", "unsuitable"),
        ("nowhere", "not_found"),
        ("HEAD~1", "not_found"),
        ("HEAD^2", "not_found"),
        (&missing, "not_found"),
        ("0000000", "not_found"),
        ("config", "not_found"),
        ("description", "not_found"),
    ] {
        assert_eq!(
            stage.refused("git_show", json!({"repo": "web", "revision": revision})),
            code,
            "{revision}"
        );
    }
}
