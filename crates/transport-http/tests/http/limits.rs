//! Limits as callers see them (HTTP-3): what is left, who is charged behind a proxy, and that strangers learn nothing.

use std::io::{Read as _, Write as _};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::inside::{Inside, TOKEN, pass};
use crate::support::{Answer, Place, Server, eventually};

fn limited(text: &str, environment: &[&str]) -> Server {
    let place = Place::new();
    let token = "a-token-that-is-long-enough";
    place.replace(&place.folder.path().join("token"), token.as_bytes());
    let principals = "principals:\n  - { name: ci, roles: [agent], token_file: token }\n";
    let configuration = place.configuration(&format!("{text}{principals}"));
    Server::start_with(place, &[&["--config", &configuration], environment].concat())
}

fn list(server: &Server, more: &str) -> Answer {
    let head =
        format!("GET /api/v1/tools HTTP/1.1\r\nAuthorization: Bearer a-token-that-is-long-enough{more}");
    server.raw(&head, b"")
}

#[test]
fn a_principal_is_told_what_is_left() {
    let server = limited(
        "limits:\n  principal: { per_minute: 60, burst: 3 }\n  writes: { per_minute: 6, burst: 2 }\n",
        &[],
    );
    let headers = |answer: &Answer| {
        (answer.header("ratelimit-policy").map(str::to_owned), answer.header("ratelimit").map(str::to_owned))
    };
    let policy = Some("\"principal\";q=3;w=3, \"write\";q=2;w=20".to_owned());
    for (left, reset) in [(2, 1), (1, 2), (0, 3)] {
        let answer = list(&server, "");
        let limit = format!("\"principal\";r={left};t={reset}, \"write\";r=2;t=0");
        assert_eq!((answer.status, headers(&answer)), (200, (policy.clone(), Some(limit))));
    }
    let refused = list(&server, "");
    refused.problem(429, "rate_limited");
    assert_eq!(refused.header("retry-after"), Some("1"));
    assert!(headers(&refused).1.unwrap().starts_with("\"principal\";r=0;"));

    for stranger in [
        "GET /api/v1/tools HTTP/1.1",
        "GET /healthz HTTP/1.1",
        "GET /api/v1/tools HTTP/1.1\r\nAuthorization: Bearer no",
    ] {
        assert_eq!(headers(&server.raw(stranger, b"")), (None, None), "{stranger}");
    }
}

/// Behind a proxy each caller is limited, and locked out, by its own address; whoever writes the header itself chooses nothing.
#[test]
fn behind_a_proxy_the_callers_are_told_apart() {
    let few = "limits:\n  origin: { per_minute: 1, burst: 2 }\n";
    let from =
        |server: &Server, address: &str| list(server, &format!("\r\nX-Forwarded-For: {address}")).status;

    let server = limited(&format!("{few}trusted_proxies: [127.0.0.1]\n"), &[]);
    let statuses = ["192.0.2.1", "192.0.2.1", "192.0.2.1", "192.0.2.2"].map(|address| from(&server, address));
    assert_eq!(statuses, [200, 200, 429, 200]);
    assert_eq!(from(&server, "198.51.100.9, 192.0.2.1"), 429, "its own words are not listened to");

    let server = limited(few, &[]);
    let stranger = |address: &str| {
        server.raw(&format!("GET /api/v1/tools HTTP/1.1\r\nX-Forwarded-For: {address}"), b"").status
    };
    let statuses = ["192.0.2.1", "192.0.2.2", "192.0.2.3"].map(stranger);
    assert_eq!(statuses, [401, 401, 429], "nobody is trusted unless the operator says so");
}

