//! The cockpit: one page and its parts, each a file of `cockpit/` that is part of the program. Static and public; whatever the page
//! shows it asks the API for, with the token of whoever looks. Nothing else is served: no path leads to a file of the machine.

use std::sync::LazyLock;

use axum::Router;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use gitoma_core::Gateway;

use crate::caller::Caller;
use crate::error::refused;
use crate::shared::Shared;
use crate::validator::{is_held, tag};

/// What the page may do: load its own parts and ask its own server. No inline script or style, no frame around it, no markup made from
/// text (Trusted Types without a policy).
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; \
     form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
);

/// Beside the headers of every answer. The browser keeps the parts, and asks each time whether they are still these.
const HEADERS: [(HeaderName, HeaderValue); 5] = [
    (CONTENT_SECURITY_POLICY, POLICY),
    (CACHE_CONTROL, HeaderValue::from_static("no-cache")),
    (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
    (
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static(
            "camera=(), microphone=(), geolocation=(), payment=(), usb=(), serial=(), display-capture=(), \
             clipboard-read=(), publickey-credentials-get=(), browsing-topics=()",
        ),
    ),
];

const HTML: &str = "text/html; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const IMAGE: &str = "image/svg+xml";

/// A file of the cockpit.
struct Part {
    path: &'static str,
    kind: &'static str,
    bytes: &'static [u8],
}

macro_rules! parts {
    ($($path:literal => $file:literal, $kind:ident;)+) => {
        [$(Part { path: $path, kind: $kind, bytes: include_bytes!(concat!("../cockpit/", $file)) }),+]
    };
}

const PARTS: [Part; 29] = parts! {
    "/" => "index.html", HTML;
    "/cockpit/mark.svg" => "mark.svg", IMAGE;
    "/cockpit/theme.css" => "theme.css", STYLE;
    "/cockpit/layout.css" => "layout.css", STYLE;
    "/cockpit/parts.css" => "parts.css", STYLE;
    "/cockpit/api.js" => "api.js", SCRIPT;
    "/cockpit/app.js" => "app.js", SCRIPT;
    "/cockpit/approval.js" => "approval.js", SCRIPT;
    "/cockpit/approvals.js" => "approvals.js", SCRIPT;
    "/cockpit/calls.js" => "calls.js", SCRIPT;
    "/cockpit/dialog.js" => "dialog.js", SCRIPT;
    "/cockpit/diff.js" => "diff.js", SCRIPT;
    "/cockpit/dom.js" => "dom.js", SCRIPT;
    "/cockpit/dryrun.js" => "dryrun.js", SCRIPT;
    "/cockpit/events.js" => "events.js", SCRIPT;
    "/cockpit/explain.js" => "explain.js", SCRIPT;
    "/cockpit/live.js" => "live.js", SCRIPT;
    "/cockpit/main.js" => "main.js", SCRIPT;
    "/cockpit/policy.js" => "policy.js", SCRIPT;
    "/cockpit/record.js" => "record.js", SCRIPT;
    "/cockpit/spark.js" => "spark.js", SCRIPT;
    "/cockpit/stop.js" => "stop.js", SCRIPT;
    "/cockpit/stream.js" => "stream.js", SCRIPT;
    "/cockpit/strip.js" => "strip.js", SCRIPT;
    "/cockpit/theme.js" => "theme.js", SCRIPT;
    "/cockpit/tools.js" => "tools.js", SCRIPT;
    "/cockpit/verdict.js" => "verdict.js", SCRIPT;
    "/cockpit/visible.js" => "visible.js", SCRIPT;
    "/cockpit/words.js" => "words.js", SCRIPT;
};

/// The validators of the parts, in their order.
static TAGS: LazyLock<Vec<HeaderValue>> =
    LazyLock::new(|| PARTS.iter().map(|part| tag(part.bytes)).collect());

/// The routes of the page and its parts.
pub(crate) fn routes() -> Router<Shared> {
    PARTS.iter().zip(TAGS.iter()).fold(Router::new(), |router, (part, tag)| {
        let page =
            async move |State(gateway): State<Gateway>, caller: Caller, headers: HeaderMap| match gateway
                .admit_anybody(caller.origin)
                .await
            {
                Ok(()) => serve(part, tag, &headers),
                Err(refusal) => refused(refusal),
            };
        router.route(part.path, get(page))
    })
}

fn serve(part: &'static Part, tag: &HeaderValue, request: &HeaderMap) -> Response {
    let mut response = if is_held(request, tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        ([(CONTENT_TYPE, HeaderValue::from_static(part.kind))], part.bytes).into_response()
    };
    response.headers_mut().extend(HEADERS);
    response.headers_mut().insert(ETAG, tag.clone());
    response
}

#[cfg(test)]
mod tests;
