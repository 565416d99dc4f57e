//! `gitoma policy test`.

use crate::support::Place;

const POLICY: &str = "version: 1
global:
  rules:
    - id: read
      effect: allow
      tools: [\"*\"]
      examples:
        - { expect: allow, tool: git_log, repo: web }
    - { id: no-keys, effect: deny, tools: [repo_read_file, git_show], paths: [\"**/*.pem\"] }
";

const SUITE: &str = "version: 1
defaults: { repo: web }
tests:
  - name: keys stay closed
    tool: [repo_read_file, git_show]
    path: [a.pem, b/c.PEM]
    expect: deny
    code: denied
    rules: [no-keys]
";

#[test]
fn a_suite_passes_and_covers() {
    let place = Place::new();
    let (policy, suite) = (place.named("policy.yaml", POLICY), place.named("suite.yaml", SUITE));
    let said = place.gitoma(&["policy", "test", &suite, "--policy", &policy, "--coverage"]).ends(0);
    assert_eq!(said.out, "policy.yaml: 1 example and 4 calls as expected, 2 of 2 rules touched\n");
    let alone = place.gitoma(&["policy", "test", "--policy", &policy, "--coverage"]).ends(1);
    assert!(
        alone.err.contains("policy.yaml:9:7: no example and no suite touches rule `no-keys`"),
        "{}",
        alone.err
    );
    assert_eq!(alone.out, "policy.yaml: 1 example and 0 calls as expected, 1 of 2 rules touched\n");
    assert!(!place.path(".local").exists(), "a policy file is tested without a state directory");
}

#[test]
fn a_verdict_that_is_not_the_expected_one_is_told_with_its_rule() {
    let place = Place::new();
    let policy = place.named("policy.yaml", &POLICY.replace("**/*.pem", "*.pem"));
    let suite = place.named("suite.yaml", SUITE);
    let said = place.gitoma(&["policy", "test", &suite, "--policy", &policy]).ends(1);
    assert!(said.err.contains("suite.yaml:4:5: keys stay closed"), "{}", said.err);
    assert!(
        said.err.contains("got: allow (allowed)") && said.err.contains("policy.yaml:4:7"),
        "{}",
        said.err
    );
    assert_eq!(said.out, "policy.yaml: 2 of 4 calls otherwise than expected\n");
    let json = place.gitoma(&["policy", "test", &suite, "--policy", &policy, "--json"]).ends(1).json();
    assert_eq!((&json["calls"], &json["failed"]), (&4.into(), &2.into()));
}

#[test]
fn a_suite_that_does_not_load_says_where() {
    let place = Place::new();
    let policy = place.named("policy.yaml", POLICY);
    let suite = place.named("suite.yaml", &SUITE.replace("expect: deny", "expekt: deny"));
    let said = place.gitoma(&["policy", "test", &suite, "--policy", &policy]).ends(1);
    assert!(said.err.contains("suite.yaml:7:5"), "{}", said.err);
    place.gitoma(&["policy", "test", "gone.yaml", "--policy", &policy]).ends(2);
    place.named("broken.yaml", "version: 1\nversion: 1\n");
    let said = place.gitoma(&["policy", "test", "--policy", "broken.yaml"]).ends(1);
    assert!(said.err.contains("broken.yaml:2:1"), "{}", said.err);
}
