//! `git_push_branch`: a branch of an agent's own goes to the remote that the operator named, one step forward at a time.

use std::time::Duration;

use gitoma_core::policy::{Access, Paths};
use gitoma_core::{ArgError, Effects, ToolError};
use gix::ObjectId;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::changed_file;
use crate::command::{Draft, Publish, Stage, WriteArguments, WritePlan};
use crate::object::unavailable;
use crate::place::{self, BranchName, Place};
use crate::proposal::Branch;
use crate::push::{News, Pushed, Remote, Shown, show, words};
use crate::repositories::Repositories;
use crate::shape::{Fields, Shape};
use crate::view::{self, View, fields};

/// Arguments of `git_push_branch`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PushBranch {
    /// Alias of the repository, as `repo_list` shows it.
    repo: String,
    /// The branch to push, such as `agent/fix-login`. It has the same name at the remote.
    branch: String,
    /// Push only if the branch is at this commit.
    expected_head: Option<String>,
}

/// A parsed `git_push_branch`.
pub(crate) struct PushBranchPlan {
    place: Place,
    branch: BranchName,
    expected: Option<ObjectId>,
}

impl WriteArguments for PushBranch {
    type Plan = PushBranchPlan;

    const DESTRUCTIVE: bool = false;
    const IDEMPOTENT: bool = true;
    const OPEN_WORLD: bool = true;
    const TIME_LIMIT: Duration = Duration::from_secs(60);

    /// A list that has it where the operator named no remote would promise what every call is refused.
    fn is_offered(repositories: &Repositories) -> bool {
        repositories.writes().is_ok_and(|writes| !writes.pushes.is_empty())
    }

    fn result() -> Fields {
        view::shape()
            .required("branch", Shape::text())
            .required("remote", Shape::text())
            .required(
                "base",
                Shape::text().or_null().described("What the remote had; null for a new branch."),
            )
            .required("head", Shape::text())
            .required("commits", Shape::count())
            .required("files", Shape::list(changed_file::shape()))
    }

    fn check(self) -> Result<PushBranchPlan, ArgError> {
        let branch = BranchName::parse("branch", &self.branch)?;
        Ok(PushBranchPlan {
            place: Place::on_branch(&self.repo, &branch)?,
            branch,
            expected: place::object_id("expected_head", self.expected_head.as_deref())?,
        })
    }
}

impl WritePlan for PushBranchPlan {
    fn place(&self) -> &Place {
        &self.place
    }

    fn accesses(&self) -> Vec<Access> {
        self.place.accesses(&Paths::Discovered)
    }

    fn host(&self, repositories: &Repositories) -> Option<String> {
        repositories.writes().ok().and_then(|writes| writes.pushes.host(self.place.repo()))
    }

    fn needs_work_tree(&self) -> bool {
        false
    }

