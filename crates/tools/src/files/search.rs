//! `repo_search_files`: files by a pattern over their paths as they are shown, so a search cannot find out about a secret in a
//! name by whether it hits.

use std::ops::ControlFlow;

use gitoma_confine::Revision;
use gitoma_core::policy::Access;
use gitoma_core::{ArgError, ExecContext, RawOutput, ToolError};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::collect::{self, Reached};
use crate::glob::Glob;
use crate::page::{self, Cursor, Page};
use crate::place::{self, Place};
use crate::query::{Arguments, Plan};
use crate::repositories::Repositories;
use crate::revision;
use crate::shape::Fields;
use crate::view::{self, View, fields};

/// How many files are shown.
const MAX_FILES: usize = 2_000;

/// Arguments of `repo_search_files`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SearchFiles {
    /// Alias of the repository, as `repo_list` shows it.
    repo: String,
    /// The pattern: `*` and `?` within a segment, `**` as a segment; a pattern without `/` matches names at any depth.
    #[schemars(length(min = 1, max = 512))]
    glob: String,
    /// Search this commit: a branch, a tag, a commit id of at least 7 digits or `HEAD`, with `~N` or `^N`. Without it, the
    /// tracked files of the index are searched.
    #[serde(rename = "ref")]
    reference: Option<String>,
    /// Continues a previous call with the same arguments: its `next_cursor`.
    #[schemars(length(max = 4096))]
    cursor: Option<String>,
}

/// A parsed `repo_search_files`.
pub(crate) struct SearchFilesPlan {
    place: Place,
    glob: Glob,
    reference: Option<Revision>,
    cursor: Cursor,
}

impl Arguments for SearchFiles {
    type Plan = SearchFilesPlan;
    const HEAVY: bool = true;

    fn result() -> Fields {
        view::shape().and(page::shape("files", collect::entry_shape()))
    }

    fn check(self) -> Result<SearchFilesPlan, ArgError> {
        let reference = place::optional_revision("ref", self.reference.as_deref())?;
        Ok(SearchFilesPlan {
            place: Place::at(&self.repo, [reference.as_ref()])?,
            glob: Glob::parse("glob", &self.glob)?,
            reference,
            cursor: Cursor::parse(self.cursor.as_deref())?,
        })
    }
}

impl Plan for SearchFilesPlan {
    fn accesses(&self) -> Vec<Access> {
        self.place.accesses(&place::paths_of(None))
    }

    fn run(&self, repositories: &Repositories, context: &ExecContext) -> Result<RawOutput, ToolError> {
        let view = View::open(context, repositories, &self.place)?;
        let commit = self.reference.as_ref().map(|named| revision::resolve(&view, named)).transpose()?;
        let mut page = Page::new(MAX_FILES, self.cursor);
        let mut shown_before = 0;
        let reached = collect::files(&view, commit, None, &mut |found| {
            let shown = self.glob.matches(&collect::shown(&view, &found.path)) && view.admits(&found.path);
            if !shown || page.passes() {
                return Ok(ControlFlow::Continue(()));
            }
            shown_before += 1;
            view.report(shown_before, None, "files found");
            if !page.push(collect::entry(&found.path, found.kind)) {
                return Ok(ControlFlow::Break(()));
            }
            Ok(ControlFlow::Continue(()))
        })?;
        if reached == Reached::Limit {
            page.cut();
        }
        let mut fields = fields(&self.place);
        let truncated = page.finish("files", &mut fields);
        view.finish(fields, truncated)
    }
}
