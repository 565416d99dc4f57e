//! Reading, listing and finding files.

use serde_json::json;

use crate::scene::{Scene, column};

fn scene() -> Scene {
    let scene = Scene::new();
    scene.write("notes.txt", "one\ntwo\nthree\nfour\nfive");
    scene.write("src/lib.rs", "pub fn answer() -> u32 { 42 }\n");
    scene.write("src/deep/mod.rs", "// Answer\n");
    scene.write("image.bin", b"\x89PNG\0\0");
    scene.write("latin.txt", b"caf\xe9\n");
    scene.write("empty", "");
    scene.commit("files");
    scene
}

#[test]
fn parts_of_a_file() {
    let scene = scene();
    let stage = scene.stage();
    for (arguments, content, start, end) in [
        (json!({}), "one\ntwo\nthree\nfour\nfive", 1, 5),
        (json!({"head": 2}), "one\ntwo\n", 1, 2),
        (json!({"tail": 2}), "four\nfive", 4, 5),
        (json!({"head": 99}), "one\ntwo\nthree\nfour\nfive", 1, 5),
        (json!({"start_line": 2, "end_line": 3}), "two\nthree\n", 2, 3),
        (json!({"start_line": 5}), "five", 5, 5),
        (json!({"end_line": 1}), "one\n", 1, 1),
        (json!({"ref": "HEAD", "start_line": 4, "end_line": 90}), "four\nfive", 4, 5),
    ] {
        let mut call = arguments.clone();
        call["repo"] = "web".into();
        call["path"] = "notes.txt".into();
        let result = stage.call("repo_read_file", call);
        assert_eq!(result["content"], content, "{arguments}");
        assert_eq!((&result["start_line"], &result["end_line"]), (&json!(start), &json!(end)), "{arguments}");
        assert_eq!((&result["total_lines"], &result["truncated"]), (&json!(5), &json!(false)));
        assert_eq!(result["sha"], scene.git(&["rev-parse", "HEAD:notes.txt"]));
    }
    let past = stage.call("repo_read_file", json!({"repo": "web", "path": "notes.txt", "start_line": 50}));
    assert_eq!((&past["content"], past.get("start_line")), (&json!(""), None));
}

#[test]
fn the_work_tree_and_a_commit_are_two_things() {
    let scene = scene();
    scene.write("notes.txt", "changed\n");
    scene.write("untracked.txt", "fresh\n");
    let stage = scene.stage();
    let read = |arguments| stage.call("repo_read_file", arguments)["content"].clone();
    assert_eq!(read(json!({"repo": "web", "path": "notes.txt"})), "changed\n");
    assert_eq!(read(json!({"repo": "web", "path": "untracked.txt"})), "fresh\n");
    assert_eq!(read(json!({"repo": "web", "path": "notes.txt", "ref": "main", "head": 1})), "one\n");
    assert_eq!(
        stage.refused("repo_read_file", json!({"repo": "web", "path": "untracked.txt", "ref": "main"})),
        "not_found"
    );
}

#[test]
fn what_is_no_text() {
    let scene = scene();
    let stage = scene.stage();
    let binary = stage.call("repo_read_file", json!({"repo": "web", "path": "image.bin"}));
    assert_eq!(
        (&binary["encoding"], &binary["size"], binary.get("content")),
        (&json!("binary"), &json!(6), None)
    );
    let latin = stage.call("repo_read_file", json!({"repo": "web", "path": "latin.txt"}));
    assert_eq!(latin["content"], "caf\u{fffd}\n");
    let empty = stage.call("repo_read_file", json!({"repo": "web", "path": "empty"}));
    assert_eq!((&empty["content"], &empty["total_lines"]), (&json!(""), &json!(0)));
    assert_eq!(stage.refused("repo_read_file", json!({"repo": "web", "path": "src"})), "unsuitable");
    assert_eq!(
        stage.refused("repo_read_file", json!({"repo": "web", "path": "src", "ref": "HEAD"})),
        "unsuitable"
    );
    assert_eq!(stage.refused("repo_read_file", json!({"repo": "web", "path": "missing"})), "not_found");
}

#[test]
fn a_large_file_comes_in_parts_that_join_to_the_whole() {
    let scene = scene();
    let whole: String = (0..30_000).map(|line| format!("line \"{line}\"\n")).collect();
    scene.write("large.txt", &whole);
    let stage = scene.stage();
    let mut joined = String::new();
    let mut start = json!(1);
    let mut parts = 0;
    while let Some(line) = start.as_u64() {
        let part =
            stage.call("repo_read_file", json!({"repo": "web", "path": "large.txt", "start_line": line}));
        joined.push_str(part["content"].as_str().unwrap());
        assert_eq!(part["truncated"], part["next_start_line"].is_u64());
        start = part["next_start_line"].clone();
        parts += 1;
    }
    assert_eq!(joined, whole);
    assert!(parts > 1);
    scene.write("huge.bin", vec![b'x'; 8 * 1024 * 1024 + 1]);
    assert_eq!(stage.refused("repo_read_file", json!({"repo": "web", "path": "huge.bin"})), "too_large");
}

