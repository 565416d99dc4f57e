//! The protocol's methods: describe the server, list the tools, call one, and what else is offered, each in a module of its own. Every call
//! becomes a [`RawCall`] and goes to the gateway; nothing is decided here (invariant 9).

use gitoma_core::{Gateway, RawArgs, RawCall, Refusal, RefusalKind, Reply, Restriction, ToolSpec, TraceId};
use rmcp::ServerHandler;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, ClientRequest, CompleteRequestParams, CompleteResult, ErrorCode,
    ErrorData, GetPromptRequestParams, GetPromptResponse, Implementation, ListPromptsResult,
    ListResourceTemplatesResult, ListResourcesResult, ListToolsResult, PaginatedRequestParams,
    ReadResourceRequestParams, ReadResourceResponse, ServerCapabilities, ServerConfig, ServerResult,
};
use rmcp::service::{RequestContext, RoleServer, Service as _};

use crate::caller::Caller;
use crate::changes::Changes;
use crate::frame::UnreadableCall;
use crate::listing::describe;
use crate::progress::Notices;
use crate::restriction::{self, Given};
use crate::{answer, completion, prompts, resources};

/// What a model profits from knowing before its first call.
const INSTRUCTIONS: &str = "Gitoma gives you the repositories that a person has opened to you, each under an alias that you pass \
    as an argument; a path is relative to the repository's root. A refusal says which rule or limit said no and what to do next; \
    a denied path stays denied whichever tool you use. Secrets are shown as ***. Of a result that was cut, \
    `next_cursor` or `next_start_line` continues; otherwise narrow the call. `omitted` counts what a result leaves out since you may not see \
    it; where it is not 0, do not call anything empty, unchanged or complete.";

/// The server side of one connection, or of one request: the gateway, and whom its calls are made for. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Server {
    gateway: Gateway,
    caller: Caller,
}

/// A request that the gateway refused.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) refusal: Refusal,
    /// Where the client says what it gives up, if anything about that is wrong.
    pub(crate) place: &'static str,
}

impl Server {
    /// A server whose calls are made by `caller`.
    pub(crate) fn new(gateway: Gateway, caller: Caller) -> Self {
        Self { gateway, caller }
    }

    pub(crate) fn gateway(&self) -> &Gateway {
        &self.gateway
    }

    /// Requires that the gateway knows the caller.
    ///
    /// # Errors
    /// [`Refusal`] if it does not.
    pub(crate) async fn require_known(&self) -> Result<(), Refusal> {
        self.gateway.tools(self.caller.credential.clone(), self.caller.origin()).await.map(drop)
    }

    /// Refuses a call that could not be read, for `error`: with an entry, and as an error of the protocol. What is no JSON is said to be that;
    /// of anything else the gateway's own word says more, which comes with it in any case.
    pub(crate) async fn refuse_unread(
        &self,
        unreadable: UnreadableCall,
        error: ErrorData,
    ) -> (ErrorData, Option<Refusal>) {
        match error.code {
            ErrorCode::PARSE_ERROR => self.refuse_call(unreadable, error).await,
            _ => self.refuse_as_gateway(unreadable).await,
        }
    }

    async fn refuse_as_gateway(&self, unreadable: UnreadableCall) -> (ErrorData, Option<Refusal>) {
        let UnreadableCall { tool, gives_up, why } = unreadable;
        let Given { restriction, place } = restriction::of_value(&self.caller.headers, gives_up.as_ref());
        let mut call = self.caller.call(tool, why);
        call.restriction = restriction;
        self.refuse(call, place).await
    }

    /// Refuses a call that goes no further for `error`, which is no word of the gateway's: with an entry as for one that could not be read,
    /// and with the envelope of that as the error's data. Whom the gateway has something else to say to, a limit or that it takes no calls, is
    /// told that.
    pub(crate) async fn refuse_call(
        &self,
        call: UnreadableCall,
        error: ErrorData,
    ) -> (ErrorData, Option<Refusal>) {
        let (refused, refusal) = self.refuse_as_gateway(call).await;
        let kind = refusal.as_ref().map(|refusal| &refusal.kind);
        let judged_no_further = matches!(
            kind,
            Some(RefusalKind::Malformed | RefusalKind::UnknownTool | RefusalKind::BadRestriction(_))
        );
        (if judged_no_further { answer::with_envelope_of(error, refused) } else { refused }, refusal)
    }

