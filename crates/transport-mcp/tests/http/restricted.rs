//! What a client gives up, in the header and in its metadata: both hold, and neither lifts anything.

use serde_json::{Value, json};

use crate::house::{ANN, House};
use crate::wire::{Answer, Client};

fn call(client: &Client, header: &str, meta: &Value) -> Value {
    let params = json!({"name": "look", "arguments": {}, "_meta": meta});
    let stream = client.start(1, "tools/call", &params, &[("gitoma-restrict", header)]);
    let mut answer = Answer::read_head(stream);
    answer.next_frame_of_one()
}

#[test]
fn the_header_holds_as_the_metadata_does_and_both_hold_together() {
    let house = House::new();
    let dry = |answer: &Value| {
        answer["result"]["structuredContent"]["executed"] == false && answer["result"]["isError"] == true
    };
    for client in Client::both(house.address, ANN) {
        assert!(!dry(&call(&client, "read-only", &json!({}))));
        assert!(dry(&call(&client, "dry-run", &json!({}))));
        assert!(dry(&call(&client, "", &json!({"gitoma/restrict": "dry-run"}))));
        assert!(dry(&call(&client, "dry-run", &json!({"gitoma/restrict": "read-only"}))));
        assert!(
            dry(&call(&client, "read-only", &json!({"gitoma/restrict": "dry-run"}))),
            "neither takes back the other"
        );
    }
    assert_eq!(house.begun(), 2);
}

#[test]
fn a_restriction_that_cannot_be_read_refuses_the_request_and_says_where_it_stands() {
    let house = House::new();
    for client in Client::both(house.address, ANN) {
        for (header, meta, place) in [
            ("echo-me", json!({}), "Gitoma-Restrict:"),
            ("repos=", json!({"gitoma/restrict": "read-only"}), "Gitoma-Restrict:"),
            ("read-only", json!({"gitoma/restrict": "echo-me"}), "_meta.gitoma/restrict:"),
        ] {
            let called = call(&client, header, &meta);
            let listed =
                client.start(2, "tools/list", &json!({"_meta": meta}), &[("gitoma-restrict", header)]);
            for answer in [called, Answer::read_head(listed).next_frame_of_one()] {
                assert_eq!(answer["error"]["code"], -32602, "{answer}");
                assert_eq!(answer["error"]["data"]["error"]["code"], "bad_restriction");
                assert!(answer["error"]["message"].as_str().unwrap().starts_with(place), "{answer}");
                assert!(!answer.to_string().contains("echo-me"), "{answer}");
            }
        }
    }
    assert_eq!(house.begun(), 0);
    assert!(house.story().iter().all(|entry| entry == "refusal/bad_restriction"));
}

#[test]
fn a_stream_for_news_is_not_opened_for_a_restriction_that_cannot_be_read() {
    let house = House::new();
    let client = house.legacy(ANN);
    let answer = client.send("GET", &[("gitoma-restrict", "echo-me")], b"");
    assert_eq!(
        (answer.status, &answer.json()["error"]["data"]["error"]["code"]),
        (400, &json!("bad_restriction"))
    );
    assert!(!answer.text().contains("echo-me"));
    assert_eq!(house.story(), ["refusal/bad_restriction"]);
}
