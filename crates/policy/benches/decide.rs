//! How long one judgement takes: the compiled set at several sizes, and beside it the least that plain Rust could do
//! for the same policy, so that the ratio tells on any machine.

use std::fmt::Write as _;

use divan::{Bencher, black_box};
use gitoma_policy::{
    Access, Capability, Catalogue, Decision, Effect, Narrowing, Paths, PolicySet, Request, Source, Transport,
    WriteMode,
};

fn main() {
    divan::main();
}

const TOOLS: [&str; 14] = [
    "git_log",
    "git_show",
    "git_diff",
    "git_blame",
    "git_grep",
    "git_status",
    "git_branch",
    "git_tags",
    "repo_tree",
    "repo_read_file",
    "repo_read_files",
    "repo_search_files",
    "repo_list",
    "repo_info",
];

/// `rules` global rules: one allow for everything, the others deny some directory to one tool each.
fn policy(rules: usize, repositories: usize) -> PolicySet {
    let mut text =
        String::from("version: 1\nglobal:\n  rules:\n    - { id: read, effect: allow, tools: [\"*\"] }\n");
    for (at, tool) in (1..rules).zip(TOOLS.iter().cycle()) {
        let _ = writeln!(
            text,
            "    - {{ id: r{at}, effect: deny, tools: [{tool}], paths: [\"private-{at}/**\"] }}"
        );
    }
    if repositories > 0 {
        text.push_str("repositories:\n");
    }
    for at in 0..repositories {
        let _ = writeln!(text, "  owner{}/repository{at}:\n    rules:", at % 97);
        for rule in 0..4 {
            let _ = writeln!(
                text,
                "      - {{ id: q{at}-{rule}, effect: deny, tools: [\"repo_*\"], paths: [\"p{rule}/**\"] }}"
            );
        }
    }
    match PolicySet::load(Source { name: "bench.yaml", text: &text }, &Catalogue::built_in()) {
        Ok(set) => set,
        Err(error) => unreachable!("{error}"),
    }
}

fn access(paths: &[&str]) -> Access {
    let paths = Paths::Named(paths.iter().map(|path| (*path).to_owned()).collect());
    Access { paths, ..Access::repository("owner1/repository1") }
}

fn decide(set: &PolicySet, accesses: &[Access], narrowing: &Narrowing) -> Decision {
    set.decide(black_box(&Request {
        principal: "agent",
        roles: &[],
        transport: Transport::Mcp,
        tool: "repo_read_file",
        capability: Capability::Read,
        accesses,
        arguments: None,
        write_mode: WriteMode::Off,
        narrowing,
    }))
}

#[divan::bench(args = [10, 100, 1_000, 10_000])]
fn allowed_by_rules(bencher: Bencher<'_, '_>, rules: usize) {
    let (set, accesses, narrowing) =
        (policy(rules, 0), [access(&["src/server/main.rs"])], Narrowing::default());
    assert_eq!(decide(&set, &accesses, &narrowing).effect, Effect::Allow, "the bench measures an allow");
    bencher.bench(|| decide(&set, &accesses, &narrowing));
}

#[divan::bench(args = [10, 1_000, 10_000])]
fn allowed_by_repositories(bencher: Bencher<'_, '_>, repositories: usize) {
    let set = policy(50, repositories);
    let (accesses, narrowing) = ([access(&["src/server/main.rs"])], Narrowing::default());
    assert_eq!(decide(&set, &accesses, &narrowing).effect, Effect::Allow, "the bench measures an allow");
    bencher.bench(|| decide(&set, &accesses, &narrowing));
}

#[divan::bench]
fn denied_by_the_denylist(bencher: Bencher<'_, '_>) {
    let (set, accesses, narrowing) = (policy(1_000, 0), [access(&["src/.env"])], Narrowing::default());
    bencher.bench(|| decide(&set, &accesses, &narrowing));
}

/// The floor: the same verdict for the same policy of 1,000 rules, with nothing but an array of prefixes for the one
/// tool, no denylist, no gates, no reason and no digest.
#[divan::bench]
fn floor_1000(bencher: Bencher<'_, '_>) {
    let prefixes: Vec<String> = (1..1_000)
        .zip(TOOLS.iter().cycle())
        .filter(|(_, tool)| **tool == "repo_read_file")
        .map(|(at, _)| format!("private-{at}/"))
        .collect();
    let path = "src/server/main.rs";
    bencher.bench(|| !prefixes.iter().any(|prefix| black_box(path).starts_with(prefix.as_str())));
}

#[divan::bench(args = [1_000, 10_000], sample_count = 5)]
fn load(bencher: Bencher<'_, '_>, repositories: usize) {
    bencher.bench(|| policy(50, repositories));
}
