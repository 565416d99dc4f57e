//! `gitoma-mcp`: the gateway for one client on standard input and output, or with `--listen` for those that come over HTTP on this machine.
//! Standard output is the protocol's alone; logs are JSON lines on standard error, and an error that ends the process is said there in
//! words that begin with `error: `.
//!
//! Exit codes: 0 when the client has gone or a signal came, 1 when serving failed, 2 for a usage or configuration error.

use std::io::Write as _;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Parser;
use gitoma_core::config::{self, ConfigError, Environment, Flags, Settings, StopDeadline, stop_signal};
use gitoma_core::redact::Redactor;
use gitoma_core::{BuildError, Gateway, logging};
#[cfg(feature = "conformance-fixtures")]
use gitoma_mcp::fixtures;
use gitoma_mcp::{Bounds, Endpoint, LoopbackAddress, PATH, ServeError, serve_http, serve_stdio};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

#[cfg(not(feature = "conformance-fixtures"))]
const VERSION: &str = env!("CARGO_PKG_VERSION");
#[cfg(feature = "conformance-fixtures")]
const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), " (test build with conformance fixtures)");

/// Serves repositories to agents over the Model Context Protocol: to one on standard input and output, or to several over HTTP
#[derive(Debug, Parser)]
#[command(name = "gitoma-mcp", version = VERSION)]
struct Arguments {
    #[command(flatten)]
    flags: Flags,
    /// The principal that the client's calls are made by
    #[arg(long, value_name = "NAME", default_value = config::AGENT)]
    principal: String,
    /// Serve Streamable HTTP at http://ADDRESS/mcp instead, on an address of this machine's own such as 127.0.0.1:4311; port 0 takes any
    /// free one, which the log names. Clients show a token. For other machines and TLS run gitoma-http
    #[arg(long, value_name = "ADDRESS", conflicts_with = "principal")]
    listen: Option<String>,
    /// Be gone so long after the signal to stop, or after the client's end, whatever hangs then; a sixth is for running calls
    #[arg(long, value_name = "SECONDS", default_value_t)]
    stop_within: StopDeadline,
    /// Serve the tools and prompts of the conformance suite; a test build does nothing else
    #[cfg(feature = "conformance-fixtures")]
    #[arg(long)]
    conformance_fixtures: bool,
}

/// How the process failed: what to print, and the exit code.
struct Failure {
    error: anyhow::Error,
    code: u8,
}

fn usage(error: impl Into<anyhow::Error>) -> Failure {
    Failure { error: error.into(), code: 2 }
}

fn serving(error: impl Into<anyhow::Error>) -> Failure {
    Failure { error: error.into(), code: 1 }
}

fn main() -> ExitCode {
    if let Some(answered) = gitoma_tools::askpass() {
        return answered;
    }
    let arguments = Arguments::parse();
    let done = run(&arguments);
    logging::flush();
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure { error, code }) => {
            // It may quote a line of a file. Nowhere is left to say that standard error is gone.
            let text = format!("error: {error:#}");
            let _said = writeln!(std::io::stderr(), "{}", Redactor::new().redact_line(&text));
            ExitCode::from(code)
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), Failure> {
    #[cfg(feature = "conformance-fixtures")]
    fixtures::require(arguments.conformance_fixtures).map_err(usage)?;
    let deadline = arguments.stop_within;
    let environment = Environment::read();
    logging::initialise(environment.log.as_deref()).map_err(usage)?;
    let address = arguments.listen.as_deref().map(LoopbackAddress::parse).transpose().map_err(usage)?;
    let settings = Settings::load(&arguments.flags, &environment).map_err(usage)?;
    if settings.repositories.is_empty() {
        return Err(usage(ConfigError::NoRepository));
    }
    let tools = gitoma_tools::with_writes(&settings.repositories, &settings.writes).map_err(usage)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("the runtime could not be started")
        .map_err(serving)?;
    let served = runtime.block_on(async {
        // The socket comes before the gateway: a second start on the same address then opens no audit chain.
        let listener = match address {
            Some(address) => {
                Some(address.bind().await.context("the listen address cannot be bound").map_err(serving)?)
            }
            None => None,
        };
        let builder = settings.gateway(&format!("gitoma-mcp {VERSION}")).tools(tools);
        #[cfg(feature = "conformance-fixtures")]
        let builder = builder.tools(fixtures::tools());
        let gateway = builder.build().map_err(|error| match error {
            BuildError::Audit(_) | BuildError::NoRuntime(_) => serving(error),
            _ => usage(error),
        })?;
        #[cfg(feature = "conformance-fixtures")]
        fixtures::hold(&gateway);
        // Whether somebody can approve depends on them.
        settings.follow(&gateway);
        settings.obey_signals(&gateway).context("signals cannot be listened for").map_err(serving)?;
        let told = stop_signal(deadline).context("signals cannot be listened for").map_err(serving)?;
        let stop = CancellationToken::new();
        let stopping = stop.clone();
        tokio::spawn(async move {
            told.await;
            stopping.cancel();
        });
        let ended = stop.clone();
        tokio::spawn(async move {
            // Over standard input the client ends it, by ending its own.
            ended.cancelled().await;
            // Where no thread can be had for it there is none below either, and that is said.
            let _begun = deadline.begin();
        });
        let served = match listener {
            Some(listener) => over_http(listener, &gateway, &settings, stop).await,
            None => over_stdio(&gateway, &arguments.principal, stop).await,
        };
        let timed = deadline.begin().context("no deadline can be set").map_err(serving);
        gateway.shutdown_within(deadline.waits()).await;
        served.and(timed)
    });
    // A thread may sit in a read of standard input that nothing ends.
    runtime.shutdown_background();
    served
}

async fn over_stdio(gateway: &Gateway, principal: &str, stop: CancellationToken) -> Result<(), Failure> {
    serve_stdio(gateway.clone(), principal, stop).await.map_err(|error| match error {
        ServeError::UnknownPrincipal => {
            usage(anyhow::Error::new(error).context("--principal cannot be used"))
        }
        _ => serving(error),
    })
}

async fn over_http(
    listener: TcpListener,
    gateway: &Gateway,
    settings: &Settings,
    stop: CancellationToken,
) -> Result<(), Failure> {
    let bound = listener.local_addr().map_err(serving)?;
    tracing::info!(target: "gitoma::mcp", address = %format_args!("http://{bound}{PATH}"), repositories = settings.repositories.len(), "listening");
    if !settings.can_log_in() {
        tracing::warn!(
            target: "gitoma::mcp",
            "no principal has a token; every request is answered with 503 until one has"
        );
    }
    let endpoint = Endpoint::new(gateway.clone(), Bounds::default());
    serve_http(listener, endpoint, stop).await.map_err(serving)
}
