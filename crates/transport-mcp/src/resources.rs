//! Files and folders of repositories as resources. Whoever reads one calls the tool that reads a file or lists a folder, with all that the
//! gateway does with a call: this is another way to ask, and no other way in.

use gitoma_core::{RawArgs, Reply};
use rmcp::model::{
    ErrorData, ListResourceTemplatesResult, ListResourcesResult, MetaObject, PaginatedRequestParams,
    ReadResourceRequestParams, ReadResourceResult, Resource, ResourceContents, ResourceTemplate,
};
use rmcp::service::{RequestContext, RoleServer};
use serde_json::{Map, Value};

use crate::answer;
use crate::server::Server;

#[cfg(feature = "conformance-fixtures")]
pub(crate) mod fixtures;
mod refused;
mod uri;

use uri::ResourceUri;

/// The tool that reads a file.
pub(crate) const READ_FILE: &str = "repo_read_file";
/// The tool that lists a folder.
pub(crate) const LIST_FOLDER: &str = "repo_tree";

/// The address of every resource (RFC 6570).
pub(crate) const TEMPLATE: &str = "repo://{alias}/{+path}{?ref}";

/// The most resources on one page.
const PAGE: usize = 100;
/// Of a folder's listing.
const JSON: &str = "application/json";
/// Of every file, whatever its name says: nobody shall render what a repository holds, or run it.
const TEXT: &str = "text/plain";

/// The root of each repository that the caller may list, in alphabetical order, a page at a time.
pub(crate) async fn list(
    server: &Server,
    request: Option<PaginatedRequestParams>,
    context: &RequestContext<RoleServer>,
) -> Result<ListResourcesResult, ErrorData> {
    let aliases = server.repositories(LIST_FOLDER, context).await?;
    let after = match request.and_then(|request| request.cursor) {
        Some(cursor) => Some(alias_of(&cursor).ok_or_else(bad_cursor)?),
        None => None,
    };
    if !server.sees(&[READ_FILE]) {
        return Ok(ListResourcesResult::default());
    }
    let mut left = aliases.iter().filter(|alias| after.as_ref().is_none_or(|after| *alias > after));
    let page: Vec<&String> = left.by_ref().take(PAGE).collect();
    let mut result =
        ListResourcesResult::with_all_items(page.iter().filter_map(|alias| root(alias)).collect());
    if left.next().is_some() {
        result.next_cursor = page.last().map(hex::encode);
    }
    Ok(result)
}

fn bad_cursor() -> ErrorData {
    ErrorData::invalid_params("the cursor is none that this list has given; leave it out to begin anew", None)
}

/// The alias behind which the page of `cursor` begins.
fn alias_of(cursor: &str) -> Option<String> {
    let alias = String::from_utf8(hex::decode(cursor).ok()?).ok()?;
    ResourceUri::of_root(&alias).map(|_| alias)
}

fn root(alias: &str) -> Option<Resource> {
    let uri = ResourceUri::of_root(alias)?;
    let resource = Resource::new(uri.to_string(), alias)
        .with_title(alias)
        .with_description("The folder at the root of this repository: what lies in it, each with its path")
        .with_mime_type(JSON);
    Some(resource)
}

/// The one template, for whoever may read files.
pub(crate) async fn templates(
    server: &Server,
    request: Option<PaginatedRequestParams>,
    context: &RequestContext<RoleServer>,
) -> Result<ListResourceTemplatesResult, ErrorData> {
    let tools = server.tools(context).await?;
    answer::require_no_cursor(request.as_ref())?;
    let has = |name: &str| tools.iter().any(|tool| tool.name == name);
    let template = ResourceTemplate::new(TEMPLATE, "repository file")
        .with_title("A file or folder of a repository")
        .with_description(
            "A file's text, or what lies in a folder, whose path ends in a slash. `alias` is the repository's, `path` goes from its \
             root; `ref` is a branch, a tag or a commit, and without it the work tree is read. Secrets are shown as ***.",
        );
    let templates = if has(READ_FILE) && has(LIST_FOLDER) { vec![template] } else { Vec::new() };
    Ok(ListResourceTemplatesResult::with_all_items(templates))
}

/// A file's text or a folder's listing.
pub(crate) async fn read(
    server: &Server,
    request: &ReadResourceRequestParams,
    context: &RequestContext<RoleServer>,
) -> Result<ReadResourceResult, ErrorData> {
    let uri = request.uri.as_str();
    #[cfg(feature = "conformance-fixtures")]
    let uri = fixtures::stand_in(uri);
    let uri = ResourceUri::parse(uri);
    let (tool, arguments) = match &uri {
        Some(uri) => {
            let (tool, arguments) = uri.call();
            (tool, RawArgs::Object(arguments))
        }
        // The gateway refuses it, with all that belongs to a refusal.
        None => (READ_FILE, RawArgs::Malformed),
    };
    let reply = server.ask(tool, arguments, context).await;
    match (reply, uri) {
        (Ok(reply), Some(uri)) => {
            let uri = uri.cleaned(|part| server.gateway().clean(part)).to_string();
            Ok(contents(&uri, tool, reply))
        }
        (Err(refused), uri) => {
            let hidden = uri.is_some_and(|uri| !server.is_offered(tool, uri.alias()));
            Err(refused::of_read(&refused, hidden))
        }
        (Ok(_), None) => Err(ErrorData::internal_error("the request could not be read", None)),
    }
}

fn contents(uri: &str, tool: &str, reply: Reply) -> ReadResourceResult {
    let mut meta = answer::metadata(&reply);
    let truncated = reply.truncated;
    let value = reply.result.into_value();
    let texts = if tool == READ_FILE {
        if let Some(next) = value.get("next_start_line") {
            meta.insert("gitoma/next_start_line".to_owned(), next.clone());
        }
        file(value, truncated)
    } else {
        if let Some(next) = value.get("next_cursor") {
            meta.insert("gitoma/next_cursor".to_owned(), next.clone());
        }
        vec![(JSON, value.to_string())]
    };
    let contents =
        texts.into_iter().map(|(media, text)| ResourceContents::text(text, uri).with_mime_type(media));
    let mut result = ReadResourceResult::new(contents.collect());
    result.meta = Some(MetaObject(meta));
    result
}

/// The text of the file that [`READ_FILE`] has read, and behind it, where there is more, how to come by that.
fn file(value: Value, truncated: bool) -> Vec<(&'static str, String)> {
    let Value::Object(mut file) = value else { return Vec::new() };
    let note = note(&file, truncated);
    let text = match file.remove("content") {
        Some(Value::String(text)) => Some(text),
        _ => None,
    };
    text.into_iter().chain(note).map(|text| (TEXT, text)).collect()
}

/// What the gateway has to say of a file whose text is not all there.
fn note(file: &Map<String, Value>, truncated: bool) -> Option<String> {
    let number = |name: &str| file.get(name).and_then(Value::as_u64);
    if file.get("content").is_none() {
        let size = number("size").map(|bytes| format!(" of {bytes} bytes")).unwrap_or_default();
        return Some(format!("[Gitoma: a binary file{size}, which is not shown]"));
    }
    let how = match number("next_start_line") {
        Some(next) => format!("{READ_FILE} with `start_line` {next} continues"),
        None if truncated => "of a line that is this long the rest is not shown".to_owned(),
        None => return None,
    };
    let lines = number("end_line").zip(number("total_lines"));
    let lines = lines.map(|(end, total)| format!(" after line {end} of {total}")).unwrap_or_default();
    Some(format!("[Gitoma: the text above was cut{lines}; {how}]"))
}
