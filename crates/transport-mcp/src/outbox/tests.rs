use rmcp::model::{ErrorData, RequestId};
use tokio::io::AsyncReadExt as _;

use super::*;

fn message(id: i64) -> ServerJsonRpcMessage {
    ServerJsonRpcMessage::error(ErrorData::invalid_request("no", None), Some(RequestId::Number(id)))
}

fn run(test: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(test);
}

#[test]
fn messages_are_lines_in_order() {
    run(async {
        let (client, mut reader) = tokio::io::duplex(4096);
        let outbox = Outbox::new(client, CancellationToken::new());
        outbox.send(message(1)).await.unwrap();
        outbox.send(message(2)).await.unwrap();
        outbox.close().await;
        drop(outbox);
        let mut text = String::new();
        reader.read_to_string(&mut text).await.unwrap();
        let ids: Vec<_> = text
            .lines()
            .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["id"].clone())
            .collect();
        assert_eq!(ids, [1, 2]);
    });
}

#[test]
fn what_the_client_takes_at_once_waits_for_no_task() {
    run(async {
        let (client, mut reader) = tokio::io::duplex(4096);
        let outbox = Outbox::new(client, CancellationToken::new());
        let sent = outbox.send(message(1));
        assert_eq!(*outbox.unwritten.borrow(), 0);
        let mut line = [0; 4096];
        let taken = reader.read(&mut line).await.unwrap();
        assert!(line[..taken].ends_with(b"}\n"));
        drop(sent);
        // What does not go out at once keeps its turn, whoever is polled first.
        let (client, mut reader) = tokio::io::duplex(8);
        let outbox = Outbox::new(client, CancellationToken::new());
        let (first, second) = (outbox.send(message(1)), outbox.send(message(2)));
        let writing = async { assert!(matches!(tokio::join!(second, first), (Ok(()), Ok(())))) };
        let mut text = String::new();
        let reading = async {
            writing.await;
            outbox.close().await;
        };
        tokio::join!(reading, async { reader.read_to_string(&mut text).await.unwrap() });
        assert!(text.find(r#""id":1"#).unwrap() < text.find(r#""id":2"#).unwrap(), "{text}");
    });
}

#[test]
fn what_nobody_takes_is_counted_until_it_is_taken_or_given_up() {
    run(async {
        let (client, reader) = tokio::io::duplex(1);
        let gone = CancellationToken::new();
        let outbox = Outbox::new(client, gone.clone());
        let sending = outbox.send(message(1));
        assert_eq!(*outbox.unwritten.borrow(), 1);
        drop(sending);
        assert_eq!(*outbox.unwritten.borrow(), 0);
        let stuck = tokio::spawn(outbox.send(message(2)));
        let waiting = outbox.below(1);
        assert!(!gone.is_cancelled());
        drop(reader);
        waiting.await;
        assert!(stuck.await.unwrap().is_err());
        assert!(gone.is_cancelled(), "a client that is gone ends the reading");
    });
}
