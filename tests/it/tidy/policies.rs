//! The policies we ship: each says whom it is for, loads with the tools of this build, has nothing questionable in it, passes its
//! own examples, and each of its rules is touched by one.

use gitoma_core::policy::lint::Known;
use gitoma_core::policy::suite::Coverage;
use gitoma_core::policy::{Access, Catalogue, Paths, Reach, Source, format};
use gitoma_core::{check_policy, load_policy};
use serde_json::{Value, json};

use super::{files, text};
use crate::tidy::tools::registered;

fn shipped() -> Vec<String> {
    let mut names: Vec<String> =
        files("policies").into_iter().filter(|name| name.ends_with(".yaml")).collect();
    names.sort();
    assert!(names.len() >= 6, "{names:?}");
    names
}

fn catalogue() -> Catalogue {
    gitoma_core::catalogue(&registered())
}

#[test]
fn each_says_whom_it_is_for_and_what_the_one_sentence_is() {
    for name in shipped() {
        let policy = text(&name);
        let mut lines = policy.lines();
        assert_eq!(
            lines.next(),
            Some("# yaml-language-server: $schema=policy.schema.json"),
            "{name} completes in an editor"
        );
        let comment: Vec<&str> = lines.take_while(|line| line.starts_with('#')).collect();
        assert!(comment.iter().any(|line| line.starts_with("# For whom: ")), "{name}");
        let sentence = "Denied unless allowed; the strictest matching rule wins, global or repository; order never matters.";
        assert!(comment.iter().any(|line| line.contains(sentence)), "{name}");
        let file = name.rsplit('/').next().unwrap();
        assert!(
            text("docs/policy.md").contains(&format!("| [`{file}`](../policies/{file}) |")),
            "{name} is listed"
        );
    }
}

#[test]
fn each_loads_and_nothing_in_it_is_questionable() {
    for name in shipped() {
        let policy = text(&name);
        let checked = check_policy(Source { name: &name, text: &policy }, &catalogue(), &Known::default())
            .unwrap_or_else(|error| panic!("{error}"));
        let said: Vec<String> = checked.findings.iter().map(ToString::to_string).collect();
        assert!(said.is_empty(), "{}", said.join("\n"));
        assert!(checked.policy.is_some(), "{name}");
    }
}

#[test]
fn each_rule_is_touched_by_an_example() {
    for name in shipped() {
        let policy = text(&name);
        let set = load_policy(Source { name: &name, text: &policy }, &catalogue())
            .unwrap_or_else(|error| panic!("{error}"))
            .into_policy();
        let coverage = Coverage::of_examples(&set, Source { name: &name, text: &policy }, &catalogue())
            .unwrap_or_else(|error| panic!("{error}"));
        let untouched: Vec<String> = coverage.untouched().map(|rule| format!("{rule:?}")).collect();
        assert!(untouched.is_empty(), "{name}: {}", untouched.join(", "));
    }
}

#[test]
fn each_is_laid_out_in_the_one_way() {
    for name in shipped() {
        let policy = text(&name);
        let formatted =
            format(Source { name: &name, text: &policy }).unwrap_or_else(|error| panic!("{error}"));
        assert!(formatted == policy, "run `gitoma policy fmt {name}`");
    }
}

/// POL-7, and what the catalogue says beforehand of tools is true of the tools.
#[test]
fn the_catalogue_speaks_the_truth_of_the_registered_tools() {
    let built_in = Catalogue::built_in();
    for tool in registered() {
        let spec = tool.spec();
        assert_eq!(built_in.capability(&spec.name), Some(spec.capability), "{}", spec.name);
        let text = format!(
            "version: 1\nglobal:\n  rules:\n    - {{ id: r, effect: allow, tools: [{}], arguments: {{ no_such: absent }} }}\n",
            spec.name
        );
        let error = load_policy(Source { name: "p.yaml", text: &text }, &catalogue())
            .expect_err("an argument that the schema lacks is refused");
        assert!(error.to_string().contains("has this argument"), "{}: {error}", spec.name);
    }
}

