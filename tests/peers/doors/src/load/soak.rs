//! Memory under load that does not end: resident memory of the server while it answers as fast as it can, and over a million origins.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::time::{Duration, Instant};

use super::reply::Reply;
use super::server::{Kind, Server};
use super::{Ask, closed};

/// How many origins there are beneath one another.
const ORIGINS: u32 = 1_000_000;
const STEPS: u32 = 10;

/// Prints resident memory once a tenth of `time` passes at full load, then over a million origins.
pub fn soak(time: Duration) -> anyhow::Result<()> {
    let server = Server::start(Kind::Gitoma)?;
    println!("| full load for | calls | resident |");
    println!("|---|---|---|");
    let (start, mut calls) = (Instant::now(), 0);
    for _ in 0..STEPS {
        calls += closed::run(&server, Ask::Call, time / STEPS)?.1;
        let resident = server.resident()? as f64 / 1024.0;
        println!("| {:.0} s | {calls} | {resident:.1} MiB |", start.elapsed().as_secs_f64());
    }
    drop(server);

    let server = Server::start(Kind::GitomaBehindProxy)?;
    println!("\n| origins | resident |");
    println!("|---|---|");
    println!("| 0 | {:.1} MiB |", server.resident()? as f64 / 1024.0);
    for step in 0..STEPS {
        origins(&server, step * (ORIGINS / STEPS), ORIGINS / STEPS)?;
        println!("| {} | {:.1} MiB |", (step + 1) * (ORIGINS / STEPS), server.resident()? as f64 / 1024.0);
    }
    Ok(())
}

/// One request each from `count` addresses, told by the proxy that this is. Whether they are refused does not matter here.
fn origins(server: &Server, first: u32, count: u32) -> anyhow::Result<()> {
    /// Requests sent before answers are read.
    const BATCH: u32 = 16;
    let mut stream = TcpStream::connect(server.address)?;
    stream.set_nodelay(true)?;
    let (mut reply, mut chunk) = (Reply::default(), [0; 65_536]);
    for batch in 0..count / BATCH {
        let mut requests = Vec::new();
        for index in 0..BATCH {
            // 32.0.0.0/3 and up: public addresses, none of which is ever sent anything
            let address = Ipv4Addr::from_bits(0x2000_0000 + first + batch * BATCH + index);
            requests.extend(server.request(Ask::Call, &format!("X-Forwarded-For: {address}\r\n")));
        }
        stream.write_all(&requests)?;
        let mut answers = 0;
        while answers < BATCH {
            let bytes = stream.read(&mut chunk)?;
            anyhow::ensure!(bytes > 0, "the server hung up");
            reply.bytes.extend_from_slice(&chunk[..bytes]);
            while reply.whole().is_some() {
                reply.next();
                answers += 1;
            }
        }
    }
    Ok(())
}
