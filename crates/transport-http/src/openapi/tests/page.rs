//! `docs/api.md`: the endpoints and the types for people who look something up.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::super::{document, problems, who};
use crate::codes;
use crate::routes::{Place, Route, all};

const HEAD: &str = "\
# The API, endpoint by endpoint

The reference to [http.md](http.md), which explains it. [openapi.json](openapi.json) says the same to programs (OpenAPI 3.1) and is served at
`/api/v1/openapi.json`. Both are generated from the table of routes that the server itself is built from
(`crates/transport-http/src/routes.rs`); `GITOMA_BLESS=1 cargo nextest run -p gitoma-http` writes them anew.

Any endpoint may answer with the problems `host_denied` (421), `origin_denied` (403), `timed_out` (504) and `internal` (500), and a path
with `unknown_route` (404) or `unknown_method` (405). They are not repeated below.
";

/// The page.
pub(super) fn text() -> String {
    let document = document();
    let mut page = HEAD.to_owned();
    for route in all() {
        // Nothing fails while writing to a `String`.
        let _ = endpoint(&mut page, route, &document);
    }
    page.push_str("\n## Problems\n\n| status | `code` | what to do |\n|---|---|---|\n");
    for row in codes::ALL {
        let _ = writeln!(page, "| {} | `{}` | {} |", row.status.as_u16(), row.codes.join("`, `"), row.advice);
    }
    page.push_str("\n## Types\n\nA member with `?` may be absent.\n");
    if let Some(Value::Object(schemas)) = document.pointer("/components/schemas") {
        for (name, schema) in schemas {
            let _ = described(&mut page, name, schema);
        }
    }
    page
}

fn endpoint(page: &mut String, route: &Route, document: &Value) -> std::fmt::Result {
    writeln!(page, "\n## `{} {}`\n\n{}", route.method.as_str(), route.path, route.summary)?;
    if !route.about.is_empty() {
        writeln!(page, "{}", route.about)?;
    }
    writeln!(page, "{}", who(route.who))?;
    if !route.parameters.is_empty() {
        page.push_str("\n| parameter | in | what |\n|---|---|---|\n");
    }
    for parameter in route.parameters {
        let optional = if parameter.place == Place::Path { "" } else { "?" };
        let (place, about) = (parameter.place.as_str(), parameter.about);
        writeln!(page, "| `{}{optional}` | {place} | {about} |", parameter.name)?;
    }
    let method = route.method.as_str().to_ascii_lowercase();
    let operation = document.get("paths").and_then(|paths| paths.get(route.path)?.get(method));
    let at = |pointer: &str| operation.and_then(|operation| operation.pointer(pointer));
    if let (Some(body), Some(schema)) = (&route.body, at("/requestBody/content/application~1json/schema")) {
        writeln!(page, "\nBody: {}. {}", kind(schema), body.about)?;
    }
    page.push('\n');
    for answer in route.answers {
        let status = answer.status.as_u16();
        let schema = at(&format!("/responses/{status}/content/application~1json/schema"));
        let kind = schema.map(kind).map(|kind| format!(" {kind}")).unwrap_or_default();
        writeln!(page, "- {status}{kind}: {}", answer.about)?;
    }
    for (status, codes) in problems(route) {
        let around = |code: &&&str| !crate::routes::AROUND.contains(*code);
        let codes: Vec<_> = codes.iter().filter(around).map(|code| format!("`{code}`")).collect();
        if !codes.is_empty() {
            writeln!(page, "- {status} {}", codes.join(", "))?;
        }
    }
    Ok(())
}

/// A type: what it is for, and its members or values.
fn described(page: &mut String, name: &str, schema: &Value) -> std::fmt::Result {
    writeln!(page, "\n### {name}\n")?;
    let about = line(schema);
    if !about.is_empty() {
        writeln!(page, "{about}\n")?;
    }
    if let Some(Value::Array(choices)) = schema.get("oneOf") {
        for choice in choices {
            let value = choice.get("const").map_or_else(|| kind(choice), |value| format!("`{value}`"));
            writeln!(page, "- {}: {}", value.replace('"', ""), line(choice))?;
        }
    }
    let members = schema.get("properties").and_then(Value::as_object);
    let Some(members) = members else {
        if schema.get("oneOf").is_none() {
            writeln!(page, "{}", kind(schema))?;
        }
        return Ok(());
    };
    page.push_str("| member | type | what |\n|---|---|---|\n");
    for (member, schema_of) in members {
        let optional = if is_required(schema, member) { "" } else { "?" };
        writeln!(page, "| `{member}{optional}` | {} | {} |", kind(schema_of), line(schema_of))?;
    }
    Ok(())
}

fn is_required(schema: &Value, member: &str) -> bool {
    let required = schema.get("required").and_then(Value::as_array);
    required.is_some_and(|names| names.iter().any(|name| name == member))
}

/// A schema's description on one line.
fn line(schema: &Value) -> String {
    let text = schema.get("description").and_then(Value::as_str).unwrap_or_default();
    // A link to another item of the code means nothing here.
    text.replace(['\n', '|'], " ").replace("[`", "`").replace("`]", "`")
}

/// A schema in a few words, with links to the types that have a name.
fn kind(schema: &Value) -> String {
    let Value::Object(members) = schema else { return "anything".to_owned() };
    if let Some(name) = members.get("$ref").and_then(Value::as_str).and_then(|name| name.rsplit('/').next()) {
        return format!("[{name}](#{})", name.to_ascii_lowercase());
    }
    for (keyword, joint) in [("anyOf", " or "), ("oneOf", " or "), ("allOf", " and ")] {
        if let Some(Value::Array(kinds)) = members.get(keyword) {
            return kinds.iter().map(kind).collect::<Vec<_>>().join(joint);
        }
    }
    match members.get("type") {
        Some(Value::String(name)) => plain(name, members),
        Some(Value::Array(names)) => {
            let names = names.iter().filter_map(Value::as_str);
            names.map(|name| plain(name, members)).collect::<Vec<_>>().join(" or ")
        }
        _ => "anything".to_owned(),
    }
}

fn plain(name: &str, members: &Map<String, Value>) -> String {
    if let (Some(format), "string") = (members.get("format").and_then(Value::as_str), name) {
        return format!("string ({format})");
    }
    match members.get("items") {
        Some(items) if name == "array" => format!("array of {}", kind(items)),
        _ => name.to_owned(),
    }
}
