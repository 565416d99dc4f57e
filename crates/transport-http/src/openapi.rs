//! The OpenAPI 3.1 document of the endpoints, made from `routes` and from the types that are sent. `docs/openapi.json` is this document,
//! `docs/api.md` the same for people; a test compares both with what the routes say.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::on;
use gitoma_core::Gateway;
use schemars::SchemaGenerator;
use schemars::generate::{Contract, SchemaSettings};
use serde_json::{Map, Value, json};

use crate::caller::Caller;
use crate::codes;
use crate::error::refused;
use crate::problem::Document;
use crate::routes::{AROUND, Answer, Content, Method, Part, Place, Route, Who, all};
use crate::validator::{is_held, tag};

pub(crate) const PATH: &str = "/api/v1/openapi.json";

pub(crate) const ROUTES: &[Route] = &[Route {
    method: Method::Get,
    path: PATH,
    handler: |method| on(method, serve),
    id: "openapi",
    summary: "This document.",
    about: "",
    who: Who::Anybody,
    part: Part::Everywhere,
    parameters: &[],
    body: None,
    answers: &[
        Answer {
            status: StatusCode::OK,
            about: "OpenAPI 3.1",
            content: Content::Json(|_| schemars::json_schema!({ "type": "object" })),
        },
        Answer {
            status: StatusCode::NOT_MODIFIED,
            about: "The client holds it: `If-None-Match` names its `ETag`.",
            content: Content::Nothing,
        },
    ],
    codes: &["rate_limited"],
}];

/// The document as it is sent, and its validator: it does not change while the process lives.
static SENT: LazyLock<(Bytes, HeaderValue)> = LazyLock::new(|| {
    let text = text();
    let tag = tag(text.as_bytes());
    (text.into(), tag)
});

/// `GET /api/v1/openapi.json`
async fn serve(State(gateway): State<Gateway>, caller: Caller, headers: HeaderMap) -> Response {
    if let Err(refusal) = gateway.admit_anybody(caller.origin).await {
        return refused(refusal);
    }
    let (text, tag) = &*SENT;
    let kept = [(CACHE_CONTROL, HeaderValue::from_static("no-cache")), (ETAG, tag.clone())];
    if is_held(&headers, tag) {
        return (StatusCode::NOT_MODIFIED, kept).into_response();
    }
    (kept, [(CONTENT_TYPE, "application/json")], text.clone()).into_response()
}

/// The document as text, with a line break at its end.
fn text() -> String {
    let mut text = serde_json::to_string_pretty(&document()).unwrap_or_default();
    text.push('\n');
    text
}

/// The document.
pub(crate) fn document() -> Value {
    let mut schemas = Schemas::new();
    let mut paths: Map<String, Value> = Map::new();
    for route in all() {
        let operation = schemas.operation(route);
        let item = paths.entry(route.path).or_insert_with(|| json!({}));
        if let Value::Object(item) = item {
            item.insert(route.method.as_str().to_ascii_lowercase(), operation);
        }
    }
    let single_problems = schemas.single_problems();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Gitoma",
            "version": "v1",
            "summary": "The HTTP interface of the policy gateway between coding agents and repositories.",
            "description": "docs/http.md is the page for people.",
            "license": { "name": "Apache-2.0 OR MIT" },
        },
        "servers": [{ "url": "http://127.0.0.1:4310" }],
        "paths": paths,
        "components": {
            "schemas": schemas.definitions(),
            "responses": single_problems,
            "headers": headers(),
            "securitySchemes": {
                "bearer": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A principal's token. Over a socket's file the user may count instead.",
                },
            },
        },
    })
}

/// Headers that answers have in common.
fn headers() -> Value {
    let text = |about: &str| json!({ "description": about, "schema": { "type": "string" } });
    json!({
        "CallId": {
            "description": "Names the call, as the log and the audit entries do.",
            "schema": { "type": "string", "format": "uuid" },
        },
        "RateLimit": text("What is left of the caller's limits, where somebody was authenticated."),
        "RateLimitPolicy": text("The caller's limits, where somebody was authenticated."),
        "GitomaPolicy": text("By which policy the request was answered: its generation and digest, where somebody was authenticated."),
        "RetryAfter": {
            "description": "When to try again, in seconds, where that is known.",
            "schema": { "type": "integer", "minimum": 0 },
        },
    })
}

/// The types that were met: as they are sent, and as they are read.
struct Schemas {
    sent: SchemaGenerator,
    read: SchemaGenerator,
}

impl Schemas {
    fn new() -> Self {
        let generator = |contract: Contract| {
            let mut settings = SchemaSettings::draft2020_12();
            settings.definitions_path = "/components/schemas".into();
            settings.contract = contract;
            settings.into_generator()
        };
        Self { sent: generator(Contract::Serialize), read: generator(Contract::Deserialize) }
    }

    /// The definitions by name; a type that is sent and read is told as it is sent.
    fn definitions(mut self) -> BTreeMap<String, Value> {
        let mut all: BTreeMap<_, _> = self.read.take_definitions(true).into_iter().collect();
        all.extend(self.sent.take_definitions(true));
        all
    }

    fn operation(&mut self, route: &Route) -> Value {
        let mut operation = json!({ "operationId": route.id, "summary": route.summary });
        let Value::Object(members) = &mut operation else { return operation };
        let who = who(route.who);
        let about = if route.about.is_empty() { who } else { format!("{}\n\n{who}", route.about) };
        members.insert("description".to_owned(), about.into());
        members.insert("security".to_owned(), security(route.who));
        if !route.parameters.is_empty() {
            let parameters = route.parameters.iter().map(|parameter| {
                json!({
                    "name": parameter.name,
                    "in": parameter.place.as_str(),
                    "description": parameter.about,
                    "required": parameter.place == Place::Path,
                    "schema": (parameter.schema)(),
                })
            });
            members.insert("parameters".to_owned(), parameters.collect());
        }
        if let Some(body) = &route.body {
            let schema = (body.schema)(&mut self.read);
            let body = json!({
                "description": body.about,
                "required": body.required,
                "content": { "application/json": { "schema": schema } },
            });
            members.insert("requestBody".to_owned(), body);
        }
        members.insert("responses".to_owned(), self.responses(route));
        operation
    }

