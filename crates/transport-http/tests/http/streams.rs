//! Clients of the audit stream: server-sent events and WebSocket, as far as these tests need them.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;

pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// An event as a client sees it.
#[derive(Debug)]
pub(crate) struct Event {
    pub(crate) name: String,
    /// The whole id, `CHAIN.SEQ`.
    pub(crate) id: Option<String>,
    pub(crate) data: Value,
}

impl Event {
    /// The sequence number in the id.
    pub(crate) fn seq(&self) -> Option<u64> {
        let (_, seq) = self.id.as_ref()?.split_once('.')?;
        seq.parse().ok()
    }
}

/// A connection on which events come.
pub(crate) struct Stream(BufReader<TcpStream>);

impl Stream {
    /// Asks for the stream, with further lines of the head.
    pub(crate) fn open(address: &str, token: &str, query: &str, head: &str) -> Self {
        let socket = TcpStream::connect(address).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        let request = format!(
            "GET /api/v1/audit/stream{query} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\n\
             Accept-Encoding: gzip\r\n{head}\r\n"
        );
        (&socket).write_all(request.as_bytes()).unwrap();
        let mut stream = Self(BufReader::new(socket));
        let head: Vec<_> = std::iter::from_fn(|| stream.line().filter(|line| !line.is_empty())).collect();
        assert_eq!(head[0], "HTTP/1.1 200 OK", "{head:?}");
        assert!(head.iter().any(|line| line == "content-type: text/event-stream"), "{head:?}");
        assert!(!head.iter().any(|line| line.starts_with("content-encoding")), "{head:?}");
        stream
    }

    fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        let read = self.0.read_line(&mut line).unwrap();
        // A chunk without length is the last one.
        (read > 0 && line != "0\r\n").then(|| line.trim_end().to_owned())
    }

    /// The next event; none at the end. Lines that are no fields are the chunks' lengths.
    pub(crate) fn next(&mut self) -> Option<Event> {
        let (mut name, mut id) = (String::new(), None);
        loop {
            let line = self.line()?;
            if let Some(value) = line.strip_prefix("event: ") {
                value.clone_into(&mut name);
            } else if let Some(value) = line.strip_prefix("id: ") {
                id = Some(value.to_owned());
            } else if let Some(value) = line.strip_prefix("data: ") {
                return Some(Event { name, id, data: serde_json::from_str(value).unwrap() });
            }
        }
    }

    /// How many bytes the server, which is of this process, has handed to the system and this client's end has not taken.
    #[expect(clippy::disallowed_methods, reason = "what the system says of the test's own connection")]
    pub(crate) fn unread(&self, server: &str) -> u64 {
        let port = |address: &str| address.rsplit_once(':').and_then(|(_, port)| port.parse().ok());
        let (here, there): (u16, u16) =
            (self.0.get_ref().local_addr().unwrap().port(), port(server).unwrap());
        let table = std::fs::read_to_string("/proc/net/tcp").unwrap();
        let ends = format!(" 0100007F:{there:04X} 0100007F:{here:04X} ");
        let (_, line) = table.split_once(&ends).expect("the connection");
        let queue = line.split_whitespace().nth(1).unwrap().split(':').next().unwrap();
        u64::from_str_radix(queue, 16).unwrap()
    }

    /// What comes until the server closes, as text.
    pub(crate) fn rest(&mut self) -> String {
        let mut rest = Vec::new();
        // A server that gives up on a client may reset the connection.
        let _ = self.0.read_to_end(&mut rest);
        String::from_utf8_lossy(&rest).into_owned()
    }

    /// The next event of that name.
    pub(crate) fn next_of(&mut self, name: &str) -> Event {
        std::iter::from_fn(|| self.next()).find(|event| event.name == name).expect("such an event")
    }
}

/// A WebSocket as a client sees it (RFC 6455).
pub(crate) struct Socket(BufReader<TcpStream>);

impl Socket {
    pub(crate) fn handshake(
        address: &str,
        query: &str,
        protocols: &str,
        head: &str,
    ) -> (BufReader<TcpStream>, String) {
        let socket = TcpStream::connect(address).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        let request = format!(
            "GET /api/v1/audit/ws{query} HTTP/1.1\r\nHost: {address}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
             Sec-WebSocket-Protocol: {protocols}\r\n{head}\r\n"
        );
        (&socket).write_all(request.as_bytes()).unwrap();
        let mut reader = BufReader::new(socket);
        let mut answer = String::new();
        while !answer.ends_with("\r\n\r\n") && reader.read_line(&mut answer).unwrap() > 0 {}
        (reader, answer)
    }

    pub(crate) fn open(address: &str, query: &str, protocols: &str) -> Self {
        let (reader, answer) = Self::handshake(address, query, protocols, "");
        assert!(answer.starts_with("HTTP/1.1 101 "), "{answer}");
        assert!(answer.contains("sec-websocket-protocol: gitoma.audit.v1\r\n"), "{answer}");
        Self(reader)
    }

    /// A frame's kind and payload.
    pub(crate) fn frame(&mut self) -> Option<(u8, Vec<u8>)> {
        let mut head = [0; 2];
        self.0.read_exact(&mut head).ok()?;
        let length = match head[1] {
            126 => {
                let mut length = [0; 2];
                self.0.read_exact(&mut length).unwrap();
                u64::from(u16::from_be_bytes(length))
            }
            127 => {
                let mut length = [0; 8];
                self.0.read_exact(&mut length).unwrap();
                u64::from_be_bytes(length)
            }
            length => u64::from(length),
        };
        let mut payload = vec![0; usize::try_from(length).unwrap()];
        self.0.read_exact(&mut payload).unwrap();
        Some((head[0] & 15, payload))
    }

    /// The next event; none once the server closes.
    pub(crate) fn next(&mut self) -> Option<Value> {
        let (kind, payload) = self.frame()?;
        (kind == 1).then(|| serde_json::from_slice(&payload).unwrap())
    }

    /// Sends a frame, with a mask that changes nothing.
    pub(crate) fn send(&mut self, kind: u8, payload: &[u8]) {
        let mut frame = vec![0x80 | kind, 0x80 | 126];
        frame.extend_from_slice(&u16::try_from(payload.len()).unwrap().to_be_bytes());
        frame.extend_from_slice(&[0; 4]);
        frame.extend_from_slice(payload);
        self.0.get_mut().write_all(&frame).unwrap();
    }
}
