//! What a request's headers say: media types, the protocol's own headers, and what the caller gives up. Nothing of a header is ever
//! repeated.

use axum::http::header::{ACCEPT, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderName};
use gitoma_core::{BadRestriction, Restriction};

pub(super) const SESSION: HeaderName = HeaderName::from_static("mcp-session-id");
pub(super) const VERSION: HeaderName = HeaderName::from_static("mcp-protocol-version");
pub(super) const METHOD: HeaderName = HeaderName::from_static("mcp-method");
pub(super) const NAME: HeaderName = HeaderName::from_static("mcp-name");
/// Of answers: the id under which a request that was refused stands on the record.
pub(super) const CALL_ID: HeaderName = HeaderName::from_static("x-gitoma-call-id");
const RESTRICT: HeaderName = HeaderName::from_static("gitoma-restrict");

pub(super) const JSON: &str = "application/json";
pub(super) const EVENTS: &str = "text/event-stream";

/// A header that must stand alone does not, or is no visible ASCII: somebody between us and the client may have read another value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ambiguous;

/// The value of the header `name`, if there is one.
pub(super) fn single<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Result<Option<&'h str>, Ambiguous> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => value.to_str().map(Some).map_err(|_not_ascii| Ambiguous),
        (Some(_), Some(_)) => Err(Ambiguous),
    }
}

/// Whether the body is said to be JSON.
pub(super) fn is_json(headers: &HeaderMap) -> bool {
    let Ok(Some(media)) = single(headers, &CONTENT_TYPE) else { return false };
    let essence = media.split(';').next().unwrap_or_default();
    essence.trim().eq_ignore_ascii_case(JSON)
}

/// Whether the client takes an answer of the type `media` (RFC 9110 §12.5.1). Who says nothing takes nothing: the protocol has clients
/// say it.
pub(super) fn takes(headers: &HeaderMap, media: &str) -> bool {
    let (kind, _) = media.split_once('/').unwrap_or((media, ""));
    let values = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|range| {
        let mut parts = range.split(';').map(str::trim);
        let essence = parts.next().unwrap_or_default();
        let covers = essence.eq_ignore_ascii_case(media)
            || essence == "*/*"
            || essence
                .split_once('/')
                .is_some_and(|(left, right)| right == "*" && left.eq_ignore_ascii_case(kind));
        covers && !parts.any(is_zero_weight)
    })
}

fn is_zero_weight(parameter: &str) -> bool {
    let weight = parameter.split_once('=').filter(|(name, _)| name.trim().eq_ignore_ascii_case("q"));
    weight.is_some_and(|(_, weight)| weight.trim().bytes().all(|byte| matches!(byte, b'0' | b'.')))
}

/// What the caller gives up, in any number of headers.
pub(super) fn restriction(headers: &HeaderMap) -> Result<Restriction, BadRestriction> {
    Restriction::parse_all(headers.get_all(&RESTRICT).iter().map(|value| value.to_str().ok()))
}

#[cfg(test)]
mod tests;