/// Typical arguments of each tool besides `repo`, that between them name and leave out what can be named and left out.
fn typical(tool: &str) -> Vec<Value> {
    let optional_path = [json!({}), json!({ "path": "src/a" })];
    match tool {
        "repo_list" => vec![json!(null)],
        "repo_info" | "git_tags" => vec![json!({})],
        "git_branch" => vec![json!({}), json!({ "contains": "main" })],
        "git_diff_staged" | "git_diff_unstaged" => optional_path.into(),
        "git_status" => vec![json!({}), json!({ "path": "src/a", "worktree": "agent/x" })],
        "repo_write_file" => vec![json!({ "path": "a", "content": "x", "worktree": "agent/x" })],
        "repo_edit_file" => {
            let edits = json!([{ "old_text": "a", "new_text": "b" }]);
            vec![json!({ "path": "a", "edits": edits, "worktree": "agent/x" })]
        }
        "repo_apply_patch" => {
            let patch = "--- a/a\n+++ b/a\n@@ -1 +1 @@\n-a\n+b\n";
            vec![json!({ "patch": patch, "worktree": "agent/x" })]
        }
        "repo_delete_file" => vec![json!({ "path": "a", "worktree": "agent/x" })],
        "git_create_branch" | "git_push_branch" | "worktree_create" => vec![json!({ "branch": "agent/x" })],
        "git_commit_files" => {
            vec![json!({ "branch": "agent/x", "message": "m", "files": [{ "path": "a", "content": "b" }] })]
        }
        "worktree_list" => vec![json!({})],
        "worktree_diff" => {
            vec![json!({ "worktree": "agent/x" }), json!({ "worktree": "agent/x", "path": "src/a" })]
        }
        "worktree_commit" => vec![json!({ "worktree": "agent/x", "message": "m" })],
        "worktree_remove" => vec![json!({ "worktree": "agent/x" })],
        "git_log" | "repo_tree" => {
            vec![json!({}), json!({ "ref": "main" }), json!({ "path": "src/a", "ref": "HEAD" })]
        }
        "git_show" => vec![json!({ "revision": "main~2" }), json!({ "revision": "HEAD", "path": "src/a" })],
        "git_diff" => {
            vec![json!({ "target": "main" }), json!({ "target": "HEAD", "base": "v1", "path": "src/a" })]
        }
        "git_grep" => vec![json!({ "pattern": "a" }), json!({ "pattern": "a", "ref": "refs/heads/main" })],
        "git_blame" | "repo_read_file" => {
            vec![json!({ "path": "src/a" }), json!({ "path": "src/a", "ref": "main" })]
        }
        "repo_read_files" => {
            vec![json!({ "paths": ["src/a", "b"] }), json!({ "paths": ["src/a"], "ref": "main" })]
        }
        "repo_search_files" => vec![json!({ "glob": "*" }), json!({ "glob": "*", "ref": "main" })],
        other => panic!("write down typical arguments of {other}"),
    }
}

/// What lints take for granted of a tool is what its calls state.
#[test]
fn the_catalogue_says_of_each_tool_what_its_calls_reach_for() {
    let built_in = Catalogue::built_in();
    for tool in registered() {
        let name = &*tool.spec().name;
        let calls: Vec<Vec<Access>> = typical(name)
            .into_iter()
            .map(|mut arguments| {
                match arguments.as_object_mut() {
                    Some(arguments) => drop(arguments.insert("repo".to_owned(), json!("web"))),
                    None => arguments = json!({}),
                }
                let prepared = tool.prepare(arguments.as_object().unwrap());
                prepared.unwrap_or_else(|error| panic!("{name}: {error}")).accesses().to_vec()
            })
            .collect();
        let accesses = || calls.iter().flatten();
        let all = |is_so: fn(&Paths) -> bool| accesses().all(|access| is_so(&access.paths));
        let has_repo = calls.iter().all(|call| !call.is_empty()) && accesses().all(|a| a.repo.is_some());
        let found = accesses().any(|access| access.paths == Paths::Discovered);
        let stated = if !has_repo {
            assert!(accesses().all(|access| access.repo.is_none()) && all(|paths| *paths == Paths::None));
            Reach::Nothing
        } else if found {
            assert!(all(|paths| *paths != Paths::None), "{name}");
            Reach::FoundPaths
        } else if all(|paths| matches!(paths, Paths::Named(_))) {
            Reach::NamedPaths
        } else {
            assert!(all(|paths| *paths == Paths::None), "{name}");
            Reach::Repository
        };
        assert_eq!(built_in.reach(name), Some(stated), "{name}");
        let references = accesses().any(|access| access.reference.is_some());
        assert_eq!(built_in.names_reference(name), Some(references), "{name}");
        assert_eq!(built_in.talks_to_host(name), Some(accesses().any(|a| a.host.is_some())), "{name}");
    }
}
