//! How long judging, explaining, listing and loading take on one workload, beside the least that plain Rust could do for
//! the same verdicts, so that the ratio tells on any machine.
//!
//! The workload: 50 global rules over 14 tools, whose globs are prefixes, suffixes and whole paths, some for certain
//! principals or references; 2 to 6 rules in each repository; calls on random repositories with 1 to 3 paths, of which
//! about three in ten are allowed. The time of a call includes building its request.

use std::fmt::Write as _;
use std::sync::Arc;

use divan::{Bencher, black_box};
use gitoma_policy::{
    Access, Capability, Catalogue, Code, Narrowing, Paths, PolicySet, Request, Source, Subject, Transport,
    WriteMode,
};

fn main() {
    divan::main();
}

const READS: [&str; 10] = [
    "git_log",
    "git_show",
    "git_diff",
    "git_blame",
    "git_grep",
    "git_status",
    "repo_tree",
    "repo_read_file",
    "repo_read_files",
    "repo_search_files",
];
const WRITES: [&str; 4] = ["repo_write_file", "repo_edit_file", "repo_delete_file", "git_commit_files"];
const DIRECTORIES: [&str; 12] =
    ["src", "docs", "tests", "api", "web", "lib", "tools", "assets", "deploy", "infra", "internal", "vault"];
const EXTENSIONS: [&str; 8] = ["rs", "md", "toml", "json", "yaml", "lock", "pem", "key"];

/// Numbers that look random and are the same in every run: xorshift64 (Marsaglia, 2003).
struct Draw(u64);

