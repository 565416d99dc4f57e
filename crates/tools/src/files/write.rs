//! `repo_write_file`: a whole file, new or in place of the one that is there.

use gitoma_confine::RelPath;
use gitoma_core::policy::Access;
use gitoma_core::{ArgError, ToolError};
use gix::ObjectId;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::command::{Draft, WriteArguments, WritePlan};
use crate::place::{self, Place};
use crate::rewrite::{self, Existing, Ranges, draft};
use crate::shape::Fields;
use crate::view::View;

/// Arguments of `repo_write_file`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WriteFile {
    /// Alias of the repository, as `repo_list` shows it.
    repo: String,
    /// The branch of the worktree to write into; `worktree_create` makes one. Without it, the repository's own work tree is meant,
    /// which the operator may have closed.
    worktree: Option<String>,
    /// The file, from the root. Directories that are missing are made.
    path: String,
    /// All that the file is to hold, as UTF-8 text of up to 2 MiB.
    #[schemars(length(max = 2_097_152))]
    content: String,
    /// Write only if the file is still the one that was read: its `sha`, or forty zeros if there must be none.
    expected_sha: Option<String>,
    /// Whether the file can be executed. Default: as it was, and not for a new file.
    executable: Option<bool>,
}

/// A parsed `repo_write_file`.
pub(crate) struct WriteFilePlan {
    place: Place,
    path: RelPath,
    content: String,
    expected: Option<ObjectId>,
    executable: Option<bool>,
}

impl WriteArguments for WriteFile {
    type Plan = WriteFilePlan;

    const DESTRUCTIVE: bool = true;
    const IDEMPOTENT: bool = true;

    fn result() -> Fields {
        rewrite::shape_of_one()
    }

    fn check(self) -> Result<WriteFilePlan, ArgError> {
        Ok(WriteFilePlan {
            place: Place::new(&self.repo)?.in_worktree(self.worktree.as_deref(), None)?,
            path: place::path("path", &self.path)?,
            content: self.content,
            expected: place::object_id("expected_sha", self.expected_sha.as_deref())?,
            executable: self.executable,
        })
    }
}

impl WritePlan for WriteFilePlan {
    fn place(&self) -> &Place {
        &self.place
    }

    fn accesses(&self) -> Vec<Access> {
        self.place.accesses(&place::paths_of(Some(&self.path)))
    }

    fn draft<'v>(&'v self, view: &'v View<'v>) -> Result<Draft<'v>, ToolError> {
        let existing = Existing::open(view, &self.path)?;
        existing.require(self.expected.as_ref())?;
        // All of it is the caller's: who repeats a secret of the old file has guessed it.
        let added = 0..self.content.len();
        let rewrite = existing.becomes(
            view,
            self.content.clone(),
            Ranges { added: std::slice::from_ref(&added), secrets: &[] },
            self.executable,
        )?;
        draft(view, &self.place, vec![rewrite], false)
    }
}
