//! The Model Context Protocol over Streamable HTTP: one [`Endpoint`] that takes `POST`, `GET` and `DELETE`, whoever serves it. Sessions
//! (2025-11-25 and before) and requests that stand alone (2026-07-28) are spoken side by side.
//!
//! # Why not the protocol library's own server
//! Its types and its handling of a request are used here; its HTTP side is not, since that (rmcp 3.9) repeats in errors what a client sent,
//! reads a stranger's body, keeps any number of sessions and knows no owner of one, gives each a task and a queue in which one client that
//! reads slowly holds up the rest, ends a session for any caller, and checks headers by a look at tools that knows no caller. Each could be
//! wrapped, and then every message would be read twice. It also logs whole requests; nothing here does.
//!
//! # What is not here
//! No policy. Who asks is the gateway's to say, at every request: a session is a convenience of the protocol and proves nothing. Of its own
//! accord the server says but that lists are others by now, and asks nothing. Nothing is kept to be sent again: an answer that broke off is
//! lost, and the call is on the record.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::Request;
use axum::http::Method;
use axum::response::{IntoResponse as _, Response};
use gitoma_core::{CallId, Credential, Gateway, Origin, Peer, Principal, Refusal, Transport};
use tokio_util::sync::CancellationToken;

use crate::caller::Caller;
use crate::server::Server;

mod answers;
mod body;
mod era;
mod exchange;
mod headers;
mod line;
mod listening;
mod mirror;
mod peers;
mod post;
mod problem;
mod room;
mod session;
mod sessions;
mod subscription;

use peers::Peers;
#[cfg(test)]
pub(crate) use peers::nobody;
pub(crate) use problem::Problem;
use room::{LISTENING, Room, Rooms};
use sessions::Sessions;

pub use body::MAX_BODY;

/// How much an endpoint takes at once. `Default` is what the binaries use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Sessions in all.
    pub sessions: usize,
    /// Sessions of one principal. Of one that opens more, the session that was unused for longest is ended.
    pub principal_sessions: usize,
    /// How long a session may be unused before it is ended.
    pub idle: Duration,
    /// Requests of one session that are handled at once.
    pub session_requests: usize,
    /// Requests of one principal that are handled at once. Above what the gateway runs of one, so that it is the gateway that says `busy`.
    pub principal_requests: usize,
    /// How soon the stream of a client that is no longer let in is closed.
    pub look: Duration,
    /// Connections of [`serve_http`](crate::serve_http) at once.
    pub connections: usize,
    /// Those of one principal. Of one that opens more, the connection on which it has asked for nothing for longest is ended.
    pub principal_connections: usize,
}

impl Bounds {
    /// Those of a server that says nothing of them.
    const USUAL: Self = Self {
        sessions: 1_024,
        principal_sessions: 64,
        idle: Duration::from_secs(30 * 60),
        session_requests: 64,
        principal_requests: 192,
        look: Duration::from_secs(5),
        connections: 768,
        principal_connections: 384,
    };
}

// Whoever keeps within the other bounds has connections for that: requests, and streams of sessions and without.
const _: () = assert!(
    Bounds::USUAL.principal_connections
        > Bounds::USUAL.principal_requests + Bounds::USUAL.principal_sessions + LISTENING
);

impl Default for Bounds {
    fn default() -> Self {
        Self::USUAL
    }
}

/// Who sends a request, as whoever serves the endpoint has found out: nothing of it is verified.
#[derive(Debug, Clone)]
pub struct Visitor {
    /// What was presented.
    pub credential: Credential,
    /// The other end.
    pub peer: Peer,
}

/// The endpoint. Cheap to clone; all clones are one.
#[derive(Debug, Clone)]
pub struct Endpoint {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    gateway: Gateway,
    bounds: Bounds,
    sessions: Sessions,
    rooms: Rooms,
    peers: Peers,
    stopping: CancellationToken,
}

impl Endpoint {
    /// The endpoint of `gateway`. Must be called within a Tokio runtime.
    #[must_use]
    pub fn new(gateway: Gateway, bounds: Bounds) -> Self {
        let peers = Peers::new(&gateway);
        let (sessions, rooms) = (Sessions::new(bounds), Rooms::new(bounds.principal_requests));
        let inner = Inner { gateway, bounds, sessions, rooms, peers, stopping: CancellationToken::new() };
        Self { inner: Arc::new(inner) }
    }

