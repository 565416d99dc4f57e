//! POL-10 at random: calls of every tool, good and bad, by several principals, under policies that are drawn too, through the embedded
//! interface, HTTP, MCP over lines and over HTTP, at `gitoma-http` and by itself, each in both eras, and the shell. Each door has a world of
//! its own, and all worlds begin alike: verdicts, codes, rules, messages, results and log entries must stay alike, but for where a call came
//! from, times, ids and salts; among the doors of MCP categories and what a model reads as well, and in some rounds what the log keeps of
//! arguments and results. Half of the calls are asked about first, and must then do what was said. Where a person is asked, some approve,
//! some deny, and some approve what is then asked for with other arguments.
//!
//! Not every round goes through every door. `GITOMA_PROOF_CASES` sets another number of calls, all of which are asked about, and go through
//! all doors; `GITOMA_PROOF_SEED` draws what a failure has shown.

mod calls;
mod compare;
mod draw;
mod limited;
mod plain;
mod policies;
mod smallest;
mod values;
mod world;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use gitoma_core::ToolSpec;

use calls::Call;
use compare::Tally;
use draw::Draw;
use policies::Policy;
use world::{Kind, Terms};

use super::doors::{Era, Place};

/// Calls of one round, which share a policy and what earlier calls did to the world.
const CALLS: usize = 100;
/// Calls in all, unless said otherwise.
const ALL: usize = 10_000;
/// One round in so many goes through every door that is no process, and one through the shell as well, which starts one for each call.
const MORE: usize = 8;
const SHELL: usize = 50;

const EVERY_DOOR: &[Kind] = &[
    Kind::Embedded,
    Kind::Http,
    Kind::Lines(Era::Session),
    Kind::Lines(Era::Alone),
    Kind::Streamable(Place::Beside, Era::Session),
    Kind::Streamable(Place::Beside, Era::Alone),
    Kind::Streamable(Place::ByItself, Era::Session),
    Kind::Streamable(Place::ByItself, Era::Alone),
    Kind::Shell,
];
/// All but the shell.
const MORE_DOORS: &[Kind] = EVERY_DOOR.split_at(EVERY_DOOR.len() - 1).0;
/// One round in two has the one, and one the other.
const DOORS: [&[Kind]; 2] = [
    &[Kind::Embedded, Kind::Http, Kind::Lines(Era::Session)],
    &[Kind::Embedded, Kind::Http, Kind::Lines(Era::Alone)],
];

/// Calls under one policy.
#[derive(Debug, Clone)]
struct Round {
    terms: Terms,
    doors: &'static [Kind],
    calls: Vec<Call>,
}

impl Round {
    fn draw(seed: u64, tools: &[ToolSpec], doors: &'static [Kind]) -> Self {
        let mut draw = Draw::new(seed);
        let terms = Terms {
            policy: Policy::draw(&mut draw),
            write_mode: draw.percent(75),
            direct_writes: draw.percent(60),
            keeps_texts: draw.percent(20),
            limits: "",
        };
        let calls = (0..CALLS).map(|_| Call::draw(&mut draw, tools)).collect();
        Self { terms, doors, calls }
    }
}

fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name} must be a number")))
}

#[test]
fn every_door_decides_alike_whatever_is_asked() {
    let asked = setting("GITOMA_PROOF_CASES");
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let seed = setting("GITOMA_PROOF_SEED").unwrap_or(since.as_secs());
    let rounds = asked.map_or(ALL, |calls| usize::try_from(calls).unwrap()).div_ceil(CALLS);
    let template = world::template();
    let tools = world::tools(template.path());
    let (next, tally) = (AtomicUsize::new(0), Tally::default());
    let work = || {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= rounds {
                return;
            }
            let doors = match number {
                _ if asked.is_some() || number % SHELL == 0 => EVERY_DOOR,
                _ if number % MORE == 0 => MORE_DOORS,
                _ => DOORS[number % 2],
            };
            let own = seed.wrapping_add(number as u64);
            let mut round = Round::draw(own, &tools, doors);
            round.calls.iter_mut().for_each(|call| call.asked |= asked.is_some());
            if let Err(difference) = compare::run(&round, template.path(), &tally) {
                let found = smallest::of(round, difference, template.path());
                let all = if asked.is_some() { " GITOMA_PROOF_CASES=100" } else { "" };
                panic!("GITOMA_PROOF_SEED={own}{all} (its first round):\n{found}");
            }
        }
    };
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        // One failure says enough; the others are let finish.
        workers
            .into_iter()
            .for_each(|worker| worker.join().unwrap_or_else(|fault| std::panic::resume_unwind(fault)));
    });
    tally.assert_wide(rounds * CALLS);
}
