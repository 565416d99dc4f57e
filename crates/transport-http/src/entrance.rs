//! [`Entrance`]: what every request passes before its route, in one piece, since a layer for each costs more than what most of them do. From
//! the outside in: security headers · panics become problems · the `Host` names this server · no origin that may not ask · what
//! pages of named origins may read · the client's turn is over · a time limit · compression · where the request comes from · what is
//! left of its limits. Nothing about who may do what.

use std::any::Any;
use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::extract::{ConnectInfo, Request};
use axum::http::header::{
    ACCEPT_ENCODING, AUTHORIZATION, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG,
    REFERRER_POLICY, RETRY_AFTER, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{Extensions, HeaderMap, HeaderName, HeaderValue, StatusCode, Version};
use axum::response::{IntoResponse as _, Response};
use futures_util::FutureExt as _;
use gitoma_core::{Gateway, Origin, Peer, Transport};
use tower::{Layer as _, Service, ServiceExt as _};
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{Predicate as _, SizeAbove};
use tower_http::cors::{Cors, CorsLayer};

use crate::allowance;
use crate::connection::Client;
use crate::error::turned_away;
use crate::forwarded::CallerAddress;
use crate::mounted::Mounted;
use crate::origin::{Origins, may_ask};
use crate::problem::{CALL_ID, Problem};
use crate::server::Site;

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
const TOLD: [HeaderName; 5] = [
    HeaderName::from_static("ratelimit"),
    HeaderName::from_static("ratelimit-policy"),
    HeaderName::from_static("gitoma-policy"),
    RETRY_AFTER,
    CALL_ID,
];
/// How long an answer that comes too late waits to be on the record.
const RECORDING: Duration = Duration::from_secs(1);
/// Answers below this many bytes are not compressed.
const SMALL: u64 = 1024;

type Answering = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

/// The way to the routes. Cheap to clone: that happens for every request.
#[derive(Clone)]
pub(crate) struct Entrance {
    inside: Inside,
    /// Without named origins nothing says that there is such a thing.
    shared: Option<Arc<Cors<Inside>>>,
}

impl Entrance {
    /// The way to `routes` at `site`, each of which has `limit` to answer.
    pub(crate) fn new(
        routes: Router,
        gateway: Gateway,
        site: Site,
        mounted: &[Mounted],
        limit: Duration,
    ) -> Self {
        let inside = Inside { routes, gateway, site: Arc::new(site), limit };
        let origins = &inside.site.origins;
        let shared =
            (!origins.cors.is_empty()).then(|| Arc::new(shared_with(origins, mounted).layer(inside.clone())));
        Self { inside, shared }
    }

    /// The answer to a request that does not come so far as its route.
    async fn turn_away(self, request: Request, problem: Problem) -> Response {
        let client = request.extensions().get::<ConnectInfo<Client>>();
        let peer = client.map_or(Peer::Local, |client| self.inside.site.peer(&client.0, request.headers()));
        drop(request);
        turned_away(&self.inside.gateway, None, Origin { transport: Transport::Http, peer }, problem).await
    }

    async fn answer(self, request: Request) -> Response {
        let site = &self.inside.site;
        if !site.hosts.are_named_by(&request) {
            return Box::pin(self.turn_away(request, Problem::misdirected())).await;
        }
        if !may_ask(&request, &site.origins) {
            return Box::pin(self.turn_away(request, Problem::cross_origin())).await;
        }
        match self.shared {
            Some(shared) => {
                let Ok(response) = Box::pin(Cors::clone(&shared).oneshot(request)).await;
                response
            }
            None => self.inside.answer(request).await,
        }
    }
}

impl Service<Request> for Entrance {
    type Response = Response;
    type Error = Infallible;
    type Future = Answering;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Answering {
        let entrance = self.clone();
        // Futures that are made where they are awaited are not moved into one another on the way; these are large.
        Box::pin(async move {
            let answered = AssertUnwindSafe(entrance.answer(request)).catch_unwind().await;
            let mut response = answered.unwrap_or_else(|payload| panicked(&*payload));
            // What an answer says for itself stays: the cockpit's page may do more than an answer of the API, and is kept.
            for (name, value) in HEADERS {
                response.headers_mut().entry(name).or_insert(value);
            }
            Ok(response)
        })
    }
}

/// What lies behind the checks of where a request is sent to and from which page.
#[derive(Clone)]
struct Inside {
    routes: Router,
    gateway: Gateway,
    site: Arc<Site>,
    /// The longest that an answer may take.
    limit: Duration,
}

impl Inside {
    async fn answer(self, request: Request) -> Response {
        let client = request.extensions().get::<ConnectInfo<Client>>().map(|client| client.0.clone());
        let turn = client.as_ref().map(Client::answer);
        let peer = client.as_ref().map(|client| self.site.peer(client, request.headers()));
        let (gateway, limit) = (self.gateway.clone(), self.limit);
        let response = match tokio::time::timeout(limit, self.route(request, peer, client.as_ref())).await {
            Ok(response) => response,
            Err(_elapsed) => Box::pin(overdue(gateway, peer)).await,
        };
        if let Some(turn) = turn {
            turn.end_with(&response);
        }
        response
    }

    async fn route(self, mut request: Request, peer: Option<Peer>, client: Option<&Client>) -> Response {
        if let Some(peer) = peer {
            request.extensions_mut().insert(CallerAddress(peer));
        }
        if let Some(client) = client {
            request = request.map(|body| client.awaited(body));
        }
        let compressed = request.headers().contains_key(ACCEPT_ENCODING);
        let routed = async {
            let mut routes = self.routes;
            if compressed {
                // The packer's state is large, and would make the future of every request as large, which is moved about.
                let Ok(response) = Box::pin(compressing().layer(routes).oneshot(request)).await;
                return response.map(axum::body::Body::new);
            }
            let Ok(response) = routes.call(request).await;
            response
        };
        let (mut response, metered) = Gateway::metered(routed).await;
        if let Some(metered) = metered {
            allowance::tell(&mut response, &metered);
        }
        response
    }
}

impl Service<Request> for Inside {
    type Response = Response;
    type Error = Infallible;
    type Future = Answering;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Answering {
        let inside = self.clone();
        Box::pin(async move { Ok(inside.answer(request).await) })
    }
}

/// The answer to a request that took longer than any may. Its own call, where it is one, is cut off with it and says on the record what became
/// of it; who asked is not known here.
async fn overdue(gateway: Gateway, peer: Option<Peer>) -> Response {
    let problem = Problem::timed_out();
    let origin = Origin { transport: Transport::Http, peer: peer.unwrap_or(Peer::Local) };
    let (error_id, code) = (problem.error_id, problem.code);
    let recording = tokio::spawn(async move { gateway.record_refusal(error_id, None, origin, code).await });
    // What keeps the call may keep the record; it is written once it can be.
    let _ = tokio::time::timeout(RECORDING, recording).await;
    problem.into_response()
}

/// Lets pages of named origins read answers. Nothing they send goes along by itself: no cookie means anything here.
fn shared_with(origins: &Origins, mounted: &[Mounted]) -> CorsLayer {
    let mut methods = vec![axum::http::Method::GET, axum::http::Method::POST];
    if !mounted.is_empty() {
        methods.push(axum::http::Method::DELETE);
    }
    let asked = mounted.iter().flat_map(|mounted| mounted.asked.iter().cloned());
    let told = mounted.iter().flat_map(|mounted| mounted.told.iter().cloned());
    CorsLayer::new()
        .allow_origin(origins.cors.clone())
        .allow_methods(methods)
        .allow_headers(ASKED.into_iter().chain(asked).collect::<Vec<_>>())
        .expose_headers(TOLD.into_iter().chain(told).collect::<Vec<_>>())
}

/// Compresses what is worth it, for whoever said that they read it. An answer that shows a secret beside what an attacker chose could be
/// guessed by its length (BREACH); here whoever chooses requests must hold the bearer's token, and nothing of them is repeated.
fn compressing() -> CompressionLayer<impl tower_http::compression::Predicate> {
    CompressionLayer::new().gzip(true).compress_when(SizeAbove::new(SMALL).and(may_be_packed))
}

/// Events must not wait for more of them; and a strong validator is one of these very bytes (RFC 9110 §8.8.3).
fn may_be_packed(
    _status: StatusCode,
    _version: Version,
    headers: &HeaderMap,
    _extensions: &Extensions,
) -> bool {
    headers.get(CONTENT_TYPE).is_none_or(|media| media != "text/event-stream") && !headers.contains_key(ETAG)
}

/// The panic's words may hold anything, so they are neither sent nor logged here.
fn panicked(_payload: &(dyn Any + Send)) -> Response {
    let problem = Problem::internal();
    tracing::error!(target: "gitoma::http", error_id = %problem.error_id, "a request handler panicked");
    problem.into_response()
}

#[cfg(test)]
mod tests;
