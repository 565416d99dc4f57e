//! Tells an authenticated caller what is left of its limits, before it runs into one, and by which policy it was answered. Whoever is nobody
//! learns nothing of either.

use axum::http::{HeaderName, HeaderValue};
use axum::response::Response;
use gitoma_core::Metered;

/// Adds the headers to the answer of a request that a principal was charged for.
pub(crate) fn tell(response: &mut Response, metered: &Metered) {
    for (name, value) in metered.headers() {
        if let Ok(value) = HeaderValue::try_from(value) {
            response.headers_mut().insert(HeaderName::from_static(name), value);
        }
    }
}
