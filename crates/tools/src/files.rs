//! The tools over repositories and their files.

mod apply_patch;
mod delete;
mod edit;
mod excerpt;
mod read;
mod read_many;
mod repository;
mod search;
mod tree;
mod write;

use std::sync::Arc;

use gitoma_core::Tool;

use crate::command;
use crate::query::tool;
use crate::repositories::Repositories;

/// The file half of the read set.
pub(crate) fn tools(repositories: &Arc<Repositories>) -> Vec<Arc<dyn Tool>> {
    vec![
        tool::<repository::List>(
            repositories,
            "repo_list",
            "Repositories",
            "Lists the repositories you may use, by the alias that every other tool takes as `repo`.",
        ),
        tool::<repository::Info>(
            repositories,
            "repo_info",
            "Repository",
            "Shows the checked-out branch and commit of a repository, its number of branches and tags, and the names of its \
             remotes.",
        ),
        tool::<tree::Tree>(
            repositories,
            "repo_tree",
            "List files",
            "Lists the entries of a directory, or all files beneath it with `recursive`: the tracked files of the index, or a \
             commit's with `ref`. Returns up to 5,000 entries and `next_cursor` for the rest.",
        ),
        tool::<read::ReadFile>(
            repositories,
            "repo_read_file",
            "Read a file",
            "Reads a text file of up to 8 MiB from the work tree, or from a commit with `ref`; secrets are replaced by ***, \
             and a file that has one is shown without `sha` and `size`. Returns up to 240 KiB; take \
             the rest with `start_line` from `next_start_line`. Of a line longer than that, marked `line_cut`, the rest is not shown.",
        ),
        tool::<read_many::ReadFiles>(
            repositories,
            "repo_read_files",
            "Read files",
            "Reads up to 50 text files at once, together up to 240 KiB; secrets are replaced by ***. A file that cannot be \
             read says why in its entry; one that is `truncated` goes on in repo_read_file from `next_start_line`.",
        ),
        tool::<search::SearchFiles>(
            repositories,
            "repo_search_files",
            "Find files",
            "Finds tracked files, links and submodules whose path matches a pattern such as `*.rs` or `src/**/mod.rs`, in the \
             index or at a commit. Returns up to 2,000 paths and `next_cursor` for the rest.",
        ),
    ]
}

/// The file half of the write set.
pub(crate) fn write_tools(repositories: &Arc<Repositories>) -> Vec<Arc<dyn Tool>> {
    vec![
        command::tool::<write::WriteFile>(
            repositories,
            "repo_write_file",
            "Write a file",
            "Writes a whole text file of up to 2 MiB, new or in place of the one that is there, atomically. For a part of a file, \
             repo_edit_file is better: it leaves the rest as it is. Content with a secret, or with *** where the file has one, is \
             refused by line.",
        ),
        command::tool::<edit::EditFile>(
            repositories,
            "repo_edit_file",
            "Edit a file",
            "Replaces exact texts in a file, one edit after the other, all or none, and returns the diff; with `dry_run` only the \
             diff. Secrets, which reads show as ***, stay as they are and are never matched.",
        ),
        command::tool::<apply_patch::ApplyPatch>(
            repositories,
            "repo_apply_patch",
            "Apply a patch",
            "Applies a unified diff over up to 200 text files, all or none, and returns the resulting diff; with `dry_run` only the \
             diff. Hunks are found near their line numbers by their exact lines; a hunk that has a line with a secret never fits.",
        ),
        command::tool::<delete::DeleteFile>(
            repositories,
            "repo_delete_file",
            "Delete a file",
            "Deletes one file of a work tree. What was committed stays in history.",
        ),
    ]
}
