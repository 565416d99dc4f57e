//! The Model Context Protocol at `/mcp`: the endpoint of `gitoma-mcp`, mounted beside the server's own.

use axum::http::HeaderName;
use gitoma_core::Gateway;
use gitoma_http::Mounted;
pub(crate) use gitoma_mcp::Endpoint;
use gitoma_mcp::{Bounds, PATH, Visitor};

/// Headers of the protocol that pages of named origins may set.
const ASKED: [HeaderName; 4] = [
    HeaderName::from_static("mcp-session-id"),
    HeaderName::from_static("mcp-protocol-version"),
    HeaderName::from_static("mcp-method"),
    HeaderName::from_static("mcp-name"),
];
/// Those that they may read.
const TOLD: [HeaderName; 1] = [HeaderName::from_static("mcp-session-id")];

pub(crate) fn endpoint(gateway: &Gateway) -> Endpoint {
    Endpoint::new(gateway.clone(), Bounds::default())
}

pub(crate) fn mounted(endpoint: &Endpoint) -> Mounted {
    let endpoint = endpoint.clone();
    let answer = move |sender: gitoma_http::Sender, request| {
        let endpoint = endpoint.clone();
        let visitor = Visitor { credential: sender.credential, peer: sender.peer };
        async move { endpoint.answer(visitor, request).await }
    };
    Mounted::new(PATH, answer).with_headers(&ASKED, &TOLD)
}
