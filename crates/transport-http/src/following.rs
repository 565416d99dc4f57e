//! Following the audit log: what both ways, server-sent events and WebSocket, have in common. Each hands on what the gateway's tail says,
//! until the server stops, the caller goes or the tail ends.

use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, HeaderName};
use gitoma_core::{
    AuditTail, ChainPlace, Credential, Gateway, GatewayStatus, LagReason, NotResumed, Refusal, TailEnd,
    TailEvent, TailStart,
};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;
use tokio::sync::watch;

use crate::caller::Caller;
use crate::connection::{Client, Hold};
use crate::query::{BadQuery, number, values};
use crate::routes::{Parameter, Place};
use crate::shared::Shared;

mod sse;
mod websocket;

pub(crate) use websocket::PATH as WEBSOCKET;

/// The endpoints.
pub(crate) const ROUTES: &[crate::routes::Route] = &[sse::ROUTE, websocket::ROUTE];

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
/// The most entries to begin with.
const MOST: u64 = 500;

/// What an id looks like: the chain and the sequence number.
const ID: &str = "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\\.(0|[1-9][0-9]{0,18})$";

const AFTER: Parameter = Parameter {
    name: "after",
    place: Place::Query,
    about: "Begin behind the entry of this id, or of this sequence number in the chain that is being written; not with `last`.",
    schema: || json!({ "oneOf": [{ "type": "integer", "minimum": 0 }, { "type": "string", "pattern": ID }] }),
};
const LAST: Parameter = Parameter {
    name: "last",
    place: Place::Query,
    about: "Begin with the newest, so many. Without either only what comes is told.",
    schema: || json!({ "type": "integer", "minimum": 0, "maximum": MOST }),
};

/// Where a request asks to begin. `Last-Event-ID` is what a client knows that was here before, and wins. There a number alone is refused:
/// it would be of a chain that nobody knows.
fn start(query: Option<&str>, headers: &HeaderMap) -> Result<TailStart, BadQuery> {
    let [after, last] = values(query, ["after", "last"])?;
    let last = last.map(|last| number(last).ok_or(BadQuery)).transpose()?;
    let after = after.map(behind).transpose()?;
    let mut ids = headers.get_all(LAST_EVENT_ID).iter();
    let id = match (ids.next(), ids.next()) {
        (None, _) => None,
        (Some(id), None) => Some(id.to_str().ok().and_then(|id| id.parse().ok()).ok_or(BadQuery)?),
        (Some(_), Some(_)) => return Err(BadQuery),
    };
    match (id, after, last) {
        (Some(place), ..) => Ok(TailStart::Resume(place)),
        (None, Some(start), None) => Ok(start),
        (None, None, last) if last.is_none_or(|last| last <= MOST) => Ok(TailStart::Last(last.unwrap_or(0))),
        _ => Err(BadQuery),
    }
}

/// Behind which entry: the one of an id that was told, or what a person types, of the present chain.
fn behind(text: &str) -> Result<TailStart, BadQuery> {
    let seq = number(text).map(TailStart::After);
    seq.or_else(|| text.parse().ok().map(TailStart::Resume)).ok_or(BadQuery)
}

/// One who follows.
struct Following {
    tail: AuditTail,
    stopping: watch::Receiver<bool>,
    ended: bool,
    /// As long as it is told something, nothing is expected of the client.
    _hold: Hold,
}

impl Following {
    async fn begin(
        shared: &Shared,
        client: &ConnectInfo<Client>,
        (credential, origin): (Credential, gitoma_core::Origin),
        start: TailStart,
    ) -> Result<Self, Refusal> {
        let tail = shared.gateway.audit_tail(credential, origin, start).await?;
        Ok(Self { tail, stopping: shared.stopping.clone(), ended: false, _hold: client.hold() })
    }

    /// What comes next. Nothing is lost if the future is dropped.
    async fn next(&mut self) -> Option<TailEvent> {
        if self.ended {
            return None;
        }
        let event = tokio::select! {
            biased;
            // A server that is gone has stopped.
            _ = self.stopping.wait_for(|stopping| *stopping) => Some(TailEvent::End(TailEnd::Shutdown)),
            event = self.tail.next() => event,
        };
        self.ended = matches!(event, None | Some(TailEvent::End(_)));
        event
    }
}

/// Which chain is followed, and from where on.
#[derive(Serialize, JsonSchema)]
struct Chain {
    chain_id: String,
    /// The sequence number at which following begins.
    next: u64,
    /// Why that is not behind the entry that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    not_resumed: Option<NotResumed>,
}

/// That entries were left out.
#[derive(Serialize, JsonSchema)]
struct Lag {
    /// How many.
    skipped: u64,
    /// The sequence number of the entry that comes next.
    next: u64,
    reason: LagReason,
}

/// That nothing comes any more.
#[derive(Serialize, JsonSchema)]
struct End {
    reason: TailEnd,
}

/// The name of an event, the place behind which to go on after it, if it tells one, and what it says, as JSON on one line.
fn spelled(event: TailEvent) -> (&'static str, Option<ChainPlace>, String) {
    let text = |value: Result<String, serde_json::Error>| value.unwrap_or_else(|_| "{}".to_owned());
    match event {
        TailEvent::Chain { chain_id, next, not_resumed } => {
            // Whoever loses the connection before the first entry shall not miss it either.
            let place = next.checked_sub(1).map(|seq| ChainPlace { chain_id, seq });
            let chain = Chain { chain_id: chain_id.to_string(), next, not_resumed };
            ("chain", place, text(serde_json::to_string(&chain)))
        }
        TailEvent::Entry { place, line } => ("entry", Some(place), line),
        TailEvent::Lag { skipped, next, reason } => {
            ("lag", None, text(serde_json::to_string(&Lag { skipped, next, reason })))
        }
        TailEvent::Status(status) => ("status", None, text(serde_json::to_string::<GatewayStatus>(&status))),
        TailEvent::End(reason) => ("end", None, text(serde_json::to_string(&End { reason }))),
    }
}

/// What somebody is told whose request cannot be read.
async fn unreadable(gateway: &Gateway, caller: Caller) -> axum::response::Response {
    crate::audit::unreadable(gateway, caller).await
}

#[cfg(test)]
mod tests;
