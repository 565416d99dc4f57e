//! Following the audit log: server-sent events and WebSocket, slow readers, revoked tokens, the end of the server.

use std::time::{Duration, Instant};

use gitoma_core::{
    Credential, Gateway, NewToken, Origin, Peer, PrincipalConfig, RawArgs, RawCall, Role, Secret,
    StateDirectory, TokenFile, Transport,
};
use serde_json::json;

use crate::inside::{Inside, TOKEN};
use crate::streams::{PATIENCE, Socket, Stream};
use crate::support::{Answer, Place, Server};

#[test]
fn entries_come_as_they_are_written_and_go_on_where_somebody_was() {
    let server = Server::start();
    server.call("git_log", &json!({"repo": "web"}));
    let mut stream = Stream::open(&server.address, &server.operator(), "", "");
    let chain = stream.next().unwrap();
    let status = stream.next().unwrap();
    assert_eq!((status.name.as_str(), &status.data["ready"]), ("status", &json!(true)));
    let last = status.data["audit"]["last_seq"].as_u64().unwrap();
    assert_eq!(status.data["pending_approvals"], 0);
    let chain_id = chain.data["chain_id"].as_str().unwrap();
    assert_eq!((chain.name.as_str(), chain.seq()), ("chain", Some(last)));
    assert_eq!(chain.data, json!({"chain_id": chain_id, "next": last + 1}));
    let begun = Instant::now();
    let answer = server.call("repo_read_file", &json!({"repo": "web", "path": ".env"}));
    let event = stream.next_of("entry");
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    assert_eq!(event.id, Some(format!("{chain_id}.{}", last + 1)));
    assert_eq!((&event.data["chain_id"], event.data["seq"].as_u64()), (&json!(chain_id), Some(last + 1)));
    assert_eq!(event.data["code"], "path_denied");
    assert_eq!(event.data["call_id"].as_str(), answer.header("x-gitoma-call-id"));

    let seqs = |query: &str, head: &str, count: usize| {
        let mut stream = Stream::open(&server.address, &server.operator(), query, head);
        (0..count).map(|_| stream.next_of("entry").seq().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(seqs("?last=2", "", 2), [last, last + 1]);
    assert_eq!(seqs("?after=0", "", 3), [1, 2, 3]);
    let second = format!("{chain_id}.2");
    assert_eq!(seqs("?after=0", &format!("Last-Event-ID: {second}\r\n"), 2), [3, 4]);
    assert_eq!(seqs(&format!("?after={second}"), "", 2), [3, 4]);
    for (query, head) in [
        ("?after=x", ""),
        ("?after=1&last=1", ""),
        ("?last=501", ""),
        ("?since=1", ""),
        ("", "Last-Event-ID: x\r\n"),
        ("", "Last-Event-ID: 2\r\n"),
        (&format!("?after={chain_id}"), ""),
        (&format!("?after={}", second.to_uppercase()), ""),
    ] {
        let token = server.operator();
        let head = format!("{head}Authorization: Bearer {token}");
        let line = format!("GET /api/v1/audit/stream{query} HTTP/1.1\r\n{head}");
        server.raw(&line, b"").problem(400, "malformed");
    }
}

#[test]
fn only_so_many_follow_as_one() {
    let server = Server::start();
    let token = server.operator();
    let mut streams: Vec<_> = (0..8).map(|_| Stream::open(&server.address, &token, "", "")).collect();
    streams.iter_mut().for_each(|stream| drop(stream.next_of("status")));
    let ninth =
        || server.raw(&format!("GET /api/v1/audit/stream HTTP/1.1\r\nAuthorization: Bearer {token}"), b"");
    ninth().problem(429, "busy");
    let state = format!("GET /api/v1/audit/status HTTP/1.1\r\nAuthorization: Bearer {token}");
    assert_eq!(server.raw(&state, b"").json()["subscribers"], 8);
    // A place is free again once the server sees that somebody went.
    drop(streams);
    let begun = Instant::now();
    while server.raw(&state, b"").json()["subscribers"] != 0 {
        server.call("git_log", &json!({"repo": "web"}));
        assert!(begun.elapsed() < PATIENCE);
    }
}

#[test]
fn a_revoked_token_ends_what_it_began() {
    let place = Place::new();
    let file = TokenFile::of(&StateDirectory::open(&place.state()).unwrap());
    let new = NewToken { principal: "operator".to_owned(), ..NewToken::default() };
    let (token, stored) = file.mint(&new, &[PrincipalConfig::local("operator", &Role::ALL)]).unwrap();
    let server = Server::start_with(place, &[]);
    let mut stream = Stream::open(&server.address, token.expose(), "", "");
    stream.next_of("status");
    file.revoke(&stored.id).unwrap();
    let begun = Instant::now();
    assert_eq!(stream.next_of("end").data, json!({"reason": "revoked"}));
    assert!(begun.elapsed() < Duration::from_secs(4), "{:?}", begun.elapsed());
    assert!(stream.next().is_none());
}

#[test]
fn a_log_that_was_changed_ends_the_stream() {
    let server = Server::start();
    server.call("git_log", &json!({"repo": "web"}));
    server.edit_log(|text| text.replacen("\"git_log\"", "\"git_lag\"", 1));
    let mut stream = Stream::open(&server.address, &server.operator(), "?after=0", "");
    assert_eq!(stream.next_of("entry").seq(), Some(1));
    assert_eq!(stream.next_of("end").data, json!({"reason": "chain"}));
    assert!(stream.next().is_none());
}

#[test]
fn the_server_ends_at_once_with_streams_open() {
    let server = Server::start();
    let token = server.operator();
    let mut streams: Vec<_> = (0..4).map(|_| Stream::open(&server.address, &token, "", "")).collect();
    streams.iter_mut().for_each(|stream| drop(stream.next_of("status")));
    let mut socket = Socket::open(&server.address, "", &format!("gitoma.audit.v1, gitoma.bearer.{token}"));
    assert_eq!(socket.next().unwrap()["event"], "chain");
    assert_eq!(socket.next().unwrap()["event"], "status");
    let begun = Instant::now();
    let (status, _, _place) = server.stop();
    let took = begun.elapsed();
    assert!(status.success() && took < Duration::from_secs(1), "{took:?}");
    for stream in &mut streams {
        assert_eq!(stream.next_of("end").data, json!({"reason": "shutdown"}));
    }
    let end = std::iter::from_fn(|| socket.next()).find(|event| event["event"] == "end");
    assert_eq!(end.unwrap()["data"], json!({"reason": "shutdown"}));
}

#[test]
fn a_web_socket_tells_the_same() {
    let server = Server::start();
    let token = server.operator();
    let offer = format!("gitoma.audit.v1, gitoma.bearer.{token}");
    let mut socket = Socket::open(&server.address, "", &offer);
    let chain = socket.next().unwrap();
    assert_eq!(chain["event"], "chain");
    assert_eq!(socket.next().unwrap()["event"], "status");
    socket.send(1, b"what is this?");
    server.call("git_log", &json!({"repo": "web"}));
    let event = std::iter::from_fn(|| socket.next()).find(|event| event["event"] == "entry").unwrap();
    let chain_id = chain["data"]["chain_id"].as_str().unwrap();
    assert_eq!(event["id"], format!("{chain_id}.{}", event["data"]["seq"]));
    assert_eq!(event["data"]["tool"], "git_log");
    socket.send(9, b"ping");
    let pong = std::iter::from_fn(|| socket.frame()).find(|(kind, _)| *kind == 10).unwrap();
    assert_eq!(pong.1, b"ping");
    // A frame too long ends it.
    socket.send(1, &[b'x'; 5_000]);
    while socket.frame().is_some() {}

    let host = server.address.clone();
    for (protocols, head, expected) in [
        ("gitoma.audit.v1", format!("Authorization: Bearer {token}\r\n"), 101),
        (offer.as_str(), format!("Authorization: Bearer {token}\r\n"), 401),
        (offer.as_str(), format!("Origin: http://{host}\r\n"), 101),
        (offer.as_str(), "Origin: http://evil.example\r\n".to_owned(), 403),
        ("gitoma.audit.v1", String::new(), 401),
        ("gitoma.audit.v1, gitoma.bearer.made-up", String::new(), 403),
    ] {
        let (_, answer) = Socket::handshake(&host, "", protocols, &head);
        assert!(answer.starts_with(&format!("HTTP/1.1 {expected} ")), "{protocols} {head}: {answer}");
    }
    let plain = format!("GET /api/v1/audit/ws HTTP/1.1\r\nAuthorization: Bearer {token}");
    server.raw(&plain, b"").problem(400, "malformed");
}

#[test]
fn pages_of_named_origins_may_ask() {
    let place = Place::new();
    let configuration = format!(
        "cors_origins: [\"https://board.example\"]\nws_allowed_origins: [\"https://wall.example\"]\n\
         repositories: {{ web: {{ path: {} }} }}\nprincipals:\n  - {{ name: eve, roles: [auditor], token_sha256: {} }}\n",
        place.repository().display(),
        "0".repeat(64),
    );
    let config = place.configuration(&configuration);
    let server = Server::start_with(place, &["--config", &config]);
    let ask = |line: &str, origin: &str, more: &str| -> Answer {
        server.raw(&format!("{line} HTTP/1.1\r\nOrigin: {origin}{more}"), b"")
    };
    let preflight =
        "\r\nAccess-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: authorization";
    let answer = ask("OPTIONS /api/v1/decide", "https://board.example", preflight);
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.header("access-control-allow-origin"), Some("https://board.example"));
    let headers = answer.header("access-control-allow-headers").unwrap();
    assert!(headers.contains("authorization") && headers.contains("last-event-id"), "{headers}");
    assert!(answer.header("access-control-allow-credentials").is_none());
    let answer = ask("GET /api/v1/tools", "https://board.example", "");
    answer.problem(401, "unauthenticated");
    assert_eq!(answer.header("access-control-allow-origin"), Some("https://board.example"));
    assert!(answer.header("access-control-expose-headers").unwrap().contains("x-gitoma-call-id"));
    for (line, origin) in [
        ("GET /api/v1/tools", "https://other.example"),
        ("GET /api/v1/tools", "https://wall.example"),
        ("OPTIONS /api/v1/tools", "https://wall.example"),
        ("GET /api/v1/audit/ws", "https://board.example"),
    ] {
        let answer = ask(line, origin, preflight);
        answer.problem(403, "origin_denied");
        assert!(answer.header("access-control-allow-origin").is_none());
    }
    ask("GET /api/v1/audit/ws", "https://wall.example", "").problem(401, "unauthenticated");
}

/// A stream that has begun.
async fn begun(inside: &Inside) -> Stream {
    let address = inside.address.clone();
    let begin = move || {
        let mut stream = Stream::open(&address, TOKEN, "", "");
        stream.next_of("status");
        stream
    };
    tokio::task::spawn_blocking(begin).await.unwrap()
}

/// Twenty thousand entries come while somebody reads none: no call waits for them, and they are told what they missed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_that_stops_is_left_behind() {
    const CALLS: u64 = 20_000;
    let inside = Inside::serve(&[], |builder| builder).await;
    let gateway = inside.gateway.clone();
    let mut stream = begun(&inside).await;

    fill(&gateway, CALLS).await;
    let last = gateway.health().audit.last_seq;
    let (seen, skipped) = tokio::task::spawn_blocking(move || {
        let (mut seen, mut skipped, mut next) = (0, 0, None);
        while next != Some(last + 1) {
            let event = stream.next().unwrap();
            match event.name.as_str() {
                "entry" => {
                    assert!(next.is_none_or(|next| event.seq() == Some(next)), "{event:?} and not {next:?}");
                    (seen, next) = (seen + 1, event.seq().map(|seq| seq + 1));
                }
                "lag" => {
                    assert_eq!(event.data["reason"], "behind");
                    skipped += event.data["skipped"].as_u64().unwrap();
                    next = event.data["next"].as_u64();
                }
                _ => {}
            }
        }
        (seen, skipped)
    })
    .await
    .unwrap();
    assert!(skipped > 0, "the reader was never too far behind");
    assert_eq!(seen + skipped, CALLS);
    inside.stop().await;
}

