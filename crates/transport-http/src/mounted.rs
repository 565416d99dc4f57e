//! [`Mounted`]: a service of another crate at a path of this server, behind the same entrance: names, origins, time limits and connections are
//! seen to here, and who asks is found out here. What it does is its own.

use std::fmt;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use axum::http::HeaderName;
use axum::http::header::CONTENT_TYPE;
use axum::response::Response;
use axum::routing::{MethodRouter, any};
use gitoma_core::{BoxFuture, Credential, Peer};
use http_body_util::BodyExt as _;

use crate::caller::Caller;
use crate::connection::{Client, HeldTurn};

/// Who sends a request, as its headers and its socket say. Nothing is verified.
#[derive(Debug, Clone)]
pub struct Sender {
    /// What was presented.
    pub credential: Credential,
    /// The other end, through proxies that are trusted.
    pub peer: Peer,
}

type Answer = dyn Fn(Sender, Request) -> BoxFuture<'static, Response> + Send + Sync;

/// A service at a path of the server.
#[derive(Clone)]
pub struct Mounted {
    pub(crate) path: &'static str,
    answer: Arc<Answer>,
    /// Headers of requests that pages of named origins may set besides.
    pub(crate) asked: Vec<HeaderName>,
    /// Headers of answers that they may read besides.
    pub(crate) told: Vec<HeaderName>,
}

impl fmt::Debug for Mounted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mounted").field("path", &self.path).finish_non_exhaustive()
    }
}

impl Mounted {
    /// Lets `answer` answer every request for `path`, whatever its method.
    pub fn new<F>(path: &'static str, answer: impl Fn(Sender, Request) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Response> + Send + 'static,
    {
        let answer =
            move |sender, request| -> BoxFuture<'static, Response> { Box::pin(answer(sender, request)) };
        Self { path, answer: Arc::new(answer), asked: Vec::new(), told: Vec::new() }
    }

    /// The same, where pages of named origins may set the headers `asked` and read the headers `told` besides the server's own.
    #[must_use]
    pub fn with_headers(mut self, asked: &[HeaderName], told: &[HeaderName]) -> Self {
        self.asked = asked.to_vec();
        self.told = told.to_vec();
        self
    }

    /// The service as a route.
    pub(crate) fn route<State: Clone + Send + Sync + 'static>(&self) -> MethodRouter<State> {
        let mounted = self.clone();
        any(async move |ConnectInfo(client): ConnectInfo<Client>, caller: Caller, request: Request| {
            let sender = Sender { peer: caller.origin.peer, credential: caller.credential };
            held(&client, (mounted.answer)(sender, request).await)
        })
    }
}

/// A stream goes on when its head is sent: as long as it does, nothing is expected of the client.
fn held(client: &Client, response: Response) -> Response {
    let is_stream = response.headers().get(CONTENT_TYPE).is_some_and(|media| media == "text/event-stream");
    if !is_stream {
        return response;
    }
    let hold = client.hold();
    let mut response = response.map(|body| {
        Body::new(body.map_frame(move |frame| {
            let _as_long_as_the_body = &hold;
            frame
        }))
    });
    response.extensions_mut().insert(HeldTurn);
    response
}

#[cfg(test)]
mod tests;
