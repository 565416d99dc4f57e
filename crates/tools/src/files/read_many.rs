//! `repo_read_files`: several files in one call. One that cannot be read says why in its own entry; the others are still read.

use gitoma_confine::{RelPath, Revision};
use gitoma_core::policy::{Access, Paths};
use gitoma_core::{ArgError, ExecContext, RawOutput, ToolError};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::budget::Budget;
use crate::files::excerpt::excerpt;
use crate::files::read::{describe, described, read};
use crate::place::{self, Place};
use crate::query::{Arguments, Plan};
use crate::repositories::Repositories;
use crate::shape::{Fields, Shape};
use crate::view::{self, View, fields};

/// How many files one call may name.
const MAX_FILES: usize = 50;
/// Bytes of JSON kept for the fields of one file beside its content and path.
const FRAME_BYTES: usize = 320;

/// Arguments of `repo_read_files`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReadFiles {
    /// Alias of the repository, as `repo_list` shows it.
    repo: String,
    /// A disposable worktree instead of the repository's own: the branch that `worktree_create` was given.
    worktree: Option<String>,
    /// The files, from the repository's root; 1 to 50. If policy refuses one, the whole call is refused.
    #[schemars(length(min = 1, max = 50))]
    paths: Vec<String>,
    /// Read the files at this commit: a branch, a tag, a commit id of at least 7 digits or `HEAD`, with `~N` or `^N`. Without
    /// it, the work tree is read.
    #[serde(rename = "ref")]
    reference: Option<String>,
}

/// A parsed `repo_read_files`.
pub(crate) struct ReadFilesPlan {
    place: Place,
    reference: Option<Revision>,
    paths: Vec<RelPath>,
}

impl Arguments for ReadFiles {
    type Plan = ReadFilesPlan;

    fn result() -> Fields {
        let codes = ["not_found", "unsuitable", "path_denied", "too_large"];
        let file = described()
            .all_optional()
            .required("path", Shape::text())
            .optional("code", Shape::one_of(codes).described("Why it cannot be read."))
            .optional("reason", Shape::text());
        view::shape().required("files", Shape::list(file))
    }

    fn check(self) -> Result<ReadFilesPlan, ArgError> {
        if !(1..=MAX_FILES).contains(&self.paths.len()) {
            return Err(ArgError::invalid("paths", "1 to 50 paths"));
        }
        let reference = place::optional_revision("ref", self.reference.as_deref())?;
        Ok(ReadFilesPlan {
            place: Place::at(&self.repo, [reference.as_ref()])?
                .in_worktree(self.worktree.as_deref(), reference.as_ref())?,
            reference,
            paths: place::paths("paths", &self.paths)?,
        })
    }
}

impl Plan for ReadFilesPlan {
    fn accesses(&self) -> Vec<Access> {
        let named = self.paths.iter().map(|path| path.as_str().to_owned()).collect();
        self.place.accesses(&Paths::Named(named))
    }

    fn run(&self, repositories: &Repositories, context: &ExecContext) -> Result<RawOutput, ToolError> {
        let view = View::open(context, repositories, &self.place)?;
        let mut budget = Budget::new();
        let mut files = Vec::new();
        let mut truncated = false;
        for path in &self.paths {
            view.checkpoint()?;
            if !budget.take(FRAME_BYTES + path.as_str().len()) {
                truncated = true;
                break;
            }
            let (file, cut) = self.file(&view, path, &mut budget)?;
            files.push(file);
            truncated |= cut;
        }
        let mut fields = fields(&self.place);
        fields.insert("files".into(), files.into());
        view.finish(fields, truncated)
    }
}

impl ReadFilesPlan {
    fn file(&self, view: &View<'_>, path: &RelPath, budget: &mut Budget) -> Result<(Value, bool), ToolError> {
        match read(view, self.reference.as_ref(), path) {
            Ok(content) => {
                let excerpt = excerpt(view, &content, |total| 0..total, budget);
                let truncated = excerpt.truncated();
                let mut fields = Map::new();
                describe(&mut fields, path, None, &content, excerpt);
                Ok((Value::Object(fields), truncated))
            }
            Err(
                error @ (ToolError::NotFound { what: "path" }
                | ToolError::Unsuitable { .. }
                | ToolError::Confined { .. }
                | ToolError::TooLarge { .. }),
            ) => Ok((
                json!({ "path": path.as_str(), "code": error.code(), "reason": error.to_string() }),
                false,
            )),
            Err(error) => Err(error),
        }
    }
}
