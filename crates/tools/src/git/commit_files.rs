//! `git_commit_files`: a commit straight onto a branch, without a work tree.

use gitoma_confine::RelPath;
use gitoma_core::policy::{Access, Paths};
use gitoma_core::{ArgError, ToolError};
use gix::ObjectId;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::command::{Draft, WriteArguments, WritePlan};
use crate::place::{self, BranchName, Place};
use crate::proposal::{self, Branch, MAX_FILES, NewFile, Origin, Proposal, Proposed, require_free};
use crate::shape::Fields;
use crate::view::View;

/// Arguments of `git_commit_files`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CommitFiles {
    /// Alias of the repository, as `repo_list` shows it.
    repo: String,
    /// The branch to commit onto; `git_create_branch` makes one. It must not be checked out anywhere.
    branch: String,
    /// The commit message.
    #[schemars(length(min = 1, max = 16_384))]
    message: String,
    /// The files that change.
    #[schemars(length(min = 1, max = 2_000))]
    files: Vec<OneFile>,
    /// Commit only if the branch is still at this commit.
    expected_head: Option<String>,
}

/// One file of a commit.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct OneFile {
    /// The file, from the root.
    path: String,
    /// All that the file is to hold, as UTF-8 text of up to 2 MiB; without it, the file is deleted.
    #[schemars(length(max = 2_097_152))]
    content: Option<String>,
    /// Whether the file can be executed. Default: as it was, and not for a new file.
    executable: Option<bool>,
}

/// A parsed `git_commit_files`.
pub(crate) struct CommitFilesPlan {
    place: Place,
    branch: BranchName,
    message: String,
    files: Vec<(RelPath, Option<String>, Option<bool>)>,
    expected: Option<ObjectId>,
}

impl WriteArguments for CommitFiles {
    type Plan = CommitFilesPlan;

    const DESTRUCTIVE: bool = false;
    const IDEMPOTENT: bool = true;

    fn result() -> Fields {
        proposal::shape()
    }

    fn check(self) -> Result<CommitFilesPlan, ArgError> {
        let branch = BranchName::parse("branch", &self.branch)?;
        if !(1..=MAX_FILES).contains(&self.files.len()) {
            return Err(ArgError::invalid("files", "1 to 2000 files"));
        }
        let mut files = Vec::with_capacity(self.files.len());
        for file in self.files {
            files.push((place::path("files", &file.path)?, file.content, file.executable));
        }
        files.sort_by(|left, right| left.0.cmp(&right.0));
        let twice = files.windows(2).any(|pair| matches!(pair, [one, other] if one.0 == other.0));
        if twice {
            return Err(ArgError::invalid("files", "each file once"));
        }
        Ok(CommitFilesPlan {
            place: Place::on_branch(&self.repo, &branch)?,
            branch,
            message: proposal::message(&self.message)?,
            files,
            expected: place::object_id("expected_head", self.expected_head.as_deref())?,
        })
    }
}

impl WritePlan for CommitFilesPlan {
    fn place(&self) -> &Place {
        &self.place
    }

    fn accesses(&self) -> Vec<Access> {
        let paths = self.files.iter().map(|(path, ..)| path.as_str().to_owned());
        self.place.accesses(&Paths::Named(paths.collect()))
    }

    fn needs_work_tree(&self) -> bool {
        false
    }

    fn draft<'v>(&'v self, view: &'v View<'v>) -> Result<Draft<'v>, ToolError> {
        let branch = Branch::find(view, &self.branch)?.ok_or(ToolError::NotFound { what: "branch" })?;
        branch.require(self.expected.as_ref())?;
        require_free(view, &branch)?;
        let files = self.files.iter().map(|(path, content, executable)| Proposed {
            path: path.clone(),
            new: content
                .as_ref()
                .map(|content| NewFile { bytes: content.clone().into_bytes(), executable: *executable }),
        });
        let proposal =
            Proposal { message: self.message.clone(), files: files.collect(), origin: Origin::Caller };
        proposal::draft(view, &self.place, branch, proposal, |_commit, _view| ())
    }
}
