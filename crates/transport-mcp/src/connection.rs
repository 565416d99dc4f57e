//! Frames in: one JSON-RPC message a line. What is too long, is no message, or would use an id twice is answered here and goes no
//! further; what is good waits here until there is room for it. Why not the library's own reader: that one says nothing to whoever
//! sends an oversized or malformed frame, ends the connection at a notification that comes before the first request, and reads on
//! however many answers nobody takes.

use std::io;
use std::sync::Arc;

use gitoma_core::BoxFuture;
use rmcp::model::{
    ClientJsonRpcMessage, ClientRequest, ErrorCode, ErrorData, GetExtensions as _, GetMeta as _,
    JsonRpcMessage, JsonRpcRequest, ProtocolVersion, RequestId, RequestMetaObject, ServerJsonRpcMessage,
};
use rmcp::service::RoleServer;
use rmcp::transport::Transport;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::sync::CancellationToken;

use crate::frame::{self, Unreadable, UnreadableCall};
use crate::hang_up::HangUp;
use crate::in_flight::InFlight;
use crate::lines::{Line, Lines};
use crate::listeners::Listeners;
use crate::outbox::Outbox;
use crate::progress::Way;
use crate::server::Server;

/// The longest line that is read, in bytes: the longest body over HTTP, so that a call fits both ways or neither.
pub const MAX_LINE: usize = crate::MAX_BODY;
/// How many requests may be read and not yet handled. Above what the gateway runs at once, so that it is the gateway that says
/// `busy`, and a cancellation still comes through.
pub const MAX_REQUESTS: u32 = 256;
/// How many answers may wait for the client to read them before no more requests are read.
pub const MAX_UNWRITTEN: usize = 64;
/// How many bytes of requests may be read and not yet handled.
const MAX_BYTES: u32 = 16 * 1024 * 1024;

/// The two ends of a stdio connection, as the protocol library's transport.
pub(crate) struct Connection<R, W> {
    server: Server,
    listeners: Listeners,
    lines: Lines<R>,
    outbox: Outbox<W>,
    in_flight: InFlight,
    waiting: Option<Waiting>,
    answering: Option<BoxFuture<'static, io::Result<()>>>,
    opened: bool,
    /// It was opened without `initialize`: every request says by itself what must be known.
    alone: bool,
    hang_up: HangUp,
    stop: CancellationToken,
    /// Cancelled once nothing more is read.
    ended: CancellationToken,
}

/// How a connection ends.
pub(crate) struct Ends {
    /// How it is found out that the client has, while nothing is read.
    pub(crate) hang_up: HangUp,
    /// Cancelled when it shall.
    pub(crate) stop: CancellationToken,
    /// Cancelled when it has come to that: nothing more is read.
    pub(crate) ended: CancellationToken,
}

/// A good request that waits for room.
struct Waiting {
    id: RequestId,
    request: ClientRequest,
    bytes: usize,
}

