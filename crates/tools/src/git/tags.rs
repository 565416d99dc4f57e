//! `git_tags`: tags with the commit they name, each judged by its name before it is shown.

use gitoma_confine::RefName;
use gitoma_core::policy::Access;
use gitoma_core::{ArgError, ExecContext, RawOutput, ToolError};
use gix::objs::Kind;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::commit;
use crate::object::unavailable;
use crate::page::{self, Cursor, Page};
use crate::place::{self, Place};
use crate::query::{Arguments, Plan};
use crate::repositories::Repositories;
use crate::revision::peel_to_commit;
use crate::shape::{Fields, Shape};
use crate::view::{self, View, fields};

/// How many tags are shown.
const MAX_TAGS: usize = 2_000;

/// Arguments of `git_tags`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Tags {
    /// Alias of the repository, as `repo_list` shows it.
    repo: String,
    /// Continues a previous call with the same arguments: its `next_cursor`.
    #[schemars(length(max = 4096))]
    cursor: Option<String>,
}

/// A parsed `git_tags`.
pub(crate) struct TagsPlan {
    place: Place,
    cursor: Cursor,
}

impl Arguments for Tags {
    type Plan = TagsPlan;

    fn result() -> Fields {
        view::shape().and(page::shape("tags", described()))
    }

    fn check(self) -> Result<TagsPlan, ArgError> {
        Ok(TagsPlan { place: Place::new(&self.repo)?, cursor: Cursor::parse(self.cursor.as_deref())? })
    }
}

impl Plan for TagsPlan {
    fn accesses(&self) -> Vec<Access> {
        self.place.accesses(&place::paths_of(None))
    }

    fn run(&self, repositories: &Repositories, context: &ExecContext) -> Result<RawOutput, ToolError> {
        let view = View::open(context, repositories, &self.place)?;
        let references = view.engine().references().map_err(unavailable("reference"))?;
        let mut page = Page::new(MAX_TAGS, self.cursor);
        for reference in references.tags().map_err(unavailable("reference"))? {
            view.checkpoint()?;
            let Ok(reference) = reference else {
                view.omit();
                continue;
            };
            let full: &[u8] = reference.name().as_bstr();
            let Some(Ok(name)) = full.strip_prefix(b"refs/tags/".as_slice()).map(RefName::from_git_bytes)
            else {
                view.omit();
                continue;
            };
            if !view.admits_reference(name.as_str()) {
                continue;
            }
            let Some(tag) = describe(&view, &name, reference) else {
                view.omit();
                continue;
            };
            if !page.passes() && !page.push(tag) {
                break;
            }
        }
        let mut fields = fields(&self.place);
        let truncated = page.finish("tags", &mut fields);
        view.finish(fields, truncated)
    }
}

/// The tag as a result shows it; nothing if it cannot be read, which is no reason to hide the others, or if it names no
/// commit, since trees and blobs are read by path alone.
fn describe(view: &View<'_>, name: &RefName, mut reference: gix::Reference<'_>) -> Option<Value> {
    let target = reference.follow_to_object().ok()?.detach();
    let commit = peel_to_commit(view, target).ok()?;
    let mut fields = Map::new();
    fields.insert("name".into(), name.as_str().into());
    fields.insert("commit".into(), commit.to_string().into());
    let object = view.engine().find_object(target).ok()?;
    fields.insert("annotated".into(), (object.kind == Kind::Tag).into());
    if object.kind == Kind::Tag {
        let tag = object.into_tag();
        let tag = tag.decode().ok()?;
        let (message, cut) = commit::message(view, tag.message);
        if let Ok(Some(tagger)) = tag.tagger() {
            fields.insert("tagger".into(), commit::person(view, &tagger).into());
            fields.insert("tagged_at".into(), commit::time(Some(tagger)).into());
        }
        fields.insert("message".into(), message.into());
        if cut {
            fields.insert("message_truncated".into(), true.into());
        }
    }
    Some(Value::Object(fields))
}

/// What [`describe`] makes.
fn described() -> Fields {
    Fields::new()
        .required("name", Shape::text())
        .required("commit", Shape::text())
        .required("annotated", Shape::flag().described("Only then there are tagger and message."))
        .optional("tagger", Shape::text())
        .optional("tagged_at", Shape::text().or_null())
        .optional("message", Shape::text())
        .optional("message_truncated", Shape::flag())
}
