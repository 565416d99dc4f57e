//! What a client is told of its own accord: that its lists are others, if they are, if it asked, and for as long as it is let in.

use std::time::Duration;

use gitoma_mcp::Bounds;
use serde_json::{Value, json};

use crate::house::{ANN, BOB, House, until};
use crate::wire::{Answer, Client, MODERN};

const TAG: &str = "io.modelcontextprotocol/subscriptionId";
const CHANGED: &str = "notifications/tools/list_changed";

/// Puts a policy in force under which `looks` may look and `annexes` may use the annex.
fn allow(house: &House, looks: &str, annexes: &str) {
    let rule = |id: &str, who: &str, tool: &str| {
        format!(
            "    - {{ id: {id}, effect: allow, principals: [{who}], tools: [{tool}], capability: read }}\n"
        )
    };
    let rules = rule("looks", looks, "look") + &rule("annexes", annexes, "annex");
    house
        .block_on(house.gateway.replace_policy("next", &format!("version: 1\nglobal:\n  rules:\n{rules}")))
        .unwrap();
}

/// Opens a stream for `wanted`, and what is said first on it.
fn listen(client: &Client, id: &Value, wanted: &Value) -> (Answer, Value) {
    let params = json!({ "notifications": wanted });
    let mut stream = Answer::read_head(client.start(id.clone(), "subscriptions/listen", &params, &[]));
    assert_eq!((stream.status, stream.header("content-type")), (200, Some("text/event-stream")));
    let first = stream.next_frame().unwrap();
    (stream, first)
}

/// The method of a message, under which id it is said.
fn said(frame: &Value) -> (&str, &Value) {
    (frame["method"].as_str().unwrap_or_default(), &frame["params"]["_meta"][TAG])
}

#[test]
fn what_is_granted_is_said_first_and_is_no_more_than_was_asked_for_and_there_is() {
    let house = House::new();
    let client = house.modern(ANN);
    for (wanted, granted) in [
        (json!({}), json!({})),
        (json!({"toolsListChanged": true}), json!({"toolsListChanged": true})),
        (json!({"promptsListChanged": true, "toolsListChanged": false}), json!({"promptsListChanged": true})),
        (json!({"resourcesListChanged": true, "resourceSubscriptions": ["repo://echo-me/"]}), json!({})),
    ] {
        let (stream, first) = listen(&client, &json!("mine"), &wanted);
        assert_eq!(said(&first), ("notifications/subscriptions/acknowledged", &json!("mine")));
        assert_eq!(first["params"]["notifications"], granted, "{wanted}");
        assert!(!stream.text().contains("echo-me"));
        stream.hang_up();
    }
    assert_eq!(house.story().len(), 0, "to listen is no call");
}

#[test]
fn who_sees_other_tools_is_told_and_nobody_else() {
    let mut house = House::new();
    let tools = json!({"toolsListChanged": true});
    let (mut ann, _) = listen(&house.modern(ANN), &json!(7), &tools);
    let (mut bob, _) = listen(&house.modern(BOB), &json!("b"), &tools);
    let (mut deaf, _) = listen(&house.modern(ANN), &json!(8), &json!({"promptsListChanged": true}));
    let legacy = house.legacy(ANN);
    let mut session = Answer::read_head(legacy.begin("GET", &[], b""));

    allow(&house, "ann, bob", "ann");
    allow(&house, "ann, bob", "nobody");
    let told = ann.next_frame().unwrap();
    assert_eq!(said(&told), (CHANGED, &json!(7)));
    let told = session.next_frame().unwrap();
    assert_eq!(said(&told), (CHANGED, &Value::Null), "a session has no subscriptions");
    allow(&house, "ann, bob", "bob");
    let told = bob.next_frame().unwrap();
    assert_eq!(said(&told), (CHANGED, &json!("b")));

    house.stop();
    for (stream, id) in [(&mut ann, json!(7)), (&mut bob, json!("b")), (&mut deaf, json!(8))] {
        let last = stream.next_frame().unwrap();
        assert_eq!((&last["id"], &last["result"]["_meta"][TAG]), (&id, &id), "and nothing before: {last}");
        assert_eq!(last["result"]["resultType"], "complete");
        assert_eq!(stream.next_frame(), None);
    }
    assert_eq!(session.next_frame(), None);
}

