//! [`serve`]: the server from a bound listener to its graceful end. The gateway itself is shut down by whoever built it.

use std::io;
use std::time::Duration;

use axum::ServiceExt as _;
use axum::http::HeaderMap;
use gitoma_core::{CallId, Gateway, Origin, Peer, Transport};
use tokio::sync::watch;

use crate::connection::{Client, Door, Report};
use crate::forwarded::TrustedProxies;
use crate::host::AllowedHosts;
use crate::mounted::Mounted;
use crate::origin::Origins;
use crate::router::router;
use crate::shared::Shared;
use crate::socket::Socket;

/// How long a client may take over a request head, or over taking a piece of an answer; also how long an idle connection is kept.
const PATIENCE: Duration = Duration::from_secs(30);
/// Connections at once.
const PLACES: usize = 512;

/// What a listener serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Serving {
    /// Everything: there is no other listener.
    #[default]
    Everything,
    /// Calls, while another listener steers.
    Calls,
    /// What steers the gateway, while another listener takes calls.
    Steering,
}

/// Where the server stands in the network.
#[derive(Debug, Clone)]
pub struct Site {
    /// The names that requests may call it.
    pub hosts: AllowedHosts,
    /// Proxies whose word counts for where a request comes from.
    pub proxies: TrustedProxies,
    /// Other origins whose pages may do something here.
    pub origins: Origins,
    /// What it serves there.
    pub serves: Serving,
    /// How long requests that are being answered are waited for at the end.
    pub grace: Duration,
}

impl Site {
    /// Who calls, for a request with `headers` of `client`.
    pub(crate) fn peer(&self, client: &Client, headers: &HeaderMap) -> Peer {
        client.address().map_or(Peer::Local, |address| self.proxies.caller(address, headers))
    }
}

/// Serves `gateway` at `site` on `socket`, as [`serve_with`] does with nothing besides.
///
/// # Errors
/// [`io::Error`] if the listener fails.
pub async fn serve(
    socket: Socket,
    gateway: Gateway,
    site: Site,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    serve_with(socket, gateway, site, &[], stop).await
}

/// Serves `gateway`, and `mounted` besides, at `site` on `socket`, until `stop` is ready. Then no connection is accepted any more, those
/// whose request has not come are closed, who follows the audit log is let go, and requests that are being answered are waited for, as
/// long as the site says.
///
/// # Errors
/// [`io::Error`] if the listener fails.
pub async fn serve_with(
    socket: Socket,
    gateway: Gateway,
    site: Site,
    mounted: &[Mounted],
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let (stopping, mut stopped) = watch::channel(false);
    let grace = site.grace;
    let counted = gateway.connections();
    let report = report(gateway.clone(), site.proxies.clone());
    let entrance = router(Shared { gateway, stopping: stopped.clone() }, site, mounted);
    let service = entrance.into_make_service_with_connect_info::<Client>();
    let door = Door::new(socket, (PLACES, counted), PATIENCE, report);
    let closing = door.closing();
    let stop = async move {
        stop.await;
        closing.begin();
        // Nobody listening means that the server is gone already.
        let _ = stopping.send(true);
    };
    let server = axum::serve(door, service).with_graceful_shutdown(stop);
    let overdue = async {
        if stopped.wait_for(|stopped| *stopped).await.is_err() {
            // The server ended without being told to; its own result says why.
            std::future::pending::<()>().await;
        }
        tokio::time::sleep(grace).await;
    };
    tokio::select! {
        served = server.into_future() => served,
        () = overdue => {
            tracing::warn!(target: "gitoma::http", "requests were still running at the end and are cut off");
            Ok(())
        }
    }
}

/// Puts on the record what HTTP refuses by itself, as other requests of strangers that are turned away.
fn report(gateway: Gateway, proxies: TrustedProxies) -> Report {
    Report::new(move |remote, code| {
        let peer = remote.address().map_or(Peer::Local, |address| proxies.caller(address, &HeaderMap::new()));
        let (gateway, origin) = (gateway.clone(), Origin { transport: Transport::Http, peer });
        tokio::spawn(async move {
            if gateway.admit_anybody(origin).await.is_ok() {
                gateway.record_refusal(CallId::mint(), None, origin, code).await;
            }
        });
    })
}
