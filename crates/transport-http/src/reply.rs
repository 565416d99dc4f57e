//! How answers are spelt.

use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use serde::Serialize;

use crate::problem::Problem;

/// Room for most answers, so that they are written into one piece of memory.
const USUAL: usize = 1024;

/// An answer of one JSON document. As [`axum::Json`], which writes it piece by piece at twice the cost.
pub(crate) fn json(document: &impl Serialize) -> Response {
    let mut body = Vec::with_capacity(USUAL);
    // What the gateway gives always serialises.
    if serde_json::to_writer(&mut body, document).is_err() {
        return Problem::internal().into_response();
    }
    let mut response = body.into_response();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
