//! The endpoints that steer the gateway: its policy and its kill switch. Who may do what, and what comes of it, the gateway says.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::on;
use gitoma_core::{
    Gateway, HaltSource, HaltStatus, Origin, PolicyReport, PolicyStatus, Principal, ReloadError, Role,
};

use crate::approvals::unrestricted;
use crate::audit::WATCHERS;
use crate::body::HaltBody;
use crate::caller::Caller;
use crate::calls::{Received, received};
use crate::error::{refused, turned_away};
use crate::problem::Problem;
use crate::query::numbers;
use crate::routes::{Answer, Body as Sent, Content, GIVE_UP, Method, Part, Route, Who, of};

/// Whoever steers.
const STEERERS: &[Role] = &[Role::Admin];
/// The longest reason of a halt, in bytes.
const LONGEST_REASON: usize = 500;

/// An endpoint of the kill switch answers its state.
const HALT: &[Answer] = &[Answer {
    status: StatusCode::OK,
    about: "The state of the kill switch.",
    content: Content::Json(of::<HaltStatus>),
}];
const REPORT: &[Answer] = &[Answer {
    status: StatusCode::OK,
    about: "What the change did. Where nothing changed, `policy` is `before`.",
    content: Content::Json(of::<PolicyReport>),
}];

pub(crate) const ROUTES: &[Route] = &[
    Route {
        method: Method::Get,
        path: "/api/v1/policy",
        handler: |method| on(method, policy),
        id: "policy_status",
        summary: "The state of the policy.",
        about: "`stale` says that its file says something by now that does not load, and `fault` why.",
        who: Who::Roles(WATCHERS),
        part: Part::Steering,
        parameters: &[],
        body: None,
        answers: &[Answer {
            status: StatusCode::OK,
            about: "The state.",
            content: Content::Json(of::<PolicyStatus>),
        }],
        codes: &["malformed"],
    },
    Route {
        method: Method::Post,
        path: "/api/v1/policy/reload",
        handler: |method| on(method, reload),
        id: "reload_policy",
        summary: "Reads the policy's file again and puts what it says in force.",
        about: "What does not load leaves the policy before in force; `detail` says where it is wrong.",
        who: Who::Roles(STEERERS),
        part: Part::Steering,
        parameters: &[GIVE_UP],
        body: None,
        answers: REPORT,
        codes: &["malformed", "bad_restriction", "narrowed", "policy_rejected", "no_policy_file"],
    },
    Route {
        method: Method::Post,
        path: "/api/v1/policy/rollback",
        handler: |method| on(method, roll_back),
        id: "roll_back_policy",
        summary: "Puts the policy before the present one in force again.",
        about: "Twice is as good as never. The file is not changed: what it says counts again once it changes, or is read again.",
        who: Who::Roles(STEERERS),
        part: Part::Steering,
        parameters: &[GIVE_UP],
        body: None,
        answers: REPORT,
        codes: &["malformed", "bad_restriction", "narrowed", "nothing_before"],
    },
    Route {
        method: Method::Get,
        path: "/api/v1/halt",
        handler: |method| on(method, halted),
        id: "halt_status",
        summary: "The state of the kill switch.",
        about: "",
        who: Who::Whole,
        part: Part::Steering,
        parameters: &[],
        body: None,
        answers: HALT,
        codes: &["malformed"],
    },
    Route {
        method: Method::Post,
        path: "/api/v1/halt",
        handler: |method| on(method, halt),
        id: "halt",
        summary: "Sets the administrators' part of the kill switch: every call is refused, from the next one on.",
        about: "It outlives the process, and holds for every gateway on the state directory.",
        who: Who::Roles(STEERERS),
        part: Part::Steering,
        parameters: &[GIVE_UP],
        body: Some(Sent { about: "Nothing, or the reason.", required: false, schema: of::<HaltBody> }),
        answers: HALT,
        codes: &["malformed", "bad_restriction", "narrowed"],
    },
    Route {
        method: Method::Post,
        path: "/api/v1/resume",
        handler: |method| on(method, resume),
        id: "resume",
        summary: "Clears the administrators' part of the kill switch; others may still be set.",
        about: "",
        who: Who::Roles(STEERERS),
        part: Part::Steering,
        parameters: &[GIVE_UP],
        body: None,
        answers: HALT,
        codes: &["malformed", "bad_restriction", "narrowed", "unavailable"],
    },
];

/// Who asks, if they have one of `roles` and sent no query.
async fn admitted(
    gateway: &Gateway,
    caller: Caller,
    query: Option<&str>,
    roles: &'static [Role],
) -> Result<Arc<Principal>, Response> {
    let origin = caller.origin;
    let admitted = gateway.authenticate_as(caller.credential, origin, roles).await;
    let principal = admitted.map_err(refused)?;
    match numbers(query, []) {
        Ok([]) => Ok(principal),
        Err(_bad) => Err(turned_away(gateway, Some(principal), origin, Problem::malformed()).await),
    }
}

