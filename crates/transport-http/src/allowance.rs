//! Tells an authenticated caller what is left of its limits, before it runs into one: `RateLimit-Policy` and `RateLimit`
//! (draft-ietf-httpapi-ratelimit-headers-10); and, in `Gitoma-Policy`, by which policy it was answered. Whoever is nobody learns nothing of
//! either.

use axum::http::{HeaderName, HeaderValue};
use axum::response::Response;
use gitoma_core::{Allowance, Metered};

const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const LIMIT: HeaderName = HeaderName::from_static("ratelimit");

/// The policy that the request met.
const MET: HeaderName = HeaderName::from_static("gitoma-policy");

/// Room for most of these headers.
const USUAL: usize = 128;

/// Adds the headers to the answer of a request that a principal was charged for.
pub(crate) fn tell(response: &mut Response, Metered { allowances, policy: met, .. }: Metered) {
    let (mut policy, mut limit) = (Text::new(), Text::new());
    for Allowance { scope, quota, window, left, reset, .. } in allowances {
        policy.item(scope, [("q", quota.into()), ("w", window)]);
        limit.item(scope, [("r", left.into()), ("t", reset)]);
    }
    let mut stamp = Text::new();
    stamp.push("generation=").number(met.generation).push(", digest=\"sha256:").push(&met.digest).push("\"");
    for (name, Text(value)) in [(POLICY, policy), (LIMIT, limit), (MET, stamp)] {
        if let Ok(value) = HeaderValue::try_from(value) {
            response.headers_mut().insert(name, value);
        }
    }
}

/// A header's text while it grows. Every answer has three, and what formats in general takes four times as long.
struct Text(String);

impl Text {
    fn new() -> Self {
        Self(String::with_capacity(USUAL))
    }

    fn push(&mut self, text: &str) -> &mut Self {
        self.0.push_str(text);
        self
    }

    fn number(&mut self, number: u64) -> &mut Self {
        self.push(itoa::Buffer::new().format(number))
    }

    /// Adds the item `name` to the list, with its parameters (RFC 9651 §3.1).
    fn item(&mut self, name: &str, parameters: [(&str, u64); 2]) {
        if !self.0.is_empty() {
            self.push(", ");
        }
        self.push("\"").push(name).push("\"");
        for (key, value) in parameters {
            self.push(";").push(key).push("=").number(value);
        }
    }
}
