//! `worktree_create`: the files of a commit in a directory of the caller's own.

use std::time::Duration;

use gitoma_confine::Revision;
use gitoma_core::policy::{Access, Paths};
use gitoma_core::{ArgError, Effects, ToolError};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::command::{Draft, Publish, Stage, WriteArguments, WritePlan};
use crate::extent::within_limits;
use crate::object::root_tree;
use crate::origin::{READER, start};
use crate::place::{self, BranchName, Place};
use crate::proposal::{Branch, require_free};
use crate::shape::{Fields, Shape};
use crate::view::{self, View, fields};

/// Arguments of `worktree_create`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Create {
    /// Alias of the repository, as `repo_list` shows it.
    repo: String,
    /// The branch to work on, such as `agent/fix-login`: a new one, or one that is checked out nowhere, to go on with it. It names the
    /// worktree.
    branch: String,
    /// Where a new branch begins: a branch, a tag, a commit id of at least 7 digits or `HEAD`, with `~N` or `^N`. Default `HEAD`.
    from: Option<String>,
    /// How many hours the worktree stays after it was last written to; the operator sets the most, and the default.
    #[schemars(range(min = 1, max = 720))]
    hours: Option<u32>,
}

/// A parsed `worktree_create`.
pub(crate) struct CreatePlan {
    place: Place,
    branch: BranchName,
    from: Option<Revision>,
    lifetime: Option<Duration>,
}

impl WriteArguments for Create {
    type Plan = CreatePlan;

    const DESTRUCTIVE: bool = false;
    const IDEMPOTENT: bool = true;

    fn result() -> Fields {
        view::shape()
            .required("worktree", Shape::text())
            .required("base", Shape::text())
            .required("files", Shape::count())
            .required("left_out", Shape::count().described("Links, submodules and the like."))
            .required("expires_at", Shape::text())
    }

    fn check(self) -> Result<CreatePlan, ArgError> {
        let branch = BranchName::parse("branch", &self.branch)?;
        let hours = self.hours.map(|hours| place::within("hours", hours, 1..=720)).transpose()?;
        Ok(CreatePlan {
            place: Place::on_branch(&self.repo, &branch)?,
            branch,
            from: place::optional_revision("from", self.from.as_deref())?,
            lifetime: hours.map(|hours| Duration::from_hours(hours.into())),
        })
    }
}

impl WritePlan for CreatePlan {
    fn place(&self) -> &Place {
        &self.place
    }

    fn accesses(&self) -> Vec<Access> {
        self.place.accesses(&Paths::None)
    }

    fn needs_work_tree(&self) -> bool {
        false
    }

    fn draft<'v>(&'v self, view: &'v View<'v>) -> Result<Draft<'v>, ToolError> {
        let worktrees = &view.repositories().writes()?.worktrees;
        view.context().redactor().check_message(self.branch.as_str()).map_err(ToolError::SecretWritten)?;
        let commit = match Branch::find(view, &self.branch)? {
            Some(_) if self.from.is_some() => {
                return Err(ToolError::Conflict {
                    reason:
                        "the branch exists already; leave `from` out to go on with it, or choose another name"
                            .into(),
                });
            }
            Some(branch) => {
                view.context().require_readable(READER, &self.place.accesses(&Paths::Discovered))?;
                require_free(view, &branch)?;
                branch.tip
            }
            None => start(view, &self.place, self.from.as_ref())?,
        };
        if worktrees.is_taken(view.repository(), &self.branch)? {
            return Err(ToolError::Conflict {
                reason: "there is a worktree for this branch already; choose another branch".into(),
            });
        }
        let tree = root_tree(view, commit)?.id;
        within_limits(view.engine(), tree, view.context())?;
        worktrees.require_room(view.context().principal())?;
        let lifetime = self.lifetime.unwrap_or(worktrees.lifetime()).min(worktrees.lifetime());
        let mut fields = fields(&self.place);
        fields.insert("worktree".into(), self.branch.as_str().into());
        fields.insert("base".into(), commit.to_string().into());
        let effects = Effects {
            target: format!("new worktree for branch `{}` of `{}`", self.branch, self.place.repo()),
            base: Some(commit.to_string()),
            head: Some(tree.to_string()),
            ..Effects::default()
        };
        let stage: Stage<'v> = Box::new(move || {
            let fresh = worktrees.create(view, &self.branch, commit, lifetime)?;
            let publish: Publish<'v> = Box::new(move |fields| {
                fields.insert("files".into(), fresh.files.into());
                fields.insert("left_out".into(), fresh.left_out.into());
                let expires = fresh.settle(view).inspect_err(|_| view.context().take_back())?;
                fields.insert("expires_at".into(), expires.to_string().into());
                Ok(())
            });
            Ok(publish)
        });
        Ok(Draft { effects, fields, stage: Some(stage) })
    }
}
