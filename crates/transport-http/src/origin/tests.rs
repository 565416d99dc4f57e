use axum::body::Body;

use super::*;

#[test]
fn only_the_server_s_own_pages_may_ask() {
    for (origins, good) in [
        (&[][..], true),
        (&["http://localhost:4310"], true),
        (&["https://LOCALHOST:4310"], true),
        (&["http://localhost:4311"], false),
        (&["http://localhost"], false),
        (&["https://evil.example"], false),
        (&["http://localhost:4310.evil.example"], false),
        (&["http://localhost:4310/"], false),
        (&["null"], false),
        (&[""], false),
        (&["file://localhost:4310"], false),
        (&["http://localhost:4310", "http://localhost:4310"], false),
    ] {
        let mut request = Request::builder().uri("/").header("host", "localhost:4310");
        for origin in origins {
            request = request.header(ORIGIN, *origin);
        }
        let request = request.body(Body::empty()).unwrap();
        assert_eq!(may_ask(&request, &Origins::default()), good, "{origins:?}");
    }
}

#[test]
fn pages_of_named_origins_may_do_what_they_are_named_for() {
    let origins =
        Origins::new(&["https://Board.example:443".to_owned()], &["http://wall.example:8080".to_owned()])
            .unwrap();
    for (path, origin, good) in [
        ("/api/v1/tools", "https://board.example", true),
        ("/api/v1/tools", "http://board.example", false),
        ("/api/v1/tools", "https://board.example.evil.example", false),
        ("/api/v1/tools", "http://wall.example:8080", false),
        (WEBSOCKET, "http://wall.example:8080", true),
        (WEBSOCKET, "http://wall.example", false),
        (WEBSOCKET, "https://board.example", false),
        (WEBSOCKET, "http://localhost:4310", true),
    ] {
        let request = Request::builder().uri(path).header("host", "localhost:4310").header(ORIGIN, origin);
        let request = request.body(Body::empty()).unwrap();
        assert_eq!(may_ask(&request, &origins), good, "{path} {origin}");
    }
}

#[test]
fn what_is_no_origin_is_refused() {
    for text in [
        "*",
        "null",
        "",
        "board.example",
        "ftp://board.example",
        "https://",
        "https://*.example",
        "https://a.example/",
        "https://u@a.example",
    ] {
        assert_eq!(Origins::new(&[text.to_owned()], &[]).unwrap_err(), OriginError::Malformed, "{text}");
        assert_eq!(Origins::new(&[], &[text.to_owned()]).unwrap_err(), OriginError::Malformed, "{text}");
    }
}