/// Has so many calls refused, each of which leaves an entry. None of them takes long.
async fn fill(gateway: &Gateway, calls: u64) {
    let callers = (0..4).map(|_| {
        let gateway = gateway.clone();
        tokio::spawn(async move {
            let mut slowest = Duration::ZERO;
            for _ in 0..calls / 4 {
                let origin = Origin { transport: Transport::Embedded, peer: Peer::Local };
                let credential = Credential::Bearer(Secret::new(TOKEN.to_owned()));
                let call = RawCall::new("nothing", RawArgs::Malformed, credential, origin);
                let begun = Instant::now();
                assert_eq!(gateway.handle(call).await.unwrap_err().code(), "unknown_tool");
                slowest = slowest.max(begun.elapsed());
            }
            slowest
        })
    });
    for caller in callers.collect::<Vec<_>>() {
        let slowest = caller.await.unwrap();
        assert!(slowest < Duration::from_secs(5), "{slowest:?}");
    }
}

/// A reader whose buffers are full, and who takes nothing, does not hold up the end for the ten seconds that answers may take.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_server_ends_though_a_reader_has_stalled() {
    let inside = Inside::serve(&[], |builder| builder).await;
    let mut stream = begun(&inside).await;
    let deadline = Instant::now() + PATIENCE;
    let mut waiting = 0;
    // The socket is full once entries come and it takes no more of them.
    loop {
        fill(&inside.gateway, 2_000).await;
        let before = std::mem::replace(&mut waiting, stream.unread(&inside.address));
        if waiting > 0 && waiting == before {
            break;
        }
        assert!(Instant::now() < deadline, "the socket takes ever more: {waiting} bytes");
    }
    let took = inside.stop().await;
    assert!(took < Duration::from_secs(8), "{took:?}");
    // It had stalled: it was not even told of the end.
    let rest = tokio::task::spawn_blocking(move || stream.rest()).await.unwrap();
    assert!(rest.contains("event: entry") && !rest.contains("event: end"), "{} bytes", rest.len());
}