    fn responses(&mut self, route: &Route) -> Value {
        let mut responses: BTreeMap<u16, (Vec<String>, Map<String, Value>)> = BTreeMap::new();
        for Answer { status, about, content } in route.answers {
            let (abouts, contents) = responses.entry(status.as_u16()).or_default();
            abouts.push((*about).to_owned());
            match content {
                Content::Json(schema) => {
                    let schema = schema(&mut self.sent);
                    contents.insert("application/json".to_owned(), json!({ "schema": schema }));
                }
                Content::Text(media) => {
                    contents.insert((*media).to_owned(), json!({ "schema": { "type": "string" } }));
                }
                Content::Nothing => {}
            }
        }
        for (status, codes) in problems(route) {
            let (abouts, contents) = responses.entry(status).or_default();
            abouts.push(format!("`{}`", codes.join("`, `")));
            contents.insert("application/problem+json".to_owned(), json!({ "schema": self.problem(&codes) }));
        }
        let responses = responses.into_iter().map(|(status, (abouts, contents))| {
            let alone = problems(route).remove(&status).filter(|codes| codes.len() == 1 && abouts.len() == 1);
            let response = match alone.as_deref() {
                Some([code]) => json!({ "$ref": format!("#/components/responses/{code}") }),
                _ => {
                    let told = Told {
                        caller: !matches!(route.who, Who::Anybody),
                        call: status >= 400 || answers_a_call(route),
                    };
                    response(status, &abouts.join("; "), &contents.into(), told)
                }
            };
            (status.to_string(), response)
        });
        Value::Object(responses.collect())
    }

    /// A problem with one of these codes.
    fn problem(&mut self, codes: &[&str]) -> Value {
        let problem = self.sent.subschema_for::<Document<'static>>();
        json!({ "allOf": [problem, { "properties": { "code": { "enum": codes } } }] })
    }

    /// The answers that are one problem and nothing else, by its code.
    fn single_problems(&mut self) -> Value {
        let alone = all().flat_map(problems).filter(|(_, codes)| codes.len() == 1);
        let alone: BTreeMap<_, _> =
            alone.flat_map(|(status, codes)| codes.into_iter().map(move |code| (code, status))).collect();
        let responses = alone.into_iter().map(|(code, status)| {
            let content = json!({ "application/problem+json": { "schema": self.problem(&[code]) } });
            let told = Told { caller: true, call: true };
            (code.to_owned(), response(status, &format!("`{code}`: {}", codes::advice(code)), &content, told))
        });
        Value::Object(responses.collect())
    }
}

/// What the headers of an answer tell.
#[derive(Debug, Clone, Copy)]
struct Told {
    /// Whoever was authenticated: what is left of its limits, and by which policy it was answered.
    caller: bool,
    /// Under which id it stands on the record.
    call: bool,
}

/// Whether what `route` answers is of a call, which has an id whatever becomes of it.
fn answers_a_call(route: &Route) -> bool {
    route.codes.contains(&"unknown_tool")
}

fn response(status: u16, about: &str, content: &Value, told: Told) -> Value {
    let headers = [
        (told.caller, "RateLimit", "RateLimit"),
        (told.caller, "RateLimit-Policy", "RateLimitPolicy"),
        (told.caller, "Gitoma-Policy", "GitomaPolicy"),
        (told.call, "X-Gitoma-Call-Id", "CallId"),
        (status == 429, "Retry-After", "RetryAfter"),
    ];
    let headers: Map<_, _> = headers
        .into_iter()
        .filter(|(applies, ..)| *applies)
        .map(|(_, name, component)| {
            (name.to_owned(), json!({ "$ref": format!("#/components/headers/{component}") }))
        })
        .collect();
    json!({ "description": about, "headers": headers, "content": content })
}

/// The codes of the problems that `route` may answer with, by status.
pub(crate) fn problems(route: &Route) -> BTreeMap<u16, Vec<&'static str>> {
    let mut problems: BTreeMap<u16, Vec<_>> = BTreeMap::new();
    for code in route.who.codes().iter().chain(route.codes).chain(AROUND) {
        let Some(status) = codes::status(code) else { continue };
        let codes = problems.entry(status.as_u16()).or_default();
        if !codes.contains(code) {
            codes.push(*code);
        }
    }
    problems
}

/// Who may ask, in words.
pub(crate) fn who(who: Who) -> String {
    match who {
        Who::Anybody => "For anybody; needs no token.".to_owned(),
        Who::Probe => "For anybody; a good token without a scope learns more.".to_owned(),
        Who::Principal => "For any principal.".to_owned(),
        Who::Whole => "For any principal whose token has no scope.".to_owned(),
        Who::Roles(roles) => {
            let roles: Vec<_> = roles.iter().map(|role| format!("`{}`", role.as_str())).collect();
            format!("For principals with the role {} whose token has no scope.", roles.join(" or "))
        }
    }
}

fn security(who: Who) -> Value {
    match who {
        Who::Anybody => json!([]),
        Who::Probe => json!([{}, { "bearer": [] }]),
        Who::Principal | Who::Whole | Who::Roles(_) => json!([{ "bearer": [] }]),
    }
}

#[cfg(test)]
mod tests;
