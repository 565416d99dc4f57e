use axum::http::header::{HOST, ORIGIN};

use super::*;

#[test]
fn only_addresses_of_this_machine_are_listened_on() {
    for good in ["127.0.0.1:0", "localhost:4311", "[::1]:1", "127.9.9.9:80", "[::ffff:127.0.0.1]:9"] {
        assert!(LoopbackAddress::parse(good).is_ok(), "{good}");
    }
    for exposed in ["0.0.0.0:1", "[::]:1", "192.168.0.1:1", "[fe80::1]:1"] {
        let error = LoopbackAddress::parse(exposed).unwrap_err();
        assert_eq!(error, AddressError::Exposed, "{exposed}");
        assert!(error.to_string().contains("run gitoma-http"));
    }
    for malformed in ["", "127.0.0.1", "4311", "localhost", "localhost:", "example.org:1", "unix:/tmp/x"] {
        assert_eq!(LoopbackAddress::parse(malformed), Err(AddressError::Malformed), "{malformed}");
    }
}

#[tokio::test]
async fn an_accepted_connection_holds_nothing_back() {
    let listener = LoopbackAddress::parse("127.0.0.1:0").unwrap().bind().await.unwrap();
    let _client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let (stream, remote) = accept(&listener).await;
    assert!(stream.nodelay().unwrap());
    assert!(remote.ip().is_loopback());
}

fn request(target: &str, hosts: &[&str], origins: &[&str]) -> Request {
    let mut request = Request::builder().uri(target);
    for host in hosts {
        request = request.header(HOST, *host);
    }
    for origin in origins {
        request = request.header(ORIGIN, *origin);
    }
    request.body(Body::empty()).unwrap()
}

/// A target, its `Host` and `Origin` headers; whether it names the server, and whether its page may ask.
type Case<'c> = (&'c str, &'c [&'c str], &'c [&'c str], bool, bool);

#[test]
fn names_and_origins_have_the_servers_port() {
    let names = Names::of("127.0.0.1:4311".parse().unwrap());
    let table: [Case<'_>; 14] = [
        ("/mcp", &["127.0.0.1:4311"], &[], true, true),
        ("/mcp", &["LOCALHOST:4311"], &["http://localhost:4311"], true, true),
        ("/mcp", &["[::1]:4311"], &["http://[::1]:4311"], true, true),
        ("http://localhost:4311/mcp", &["localhost:4311"], &[], true, true),
        ("/mcp", &["127.0.0.1"], &["http://127.0.0.1"], false, false),
        ("/mcp", &["127.0.0.1:80"], &["http://127.0.0.1:80"], false, false),
        ("/mcp", &["evil.example:4311"], &["http://evil.example:4311"], false, false),
        ("/mcp", &["localhost.evil.example:4311"], &["https://localhost:4311"], false, false),
        ("/mcp", &["user@localhost:4311"], &["null"], false, false),
        ("/mcp", &[], &["http://localhost:4311/"], false, false),
        ("/mcp", &["localhost:4311", "localhost:4311"], &["http://localhost:4311"; 2], false, false),
        ("http://evil.example:4311/mcp", &["localhost:4311"], &[""], false, false),
        ("/mcp", &["localhost:43110"], &["http://localhost:43110"], false, false),
        ("/mcp", &[""], &["http://"], false, false),
    ];
    for (target, hosts, origins, named, may_ask) in table {
        let request = request(target, hosts, origins);
        assert_eq!(names.are_named_by(&request), named, "{target} {hosts:?}");
        assert_eq!(names.may_ask(request.headers()), may_ask, "{origins:?}");
    }
}

#[test]
fn a_credential_is_one_bearer_token() {
    let read = |values: &[&'static str]| {
        let headers = values.iter().map(|value| (AUTHORIZATION, HeaderValue::from_static(value))).collect();
        match credential(&headers) {
            Credential::Bearer(token) => Some(token.expose().to_owned()),
            _ => None,
        }
    };
    assert_eq!(read(&["Bearer abc"]).as_deref(), Some("abc"));
    assert_eq!(read(&["bearer  abc "]).as_deref(), Some("abc"));
    for bad in [&[] as &[_], &["Bearer"], &["Bearer "], &["Basic abc"], &["abc"], &["Bearer a", "Bearer a"]] {
        assert_eq!(read(bad), None, "{bad:?}");
    }
}
