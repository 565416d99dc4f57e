//! `repo_read_file`: one file, whole or in part. The whole file is searched for secrets before lines are taken out of it.

use std::ops::Range;

use gitoma_confine::{RelPath, Revision};
use gitoma_core::policy::Access;
use gitoma_core::{ArgError, ExecContext, RawOutput, ToolError};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::budget::Budget;
use crate::content::{Content, at_commit, cached_in_work_tree, in_work_tree};
use crate::files::excerpt::{Excerpt, excerpt};
use crate::place::{self, Place};
use crate::query::{Arguments, Plan};
use crate::repositories::Repositories;
use crate::revision;
use crate::shape::{Fields, Shape};
use crate::view::{self, View, fields};

/// The largest line number that is taken.
const MAX_LINE: u32 = 10_000_000;

/// Arguments of `repo_read_file`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReadFile {
    /// Alias of the repository, as `repo_list` shows it.
    repo: String,
    /// A disposable worktree instead of the repository's own: the branch that `worktree_create` was given.
    worktree: Option<String>,
    /// The file, from the repository's root.
    path: String,
    /// Read the file at this commit: a branch, a tag, a commit id of at least 7 digits or `HEAD`, with `~N` or `^N`. Without it,
    /// the work tree is read.
    #[serde(rename = "ref")]
    reference: Option<String>,
    /// Only the first lines, this many.
    #[schemars(range(min = 1, max = 10_000_000))]
    head: Option<u32>,
    /// Only the last lines, this many.
    #[schemars(range(min = 1, max = 10_000_000))]
    tail: Option<u32>,
    /// First line, from 1; not together with `head` or `tail`.
    #[schemars(range(min = 1, max = 10_000_000))]
    start_line: Option<u32>,
    /// Last line, included; not together with `head` or `tail`.
    #[schemars(range(min = 1, max = 10_000_000))]
    end_line: Option<u32>,
}

/// Which lines are wanted.
#[derive(Debug, Clone, Copy)]
enum Part {
    Head(usize),
    Tail(usize),
    Lines { start: usize, end: Option<usize> },
}

impl Part {
    /// The lines, from 0, of a file that has `total`.
    fn of(self, total: usize) -> Range<usize> {
        match self {
            Self::Head(count) => 0..count.min(total),
            Self::Tail(count) => total.saturating_sub(count)..total,
            Self::Lines { start, end } => {
                let end = end.unwrap_or(total).min(total);
                (start - 1).min(end)..end
            }
        }
    }
}

/// A parsed `repo_read_file`.
pub(crate) struct ReadFilePlan {
    place: Place,
    reference: Option<Revision>,
    path: RelPath,
    part: Part,
}

impl Arguments for ReadFile {
    type Plan = ReadFilePlan;

    fn result() -> Fields {
        view::shape().and(described()).optional("ref", Shape::text()).optional("line_cut", Shape::flag())
    }

    fn check(self) -> Result<ReadFilePlan, ArgError> {
        let reference = place::optional_revision("ref", self.reference.as_deref())?;
        let line = |name, value: u32| place::within(name, value, 1..=MAX_LINE).map(|line| line as usize);
        let part = match (self.head, self.tail, self.start_line, self.end_line) {
            (Some(count), None, None, None) => Part::Head(line("head", count)?),
            (None, Some(count), None, None) => Part::Tail(line("tail", count)?),
            (None, None, start, end) => {
                let start = line("start_line", start.unwrap_or(1))?;
                let end = end.map(|end| line("end_line", end)).transpose()?;
                if end.is_some_and(|end| end < start) {
                    return Err(ArgError::invalid("end_line", "a line not before `start_line`"));
                }
                Part::Lines { start, end }
            }
            _ => {
                return Err(ArgError::invalid(
                    "head",
                    "only one of `head`, `tail` and `start_line` with `end_line`",
                ));
            }
        };
        Ok(ReadFilePlan {
            place: Place::at(&self.repo, [reference.as_ref()])?
                .in_worktree(self.worktree.as_deref(), reference.as_ref())?,
            reference,
            path: place::path("path", &self.path)?,
            part,
        })
    }
}

