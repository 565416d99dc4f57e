//! [`serve_http`]: the endpoint alone, over TCP of this machine. Whoever wants TLS, a socket's file, proxies or another machine's clients
//! runs `gitoma-http`, which serves the same endpoint.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, CONNECTION, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;
use gitoma_core::{Connections, Credential, Peer, Secret};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::http::{Endpoint, Problem, Visitor};
use answered::Answered;
use guests::{Entry, Guest, Guests};
use names::Names;

mod answered;
mod guests;
mod names;

/// The path of the endpoint.
pub const PATH: &str = "/mcp";
/// How often it is looked for somebody who gives way, while there is no place.
const PACE: Duration = Duration::from_millis(50);
/// How long a client may take over a request head, also over sending the next one, or over taking a piece of an answer.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long a connection that gives way may take over what was answered on it.
const LAST: Duration = Duration::from_secs(1);
/// How long running requests are waited for at the end.
const GRACE: Duration = Duration::from_secs(10);

/// Why an address is not listened on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// The text is not an address with a port.
    #[error("--listen must be ADDRESS:PORT with a numeric address of this machine, such as 127.0.0.1:4311")]
    Malformed,
    /// Other machines could reach the address.
    #[error(
        "--listen must be an address of this machine's own, such as 127.0.0.1:4311; for other machines run gitoma-http, which serves \
         the same endpoint at /mcp and has TLS, socket files and trusted proxies"
    )]
    Exposed,
}

/// An address that no other machine can reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoopbackAddress(SocketAddr);

impl LoopbackAddress {
    /// Reads `ADDRESS:PORT`; `localhost` stands for 127.0.0.1, and port 0 for any free port.
    ///
    /// # Errors
    /// [`AddressError`] if the text is no address, or one that other machines can reach.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let address = match text.strip_prefix("localhost:") {
            Some(port) => {
                (IpAddr::from(Ipv4Addr::LOCALHOST), port.parse().map_err(|_| AddressError::Malformed)?).into()
            }
            None => text.parse::<SocketAddr>().map_err(|_| AddressError::Malformed)?,
        };
        if address.ip().to_canonical().is_loopback() { Ok(Self(address)) } else { Err(AddressError::Exposed) }
    }

    /// Listens there.
    ///
    /// # Errors
    /// [`io::Error`] if it cannot be.
    pub async fn bind(self) -> io::Result<TcpListener> {
        TcpListener::bind(self.0).await
    }
}

/// Serves `endpoint` on `listener`, until `stop` is cancelled. Then no connection is accepted any more, streams that carry
/// nothing are closed, and requests that are being answered are waited for, up to ten seconds. Must be called within a Tokio runtime.
///
/// # Errors
/// [`io::Error`] if the listener has no address.
pub async fn serve_http(
    listener: TcpListener,
    endpoint: Endpoint,
    stop: CancellationToken,
) -> io::Result<()> {
    let names = Arc::new(Names::of(listener.local_addr()?));
    let bounds = endpoint.bounds();
    let places = Arc::new(Semaphore::new(bounds.connections.clamp(1, Semaphore::MAX_PERMITS)));
    let (guests, connections) = (Guests::new(bounds.principal_connections), TaskTracker::new());
    let counted = endpoint.gateway().connections();
    loop {
        let accepted = tokio::select! {
            biased;
            () = stop.cancelled() => break,
            accepted = async { (place(&places, &guests, &counted).await, accept(&listener).await) } => accepted,
        };
        let (place, (stream, remote)) = accepted;
        let door = Door {
            endpoint: endpoint.clone(),
            names: Arc::clone(&names),
            peer: remote.ip().to_canonical(),
            guest: Arc::new(guests.meet()),
        };
        let (stop, counted) = (stop.clone(), counted.begin());
        connections.spawn(async move {
            let _held = (place, counted);
            door.serve(stream, stop).await;
        });
    }
    drop(listener);
    endpoint.close();
    connections.close();
    if tokio::time::timeout(GRACE, connections.wait()).await.is_err() {
        tracing::warn!(target: "gitoma::mcp", "requests were still running at the end and are cut off");
    }
    Ok(())
}

/// A place for a connection. Whoever comes while there is none waits in the kernel's queue meanwhile.
async fn place(
    places: &Arc<Semaphore>,
    guests: &Guests,
    counted: &Connections,
) -> Option<OwnedSemaphorePermit> {
    if let Ok(place) = Arc::clone(places).try_acquire_owned() {
        return Some(place);
    }
    loop {
        if guests.make_way() {
            counted.give_way();
        }
        // The semaphore is never closed.
        if let Ok(place) = tokio::time::timeout(PACE, Arc::clone(places).acquire_owned()).await {
            return place.ok();
        }
    }
}

