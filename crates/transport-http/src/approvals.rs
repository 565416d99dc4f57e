//! The endpoints about approvals: list them, look at one, decide one. Each asks the gateway and renders; who may do what, it says.

use axum::Json;
use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::on;
use gitoma_core::{Approval, ApprovalsListed, Decide, Gateway, RawArgs, Restriction};

use crate::body::DecisionBody;
use crate::caller::Caller;
use crate::calls::{Received, received};
use crate::error::{refused, turned_away};
use crate::problem::Problem;
use crate::routes::{Answer, Body as Sent, Content, GIVE_UP, Method, Parameter, Part, Place, Route, Who, of};

pub(crate) const ROUTES: &[Route] = &[
    Route {
        method: Method::Get,
        path: "/api/v1/approvals",
        handler: |method| on(method, list),
        id: "list_approvals",
        summary: "The approvals that this caller may see and of which something may still become.",
        about: "",
        who: Who::Principal,
        part: Part::Everywhere,
        parameters: &[
            Parameter {
                name: "all",
                place: Place::Query,
                about: "Whether to list all that are kept.",
                schema: || serde_json::json!({ "type": "boolean", "default": false }),
            },
            GIVE_UP,
        ],
        body: None,
        answers: &[Answer {
            status: StatusCode::OK,
            about: "The approvals.",
            content: Content::Json(of::<ApprovalsListed>),
        }],
        codes: &["malformed", "bad_restriction", "unavailable"],
    },
    Route {
        method: Method::Get,
        path: "/api/v1/approvals/{id}",
        handler: |method| on(method, show),
        id: "show_approval",
        summary: "One approval: what an approver decides by, or what its caller may know of it.",
        about: "",
        who: Who::Principal,
        part: Part::Everywhere,
        parameters: &[ID, GIVE_UP],
        body: None,
        answers: &[Answer {
            status: StatusCode::OK,
            about: "The approval.",
            content: Content::Json(of::<Approval>),
        }],
        codes: &["malformed", "bad_restriction", "approval_not_found", "unavailable"],
    },
    Route {
        method: Method::Post,
        path: "/api/v1/approvals/{id}/approve",
        handler: |method| on(method, approve),
        id: "approve",
        summary: "Approves a call, once.",
        about: "For principals with the role `approver`, and never for who asked.",
        who: Who::Principal,
        part: Part::Everywhere,
        parameters: &[ID, GIVE_UP],
        body: NOTE,
        answers: DECIDED,
        codes: DECIDING,
    },
    Route {
        method: Method::Post,
        path: "/api/v1/approvals/{id}/deny",
        handler: |method| on(method, deny),
        id: "deny",
        summary: "Denies a call.",
        about: "For principals with the role `approver`, and never for who asked.",
        who: Who::Principal,
        part: Part::Everywhere,
        parameters: &[ID, GIVE_UP],
        body: NOTE,
        answers: DECIDED,
        codes: DECIDING,
    },
];

const ID: Parameter = Parameter {
    name: "id",
    place: Place::Path,
    about: "The approval's id.",
    schema: || serde_json::json!({ "type": "string", "pattern": "^apr_[a-z2-7]{26}$" }),
};
const NOTE: Option<Sent> =
    Some(Sent { about: "Nothing, or a note.", required: false, schema: of::<DecisionBody> });
const DECIDED: &[Answer] = &[Answer {
    status: StatusCode::OK,
    about: "The approval as it then is.",
    content: Content::Json(of::<Approval>),
}];
const DECIDING: &[&str] = &[
    "malformed",
    "bad_restriction",
    "narrowed",
    "approval_not_found",
    "approval_settled",
    "own_approval",
    "role_required",
    "halted",
    "invalid_arguments",
    "unavailable",
];

/// `GET /api/v1/approvals`: those of which something may still become, or with `?all=true` all that are kept.
pub(crate) async fn list(
    State(gateway): State<Gateway>,
    caller: Caller,
    RawQuery(query): RawQuery,
) -> Response {
    let (caller, _) = match unrestricted(&gateway, caller).await {
        Ok(caller) => caller,
        Err(response) => return response,
    };
    let all = match query.as_deref() {
        None | Some("" | "all=false") => Some(false),
        Some("all=true") => Some(true),
        Some(_) => None,
    };
    let Some(all) = all else { return unreadable(&gateway, caller).await };
    match gateway.approvals(caller.credential, caller.origin, all).await {
        Ok(listed) => Json(listed).into_response(),
        Err(refusal) => Problem::from(refusal).into_response(),
    }
}

