//! A client of MCP over Streamable HTTP, in either era, on one kept connection. The same for every server.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::echo;

/// How requests are bound together.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Era {
    /// 2025-11-25: by a session.
    Session,
    /// 2026-07-28: not at all.
    Alone,
}

const OPENING: &str = r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"peers","version":"1"}}}"#;
const OPENED: &str = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;

pub struct Client {
    stream: TcpStream,
    answer: Vec<u8>,
    request: Vec<u8>,
}

impl Client {
    /// Opens a connection, and in the era of sessions a session, to call `tool` with `arguments` again and again.
    pub async fn open(
        address: SocketAddr,
        era: Era,
        token: &str,
        tool: &str,
        arguments: &str,
    ) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let mut client = Self { stream, answer: Vec::with_capacity(16 * 1024), request: Vec::new() };
        let post = |headers: &str, body: &str| {
            format!(
                "POST /mcp HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n\
                 Accept: application/json, text/event-stream\r\n{headers}Content-Length: {}\r\n\r\n{body}",
                body.len()
            )
            .into_bytes()
        };
        let call = |meta: &str| {
            format!(
                r#"{{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{{{meta}"name":"{tool}","arguments":{arguments}}}}}"#
            )
        };
        client.request = match era {
            Era::Alone => {
                let meta = r#""_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"peers","version":"1"},"io.modelcontextprotocol/clientCapabilities":{}},"#;
                let headers = format!(
                    "MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: tools/call\r\nMcp-Name: {tool}\r\n"
                );
                post(&headers, &call(meta))
            }
            Era::Session => {
                client.request = post("", OPENING);
                client.exchange().await?;
                let session = client.header("mcp-session-id").ok_or_else(|| anyhow::anyhow!("no session"))?;
                let headers = format!("Mcp-Session-Id: {session}\r\nMCP-Protocol-Version: 2025-11-25\r\n");
                client.request = post(&headers, OPENED);
                client.exchange().await?;
                post(&headers, &call(""))
            }
        };
        client.call().await?;
        Ok(client)
    }

    /// One call, which must have a result.
    pub async fn call(&mut self) -> anyhow::Result<()> {
        self.exchange().await?;
        let text = std::str::from_utf8(&self.answer)?;
        anyhow::ensure!(
            text.contains(r#""structuredContent":"#) && !text.contains(r#""isError":true"#),
            "{text}"
        );
        Ok(())
    }

    /// Sends the request, and reads one whole answer.
    async fn exchange(&mut self) -> anyhow::Result<()> {
        self.stream.write_all(&self.request).await?;
        self.answer.clear();
        loop {
            anyhow::ensure!(self.stream.read_buf(&mut self.answer).await? > 0, "the server hung up");
            if self.is_whole() {
                break;
            }
        }
        anyhow::ensure!(self.answer.starts_with(b"HTTP/1.1 20"), "{}", String::from_utf8_lossy(&self.answer));
        Ok(())
    }

    /// Either by its length, or by the chunk that ends it: no chunk before holds these bytes, since events end in line feeds alone.
    fn is_whole(&self) -> bool {
        let Some(end) = self.answer.windows(4).position(|four| four == b"\r\n\r\n") else { return false };
        match self.header("content-length").and_then(|length| length.parse::<usize>().ok()) {
            Some(length) => self.answer.len() >= end + 4 + length,
            None if self.header("transfer-encoding").is_some() => self.answer.ends_with(b"\r\n0\r\n\r\n"),
            None => true,
        }
    }

    fn header(&self, name: &str) -> Option<String> {
        let end = self.answer.windows(4).position(|four| four == b"\r\n\r\n")?;
        let head = std::str::from_utf8(&self.answer[..end]).ok()?;
        head.lines().find_map(|line| {
            let (known, value) = line.split_once(':')?;
            known.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
        })
    }
}

/// A connection with the echo of the gateway, or of a bare server, which looks at no token.
pub async fn echo(address: SocketAddr, era: Era) -> anyhow::Result<Client> {
    Client::open(address, era, echo::TOKEN, "echo", r#"{"text":"hello, gateway"}"#).await
}
