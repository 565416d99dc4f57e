//! `git_grep`: a regular expression over the lines of tracked files. Lines are searched as they would be shown, so a search can
//! neither show a secret nor find out about one by whether it hits.

use std::ops::ControlFlow;

use gitoma_confine::{RelPath, Revision};
use gitoma_core::policy::Access;
use gitoma_core::{ArgError, ExecContext, RawOutput, ToolError};
use gix::object::tree::EntryKind;
use regex::{Regex, RegexBuilder};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use crate::budget::fitting;
use crate::collect::{self, Found, Reached};
use crate::content::bytes_in_work_tree;
use crate::glob::Glob;
use crate::masked::{MaskedLine, is_binary};
use crate::object::blob;
use crate::page::{self, Cursor, Page};
use crate::place::{self, Place};
use crate::query::{Arguments, Plan};
use crate::repositories::Repositories;
use crate::revision;
use crate::shape::{Fields, Shape};
use crate::view::{self, View, fields};

/// The longest pattern, in bytes.
const PATTERN_BYTES: usize = 1_000;
/// Bytes a compiled pattern may take.
const COMPILED_BYTES: usize = 2 * 1024 * 1024;
/// The largest file that is searched, in bytes.
const SEARCHED_BYTES: u64 = 2 * 1024 * 1024;
/// Bytes of a line that are shown.
const LINE_BYTES: usize = 1_000;

/// Arguments of `git_grep`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Grep {
    /// Alias of the repository, as `repo_list` shows it.
    repo: String,
    /// A disposable worktree instead of the repository's own: the branch that `worktree_create` was given.
    worktree: Option<String>,
    /// A regular expression in Rust's syntax (no look-around, no back-references), matched against each line.
    #[schemars(length(min = 1, max = 1000))]
    pattern: String,
    /// Search this commit: a branch, a tag, a commit id of at least 7 digits or `HEAD`, with `~N` or `^N`. The word `worktree`,
    /// or nothing, searches tracked files as the work tree has them.
    #[serde(rename = "ref")]
    reference: Option<String>,
    /// Only files that match: `*` and `?` within a segment, `**` as a segment; a pattern without `/` matches names at any depth.
    #[schemars(length(min = 1, max = 512))]
    path_glob: Option<String>,
    /// Whether upper and lower case differ; `smart` lets them differ only if the pattern has an upper-case letter. Default
    /// `sensitive`.
    case: Option<Case>,
    /// How many matching lines to return. Default 200.
    #[schemars(range(min = 1, max = 2000))]
    max_matches: Option<u32>,
    /// Continues a previous call with the same arguments: its `next_cursor`.
    #[schemars(length(max = 4096))]
    cursor: Option<String>,
}

/// How case is treated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Case {
    Sensitive,
    Insensitive,
    Smart,
}

/// A parsed `git_grep`.
pub(crate) struct GrepPlan {
    place: Place,
    reference: Option<Revision>,
    pattern: Regex,
    /// The pattern over a whole file, where a miss there is a miss in every line as it would be shown.
    prefilter: Option<Regex>,
    glob: Option<Glob>,
    max_matches: usize,
    cursor: Cursor,
}

impl Arguments for Grep {
    type Plan = GrepPlan;
    const HEAVY: bool = true;

    fn result() -> Fields {
        let hit = Fields::new()
            .required("path", Shape::text())
            .required("line", Shape::count())
            .required("text", Shape::text());
        view::shape()
            .and(page::shape("matches", hit))
            .required("files_searched", Shape::count())
            .required("files_skipped", Shape::count().described("No text, too large, or gone."))
    }

    fn check(self) -> Result<GrepPlan, ArgError> {
        let reference = self.reference.as_deref().filter(|text| *text != "worktree");
        let reference = place::optional_revision("ref", reference)?;
        let (pattern, prefilter) = compile(&self.pattern, self.case.unwrap_or(Case::Sensitive))?;
        Ok(GrepPlan {
            place: Place::at(&self.repo, [reference.as_ref()])?
                .in_worktree(self.worktree.as_deref(), reference.as_ref())?,
            reference,
            pattern,
            prefilter,
            glob: self.path_glob.map(|text| Glob::parse("path_glob", &text)).transpose()?,
            max_matches: place::within("max_matches", self.max_matches.unwrap_or(200), 1..=2000)? as usize,
            cursor: Cursor::parse(self.cursor.as_deref())?,
        })
    }
}

fn compile(pattern: &str, case: Case) -> Result<(Regex, Option<Regex>), ArgError> {
    let expected =
        || ArgError::invalid("pattern", "a regular expression of 1 to 1000 bytes, without look-around");
    if !(1..=PATTERN_BYTES).contains(&pattern.len()) {
        return Err(expected());
    }
    let insensitive = match case {
        Case::Sensitive => false,
        Case::Insensitive => true,
        Case::Smart => !pattern.chars().any(char::is_uppercase),
    };
    let compiled = RegexBuilder::new(pattern)
        .case_insensitive(insensitive)
        .size_limit(COMPILED_BYTES)
        .dfa_size_limit(COMPILED_BYTES)
        .build()
        .map_err(|_| expected())?;
    let prefilter = is_free_of_assertions(pattern).then(|| compiled.clone());
    Ok((compiled, prefilter))
}

