//! `gitoma-http`: puts a gateway together from flags, environment and configuration, and serves it over HTTP until it is told to
//! stop. Exit codes: 0 stopped in good order, 1 the server or its audit log failed, 2 the flags, the configuration or a repository are not usable.

mod mcp;
mod secure;
mod welcome;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Parser;
use gitoma_core::config::{ConfigError, Environment, Flags, Settings, StopDeadline, stop_signal};
use gitoma_core::logging;
use gitoma_core::redact::Redactor;
use gitoma_core::{BuildError, Gateway};
use gitoma_http::{
    AllowedHosts, DEFAULT_ADDRESS, ListenAddress, Mounted, Origins, Serving, Site, Socket, TrustedProxies,
    serve_with,
};
#[cfg(feature = "conformance-fixtures")]
use gitoma_mcp::fixtures;
use secure::Secure;
use welcome::{Bound, Places};

const PROGRAM: &str = concat!("gitoma-http ", env!("CARGO_PKG_VERSION"));

#[cfg(not(feature = "conformance-fixtures"))]
const VERSION: &str = env!("CARGO_PKG_VERSION");
#[cfg(feature = "conformance-fixtures")]
const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), " (test build with conformance fixtures)");

/// Serves repositories to coding agents over HTTP, through a policy gateway
#[derive(Debug, Parser)]
#[command(name = "gitoma-http", version = VERSION)]
struct Arguments {
    #[command(flatten)]
    flags: Flags,
    /// Where to listen: ADDRESS:PORT, with port 0 for any free one, or unix:/PATH, where the system says who calls (default: 127.0.0.1:4310)
    #[arg(long, value_name = "WHERE")]
    listen: Option<String>,
    /// Serve what steers the gateway there and nowhere else: metrics, the audit log, policy, the kill switch and the cockpit. As --listen
    #[arg(long, value_name = "WHERE")]
    admin_listen: Option<String>,
    /// Speak TLS with this certificate, and what leads from it to one that clients trust (PEM). Read again when it changes
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// The private key of --tls-cert (PEM), which others must not be able to read
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// Allow --listen addresses that other machines can reach, though tokens then cross the network in clear text
    #[arg(long)]
    insecure_bind: bool,
    /// Do not serve the Model Context Protocol at /mcp
    #[arg(long)]
    no_mcp: bool,
    /// Be gone so long after the signal to stop, whatever hangs then; a sixth is for requests that are being answered, a sixth for calls
    #[arg(long, value_name = "SECONDS", default_value_t)]
    stop_within: StopDeadline,
    /// Serve the tools and prompts of the conformance suite at /mcp; a test build does nothing else
    #[cfg(feature = "conformance-fixtures")]
    #[arg(long)]
    conformance_fixtures: bool,
}

/// An error with the exit code that belongs to it.
struct Failure {
    code: u8,
    error: anyhow::Error,
}

impl Failure {
    /// What the operator has to mend before the server can start.
    fn usage(error: impl Into<anyhow::Error>) -> Self {
        Self { code: 2, error: error.into() }
    }

    fn serving(error: impl Into<anyhow::Error>) -> Self {
        Self { code: 1, error: error.into() }
    }
}

fn main() -> ExitCode {
    if let Some(answered) = gitoma_tools::askpass() {
        return answered;
    }
    let arguments = Arguments::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("the runtime cannot be started")
        .map_err(Failure::serving);
    let done = runtime.and_then(|runtime| {
        let done = runtime.block_on(run(&arguments));
        // A thread may sit in work that nothing ends, such as a long blame; its call is over and on the record.
        runtime.shutdown_background();
        logging::flush();
        done
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            // It may quote a line of a file. With standard error closed there is nobody left to tell.
            let said = explain(&failure.error);
            let _ = writeln!(std::io::stderr().lock(), "{}", Redactor::new().redact_line(&said));
            ExitCode::from(failure.code)
        }
    }
}

