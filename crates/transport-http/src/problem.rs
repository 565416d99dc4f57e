//! [`Problem`]: the one shape of every error body (RFC 9457, `application/problem+json`). It has a stable `code` and an `error_id`,
//! and never a word of what the caller sent. How a refusal of the gateway becomes one is in `error`.

use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use gitoma_core::{CallId, HaltError};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;

use crate::codes;

/// Names the call in every answer about one.
pub(crate) const CALL_ID: HeaderName = HeaderName::from_static("x-gitoma-call-id");

/// An error as the caller sees it.
#[derive(Debug)]
pub(crate) struct Problem {
    pub(crate) status: StatusCode,
    pub(crate) title: &'static str,
    pub(crate) detail: String,
    pub(crate) code: &'static str,
    pub(crate) error_id: CallId,
    /// Whether the effect took place, where a caller could wonder.
    pub(crate) executed: Option<bool>,
    /// In seconds.
    pub(crate) retry_after: Option<u64>,
    /// The rules that said no.
    pub(crate) rules: Vec<Rule>,
    /// The approval that the call waits for, or was denied.
    pub(crate) approval: Option<Waiting>,
}

/// An approval, as the call that needs it is told of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Waiting {
    pub(crate) id: String,
    /// RFC 3339.
    #[schemars(extend("format" = "date-time"))]
    pub(crate) expires: String,
}

/// A rule that said no, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Rule {
    pub(crate) id: String,
    /// The policy's name, or `built-in`.
    pub(crate) source: String,
    /// From 1; 0 for built-in rules.
    pub(crate) line: u32,
}

/// An error (RFC 9457). It never repeats what was sent.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Problem")]
pub(crate) struct Document<'problem> {
    /// `urn:gitoma:error:` and the code.
    r#type: String,
    title: &'static str,
    status: u16,
    /// For people.
    detail: &'problem str,
    /// `urn:uuid:` and the error id.
    instance: String,
    /// The stable code.
    #[schemars(schema_with = "code_schema")]
    code: &'static str,
    /// The call's id, also in the log and the audit entries.
    error_id: CallId,
    /// Whether the effect took place, where a caller could wonder.
    #[serde(skip_serializing_if = "Option::is_none")]
    executed: Option<bool>,
    /// In seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after: Option<u64>,
    /// The rules that said no.
    #[serde(skip_serializing_if = "<[Rule]>::is_empty")]
    rules: &'problem [Rule],
    /// The approval that the call waits for, or was denied.
    #[serde(skip_serializing_if = "Option::is_none")]
    approval: Option<&'problem Waiting>,
}

/// The closed list of codes.
fn code_schema(_: &mut SchemaGenerator) -> Schema {
    let codes: Vec<_> = codes::ALL.iter().flat_map(|row| row.codes).collect();
    json_schema!({ "type": "string", "enum": codes })
}

impl Problem {
    /// A problem that arises before or around the gateway. It has an id of its own, which the log shows.
    fn before_the_gateway(status: StatusCode, code: &'static str, title: &'static str, detail: &str) -> Self {
        let problem = Self::of_the_door(status, code, title, detail);
        let error_id = problem.error_id;
        tracing::info!(target: "gitoma::http", %error_id, status = status.as_u16(), code, "a request was refused before the gateway");
        problem
    }

    /// A problem that this door finds by itself, and has the gateway record ([`turned_away`](crate::error::turned_away)).
    fn of_the_door(status: StatusCode, code: &'static str, title: &'static str, detail: &str) -> Self {
        Self {
            status,
            title,
            detail: detail.to_owned(),
            code,
            error_id: CallId::mint(),
            executed: None,
            retry_after: None,
            rules: Vec::new(),
            approval: None,
        }
    }

    /// The request is not of the documented shape, and is none that the gateway takes.
    pub(crate) fn malformed() -> Self {
        let detail = "the request is not of the documented shape; docs/http.md has it";
        Self::of_the_door(StatusCode::BAD_REQUEST, "malformed", "Malformed request", detail)
    }

    /// The caller gave up what the request asks for.
    pub(crate) fn narrowed() -> Self {
        let detail = "the caller's own narrowing excludes this request";
        Self::of_the_door(StatusCode::FORBIDDEN, "narrowed", "Denied", detail)
    }

