//! `git_log`: history, newest first, a page at a time. The cursor is the last commit of a page; it only continues a walk that
//! starts at the judged reference, so it cannot reach commits that the reference does not.

use gitoma_confine::{RelPath, Revision};
use gitoma_core::policy::Access;
use gitoma_core::{ArgError, ExecContext, RawOutput, ToolError};
use gix::ObjectId;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::budget::Items;
use crate::commit;
use crate::instant::{self, DayEnd};
use crate::page;
use crate::place::{self, Place};
use crate::query::{Arguments, Plan};
use crate::repositories::Repositories;
use crate::revision;
use crate::shape::Fields;
use crate::view::{self, View, fields};
use crate::walk::Walk;

/// The longest author pattern, in bytes.
const AUTHOR_BYTES: usize = 200;
/// How many commits in a row may be older than `since` before the walk ends; clocks of committers differ a little.
const CLOCK_SKEW_COMMITS: usize = 100;

/// Arguments of `git_log`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Log {
    /// Alias of the repository, as `repo_list` shows it.
    repo: String,
    /// Where to start: a branch, a tag, a commit id of at least 7 digits or `HEAD`, with `~N` or `^N`. Default `HEAD`.
    #[serde(rename = "ref")]
    reference: Option<String>,
    /// Only commits that changed this file or directory. Renames are not followed.
    path: Option<String>,
    /// Only commits whose author's name or email contains this text, in any case.
    #[schemars(length(min = 1, max = 200))]
    author: Option<String>,
    /// Only commits at or after this time: RFC 3339, or a date like 2026-01-31 (UTC).
    since: Option<String>,
    /// Only commits at or before this time: RFC 3339, or a date (UTC, to its end).
    until: Option<String>,
    /// How many commits to return. Default 50.
    #[schemars(range(min = 1, max = 1000))]
    max_count: Option<u32>,
    /// Continues a previous call with the same arguments: its `next_cursor`.
    #[schemars(length(min = 40, max = 40))]
    cursor: Option<String>,
}

/// A parsed `git_log`.
pub(crate) struct LogPlan {
    place: Place,
    reference: Option<Revision>,
    path: Option<RelPath>,
    author: Option<String>,
    since: i64,
    until: i64,
    max_count: usize,
    cursor: Option<ObjectId>,
}

impl Arguments for Log {
    type Plan = LogPlan;

    fn result() -> Fields {
        view::shape().and(page::shape("commits", commit::shape()))
    }

    fn check(self) -> Result<LogPlan, ArgError> {
        let reference = place::optional_revision("ref", self.reference.as_deref())?;
        let author = self.author.map(|text| match text.len() {
            1..=AUTHOR_BYTES => Ok(text.to_lowercase()),
            _ => Err(ArgError::invalid("author", "text of 1 to 200 bytes")),
        });
        let cursor = self.cursor.map(|text| {
            ObjectId::from_hex(text.as_bytes())
                .map_err(|_| ArgError::invalid("cursor", "the `next_cursor` of a previous call"))
        });
        let since = self.since.map(|text| instant::parse("since", &text, DayEnd::First)).transpose()?;
        let until = self.until.map(|text| instant::parse("until", &text, DayEnd::Last)).transpose()?;
        Ok(LogPlan {
            place: Place::at(&self.repo, [reference.as_ref()])?,
            reference,
            path: place::optional_path(self.path.as_deref())?,
            author: author.transpose()?,
            since: since.unwrap_or(i64::MIN),
            until: until.unwrap_or(i64::MAX),
            max_count: place::within("max_count", self.max_count.unwrap_or(50), 1..=1000)? as usize,
            cursor: cursor.transpose()?,
        })
    }
}

impl Plan for LogPlan {
    fn accesses(&self) -> Vec<Access> {
        self.place.accesses(&place::paths_of(self.path.as_ref()))
    }

    fn run(&self, repositories: &Repositories, context: &ExecContext) -> Result<RawOutput, ToolError> {
        let view = View::open(context, repositories, &self.place)?;
        let mut items = Items::new(self.max_count);
        let mut last = None;
        if let Some(tip) = revision::resolve_or_head(&view, self.reference.as_ref())? {
            let mut walk = Walk::new(&view, tip, self.path.clone())?;
            self.skip_to_cursor(&mut walk)?;
            let mut too_old = 0;
            while let Some(visited) = walk.next()? {
                if visited.time < self.since {
                    too_old += 1;
                    if too_old > CLOCK_SKEW_COMMITS {
                        break;
                    }
                    continue;
                }
                too_old = 0;
                if visited.time > self.until || !self.wants_author(&view, &visited.commit) {
                    continue;
                }
                if items.is_full() || !items.push(commit::show(&view, &visited.commit)) {
                    items.cut();
                    break;
                }
                last = Some(visited.commit.id);
            }
        }
        let (commits, truncated) = items.finish();
        let mut fields = fields(&self.place);
        fields.insert("commits".into(), commits);
        if let Some(last) = last.filter(|_| truncated) {
            fields.insert(page::NEXT.into(), last.to_string().into());
        }
        view.finish(fields, truncated)
    }
}

impl LogPlan {
    fn skip_to_cursor(&self, walk: &mut Walk<'_>) -> Result<(), ToolError> {
        let Some(cursor) = self.cursor else {
            return Ok(());
        };
        while let Some(visited) = walk.next()? {
            if visited.commit.id == cursor {
                return Ok(());
            }
        }
        Err(ToolError::Unsuitable {
            reason: "the cursor does not belong to this history; start without it".into(),
        })
    }

    /// The author as it would be shown decides, so that a search cannot ask about what is redacted.
    fn wants_author(&self, view: &View<'_>, commit: &gix::Commit<'_>) -> bool {
        let Some(wanted) = &self.author else {
            return true;
        };
        let author =
            commit.author().map(|author| format!("{} <{}>", author.name, author.email)).unwrap_or_default();
        view.context().redactor().redact(&author).text.to_lowercase().contains(wanted)
    }
}