/// Whether it is certain that `pattern` looks at nothing but the text it matches; `false` says nothing.
///
/// Without assertions, what matches in a masked line beside its placeholders is a piece of the file that matches wherever it
/// stands, so a file without a match has no such line. An assertion sees the neighbours: a secret in the file, a placeholder
/// in the line, and then the file's miss would tell them apart. Only the escapes listed here are known to assert nothing.
fn is_free_of_assertions(pattern: &str) -> bool {
    let mut rest = pattern.chars();
    while let Some(character) = rest.next() {
        let harmless = match character {
            '^' | '$' => false,
            '\\' => rest.next().is_some_and(|escaped| {
                matches!(
                    escaped,
                    'd' | 'D' | 's' | 'S' | 'w' | 'W' | 'p' | 'P' | 'x' | 'u' | 'U' | 't' | 'n' | 'r'
                ) || (escaped.is_ascii_punctuation() && !matches!(escaped, '<' | '>'))
            }),
            _ => true,
        };
        if !harmless {
            return false;
        }
    }
    true
}

impl Plan for GrepPlan {
    fn accesses(&self) -> Vec<Access> {
        self.place.accesses(&place::paths_of(None))
    }

    fn run(&self, repositories: &Repositories, context: &ExecContext) -> Result<RawOutput, ToolError> {
        let view = View::open(context, repositories, &self.place)?;
        if self.reference.is_none() {
            view.repository().work_tree()?;
        }
        let commit = self.reference.as_ref().map(|named| revision::resolve(&view, named)).transpose()?;
        let mut page = Page::new(self.max_matches, self.cursor);
        let (mut searched, mut skipped) = (0_u64, 0_u64);
        let reached = collect::files(&view, commit, None, &mut |found| {
            let wanted = matches!(found.kind, EntryKind::Blob | EntryKind::BlobExecutable)
                && self.glob.as_ref().is_none_or(|glob| glob.matches(&collect::shown(&view, &found.path)));
            if !wanted || !view.admits(&found.path) {
                return Ok(ControlFlow::Continue(()));
            }
            view.checkpoint()?;
            let Some(bytes) = self.read(&view, &found)? else {
                skipped += 1;
                return Ok(ControlFlow::Continue(()));
            };
            searched += 1;
            view.report(searched, None, "files searched");
            Ok(self.search(&view, &found.path, &bytes, &mut page))
        })?;
        if reached == Reached::Limit {
            page.cut();
        }
        let mut fields = fields(&self.place);
        let truncated = page.finish("matches", &mut fields);
        fields.insert("files_searched".into(), searched.into());
        fields.insert("files_skipped".into(), skipped.into());
        view.finish(fields, truncated)
    }
}

impl GrepPlan {
    /// The file's bytes; nothing if it is gone, no regular file, too large or no text.
    fn read(&self, view: &View<'_>, found: &Found) -> Result<Option<Vec<u8>>, ToolError> {
        let bytes = match &self.reference {
            Some(_) => blob(view, found.id, SEARCHED_BYTES),
            None => bytes_in_work_tree(view, &found.path, SEARCHED_BYTES),
        };
        match bytes {
            Ok(bytes) => Ok(Some(bytes).filter(|bytes| !is_binary(bytes))),
            Err(ToolError::Unavailable { what, source }) => Err(ToolError::Unavailable { what, source }),
            Err(_) => Ok(None),
        }
    }

    fn search(&self, view: &View<'_>, path: &RelPath, bytes: &[u8], page: &mut Page) -> ControlFlow<()> {
        if let Some(prefilter) = &self.prefilter
            && !prefilter.is_match(&String::from_utf8_lossy(bytes))
        {
            return ControlFlow::Continue(());
        }
        let text = view.mask(bytes);
        for index in 0..text.line_count() {
            let Some(line) = text.line(index).filter(|line| self.hits(line)) else {
                continue;
            };
            if page.passes() {
                continue;
            }
            let shown = fitting(&line.text, LINE_BYTES);
            let item = json!({ "path": path.as_str(), "line": index + 1, "text": shown });
            if !page.push(item) {
                return ControlFlow::Break(());
            }
            view.count_redactions(line.covered.len() as u64);
        }
        ControlFlow::Continue(())
    }

    /// Whether the pattern is found in the line beside its placeholders.
    fn hits(&self, line: &MaskedLine<'_>) -> bool {
        let text = line.text.strip_suffix('\r').unwrap_or(&line.text);
        if line.covered.is_empty() {
            return self.pattern.is_match(text);
        }
        self.pattern.find_iter(text).any(|hit| {
            !line.covered.iter().any(|covered| hit.start() < covered.end && covered.start < hit.end())
        })
    }
}
