//! Values for what somebody is typing: parts of a resource's address, and arguments of prompts. Paths and branches are what a tool of the
//! gateway tells this caller, one call a request, which is charged and recorded like any other; repositories are those that the caller could
//! call one on. So nothing is offered that the caller could not list, and of what is refused no more is said than of what does not exist.
//! Nobody is asked to approve what somebody types.

use gitoma_core::redact::PLACEHOLDER;
use gitoma_core::{RawArgs, RefusalKind};
use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};
use rmcp::model::{CompleteRequestParams, CompleteResult, CompletionInfo, ErrorData, Reference};
use rmcp::service::{RequestContext, RoleServer};
use serde_json::{Map, Value};

use crate::answer::{self, Category};
use crate::prompts::{self, Kind, codes};
use crate::resources::{LIST_FOLDER, READ_FILE, TEMPLATE};
use crate::server::{Refused, Server};

/// The tool that lists branches.
const LIST_BRANCHES: &str = "git_branch";
/// The tool that describes a repository, which prompts about one begin with.
const DESCRIBE: &str = "repo_info";
/// The longest beginning of a value, in bytes: that of the longest path.
const MAX_BYTES: usize = 4_096;
/// What the template's expansion leaves as it is, and an address must not have in its path (RFC 6570 §3.2.3).
const LEFT: &AsciiSet = &CONTROLS.add(b'%').add(b'#').add(b'?');

/// What there is to choose from.
enum Source<'r> {
    /// The repositories that a tool could be called on.
    Aliases {
        tool: &'static str,
    },
    /// What lies in the folder of a repository that the value has come to.
    Paths {
        alias: &'r str,
        reference: Option<&'r str>,
    },
    Branches {
        alias: &'r str,
    },
    Codes,
    /// Nobody can say.
    Nothing,
}

/// The values that begin with what was typed.
pub(crate) async fn complete(
    server: &Server,
    request: &CompleteRequestParams,
    context: &RequestContext<RoleServer>,
) -> Result<CompleteResult, ErrorData> {
    let typed = &request.argument.value;
    let source = match source(server, request) {
        Ok(_) if typed.len() > MAX_BYTES => Err(ErrorData::invalid_params("the value is too long", None)),
        source => source,
    };
    let (tool, arguments) = match source {
        Ok(Source::Aliases { tool }) => {
            let aliases = server.repositories(tool, context).await?;
            return chosen(aliases.into_iter(), typed, false);
        }
        Ok(Source::Paths { alias, reference }) => match folder(typed) {
            Some(folder) => {
                (LIST_FOLDER, named([("repo", Some(alias)), ("path", folder.as_deref()), ("ref", reference)]))
            }
            None => return none(server, context).await,
        },
        Ok(Source::Branches { alias }) => {
            (LIST_BRANCHES, named([("repo", Some(alias)), ("path", None), ("ref", None)]))
        }
        Ok(Source::Codes) => {
            server.tools(context).await?;
            return chosen(codes::CODES.iter().map(|code| code.code.to_owned()), typed, false);
        }
        Ok(Source::Nothing) => return none(server, context).await,
        Err(unknown) => {
            server.tools(context).await?;
            return Err(unknown);
        }
    };
    match server.ask_in_passing(tool, RawArgs::Object(arguments), context).await {
        Ok(reply) => chosen(values(tool, reply.result.as_value()).into_iter(), typed, reply.truncated),
        Err(refused) => refusal(&refused),
    }
}