    /// Answers `request` of `visitor`. The answer to somebody the gateway does not know is a problem document (RFC 9457), before a byte of
    /// the body is read; any other is the protocol's. Either says what is left of the limits of whoever was charged. Where the request names
    /// which host, and from which page it comes, was seen to before.
    pub async fn answer(&self, visitor: Visitor, request: Request) -> Response {
        Self::tell_limits(self.handle(visitor, request)).await
    }

    /// That there is no room for another connection of `visitor`, whom the gateway knows. It is charged, and on the record.
    pub(crate) async fn refuse_room(&self, visitor: Visitor) -> Response {
        let caller = Caller::new(visitor.credential, visitor.peer);
        Self::tell_limits(async {
            match self.visit(caller).await {
                Ok(visit) => match visit.charge().await {
                    Ok(()) => *visit.turn_away("busy", answers::busy(None)).await,
                    Err(refused) => *refused,
                },
                Err(refusal) => Problem::of(&refusal).into_response(),
            }
        })
        .await
    }

    /// What `answering` comes to, with what is left of the limits of whoever it charged.
    async fn tell_limits(answering: impl Future<Output = Response>) -> Response {
        let (mut response, metered) = Gateway::metered(answering).await;
        if let Some(metered) = metered {
            answers::tell(&mut response, &metered);
        }
        response
    }

    async fn visit(&self, caller: Caller) -> Result<Visit, Refusal> {
        let principal = self.inner.admit(&caller).await?;
        let room = self.inner.rooms.of(principal.name());
        Ok(Visit { inner: Arc::clone(&self.inner), caller, principal, room })
    }

    async fn handle(&self, visitor: Visitor, request: Request) -> Response {
        let Visitor { credential, peer } = visitor;
        let caller = Caller { credential, peer, headers: headers::restriction(request.headers()) };
        let visit = match self.visit(caller).await {
            Ok(visit) => visit,
            Err(refusal) => return Problem::of(&refusal).into_response(),
        };
        match *request.method() {
            Method::POST => visit.post(request).await,
            Method::GET => visit.get(request.headers()).await,
            Method::DELETE => visit.delete(request.headers()).await,
            _ => match visit.charge().await {
                Ok(()) => answers::unknown_method(answers::EVERY_METHOD),
                Err(refused) => *refused,
            },
        }
    }

    /// Lets go of clients that wait for nothing, since the server ends. Calls that run are answered.
    pub fn close(&self) {
        self.inner.stopping.cancel();
    }

    /// The answer to a request from `peer` that does not come so far as the endpoint, once that is on the record.
    pub(crate) async fn turn_away(&self, peer: Peer, problem: Problem) -> Response {
        let origin = Origin { transport: Transport::Mcp, peer };
        self.inner.gateway.record_refusal(problem.error_id(), None, origin, problem.code()).await;
        problem.into_response()
    }

    pub(crate) fn bounds(&self) -> Bounds {
        self.inner.bounds
    }

    /// Whom calls are handed to.
    pub(crate) fn gateway(&self) -> &Gateway {
        &self.inner.gateway
    }

    /// How many sessions there are.
    #[must_use]
    pub fn sessions(&self) -> usize {
        self.inner.sessions.count()
    }
}

impl Inner {
    /// The principal of `caller`. Nothing is charged for one that the gateway knows; what is asked for is.
    async fn admit(&self, caller: &Caller) -> Result<Arc<Principal>, Refusal> {
        match self.gateway.recognise(&caller.credential, caller.peer) {
            Some(principal) => Ok(principal),
            None => self.gateway.authenticate(caller.credential.clone(), caller.origin()).await,
        }
    }
}

/// One request of somebody the gateway knows.
#[derive(Debug)]
struct Visit {
    inner: Arc<Inner>,
    caller: Caller,
    principal: Arc<Principal>,
    room: Arc<Room>,
}

impl Visit {
    fn server(&self) -> Server {
        Server::new(self.inner.gateway.clone(), self.caller.clone())
    }

    /// `answer`, once it is on the record that this door refused the request by itself, under `code`. The request was charged.
    async fn turn_away(&self, code: &'static str, answer: Response) -> Box<Response> {
        let id = CallId::mint();
        let principal = Some(Arc::clone(&self.principal));
        self.inner.gateway.record_refusal(id, principal, self.caller.origin(), code).await;
        Box::new(answers::named(answer, id))
    }

    /// Charges the request to the caller's limits, as the gateway does with calls and lists itself.
    async fn charge(&self) -> Result<(), Box<Response>> {
        let charged =
            self.inner.gateway.authenticate(self.caller.credential.clone(), self.caller.origin()).await;
        charged.map(drop).map_err(|refusal| Box::new(Problem::of(&refusal).into_response()))
    }
}