/// `GET /api/v1/approvals/{id}`: what an approver decides by, or what its caller may know of it.
pub(crate) async fn show(
    State(gateway): State<Gateway>,
    caller: Caller,
    id: Result<Path<String>, PathRejection>,
    RawQuery(query): RawQuery,
) -> Response {
    let (caller, _) = match unrestricted(&gateway, caller).await {
        Ok(caller) => caller,
        Err(response) => return response,
    };
    if query.is_some_and(|query| !query.is_empty()) {
        return unreadable(&gateway, caller).await;
    }
    match gateway.approval(caller.credential, caller.origin, &named(id)).await {
        Ok(approval) => Json(approval).into_response(),
        Err(refusal) => Problem::from(refusal).into_response(),
    }
}

/// `POST /api/v1/approvals/{id}/approve`
pub(crate) async fn approve(
    State(gateway): State<Gateway>,
    caller: Caller,
    id: Result<Path<String>, PathRejection>,
    RawQuery(query): RawQuery,
    body: Body,
) -> Response {
    decide(gateway, caller, (&named(id), query.as_deref()), body, Decide::Approve).await
}

/// `POST /api/v1/approvals/{id}/deny`
pub(crate) async fn deny(
    State(gateway): State<Gateway>,
    caller: Caller,
    id: Result<Path<String>, PathRejection>,
    RawQuery(query): RawQuery,
    body: Body,
) -> Response {
    decide(gateway, caller, (&named(id), query.as_deref()), body, Decide::Deny).await
}

async fn decide(
    gateway: Gateway,
    caller: Caller,
    (id, query): (&str, Option<&str>),
    body: Body,
    say: Decide,
) -> Response {
    let (caller, restriction) = match unrestricted(&gateway, caller).await {
        Ok(caller) => caller,
        Err(response) => return response,
    };
    let Received { read, held: _held } = received(&gateway, &caller, body).await;
    if restriction.dry_run || restriction.narrowing.read_only {
        return known(&gateway, caller, Problem::narrowed()).await;
    }
    let note = match read.note() {
        Ok(note) if query.is_none_or(str::is_empty) => note,
        _ => return unreadable(&gateway, caller).await,
    };
    match gateway.decide_approval(caller.credential, caller.origin, id, say, note.as_deref()).await {
        Ok(approval) => Json(approval).into_response(),
        Err(refusal) => Problem::from(refusal).into_response(),
    }
}

/// An id that is not UTF-8 names no approval.
fn named(id: Result<Path<String>, PathRejection>) -> String {
    id.map(|Path(id)| id).unwrap_or_default()
}

/// The caller and what they gave up. Where nobody can tell what that was, the gateway refuses and records it, as for a call.
pub(crate) async fn unrestricted(
    gateway: &Gateway,
    caller: Caller,
) -> Result<(Caller, Restriction), Response> {
    match &caller.restriction {
        Ok(restriction) => {
            let restriction = restriction.clone();
            Ok((caller, restriction))
        }
        Err(_bad) => Err(match gateway.handle(caller.call(String::new(), RawArgs::Malformed)).await {
            Ok(_) => Problem::internal().into_response(),
            Err(refusal) => refused(refusal),
        }),
    }
}

/// What somebody is told whose request cannot be read: first of all, whether they are known.
pub(crate) async fn unreadable(gateway: &Gateway, caller: Caller) -> Response {
    known(gateway, caller, Problem::malformed()).await
}

/// What is wrong, for a caller that is admitted.
async fn known(gateway: &Gateway, caller: Caller, problem: Problem) -> Response {
    let origin = caller.origin;
    match gateway.authenticate(caller.credential, origin).await {
        Ok(principal) => turned_away(gateway, Some(principal), origin, problem).await,
        Err(refusal) => refused(refusal),
    }
}
