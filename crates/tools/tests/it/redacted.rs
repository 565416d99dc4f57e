//! Secrets are found in whole contents, and line numbers stay true.

use serde_json::json;

use crate::scene::Scene;

/// A token of the right shape that never was one; put together here so that no scanner takes this file for a leak.
fn token(first: &str) -> String {
    format!("{}_{first}{}", "ghp", "B3dE5fG7hJ9kL1mN2pQ4rS6tU8vW0xYzAcD")
}

fn scene() -> Scene {
    let scene = Scene::new();
    scene.write("config.txt", format!("first\ntoken is {} here\nthird\n", token("A")));
    scene.commit(&format!("add {}", token("B")));
    scene.write("config.txt", format!("first\ntoken is {} here\nthird, changed\n", token("C")));
    scene.commit("rotate");
    scene.git(&["tag", "--annotate", "--message", &format!("with {}", token("D")), "v1"]);
    scene
}

#[test]
fn no_tool_shows_a_secret() {
    let scene = scene();
    scene.write("config.txt", format!("first\ntoken is {} here\n", token("E")));
    let stage = scene.stage();
    for (tool, arguments) in [
        ("repo_read_file", json!({"path": "config.txt"})),
        ("repo_read_file", json!({"path": "config.txt", "ref": "HEAD", "start_line": 2, "end_line": 2})),
        ("repo_read_files", json!({"paths": ["config.txt"], "ref": "HEAD~1"})),
        ("git_grep", json!({"pattern": "token is"})),
        ("git_grep", json!({"pattern": "token is", "ref": "HEAD"})),
        ("git_log", json!({})),
        ("git_show", json!({"revision": "HEAD~1", "detail": "full_patch"})),
        ("git_diff", json!({"base": "HEAD~1", "target": "HEAD"})),
        ("git_diff_unstaged", json!({})),
        ("git_blame", json!({"path": "config.txt"})),
        ("git_branch", json!({"branch_type": "all"})),
        ("git_tags", json!({})),
        ("repo_info", json!({})),
    ] {
        let mut call = arguments.clone();
        call["repo"] = "web".into();
        let reply = stage.try_call(tool, call).unwrap();
        let text = reply.result.as_value().to_string();
        assert!(!text.contains("ghp_"), "{tool} {arguments}: {text}");
        if !matches!(tool, "git_branch" | "repo_info") {
            assert!(text.contains("***") && reply.redactions > 0, "{tool} {arguments}: {text}");
        }
    }
}

/// What nobody sees goes after the text was cut: it must not have kept the secret from being found in the whole.
#[test]
fn a_hidden_character_brings_no_half_of_a_secret_out() {
    let scene = Scene::new();
    let secret = token("F");
    let (head, tail) = secret.split_at(9);
    for (number, hidden) in
        ["\u{1}", "\u{8}", "\u{7f}", "\u{200b}", "\u{1b}[1m", "\u{1d173}"].into_iter().enumerate()
    {
        let with = format!("{head}{hidden}{tail}");
        // the cut of a hit falls into it, and so does the end of what is read
        let long = format!("{} {with} {}", "x".repeat(970), "y".repeat(50));
        scene.write(
            &format!("{number}.txt"),
            format!("needle\n{long}\nDB_PASSWORD=\\\nQ7{hidden}{tail}\nend\n"),
        );
    }
    scene.commit("hidden");
    let stage = scene.stage();
    for number in 0..6 {
        let path = format!("{number}.txt");
        for (tool, arguments) in [
            ("git_grep", json!({"pattern": "xxx", "path_glob": path})),
            ("git_grep", json!({"pattern": "Q7|B3dE|xAcD|ghp", "path_glob": path})),
            ("repo_read_file", json!({"path": path, "head": 2})),
            ("repo_read_file", json!({"path": path, "start_line": 4, "end_line": 4})),
            ("git_show", json!({"revision": "HEAD", "detail": "full_patch", "path": path})),
            ("git_blame", json!({"path": path, "start_line": 2, "end_line": 2})),
        ] {
            let mut call = arguments.clone();
            call["repo"] = "web".into();
            let text = stage.try_call(tool, call).unwrap().result.as_value().to_string();
            for part in ["B3dE", "jM1n", "tU8v", "zAcD"] {
                assert!(!text.contains(part), "{tool} {arguments}: {text}");
            }
        }
    }
}

