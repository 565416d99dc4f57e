//! Answers of the protocol as HTTP has them: one JSON-RPC message, nothing, or a stream of events.

use std::convert::Infallible;

use axum::body::{Body, Bytes};
use axum::http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use futures_util::Stream;
use gitoma_core::{CallId, Metered};
use rmcp::model::{ErrorCode, ErrorData, JsonRpcMessage, RequestId, ServerJsonRpcMessage, ServerResult};
use serde_json::Value;

use super::headers::{CALL_ID, EVENTS, JSON};
use crate::answer;

/// The methods of the endpoint, for sessions.
pub(super) const EVERY_METHOD: &str = "GET, POST, DELETE";
/// Those of it that 2026-07-28 knows.
pub(super) const ONE_METHOD: &str = "POST";

/// One message. An answer that says when to try again says it in `Retry-After` too.
pub(super) fn message(status: StatusCode, message: &ServerJsonRpcMessage) -> Response {
    let Ok(body) = serde_json::to_vec(message) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let mut response = (status, body).into_response();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(JSON));
    if let Some(seconds) = retry_after(message) {
        response.headers_mut().insert(RETRY_AFTER, seconds.into());
    }
    response
}

/// An error of the protocol.
pub(super) fn error(status: StatusCode, id: Option<RequestId>, error: ErrorData) -> Response {
    message(status, &ServerJsonRpcMessage::error(error, id))
}

/// That the request is not one the protocol knows.
pub(super) fn invalid(status: StatusCode, what: &str) -> Response {
    error(status, None, ErrorData::invalid_request(what.to_owned(), None))
}

/// That more is asked for at once than there is room for.
pub(super) fn busy(id: Option<RequestId>) -> Response {
    let what = "too many connections, requests or sessions of this caller at once; try again in 1 s";
    error(StatusCode::TOO_MANY_REQUESTS, id, answer::busy(what))
}

/// The id under which a request stands on the record, in the headers of its `answer`.
pub(super) fn named(mut answer: Response, id: CallId) -> Response {
    if let Ok(id) = HeaderValue::try_from(id.to_string()) {
        answer.headers_mut().insert(CALL_ID, id);
    }
    answer
}

/// That a message was taken which has no answer.
pub(super) fn accepted() -> Response {
    StatusCode::ACCEPTED.into_response()
}

/// That the endpoint does not take this method, but those in `allowed`.
pub(super) fn unknown_method(allowed: &'static str) -> Response {
    let what = "the endpoint does not take this method; the Allow header says which it takes";
    let mut response = invalid(StatusCode::METHOD_NOT_ALLOWED, what);
    response.headers_mut().insert(ALLOW, HeaderValue::from_static(allowed));
    response
}

/// A stream of events.
pub(super) fn events(stream: impl Stream<Item = Result<Bytes, Infallible>> + Send + 'static) -> Response {
    let mut response = Body::from_stream(stream).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(EVENTS));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // Proxies that gather an answer before they pass it on would hold back what is to come at once.
    headers.insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    response
}

/// `message` as an event. JSON has no line break of its own.
pub(super) fn event(message: &ServerJsonRpcMessage) -> Bytes {
    let mut event = b"event: message\ndata: ".to_vec();
    match serde_json::to_writer(&mut event, message) {
        Ok(()) => event.extend_from_slice(b"\n\n"),
        Err(_unwritable) => event.clear(),
    }
    event.into()
}

/// What is sent where there is nothing to say, so that nobody on the way takes the stream for dead.
pub(super) const SILENCE: Bytes = Bytes::from_static(b": \n\n");

/// The status of the answer to a request that stands alone (2026-07-28, Streamable HTTP). `unfit` says that its metadata is not what every
/// request must have.
pub(super) fn status(answer: &ServerJsonRpcMessage, unfit: bool) -> StatusCode {
    let JsonRpcMessage::Error(answer) = answer else { return StatusCode::OK };
    match answer.error.code {
        ErrorCode::UNSUPPORTED_PROTOCOL_VERSION
        | ErrorCode::MISSING_REQUIRED_CLIENT_CAPABILITY
        | ErrorCode::HEADER_MISMATCH => StatusCode::BAD_REQUEST,
        ErrorCode::INVALID_PARAMS if unfit => StatusCode::BAD_REQUEST,
        ErrorCode::METHOD_NOT_FOUND => StatusCode::NOT_FOUND,
        _ => StatusCode::OK,
    }
}

/// Adds what is left of the caller's limits, and by which policy it was answered. Of an answer that is a stream that is what was so at its
/// beginning.
pub(super) fn tell(response: &mut Response, metered: &Metered) {
    for (name, value) in metered.headers() {
        if let Ok(value) = HeaderValue::try_from(value) {
            response.headers_mut().insert(HeaderName::from_static(name), value);
        }
    }
}

/// When to try again, in seconds, where the gateway's envelope says it.
fn retry_after(message: &ServerJsonRpcMessage) -> Option<u64> {
    let envelope: &Value = match message {
        JsonRpcMessage::Response(answer) => match &answer.result {
            ServerResult::CallToolResult(result) if result.is_error == Some(true) => {
                result.structured_content.as_ref()?
            }
            _ => return None,
        },
        JsonRpcMessage::Error(answer) => answer.error.data.as_ref()?,
        JsonRpcMessage::Request(_) | JsonRpcMessage::Notification(_) => return None,
    };
    envelope.get("error")?.get("retry_after")?.as_u64()
}
