//! `worktree_remove`: a worktree goes; its branch and commits stay.

use gitoma_core::policy::{Access, Paths};
use gitoma_core::{ArgError, Effects, ToolError};
use gix::ObjectId;
use schemars::JsonSchema;
use serde::Deserialize;

use super::lost::Lost;
use crate::command::{Draft, Publish, Stage, WriteArguments, WritePlan};
use crate::place::{BranchName, Place};
use crate::revision;
use crate::shape::{Fields, Shape};
use crate::view::{self, View, fields};
use crate::worktree::{Commits, Worktrees};

/// Arguments of `worktree_remove`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Remove {
    /// Alias of the repository, as `repo_list` shows it.
    repo: String,
    /// The branch of the worktree, as `worktree_list` shows it.
    worktree: String,
    /// Remove it even with changes that are not committed, with ignored files, or with commits that are on no branch; they are lost.
    #[serde(default)]
    discard: bool,
}

/// A parsed `worktree_remove`.
pub(crate) struct RemovePlan {
    place: Place,
    branch: BranchName,
    discard: bool,
}

impl WriteArguments for Remove {
    type Plan = RemovePlan;

    const DESTRUCTIVE: bool = true;
    const IDEMPOTENT: bool = true;

    fn result() -> Fields {
        view::shape().required("worktree", Shape::text())
    }

    fn check(self) -> Result<RemovePlan, ArgError> {
        Ok(RemovePlan {
            place: Place::new(&self.repo)?.in_worktree(Some(&self.worktree), None)?,
            branch: BranchName::parse("worktree", &self.worktree)?,
            discard: self.discard,
        })
    }
}

impl WritePlan for RemovePlan {
    fn place(&self) -> &Place {
        &self.place
    }

    fn accesses(&self) -> Vec<Access> {
        self.place.accesses(&Paths::None)
    }

    fn draft<'v>(&'v self, view: &'v View<'v>) -> Result<Draft<'v>, ToolError> {
        let head = revision::head(view)?;
        let lost = if self.discard {
            Lost::find_if_possible(view)?
        } else {
            let lost = Lost::find(view)?;
            lost.require_nothing()?;
            if let Some(head) = head {
                self.require_held(view, head)?;
            }
            Some(lost)
        };
        let besides = match &lost {
            Some(_) if !self.discard => String::new(),
            Some(lost) => lost.besides(view)?,
            None => ", with everything in it, which cannot be listed".to_owned(),
        };
        let files = lost.map(|lost| lost.files(view)).transpose()?.unwrap_or_default();
        let mut fields = fields(&self.place);
        fields.insert("worktree".into(), self.branch.as_str().into());
        let effects = Effects {
            target: format!(
                "removal of the worktree for branch `{}` of `{}`{besides}",
                self.branch,
                self.place.repo()
            ),
            base: head.map(|head| head.to_string()),
            // Which of several worktrees for the branch it is, one after the other.
            head: view.repository().generation().map(ToString::to_string),
            files,
            ..Effects::default()
        };
        let stage: Stage<'v> = Box::new(move || {
            let publish: Publish<'v> = Box::new(move |_fields| {
                let home = view.repositories().find(self.place.repo())?;
                let worktrees = &view.repositories().writes()?.worktrees;
                let made = view
                    .repository()
                    .generation()
                    .copied()
                    .ok_or(ToolError::NotFound { what: "worktree" })?;
                let commits = if self.discard { Commits::Lost } else { Commits::Kept };
                worktrees
                    .remove(view, &home, &self.branch, made, commits)
                    .inspect_err(|_| view.context().take_back())
            });
            Ok(publish)
        });
        Ok(Draft { effects, fields, stage: Some(stage) })
    }
}

impl RemovePlan {
    /// Refuses where the commits of the worktree, which stands on `head`, are held by nothing else.
    fn require_held(&self, view: &View<'_>, head: ObjectId) -> Result<(), ToolError> {
        let home = view.repositories().find(self.place.repo())?;
        let worktrees = &view.repositories().writes()?.worktrees;
        let record = worktrees.record(&home, &self.branch, view.context().principal())?;
        if !Worktrees::holds_alone(&home, &record, head)? {
            return Ok(());
        }
        let reason = format!(
            "the commits of the worktree are on no branch any more; make one from {head} with git_create_branch, or set `discard` to lose them"
        );
        Err(ToolError::Conflict { reason: reason.into() })
    }
}
