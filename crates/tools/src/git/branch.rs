//! `git_branch`: local and remote branches, each judged by its name before it is shown.

use gitoma_confine::{RefName, Revision};
use gitoma_core::policy::Access;
use gitoma_core::{ArgError, ExecContext, RawOutput, ToolError};
use gix::ObjectId;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use crate::commit;
use crate::object::unavailable;
use crate::page::{self, Cursor, Page};
use crate::place::{self, Place};
use crate::query::{Arguments, Plan};
use crate::repositories::Repositories;
use crate::revision;
use crate::shape::{Fields, Shape};
use crate::view::{self, View, fields};

/// How many branches are shown.
const MAX_BRANCHES: usize = 1_000;

/// Arguments of `git_branch`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Branch {
    /// Alias of the repository, as `repo_list` shows it.
    repo: String,
    /// Which branches to list. Default `local`.
    branch_type: Option<BranchType>,
    /// Only branches whose history has this commit: a branch, a tag, a commit id of at least 7 digits or `HEAD`.
    contains: Option<String>,
    /// Continues a previous call with the same arguments: its `next_cursor`.
    #[schemars(length(max = 4096))]
    cursor: Option<String>,
}

/// Which branches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum BranchType {
    Local,
    Remote,
    All,
}

/// A parsed `git_branch`.
pub(crate) struct BranchPlan {
    place: Place,
    branch_type: BranchType,
    contains: Option<Revision>,
    cursor: Cursor,
}

impl Arguments for Branch {
    type Plan = BranchPlan;

    fn result() -> Fields {
        let branch = Fields::new()
            .required("name", Shape::text())
            .required("type", Shape::one_of(["remote", "local"]))
            .required("commit", Shape::text())
            .required("committed_at", Shape::text().or_null())
            .required("summary", Shape::text())
            .required("current", Shape::flag());
        view::shape().and(page::shape("branches", branch))
    }

    fn check(self) -> Result<BranchPlan, ArgError> {
        let contains = place::optional_revision("contains", self.contains.as_deref())?;
        Ok(BranchPlan {
            place: Place::at(&self.repo, [contains.as_ref()])?,
            branch_type: self.branch_type.unwrap_or(BranchType::Local),
            contains,
            cursor: Cursor::parse(self.cursor.as_deref())?,
        })
    }
}

impl Plan for BranchPlan {
    fn accesses(&self) -> Vec<Access> {
        self.place.accesses(&place::paths_of(None))
    }

    fn run(&self, repositories: &Repositories, context: &ExecContext) -> Result<RawOutput, ToolError> {
        let view = View::open(context, repositories, &self.place)?;
        let contains = self.contains.as_ref().map(|named| revision::resolve(&view, named)).transpose()?;
        let current = view.engine().head_name().map_err(unavailable("reference"))?;
        let mut page = Page::new(MAX_BRANCHES, self.cursor);
        for (name, remote, tip) in self.branches(&view)? {
            view.checkpoint()?;
            if !view.admits_reference(name.as_str()) {
                continue;
            }
            if let Some(wanted) = contains
                && !reaches(&view, tip, wanted)?
            {
                continue;
            }
            if page.passes() {
                continue;
            }
            let commit = view.engine().find_commit(tip).map_err(unavailable("object"))?;
            let is_current = !remote && current.as_ref().is_some_and(|head| head.shorten() == name.as_str());
            let item = json!({
                "name": name.as_str(),
                "type": if remote { "remote" } else { "local" },
                "commit": tip.to_string(),
                "committed_at": commit::time(commit.committer().ok()),
                "summary": commit::summary(&view, &commit),
                "current": is_current,
            });
            if !page.push(item) {
                break;
            }
        }
        let mut fields = fields(&self.place);
        let truncated = page.finish("branches", &mut fields);
        view.finish(fields, truncated)
    }
}

impl BranchPlan {
    /// Names without their prefix, whether remote, and tips; symbolic ones such as `origin/HEAD` are left out.
    fn branches(&self, view: &View<'_>) -> Result<Vec<(RefName, bool, ObjectId)>, ToolError> {
        let mut found = Vec::new();
        let references = view.engine().references().map_err(unavailable("reference"))?;
        for (prefix, remote, wanted) in [
            ("refs/heads/", false, self.branch_type != BranchType::Remote),
            ("refs/remotes/", true, self.branch_type != BranchType::Local),
        ] {
            if !wanted {
                continue;
            }
            let branches = if remote { references.remote_branches() } else { references.local_branches() };
            // A file that is no reference, or one that points nowhere, is no branch.
            for mut reference in branches.map_err(unavailable("reference"))?.filter_map(Result::ok) {
                if reference.target().try_id().is_none() {
                    continue;
                }
                let full: &[u8] = reference.name().as_bstr();
                let Some(Ok(name)) = full.strip_prefix(prefix.as_bytes()).map(RefName::from_git_bytes) else {
                    view.omit();
                    continue;
                };
                let Ok(tip) = reference.peel_to_commit() else {
                    continue;
                };
                found.push((name, remote, tip.id));
            }
        }
        Ok(found)
    }
}

/// Whether the history of `tip` has `commit`.
fn reaches(view: &View<'_>, tip: ObjectId, commit: ObjectId) -> Result<bool, ToolError> {
    let base = view.engine().merge_base(tip, commit).map_err(unavailable("object"))?;
    Ok(base.is_some_and(|base| base.detach() == commit))
}
