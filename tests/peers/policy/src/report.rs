//! The figures as Markdown: a table for each size, what only Gitoma is asked, and the bars with a word for each.

use std::time::Duration;

use crate::engines::Standing;
use crate::measure::{Row, Size, quantile};
use crate::options::Options;

/// What the figures are.
pub fn preface(options: &Options, clock: Duration) -> String {
    format!(
        "- median a decision: of the medians of {} rounds of {} calls, which alternate between the engines. Calls are timed one by\n  \
         one, building the request included, from a copy made just before; reading the clock takes {} of each.\n\
         - load: the least of up to five; Gitoma from YAML, cedar from Cedar text, regorus from JSON, the others from memory.\n\
         - heap: bytes asked for by the load, without the text it reads.\n\
         - agreed: calls on which the engine says what the naive reference says, of those compared within a minute.\n",
        options.rounds,
        options.calls,
        time(clock),
    )
}

/// Prints the table of one size.
pub fn size(size: &Size) {
    println!(
        "## {} repositories, {} rules, {:.0} % of calls allowed\n",
        size.repositories, size.rules, size.allowed
    );
    println!(
        "| engine | median a decision | p99 | × floor | × Gitoma | load | live heap | peak heap | agreed |"
    );
    println!("|:--|--:|--:|--:|--:|--:|--:|--:|--:|");
    let median = |name: &str| size.rows.iter().find(|row| row.kind.name == name).map(|row| row.median);
    for row in &size.rows {
        let agreement = &row.agreement;
        println!(
            "| {} | {} | {} | {} | {} | {} | {} | {} | {}/{} |",
            row.kind.title,
            time(row.median),
            time(row.p99),
            ratio(row.median, median("floor")),
            ratio(row.median, median("gitoma")),
            time(row.load),
            mebibytes(row.heap.live),
            mebibytes(row.heap.peak),
            agreement.compared - agreement.disagreed,
            agreement.compared,
        );
    }
    println!();
    for row in &size.rows {
        if let Some(first) = &row.agreement.first {
            println!("{} disagrees with the reference, first at {first}\n", row.kind.title);
        }
    }
}

/// Prints what only Gitoma is asked, at all sizes.
pub fn extras(sizes: &mut [Size]) {
    println!("## Gitoma alone\n");
    println!(
        "| repositories | YAML text | `decide`, request built beforehand | `explain` | allocations of an allowed `decide` |"
    );
    println!("|--:|--:|--:|--:|--:|");
    for size in sizes {
        let Some(extra) = &mut size.extra else { continue };
        println!(
            "| {} | {} | {} | {} | {:.1} |",
            size.repositories,
            mebibytes(extra.text),
            time(quantile(&mut extra.decide, 0.5)),
            time(quantile(&mut extra.explain, 0.5)),
            extra.allowed.allocations as f64 / extra.allowed_calls.max(1) as f64,
        );
    }
    println!();
}

/// A bar: what is asked, what was measured (`None` if it was not), and whether that suffices.
struct Bar(String, Option<(String, bool)>);

/// Prints the bars. They were set for a machine of two cores; a slower one may miss those in absolute time.
pub fn bars(sizes: &mut [Size]) {
    println!("## Bars\n");
    println!("| bar | measured | |\n|:--|--:|:--|");
    for Bar(bar, outcome) in all_bars(sizes) {
        match outcome {
            Some((figure, true)) => println!("| {bar} | {figure} | pass |"),
            Some((figure, false)) => println!("| {bar} | {figure} | fail |"),
            None => println!("| {bar} | not run | |"),
        }
    }
}

fn all_bars(sizes: &mut [Size]) -> Vec<Bar> {
    let gitoma = |size: &Size| size.rows.iter().find(|row| row.kind.name == "gitoma").map(|row| row.median);
    let mut bars = Vec::new();
    for size in &*sizes {
        let bar = format!("at most 2 µs a decision at {}", size.repositories);
        bars.push(Bar(bar, gitoma(size).map(|median| (time(median), median <= Duration::from_micros(2)))));
    }
    let median_at =
        |repositories: usize| sizes.iter().find(|size| size.repositories == repositories).and_then(gitoma);
    let growth = median_at(10).zip(median_at(100_000)).map(|(small, large)| {
        let growth = large.as_secs_f64() / small.as_secs_f64();
        (format!("{growth:.2} ×"), growth <= 1.5)
    });
    bars.push(Bar("flat within 1.5 × from 10 to 100000".to_owned(), growth));
    let lead = |size: &Size, standing: Standing| {
        let best = size.rows.iter().filter(|row| row.kind.standing == standing).min_by_key(|row| row.median);
        gitoma(size).zip(best).map(|(ours, Row { median, kind, .. })| {
            let lead = median.as_secs_f64() / ours.as_secs_f64();
            (format!("{lead:.0} × ({})", kind.title), lead >= 30.0)
        })
    };
    for size in &*sizes {
        let bar = format!("at least 30 × faster than the best peer at {}", size.repositories);
        bars.push(Bar(bar, lead(size, Standing::Peer)));
    }
    for size in &*sizes {
        let bar = format!("the same beside a peer that the host indexes by hand at {}", size.repositories);
        bars.push(Bar(bar, lead(size, Standing::Indexed)));
    }
    let largest = sizes.iter().find(|size| size.repositories == 100_000);
    let largest = largest.and_then(|size| size.rows.iter().find(|row| row.kind.name == "gitoma"));
    let load = largest.map(|row| (time(row.load), row.load <= Duration::from_secs(3)));
    bars.push(Bar("load of 100000 repositories in at most 3 s".to_owned(), load));
    let heap = largest.map(|row| (mebibytes(row.heap.live), row.heap.live <= 300 << 20));
    bars.push(Bar("at most 300 MiB live after it".to_owned(), heap));
    for size in sizes {
        let explain = size.extra.as_mut().map(|extra| quantile(&mut extra.explain, 0.5));
        let bar = format!("at most 50 µs for `explain` at {}", size.repositories);
        bars.push(Bar(bar, explain.map(|median| (time(median), median <= Duration::from_micros(50)))));
    }
    bars
}

fn ratio(median: Duration, base: Option<Duration>) -> String {
    base.map_or_else(
        || "–".to_owned(),
        |base| {
            let ratio = median.as_secs_f64() / base.as_secs_f64();
            if ratio < 10.0 { format!("{ratio:.2}") } else { format!("{ratio:.0}") }
        },
    )
}

/// A duration with the unit that suits it.
fn time(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    match seconds {
        0.0..1e-6 => format!("{} ns", duration.as_nanos()),
        1e-6..1e-4 => format!("{:.2} µs", seconds * 1e6),
        1e-4..1e-3 => format!("{:.0} µs", seconds * 1e6),
        1e-3..1.0 => format!("{:.1} ms", seconds * 1e3),
        _ => format!("{seconds:.2} s"),
    }
}

fn mebibytes(bytes: usize) -> String {
    let mebibytes = bytes as f64 / f64::from(1 << 20);
    if mebibytes < 10.0 { format!("{mebibytes:.2} MiB") } else { format!("{mebibytes:.0} MiB") }
}
