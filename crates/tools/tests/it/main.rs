//! The read tools through the whole pipeline, over repositories that real git made.

#![cfg(test)]
#![expect(
    clippy::disallowed_methods,
    reason = "these tests make repositories: with plain files, and with real git as the oracle"
)]
#![expect(clippy::string_slice, reason = "object ids are ASCII")]

mod approvals;
mod attacks;
mod attacks_again;
mod commits;
mod commits_hostile;
mod door;
mod files;
mod full_disk;
mod hints;
mod history;
mod hostile;
mod judged;
mod kept_work;
mod paging;
mod patches;
mod paths;
mod promised;
mod promises;
mod push;
mod redacted;
mod refused;
mod scene;
mod sequences;
mod snapshot;
mod status_oracle;
mod unfolding;
mod work_tree;
mod worktrees;
mod writes;

#[test]
fn heavy_tools_leave_workers_to_the_quick_ones() {
    let tools = gitoma_tools::standard(&[]).unwrap();
    let heavy: Vec<&str> = tools
        .iter()
        .filter(|tool| tool.spec().concurrency == 2)
        .map(|tool| tool.spec().name.as_ref())
        .collect();
    assert_eq!(
        heavy,
        [
            "git_blame",
            "git_diff",
            "git_diff_staged",
            "git_diff_unstaged",
            "git_grep",
            "git_show",
            "git_status",
            "repo_search_files"
        ]
    );
    assert!(tools.iter().all(|tool| matches!(tool.spec().concurrency, 2 | 16)));
}