#[test]
fn a_line_longer_than_a_result_is_cut_and_marked() {
    let scene = scene();
    let long = "x".repeat(300 * 1024);
    // As long as a result to the byte, so that there is no room for its line feed.
    let exact = "y".repeat(240 * 1024);
    for (content, line, next) in [
        (format!("{long}\n"), 1, None),
        (long.clone(), 1, None),
        (format!("{exact}\n"), 1, None),
        (format!("{long}\nlast\n"), 1, Some(2)),
        (format!("first\n{long}\nlast\n"), 2, Some(3)),
        (format!("first\n{long}"), 2, None),
    ] {
        scene.write("long.txt", &content);
        let stage = scene.stage();
        let read = |start: u64| {
            stage.call("repo_read_file", json!({"repo": "web", "path": "long.txt", "start_line": start}))
        };
        if line == 2 {
            let first = read(1);
            assert_eq!((&first["content"], &first["next_start_line"]), (&json!("first\n"), &json!(2)));
            assert_eq!(first.get("line_cut"), None);
        }
        let cut = read(line);
        assert_eq!((&cut["truncated"], &cut["line_cut"]), (&json!(true), &json!(true)));
        assert_eq!((&cut["start_line"], &cut["end_line"]), (&json!(line), &json!(line)));
        assert_eq!(cut["content"].as_str().unwrap().len(), 240 * 1024);
        assert_eq!(cut.get("next_start_line"), next.map(|next| json!(next)).as_ref());
        let whole = read(9);
        assert_eq!((&whole["truncated"], whole.get("line_cut")), (&json!(false), None));
    }
    // Only that line was wanted; nothing follows.
    scene.write("long.txt", format!("{long}\nlast\n"));
    let arguments = json!({"repo": "web", "path": "long.txt", "head": 1});
    assert_eq!(scene.stage().call("repo_read_file", arguments).get("next_start_line"), None);
    // Of several files, one for which there is no room any more is left for another call, whole.
    scene.write("most.txt", "z".repeat(239 * 1024));
    scene.write("line.txt", format!("{}\n", "w".repeat(10 * 1024)));
    let arguments = json!({"repo": "web", "paths": ["most.txt", "line.txt"]});
    let several = scene.stage().call("repo_read_files", arguments);
    let (most, line) = (&several["files"][0], &several["files"][1]);
    assert_eq!((most.get("truncated"), line["truncated"].clone()), (None, json!(true)));
    assert_eq!((&line["content"], &line["next_start_line"]), (&json!(""), &json!(1)));
    assert_eq!(line.get("line_cut"), None);
}

#[test]
fn several_files_at_once() {
    let scene = scene();
    let stage = scene.stage();
    let paths = json!(["src/lib.rs", "missing", "image.bin", "src"]);
    for arguments in
        [json!({"repo": "web", "paths": paths}), json!({"repo": "web", "paths": paths, "ref": "main"})]
    {
        let result = stage.call("repo_read_files", arguments);
        assert_eq!(column(&result, "files", "path"), ["src/lib.rs", "missing", "image.bin", "src"]);
        assert_eq!(result["files"][0]["content"], "pub fn answer() -> u32 { 42 }\n");
        assert_eq!(result["files"][1]["code"], "not_found");
        assert_eq!(result["files"][2]["encoding"], "binary");
        assert_eq!(result["files"][3]["code"], "unsuitable");
    }
}

