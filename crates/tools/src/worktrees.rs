//! The tools over disposable worktrees: make one, see what has changed in it, commit that, and remove it.

mod changes;
mod commit;
mod create;
mod diff;
mod ignored;
mod list;
mod lost;
mod remove;

use std::sync::Arc;

use gitoma_core::Tool;

use crate::repositories::Repositories;
use crate::{command, query};

/// The tools over worktrees, two of which only read.
pub(crate) fn tools(repositories: &Arc<Repositories>) -> Vec<Arc<dyn Tool>> {
    vec![
        query::tool::<list::List>(
            repositories,
            "worktree_list",
            "Worktrees",
            "Lists your disposable worktrees of a repository, by the branch that other tools take as `worktree`, with their size and \
             the time until which they stay.",
        ),
        query::tool::<diff::Diff>(
            repositories,
            "worktree_diff",
            "Changes in a worktree",
            "Compares the files of a worktree, new ones included, with the commit they stand on, as a unified difference a file (at most \
             200 files, 240 KiB).",
        ),
        command::tool::<create::Create>(
            repositories,
            "worktree_create",
            "Make a worktree",
            "Makes a directory of your own with the files of a commit, to work on a branch without touching what a person has checked \
             out. Give its branch as `worktree` to repo_write_file, repo_edit_file, repo_apply_patch, repo_delete_file, \
             repo_read_file, git_status and git_grep; commit with worktree_commit. Links and submodules are left out.",
        ),
        command::tool::<commit::Commit>(
            repositories,
            "worktree_commit",
            "Commit a worktree",
            "Commits what has changed in a worktree, new files included and ignored ones not, onto its branch, which is made with the first \
             commit. What is committed is judged as a diff: paths, modes, links, sizes and secrets.",
        ),
        command::tool::<remove::Remove>(
            repositories,
            "worktree_remove",
            "Remove a worktree",
            "Removes a worktree. Its branch and commits stay. With changes that are not committed, or with ignored files, it is \
             refused, unless `discard` is set.",
        ),
    ]
}
