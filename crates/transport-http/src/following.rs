//! Following the audit log: what both ways, server-sent events and WebSocket, have in common. Each hands on what the gateway's tail says,
//! until the server stops, the caller goes or the tail ends.

use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, HeaderName};
use gitoma_core::{AuditTail, Credential, Gateway, GatewayStatus, Refusal, TailEnd, TailEvent, TailStart};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;
use tokio::sync::watch;

use crate::caller::Caller;
use crate::connection::{Client, Hold};
use crate::query::{BadQuery, number, numbers};
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

const AFTER: Parameter = Parameter {
    name: "after",
    place: Place::Query,
    about: "Begin behind the entry of this sequence number; not with `last`.",
    schema: || json!({ "type": "integer", "minimum": 0 }),
};
const LAST: Parameter = Parameter {
    name: "last",
    place: Place::Query,
    about: "Begin with the newest, so many. Without either only what comes is told.",
    schema: || json!({ "type": "integer", "minimum": 0, "maximum": MOST }),
};

/// Where a request asks to begin. `Last-Event-ID` is what a client knows that was here before, and wins.
fn start(query: Option<&str>, headers: &HeaderMap) -> Result<TailStart, BadQuery> {
    let [after, last] = numbers(query, ["after", "last"])?;
    let mut ids = headers.get_all(LAST_EVENT_ID).iter();
    let id = match (ids.next(), ids.next()) {
        (None, _) => None,
        (Some(id), None) => Some(id.to_str().ok().and_then(number).ok_or(BadQuery)?),
        (Some(_), Some(_)) => return Err(BadQuery),
    };
    match (id.or(after), last) {
        (Some(seq), _) if id.is_some() || last.is_none() => Ok(TailStart::After(seq)),
        (None, last) if last.is_none_or(|last| last <= MOST) => Ok(TailStart::Last(last.unwrap_or(0))),
        _ => Err(BadQuery),
    }
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

/// That entries were left out.
#[derive(Serialize, JsonSchema)]
struct Lag {
    /// How many.
    skipped: u64,
    /// The sequence number of the entry that comes next.
    next: u64,
}

/// That nothing comes any more.
#[derive(Serialize, JsonSchema)]
struct End {
    reason: TailEnd,
}

/// The name of an event, its id if it has one, and what it says, as JSON on one line.
fn spelled(event: TailEvent) -> (&'static str, Option<u64>, String) {
    let text = |value: Result<String, serde_json::Error>| value.unwrap_or_else(|_| "{}".to_owned());
    match event {
        TailEvent::Entry { seq, line } => ("entry", Some(seq), line),
        TailEvent::Lag { skipped, next } => {
            ("lag", None, text(serde_json::to_string(&Lag { skipped, next })))
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