#[test]
fn a_changed_secret_is_a_changed_line() {
    let scene = scene();
    let stage = scene.stage();
    let diff = stage.call("git_diff", json!({"repo": "web", "base": "HEAD~1", "target": "HEAD"}));
    assert_eq!(
        diff["files"][0]["patch"],
        "--- a/config.txt\n+++ b/config.txt\n@@ -1,3 +1,3 @@\n first\n-token is *** here\n-third\n+token is *** here\n+third, changed\n"
    );
}

#[test]
fn a_search_cannot_ask_about_a_secret() {
    let scene = scene();
    let stage = scene.stage();
    let hits = |pattern: &str| {
        let result = stage.call("git_grep", json!({"repo": "web", "pattern": pattern, "ref": "HEAD"}));
        result["matches"].as_array().unwrap().len()
    };
    assert_eq!(hits("token is"), 1);
    for pattern in ["ghp", "ghp_C.+", "token is ghp", "token is .", "CB3d", "\\*\\*\\*", "is (ghp_C)? ?here"]
    {
        assert_eq!(hits(pattern), 0, "{pattern}");
    }
    // Whether an optional part fits the secret must not change the answer.
    assert_eq!(hits("token is (ghp_C)?"), hits("token is (ghp_X)?"));
    assert_eq!(hits("token is |ghp_C"), hits("token is |ghp_X"));
}

#[test]
fn a_search_with_assertions_cannot_ask_about_a_secret() {
    for end in ["\n", "\r\n"] {
        let scene = Scene::new();
        let secret = token("C");
        let lines =
            [format!("{secret} first"), format!("token is {secret}"), format!("token is {secret} here")];
        scene.write("config.txt", lines.map(|line| line + end).concat());
        scene.commit("secrets");
        let stage = scene.stage();
        let hits = |pattern: &str| {
            let result = stage.call("git_grep", json!({"repo": "web", "pattern": pattern, "ref": "HEAD"}));
            crate::scene::column(&result, "matches", "line")
        };
        // What stands before the right guess and the wrong one: beside the secret and beside its placeholder an assertion
        // may hold or not, but never because of the guess.
        for pattern in [
            r"token is (\B|GUESS)",
            r"token is (\b|GUESS)",
            r"token is (\<|GUESS)",
            r"token is (\>|GUESS)",
            r"token is (\b{start}|GUESS)",
            r"token is (\b{end-half}|GUESS)",
            r"(^|GUESS\w*) first",
            r"(\A|GUESS\w*) first",
            r"token is (GUESS\w*)?$",
            r"token is (GUESS\w*)?\z",
            r"token is (GUESS\w*)?(\B|$)",
            r"(?m)token is ($|GUESS)",
            r"(?x) token\ is\ (\B | GUESS)",
            r"(\B|GUESS)",
            r"(\W\B|GUESS)",
        ] {
            let ask = |guess: &str| hits(&pattern.replace("GUESS", guess));
            assert_eq!(ask("ghp_C"), ask("ghp_X"), "{pattern}");
        }
        // A wrong guess hides nothing that the masked line shows.
        assert_eq!(hits(r"token is (\B|ghp_X)"), ["2", "3"]);
    }
}