/// What anybody may fetch, and what is turned away, is counted by origin like everything else; on this machine nobody is kept from it.
#[test]
fn what_asks_for_no_token_is_limited_too() {
    let few = "limits:\n  origin: { per_minute: 1, burst: 2 }\n";
    let paths = ["/", "/cockpit/app.js", "/api/v1/openapi.json", "/nowhere", "/api/v1/decide"];
    let server = limited(&format!("{few}trusted_proxies: [127.0.0.1]\n"), &[]);
    for (number, path) in paths.iter().enumerate() {
        let from =
            |address: &str| server.raw(&format!("GET {path} HTTP/1.1\r\nX-Forwarded-For: {address}"), b"");
        let own = format!("192.0.2.{number}");
        let before = from(&own).status;
        assert_eq!(from(&own).status, before, "{path}");
        let refused = from(&own);
        refused.problem(429, "rate_limited");
        assert!(refused.header("retry-after").is_some(), "{path}");
        assert_eq!(from("198.51.100.9").status, if number < 2 { before } else { 429 }, "{path}");
        assert_eq!(server.raw("GET /healthz HTTP/1.1\r\nX-Forwarded-For: 192.0.2.0", b"").status, 200);
    }
    // a page that asks from elsewhere, and a name that is not the server's
    let asked =
        |more: &str| server.raw(&format!("GET / HTTP/1.1\r\nX-Forwarded-For: 203.0.113.5{more}"), b"");
    let statuses = [0; 3].map(|_| asked("\r\nOrigin: https://evil.example").status);
    assert_eq!(statuses, [403, 403, 429]);

    let server = limited(few, &[]);
    for path in paths {
        let asked = || server.raw(&format!("GET {path} HTTP/1.1"), b"").status;
        let first = asked();
        assert!((0..10).all(|_| asked() == first && first != 429), "{path}");
    }
}

/// Everybody on this machine is one origin. A process that wears it out does not keep those who have a token from calling, and least of
/// all the operator from halting, on either listener.
#[test]
fn a_flood_on_this_machine_refuses_strangers_alone() {
    let place = Place::new();
    place.replace(&place.folder.path().join("token"), b"a-token-that-is-long-enough");
    let configuration = place.configuration(
        "limits:\n  origin: { per_minute: 1, burst: 1 }\n\
         principals:\n  - { name: ci, roles: [agent, admin], token_file: token }\n",
    );
    let mut server =
        Server::start_with(place, &["--config", &configuration, "--admin-listen", "127.0.0.1:0"]);
    let stranger = |head: &str| server.raw(&format!("GET /api/v1/tools HTTP/1.1{head}"), b"");
    stranger("").problem(401, "unauthenticated");
    for head in ["", "\r\nAuthorization: Bearer wrong"] {
        stranger(head).problem(429, "rate_limited");
    }
    assert_eq!(list(&server, "").status, 200);
    let called = server.ask("a-token-that-is-long-enough", "POST /api/v1/tools/repo_read_file", "[]");
    called.problem(400, "malformed");
    // A body is read still, whatever the strangers do.
    let body = r#"{"tool":"no_such_tool"}"#;
    server.ask("a-token-that-is-long-enough", "POST /api/v1/decide", body).problem(404, "unknown_tool");
    server.address = server.row("admin").strip_prefix("http://").unwrap().to_owned();
    server.raw("GET /api/v1/halt HTTP/1.1", b"").problem(429, "rate_limited");
    assert_eq!(server.ask("a-token-that-is-long-enough", "POST /api/v1/halt", "").status, 200);
}

/// What is only counted leaves no line of the log: whoever floods would drown the lines of others.
#[test]
#[expect(clippy::disallowed_methods, reason = "reads the test's own file")]
fn a_flood_of_strangers_leaves_few_lines_of_the_log() {
    let place = Place::new();
    let log = place.folder.path().join("log");
    let server = Server::start_logging(place, &[], &log);
    for _ in 0..10 {
        server.raw("GET /api/v1/tools HTTP/1.1", b"").problem(401, "unauthenticated");
        server.raw("GET /nowhere HTTP/1.1", b"").problem(404, "unknown_route");
    }
    server.call("no_such_tool", &json!({})).problem(404, "unknown_tool");
    let (status, _, place) = server.stop();
    assert!(status.success());
    let text = std::fs::read_to_string(place.folder.path().join("log")).unwrap();
    let lines = |code: &str| {
        let code = format!("\"code\":\"{code}\"");
        text.lines().filter(|line| line.contains("gitoma::call") && line.contains(&code)).count()
    };
    assert_eq!(lines("unknown_tool"), 1, "{text}");
    // One a window, and a window may have ended meanwhile.
    let few = 1..=2;
    assert!(few.contains(&lines("unauthenticated")) && few.contains(&lines("unknown_route")), "{text}");
}

