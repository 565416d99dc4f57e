//! `repo_edit_file`: parts of a file, found by their exact text.

use gitoma_confine::{MAX_WRITE_BYTES, RelPath};
use gitoma_core::policy::Access;
use gitoma_core::{ArgError, ToolError};
use gix::ObjectId;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::command::{Draft, WriteArguments, WritePlan};
use crate::place::{self, Place};
use crate::replace::{self, Edit, MAX_PLACES, Unfit};
use crate::rewrite::{self, Existing, Ranges, draft};
use crate::shape::Fields;
use crate::view::View;

/// The most edits of one call.
const MAX_EDITS: usize = 100;

/// Arguments of `repo_edit_file`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EditFile {
    /// Alias of the repository, as `repo_list` shows it.
    repo: String,
    /// The branch of the worktree to write into; `worktree_create` makes one. Without it, the repository's own work tree is meant,
    /// which the operator may have closed.
    worktree: Option<String>,
    /// The file, from the root.
    path: String,
    /// The edits, made one after the other.
    #[schemars(length(min = 1, max = 100))]
    edits: Vec<OneEdit>,
    /// Only show what would change.
    #[serde(default)]
    dry_run: bool,
    /// Edit only if the file is still the one that was read: its `sha`.
    expected_sha: Option<String>,
}

/// One edit.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct OneEdit {
    /// The text to find, exactly, with its blanks and line ends. It must be there once. It never matches a line's secret, which
    /// reads show as ***.
    #[schemars(length(min = 1))]
    old_text: String,
    /// The text to put in its place.
    new_text: String,
    /// Replace it wherever it is.
    #[serde(default)]
    replace_all: bool,
}

/// A parsed `repo_edit_file`.
pub(crate) struct EditFilePlan {
    place: Place,
    path: RelPath,
    edits: Vec<Edit>,
    dry_run: bool,
    expected: Option<ObjectId>,
}

impl WriteArguments for EditFile {
    type Plan = EditFilePlan;

    const DESTRUCTIVE: bool = true;
    const IDEMPOTENT: bool = false;

    fn result() -> Fields {
        rewrite::shape_of_one().and(rewrite::diff_shape())
    }

    fn check(self) -> Result<EditFilePlan, ArgError> {
        if !(1..=MAX_EDITS).contains(&self.edits.len()) {
            return Err(ArgError::invalid("edits", "1 to 100 edits"));
        }
        if self.edits.iter().any(|edit| edit.old_text.is_empty()) {
            return Err(ArgError::invalid("edits", "an `old_text` that is not empty"));
        }
        let edits = self.edits.into_iter();
        Ok(EditFilePlan {
            place: Place::new(&self.repo)?.in_worktree(self.worktree.as_deref(), None)?,
            path: place::path("path", &self.path)?,
            edits: edits
                .map(|edit| Edit { old: edit.old_text, new: edit.new_text, everywhere: edit.replace_all })
                .collect(),
            dry_run: self.dry_run,
            expected: place::object_id("expected_sha", self.expected_sha.as_deref())?,
        })
    }
}

impl WritePlan for EditFilePlan {
    fn place(&self) -> &Place {
        &self.place
    }

    fn accesses(&self) -> Vec<Access> {
        self.place.accesses(&place::paths_of(Some(&self.path)))
    }

    fn is_dry_run(&self) -> bool {
        self.dry_run
    }

    fn draft<'v>(&'v self, view: &'v View<'v>) -> Result<Draft<'v>, ToolError> {
        let existing = Existing::open(view, &self.path)?;
        existing.require_readable(view, &self.place)?;
        existing.require(self.expected.as_ref())?;
        let limit = usize::try_from(MAX_WRITE_BYTES).unwrap_or(usize::MAX);
        let edited = replace::apply(existing.text()?, existing.secrets().to_vec(), &self.edits, limit);
        let edited = edited.map_err(unfit)?;
        let rewrite = existing.becomes(
            view,
            edited.text,
            Ranges { added: &edited.inserted, secrets: &edited.secrets },
            None,
        )?;
        draft(view, &self.place, vec![rewrite], true)
    }
}

fn unfit(unfit: Unfit) -> ToolError {
    let reason = match unfit {
        Unfit::Absent { edit } => format!(
            "edit {edit}: its `old_text` is not in the file; read the file again, copy the text exactly, and leave lines with *** out"
        ),
        Unfit::Ambiguous { edit, count } => format!(
            "edit {edit}: its `old_text` is in the file {count} times; give more of the text around it, or set `replace_all`"
        ),
        Unfit::Everywhere => {
            format!(
                "the edits would replace more than {MAX_PLACES} places; write the file with repo_write_file"
            )
        }
        Unfit::TooLarge => return ToolError::TooLarge { what: "the file", limit: MAX_WRITE_BYTES },
    };
    ToolError::Conflict { reason: reason.into() }
}
