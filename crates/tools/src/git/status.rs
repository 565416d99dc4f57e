//! `git_status`: what differs between the checked-out commit, the index and the work tree. Nothing that the repository
//! configures runs for it: no file-system monitor, no filter, no hook.

use gitoma_confine::RelPath;
use gitoma_core::policy::Access;
use gitoma_core::{ArgError, ExecContext, RawOutput, ToolError};
use gix::bstr::{BStr, ByteSlice as _};
use gix::diff::index::ChangeRef;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::change::staged_names;
use crate::collect::lies_beneath;
use crate::object::unavailable;
use crate::page::{self, Cursor, Page};
use crate::place::{self, Place};
use crate::query::{Arguments, Plan};
use crate::repositories::Repositories;
use crate::shape::{Fields, Shape};
use crate::unstaged::{self, Scope, What};
use crate::view::{self, View, fields};

/// How many entries are shown.
const MAX_ENTRIES: usize = 2_000;

/// Arguments of `git_status`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Status {
    /// Alias of the repository, as `repo_list` shows it.
    repo: String,
    /// A disposable worktree instead of the repository's own: the branch that `worktree_create` was given.
    worktree: Option<String>,
    /// Only this file or what lies beneath this directory.
    path: Option<String>,
    /// Whether to list files that git does not track (ignored ones never are). Default true.
    include_untracked: Option<bool>,
    /// Continues a previous call with the same arguments: its `next_cursor`.
    #[schemars(length(max = 4096))]
    cursor: Option<String>,
}

/// A parsed `git_status`.
pub(crate) struct StatusPlan {
    place: Place,
    path: Option<RelPath>,
    include_untracked: bool,
    cursor: Cursor,
}

impl Arguments for Status {
    type Plan = StatusPlan;
    const HEAVY: bool = true;

    fn result() -> Fields {
        view::shape()
            .required("branch", Shape::text().or_null())
            .required("commit", Shape::text().or_null())
            .required("clean", Shape::flag())
            .and(page::shape("entries", Entry::shape()))
    }

    fn check(self) -> Result<StatusPlan, ArgError> {
        Ok(StatusPlan {
            place: Place::new(&self.repo)?.in_worktree(self.worktree.as_deref(), None)?,
            path: place::optional_path(self.path.as_deref())?,
            include_untracked: self.include_untracked.unwrap_or(true),
            cursor: Cursor::parse(self.cursor.as_deref())?,
        })
    }
}

/// One difference: where, between which states, and what.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    path: RelPath,
    area: &'static str,
    status: &'static str,
    old_path: Option<RelPath>,
}

impl Plan for StatusPlan {
    fn accesses(&self) -> Vec<Access> {
        self.place.accesses(&place::paths_of(self.path.as_ref()))
    }

    fn run(&self, repositories: &Repositories, context: &ExecContext) -> Result<RawOutput, ToolError> {
        let view = View::open(context, repositories, &self.place)?;
        let scope = if self.include_untracked { Scope::Everything } else { Scope::Tracked };
        let index = view.index()?;
        let (unstaged, staged) = unstaged::beside(&view, &index, scope, || staged_names(&view, &index))?;
        let mut entries = Vec::new();
        for change in &staged {
            view.checkpoint()?;
            let (status, path, old_path) = named(change);
            entries.extend(self.entry(&view, ("staged", status), path, old_path));
        }
        for difference in &unstaged {
            view.checkpoint()?;
            entries.extend(self.entry(
                &view,
                area_and_status(difference.what),
                difference.path.as_bstr(),
                None,
            ));
        }
        entries.sort();
        let mut page = Page::new(MAX_ENTRIES, self.cursor);
        // What the caller may not see is a change all the same.
        let clean = entries.is_empty() && !view.has_omitted();
        for entry in &entries {
            if !page.passes() && !page.push(entry.show()) {
                break;
            }
        }
        let head = view.engine().head().map_err(unavailable("reference"))?;
        let mut fields = fields(&self.place);
        let branch = head.referent_name().map(|name| view.clean(&name.shorten().to_string()).into_owned());
        fields.insert("branch".into(), branch.into());
        fields.insert("commit".into(), head.id().map(|id| id.to_string()).into());
        fields.insert("clean".into(), clean.into());
        let truncated = page.finish("entries", &mut fields);
        view.finish(fields, truncated)
    }
}

impl StatusPlan {
    fn entry(
        &self,
        view: &View<'_>,
        (area, status): (&'static str, &'static str),
        path: &BStr,
        old_path: Option<&BStr>,
    ) -> Option<Entry> {
        if !lies_beneath(path, self.path.as_ref()) {
            return None;
        }
        let path = view.found(path)?;
        let old_path = match old_path {
            Some(old) => Some(view.found(old)?),
            None => None,
        };
        Some(Entry { path, area, status, old_path })
    }
}

fn named<'c>(change: &'c ChangeRef<'_, '_>) -> (&'static str, &'c BStr, Option<&'c BStr>) {
    match change {
        ChangeRef::Addition { location, .. } => ("added", location, None),
        ChangeRef::Deletion { location, .. } => ("deleted", location, None),
        ChangeRef::Modification { location, .. } => ("modified", location, None),
        ChangeRef::Rewrite { source_location, location, copy, .. } => {
            (if *copy { "copied" } else { "renamed" }, location, Some(source_location))
        }
    }
}

fn area_and_status(what: What) -> (&'static str, &'static str) {
    match what {
        What::Deleted(_) => ("unstaged", "deleted"),
        What::Modified(_) => ("unstaged", "modified"),
        What::TypeChanged(_) => ("unstaged", "type_changed"),
        What::IntentToAdd => ("unstaged", "added"),
        What::Conflicted => ("unstaged", "conflicted"),
        What::UntrackedFile | What::UntrackedLink | What::UntrackedRepository => ("untracked", "untracked"),
    }
}

impl Entry {
    /// What [`Self::show`] makes.
    fn shape() -> Fields {
        let statuses =
            ["added", "deleted", "modified", "type_changed", "renamed", "copied", "conflicted", "untracked"];
        Fields::new()
            .required("path", Shape::text())
            .required("area", Shape::one_of(["staged", "unstaged", "untracked"]))
            .required("status", Shape::one_of(statuses))
            .optional("old_path", Shape::text())
    }

    fn show(&self) -> Value {
        let mut shown = json!({ "path": self.path.as_str(), "area": self.area, "status": self.status });
        if let (Some(fields), Some(old)) = (shown.as_object_mut(), &self.old_path) {
            fields.insert("old_path".into(), old.as_str().into());
        }
        shown
    }
}
