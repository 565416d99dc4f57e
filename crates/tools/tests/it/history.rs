//! History tools beside the git command: the same commits, lines, counts and names.

use serde_json::json;

use crate::scene::{Scene, column};

/// Merges, renames, tags, an executable, a binary, several branches.
fn storied() -> Scene {
    let scene = Scene::new();
    let body: String = (1..=40).map(|line| format!("line {line} of the file\n")).collect();
    scene.write("src/one.txt", &body);
    scene.write("README.md", "# Readme\n");
    scene.commit("first\n\nwith a body");
    scene.git(&["tag", "light"]);
    scene.write("src/one.txt", body.replace("line 5 ", "changed 5 "));
    scene.commit("second");
    scene.git(&["checkout", "--quiet", "-b", "side"]);
    scene.write("side.txt", "side\n");
    scene.write("src/one.txt", body.replace("line 5 ", "changed 5 ").replace("line 30 ", "side 30 "));
    scene.commit("on the side");
    scene.git(&["checkout", "--quiet", "main"]);
    scene.write("README.md", "# Readme\n\nMore.\n");
    scene.commit("third");
    scene.tick();
    scene.git(&["merge", "--quiet", "--no-ff", "--message", "merge side", "side"]);
    scene.git(&["tag", "--annotate", "--message", "the first release", "v1.0"]);
    scene.git(&["mv", "src/one.txt", "src/two.txt"]);
    let renamed =
        std::fs::read_to_string(scene.root().join("src/two.txt")).unwrap().replace("line 12 ", "renamed 12 ");
    scene.write("src/two.txt", renamed);
    scene.write("logo.bin", b"\0\x01\x02");
    scene.commit("rename");
    scene.write("deep/er/file.rs", "fn main() {}");
    scene.git(&["rm", "--quiet", "side.txt"]);
    scene.commit("fourth");
    scene
}

#[test]
fn log_is_that_of_git() {
    let scene = storied();
    let stage = scene.stage();
    for (arguments, oracle) in [
        (json!({}), vec!["main"]),
        (json!({"ref": "side"}), vec!["side"]),
        (json!({"ref": "HEAD~2"}), vec!["HEAD~2"]),
        (json!({"ref": "v1.0^2"}), vec!["v1.0^2"]),
        (json!({"path": "src"}), vec!["main", "--", "src"]),
        (json!({"path": "src/one.txt"}), vec!["main", "--", "src/one.txt"]),
        (json!({"path": "README.md"}), vec!["main", "--", "README.md"]),
        (json!({"path": "side.txt"}), vec!["main", "--", "side.txt"]),
        (json!({"path": "nowhere"}), vec!["main", "--", "nowhere"]),
        (json!({"max_count": 2}), vec!["main", "--max-count=2"]),
        (json!({"since": "2024-01-01T00:03:00Z"}), vec!["main", "--since=2024-01-01T00:03:00Z"]),
        (json!({"until": "2024-01-01T00:03:00Z"}), vec!["main", "--until=2024-01-01T00:03:00Z"]),
        (json!({"author": "ADA"}), vec!["main", "--author=Ada"]),
        (json!({"author": "nobody"}), vec!["main", "--author=nobody"]),
    ] {
        let mut call = arguments.clone();
        call["repo"] = "web".into();
        let result = stage.call("git_log", call);
        let expected = scene.git(&[&["log", "--format=%H"], oracle.as_slice()].concat());
        let expected: Vec<_> = expected.lines().map(str::to_owned).collect();
        assert_eq!(column(&result, "commits", "id"), expected, "{arguments}");
    }
    let last = stage.call("git_log", json!({"repo": "web", "ref": "light"}));
    assert_eq!(last["commits"][0]["message"], "first\n\nwith a body");
    assert_eq!(last["commits"][0]["author"], "Ada <ada@example.org>");
    assert_eq!(last["commits"][0]["committed_at"], "2024-01-01T00:01:00Z");
}

#[test]
fn log_pages_join_to_the_whole() {
    let scene = storied();
    let stage = scene.stage();
    let whole = column(&stage.call("git_log", json!({"repo": "web"})), "commits", "id");
    let mut pages = Vec::new();
    let mut arguments = json!({"repo": "web", "max_count": 3});
    loop {
        let page = stage.call("git_log", arguments.clone());
        pages.extend(column(&page, "commits", "id"));
        assert_eq!(page["truncated"], page["next_cursor"].is_string());
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        arguments["cursor"] = cursor.into();
    }
    assert_eq!(pages, whole);
    // A cursor continues the judged history and no other.
    let other = scene.git(&["rev-parse", "main"]);
    let refused = stage.refused("git_log", json!({"repo": "web", "ref": "light", "cursor": other}));
    assert_eq!(refused, "unsuitable");
}

