//! A server within the test's own process: over a gateway with tools, a policy and a clock of the test's.

use std::io::Write as _;
use std::net::TcpStream;

use gitoma_core::{Gateway, GatewayBuilder, LimitsConfig, PrincipalConfig, Rate, Role, Secret};
use gitoma_http::{AllowedHosts, ListenAddress, Origins, Serving, Site, TrustedProxies, serve};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::support::Answer;

/// The token of `eve`, agent and auditor.
pub(crate) const TOKEN: &str = "a-token-that-is-long-enough-to-be-one";

pub(crate) struct Inside {
    pub(crate) gateway: Gateway,
    pub(crate) address: String,
    pub(crate) folder: tempfile::TempDir,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<std::io::Result<()>>,
}

impl Inside {
    /// Serves on any free port, trusting `proxies`. Requests are not limited.
    pub(crate) async fn serve(
        proxies: &[&str],
        change: impl FnOnce(GatewayBuilder) -> GatewayBuilder,
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let plenty = Rate::new(10_000_000, 1_000_000);
        let token = Secret::new(TOKEN.to_owned());
        let builder = Gateway::builder()
            .audit_directory(folder.path().join("audit"))
            .principal(PrincipalConfig::with_token("eve", &[Role::Agent, Role::Auditor], &token))
            .limits(LimitsConfig { origin: plenty, principal: plenty, ..LimitsConfig::default() });
        let gateway = change(builder).build().unwrap();
        let socket = ListenAddress::parse("127.0.0.1:0", false).unwrap().bind().await.unwrap();
        let bound = socket.address().unwrap();
        let proxies: Vec<_> = proxies.iter().map(|&proxy| proxy.to_owned()).collect();
        let site = Site {
            hosts: AllowedHosts::new(Some(bound), &[]).unwrap(),
            proxies: TrustedProxies::new(&proxies).unwrap(),
            origins: Origins::default(),
            serves: Serving::Everything,
            grace: std::time::Duration::from_secs(10),
        };
        let (stop, stopped) = oneshot::channel();
        let serving = tokio::spawn(serve(socket, gateway.clone(), site, async {
            let _ = stopped.await;
        }));
        Self { gateway, address: bound.to_string(), folder, stop, serving }
    }

    /// Sends a request, with further lines of the head.
    pub(crate) fn send(&self, line: &str, token: &str, more: &str, body: &str) -> JoinHandle<Answer> {
        let address = self.address.clone();
        let request = format!(
            "{line} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nAuthorization: Bearer {token}\r\n\
             Content-Length: {}\r\n{more}\r\n{body}",
            body.len()
        );
        tokio::task::spawn_blocking(move || {
            let mut socket = TcpStream::connect(address).unwrap();
            socket.write_all(request.as_bytes()).unwrap();
            Answer::read(&mut socket)
        })
    }

    /// Tells the server to stop, and waits for its end; then for the gateway's.
    pub(crate) async fn stop(self) -> std::time::Duration {
        let begun = std::time::Instant::now();
        self.stop.send(()).unwrap();
        self.serving.await.unwrap().unwrap();
        let took = begun.elapsed();
        self.gateway.shutdown(std::time::Duration::from_secs(1)).await;
        took
    }
}
