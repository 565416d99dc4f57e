//! `git_blame`: for each run of lines, the commit that last changed it. Renames are followed; the former name is shown only if
//! policy lets the caller see it. How much of history is looked at has limits, so that no file keeps a worker for long.

use std::collections::HashMap;

use gitoma_confine::{RelPath, Revision};
use gitoma_core::policy::Access;
use gitoma_core::{ArgError, ExecContext, RawOutput, ToolError};
use gix::ObjectId;
use gix::blame::{BlameRanges, Options, Outcome, Start};
use gix::diff::Rewrites;
use gix::diff::blob::Algorithm;
use gix::diff::blob::pipeline::{Mode, WorktreeRoots};
use gix::worktree::stack::state::attributes::Source;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::budget::Items;
use crate::commit;
use crate::content::at_commit;
use crate::extent::{BlobLimits, Bounded, MAX_ENTRIES};
use crate::masked::{MaskedText, is_binary};
use crate::object::unavailable;
use crate::patch::lines;
use crate::place::{self, Place};
use crate::query::{Arguments, Plan};
use crate::repositories::Repositories;
use crate::revision;
use crate::shape::{Fields, Shape};
use crate::view::{self, View, fields};

/// How many runs of lines are shown.
const MAX_RUNS: usize = 5_000;
/// What the file and its versions may have. The engine looks at the clock once for each object, so these bound how long it
/// may go on afterwards: it compares two versions, or a removed file with an added one, without looking.
const VERSIONS: BlobLimits = BlobLimits {
    bytes: 512 * 1024,
    lines: 20_000,
    lines_a_commit: 100_000,
    // It keeps all of them until the end.
    total_bytes: 256 * 1024 * 1024,
};
/// Removed times added files are compared by content up to the square of this.
const RENAME_LIMIT: usize = 16;
/// Directory entries of a commit among which a former name is looked for.
const RENAME_ENTRIES: u64 = 50_000;

/// Arguments of `git_blame`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Blame {
    /// Alias of the repository, as `repo_list` shows it.
    repo: String,
    /// The file, from the repository's root.
    path: String,
    /// The commit to look at: a branch, a tag, a commit id of at least 7 digits or `HEAD`, with `~N` or `^N`. Default `HEAD`.
    #[serde(rename = "ref")]
    reference: Option<String>,
    /// First line, from 1. Default 1.
    #[schemars(range(min = 1, max = 10_000_000))]
    start_line: Option<u32>,
    /// Last line, included. Default the last of the file.
    #[schemars(range(min = 1, max = 10_000_000))]
    end_line: Option<u32>,
}

/// A parsed `git_blame`.
pub(crate) struct BlamePlan {
    place: Place,
    reference: Option<Revision>,
    path: RelPath,
    start_line: u32,
    end_line: Option<u32>,
}

impl Arguments for Blame {
    type Plan = BlamePlan;
    const HEAVY: bool = true;

    fn result() -> Fields {
        view::shape()
            .required("path", Shape::text())
            .required("commit", Shape::text())
            .required("total_lines", Shape::count())
            .required("runs", Shape::list(run_shape()))
    }

    fn check(self) -> Result<BlamePlan, ArgError> {
        let reference = place::optional_revision("ref", self.reference.as_deref())?;
        let start_line = place::within("start_line", self.start_line.unwrap_or(1), 1..=10_000_000)?;
        let end_line =
            self.end_line.map(|line| place::within("end_line", line, start_line..=10_000_000)).transpose()?;
        Ok(BlamePlan {
            place: Place::at(&self.repo, [reference.as_ref()])?,
            reference,
            path: place::path("path", &self.path)?,
            start_line,
            end_line,
        })
    }
}

impl Plan for BlamePlan {
    fn accesses(&self) -> Vec<Access> {
        self.place.accesses(&place::paths_of(Some(&self.path)))
    }

    fn run(&self, repositories: &Repositories, context: &ExecContext) -> Result<RawOutput, ToolError> {
        let view = View::open(context, repositories, &self.place)?;
        let tip = revision::resolve_or_head(&view, self.reference.as_ref())?;
        let tip = tip.ok_or(ToolError::NotFound { what: "revision" })?;
        let content = at_commit(&view, tip, &self.path)?;
        check_size(&content.bytes)?;
        let text = view.mask(&content.bytes);
        let total = u32::try_from(text.line_count()).unwrap_or(u32::MAX);
        let end = self.end_line.unwrap_or(total).min(total);
        let mut fields = fields(&self.place);
        fields.insert("path".into(), self.path.as_str().into());
        fields.insert("commit".into(), tip.to_string().into());
        fields.insert("total_lines".into(), total.into());
        let (runs, truncated) = if self.start_line > end {
            (Value::Array(Vec::new()), false)
        } else {
            self.runs(&view, tip, end, &text)?
        };
        fields.insert("runs".into(), runs);
        view.finish(fields, truncated)
    }
}