#[test]
fn a_repository_without_commits_answers() {
    let scene = Scene::new();
    scene.write("new.txt", "new\n");
    let stage = scene.stage();
    assert_eq!(stage.call("git_log", json!({"repo": "web"}))["commits"], json!([]));
    assert_eq!(stage.call("repo_info", json!({"repo": "web"}))["branch"], "main");
    assert_eq!(stage.call("repo_tree", json!({"repo": "web"}))["entries"], json!([]));
    assert_eq!(stage.call("git_branch", json!({"repo": "web"}))["branches"], json!([]));
    let status = stage.call("git_status", json!({"repo": "web"}));
    assert_eq!(column(&status, "entries", "path"), ["new.txt"]);
    scene.git(&["add", "new.txt"]);
    let staged = stage.call("git_diff_staged", json!({"repo": "web"}));
    assert_eq!(staged["files"][0]["patch"], "--- /dev/null\n+++ b/new.txt\n@@ -0,0 +1 @@\n+new\n");
    assert_eq!(stage.refused("git_show", json!({"repo": "web", "revision": "HEAD"})), "not_found");
}

/// `added<TAB>deleted<TAB>path` for each file, as `git diff --numstat` prints it.
fn numstat(result: &serde_json::Value) -> Vec<String> {
    let mut lines: Vec<String> = result["files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|file| {
            let count = |name: &str| file[name].as_u64().map_or("-".to_owned(), |count| count.to_string());
            format!("{}\t{}\t{}", count("insertions"), count("deletions"), file["path"].as_str().unwrap())
        })
        .collect();
    lines.sort();
    lines
}

fn git_numstat(scene: &Scene, arguments: &[&str]) -> Vec<String> {
    let text = scene.git(&[arguments, &["--numstat", "-z", "--find-renames"]].concat());
    let mut fields = text.split('\0');
    let mut lines = Vec::new();
    while let Some(field) = fields.next().filter(|field| !field.is_empty()) {
        // A rename has an empty path here; the old and the new one follow.
        let path = if field.ends_with('\t') { fields.nth(1).unwrap() } else { "" };
        lines.push(format!("{field}{path}"));
    }
    lines.sort();
    lines
}

#[test]
fn differences_count_what_git_counts() {
    let scene = storied();
    let stage = scene.stage();
    for (base, target) in [
        ("light", "main"),
        ("main", "light"),
        ("side", "main"),
        ("HEAD~1", "HEAD"),
        ("v1.0", "main"),
        ("main", "main"),
    ] {
        let result =
            stage.call("git_diff", json!({"repo": "web", "base": base, "target": target, "stat_only": true}));
        assert_eq!(numstat(&result), git_numstat(&scene, &["diff", base, target]), "{base} {target}");
    }
    for commit in ["main", "main~1", "side", "light"] {
        let result = stage.call("git_show", json!({"repo": "web", "revision": commit}));
        assert_eq!(
            numstat(&result),
            git_numstat(&scene, &["diff-tree", "--root", "--no-commit-id", "-r", commit]),
            "{commit}"
        );
    }
    let renamed = stage.call("git_show", json!({"repo": "web", "revision": "main~1", "path": "src"}));
    assert_eq!(renamed["files"][0]["status"], "renamed");
    assert_eq!(renamed["files"][0]["old_path"], "src/one.txt");
}

#[test]
fn a_difference_applies() {
    let scene = storied();
    let stage = scene.stage();
    for context in [0, 3, 20] {
        let arguments = json!({"repo": "web", "base": "light", "target": "side", "context_lines": context});
        let result = stage.call("git_diff", arguments);
        let patch: String = column(&result, "files", "patch").concat();
        std::fs::write(scene.outside("change.patch"), patch).unwrap();
        scene.git(&["checkout", "--quiet", "--force", "--detach", "light"]);
        scene.git(&["apply", "--index", "--unidiff-zero", "../change.patch"]);
        assert_eq!(scene.git(&["write-tree"]), scene.git(&["rev-parse", "side^{tree}"]), "context {context}");
        scene.git(&["reset", "--quiet", "--hard"]);
        scene.git(&["checkout", "--quiet", "main"]);
    }
}

