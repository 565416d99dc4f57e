//! The tools: each has what a caller, a policy author and an auditor need, and the verbs that must not exist do not.

use std::collections::BTreeSet;
use std::sync::Arc;

use gitoma_core::config::{PushTarget, PushUrl, WriteSettings};
use gitoma_core::{Capability, Tool};

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
