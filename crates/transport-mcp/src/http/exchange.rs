//! [`Exchange`]: one request, from its beginning to the end of its answer. The answer is one message where it comes soon and nothing comes
//! before it; otherwise it is a stream. Who asks within a session and goes away leaves the call running (2025-11-25, Cancellation); who
//! asks without one and goes away has cancelled it (2026-07-28).

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use axum::body::Bytes;
use axum::http::StatusCode;
use axum::response::Response;
use futures_util::{FutureExt as _, stream};
use gitoma_core::{Gateway, HeldBody};
use rmcp::model::{
    ClientRequest, ErrorCode, ErrorData, GetExtensions as _, GetMeta as _, JsonRpcMessage, RequestId,
    ServerJsonRpcMessage,
};
use rmcp::service::{Peer, RequestContext, RoleServer};
use tokio::sync::mpsc;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::answers;
use super::line::{Line, Look};
use super::room::Place;
use super::session::Running;
use crate::frame::unknown_method;
use crate::progress::Way;
use crate::server::Server;

/// How long an answer is waited for before a stream is opened, so that nobody on the way takes the request for dead.
const PATIENCE: Duration = Duration::from_secs(10);
/// How many notices may wait for the client to read them.
const WAITING: usize = 8;

/// What a request holds until it is over.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) _body: HeldBody,
    pub(super) _request: Place,
    /// Its place in its session, if it has one.
    pub(super) running: Option<Running>,
}

/// A request to be handled.
pub(super) struct Asked {
    pub(super) server: Server,
    pub(super) id: RequestId,
    pub(super) request: ClientRequest,
    pub(super) peer: Peer<RoleServer>,
    pub(super) held: Held,
}

/// A request that is being handled.
pub(super) struct Exchange {
    frames: mpsc::Receiver<ServerJsonRpcMessage>,
    cancel: CancellationToken,
    /// Cancels the call when nobody waits for it any more, if that is what going away means.
    abandoned: Option<DropGuard>,
    look: Look,
}

impl Exchange {
    /// Begins to handle what is `asked`, in a task of its own.
    pub(super) fn begin(asked: Asked, look: Look) -> Self {
        let Asked { server, id, mut request, peer, mut held } = asked;
        let (sender, frames) = mpsc::channel(WAITING);
        let cancel =
            held.running.as_ref().map_or_else(CancellationToken::new, |running| running.cancel().clone());
        let mut context = RequestContext::new(id.clone(), peer);
        context.ct = cancel.clone();
        context.meta = std::mem::take(request.get_meta_mut());
        context.extensions = std::mem::take(request.extensions_mut());
        context.extensions.insert(Way::Answer(sender.clone()));
        let abandoned = held.running.is_none().then(|| cancel.clone().drop_guard());
        let cancelled = cancel.clone();
        tokio::spawn(Gateway::metered_with(async move {
            let handled = AssertUnwindSafe(Box::pin(server.respond(request, context))).catch_unwind().await;
            let answer = answer(handled.unwrap_or_else(|_panic| Err(panicked())), id);
            // Whoever has read the answer may use its id again.
            drop(held.running.take());
            // Of what is cancelled nothing more is said.
            if !cancelled.is_cancelled() {
                // Where nobody waits, the call is on the record.
                drop(sender.send(answer).await);
            }
            drop(held);
        }));
        Self { frames, cancel, abandoned, look }
    }

    /// The answer, with the status that `status` gives to one that is one message.
    pub(super) async fn answer(
        mut self,
        status: impl FnOnce(&ServerJsonRpcMessage) -> StatusCode,
    ) -> Response {
        match tokio::time::timeout(PATIENCE, self.frames.recv()).await {
            Ok(Some(answer @ (JsonRpcMessage::Response(_) | JsonRpcMessage::Error(_)))) => {
                answers::message(status(&answer), &answer)
            }
            Ok(Some(notice)) => self.stream(answers::event(&notice)),
            Err(_elapsed) => self.stream(answers::SILENCE),
            // It was cancelled.
            Ok(None) => answers::events(stream::empty()),
        }
    }

    fn stream(self, first: Bytes) -> Response {
        let Self { frames, cancel, abandoned, look } = self;
        Line { first, frames, end: cancel, look, held: abandoned }.answer()
    }
}

fn answer(handled: Result<rmcp::model::ServerResult, ErrorData>, id: RequestId) -> ServerJsonRpcMessage {
    match handled {
        Ok(result) => ServerJsonRpcMessage::response(result, id),
        Err(error) if error.code == ErrorCode::METHOD_NOT_FOUND => {
            ServerJsonRpcMessage::error(unknown_method(), Some(id))
        }
        Err(error) => ServerJsonRpcMessage::error(error, Some(id)),
    }
}

fn panicked() -> ErrorData {
    tracing::error!(target: "gitoma::mcp", "a request's handler panicked");
    ErrorData::internal_error("an internal error stopped the request", None)
}
