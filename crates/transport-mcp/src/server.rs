//! The protocol's methods: describe the server, list the tools, call one. Every call becomes a [`RawCall`] and goes to the gateway;
//! nothing is decided here (invariant 9).

use gitoma_core::{Gateway, RawArgs, RawCall, Refusal, TraceId};
use rmcp::ServerHandler;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, ErrorData, Implementation, ListToolsResult,
    PaginatedRequestParams, ServerCapabilities, ServerConfig,
};
use rmcp::service::{RequestContext, RoleServer};

use crate::answer;
use crate::caller::Caller;
use crate::frame::UnreadableCall;
use crate::listing::describe;
use crate::progress::Notices;
use crate::restriction::{Given, METADATA};

/// What a model profits from knowing before its first call.
const INSTRUCTIONS: &str = "Gitoma gives you the repositories that a person has opened to you, each under an alias that you pass \
    as an argument; a path is relative to the repository's root. A refusal says which rule or limit said no and what to do next; \
    a denied path stays denied whichever tool you use. Secrets are shown as ***. Of a result that was cut, \
    `next_cursor` or `next_start_line` continues; otherwise narrow the call.";

/// The server side of one connection, or of one request: the gateway, and whom its calls are made for. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Server {
    gateway: Gateway,
    caller: Caller,
}

impl Server {
    /// A server whose calls are made by `caller`.
    pub(crate) fn new(gateway: Gateway, caller: Caller) -> Self {
        Self { gateway, caller }
    }

    /// Requires that the gateway knows the caller.
    ///
    /// # Errors
    /// [`Refusal`] if it does not.
    pub(crate) async fn require_known(&self) -> Result<(), Refusal> {
        self.gateway.tools(self.caller.credential.clone(), self.caller.origin()).await.map(drop)
    }

    /// Refuses a call that could not be read, as the gateway would: with an entry, and as an error of the protocol. With it comes the
    /// gateway's own word.
    pub(crate) async fn refuse_unread(&self, unreadable: UnreadableCall) -> (ErrorData, Option<Refusal>) {
        let UnreadableCall { tool, why } = unreadable;
        self.refuse(self.caller.call(tool, why), METADATA).await
    }

    async fn refuse(&self, unread: RawCall, place: &str) -> (ErrorData, Option<Refusal>) {
        match self.gateway.handle(unread).await {
            Err(refusal) => (answer::protocol_error(&refusal, place), Some(refusal)),
            Ok(_) => (ErrorData::internal_error("the request could not be read", None), None),
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
        let Given { restriction, place } = self.caller.gives_up(&context.meta);
        let restriction = match restriction {
            Ok(restriction) => restriction,
            Err(bad) => {
                let mut call = self.caller.call("", RawArgs::Malformed);
                call.restriction = Err(bad);
                return Err(self.refuse(call, place).await.0);
            }
        };
        let specs = self.gateway.tools(self.caller.credential.clone(), self.caller.origin()).await;
        let specs = specs.map_err(|refusal| answer::protocol_error(&refusal, place))?;
        if request.is_some_and(|request| request.cursor.is_some()) {
            return Err(ErrorData::invalid_params("the list has one page, so no cursor is valid", None));
        }
        let left = specs.iter().filter(|spec| restriction.leaves(spec));
        Ok(ListToolsResult::with_all_items(left.map(describe).collect()))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let arguments = RawArgs::Object(request.arguments.unwrap_or_default());
        let mut call = self.caller.call(request.name, arguments);
        call.trace_id = context.meta.get_traceparent().and_then(TraceId::from_traceparent);
        call.cancel = context.ct.child_token();
        let Given { restriction, place } = self.caller.gives_up(&context.meta);
        call.restriction = restriction;
        let handled = match Notices::of(&context) {
            None => self.gateway.handle(call).await,
            Some(notices) => {
                let handle = |sink| {
                    call.progress = Some(sink);
                    self.gateway.handle(call)
                };
                notices.of_work(handle).await
            }
        };
        match handled {
            Ok(reply) => Ok(answer::reply(reply).into()),
            Err(refusal) => answer::refusal(&refusal, place).map(Into::into),
        }
    }
}
