//! A gateway with one tool that returns its argument: everything on (authentication, limits, policy, redaction, audit), nothing to do.

use std::path::Path;

use gitoma_core::{
    Access, ArgError, BoxFuture, Capability, ExecContext, Gateway, LimitsConfig, Paths, Permit, Prepared,
    PrincipalConfig, Rate, RawOutput, Role, Secret, Tool, ToolError, ToolSpec, arguments,
};
use serde_json::{Map, Value, json};

pub const TOKEN: &str = "a-token-of-the-peers-bench";

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Arguments {
    text: String,
}

struct Echo(ToolSpec);

impl Tool for Echo {
    fn spec(&self) -> &ToolSpec {
        &self.0
    }

    fn prepare(&self, arguments: &Map<String, Value>) -> Result<Box<dyn Prepared>, ArgError> {
        let Arguments { text } = arguments::parse(&self.0.input_schema, arguments)?;
        let paths = Paths::Named(vec!["src/lib.rs".to_owned()]);
        Ok(Box::new(Run {
            text,
            accesses: [Access { repo: Some("web".into()), reference: None, paths, host: None }],
        }))
    }
}

struct Run {
    text: String,
    accesses: [Access; 1],
}

impl Prepared for Run {
    fn accesses(&self) -> &[Access] {
        &self.accesses
    }

    fn execute(
        self: Box<Self>,
        _: Permit,
        _: ExecContext,
    ) -> BoxFuture<'static, Result<RawOutput, ToolError>> {
        Box::pin(async move { Ok(RawOutput::new(json!({ "text": self.text }))) })
    }
}

/// Limits that count and never say no.
pub fn unlimited() -> LimitsConfig {
    let fast = Rate::new(u32::MAX, u32::MAX);
    LimitsConfig {
        origin: fast,
        principal: fast,
        concurrent_calls: 512,
        principal_concurrent_calls: 512,
        ..LimitsConfig::default()
    }
}

/// Limits that say no to an origin, never to the principal.
pub fn limits() -> LimitsConfig {
    LimitsConfig { principal: Rate::new(u32::MAX, u32::MAX), ..LimitsConfig::default() }
}

/// A gateway over `state` within `limits`, with `tools` besides the echo.
pub fn gateway(
    state: &Path,
    tools: Vec<std::sync::Arc<dyn Tool>>,
    limits: LimitsConfig,
) -> Result<Gateway, Box<dyn std::error::Error + Send + Sync>> {
    let spec = ToolSpec::new::<Arguments>("echo", "Echo", "Returns its argument", Capability::Read);
    Ok(Gateway::builder()
        .audit_directory(state.join("audit"))
        .principal(PrincipalConfig::with_token("agent", &[Role::Agent], &Secret::new(TOKEN.to_owned())))
        .limits(limits)
        .tool(Echo(spec))
        .tools(tools)
        .build()?)
}

/// Begins the log that the programs have, at the level that they have it. What this is started by says where it goes.
pub fn begin_log() -> anyhow::Result<()> {
    Ok(gitoma_core::logging::initialise(None)?)
}

/// Serves the echo gateway over standard input and output.
pub fn serve_gitoma_mcp() -> anyhow::Result<()> {
    begin_log()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let state = tempfile::tempdir()?;
    runtime.block_on(async {
        let gateway = gateway(state.path(), Vec::new(), unlimited()).map_err(anyhow::Error::from_boxed)?;
        gitoma_mcp::serve_stdio(gateway.clone(), "agent", tokio_util::sync::CancellationToken::new()).await?;
        gateway.shutdown(std::time::Duration::from_secs(1)).await;
        Ok(())
    })
}
