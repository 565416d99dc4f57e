use proptest::prelude::*;
use proptest::sample::select;

use super::*;

/// Every text of one to three segments over a few names.
fn texts() -> Vec<String> {
    const NAMES: [&str; 11] = ["a", "b", "A", "ab", "ba", "aab", "ß", "ss", "ßs", "ßẞ", ""];
    let mut texts: Vec<String> = NAMES.iter().map(|name| (*name).to_owned()).collect();
    for round in [0, NAMES.len()] {
        for longer in texts.split_off(round) {
            texts.push(longer.clone());
            texts.extend(NAMES.iter().map(|name| format!("{longer}/{name}")));
        }
    }
    texts
}

/// A text that the two rules see as each compares it.
fn is_matched(glob: &Glob, folded: bool, text: &str) -> bool {
    if folded { glob.matches_folded(text, &fold::case(text)) } else { glob.matches(text) }
}

fn pattern() -> impl Strategy<Value = String> {
    let segment = select(
        &["**", "**", "*", "a", "b", "A", "a*", "*a", "a*b", "?", "?b", "*?", "ß", "s?", "*b*", "??", "?s"][..],
    );
    proptest::collection::vec(segment, 1..4).prop_map(|segments| segments.join("/"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn a_cover_leaves_no_text_out(
        outer in pattern(),
        inner in pattern(),
        outer_folded in any::<bool>(),
        inner_folded in any::<bool>(),
    ) {
        let (a, b) = (Glob::parse(&outer, outer_folded).unwrap(), Glob::parse(&inner, inner_folded).unwrap());
        if covers(&a, &b, Compare::of(outer_folded, inner_folded)) {
            for text in texts() {
                prop_assert!(
                    !is_matched(&b, inner_folded, &text) || is_matched(&a, outer_folded, &text),
                    "{outer} was said to cover {inner}, but not {text:?}"
                );
            }
        }
    }
}

#[test]
fn single_segments_are_compared_without_exception() {
    let patterns = ["*", "a", "A", "a*", "*a", "a*b", "?", "?b", "*?", "ß", "s?", "??", "*b*"];
    for (outer, inner) in patterns.iter().flat_map(|a| patterns.iter().map(move |b| (*a, *b))) {
        for (outer_folded, inner_folded) in [(false, false), (true, false), (false, true), (true, true)] {
            let (a, b) =
                (Glob::parse(outer, outer_folded).unwrap(), Glob::parse(inner, inner_folded).unwrap());
            let compare = Compare::of(outer_folded, inner_folded);
            let left_out = texts()
                .into_iter()
                .find(|text| is_matched(&b, inner_folded, text) && !is_matched(&a, outer_folded, text));
            assert!(
                !covers(&a, &b, compare) || left_out.is_none(),
                "{outer} {inner} {compare:?} {left_out:?}"
            );
        }
    }
}

#[test]
fn covers_that_people_would_see_are_seen() {
    let table = [
        ("**", "src/*.rs", true),
        ("src/**", "src", true),
        ("src/**", "src/**", true),
        ("src/**", "src/a/**", true),
        ("src/**", "src/*/b", true),
        ("src/**", "**/src", false),
        ("**/*.pem", "*.pem", true),
        ("**/*.pem", "deploy/**/tls.pem", true),
        ("**/*.pem", "deploy/**", false),
        ("**/secrets/**", "a/secrets/b", true),
        ("**/secrets/**", "**/secrets", true),
        ("*", "a?b", true),
        ("a*", "a?b", true),
        ("a?b", "a*", false),
        ("*.rs", "main.rs", true),
        ("a*b", "ab", true),
        ("a*b", "a", false),
        ("src", "src/**", false),
        ("**/**", "**", true),
        ("**/x/**", "a/x", true),
        ("id_rsa*", "id_rsa.old", true),
        ("*a*", "bab*", true),
    ];
    for (outer, inner, expected) in table {
        let (a, b) = (Glob::parse(outer, false).unwrap(), Glob::parse(inner, false).unwrap());
        assert_eq!(covers(&a, &b, Compare::Alike), expected, "{outer} over {inner}");
    }
    let (deny, allow) = (Glob::parse("Docs/**", true).unwrap(), Glob::parse("DOCS/A?", false).unwrap());
    assert!(covers(&deny, &allow, Compare::InnerExact));
    assert!(!covers(&allow, &deny, Compare::OuterExact));
}
