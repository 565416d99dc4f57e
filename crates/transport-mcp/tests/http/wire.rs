//! A client of a few lines: it writes requests byte by byte, and reads answers whole or event by event.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::{Value, json};

/// No answer takes this long unless it never comes.
const PATIENCE: Duration = Duration::from_secs(60);
pub(crate) const MODERN: &str = "2026-07-28";
pub(crate) const LEGACY: &str = "2025-11-25";
const TAKES: &str = "application/json, text/event-stream";

/// An answer's head, and as much of its body as was read.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    reader: BufReader<TcpStream>,
}

impl Answer {
    pub(crate) fn read_head(stream: TcpStream) -> Self {
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut reader = BufReader::new(stream);
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        let status = line.split(' ').nth(1).unwrap_or_else(|| panic!("no answer: {line:?}")).parse().unwrap();
        let mut headers = Vec::new();
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).unwrap();
            let Some((name, value)) = line.trim_end().split_once(": ") else { break };
            headers.push((name.to_ascii_lowercase(), value.to_owned()));
        }
        Self { status, headers, body: Vec::new(), reader }
    }

    fn read(stream: TcpStream) -> Self {
        Self::read_head(stream).whole()
    }

    /// The same with all of its body.
    pub(crate) fn whole(mut self) -> Self {
        while self.piece().is_some() {}
        self
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The next piece of the body, which is also kept.
    fn piece(&mut self) -> Option<Vec<u8>> {
        let mut piece = Vec::new();
        if self.header("transfer-encoding") == Some("chunked") {
            let mut line = String::new();
            if self.reader.read_line(&mut line).unwrap_or(0) == 0 {
                return None;
            }
            let length = usize::from_str_radix(line.trim_end(), 16).unwrap();
            piece.resize(length + 2, 0);
            self.reader.read_exact(&mut piece).ok()?;
            piece.truncate(length);
        } else {
            let length: usize = self.header("content-length").map_or(0, |length| length.parse().unwrap());
            piece.resize(length - self.body.len(), 0);
            self.reader.read_exact(&mut piece).ok()?;
        }
        self.body.extend_from_slice(&piece);
        (!piece.is_empty()).then_some(piece)
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    /// The messages of the body: one, or those of its events.
    pub(crate) fn frames(&self) -> Vec<Value> {
        let text = self.text();
        if self.header("content-type") != Some("text/event-stream") {
            return vec![serde_json::from_str(&text).unwrap_or_else(|_| panic!("not JSON: {text}"))];
        }
        let events =
            text.split("\n\n").filter_map(|event| event.lines().find_map(|line| line.strip_prefix("data: ")));
        events.map(|data| serde_json::from_str(data).unwrap()).collect()
    }

    /// The only message, or the last.
    pub(crate) fn json(&self) -> Value {
        self.frames().pop().unwrap_or_else(|| panic!("nothing was said: {self:?}"))
    }

    /// The next message of a stream that is open; nothing when it has ended.
    pub(crate) fn next_frame(&mut self) -> Option<Value> {
        loop {
            let piece = String::from_utf8(self.piece()?).unwrap();
            if let Some(data) = piece.lines().find_map(|line| line.strip_prefix("data: ")) {
                return Some(serde_json::from_str(data).unwrap());
            }
        }
    }

    /// The rest of the body, which has one message.
    pub(crate) fn next_frame_of_one(&mut self) -> Value {
        while self.piece().is_some() {}
        self.json()
    }

    /// Goes away, without a word.
    pub(crate) fn hang_up(self) {
        self.reader.get_ref().shutdown(Shutdown::Both).unwrap();
    }
}

/// Sends exactly `bytes`.
pub(crate) fn exact(address: SocketAddr, bytes: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(address).unwrap();
    // The server may answer, and close, before it has read everything.
    let _ = stream.write_all(bytes);
    stream
}

/// A caller with a token, in one of the two eras.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    pub(crate) address: SocketAddr,
    pub(crate) token: String,
    /// Its session, if it has one.
    pub(crate) session: Option<String>,
    pub(crate) modern: bool,
}

impl Client {
    /// Of 2026-07-28.
    pub(crate) fn modern(address: SocketAddr, token: &str) -> Self {
        Self { address, token: token.to_owned(), session: None, modern: true }
    }

    /// Of 2025-11-25, without a session yet.
    pub(crate) fn legacy(address: SocketAddr, token: &str) -> Self {
        Self { modern: false, ..Self::modern(address, token) }
    }

    /// Both, the second with a session.
    pub(crate) fn both(address: SocketAddr, token: &str) -> [Self; 2] {
        let mut legacy = Self::legacy(address, token);
        legacy.initialize();
        [Self::modern(address, token), legacy]
    }

