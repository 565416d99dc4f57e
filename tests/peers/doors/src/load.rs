//! HTTP under load: the gateway with everything on beside a bare axum echo, each a child process with one core to itself, while
//! the client has the other. Throughput is asked for with 32 connections that are never idle. Latency is measured open-loop: requests
//! are due at random moments of a fixed rate whatever became of those before, and a latency counts from when its request was due, so that
//! a stall is felt by all that it kept waiting (no coordinated omission).

mod closed;
mod open;
mod reply;
mod server;
mod soak;

use std::time::Duration;

use crate::table::quantile;
pub(crate) use server::{Kind, Server, serve};
pub use soak::soak;

/// How often each server is measured; rounds alternate.
const ROUNDS: usize = 5;
const CLOSED: Duration = Duration::from_secs(3);
const OPEN: Duration = Duration::from_secs(5);
/// Rounds at the begin of each measurement that do not count.
const WARM_UP: Duration = Duration::from_secs(1);

/// What is asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ask {
    Call,
    Decide,
}

/// Prints the table for docs/performance.md.
pub fn compare() -> anyhow::Result<()> {
    let (bare, ours) = (Server::start(Kind::Bare)?, Server::start(Kind::Gitoma)?);
    let subjects = [(&bare, Ask::Call), (&ours, Ask::Call), (&ours, Ask::Decide)];
    let mut rates = [const { Vec::<f64>::new() }; 3];
    let mut costs = [const { Vec::<f64>::new() }; 3];
    for round in 0..=ROUNDS {
        for (index, (server, ask)) in subjects.into_iter().enumerate() {
            let before = server.processor_time()?;
            let (time, calls) = closed::run(server, ask, if round == 0 { WARM_UP } else { CLOSED })?;
            let spent = server.processor_time()? - before;
            if round > 0 {
                rates[index].push(calls as f64 / time.as_secs_f64());
                costs[index].push(spent.as_secs_f64() * 1e6 / calls as f64);
            }
        }
    }
    let [floor, call, decide] = rates.each_mut().map(|rates| median(rates));
    let [floor_cost, call_cost, decide_cost] = costs.each_mut().map(|costs| median(costs));
    println!("| under full load, one core | requests/s | of bare axum's | processor time a request |");
    println!("|---|---|---|---|");
    for (what, rate, cost) in [
        ("bare axum, echo", floor, floor_cost),
        ("a call", call, call_cost),
        ("`decide`", decide, decide_cost),
    ] {
        println!("| {what} | {rate:.0} | {:.0} % | {cost:.1} µs |", rate / floor * 100.0);
    }

    let rate = call / 2.0;
    let mut latencies = [const { Vec::<[Duration; 2]>::new() }; 2];
    for round in 0..=ROUNDS {
        for (index, server) in [&bare, &ours].into_iter().enumerate() {
            let time = if round == 0 { WARM_UP } else { OPEN };
            let mut timings = open::run(server, Ask::Call, rate, time, round as u64)?;
            if round > 0 {
                latencies[index].push([quantile(&mut timings, 0.5), quantile(&mut timings, 0.99)]);
            }
        }
    }
    let at = |index: usize, which: usize| {
        let mut values: Vec<f64> =
            latencies[index].iter().map(|both| both[which].as_secs_f64() * 1e6).collect();
        median(&mut values)
    };
    println!("\n| open loop, {rate:.0} requests/s (half of what a call sustains) | p50 | p99 |");
    println!("|---|---|---|");
    println!("| bare axum, echo | {:.1} µs | {:.1} µs |", at(0, 0), at(0, 1));
    println!("| a call | {:.1} µs | {:.1} µs |", at(1, 0), at(1, 1));
    println!("| added | {:+.1} µs | {:+.1} µs |", at(1, 0) - at(0, 0), at(1, 1) - at(0, 1));
    Ok(())
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values[values.len() / 2]
}
