use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::body::Bytes;
use axum::extract::{ConnectInfo, Request};
use futures_util::stream;
use gitoma_core::config::AGENT;
use gitoma_core::{PrincipalConfig, Role, Secret};
use tower::ServiceExt as _;

use crate::AllowedHosts;
use crate::body::LARGEST;
use crate::connection::Client;
use crate::router::router;
use crate::shared::Shared;
use crate::{Origins, Serving, Site, TrustedProxies};

const TOKEN: &str = "a-token-that-is-long-enough-to-be-one";
const CHUNK: usize = 64 * 1024;

/// A body one byte short of the cap, and how many bytes of it have been asked for.
fn counted() -> (axum::body::Body, Arc<AtomicUsize>) {
    let taken = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&taken);
    let chunks = (0..LARGEST / CHUNK).map(move |_| {
        counter.fetch_add(CHUNK, Ordering::Relaxed);
        Ok::<_, std::io::Error>(Bytes::from_static(&[b' '; CHUNK]))
    });
    (axum::body::Body::from_stream(stream::iter(chunks)), taken)
}

#[tokio::test]
async fn only_the_bodies_of_known_callers_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let agent = PrincipalConfig::with_token(AGENT, &[Role::Agent], &Secret::new(TOKEN.to_owned()));
    let gateway = gitoma_core::Gateway::builder();
    let gateway = gateway.audit_directory(folder.path().join("audit")).principal(agent).build().unwrap();
    let hosts = || AllowedHosts::new(Some("127.0.0.1:4310".parse().unwrap()), &[]).unwrap();
    let shared =
        || Shared { gateway: gateway.clone(), stopping: tokio::sync::watch::Sender::new(false).subscribe() };
    let site = || Site {
        hosts: hosts(),
        proxies: TrustedProxies::default(),
        origins: Origins::default(),
        serves: Serving::Everything,
        grace: std::time::Duration::from_secs(10),
    };
    for (authorization, status, read) in [
        ("", 401, 0),
        ("Bearer made-up", 403, 0),
        (&format!("Bearer {TOKEN}x"), 403, 0),
        (&format!("Bearer {TOKEN}"), 400, LARGEST),
    ] {
        for path in ["/api/v1/tools/none", "/api/v1/decide"] {
            let (body, taken) = counted();
            let request = Request::post(path).header("host", "127.0.0.1:4310");
            let mut request = request.header("authorization", authorization).body(body).unwrap();
            request.extensions_mut().insert(ConnectInfo(Client::at(IpAddr::V4(Ipv4Addr::LOCALHOST))));
            let response = router(shared(), site(), &[]).oneshot(request).await.unwrap();
            let read_now = (response.status().as_u16(), taken.load(Ordering::Relaxed));
            // A tool that does not exist is unknown whatever the body says.
            let status = if status == 400 && path.ends_with("none") { 404 } else { status };
            assert_eq!(read_now, (status, read), "{authorization} {path}");
        }
    }
    gateway.shutdown(std::time::Duration::ZERO).await;
}
