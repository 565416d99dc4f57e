//! How far a call has come, over the stream of its own answer: under the client's token, before the answer; and no stream for whoever
//! wants to know nothing.

use serde_json::json;

use crate::house::{ANN, House, until};
use crate::wire::{Answer, Client};

#[test]
fn notices_come_while_the_call_runs_and_the_answer_is_last() {
    for (place, token) in [json!("a-token"), json!(12)].into_iter().enumerate() {
        for which in 0..2 {
            let house = House::new();
            let client = Client::both(house.address, ANN)[which].clone();
            let params =
                json!({"name": "look", "arguments": {"act": "report"}, "_meta": {"progressToken": token}});
            let mut answer = Answer::read_head(client.start(place, "tools/call", &params, &[]));
            assert_eq!((answer.status, answer.header("content-type")), (200, Some("text/event-stream")));
            let notice = answer.next_frame().unwrap();
            let told =
                json!({"progressToken": token, "progress": 1.0, "total": 2.0, "message": "things done"});
            assert_eq!((&notice["method"], &notice["params"]), (&json!("notifications/progress"), &told));
            assert_eq!(house.story(), ["intent/allowed"], "the call runs still");
            house.let_go();
            let last = answer.next_frame().unwrap();
            assert_eq!(
                (&last["id"], &last["result"]["structuredContent"]),
                (&json!(place), &json!({"did": "as told"}))
            );
            assert_eq!(answer.next_frame(), None);
        }
    }
}

#[test]
fn without_a_token_there_is_one_answer() {
    let house = House::new();
    for client in Client::both(house.address, ANN) {
        let begun = house.begun();
        let waiting =
            client.start(1, "tools/call", &json!({"name": "look", "arguments": {"act": "report"}}), &[]);
        until("the call runs", || house.begun() == begun + 1);
        house.let_go();
        let answer = Answer::read_head(waiting);
        assert_eq!(answer.header("content-type"), Some("application/json"));
    }
}
