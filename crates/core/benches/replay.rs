//! What it takes to judge recorded calls anew: a year of calls should be a matter of minutes. Figures: docs/performance.md.

#![expect(clippy::unwrap_used, reason = "a bench that cannot run should stop")]

use gitoma_audit::{Access, CallFields, Capability, Effect, Entry, Log, LogOptions, Reader, Refused};
use gitoma_core::policy::{Catalogue, PolicySet};
use gitoma_core::{Replay, ReplayTotals};

fn main() {
    divan::main();
}

/// A thousand refusals of one chain.
fn entries(directory: &std::path::Path) -> Vec<Entry> {
    let log = Log::open(LogOptions::new(directory, "bench")).unwrap();
    for number in 0..1_000_u128 {
        let call = CallFields {
            principal: Some("agent".into()),
            roles: std::sync::Arc::from(["agent".into()]),
            tool: Some("repo_read_file".into()),
            capability: Some(Capability::Read),
            accesses: vec![Access {
                repo: Some("acme/web".into()),
                paths: vec![format!("src/{number}/lib.rs")],
                ..Access::default()
            }],
            write_mode: Some("off"),
            effect: Some(Effect::Deny),
            enforced: Some(true),
            code: Some("denied"),
            ..CallFields::new(uuid::Uuid::from_u128(number), "http")
        };
        log.refused_blocking(Refused { call, executed: false }).unwrap();
    }
    Reader::open(directory).unwrap().map(Result::unwrap).collect()
}

#[divan::bench]
fn judge_a_thousand(bencher: divan::Bencher<'_, '_>) {
    let state = tempfile::tempdir().unwrap();
    let entries = entries(state.path());
    let catalogue = Catalogue::built_in();
    let candidate = PolicySet::built_in(&catalogue).unwrap();
    let replay = Replay::new(&candidate, &catalogue);
    bencher.counter(divan::counter::ItemsCount::new(entries.len())).bench(|| {
        let mut totals = ReplayTotals::default();
        for entry in &entries {
            totals.count(&replay.judge(entry));
        }
        totals
    });
}
