//! The routes, and around them what every request passes, from the outside in: security headers · panics become problems · the
//! `Host` names this server · no origin that may not ask · the client's turn is over · a time limit. Nothing about who may do what.

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::{
    AUTHORIZATION, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, RETRY_AFTER,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{Extensions, HeaderMap, HeaderName, HeaderValue, StatusCode, Version};
use axum::middleware::{Next, from_fn, from_fn_with_state, map_response};
use axum::response::{IntoResponse as _, Response};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{Predicate as _, SizeAbove};
use tower_http::cors::CorsLayer;

use crate::connection::take_turn;
use crate::host::AllowedHosts;
use crate::origin::Origins;
use crate::problem::{CALL_ID, Problem};
use crate::server::Site;
use crate::shared::Shared;
use crate::{allowance, forwarded, host, origin, routes};

/// The longest that an answer may take. Tools have shorter limits of their own; this one is for what they forget.
const TIME_LIMIT: Duration = Duration::from_secs(60);

const HEADERS: [(HeaderName, HeaderValue); 4] = [
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'")),
];

/// Headers of requests that pages of other origins may set, if any may ask.
const ASKED: [HeaderName; 5] = [
    AUTHORIZATION,
    CONTENT_TYPE,
    HeaderName::from_static("gitoma-restrict"),
    HeaderName::from_static("x-request-id"),
    HeaderName::from_static("last-event-id"),
];
/// Headers of answers that they may read.
const TOLD: [HeaderName; 4] =
    [HeaderName::from_static("ratelimit"), HeaderName::from_static("ratelimit-policy"), RETRY_AFTER, CALL_ID];
/// Answers below this many bytes are not compressed.
const SMALL: u64 = 1024;

/// The whole service at its site.
pub(crate) fn router(shared: Shared, Site { hosts, proxies, origins, serves }: Site) -> Router {
    let routes = routes::all()
        .filter(|route| route.part.is_served_by(serves))
        .fold(Router::new(), |router, route| router.route(route.path, (route.handler)(route.method.filter())))
        .fallback(async || Problem::unknown_route())
        .method_not_allowed_fallback(async || Problem::unknown_method())
        .layer(from_fn(allowance::tell))
        .layer(from_fn_with_state(proxies, forwarded::find))
        .with_state(shared);
    surround(routes, hosts, origins, TIME_LIMIT)
}

/// Puts the layers around `routes`; the last one added is the outermost.
fn surround(routes: Router, hosts: AllowedHosts, origins: Origins, limit: Duration) -> Router {
    let routes = routes
        .layer(CompressionLayer::new().gzip(true).compress_when(SizeAbove::new(SMALL).and(is_no_stream)))
        .layer(from_fn_with_state(limit, within))
        .layer(from_fn(take_turn));
    // Without named origins nothing says that there is such a thing.
    let routes = if origins.cors.is_empty() { routes } else { routes.layer(shared_with(&origins)) };
    routes
        .layer(from_fn_with_state(Arc::new(origins), origin::check))
        .layer(from_fn_with_state(Arc::new(hosts), host::check))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(map_response(with_security_headers))
}

/// Lets pages of named origins read answers. Nothing they send goes along by itself: no cookie means anything here.
fn shared_with(origins: &Origins) -> CorsLayer {
    CorsLayer::new()
        .allow_origin(origins.cors.clone())
        .allow_methods([axum::http::Method::GET, axum::http::Method::POST])
        .allow_headers(ASKED)
        .expose_headers(TOLD)
}

/// Events must not wait for more of them.
fn is_no_stream(
    _status: StatusCode,
    _version: Version,
    headers: &HeaderMap,
    _extensions: &Extensions,
) -> bool {
    headers.get(CONTENT_TYPE).is_none_or(|media| media != "text/event-stream")
}

async fn within(State(limit): State<Duration>, request: Request, next: Next) -> Response {
    match tokio::time::timeout(limit, next.run(request)).await {
        Ok(response) => response,
        Err(_elapsed) => Problem::timed_out().into_response(),
    }
}

/// The panic's words may hold anything, so they are neither sent nor logged here.
fn panicked(_payload: Box<dyn Any + Send>) -> Response {
    let problem = Problem::internal();
    tracing::error!(target: "gitoma::http", error_id = %problem.error_id, "a request handler panicked");
    problem.into_response()
}

async fn with_security_headers(mut response: Response) -> Response {
    response.headers_mut().extend(HEADERS);
    response
}

#[cfg(test)]
mod tests;
