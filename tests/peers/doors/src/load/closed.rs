//! Connections that are never idle: as soon as an answer has come, the next request goes out.

use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::Ask;
use super::reply::Reply;
use super::server::Server;

const CONNECTIONS: usize = 32;

/// How many requests were answered in how much time.
pub(crate) fn run(server: &Server, ask: Ask, time: Duration) -> anyhow::Result<(Duration, u64)> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let start = Instant::now();
        let request: std::sync::Arc<[u8]> = server.request(ask, "").into();
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..CONNECTIONS {
            let (address, request) = (server.address, std::sync::Arc::clone(&request));
            tasks.spawn(async move {
                let mut stream = TcpStream::connect(address).await?;
                stream.set_nodelay(true)?;
                let (mut reply, mut calls) = (Reply::default(), 0_u64);
                while start.elapsed() < time {
                    stream.write_all(&request).await?;
                    let status = loop {
                        anyhow::ensure!(stream.read_buf(&mut reply.bytes).await? > 0, "the server hung up");
                        if let Some(status) = reply.whole() {
                            break status;
                        }
                    };
                    reply.accept(status)?;
                    calls += 1;
                }
                anyhow::Ok(calls)
            });
        }
        let mut calls = 0;
        while let Some(done) = tasks.join_next().await {
            calls += done??;
        }
        Ok((start.elapsed(), calls))
    })
}
