//! The endpoint that tells callers who they are to the gateway.

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::on;
use gitoma_core::{Gateway, Me};

use crate::approvals::unreadable;
use crate::caller::Caller;
use crate::error::refused;
use crate::routes::{Answer, Content, Method, Part, Route, Who, of};

pub(crate) const ROUTES: &[Route] = &[Route {
    method: Method::Get,
    path: "/api/v1/me",
    handler: |method| on(method, me),
    id: "me",
    summary: "Who the caller is to the gateway, and what is left of its limits.",
    about: "",
    who: Who::Principal,
    part: Part::Everywhere,
    parameters: &[],
    body: None,
    answers: &[Answer { status: StatusCode::OK, about: "The caller.", content: Content::Json(of::<Me>) }],
    codes: &["malformed"],
}];

/// `GET /api/v1/me`
async fn me(State(gateway): State<Gateway>, caller: Caller, RawQuery(query): RawQuery) -> Response {
    if query.is_some_and(|query| !query.is_empty()) {
        return unreadable(&gateway, caller).await;
    }
    match gateway.me(caller.credential, caller.origin).await {
        Ok(me) => Json(me).into_response(),
        Err(refusal) => refused(refusal),
    }
}
