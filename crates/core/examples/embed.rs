//! Embeds the gateway with a tool of its own: `cargo run -p gitoma-core --example embed`.
use gitoma_core::*;
use serde_json::{Map, Value, json};

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Arguments {
    /// The service to look at.
    service: String,
}

struct ServiceStatus(ToolSpec);

impl Tool for ServiceStatus {
    fn spec(&self) -> &ToolSpec {
        &self.0
    }
    fn prepare(&self, arguments: &Map<String, Value>) -> Result<Box<dyn Prepared>, ArgError> {
        let arguments: Arguments = arguments::parse(&self.0.input_schema, arguments)?;
        let access =
            Access { repo: None, reference: None, paths: Paths::None, host: Some(arguments.service) };
        Ok(Box::new(Lookup([access])))
    }
}

/// A parsed call: what it touches is judged before it runs.
struct Lookup([Access; 1]);

impl Prepared for Lookup {
    fn accesses(&self) -> &[Access] {
        &self.0
    }
    fn execute(
        self: Box<Self>,
        _permit: Permit,
        _context: ExecContext,
    ) -> BoxFuture<'static, Result<RawOutput, ToolError>> {
        Box::pin(async {
            Ok(RawOutput::new(json!({"up": true, "database": "postgres://app:hunter2@db/prod"})))
        })
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let state = tempfile::tempdir()?;
    let about = ["service_status", "Service status", "Says how a service is"];
    let gateway = Gateway::builder()
        .audit_directory(state.path())
        .principal(PrincipalConfig::local("agent", &[Role::Agent]))
        .tool(ServiceStatus(ToolSpec::new::<Arguments>(about[0], about[1], about[2], Capability::Read)))
        .build()?;
    let origin = Origin { transport: Transport::Embedded, peer: Peer::Local };
    let arguments = RawArgs::Object(Map::from_iter([("service".to_owned(), json!("billing"))]));
    let call = RawCall::new("service_status", arguments, Credential::Local("agent".into()), origin);
    let reply = gateway.handle(call).await?;
    #[expect(clippy::print_stdout, reason = "an example's result")]
    (println!("{} ({} redacted)", reply.result.as_value(), reply.redactions));
    Ok(())
}