impl Draw {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap_or(0) % bound
    }

    fn of(&mut self, items: &[&'static str]) -> &'static str {
        items.get(self.below(items.len())).copied().unwrap_or_default()
    }

    fn path(&mut self) -> String {
        let (directory, file, extension) = (self.of(&DIRECTORIES), self.below(30), self.of(&EXTENSIONS));
        format!("{directory}/file-{file}.{extension}")
    }

    fn glob(&mut self) -> String {
        match self.below(4) {
            0 | 1 => format!("{}/**", self.of(&DIRECTORIES)),
            2 => format!("**/*.{}", self.of(&EXTENSIONS)),
            _ => self.path(),
        }
    }

    /// A rule in one line of YAML.
    fn rule(&mut self, text: &mut String, id: &str, global: bool) {
        let (effect, write) = (self.of(&["allow", "allow", "ask", "deny", "deny"]), self.below(4) == 0);
        let tools = match (write, self.below(3)) {
            (true, 0) => "repo_*".to_owned(),
            (true, _) => self.of(&WRITES).to_owned(),
            (false, 0) => format!("git_*, {}", self.of(&READS)),
            (false, _) => format!("{}, {}", self.of(&READS), self.of(&READS)),
        };
        let glob = if global && effect == "allow" { "**".to_owned() } else { self.glob() };
        let tools = tools.replace("repo_*", "\"repo_*\"").replace("git_*", "\"git_*\"");
        let _ = write!(text, "      - {{ id: {id}, effect: {effect}, tools: [{tools}], paths: [\"{glob}\"]");
        if write {
            text.push_str(", capability: write");
        }
        if global && self.below(3) == 0 {
            let _ = write!(text, ", principals: [agent-{}, agent-{}]", self.below(4), 4 + self.below(4));
        }
        if global && self.below(6) == 0 {
            text.push_str(", refs: [main, \"release/*\"]");
        }
        text.push_str(" }\n");
    }
}

fn text(repositories: usize) -> String {
    let (mut text, mut draw) = (String::from("version: 1\nglobal:\n  rules:\n"), Draw(0x9E37_79B9_7F4A_7C15));
    for at in 0..50 {
        draw.rule(&mut text, &format!("global-{at}"), true);
    }
    text.push_str("repositories:\n");
    for at in 0..repositories {
        let _ = writeln!(text, "  {}:\n    write: allow\n    rules:", name(at));
        for rule in 0..2 + draw.below(5) {
            draw.rule(&mut text, &format!("r{at}-{rule}"), false);
        }
    }
    text
}

fn name(repository: usize) -> String {
    format!("owner{}/repository{repository}", repository % 97)
}

fn load(text: &str) -> PolicySet {
    match PolicySet::load(Source { name: "bench.yaml", text }, &Catalogue::built_in()) {
        Ok(set) => set,
        Err(error) => unreachable!("{error}"),
    }
}

/// A call before its request is built.
struct Call {
    principal: String,
    tool: &'static str,
    capability: Capability,
    repository: String,
    paths: Vec<String>,
}

fn calls(repositories: usize) -> Vec<Call> {
    let mut draw = Draw(77);
    let call = |_| {
        let write = draw.below(4) == 0;
        Call {
            principal: format!("agent-{}", draw.below(8)),
            tool: if write { draw.of(&WRITES) } else { draw.of(&READS) },
            capability: if write { Capability::Write } else { Capability::Read },
            repository: name(draw.below(repositories)),
            paths: (0..1 + draw.below(3)).map(|_| draw.path()).collect(),
        }
    };
    (0..8_192).map(call).collect()
}

impl Call {
    fn judge<R>(&self, roles: &[Arc<str>], judge: impl FnOnce(&Request<'_>) -> R) -> R {
        let access = Access {
            paths: Paths::Named(self.paths.clone()),
            ..Access::repository(self.repository.as_str())
        };
        judge(black_box(&Request {
            principal: &self.principal,
            roles,
            transport: Transport::Mcp,
            tool: self.tool,
            capability: self.capability,
            accesses: &[access],
            arguments: None,
            write_mode: WriteMode::On,
            narrowing: &Narrowing::default(),
            scope: gitoma_policy::Scope::everything(),
        }))
    }
}

/// Runs `judge` on one call after another.
fn bench_calls<R>(bencher: Bencher<'_, '_>, repositories: usize, judge: impl Fn(&Request<'_>) -> R + Sync) {
    let (calls, roles) = (calls(repositories), [Arc::from("agent")]);
    let mut next = calls.iter().cycle();
    bencher.bench_local(|| next.next().map(|call| call.judge(&roles, &judge)));
}

#[divan::bench(args = [10, 1_000, 10_000], sample_size = 1_024)]
fn decide(bencher: Bencher<'_, '_>, repositories: usize) {
    let set = load(&text(repositories));
    let calls = calls(repositories);
    let allowed =
        calls.iter().filter(|call| call.judge(&[], |request| set.decide(request).code) == Code::Allowed);
    let share = allowed.count() * 100 / calls.len();
    assert!((20..=45).contains(&share), "{share} % are allowed; the workload is for about 30");
    bench_calls(bencher, repositories, |request| set.decide(request));
}

/// Building the request alone: part of what `decide` and `explain` measure.
#[divan::bench(sample_size = 1_024)]
fn request(bencher: Bencher<'_, '_>) {
    bench_calls(bencher, 1_000, |request| request.accesses.len());
}

/// The floor: as many comparisons as the global rules of a tool ask for, and one look-up of the repository, with nothing
/// else: no gates, no denylist, no reason, no digest.
#[divan::bench(sample_size = 1_024)]
fn floor(bencher: Bencher<'_, '_>) {
    let repositories: std::collections::HashMap<String, usize> =
        (0..1_000).map(|at| (name(at), at)).collect();
    let prefixes = DIRECTORIES.map(|directory| format!("{directory}/"));
    bench_calls(bencher, 1_000, |request| {
        let access = request.accesses.first();
        let known = access.and_then(|access| access.repo.as_deref()).and_then(|repo| repositories.get(repo));
        let paths = access.map(|access| &access.paths);
        let Some(Paths::Named(paths)) = paths else { return (known.is_some(), 0) };
        let hits =
            paths.iter().map(|path| prefixes.iter().filter(|prefix| path.starts_with(*prefix)).count());
        (known.is_some(), hits.sum::<usize>())
    });
}

#[divan::bench(args = [10, 10_000], sample_size = 64)]
fn explain(bencher: Bencher<'_, '_>, repositories: usize) {
    let set = load(&text(repositories));
    bench_calls(bencher, repositories, |request| set.explain(request));
}

/// One tool of a tool list, for somebody whom no global rule grants a write.
#[divan::bench(args = [10, 10_000])]
fn may_ever(bencher: Bencher<'_, '_>, repositories: usize) {
    let set = load(&text(repositories));
    let subject = Subject { principal: "stranger", roles: &[], transport: Transport::Mcp };
    bencher.bench(|| set.may_ever(black_box(&subject), "repo_write_file", Capability::Write, WriteMode::On));
}

#[divan::bench(args = [1_000, 10_000], sample_count = 5)]
fn load_text(bencher: Bencher<'_, '_>, repositories: usize) {
    let text = text(repositories);
    bencher.bench(|| load(&text));
}