    /// The policy's file says something that cannot be put in force.
    pub(crate) fn policy_rejected(fault: &str) -> Self {
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        Self::before_the_gateway(status, "policy_rejected", "Policy rejected", fault)
    }

    /// The policy comes from no file.
    pub(crate) fn no_policy_file(detail: &str) -> Self {
        Self::before_the_gateway(StatusCode::CONFLICT, "no_policy_file", "No policy file", detail)
    }

    /// There is no policy to go back to.
    pub(crate) fn nothing_before(detail: &str) -> Self {
        Self::before_the_gateway(StatusCode::CONFLICT, "nothing_before", "Nothing before", detail)
    }

    /// The audit log does not take what was to be done.
    pub(crate) fn unrecorded(detail: &str) -> Self {
        let status = StatusCode::SERVICE_UNAVAILABLE;
        Self::before_the_gateway(status, "audit_unavailable", "Audit log unavailable", detail)
    }

    /// The kill switch could not be cleared.
    pub(crate) fn not_resumed(error: &HaltError) -> Self {
        let status = StatusCode::INTERNAL_SERVER_ERROR;
        let problem = Self::before_the_gateway(status, "unavailable", "Unavailable", &error.to_string());
        let cause = std::error::Error::source(error).map(ToString::to_string);
        tracing::error!(target: "gitoma::http", error_id = %problem.error_id, cause, "the kill switch was not cleared");
        problem
    }

    /// No endpoint has this path.
    pub(crate) fn unknown_route() -> Self {
        let detail = "there is no such endpoint; docs/http.md lists them";
        Self::of_the_door(StatusCode::NOT_FOUND, "unknown_route", "Unknown endpoint", detail)
    }

    /// The endpoint does not know this method.
    pub(crate) fn unknown_method() -> Self {
        let detail = "the endpoint does not take this method; the Allow header says which it takes";
        Self::of_the_door(StatusCode::METHOD_NOT_ALLOWED, "unknown_method", "Method not allowed", detail)
    }

    /// The request does not name this server.
    pub(crate) fn misdirected() -> Self {
        let detail = "the request must name this server in exactly one Host header; the operator can allow further names";
        Self::of_the_door(StatusCode::MISDIRECTED_REQUEST, "host_denied", "Wrong host", detail)
    }

    /// A page of another origin sent the request.
    pub(crate) fn cross_origin() -> Self {
        let detail = "requests from pages of other origins are not served";
        Self::of_the_door(StatusCode::FORBIDDEN, "origin_denied", "Wrong origin", detail)
    }

    /// No answer was found in time; whether a tool ran is on the record.
    pub(crate) fn timed_out() -> Self {
        let detail =
            "the request took longer than the server's time limit; the audit log says what became of it";
        Self::before_the_gateway(StatusCode::GATEWAY_TIMEOUT, "timed_out", "Timed out", detail)
    }

    /// Something is wrong with the server itself.
    pub(crate) fn internal() -> Self {
        let detail = "an internal error stopped the request; the log has the error id";
        Self::before_the_gateway(StatusCode::INTERNAL_SERVER_ERROR, "internal", "Internal error", detail)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let document = Document {
            r#type: format!("urn:gitoma:error:{}", self.code),
            title: self.title,
            status: self.status.as_u16(),
            detail: &self.detail,
            instance: format!("urn:uuid:{}", self.error_id),
            code: self.code,
            error_id: self.error_id,
            executed: self.executed,
            retry_after: self.retry_after,
            rules: &self.rules,
            approval: self.approval.as_ref(),
        };
        // Plain strings and numbers always serialise; should they not, the status and the headers still say what happened.
        let body = serde_json::to_vec(&document).unwrap_or_default();
        let mut response = (self.status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Ok(call_id) = HeaderValue::try_from(self.error_id.to_string()) {
            headers.insert(CALL_ID, call_id);
        }
        if let Some(seconds) = self.retry_after {
            headers.insert(RETRY_AFTER, seconds.into());
        }
        if self.status == StatusCode::UNAUTHORIZED {
            // RFC 9110 §11.6.1
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"gitoma\""));
        }
        response
    }
}
