//! `git_blame`: for each run of lines, the commit that last changed it. Renames are followed; the former name is shown only if
//! policy lets the caller see it.

use std::collections::HashMap;

use gitoma_confine::{RelPath, Revision};
use gitoma_core::policy::Access;
use gitoma_core::{ArgError, ExecContext, RawOutput, ToolError};
use gix::ObjectId;
use gix::diff::Rewrites;
use gix::repository::blame_file::Options;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::budget::Items;
use crate::commit;
use crate::content::at_commit;
use crate::masked::{MaskedText, is_binary};
use crate::object::unavailable;
use crate::place::{self, Place};
use crate::query::{Arguments, Plan};
use crate::repositories::Repositories;
use crate::revision;
use crate::view::{View, fields};

/// How many runs of lines are shown.
const MAX_RUNS: usize = 5_000;

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
        if is_binary(&content.bytes) {
            return Err(ToolError::Unsuitable { reason: "the file is not text".into() });
        }
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
        let ranges = gix::blame::BlameRanges::from_one_based_inclusive_range(self.start_line..=end)
            .map_err(unavailable("file"))?;
        let options = Options {
            diff_algorithm: Some(gix::diff::blob::Algorithm::Myers),
            ranges,
            since: None,
            // Without them, a quarter of the lines of a renamed file go to the rename.
            rewrites: Some(Rewrites::default()),
        };
        let outcome =
            view.engine().blame_file(self.path.as_str().into(), tip, options).map_err(unavailable("file"))?;
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

fn describe(view: &View<'_>, id: ObjectId) -> Result<Map<String, Value>, ToolError> {
    let found = view.engine().find_commit(id).map_err(unavailable("object"))?;
    let mut run = Map::new();
    run.insert("commit".into(), id.to_string().into());
    run.insert("author".into(), commit::author(view, &found).into());
    run.insert("authored_at".into(), commit::time(found.author().ok()).into());
    run.insert("summary".into(), commit::summary(view, &found).into());
    Ok(run)
}
