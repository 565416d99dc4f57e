//! The cockpit's page as the program serves it: public, under rules of its own, within the layers that every request passes.

use crate::support::Server;

#[test]
fn the_page_is_public_and_under_its_own_rules() {
    let server = Server::start();
    for (path, kind) in [
        ("/", "text/html; charset=utf-8"),
        ("/cockpit/main.js", "text/javascript; charset=utf-8"),
        ("/cockpit/parts.css", "text/css; charset=utf-8"),
        ("/cockpit/mark.svg", "image/svg+xml"),
    ] {
        let answer = server.raw(&format!("GET {path} HTTP/1.1"), b"");
        assert_eq!((answer.status, answer.header("content-type")), (200, Some(kind)), "{path}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));
        assert_eq!(answer.header("cache-control"), Some("no-cache"));
        let rules = answer.header("content-security-policy").unwrap();
        assert!(rules.contains("script-src 'self'") && rules.contains("trusted-types 'none'"), "{rules}");
        let tag = answer.header("etag").unwrap();
        // A strong validator is that of these very bytes, so they go as they are.
        let packed = server.raw(&format!("GET {path} HTTP/1.1\r\nAccept-Encoding: gzip"), b"");
        assert_eq!((packed.header("content-encoding"), &packed.body), (None, &answer.body), "{path}");
        let again = server.raw(&format!("GET {path} HTTP/1.1\r\nIf-None-Match: {tag}"), b"");
        assert_eq!((again.status, again.body.len()), (304, 0), "{path}");
    }
}

#[test]
fn every_other_answer_stays_under_the_strict_ones() {
    let server = Server::start();
    for request in [
        "GET /healthz HTTP/1.1",
        "GET /api/v1/tools HTTP/1.1",
        "GET /cockpit/none.js HTTP/1.1",
        "GET /nothing HTTP/1.1",
    ] {
        let answer = server.raw(request, b"");
        assert_eq!(
            answer.header("content-security-policy"),
            Some("default-src 'none'; frame-ancestors 'none'"),
            "{request}"
        );
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{request}");
    }
}

#[test]
fn the_page_is_within_the_layers() {
    let server = Server::start();
    server.raw("POST / HTTP/1.1", b"").problem(405, "unknown_method");
    server.raw("GET /cockpit/ HTTP/1.1", b"").problem(404, "unknown_route");
    server.raw("GET / HTTP/1.1\r\nOrigin: http://evil.example", b"").problem(403, "origin_denied");
}
