//! What the protocol library's handling of a request must know of a connection, where there is none: which version its client speaks.
//! Nothing is sent by this way.

use std::convert::Infallible;

use gitoma_core::{Credential, Gateway, Peer as Remote};
use rmcp::model::{
    ClientCapabilities, ClientJsonRpcMessage, Implementation, InitializeRequestParams, ProtocolVersion,
    ServerJsonRpcMessage,
};
use rmcp::service::{Peer, RoleServer, serve_directly};
use rmcp::transport::Transport;

use crate::caller::Caller;
use crate::server::Server;

/// A peer for each version that a session can have, and one for requests that say their version themselves.
#[derive(Debug)]
pub(super) struct Peers {
    sessions: Vec<(ProtocolVersion, Peer<RoleServer>)>,
    alone: Peer<RoleServer>,
}

impl Peers {
    /// Must be called within a Tokio runtime.
    pub(super) fn new(gateway: &Gateway) -> Self {
        let versions =
            ProtocolVersion::KNOWN_VERSIONS.iter().filter(|version| version.has_initialize()).cloned();
        let sessions = versions.map(|version| (version.clone(), nobody(gateway, Some(version)))).collect();
        Self { sessions, alone: nobody(gateway, None) }
    }

    /// The peer of a session of `version`.
    pub(super) fn session(&self, version: &ProtocolVersion) -> Peer<RoleServer> {
        let known = self.sessions.iter().find(|(known, _)| known == version);
        known.map_or(&self.alone, |(_, peer)| peer).clone()
    }

    /// The peer of a request that stands alone.
    pub(super) fn alone(&self) -> Peer<RoleServer> {
        self.alone.clone()
    }
}

/// Somebody who speaks `version` and says nothing. The service behind it ends here; what is known of the client stays.
pub(crate) fn nobody(gateway: &Gateway, version: Option<ProtocolVersion>) -> Peer<RoleServer> {
    let client = version.map(|version| {
        InitializeRequestParams::new(ClientCapabilities::default(), Implementation::default())
            .with_protocol_version(version)
    });
    let server = Server::new(gateway.clone(), Caller::new(Credential::Absent, Remote::Local));
    serve_directly(server, Nowhere, client).peer().clone()
}

/// A transport that leads nowhere.
struct Nowhere;

impl Transport<RoleServer> for Nowhere {
    type Error = Infallible;

    fn send(
        &mut self,
        _message: ServerJsonRpcMessage,
    ) -> impl Future<Output = Result<(), Infallible>> + Send + 'static {
        std::future::ready(Ok(()))
    }

    async fn receive(&mut self) -> Option<ClientJsonRpcMessage> {
        None
    }

    async fn close(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}
