//! Gitoma's policy engine beside cedar-policy, regorus and casbin, a naive reference and a floor: the same policy and the
//! same calls, in one run on one machine, on one thread. How each says the policy stands beside its engine; the output is
//! Markdown. Calls are spread evenly over all repositories, so that at 100,000 of them nearly every one finds its
//! repository in no cache: the hardest case for whatever is keyed by repository, and the same for all.
//!
//! `cargo run --release -p gitoma-peers-policy`; `--help` says what can be chosen.

mod agreement;
mod engines;
mod generate;
mod heap;
mod measure;
mod options;
mod random;
mod report;
mod workload;
mod yaml;

use std::process::ExitCode;

use options::{Options, USAGE};

#[global_allocator]
static ALLOCATOR: heap::Counting = heap::Counting;

fn main() -> anyhow::Result<ExitCode> {
    let Some(options) = Options::parse(std::env::args().skip(1))? else {
        println!("{USAGE}");
        return Ok(ExitCode::SUCCESS);
    };
    let sound = if options.self_test { self_test(&options)? } else { bench(&options)? };
    Ok(if sound { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Whether all engines agree with the reference.
fn bench(options: &Options) -> anyhow::Result<bool> {
    println!("{}", report::preface(options, measure::clock()));
    let mut sizes = Vec::new();
    for repositories in &options.repositories {
        let size = measure::size(*repositories, options)?;
        report::size(&size);
        sizes.push(size);
    }
    report::extras(&mut sizes);
    report::bars(&mut sizes);
    Ok(sizes.iter().flat_map(|size| &size.rows).all(|row| row.agreement.disagreed == 0))
}

/// Whether every engine agrees with the reference, and with none that reads a changed policy.
fn self_test(options: &Options) -> anyhow::Result<bool> {
    let (policy, calls) = agreement::self_test_workload();
    let unchanged = agreement::reference(&policy, &calls);
    let mutations = agreement::mutations(&policy, &calls)?;
    println!(
        "| engine | the reference's policy | disagreements seen in {} calls | |\n|:--|:--|--:|:--|",
        calls.len()
    );
    let mut sound = true;
    for kind in &options.engines {
        let mut engine = (kind.prepare)(&policy)?()?;
        let mut check = |title: &str, reference: &[engines::Answer], expected: bool| {
            let seen = agreement::compare(&mut *engine, &calls, reference).disagreed;
            let good = (seen > 0) == expected;
            println!(
                "| {} | {title} | {seen} | {} |",
                kind.title,
                if good { "as it should be" } else { "WRONG" }
            );
            sound &= good;
        };
        check("unchanged", &unchanged, false);
        for mutation in &mutations {
            check(mutation.title, &agreement::reference(&mutation.policy, &calls), true);
        }
    }
    Ok(sound)
}
