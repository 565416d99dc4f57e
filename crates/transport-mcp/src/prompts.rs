//! Texts for tasks that people begin with, to be filled in and given to a model. A prompt names tools of the gateway, and is there for
//! whoever has each of them. What was filled in stands in the text as data: in one JSON object, of characters that cannot leave it.

use gitoma_core::ToolSpec;
use rmcp::model::{
    ErrorData, GetPromptRequestParams, GetPromptResult, ListPromptsResult, PaginatedRequestParams, Prompt,
    PromptMessage, Role,
};
use rmcp::service::{RequestContext, RoleServer};
use serde_json::{Map, Value};

use crate::answer;
use crate::server::Server;

mod argument;
pub(crate) mod codes;
#[cfg(feature = "conformance-fixtures")]
mod fixtures;
mod texts;

pub(crate) use argument::{Argument, Kind};
#[cfg(feature = "conformance-fixtures")]
pub(crate) use fixtures::{are_fixtures_offered, offer_fixtures};

/// A prompt as it is offered.
pub(crate) struct Template {
    pub(crate) name: &'static str,
    title: &'static str,
    description: &'static str,
    /// The tools that its text has a model call.
    pub(crate) tools: &'static [&'static str],
    pub(crate) arguments: &'static [Argument],
    /// The text around what was filled in, which [`texts::filled`] shows.
    text: fn(&Map<String, Value>) -> String,
}

const REPOSITORY: Argument =
    Argument::required("repo", Kind::Alias, "Alias of the repository, as `repo_list` shows it");

/// All prompts, in alphabetical order.
const TEMPLATES: [Template; 3] = [
    Template {
        name: "explain_denial",
        title: "Explain a refusal",
        description: "Explains why Gitoma refused a call, and what can be done about it, from what the refusal said",
        tools: &[],
        arguments: &[
            Argument::required("code", Kind::Code, "The `code` of the refusal, such as `path_denied`"),
            Argument::optional("rule", Kind::Name, "The `id` of the first of its `rules`, if it has any"),
            Argument::optional("error_id", Kind::CallId, "Its `error_id`"),
            Argument::optional("message", Kind::Text, "Its `message`, in one line"),
        ],
        text: texts::explain_denial,
    },
    Template {
        name: "explore_repository",
        title: "Explore a repository",
        description: "Has a repository explained that is new to you: what it is for, how it is built, where things are",
        tools: &["git_grep", "git_log", "repo_info", "repo_read_file", "repo_tree"],
        arguments: &[REPOSITORY],
        text: texts::explore_repository,
    },
    Template {
        name: "review_branch",
        title: "Review a branch",
        description: "Has the changes of a branch reviewed against another: faults, risks and what is missing, each with its place",
        tools: &["git_diff", "git_grep", "git_log", "repo_info", "repo_read_file"],
        arguments: &[
            REPOSITORY,
            Argument::required("branch", Kind::Branch, "The branch that has the changes"),
            Argument::optional(
                "base",
                Kind::Branch,
                "The branch it is to go into; without it, the one that is checked out",
            ),
        ],
        text: texts::review_branch,
    },
];

/// All that there are.
fn all() -> impl Iterator<Item = &'static Template> {
    const ALL: &[Template] = &TEMPLATES;
    let all = ALL.iter();
    #[cfg(feature = "conformance-fixtures")]
    let all = all.chain(fixtures::offered());
    all
}

/// The prompt `name`, if there is one.
pub(crate) fn find(name: &str) -> Option<&'static Template> {
    all().find(|template| template.name == name)
}

/// What is said of a prompt that there is not, and of one that the caller has not the tools for.
pub(crate) fn unknown() -> ErrorData {
    ErrorData::invalid_params("unknown prompt", None)
}

/// The prompts whose tools the caller has.
pub(crate) async fn list(
    server: &Server,
    request: Option<PaginatedRequestParams>,
    context: &RequestContext<RoleServer>,
) -> Result<ListPromptsResult, ErrorData> {
    let tools = server.tools(context).await?;
    answer::require_no_cursor(request.as_ref())?;
    Ok(ListPromptsResult::with_all_items(among(&tools).map(describe).collect()))
}

/// The prompts whose tools are among `tools`.
pub(crate) fn among(tools: &[ToolSpec]) -> impl Iterator<Item = &'static Template> {
    let has = |name: &str| tools.iter().any(|tool| tool.name == name);
    all().filter(move |template| template.tools.iter().all(|tool| has(tool)))
}

fn describe(template: &Template) -> Prompt {
    let arguments = template.arguments.iter().map(Argument::describe).collect();
    Prompt::new(template.name, Some(template.description), Some(arguments)).with_title(template.title)
}

/// The text of a prompt, filled in.
pub(crate) async fn get(
    server: &Server,
    request: GetPromptRequestParams,
    context: &RequestContext<RoleServer>,
) -> Result<GetPromptResult, ErrorData> {
    let tools = server.tools(context).await?;
    let template = among(&tools).find(|template| template.name == request.name).ok_or_else(unknown)?;
    let filled = argument::check(template.arguments, request.arguments.unwrap_or_default())
        .map_err(|wrong| ErrorData::invalid_params(wrong, None))?;
    let text = server.gateway().clean(&(template.text)(&filled));
    let message = PromptMessage::new_text(Role::User, text);
    Ok(GetPromptResult::new(vec![message]).with_description(template.description))
}

#[cfg(test)]
mod tests;
