//! The Model Context Protocol over Streamable HTTP, in either era, beside the HTTP interface and by itself. What is given up stands in the
//! header for a session, and in the message without one.

use std::net::SocketAddr;

use gitoma_core::{BoxFuture, Gateway};
use gitoma_http::Mounted;
use gitoma_mcp::{Bounds, Endpoint, PATH, Visitor, serve_http};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::mcp::Era;
use super::wire::{Connection, Response};
use super::{Answer, Door, http, mcp, names};

/// Who serves it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// `gitoma-http`.
    Beside,
    /// `gitoma-mcp --listen`.
    ByItself,
}

/// Serves `gateway` as `gitoma-http` does.
pub(crate) async fn beside_http(gateway: Gateway) -> SocketAddr {
    let endpoint = Endpoint::new(gateway.clone(), Bounds::default());
    let mounted = Mounted::new(PATH, move |sender: gitoma_http::Sender, request| {
        let endpoint = endpoint.clone();
        let visitor = Visitor { credential: sender.credential, peer: sender.peer };
        async move { endpoint.answer(visitor, request).await }
    });
    http::serve(gateway, vec![mounted]).await
}

/// Serves `gateway` as `gitoma-mcp --listen` does.
pub(crate) async fn by_itself(gateway: Gateway) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let bound = listener.local_addr().unwrap();
    let endpoint = Endpoint::new(gateway, Bounds::default());
    tokio::spawn(serve_http(listener, endpoint, CancellationToken::new()));
    bound
}

pub(crate) struct Streamable {
    connection: Connection,
    place: Place,
    era: Era,
    session: Option<String>,
    next: u64,
}

impl Streamable {
    /// A caller with `token` of what is served at `address`.
    pub(crate) async fn at(address: SocketAddr, place: Place, token: &str, era: Era) -> Self {
        let connection = Connection::open(address, token).await;
        let mut door = Self { connection, place, era, session: None, next: 0 };
        if era == Era::Session {
            let opened = door.ask("initialize", mcp::opening(), None).await;
            door.session = Some(opened.header("mcp-session-id").unwrap().to_owned());
        }
        door
    }

    async fn ask(&mut self, method: &str, mut parameters: Value, restrict: Option<&str>) -> Response {
        self.next += 1;
        let mut headers = vec![("Accept", "application/json, text/event-stream")];
        let name = parameters["name"].as_str().map(wrapped);
        match self.era {
            Era::Session => {
                headers.extend(restrict.map(|restrict| ("Gitoma-Restrict", restrict)));
                if let Some(session) = &self.session {
                    headers.extend([
                        ("Mcp-Session-Id", session.as_str()),
                        ("MCP-Protocol-Version", "2025-11-25"),
                    ]);
                }
            }
            Era::Alone => {
                parameters["_meta"] = mcp::alone();
                if let Some(restrict) = restrict {
                    parameters["_meta"]["gitoma/restrict"] = restrict.into();
                }
                headers.extend([("MCP-Protocol-Version", "2026-07-28"), ("Mcp-Method", method)]);
                headers.extend(name.as_deref().map(|name| ("Mcp-Name", name)));
            }
        }
        let message = json!({"jsonrpc": "2.0", "id": self.next, "method": method, "params": parameters});
        self.connection.ask(&format!("POST {PATH}"), &headers, &message.to_string()).await
    }
}

/// A name as a header may say it: wrapped, where it is not plain.
fn wrapped(name: &str) -> String {
    if !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic()) {
        return name.to_owned();
    }
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for piece in name.as_bytes().chunks(3) {
        let bits =
            piece.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - piece.len()));
        for place in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * place)) as usize & 63];
            text.push(if place <= piece.len() { char::from(digit) } else { '=' });
        }
    }
    format!("=?base64?{text}?=")
}

impl Door for Streamable {
    fn name(&self) -> &'static str {
        match (self.place, self.era) {
            (Place::Beside, Era::Session) => "mcp at gitoma-http, in a session",
            (Place::Beside, Era::Alone) => "mcp at gitoma-http, alone",
            (Place::ByItself, Era::Session) => "mcp over http, in a session",
            (Place::ByItself, Era::Alone) => "mcp over http, alone",
        }
    }

    fn call<'a>(
        &'a mut self,
        restrict: Option<&'a str>,
        tool: &'a str,
        arguments: &'a Value,
    ) -> BoxFuture<'a, Answer> {
        Box::pin(async move {
            let response = self.ask("tools/call", mcp::asking(tool, arguments), restrict).await;
            match response.header("content-type") {
                Some("application/problem+json") => {
                    let said = response.json();
                    Answer::refused(&said, "detail", said.to_string()).without_doubt()
                }
                _ => mcp::told(response.json()),
            }
        })
    }

    fn list<'a>(&'a mut self, restrict: &'a str) -> BoxFuture<'a, Vec<String>> {
        Box::pin(
            async move { names(&self.ask("tools/list", json!({}), Some(restrict)).await.json()["result"]) },
        )
    }
}
