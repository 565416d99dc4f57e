//! The protocol's methods: describe the server, list the tools, call one. Every call becomes a [`RawCall`] and goes to the gateway;
//! nothing is decided here (invariant 9).

use std::sync::Arc;

use gitoma_core::{Credential, Gateway, Origin, Peer, RawArgs, RawCall, Refusal, TraceId, Transport};
use rmcp::ServerHandler;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, ErrorData, Implementation, ListToolsResult,
    PaginatedRequestParams, ServerCapabilities, ServerConfig, Tool,
};
use rmcp::service::{RequestContext, RoleServer};

use crate::listing::describe;
use crate::{answer, restriction};

/// Where every call of a stdio connection comes from.
const ORIGIN: Origin = Origin { transport: Transport::Mcp, peer: Peer::Local };

/// What a model profits from knowing before its first call.
const INSTRUCTIONS: &str = "Gitoma gives you the repositories that a person has opened to you, each under an alias that you pass \
    as an argument; a path is relative to the repository's root. A refusal says which rule or limit said no and what to do next; \
    a denied path stays denied whichever tool you use. Secrets are shown as ***. Of a result that was cut, \
    `next_cursor` or `next_start_line` continues; otherwise narrow the call.";

/// The server side of one connection: the gateway, and whom its calls are made for. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Server {
    gateway: Gateway,
    principal: Arc<str>,
    /// What a transport with headers checks a call's names against; which tools exist is asked of the gateway at each list.
    described: Arc<[Tool]>,
}

impl Server {
    /// A server whose calls are made by `principal`.
    ///
    /// # Errors
    /// [`Refusal`] if the gateway does not know the principal.
    pub(crate) async fn new(gateway: Gateway, principal: Arc<str>) -> Result<Self, Refusal> {
        let specs = gateway.tools(Credential::Local(Arc::clone(&principal)), ORIGIN).await?;
        Ok(Self { gateway, principal, described: specs.iter().map(describe).collect() })
    }

    fn credential(&self) -> Credential {
        Credential::Local(Arc::clone(&self.principal))
    }

    /// Refuses a call that could not be read, as the gateway would: with an entry, and as an error of the protocol.
    pub(crate) async fn refuse_unread(&self, tool: Option<String>, why: RawArgs) -> ErrorData {
        self.refuse(RawCall::new(tool.unwrap_or_default(), why, self.credential(), ORIGIN)).await
    }

    async fn refuse(&self, unread: RawCall) -> ErrorData {
        match self.gateway.handle(unread).await {
            Err(refusal) => answer::protocol_error(&refusal),
            Ok(_) => ErrorData::internal_error("the request could not be read", None),
        }
    }
}

impl ServerHandler for Server {
    fn get_info(&self) -> ServerConfig {
        // No `listChanged`: the list depends on the principal's policy, and no notification is ever sent.
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
            .with_server_info(Implementation::new("gitoma", env!("CARGO_PKG_VERSION")).with_title("Gitoma"))
            .with_instructions(INSTRUCTIONS)
    }

    async fn list_tools(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        if request.is_some_and(|request| request.cursor.is_some()) {
            return Err(ErrorData::invalid_params("the list has one page, so no cursor is valid", None));
        }
        let restriction = match restriction::of(&context.meta) {
            Ok(restriction) => restriction,
            Err(bad) => {
                let mut call = RawCall::new("", RawArgs::Malformed, self.credential(), ORIGIN);
                call.restriction = Err(bad);
                return Err(self.refuse(call).await);
            }
        };
        let specs = self.gateway.tools(self.credential(), ORIGIN).await;
        let specs = specs.map_err(|refusal| answer::protocol_error(&refusal))?;
        let left = specs.iter().filter(|spec| restriction.leaves(spec));
        Ok(ListToolsResult::with_all_items(left.map(describe).collect()))
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        self.described.iter().find(|tool| tool.name == name).cloned()
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let arguments = RawArgs::Object(request.arguments.unwrap_or_default());
        let mut call = RawCall::new(request.name, arguments, self.credential(), ORIGIN);
        call.trace_id = context.meta.get_traceparent().and_then(TraceId::from_traceparent);
        call.cancel = context.ct.child_token();
        call.restriction = restriction::of(&context.meta);
        match self.gateway.handle(call).await {
            Ok(reply) => Ok(answer::reply(reply).into()),
            Err(refusal) => answer::refusal(&refusal).map(Into::into),
        }
    }
}
