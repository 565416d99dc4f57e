//! Gitoma's audit log beside rusqlite, redb, fjall and a bare file: durable appends of entries of one size, by one caller and by
//! many, on one disk in one run. Rounds alternate between them, so that noise hits all alike; a figure is the median of the
//! rounds, a ratio the median of the rounds' ratios. The output is Markdown. Checkpoints are made every second, ten times as often as
//! by default, so a round must be longer than a second to see one.
//!
//! `cargo run --release -p gitoma-peers-audit [-- ROUNDS [MILLISECONDS]]`

mod group;
mod stores;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use group::Group;
use stores::{Bare, ENTRY, FjallStore, RedbStore, Sqlite, Store};

const CALLERS: [usize; 3] = [1, 8, 64];
const TITLES: [&str; 8] = [
    "bare file, write + fdatasync",
    "**gitoma**, threads",
    "**gitoma**, threads, checkpoints",
    "**gitoma**, futures",
    "**gitoma**, futures, checkpoints",
    "rusqlite, WAL, FULL",
    "redb, Immediate",
    "fjall, SyncData",
];

/// Runs `append` in so many threads for a while; returns entries a second.
fn threads(
    callers: usize,
    time: Duration,
    append: impl Fn() -> anyhow::Result<()> + Sync,
) -> anyhow::Result<f64> {
    let begin = Instant::now();
    let count = std::thread::scope(|scope| {
        let running: Vec<_> = (0..callers)
            .map(|_| {
                scope.spawn(|| {
                    let mut count = 0_u64;
                    while begin.elapsed() < time {
                        append()?;
                        count += 1;
                    }
                    anyhow::Ok(count)
                })
            })
            .collect();
        running.into_iter().try_fold(0, |sum, thread| match thread.join() {
            Ok(count) => anyhow::Ok(sum + count?),
            Err(_) => anyhow::bail!("a caller panicked"),
        })
    })?;
    Ok(count as f64 / begin.elapsed().as_secs_f64())
}

fn store<S: Store>(store: S, callers: usize, time: Duration) -> anyhow::Result<f64> {
    let group = Group::new(store);
    threads(callers, time, || group.append(vec![b'x'; ENTRY]))
}

fn blocking(folder: &Path, callers: usize, time: Duration, signed: bool) -> anyhow::Result<f64> {
    let log = stores::gitoma(folder, signed)?;
    let measured = threads(callers, time, || Ok(log.refused_blocking(stores::entry()).map(drop)?))?;
    drop(log);
    let report = gitoma_audit::verify(&folder.join("audit"))?;
    anyhow::ensure!(report.verdict == gitoma_audit::Verdict::Intact, "the log is not intact");
    Ok(measured)
}

fn futures(folder: &Path, callers: usize, time: Duration, signed: bool) -> anyhow::Result<f64> {
    let log = Arc::new(stores::gitoma(folder, signed)?);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build()?;
    let (count, begin) = (Arc::new(AtomicU64::new(0)), Instant::now());
    let tasks: Vec<_> = (0..callers)
        .map(|_| {
            let (log, count) = (Arc::clone(&log), Arc::clone(&count));
            runtime.spawn(async move {
                while begin.elapsed() < time {
                    log.refused(stores::entry()).await?;
                    count.fetch_add(1, Ordering::Relaxed);
                }
                anyhow::Ok(())
            })
        })
        .collect();
    for task in tasks {
        runtime.block_on(task)??;
    }
    Ok(count.load(Ordering::Relaxed) as f64 / begin.elapsed().as_secs_f64())
}

/// What the disk takes if nothing is in the way: so many entries with one sync.
fn limit(folder: &Path, callers: usize, time: Duration) -> anyhow::Result<f64> {
    let mut bare = Bare::open(folder)?;
    let batch = vec![vec![b'x'; ENTRY]; callers];
    Ok(threads_of_one(time, || bare.commit(&batch))? * callers as f64)
}

fn threads_of_one(time: Duration, mut commit: impl FnMut() -> anyhow::Result<()>) -> anyhow::Result<f64> {
    let (begin, mut count) = (Instant::now(), 0_u64);
    while begin.elapsed() < time {
        commit()?;
        count += 1;
    }
    Ok(count as f64 / begin.elapsed().as_secs_f64())
}

fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<_> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// One figure for each title, and the limit behind them. Which of two that differ by checkpoints alone comes first alternates.
fn round(place: &Path, callers: usize, time: Duration, number: usize) -> anyhow::Result<[f64; 9]> {
    let folder = || tempfile::tempdir_in(place);
    let pair = |measure: fn(&Path, usize, Duration, bool) -> anyhow::Result<f64>| {
        let mut pair = [0.0; 2];
        for turn in [number % 2, (number + 1) % 2] {
            pair[turn] = measure(folder()?.path(), callers, time, turn == 1)?;
        }
        anyhow::Ok(pair)
    };
    let bare = store(Bare::open(folder()?.path())?, callers, time)?;
    let [threads, threads_signed] = pair(blocking)?;
    let [tasks, tasks_signed] = pair(futures)?;
    let folders = [folder()?, folder()?, folder()?, folder()?];
    let [sqlite, redb, fjall, batch] = folders.each_ref().map(tempfile::TempDir::path);
    Ok([
        bare,
        threads,
        threads_signed,
        tasks,
        tasks_signed,
        store(Sqlite::open(sqlite)?, callers, time)?,
        store(RedbStore::open(redb)?, callers, time)?,
        store(FjallStore::open(fjall)?, callers, time)?,
        limit(batch, callers, time)?,
    ])
}

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let rounds: usize = arguments.next().map_or(Ok(7), |rounds| rounds.parse())?;
    let time = Duration::from_millis(arguments.next().map_or(Ok(500), |time| time.parse())?);
    // the usual folder for temporary files may be in memory
    let place = std::env::current_exe()?.parent().map(Path::to_owned).unwrap_or_default();
    println!(
        "Durable appends of {ENTRY} bytes, {rounds} rounds of {time:?} each; entries a second, and times the bare file.\n"
    );
    let measured = CALLERS
        .iter()
        .map(|callers| {
            (0..rounds)
                .map(|number| round(&place, *callers, time, number))
                .collect::<anyhow::Result<Vec<_>>>()
        })
        .collect::<anyhow::Result<Vec<_>>>()?;
    println!("| | 1 caller | 8 callers | 64 callers |\n|:--|--:|--:|--:|");
    let limit_title = "bare file, all callers in one write and sync";
    for (row, title) in TITLES.iter().chain([&limit_title]).enumerate() {
        let cells = measured.iter().map(|rounds| {
            let figure = median(rounds.iter().filter_map(|round| round.get(row).copied()));
            let ratio =
                median(rounds.iter().map(|round| round.get(row).map_or(f64::NAN, |it| it / round[0])));
            format!("{figure:.0} ({ratio:.2})")
        });
        println!("| {title} | {} |", cells.collect::<Vec<_>>().join(" | "));
    }
    println!("\n| bar | measured | |\n|:--|--:|:--|");
    let against =
        |callers: usize, other: usize| median(measured[callers].iter().map(|round| round[1] / round[other]));
    let best = median(measured[2].iter().map(|round| round[1] / round[5].max(round[6]).max(round[7])));
    let signed = |callers: usize, with: usize| {
        median(measured[callers].iter().map(|round| round[with] / round[with - 1]))
    };
    for (bar, measured, least) in [
        ("1 caller: at least 0.9 of the bare file", against(0, 0), 0.9),
        ("8 callers: at least rusqlite", against(1, 5), 1.0),
        ("64 callers: at least the best store", best, 1.0),
        ("1 caller, threads: checkpoints leave at least 0.95", signed(0, 2), 0.95),
        ("8 callers, threads: checkpoints leave at least 0.95", signed(1, 2), 0.95),
        ("64 callers, threads: checkpoints leave at least 0.95", signed(2, 2), 0.95),
        ("1 caller, futures: checkpoints leave at least 0.95", signed(0, 4), 0.95),
        ("8 callers, futures: checkpoints leave at least 0.95", signed(1, 4), 0.95),
        ("64 callers, futures: checkpoints leave at least 0.95", signed(2, 4), 0.95),
    ] {
        println!("| {bar} | {measured:.2} | {} |", if measured >= least { "met" } else { "missed" });
    }
    Ok(())
}
