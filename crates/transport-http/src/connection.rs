//! [`Door`] accepts connections, so many at once; [`Connection`] is one of them and gives up on a client that is slow. Whose turn it
//! is decides what slow means: while the server waits for a request head, the whole head must come within one time; while it
//! writes, each piece must be taken within the same time, or a much shorter one once the server is about to end. How long a body may take,
//! and what happens while the server works, is limited elsewhere; but whoever sends a body gives way as others do.

mod unheard;

use std::future::Future as _;
use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, HttpBody as _};
use axum::extract::connect_info::Connected;
use axum::response::Response;
use axum::serve::{IncomingStream, Listener};
use gitoma_core::Connections;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep};

use crate::body::Awaited;
use crate::crowd::{BodyWait, Crowd, Place};
use crate::socket::{Remote, Socket, Stream};

pub(crate) use unheard::Report;

/// How long a client may take over a piece of an answer once the server is about to end.
const LAST_PATIENCE: Duration = Duration::from_millis(500);

/// Whose turn it is on a connection: even while the server waits for a request head, odd while it answers one. Each change counts
/// up, so that two waits are never taken for one.
#[derive(Debug, Clone, Default)]
struct Turn(Arc<AtomicU64>);

impl Turn {
    fn pass(&self) {
        self.0.fetch_add(1, Ordering::AcqRel);
    }

    fn current(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }
}

/// The other end of a connection, as requests see it.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    remote: Remote,
    turn: Turn,
    body: Option<BodyWait>,
}

impl Client {
    /// The address the socket names, in its shorter form where IPv6 wraps IPv4; none over a socket's file.
    pub(crate) fn address(&self) -> Option<IpAddr> {
        self.remote.address()
    }

    /// The user whose process it is, if the system says so.
    pub(crate) fn user(&self) -> Option<u32> {
        match self.remote {
            Remote::User(user) => Some(user),
            Remote::Address(_) | Remote::Nobody => None,
        }
    }

    #[cfg(test)]
    pub(crate) fn at(address: IpAddr) -> Self {
        Self { remote: Remote::Address((address, 0).into()), turn: Turn::default(), body: None }
    }
}

impl Client {
    /// Begins the server's turn, to make an answer.
    pub(crate) fn answer(&self) -> Hold {
        self.turn.pass();
        // The task that reads may note it late.
        if let Some(wait) = &self.body {
            wait.end();
        }
        self.hold()
    }

    /// `body`, of a request of this client's, while whose rest is waited for the client keeps the server waiting.
    pub(crate) fn awaited(&self, body: Body) -> Body {
        match &self.body {
            Some(wait) if !body.is_end_stream() => Body::new(Awaited::new(body, wait.clone())),
            _ => body,
        }
    }

    /// Goes on with the server's turn until what is returned is dropped.
    pub(crate) fn hold(&self) -> Hold {
        Hold(Some(self.turn.clone()))
    }
}

/// The server's turn on a connection, which lasts as long as this: for an answer that does not end with its head.
#[derive(Debug)]
pub(crate) struct Hold(Option<Turn>);

impl Hold {
    /// Ends the turn with `response`, unless that says that the turn is held.
    pub(crate) fn end_with(mut self, response: &Response) {
        if response.extensions().get::<HeldTurn>().is_some() {
            self.0 = None;
        }
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        if let Some(turn) = &self.0 {
            turn.pass();
        }
    }
}

/// Among the extensions of a response: that its turn is held, and ends with the [`Hold`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct HeldTurn;

impl Connected<IncomingStream<'_, Door>> for Client {
    fn connect_info(stream: IncomingStream<'_, Door>) -> Self {
        let connection = stream.io();
        let body = Some(connection.place.body_wait());
        Self { remote: *stream.remote_addr(), turn: connection.turn.clone(), body }
    }
}

/// A listening socket that lets in so many connections at once.
#[derive(Debug)]
pub(crate) struct Door {
    socket: Socket,
    crowd: Crowd,
    patience: Duration,
    report: Report,
}

/// Says that the server is about to end: request heads that have not come by then are not waited for, and neither is a client that takes
/// nothing of its answer.
#[derive(Debug, Clone)]
pub(crate) struct Closing(Crowd);

impl Closing {
    /// From now on.
    pub(crate) fn begin(&self) {
        self.0.close();
    }
}