impl BlamePlan {
    fn runs(
        &self,
        view: &View<'_>,
        tip: ObjectId,
        end: u32,
        text: &MaskedText,
    ) -> Result<(Value, bool), ToolError> {
        let ranges = BlameRanges::from_one_based_inclusive_range(self.start_line..=end)
            .map_err(unavailable("file"))?;
        let outcome = match follow(view, tip, &self.path, ranges.clone(), true) {
            // A commit with so many files: then without looking among them for the file's former name.
            Err(ToolError::Unsuitable { .. }) => follow(view, tip, &self.path, ranges, false)?,
            outcome => outcome?,
        };
        let mut items = Items::new(MAX_RUNS);
        let mut commits: HashMap<ObjectId, Map<String, Value>> = HashMap::new();
        let mut former: HashMap<Vec<u8>, Option<RelPath>> = HashMap::new();
        for entry in &outcome.entries {
            view.checkpoint()?;
            let mut run = match commits.get(&entry.commit_id) {
                Some(known) => known.clone(),
                None => {
                    let described = describe(view, entry.commit_id)?;
                    commits.insert(entry.commit_id, described.clone());
                    described
                }
            };
            if let Some(name) = &entry.source_file_name {
                let source = former.entry(name.to_vec()).or_insert_with(|| view.found(name));
                if let Some(source) = source {
                    run.insert("source_path".into(), source.as_str().into());
                }
            }
            let range = entry.range_in_blamed_file();
            run.insert("source_start_line".into(), (entry.start_in_source_file + 1).into());
            run.insert("start_line".into(), (range.start + 1).into());
            run.insert("end_line".into(), range.end.into());
            let mut content = String::new();
            for line in range.filter_map(|index| text.line(index)) {
                view.count_redactions(line.covered.len() as u64);
                content.push_str(&line.text);
                content.push('\n');
            }
            run.insert("content".into(), content.into());
            if !items.push(Value::Object(run)) {
                break;
            }
        }
        Ok(items.finish())
    }
}

/// What a run of lines is.
fn run_shape() -> Fields {
    described()
        .optional("source_path", Shape::text().described("Its former name."))
        .required("source_start_line", Shape::count().described("In that commit."))
        .required("start_line", Shape::count())
        .required("end_line", Shape::count())
        .required("content", Shape::text())
}

/// Refuses a file that would take too long: each of its versions is compared with the one before.
fn check_size(bytes: &[u8]) -> Result<(), ToolError> {
    if is_binary(bytes) {
        return Err(ToolError::Unsuitable { reason: "the file is not text".into() });
    }
    if bytes.len() as u64 > VERSIONS.bytes {
        return Err(ToolError::TooLarge { what: "the file", limit: VERSIONS.bytes });
    }
    if lines(bytes) > VERSIONS.lines {
        return Err(ToolError::Unsuitable {
            reason: "the file has more than 20,000 lines, which is too many for git_blame".into(),
        });
    }
    Ok(())
}

/// Asks the engine, over objects that stop it in time. With `renames`, it also looks for the file's former names.
fn follow(
    view: &View<'_>,
    tip: ObjectId,
    path: &RelPath,
    ranges: BlameRanges,
    renames: bool,
) -> Result<Outcome, ToolError> {
    let engine = view.engine();
    // No index: what it says of attributes does not matter here, and without an index file one would be made.
    let nothing = gix::index::State::new(engine.object_hash());
    let attributes =
        engine.attributes_only(&nothing, Source::IdMapping).map_err(unavailable("file"))?.detach();
    let mut versions = gix::diff::resource_cache(engine, Mode::ToGit, attributes, WorktreeRoots::default())
        .map_err(unavailable("file"))?;
    versions.filter.options.large_file_threshold_bytes = VERSIONS.bytes;
    let objects = Bounded::new(engine, view.context()).with_blobs(VERSIONS).with_entries(if renames {
        RENAME_ENTRIES
    } else {
        MAX_ENTRIES
    });
    let options = Options {
        diff_algorithm: Algorithm::Myers,
        ranges,
        // Without them, a quarter of the lines of a renamed file go to the rename.
        rewrites: renames.then(|| Rewrites { limit: RENAME_LIMIT, ..Rewrites::default() }),
        ..Options::default()
    };
    // No commit graph, which would hide the commits from the objects' count.
    let start = Start::Commit(tip);
    let outcome = gix::blame::file(&objects, start, None, &mut versions, path.as_str().into(), options);
    objects.settle(outcome, "file")
}

fn describe(view: &View<'_>, id: ObjectId) -> Result<Map<String, Value>, ToolError> {
    let found = view.engine().find_commit(id).map_err(unavailable("object"))?;
    let mut run = Map::new();
    run.insert("commit".into(), id.to_string().into());
    run.insert("author".into(), commit::author(view, &found).into());
    run.insert("authored_at".into(), commit::time(found.author().ok()).into());
    run.insert("summary".into(), commit::summary(view, &found).into());
    Ok(run)
}

/// What [`describe`] makes.
fn described() -> Fields {
    Fields::new()
        .required("commit", Shape::text())
        .required("author", Shape::text())
        .required("authored_at", Shape::text().or_null())
        .required("summary", Shape::text())
}
