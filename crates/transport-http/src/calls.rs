//! The endpoints about tools: list them, call one, ask what would be decided. Each extracts a call, asks the gateway and renders.

use axum::Json;
use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use gitoma_core::{Capability, Gateway, RawArgs, Refusal, RefusalKind, ToolSpec};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::body::{Read, read};
use crate::caller::Caller;
use crate::error::{named, refused};
use crate::problem::Problem;

#[derive(Serialize)]
struct Tools<'specs> {
    tools: Vec<Tool<'specs>>,
}

/// A tool as the list shows it.
#[derive(Serialize)]
struct Tool<'spec> {
    name: &'spec str,
    title: &'spec str,
    description: &'spec str,
    capability: Capability,
    annotations: Hints,
    input_schema: &'spec Map<String, Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    output_schema: Option<&'spec Map<String, Value>>,
}

#[derive(Serialize)]
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
pub(crate) async fn list(State(gateway): State<Gateway>, caller: Caller) -> Response {
    let restriction = match &caller.restriction {
        Ok(restriction) => restriction.clone(),
        Err(_bad) => {
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
    body: Body,
) -> Response {
    // A name that is not UTF-8 is no tool's name, and neither is the empty one.
    let name = name.map(|Path(name)| name).unwrap_or_default();
    let arguments = received(&gateway, &caller, body).await.arguments();
    match gateway.handle(caller.call(name, arguments)).await {
        Ok(reply) => named(reply.call_id, Json(reply).into_response()),
        Err(refusal) => refused(refusal),
    }
}

/// `POST /api/v1/decide`: says what policy makes of a call, without running it.
pub(crate) async fn decide(State(gateway): State<Gateway>, caller: Caller, body: Body) -> Response {
    let (tool, arguments) = received(&gateway, &caller, body).await.tool_and_arguments();
    let unnamed = tool.is_none();
    let unreadable = match arguments {
        RawArgs::Object(_) => None,
        RawArgs::Malformed => Some(RefusalKind::Malformed),
        RawArgs::TooLarge { limit } => {
            Some(RefusalKind::TooLarge { what: "the message", limit, executed: false })
        }
    };
    match gateway.decide(caller.call(tool.unwrap_or_default(), arguments)).await {
        Ok(verdict) => named(verdict.call_id, Json(verdict).into_response()),
        // Where no name could be read, it is the message that is wrong, not the tool that is unknown.
        Err(Refusal { error_id, kind: RefusalKind::UnknownTool }) if unnamed => {
            refused(Refusal { error_id, kind: unreadable.unwrap_or(RefusalKind::UnknownTool) })
        }
        Err(refusal) => refused(refusal),
    }
}

/// Reads the body of somebody the gateway knows. A stranger's is left unread, so that it takes no memory: the gateway refuses, and
/// counts, that call whatever it says.
pub(crate) async fn received(gateway: &Gateway, caller: &Caller, body: Body) -> Read {
    if gateway.recognises(&caller.credential, caller.origin.peer) { read(body).await } else { Read::Broken }
}

#[cfg(test)]
mod tests;
