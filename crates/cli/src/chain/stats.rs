//! `gitoma-audit stats`: what a log amounts to in numbers, and when it happened.

mod count;
mod durations;
mod text;

use std::path::Path;

use gitoma_audit::Reader;

use self::count::Stats;
use super::{
    UNKNOWN,
    arguments::StatsArguments,
    calls::Calls,
    explained,
    listing::{gravest, unreadable},
};
use crate::console::Console;
use crate::failure::Failure;

pub(super) fn run(arguments: &StatsArguments, console: &Console) -> Result<u8, Failure> {
    let mut stats = Stats::default();
    let mut codes = Vec::new();
    for directory in &arguments.directories {
        codes.push(count(directory, arguments, &mut stats, console));
    }
    if arguments.json {
        console.json(&stats.report())?;
    } else {
        console.show(&text::text(&stats.report()))?;
    }
    Ok(gravest(codes))
}

/// Counts what is in `directory`; the answer is the exit code it amounts to.
fn count(directory: &Path, arguments: &StatsArguments, stats: &mut Stats, console: &Console) -> u8 {
    let reader = match Reader::open(directory) {
        Ok(reader) => reader,
        Err(error) => {
            console.tell(&format!("error: {}: {}", directory.display(), explained(&error)));
            return UNKNOWN;
        }
    };
    let (mut calls, mut code) = (Calls::default(), 0);
    for entry in reader {
        match entry {
            Ok(entry) => calls.with(entry, |entry, intent| {
                if arguments.filter.wants(entry, intent) {
                    stats.take(entry, intent);
                }
            }),
            Err(error) => code = gravest([code, unreadable(&error, console)]),
        }
    }
    code
}
