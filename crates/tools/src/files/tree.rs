//! `repo_tree`: what lies in a directory, or in all directories beneath it. Files are judged one by one; a directory that a
//! rule refuses is neither shown nor entered.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use gitoma_confine::{RelPath, Revision};
use gitoma_core::policy::Access;
use gitoma_core::{ArgError, ExecContext, RawOutput, ToolError};
use gix::ObjectId;
use gix::object::tree::EntryKind;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::collect::{self, Reached, entry};
use crate::object::{root_tree, unavailable};
use crate::page::{self, Cursor, Page};
use crate::place::{self, Place};
use crate::query::{Arguments, Plan};
use crate::repositories::Repositories;
use crate::revision;
use crate::shape::{Fields, Shape};
use crate::view::{self, View, fields};

/// How many entries are shown.
const MAX_ENTRIES: usize = 5_000;
/// How many entries of one directory are looked at between two looks at the clock.
const CHECKPOINT_EVERY: usize = 1_024;

/// Arguments of `repo_tree`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Tree {
    /// Alias of the repository, as `repo_list` shows it.
    repo: String,
    /// List this commit: a branch, a tag, a commit id of at least 7 digits or `HEAD`, with `~N` or `^N`. Without it, the tracked
    /// files of the index are listed; for untracked ones see git_status.
    #[serde(rename = "ref")]
    reference: Option<String>,
    /// The directory, from the repository's root. Default the root.
    path: Option<String>,
    /// Whether to list files of all directories beneath, too. Default false.
    recursive: Option<bool>,
    /// Continues a previous call with the same arguments: its `next_cursor`.
    #[schemars(length(max = 4096))]
    cursor: Option<String>,
}

/// A parsed `repo_tree`.
pub(crate) struct TreePlan {
    place: Place,
    reference: Option<Revision>,
    path: Option<RelPath>,
    recursive: bool,
    cursor: Cursor,
}

impl Arguments for Tree {
    type Plan = TreePlan;

    fn result() -> Fields {
        view::shape()
            .required("path", Shape::text())
            .optional("commit", Shape::text())
            .and(page::shape("entries", collect::entry_shape()))
    }

    fn check(self) -> Result<TreePlan, ArgError> {
        let reference = place::optional_revision("ref", self.reference.as_deref())?;
        Ok(TreePlan {
            place: Place::at(&self.repo, [reference.as_ref()])?,
            reference,
            path: place::optional_path(self.path.as_deref())?,
            recursive: self.recursive.unwrap_or(false),
            cursor: Cursor::parse(self.cursor.as_deref())?,
        })
    }
}

impl Plan for TreePlan {
    fn accesses(&self) -> Vec<Access> {
        self.place.accesses(&place::paths_of(self.path.as_ref()))
    }

    fn run(&self, repositories: &Repositories, context: &ExecContext) -> Result<RawOutput, ToolError> {
        let view = View::open(context, repositories, &self.place)?;
        let commit = self.reference.as_ref().map(|named| revision::resolve(&view, named)).transpose()?;
        let mut page = Page::new(MAX_ENTRIES, self.cursor);
        match (self.recursive, commit) {
            (true, _) => self.recursively(&view, commit, &mut page)?,
            (false, Some(commit)) => self.directory_of_commit(&view, commit, &mut page)?,
            (false, None) => self.directory_of_index(&view, &mut page)?,
        }
        let mut fields = fields(&self.place);
        fields.insert("path".into(), self.path.as_ref().map_or(".", RelPath::as_str).into());
        if let Some(commit) = commit {
            fields.insert("commit".into(), commit.to_string().into());
        }
        let truncated = page.finish("entries", &mut fields);
        view.finish(fields, truncated)
    }
}

impl TreePlan {
    fn recursively(
        &self,
        view: &View<'_>,
        commit: Option<ObjectId>,
        page: &mut Page,
    ) -> Result<(), ToolError> {
        let reached = collect::files(view, commit, self.path.as_ref(), &mut |found| {
            if view.admits(&found.path) && !page.passes() && !page.push(entry(&found.path, found.kind)) {
                return Ok(ControlFlow::Break(()));
            }
            Ok(ControlFlow::Continue(()))
        })?;
        if reached == Reached::Limit {
            page.cut();
        }
        Ok(())
    }

    fn directory_of_commit(
        &self,
        view: &View<'_>,
        commit: ObjectId,
        page: &mut Page,
    ) -> Result<(), ToolError> {
        let mut tree = root_tree(view, commit)?;
        if let Some(path) = &self.path {
            let found = tree.lookup_entry(path.components()).map_err(unavailable("object"))?;
            let found = found.ok_or(ToolError::NotFound { what: "path" })?;
            if found.mode().kind() != EntryKind::Tree {
                return Err(NOT_A_DIRECTORY);
            }
            tree = view.engine().find_tree(found.object_id()).map_err(unavailable("object"))?;
        }
        for (position, found) in tree.iter().enumerate() {
            if position.is_multiple_of(CHECKPOINT_EVERY) {
                view.checkpoint()?;
            }
            let found = found.map_err(unavailable("object"))?;
            let mut full = self.path.as_ref().map_or_else(Vec::new, |path| format!("{path}/").into_bytes());
            full.extend_from_slice(found.filename());
            let Some(path) = view.found(&full) else {
                continue;
            };
            if !page.passes() && !page.push(entry(&path, found.mode().kind())) {
                break;
            }
        }
        Ok(())
    }

    /// The index has files alone; its directories are the first segments of what lies deeper.
    fn directory_of_index(&self, view: &View<'_>, page: &mut Page) -> Result<(), ToolError> {
        let mut children: BTreeMap<RelPath, EntryKind> = BTreeMap::new();
        let mut is_file = false;
        let found = collect::files(view, None, self.path.as_ref(), &mut |found| {
            let rest = match &self.path {
                Some(under) if *under == found.path => {
                    is_file = true;
                    return Ok(ControlFlow::Break(()));
                }
                Some(under) => found.path.as_str().get(under.as_str().len() + 1..).unwrap_or_default(),
                None => found.path.as_str(),
            };
            let (child, kind) = match rest.split_once('/') {
                Some((directory, deeper)) => {
                    let length = found.path.as_str().len() - deeper.len() - 1;
                    debug_assert!(length >= directory.len());
                    let child = found.path.as_str().get(..length).and_then(|text| RelPath::parse(text).ok());
                    (child, EntryKind::Tree)
                }
                None => (Some(found.path), found.kind),
            };
            if let Some(child) = child {
                children.entry(child).or_insert(kind);
            }
            Ok(ControlFlow::Continue(()))
        });
        match found {
            // An empty index has an empty root.
            Err(ToolError::NotFound { .. }) if self.path.is_none() => {}
            Err(error) => return Err(error),
            Ok(Reached::End) => {}
            Ok(Reached::Limit) => page.cut(),
        }
        if is_file {
            return Err(NOT_A_DIRECTORY);
        }
        for (path, kind) in children {
            if view.admits(&path) && !page.passes() && !page.push(entry(&path, kind)) {
                break;
            }
        }
        Ok(())
    }
}

const NOT_A_DIRECTORY: ToolError = ToolError::Unsuitable {
    reason: std::borrow::Cow::Borrowed("the path is not a directory; see repo_read_file"),
};
