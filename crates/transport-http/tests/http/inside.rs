//! A server within the test's own process: over a gateway with tools, a policy and a clock of the test's.

use std::io::Write as _;
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use gitoma_core::{
    Access, ArgError, BoxFuture, Capability, ExecContext, Gateway, GatewayBuilder, LimitsConfig, Paths,
    Permit, Prepared, PrincipalConfig, Rate, RawOutput, Role, Secret, Tool, ToolError, ToolSpec,
};
use gitoma_http::{AllowedHosts, ListenAddress, Origins, Serving, Site, TrustedProxies, serve};
use serde_json::{Map, Value, json};
use tokio::sync::{Notify, oneshot};
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

    /// Tells the server to stop, and waits for its end; then for the gateway's. Returns how long the server took.
    pub(crate) async fn stop(self) -> Duration {
        let begun = Instant::now();
        let (gateway, serving) = self.stopping();
        serving.await.unwrap().unwrap();
        let took = begun.elapsed();
        gateway.shutdown(Duration::from_secs(1)).await;
        took
    }

    /// Tells the server to stop, and returns what is ready once it has.
    pub(crate) fn stopping(self) -> (Gateway, JoinHandle<std::io::Result<()>>) {
        self.stop.send(()).unwrap();
        (self.gateway, self.serving)
    }
}

/// Lets so much time go by, for everything that reads the runtime's clock.
pub(crate) async fn pass(seconds: u64) {
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(seconds)).await;
    tokio::time::resume();
}

/// The tool `wait`, which waits in the middle of its call, and then looks at another file.
pub(crate) struct Waiting {
    spec: ToolSpec,
    gate: Arc<Gate>,
}

#[derive(Default)]
pub(crate) struct Gate {
    pub(crate) begun: Notify,
    pub(crate) go_on: Notify,
}

struct Wait([Access; 1], Arc<Gate>);

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Nothing {}

impl Waiting {
    pub(crate) fn tool() -> (Self, Arc<Gate>) {
        let gate = Arc::new(Gate::default());
        let spec = ToolSpec::new::<Nothing>("wait", "Wait", "Waits", Capability::Read);
        (Self { spec, gate: Arc::clone(&gate) }, gate)
    }
}

fn access(path: &str) -> Access {
    let paths = Paths::Named(vec![path.to_owned()]);
    Access { repo: Some("web".into()), reference: None, paths, host: None }
}

impl Tool for Waiting {
    fn spec(&self) -> &ToolSpec {
        &self.spec
    }

    fn prepare(&self, _: &Map<String, Value>) -> Result<Box<dyn Prepared>, ArgError> {
        Ok(Box::new(Wait([access("src/a")], Arc::clone(&self.gate))))
    }
}

impl Prepared for Wait {
    fn accesses(&self) -> &[Access] {
        &self.0
    }

    fn execute(
        self: Box<Self>,
        _: Permit,
        context: ExecContext,
    ) -> BoxFuture<'static, Result<RawOutput, ToolError>> {
        Box::pin(async move {
            self.1.begun.notify_one();
            self.1.go_on.notified().await;
            Ok(RawOutput::new(json!({ "admitted": context.admits(&access("src/b")) })))
        })
    }
}