impl Plan for ReadFilePlan {
    fn accesses(&self) -> Vec<Access> {
        self.place.accesses(&place::paths_of(Some(&self.path)))
    }

    fn run_at_once(
        &self,
        repositories: &Repositories,
        context: &ExecContext,
    ) -> Option<Result<RawOutput, ToolError>> {
        // A commit's content is in packs, and a worktree is locked first: both may wait for a disk.
        if self.reference.is_some() || self.place.worktree().is_some() {
            return None;
        }
        let view = View::open(context, repositories, &self.place).ok()?;
        let content = cached_in_work_tree(&view, &self.path)?;
        Some(self.show(&view, &content))
    }

    fn run(&self, repositories: &Repositories, context: &ExecContext) -> Result<RawOutput, ToolError> {
        let view = View::open(context, repositories, &self.place)?;
        let content = read(&view, self.reference.as_ref(), &self.path)?;
        self.show(&view, &content)
    }
}

impl ReadFilePlan {
    fn show(&self, view: &View<'_>, content: &Content) -> Result<RawOutput, ToolError> {
        let excerpt = excerpt(view, content, |total| self.part.of(total), &mut Budget::new());
        let mut fields = fields(&self.place);
        let truncated = excerpt.truncated();
        describe(&mut fields, &self.path, self.reference.as_ref(), content, excerpt);
        match self.reference {
            None => view.finish_of_work_tree(fields, truncated),
            Some(_) => view.finish(fields, truncated),
        }
    }
}

/// Reads `path` where `reference` says: at its commit, or in the work tree if there is none.
pub(crate) fn read(
    view: &View<'_>,
    reference: Option<&Revision>,
    path: &RelPath,
) -> Result<Content, ToolError> {
    match reference {
        Some(reference) => at_commit(view, revision::resolve(view, reference)?, path),
        None => in_work_tree(view, path),
    }
}

/// Puts one file's fields into a result.
///
/// Of a file in which a secret was found neither id nor size leaves: beside the rest of the file, either would tell whether a
/// guess at the secret is right, without another call.
pub(crate) fn describe(
    fields: &mut Map<String, Value>,
    path: &RelPath,
    reference: Option<&Revision>,
    content: &Content,
    excerpt: Excerpt,
) {
    fields.insert("path".into(), path.as_str().into());
    if let Some(reference) = reference {
        fields.insert("ref".into(), reference.as_str().into());
    }
    if !excerpt.hides_a_secret() {
        fields.insert("sha".into(), content.id.to_string().into());
        fields.insert("size".into(), content.bytes.len().into());
    }
    match excerpt {
        Excerpt::Binary => {
            fields.insert("encoding".into(), "binary".into());
        }
        Excerpt::Text { text, lines, total, truncated, next, line_cut, secret: _ } => {
            fields.insert("encoding".into(), "utf-8".into());
            fields.insert("total_lines".into(), total.into());
            if !lines.is_empty() {
                fields.insert("start_line".into(), (lines.start + 1).into());
                fields.insert("end_line".into(), lines.end.into());
            }
            fields.insert("content".into(), text.into());
            if truncated {
                fields.insert("truncated".into(), true.into());
            }
            if line_cut {
                fields.insert("line_cut".into(), true.into());
            }
            if let Some(next) = next {
                fields.insert("next_start_line".into(), (next + 1).into());
            }
        }
    }
}

/// What [`describe`] makes of a file where no reference is given.
pub(crate) fn described() -> Fields {
    Fields::new()
        .required("path", Shape::text())
        .optional("sha", Shape::text().described("Not there if the file holds a secret."))
        .optional("size", Shape::count())
        .required("encoding", Shape::one_of(["utf-8", "binary"]))
        .optional("total_lines", Shape::count())
        .optional("start_line", Shape::count())
        .optional("end_line", Shape::count())
        .optional("content", Shape::text())
        .optional("truncated", Shape::flag())
        .optional("next_start_line", Shape::count())
}
