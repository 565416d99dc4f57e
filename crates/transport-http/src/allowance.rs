//! Tells an authenticated caller what is left of its limits, before it runs into one: `RateLimit-Policy` and `RateLimit`
//! (draft-ietf-httpapi-ratelimit-headers-10); and, in `Gitoma-Policy`, by which policy it was answered. Whoever is nobody learns nothing of
//! either.

use std::fmt::Write as _;

use axum::http::{HeaderName, HeaderValue};
use axum::response::Response;
use gitoma_core::{Allowance, Metered};

const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const LIMIT: HeaderName = HeaderName::from_static("ratelimit");

/// The policy that the request met.
const MET: HeaderName = HeaderName::from_static("gitoma-policy");

/// Adds the headers to the answer of a request that a principal was charged for.
pub(crate) fn tell(response: &mut Response, Metered { allowances, policy: met, .. }: Metered) {
    let (mut policy, mut limit) = (String::new(), String::new());
    for Allowance { scope, quota, window, left, reset, .. } in allowances {
        let comma = if policy.is_empty() { "" } else { ", " };
        // Writing to a `String` does not fail.
        let _ = write!(policy, "{comma}\"{scope}\";q={quota};w={window}");
        let _ = write!(limit, "{comma}\"{scope}\";r={left};t={reset}");
    }
    let met = format!("generation={}, digest=\"sha256:{}\"", met.generation, met.digest);
    for (name, value) in [(POLICY, policy), (LIMIT, limit), (MET, met)] {
        if let Ok(value) = HeaderValue::try_from(value) {
            response.headers_mut().insert(name, value);
        }
    }
}
