//! Tells a client how far its call has come, under the token that it gave, until there is an answer and never after it. How often that is,
//! and that it only grows, is core's.

use std::io;
use std::sync::Arc;

use futures_util::FutureExt as _;
use gitoma_core::{BoxFuture, Progress, ProgressReports, ProgressSink};
use rmcp::model::{
    NumberOrString, ProgressNotification, ProgressNotificationParam, ProgressToken, ServerJsonRpcMessage,
    ServerNotification,
};
use rmcp::service::{RequestContext, RoleServer};
use tokio::sync::mpsc;

use crate::MAX_NAME;

/// Among the extensions of a request: where the notices of its call go. Not through the library's peer: once the client has ended its input that
/// one takes nothing any more, and a call that waited for it was never answered.
#[derive(Clone)]
pub(crate) enum Way {
    /// To the one stream of the connection.
    Connection(Tell),
    /// To the stream of the call's own answer.
    Answer(mpsc::Sender<ServerJsonRpcMessage>),
}

/// Sends a message on a connection, before whatever is sent there later.
pub(crate) type Tell = Arc<dyn Fn(ServerJsonRpcMessage) -> BoxFuture<'static, io::Result<()>> + Send + Sync>;

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
        let way = context.extensions.get::<Way>().filter(|_| short)?;
        Some(Self { token, way: way.clone() })
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
        let notice = ProgressNotification::new(self.notice(progress));
        let notice = ServerJsonRpcMessage::notification(ServerNotification::ProgressNotification(notice));
        match &self.way {
            // Whoever is gone needs no notice.
            Way::Connection(tell) => drop(tell(notice).await),
            // Where no room is left, a later notice will say more.
            Way::Answer(stream) => drop(stream.try_send(notice)),
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
