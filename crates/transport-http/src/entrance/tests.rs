use std::net::{IpAddr, Ipv4Addr};

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::routing::get;
use http_body_util::BodyExt as _;
use serde_json::Value;
use tower::ServiceExt as _;

use super::*;
use crate::connection::Client;
use crate::forwarded::TrustedProxies;
use crate::host::AllowedHosts;
use crate::server::Serving;

/// A way to routes whose handlers misbehave.
fn misbehaving(gateway: &Gateway) -> Entrance {
    let routes = Router::new()
        .route("/panic", get(async || -> &'static str { panic!("the secret word") }))
        .route("/sleep", get(async || std::future::pending::<&'static str>().await))
        .route("/fine", get(async || "fine"));
    let hosts = AllowedHosts::new(Some("127.0.0.1:4310".parse().unwrap()), &[]).unwrap();
    let site = Site {
        hosts,
        proxies: TrustedProxies::default(),
        origins: Origins::default(),
        serves: Serving::Everything,
        grace: std::time::Duration::from_secs(10),
    };
    Entrance::new(routes, gateway.clone(), site, &[], Duration::from_secs(60))
}

async fn answer(path: &str, headers: &[(&str, &str)]) -> (u16, axum::http::HeaderMap, String) {
    let mut request = Request::builder().uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let mut request = request.body(Body::empty()).unwrap();
    request.extensions_mut().insert(ConnectInfo(Client::at(IpAddr::V4(Ipv4Addr::LOCALHOST))));
    let folder = tempfile::tempdir().unwrap();
    let gateway = Gateway::builder().audit_directory(folder.path().join("audit")).build().unwrap();
    let response = misbehaving(&gateway).oneshot(request).await.unwrap();
    let metrics = gateway.metrics();
    gateway.shutdown(Duration::ZERO).await;
    let (parts, body) = response.into_parts();
    let counted = |code: &str| {
        metrics.lines().any(|line| line.contains(&format!("code=\"{code}\"")) && line.ends_with(" 1"))
    };
    assert!(parts.status != 504 || counted("timed_out"), "{metrics}");
    let body = body.collect().await.unwrap().to_bytes();
    (parts.status.as_u16(), parts.headers, String::from_utf8(body.to_vec()).unwrap())
}

const HOST: (&str, &str) = ("host", "127.0.0.1:4310");

#[tokio::test(start_paused = true)]
async fn whatever_happens_the_answer_is_a_problem_with_security_headers() {
    for (path, headers, status, code) in [
        ("/panic", &[HOST][..], 500, "internal"),
        ("/sleep", &[HOST], 504, "timed_out"),
        ("/fine", &[], 421, "host_denied"),
        ("/fine", &[("host", "evil.example")], 421, "host_denied"),
        ("/fine", &[HOST, ("origin", "http://evil.example")], 403, "origin_denied"),
    ] {
        let (found, headers, body) = answer(path, headers).await;
        let document: Value = serde_json::from_str(&body).unwrap();
        assert_eq!(found, status, "{path}");
        assert_eq!(document["code"], code);
        assert_eq!(document["status"], status);
        assert_eq!(document["type"], format!("urn:gitoma:error:{code}"));
        assert_eq!(headers["x-gitoma-call-id"], document["error_id"].as_str().unwrap());
        assert_eq!(headers["content-type"], "application/problem+json");
        assert!(!body.contains("secret word") && !body.contains("evil"), "{body}");
        assert_eq!(headers["x-content-type-options"], "nosniff");
        assert_eq!(headers["cache-control"], "no-store");
        assert_eq!(headers["referrer-policy"], "no-referrer");
        assert!(headers["content-security-policy"].to_str().unwrap().starts_with("default-src 'none'"));
    }
}

#[tokio::test]
async fn a_good_request_passes_every_layer() {
    let (status, headers, body) = answer("/fine", &[HOST, ("origin", "http://127.0.0.1:4310")]).await;
    assert_eq!((status, body.as_str()), (200, "fine"));
    assert_eq!(headers["x-content-type-options"], "nosniff");
}
