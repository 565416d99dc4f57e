//! The tools that change files of a work tree.

use serde_json::{Value, json};

use crate::scene::{Scene, Stage, WRITING_POLICY, column};

/// Found by the redactor under any name like `password`, and by no other rule.
const SECRET: &str = "kX9vT2qLmP4sRw7z";

fn scene() -> Scene {
    let scene = Scene::new();
    scene.write("README.md", "# Web\n\nHello.\n");
    scene.write("src/main.rs", "fn main() {\n    greet();\n}\n");
    scene.write("app.yaml", format!("user: ada\npassword: {SECRET}\nport: 80\n"));
    scene.commit("begin");
    scene
}

fn content(scene: &Scene, path: &str) -> String {
    std::fs::read_to_string(scene.root().join(path)).unwrap()
}

fn hash(scene: &Scene, path: &str) -> String {
    scene.git(&["hash-object", "--no-filters", path])
}

#[test]
fn a_file_is_written_whole() {
    let scene = scene();
    let stage = scene.writing_stage();
    let made =
        stage.call("repo_write_file", json!({"repo": "web", "path": "docs/new/a.md", "content": "new\n"}));
    assert_eq!((&made["status"], &made["changed"]), (&json!("added"), &json!(true)));
    assert_eq!(made["sha"], hash(&scene, "docs/new/a.md"));
    assert_eq!(content(&scene, "docs/new/a.md"), "new\n");
    let same =
        stage.call("repo_write_file", json!({"repo": "web", "path": "docs/new/a.md", "content": "new\n"}));
    assert_eq!(same["changed"], false);
    let run = json!({"repo": "web", "path": "run.sh", "content": "#!/bin/sh\n", "executable": true});
    stage.call("repo_write_file", run);
    scene.git(&["add", "run.sh"]);
    assert!(scene.git(&["ls-files", "--stage", "run.sh"]).starts_with("100755"));
    stage.call("repo_write_file", json!({"repo": "web", "path": "run.sh", "content": "#!/bin/sh\n:\n"}));
    scene.git(&["add", "run.sh"]);
    assert!(scene.git(&["ls-files", "--stage", "run.sh"]).starts_with("100755"), "the mode is kept");
}

#[test]
fn an_expected_file_must_be_there_and_unchanged() {
    let scene = scene();
    let stage = scene.writing_stage();
    let write = |path: &str, expected: &str| json!({"repo": "web", "path": path, "content": "x\n", "expected_sha": expected});
    let none = "0".repeat(40);
    let read = stage.call("repo_read_file", json!({"repo": "web", "path": "README.md"}));
    let sha = read["sha"].as_str().unwrap();
    scene.write("README.md", "changed by a person\n");
    assert_eq!(stage.refused("repo_write_file", write("README.md", sha)), "conflict");
    assert_eq!(stage.refused("repo_write_file", write("README.md", &none)), "conflict");
    assert_eq!(stage.refused("repo_write_file", write("new.md", sha)), "conflict");
    assert_eq!(
        stage.refused("repo_delete_file", json!({"repo": "web", "path": "README.md", "expected_sha": sha})),
        "conflict"
    );
    assert_eq!(content(&scene, "README.md"), "changed by a person\n");
    stage.call("repo_write_file", write("README.md", &hash(&scene, "README.md")));
    stage.call("repo_write_file", write("new.md", &none));
    assert_eq!(content(&scene, "README.md"), "x\n");
}