/// `error: …` and the causes below it. A cause that says what the error above it says already is left out.
fn explain(error: &anyhow::Error) -> String {
    let mut lines = Vec::new();
    for cause in error.chain().map(ToString::to_string) {
        if !lines.last().is_some_and(|above: &String| above.contains(&cause)) {
            lines.push(cause);
        }
    }
    format!("error: {}", lines.join("\n  caused by: "))
}

async fn run(arguments: &Arguments) -> Result<(), Failure> {
    #[cfg(feature = "conformance-fixtures")]
    fixtures::require(arguments.conformance_fixtures).map_err(Failure::usage)?;
    let environment = Environment::read();
    logging::initialise(environment.log.as_deref()).map_err(Failure::usage)?;
    let settings = Settings::load(&arguments.flags, &environment).map_err(Failure::usage)?;
    if settings.repositories.is_empty() {
        return Err(Failure::usage(ConfigError::NoRepository));
    }
    let listen = arguments.listen.as_deref().or(settings.listen.as_deref()).unwrap_or(DEFAULT_ADDRESS);
    let admin_listen = arguments.admin_listen.as_deref().or(settings.admin_listen.as_deref());
    let tls = Secure::of(arguments, &settings.tls).map_err(Failure::usage)?;
    let reachable = arguments.insecure_bind || tls.is_some();
    let address = ListenAddress::parse(listen, reachable).map_err(Failure::usage)?;
    let admin_address = admin_listen.map(|listen| ListenAddress::parse(listen, reachable));
    let admin_address = admin_address.transpose().map_err(Failure::usage)?;
    let tools =
        gitoma_tools::with_writes(&settings.repositories, &settings.writes).map_err(Failure::usage)?;

    let deadline = arguments.stop_within;
    let serves_mcp = settings.mcp && !arguments.no_mcp;

    // The socket comes before the gateway: a second start on the same address then opens no audit chain.
    let serves = if admin_address.is_some() { Serving::Calls } else { Serving::Everything };
    let listener = Listener::new(&address, (serves, deadline), &settings, tls.as_ref()).await?;
    let admin = match &admin_address {
        Some(address) => {
            Some(Listener::new(address, (Serving::Steering, deadline), &settings, tls.as_ref()).await?)
        }
        None => None,
    };
    let stop = stop_signal(deadline).context("signals cannot be listened for").map_err(Failure::serving)?;
    let exposed = |address: &ListenAddress| address.is_exposed() && tls.is_none();
    let is_insecure = exposed(&address) || admin_address.as_ref().is_some_and(exposed);
    let setup = settings.setup(
        is_insecure,
        &[
            listen,
            admin_listen.unwrap_or_default(),
            if tls.is_some() { "tls" } else { "" },
            if serves_mcp { "mcp" } else { "" },
        ],
    );
    let builder = settings.gateway(PROGRAM).setup(setup).tools(tools);
    #[cfg(feature = "conformance-fixtures")]
    let builder = builder.tools(fixtures::tools());
    let gateway = builder.build().map_err(|error| match error {
        BuildError::Audit(_) => Failure::serving(error),
        _ => Failure::usage(error),
    })?;
    #[cfg(feature = "conformance-fixtures")]
    fixtures::hold(&gateway);

    settings.follow(&gateway);
    settings.obey_signals(&gateway).context("signals cannot be listened for").map_err(Failure::serving)?;
    if let Some(tls) = &tls {
        tls.follow().context("signals cannot be listened for").map_err(Failure::serving)?;
    }
    for (address, listener) in [(Some(&address), Some(&listener)), (admin_address.as_ref(), admin.as_ref())] {
        let (Some(address), Some(Listener { bound, .. })) = (address, listener) else { continue };
        if address.is_exposed() && tls.is_none() {
            tracing::warn!(
                target: "gitoma::http",
                address = %bound,
                "other machines can reach this address, and bearer tokens cross the network in clear text"
            );
        }
        tracing::info!(target: "gitoma::http", address = %bound, repositories = settings.repositories.len(), "listening");
    }
    if !settings.can_log_in() {
        tracing::warn!(
            target: "gitoma::http",
            "no principal has a token; every call is answered with 503 until one has"
        );
    }
    let places = Places::of(&arguments.flags, &environment);
    let bounds = (&listener.bound, admin.as_ref().map(|admin| &admin.bound));
    let endpoint = serves_mcp.then(|| mcp::endpoint(&gateway));
    greet((bounds, endpoint.is_some()), &places, &settings, &gateway);

    let mounted: Vec<_> = endpoint.iter().map(mcp::mounted).collect();
    let stop = async move {
        stop.await;
        endpoint.iter().for_each(mcp::Endpoint::close);
    };
    let served = serve_all(listener, admin, &gateway, &mounted, stop).await.context("the listener failed");
    // Where nobody told it to stop, the listener has failed.
    let timed = deadline.begin().context("no deadline can be set").map_err(Failure::serving);
    gateway.shutdown_within(deadline.waits()).await;
    timed?;
    served.map_err(Failure::serving)
}

