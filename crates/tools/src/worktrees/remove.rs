//! `worktree_remove`: a worktree goes; its branch and commits stay.

use gitoma_core::policy::{Access, Paths};
use gitoma_core::{ArgError, Effects, IdempotencyKey, ToolError};
use schemars::JsonSchema;
use serde::Deserialize;

use super::changes::changes;
use crate::command::{Draft, Publish, Stage, WriteArguments, WritePlan};
use crate::place::{self, BranchName, Place};
use crate::revision;
use crate::view::{View, fields};

/// Arguments of `worktree_remove`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Remove {
    /// Alias of the repository, as `repo_list` shows it.
    repo: String,
    /// The branch of the worktree, as `worktree_list` shows it.
    worktree: String,
    /// Remove it even with changes that are not committed; they are lost.
    #[serde(default)]
    discard: bool,
    /// A name for this change. A call repeated under the same name is answered as the first one and not carried out again.
    #[schemars(length(min = 1, max = 128))]
    idempotency_key: Option<String>,
}

/// A parsed `worktree_remove`.
pub(crate) struct RemovePlan {
    place: Place,
    branch: BranchName,
    discard: bool,
    key: Option<IdempotencyKey>,
}

impl WriteArguments for Remove {
    type Plan = RemovePlan;

    const DESTRUCTIVE: bool = true;

    fn check(self) -> Result<RemovePlan, ArgError> {
        Ok(RemovePlan {
            place: Place::new(&self.repo)?.in_worktree(Some(&self.worktree))?,
            branch: BranchName::parse("worktree", &self.worktree)?,
            discard: self.discard,
            key: place::idempotency_key(self.idempotency_key.as_deref())?,
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

    fn key(&self) -> Option<&IdempotencyKey> {
        self.key.as_ref()
    }

    fn draft<'v>(&'v self, view: &'v View<'v>) -> Result<Draft<'v>, ToolError> {
        if !self.discard {
            let changed = changes(view)?.len();
            if changed > 0 {
                let reason = format!(
                    "{changed} files have changes that are not committed; commit them with worktree_commit, or set `discard`"
                );
                return Err(ToolError::Conflict { reason: reason.into() });
            }
        }
        let head = revision::head(view)?.map(|head| head.to_string());
        let mut fields = fields(&self.place);
        fields.insert("worktree".into(), self.branch.as_str().into());
        let lost = if self.discard { ", with what is not committed" } else { "" };
        let effects = Effects {
            target: format!(
                "removal of the worktree for branch `{}` of `{}`{lost}",
                self.branch,
                self.place.repo()
            ),
            base: head,
            ..Effects::default()
        };
        let stage: Stage<'v> = Box::new(move || {
            let publish: Publish<'v> = Box::new(move |_fields| {
                let home = view.repositories().find(self.place.repo())?;
                let worktrees = &view.repositories().writes()?.worktrees;
                worktrees.remove(&home, &self.branch).inspect_err(|_| view.context().take_back())
            });
            Ok(publish)
        });
        Ok(Draft { effects, fields, stage: Some(stage) })
    }
}
