//! What a gateway takes as a policy, beyond what the policy itself must be.

use gitoma_policy::{Catalogue, Source};

use super::{load_built_in_policy, load_policy};

const HEAD: &str = "version: 1\nglobal:\n  rules:\n    - { id: reads, effect: allow, tools: [git_log] }\n";

fn load(redact: &str) -> Result<usize, String> {
    let text = format!("{HEAD}{redact}");
    let loaded = load_policy(Source { name: "p.yaml", text: &text }, &Catalogue::built_in());
    loaded.map(|loaded| loaded.policy().redact_patterns().len()).map_err(|error| error.to_string())
}

#[test]
fn the_built_in_policy_loads() {
    assert!(load_built_in_policy(&Catalogue::built_in()).is_ok());
}

#[test]
fn a_pattern_that_does_not_compile_is_a_fault_at_its_place() {
    let patterns = "redact:\n  patterns:\n    - { id: one, pattern: \"ACME-[0-9]+\" }\n";
    assert_eq!(load(patterns), Ok(1));
    let broad = format!("{patterns}    - id: two\n      pattern: \".*\"\n");
    let error = load(&broad).unwrap_err();
    let expected =
        "p.yaml:9:16: pattern is too broad: a match may hold fewer than 3 characters that it spells out";
    assert!(error.starts_with(expected), "{error}");
    assert!(error.contains("pattern: \".*\"") && error.contains("fix: begin with what"), "{error}");
    let wrong = format!("{patterns}    - id: two\n      pattern: \"abc(\"\n");
    assert!(load(&wrong).unwrap_err().starts_with("p.yaml:9:16: pattern is not valid: unclosed group"));
}