#[test]
fn a_pattern_cannot_ask_about_a_secret_in_a_name() {
    let scene = Scene::new();
    let name = format!("dir/name-{}.txt", token("C"));
    scene.write(&name, "needle\n");
    scene.write("dir/other.txt", "needle\n");
    scene.commit("names");
    let stage = scene.stage();
    for reference in [json!(null), json!("HEAD")] {
        let hits = |tool: &str, arguments: serde_json::Value, list: &str| {
            let mut call = arguments;
            call["repo"] = "web".into();
            if !reference.is_null() {
                call["ref"] = reference.clone();
            }
            stage.call(tool, call)[list].as_array().unwrap().len()
        };
        for (glob, expected) in [
            ("name-ghp_C*", 0),
            ("name-ghp_X*", 0),
            ("name-gh*", 0),
            ("*CB3d*", 0),
            ("**/name-????????*", 0),
            // The text that is shown: `name-***.txt`.
            ("name-*", 1),
            ("name-???.txt", 1),
            ("*.txt", 2),
        ] {
            assert_eq!(hits("repo_search_files", json!({"glob": glob}), "files"), expected, "{glob}");
            let arguments = json!({"pattern": "needle", "path_glob": glob});
            assert_eq!(hits("git_grep", arguments, "matches"), expected, "{glob}");
        }
    }
}

#[test]
fn armour_keeps_line_numbers() {
    let scene = Scene::new();
    let (begin, end) =
        (format!("-----BEGIN {} KEY-----", "RSA PRIVATE"), format!("-----END {} KEY-----", "RSA PRIVATE"));
    let body = "MIIEpAIBAAKCAQEA7bq3".repeat(3);
    scene.write("doc.txt", format!("before\n{begin}\n{body}\n{body}\n{end}\nafter needle\n"));
    scene.commit("key");
    let stage = scene.stage();
    let whole = stage.call("repo_read_file", json!({"repo": "web", "path": "doc.txt"}));
    assert!(!whole.to_string().contains("MIIE"), "{whole}");
    assert_eq!(whole["total_lines"], 6);
    // A part of the key alone would look like anything; it was found in the whole.
    let part = stage
        .call("repo_read_file", json!({"repo": "web", "path": "doc.txt", "start_line": 3, "end_line": 4}));
    assert!(!part.to_string().contains("MIIE"), "{part}");
    assert_eq!(part["content"].as_str().unwrap().lines().count(), 2);
    let after = stage.call("git_grep", json!({"repo": "web", "pattern": "needle"}));
    assert_eq!(after["matches"][0]["line"], 6);
}

#[test]
fn neither_id_nor_size_tells_a_guess_right() {
    let scene = scene();
    scene.write("plain.txt", "nothing to hide\n");
    scene.commit("plain");
    let stage = scene.stage();
    for reference in [json!(null), json!("HEAD"), json!("HEAD~1")] {
        // The part that is shown need not be the one with the secret.
        for part in [json!({}), json!({"head": 1}), json!({"start_line": 3, "end_line": 3})] {
            let mut call = part.clone();
            call["repo"] = "web".into();
            call["path"] = "config.txt".into();
            if !reference.is_null() {
                call["ref"] = reference.clone();
            }
            let read = stage.call("repo_read_file", call);
            assert_eq!((read.get("sha"), read.get("size")), (None, None), "{reference} {part}: {read}");
        }
    }
    let read = stage.call("repo_read_files", json!({"repo": "web", "paths": ["config.txt", "plain.txt"]}));
    let (secret, plain) = (&read["files"][0], &read["files"][1]);
    assert_eq!((secret.get("sha"), secret.get("size")), (None, None), "{read}");
    assert_eq!((plain["sha"].as_str().map(str::len), &plain["size"]), (Some(40), &json!(16)), "{read}");
    // Nowhere else does the id of a file leave.
    let id = scene.git(&["rev-parse", "HEAD:config.txt"]);
    for (tool, arguments) in [
        ("repo_tree", json!({"repo": "web", "ref": "HEAD", "recursive": true})),
        ("git_show", json!({"repo": "web", "revision": "HEAD~1", "detail": "full_patch"})),
        ("git_diff", json!({"repo": "web", "base": "HEAD~2", "target": "HEAD"})),
        ("git_status", json!({"repo": "web"})),
        ("git_blame", json!({"repo": "web", "path": "config.txt"})),
    ] {
        let result = stage.call(tool, arguments).to_string();
        assert!(!result.contains(&id[..7]), "{tool}: {result}");
    }
}