/// What `request` is about.
fn source<'r>(server: &Server, request: &'r CompleteRequestParams) -> Result<Source<'r>, ErrorData> {
    let given = |name: &str| request.context.as_ref()?.arguments.as_ref()?.get(name).map(String::as_str);
    let name = request.argument.name.as_str();
    let of =
        |alias: Option<&'r str>, source: fn(&'r str) -> Source<'r>| alias.map_or(Source::Nothing, source);
    match &request.r#ref {
        Reference::Resource(template) => {
            if template.uri != TEMPLATE || !server.sees(&[READ_FILE, LIST_FOLDER]) {
                return Err(ErrorData::invalid_params("unknown resource template", None));
            }
            match name {
                "alias" => Ok(Source::Aliases { tool: LIST_FOLDER }),
                "path" => Ok(given("alias")
                    .map_or(Source::Nothing, |alias| Source::Paths { alias, reference: given("ref") })),
                "ref" => Ok(of(given("alias"), |alias| Source::Branches { alias })),
                _ => Err(unknown_argument()),
            }
        }
        Reference::Prompt(prompt) => {
            let template = prompts::find(&prompt.name).filter(|template| server.sees(template.tools));
            let template = template.ok_or_else(prompts::unknown)?;
            let argument = template.arguments.iter().find(|argument| argument.name == name);
            match argument.ok_or_else(unknown_argument)?.kind {
                Kind::Alias => Ok(Source::Aliases { tool: DESCRIBE }),
                Kind::Branch => Ok(of(given("repo"), |alias| Source::Branches { alias })),
                Kind::Code => Ok(Source::Codes),
                Kind::Name | Kind::CallId | Kind::Text => Ok(Source::Nothing),
            }
        }
        _ => Err(ErrorData::invalid_params("unknown reference", None)),
    }
}

fn unknown_argument() -> ErrorData {
    ErrorData::invalid_params("unknown argument", None)
}

/// The arguments that are there.
fn named(arguments: [(&str, Option<&str>); 3]) -> Map<String, Value> {
    let there = arguments.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?.into())));
    there.collect()
}

/// The folder that `typed`, as it stands in an address, has come to: none is the root. Nothing if it is no text.
fn folder(typed: &str) -> Option<Option<String>> {
    let Some((folder, _)) = typed.rsplit_once('/') else { return Some(None) };
    percent_decode_str(folder).decode_utf8().ok().map(|folder| Some(folder.into_owned()))
}

/// What `tool` has listed, as values.
fn values(tool: &str, listed: &Value) -> Vec<String> {
    let items = |name: &str| listed.get(name).and_then(Value::as_array).into_iter().flatten();
    if tool == LIST_FOLDER {
        return items("entries").filter_map(path).collect();
    }
    let name = |branch: &Value| branch.get("name")?.as_str().map(str::to_owned);
    items("branches").filter_map(name).collect()
}

/// The path of an entry that can be read, as it stands in an address.
fn path(entry: &Value) -> Option<String> {
    let path = utf8_percent_encode(entry.get("path")?.as_str()?, LEFT);
    match entry.get("kind")?.as_str()? {
        "directory" => Some(format!("{path}/")),
        "file" | "executable" => Some(path.to_string()),
        _ => None,
    }
}

/// Those of `values` that begin with what was typed; `cut` says that there are more than `values` has.
fn chosen(values: impl Iterator<Item = String>, typed: &str, cut: bool) -> Result<CompleteResult, ErrorData> {
    // What was made unreadable can be chosen by nobody.
    let fitting = values.filter(|value| value.starts_with(typed) && !value.contains(PLACEHOLDER));
    let mut chosen: Vec<String> = fitting.collect();
    let total = u32::try_from(chosen.len()).ok().filter(|_| !cut);
    let has_more = cut || chosen.len() > CompletionInfo::MAX_VALUES;
    chosen.truncate(CompletionInfo::MAX_VALUES);
    let info = CompletionInfo::with_pagination(chosen, total, has_more);
    info.map(CompleteResult::new)
        .map_err(|_too_many| ErrorData::internal_error("there are too many values", None))
}

/// No values, for which the caller is charged all the same.
async fn none(server: &Server, context: &RequestContext<RoleServer>) -> Result<CompleteResult, ErrorData> {
    server.tools(context).await?;
    nothing()
}

fn nothing() -> Result<CompleteResult, ErrorData> {
    chosen(std::iter::empty(), "", false)
}

/// What is said where the tool that would know was refused: nothing of what there is, and all of what is wrong otherwise.
fn refusal(refused: &Refused) -> Result<CompleteResult, ErrorData> {
    let Refused { refusal, place } = refused;
    match (&refusal.kind, Category::of(&refusal.kind)) {
        (RefusalKind::DryRun(verdict), _) => Err(answer::dry_run_error(verdict)),
        (RefusalKind::BadRestriction(_), _) => Err(answer::protocol_error(refusal, place)),
        (_, Category::Forbidden | Category::NotFound | Category::InvalidInput) => nothing(),
        _ => Err(answer::protocol_error(refusal, place)),
    }
}
