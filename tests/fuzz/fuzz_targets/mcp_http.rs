//! Any request of somebody who has a token: a method, headers, and after a blank line a body, `SESSION` standing for the id of a session that is
//! open. An answer has a status that the protocol or HTTP gives a meaning, and a body that is one message, a stream of them, a problem or
//! nothing; it gives nothing away, and the next request is answered.
#![no_main]

mod house;

use std::sync::LazyLock;
use std::time::Duration;

use axum::body::Body;
use axum::http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderName, HeaderValue, Method, Request, Response};
use gitoma_core::{Credential, Peer, Secret};
use gitoma_mcp::{Bounds, Endpoint, Visitor};
use house::{House, TOKEN, require_message, require_secrecy};
use http_body_util::BodyExt as _;
use libfuzzer_sys::fuzz_target;

const PATIENCE: Duration = Duration::from_secs(20);
/// How long a stream that may stay open is listened to.
const WHILE: Duration = Duration::from_millis(5);
const OPENING: &str = "{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"initialize\",\"params\":{\"protocolVersion\":\"2025-11-25\",\"capabilities\":{},\
                       \"clientInfo\":{\"name\":\"good\",\"version\":\"1\"}}}";
const STATUSES: [u16; 10] = [200, 202, 204, 400, 404, 405, 406, 413, 415, 429];

struct Door {
    house: House,
    endpoint: Endpoint,
}

static DOOR: LazyLock<Door> = LazyLock::new(|| {
    let house = House::open();
    let endpoint = house.runtime.block_on(async { Endpoint::new(house.gateway.clone(), Bounds::default()) });
    Door { house, endpoint }
});

async fn answer(request: Request<Body>) -> Response<Body> {
    let visitor = Visitor {
        credential: Credential::Bearer(Secret::new(TOKEN.to_owned())),
        peer: Peer::Address([127, 0, 0, 1].into()),
    };
    tokio::time::timeout(PATIENCE, DOOR.endpoint.answer(visitor, request)).await.expect("an answer begins")
}

/// What comes of `body` before it ends, or for a while if it is a stream.
async fn take(mut body: Body, is_stream: bool) -> String {
    let mut text = Vec::new();
    let patience = if is_stream { WHILE } else { PATIENCE };
    loop {
        match tokio::time::timeout(patience, body.frame()).await {
            Ok(Some(frame)) => text.extend_from_slice(frame.expect("a frame").data_ref().expect("no trailers")),
            Ok(None) => break,
            Err(_) => {
                assert!(is_stream, "the answer ends");
                break;
            }
        }
    }
    String::from_utf8(text).expect("UTF-8")
}

fn post(body: &str) -> axum::http::request::Builder {
    let length = body.len().to_string();
    Request::builder()
        .method(Method::POST)
        .uri("/mcp")
        .header(ACCEPT, "application/json, text/event-stream")
        .header(CONTENT_TYPE, "application/json")
        .header("content-length", length)
}

/// The id of a session that is opened.
async fn session() -> HeaderValue {
    let response = answer(post(OPENING).body(OPENING.into()).expect("a request")).await;
    assert_eq!(response.status(), 200);
    let id = response.headers()["mcp-session-id"].clone();
    require_message(&take(response.into_body(), false).await);
    id
}

/// The request that `bytes` say.
fn read(bytes: &[u8], session: &HeaderValue) -> Option<Request<Body>> {
    let at = bytes.windows(2).position(|pair| pair == b"\n\n").unwrap_or(bytes.len());
    let (head, body) = bytes.split_at(at);
    let body = body.get(2..).unwrap_or_default().to_vec();
    let mut lines = head.split(|byte| *byte == b'\n');
    let method = Method::from_bytes(lines.next()?).ok()?;
    let mut request = Request::builder().method(method).uri("/mcp");
    for line in lines {
        let colon = line.iter().position(|byte| *byte == b':')?;
        let (name, value) = line.split_at(colon);
        let value = value.get(1..)?.trim_ascii();
        let name = HeaderName::from_bytes(name).ok().filter(|name| *name != AUTHORIZATION)?;
        let value = if value == b"SESSION" { session.clone() } else { HeaderValue::from_bytes(value).ok()? };
        request = request.header(name, value);
    }
    request.body(body.into()).ok()
}

async fn visit(bytes: &[u8], session: &HeaderValue) {
    let Some(request) = read(bytes, session) else { return };
    let (head, body) = answer(request).await.into_parts();
    assert!(STATUSES.contains(&head.status.as_u16()), "{}", head.status);
    for value in head.headers.values() {
        require_secrecy(value.to_str().expect("ASCII"));
    }
    let kind = head.headers.get(CONTENT_TYPE).map(|kind| kind.to_str().expect("ASCII").to_owned());
    let text = take(body, kind.as_deref() == Some("text/event-stream")).await;
    require_secrecy(&text);
    match kind.as_deref() {
        Some("application/json") => drop(require_message(&text)),
        Some("text/event-stream") => {
            let data = text.lines().filter_map(|line| line.strip_prefix("data:")).map(str::trim);
            data.filter(|data| !data.is_empty()).for_each(|data| drop(require_message(data)));
        }
        Some("application/problem+json") => {
            let problem: serde_json::Value = serde_json::from_str(&text).expect("JSON");
            assert!(problem["code"].is_string() && problem["status"] == head.status.as_u16(), "{text}");
        }
        other => assert!(other.is_none() && text.is_empty(), "{other:?}: {text:?}"),
    }
}

/// Ends `session`, unless the fuzzer has.
async fn leave(session: HeaderValue) {
    let request = Request::builder().method(Method::DELETE).uri("/mcp").header("mcp-session-id", session);
    let response = answer(request.body(Body::empty()).expect("a request")).await;
    assert!([204, 404].contains(&response.status().as_u16()), "{}", response.status());
}

fuzz_target!(|bytes: &[u8]| {
    DOOR.house.runtime.block_on(async {
        let its = session().await;
        visit(bytes, &its).await;
        leave(its).await;
        leave(session().await).await;
    });
});