impl<R, W> Connection<R, W>
where
    R: AsyncRead + Send + Unpin,
    W: AsyncWrite + Send + Unpin + 'static,
{
    /// A connection that ends with `reader`, or when `ends.stop` is cancelled: then nothing more is read, and what runs is answered.
    pub(crate) fn new(server: Server, listeners: Listeners, reader: R, writer: W, ends: Ends) -> Self {
        let Ends { hang_up, stop, ended } = ends;
        Self {
            server,
            listeners,
            lines: Lines::new(reader, MAX_LINE),
            outbox: Outbox::new(writer, stop.clone()),
            in_flight: InFlight::new(MAX_REQUESTS, MAX_BYTES),
            waiting: None,
            answering: None,
            opened: false,
            alone: false,
            hang_up,
            stop,
            ended,
        }
    }

    /// The next message for the library. Cancel-safe: what is under way is kept in `self`.
    async fn next(&mut self) -> Option<ClientJsonRpcMessage> {
        loop {
            if let Some(answering) = &mut self.answering {
                let answered = answering.await;
                self.answering = None;
                answered.ok()?;
            }
            if let Some(Waiting { id, bytes, .. }) = &self.waiting {
                let place = self.in_flight.enter(id.clone(), *bytes).await?;
                let Waiting { id, mut request, .. } = self.waiting.take()?;
                // Dropped with the request's context, when its handler has ended.
                request.extensions_mut().insert(Arc::new(place));
                if request.get_meta().get_progress_token().is_some() {
                    let outbox = self.outbox.clone();
                    let tell = Arc::new(move |message| outbox.send(message));
                    request.extensions_mut().insert(Way::Connection(tell));
                }
                return Some(JsonRpcMessage::request(request, id));
            }
            if !may_read(&self.outbox, &self.hang_up).await {
                return None;
            }
            let line = match self.lines.next().await {
                Ok(Some(line)) => line,
                Ok(None) => return None,
                Err(error) => {
                    tracing::warn!(target: "gitoma::mcp", %error, "standard input cannot be read");
                    return None;
                }
            };
            if let Some(message) = self.sort(line) {
                return Some(message);
            }
        }
    }

    /// Takes in the line that was just read: a message to pass on, or something to do first.
    fn sort(&mut self, line: Line) -> Option<ClientJsonRpcMessage> {
        let frame = self.lines.bytes();
        let read = match line {
            Line::TooLong => Err(Unreadable::too_large(frame, self.lines.end(), MAX_LINE)),
            // Whoever wrote it may be gone; a call that it was to be is on the record all the same.
            Line::CutOff => match Unreadable::cut_off(frame) {
                Some(cut_off) => Err(cut_off),
                None => return None,
            },
            Line::Whole if frame::is_blank(frame) => return None,
            Line::Whole => frame::read(frame),
        };
        let bytes = frame.len();
        match read {
            Ok(JsonRpcMessage::Request(JsonRpcRequest { id, request, .. })) => {
                if self.in_flight.has(&id) {
                    let call = UnreadableCall::of(&request, request.get_meta());
                    self.decline(call, None, ErrorData::invalid_request("the request's id is in use", None));
                    return None;
                }
                let opens = matches!(request, ClientRequest::InitializeRequest(_));
                if opens && self.alone {
                    // The library would answer it and go on in the era that it began in, in which nothing that follows is understood.
                    self.answer(Some(id), frame::unknown_method());
                    return None;
                }
                let begins = begins_a_lifecycle(&request);
                self.alone |= begins && !self.opened && !opens;
                self.opened |= begins;
                // One that comes before anything has begun the library would answer before anybody hears of it.
                if !self.opened
                    && let Some(call) = UnreadableCall::of(&request, request.get_meta())
                {
                    self.decline(Some(call), Some(id), why_nothing_begins(request.get_meta()));
                } else {
                    self.waiting = Some(Waiting { id, request, bytes });
                }
                None
            }
            // Before a lifecycle has begun these belong to nothing.
            Ok(other) => self.opened.then_some(other),
            Err(unreadable) => {
                self.refuse(*unreadable);
                None
            }
        }
    }

    /// Refuses a frame that cannot be handed on. If it was a tool call, the gateway refuses it, and records that.
    fn refuse(&mut self, unreadable: Unreadable) {
        let Unreadable { id, call, error, .. } = unreadable;
        let id = id.filter(|id| !self.in_flight.has(id));
        let Some(call) = call else { return self.answer(id, error) };
        let (server, outbox) = (self.server.clone(), self.outbox.clone());
        self.answering = Some(Box::pin(async move {
            let (error, _) = server.refuse_unread(call, error).await;
            outbox.send(ServerJsonRpcMessage::error(error, id)).await
        }));
    }

    /// Refuses for `error` a request that was read and goes no further. If it was a tool call, that is on the record.
    fn decline(&mut self, call: Option<UnreadableCall>, id: Option<RequestId>, error: ErrorData) {
        let Some(call) = call else { return self.answer(id, error) };
        let (server, outbox) = (self.server.clone(), self.outbox.clone());
        self.answering = Some(Box::pin(async move {
            let (error, _) = server.refuse_call(call, error).await;
            outbox.send(ServerJsonRpcMessage::error(error, id)).await
        }));
    }

    fn answer(&mut self, id: Option<RequestId>, error: ErrorData) {
        self.answering = Some(self.outbox.send(ServerJsonRpcMessage::error(error, id)));
    }
}

impl<R, W> Transport<RoleServer> for Connection<R, W>
where
    R: AsyncRead + Send + Unpin,
    W: AsyncWrite + Send + Unpin + 'static,
{
    type Error = io::Error;

    fn send(
        &mut self,
        mut message: ServerJsonRpcMessage,
    ) -> impl Future<Output = Result<(), Self::Error>> + Send + 'static {
        if let JsonRpcMessage::Error(answer) = &mut message
            && answer.error.code == ErrorCode::METHOD_NOT_FOUND
        {
            answer.error = frame::unknown_method();
        }
        self.outbox.send(message)
    }

    async fn receive(&mut self) -> Option<ClientJsonRpcMessage> {
        let stop = self.stop.clone();
        let message = tokio::select! {
            biased;
            () = stop.cancelled() => None,
            message = self.next() => message,
        };
        if message.is_none() {
            // They wait for nothing that could still be answered.
            self.listeners.end();
            self.ended.cancel();
        }
        message
    }

    async fn close(&mut self) -> Result<(), Self::Error> {
        self.outbox.close().await;
        Ok(())
    }
}

/// Waits until the client has taken enough answers for more requests to be read; `false` if it has ended its input, and takes none. Cancel-safe.
async fn may_read<W>(outbox: &Outbox<W>, hang_up: &HangUp) -> bool
where
    W: AsyncWrite + Send + Unpin + 'static,
{
    tokio::select! {
        biased;
        () = outbox.below(MAX_UNWRITTEN) => return true,
        () = hang_up.seen() => {}
    }
    // Whoever reads slowly what it asked for at once has its answers.
    tokio::select! {
        biased;
        () = outbox.below(MAX_UNWRITTEN) => true,
        () = outbox.stalled() => false,
    }
}

/// What is wrong with a request that chooses no era, and has this metadata.
fn why_nothing_begins(meta: &RequestMetaObject) -> ErrorData {
    match meta.protocol_version() {
        Some(version) if !ProtocolVersion::KNOWN_VERSIONS.contains(&version) => {
            frame::unsupported_version(version.as_str())
        }
        _ => frame::lacking(&meta.missing_required_keys(&ProtocolVersion::V_2026_07_28)),
    }
}

/// Whether `request` chooses an era: `initialize`, or any request but a probe that carries the metadata of 2026-07-28.
fn begins_a_lifecycle(request: &ClientRequest) -> bool {
    match request {
        ClientRequest::InitializeRequest(_) => true,
        ClientRequest::PingRequest(_) | ClientRequest::DiscoverRequest(_) => false,
        other => {
            let meta = other.get_meta();
            meta.missing_required_keys(&ProtocolVersion::V_2026_07_28).is_empty()
                && meta
                    .protocol_version()
                    .is_some_and(|version| ProtocolVersion::KNOWN_VERSIONS.contains(&version))
        }
    }
}
