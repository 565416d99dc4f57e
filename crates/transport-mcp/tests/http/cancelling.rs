//! Who no longer wants an answer: said so in the era of sessions, gone in the era without; and a client that vanishes while it writes or
//! reads harms nobody.

use std::io::Write as _;

use serde_json::json;

use crate::house::{ANN, House, until};
use crate::wire::{Answer, exact};

fn wait() -> serde_json::Value {
    json!({"name": "look", "arguments": {"act": "wait"}})
}

#[test]
fn a_session_cancels_by_name_and_is_not_answered() {
    let house = House::new();
    let client = house.legacy(ANN);
    for id in [json!(7), json!("seven")] {
        let before = house.begun();
        let waiting = client.start(id.clone(), "tools/call", &wait(), &[]);
        until("the call runs", || house.begun() == before + 1);
        let cancel = json!({"requestId": id, "reason": "no longer wanted"});
        assert_eq!(client.notify("notifications/cancelled", &cancel).status, 202);
        let mut answer = Answer::read_head(waiting);
        assert_eq!((answer.status, answer.header("content-type")), (200, Some("text/event-stream")));
        assert_eq!(answer.next_frame(), None, "nothing more is said of it");
        until("the outcome is recorded", || {
            house.story().last().is_some_and(|entry| entry == "outcome/cancelled")
        });
        assert_eq!(client.notify("notifications/cancelled", &cancel).status, 202, "too late is no error");
    }
    client.assert_alive();
}

#[test]
fn a_session_that_loses_its_connection_has_cancelled_nothing() {
    let house = House::new();
    let client = house.legacy(ANN);
    let waiting = client.start(7, "tools/call", &wait(), &[]);
    until("the call runs", || house.begun() == 1);
    waiting.shutdown(std::net::Shutdown::Both).unwrap();
    drop(waiting);
    client.assert_alive();
    house.let_go();
    until("the call ends", || house.story().len() == 2);
    assert_eq!(house.story(), ["intent/allowed", "outcome/ok"]);
}

#[test]
fn without_a_session_going_away_is_cancelling() {
    let house = House::new();
    let client = house.modern(ANN);
    let waiting = client.start(7, "tools/call", &wait(), &[]);
    until("the call runs", || house.begun() == 1);
    // A notification is of no request here.
    assert_eq!(client.notify("notifications/cancelled", &json!({"requestId": 7})).status, 202);
    client.assert_alive();
    assert_eq!(house.story(), ["intent/allowed"]);
    waiting.shutdown(std::net::Shutdown::Both).unwrap();
    until("the outcome is recorded", || house.story().len() == 2);
    assert_eq!(house.story(), ["intent/allowed", "outcome/cancelled"]);
}

#[test]
fn without_a_session_closing_the_stream_is_cancelling() {
    let house = House::new();
    let client = house.modern(ANN);
    let params = json!({"name": "look", "arguments": {"act": "report"}, "_meta": {"progressToken": 1}});
    let mut answer = Answer::read_head(client.start(7, "tools/call", &params, &[]));
    assert_eq!(answer.next_frame().unwrap()["method"], "notifications/progress");
    answer.hang_up();
    until("the outcome is recorded", || house.story().len() == 2);
    assert_eq!(house.story(), ["intent/allowed", "outcome/cancelled"]);
}

#[test]
fn a_call_whose_client_vanishes_while_it_writes_it_is_on_the_record() {
    let mut house = House::new();
    for (number, client) in [house.legacy(ANN), house.modern(ANN)].into_iter().enumerate() {
        let (frame, headers) =
            client.frame(&json!(1), "tools/call", &json!({"name": "look", "arguments": {}}));
        let mut headers: Vec<_> =
            headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        headers.push(("content-type", "application/json"));
        let body = frame.to_string();
        let whole = client.head("POST", &headers, body.len()) + &body;
        let stream = exact(house.address, &whole.as_bytes()[..whole.len() - 1]);
        stream.shutdown(std::net::Shutdown::Both).unwrap();
        until("the call is refused", || house.story().len() == number + 1);
        assert_eq!(house.story()[number], "refusal/malformed");
        client.assert_alive();
    }
    house.stop();
    let last = house.entries().into_iter().rfind(|entry| entry["kind"] == "refusal").unwrap();
    assert_eq!((&last["tool"], &last["principal"]), (&json!("look"), &json!("ann")), "{last}");
    assert_eq!(house.begun(), 0);
}

#[test]
fn a_client_that_vanishes_while_it_writes_or_reads_harms_nobody() {
    let house = House::new();
    let client = house.modern(ANN);
    let (frame, headers) =
        client.frame(&json!(1), "tools/call", &json!({"name": "look", "arguments": {"act": "large"}}));
    let body = frame.to_string();
    let mut headers: Vec<_> = headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    headers.push(("content-type", "application/json"));
    let whole = client.head("POST", &headers, body.len()) + &body;
    for cut in [1, 20, whole.len() / 2, whole.len() - 1] {
        drop(exact(house.address, &whole.as_bytes()[..cut]));
    }
    for number in 0..20 {
        let mut stream = exact(house.address, whole.as_bytes());
        stream.flush().unwrap();
        // Half of them are under way when their client goes.
        if number % 2 == 0 {
            let before = number / 2;
            until("the call runs", || house.begun() > before);
        }
        drop(stream);
    }
    client.assert_alive();
    let answer = client.call(2, "look", &json!({"act": "large"})).json();
    assert!(answer["result"]["structuredContent"]["text"].as_str().unwrap().len() > 100_000);
    until("every call that began has ended", || {
        let story = house.story();
        let count = |kind: &str| story.iter().filter(|entry| entry.starts_with(kind)).count();
        count("intent/") == count("outcome/")
    });
}
