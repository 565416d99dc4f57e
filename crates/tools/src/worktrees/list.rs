//! `worktree_list`: the caller's worktrees of one repository.

use gitoma_core::policy::{Access, Paths};
use gitoma_core::{ArgError, ExecContext, RawOutput, ToolError};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use crate::budget::Items;
use crate::place::Place;
use crate::query::{Arguments, Plan};
use crate::repositories::Repositories;
use crate::shape::{Fields, Shape};
use crate::view::{self, View, fields};

/// How many are shown; an operator may allow as many.
const MAX_WORKTREES: usize = 1_024;

/// Arguments of `worktree_list`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct List {
    /// Alias of the repository, as `repo_list` shows it.
    repo: String,
}

/// A parsed `worktree_list`.
pub(crate) struct ListPlan {
    place: Place,
}

impl Arguments for List {
    type Plan = ListPlan;

    fn result() -> Fields {
        let worktree = Fields::new()
            .required("worktree", Shape::text())
            .required("base", Shape::text())
            .required("made_at", Shape::text())
            .required("expires_at", Shape::text())
            .required("bytes", Shape::count());
        view::shape().required("worktrees", Shape::list(worktree))
    }

    fn check(self) -> Result<ListPlan, ArgError> {
        Ok(ListPlan { place: Place::new(&self.repo)? })
    }
}

impl Plan for ListPlan {
    fn accesses(&self) -> Vec<Access> {
        self.place.accesses(&Paths::Discovered)
    }

    fn run(&self, repositories: &Repositories, context: &ExecContext) -> Result<RawOutput, ToolError> {
        let view = View::open(context, repositories, &self.place)?;
        let worktrees = &repositories.writes()?.worktrees;
        let mut items = Items::new(MAX_WORKTREES);
        for listed in worktrees.list(Some(self.place.repo()), context.principal())? {
            view.checkpoint()?;
            if !view.admits_reference(&listed.record.branch) {
                continue;
            }
            let item = json!({
                "worktree": listed.record.branch,
                "base": listed.record.base,
                "made_at": listed.record.made.to_string(),
                "expires_at": listed.record.expires().to_string(),
                "bytes": listed.bytes,
            });
            if !items.push(item) {
                break;
            }
        }
        let (listed, truncated) = items.finish();
        let mut fields = fields(&self.place);
        fields.insert("worktrees".into(), listed);
        view.finish(fields, truncated)
    }
}
