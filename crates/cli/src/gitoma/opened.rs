//! A gateway for the time of one command: opened from flags, environment and configuration, asked once, and shut down so that
//! its audit chain is closed in order.

use std::sync::Arc;
use std::time::Duration;

use gitoma_core::config::{Environment, Flags, OPERATOR, Settings};
use gitoma_core::policy::Enforcement;
use gitoma_core::{
    Credential, Gateway, Origin, Peer, RawCall, Refusal, Reply, Tool, Transport, Verdict, logging,
};
use tokio::runtime::Runtime;

use crate::Toolset;
use crate::failure::Failure;

/// How long a running call may take to end once the command wants to.
const PATIENCE: Duration = Duration::from_secs(10);

/// Where the calls of this program come from.
pub(super) const ORIGIN: Origin = Origin { transport: Transport::Cli, peer: Peer::Local };

/// Reads settings and sets the log up. The log shows errors alone unless `GITOMA_LOG` asks for more, since the command says
/// itself what happened.
pub(super) fn settings(flags: &Flags) -> Result<Settings, Failure> {
    let environment = Environment::read();
    logging::initialise(Some(environment.log.as_deref().unwrap_or("error")))?;
    Ok(Settings::load(flags, &environment)?)
}

/// A gateway and what it was made of.
pub(super) struct Opened {
    settings: Settings,
    tools: Vec<Arc<dyn Tool>>,
    gateway: Gateway,
    runtime: Runtime,
}

impl Opened {
    /// Opens the repositories, the policy and the audit chain of `settings`.
    pub(super) fn new(settings: Settings, tools: Toolset) -> Result<Self, Failure> {
        let tools = tools(&settings.repositories, &settings.writes).map_err(Failure::Tools)?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .map_err(Failure::Runtime)?;
        let entered = runtime.enter();
        let program = concat!("gitoma ", env!("CARGO_PKG_VERSION"));
        let gateway = settings.gateway(program).tools(tools.iter().cloned()).build()?;
        drop(entered);
        Ok(Self { settings, tools, gateway, runtime })
    }

    /// Whether the policy in force only observes reads.
    pub(super) fn is_shadowed(&self) -> bool {
        self.gateway.health().enforcement == Enforcement::Shadow.as_str()
    }

    pub(super) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The tool of that name, whether or not the caller may call it.
    pub(super) fn tool(&self, name: &str) -> Option<&Arc<dyn Tool>> {
        self.tools.iter().find(|tool| tool.spec().name == name)
    }

    /// What a caller who wants to act as `principal` presents: for the operator the token, else the name alone.
    pub(super) fn credential(&self, principal: &str) -> Result<Credential, Failure> {
        if principal != OPERATOR {
            return Ok(Credential::Local(principal.into()));
        }
        let file = self.settings.state.path().join("operator_token");
        gitoma_core::read_token(&file).map(Credential::Bearer).map_err(Failure::Operator)
    }

    /// Makes the call. An interrupt cancels it; what became of it is still recorded and said.
    pub(super) fn handle(&self, call: RawCall) -> Result<Reply, Refusal> {
        let cancel = call.cancel.clone();
        self.runtime.block_on(async {
            let mut answer = std::pin::pin!(self.gateway.handle(call));
            tokio::select! {
                answer = &mut answer => return answer,
                () = interrupted() => cancel.cancel(),
            }
            answer.await
        })
    }

    /// Judges the call without running it, also one of a tool that its caller may never call.
    pub(super) fn explain(&self, call: RawCall) -> Result<Verdict, Refusal> {
        self.runtime.block_on(self.gateway.explain(call))
    }

    /// The tools that `credential` may call.
    pub(super) fn reachable(&self, credential: Credential) -> Result<Vec<gitoma_core::ToolSpec>, Refusal> {
        self.runtime.block_on(self.gateway.tools(credential, ORIGIN))
    }

    /// Asks the gateway something that is no call.
    pub(super) fn ask<T>(&self, question: impl AsyncFnOnce(&Gateway) -> T) -> T {
        self.runtime.block_on(question(&self.gateway))
    }

    /// Closes the audit chain. A thread that sits in work that nothing ends, such as a long blame, is not waited for: its call is
    /// over and on the record.
    pub(super) fn close(self) {
        self.runtime.block_on(self.gateway.shutdown(PATIENCE));
        self.runtime.shutdown_background();
    }
}

/// Returns when the user, or the system, asks the program to end; never if that cannot be known.
async fn interrupted() {
    use tokio::signal::unix::{SignalKind, signal};
    match (signal(SignalKind::interrupt()), signal(SignalKind::terminate())) {
        (Ok(mut interrupt), Ok(mut terminate)) => {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
        }
        _ => std::future::pending().await,
    }
}