#[test]
fn edits_are_made_together_or_not_at_all() {
    let scene = scene();
    let stage = scene.writing_stage();
    let edit = |edits: Value, dry: bool| json!({"repo": "web", "path": "src/main.rs", "edits": edits, "dry_run": dry});
    let good =
        json!([{"old_text": "greet();", "new_text": "greet(1);"}, {"old_text": "main", "new_text": "start"}]);
    let shown = stage.call("repo_edit_file", edit(good.clone(), true));
    assert_eq!(shown["dry_run"], true);
    assert!(
        shown["diff"].as_str().unwrap().contains("-    greet();\n+fn start() {\n+    greet(1);\n"),
        "{shown}"
    );
    assert!(content(&scene, "src/main.rs").contains("greet();"));
    let half = json!([{"old_text": "greet();", "new_text": "x"}, {"old_text": "absent", "new_text": "x"}]);
    let refusal = stage.refusal("repo_edit_file", edit(half, false));
    assert_eq!((refusal.code(), refusal.executed()), ("conflict", false));
    assert!(refusal.to_string().starts_with("edit 2: "), "{refusal}");
    assert!(content(&scene, "src/main.rs").contains("greet();"));
    let done = stage.call("repo_edit_file", edit(good, false));
    assert_eq!((&done["insertions"], &done["deletions"]), (&json!(2), &json!(2)));
    assert_eq!(content(&scene, "src/main.rs"), "fn start() {\n    greet(1);\n}\n");
}

#[test]
fn a_patch_of_git_is_applied_as_git_applies_it() {
    let scene = scene();
    let stage = scene.writing_stage();
    scene.write("README.md", "# Web\n\nHello, world.\n\nBye.");
    scene.write("src/lib.rs", "pub fn greet() {}\n");
    scene.git(&["mv", "src/main.rs", "src/bin.rs"]);
    scene.git(&["add", "--all"]);
    let patch = scene.git(&["diff", "--cached", "-M"]) + "\n";
    let expected = scene.git(&["write-tree"]);
    scene.git(&["reset", "--quiet", "--hard"]);
    let done = stage.call("repo_apply_patch", json!({"repo": "web", "patch": patch}));
    assert_eq!(column(&done, "files", "path"), ["README.md", "src/main.rs", "src/bin.rs", "src/lib.rs"]);
    scene.git(&["add", "--all"]);
    assert_eq!(scene.git(&["write-tree"]), expected);
}

#[test]
fn a_patch_that_does_not_fit_changes_nothing() {
    let scene = scene();
    let stage = scene.writing_stage();
    let patch = "--- a/README.md\n+++ b/README.md\n@@ -1 +1 @@\n-# Web\n+# Net\n\
                 --- a/src/main.rs\n+++ b/src/main.rs\n@@ -1 +1 @@\n-fn other() {\n+fn start() {\n";
    let refusal = stage.refusal("repo_apply_patch", json!({"repo": "web", "patch": patch}));
    assert_eq!((refusal.code(), refusal.executed()), ("conflict", false));
    assert_eq!(content(&scene, "README.md"), "# Web\n\nHello.\n");
    assert_eq!(scene.git(&["status", "--porcelain"]), "");
    for (patch, code) in [
        ("--- /dev/null\n+++ b/README.md\n@@ -0,0 +1 @@\n+x\n", "conflict"),
        ("--- a/absent\n+++ b/absent\n@@ -1 +1 @@\n-x\n+y\n", "conflict"),
        ("diff --git a/README.md b/src/main.rs\nrename from README.md\nrename to src/main.rs\n", "conflict"),
        ("--- a/README.md\n+++ /dev/null\n@@ -1 +0,0 @@\n-# Web\n", "conflict"),
        // As of an empty file, which this one is not.
        (
            "diff --git a/README.md b/README.md\ndeleted file mode 100644\nindex e69de29..0000000\n",
            "conflict",
        ),
        ("--- a/../x\n+++ b/../x\n@@ -1 +1 @@\n-x\n+y\n", "path_denied"),
        ("--- /dev/null\n+++ b/.git/config\n@@ -0,0 +1 @@\n+x\n", "path_denied"),
        ("--- /dev/null\n+++ b/.github/workflows/ci.yml\n@@ -0,0 +1 @@\n+x\n", "path_denied"),
        ("diff --git a/README.md b/.env\nrename from README.md\nrename to .env\n", "path_denied"),
        (
            "diff --git a/l b/l\nnew file mode 120000\n--- /dev/null\n+++ b/l\n@@ -0,0 +1 @@\n+/etc/passwd\n",
            "path_denied",
        ),
        ("no patch", "invalid_arguments"),
    ] {
        assert_eq!(
            stage.refused("repo_apply_patch", json!({"repo": "web", "patch": patch})),
            code,
            "{patch}"
        );
    }
    assert_eq!(scene.git(&["status", "--porcelain"]), "");
}

