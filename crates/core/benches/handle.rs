//! What the pipeline adds to a tool: `handle` of a trivial read with authentication, limits, policy, redaction and audit on, beside
//! the tool alone. Figures: docs/performance.md.

#![expect(clippy::unwrap_used, reason = "a bench that cannot run should stop")]

use gitoma_core::{
    Access, ArgError, BoxFuture, Capability, Credential, Disclosures, ExecContext, Gateway, LimitsConfig,
    Origin, Paths, Peer, Permit, Prepared, PrincipalConfig, Rate, RawArgs, RawCall, RawOutput, Role, Secret,
    Tool, ToolError, ToolSpec, Transport, arguments,
};
use serde_json::{Map, Value, json};

fn main() {
    divan::main();
}

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Arguments {
    path: String,
}

struct Trivial(ToolSpec);

impl Tool for Trivial {
    fn spec(&self) -> &ToolSpec {
        &self.0
    }

    fn prepare(&self, arguments: &Map<String, Value>) -> Result<Box<dyn Prepared>, ArgError> {
        let arguments: Arguments = arguments::parse(&self.0.input_schema, arguments)?;
        let paths = Paths::Named(vec![arguments.path]);
        Ok(Box::new(Run([Access { repo: Some("web".into()), reference: None, paths, host: None }])))
    }
}

struct Run([Access; 1]);

impl Prepared for Run {
    fn accesses(&self) -> &[Access] {
        &self.0
    }

    fn execute(
        self: Box<Self>,
        _: Permit,
        _: ExecContext,
    ) -> BoxFuture<'static, Result<RawOutput, ToolError>> {
        Box::pin(async { Ok(RawOutput::new(result())) })
    }
}

/// About 2 KiB of ordinary text.
fn result() -> Value {
    json!({"path": "src/lib.rs", "content": "fn add(left: u64, right: u64) -> u64 { left + right }\n".repeat(38)})
}

const TOKEN: &str = "a-token-of-the-bench";

fn gateway(state: &std::path::Path, disclosures: Disclosures) -> Gateway {
    let fast = Rate::new(u32::MAX, u32::MAX);
    Gateway::builder()
        .audit_directory(state)
        .disclosures(disclosures)
        .principal(PrincipalConfig::with_token("agent", &[Role::Agent], &Secret::new(TOKEN.to_owned())))
        .limits(LimitsConfig { origin: fast, principal: fast, ..LimitsConfig::default() })
        .tool(Trivial(ToolSpec::new::<Arguments>(
            "trivial",
            "Trivial",
            "Returns a constant",
            Capability::Read,
        )))
        .build()
        .unwrap()
}

fn call() -> RawCall {
    let arguments = Map::from_iter([("path".to_owned(), json!("src/lib.rs"))]);
    let origin = Origin { transport: Transport::Embedded, peer: Peer::Local };
    RawCall::new(
        "trivial",
        RawArgs::Object(arguments),
        Credential::Bearer(Secret::new(TOKEN.to_owned())),
        origin,
    )
}

#[divan::bench(sample_count = 2000)]
fn the_tool_alone(bencher: divan::Bencher<'_, '_>) {
    bencher.bench(|| serde_json::to_vec(&result()).unwrap());
}

/// A hundred calls one after another from within the runtime, as a transport's connection makes them; divide by a hundred. With one and
/// two workers, and by what is kept of the arguments and results that the log commits to.
#[divan::bench(sample_count = 200, args = [
    (1, Disclosures::None), (1, Disclosures::Salts), (1, Disclosures::Texts),
    (2, Disclosures::None), (2, Disclosures::Salts), (2, Disclosures::Texts),
])]
fn handle_a_hundred(bencher: divan::Bencher<'_, '_>, (workers, disclosures): (usize, Disclosures)) {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(workers).enable_all().build().unwrap();
    let state = tempfile::tempdir().unwrap();
    let gateway = runtime.block_on(async { gateway(state.path(), disclosures) });
    bencher.counter(divan::counter::ItemsCount::new(100_u32)).bench(|| {
        let gateway = gateway.clone();
        let connection = runtime.spawn(async move {
            for _ in 0..100 {
                let reply = gateway.handle(call()).await.unwrap();
                divan::black_box(serde_json::to_vec(&reply).unwrap());
            }
        });
        runtime.block_on(connection).unwrap();
    });
}
