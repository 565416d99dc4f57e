//! [`Line`]: an open stream to a client. It passes on what comes, says something now and then where nothing does, and looks whether the
//! client is still let in: who is not gets nothing more.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::Bytes;
use axum::response::Response;
use futures_util::stream::unfold;
use gitoma_core::{Credential, Gateway, Peer};
use rmcp::model::ServerJsonRpcMessage;
use tokio::sync::mpsc;
use tokio::time::{Instant, Interval, interval_at};
use tokio_util::sync::CancellationToken;

use super::answers::{self, SILENCE};

/// How long a stream is silent at most, roughly.
const QUIET: Duration = Duration::from_secs(15);

/// Whose stream it is, and how often that is looked at.
#[derive(Debug)]
pub(super) struct Look {
    pub(super) gateway: Gateway,
    pub(super) credential: Credential,
    pub(super) every: Duration,
}

impl Look {
    /// Whether the client is still let in. Where it came from was looked at when it came.
    fn finds_it_known(&self) -> bool {
        self.gateway.recognises(&self.credential, Peer::Local)
    }
}

/// An open stream; `Held` is kept for as long as it is.
pub(super) struct Line<Held> {
    /// What is sent before anything else.
    pub(super) first: Bytes,
    /// What comes. Its end ends the stream.
    pub(super) frames: mpsc::Receiver<ServerJsonRpcMessage>,
    /// Ends the stream; and is cancelled if the client is no longer let in.
    pub(super) end: CancellationToken,
    pub(super) look: Look,
    pub(super) held: Held,
}

impl<Held: Send + 'static> Line<Held> {
    /// The answer that is this stream.
    pub(super) fn answer(self) -> Response {
        let every = self.look.every;
        let ticks = interval_at(Instant::now() + every, every);
        let (first, quiet) = (Some(self.first.clone()), Instant::now());
        let state = (self, first, ticks, quiet);
        answers::events(unfold(state, |(mut line, mut first, mut ticks, mut quiet)| async move {
            let bytes = match first.take() {
                Some(first) => first,
                None => line.next(&mut ticks, &mut quiet).await?,
            };
            quiet = Instant::now();
            Some((Ok::<_, Infallible>(bytes), (line, first, ticks, quiet)))
        }))
    }

    async fn next(&mut self, ticks: &mut Interval, quiet: &mut Instant) -> Option<Bytes> {
        // What keeps a call's place is dropped with the line, and not before.
        let _held = &self.held;
        loop {
            tokio::select! {
                biased;
                frame = self.frames.recv() => return frame.map(|frame| answers::event(&frame)),
                () = self.end.cancelled() => return None,
                _ = ticks.tick() => {
                    if !self.look.finds_it_known() {
                        self.end.cancel();
                        return None;
                    }
                    if quiet.elapsed() >= QUIET {
                        return Some(SILENCE);
                    }
                }
            }
        }
    }
}