    pub(crate) fn initialize(&mut self) -> Value {
        let client = json!({"name": "test", "version": "1"});
        let params = json!({"protocolVersion": LEGACY, "capabilities": {}, "clientInfo": client});
        let frame = json!({"jsonrpc": "2.0", "id": "init", "method": "initialize", "params": params});
        let answer = self.send("POST", &[], frame.to_string().as_bytes());
        assert_eq!(answer.status, 200, "{answer:?}");
        self.session = Some(answer.header("mcp-session-id").unwrap().to_owned());
        let accepted = self.notify("notifications/initialized", &json!({}));
        assert_eq!((accepted.status, accepted.body.len()), (202, 0));
        answer.json()
    }

    /// The head of a request with what every one of this client has, and `more`; a header of `more` takes the place of one that every one
    /// has, and is left out if it is empty.
    pub(crate) fn head(&self, method: &str, more: &[(&str, &str)], length: usize) -> String {
        let mut headers = vec![
            ("host", self.address.to_string()),
            ("authorization", format!("Bearer {}", self.token)),
            ("accept", TAKES.to_owned()),
            ("content-length", length.to_string()),
            ("connection", "close".to_owned()),
        ];
        if length > 0 {
            headers.push(("content-type", "application/json".to_owned()));
        }
        if let Some(session) = &self.session {
            headers.push(("mcp-session-id", session.clone()));
            headers.push(("mcp-protocol-version", LEGACY.to_owned()));
        }
        let named = |name: &str| more.iter().any(|(other, _)| other.eq_ignore_ascii_case(name));
        headers.retain(|(name, _)| !named(name));
        let mut head = format!("{method} /mcp HTTP/1.1\r\n");
        let more = more.iter().filter(|(_, value)| !value.is_empty());
        let all = headers.into_iter().chain(more.map(|(name, value)| (*name, (*value).to_owned())));
        all.for_each(|(name, value)| head.push_str(&format!("{name}: {value}\r\n")));
        head + "\r\n"
    }

    pub(crate) fn send(&self, method: &str, more: &[(&str, &str)], body: &[u8]) -> Answer {
        Answer::read(self.begin(method, more, body))
    }

    /// Sends a request, and reads nothing.
    pub(crate) fn begin(&self, method: &str, more: &[(&str, &str)], body: &[u8]) -> TcpStream {
        let mut bytes = self.head(method, more, body.len()).into_bytes();
        bytes.extend_from_slice(body);
        exact(self.address, &bytes)
    }

    /// A frame, and the headers that go with it.
    pub(crate) fn frame(&self, id: &Value, method: &str, params: &Value) -> (Value, Vec<(String, String)>) {
        let (mut params, mut headers) = (params.clone(), Vec::new());
        if self.modern {
            headers.push(("mcp-protocol-version".to_owned(), MODERN.to_owned()));
            headers.push(("mcp-method".to_owned(), method.to_owned()));
            if let Some(name) = params["name"].as_str().or(params["uri"].as_str()) {
                headers.push(("mcp-name".to_owned(), name.to_owned()));
            }
            params["_meta"]["io.modelcontextprotocol/protocolVersion"] = MODERN.into();
            params["_meta"]["io.modelcontextprotocol/clientCapabilities"] = json!({});
        }
        (json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}), headers)
    }

    /// Sends a request of the protocol, and reads nothing.
    pub(crate) fn start(
        &self,
        id: impl Into<Value>,
        method: &str,
        params: &Value,
        more: &[(&str, &str)],
    ) -> TcpStream {
        let (frame, headers) = self.frame(&id.into(), method, params);
        let own = headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let all: Vec<_> = own
            .filter(|(name, _)| !more.iter().any(|(other, _)| other == name))
            .chain(more.iter().copied())
            .collect();
        self.begin("POST", &all, frame.to_string().as_bytes())
    }

    pub(crate) fn ask(&self, id: impl Into<Value>, method: &str, params: &Value) -> Answer {
        Answer::read(self.start(id, method, params, &[]))
    }

    pub(crate) fn call(&self, id: impl Into<Value>, tool: &str, arguments: &Value) -> Answer {
        self.ask(id, "tools/call", &json!({"name": tool, "arguments": arguments}))
    }

    pub(crate) fn notify(&self, method: &str, params: &Value) -> Answer {
        let frame = json!({"jsonrpc": "2.0", "method": method, "params": params});
        let modern = [("mcp-protocol-version", MODERN), ("mcp-method", method)];
        self.send("POST", if self.modern { &modern } else { &[] }, frame.to_string().as_bytes())
    }

    /// Whether it may list tools.
    pub(crate) fn assert_alive(&self) {
        let answer = self.ask("alive", "tools/list", &json!({}));
        assert_eq!(answer.status, 200, "{answer:?}");
        assert!(answer.json()["result"]["tools"].is_array(), "{answer:?}");
    }
}
