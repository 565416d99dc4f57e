use proptest::prelude::*;

use super::Pieces;

fn similarity(left: &str, right: &str) -> Option<usize> {
    Pieces::of(left.as_bytes()).similarity(&Pieces::of(right.as_bytes()))
}

#[test]
fn what_both_have_counts_against_the_larger() {
    for (left, right, expected) in [
        ("a\nb\n", "a\nb\n", Some(10_000)),
        ("a\nb\n", "b\na\n", Some(10_000)),
        ("a\nb\n", "a\nc\n", Some(5_000)),
        ("a\nb\nc\n", "a\nx\ny\n", None),
        ("a\na\na\n", "a\nb\nc\n", None),
        ("a\na\na\n", "a\na\nb\n", Some(6_666)),
        ("a\n", "a\nb\nc\n", None),
    ] {
        assert_eq!(similarity(left, right), expected, "{left:?} {right:?}");
    }
    // A change in a line that is longer than a piece leaves the pieces around it.
    let long = "x".repeat(64) + &"y".repeat(64) + &"z".repeat(64);
    assert_eq!(similarity(&long, &long.replace('y', "w")), Some(6_666));
}

proptest! {
    #[test]
    fn similarity_has_no_direction(left in "[ab\n]{0,40}", right in "[ab\n]{0,40}") {
        prop_assert_eq!(similarity(&left, &right), similarity(&right, &left));
        prop_assert_eq!(similarity(&left, &left), Some(10_000).filter(|_| !left.is_empty()).or(Some(0)));
    }
}
