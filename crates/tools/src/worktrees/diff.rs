//! `worktree_diff`: what has changed in a worktree, as a diff.

use gitoma_confine::RelPath;
use gitoma_core::policy::Access;
use gitoma_core::{ArgError, ExecContext, RawOutput, ToolError};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::changes::{What, changes};
use crate::budget::{Items, fitting, json_bytes};
use crate::collect::lies_beneath;
use crate::object::{FILE_BYTES, blob, entry_at};
use crate::patch;
use crate::place::{self, Place};
use crate::query::{Arguments, Plan};
use crate::repositories::Repositories;
use crate::revision;
use crate::shape::{Fields, Shape};
use crate::view::{self, View, fields};

/// How many files are shown.
const MAX_FILES: usize = 200;
/// Bytes of JSON that the fields of a file take beside its diff, paths not counted.
const FRAME_BYTES: usize = 200;

/// Arguments of `worktree_diff`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Diff {
    /// Alias of the repository, as `repo_list` shows it.
    repo: String,
    /// The branch of the worktree, as `worktree_list` shows it.
    worktree: String,
    /// Only this file or what lies in this directory.
    path: Option<String>,
    /// Lines around each change. Default 3.
    #[schemars(range(min = 0, max = 100))]
    context_lines: Option<u32>,
}

/// A parsed `worktree_diff`.
pub(crate) struct DiffPlan {
    place: Place,
    path: Option<RelPath>,
    context: u32,
}

impl Arguments for Diff {
    type Plan = DiffPlan;

    const HEAVY: bool = true;

    fn result() -> Fields {
        view::shape()
            .required("base", Shape::text())
            .required("files_changed", Shape::count())
            .required("insertions", Shape::count())
            .required("deletions", Shape::count())
            .required("files", Shape::list(file_shape()))
    }

    fn check(self) -> Result<DiffPlan, ArgError> {
        Ok(DiffPlan {
            place: Place::new(&self.repo)?.in_worktree(Some(&self.worktree), None)?,
            path: place::optional_path(self.path.as_deref())?,
            context: place::within("context_lines", self.context_lines.unwrap_or(3), 0..=100)?,
        })
    }
}

impl Plan for DiffPlan {
    fn accesses(&self) -> Vec<Access> {
        self.place.accesses(&place::paths_of(self.path.as_ref()))
    }

    fn run(&self, repositories: &Repositories, context: &ExecContext) -> Result<RawOutput, ToolError> {
        let view = View::open(context, repositories, &self.place)?;
        let head = revision::head(&view)?.ok_or(ToolError::NotFound { what: "worktree" })?;
        let mut items = Items::new(MAX_FILES);
        let (mut insertions, mut deletions, mut files, mut cut) = (0_u64, 0_u64, 0_usize, false);
        for change in changes(&view)? {
            view.checkpoint()?;
            if !lies_beneath(change.path.as_slice(), self.path.as_ref()) {
                continue;
            }
            let Some(path) = view.found(&change.path) else { continue };
            files += 1;
            if items.is_full() {
                cut = true;
                continue;
            }
            if let What::Refused(rule) = change.what {
                cut |= !items.push(json!({"path": path.as_str(), "status": "not_committable", "rule": rule}));
                continue;
            }
            let old = entry_at(&view, head, &path)?.map(|old| blob(&view, old.id, FILE_BYTES)).transpose()?;
            let (status, new) = match change.what {
                What::Refused(_) => continue,
                What::Deleted => ("deleted", None),
                What::Written => {
                    let status = if old.is_none() { "added" } else { "modified" };
                    match crate::content::bytes_in_work_tree(&view, &path, FILE_BYTES) {
                        Ok(bytes) => (status, Some(bytes)),
                        Err(ToolError::TooLarge { .. }) => {
                            cut |= !items
                                .push(json!({"path": path.as_str(), "status": status, "too_large": true}));
                            continue;
                        }
                        // It went away, or became something else, since it was found.
                        Err(
                            ToolError::NotFound { .. }
                            | ToolError::Confined { .. }
                            | ToolError::Unsuitable { .. },
                        ) => {
                            continue;
                        }
                        Err(error) => return Err(error),
                    }
                }
            };
            let compared =
                patch::compare(&view, path.as_str(), old.as_deref(), new.as_deref(), self.context)?;
            insertions += u64::from(compared.insertions);
            deletions += u64::from(compared.deletions);
            let room = items.left().saturating_sub(FRAME_BYTES + path.as_str().len());
            let mut text = compared.text;
            let shortened = json_bytes(&text) > room;
            if shortened {
                let end = fitting(&text, room).rfind('\n').map_or(0, |at| at + 1);
                text.truncate(end);
            }
            cut |= shortened;
            let item = json!({
                "path": path.as_str(),
                "status": status,
                "insertions": compared.insertions,
                "deletions": compared.deletions,
                "patch": text,
                "patch_truncated": shortened,
            });
            cut |= !items.push(item);
        }
        let (listed, full) = items.finish();
        let mut fields = fields(&self.place);
        fields.insert("base".into(), head.to_string().into());
        fields.insert("files_changed".into(), files.into());
        fields.insert("insertions".into(), insertions.into());
        fields.insert("deletions".into(), deletions.into());
        fields.insert("files".into(), listed);
        view.finish(fields, cut || full)
    }
}

/// What is told of a file.
fn file_shape() -> Fields {
    let rule = Shape::text().described("Why it cannot be committed.");
    Fields::new()
        .required("path", Shape::text())
        .required("status", Shape::one_of(["added", "deleted", "modified", "not_committable"]))
        .optional("rule", rule)
        .optional("too_large", Shape::flag().described("Not compared."))
        .optional("insertions", Shape::count())
        .optional("deletions", Shape::count())
        .optional("patch", Shape::text())
        .optional("patch_truncated", Shape::flag())
}
