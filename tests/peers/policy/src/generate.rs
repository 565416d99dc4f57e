//! The workload: a policy of 50 global rules and two to six per repository, and calls of which about three in ten are
//! allowed. Everything follows from a seed. No path is on Gitoma's built-in denylist, which the peers do not have, and no
//! rule allows only what another one denies, which Gitoma refuses to load.

mod cover;

use cover::is_covered;

use crate::random::Random;
use crate::workload::{Call, Effect, PRINCIPALS, Pattern, Policy, READ_TOOLS, Repository, Rule, WRITE_TOOLS};

const GLOBAL_RULES: usize = 50;

/// How many of a hundred repositories have 2, 3, 4, 5 and 6 rules.
const RULES_PER_REPOSITORY: [usize; 5] = [50, 30, 12, 5, 3];

const DIRECTORIES: [&str; 24] = [
    "src",
    "docs",
    "tests",
    "examples",
    "benches",
    "scripts",
    "deploy",
    "assets",
    "web",
    "api",
    "engine",
    "lib",
    "vendor",
    "migrations",
    "internal",
    "pkg",
    "cmd",
    "charts",
    "infra",
    "data",
    "spec",
    "ops",
    "proto",
    "theme",
];
const BENEATH: [&str; 14] = [
    "server",
    "client",
    "model",
    "view",
    "parser",
    "storage",
    "worker",
    "audit",
    "billing",
    "private",
    "generated",
    "fixtures",
    "legacy",
    "shared",
];
const NAMES: [&str; 16] = [
    "main", "mod", "index", "readme", "guide", "schema", "build", "release", "query", "handler", "routes",
    "state", "types", "limits", "report", "changes",
];
const EXTENSIONS: [&str; 12] =
    ["rs", "md", "toml", "json", "yaml", "py", "ts", "sql", "txt", "pem", "lock", "sh"];

/// A policy for that many repositories. The global rules are the same at every size, and a smaller policy's repositories
/// are the first of a larger one's, so that sizes differ in nothing but size.
pub fn policy(repositories: usize) -> Policy {
    let mut random = Random::new(50);
    let mut global: Vec<Rule> = (0..GLOBAL_RULES).map(|at| global_rule(&mut random, at)).collect();
    for at in 0..GLOBAL_RULES {
        while is_covered(&global[at], &global) {
            global[at] = global_rule(&mut random, at);
        }
    }
    let repositories = (0..repositories).map(|at| repository(&mut random, at, &global)).collect();
    Policy { global, repositories }
}

fn repository(random: &mut Random, at: usize, global: &[Rule]) -> Repository {
    let count = 2 + random.weighted(&RULES_PER_REPOSITORY);
    let write = random.chance(50);
    loop {
        let rules: Vec<Rule> =
            (0..count).map(|rule| repository_rule(random, format!("q{at}-{rule}"), write)).collect();
        if !rules.iter().any(|rule| is_covered(rule, &rules) || is_covered(rule, global)) {
            return Repository { name: repository_name(at), write, rules };
        }
    }
}

fn repository_name(at: usize) -> String {
    format!("owner-{}/repository-{at}", at % 997)
}

fn global_rule(random: &mut Random, at: usize) -> Rule {
    let reason = Some(format!("global rule {at}, as the platform's handbook says"));
    let id = format!("global-{at}");
    // Three fifths restrict, as lists that everybody shares do.
    if at % 5 < 3 {
        let tools = match random.below(10) {
            0..2 => Vec::new(),
            2..8 => random_tools(random, &READ_TOOLS),
            _ => random_tools(random, &WRITE_TOOLS),
        };
        let paths = (0..1 + random.below(2)).map(|_| narrow_pattern(random)).collect();
        let principals = some_principals(random, 25);
        return Rule { id, effect: Effect::Deny, writes: false, tools, principals, paths, reason };
    }
    let writes = random.chance(25);
    let tools = random_tools(random, if writes { &WRITE_TOOLS } else { &READ_TOOLS });
    let paths = (0..1 + random.below(3)).map(|_| wide_pattern(random)).collect();
    let principals = some_principals(random, 25);
    Rule { id, effect: Effect::Allow, writes, tools, principals, paths, reason }
}

fn repository_rule(random: &mut Random, id: String, write: bool) -> Rule {
    let restricts = random.chance(35);
    let writes = !restricts && write && random.chance(40);
    let of_writes = writes || (restricts && random.chance(30));
    let tools = match random.below(10) {
        0..2 if !of_writes => Vec::new(),
        0..6 => vec![*random.pick(if of_writes { &WRITE_TOOLS[..] } else { &READ_TOOLS[..] })],
        _ => random.several(if of_writes { &WRITE_TOOLS[..] } else { &READ_TOOLS[..] }, 2),
    };
    let paths = match (restricts, random.below(10)) {
        (false, 0..4) => Vec::new(),
        (false, _) => vec![wide_pattern(random)],
        (true, 0) => vec![narrow_pattern(random), narrow_pattern(random)],
        (true, _) => vec![narrow_pattern(random)],
    };
    let principals = some_principals(random, 10);
    let reason = random.chance(10).then(|| "the owners of this repository asked for it".to_owned());
    let effect = if restricts { Effect::Deny } else { Effect::Allow };
    Rule { id, effect, writes, tools, principals, paths, reason }
}

