//! The three doors, each reduced to: a tool, its arguments and what the caller gives up in, a code, a result and the whole answer's text out.

use gitoma_core::{
    BoxFuture, Credential, Gateway, Origin, Peer, RawArgs, RawCall, Refusal, RefusalKind, Restriction,
    Secret, Transport,
};
use serde_json::{Value, json};
use tokio::io::{
    AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader, DuplexStream, ReadHalf, WriteHalf,
};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

use super::house::TOKEN;

/// What a door answered.
#[derive(Debug)]
pub(crate) struct Answer {
    /// `ok`, or the refusal's code.
    pub(crate) code: String,
    pub(crate) result: Option<Value>,
    /// Everything the caller got to see.
    pub(crate) text: String,
}

impl Answer {
    /// The answer to a dry run: its verdict, without the id of the call.
    fn judged(mut verdict: Value) -> Self {
        let text = verdict.to_string();
        assert_eq!(verdict["executed"], false, "{text}");
        verdict.as_object_mut().unwrap().remove("call_id");
        Self { code: "dry_run".to_owned(), result: Some(verdict), text }
    }
}

pub(crate) trait Door {
    fn name(&self) -> &'static str;
    /// Asks for a call whose caller gives `restrict` up, if anything.
    fn call<'a>(
        &'a mut self,
        restrict: Option<&'a str>,
        tool: &'a str,
        arguments: &'a Value,
    ) -> BoxFuture<'a, Answer>;

    /// The names of the tools that a caller who gives `restrict` up is shown.
    fn list<'a>(&'a mut self, restrict: &'a str) -> BoxFuture<'a, Vec<String>>;
}

fn names(tools: &Value) -> Vec<String> {
    tools["tools"].as_array().unwrap().iter().map(|tool| tool["name"].as_str().unwrap().to_owned()).collect()
}

/// Opens all doors of one gateway.
pub(crate) async fn open(gateway: &Gateway) -> Vec<Box<dyn Door>> {
    let gateway = gateway.clone();
    vec![
        Box::new(Embedded(gateway.clone())),
        Box::new(Http::open(gateway.clone()).await),
        Box::new(Mcp::open(gateway).await),
    ]
}

struct Embedded(Gateway);

impl Embedded {
    const ORIGIN: Origin = Origin { transport: Transport::Embedded, peer: Peer::Local };

    fn credential() -> Credential {
        Credential::Bearer(Secret::new(TOKEN.to_owned()))
    }
}

impl Door for Embedded {
    fn name(&self) -> &'static str {
        "embedded"
    }

    fn call<'a>(
        &'a mut self,
        restrict: Option<&'a str>,
        tool: &'a str,
        arguments: &'a Value,
    ) -> BoxFuture<'a, Answer> {
        Box::pin(async move {
            let arguments = match arguments {
                Value::Object(arguments) => RawArgs::Object(arguments.clone()),
                _ => RawArgs::Malformed,
            };
            let mut call = RawCall::new(tool, arguments, Self::credential(), Self::ORIGIN);
            if let Some(restrict) = restrict {
                call.restriction = Restriction::parse(restrict);
            }
            match self.0.handle(call).await {
                Ok(reply) => {
                    let text = serde_json::to_string(&reply).unwrap();
                    Answer { code: "ok".to_owned(), result: Some(reply.result.into_value()), text }
                }
                Err(Refusal { kind: RefusalKind::DryRun(judged), .. }) => {
                    Answer::judged(serde_json::to_value(&judged).unwrap())
                }
                Err(refusal) => {
                    Answer { code: refusal.code().to_owned(), result: None, text: refusal.to_string() }
                }
            }
        })
    }

    fn list<'a>(&'a mut self, restrict: &'a str) -> BoxFuture<'a, Vec<String>> {
        Box::pin(async move {
            let restriction = Restriction::parse(restrict).unwrap();
            let specs = self.0.tools(Self::credential(), Self::ORIGIN).await.unwrap();
            specs
                .into_iter()
                .filter(|spec| restriction.leaves(spec))
                .map(|spec| spec.name.into_owned())
                .collect()
        })
    }
}

struct Http {
    stream: TcpStream,
    address: String,
}

