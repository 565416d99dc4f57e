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
        assert_eq!(same_origin(&request.body(Body::empty()).unwrap()), good, "{origins:?}");
    }
}
