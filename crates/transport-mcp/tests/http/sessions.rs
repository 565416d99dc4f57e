//! Sessions: their owner's, so many of them, and ended by whoever opened them or by time.

use std::time::Duration;

use gitoma_mcp::Bounds;
use serde_json::json;

use crate::house::{ANN, BOB, House, until};
use crate::wire::{Answer, Client, LEGACY, MODERN};

fn message(answer: &Answer) -> String {
    answer.json()["error"]["message"].as_str().unwrap().to_owned()
}

#[test]
fn a_stolen_session_opens_nothing() {
    let house = House::new();
    let ann = house.legacy(ANN);
    let thief = Client { token: BOB.to_owned(), ..ann.clone() };
    let stranger = Client { session: Some("echo-me".to_owned()), ..thief.clone() };
    for (method, body) in
        [("POST", r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#), ("GET", ""), ("DELETE", "")]
    {
        let (stolen, unknown) =
            (thief.send(method, &[], body.as_bytes()), stranger.send(method, &[], body.as_bytes()));
        assert_eq!((stolen.status, unknown.status), (404, 404), "{method}");
        assert_eq!(stolen.body, unknown.body, "nothing tells one from the other");
        assert!(!unknown.text().contains("echo-me"));
    }
    let called = thief.call(1, "look", &json!({}));
    assert_eq!(called.status, 404);
    let cancel = json!({"requestId": 1});
    assert_eq!(thief.notify("notifications/cancelled", &cancel).status, 404);
    assert_eq!(house.begun(), 0);
    ann.assert_alive();
    assert_eq!(house.story(), ["refusal/unknown_session"; 8], "each is on the record");
    let entries = house.entries();
    let refused: Vec<_> = entries.iter().filter(|entry| entry["kind"] == "refusal").collect();
    assert!(refused.iter().all(|entry| entry["principal"] == "bob" && entry["transport"] == "mcp"));
    assert_eq!(refused[6]["call_id"], called.header("x-gitoma-call-id").unwrap());
    let session = ann.session.as_deref().unwrap();
    assert!(!format!("{entries:?}").contains(session) && !format!("{entries:?}").contains("echo-me"));
}

#[test]
fn a_thief_cancels_nothing() {
    let house = House::new();
    let ann = house.legacy(ANN);
    let thief = Client { token: BOB.to_owned(), ..ann.clone() };
    let own = house.legacy(BOB);
    let waiting = ann.start(7, "tools/call", &json!({"name": "look", "arguments": {"act": "wait"}}), &[]);
    until("the call runs", || house.begun() == 1);
    let cancel = json!({"requestId": 7});
    assert_eq!(thief.notify("notifications/cancelled", &cancel).status, 404);
    assert_eq!(
        own.notify("notifications/cancelled", &cancel).status,
        202,
        "of a session of one's own, which has none such"
    );
    house.let_go();
    assert_eq!(Answer::read_head(waiting).status, 200);
    assert_eq!(house.story(), ["intent/allowed", "refusal/unknown_session", "outcome/ok"]);
}

#[test]
fn what_belongs_to_a_session_needs_one() {
    let house = House::new();
    let none = Client::legacy(house.address, ANN);
    let list = r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#;
    let twice = none.head("POST", &[("content-type", "application/json")], list.len());
    let twice = twice.replace("accept:", "mcp-session-id: a\r\nmcp-session-id: a\r\naccept:") + list;
    for answer in [
        none.send("POST", &[], list.as_bytes()),
        none.send("GET", &[], b""),
        none.send("DELETE", &[], b""),
        none.notify("notifications/initialized", &json!({})),
    ] {
        assert_eq!(answer.status, 400, "{answer:?}");
        assert!(message(&answer).contains("Mcp-Session-Id"), "{answer:?}");
    }
    assert_eq!(house.story().len(), 0, "none was a call");
    let called = none.call(2, "look", &json!({}));
    assert_eq!((called.status, house.story()), (400, vec!["refusal/malformed".to_owned()]));
    assert!(message(&called).contains("Mcp-Session-Id"), "{called:?}");
    assert_eq!(Answer::read_head(crate::wire::exact(house.address, twice.as_bytes())).status, 400);
    let modern = [("mcp-protocol-version", MODERN)];
    for method in ["GET", "DELETE"] {
        let answer = none.send(method, &modern, b"");
        assert_eq!((answer.status, answer.header("allow")), (405, Some("POST")), "that era has no sessions");
    }
    let answer = none.send("PUT", &[], b"");
    assert_eq!((answer.status, answer.header("allow")), (405, Some("GET, POST, DELETE")));
}

#[test]
fn whoever_opened_a_session_ends_it_and_all_that_runs_in_it() {
    let house = House::new();
    let client = house.legacy(ANN);
    let mut listening = Answer::read_head(client.begin("GET", &[], b""));
    let waiting = client.start(7, "tools/call", &json!({"name": "look", "arguments": {"act": "wait"}}), &[]);
    until("the call runs", || house.begun() == 1);
    let ended = client.send("DELETE", &[], b"");
    assert_eq!((ended.status, ended.body.len()), (204, 0));
    assert_eq!(listening.next_frame(), None);
    let answer = Answer::read_head(waiting);
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("text/event-stream")));
    assert_eq!(house.story(), ["intent/allowed", "outcome/cancelled"]);
    assert_eq!(client.send("DELETE", &[], b"").status, 404);
    assert_eq!(client.call(8, "look", &json!({})).status, 404);
    assert_eq!(house.endpoint.sessions(), 0);
}