/// The next connection. What fails on the way is one connection's failure, or a lack that passes.
async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok((stream, remote)) => {
                prepare(&stream);
                return (stream, remote);
            }
            Err(error) => {
                tracing::debug!(target: "gitoma::mcp", %error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}

fn prepare(stream: &TcpStream) {
    // Answers are small and written whole: nothing is gained by holding back their last segment (RFC 896).
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(target: "gitoma::mcp", %error, "TCP_NODELAY could not be set");
    }
    // A client that takes nothing of its answer is given up.
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::net::sockopt::set_tcp_user_timeout(
        stream,
        u32::try_from(PATIENCE.as_millis()).unwrap_or(u32::MAX),
    ) {
        tracing::debug!(target: "gitoma::mcp", %error, "TCP_USER_TIMEOUT could not be set");
    }
}

/// The way from a connection to the endpoint.
#[derive(Clone)]
struct Door {
    endpoint: Endpoint,
    names: Arc<Names>,
    peer: IpAddr,
    guest: Arc<Guest>,
}

impl Door {
    async fn serve(self, stream: TcpStream, stop: CancellationToken) {
        let (guest, gives_way) = (Arc::clone(&self.guest), self.guest.gives_way.clone());
        let service = service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
            let door = self.clone();
            async move { Ok::<_, std::convert::Infallible>(door.answer(request.map(Body::new)).await) }
        });
        let serving = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(PATIENCE)
            .serve_connection(TokioIo::new(stream), service);
        let mut serving = std::pin::pin!(serving);
        // What ends a connection is the client's business.
        tokio::select! {
            _ = serving.as_mut() => {}
            () = gives_way.cancelled() => {
                // Of an answer that its client is slow to take, some may be on its way still.
                if !guest.is_strange() {
                    serving.as_mut().graceful_shutdown();
                    drop(tokio::time::timeout(LAST, serving).await);
                }
            }
            () = stop.cancelled() => {
                serving.as_mut().graceful_shutdown();
                let _ = serving.await;
            }
        }
    }

    async fn answer(self, request: Request) -> Response {
        let answering = self.guest.begin();
        let mut response = match answering {
            Some(_) => self.route(request).await,
            None => self.part().await,
        };
        let headers = response.headers_mut();
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
        response.map(|body| match answering {
            Some(answering) => Body::new(Answered::new(body, answering)),
            None => body,
        })
    }

    /// The answer to a request of which nothing comes, since its connection gives way.
    async fn part(self) -> Response {
        closing(self.endpoint.turn_away(Peer::Address(self.peer), Problem::crowded()).await)
    }

    /// Takes note of who `visitor` is, if it is the first on the connection whom the gateway knows.
    fn enter(&self, visitor: &Visitor) -> Entry {
        if !self.guest.is_strange() {
            return Entry::Stays;
        }
        match self.endpoint.gateway().recognise(&visitor.credential, visitor.peer) {
            Some(principal) => self.guest.let_in(principal.name()),
            None => Entry::Stays,
        }
    }

    async fn route(self, request: Request) -> Response {
        let peer = Peer::Address(self.peer);
        let problem = if !self.names.are_named_by(&request) {
            Problem::misdirected()
        } else if !self.names.may_ask(request.headers()) {
            Problem::cross_origin()
        } else if request.uri().path() != PATH {
            Problem::unknown_route()
        } else {
            let visitor = Visitor { credential: credential(request.headers()), peer };
            return match self.enter(&visitor) {
                Entry::Stays => self.endpoint.answer(visitor, request).await,
                Entry::Full => closing(self.endpoint.refuse_room(visitor).await),
                Entry::Gone => self.part().await,
            };
        };
        drop(request);
        self.endpoint.turn_away(peer, problem).await
    }
}

/// `response`, and that its connection ends with it.
fn closing(mut response: Response) -> Response {
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    response
}

/// The bearer token of exactly one `Authorization` header (RFC 6750 §2.1); anything else is no credential.
fn credential(headers: &HeaderMap) -> Credential {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return Credential::Absent };
    let token = value.to_str().ok().and_then(|value| {
        let (scheme, token) = value.split_once(' ')?;
        let token = token.trim_matches(' ');
        (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
    });
    token.map_or(Credential::Absent, |token| Credential::Bearer(Secret::new(token.to_owned())))
}

#[cfg(test)]
mod tests;
