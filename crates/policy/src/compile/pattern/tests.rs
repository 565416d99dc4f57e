use crate::{Catalogue, PolicySet, Source};

fn load(effect: &str, keys: &str) -> Result<(), String> {
    let text = format!(
        "version: 1\nglobal:\n  rules:\n    - id: r\n      effect: {effect}\n      tools: [git_log]\n{keys}"
    );
    let loaded = PolicySet::load(Source { name: "p.yaml", text: &text }, &Catalogue::built_in());
    loaded.map(drop).map_err(|error| error.to_string())
}

#[test]
fn a_reference_that_cannot_match_refuses_the_file_whatever_the_effect() {
    for effect in ["allow", "ask", "deny"] {
        let error = load(effect, "      refs: [main, refs/heads/release]\n").unwrap_err();
        assert!(error.starts_with("p.yaml:7:20: pattern matches no reference"), "{error}");
        assert!(error.contains("refs: [main, refs/heads/release]"), "the line is shown: {error}");
        assert!(error.ends_with("fix: write `release`"), "{error}");
        assert!(load(effect, "      refs: [HEAD]\n").unwrap_err().contains("names no reference"));
        assert_eq!(load(effect, "      refs: [\"release/**\", refs/notes/x]\n"), Ok(()));
    }
}

#[test]
fn what_is_no_reference_may_be_a_path() {
    assert_eq!(load("deny", "      paths: [refs/heads/main, \"my file\", HEAD, a.lock]\n"), Ok(()));
    // The same list, found sound as paths, is looked at again as references.
    let both = "      paths: [refs/heads/main]\n      refs: [refs/heads/main]\n";
    assert!(load("deny", both).unwrap_err().starts_with("p.yaml:8:14: "));
    assert!(load("allow", both).unwrap_err().starts_with("p.yaml:8:14: "));
}