/// A locked-out origin is refused with a right token as with a wrong one, and by nothing in the answer can it tell them apart.
#[test]
fn whoever_is_locked_out_cannot_tell_a_right_token() {
    let server = limited("trusted_proxies: [127.0.0.1]\n", &[]);
    let answer = |token: &str| {
        let head = format!(
            "GET /api/v1/tools HTTP/1.1\r\nAuthorization: Bearer {token}\r\nX-Forwarded-For: 192.0.2.1"
        );
        server.raw(&head, b"")
    };
    for _ in 0..6 {
        answer("wrong").problem(403, "invalid_credential");
    }
    let names = |answer: &Answer| {
        let mut names: Vec<_> = answer.headers.iter().map(|(name, _)| name.to_lowercase()).collect();
        names.sort();
        names
    };
    let (right, wrong) = (answer("a-token-that-is-long-enough"), answer("wrong"));
    right.problem(429, "rate_limited");
    wrong.problem(429, "rate_limited");
    assert_eq!(names(&right), names(&wrong));
    assert_eq!(right.json()["detail"], wrong.json()["detail"]);
    assert_eq!(list(&server, "\r\nX-Forwarded-For: 192.0.2.2").status, 200);
    assert_eq!(server.raw("GET /healthz HTTP/1.1", b"").json(), json!({"status": "ok"}));

    // What comes after the lock is what an attack consists of, and is counted as one.
    for _ in 0..50 {
        answer("wrong").problem(429, "rate_limited");
    }
    let metrics =
        server.raw("GET /metrics HTTP/1.1\r\nAuthorization: Bearer a-token-that-is-long-enough", b"");
    assert!(metrics.body.contains("\ngitoma_locked_out_requests_total 52\n"), "{}", metrics.body);
    let (_, _, place) = server.stop();
    let entries = crate::support::entries(&place.state());
    let counted: Vec<_> = entries
        .iter()
        .filter(|entry| entry["kind"] == "auth.aggregate")
        .map(|entry| (entry["code"].as_str().unwrap(), entry["count"].as_u64().unwrap()))
        .collect();
    assert!(counted.contains(&("rate_limited", 52)), "{counted:?}");
}

/// Guessing costs ever more time, of whoever guesses alone.
#[tokio::test]
async fn whoever_guesses_tokens_waits_longer_and_longer() {
    let inside = Inside::serve(&["127.0.0.1"], |builder| builder).await;
    let ask = async |token: &str, from: &str| {
        let begun = Instant::now();
        let more = format!("X-Forwarded-For: {from}\r\n");
        (inside.send("GET /api/v1/tools", token, &more, "").await.unwrap(), begun.elapsed())
    };
    let (there, elsewhere) = ("192.0.2.1", "198.51.100.1");
    // The answers to some failures are held back, each for longer than the one before.
    for failure in 1..=6 {
        let (answer, took) = ask("wrong", there).await;
        answer.problem(403, "invalid_credential");
        assert!(took >= Duration::from_millis(10 << failure), "failure {failure}: {took:?}");
    }
    let mut before = 0;
    for lock in 0..3 {
        let (answer, _) = ask("wrong", there).await;
        answer.problem(429, "rate_limited");
        let seconds: u64 = answer.header("retry-after").unwrap().parse().unwrap();
        // A little of each time may have gone by.
        let grown = seconds > before + before / 2 && (40 << lock..=60 << lock).contains(&seconds);
        assert!(grown, "lock {lock}: {seconds} s, and {before} s before");
        before = seconds;
        ask(TOKEN, there).await.0.problem(429, "rate_limited");
        assert_eq!(ask(TOKEN, elsewhere).await.0.status, 200, "nobody else waits");
        pass(seconds + 1).await;
        assert_eq!(ask(TOKEN, there).await.0.status, 200, "it ends when it was said to");
        ask("wrong", there).await.0.problem(403, "invalid_credential");
    }
    inside.stop().await;
}

