//! `git_create_branch`: a new branch at a commit that the caller may read.

use gitoma_confine::Revision;
use gitoma_core::policy::{Access, Paths};
use gitoma_core::{ArgError, Effects, ToolError};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::command::{Draft, Publish, Stage, WriteArguments, WritePlan};
use crate::origin::start;
use crate::place::{self, BranchName, Place};
use crate::proposal::{Branch, require_not_checked_out};
use crate::shape::{Fields, Shape};
use crate::view::{self, View, fields};

/// Arguments of `git_create_branch`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateBranch {
    /// Alias of the repository, as `repo_list` shows it.
    repo: String,
    /// The new branch, such as `agent/fix-login`.
    branch: String,
    /// Where it begins: a branch, a tag, a commit id of at least 7 digits or `HEAD`, with `~N` or `^N`. Default `HEAD`.
    from: Option<String>,
}

/// A parsed `git_create_branch`.
pub(crate) struct CreateBranchPlan {
    place: Place,
    branch: BranchName,
    from: Option<Revision>,
}

impl WriteArguments for CreateBranch {
    type Plan = CreateBranchPlan;

    const DESTRUCTIVE: bool = false;
    const IDEMPOTENT: bool = true;

    fn result() -> Fields {
        view::shape().required("branch", Shape::text()).required("commit", Shape::text())
    }

    fn check(self) -> Result<CreateBranchPlan, ArgError> {
        let branch = BranchName::parse("branch", &self.branch)?;
        Ok(CreateBranchPlan {
            place: Place::on_branch(&self.repo, &branch)?,
            branch,
            from: place::optional_revision("from", self.from.as_deref())?,
        })
    }
}

impl WritePlan for CreateBranchPlan {
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
        let commit = start(view, &self.place, self.from.as_ref())?;
        let mut fields = fields(&self.place);
        fields.insert("branch".into(), self.branch.as_str().into());
        fields.insert("commit".into(), commit.to_string().into());
        let effects = Effects {
            target: format!("new branch `{}` of `{}`", self.branch, self.place.repo()),
            base: Some(commit.to_string()),
            head: Some(commit.to_string()),
            ..Effects::default()
        };
        let stage: Option<Stage<'v>> = match Branch::find(view, &self.branch)? {
            Some(there) if there.tip == commit => None,
            Some(_) => {
                return Err(ToolError::Conflict {
                    reason: "there is a branch of this name already, at another commit; choose another name"
                        .into(),
                });
            }
            None => {
                let branch = Branch::new(view, &self.branch, commit)?;
                // One that is not born yet may be checked out all the same.
                require_not_checked_out(&branch)?;
                Some(Box::new(move || {
                    let publish: Publish<'v> = Box::new(move |_fields| {
                        branch.create(view).inspect_err(|_| view.context().take_back())
                    });
                    Ok(publish)
                }))
            }
        };
        Ok(Draft { effects, fields, stage })
    }
}