/// Serves on both listeners until `stop` is ready, or one of them fails; then the other ends as well.
async fn serve_all(
    listener: Listener,
    admin: Option<Listener>,
    gateway: &Gateway,
    mounted: &[Mounted],
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let Some(admin) = admin else {
        return serve_with(listener.socket, gateway.clone(), listener.site, mounted, stop).await;
    };
    let stopping = tokio_util::sync::CancellationToken::new();
    let told = stopping.clone();
    tokio::spawn(async move {
        stop.await;
        told.cancel();
    });
    let one = |listener: Listener, mounted: &[Mounted]| {
        let (gateway, stopping, mounted) = (gateway.clone(), stopping.clone(), mounted.to_vec());
        async move {
            let stop = stopping.clone().cancelled_owned();
            let served = serve_with(listener.socket, gateway, listener.site, &mounted, stop).await;
            stopping.cancel();
            served
        }
    };
    let (served, steered) = tokio::join!(one(listener, mounted), one(admin, &[]));
    served.and(steered)
}

/// A listener that is bound.
struct Listener {
    socket: Socket,
    bound: Bound,
    site: Site,
}

impl Listener {
    async fn new(
        address: &ListenAddress,
        (serves, deadline): (Serving, StopDeadline),
        settings: &Settings,
        tls: Option<&Secure>,
    ) -> Result<Self, Failure> {
        let socket = address.bind().await.context("the listen address cannot be bound");
        let mut socket = socket.map_err(Failure::serving)?;
        if let Some(tls) = tls {
            socket = tls.secure(socket);
        }
        let hosts = AllowedHosts::new(socket.address(), &settings.allowed_hosts).map_err(Failure::usage)?;
        let is_secured = tls.is_some() && socket.address().is_some();
        let hosts = if is_secured { hosts.secured() } else { hosts };
        let bound = Bound::new(&socket, address, tls.is_some());
        let proxies = TrustedProxies::new(&settings.trusted_proxies).map_err(Failure::usage)?;
        let origins =
            Origins::new(&settings.cors_origins, &settings.ws_allowed_origins).map_err(Failure::usage)?;
        Ok(Self { socket, bound, site: Site { hosts, proxies, origins, serves, grace: deadline.grace() } })
    }
}

/// Prints what a newcomer needs to go on.
fn greet(listens: ((&Bound, Option<&Bound>), bool), places: &Places, settings: &Settings, gateway: &Gateway) {
    let text = welcome::text(listens, places, settings, &gateway.health(), gitoma_tools::suggested_alias);
    let mut stdout = std::io::stdout().lock();
    // A start without anybody at standard output is a start all the same.
    let _ = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
}
