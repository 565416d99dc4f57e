//! Tells a client how far its call has come, under the token that it gave, until there is an answer and never after it. How often that is,
//! and that it only grows, is core's.

use futures_util::FutureExt as _;
use gitoma_core::{Progress, ProgressReports, ProgressSink};
use rmcp::model::{
    Extensions, NumberOrString, ProgressNotification, ProgressNotificationParam, ProgressToken,
    ServerJsonRpcMessage, ServerNotification,
};
use rmcp::service::{Peer, RequestContext, RoleServer};
use tokio::sync::mpsc;

use crate::MAX_NAME;

/// Among the extensions of a request: the stream of its own answer, where it has one.
#[derive(Debug, Clone)]
pub(crate) struct Stream(pub(crate) mpsc::Sender<ServerJsonRpcMessage>);

/// Where the notices of one call go.
enum Way {
    /// To the one stream of the connection.
    Connection(Peer<RoleServer>),
    /// To the stream of the call's own answer.
    Answer(mpsc::Sender<ServerJsonRpcMessage>),
}

/// What a client wants to know of one call.
pub(crate) struct Notices {
    token: ProgressToken,
    way: Way,
}

impl Notices {
    /// What the client of the request in `context` wants to know: nothing, unless it gave a token. One that is too long to be repeated is
    /// none.
    pub(crate) fn of(context: &RequestContext<RoleServer>) -> Option<Self> {
        let token = context.meta.get_progress_token()?;
        let short = match &token.0 {
            NumberOrString::Number(_) => true,
            NumberOrString::String(text) => text.len() <= MAX_NAME,
        };
        short.then(|| Self { token, way: Way::of(&context.extensions, &context.peer) })
    }

    /// Does `work`, which tells how far it has come to the sink it is given.
    pub(crate) async fn of_work<F: Future>(self, work: impl FnOnce(ProgressSink) -> F) -> F::Output {
        let (sink, mut reports) = ProgressSink::new();
        let mut work = std::pin::pin!(work(sink));
        loop {
            tokio::select! {
                biased;
                done = &mut work => {
                    // What was told before the end, and not read yet, is told before the answer.
                    if let Some(Some(progress)) = reports.next().now_or_never() {
                        self.forward(progress).await;
                    }
                    return done;
                }
                progress = next(&mut reports) => self.forward(progress).await,
            }
        }
    }

    async fn forward(&self, progress: Progress) {
        let notice = self.notice(progress);
        match &self.way {
            // Whoever is gone needs no notice.
            Way::Connection(peer) => drop(peer.notify_progress(notice).await),
            Way::Answer(stream) => {
                let notice = ServerNotification::ProgressNotification(ProgressNotification::new(notice));
                // Where no room is left, a later notice will say more.
                drop(stream.try_send(ServerJsonRpcMessage::notification(notice)));
            }
        }
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "the protocol's numbers are JSON's; no count comes near 2^53"
    )]
    fn notice(&self, progress: Progress) -> ProgressNotificationParam {
        let notice = ProgressNotificationParam::new(self.token.clone(), progress.done as f64)
            .with_message(progress.counted);
        match progress.total {
            Some(total) => notice.with_total(total as f64),
            None => notice,
        }
    }
}

/// The next report. Where there is none, waits: the work will end.
async fn next(reports: &mut ProgressReports) -> Progress {
    match reports.next().await {
        Some(progress) => progress,
        None => std::future::pending().await,
    }
}

impl Way {
    fn of(extensions: &Extensions, peer: &Peer<RoleServer>) -> Self {
        match extensions.get::<Stream>() {
            Some(Stream(stream)) => Self::Answer(stream.clone()),
            None => Self::Connection(peer.clone()),
        }
    }
}