    /// Handles `request`. The protocol library refuses some by itself, such as one of a version that nobody knows: if that was a call, it is
    /// on the record.
    pub(crate) async fn respond(
        &self,
        request: ClientRequest,
        context: RequestContext<RoleServer>,
    ) -> Result<ServerResult, ErrorData> {
        let call = UnreadableCall::of(&request, &context.meta);
        let handled = self.handle_request(request, context).await;
        match (handled, call) {
            (Err(error), Some(call)) if !answer::has_envelope(&error) => {
                Err(Box::pin(self.refuse_call(call, error)).await.0)
            }
            (handled, _) => handled,
        }
    }

    async fn refuse(&self, unread: RawCall, place: &str) -> (ErrorData, Option<Refusal>) {
        match self.gateway.handle(unread).await {
            Err(refusal) => (answer::protocol_error(&refusal, place), Some(refusal)),
            Ok(_) => (ErrorData::internal_error("the request could not be read", None), None),
        }
    }

    /// Calls `tool` for the request in `context`: within what that gives up, until it is cancelled, and telling how far the call has come if
    /// that is wanted.
    ///
    /// # Errors
    /// [`Refused`] as the gateway said it.
    pub(crate) async fn ask(
        &self,
        tool: impl Into<String>,
        arguments: RawArgs,
        context: &RequestContext<RoleServer>,
    ) -> Result<Reply, Refused> {
        self.handle(self.caller.call(tool, arguments), context).await
    }

    /// The same for somebody who did not mean to call it: where policy has a person asked, nobody is, and no approval is used up.
    pub(crate) async fn ask_in_passing(
        &self,
        tool: &str,
        arguments: RawArgs,
        context: &RequestContext<RoleServer>,
    ) -> Result<Reply, Refused> {
        let mut call = self.caller.call(tool, arguments);
        call.may_ask = false;
        self.handle(call, context).await
    }

    async fn handle(
        &self,
        mut call: RawCall,
        context: &RequestContext<RoleServer>,
    ) -> Result<Reply, Refused> {
        call.trace_id = context.meta.get_traceparent().and_then(TraceId::from_traceparent);
        call.cancel = context.ct.child_token();
        let Given { restriction, place } = self.caller.gives_up(&context.meta);
        call.restriction = restriction;
        let handled = match Notices::of(context) {
            None => self.gateway.handle(call).await,
            Some(notices) => {
                let handle = |sink| {
                    call.progress = Some(sink);
                    Box::pin(self.gateway.handle(call))
                };
                notices.of_work(handle).await
            }
        };
        handled.map_err(|refusal| Refused { refusal, place })
    }

    /// The tools that the caller has and the request in `context` has not given up; this charges the caller.
    ///
    /// # Errors
    /// What the caller is told that is not let in, or that gives up what nobody can read.
    pub(crate) async fn tools(
        &self,
        context: &RequestContext<RoleServer>,
    ) -> Result<Vec<ToolSpec>, ErrorData> {
        let (restriction, place) = self.left(context).await?;
        let specs = self.gateway.tools(self.caller.credential.clone(), self.caller.origin()).await;
        let mut specs = specs.map_err(|refusal| answer::protocol_error(&refusal, place))?;
        specs.retain(|spec| restriction.leaves(spec));
        Ok(specs)
    }

    /// What changes from now on for the sender of the request in `context`; this charges the caller.
    ///
    /// # Errors
    /// As [`tools`](Self::tools).
    pub(crate) async fn changes(&self, context: &RequestContext<RoleServer>) -> Result<Changes, ErrorData> {
        let (restriction, _) = self.left(context).await?;
        self.tools(context).await?;
        Ok(Changes::new(self.gateway.clone(), self.caller.clone(), restriction))
    }

    /// What changes from now on for the caller, who gives up nothing. This charges nobody.
    pub(crate) fn all_changes(&self) -> Changes {
        Changes::new(self.gateway.clone(), self.caller.clone(), Restriction::default())
    }

