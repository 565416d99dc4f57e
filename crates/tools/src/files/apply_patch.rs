//! `repo_apply_patch`: a unified diff over any number of files, whole or not at all.

use gitoma_confine::RelPath;
use gitoma_core::policy::{Access, Paths};
use gitoma_core::{ArgError, ToolError};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::command::{Draft, WriteArguments, WritePlan};
use crate::place::{self, Place};
use crate::rewrite::{self, Existing, Ranges, Rewrite, draft};
use crate::shape::Fields;
use crate::unified::{self, Fault, FilePatch, Misfit};
use crate::view::View;

/// The most bytes that the files of one patch may hold, together.
const MAX_BYTES: u64 = 16 * 1024 * 1024;

/// Arguments of `repo_apply_patch`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ApplyPatch {
    /// Alias of the repository, as `repo_list` shows it.
    repo: String,
    /// The branch of the worktree to write into; `worktree_create` makes one. Without it, the repository's own work tree is meant,
    /// which the operator may have closed.
    worktree: Option<String>,
    /// A unified diff, as `git diff` prints it, of text files: changed, new, deleted, renamed or made executable.
    #[schemars(length(min = 1, max = 2_097_152))]
    patch: String,
    /// Only show what would change.
    #[serde(default)]
    dry_run: bool,
}

/// A parsed `repo_apply_patch`.
pub(crate) struct ApplyPatchPlan {
    place: Place,
    files: Vec<File>,
    dry_run: bool,
}

/// One file of the patch, with its names as paths.
struct File {
    old: Option<RelPath>,
    new: Option<RelPath>,
    patch: FilePatch,
}

impl WriteArguments for ApplyPatch {
    type Plan = ApplyPatchPlan;

    const DESTRUCTIVE: bool = true;
    const IDEMPOTENT: bool = false;

    fn result() -> Fields {
        rewrite::shape().and(rewrite::diff_shape())
    }

    fn check(self) -> Result<ApplyPatchPlan, ArgError> {
        let files = unified::parse(&self.patch).map_err(unreadable)?;
        let files = files.into_iter().map(|patch| {
            let path =
                |name: &Option<String>| name.as_deref().map(|name| place::path("patch", name)).transpose();
            Ok(File { old: path(&patch.old)?, new: path(&patch.new)?, patch })
        });
        let files = files.collect::<Result<Vec<_>, ArgError>>()?;
        let mut paths: Vec<_> = files.iter().flat_map(File::paths).collect();
        let count = paths.len();
        paths.sort_unstable();
        paths.dedup();
        // Names that differ may be one path: `x` and `./x`.
        if paths.len() != count {
            return Err(ArgError::invalid("patch", "a unified diff that changes each file once"));
        }
        Ok(ApplyPatchPlan {
            place: Place::new(&self.repo)?.in_worktree(self.worktree.as_deref(), None)?,
            files,
            dry_run: self.dry_run,
        })
    }
}

fn unreadable(fault: Fault) -> ArgError {
    match fault {
        Fault::Refused { rule } => ArgError::refused("patch", rule),
        Fault::Malformed { line, what } => {
            ArgError::invalid("patch", format!("a unified diff, but in line {line}: {what}"))
        }
    }
}

impl File {
    /// Its paths, each once.
    fn paths(&self) -> impl Iterator<Item = &RelPath> {
        let moved = self.new.as_ref().filter(|new| self.old.as_ref() != Some(*new));
        self.old.as_ref().into_iter().chain(moved)
    }
}

impl WritePlan for ApplyPatchPlan {
    fn place(&self) -> &Place {
        &self.place
    }

    fn accesses(&self) -> Vec<Access> {
        let paths = self.files.iter().flat_map(File::paths).map(|path| path.as_str().to_owned());
        self.place.accesses(&Paths::Named(paths.collect()))
    }

    fn is_dry_run(&self) -> bool {
        self.dry_run
    }

    fn draft<'v>(&'v self, view: &'v View<'v>) -> Result<Draft<'v>, ToolError> {
        self.require_bounded(view)?;
        let mut rewrites = Vec::new();
        for file in &self.files {
            rewrites.extend(rewrite(view, &self.place, file)?);
        }
        draft(view, &self.place, rewrites, true)
    }
}

impl ApplyPatchPlan {
    /// Refuses a patch of files that are too large together, before any of them is read: all are held until all can be written. What
    /// they become is no more than the patch longer.
    fn require_bounded(&self, view: &View<'_>) -> Result<(), ToolError> {
        let root = view.repository().work_tree()?;
        let mut bytes = 0_u64;
        for path in self.files.iter().filter_map(|file| file.old.as_ref()) {
            // What cannot be looked at is refused when it is opened.
            bytes = bytes.saturating_add(root.metadata(path).map_or(0, |found| found.size));
        }
        if bytes > MAX_BYTES {
            return Err(ToolError::TooLarge { what: "what the patch changes", limit: MAX_BYTES });
        }
        Ok(())
    }
}

/// What the patch makes of one file: itself, or of a renamed one also its former place.
fn rewrite<'v>(view: &'v View<'v>, place: &Place, file: &File) -> Result<Vec<Rewrite<'v>>, ToolError> {
    let conflict = |reason: &'static str| Err(ToolError::Conflict { reason: reason.into() });
    let Some(old) = &file.old else {
        let Some(new) = &file.new else { return Ok(Vec::new()) };
        let existing = Existing::open(view, new)?;
        if existing.is_there() {
            return conflict(
                "the patch makes a file that exists already; read it, and send a patch that changes it",
            );
        }
        let applied = unified::apply("", &[], &file.patch).map_err(misfit)?;
        let executable = Some(file.patch.executable.unwrap_or(false));
        return Ok(vec![existing.becomes(
            view,
            applied.text,
            Ranges { added: &applied.added, secrets: &applied.secrets },
            executable,
        )?]);
    };
    let existing = Existing::open(view, old)?;
    existing.require_readable(view, place)?;
    if !existing.is_there() {
        return conflict(
            "the patch changes a file that does not exist; look for its name with repo_search_files",
        );
    }
    let applied = unified::apply(existing.text()?, existing.secrets(), &file.patch).map_err(misfit)?;
    match &file.new {
        None if applied.text.is_empty() => Ok(vec![existing.goes()?]),
        None => conflict("the patch deletes a file and leaves lines of it; delete it with repo_delete_file"),
        Some(new) if new == old => Ok(vec![existing.becomes(
            view,
            applied.text,
            Ranges { added: &applied.added, secrets: &applied.secrets },
            file.patch.executable,
        )?]),
        Some(new) => {
            let target = Existing::open(view, new)?;
            if target.is_there() {
                return conflict("the patch renames a file to a name that is taken");
            }
            let executable = file.patch.executable.unwrap_or(existing.executable());
            // The secrets of the old file go along unseen; to the new place they are no news.
            let moved = target.becomes_of(
                view,
                &existing,
                applied.text,
                Ranges { added: &applied.added, secrets: &applied.secrets },
                executable,
            )?;
            Ok(vec![existing.goes()?, moved])
        }
    }
}

fn misfit(misfit: Misfit) -> ToolError {
    let Misfit { hunk, at } = misfit;
    let reason = format!(
        "hunk {hunk} of a file (line {at} of the patch) does not fit; read the file again, and leave lines with *** out of the hunk"
    );
    ToolError::Conflict { reason: reason.into() }
}