impl Door {
    /// Lets in `places` connections at once, which are `counted`, each with `patience` for its client, and says in `report` what is refused for
    /// being no HTTP.
    pub(crate) fn new(
        socket: Socket,
        (places, counted): (usize, Connections),
        patience: Duration,
        report: Report,
    ) -> Self {
        Self { socket, crowd: Crowd::new(places, counted), patience, report }
    }

    /// The handle that begins the end.
    pub(crate) fn closing(&self) -> Closing {
        Closing(self.crowd.clone())
    }
}

impl Listener for Door {
    type Io = Connection;
    type Addr = Remote;

    async fn accept(&mut self) -> (Connection, Remote) {
        let place = self.crowd.place().await;
        let (stream, remote) = self.socket.accept().await;
        let turn = Turn::default();
        let connection = Connection {
            stream,
            turn,
            patience: self.patience,
            head: Deadline::default(),
            write: Deadline::default(),
            place,
            remote,
            report: self.report.clone(),
        };
        (connection, remote)
    }

    fn local_addr(&self) -> io::Result<Remote> {
        Ok(self.socket.address().map_or(Remote::Nobody, Remote::Address))
    }
}

/// A moment by which something must have happened, once it has begun.
#[derive(Debug, Default)]
struct Deadline {
    /// What is waited for, and until when.
    running: Option<(u64, Instant)>,
    /// Wakes the connection no later than then. It is kept from one wait to the next and set anew only when it has rung too early: to set
    /// a timer for each request costs more than to be woken once in a while.
    alarm: Option<Pin<Box<Sleep>>>,
}

impl Deadline {
    /// Starts for `occasion` unless it runs for it already, and fails once `patience` is over.
    fn poll(&mut self, occasion: u64, patience: Duration, context: &mut Context<'_>) -> io::Result<()> {
        let until = match self.running {
            Some((began_for, until)) if began_for == occasion => until,
            _ => {
                let until = Instant::now() + patience;
                self.running = Some((occasion, until));
                until
            }
        };
        let alarm = self.alarm.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(until)));
        if alarm.deadline() > until {
            alarm.as_mut().reset(until);
        }
        while alarm.as_mut().poll(context).is_ready() {
            if Instant::now() >= until {
                return Err(io::ErrorKind::TimedOut.into());
            }
            alarm.as_mut().reset(until);
        }
        Ok(())
    }

    fn stop(&mut self) {
        self.running = None;
    }

    fn is_running(&self) -> bool {
        self.running.is_some()
    }
}

/// An accepted connection that waits for its client only so long.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: Stream,
    turn: Turn,
    patience: Duration,
    head: Deadline,
    write: Deadline,
    place: Place,
    remote: Remote,
    report: Report,
}

impl Connection {
    /// Lets the client take its time over a write only as long as it makes progress.
    fn written<T>(&mut self, written: Poll<io::Result<T>>, context: &mut Context<'_>) -> Poll<io::Result<T>> {
        if written.is_ready() {
            if self.write.is_running() {
                self.write.stop();
                self.place.go_on();
            }
            return written;
        }
        let stays = self.place.wait(context.waker());
        let (occasion, patience) =
            if self.place.is_closing() { (1, self.patience.min(LAST_PATIENCE)) } else { (0, self.patience) };
        match self.write.poll(occasion, patience, context) {
            Ok(()) if stays => Poll::Pending,
            Ok(()) => Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into())),
            Err(error) => Poll::Ready(Err(error)),
        }
    }

    /// Waits for a request's head only so long, and not at all once the server is about to end. An answer that the client is still taking
    /// comes first: that is limited where it is written.
    fn wait_for_head(&mut self, context: &mut Context<'_>) -> io::Result<()> {
        let turn = self.turn.current();
        if self.write.is_running() || !turn.is_multiple_of(2) {
            self.head.stop();
            if !self.write.is_running() {
                self.place.go_on();
            }
            return match self.place.awaits_body() && !self.place.wait(context.waker()) {
                true => Err(io::ErrorKind::ConnectionAborted.into()),
                false => Ok(()),
            };
        }
        if !self.place.wait(context.waker()) || self.place.is_closing() {
            return Err(io::ErrorKind::ConnectionAborted.into());
        }
        self.head.poll(turn, self.patience, context)
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.wait_for_head(context)?;
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        if written.is_ready() {
            self.report.look(self.remote, bytes);
        }
        self.written(written, context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, pieces);
        if let (Poll::Ready(_), Some(first)) = (&written, pieces.first()) {
            self.report.look(self.remote, first);
        }
        self.written(written, context)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(context);
        self.written(flushed, context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests;