#[test]
fn listings_and_searches_agree_with_git() {
    let scene = scene();
    let stage = scene.stage();
    let all: Vec<_> =
        scene.git(&["ls-tree", "-r", "--name-only", "HEAD"]).lines().map(str::to_owned).collect();
    for reference in [None, Some("HEAD")] {
        let with = |mut arguments: serde_json::Value| {
            arguments["repo"] = "web".into();
            if let Some(reference) = reference {
                arguments["ref"] = reference.into();
            }
            arguments
        };
        let tree = |arguments| column(&stage.call("repo_tree", with(arguments)), "entries", "path");
        assert_eq!(tree(json!({"recursive": true})), all);
        assert_eq!(tree(json!({})), ["empty", "image.bin", "latin.txt", "notes.txt", "src"]);
        assert_eq!(tree(json!({"path": "src"})), ["src/deep", "src/lib.rs"]);
        assert_eq!(tree(json!({"path": "src", "recursive": true})), ["src/deep/mod.rs", "src/lib.rs"]);
        let kinds = stage.call("repo_tree", with(json!({"path": "src"})));
        assert_eq!(column(&kinds, "entries", "kind"), ["directory", "file"]);
        assert_eq!(stage.refused("repo_tree", with(json!({"path": "nowhere"}))), "not_found");
        assert_eq!(stage.refused("repo_tree", with(json!({"path": "notes.txt"}))), "unsuitable");
        let search = |glob: &str| {
            column(&stage.call("repo_search_files", with(json!({"glob": glob}))), "files", "path")
        };
        assert_eq!(search("*.rs"), ["src/deep/mod.rs", "src/lib.rs"]);
        assert_eq!(search("src/*.rs"), ["src/lib.rs"]);
        assert_eq!(search("*.py"), [""; 0]);
        let grep = |pattern: &str, case: &str| {
            let result = stage.call("git_grep", with(json!({"pattern": pattern, "case": case})));
            result["matches"]
                .as_array()
                .unwrap()
                .iter()
                .map(|hit| format!("{}:{}", hit["path"].as_str().unwrap(), hit["line"]))
                .collect::<Vec<_>>()
        };
        assert_eq!(grep("answer", "sensitive"), ["src/lib.rs:1"]);
        assert_eq!(grep("answer", "smart"), ["src/deep/mod.rs:1", "src/lib.rs:1"]);
        assert_eq!(grep("Answer", "smart"), ["src/deep/mod.rs:1"]);
        assert_eq!(grep("ANSWER", "insensitive"), ["src/deep/mod.rs:1", "src/lib.rs:1"]);
        assert_eq!(grep("^t", "sensitive"), ["notes.txt:2", "notes.txt:3"]);
        assert_eq!(grep("\\Aone\\z", "sensitive"), ["notes.txt:1"]);
        assert_eq!(grep("(?i)FIVE$", "sensitive"), ["notes.txt:5"]);
        let some =
            stage.call("git_grep", with(json!({"pattern": ".", "path_glob": "notes.*", "max_matches": 2})));
        assert_eq!(column(&some, "matches", "text"), ["one", "two"]);
        assert_eq!(some["truncated"], true);
    }
}

#[test]
fn repositories_are_listed_by_alias_and_show_no_place() {
    let scene = scene();
    scene.git(&["remote", "add", "origin", "https://user:hunter2@example.org/private.git"]);
    let stage = scene.stage();
    let list = stage.call("repo_list", json!({}));
    assert_eq!(list["repositories"], json!([{"repo": "web", "branch": "main", "bare": false}]));
    let info = stage.call("repo_info", json!({"repo": "web"}));
    assert_eq!(info["remotes"], json!(["origin"]));
    assert_eq!(info["head"]["id"], scene.git(&["rev-parse", "HEAD"]));
    for result in [list, info] {
        let text = result.to_string();
        assert!(
            !text.contains("hunter2") && !text.contains("example.org/private") && !text.contains("/repo"),
            "{text}"
        );
    }
}

#[test]
fn the_ends_of_a_line_are_where_its_text_ends() {
    let scene = Scene::new();
    scene.write("lines.txt", "foo bar\r\nbar foo\r\nbar\r\n\r\nfoo bar\r\n");
    scene.commit("lines");
    scene.write("large.txt", format!("bar\n{}", "x".repeat(2 * 1024 * 1024)));
    scene.git(&["add", "large.txt"]);
    let stage = scene.stage();
    for reference in [json!("worktree"), json!("HEAD")] {
        for (pattern, lines) in [
            ("bar", &["1", "2", "3", "5"][..]),
            ("bar$", &["1", "3", "5"]),
            (r"bar\z", &["1", "3", "5"]),
            ("^bar", &["2", "3"]),
            (r"\Abar", &["2", "3"]),
            ("^bar$", &["3"]),
            (r"bar\b", &["1", "2", "3", "5"]),
            (r"\Bbar", &[]),
            ("^$", &["4"]),
            (r"o\sb|r f", &["1", "2", "5"]),
            (r"\r", &[]),
            (r"bar\n", &[]),
        ] {
            let found = stage.call("git_grep", json!({"repo": "web", "pattern": pattern, "ref": reference}));
            assert_eq!(column(&found, "matches", "line"), lines, "{pattern} at {reference}");
            assert_eq!(
                found["files_skipped"],
                u64::from(reference == "worktree"),
                "{pattern} at {reference}"
            );
        }
    }
}
