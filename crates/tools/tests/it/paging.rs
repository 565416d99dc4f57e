//! Lists that go on behind a cursor, and cursors that were never given out.

use std::collections::HashSet;

use serde_json::{Value, json};

use crate::scene::{Scene, Stage};

const COUNT: usize = 1_200;
/// Long enough that no page holds all of them.
const LENGTH: usize = 230;

/// Every tenth file is refused.
const RULES: &str = "    - { id: no-tens, effect: deny, tools: [\"*\"], paths: [\"**/*0.txt\"] }\n";

fn names(end: &str) -> Vec<String> {
    let stem = LENGTH - end.len() - 4;
    (0..COUNT).map(|number| format!("{}{number:04}{end}", "n".repeat(stem))).collect()
}

/// What all pages of a call show, each page's entries as `of` names them.
fn all_pages(
    stage: &Stage,
    tool: &str,
    arguments: &Value,
    list: &str,
    of: impl Fn(&Value) -> String,
) -> Vec<String> {
    let mut call = arguments.clone();
    call["repo"] = "web".into();
    let (mut shown, mut pages) = (Vec::new(), 0);
    loop {
        let page = stage.call(tool, call.clone());
        let items = page[list].as_array().unwrap();
        shown.extend(items.iter().map(&of));
        pages += 1;
        assert_eq!(page["truncated"], page.get("next_cursor").is_some(), "{tool} {arguments}");
        assert!(pages < 100 && !items.is_empty(), "{tool} {arguments}: page {pages}");
        let Some(next) = page.get("next_cursor") else {
            break;
        };
        call["cursor"] = next.clone();
    }
    assert!(pages > 1, "{tool} {arguments}: one page of {}", shown.len());
    shown
}

fn path_of(item: &Value) -> String {
    item["path"].as_str().unwrap().to_owned()
}

#[test]
fn pages_of_files_show_each_once() {
    let scene = Scene::new();
    let names = names(".txt");
    for name in &names {
        scene.write(&format!("deep/{name}"), "needle\nhay\nneedle\n");
    }
    scene.write("deep/sub/last.txt", "hay\n");
    scene.commit("many");
    let stage = scene.stage_with(RULES);
    let shown: Vec<String> =
        names.iter().filter(|name| !name.ends_with("0.txt")).map(|name| format!("deep/{name}")).collect();
    for reference in [None, Some("HEAD")] {
        let with = |mut arguments: Value| {
            if let Some(reference) = reference {
                arguments["ref"] = reference.into();
            }
            arguments
        };
        let pages = |tool: &str, arguments: Value, list: &str| {
            all_pages(&stage, tool, &with(arguments), list, path_of)
        };
        let with_last = |last: &str| {
            let mut all = shown.clone();
            all.push(last.to_owned());
            all
        };
        assert_eq!(pages("repo_tree", json!({"path": "deep"}), "entries"), with_last("deep/sub"));
        assert_eq!(pages("repo_tree", json!({"recursive": true}), "entries"), with_last("deep/sub/last.txt"));
        assert_eq!(pages("repo_search_files", json!({"glob": "n*.txt"}), "files"), shown);
        let lines: Vec<String> =
            shown.iter().flat_map(|path| [format!("{path}:1"), format!("{path}:3")]).collect();
        // An odd number, so that a page ends between the two lines of a file.
        let arguments = with(json!({"pattern": "needle", "max_matches": 333}));
        let line_of = |item: &Value| format!("{}:{}", item["path"].as_str().unwrap(), item["line"]);
        assert_eq!(all_pages(&stage, "git_grep", &arguments, "matches", line_of), lines);
    }
}

#[test]
fn pages_of_changes_show_each_once() {
    let scene = Scene::new();
    let names = names(".txt");
    for name in &names[..COUNT / 2] {
        scene.write(name, "before\n");
    }
    scene.commit("half");
    for name in &names {
        scene.write(name, "after, and longer\n");
    }
    let shown: Vec<String> = names.into_iter().filter(|name| !name.ends_with("0.txt")).collect();
    let stage = scene.stage_with(RULES);
    assert_eq!(all_pages(&stage, "git_status", &json!({}), "entries", path_of), shown);
}

#[test]
fn pages_of_references_show_each_once() {
    let scene = Scene::new();
    let commit = scene.commit("one");
    let names = names("");
    let mut packed = String::from("# pack-refs with: peeled fully-peeled sorted\n");
    for prefix in ["refs/heads/", "refs/remotes/", "refs/tags/"] {
        for name in &names {
            packed.push_str(&format!("{commit} {prefix}{name}\n"));
        }
    }
    scene.write(".git/packed-refs", packed);
    let stage = scene.stage();
    let name_of = |item: &Value| item["name"].as_str().unwrap().to_owned();
    assert_eq!(all_pages(&stage, "git_tags", &json!({}), "tags", name_of), names);
    let mut local = vec!["main".to_owned()];
    local.extend(names.iter().cloned());
    for arguments in [json!({}), json!({"contains": "HEAD"})] {
        assert_eq!(all_pages(&stage, "git_branch", &arguments, "branches", name_of), local);
    }
    let all = all_pages(&stage, "git_branch", &json!({"branch_type": "all"}), "branches", |item| {
        format!("{} {}", item["type"].as_str().unwrap(), name_of(item))
    });
    assert_eq!(all.len(), 2 * COUNT + 1);
    assert_eq!(all.iter().collect::<HashSet<_>>().len(), all.len());
}

#[test]
fn a_cursor_that_was_never_given_out_is_refused() {
    let scene = Scene::new();
    scene.write("a.txt", "a\n");
    scene.commit("one");
    let stage = scene.stage();
    for (tool, arguments) in [
        ("repo_tree", json!({})),
        ("repo_search_files", json!({"glob": "*"})),
        ("git_grep", json!({"pattern": "a"})),
        ("git_branch", json!({})),
        ("git_tags", json!({})),
        ("git_status", json!({})),
    ] {
        let mut call = arguments.clone();
        call["repo"] = "web".into();
        for cursor in ["", "skip:0", "skip:-1", "skip:1x", "after:.env", "../..", &"1".repeat(5_000)] {
            call["cursor"] = cursor.into();
            let refusal = stage.try_call(tool, call.clone()).unwrap_err();
            assert!(format!("{refusal:?}").contains("cursor:malformed"), "{tool} {cursor}: {refusal:?}");
        }
        call["cursor"] = "skip:4000000000".into();
        let behind = stage.call(tool, call);
        assert_eq!((&behind["truncated"], behind.get("next_cursor")), (&json!(false), None), "{tool}");
    }
}
