//! The tools: each has what a caller, a policy author and an auditor need, and the verbs that must not exist do not.

use std::collections::BTreeSet;
use std::sync::Arc;

use gitoma_core::config::{PushTarget, PushUrl, WriteSettings};
use gitoma_core::{Annotations, Capability, Tool};
use serde_json::Value;

use super::text;

pub(crate) fn registered() -> Vec<Arc<dyn Tool>> {
    let url = PushUrl::parse("https://git.example.org/acme/web.git").unwrap();
    let (prefix, username) = ("agent/".to_owned(), "x-access-token".to_owned());
    let target = PushTarget { url, prefix, protected: Vec::new(), username, token: None };
    let writes = WriteSettings { targets: [("web".to_owned(), target)].into(), ..WriteSettings::default() };
    gitoma_tools::with_writes(&[], &writes).unwrap()
}

fn names() -> BTreeSet<String> {
    registered().iter().map(|tool| tool.spec().name.to_string()).collect()
}

#[test]
fn the_set_is_the_one_we_promise() {
    let promised = [
        "git_blame",
        "git_branch",
        "git_commit_files",
        "git_create_branch",
        "git_diff",
        "git_diff_staged",
        "git_diff_unstaged",
        "git_grep",
        "git_log",
        "git_push_branch",
        "git_show",
        "git_status",
        "git_tags",
        "repo_apply_patch",
        "repo_delete_file",
        "repo_edit_file",
        "repo_info",
        "repo_list",
        "repo_read_file",
        "repo_read_files",
        "repo_search_files",
        "repo_tree",
        "repo_write_file",
        "worktree_commit",
        "worktree_create",
        "worktree_diff",
        "worktree_list",
        "worktree_remove",
    ];
    assert_eq!(names(), promised.map(str::to_owned).into());
}

/// Invariant 8.
#[test]
fn no_tool_merges_deletes_branches_forces_or_approves() {
    for tool in registered() {
        let spec = tool.spec();
        let arguments = spec.input_schema["properties"].as_object().unwrap().keys();
        for name in arguments.map(String::as_str).chain([&*spec.name]) {
            for verb in [
                "merge",
                "force",
                "approve",
                "delete_branch",
                "branch_delete",
                "rebase",
                "reset",
                "rewrite",
                "amend",
                "squash",
                "checkout",
                "config",
                "hook",
                "stash",
                "prune",
                "gc",
            ] {
                assert!(
                    !name.split('_').any(|word| word == verb) && !name.contains("delete_branch"),
                    "{name}"
                );
            }
        }
    }
    let writes: BTreeSet<String> = registered()
        .iter()
        .filter(|tool| tool.spec().capability != Capability::Read)
        .map(|tool| tool.spec().name.to_string())
        .collect();
    let promised = [
        "git_commit_files",
        "git_create_branch",
        "git_push_branch",
        "repo_apply_patch",
        "repo_delete_file",
        "repo_edit_file",
        "repo_write_file",
        "worktree_commit",
        "worktree_create",
        "worktree_remove",
    ];
    assert_eq!(writes, promised.map(str::to_owned).into(), "these write and no other");
    let reads: BTreeSet<String> =
        gitoma_tools::standard(&[]).unwrap().iter().map(|tool| tool.spec().name.to_string()).collect();
    assert!(reads.is_disjoint(&writes), "the read set writes");
}

#[test]
fn each_is_described_closed_and_documented() {
    let guide = text("docs/tools.md");
    for tool in registered() {
        let spec = tool.spec();
        let name = &spec.name;
        assert!((20..=700).contains(&spec.description.len()), "{name}: {}", spec.description.len());
        assert!(!spec.title.is_empty(), "{name}");
        assert_eq!(spec.input_schema["type"], "object", "{name}");
        assert_eq!(spec.input_schema["additionalProperties"], false, "{name} takes what it does not know");
        let properties = spec.input_schema["properties"].as_object().unwrap();
        for (property, schema) in properties {
            assert!(schema["description"].is_string(), "{name}: {property} is not described");
        }
        assert_eq!(spec.annotations.read_only, spec.capability == Capability::Read, "{name}");
        assert!(guide.contains(&format!("`{name}(")), "docs/tools.md lacks {name}");
    }
}

/// In all, so much of a model's context: about 5,000 tokens, of which a principal that may only read pays the part for the tools that read.
const SCHEMA_BYTES: usize = 20 * 1024;