/// RED-5.
#[test]
fn no_secret_is_written_and_none_is_lost() {
    let scene = scene();
    let stage = scene.writing_stage();
    let write = |content: &str| json!({"repo": "web", "path": "app.yaml", "content": content});
    let seen = stage.call("repo_read_file", json!({"repo": "web", "path": "app.yaml"}));
    let seen = seen["content"].as_str().unwrap();
    assert!(seen.contains("password: ***"), "{seen}");
    // Written back as it was seen, the placeholder would take the secret's place.
    let refusal = stage.refusal("repo_write_file", write(&seen.replace("80", "81")));
    assert_eq!((refusal.code(), refusal.executed()), ("secret_found", false));
    assert!(refusal.to_string().contains("app.yaml line 2"), "{refusal}");
    let new = json!({"repo": "web", "path": "b.yaml", "content": format!("a: 1\npassword: {SECRET}x\n")});
    let refusal = stage.refusal("repo_write_file", new);
    assert!(refusal.to_string().contains("b.yaml line 2"), "{refusal}");
    assert!(!refusal.to_string().contains(SECRET));
    let patch = format!("--- /dev/null\n+++ b/b.yaml\n@@ -0,0 +1,2 @@\n+a: 1\n+password: {SECRET}x\n");
    assert_eq!(stage.refused("repo_apply_patch", json!({"repo": "web", "patch": patch})), "secret_found");
    let edit = json!([{"old_text": "port: 80", "new_text": format!("port: 80\napi_key: {SECRET}y")}]);
    assert_eq!(
        stage.refused("repo_edit_file", json!({"repo": "web", "path": "app.yaml", "edits": edit})),
        "secret_found"
    );
    // An edit beside the secret keeps it, and shows it to nobody.
    let edit = json!([{"old_text": "port: 80", "new_text": "port: 81"}]);
    let done = stage.call("repo_edit_file", json!({"repo": "web", "path": "app.yaml", "edits": edit}));
    assert!(!done.to_string().contains(SECRET), "{done}");
    assert_eq!(
        done["sha"],
        Value::Null,
        "an id beside the rest of the file would tell whether a guess is right"
    );
    assert_eq!(content(&scene, "app.yaml"), format!("user: ada\npassword: {SECRET}\nport: 81\n"));
    assert!(!scene.root().join("b.yaml").exists());
}

/// A caller who may write must not find out by it what a secret is.
#[test]
fn a_right_guess_at_a_secret_is_answered_as_a_wrong_one() {
    let scene = scene();
    let stage = scene.writing_stage();
    let wrong = "aB3dE6gH9jK2mN5p";
    let answers = |guess: &str| -> Vec<String> {
        let file = format!("user: ada\npassword: {guess}\nport: 80\n");
        scene.write("guess", &file);
        let sha = hash(&scene, "guess");
        std::fs::remove_file(scene.root().join("guess")).unwrap();
        let edit = |old: String| json!({"repo": "web", "path": "app.yaml", "dry_run": true, "edits": [{"old_text": old, "new_text": "x"}]});
        let line = format!("password: {guess}\n");
        let hunk = format!(
            "--- a/app.yaml\n+++ b/app.yaml\n@@ -1,3 +1,3 @@\n user: ada\n {line}-port: 80\n+port: 81\n"
        );
        let doubled = format!("--- a/app.yaml\n+++ b/app.yaml\n@@ -3 +3,2 @@\n port: 80\n+{line}");
        [
            ("repo_write_file", json!({"repo": "web", "path": "app.yaml", "content": file})),
            ("repo_write_file", json!({"repo": "web", "path": "app.yaml", "content": line})),
            (
                "repo_write_file",
                json!({"repo": "web", "path": "app.yaml", "content": "x", "expected_sha": sha}),
            ),
            ("repo_delete_file", json!({"repo": "web", "path": "app.yaml", "expected_sha": sha})),
            ("repo_edit_file", edit(guess.to_owned())),
            ("repo_edit_file", edit(guess[3..7].to_owned())),
            ("repo_edit_file", edit(line)),
            ("repo_apply_patch", json!({"repo": "web", "patch": hunk, "dry_run": true})),
            ("repo_apply_patch", json!({"repo": "web", "patch": doubled, "dry_run": true})),
        ]
        .map(|(tool, arguments)| format!("{tool}: {}", stage.refusal(tool, arguments)))
        .to_vec()
    };
    assert_eq!(answers(SECRET), answers(wrong));
    assert_eq!(scene.git(&["status", "--porcelain"]), "");
}

