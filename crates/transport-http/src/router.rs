//! The routes, and around them what every request passes, from the outside in: security headers · panics become problems · the
//! `Host` names this server · no other origin · the client's turn is over · a time limit. Nothing about who may do what.

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::{Next, from_fn, from_fn_with_state, map_response};
use axum::response::{IntoResponse as _, Response};
use gitoma_core::Gateway;
use tower_http::catch_panic::CatchPanicLayer;

use crate::connection::take_turn;
use crate::host::AllowedHosts;
use crate::problem::Problem;
use crate::routes::Part;
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

/// The whole service over `gateway` at its site.
pub(crate) fn router(gateway: Gateway, Site { hosts, proxies }: Site) -> Router {
    let routes = routes::all()
        .filter(|route| Part::ALL.contains(&route.part))
        .fold(Router::new(), |router, route| router.route(route.path, (route.handler)(route.method.filter())))
        .fallback(async || Problem::unknown_route())
        .method_not_allowed_fallback(async || Problem::unknown_method())
        .layer(from_fn(allowance::tell))
        .layer(from_fn_with_state(proxies, forwarded::find))
        .with_state(Shared { gateway });
    surround(routes, hosts, TIME_LIMIT)
}

/// Puts the layers around `routes`; the last one added is the outermost.
fn surround(routes: Router, hosts: AllowedHosts, limit: Duration) -> Router {
    routes
        .layer(from_fn_with_state(limit, within))
        .layer(from_fn(take_turn))
        .layer(from_fn(origin::check))
        .layer(from_fn_with_state(Arc::new(hosts), host::check))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(map_response(with_security_headers))
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