    /// The repositories on which the caller could call `tool` with what the request in `context` has not given up; this charges the caller.
    ///
    /// # Errors
    /// As [`tools`](Self::tools).
    pub(crate) async fn repositories(
        &self,
        tool: &str,
        context: &RequestContext<RoleServer>,
    ) -> Result<Vec<String>, ErrorData> {
        let (restriction, place) = self.left(context).await?;
        let Caller { credential, .. } = &self.caller;
        let listed = self.gateway.repositories(credential.clone(), self.caller.origin(), tool, &restriction);
        let mut aliases = listed.await.map_err(|refusal| answer::protocol_error(&refusal, place))?;
        // One that an operator's pattern hides cannot be named.
        aliases.retain(|alias| self.gateway.clean(alias) == *alias);
        Ok(aliases)
    }

    /// Whether policy opens the repository `alias` to the caller for `tool`, whatever the caller gives up. This charges nobody.
    pub(crate) fn is_offered(&self, tool: &str, alias: &str) -> bool {
        let Caller { credential, peer, .. } = &self.caller;
        self.gateway
            .recognise(credential, *peer)
            .is_some_and(|principal| self.gateway.offers(principal, self.caller.origin(), tool, alias))
    }

    /// What a request without metadata gives up, in its headers.
    ///
    /// # Errors
    /// What the caller is told whose headers nobody can read; this has an entry.
    pub(crate) async fn left_by_headers(&self) -> Result<Restriction, ErrorData> {
        self.left_by(restriction::of_value(&self.caller.headers, None)).await.map(|(left, _)| left)
    }

    /// What the request in `context` gives up, and where it says so.
    async fn left(
        &self,
        context: &RequestContext<RoleServer>,
    ) -> Result<(Restriction, &'static str), ErrorData> {
        self.left_by(self.caller.gives_up(&context.meta)).await
    }

    async fn left_by(&self, given: Given) -> Result<(Restriction, &'static str), ErrorData> {
        let Given { restriction, place } = given;
        match restriction {
            Ok(restriction) => Ok((restriction, place)),
            Err(bad) => {
                let mut call = self.caller.call("", RawArgs::Malformed);
                call.restriction = Err(bad);
                Err(Box::pin(self.refuse(call, place)).await.0)
            }
        }
    }

    /// Whether the caller has each of `tools`. This charges nobody, and whoever is not let in has none.
    pub(crate) fn sees(&self, tools: &[&str]) -> bool {
        let Caller { credential, peer, .. } = &self.caller;
        self.gateway.recognise(credential, *peer).is_some_and(|principal| {
            tools.iter().all(|tool| self.gateway.tool(&principal, self.caller.origin(), tool).is_some())
        })
    }
}

impl ServerHandler for Server {
    fn get_info(&self) -> ServerConfig {
        // Of the list of resources nothing is told: which there are, a call finds out that leaves its entries. The log is the operator's.
        let capabilities = ServerCapabilities::builder()
            .enable_completions()
            .enable_prompts()
            .enable_prompts_list_changed()
            .enable_resources()
            .enable_tools()
            .enable_tool_list_changed()
            .build();
        ServerConfig::new(capabilities)
            .with_server_info(Implementation::new("gitoma", env!("CARGO_PKG_VERSION")).with_title("Gitoma"))
            .with_instructions(INSTRUCTIONS)
    }

    async fn list_tools(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let tools = self.tools(&context).await?;
        answer::require_no_cursor(request.as_ref())?;
        Ok(ListToolsResult::with_all_items(tools.iter().map(describe).collect()))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let arguments = RawArgs::Object(request.arguments.unwrap_or_default());
        match self.ask(request.name, arguments, &context).await {
            Ok(reply) => Ok(answer::reply(reply).into()),
            Err(Refused { refusal, place }) => answer::refusal(&refusal, place).map(Into::into),
        }
    }

    async fn list_resources(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        resources::list(self, request, &context).await
    }

    async fn list_resource_templates(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        resources::templates(self, request, &context).await
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        resources::read(self, &request, &context).await.map(Into::into)
    }

    async fn list_prompts(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        prompts::list(self, request, &context).await
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        prompts::get(self, request, &context).await.map(Into::into)
    }
    async fn complete(
        &self,
        request: CompleteRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CompleteResult, ErrorData> {
        completion::complete(self, &request, &context).await
    }
}
