//! [`Problem`]: what somebody is told whom the gateway does not let in (RFC 9457, `application/problem+json`): the document that the HTTP
//! door answers with, which the tests of that door compare. It says nothing of the protocol, and never a word of what was sent.

use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use gitoma_core::{CallId, Refusal, RefusalKind};
use serde::Serialize;

use super::headers::CALL_ID;

/// An error as the caller sees it.
#[derive(Debug)]
pub(crate) struct Problem {
    status: StatusCode,
    title: &'static str,
    detail: String,
    code: &'static str,
    error_id: CallId,
    /// In seconds.
    retry_after: Option<u64>,
}

#[derive(Serialize)]
struct Document<'p> {
    r#type: String,
    title: &'static str,
    status: u16,
    detail: &'p str,
    instance: String,
    code: &'static str,
    error_id: CallId,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after: Option<u64>,
}

impl Problem {
    /// What `refusal`, of one of the steps up to authentication, is to the caller.
    pub(crate) fn of(refusal: &Refusal) -> Self {
        let (status, title) = match &refusal.kind {
            RefusalKind::Unauthenticated => (StatusCode::UNAUTHORIZED, "Authentication required"),
            RefusalKind::InvalidCredential => (StatusCode::FORBIDDEN, "Invalid credential"),
            RefusalKind::ExpiredCredential => (StatusCode::FORBIDDEN, "Expired credential"),
            RefusalKind::NotConfigured => (StatusCode::SERVICE_UNAVAILABLE, "No principal can log in"),
            RefusalKind::RateLimited { .. } => (StatusCode::TOO_MANY_REQUESTS, "Rate limit reached"),
            RefusalKind::AuditUnavailable => (StatusCode::SERVICE_UNAVAILABLE, "Audit log unavailable"),
            RefusalKind::Sealed => (StatusCode::SERVICE_UNAVAILABLE, "Gateway sealed"),
            RefusalKind::ShuttingDown => (StatusCode::SERVICE_UNAVAILABLE, "Shutting down"),
            // No other comes of those steps.
            _ => (StatusCode::FORBIDDEN, "Refused"),
        };
        Self {
            status,
            title,
            detail: refusal.to_string(),
            code: refusal.code(),
            error_id: refusal.error_id,
            retry_after: refusal.retry_after(),
        }
    }

    /// The request does not name this server.
    pub(crate) fn misdirected() -> Self {
        let detail = "the request must name this server, with its port, in exactly one Host header";
        Self::before_the_gateway(StatusCode::MISDIRECTED_REQUEST, "host_denied", "Wrong host", detail)
    }

    /// A page of another origin sent the request.
    pub(crate) fn cross_origin() -> Self {
        let detail = "requests from pages of other origins are not served";
        Self::before_the_gateway(StatusCode::FORBIDDEN, "origin_denied", "Wrong origin", detail)
    }

    /// No endpoint has this path.
    pub(crate) fn unknown_route() -> Self {
        let detail = "there is no such endpoint; the endpoint is /mcp";
        Self::before_the_gateway(StatusCode::NOT_FOUND, "unknown_route", "Unknown endpoint", detail)
    }

    /// The connection has to give way to another in the instant in which the request came.
    pub(crate) fn crowded() -> Self {
        let detail = "too many connections are open; try again in 1 s, on another one";
        let status = StatusCode::SERVICE_UNAVAILABLE;
        Self {
            retry_after: Some(1),
            ..Self::before_the_gateway(status, "busy", "Too many connections", detail)
        }
    }

    /// A problem that arises before the gateway is asked. It has an id of its own, which the record shows.
    fn before_the_gateway(status: StatusCode, code: &'static str, title: &'static str, detail: &str) -> Self {
        let error_id = CallId::mint();
        Self { status, title, detail: detail.to_owned(), code, error_id, retry_after: None }
    }
}

impl Problem {
    pub(crate) fn error_id(&self) -> CallId {
        self.error_id
    }

    pub(crate) fn code(&self) -> &'static str {
        self.code
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
            retry_after: self.retry_after,
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
