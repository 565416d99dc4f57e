//! A client of a few lines that speaks to a real `gitoma-mcp` through pipes or a socket.

use std::io::{BufRead as _, BufReader, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

pub(crate) use crate::world::{SECRET, World};

/// No answer takes this long unless it never comes.
const PATIENCE: Duration = Duration::from_secs(60);
impl World {
    pub(crate) fn start(&self) -> Client {
        Client::over_pipes(self.command(&[]))
    }
}

/// A client: writes frames, reads lines, and remembers everything the server wrote.
pub(crate) struct Client {
    pub(crate) child: Child,
    input: Option<Box<dyn Write + Send>>,
    /// Each with its end of line, if it has one.
    lines: Receiver<Vec<u8>>,
    log: JoinHandle<String>,
    seen: Vec<Value>,
}

/// What is left of a server that has ended.
pub(crate) struct Ended {
    pub(crate) status: ExitStatus,
    pub(crate) log: String,
    /// Every line of standard output.
    pub(crate) seen: Vec<Value>,
}

impl Client {
    pub(crate) fn over_pipes(mut command: Command) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let (input, output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        Self::new(child, Box::new(input), output)
    }

    /// As some clients start their servers: with a socket for each stream.
    pub(crate) fn over_sockets(mut command: Command) -> Self {
        let (input, theirs_in) = UnixStream::pair().unwrap();
        let (output, theirs_out) = UnixStream::pair().unwrap();
        command.stdin(OwnedFd::from(theirs_in)).stdout(OwnedFd::from(theirs_out)).stderr(Stdio::piped());
        let child = command.spawn().unwrap();
        drop(command);
        Self::new(child, Box::new(input), output)
    }

    fn new(mut child: Child, input: Box<dyn Write + Send>, output: impl Read + Send + 'static) -> Self {
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            let mut output = BufReader::new(output);
            loop {
                let mut line = Vec::new();
                output.read_until(b'\n', &mut line).unwrap();
                if line.is_empty() {
                    break;
                }
                let _gone = sender.send(line);
            }
        });
        let mut errors = child.stderr.take().unwrap();
        let log = std::thread::spawn(move || {
            let mut text = String::new();
            errors.read_to_string(&mut text).unwrap();
            text
        });
        Self { child, input: Some(input), lines, log, seen: Vec::new() }
    }

    pub(crate) fn send_bytes(&mut self, bytes: &[u8]) {
        let input = self.input.as_mut().unwrap();
        input.write_all(bytes).unwrap();
        input.flush().unwrap();
    }

    pub(crate) fn send(&mut self, frame: &Value) {
        self.send_bytes(format!("{frame}\n").as_bytes());
    }

    /// The next line, which must be JSON-RPC.
    pub(crate) fn receive(&mut self) -> Value {
        let line = self.lines.recv_timeout(PATIENCE).expect("the server answers");
        self.take(&line)
    }

    fn take(&mut self, line: &[u8]) -> Value {
        let line = std::str::from_utf8(line).unwrap_or_else(|_| panic!("not UTF-8: {line:?}"));
        let line = line.strip_suffix('\n').unwrap_or_else(|| panic!("no end of line: {line}"));
        let frame: Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("not JSON: {line}"));
        assert_eq!(frame["jsonrpc"], "2.0", "{line}");
        self.seen.push(frame.clone());
        frame
    }

    /// Sends a request and waits for the answer with its id.
    pub(crate) fn ask(&mut self, id: impl Into<Value>, method: &str, params: &Value) -> Value {
        let id = id.into();
        self.send(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}));
        loop {
            let frame = self.receive();
            if frame["id"] == id {
                return frame;
            }
        }
    }

    pub(crate) fn initialize(&mut self) -> Value {
        let client = json!({"name": "test", "version": "1"});
        let params = json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client});
        let answer = self.ask("init", "initialize", &params);
        self.send(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}));
        answer
    }

    pub(crate) fn call(&mut self, id: impl Into<Value>, tool: &str, arguments: &Value) -> Value {
        self.ask(id, "tools/call", &json!({"name": tool, "arguments": arguments}))
    }

    /// The server answers a ping.
    pub(crate) fn assert_alive(&mut self) {
        let answer = self.ask("alive", "ping", &json!({}));
        assert_eq!(answer["result"], json!({}));
    }

    /// The server answers a list, as clients of either era ask for it.
    pub(crate) fn assert_alive_in(&mut self, modern: bool) {
        let meta = json!({"io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {}});
        let params = if modern { json!({ "_meta": meta }) } else { json!({}) };
        let answer = self.ask("alive", "tools/list", &params);
        assert!(answer["result"]["tools"].is_array(), "{answer}");
    }

    /// Ends the input, and waits for the server to end.
    pub(crate) fn end(mut self) -> Ended {
        self.input = None;
        self.wait()
    }

    /// Waits for the server to end of itself.
    pub(crate) fn wait(mut self) -> Ended {
        let deadline = Instant::now() + PATIENCE;
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(Instant::now() < deadline, "the server did not end");
            std::thread::sleep(Duration::from_millis(2));
        };
        while let Ok(line) = self.lines.recv_timeout(PATIENCE) {
            self.take(&line);
        }
        Ended { status, log: self.log.join().unwrap(), seen: self.seen }
    }
}
