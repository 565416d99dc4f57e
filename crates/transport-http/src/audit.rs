//! The endpoints about the audit log: its state, a part of it, and having it verified. Following it is in `following`.

use axum::Json;
use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::on;
use gitoma_core::{AuditEntries, AuditSpan, AuditState, Gateway, Role, Verification};
use serde_json::json;

use crate::body::Read;
use crate::caller::Caller;
use crate::calls::{Received, received};
use crate::error::{refused, turned_away};
use crate::problem::Problem;
use crate::query::{BadQuery, numbers};
use crate::routes::{Answer, Content, Method, Parameter, Part, Place, Route, Who, of};

/// Whoever looks after the log.
pub(crate) const WATCHERS: &[Role] = &[Role::Auditor, Role::Admin];

/// The most entries in one answer.
const MOST: u64 = 500;
/// As many where nothing is said.
const USUAL: u64 = 100;

pub(crate) const ROUTES: &[Route] = &[
    Route {
        method: Method::Get,
        path: "/api/v1/audit/entries",
        handler: |method| on(method, entries),
        id: "audit_entries",
        summary: "A part of the audit log, each entry exactly as it stands there.",
        about: "Without parameters the newest 100. An answer has at most 4 MiB of entries; `more` tells whether there are more behind them.",
        who: Who::Roles(WATCHERS),
        part: Part::Steering,
        parameters: &[
            Parameter {
                name: "after",
                place: Place::Query,
                about: "Those behind the entry of this sequence number; not with `last`.",
                schema: || json!({ "type": "integer", "minimum": 0 }),
            },
            Parameter {
                name: "last",
                place: Place::Query,
                about: "The newest, so many.",
                schema: || json!({ "type": "integer", "minimum": 0, "maximum": MOST }),
            },
            Parameter {
                name: "limit",
                place: Place::Query,
                about: "How many at most of those behind `after`.",
                schema: || json!({ "type": "integer", "minimum": 1, "maximum": MOST, "default": USUAL }),
            },
        ],
        body: None,
        answers: &[Answer {
            status: StatusCode::OK,
            about: "The entries in their order.",
            content: Content::Json(of::<AuditEntries>),
        }],
        codes: &["malformed", "unavailable"],
    },
    Route {
        method: Method::Get,
        path: "/api/v1/audit/status",
        handler: |method| on(method, status),
        id: "audit_status",
        summary: "The state of the audit log.",
        about: "",
        who: Who::Roles(WATCHERS),
        part: Part::Steering,
        parameters: &[],
        body: None,
        answers: &[Answer {
            status: StatusCode::OK,
            about: "The state.",
            content: Content::Json(of::<AuditState>),
        }],
        codes: &["malformed"],
    },
    Route {
        method: Method::Post,
        path: "/api/v1/audit/verify",
        handler: |method| on(method, verify),
        id: "audit_verify",
        summary: "Verifies the audit log that is being written, from its files.",
        about: "One at a time, and not again within five seconds (`busy`). Where the log is signed, entries older than a minute must be \
                covered by a checkpoint. What was found is kept for the state of the log.",
        who: Who::Roles(WATCHERS),
        part: Part::Steering,
        parameters: &[],
        body: None,
        answers: &[Answer {
            status: StatusCode::OK,
            about: "What was found, whatever it is.",
            content: Content::Json(of::<Verification>),
        }],
        codes: &["malformed", "too_large", "busy", "unavailable"],
    },
];

/// Which part of the log a query asks for.
fn span(query: Option<&str>) -> Result<AuditSpan, BadQuery> {
    let [after, last, limit] = numbers(query, ["after", "last", "limit"])?;
    match (after, last, limit.unwrap_or(USUAL)) {
        (Some(seq), None, limit @ 1..=MOST) => Ok(AuditSpan::After { seq, limit }),
        (None, None, limit @ 1..=MOST) => Ok(AuditSpan::Last(limit)),
        (None, Some(last @ 0..=MOST), _) if limit.is_none() => Ok(AuditSpan::Last(last)),
        _ => Err(BadQuery),
    }
}

/// `GET /api/v1/audit/entries`
async fn entries(State(gateway): State<Gateway>, caller: Caller, RawQuery(query): RawQuery) -> Response {
    let Ok(span) = span(query.as_deref()) else { return unreadable(&gateway, caller).await };
    match gateway.audit_entries(caller.credential, caller.origin, span).await {
        Ok(entries) => Json(entries).into_response(),
        Err(refusal) => refused(refusal),
    }
}

/// `GET /api/v1/audit/status`
async fn status(State(gateway): State<Gateway>, caller: Caller, RawQuery(query): RawQuery) -> Response {
    if numbers(query.as_deref(), []).is_err() {
        return unreadable(&gateway, caller).await;
    }
    match gateway.audit_status(caller.credential, caller.origin).await {
        Ok(status) => Json(status).into_response(),
        Err(refusal) => refused(refusal),
    }
}

/// `POST /api/v1/audit/verify`
async fn verify(
    State(gateway): State<Gateway>,
    caller: Caller,
    RawQuery(query): RawQuery,
    body: Body,
) -> Response {
    let Received { read: said, held: _held } = received(&gateway, &caller, body).await;
    let nothing = matches!(&said, Read::Whole(bytes) if bytes.is_empty() || bytes == b"{}");
    // A stranger's body is not read, and the stranger refused.
    if !nothing || numbers(query.as_deref(), []).is_err() {
        return unreadable(&gateway, caller).await;
    }
    match gateway.audit_verify(caller.credential, caller.origin).await {
        Ok(verification) => Json(verification).into_response(),
        Err(refusal) => refused(refusal),
    }
}

/// What somebody is told whose request cannot be read: first of all, whether they may.
pub(crate) async fn unreadable(gateway: &Gateway, caller: Caller) -> Response {
    let origin = caller.origin;
    match gateway.authenticate_as(caller.credential, origin, WATCHERS).await {
        Ok(principal) => turned_away(gateway, Some(principal), origin, Problem::malformed()).await,
        Err(refusal) => refused(refusal),
    }
}

#[cfg(test)]
mod tests;
