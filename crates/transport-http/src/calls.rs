//! The endpoints about tools: list them, call one, ask what would be decided. Each extracts a call, asks the gateway and renders.

use axum::Json;
use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::on;
use gitoma_core::{
    Capability, DryRun, Gateway, HeldBody, RawArgs, Refusal, RefusalKind, Reply, ToolSpec, Verdict,
};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::body::{CallBody, DecideBody, Read, read};
use crate::caller::Caller;
use crate::error::{named, refused};
use crate::problem::Problem;
use crate::reply::json;
use crate::routes::{
    Answer, Body as Sent, Content, GIVE_UP, Method, Parameter, Part, Place, REQUEST_ID, Route, TRACE, Who, of,
};

pub(crate) const ROUTES: &[Route] = &[
    Route {
        method: Method::Get,
        path: "/api/v1/tools",
        handler: |method| on(method, list),
        id: "list_tools",
        summary: "The tools that this caller may call under some arguments, in alphabetical order.",
        about: "",
        who: Who::Principal,
        part: Part::Everywhere,
        parameters: &[GIVE_UP, REQUEST_ID, TRACE],
        body: None,
        answers: &[Answer {
            status: StatusCode::OK,
            about: "The tools.",
            content: Content::Json(of::<Tools<'static>>),
        }],
        codes: &["malformed", "bad_restriction"],
    },
    Route {
        method: Method::Post,
        path: "/api/v1/tools/{name}",
        handler: |method| on(method, call),
        id: "call_tool",
        summary: "Runs a call.",
        about: "What the arguments are and what the result looks like, the list of tools says of each. Under `Gitoma-Restrict: dry-run` \
                the call is judged and not run.",
        who: Who::Principal,
        part: Part::Calls,
        parameters: &[TOOL, GIVE_UP, REQUEST_ID, TRACE],
        body: Some(Sent {
            about: "At most 4 MiB. `Content-Type` is not looked at.",
            required: true,
            schema: of::<CallBody>,
        }),
        answers: &[Answer {
            status: StatusCode::OK,
            about: "What the call gave, or, of a dry run, what policy makes of it.",
            content: Content::Json(replied),
        }],
        codes: &[
            "malformed",
            "bad_restriction",
            "unknown_tool",
            "too_large",
            "invalid_arguments",
            "denied",
            "path_denied",
            "write_mode_off",
            "repository_not_whitelisted",
            "capability_disabled",
            "out_of_scope",
            "narrowed",
            "bad_request",
            "approval_required",
            "approval_denied",
            "too_many_approvals",
            "secret_found",
            "not_found",
            "unsuitable",
            "unsupported",
            "conflict",
            "busy",
            "no_room",
            "unavailable",
            "outcome_unrecorded",
            "halted",
            "cancelled",
        ],
    },
    Route {
        method: Method::Post,
        path: "/api/v1/decide",
        handler: |method| on(method, decide),
        id: "decide",
        summary: "Says what policy makes of a call, without running it.",
        about: "",
        who: Who::Principal,
        part: Part::Everywhere,
        parameters: &[GIVE_UP, REQUEST_ID, TRACE],
        body: Some(Sent { about: "At most 4 MiB.", required: true, schema: of::<DecideBody> }),
        answers: &[Answer {
            status: StatusCode::OK,
            about: "The verdict, whatever it is.",
            content: Content::Json(of::<Verdict>),
        }],
        codes: &[
            "malformed",
            "bad_restriction",
            "unknown_tool",
            "too_large",
            "invalid_arguments",
            "busy",
            "halted",
        ],
    },
];

const TOOL: Parameter = Parameter {
    name: "name",
    place: Place::Path,
    about: "The tool's name.",
    schema: || serde_json::json!({ "type": "string", "examples": ["git_log"] }),
};

/// A reply, or a verdict.
fn replied(generator: &mut SchemaGenerator) -> Schema {
    let (reply, judged) = (of::<Reply>(generator), of::<DryRun>(generator));
    schemars::json_schema!({ "anyOf": [reply, judged] })
}

/// The tools that a caller may call under some arguments.
#[derive(Serialize, JsonSchema)]
struct Tools<'specs> {
    tools: Vec<Tool<'specs>>,
}

/// A tool as the list shows it.
#[derive(Serialize, JsonSchema)]
struct Tool<'spec> {
    name: &'spec str,
    title: &'spec str,
    description: &'spec str,
    capability: Capability,
    annotations: Hints,
    /// JSON Schema 2020-12 of the arguments.
    input_schema: &'spec Map<String, Value>,
    /// JSON Schema 2020-12 of the result, where the tool promises one.
    #[serde(skip_serializing_if = "Option::is_none")]
    output_schema: Option<&'spec Map<String, Value>>,
}

/// What a client may take into account before it calls; policy is judged by the gateway alone.
#[derive(Serialize, JsonSchema)]
struct Hints {
    read_only: bool,
    destructive: bool,
    idempotent: bool,
    open_world: bool,
}

