//! `git_diff`, `git_diff_staged` and `git_diff_unstaged`: two commits, the index against what is checked out, the work tree
//! against the index.

use gitoma_confine::{RelPath, Revision};
use gitoma_core::policy::Access;
use gitoma_core::{ArgError, ExecContext, RawOutput, ToolError};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::change;
use crate::git::changes::{self, DEFAULT_CONTEXT, Detail};
use crate::place::{self, Place};
use crate::query::{Arguments, Plan};
use crate::repositories::Repositories;
use crate::revision;
use crate::shape::{Fields, Shape};
use crate::view::{self, View, fields};

/// Arguments of `git_diff`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Diff {
    /// Alias of the repository, as `repo_list` shows it.
    repo: String,
    /// The newer side: a branch, a tag, a commit id of at least 7 digits or `HEAD`, with `~N` or `^N`.
    target: String,
    /// The older side, named the same way. Default `HEAD`.
    base: Option<String>,
    /// Only what changed at this file or beneath this directory.
    path: Option<String>,
    /// Unchanged lines around each change. Default 3.
    #[schemars(range(min = 0, max = 20))]
    context_lines: Option<u32>,
    /// Whether to leave out the text and count lines only.
    stat_only: Option<bool>,
}

/// A parsed `git_diff`.
pub(crate) struct DiffPlan {
    place: Place,
    base: Option<Revision>,
    target: Revision,
    path: Option<RelPath>,
    detail: Detail,
}

impl Arguments for Diff {
    type Plan = DiffPlan;
    const HEAVY: bool = true;

    fn result() -> Fields {
        view::shape()
            .required("base", Shape::text().or_null())
            .required("target", Shape::text())
            .and(changes::shape())
    }

    fn check(self) -> Result<DiffPlan, ArgError> {
        let target = place::revision("target", &self.target)?;
        let base = place::optional_revision("base", self.base.as_deref())?;
        let context = place::within("context_lines", self.context_lines.unwrap_or(DEFAULT_CONTEXT), 0..=20)?;
        Ok(DiffPlan {
            place: Place::at(&self.repo, [Some(&target), base.as_ref()])?,
            base,
            target,
            path: place::optional_path(self.path.as_deref())?,
            detail: if self.stat_only == Some(true) { Detail::Stats } else { Detail::Patch { context } },
        })
    }
}

impl Plan for DiffPlan {
    fn accesses(&self) -> Vec<Access> {
        self.place.accesses(&place::paths_of(self.path.as_ref()))
    }

    fn run(&self, repositories: &Repositories, context: &ExecContext) -> Result<RawOutput, ToolError> {
        let view = View::open(context, repositories, &self.place)?;
        let base = revision::resolve_or_head(&view, self.base.as_ref())?;
        let target = revision::resolve(&view, &self.target)?;
        let changes = change::between_commits(&view, base, target, self.path.as_ref())?;
        let mut fields = fields(&self.place);
        fields.insert("base".into(), base.map(|id| id.to_string()).into());
        fields.insert("target".into(), target.to_string().into());
        let truncated = changes::render(&view, &changes, self.detail, &mut fields)?;
        view.finish(fields, truncated)
    }
}

/// Arguments of `git_diff_staged`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DiffStaged {
    /// Alias of the repository, as `repo_list` shows it.
    repo: String,
    /// Only what changed at this file or beneath this directory.
    path: Option<String>,
}

/// Arguments of `git_diff_unstaged`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DiffUnstaged {
    /// Alias of the repository, as `repo_list` shows it.
    repo: String,
    /// Only what changed at this file or beneath this directory.
    path: Option<String>,
}

/// A parsed difference of the index, with one of its two sides.
pub(crate) struct IndexDiffPlan {
    place: Place,
    path: Option<RelPath>,
    side: IndexSide,
}

#[derive(Debug, Clone, Copy)]
enum IndexSide {
    /// Against what is checked out.
    Head,
    /// Against the work tree.
    WorkTree,
}

impl IndexDiffPlan {
    fn result() -> Fields {
        view::shape().and(changes::shape())
    }

    fn new(repo: &str, path: Option<&str>, side: IndexSide) -> Result<Self, ArgError> {
        Ok(Self { place: Place::new(repo)?, path: place::optional_path(path)?, side })
    }
}

impl Arguments for DiffStaged {
    type Plan = IndexDiffPlan;
    const HEAVY: bool = true;

    fn result() -> Fields {
        IndexDiffPlan::result()
    }

    fn check(self) -> Result<IndexDiffPlan, ArgError> {
        IndexDiffPlan::new(&self.repo, self.path.as_deref(), IndexSide::Head)
    }
}

impl Arguments for DiffUnstaged {
    type Plan = IndexDiffPlan;
    const HEAVY: bool = true;

    fn result() -> Fields {
        IndexDiffPlan::result()
    }

    fn check(self) -> Result<IndexDiffPlan, ArgError> {
        IndexDiffPlan::new(&self.repo, self.path.as_deref(), IndexSide::WorkTree)
    }
}

impl Plan for IndexDiffPlan {
    fn accesses(&self) -> Vec<Access> {
        self.place.accesses(&place::paths_of(self.path.as_ref()))
    }

    fn run(&self, repositories: &Repositories, context: &ExecContext) -> Result<RawOutput, ToolError> {
        let view = View::open(context, repositories, &self.place)?;
        let changes = match self.side {
            IndexSide::Head => change::staged(&view, self.path.as_ref())?,
            IndexSide::WorkTree => change::unstaged(&view, self.path.as_ref())?,
        };
        let mut fields = fields(&self.place);
        let detail = Detail::Patch { context: DEFAULT_CONTEXT };
        let truncated = changes::render(&view, &changes, detail, &mut fields)?;
        view.finish(fields, truncated)
    }
}
