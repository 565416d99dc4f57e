//! The HTTP interface, over loopback.

use gitoma_core::{BoxFuture, Gateway};
use gitoma_http::Mounted;
use serde_json::{Value, json};
use std::net::SocketAddr;
use tokio::net::TcpListener;

use super::wire::{Connection, Response};
use super::{Answer, Door, dry, names};

/// Serves `gateway` over HTTP.
pub(crate) async fn serve_http(gateway: Gateway) -> SocketAddr {
    serve(gateway, Vec::new()).await
}

pub(crate) struct Http {
    connection: Connection,
}

/// Serves `gateway` over HTTP, and `mounted` besides.
pub(super) async fn serve(gateway: Gateway, mounted: Vec<Mounted>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let bound = listener.local_addr().unwrap();
    let hosts = gitoma_http::AllowedHosts::new(Some(bound), &[]).unwrap();
    let site = gitoma_http::Site {
        hosts,
        proxies: gitoma_http::TrustedProxies::default(),
        origins: gitoma_http::Origins::default(),
        serves: gitoma_http::Serving::Everything,
        grace: std::time::Duration::from_secs(10),
    };
    let socket = gitoma_http::Socket::Tcp(listener);
    tokio::spawn(async move {
        gitoma_http::serve_with(socket, gateway, site, &mounted, std::future::pending()).await
    });
    bound
}

impl Http {
    pub(crate) async fn open(gateway: Gateway, token: &str) -> Self {
        Self::at(serve_http(gateway).await, token).await
    }

    /// A caller with `token` of a server that is there.
    pub(crate) async fn at(address: SocketAddr, token: &str) -> Self {
        Self { connection: Connection::open(address, token).await }
    }

    async fn ask(&mut self, line: &str, restrict: Option<&str>, body: &Value) -> Response {
        let headers = restrict.map(|text| ("Gitoma-Restrict", text));
        self.connection.ask(line, headers.as_slice(), &body.to_string()).await
    }
}

/// A name as a part of a path (RFC 3986 §2.1).
fn encoded(name: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    name.bytes()
        .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

fn with_arguments(mut body: Value, arguments: &Value) -> Value {
    if !arguments.is_null() {
        body["arguments"] = arguments.clone();
    }
    body
}

fn told(response: &Response) -> Answer {
    let mut said = response.json();
    let text = said.to_string();
    match response.status {
        200 if said.get("effect").is_some() => {
            // The way that only judges has no need to say so.
            said.as_object_mut().unwrap().entry("executed").or_insert(Value::Bool(false));
            Answer::judged(said)
        }
        200 => {
            let result = said["result"].take();
            Answer::ran(result, |name| said[name].clone(), text)
        }
        _ => Answer::refused(&said, "detail", text).without_doubt(),
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
            let body = with_arguments(json!({}), arguments);
            told(&self.ask(&format!("POST /api/v1/tools/{}", encoded(tool)), restrict, &body).await)
        })
    }

    fn decide<'a>(
        &'a mut self,
        restrict: Option<&'a str>,
        tool: &'a str,
        arguments: &'a Value,
    ) -> BoxFuture<'a, Answer> {
        Box::pin(async move {
            let body = with_arguments(json!({ "tool": tool }), arguments);
            told(&self.ask("POST /api/v1/decide", Some(&dry(restrict)), &body).await)
        })
    }

    fn list<'a>(&'a mut self, restrict: &'a str) -> BoxFuture<'a, Vec<String>> {
        Box::pin(async move {
            let headers = [("Gitoma-Restrict", restrict)];
            let response = self.connection.ask("GET /api/v1/tools", &headers, "").await;
            assert_eq!(response.status, 200);
            names(&response.json())
        })
    }
}
