//! `worktree_remove`: a worktree goes; its branch and commits stay.

use gitoma_core::policy::{Access, Paths};
use gitoma_core::{ArgError, Effects, FileEffect, ToolError};
use gix::ObjectId;
use schemars::JsonSchema;
use serde::Deserialize;

use super::changes::{Changed, What, changes};
use super::ignored::{Ignored, ignored};
use crate::command::{Draft, Publish, Stage, WriteArguments, WritePlan};
use crate::content::bytes_in_work_tree;
use crate::object::FILE_BYTES;
use crate::place::{BranchName, Place};
use crate::revision;
use crate::rewrite::state;
use crate::view::{View, fields};
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
        let changed = changes(view)?;
        let ignored = ignored(view, &changed)?;
        if !self.discard {
            let count = changed.len();
            if count > 0 {
                let reason = format!(
                    "{count} files have changes that are not committed; commit them with worktree_commit, or set `discard`"
                );
                return Err(ToolError::Conflict { reason: reason.into() });
            }
            if ignored.files > 0 {
                let reason = format!(
                    "{} files that no commit has, most likely ignored ones, would be lost; set `discard` to remove them too",
                    ignored.files
                );
                return Err(ToolError::Conflict { reason: reason.into() });
            }
        }
        let head = revision::head(view)?;
        if let (false, Some(head)) = (self.discard, head) {
            self.require_held(view, head)?;
        }
        let head = head.map(|head| head.to_string());
        let mut fields = fields(&self.place);
        fields.insert("worktree".into(), self.branch.as_str().into());
        let besides = match (self.discard, &ignored) {
            (false, _) => String::new(),
            (true, Ignored { files: 0, .. }) => ", with what is not committed".to_owned(),
            (true, Ignored { files, bytes, state }) => format!(
                ", with what is not committed, and with {files} ignored files of {bytes} bytes together ({state})"
            ),
        };
        let effects = Effects {
            target: format!(
                "removal of the worktree for branch `{}` of `{}`{besides}",
                self.branch,
                self.place.repo()
            ),
            base: head,
            // Which of several worktrees for the branch it is, one after the other.
            head: view.repository().generation().map(ToString::to_string),
            files: lost(view, &changed)?,
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

/// The changes that go with the worktree, as far as they are files.
fn lost(view: &View<'_>, changed: &[Changed]) -> Result<Vec<FileEffect>, ToolError> {
    let mut files = Vec::with_capacity(changed.len());
    for change in changed {
        view.checkpoint()?;
        let Ok(path) = change.path() else { continue };
        let old = match change.what {
            What::Written => bytes_in_work_tree(view, &path, FILE_BYTES).ok(),
            What::Deleted | What::Refused(_) => None,
        };
        let old = old.map(|bytes| state(&bytes, false)).transpose()?;
        let shown = view.context().redactor().redact_line(path.as_str()).into_owned();
        files.push(FileEffect { path: shown, old, new: None, added: 0, removed: 0 });
    }
    Ok(files)
}