    fn draft<'v>(&'v self, view: &'v View<'v>) -> Result<Draft<'v>, ToolError> {
        let pushes = &view.repositories().writes()?.pushes;
        let target = pushes.target(self.place.repo(), &self.branch)?;
        let branch = Branch::find(view, &self.branch)?.ok_or(ToolError::NotFound { what: "branch" })?;
        branch.require(self.expected.as_ref())?;
        let head = branch.tip;
        let remote = Remote::new(target, pushes.home(view.repository())?)?;
        let there = remote.branches(view.context())?;
        if there.default.as_deref() == Some(self.branch.as_str()) {
            return Err(ToolError::Confined { rule: "push:protected-branch".into() });
        }
        let base = there.tips.get(self.branch.as_str()).copied();
        let mut fields = fields(&self.place);
        fields.insert("branch".into(), self.branch.as_str().into());
        fields.insert("remote".into(), target.url.shown().into());
        fields.insert("base".into(), base.map_or(Value::Null, |base| base.to_string().into()));
        fields.insert("head".into(), head.to_string().into());
        let effects = Effects {
            target: format!("branch `{}` of `{}` to {}", self.branch, self.place.repo(), target.url.shown()),
            base: base.map(|base| base.to_string()),
            head: Some(head.to_string()),
            ..Effects::default()
        };
        if base == Some(head) {
            fields.insert("commits".into(), 0.into());
            fields.insert("files".into(), Vec::<Value>::new().into());
            return Ok(Draft { effects, fields, stage: None });
        }
        // Judged is what git will send from, and not what the repository makes of it.
        let judged = view.over(remote.home().engine()?);
        if let Some(base) = base {
            require_forward(&judged, base, head)?;
        }
        let known: Vec<ObjectId> = there.tips.into_values().filter(|tip| is_commit(&judged, *tip)).collect();
        let news = News::find(&judged, head, &known)?;
        news.judge(&judged, &self.place, target.url.host().as_deref())?;
        let Shown { effects, files } = show(&judged, &news, head, effects)?;
        remote.home().check(judged.engine())?;
        fields.insert("commits".into(), news.commits.len().into());
        fields.insert("files".into(), files.into());
        let stage: Stage<'v> = Box::new(move || {
            let publish: Publish<'v> =
                Box::new(move |_fields: &mut Map<String, Value>| self.push(view, &remote, base, head));
            Ok(publish)
        });
        Ok(Draft { effects, fields, stage: Some(stage) })
    }
}

impl PushBranchPlan {
    fn push(
        &self,
        view: &View<'_>,
        remote: &Remote<'_>,
        base: Option<ObjectId>,
        head: ObjectId,
    ) -> Result<(), ToolError> {
        let context = view.context();
        let conflict = |reason: String| ToolError::Conflict { reason: reason.into() };
        let fault = match remote.push(head, &self.branch).inspect_err(|_| context.take_back())? {
            Pushed::Done => return Ok(()),
            Pushed::Moved => {
                context.take_back();
                return Err(conflict(
                    "the branch has moved at the remote meanwhile; fetch, bring the work over, then push again".into(),
                ));
            }
            Pushed::Rejected(said) => {
                context.take_back();
                let said = words(context, &said);
                let reason = "the remote has refused the push";
                return Err(conflict(if said.is_empty() {
                    reason.into()
                } else {
                    format!("{reason}; it says: {said}")
                }));
            }
            Pushed::Unclear(fault) => fault,
        };
        // The answer is lost, and perhaps only that.
        let now = remote.branches(context)?.tips.get(self.branch.as_str()).copied();
        if now == Some(head) {
            return Ok(());
        }
        if now == base {
            context.take_back();
        }
        Err(fault.into())
    }
}

/// Requires that the remote's branch can be moved to `head` without losing a commit.
fn require_forward(view: &View<'_>, base: ObjectId, head: ObjectId) -> Result<(), ToolError> {
    let conflict = |reason: &'static str| Err(ToolError::Conflict { reason: reason.into() });
    if !is_commit(view, base) {
        return conflict(
            "the branch at the remote has commits that are not here; fetch, bring the work over, then push again",
        );
    }
    let mut graph = view.engine().revision_graph(None);
    let common =
        view.engine().merge_base_with_graph(base, head, &mut graph).map_err(unavailable("object"))?;
    match common.map(gix::Id::detach) {
        Some(common) if common == base => Ok(()),
        Some(common) if common == head => {
            conflict("the branch at the remote is ahead of the one here; there is nothing to push")
        }
        _ => conflict(
            "the branch at the remote has commits that the one here does not have, and they would be lost; push under another name",
        ),
    }
}

/// Whether the repository has `id`, and it is a commit.
fn is_commit(view: &View<'_>, id: ObjectId) -> bool {
    view.engine()
        .try_find_header(id)
        .is_ok_and(|header| header.is_some_and(|header| header.kind() == gix::objs::Kind::Commit))
}