/// On this machine, where everybody is one origin, a right token is refused for nobody's failures.
#[tokio::test]
async fn nobody_is_locked_out_of_this_machine() {
    let inside = Inside::serve(&[], |builder| builder).await;
    let wrong = || inside.send("GET /api/v1/tools", "wrong", "", "");
    let wrongs: Vec<_> = (0..12).map(|_| wrong()).collect();
    for answer in wrongs {
        answer.await.unwrap().problem(403, "invalid_credential");
    }
    assert_eq!(inside.send("GET /api/v1/tools", TOKEN, "", "").await.unwrap().status, 200);
    let begun = Instant::now();
    wrong().await.unwrap().problem(403, "invalid_credential");
    assert!(begun.elapsed() >= Duration::from_secs(1), "a wrong one is held back all the same");
    inside.stop().await;
}

/// A tool that is dear may be held to one call at once, whoever calls; other tools go on.
#[test]
fn a_tool_may_run_once_at_a_time() {
    let server = limited("limits:\n  tools: { git_blame: { concurrent: 1 } }\n", &[]);
    server.place.grow();
    let call = |tool: &str, arguments: &str| {
        let body = format!("{{\"arguments\":{arguments}}}");
        server.ask("a-token-that-is-long-enough", &format!("POST /api/v1/tools/{tool}"), &body)
    };
    let slow = r#"{"arguments":{"repo":"web","path":"long.txt"}}"#;
    let mut first = server.connect();
    let head = format!(
        "POST /api/v1/tools/git_blame HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer a-token-that-is-long-enough\r\n\
         Content-Length: {}\r\n\r\n{slow}",
        server.address,
        slow.len()
    );
    first.write_all(head.as_bytes()).unwrap();
    eventually("it runs", || server.entries().iter().any(|entry| entry["kind"] == "intent"));
    let second = call("git_blame", r#"{"repo":"web","path":"README.md"}"#);
    second.problem(429, "busy");
    assert_eq!(second.header("retry-after"), Some("1"));
    assert_eq!(call("git_log", r#"{"repo":"web","max_count":1}"#).status, 200);
}

/// More origins than are told apart leave the tables, and the memory, as they are.
#[test]
fn ever_more_origins_take_no_more_memory() {
    const EACH: u32 = 5_600;
    // None of them rests within a minute, so none is forgotten.
    let server =
        limited("limits: { origin: { per_minute: 1, burst: 2 } }\ntrusted_proxies: [127.0.0.1]\n", &[]);
    let flood = |network: u32| {
        let mut socket = server.connect();
        for batch in 0..EACH / 400 {
            let requests: String = (0..400)
                .map(|number| {
                    let address = std::net::Ipv4Addr::from((network << 24) + batch * 400 + number);
                    format!(
                        "GET /api/v1/me HTTP/1.1\r\nHost: {}\r\nX-Forwarded-For: {address}\r\n\r\n",
                        server.address
                    )
                })
                .collect();
            let mut sending = socket.try_clone().unwrap();
            let sent = std::thread::spawn(move || sending.write_all(requests.as_bytes()).unwrap());
            let (mut answers, mut piece) = (Vec::new(), [0; 65_536]);
            while answers.windows(9).filter(|window| window == b"HTTP/1.1 ").count() < 400
                || !answers.ends_with(b"}")
            {
                let read = socket.read(&mut piece).unwrap();
                assert!(read > 0);
                answers.extend_from_slice(&piece[..read]);
            }
            sent.join().unwrap();
        }
    };
    let known = || {
        let token = "Authorization: Bearer a-token-that-is-long-enough";
        let head = format!("GET /metrics HTTP/1.1\r\n{token}\r\nX-Forwarded-For: 192.0.2.1");
        let metrics = server.raw(&head, b"").body;
        let line = metrics.lines().find(|line| line.starts_with("gitoma_limiter_origins ")).unwrap();
        line.split(' ').nth(1).unwrap().parse::<u32>().unwrap()
    };
    flood(11);
    let before = server.resident();
    assert!(known() >= EACH, "{}", known());
    flood(12);
    let (full, after) = (known(), server.resident());
    assert!((9_500..=10_000).contains(&full), "{full}");
    assert!(after < before + 8 * 1024, "{before} KiB, then {after}");
    // A window of the record for each of a thousand, and one for the rest.
    let refused = server.entries().iter().filter(|entry| entry["code"] == "unauthenticated").count();
    assert!((1_000..=1_100).contains(&refused), "{refused}");
}
