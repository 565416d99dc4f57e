//! The tools over history, branches and differences, named as users of git know them.

mod blame;
mod branch;
mod changes;
mod commit_files;
mod create_branch;
mod diff;
mod grep;
mod log;
mod push_branch;
mod show;
mod status;
mod tags;

use std::sync::Arc;

use gitoma_core::Tool;

use crate::command;
use crate::query::tool;
use crate::repositories::Repositories;

/// The git half of the read set.
pub(crate) fn tools(repositories: &Arc<Repositories>) -> Vec<Arc<dyn Tool>> {
    vec![
        tool::<status::Status>(
            repositories,
            "git_status",
            "Status",
            "Lists what is staged, changed in the work tree, or untracked. Returns up to 2,000 entries and `next_cursor` for \
             the rest. Runs no hook, filter or monitor of the repository.",
        ),
        tool::<log::Log>(
            repositories,
            "git_log",
            "History",
            "Lists commits, newest first, with author, times and message; filters by path, author and time. Returns up to \
             1,000 commits and `next_cursor` for the rest.",
        ),
        tool::<show::Show>(
            repositories,
            "git_show",
            "Commit",
            "Shows one commit and what it changed against its first parent: nothing more, line counts, or the unified \
             difference (at most 200 files, 240 KiB).",
        ),
        tool::<diff::Diff>(
            repositories,
            "git_diff",
            "Difference of commits",
            "Compares two commits, from `base` (default `HEAD`) to `target`, as a unified difference a file (at most 200 \
             files, 240 KiB). For uncommitted changes use git_diff_unstaged and git_diff_staged.",
        ),
        tool::<diff::DiffUnstaged>(
            repositories,
            "git_diff_unstaged",
            "Unstaged changes",
            "Compares tracked files of the work tree with the index, as a unified difference a file (at most 200 files, \
             240 KiB). Untracked files are listed by git_status.",
        ),
        tool::<diff::DiffStaged>(
            repositories,
            "git_diff_staged",
            "Staged changes",
            "Compares the index with the checked-out commit, as a unified difference a file (at most 200 files, 240 KiB).",
        ),
        tool::<blame::Blame>(
            repositories,
            "git_blame",
            "Blame",
            "For each run of lines of a file, shows the commit that last changed it, its author and time; follows renames. \
             Takes text files of up to 512 KiB and 20,000 lines; of a file that was larger once, the lines of that time go to \
             the commit that made it smaller. Give `start_line` and `end_line` for less work.",
        ),
        tool::<grep::Grep>(
            repositories,
            "git_grep",
            "Search content",
            "Searches the lines of tracked text files (up to 2 MiB each) for a regular expression, in the work tree or at a \
             commit. Returns up to 2,000 lines with path and line number, and `next_cursor` for the rest; text covered by \
             redaction never matches.",
        ),
        tool::<branch::Branch>(
            repositories,
            "git_branch",
            "Branches",
            "Lists local or remote branches with their latest commit, optionally only those that contain a commit. Returns up \
             to 1,000 branches and `next_cursor` for the rest.",
        ),
        tool::<tags::Tags>(
            repositories,
            "git_tags",
            "Tags",
            "Lists tags with the commit they name and, if annotated, tagger and message. Returns up to 2,000 tags and \
             `next_cursor` for the rest.",
        ),
    ]
}

/// The git half of the write set.
pub(crate) fn write_tools(repositories: &Arc<Repositories>) -> Vec<Arc<dyn Tool>> {
    vec![
        command::tool::<create_branch::CreateBranch>(
            repositories,
            "git_create_branch",
            "Make a branch",
            "Makes a branch at a commit. Nothing that is checked out changes; commit onto it with git_commit_files, or work in a \
             worktree_create.",
        ),
        command::tool::<commit_files::CommitFiles>(
            repositories,
            "git_commit_files",
            "Commit files",
            "Commits whole files straight onto a branch, without a work tree: each is written or deleted, all in one commit. What is \
             committed is judged as a diff: paths, modes, links, sizes and secrets. For many small edits a worktree is better.",
        ),
        command::tool::<push_branch::PushBranch>(
            repositories,
            "git_push_branch",
            "Push a branch",
            "Pushes a branch to the remote that the operator configured for the repository, under the same name. Only forward, only \
             branches with the operator's prefix (`agent/` unless said otherwise), never a protected one. Every commit that the remote \
             does not have is judged first: paths, links, sizes and secrets.",
        ),
    ]
}
