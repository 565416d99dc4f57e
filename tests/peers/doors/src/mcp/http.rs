//! The echo over Streamable HTTP: one client that waits, then sixteen, each server on a core of its own.

use std::time::{Duration, Instant};

use super::wire::{self, Client, Era};
use crate::load::{Kind, Server};
use crate::table::Table;

const ROUNDS: usize = 10;
const CALLS: usize = 500;
const CLIENTS: usize = 16;
const LOAD_ROUNDS: usize = 5;
const LOAD: Duration = Duration::from_secs(2);

pub fn compare(table: &mut Table) -> anyhow::Result<()> {
    let ours = Server::start(Kind::Gitoma)?;
    let eras = [
        (Era::Alone, false, "without sessions (2026-07-28)"),
        (Era::Session, true, "in a session (2025-11-25)"),
    ];
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    for (era, sessions, what) in eras {
        let bare = Server::start(Kind::BareMcp { sessions })?;
        runtime.block_on(async {
            let (mut one, mut two) =
                (wire::echo(bare.address, era).await?, wire::echo(ours.address, era).await?);
            let (mut floor_timings, mut our_timings) = (Vec::new(), Vec::new());
            for round in 0..=ROUNDS {
                let (floor, own) = (timings(&mut one).await?, timings(&mut two).await?);
                if round > 0 {
                    floor_timings.extend(floor);
                    our_timings.extend(own);
                }
            }
            table.compare(
                &format!("MCP over HTTP, echo, {what}, beside bare rmcp"),
                floor_timings,
                our_timings,
            );
            let mut rounds = [const { Vec::<[f64; 2]>::new() }; 2];
            for round in 0..=LOAD_ROUNDS {
                for (server, rounds) in [&bare, &ours].into_iter().zip(&mut rounds) {
                    let measured = load(server, era).await?;
                    if round > 0 {
                        rounds.push(measured);
                    }
                }
            }
            let [floor, own] = rounds.each_ref().map(|rounds| {
                [0, 1].map(|which| {
                    let mut values: Vec<f64> = rounds.iter().map(|both| both[which]).collect();
                    values.sort_unstable_by(f64::total_cmp);
                    values[values.len() / 2]
                })
            });
            table.rates(
                &format!("the same, {CLIENTS} clients; processor time of the server a call"),
                floor,
                own,
            );
            anyhow::Ok(())
        })?;
    }
    Ok(())
}

async fn timings(client: &mut Client) -> anyhow::Result<Vec<Duration>> {
    let mut timings = Vec::with_capacity(CALLS);
    for _ in 0..CALLS {
        let start = Instant::now();
        client.call().await?;
        timings.push(start.elapsed());
    }
    Ok(timings)
}

/// Calls a second of clients that are never idle, and the processor time that the server takes for one, in microseconds.
async fn load(server: &Server, era: Era) -> anyhow::Result<[f64; 2]> {
    let mut clients = Vec::new();
    for _ in 0..CLIENTS {
        clients.push(wire::echo(server.address, era).await?);
    }
    let (start, before) = (Instant::now(), server.processor_time()?);
    let mut tasks = tokio::task::JoinSet::new();
    for mut client in clients {
        tasks.spawn(async move {
            let mut calls = 0_u64;
            while start.elapsed() < LOAD {
                client.call().await?;
                calls += 1;
            }
            anyhow::Ok(calls)
        });
    }
    let mut calls = 0;
    while let Some(done) = tasks.join_next().await {
        calls += done??;
    }
    let spent = server.processor_time()? - before;
    Ok([calls as f64 / start.elapsed().as_secs_f64(), spent.as_secs_f64() * 1e6 / calls as f64])
}