/// Who steers, and what they sent, if it is something that they `may_say` here.
async fn steering(
    gateway: &Gateway,
    caller: Caller,
    query: Option<&str>,
    body: Body,
    may_say: fn(&HaltBody) -> bool,
) -> Result<(Arc<Principal>, HaltBody), Response> {
    let (caller, restriction) = unrestricted(gateway, caller).await?;
    let origin = caller.origin;
    let Received { read, held: _held } = received(gateway, &caller, body).await;
    let principal = admitted(gateway, caller, query, STEERERS).await?;
    let narrowed = restriction.dry_run || restriction.narrowing.read_only;
    let is_short = |sent: &HaltBody| sent.reason.as_ref().is_none_or(|reason| reason.len() <= LONGEST_REASON);
    let problem = match read.reason() {
        _ if narrowed => Problem::narrowed(),
        Ok(sent) if is_short(&sent) && may_say(&sent) => return Ok((principal, sent)),
        _ => Problem::malformed(),
    };
    Err(turned_away(gateway, Some(principal), origin, problem).await)
}

/// The same where nothing is to be sent.
async fn steering_alone(
    gateway: &Gateway,
    caller: Caller,
    query: Option<&str>,
    body: Body,
) -> Result<Arc<Principal>, Response> {
    let nothing = |sent: &HaltBody| sent.reason.is_none();
    steering(gateway, caller, query, body, nothing).await.map(|(principal, _nothing)| principal)
}

/// `GET /api/v1/policy`
async fn policy(State(gateway): State<Gateway>, caller: Caller, RawQuery(query): RawQuery) -> Response {
    match admitted(&gateway, caller, query.as_deref(), WATCHERS).await {
        Ok(_principal) => Json(gateway.policy_status().await).into_response(),
        Err(response) => response,
    }
}

/// `POST /api/v1/policy/reload`
async fn reload(
    State(gateway): State<Gateway>,
    caller: Caller,
    RawQuery(query): RawQuery,
    body: Body,
) -> Response {
    let origin = caller.origin;
    let principal = match steering_alone(&gateway, caller, query.as_deref(), body).await {
        Ok(principal) => principal,
        Err(response) => return response,
    };
    let done = gateway.reload_policy_as(&principal).await;
    reported(&gateway, (principal, origin), done).await
}

/// `POST /api/v1/policy/rollback`
async fn roll_back(
    State(gateway): State<Gateway>,
    caller: Caller,
    RawQuery(query): RawQuery,
    body: Body,
) -> Response {
    let origin = caller.origin;
    let principal = match steering_alone(&gateway, caller, query.as_deref(), body).await {
        Ok(principal) => principal,
        Err(response) => return response,
    };
    let done = gateway.roll_back_policy_as(&principal).await;
    reported(&gateway, (principal, origin), done).await
}

async fn reported(
    gateway: &Gateway,
    (principal, origin): (Arc<Principal>, Origin),
    done: Result<PolicyReport, ReloadError>,
) -> Response {
    let error = match done {
        Ok(report) => return Json(report).into_response(),
        Err(error) => error,
    };
    let problem = match &error {
        ReloadError::Policy(_) => {
            // As the gateway keeps it: without secrets.
            let fault = gateway.policy_status().await.fault;
            let fault = fault.map_or_else(|| "the policy does not load".to_owned(), |fault| fault.message);
            Problem::policy_rejected(&fault)
        }
        ReloadError::Unreadable(_) => Problem::policy_rejected(&error.to_string()),
        ReloadError::NoFile => Problem::no_policy_file(&error.to_string()),
        ReloadError::NothingBefore => Problem::nothing_before(&error.to_string()),
        ReloadError::Audit(_) => Problem::unrecorded(&error.to_string()),
        _ => Problem::internal(),
    };
    turned_away(gateway, Some(principal), origin, problem).await
}

/// `GET /api/v1/halt`
async fn halted(State(gateway): State<Gateway>, caller: Caller, RawQuery(query): RawQuery) -> Response {
    match admitted(&gateway, caller, query.as_deref(), &[]).await {
        Ok(_principal) => Json(gateway.halt_status()).into_response(),
        Err(response) => response,
    }
}

/// `POST /api/v1/halt`
async fn halt(
    State(gateway): State<Gateway>,
    caller: Caller,
    RawQuery(query): RawQuery,
    body: Body,
) -> Response {
    let (principal, sent) = match steering(&gateway, caller, query.as_deref(), body, |_said| true).await {
        Ok(steering) => steering,
        Err(response) => return response,
    };
    let reason = sent.reason.unwrap_or_default();
    Json(gateway.halt(HaltSource::Admin, &reason, Some(principal.name())).await).into_response()
}

/// `POST /api/v1/resume`
async fn resume(
    State(gateway): State<Gateway>,
    caller: Caller,
    RawQuery(query): RawQuery,
    body: Body,
) -> Response {
    let origin = caller.origin;
    let principal = match steering_alone(&gateway, caller, query.as_deref(), body).await {
        Ok(principal) => principal,
        Err(response) => return response,
    };
    match gateway.resume(HaltSource::Admin, Some(principal.name())).await {
        Ok(status) => Json(status).into_response(),
        Err(error) => turned_away(&gateway, Some(principal), origin, Problem::not_resumed(&error)).await,
    }
}