#[test]
fn each_promises_the_shape_of_its_result_in_few_words() {
    let mut sizes = Vec::new();
    for tool in registered() {
        let spec = tool.spec();
        let name = &spec.name;
        let schema = spec.output_schema.as_ref().unwrap_or_else(|| panic!("{name} promises nothing"));
        assert_eq!(schema["type"], "object", "{name}: clients of before 2026-07-28 take nothing else");
        let required: Vec<&str> =
            schema["required"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
        assert!(required.contains(&"truncated") && required.contains(&"omitted"), "{name}");
        assert_eq!(required.contains(&"changed"), spec.capability != Capability::Read, "{name}");
        assert_is_plain(name, &Value::Object(schema.as_ref().clone()));
        sizes.push((serde_json::to_string(schema).unwrap().len(), name.to_string()));
    }
    sizes.sort_unstable();
    let all: usize = sizes.iter().map(|(size, _)| size).sum();
    let (median, _) = sizes[sizes.len() / 2];
    assert!(all <= SCHEMA_BYTES, "{all} bytes together: {sizes:?}");
    assert!(median <= 700, "{median} bytes at the median: {sizes:?}");
}

/// Only what still holds after redaction and a cut is promised, and nothing forbids a field that is yet to come.
fn assert_is_plain(name: &str, schema: &Value) {
    let schema = schema.as_object().unwrap();
    for (key, value) in schema {
        match key.as_str() {
            "type" | "required" => {}
            "description" => {
                let words = value.as_str().unwrap();
                assert!((1..=80).contains(&words.len()) && words.ends_with('.'), "{name}: {words}");
            }
            "enum" => {
                for word in value.as_array().unwrap() {
                    let is_ours = |byte: u8| byte.is_ascii_lowercase() || matches!(byte, b'_' | b'-' | b'8');
                    assert!(word.as_str().unwrap().bytes().all(is_ours), "{name}: {word}");
                }
            }
            "properties" => {
                value.as_object().unwrap().values().for_each(|property| assert_is_plain(name, property))
            }
            "items" => assert_is_plain(name, value),
            _ => panic!("{name}: a cut or a redactor may break `{key}`"),
        }
    }
}

/// What the hints of the tools that write say, in the meaning that the protocol gives them, and why. That a repeated call does nothing
/// where `idempotent` says so is shown by calls, in `crates/tools/tests/it/hints.rs`.
#[test]
fn the_hints_are_true() {
    let table = [
        // name, destructive, idempotent, open world
        ("git_commit_files", false, true, false, "a commit only adds; the same files again are no change"),
        ("git_create_branch", false, true, false, "one that is there at the commit is left as it is"),
        ("git_push_branch", false, true, true, "goes forward only, to a host that is not ours"),
        ("repo_apply_patch", true, false, false, "lines may be added once more"),
        ("repo_delete_file", true, true, false, "what was not committed is gone; a file goes once"),
        ("repo_edit_file", true, false, false, "a new text may hold the old one"),
        ("repo_write_file", true, true, false, "what was not committed is overwritten, by the same"),
        ("worktree_commit", false, true, false, "a commit only adds; nothing is left for a second"),
        ("worktree_create", false, true, false, "a second for the branch is refused"),
        (
            "worktree_remove",
            true,
            true,
            false,
            "with `discard`, what was not committed is gone; it goes once",
        ),
    ];
    let mut told = Vec::new();
    for tool in registered() {
        let spec = tool.spec();
        let hints = spec.annotations;
        if spec.capability == Capability::Read {
            assert_eq!(hints, Annotations::READ_ONLY, "{}", spec.name);
        } else {
            assert!(!hints.read_only, "{}", spec.name);
            told.push((spec.name.to_string(), hints.destructive, hints.idempotent, hints.open_world));
        }
    }
    let expected = table.map(|(name, destructive, idempotent, open_world, _reason)| {
        (name.to_owned(), destructive, idempotent, open_world)
    });
    assert_eq!(told, expected);
}

#[test]
fn each_has_a_policy_example_and_an_adapter_test() {
    let policy = text("policies/default.yaml");
    let adapters: String = [
        "crates/transport-http/tests",
        "crates/transport-mcp/tests",
        "crates/cli/tests",
        "tests/it/conformance",
    ]
    .iter()
    .flat_map(|folder| super::sources::rust_files(folder))
    .map(|file| std::fs::read_to_string(file).unwrap())
    .collect();
    for name in names() {
        assert!(policy.contains(&name), "policies/default.yaml has no example of {name}");
        assert!(adapters.contains(&format!("\"{name}\"")), "no adapter test calls {name}");
    }
}
