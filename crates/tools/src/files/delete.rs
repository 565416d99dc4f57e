//! `repo_delete_file`: one file goes.

use gitoma_confine::RelPath;
use gitoma_core::policy::Access;
use gitoma_core::{ArgError, ToolError};
use gix::ObjectId;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::changed_file;
use crate::command::{Draft, WriteArguments, WritePlan};
use crate::place::{self, Place};
use crate::rewrite::{Existing, draft};
use crate::shape::Fields;
use crate::view::{self, View};

/// Arguments of `repo_delete_file`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeleteFile {
    /// Alias of the repository, as `repo_list` shows it.
    repo: String,
    /// The branch of the worktree to delete from; `worktree_create` makes one. Without it, the repository's own work tree is meant,
    /// which the operator may have closed.
    worktree: Option<String>,
    /// The file, from the root.
    path: String,
    /// Delete only if the file is still the one that was read: its `sha`.
    expected_sha: Option<String>,
}

/// A parsed `repo_delete_file`.
pub(crate) struct DeleteFilePlan {
    place: Place,
    path: RelPath,
    expected: Option<ObjectId>,
}

impl WriteArguments for DeleteFile {
    type Plan = DeleteFilePlan;

    const DESTRUCTIVE: bool = true;
    const IDEMPOTENT: bool = true;

    fn result() -> Fields {
        view::shape().and(changed_file::shape())
    }

    fn check(self) -> Result<DeleteFilePlan, ArgError> {
        Ok(DeleteFilePlan {
            place: Place::new(&self.repo)?.in_worktree(self.worktree.as_deref(), None)?,
            path: place::path("path", &self.path)?,
            expected: place::object_id("expected_sha", self.expected_sha.as_deref())?,
        })
    }
}

impl WritePlan for DeleteFilePlan {
    fn place(&self) -> &Place {
        &self.place
    }

    fn accesses(&self) -> Vec<Access> {
        self.place.accesses(&place::paths_of(Some(&self.path)))
    }

    fn draft<'v>(&'v self, view: &'v View<'v>) -> Result<Draft<'v>, ToolError> {
        let existing = Existing::open(view, &self.path)?;
        existing.require(self.expected.as_ref())?;
        draft(view, &self.place, vec![existing.goes()?], false)
    }
}
