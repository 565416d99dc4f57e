//! A gateway with tools that do as they are told, behind the endpoint.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use gitoma_core::{
    Access, ArgError, BoxFuture, Capability, ExecContext, Gateway, GatewayBuilder, Permit, Prepared,
    PrincipalConfig, RawOutput, Role, Secret, Tool, ToolError, ToolSpec, arguments,
};
use gitoma_mcp::{Bounds, Endpoint, serve_http};
use serde_json::{Map, Value, json};
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;

use crate::wire::Client;

/// Tokens of the principals `ann`, `bob` and, with the role of an approver, `dana`.
pub(crate) const ANN: &str = "a-token-of-ann";
pub(crate) const BOB: &str = "a-token-of-bob";
pub(crate) const DANA: &str = "a-token-of-dana";

const POLICY: &str = r#"
version: 1
global:
  rules:
    - { id: looks, effect: allow, tools: [look], capability: read }
    - { id: of-ann, effect: allow, principals: [ann], tools: [annex], capability: read }
"#;

type Journal = Arc<Mutex<Vec<String>>>;

/// What the tool is told to do.
#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Script {
    /// `wait` for ever, `report` and wait to be let go, give a `large` answer, or `panic`.
    act: Option<String>,
    /// An argument with a header of its own.
    #[schemars(extend("x-mcp-header" = "Zone"))]
    zone: Option<String>,
}

struct Fake {
    spec: ToolSpec,
    journal: Journal,
}

struct Run {
    script: Script,
    journal: Journal,
}

impl Tool for Fake {
    fn spec(&self) -> &ToolSpec {
        &self.spec
    }

    fn prepare(&self, given: &Map<String, Value>) -> Result<Box<dyn Prepared>, ArgError> {
        let script = arguments::parse(&self.spec.input_schema, given)?;
        Ok(Box::new(Run { script, journal: Arc::clone(&self.journal) }))
    }
}

impl Run {
    fn note(&self, what: &str) {
        self.journal.lock().unwrap().push(what.to_owned());
    }

    fn noted(&self, what: &str) -> bool {
        self.journal.lock().unwrap().iter().any(|noted| noted == what)
    }
}

impl Prepared for Run {
    fn accesses(&self) -> &[Access] {
        &[]
    }

    fn execute(
        self: Box<Self>,
        _permit: Permit,
        context: ExecContext,
    ) -> BoxFuture<'static, Result<RawOutput, ToolError>> {
        Box::pin(async move {
            self.note("begun");
            self.script.zone.iter().for_each(|zone| self.note(zone));
            match self.script.act.as_deref() {
                Some("wait") => {
                    while !self.noted("let go") {
                        tokio::time::sleep(Duration::from_millis(2)).await;
                    }
                }
                Some("report") => {
                    context.report(1, Some(2), "things done");
                    while !self.noted("let go") {
                        tokio::time::sleep(Duration::from_millis(2)).await;
                    }
                }
                Some("large") => {
                    return Ok(RawOutput::new(json!({"text": "quick brown fox ".repeat(10_000)})));
                }
                Some("panic") => panic!("a fake that panics"),
                _ => {}
            }
            Ok(RawOutput::new(json!({"did": "as told"})))
        })
    }
}

/// The gateway, and who serves it.
pub(crate) struct House {
    pub(crate) address: SocketAddr,
    pub(crate) gateway: Gateway,
    pub(crate) endpoint: Endpoint,
    state: tempfile::TempDir,
    journal: Journal,
    stop: CancellationToken,
    serving: Option<tokio::task::JoinHandle<std::io::Result<()>>>,
    runtime: Runtime,
}

fn principal(name: &str, role: Role, token: &str) -> PrincipalConfig {
    PrincipalConfig::with_token(name, &[role], &Secret::new(token.to_owned()))
}

impl House {
    pub(crate) fn new() -> Self {
        Self::with(Bounds::default(), |builder| builder)
    }

    pub(crate) fn with(bounds: Bounds, change: impl FnOnce(GatewayBuilder) -> GatewayBuilder) -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let (state, journal) = (tempfile::tempdir().unwrap(), Journal::default());
        let fake = |name| Fake {
            spec: ToolSpec {
                output_limit: 1024 * 1024,
                ..ToolSpec::new::<Script>(name, "Fake", "Does as it is told", Capability::Read)
            },
            journal: Arc::clone(&journal),
        };
        let built = runtime.block_on(async {
            let builder = Gateway::builder()
                .audit_directory(state.path().join("audit"))
                .policy("test.yaml", POLICY)
                .principal(principal("ann", Role::Agent, ANN))
                .principal(principal("bob", Role::Agent, BOB))
                .principal(principal("dana", Role::Approver, DANA))
                .tool(fake("look"))
                .tool(fake("annex"));
            let gateway = change(builder).build().unwrap();
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            let (endpoint, stop) = (Endpoint::new(gateway.clone(), bounds), CancellationToken::new());
            let serving = tokio::spawn(serve_http(listener, endpoint.clone(), stop.clone()));
            (gateway, address, endpoint, stop, serving)
        });
        let (gateway, address, endpoint, stop, serving) = built;
        Self { address, gateway, endpoint, state, journal, stop, serving: Some(serving), runtime }
    }

    pub(crate) fn modern(&self, token: &str) -> Client {
        Client::modern(self.address, token)
    }

    pub(crate) fn legacy(&self, token: &str) -> Client {
        let mut client = Client::legacy(self.address, token);
        client.initialize();
        client
    }

    pub(crate) fn block_on<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }

    /// Makes `ann` somebody with another token.
    pub(crate) fn revoke_ann(&self) {
        let principals =
            vec![principal("ann", Role::Agent, "another-token-of-ann"), principal("bob", Role::Agent, BOB)];
        self.block_on(self.gateway.replace_principals(principals)).unwrap();
    }

    /// Lets tools that wait go on.
    pub(crate) fn let_go(&self) {
        self.journal.lock().unwrap().push("let go".to_owned());
    }

    /// How many calls have begun.
    pub(crate) fn begun(&self) -> usize {
        self.journal.lock().unwrap().iter().filter(|noted| *noted == "begun").count()
    }

    /// Tells the server to stop, and waits until it has.
    pub(crate) fn stop(&mut self) {
        self.begin_to_stop();
        if let Some(serving) = self.serving.take() {
            self.runtime.block_on(serving).unwrap().unwrap();
        }
        self.runtime.block_on(self.gateway.shutdown(Duration::from_secs(10)));
    }

    pub(crate) fn begin_to_stop(&self) {
        self.stop.cancel();
    }

    /// `kind/code-or-outcome` of each entry that a call has left, with its transport.
    pub(crate) fn story(&self) -> Vec<String> {
        let told = |entry: &Value| {
            let kind = entry["kind"].as_str()?;
            let detail = entry.get(if kind == "outcome" { "outcome" } else { "code" })?.as_str()?;
            entry.get("call_id")?;
            Some(format!("{kind}/{detail}"))
        };
        self.entries().iter().filter_map(told).collect()
    }

    pub(crate) fn entries(&self) -> Vec<Value> {
        crate::world::entries(&self.state.path().join("audit"))
    }
}

impl Drop for House {
    fn drop(&mut self) {
        self.let_go();
        self.stop.cancel();
    }
}

/// Waits until `happens`, but not for ever.
pub(crate) fn until(what: &str, mut happens: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !happens() {
        assert!(Instant::now() < deadline, "never: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}
