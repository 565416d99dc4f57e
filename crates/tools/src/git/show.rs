//! `git_show`: one commit, with what it changed against its first parent.

use gitoma_confine::{RelPath, Revision};
use gitoma_core::policy::Access;
use gitoma_core::{ArgError, ExecContext, RawOutput, ToolError};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::change;
use crate::commit;
use crate::git::changes::{self, DEFAULT_CONTEXT, Detail};
use crate::object::unavailable;
use crate::place::{self, Place};
use crate::query::{Arguments, Plan};
use crate::repositories::Repositories;
use crate::revision;
use crate::shape::Fields;
use crate::view::{self, View, fields};

/// Arguments of `git_show`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Show {
    /// Alias of the repository, as `repo_list` shows it.
    repo: String,
    /// The commit: a branch, a tag, a commit id of at least 7 digits or `HEAD`, with `~N` or `^N`.
    revision: String,
    /// Only what changed at this file or beneath this directory.
    path: Option<String>,
    /// How much of the change to show. Default `stats`.
    detail: Option<ShowDetail>,
}

/// How much of a commit's change to show.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum ShowDetail {
    /// The commit alone.
    None,
    /// Changed files with counts of lines.
    Stats,
    /// Changed files with their unified difference.
    FullPatch,
}

/// A parsed `git_show`.
pub(crate) struct ShowPlan {
    place: Place,
    revision: Revision,
    path: Option<RelPath>,
    detail: ShowDetail,
}

impl Arguments for Show {
    type Plan = ShowPlan;
    const HEAVY: bool = true;

    fn result() -> Fields {
        view::shape().required("commit", commit::shape()).and(changes::shape().all_optional())
    }

    fn check(self) -> Result<ShowPlan, ArgError> {
        let revision = place::revision("revision", &self.revision)?;
        Ok(ShowPlan {
            place: Place::at(&self.repo, [Some(&revision)])?,
            revision,
            path: place::optional_path(self.path.as_deref())?,
            detail: self.detail.unwrap_or(ShowDetail::Stats),
        })
    }
}

impl Plan for ShowPlan {
    fn accesses(&self) -> Vec<Access> {
        self.place.accesses(&place::paths_of(self.path.as_ref()))
    }

    fn run(&self, repositories: &Repositories, context: &ExecContext) -> Result<RawOutput, ToolError> {
        let view = View::open(context, repositories, &self.place)?;
        let id = revision::resolve(&view, &self.revision)?;
        let mut fields = fields(&self.place);
        fields.insert("commit".into(), commit::describe(&view, id)?);
        let detail = match self.detail {
            ShowDetail::None => return view.finish(fields, false),
            ShowDetail::Stats => Detail::Stats,
            ShowDetail::FullPatch => Detail::Patch { context: DEFAULT_CONTEXT },
        };
        let commit = view.engine().find_commit(id).map_err(unavailable("object"))?;
        let parent = commit.parent_ids().next().map(gix::Id::detach);
        let parent = parent.filter(|parent| view.engine().has_object(*parent));
        let changes = change::between_commits(&view, parent, id, self.path.as_ref())?;
        let truncated = changes::render(&view, &changes, detail, &mut fields)?;
        view.finish(fields, truncated)
    }
}
