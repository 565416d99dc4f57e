//! Policies with more in them than is compared or shown.

use super::*;

#[test]
fn more_findings_than_anyone_reads_are_counted() {
    let rules: String = (0..1_200)
        .map(|n| format!("    - {{ id: r{n}, effect: allow, tools: [git_log], principals: [p{n}] }}\n"))
        .collect();
    let checked = checked(&format!("version: 1\nglobal:\n  rules:\n{rules}"));
    assert_eq!((checked.findings.len(), checked.omitted), (1_000, 200));
    assert_eq!(checked.findings.last().map(|finding| finding.line), Some(1_003));
}

#[test]
fn a_policy_too_large_to_compare_all_rules_loads_as_it_is() {
    let paths = |name: &str, count: usize| (0..count).map(|i| format!("{name}{i},")).collect::<String>();
    let text = |count: usize| {
        format!(
            "version: 1\nglobal:\n  rules:\n    - {{ id: d, effect: deny, tools: [repo_read_file], paths: ['x/**', {}] }}\n    - {{ id: a, effect: allow, tools: [repo_read_file], paths: [{}] }}\n",
            paths("d", count),
            paths("x/a", count)
        )
    };
    let load = |text: &str| PolicySet::load(source(text), &Catalogue::built_in());
    assert!(load(&text(1_000)).is_err_and(|error| error.to_string().contains("can allow nothing")));
    assert!(load(&text(8_000)).is_ok());
}

#[test]
fn a_policy_too_large_to_compare_all_rules_says_how_many_it_left_out() {
    let paths = |rule: usize| (0..100).map(|i| format!("r{rule}x{i},")).collect::<String>();
    let text = |count: usize| {
        let rule = |id: &str, of: usize| {
            format!("    - {{ id: {id}, effect: allow, tools: [repo_read_file], paths: [{}] }}\n", paths(of))
        };
        let rules: String = (0..count).map(|at| rule(&format!("r{at}"), at)).collect();
        // The last one says what the first one says.
        format!("version: 1\nglobal:\n  rules:\n{rules}{}", rule("again", 0))
    };
    let small = checked(&text(30));
    assert_eq!((small.findings.len(), small.uncompared), (1, 0), "{:#?}", small.findings);
    let large = checked(&text(60));
    // 5,000,000 steps, 60 comparisons of each rule with the others, each of 2,501 steps: 33 rules.
    assert_eq!((large.findings.len(), large.uncompared), (0, 61 - 33), "{:#?}", large.findings);
}

#[test]
fn of_many_unlisted_repositories_the_first_in_the_text_are_told_and_the_others_counted() {
    let entries: String = (0..3_000).map(|n| format!("  acme/a{n:04}x: {{ write: deny }}\n")).collect();
    let text = format!("version: 1\nrepositories:\n{entries}");
    let names = |capital: &str| (0..3_000).map(|n| format!("acme/{capital}{n:04}x")).collect::<Vec<_>>();
    let known = Known { repositories: Some([names("A"), names("\u{e5}")].concat()), ..Known::default() };
    let look = || check(source(&text), &catalogue(), &known).expect("a policy");
    let checked = look();
    assert_eq!((checked.findings.len(), checked.omitted), (1_000, 2_000));
    let lines: Vec<u32> = checked.findings.iter().map(|finding| finding.line).collect();
    assert_eq!(lines, (3..1_003).collect::<Vec<_>>());
    assert_eq!(checked.findings[999].fix, "write `acme/A0999x`");
    assert_eq!(look().findings, checked.findings);
}

#[test]
fn of_names_that_fold_alike_the_first_is_the_correction() {
    let text = "version: 1\nrepositories:\n  ACME/b: { write: deny }\n";
    let aliases = ["acme/B", "acme/b", "Acme/b"].map(str::to_owned);
    let known = Known { repositories: Some(aliases.to_vec()), ..Known::default() };
    let checked = check(source(text), &catalogue(), &known).expect("a policy");
    assert_eq!(checked.findings[0].fix, "write `Acme/b`");
}
