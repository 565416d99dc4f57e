//! Limits of time of half a minute and less, by a clock that the tests move.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use crate::inside::{Inside, TOKEN, Waiting, pass};
use crate::support::Answer;

const OPEN: &str = "version: 1\nglobal:\n  rules:\n    - { id: reads, effect: allow, tools: [\"*\"], capability: read }\n\
     repositories:\n  web: { write: deny }\n";

/// Lets whatever can go on do so.
async fn settle() {
    for _ in 0..200 {
        tokio::task::yield_now().await;
    }
}

/// A call that does not end keeps the server for as long as it may, and no longer.
#[tokio::test]
async fn an_answer_that_does_not_come_is_waited_for_as_long_as_the_grace() {
    let (tool, gate) = Waiting::tool();
    let inside = Inside::serve(&[], |builder| builder.policy("open.yaml", OPEN).tool(tool)).await;
    let running = inside.send("POST /api/v1/tools/wait", TOKEN, "", r#"{"arguments":{}}"#);
    gate.begun.notified().await;
    let (gateway, serving) = inside.stopping();
    settle().await;
    pass(9).await;
    settle().await;
    assert!(!serving.is_finished(), "an answer under way has ten seconds");
    pass(2).await;
    tokio::time::timeout(Duration::from_secs(20), serving).await.expect("the end").unwrap().unwrap();
    gate.go_on.notify_one();
    // Whoever serves in a process that goes on is still owed the answer.
    assert_eq!(running.await.unwrap().status, 200);
    gateway.shutdown(Duration::from_secs(1)).await;
}

/// A body may take half a minute, however it comes.
#[tokio::test]
async fn a_body_that_does_not_come_is_given_up() {
    let inside = Inside::serve(&[], |builder| builder.policy("open.yaml", OPEN)).await;
    let address = inside.address.clone();
    let (reads, reading) = tokio::sync::oneshot::channel();
    let mut client = tokio::task::spawn_blocking(move || {
        let mut socket = TcpStream::connect(&address).unwrap();
        let head = format!(
            "POST /api/v1/decide HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {TOKEN}\r\nConnection: close\r\n\
             Content-Length: 100\r\nExpect: 100-continue\r\n\r\n"
        );
        socket.write_all(head.as_bytes()).unwrap();
        // That is told once the body is waited for.
        let mut line = String::new();
        let mut reader = BufReader::new(socket.try_clone().unwrap());
        reader.read_line(&mut line).unwrap();
        assert_eq!(line, "HTTP/1.1 100 Continue\r\n");
        reader.read_line(&mut line).unwrap();
        assert!(reader.buffer().is_empty());
        socket.write_all(b"{").unwrap();
        reads.send(()).unwrap();
        Answer::read(&mut socket)
    });
    reading.await.unwrap();
    pass(29).await;
    let early = tokio::time::timeout(Duration::from_millis(300), &mut client).await;
    assert!(early.is_err(), "{early:?}");
    pass(2).await;
    let answer = tokio::time::timeout(Duration::from_secs(20), client).await.expect("an answer").unwrap();
    answer.problem(400, "malformed");
    inside.stop().await;
}
