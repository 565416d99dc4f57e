//! Whom the gateway does not let in: told so, and nothing else. Sessions, methods, bodies and names of tools are not for strangers.

use serde_json::{Value, json};

use crate::house::{ANN, BOB, House, until};
use crate::wire::{Answer, Client, exact};

fn problem(answer: &Answer) -> Value {
    assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{answer:?}");
    assert_eq!(answer.header("x-gitoma-call-id").unwrap(), answer.json()["error_id"]);
    answer.json()
}

#[test]
fn a_stranger_is_told_nothing_but_that() {
    let house = House::new();
    let known = house.legacy(ANN);
    let session = known.session.clone().unwrap();
    let call =
        json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "echo-me"}}).to_string();
    let bodies = [call.as_str(), r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#, "not JSON", ""];
    for (authorization, status, code) in [
        ("", 401, "unauthenticated"),
        ("Basic dTpw", 401, "unauthenticated"),
        ("Bearer wrong-echo-me", 403, "invalid_credential"),
    ] {
        for method in ["POST", "GET", "DELETE", "PUT", "OPTIONS"] {
            for body in bodies {
                let more = [
                    ("authorization", authorization),
                    ("mcp-session-id", &session),
                    ("content-type", "application/json"),
                ];
                let answer = Client::modern(house.address, ANN).send(method, &more, body.as_bytes());
                assert_eq!(answer.status, status, "{method} {authorization}");
                let said = problem(&answer);
                assert_eq!(said["code"], code, "{said}");
                assert_eq!(answer.header("www-authenticate").is_some(), status == 401);
                assert!(
                    !answer.text().contains("echo-me") && !answer.text().contains("jsonrpc"),
                    "{answer:?}"
                );
            }
        }
    }
    known.assert_alive();
    assert_eq!(house.begun(), 0);
}

#[test]
fn a_strangers_body_is_not_waited_for() {
    let house = House::new();
    let head = house.modern("wrong").head(
        "POST",
        &[("content-length", "4000000"), ("content-type", "application/json")],
        0,
    );
    let answer = Answer::read_head(exact(house.address, head.as_bytes()));
    assert_eq!(answer.status, 403);
}

#[test]
fn two_credentials_are_none() {
    let house = House::new();
    let head = house.modern(ANN).head("POST", &[], 0);
    let twice = head.replace("accept:", &format!("authorization: Bearer {ANN}\r\naccept:"));
    assert_eq!(Answer::read_head(exact(house.address, twice.as_bytes())).status, 401);
}

#[test]
fn where_nobody_can_log_in_nobody_is_served() {
    let house = House::new();
    house.block_on(house.gateway.replace_principals(Vec::new())).unwrap();
    let answer = house.modern(ANN).send("POST", &[], b"{}");
    assert_eq!((answer.status, &problem(&answer)["code"]), (503, &json!("not_configured")));
}

#[test]
fn pages_and_names_of_others_are_refused_before_anybody_is_asked() {
    let house = House::new();
    let port = house.address.port();
    let client = house.modern(ANN);
    let with = |header: &'static str, value: String| {
        let (frame, headers) = client.frame(&json!(1), "tools/list", &json!({}));
        let mut all: Vec<(&str, &str)> =
            headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        all.push((header, &value));
        client.send("POST", &all, frame.to_string().as_bytes()).status
    };
    for own in [format!("http://127.0.0.1:{port}"), format!("http://localhost:{port}")] {
        assert_eq!(with("origin", own), 200);
    }
    for other in
        ["http://evil.example", "null", "http://127.0.0.1", "http://localhost:1", "https://localhost", "x"]
    {
        assert_eq!(with("origin", other.to_owned()), 403, "{other}");
    }
    assert_eq!(with("origin", format!("https://localhost:{port}")), 403, "TLS is not spoken here");
    for other in [
        "evil.example",
        "127.0.0.1",
        "localhost:1",
        &format!("evil.example:{port}"),
        &format!("127.0.0.1.evil.example:{port}"),
    ] {
        assert_eq!(with("host", other.to_owned()), 421, "{other}");
    }
    let head = client.head("GET", &[], 0).replace("/mcp", "/other");
    let astray = Answer::read_head(exact(house.address, head.as_bytes())).whole();
    assert_eq!((astray.status, &problem(&astray)["code"]), (404, &json!("unknown_route")));
    assert_eq!(
        house.story(),
        ["refusal/origin_denied", "refusal/host_denied", "refusal/unknown_route"],
        "each code is on the record once, however often it comes"
    );
    let entries = house.entries();
    assert_eq!(entries.last().unwrap()["call_id"], astray.header("x-gitoma-call-id").unwrap());
    assert!(!format!("{entries:?}").contains("evil"), "{entries:?}");
}

#[test]
fn whoever_lost_its_token_is_a_stranger_with_its_session() {
    let house = House::new();
    let client = house.legacy(ANN);
    let renewed = Client { token: "another-token-of-ann".to_owned(), ..client.clone() };
    house.revoke_ann();
    for answer in
        [client.call(1, "look", &json!({})), client.send("GET", &[], b""), client.send("DELETE", &[], b"")]
    {
        assert_eq!((answer.status, &problem(&answer)["code"]), (403, &json!("invalid_credential")));
    }
    renewed.assert_alive();
    assert_eq!(
        house.endpoint.sessions(),
        1,
        "the session is the principal's, whichever token shows who that is"
    );
}

