//! The Model Context Protocol over lines, as over standard input and output.

use gitoma_core::{BoxFuture, Gateway};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, DuplexStream, ReadHalf, WriteHalf};
use tokio_util::sync::CancellationToken;

use super::{Answer, Door, names};

/// The parameters that open a session.
pub(super) fn opening() -> Value {
    let client = json!({"name": "conformance", "version": "1"});
    json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client})
}

/// The parameters of a call.
pub(super) fn asking(tool: &str, arguments: &Value) -> Value {
    let mut parameters = json!({"name": tool});
    if !arguments.is_null() {
        parameters["arguments"] = arguments.clone();
    }
    parameters
}

/// What an answer to `tools/call` says.
pub(super) fn told(mut answer: Value) -> Answer {
    let text = answer.to_string();
    if !answer["error"].is_null() {
        return Answer::refused(&answer["error"]["data"]["error"], "message", text);
    }
    let content = answer["result"]["structuredContent"].take();
    match answer["result"]["isError"] == true {
        true if content.get("executed").is_some() => Answer::judged(content),
        true => Answer::refused(&content["error"], "message", text),
        false => {
            let meta = &answer["result"]["_meta"];
            Answer::ran(content, |name| meta[format!("gitoma/{name}")].clone(), text)
        }
    }
}

pub(crate) struct Mcp {
    reader: BufReader<ReadHalf<DuplexStream>>,
    writer: WriteHalf<DuplexStream>,
    next: u64,
}

impl Mcp {
    pub(crate) async fn open(gateway: Gateway, principal: &str) -> Self {
        let (client, server) = tokio::io::duplex(1 << 20);
        let (server_reader, server_writer) = tokio::io::split(server);
        let principal = principal.to_owned();
        tokio::spawn(async move {
            gitoma_mcp::serve(gateway, &principal, server_reader, server_writer, CancellationToken::new())
                .await
        });
        let (reader, writer) = tokio::io::split(client);
        let mut door = Self { reader: BufReader::new(reader), writer, next: 0 };
        door.request("initialize", opening()).await;
        door.send(json!({"jsonrpc": "2.0", "method": "notifications/initialized"})).await;
        door
    }

    async fn send(&mut self, message: Value) {
        self.writer.write_all(format!("{message}\n").as_bytes()).await.unwrap();
    }

    async fn request(&mut self, method: &str, parameters: Value) -> Value {
        self.next += 1;
        let id = self.next;
        self.send(json!({"jsonrpc": "2.0", "id": id, "method": method, "params": parameters})).await;
        loop {
            let mut line = String::new();
            assert_ne!(self.reader.read_line(&mut line).await.unwrap(), 0, "the server hung up");
            let answer: Value = serde_json::from_str(&line).unwrap();
            if answer["id"] == id {
                return answer;
            }
        }
    }
}

impl Door for Mcp {
    fn name(&self) -> &'static str {
        "mcp"
    }

    fn call<'a>(
        &'a mut self,
        restrict: Option<&'a str>,
        tool: &'a str,
        arguments: &'a Value,
    ) -> BoxFuture<'a, Answer> {
        Box::pin(async move {
            let mut parameters = asking(tool, arguments);
            if let Some(restrict) = restrict {
                parameters["_meta"] = json!({"gitoma/restrict": restrict});
            }
            told(self.request("tools/call", parameters).await)
        })
    }

    fn list<'a>(&'a mut self, restrict: &'a str) -> BoxFuture<'a, Vec<String>> {
        Box::pin(async move {
            let parameters = json!({"_meta": {"gitoma/restrict": restrict}});
            names(&self.request("tools/list", parameters).await["result"])
        })
    }
}