#[test]
fn checked_out_trees_are_left_alone_unless_the_operator_opens_them() {
    let scene = scene();
    let stage = Stage::writing(&[scene.config()], WRITING_POLICY, false);
    for (tool, arguments) in [
        ("repo_write_file", json!({"repo": "web", "path": "a", "content": "x"})),
        (
            "repo_edit_file",
            json!({"repo": "web", "path": "README.md", "edits": [{"old_text": "Web", "new_text": "x"}]}),
        ),
        ("repo_apply_patch", json!({"repo": "web", "patch": "--- /dev/null\n+++ b/a\n@@ -0,0 +1 @@\n+x\n"})),
        ("repo_delete_file", json!({"repo": "web", "path": "README.md"})),
    ] {
        let refusal = stage.refusal(tool, arguments);
        assert_eq!(refusal.code(), "invalid_arguments", "{tool}");
        assert!(refusal.to_string().contains("worktree_create"), "{refusal}");
    }
    assert_eq!(scene.git(&["status", "--porcelain"]), "");
}

#[test]
fn what_a_file_may_not_be_is_refused() {
    let scene = scene();
    let stage = scene.writing_stage();
    std::os::unix::fs::symlink("/etc", scene.root().join("link")).unwrap();
    std::os::unix::fs::symlink("README.md", scene.root().join("alias")).unwrap();
    scene.write("binary", b"\0\xff");
    let write = |path: &str, content: &str| json!({"repo": "web", "path": path, "content": content});
    for (path, content, code) in [
        ("link/gitoma-was-here", "x", "path_denied"),
        ("alias", "x", "path_denied"),
        ("src", "x", "unsuitable"),
        ("README.md/x", "x", "unsuitable"),
        ("a", "\0", "path_denied"),
        (".git/hooks/post-commit", "x", "path_denied"),
        (".GIT/config", "x", "path_denied"),
        ("sub/.gitmodules", "x", "path_denied"),
        (".envrc", "x", "path_denied"),
        ("../x", "x", "path_denied"),
    ] {
        assert_eq!(stage.refused("repo_write_file", write(path, content)), code, "{path}");
    }
    assert_eq!(stage.refused("repo_write_file", write("a", &"x".repeat((2 << 20) + 1))), "too_large");
    assert!(!std::path::Path::new("/etc/gitoma-was-here").exists());
    let edit = json!([{"old_text": "a", "new_text": "b"}]);
    assert_eq!(
        stage.refused("repo_edit_file", json!({"repo": "web", "path": "binary", "edits": edit})),
        "unsuitable"
    );
    assert_eq!(
        stage.refused("repo_edit_file", json!({"repo": "web", "path": "absent", "edits": edit})),
        "not_found"
    );
    assert_eq!(stage.refused("repo_delete_file", json!({"repo": "web", "path": "alias"})), "path_denied");
    stage.call("repo_delete_file", json!({"repo": "web", "path": "binary"}));
    assert!(!scene.root().join("binary").exists());
    assert_eq!(content(&scene, "README.md"), "# Web\n\nHello.\n");
}
