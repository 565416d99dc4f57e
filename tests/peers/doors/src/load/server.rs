//! A server in a process of its own on a core of its own: this very program, started again.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tokio::net::TcpListener;

use super::Ask;
use crate::{echo, floors};

/// Which server.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Bare,
    Gitoma,
    /// As `Gitoma`, with limits that count, behind a proxy on this machine that it trusts.
    GitomaBehindProxy,
    /// rmcp alone, in sessions or without.
    BareMcp {
        sessions: bool,
    },
}

impl Kind {
    const ALL: [(&str, Self); 5] = [
        ("serve-bare-mcp-http-sessions", Self::BareMcp { sessions: true }),
        ("serve-bare-mcp-http", Self::BareMcp { sessions: false }),
        ("serve-bare-http", Self::Bare),
        ("serve-gitoma-http", Self::Gitoma),
        ("serve-gitoma-http-behind-proxy", Self::GitomaBehindProxy),
    ];

    /// What the argument of the program says.
    pub(crate) fn named(argument: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(name, _)| *name == argument).map(|(_, kind)| kind)
    }

    fn name(self) -> &'static str {
        Self::ALL.into_iter().find(|(_, kind)| *kind == self).map(|(name, _)| name).unwrap_or_default()
    }
}

/// A running server; dropping it ends it.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
    /// What it leaves behind is thrown away with it.
    _place: tempfile::TempDir,
}

impl Server {
    pub(crate) fn start(kind: Kind) -> anyhow::Result<Self> {
        pin(1)?;
        let place = tempfile::tempdir()?;
        let mut child = Command::new(std::env::current_exe()?)
            .arg(kind.name())
            .env("TMPDIR", place.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("piped")).read_line(&mut line)?;
        Ok(Self { child, address: line.trim().parse()?, _place: place })
    }

    /// One request, with headers and all.
    pub(crate) fn request(&self, ask: Ask, more_headers: &str) -> Vec<u8> {
        let (path, body) = match ask {
            Ask::Call => ("/api/v1/tools/echo", r#"{"arguments":{"text":"hello, gateway"}}"#),
            Ask::Decide => ("/api/v1/decide", r#"{"tool":"echo","arguments":{"text":"hello, gateway"}}"#),
        };
        format!(
            "POST {path} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\n{more_headers}Content-Length: {}\r\n\r\n{body}",
            self.address,
            echo::TOKEN,
            body.len()
        )
        .into_bytes()
    }

    /// What the process has used so far, in steps of 10 ms.
    pub(crate) fn processor_time(&self) -> anyhow::Result<Duration> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        let behind_name = stat.rsplit_once(')').map(|(_, rest)| rest).unwrap_or_default();
        let ticks = behind_name.split_whitespace().skip(11).take(2).map(str::parse::<u64>);
        Ok(Duration::from_millis(ticks.sum::<Result<u64, _>>()? * 10))
    }

    /// Resident memory in KiB.
    pub(crate) fn resident(&self) -> anyhow::Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let row = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
        Ok(row.trim().trim_end_matches(" kB").parse()?)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// `/mcp`, as `gitoma-http` mounts it.
fn mounted(gateway: &gitoma_core::Gateway) -> gitoma_http::Mounted {
    let endpoint = gitoma_mcp::Endpoint::new(gateway.clone(), gitoma_mcp::Bounds::default());
    gitoma_http::Mounted::new(gitoma_mcp::PATH, move |sender: gitoma_http::Sender, request| {
        let endpoint = endpoint.clone();
        let visitor = gitoma_mcp::Visitor { credential: sender.credential, peer: sender.peer };
        async move { endpoint.answer(visitor, request).await }
    })
}

/// Keeps this process, and what it starts, to one core.
fn pin(core: usize) -> anyhow::Result<()> {
    let mut set = rustix::thread::CpuSet::new();
    set.set(core);
    Ok(rustix::thread::sched_setaffinity(None, &set)?)
}

/// The child's side: prints the address, and serves until its standard input ends.
pub fn serve(kind: Kind) -> anyhow::Result<()> {
    pin(0)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let state = tempfile::tempdir()?;
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let bare = match kind {
            Kind::Bare => Some(floors::bare_router()),
            Kind::BareMcp { sessions } => Some(floors::bare_mcp_router(sessions)),
            Kind::Gitoma | Kind::GitomaBehindProxy => None,
        };
        if let Some(router) = bare {
            tokio::spawn(async move {
                use axum::serve::ListenerExt as _;
                let listener = listener.tap_io(|stream| {
                    let _ = stream.set_nodelay(true);
                });
                axum::serve(listener, router).await
            });
        } else {
            echo::begin_log()?;
            let behind_proxy = kind == Kind::GitomaBehindProxy;
            let limits = if behind_proxy { echo::limits() } else { echo::unlimited() };
            let gateway =
                echo::gateway(state.path(), Vec::new(), limits).map_err(anyhow::Error::from_boxed)?;
            let hosts = gitoma_http::AllowedHosts::new(Some(address), &[])?;
            let proxies: &[String] = if behind_proxy { &["127.0.0.1/32".to_owned()] } else { &[] };
            let site = gitoma_http::Site {
                hosts,
                proxies: gitoma_http::TrustedProxies::new(proxies)?,
                origins: gitoma_http::Origins::default(),
                serves: gitoma_http::Serving::Everything,
                grace: std::time::Duration::from_secs(10),
            };
            let socket = gitoma_http::Socket::Tcp(listener);
            let mounted = [mounted(&gateway)];
            tokio::spawn(async move {
                gitoma_http::serve_with(socket, gateway, site, &mounted, std::future::pending()).await
            });
        }
        println!("{address}");
        std::io::stdout().flush()?;
        tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new())).await??;
        Ok(())
    })
}