fn random_tools(random: &mut Random, from: &[&'static str]) -> Vec<&'static str> {
    let count = 1 + random.weighted(&[50, 30, 20]);
    random.several(from, count)
}

fn some_principals(random: &mut Random, percent: usize) -> Vec<&'static str> {
    if !random.chance(percent) {
        return Vec::new();
    }
    let count = 1 + random.below(2);
    random.several(&PRINCIPALS, count)
}

/// A pattern such as allow rules have.
fn wide_pattern(random: &mut Random) -> Pattern {
    let directory = (*random.pick(&DIRECTORIES)).to_owned();
    match random.below(10) {
        0..6 => Pattern::Under(directory),
        6..9 => Pattern::Extension((*random.pick(&EXTENSIONS)).to_owned()),
        _ => Pattern::UnderWithExtension(directory, (*random.pick(&EXTENSIONS)).to_owned()),
    }
}

/// A pattern such as deny rules have.
fn narrow_pattern(random: &mut Random) -> Pattern {
    let (top, beneath) = (*random.pick(&DIRECTORIES), *random.pick(&BENEATH));
    match random.below(10) {
        0..4 => Pattern::Under(format!("{top}/{beneath}")),
        4..6 => Pattern::UnderWithExtension(top.to_owned(), (*random.pick(&EXTENSIONS)).to_owned()),
        6..8 => Pattern::Anywhere(beneath.to_owned()),
        8 => Pattern::Extension((*random.pick(&EXTENSIONS)).to_owned()),
        _ => Pattern::Exact(format!("{top}/{}.{}", random.pick(&NAMES), random.pick(&EXTENSIONS))),
    }
}

/// `count` calls on the policy's repositories, one in ten on a repository that the policy does not list.
pub fn calls(policy: &Policy, count: usize, seed: u64) -> Vec<Call> {
    let mut random = Random::new(seed);
    (0..count).map(|_| call(&mut random, policy)).collect()
}

fn call(random: &mut Random, policy: &Policy) -> Call {
    let listed = random.chance(90).then(|| random.pick(&policy.repositories));
    let name =
        listed.map_or_else(|| format!("nobody/unlisted-{}", random.below(1000)), |entry| entry.name.clone());
    // Some of the calls are what somebody would do who knows a rule that allows; without them nearly all are denied.
    let local = listed.filter(|_| random.chance(60)).map(|entry| entry.rules.iter());
    let grants = |rules: std::slice::Iter<'_, Rule>| -> Vec<Rule> {
        rules.filter(|rule| rule.effect == Effect::Allow).cloned().collect()
    };
    let known = grants(local.unwrap_or_else(|| policy.global.iter()));
    let aim = (!known.is_empty() && random.chance(AIMED)).then(|| random.pick(&known));
    let writes = aim.map_or_else(|| random.chance(25), |rule| rule.writes);
    let tools = if writes { &WRITE_TOOLS[..] } else { &READ_TOOLS[..] };
    let tool = match aim {
        Some(rule) if !rule.tools.is_empty() => *random.pick(&rule.tools),
        _ => *random.pick(tools),
    };
    let principal = match aim {
        Some(rule) if !rule.principals.is_empty() => *random.pick(&rule.principals),
        _ => *random.pick(&PRINCIPALS),
    };
    let wanted = 1 + random.weighted(&[60, 25, 15]);
    let mut paths: Vec<String> = Vec::with_capacity(wanted);
    while paths.len() < wanted {
        let path = path(random, aim.and_then(|rule| rule.paths.first()));
        if !paths.contains(&path) {
            paths.push(path);
        }
    }
    Call { principal, tool, writes, write_mode: random.chance(80), repository: name, paths }
}

/// How many of a hundred calls aim at a rule that allows.
const AIMED: usize = 20;

fn path(random: &mut Random, aim: Option<&Pattern>) -> String {
    let mut directory = (*random.pick(&DIRECTORIES)).to_owned();
    let mut extension = (*random.pick(&EXTENSIONS)).to_owned();
    match aim {
        Some(Pattern::Under(wanted)) => directory.clone_from(wanted),
        Some(Pattern::Extension(wanted)) => extension.clone_from(wanted),
        Some(Pattern::UnderWithExtension(under, with)) => {
            directory.clone_from(under);
            extension.clone_from(with);
        }
        Some(Pattern::Anywhere(_) | Pattern::Exact(_)) | None => {}
    }
    for _ in 0..random.weighted(&[30, 50, 20]) {
        directory.push('/');
        directory.push_str(random.pick::<&str>(&BENEATH));
    }
    // A number keeps the paths of one call apart, and one in four without it can meet an exact pattern.
    let number = if random.chance(75) { random.below(50).to_string() } else { String::new() };
    format!("{directory}/{}{number}.{extension}", random.pick(&NAMES))
}

#[cfg(test)]
mod tests;
