//! `gitoma-mcp`: the gateway for one client on standard input and output. Standard output is the protocol's alone; logs are JSON
//! lines on standard error, and an error that ends the process is said there in words that begin with `error: `.
//!
//! Exit codes: 0 when the client has gone or a signal came, 1 when serving failed, 2 for a usage or configuration error.

use std::io::Write as _;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use clap::Parser;
use gitoma_core::config::{self, ConfigError, Environment, Flags, Settings};
use gitoma_core::redact::Redactor;
use gitoma_core::{BuildError, Gateway, logging};
use gitoma_mcp::{ServeError, serve_stdio};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// How long the end of the process waits for its log to be read.
const LOG_PATIENCE: Duration = Duration::from_millis(200);
/// How long running calls may take to end at shutdown.
const PATIENCE: Duration = Duration::from_secs(10);

/// Serves repositories to an agent over the Model Context Protocol, on standard input and output
#[derive(Debug, Parser)]
#[command(name = "gitoma-mcp", version)]
struct Arguments {
    #[command(flatten)]
    flags: Flags,
    /// The principal that the client's calls are made by
    #[arg(long, value_name = "NAME", default_value = config::AGENT)]
    principal: String,
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
    match run(&arguments) {
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
    let environment = Environment::read();
    logging::initialise(environment.log.as_deref()).map_err(usage)?;
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
        let builder = settings.gateway(concat!("gitoma-mcp ", env!("CARGO_PKG_VERSION"))).tools(tools);
        let gateway = builder.build().map_err(|error| match error {
            BuildError::Audit(_) | BuildError::NoRuntime(_) => serving(error),
            _ => usage(error),
        })?;
        // Whether somebody can approve depends on them.
        settings.follow(&gateway);
        settings.obey_signals(&gateway).context("signals cannot be listened for").map_err(serving)?;
        let served = serve_until_stopped(&gateway, &arguments.principal).await;
        gateway.shutdown(PATIENCE).await;
        served
    });
    // A thread may sit in a read of standard input that nothing ends.
    runtime.shutdown_background();
    logging::flush(LOG_PATIENCE);
    served
}

async fn serve_until_stopped(gateway: &Gateway, principal: &str) -> Result<(), Failure> {
    let stop = CancellationToken::new();
    let mut terminate = signal(SignalKind::terminate()).map_err(serving)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(serving)?;
    let stopping = stop.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        stopping.cancel();
    });
    serve_stdio(gateway.clone(), principal, stop).await.map_err(|error| match error {
        ServeError::UnknownPrincipal => {
            usage(anyhow::Error::new(error).context("--principal cannot be used"))
        }
        _ => serving(error),
    })
}