#[test]
fn open_streams_end_soon_after_their_token() {
    let bounds = gitoma_mcp::Bounds { look: std::time::Duration::from_millis(20), ..Default::default() };
    let house = House::with(bounds, |builder| builder);
    let client = house.legacy(ANN);
    let mut listening = Answer::read_head(client.begin("GET", &[], b""));
    assert_eq!(listening.status, 200);
    let meta = json!({"progressToken": 1});
    let params = json!({"name": "look", "arguments": {"act": "report"}, "_meta": meta});
    let mut calling = Answer::read_head(client.start(1, "tools/call", &params, &[]));
    assert_eq!(calling.next_frame().unwrap()["method"], "notifications/progress");
    house.revoke_ann();
    assert_eq!((listening.next_frame(), calling.next_frame()), (None, None));
    until("the call is cancelled", || house.story().contains(&"outcome/cancelled".to_owned()));
}

#[test]
fn connections_of_strangers_keep_nobody_out() {
    let house = House::with(few(), |builder| builder);
    let known = house.legacy(ANN);
    // One that says nothing, one in a head that does not end, and one that was answered and says no more.
    let openings = ["", "POST /mcp HTTP/1.1\r\nhost: ", "GET / HTTP/1.1\r\n\r\n"];
    let strangers: Vec<_> =
        openings.iter().cycle().take(200).map(|opening| exact(house.address, opening.as_bytes())).collect();
    known.assert_alive();
    // It was let in since places were made for it and for those before it, not since all strangers had worn themselves out.
    let left = strangers.len() - ended(&strangers);
    assert!((60..200).contains(&left), "{left} of 200 are left");
}

/// As many connections as a test can hold both ends of.
fn few() -> gitoma_mcp::Bounds {
    gitoma_mcp::Bounds { connections: 80, principal_connections: 40, ..Default::default() }
}

/// Which of `connections` the server has ended, having read what it said there first.
fn ended(connections: &[std::net::TcpStream]) -> usize {
    use std::io::Read as _;

    let is_ended = |mut connection: &std::net::TcpStream| {
        connection.set_nonblocking(true).unwrap();
        let mut said = [0; 4096];
        loop {
            match connection.read(&mut said) {
                Ok(0) => return true,
                Ok(_) => {}
                Err(error) => return error.kind() != std::io::ErrorKind::WouldBlock,
            }
        }
    };
    connections.iter().filter(|connection| is_ended(connection)).count()
}

/// A client may keep its connections open between requests, and may be slow; it may not keep every other client out with that, strangers or no
/// strangers beside it.
#[test]
fn connections_of_one_who_was_let_in_keep_nobody_out() {
    let plenty = gitoma_core::LimitsConfig {
        principal: gitoma_core::Rate::new(100_000, 100_000),
        ..gitoma_core::LimitsConfig::default()
    };
    let house = House::with(few(), |builder| builder.limits(plenty));
    let (ann, bob) = (house.modern(ANN), house.modern(BOB));
    let waiting = ann.start(1, "tools/call", &json!({"name": "look", "arguments": {"act": "wait"}}), &[]);
    until("the call runs", || house.begun() == 1);
    let (frame, headers) = ann.frame(&json!(1), "tools/list", &json!({}));
    let kept = ("connection", "keep-alive");
    let headers = headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).chain([kept]);
    let headers: Vec<_> = headers.collect();
    let body = frame.to_string();
    let head = ann.head("POST", &headers, body.len());
    // It has its answer and asks for nothing more, or never writes the rest of its request.
    for asked in [format!("{head}{body}"), format!("{head}{{")] {
        let held: Vec<_> = (0..120).map(|_| exact(house.address, asked.as_bytes())).collect();
        let strangers: Vec<_> = (0..90).map(|_| exact(house.address, b"")).collect();
        bob.assert_alive();
        // One of what it may have is for the call that runs.
        until("what is beyond its share is ended", || ended(&held) >= 120 - 39);
        drop((held, strangers));
    }
    house.let_go();
    assert_eq!(
        Answer::read_head(waiting).next_frame_of_one()["result"]["isError"],
        false,
        "what runs is not cut off"
    );
}

#[test]
fn whoever_was_let_in_gives_way_to_no_stranger() {
    let house = House::with(few(), |builder| builder);
    let client = house.modern(ANN);
    let waiting = client.start(1, "tools/call", &json!({"name": "look", "arguments": {"act": "wait"}}), &[]);
    until("the call runs", || house.begun() == 1);
    let strangers: Vec<_> = (0..200).map(|_| exact(house.address, b"")).collect();
    client.assert_alive();
    house.let_go();
    let mut answer = Answer::read_head(waiting);
    assert_eq!(answer.next_frame_of_one()["result"]["isError"], false);
    drop(strangers);
}