#[test]
fn a_session_that_has_expired_is_gone() {
    let bounds = Bounds { idle: Duration::ZERO, ..Bounds::default() };
    let house = House::with(bounds, |builder| builder);
    let client = Client::legacy(house.address, ANN);
    let params =
        json!({"protocolVersion": LEGACY, "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}});
    let opened = client.ask(1, "initialize", &params);
    let session = opened.header("mcp-session-id").map(str::to_owned);
    assert_eq!((opened.status, house.endpoint.sessions()), (200, 1));
    let client = Client { session, ..client };
    assert_eq!(client.ask(2, "tools/list", &json!({})).status, 404);
    assert_eq!(house.endpoint.sessions(), 0);
}

#[test]
fn a_client_that_comes_again_and_again_takes_no_more_room() {
    let bounds = Bounds { principal_sessions: 8, ..Bounds::default() };
    let house = House::with(bounds, |builder| builder);
    let theirs = house.legacy(BOB);
    let sessions: Vec<_> = (0..200).map(|_| house.legacy(ANN)).collect();
    assert_eq!(house.endpoint.sessions(), 9);
    assert_eq!(sessions[0].ask(1, "tools/list", &json!({})).status, 404);
    sessions[199].assert_alive();
    theirs.assert_alive();
    let busy: Vec<_> =
        sessions[192..].iter().map(|client| Answer::read_head(client.begin("GET", &[], b""))).collect();
    assert_eq!(busy.len(), 8);
    let params =
        json!({"protocolVersion": LEGACY, "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}});
    let full = Client::legacy(house.address, ANN).ask(1, "initialize", &params);
    assert_eq!((full.status, full.header("retry-after")), (429, Some("1")), "what is in use is not ended");
}

#[test]
fn requests_of_a_session_are_so_many_at_once() {
    let bounds = Bounds { session_requests: 2, ..Bounds::default() };
    let house = House::with(bounds, |builder| builder);
    let (client, other) = (house.legacy(ANN), house.legacy(ANN));
    let wait = json!({"name": "look", "arguments": {"act": "wait"}});
    let waiting: Vec<_> = (0..2).map(|id| client.start(id, "tools/call", &wait, &[])).collect();
    until("both run", || house.begun() == 2);
    let again = client.start(1, "tools/call", &wait, &[]);
    let again = Answer::read_head(again);
    assert_eq!(again.status, 400, "an id is used once at a time");
    let full = client.call(3, "look", &json!({}));
    assert_eq!(
        (full.status, full.header("retry-after"), &full.json()["error"]["data"]["error"]["code"]),
        (429, Some("1"), &json!("busy"))
    );
    let story = house.story();
    assert_eq!(
        story[2..],
        ["refusal/malformed", "refusal/busy"],
        "what is refused is on the record: {story:?}"
    );
    assert_eq!(house.entries().pop().unwrap()["call_id"], full.header("x-gitoma-call-id").unwrap());
    assert_eq!(
        client.notify("notifications/cancelled", &json!({"requestId": 0})).status,
        202,
        "what frees a place is taken"
    );
    other.assert_alive();
    house.let_go();
    drop(waiting);
}

#[test]
fn requests_of_a_principal_are_so_many_at_once() {
    let bounds = Bounds { principal_requests: 2, ..Bounds::default() };
    let house = House::with(bounds, |builder| builder);
    let (ann, bob) = (house.modern(ANN), house.modern(BOB));
    let wait = json!({"name": "look", "arguments": {"act": "wait"}});
    let waiting: Vec<_> = (0..2).map(|id| ann.start(id, "tools/call", &wait, &[])).collect();
    until("both run", || house.begun() == 2);
    assert_eq!(ann.call(3, "look", &json!({})).status, 429);
    bob.assert_alive();
    drop(waiting);
    until("there is room again", || ann.call(4, "look", &json!({})).status == 200);
}

#[test]
fn a_stream_that_is_opened_again_takes_the_place_of_the_first() {
    let house = House::new();
    let client = house.legacy(ANN);
    let mut first = Answer::read_head(client.begin("GET", &[], b""));
    let second = Answer::read_head(client.begin("GET", &[], b""));
    assert_eq!((first.status, second.status), (200, 200));
    assert_eq!(first.next_frame(), None);
    assert_eq!(client.send("GET", &[("accept", "application/json")], b"").status, 406);
    second.hang_up();
}

#[test]
fn the_end_of_the_server_is_not_waited_for_by_streams_and_is_by_calls() {
    let mut house = House::new();
    let client = house.legacy(ANN);
    let mut listening = Answer::read_head(client.begin("GET", &[], b""));
    let waiting = client.start(7, "tools/call", &json!({"name": "look", "arguments": {"act": "wait"}}), &[]);
    until("the call runs", || house.begun() == 1);
    house.begin_to_stop();
    assert_eq!(listening.next_frame(), None, "while the call still runs");
    assert_eq!(house.story(), ["intent/allowed"]);
    house.let_go();
    let mut answer = Answer::read_head(waiting);
    assert_eq!(answer.status, 200);
    assert_eq!(answer.next_frame_of_one()["result"]["isError"], false);
    house.stop();
    assert_eq!(house.story(), ["intent/allowed", "outcome/ok"]);
}

#[test]
fn an_id_is_free_again_once_it_is_answered() {
    let rate = gitoma_core::Rate::new(1_000_000, 100_000);
    let limits = gitoma_core::LimitsConfig { principal: rate, origin: rate, ..Default::default() };
    let house = House::with(Bounds::default(), |builder| builder.limits(limits));
    let client = house.legacy(ANN);
    for _ in 0..500 {
        assert_eq!(client.ask("the same", "ping", &json!({})).json()["result"], json!({}));
    }
}