#[test]
fn blame_is_that_of_git() {
    let scene = storied();
    let stage = scene.stage();
    for (path, reference, start, end) in [
        ("src/two.txt", "main", 1, 40),
        ("src/two.txt", "main", 4, 13),
        ("src/one.txt", "side", 1, 40),
        ("README.md", "main", 1, 3),
    ] {
        let arguments =
            json!({"repo": "web", "path": path, "ref": reference, "start_line": start, "end_line": end});
        let result = stage.call("git_blame", arguments);
        let mut lines = Vec::new();
        for run in result["runs"].as_array().unwrap() {
            let count = run["end_line"].as_u64().unwrap() - run["start_line"].as_u64().unwrap() + 1;
            assert_eq!(run["content"].as_str().unwrap().lines().count() as u64, count);
            lines.extend(std::iter::repeat_n(run["commit"].as_str().unwrap().to_owned(), count as usize));
        }
        let range = format!("-L{start},{end}");
        let oracle = scene.git(&["blame", "-l", "--root", "-s", "-M", &range, reference, "--", path]);
        let oracle: Vec<_> = oracle.lines().map(|line| line.split(' ').next().unwrap().to_owned()).collect();
        assert_eq!(lines, oracle, "{path} {reference}");
    }
    let past = stage.call("git_blame", json!({"repo": "web", "path": "README.md", "start_line": 900}));
    assert_eq!((past["runs"].clone(), past["total_lines"].clone()), (json!([]), json!(3)));
}

#[test]
fn names_are_those_of_git() {
    let scene = storied();
    scene.git(&["update-ref", "refs/remotes/origin/main", "main~1"]);
    scene.git(&["symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main"]);
    scene.git(&["tag", "a-tree", "main^{tree}"]);
    let stage = scene.stage();
    for (kind, contains, oracle) in [
        ("local", None, vec!["refs/heads"]),
        ("remote", None, vec!["refs/remotes/origin/main"]),
        ("local", Some("light"), vec!["--contains=light", "refs/heads"]),
        ("local", Some("v1.0"), vec!["--contains=v1.0", "refs/heads"]),
        ("all", Some("main"), vec!["--contains=main", "refs/heads", "refs/remotes/origin/main"]),
    ] {
        let mut arguments = json!({"repo": "web", "branch_type": kind});
        if let Some(contains) = contains {
            arguments["contains"] = contains.into();
        }
        let expected =
            scene.git(&[&["for-each-ref", "--format=%(refname:short)"], oracle.as_slice()].concat());
        let expected: Vec<_> = expected.lines().map(str::to_owned).collect();
        assert_eq!(
            column(&stage.call("git_branch", arguments), "branches", "name"),
            expected,
            "{kind} {contains:?}"
        );
    }
    let tags = stage.call("git_tags", json!({"repo": "web"}));
    assert_eq!(column(&tags, "tags", "name"), ["light", "v1.0"]);
    assert_eq!(tags["tags"][1]["message"], "the first release");
    assert_eq!(tags["tags"][1]["commit"], scene.git(&["rev-parse", "v1.0^{commit}"]));
    assert_eq!((&tags["tags"][0]["annotated"], &tags["tags"][1]["annotated"]), (&json!(false), &json!(true)));
}

#[test]
fn status_and_the_differences_of_the_work_tree() {
    let scene = storied();
    scene.write(".gitignore", "ignored\n");
    scene.commit("ignore");
    scene.write("ignored", "x");
    scene.write("README.md", "# Changed\n");
    scene.write("new/one", "1\n");
    scene.write("new/two", "2\n");
    scene.write("staged.txt", "staged\n");
    scene.git(&["add", "staged.txt"]);
    scene.git(&["mv", "src/two.txt", "src/three.txt"]);
    std::fs::remove_file(scene.root().join("deep/er/file.rs")).unwrap();
    let stage = scene.stage();
    let status = stage.call("git_status", json!({"repo": "web"}));
    let found: Vec<String> = status["entries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| {
            format!(
                "{} {} {}",
                entry["area"].as_str().unwrap(),
                entry["status"].as_str().unwrap(),
                entry["path"].as_str().unwrap()
            )
        })
        .collect();
    assert_eq!(
        found,
        [
            "unstaged modified README.md",
            "unstaged deleted deep/er/file.rs",
            "untracked untracked new/one",
            "untracked untracked new/two",
            "staged renamed src/three.txt",
            "staged added staged.txt",
        ]
    );
    assert_eq!(status["branch"], "main");
    let tracked =
        stage.call("git_status", json!({"repo": "web", "include_untracked": false, "path": "deep"}));
    assert_eq!(column(&tracked, "entries", "path"), ["deep/er/file.rs"]);
    let unstaged = stage.call("git_diff_unstaged", json!({"repo": "web"}));
    assert_eq!(numstat(&unstaged), git_numstat(&scene, &["diff"]));
    assert_eq!(
        unstaged["files"][0]["patch"],
        "--- a/README.md\n+++ b/README.md\n@@ -1,3 +1 @@\n-# Readme\n-\n-More.\n+# Changed\n"
    );
    let staged = stage.call("git_diff_staged", json!({"repo": "web"}));
    assert_eq!(numstat(&staged), git_numstat(&scene, &["diff", "--cached"]));
    let clean = stage.call("git_status", json!({"repo": "web", "path": "src/nothing"}));
    assert_eq!((&clean["clean"], &clean["entries"]), (&json!(true), &json!([])));
}

