//! `worktree_commit`: what has changed in a worktree becomes a commit on its branch, once it was judged as a diff.

use gitoma_confine::{MAX_WRITE_BYTES, RelPath};
use gitoma_core::policy::{Access, Paths};
use gitoma_core::{ArgError, ToolError};
use gix::ObjectId;
use schemars::JsonSchema;
use serde::Deserialize;

use super::changes::{Changed, What, changes};
use super::ignored::ignored;
use crate::command::{Draft, Publish, Stage, WriteArguments, WritePlan};
use crate::content::bytes_in_work_tree;
use crate::place::{self, BranchName, Place};
use crate::proposal::{self, Branch, NewFile, Origin, Proposal, Proposed, refused, require_not_checked_out};
use crate::revision;
use crate::shape::{Fields, Shape};
use crate::view::View;
use crate::worktree::warn_behind;

/// Arguments of `worktree_commit`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Commit {
    /// Alias of the repository, as `repo_list` shows it.
    repo: String,
    /// The branch of the worktree, as `worktree_list` shows it.
    worktree: String,
    /// The commit message.
    #[schemars(length(min = 1, max = 16_384))]
    message: String,
    /// Commit only if the worktree still stands on this commit.
    expected_head: Option<String>,
}

/// A parsed `worktree_commit`.
pub(crate) struct CommitPlan {
    place: Place,
    branch: BranchName,
    message: String,
    expected: Option<ObjectId>,
}

impl WriteArguments for Commit {
    type Plan = CommitPlan;

    const DESTRUCTIVE: bool = false;
    const IDEMPOTENT: bool = true;

    fn result() -> Fields {
        proposal::shape().required("ignored_files", Shape::count())
    }

    fn check(self) -> Result<CommitPlan, ArgError> {
        Ok(CommitPlan {
            place: Place::new(&self.repo)?.in_worktree(Some(&self.worktree), None)?,
            branch: BranchName::parse("worktree", &self.worktree)?,
            message: proposal::message(&self.message)?,
            expected: place::object_id("expected_head", self.expected_head.as_deref())?,
        })
    }
}

impl WritePlan for CommitPlan {
    fn place(&self) -> &Place {
        &self.place
    }

    fn accesses(&self) -> Vec<Access> {
        self.place.accesses(&Paths::Discovered)
    }

    fn draft<'v>(&'v self, view: &'v View<'v>) -> Result<Draft<'v>, ToolError> {
        let head = revision::head(view)?.ok_or(ToolError::NotFound { what: "worktree" })?;
        let branch = match Branch::find(view, &self.branch)? {
            Some(branch) if branch.tip == head => branch,
            Some(_) if self.is_behind(view)? => {
                return Err(ToolError::Conflict {
                    reason: "the worktree has not taken up its last commit: the disk is full, or another call is at it; make room, or wait a moment, then call again".into(),
                });
            }
            Some(_) => {
                return Err(ToolError::Conflict {
                    reason: "the branch has moved since the worktree was made; make a new worktree for it, and bring the work over".into(),
                });
            }
            None => Branch::new(view, &self.branch, head)?,
        };
        branch.require(self.expected.as_ref())?;
        require_not_checked_out(&branch)?;
        let changed = changes(view)?;
        let files = propose(view, &changed)?;
        let paths = files.iter().map(|file| file.path.as_str().to_owned()).collect();
        view.context().require(&self.place.accesses(&Paths::Named(paths)))?;
        let taken: Vec<RelPath> = files.iter().map(|file| file.path.clone()).collect();
        let proposal = Proposal { message: self.message.clone(), files, origin: Origin::Worktree };
        let ignored = ignored(view, &changed)?;
        let mut draft = proposal::draft(view, &self.place, branch, proposal, move |commit, view| {
            let settle = || {
                let home = view.repositories().find(self.place.repo())?;
                let worktrees = &view.repositories().writes()?.worktrees;
                worktrees.settle(view, &home, &self.branch, commit, &taken)
            };
            // The branch has the commit, so the call has done what it was to do. Where the worktree cannot take that up, on a disk that is
            // full, its note of the commit stays, and whoever uses it next goes on from there.
            if let Err(error) = settle() {
                warn_behind(&error);
            }
        })?;
        draft.fields.insert("ignored_files".into(), ignored.files.into());
        let tree = draft.effects.head.as_deref().and_then(|tree| ObjectId::from_hex(tree.as_bytes()).ok());
        if let (Some(stage), Some(tree)) = (draft.stage.take(), tree) {
            draft.stage = Some(self.noted(view, stage, head, tree));
        }
        Ok(draft)
    }
}

impl CommitPlan {
    fn is_behind(&self, view: &View<'_>) -> Result<bool, ToolError> {
        let home = view.repositories().find(self.place.repo())?;
        Ok(view.repositories().writes()?.worktrees.is_behind(&home, &self.branch))
    }

    /// The same with a note of the commit before the branch gets it, for who goes on after a stop in between.
    fn noted<'v>(
        &'v self,
        view: &'v View<'v>,
        stage: Stage<'v>,
        parent: ObjectId,
        tree: ObjectId,
    ) -> Stage<'v> {
        Box::new(move || {
            let publish = stage()?;
            let noted: Publish<'v> = Box::new(move |fields| {
                let note = || {
                    let home = view.repositories().find(self.place.repo())?;
                    view.repositories().writes()?.worktrees.intend(&home, &self.branch, parent, tree)
                };
                note().inspect_err(|_| view.context().take_back())?;
                publish(fields)
            });
            Ok(noted)
        })
    }
}

/// What the commit would hold, read once: what is judged is what is committed.
fn propose(view: &View<'_>, changed: &[Changed]) -> Result<Vec<Proposed>, ToolError> {
    let mut files = Vec::with_capacity(changed.len());
    for change in changed {
        view.checkpoint()?;
        let path = change.path()?;
        let new = match change.what {
            What::Refused(rule) => return Err(refused(view, rule, &path)),
            What::Deleted => None,
            What::Written => {
                let executable =
                    view.repository().work_tree()?.metadata(&path).is_ok_and(|found| found.executable);
                let bytes = bytes_in_work_tree(view, &path, MAX_WRITE_BYTES)?;
                Some(NewFile { bytes, executable: Some(executable) })
            }
        };
        files.push(Proposed { path, new });
    }
    Ok(files)
}
