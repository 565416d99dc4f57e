//! The endpoints about the gateway itself: whether it lives, whether it takes calls, and its metrics. A probe without a bearer learns
//! one bit; the rest is for principals.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use gitoma_core::{Gateway, RefusalKind};
use serde::Serialize;

use crate::caller::Caller;
use crate::error::refused;

#[derive(Serialize)]
struct Alive {
    status: &'static str,
}

#[derive(Serialize)]
struct Ready {
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
    match gateway.authenticate_whole(caller.credential, caller.origin).await {
        Ok(_principal) => (status, Json(health)).into_response(),
        // A gateway that takes no calls tells nobody apart, but the probe still has its answer.
        Err(refusal) => match refusal.kind {
            RefusalKind::Sealed
            | RefusalKind::ShuttingDown
            | RefusalKind::NotConfigured
            | RefusalKind::OutOfScope => brief.into_response(),
            _ => refused(refusal),
        },
    }
}

/// `GET /metrics`: the metrics, for any principal whose token has no scope.
pub(crate) async fn metrics(State(gateway): State<Gateway>, caller: Caller) -> Response {
    match gateway.authenticate_whole(caller.credential, caller.origin).await {
        Ok(_principal) => {
            let format = "application/openmetrics-text; version=1.0.0; charset=utf-8";
            ([(CONTENT_TYPE, format)], gateway.metrics()).into_response()
        }
        Err(refusal) => refused(refusal),
    }
}