#[test]
fn whoever_gives_something_up_that_nobody_can_read_is_refused_and_one_that_stops_is_let_go() {
    let house = House::new();
    let client = house.modern(ANN);
    let ask = |value: Value| {
        let params = json!({"notifications": {}, "_meta": {"gitoma/restrict": value}});
        Answer::read_head(client.start(1, "subscriptions/listen", &params, &[]))
    };
    let refused = ask(json!("echo-me")).next_frame_of_one();
    assert_eq!(refused["error"]["code"], -32602, "{refused}");
    assert_eq!(house.story(), ["refusal/bad_restriction"]);
    assert_eq!(
        ask(json!("read-only")).next_frame().unwrap()["method"],
        "notifications/subscriptions/acknowledged"
    );
}

#[test]
fn so_many_may_listen_and_whoever_goes_makes_room() {
    let house = House::new();
    let client = house.modern(ANN);
    let open = |id: i32| {
        Answer::read_head(client.start(id, "subscriptions/listen", &json!({"notifications": {}}), &[]))
    };
    let mut streams: Vec<Answer> = (0..64).map(open).collect();
    assert!(streams.iter().all(|stream| stream.status == 200));
    assert_eq!(open(64).status, 429);
    assert_eq!(
        listen(&house.modern(BOB), &json!(1), &json!({})).0.status,
        200,
        "others have room of their own"
    );
    assert_eq!(open(65).status, 429, "and come without making any for the first");
    client.assert_alive();
    streams.remove(0).hang_up();
    until("there is room again", || open(66).header("content-type") == Some("text/event-stream"));
}

#[test]
fn who_is_no_longer_let_in_hears_no_more() {
    let house =
        House::with(Bounds { look: Duration::from_millis(20), ..Default::default() }, |builder| builder);
    let (mut stream, _) = listen(&house.modern(ANN), &json!(1), &json!({"toolsListChanged": true}));
    house.revoke_ann();
    allow(&house, "bob", "bob");
    assert_eq!(stream.next_frame(), None);
}

/// No event has an id, so there is none that a client could come back with: 2025-11-25 lets a server resume a stream, and asks nobody to;
/// 2026-07-28 has the header passed over.
#[test]
fn what_was_missed_is_not_told_again_whatever_event_a_client_names() {
    let house = House::new();
    let [modern, legacy] = Client::both(house.address, ANN);
    let mut first = Answer::read_head(legacy.begin("GET", &[], b""));
    allow(&house, "ann, bob", "bob");
    assert_eq!(first.next_frame().unwrap()["method"], CHANGED);
    assert!(!first.text().lines().any(|line| line.starts_with("id")), "{}", first.text());
    first.hang_up();
    allow(&house, "ann, bob", "ann");
    for named in ["echo-me", "0", "18446744073709551616", &"9".repeat(4_000)] {
        let mut again = Answer::read_head(legacy.begin("GET", &[("last-event-id", named)], b""));
        assert_eq!((again.status, again.header("content-type")), (200, Some("text/event-stream")), "{named}");
        allow(&house, "ann, bob", "bob");
        assert_eq!(again.next_frame().unwrap()["method"], CHANGED);
        assert_eq!(
            again.text().matches(CHANGED).count(),
            1,
            "what came before is not told: {}",
            again.text()
        );
        assert!(!again.text().contains("echo-me") && !format!("{:?}", again.headers).contains("echo-me"));
        allow(&house, "ann, bob", "ann");
    }
    let version = ("mcp-protocol-version", MODERN);
    assert_eq!(modern.send("GET", &[version, ("last-event-id", "1")], b"").status, 405);
    let listed = Answer::read_head(modern.start(1, "tools/list", &json!({}), &[("last-event-id", "1")]));
    assert_eq!(listed.status, 200, "passed over");
}

#[test]
fn in_a_session_there_is_no_such_method_and_no_log_is_sent_in_either_era() {
    let house = House::new();
    for client in Client::both(house.address, ANN) {
        if !client.modern {
            let unknown = client.ask(1, "subscriptions/listen", &json!({"notifications": {}}));
            assert_eq!((unknown.status, &unknown.json()["error"]["code"]), (200, &json!(-32601)));
        }
        let level = client.ask(2, "logging/setLevel", &json!({"level": "debug"}));
        assert_eq!(level.json()["error"]["code"], -32601, "it is not said that there were a log");
        let meta = json!({"io.modelcontextprotocol/logLevel": "debug"});
        let answer = client.ask(3, "tools/call", &json!({"name": "look", "arguments": {}, "_meta": meta}));
        assert_eq!(answer.frames().len(), 1, "{answer:?}");
        assert_eq!(answer.json()["result"]["isError"], false, "whoever wants a log is served");
    }
}
