//! The floors: what is left when nothing is decided, redacted or recorded.

use rmcp::handler::server::ServerHandler;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ServerCapabilities, ServerConfig,
};
use rmcp::service::{RequestContext, RoleServer};
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use rmcp::{ErrorData, ServiceExt as _};
use serde_json::{Value, json};

#[derive(Clone)]
struct Bare;

impl ServerHandler for Bare {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let text = request.arguments.and_then(|mut arguments| arguments.remove("text")).unwrap_or_default();
        Ok(CallToolResult::structured(json!({ "text": text })).into())
    }
}

/// Serves a bare rmcp echo over standard input and output.
pub fn serve_bare_mcp() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let (reader, writer) = rmcp::transport::io::stdio_pipes();
        Bare.serve((reader, writer)).await?.waiting().await?;
        Ok(())
    })
}

/// A bare rmcp echo over Streamable HTTP: in sessions, which it answers by streams of events, or without, in plain JSON.
pub fn bare_mcp_router(sessions: bool) -> axum::Router {
    let config = StreamableHttpServerConfig::default()
        .with_legacy_session_mode(sessions)
        .with_json_response(!sessions);
    let service: StreamableHttpService<Bare, LocalSessionManager> =
        StreamableHttpService::new(|| Ok(Bare), Default::default(), config);
    axum::Router::new().nest_service("/mcp", service)
}

/// A bare axum echo with the same body shapes as the gateway's call.
pub fn bare_router() -> axum::Router {
    async fn echo(axum::Json(body): axum::Json<Value>) -> axum::Json<Value> {
        axum::Json(json!({ "result": { "text": body["arguments"]["text"] } }))
    }
    axum::Router::new().route("/api/v1/tools/echo", axum::routing::post(echo))
}