impl<'spec> From<&'spec ToolSpec> for Tool<'spec> {
    fn from(spec: &'spec ToolSpec) -> Self {
        Self {
            name: &spec.name,
            title: &spec.title,
            description: &spec.description,
            capability: spec.capability,
            annotations: Hints {
                read_only: spec.annotations.read_only,
                destructive: spec.annotations.destructive,
                idempotent: spec.annotations.idempotent,
                open_world: spec.annotations.open_world,
            },
            input_schema: &spec.input_schema,
            output_schema: spec.output_schema.as_deref(),
        }
    }
}

/// `GET /api/v1/tools`: the tools that the caller could ever call, and has not given up.
pub(crate) async fn list(
    State(gateway): State<Gateway>,
    caller: Caller,
    RawQuery(query): RawQuery,
) -> Response {
    let restriction = match &caller.restriction {
        Ok(restriction) if asks_nothing(query.as_deref()) => restriction.clone(),
        _ => {
            return match gateway.handle(caller.call(String::new(), RawArgs::Malformed)).await {
                Ok(_) => Problem::internal().into_response(),
                Err(refusal) => refused(refusal),
            };
        }
    };
    match gateway.tools(caller.credential, caller.origin).await {
        Ok(specs) => {
            let left = specs.iter().filter(|spec| restriction.leaves(spec));
            Json(Tools { tools: left.map(Tool::from).collect() }).into_response()
        }
        Err(refusal) => refused(refusal),
    }
}

/// `POST /api/v1/tools/{name}`: runs a call, or judges it where the caller wants no more.
pub(crate) async fn call(
    State(gateway): State<Gateway>,
    caller: Caller,
    name: Result<Path<String>, PathRejection>,
    RawQuery(query): RawQuery,
    body: Body,
) -> Response {
    // A name that is not UTF-8 is no tool's name, and neither is the empty one.
    let name = name.map(|Path(name)| name).unwrap_or_default();
    let Received { read, held: _held } = received(&gateway, &caller, body).await;
    let arguments = if asks_nothing(query.as_deref()) { read.arguments() } else { RawArgs::Malformed };
    drop(read);
    match gateway.handle(caller.call(name, arguments)).await {
        Ok(reply) => named(reply.call_id, json(&reply)),
        Err(refusal) => refused(refusal),
    }
}

/// `POST /api/v1/decide`: says what policy makes of a call, without running it.
pub(crate) async fn decide(
    State(gateway): State<Gateway>,
    caller: Caller,
    RawQuery(query): RawQuery,
    body: Body,
) -> Response {
    let Received { read, held: _held } = received(&gateway, &caller, body).await;
    let (mut tool, mut arguments) = read.tool_and_arguments();
    drop(read);
    if !asks_nothing(query.as_deref()) {
        (tool, arguments) = (None, RawArgs::Malformed);
    }
    let unnamed = tool.is_none();
    let unreadable = match arguments {
        RawArgs::Object(_) => None,
        RawArgs::Malformed => Some(RefusalKind::Malformed),
        RawArgs::TooLarge { limit } => {
            Some(RefusalKind::TooLarge { what: "the message", limit, executed: false })
        }
        RawArgs::NoRoom => Some(RefusalKind::Busy),
    };
    match gateway.decide(caller.call(tool.unwrap_or_default(), arguments)).await {
        Ok(verdict) => named(verdict.call_id, json(&verdict)),
        // Where no name could be read, it is the message that is wrong, not the tool that is unknown.
        Err(Refusal { error_id, kind: RefusalKind::UnknownTool }) if unnamed => {
            refused(Refusal { error_id, kind: unreadable.unwrap_or(RefusalKind::UnknownTool) })
        }
        Err(refusal) => refused(refusal),
    }
}

/// Whether a query is none. These endpoints know no parameter, and what somebody meant with one (`?dry_run=1`) must not be passed over.
fn asks_nothing(query: Option<&str>) -> bool {
    query.is_none_or(str::is_empty)
}

/// Reads the body of somebody the gateway knows. A stranger's is left unread, so that it takes no memory: the gateway refuses, and
/// counts, that call whatever it says.
pub(crate) async fn received(gateway: &Gateway, caller: &Caller, body: Body) -> Received {
    let Some(principal) = gateway.recognise(&caller.credential, caller.origin.peer) else {
        return Received { read: Read::Broken, held: None };
    };
    let mut held = gateway.hold_body(&principal);
    let read = read(body, |bytes| held.grow(bytes)).await;
    Received { read, held: Some(held) }
}

/// A body, and the room it takes for as long as something may have been made of it.
pub(crate) struct Received {
    pub(crate) read: Read,
    /// To be kept for as long.
    pub(crate) held: Option<HeldBody>,
}

#[cfg(test)]
mod tests;
