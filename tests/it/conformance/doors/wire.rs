//! A client of HTTP/1.1 with one kept connection, that reads whole answers.

use std::fmt::Write as _;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufStream};
use tokio::net::TcpStream;

/// An answer.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Response {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The body as one JSON value; of events the last.
    pub(crate) fn json(&self) -> Value {
        let text = std::str::from_utf8(&self.body).unwrap();
        let text = match self.header("content-type") {
            Some("text/event-stream") => {
                text.lines().filter_map(|line| line.strip_prefix("data: ")).next_back().unwrap()
            }
            _ => text,
        };
        serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {} {text}", self.status))
    }
}

pub(crate) struct Connection {
    stream: BufStream<TcpStream>,
    host: String,
    token: String,
}

impl Connection {
    pub(crate) async fn open(address: std::net::SocketAddr, token: &str) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream: BufStream::new(stream), host: address.to_string(), token: token.to_owned() }
    }

    /// Sends a request, `line` being its method and target, and reads the answer.
    pub(crate) async fn ask(&mut self, line: &str, headers: &[(&str, &str)], body: &str) -> Response {
        let mut head = format!(
            "{line} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n",
            self.host,
            self.token,
            body.len()
        );
        for (name, value) in headers {
            write!(head, "{name}: {value}\r\n").unwrap();
        }
        head.push_str("\r\n");
        self.stream.write_all(head.as_bytes()).await.unwrap();
        self.stream.write_all(body.as_bytes()).await.unwrap();
        self.stream.flush().await.unwrap();
        let status = self.line().await.split(' ').nth(1).unwrap().parse().unwrap();
        let mut response = Response { status, headers: Vec::new(), body: Vec::new() };
        loop {
            let line = self.line().await;
            let Some((name, value)) = line.split_once(": ") else { break };
            response.headers.push((name.to_ascii_lowercase(), value.to_owned()));
        }
        if response.header("transfer-encoding") == Some("chunked") {
            loop {
                let length = usize::from_str_radix(&self.line().await, 16).unwrap();
                let piece = self.bytes(length + 2).await;
                response.body.extend_from_slice(&piece[..length]);
                if length == 0 {
                    break;
                }
            }
        } else {
            let length = response.header("content-length").map_or(0, |length| length.parse().unwrap());
            response.body = self.bytes(length).await;
        }
        response
    }

    async fn line(&mut self) -> String {
        let mut line = String::new();
        assert_ne!(self.stream.read_line(&mut line).await.unwrap(), 0, "the server hung up");
        line.trim_end().to_owned()
    }

    async fn bytes(&mut self, length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        self.stream.read_exact(&mut bytes).await.unwrap();
        bytes
    }
}
