//! [`Attended`]: the server of one connection over stdio, where something can be said that was not asked for. It grants subscriptions, and
//! tells a session that is ready of what changes; all else is [`Server`]'s. Why not the protocol library's own handling of a subscription:
//! that one grants it before anybody was asked whether there is room, and whether its sender is let in.

use rmcp::model::{
    ClientNotification, ClientRequest, ErrorData, ProtocolVersion, RequestMetaObject, ServerConfig,
    ServerResult,
};
use rmcp::service::{NotificationContext, RequestContext, RoleServer, Service};

use crate::listeners::Listeners;
use crate::server::Server;
use crate::subscription;

/// A server, and who waits for news on its connection.
#[derive(Debug)]
pub(crate) struct Attended {
    server: Server,
    listeners: Listeners,
}

impl Attended {
    pub(crate) fn new(server: Server, listeners: Listeners) -> Self {
        Self { server, listeners }
    }
}

impl Service<RoleServer> for Attended {
    async fn handle_request(
        &self,
        request: ClientRequest,
        context: RequestContext<RoleServer>,
    ) -> Result<ServerResult, ErrorData> {
        let listen = match request {
            ClientRequest::SubscriptionsListenRequest(listen) if stands_alone(&context.meta) => listen,
            // Where there is no such method, or what every request must carry is not there, the library says so.
            // In a box: the library moves the whole of what it hands to a task, several times.
            other => return Box::pin(self.server.respond(other, context)).await,
        };
        let changes = self.server.changes(&context).await?;
        let open = self.listeners.open(changes)?;
        open.serve(&listen.params.notifications, &context).await;
        Ok(subscription::end(context.id, &self.server))
    }

    async fn handle_notification(
        &self,
        notification: ClientNotification,
        context: NotificationContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        if let ClientNotification::InitializedNotification(_) = notification {
            self.listeners.tell(context.peer, || self.server.all_changes());
            return Ok(());
        }
        self.server.handle_notification(notification, context).await
    }

    fn get_info(&self) -> ServerConfig {
        Service::get_info(&self.server)
    }
}

/// Whether a request with this metadata says by itself all that must be known: it is of 2026-07-28.
fn stands_alone(meta: &RequestMetaObject) -> bool {
    let known = |version: &ProtocolVersion| {
        !version.has_initialize() && ProtocolVersion::KNOWN_VERSIONS.contains(version)
    };
    meta.protocol_version().as_ref().is_some_and(known)
        && meta.missing_required_keys(&ProtocolVersion::V_2026_07_28).is_empty()
}
