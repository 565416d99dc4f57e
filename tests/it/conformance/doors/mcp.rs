//! The Model Context Protocol over lines, as over standard input and output, in either era.

use gitoma_core::{BoxFuture, Gateway};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, DuplexStream, ReadHalf, WriteHalf};
use tokio_util::sync::CancellationToken;

use super::{Answer, Door, names, without_place};

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

/// How requests are bound together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Era {
    /// 2025-11-25: by a session.
    Session,
    /// 2026-07-28: not at all.
    Alone,
}

/// The `_meta` of a request that no session binds.
pub(super) fn alone() -> Value {
    json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
    })
}

/// What an answer to `tools/call` says.
pub(super) fn told(mut answer: Value) -> Answer {
    let text = answer.to_string();
    if !answer["error"].is_null() {
        let error = &answer["error"];
        let refusal = &error["data"]["error"];
        let said = error["message"].as_str().map(without_place);
        let rendered = json!({ "code": error["code"], "text": said, "category": refusal["category"] });
        let told = Answer::refused(refusal, "message", text);
        return Answer { rendered: Some(rendered), ..told };
    }
    let content = answer["result"]["structuredContent"].take();
    let said = answer["result"]["content"][0]["text"].as_str().unwrap_or_default();
    let blocks = answer["result"]["content"].as_array().map(Vec::len);
    // The id of the call is the one thing in it that is another each time.
    let of_any_call = |id: &Value| id.as_str().map_or(said.to_owned(), |id| said.replace(id, "CALL"));
    let (told, rendered, category): (Answer, Value, Value) = match answer["result"]["isError"] == true {
        true if content.get("executed").is_some() => {
            let rendered = of_any_call(&content["call_id"]).into();
            (Answer::judged(content), rendered, Value::Null)
        }
        true => {
            let error = &content["error"];
            let rendered = of_any_call(&error["error_id"]).into();
            (Answer::refused(error, "message", text), rendered, error["category"].clone())
        }
        false => {
            // What a model reads is what programs do.
            let rendered = serde_json::from_str(said).unwrap_or_else(|_prose| said.into());
            let meta = &answer["result"]["_meta"];
            (Answer::ran(content, |name| meta[format!("gitoma/{name}")].clone(), text), rendered, Value::Null)
        }
    };
    let rendered = json!({ "blocks": blocks, "text": rendered, "category": category });
    Answer { rendered: Some(rendered), ..told }
}

pub(crate) struct Mcp {
    reader: BufReader<ReadHalf<DuplexStream>>,
    writer: WriteHalf<DuplexStream>,
    era: Era,
    next: u64,
}

impl Mcp {
    pub(crate) async fn open(gateway: Gateway, principal: &str, era: Era) -> Self {
        let (client, server) = tokio::io::duplex(1 << 20);
        let (server_reader, server_writer) = tokio::io::split(server);
        let principal = principal.to_owned();
        tokio::spawn(async move {
            gitoma_mcp::serve(gateway, &principal, server_reader, server_writer, CancellationToken::new())
                .await
        });
        let (reader, writer) = tokio::io::split(client);
        let mut door = Self { reader: BufReader::new(reader), writer, era, next: 0 };
        if era == Era::Session {
            door.request("initialize", opening()).await;
            door.send(json!({"jsonrpc": "2.0", "method": "notifications/initialized"})).await;
        }
        door
    }

    async fn send(&mut self, message: Value) {
        self.writer.write_all(format!("{message}\n").as_bytes()).await.unwrap();
    }

    /// Asks for `method`, giving `restrict` up.
    async fn ask(&mut self, method: &str, mut parameters: Value, restrict: Option<&str>) -> Value {
        if self.era == Era::Alone {
            parameters["_meta"] = alone();
        }
        if let Some(restrict) = restrict {
            parameters["_meta"]["gitoma/restrict"] = restrict.into();
        }
        self.request(method, parameters).await
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
        match self.era {
            Era::Session => "mcp over lines, in a session",
            Era::Alone => "mcp over lines, alone",
        }
    }

    fn call<'a>(
        &'a mut self,
        restrict: Option<&'a str>,
        tool: &'a str,
        arguments: &'a Value,
    ) -> BoxFuture<'a, Answer> {
        Box::pin(async move { told(self.ask("tools/call", asking(tool, arguments), restrict).await) })
    }

    fn list<'a>(&'a mut self, restrict: &'a str) -> BoxFuture<'a, Vec<String>> {
        Box::pin(async move { names(&self.ask("tools/list", json!({}), Some(restrict)).await["result"]) })
    }
}
