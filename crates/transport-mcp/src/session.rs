//! The life of one connection: from the first frame to the end of the input or the word to stop. The gateway outlives it and is
//! shut down by whoever built it.

use std::sync::Arc;

use gitoma_core::{Credential, Gateway, Peer, Refusal, RefusalKind};
use rmcp::service::{QuitReason, ServerInitializeError, serve_server};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::sync::CancellationToken;

use crate::attended::Attended;
use crate::caller::Caller;
use crate::connection::{Connection, Ends};
use crate::hang_up::HangUp;
use crate::listeners::Listeners;
use crate::server::Server;

/// Why a connection could not be served to its end.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// Nobody by the principal's name is configured, or that one must prove who it is, which stdio has no way to do.
    #[error("no principal of that name is configured with the role `agent` alone")]
    UnknownPrincipal,
    /// The gateway does not take calls now.
    #[error("the gateway takes no calls")]
    Refused(#[source] Refusal),
    /// The client could not be written to while the connection was opened, or opened it in a way that has no answer.
    #[error("the connection could not be opened")]
    Opening,
    /// The task that serves the connection was lost.
    #[error("the connection was lost to an internal error")]
    Lost,
}

/// Serves one client on `reader` and `writer`, its calls being made by `principal`.
///
/// Returns when the input has ended or `stop` is cancelled, after giving running calls up to five seconds to be answered; what
/// runs on then is cancelled, and ends with an outcome on the record when the gateway is shut down. Must be called within a
/// Tokio runtime.
///
/// # Errors
/// [`ServeError`]; never because of what a client sent.
pub async fn serve<R, W>(
    gateway: Gateway,
    principal: &str,
    reader: R,
    writer: W,
    stop: CancellationToken,
) -> Result<(), ServeError>
where
    R: AsyncRead + Send + Unpin + 'static,
    W: AsyncWrite + Send + Unpin + 'static,
{
    let ends = Ends { hang_up: HangUp::never(), stop: stop.child_token(), ended: CancellationToken::new() };
    hold(gateway, principal, (reader, writer), ends).await
}

async fn hold<R, W>(
    gateway: Gateway,
    principal: &str,
    (reader, writer): (R, W),
    ends: Ends,
) -> Result<(), ServeError>
where
    R: AsyncRead + Send + Unpin + 'static,
    W: AsyncWrite + Send + Unpin + 'static,
{
    let server = Server::new(gateway, Caller::new(Credential::Local(Arc::from(principal)), Peer::Local));
    server.require_known().await.map_err(|refusal| match refusal.kind {
        RefusalKind::InvalidCredential => ServeError::UnknownPrincipal,
        _ => ServeError::Refused(refusal),
    })?;
    let listeners = Listeners::new();
    let connection = Connection::new(server.clone(), listeners.clone(), reader, writer, ends);
    let running = match serve_server(Attended::new(server, listeners), connection).await {
        Ok(running) => running,
        Err(ServerInitializeError::ConnectionClosed(_)) => return Ok(()),
        // The library's text may repeat the client's message.
        Err(_other) => return Err(ServeError::Opening),
    };
    match running.waiting().await {
        Ok(QuitReason::Closed | QuitReason::Cancelled) => Ok(()),
        Ok(_) | Err(_) => Err(ServeError::Lost),
    }
}

/// Serves the client that holds the process's standard input and output: [`serve`] on those. Cancels `stop` itself as soon as the client has
/// ended its input, so that a deadline can begin: a client that takes no answers any more holds what is left to write for some seconds.
///
/// # Errors
/// As [`serve`].
pub async fn serve_stdio(
    gateway: Gateway,
    principal: &str,
    stop: CancellationToken,
) -> Result<(), ServeError> {
    let (reader, writer) = rmcp::transport::io::stdio_pipes();
    let ends = Ends { hang_up: HangUp::of_standard_input(), stop: stop.child_token(), ended: stop };
    hold(gateway, principal, (reader, writer), ends).await
}
