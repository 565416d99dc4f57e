use super::*;
use crate::{Catalogue, PolicySet};

const POLICY: &str = "version: 1
global:
  rules:
    - id: read
      effect: allow
      tools: [\"*\"]
      examples: [{ expect: allow, tool: repo_list }]
    - id: keys
      effect: deny
      tools: [repo_read_file, git_show]
      paths: [\"**/*.pem\"]
    - id: bots
      effect: deny
      tools: [git_log]
      principals: [bot]
repositories:
  acme/web:
    write: allow
    rules:
      - { id: docs, effect: allow, capability: write, tools: [repo_write_file], paths: [\"docs/**\"] }
";

fn policy() -> PolicySet {
    PolicySet::load(Source { name: "p.yaml", text: POLICY }, &Catalogue::built_in()).unwrap()
}

fn parse(text: &str) -> Result<Suite, LoadError> {
    Suite::parse(Source { name: "s.yaml", text })
}

const SUITE: &str = "version: 1
defaults:
  repo: acme/web
  roles: [agent]
tests:
  - name: keys are never shown
    principal: [agent, bot]
    tool: [repo_read_file, git_show]
    path: [tls/a.pem, B.PEM]
    transport: [mcp, http]
    expect: deny
    code: denied
    rules: [keys]
  - name: docs are written
    tool: repo_write_file
    path: docs/a.md
    write_mode: on
    expect: allow
    rules: [docs]
  - name: sources are read
    tool: [repo_read_file, git_log]
    principal: [agent, bot]
    ref: main
    path: src/a
    arguments: { n: 1 }
    expect: allow
";

#[test]
fn each_combination_is_judged_and_each_failure_is_placed() {
    let suite = parse(SUITE).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(suite.case_count(), 16 + 1 + 4);
    let report = suite.run(&policy(), &Catalogue::built_in());
    assert_eq!((report.cases, report.failed, report.is_passed()), (21, 1, false));
    let shown: Vec<String> = report.failures.iter().map(ToString::to_string).collect();
    assert_eq!(
        shown,
        [
            "s.yaml:20:5: sources are read\n  call: principal bot, roles agent, tool git_log, repo acme/web, ref main, \
          path src/a, arguments {\"n\":1}\n  expected: allow\n  got: deny (denied)\n  by p.yaml:12:7: rule `bots`"
        ]
    );
    let other =
        SUITE.replace("rules: [docs]", "rules: [docs, read]").replace("code: denied", "code: default_deny");
    let report = parse(&other).unwrap().run(&policy(), &Catalogue::built_in());
    assert_eq!(report.failed, 16 + 1 + 1);
    let other = SUITE.replace("tool: repo_write_file", "tool: repo_write_fil");
    let report = parse(&other).unwrap().run(&policy(), &Catalogue::built_in());
    assert!(report.failures.iter().any(|failure| failure.got == "tool `repo_write_fil` is not known"));
}

#[test]
fn coverage_counts_examples_and_suites() {
    let (set, catalogue) = (policy(), Catalogue::built_in());
    let source = Source { name: "p.yaml", text: POLICY };
    let mut coverage = Coverage::of_examples(&set, source, &catalogue).unwrap();
    let untouched = |coverage: &Coverage| -> Vec<(String, u32)> {
        coverage.untouched().map(|rule| (rule.rule.to_string(), rule.line)).collect()
    };
    let named =
        |names: &[(&str, u32)]| names.iter().map(|(id, line)| ((*id).to_owned(), *line)).collect::<Vec<_>>();
    assert_eq!(coverage.rule_count(), 4);
    assert_eq!(untouched(&coverage), named(&[("keys", 8), ("bots", 12), ("docs", 20)]));
    let text = "version: 1\ntests:\n  - { name: a, tool: git_show, path: x.pem, expect: deny }\n";
    coverage.add(&parse(text).unwrap().run(&set, &catalogue));
    assert_eq!(untouched(&coverage), named(&[("bots", 12), ("docs", 20)]));
    coverage.add(&parse(SUITE).unwrap().run(&set, &catalogue));
    assert_eq!(untouched(&coverage), named(&[]));
}

#[test]
fn what_is_wrong_in_a_suite_is_found_in_its_place() {
    let head = "version: 1\ntests:\n  - ";
    let many: String = (0..101).map(|n| format!("t{n}, ")).collect();
    let table = [
        ("version: 2\ntests: [{ name: a, tool: t, expect: deny }]\n".to_owned(), 1, "version"),
        ("version: 1\ntests: []\n".to_owned(), 2, "tests is empty"),
        (format!("{head}{{ tool: t, expect: deny }}\n"), 3, "no `name`"),
        (format!("{head}{{ name: a, tool: t }}\n"), 3, "no `expect`"),
        (format!("{head}{{ name: a, expect: deny }}\n"), 3, "no `tool`"),
        (format!("{head}{{ name: a, tool: t, expect: deny, rules: [] }}\n"), 3, "rules is empty"),
        (format!("{head}{{ name: a, tool: [], expect: deny }}\n"), 3, "the list is empty"),
        (format!("{head}{{ name: a, tool: t, ref: 1.20, expect: deny }}\n"), 3, "in quotes"),
        (format!("{head}{{ name: a, tool: t, transport: smtp, expect: deny }}\n"), 3, "unknown word"),
        (format!("{head}{{ name: a, tool: t, paths: [x], expect: deny }}\n"), 3, "unknown key"),
        (
            format!("{head}{{ name: a, tool: t, expect: deny }}\n  - {{ name: a, tool: t, expect: deny }}\n"),
            4,
            "line 3",
        ),
        (
            "version: 1\ndefaults: { expect: deny }\ntests: [{ name: a, tool: t, expect: deny }]\n"
                .to_owned(),
            2,
            "defaults",
        ),
        (
            format!("{head}{{ name: a, tool: [{many}x], path: [{many}x], expect: deny }}\n"),
            3,
            "more than 10000 calls",
        ),
        (format!("{head}{{ name: a, tool: '', expect: deny }}\n"), 3, "tool is empty"),
        (format!("{head}{{ name: a, tool: t, version: 1, expect: deny }}\n"), 3, "unknown key"),
        (
            "version: '1'\ntests: [{ name: a, tool: t, expect: deny }]\n".to_owned(),
            1,
            "whole number is wanted",
        ),
        (
            "version: 1\ndefaults:\ntests: [{ name: a, tool: t, expect: deny }]\n".to_owned(),
            2,
            "where a map is wanted",
        ),
        (format!("{head}{{ name: a, tool: t, roles: ~, expect: deny }}\n"), 3, "where a list is wanted"),
        (
            format!("{head}{{ name: a, tool: t, path: {}, expect: deny }}\n", "x".repeat(5_001)),
            3,
            "more than 5000 bytes",
        ),
        (
            format!(
                "{head}{{ name: a, tool: t, arguments: {{ n: [{}] }}, expect: deny }}\n",
                "1,".repeat(10_000)
            ),
            3,
            "more than 10,000 values",
        ),
        (
            format!("{head}{{ name: a, tool: t, roles: [{}], expect: deny }}\n", "a,".repeat(10_001)),
            3,
            "more than 10,000 items",
        ),
    ];
    for (text, line, words) in table {
        let error = parse(&text).expect_err(&text);
        let fault = &error.faults()[0];
        assert!(fault.line == line && fault.message.contains(words), "{error}\n{text}");
    }
}

#[test]
fn the_documented_suite_parses() {
    let page = include_str!("../../../../docs/policy.md");
    let block = page.split_once("<!-- suite -->").and_then(|(_, rest)| rest.split("```").nth(1));
    let text = block.and_then(|block| block.strip_prefix("yaml\n")).expect("a suite");
    assert_eq!(parse(text).unwrap_or_else(|error| panic!("{error}")).case_count(), 8);
}
