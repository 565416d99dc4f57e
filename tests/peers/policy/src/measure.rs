//! One size: every engine is loaded, compared with the reference, and timed. Rounds alternate between the engines, so
//! that noise hits all alike; a figure is the median of the rounds' medians.

use std::hint::black_box;
use std::time::{Duration, Instant};

use crate::agreement::{self, Agreement};
use crate::engines::gitoma::{self, Extra};
use crate::engines::{Engine, Kind};
use crate::generate;
use crate::heap::{self, Heap};
use crate::options::Options;

/// What is known of one engine at one size.
pub struct Row {
    pub kind: &'static Kind,
    /// Median time per decision.
    pub median: Duration,
    /// The time that 99 of 100 decisions stay within.
    pub p99: Duration,
    pub load: Duration,
    pub heap: Heap,
    pub agreement: Agreement,
}

/// All that is known at one size.
pub struct Size {
    pub repositories: usize,
    pub rules: usize,
    /// How many of a hundred timed calls are allowed.
    pub allowed: f64,
    pub rows: Vec<Row>,
    /// Present when Gitoma takes part.
    pub extra: Option<Extra>,
}

struct Loaded {
    engine: Box<dyn Engine>,
    row: Row,
    medians: Vec<Duration>,
    timings: Vec<Duration>,
}

/// Loads are repeated up to this often, and the least is taken: a machine that is shared can only make one slower.
const LOADS: usize = 5;

/// No load is repeated once the loads of an engine have taken so long.
const LOADING: Duration = Duration::from_secs(10);

pub fn size(repositories: usize, options: &Options) -> anyhow::Result<Size> {
    let policy = generate::policy(repositories);
    let calls = generate::calls(&policy, options.compared, 1);
    let timed = generate::calls(&policy, options.rounds * options.calls, 2);
    let reference = agreement::reference(&policy, &calls);
    let allowed =
        reference.iter().filter(|answer| answer.allowed).count() as f64 / calls.len() as f64 * 100.0;

    let mut engines = Vec::new();
    for kind in &options.engines {
        eprintln!("{repositories} repositories: loading {}", kind.title);
        let load = (kind.prepare)(&policy)?;
        let mut loads: Vec<Duration> = Vec::new();
        while loads.is_empty() || (loads.len() < LOADS && loads.iter().sum::<Duration>() < LOADING) {
            let start = Instant::now();
            let engine = load()?;
            loads.push(start.elapsed());
            drop(engine);
        }
        let (engine, heap) = heap::count(&load);
        let mut engine = engine?;
        let agreement = agreement::compare(&mut *engine, &calls, &reference);
        let (median, p99) = (Duration::ZERO, Duration::ZERO);
        let row = Row { kind, median, p99, load: quantile(&mut loads, 0.0), heap, agreement };
        engines.push(Loaded { engine, row, medians: Vec::new(), timings: Vec::new() });
    }

    eprintln!("{repositories} repositories: timing {} rounds", options.rounds);
    for (round, calls) in timed.chunks(options.calls).enumerate() {
        let first = round % engines.len();
        engines.rotate_left(first);
        for loaded in &mut engines {
            let mut timings: Vec<Duration> = calls
                .iter()
                .map(|call| {
                    // A service has just read the call from somewhere. Without the copy, a large policy would also be
                    // charged for the bench's list of calls, which it pushes out of the cache.
                    let call = call.clone();
                    let start = Instant::now();
                    black_box(loaded.engine.decide(black_box(&call)));
                    start.elapsed()
                })
                .collect();
            loaded.medians.push(quantile(&mut timings, 0.5));
            loaded.timings.append(&mut timings);
        }
        engines.rotate_right(first);
    }
    let rows: Vec<Row> = engines
        .into_iter()
        .map(|mut loaded| {
            let (median, p99) = (quantile(&mut loaded.medians, 0.5), quantile(&mut loaded.timings, 0.99));
            Row { median, p99, ..loaded.row }
        })
        .collect();
    let gitoma = rows.iter().any(|row| row.kind.name == "gitoma");
    let extra = gitoma.then(|| gitoma::extra(&policy, &timed)).transpose()?;
    Ok(Size { repositories, rules: policy.rules(), allowed, rows, extra })
}

/// What reading the clock adds to every timing.
pub fn clock() -> Duration {
    let mut timings: Vec<Duration> = (0..10_000).map(|_| Instant::now().elapsed()).collect();
    quantile(&mut timings, 0.5)
}

/// The value below which `share` of the timings lie.
pub fn quantile(timings: &mut [Duration], share: f64) -> Duration {
    timings.sort_unstable();
    timings[((timings.len() - 1) as f64 * share) as usize]
}
