//! Requests that are due whatever became of those before. One thread that never sleeps, since a timer wakes too late for microseconds.

use std::collections::VecDeque;
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use super::Ask;
use super::reply::Reply;
use super::server::Server;

/// More requests than these under way wait, and their time counts.
const CONNECTIONS: usize = 128;

struct Connection {
    stream: TcpStream,
    reply: Reply,
    /// When the request under way was due.
    due: Instant,
}

/// The latencies of requests at `rate` a second, whose moments are drawn from `seed`.
pub(crate) fn run(
    server: &Server,
    ask: Ask,
    rate: f64,
    time: Duration,
    seed: u64,
) -> anyhow::Result<Vec<Duration>> {
    let request = server.request(ask, "");
    let mut idle = Vec::with_capacity(CONNECTIONS);
    for _ in 0..CONNECTIONS {
        let stream = TcpStream::connect(server.address)?;
        stream.set_nodelay(true)?;
        stream.set_nonblocking(true)?;
        idle.push(Connection { stream, reply: Reply::default(), due: Instant::now() });
    }
    let mut busy: Vec<Connection> = Vec::with_capacity(CONNECTIONS);
    let mut waiting = VecDeque::new();
    let mut latencies = Vec::with_capacity((rate * time.as_secs_f64()) as usize + 1024);
    let mut dice = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut chunk = [0; 4096];
    let start = Instant::now();
    let mut next = start;
    loop {
        let now = Instant::now();
        while next <= now && next < start + time {
            waiting.push_back(next);
            next += Duration::from_secs_f64(-uniform(&mut dice).ln() / rate);
        }
        while let (Some(due), true) = (waiting.front().copied(), !idle.is_empty()) {
            waiting.pop_front();
            let Some(mut connection) = idle.pop() else { break };
            connection.due = due;
            connection.stream.write_all(&request)?;
            busy.push(connection);
        }
        let mut index = 0;
        while index < busy.len() {
            let connection = &mut busy[index];
            match connection.stream.read(&mut chunk) {
                Ok(0) => anyhow::bail!("the server hung up"),
                Ok(bytes) => connection.reply.bytes.extend_from_slice(&chunk[..bytes]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => return Err(error.into()),
            }
            if let Some(status) = connection.reply.whole() {
                latencies.push(connection.due.elapsed());
                connection.reply.accept(status)?;
                idle.push(busy.swap_remove(index));
            } else {
                index += 1;
            }
        }
        if next >= start + time && busy.is_empty() && waiting.is_empty() {
            return Ok(latencies);
        }
        anyhow::ensure!(start.elapsed() < time * 4, "the server does not keep up with {rate:.0} requests/s");
    }
}

/// A number in (0, 1], by xorshift: good enough for moments.
fn uniform(state: &mut u64) -> f64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    ((*state >> 11) + 1) as f64 / (1_u64 << 53) as f64
}
