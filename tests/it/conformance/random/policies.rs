//! Policies drawn at random: rules of every effect over tools, principals, paths, references and arguments, globally and for a repository.

use std::fmt::Write as _;

use gitoma_core::policy::{Catalogue, PolicySet, Source};

use super::draw::Draw;

/// The policy's file. Doors name it in their answers.
pub(super) const NAME: &str = "policy.yaml";

/// A policy, in parts that can be left out one by one.
#[derive(Debug, Clone)]
pub(super) struct Policy {
    automation: bool,
    shadow: bool,
    rules: Vec<String>,
    /// Key, what is said of writes, and rules.
    repositories: Vec<(&'static str, Option<&'static str>, Vec<String>)>,
}

impl Policy {
    /// Draws until one loads: rules that can never match, say, are refused.
    pub(super) fn draw(draw: &mut Draw) -> Self {
        loop {
            let policy = Self::any(draw);
            if policy.loads() {
                return policy;
            }
        }
    }

    fn any(draw: &mut Draw) -> Self {
        let mut count = 0;
        let mut rules = |draw: &mut Draw, most: usize| -> Vec<String> {
            let mut next = || {
                count += 1;
                count
            };
            (0..draw.below(most + 1)).map(|_| rule(draw, next())).collect()
        };
        let mut global = rules(draw, 6);
        if draw.percent(92) {
            global.push("{ id: reads, effect: allow, tools: [\"*\"] }".to_owned());
        }
        if draw.percent(85) {
            global.push("{ id: writes, effect: allow, tools: [\"*\"], capability: write }".to_owned());
        }
        let mut repositories = Vec::new();
        for key in ["acme/web", "acme/*", "api"] {
            let write = draw.one(&[Some("allow"), Some("allow"), Some("allow"), Some("deny"), None]);
            let own = if draw.percent(40) { rules(draw, 3) } else { Vec::new() };
            if write.is_some() || !own.is_empty() {
                repositories.push((key, write, own));
            }
        }
        Self { automation: draw.percent(20), shadow: draw.percent(15), rules: global, repositories }
    }

    /// The policy of these rules, with what is said of writes in repositories.
    pub(super) fn of(rules: &[&str], repositories: &[(&'static str, Option<&'static str>)]) -> Self {
        let rules = rules.iter().map(|rule| (*rule).to_owned()).collect();
        let repositories = repositories.iter().map(|(key, write)| (*key, *write, Vec::new())).collect();
        Self { automation: false, shadow: false, rules, repositories }
    }

    fn loads(&self) -> bool {
        let text = self.text();
        PolicySet::load(Source { name: NAME, text: &text }, &Catalogue::built_in()).is_ok()
    }

    /// The file.
    pub(super) fn text(&self) -> String {
        let mut text = "version: 1\n".to_owned();
        if self.automation {
            text.push_str("automation: allow\n");
        }
        if self.shadow {
            text.push_str("enforcement: shadow\n");
        }
        if !self.rules.is_empty() {
            text.push_str("global:\n  rules:\n");
            self.rules.iter().for_each(|rule| writeln!(text, "    - {rule}").unwrap());
        }
        if !self.repositories.is_empty() {
            text.push_str("repositories:\n");
        }
        for (key, write, rules) in &self.repositories {
            writeln!(text, "  \"{key}\":").unwrap();
            write.iter().for_each(|write| writeln!(text, "    write: {write}").unwrap());
            if !rules.is_empty() {
                text.push_str("    rules:\n");
                rules.iter().for_each(|rule| writeln!(text, "      - {rule}").unwrap());
            }
        }
        text
    }

    /// The policies that have one thing less.
    pub(super) fn smaller(&self) -> Vec<Self> {
        let mut all = Vec::new();
        for place in 0..self.rules.len() {
            let mut less = self.clone();
            less.rules.remove(place);
            all.push(less);
        }
        for place in 0..self.repositories.len() {
            let mut less = self.clone();
            less.repositories.remove(place);
            all.push(less);
        }
        all.push(Self { shadow: false, automation: false, ..self.clone() });
        all.retain(|less| less.text() != self.text() && less.loads());
        all
    }
}

fn rule(draw: &mut Draw, number: usize) -> String {
    let effect = draw.one(&["allow", "allow", "allow", "ask", "ask", "deny", "deny"]);
    let mut rule = format!("{{ id: r{number}, effect: {effect}");
    let (tools, arguments): (_, &[&str]) = draw.one(&[
        ("[\"*\"]", &["repo: { glob: \"a*\" }"] as &[&str]),
        ("[\"git_*\"]", &[]),
        ("[\"repo_*\"]", &[]),
        ("[\"worktree_*\"]", &[]),
        ("[git_log]", &["max_count: { range: { max: 3 } }", "author: absent", "repo: { one_of: [api] }"]),
        (
            "[repo_read_file]",
            &["path: { max_length: 9 }", "ref: { equals: main }", "path: { glob: \"src/**\" }"],
        ),
        ("[git_show, git_diff, git_blame]", &[]),
        ("[git_grep]", &["pattern: { max_length: 4 }", "case: { one_of: [smart, sensitive] }"]),
        ("[repo_write_file, repo_edit_file, repo_delete_file, repo_apply_patch]", &["dry_run: absent"]),
        ("[git_commit_files]", &["message: { max_length: 20 }", "expected_head: absent"]),
        ("[git_create_branch, git_push_branch, worktree_create]", &["branch: { glob: \"agent/*\" }"]),
        ("[repo_list, repo_info, repo_tree, repo_search_files]", &[]),
    ]);
    write!(rule, ", tools: {tools}").unwrap();
    if draw.percent(45) {
        write!(rule, ", capability: {}", draw.one(&["read", "write", "write", "automation"])).unwrap();
    }
    if draw.percent(25) {
        write!(
            rule,
            ", principals: {}",
            draw.one(&["[agent]", "[bot]", "[guest]", "[agent, bot]", "[nobody]"])
        )
        .unwrap();
    }
    if draw.percent(15) {
        write!(rule, ", roles: {}", draw.one(&["[agent]", "[approver]"])).unwrap();
    }
    if draw.percent(10) {
        rule.push_str(", transports: [http, mcp, cli, embedded]");
    }
    if draw.percent(40) {
        let paths = [
            "[\"**\"]",
            "[\"src/**\"]",
            "[\"*.toml\", \"docs/**\"]",
            "[\"README.md\"]",
            "[\"**/*.rs\"]",
            "[\"tls/*\"]",
        ];
        write!(rule, ", paths: {}", draw.one(&paths)).unwrap();
    }
    if draw.percent(20) {
        write!(rule, ", refs: {}", draw.one(&["[main]", "[\"agent/*\"]", "[\"v*\"]", "[\"**\"]"])).unwrap();
    }
    if !arguments.is_empty() && draw.percent(40) {
        write!(rule, ", arguments: {{ {} }}", draw.one(arguments)).unwrap();
    }
    if draw.percent(20) {
        rule.push_str(", reason: as the team agreed");
    }
    rule + " }"
}
