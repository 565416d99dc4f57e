//! `subscriptions/listen` (2026-07-28): an open stream that first says which of the wanted news there will be, and then, each under the id of
//! the request, says them. Not the protocol library's, which sends them by a connection, and here there is none.

use axum::http::StatusCode;
use axum::response::Response;
use rmcp::ServerHandler as _;
use rmcp::model::{
    GetMeta as _, Implementation, NotificationMetaObject, RequestId, RequestMetaObject, ServerJsonRpcMessage,
    ServerNotification, ServerResult, SubscriptionFilter, SubscriptionsAcknowledgedNotification,
    SubscriptionsAcknowledgedNotificationParams, SubscriptionsListenResult,
};
use rmcp::service::RequestContext;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::line::Line;
use super::listening::WAITING;
use super::{Visit, answers};
use crate::changes::{Changes, offered};

impl Visit {
    /// Opens the stream for what is `wanted`, which the request `id` with the metadata `meta` asks for.
    pub(super) async fn subscribe(
        &self,
        id: RequestId,
        meta: RequestMetaObject,
        wanted: &SubscriptionFilter,
    ) -> Result<Response, Box<Response>> {
        let server = self.server();
        let mut context = RequestContext::new(id.clone(), self.inner.peers.alone());
        context.meta = meta;
        let changes = server.changes(&context).await;
        let changes =
            changes.map_err(|error| Box::new(answers::error(StatusCode::OK, Some(id.clone()), error)))?;
        let place = self.room.listening().ok_or_else(|| Box::new(answers::busy(Some(id.clone()))))?;
        let filter = wanted.intersection(&offered());
        let first = answers::event(&acknowledgement(&id, filter.clone()));
        let (sender, frames) = mpsc::channel(WAITING);
        let end = CancellationToken::new();
        let telling = Telling { id, filter, changes, sender, server: server.get_info().server_info };
        tokio::spawn(telling.go_on(self.inner.stopping.clone(), end.clone()));
        let held = (place, end.clone().drop_guard());
        Ok(Line { first, frames, end, look: self.look(), held }.answer())
    }
}

/// What one stream is told.
struct Telling {
    id: RequestId,
    filter: SubscriptionFilter,
    changes: Changes,
    sender: mpsc::Sender<ServerJsonRpcMessage>,
    server: Implementation,
}

impl Telling {
    /// Tells what changes, until the stream is to `end`, or until the server stops, which is the last that is told.
    async fn go_on(mut self, stopping: CancellationToken, end: CancellationToken) {
        loop {
            let changed = tokio::select! {
                biased;
                () = end.cancelled() => return,
                () = stopping.cancelled() => None,
                changed = self.changes.next() => changed,
            };
            let Some(changed) = changed else { break };
            for notice in changed.told(&self.filter) {
                // Who is gone needs no news.
                drop(self.sender.send(tagged(notice, &self.id)).await);
            }
        }
        let mut result = SubscriptionsListenResult::complete(self.id.clone());
        result.meta.set_server_info(self.server);
        let result = ServerResult::SubscriptionsListenResult(result);
        drop(self.sender.send(ServerJsonRpcMessage::response(result, self.id)).await);
    }
}

fn acknowledgement(id: &RequestId, filter: SubscriptionFilter) -> ServerJsonRpcMessage {
    let params = SubscriptionsAcknowledgedNotificationParams::new(filter);
    let notice = SubscriptionsAcknowledgedNotification::new(params);
    tagged(ServerNotification::SubscriptionsAcknowledgedNotification(notice), id)
}

/// `notice` as one of the subscription `id`.
fn tagged(mut notice: ServerNotification, id: &RequestId) -> ServerJsonRpcMessage {
    let meta: &mut NotificationMetaObject = notice.get_meta_mut();
    meta.set_subscription_id(id.clone());
    ServerJsonRpcMessage::notification(notice)
}
