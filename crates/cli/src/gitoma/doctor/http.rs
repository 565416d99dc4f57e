//! A session with a gateway over Streamable HTTP, on this machine alone: no other address is called, TLS is not spoken, and no redirect
//! is followed, so that a token goes nowhere else.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{ACCEPT, AUTHORIZATION, CONNECTION, CONTENT_TYPE, HOST, HeaderName, HeaderValue};
use hyper::{Method, Request, Response, StatusCode, Uri};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::runtime::Runtime;

use super::protocol::{Broken, Era, Held, Peer, hold, word};

/// The most bytes of an answer that are read.
const LARGEST: usize = 4 * 1024 * 1024;
/// The most bytes of a problem that are read.
const SHORT: usize = 64 * 1024;
const SESSION: HeaderName = HeaderName::from_static("mcp-session-id");
const VERSION: HeaderName = HeaderName::from_static("mcp-protocol-version");
const METHOD: HeaderName = HeaderName::from_static("mcp-method");
const NAME: HeaderName = HeaderName::from_static("mcp-name");

/// Where a gateway is called.
#[derive(Debug, Clone)]
pub(super) struct Address {
    uri: Uri,
    addresses: Vec<IpAddr>,
    port: u16,
}

impl Address {
    /// The address in `url`, if it is one of this machine that is called without TLS.
    pub(super) fn here(url: &str) -> Option<Self> {
        let uri: Uri = url.parse().ok()?;
        let authority = uri.authority().filter(|authority| !authority.as_str().contains('@'))?;
        let addresses = match authority.host() {
            "[::1]" => vec![IpAddr::V6(Ipv6Addr::LOCALHOST)],
            host if host.eq_ignore_ascii_case("localhost") => {
                vec![IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)]
            }
            host => vec![IpAddr::V4(host.parse().ok().filter(Ipv4Addr::is_loopback)?)],
        };
        let port = authority.port_u16().unwrap_or(80);
        (uri.scheme_str() == Some("http")).then_some(Self { uri, addresses, port })
    }
}

/// Holds a session in `era`; `authorization` is the header's value.
pub(super) fn session(
    runtime: &Runtime,
    address: &Address,
    authorization: Option<&str>,
    era: Era,
    patience: Duration,
) -> Result<Held, Broken> {
    let authorization = authorization.map(HeaderValue::from_str).transpose().map_err(|_| Broken::Token)?;
    let mut caller = Caller { runtime, address, authorization, era, patience, session: None, version: None };
    let held = hold(era, &mut caller);
    if caller.session.is_some() {
        // A courtesy; a gateway may end its sessions by itself alone.
        let _ = caller.send(Method::DELETE, None, "");
    }
    held
}

struct Caller<'a> {
    runtime: &'a Runtime,
    address: &'a Address,
    authorization: Option<HeaderValue>,
    era: Era,
    patience: Duration,
    session: Option<HeaderValue>,
    version: Option<HeaderValue>,
}

/// What came back: the message, if one was waited for.
struct Answer {
    message: Option<Value>,
    session: Option<HeaderValue>,
}

impl Caller<'_> {
    /// Sends a message and waits for the answer to it, if it has an id.
    fn send(&self, method: Method, message: Option<&Value>, asked: &'static str) -> Result<Answer, Broken> {
        let request = self.request(method, message).map_err(|_| Broken::Answer(asked))?;
        let wanted = message.and_then(|message| message.get("id"));
        let exchanged = async {
            let mut connected = None;
            for address in &self.address.addresses {
                connected = TcpStream::connect((*address, self.address.port)).await.ok();
                if connected.is_some() {
                    break;
                }
            }
            let stream = connected.ok_or(Broken::Unreachable)?;
            let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
                .await
                .map_err(|_| Broken::Unreachable)?;
            let driven = tokio::spawn(connection);
            let answer = match sender.send_request(request).await {
                Ok(response) => read(response, wanted, asked).await,
                Err(_) => Err(Broken::Unreachable),
            };
            driven.abort();
            answer
        };
        let timed = self.runtime.block_on(async { tokio::time::timeout(self.patience, exchanged).await });
        timed.unwrap_or_else(|_| Err(Broken::Silence(self.patience.as_secs())))
    }

    fn request(
        &self,
        method: Method,
        message: Option<&Value>,
    ) -> Result<Request<Full<Bytes>>, hyper::http::Error> {
        let path = self.address.uri.path_and_query().map_or("/", |path| path.as_str());
        let host = self.address.uri.authority().map_or("", |authority| authority.as_str());
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(HOST, host)
            .header(CONNECTION, "close")
            .header(ACCEPT, "application/json, text/event-stream");
        for (name, value) in
            [(AUTHORIZATION, &self.authorization), (SESSION, &self.session), (VERSION, &self.version)]
        {
            if let Some(value) = value {
                request = request.header(name, value);
            }
        }
        if let Some(message) = message {
            request = request.header(CONTENT_TYPE, "application/json");
            if self.era == Era::Stateless {
                let text = |path: &str| message.pointer(path).and_then(Value::as_str);
                request = request.header(VERSION, self.era.version());
                request = request.header(METHOD, text("/method").unwrap_or_default());
                if let Some(name) = text("/params/name") {
                    request = request.header(NAME, name);
                }
            }
        }
        request.body(Full::new(Bytes::from(message.map(Value::to_string).unwrap_or_default())))
    }
}

