//! The audit log over WebSocket (RFC 6455): the same events, one a text frame. What a client says is read, and not listened to.

use std::time::Duration;

use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{ConnectInfo, RawQuery, State};
use axum::http::header::{AUTHORIZATION, SEC_WEBSOCKET_PROTOCOL};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::on;
use gitoma_core::{ChainPlace, Credential, Secret};

use super::{AFTER, Following, LAST, spelled, start, unreadable};
use crate::audit::WATCHERS;
use crate::caller::Caller;
use crate::connection::{Client, HeldTurn};
use crate::error::refused;
use crate::routes::{Answer, Content, Method, Part, Route, Who};
use crate::shared::Shared;

pub(crate) const PATH: &str = "/api/v1/audit/ws";

/// What is spoken here.
const PROTOCOL: &str = "gitoma.audit.v1";
/// What a token is offered as, by pages that can set no header.
const BEARER: &str = "gitoma.bearer.";
/// The longest frame that a client may send, in bytes.
const LONGEST: usize = 4096;
/// How long a client may take to close after it was told that nothing comes any more.
const FAREWELL: Duration = Duration::from_millis(500);

pub(super) const ROUTE: Route = Route {
    method: Method::Get,
    path: PATH,
    handler: |method| on(method, follow),
    id: "audit_websocket",
    summary: "Follows the audit log over WebSocket.",
    about: "The events of `/api/v1/audit/stream`, each one text frame `{\"event\":\"entry\",\"id\":\"CHAIN.SEQ\",\"data\":{…}}`; who comes \
            again names the last `id` as `after`. A page that can set no `Authorization` offers the subprotocols `gitoma.audit.v1` and \
            `gitoma.bearer.TOKEN`; the first is chosen.",
    who: Who::Roles(WATCHERS),
    part: Part::Steering,
    parameters: &[AFTER, LAST],
    body: None,
    answers: &[Answer {
        status: StatusCode::SWITCHING_PROTOCOLS,
        about: "The connection is a WebSocket from here on.",
        content: Content::Nothing,
    }],
    codes: &["malformed", "busy"],
};

/// `GET /api/v1/audit/ws`
async fn follow(
    State(shared): State<Shared>,
    client: ConnectInfo<Client>,
    mut caller: Caller,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    caller.credential = credential(&headers, caller.credential);
    let (Ok(start), Ok(upgrade)) = (start(query.as_deref(), &headers), upgrade) else {
        return unreadable(&shared.gateway, caller).await;
    };
    let who = (caller.credential, caller.origin);
    let following = match Following::begin(&shared, &client, who, start).await {
        Ok(following) => following,
        Err(refusal) => return refused(refusal),
    };
    let mut response = upgrade
        .protocols([PROTOCOL])
        .max_message_size(LONGEST)
        .max_frame_size(LONGEST)
        .on_upgrade(move |socket| tell(socket, following));
    response.extensions_mut().insert(HeldTurn);
    response
}

/// The token that is offered as a subprotocol, if exactly one is, and no header says who calls besides.
fn credential(headers: &HeaderMap, usual: Credential) -> Credential {
    let offers = headers.get_all(SEC_WEBSOCKET_PROTOCOL).iter().filter_map(|value| value.to_str().ok());
    let mut tokens =
        offers.flat_map(|list| list.split(',')).filter_map(|offer| offer.trim().strip_prefix(BEARER));
    match (tokens.next(), tokens.next(), headers.contains_key(AUTHORIZATION)) {
        (None, ..) => usual,
        (Some(token), None, false) if !token.is_empty() => Credential::Bearer(Secret::new(token.to_owned())),
        _ => Credential::Absent,
    }
}

/// Hands on what comes, until it ends or the client goes.
async fn tell(mut socket: WebSocket, mut following: Following) {
    loop {
        tokio::select! {
            event = following.next() => {
                let Some(event) = event else { break };
                let (name, id, data) = spelled(event);
                if socket.send(Message::text(frame(name, id, &data))).await.is_err() {
                    return;
                }
            }
            said = socket.recv() => match said {
                Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                // Pings are answered beneath; nothing else is asked for.
                Some(Ok(_)) => {}
            },
        }
    }
    if socket.send(Message::Close(None)).await.is_ok() {
        let farewell = async { while let Some(Ok(_)) = socket.recv().await {} };
        // Whether it answers or the time is over, the connection ends.
        let _ = tokio::time::timeout(FAREWELL, farewell).await;
    }
}

/// One event; `data` is JSON already.
fn frame(name: &str, id: Option<ChainPlace>, data: &str) -> String {
    match id {
        Some(id) => format!(r#"{{"event":"{name}","id":"{id}","data":{data}}}"#),
        None => format!(r#"{{"event":"{name}","data":{data}}}"#),
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn a_frame_is_json() {
        let id = "019aa5b4-2c00-7000-8000-000000000001.7";
        for (id, data) in [(Some(id), r#"{"seq":7}"#), (None, r#"{"skipped":1}"#)] {
            let place = id.map(|id| id.parse().unwrap());
            let frame: serde_json::Value = serde_json::from_str(&frame("entry", place, data)).unwrap();
            assert_eq!(frame["event"], "entry");
            assert_eq!(frame["id"].as_str(), id);
            assert_eq!(frame["data"], serde_json::from_str::<serde_json::Value>(data).unwrap());
        }
    }

    #[test]
    fn a_token_is_offered_once() {
        for (offers, header, expected) in [
            (&["gitoma.audit.v1, gitoma.bearer.abc"][..], false, Some("abc")),
            (&["gitoma.audit.v1", "gitoma.bearer.abc"], false, Some("abc")),
            (&["gitoma.bearer.abc, gitoma.bearer.abc"], false, None),
            (&["gitoma.bearer."], false, None),
            (&["gitoma.bearer.abc"], true, None),
            (&["gitoma.audit.v1"], true, Some("usual")),
            (&[], false, Some("usual")),
        ] {
            let mut headers = HeaderMap::new();
            for offer in offers {
                headers.append(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(offer));
            }
            if header {
                headers.insert(AUTHORIZATION, HeaderValue::from_static("Bearer usual"));
            }
            let usual = Credential::Bearer(Secret::new("usual".to_owned()));
            let found = match credential(&headers, usual) {
                Credential::Bearer(token) => Some(token.expose().to_owned()),
                _ => None,
            };
            assert_eq!(found.as_deref(), expected, "{offers:?}");
        }
    }
}