impl Http {
    async fn open(gateway: Gateway) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let bound = listener.local_addr().unwrap();
        let hosts = gitoma_http::AllowedHosts::new(Some(bound), &[]).unwrap();
        let site = gitoma_http::Site {
            hosts,
            proxies: gitoma_http::TrustedProxies::default(),
            origins: gitoma_http::Origins::default(),
            serves: gitoma_http::Serving::Everything,
        };
        let socket = gitoma_http::Socket::Tcp(listener);
        tokio::spawn(gitoma_http::serve(socket, gateway, site, std::future::pending()));
        Self { stream: TcpStream::connect(bound).await.unwrap(), address: bound.to_string() }
    }

    async fn request(&mut self, line: &str, restrict: Option<&str>, body: &str) -> (u16, Vec<u8>) {
        let restrict = restrict.map(|text| format!("Gitoma-Restrict: {text}\r\n")).unwrap_or_default();
        let request = format!(
            "{line} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {TOKEN}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n{restrict}\r\n{body}",
            self.address,
            body.len()
        );
        self.stream.write_all(request.as_bytes()).await.unwrap();
        self.answer().await
    }

    /// Reads one answer: head, then as many bytes as `content-length` says.
    async fn answer(&mut self) -> (u16, Vec<u8>) {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(self.stream.read_u8().await.unwrap());
        }
        let head = String::from_utf8(head).unwrap().to_ascii_lowercase();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let length =
            head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap().parse().unwrap();
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).await.unwrap();
        (status, body)
    }
}

impl Door for Http {
    fn name(&self) -> &'static str {
        "http"
    }

    fn call<'a>(
        &'a mut self,
        restrict: Option<&'a str>,
        tool: &'a str,
        arguments: &'a Value,
    ) -> BoxFuture<'a, Answer> {
        Box::pin(async move {
            let body = json!({ "arguments": arguments }).to_string();
            let (status, body) = self.request(&format!("POST /api/v1/tools/{tool}"), restrict, &body).await;
            let text = String::from_utf8(body).unwrap();
            let mut answer: Value = serde_json::from_str(&text).unwrap();
            match status {
                200 if answer.get("executed").is_some() => Answer::judged(answer),
                200 => Answer { code: "ok".to_owned(), result: Some(answer["result"].take()), text },
                _ => Answer {
                    code: answer["code"].as_str().unwrap_or("no code").to_owned(),
                    result: None,
                    text,
                },
            }
        })
    }

    fn list<'a>(&'a mut self, restrict: &'a str) -> BoxFuture<'a, Vec<String>> {
        Box::pin(async move {
            let (status, body) = self.request("GET /api/v1/tools", Some(restrict), "").await;
            assert_eq!(status, 200);
            names(&serde_json::from_slice(&body).unwrap())
        })
    }
}

struct Mcp {
    reader: BufReader<ReadHalf<DuplexStream>>,
    writer: WriteHalf<DuplexStream>,
    next: u64,
}

impl Mcp {
    async fn open(gateway: Gateway) -> Self {
        let (client, server) = tokio::io::duplex(1 << 20);
        let (server_reader, server_writer) = tokio::io::split(server);
        tokio::spawn(async move {
            gitoma_mcp::serve(gateway, "agent", server_reader, server_writer, CancellationToken::new()).await
        });
        let (reader, writer) = tokio::io::split(client);
        let mut door = Self { reader: BufReader::new(reader), writer, next: 0 };
        let client = json!({"name": "conformance", "version": "1"});
        let parameters = json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client});
        door.request("initialize", parameters).await;
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
            let mut parameters = json!({"name": tool, "arguments": arguments});
            if let Some(restrict) = restrict {
                parameters["_meta"] = json!({"gitoma/restrict": restrict});
            }
            let mut answer = self.request("tools/call", parameters).await;
            let text = answer.to_string();
            let error = |envelope: &Value| envelope["error"]["code"].as_str().unwrap_or("no code").to_owned();
            if !answer["error"].is_null() {
                return Answer { code: error(&answer["error"]["data"]), result: None, text };
            }
            let content = answer["result"]["structuredContent"].take();
            match answer["result"]["isError"] == true {
                true if content.get("executed").is_some() => Answer::judged(content),
                true => Answer { code: error(&content), result: None, text },
                false => Answer { code: "ok".to_owned(), result: Some(content), text },
            }
        })
    }

    fn list<'a>(&'a mut self, restrict: &'a str) -> BoxFuture<'a, Vec<String>> {
        Box::pin(async move {
            let parameters = json!({"_meta": {"gitoma/restrict": restrict}});
            names(&self.request("tools/list", parameters).await["result"])
        })
    }
}
