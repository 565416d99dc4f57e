//! `subscriptions/listen` (2026-07-28): an open stream that first says which of the wanted news there will be, and then, each under the id of
//! the request, says them. Not the protocol library's, which sends them by a connection, and here there is none.

use axum::http::StatusCode;
use axum::response::Response;
use rmcp::model::{RequestId, RequestMetaObject, ServerJsonRpcMessage, SubscriptionFilter};
use rmcp::service::RequestContext;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::line::Line;
use super::listening::WAITING;
use super::{Visit, answers};
use crate::changes::{Changes, offered};
use crate::server::Server;
use crate::subscription;

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
        let first = subscription::acknowledgement(&id, filter.clone());
        let first = answers::event(&ServerJsonRpcMessage::notification(first));
        let (sender, frames) = mpsc::channel(WAITING);
        let end = CancellationToken::new();
        let telling = Telling { id, filter, changes, sender, server };
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
    server: Server,
}

impl Telling {
    /// Tells what changes, until the stream is to `end`, or until the server stops, which is the last that is told. Whoever is no longer let
    /// in is told nothing more, not that either: its stream just ends, and when it comes again it hears why.
    async fn go_on(mut self, stopping: CancellationToken, end: CancellationToken) {
        loop {
            let changed = tokio::select! {
                biased;
                () = end.cancelled() => return,
                () = stopping.cancelled() => break,
                changed = self.changes.next() => changed,
            };
            let Some(changed) = changed else { return };
            for notice in changed.told(&self.filter) {
                let notice = subscription::tagged(notice, &self.id);
                // Who is gone needs no news.
                drop(self.sender.send(ServerJsonRpcMessage::notification(notice)).await);
            }
        }
        let result = subscription::end(self.id.clone(), &self.server);
        drop(self.sender.send(ServerJsonRpcMessage::response(result, self.id)).await);
    }
}