impl Peer for Caller<'_> {
    fn ask(&mut self, method: &'static str, request: &Value) -> Result<Value, Broken> {
        let answer = self.send(Method::POST, Some(request), method)?;
        if method == "initialize" {
            self.session = answer.session;
        }
        answer.message.ok_or(Broken::Answer(method))
    }

    fn tell(&mut self, message: &Value) -> Result<(), Broken> {
        self.send(Method::POST, Some(message), "notifications/initialized").map(drop)
    }

    fn agreed(&mut self, version: &str) {
        self.version = HeaderValue::from_str(version).ok();
    }
}

/// Reads an answer: one message as JSON, or the one that is waited for out of a stream of events.
async fn read(
    response: Response<Incoming>,
    wanted: Option<&Value>,
    asked: &'static str,
) -> Result<Answer, Broken> {
    let status = response.status();
    let session = response.headers().get(SESSION).cloned();
    let kind = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let is_stream = kind.starts_with("text/event-stream");
    match status {
        StatusCode::UNAUTHORIZED => return Err(Broken::NoToken),
        StatusCode::FORBIDDEN => return Err(Broken::Token),
        // Errors of the protocol come with 400 and 404 too; the message says more.
        _ if status.is_success() || kind.starts_with("application/json") => {}
        // The door of HTTP refuses by itself more than the limit allows, and whatever comes where nobody has a token (RFC 9457).
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE
            if kind.starts_with("application/problem+json") =>
        {
            return Err(match problem(response).await {
                Some(code) => Broken::Refused { method: asked, code },
                None => Broken::Status(status.as_u16()),
            });
        }
        _ => return Err(Broken::Status(status.as_u16())),
    }
    let Some(wanted) = wanted else { return Ok(Answer { message: None, session }) };
    let mut body = response.into_body();
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| Broken::Ended(String::new()))?;
        bytes.extend_from_slice(frame.data_ref().map(Bytes::as_ref).unwrap_or_default());
        if bytes.len() > LARGEST {
            return Err(Broken::Flood);
        }
        if is_stream && let Some(message) = event(&bytes, wanted) {
            return Ok(Answer { message: Some(message), session });
        }
    }
    let message = if is_stream { None } else { serde_json::from_slice::<Value>(&bytes).ok() };
    let is_ours = |message: &Value| {
        message.get("jsonrpc").and_then(Value::as_str) == Some("2.0")
            && (message.get("id") == Some(wanted) || message.get("error").is_some())
    };
    match message.filter(is_ours) {
        Some(message) => Ok(Answer { message: Some(message), session }),
        None if status.is_success() => Err(Broken::Answer(asked)),
        None => Err(Broken::Status(status.as_u16())),
    }
}

/// The code in a problem of the gateway's.
async fn problem(response: Response<Incoming>) -> Option<String> {
    let body = Limited::new(response.into_body(), SHORT).collect().await.ok()?;
    let problem: Value = serde_json::from_slice(&body.to_bytes()).ok()?;
    let code = word(problem.get("code")?.as_str()?)?;
    (problem.get("type")?.as_str()? == format!("urn:gitoma:error:{code}")).then_some(code)
}

/// The message with the id `wanted` in the whole events of a stream (HTML, 9.2.6), whose data may be spread over lines.
fn event(stream: &[u8], wanted: &Value) -> Option<Value> {
    let text = String::from_utf8_lossy(stream).replace("\r\n", "\n").replace('\r', "\n");
    let (whole, _begun) = text.rsplit_once("\n\n")?;
    whole.split("\n\n").find_map(|event| {
        let lines = event.lines().filter_map(|line| line.strip_prefix("data:"));
        let data: Vec<_> = lines.map(|line| line.strip_prefix(' ').unwrap_or(line)).collect();
        let message: Value = serde_json::from_str(&data.join("\n")).ok()?;
        (message.get("id") == Some(wanted) && message.get("method").is_none()).then_some(message)
    })
}
