//! Going on where somebody was, after the gateway was started anew: on the same chain, on another, on an older state of it.

use std::path::Path;

use serde_json::{Value, json};

use crate::streams::{Socket, Stream};
use crate::support::{Place, Server};

fn call(server: &Server, times: usize) {
    for _ in 0..times {
        assert_eq!(server.call("git_log", &json!({"repo": "web"})).status, 200);
    }
}

/// The id of the newest entry, as both ways tell it.
fn newest(server: &Server) -> String {
    let told = Stream::open(&server.address, &server.operator(), "?last=1", "").next_of("entry").id.unwrap();
    let mut socket = Socket::open(&server.address, "?last=1", &offer(server));
    let entry = std::iter::from_fn(|| socket.next()).find(|event| event["event"] == "entry").unwrap();
    assert_eq!(entry["id"], told);
    told
}

fn offer(server: &Server) -> String {
    format!("gitoma.audit.v1, gitoma.bearer.{}", server.operator())
}

/// Asserts what is told first to whoever comes with `id`, and the ids of the entries after it: by each way there is.
#[track_caller]
fn resumed(server: &Server, id: &str, chain: &Value, ids: &[String]) {
    for (query, head) in
        [(String::new(), format!("Last-Event-ID: {id}\r\n")), (format!("?after={id}"), String::new())]
    {
        let mut stream = Stream::open(&server.address, &server.operator(), &query, &head);
        let first = stream.next().unwrap();
        assert_eq!((first.name.as_str(), &first.data), ("chain", chain), "{query} {head}");
        for id in ids {
            assert_eq!(stream.next_of("entry").id.as_ref(), Some(id), "{query} {head}");
        }
    }
    let mut socket = Socket::open(&server.address, &format!("?after={id}"), &offer(server));
    let first = socket.next().unwrap();
    assert_eq!((&first["event"], &first["data"]), (&json!("chain"), chain), "WebSocket");
    let mut entries = std::iter::from_fn(|| socket.next()).filter(|event| event["event"] == "entry");
    for id in ids {
        assert_eq!(entries.next().unwrap()["id"], *id, "WebSocket");
    }
}

fn parts(id: &str) -> (&str, u64) {
    let (chain_id, seq) = id.split_once('.').unwrap();
    (chain_id, seq.parse().unwrap())
}

fn stopped(server: Server) -> Place {
    let (status, _, place) = server.stop();
    assert!(status.success());
    place
}

fn put_away(place: &Place) {
    std::fs::rename(place.state().join("audit"), place.state().join("put-away")).unwrap();
}

#[test]
fn the_same_chain_is_gone_on_with() {
    let server = Server::start();
    call(&server, 1);
    let told = newest(&server);
    let server = Server::start_with(stopped(server), &[]);
    let (chain_id, seq) = parts(&told);
    // The end of the process before, and the begin of this one.
    let expected = [format!("{chain_id}.{}", seq + 1), format!("{chain_id}.{}", seq + 2)];
    resumed(&server, &told, &json!({"chain_id": chain_id, "next": seq + 1}), &expected);
}

#[test]
fn another_chain_is_told_and_shown_from_its_begin() {
    for (calls, calls_elsewhere) in [(1, 6), (6, 1)] {
        let server = Server::start();
        call(&server, calls);
        let told = newest(&server);
        let place = stopped(server);
        put_away(&place);
        let server = Server::start_with(place, &[]);
        call(&server, calls_elsewhere);
        let now = newest(&server);
        let (chain_id, last) = parts(&now);
        let (before, seq) = parts(&told);
        assert_ne!(chain_id, before);
        assert_eq!(last > seq, calls_elsewhere > calls, "{last} {seq}");
        let all: Vec<_> = (0..=last).map(|seq| format!("{chain_id}.{seq}")).collect();
        let chain = json!({"chain_id": chain_id, "next": 0, "not_resumed": "other_chain"});
        resumed(&server, &told, &chain, &all);
    }
}

/// The state directory is put back from a copy: the chain is the same, and what its readers saw last is not in it.
#[test]
fn a_chain_that_was_put_back_is_told_and_shown_from_its_begin() {
    let server = Server::start();
    let place = stopped(server);
    let copy = place.folder.path().join("copy");
    copied(&place.state().join("audit"), &copy);
    let server = Server::start_with(place, &[]);
    call(&server, 6);
    let told = newest(&server);
    let place = stopped(server);
    put_away(&place);
    copied(&copy, &place.state().join("audit"));
    let server = Server::start_with(place, &[]);
    let (chain_id, _) = parts(&told);
    let chain = json!({"chain_id": chain_id, "next": 0, "not_resumed": "no_such_entry"});
    resumed(&server, &told, &chain, &[0, 1, 2].map(|seq| format!("{chain_id}.{seq}")));
    // So is a number that somebody types, which is of the present chain.
    let mut stream = Stream::open(&server.address, &server.operator(), "?after=1000", "");
    assert_eq!(stream.next_of("chain").data["not_resumed"], "no_such_entry");
}

fn copied(from: &Path, to: &Path) {
    let status = crate::support::command("cp", Path::new("/")).arg("-a").arg(from).arg(to).status().unwrap();
    assert!(status.success());
}
