//! The audit log as server-sent events (WHATWG HTML §9.2). `EventSource` of a browser cannot send a bearer; `fetch` with a stream can.

use std::fmt::Write as _;

use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, RawQuery, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::on;
use futures_util::stream;
use gitoma_core::ChainPlace;

use super::{AFTER, Following, ID, LAST, spelled, start, unreadable};
use crate::audit::WATCHERS;
use crate::caller::Caller;
use crate::connection::{Client, HeldTurn};
use crate::error::refused;
use crate::routes::{Answer, Content, Method, Parameter, Part, Place, Route, Who};
use crate::shared::Shared;

pub(super) const ROUTE: Route = Route {
    method: Method::Get,
    path: "/api/v1/audit/stream",
    handler: |method| on(method, follow),
    id: "audit_stream",
    summary: "Follows the audit log, as server-sent events.",
    about: "Events: `chain` (first of all: the chain that is followed, and the sequence number at which it begins; `not_resumed` says why that \
            is not behind the entry that was asked for: `other_chain`, `no_such_entry`), `entry` (its `id` is `CHAIN.SEQ`, its data the entry \
            as it stands in the log), `lag` (entries were left out, since the reader was too far behind or they were pruned), `status` (the \
            gateway's state: at the begin, when it changes, and every 15 seconds), `end`. At most 64 follow at once, 8 as one principal \
            (`busy`).",
    who: Who::Roles(WATCHERS),
    part: Part::Steering,
    parameters: &[
        AFTER,
        LAST,
        Parameter {
            name: "Last-Event-ID",
            place: Place::Header,
            about: "Begin behind the entry of this id; wins over the query.",
            schema: || serde_json::json!({ "type": "string", "pattern": ID }),
        },
    ],
    body: None,
    answers: &[Answer {
        status: StatusCode::OK,
        about: "The events, as long as the server runs and the caller may follow.",
        content: Content::Text("text/event-stream"),
    }],
    codes: &["malformed", "busy"],
};

/// `GET /api/v1/audit/stream`
async fn follow(
    State(shared): State<Shared>,
    client: ConnectInfo<Client>,
    caller: Caller,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let Ok(start) = start(query.as_deref(), &headers) else {
        return unreadable(&shared.gateway, caller).await;
    };
    let who = (caller.credential, caller.origin);
    let following = match Following::begin(&shared, &client, who, start).await {
        Ok(following) => following,
        Err(refusal) => return refused(refusal),
    };
    let events = stream::unfold(following, async |mut following| {
        let event = following.next().await?;
        let (name, id, data) = spelled(event);
        Some((Ok::<_, std::convert::Infallible>(frame(name, id, &data)), following))
    });
    // Proxies shall pass it on as it comes.
    let headers = [(CONTENT_TYPE.as_str(), "text/event-stream"), ("x-accel-buffering", "no")];
    let mut response = (headers, Body::from_stream(events)).into_response();
    response.extensions_mut().insert(HeldTurn);
    response
}

/// One event. The data is one line: the format of the log knows no others, and JSON of ours has none.
fn frame(name: &str, id: Option<ChainPlace>, data: &str) -> Bytes {
    let mut frame = String::with_capacity(data.len().saturating_add(128));
    // Nothing fails while writing to a `String`.
    if let Some(id) = id {
        let _ = writeln!(frame, "id: {id}");
    }
    let _ = write!(frame, "event: {name}\ndata: {data}\n\n");
    frame.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_framed_as_browsers_read_it() {
        let place = "019aa5b4-2c00-7000-8000-000000000001.7".parse().unwrap();
        let expected = "id: 019aa5b4-2c00-7000-8000-000000000001.7\nevent: entry\ndata: {}\n\n";
        assert_eq!(frame("entry", Some(place), "{}"), expected);
        assert_eq!(frame("lag", None, r#"{"skipped":1}"#), "event: lag\ndata: {\"skipped\":1}\n\n");
    }
}
