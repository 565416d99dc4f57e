//! HTTP over loopback with one kept connection: the same request to a bare axum server and to the gateway.

use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::table::Table;
use crate::{echo, floors};

const ROUNDS: usize = 10;
const CALLS: usize = 500;

struct Client {
    stream: TcpStream,
    request: Vec<u8>,
    buffer: Vec<u8>,
}

impl Client {
    async fn connect(address: std::net::SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let body = r#"{"arguments":{"text":"hello, gateway"}}"#;
        let request = format!(
            "POST /api/v1/tools/echo HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            echo::TOKEN,
            body.len()
        );
        Ok(Self { stream, request: request.into_bytes(), buffer: Vec::with_capacity(4096) })
    }

    async fn call(&mut self) -> anyhow::Result<()> {
        self.stream.write_all(&self.request).await?;
        self.buffer.clear();
        // Both servers answer in one piece that ends in `}`.
        while self.buffer.last() != Some(&b'}') {
            anyhow::ensure!(self.stream.read_buf(&mut self.buffer).await? > 0, "the server hung up");
        }
        anyhow::ensure!(
            self.buffer.starts_with(b"HTTP/1.1 200"),
            "{}",
            String::from_utf8_lossy(&self.buffer)
        );
        Ok(())
    }

    async fn round(&mut self) -> anyhow::Result<Vec<Duration>> {
        let mut timings = Vec::with_capacity(CALLS);
        for _ in 0..CALLS {
            let start = Instant::now();
            self.call().await?;
            timings.push(start.elapsed());
        }
        Ok(timings)
    }
}

pub fn compare(table: &mut Table) -> anyhow::Result<()> {
    // The servers have a runtime of their own, so that the client does not share their threads.
    let servers = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let client = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let state = tempfile::tempdir()?;
    let (bare, ours) = servers.block_on(async {
        let bare = TcpListener::bind("127.0.0.1:0").await?;
        let ours = TcpListener::bind("127.0.0.1:0").await?;
        let addresses = (bare.local_addr()?, ours.local_addr()?);
        let gateway =
            echo::gateway(state.path(), Vec::new(), echo::unlimited()).map_err(anyhow::Error::from_boxed)?;
        let hosts = gitoma_http::AllowedHosts::new(Some(addresses.1), &[])?;
        let site = gitoma_http::Site {
            hosts,
            proxies: gitoma_http::TrustedProxies::default(),
            origins: gitoma_http::Origins::default(),
            serves: gitoma_http::Serving::Everything,
            grace: std::time::Duration::from_secs(10),
        };
        let socket = gitoma_http::Socket::Tcp(ours);
        tokio::spawn(gitoma_http::serve(socket, gateway, site, std::future::pending()));
        tokio::spawn(async move {
            use axum::serve::ListenerExt as _;
            let bare = bare.tap_io(|stream| {
                let _ = stream.set_nodelay(true);
            });
            axum::serve(bare, floors::bare_router()).await
        });
        anyhow::Ok(addresses)
    })?;
    let (floor_timings, our_timings) = client.block_on(async {
        let (mut bare, mut ours) = (Client::connect(bare).await?, Client::connect(ours).await?);
        let (mut floor_timings, mut our_timings) = (Vec::new(), Vec::new());
        bare.round().await?;
        ours.round().await?;
        for _ in 0..ROUNDS {
            floor_timings.extend(bare.round().await?);
            our_timings.extend(ours.round().await?);
        }
        anyhow::Ok((floor_timings, our_timings))
    })?;
    table.compare("HTTP, echo, beside bare axum", floor_timings, our_timings);
    Ok(())
}
