//! The endpoints about the gateway itself: whether it lives, whether it takes calls, and its metrics. A probe without a bearer learns
//! one bit; the rest is for principals.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use axum::routing::on;
use gitoma_core::{Gateway, Health, RefusalKind};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;

use crate::caller::Caller;
use crate::error::refused;
use crate::routes::{Answer, Content, Method, Part, Route, Who, of};

pub(crate) const ROUTES: &[Route] = &[
    Route {
        method: Method::Get,
        path: "/healthz",
        handler: |method| on(method, alive),
        id: "alive",
        summary: "Whether the process lives.",
        about: "",
        who: Who::Anybody,
        part: Part::Everywhere,
        parameters: &[],
        body: None,
        answers: &[Answer { status: StatusCode::OK, about: "It does.", content: Content::Json(of::<Alive>) }],
        codes: &[],
    },
    Route {
        method: Method::Get,
        path: "/readyz",
        handler: |method| on(method, ready),
        id: "ready",
        summary: "Whether calls are taken.",
        about: "Without a token one bit; with a good one that has no scope also why.",
        who: Who::Probe,
        part: Part::Everywhere,
        parameters: &[],
        body: None,
        answers: &[
            Answer { status: StatusCode::OK, about: "Calls are taken.", content: Content::Json(readiness) },
            Answer {
                status: StatusCode::SERVICE_UNAVAILABLE,
                about: "Calls are not taken.",
                content: Content::Json(readiness),
            },
        ],
        codes: &[],
    },
    Route {
        method: Method::Get,
        path: "/metrics",
        handler: |method| on(method, metrics),
        id: "metrics",
        summary: "The metrics, as OpenMetrics 1.0 text.",
        about: "",
        who: Who::Whole,
        part: Part::Steering,
        parameters: &[],
        body: None,
        answers: &[Answer {
            status: StatusCode::OK,
            about: "The metrics.",
            content: Content::Text("application/openmetrics-text"),
        }],
        codes: &[],
    },
];

/// To a probe the one bit, to a principal all of it.
fn readiness(generator: &mut SchemaGenerator) -> Schema {
    let (brief, whole) = (of::<Ready>(generator), of::<Health>(generator));
    schemars::json_schema!({ "anyOf": [whole, brief] })
}

/// That the process lives.
#[derive(Serialize, JsonSchema)]
struct Alive {
    status: &'static str,
}

/// What a probe learns.
#[derive(Serialize, JsonSchema)]
struct Ready {
    /// Whether calls are taken.
    ready: bool,
}

/// `GET /healthz`: the process lives.
pub(crate) async fn alive() -> Response {
    Json(Alive { status: "ok" }).into_response()
}

/// `GET /readyz`: whether calls are taken; to a principal also why.
pub(crate) async fn ready(State(gateway): State<Gateway>, caller: Caller) -> Response {
    let health = gateway.health();
    let status = if health.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let brief = (status, Json(Ready { ready: health.ready }));
    if !caller.has_credential() {
        return brief.into_response();
    }
    match gateway.health_for(caller.credential, caller.origin).await {
        Ok(Some(health)) => (status, Json(health)).into_response(),
        Ok(None) => brief.into_response(),
        // A gateway that takes no calls tells nobody apart, but the probe still has its answer.
        Err(refusal) => match refusal.kind {
            RefusalKind::Sealed | RefusalKind::ShuttingDown | RefusalKind::NotConfigured => {
                brief.into_response()
            }
            _ => refused(refusal),
        },
    }
}

/// `GET /metrics`: the metrics, for any principal whose token has no scope.
pub(crate) async fn metrics(State(gateway): State<Gateway>, caller: Caller) -> Response {
    match gateway.authenticate_as(caller.credential, caller.origin, &[]).await {
        Ok(_principal) => {
            let format = "application/openmetrics-text; version=1.0.0; charset=utf-8";
            ([(CONTENT_TYPE, format)], gateway.metrics()).into_response()
        }
        Err(refusal) => refused(refusal),
    }
}
