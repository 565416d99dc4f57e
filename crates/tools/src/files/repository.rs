//! `repo_list` and `repo_info`: which repositories there are and what state each is in. Neither shows where a repository lies
//! or what its remotes are called by address: both may carry what nobody should read.

use std::collections::BTreeSet;

use gitoma_confine::RefName;
use gitoma_core::policy::{Access, Paths};
use gitoma_core::{ArgError, ExecContext, RawOutput, ToolError};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::budget::Items;
use crate::commit;
use crate::object::unavailable;
use crate::place::{self, Place};
use crate::query::{Arguments, Plan};
use crate::repositories::{Repositories, Repository};
use crate::revision;
use crate::shape::{Fields, Shape};
use crate::view::{self, View, fields};

/// How many repositories are shown.
const MAX_REPOSITORIES: usize = 1_000;
/// How many remotes are shown.
const MAX_REMOTES: usize = 100;

/// Arguments of `repo_list`: none.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct List {}

/// A parsed `repo_list`.
pub(crate) struct ListPlan;

impl Arguments for List {
    type Plan = ListPlan;

    fn result() -> Fields {
        let repository = Fields::new()
            .required("repo", Shape::text())
            .required("branch", Shape::text().or_null())
            .required("bare", Shape::flag());
        Fields::new().required("repositories", Shape::list(repository))
    }

    fn check(self) -> Result<ListPlan, ArgError> {
        Ok(ListPlan)
    }
}

impl Plan for ListPlan {
    fn accesses(&self) -> Vec<Access> {
        Vec::new()
    }

    fn run(&self, repositories: &Repositories, context: &ExecContext) -> Result<RawOutput, ToolError> {
        let mut items = Items::new(MAX_REPOSITORIES);
        let mut omitted = 0_u64;
        for repository in repositories.iter() {
            context.checkpoint()?;
            let place = Place::new(repository.alias())
                .map_err(|_| unavailable("repository")("its alias is no name"))?;
            if !context.admits(&place.access(None, Paths::Discovered)) {
                omitted += 1;
                continue;
            }
            let item = json!({ "repo": &**repository.alias(), "branch": branch(repository), "bare": repository.is_bare() });
            if !items.push(item) {
                break;
            }
        }
        let (repositories, truncated) = items.finish();
        let value = json!({ "repositories": repositories, "truncated": truncated, "omitted": omitted });
        Ok(RawOutput::new(value).truncated(truncated))
    }
}

/// The checked-out branch, if one is.
fn branch(repository: &Repository) -> Option<String> {
    let name = repository.engine().head_name().ok().flatten()?;
    Some(name.shorten().to_string())
}

/// Arguments of `repo_info`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Info {
    /// Alias of the repository, as `repo_list` shows it.
    repo: String,
}

/// A parsed `repo_info`.
pub(crate) struct InfoPlan {
    place: Place,
}

impl Arguments for Info {
    type Plan = InfoPlan;

    fn result() -> Fields {
        view::shape()
            .required("branch", Shape::text().or_null())
            .required("bare", Shape::flag())
            .required("shallow", Shape::flag())
            .required("object_format", Shape::text())
            .required("head", Shape::from(commit::shape()).or_null())
            .required("branches", Shape::count())
            .required("tags", Shape::count())
            .required("remotes", Shape::list(Shape::text()))
    }

    fn check(self) -> Result<InfoPlan, ArgError> {
        Ok(InfoPlan { place: Place::new(&self.repo)? })
    }
}

impl Plan for InfoPlan {
    fn accesses(&self) -> Vec<Access> {
        self.place.accesses(&place::paths_of(None))
    }

    fn run(&self, repositories: &Repositories, context: &ExecContext) -> Result<RawOutput, ToolError> {
        let view = View::open(context, repositories, &self.place)?;
        let engine = view.engine();
        let head = revision::head(&view)?;
        let mut fields = fields(&self.place);
        fields.insert("branch".into(), branch(view.repository()).into());
        fields.insert("bare".into(), view.repository().is_bare().into());
        fields.insert("shallow".into(), engine.is_shallow().unwrap_or(false).into());
        fields.insert("object_format".into(), engine.object_hash().to_string().into());
        fields.insert("head".into(), head.map(|id| commit::describe(&view, id)).transpose()?.into());
        let references = engine.references().map_err(unavailable("reference"))?;
        let branches = references.local_branches().map_err(unavailable("reference"))?.count();
        let tags = references.tags().map_err(unavailable("reference"))?.count();
        fields.insert("branches".into(), branches.into());
        fields.insert("tags".into(), tags.into());
        fields.insert("remotes".into(), remotes(engine).into());
        view.finish(fields, false)
    }
}

/// The names of remotes, as far as they are names. The repository's configuration is not trusted, so that nothing is done with
/// them but showing them.
fn remotes(engine: &gix::Repository) -> Vec<Value> {
    let config = engine.config_snapshot();
    let sections = config.plumbing().sections_by_name("remote").into_iter().flatten();
    let names: BTreeSet<RefName> = sections
        .filter_map(|section| {
            section.header().subsection_name().and_then(|name| RefName::from_git_bytes(name).ok())
        })
        .collect();
    names.iter().take(MAX_REMOTES).map(|name| name.as_str().into()).collect()
}