#[test]
fn a_bare_repository_reads_from_its_commits() {
    let scene = storied();
    let bare = scene.outside("bare.git");
    scene.git(&["clone", "--quiet", "--bare", ".", bare.to_str().unwrap()]);
    let config = gitoma_core::config::RepositoryConfig { alias: "web".into(), path: bare, git_dir: None };
    let stage = crate::scene::Stage::new(
        &[config],
        "version: 1\nglobal:\n  rules:\n    - { id: r, effect: allow, tools: [\"*\"] }\n",
    );
    let read = stage.call("repo_read_file", json!({"repo": "web", "path": "README.md", "ref": "main"}));
    assert_eq!(read["content"], "# Readme\n\nMore.\n");
    let tree = stage.call("repo_tree", json!({"repo": "web", "recursive": true}));
    assert_eq!(column(&tree, "entries", "path"), ["README.md", "deep/er/file.rs", "logo.bin", "src/two.txt"]);
    assert_eq!(stage.refused("repo_read_file", json!({"repo": "web", "path": "HEAD"})), "unsuitable");
    assert_eq!(stage.refused("git_status", json!({"repo": "web"})), "unsuitable");
}

#[test]
fn large_files_stand_in_nobodys_way() {
    let scene = storied();
    scene.write("large.txt", "0123456789abcde\n".repeat(1024 * 1024 + 9));
    scene.commit("large");
    scene.git(&["mv", "large.txt", "larger.txt"]);
    let mut text = std::fs::read(scene.root().join("larger.txt")).unwrap();
    text.extend_from_slice(b"one more\n");
    scene.write("larger.txt", &text);
    scene.write("README.md", "# Small\n");
    scene.commit("larger");
    scene.git(&["gc", "--quiet"]);
    scene.write("larger.txt", "small again\n");
    let stage = scene.stage();
    let shown = stage.call("git_show", json!({"repo": "web", "revision": "HEAD", "detail": "full_patch"}));
    assert_eq!(shown["files"][0]["path"], "README.md");
    assert!(column(&shown, "files", "path").contains(&"larger.txt".to_owned()));
    let status = stage.call("git_status", json!({"repo": "web"}));
    assert_eq!(column(&status, "entries", "path"), ["larger.txt"]);
    stage.call("git_diff_unstaged", json!({"repo": "web"}));
    let hits = stage.call("git_grep", json!({"repo": "web", "pattern": "Small", "ref": "HEAD"}));
    assert_eq!(
        (column(&hits, "matches", "path"), &hits["files_skipped"]),
        (vec!["README.md".to_owned()], &json!(2))
    );
    assert_eq!(
        stage.refused("repo_read_file", json!({"repo": "web", "path": "larger.txt", "ref": "HEAD"})),
        "too_large"
    );
}

#[test]
fn tags_that_cannot_be_read_are_left_out_and_counted() {
    let scene = storied();
    let commit = scene.git(&["rev-parse", "HEAD"]);
    let objects = [
        ("no-target", "nothing of a tag\n".to_owned()),
        ("no-name", format!("object {commit}\ntype commit\n\nlost\n")),
        ("no-commit", format!("object {}\ntype commit\ntag gone\n\ngone\n", "1".repeat(40))),
    ];
    for (name, object) in &objects {
        std::fs::write(scene.outside("object"), object).unwrap();
        let id = scene.git(&["hash-object", "-t", "tag", "-w", "--literally", "../object"]);
        scene.write(&format!(".git/refs/tags/{name}"), format!("{id}\n"));
    }
    scene.write(".git/refs/tags/no-reference", "neither an id nor a link\n");
    scene.write(".git/refs/tags/no-object", format!("{}\n", "2".repeat(40)));
    let tags = scene.stage().call("git_tags", json!({"repo": "web"}));
    assert_eq!(column(&tags, "tags", "name"), ["light", "v1.0"]);
    assert_eq!(tags["omitted"], objects.len() + 2);
}
