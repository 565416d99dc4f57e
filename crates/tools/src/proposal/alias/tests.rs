use proptest::prelude::*;

use super::{Marks, alias, same};

#[test]
fn spellings_of_one_name_are_the_same() {
    for (one, other) in [
        ("README", "readme"),
        ("caf\u{e9}", "cafe\u{301}"),
        ("CAF\u{c9}", "cafe\u{301}"),
        ("\u{1f600}\u{e9}", "\u{1f600}e\u{301}"),
        ("a\u{323}\u{307}", "\u{227}\u{323}"),
        ("e\u{200d}\u{301}", "\u{e9}"),
        ("\u{212b}", "a\u{30a}"),
        ("\u{212a}", "k"),
        ("\u{ac00}", "\u{1100}\u{1161}"),
        ("file", "file."),
        ("file", "file::$DATA"),
    ] {
        assert!(same(one, other) && same(other, one), "{one} {other}");
    }
    for (one, other) in [("cafe", "caf\u{e9}"), ("\u{e8}", "\u{e9}"), ("a", "b"), ("a.b", "ab"), ("", "a")] {
        assert!(!same(one, other), "{one} {other}");
    }
}

#[test]
fn what_makes_a_repository_is_seen_in_every_spelling() {
    let holds = |names: &[&str]| {
        let mut marks = Marks::default();
        names.iter().for_each(|name| marks.note(name));
        marks.is_repository()
    };
    assert!(holds(&["HEAD", "objects", "refs"]) && holds(&["head", "Object\u{17f}", "REFS."]));
    assert!(holds(&["HEAD", "commondir"]));
    assert!(!holds(&["HEAD", "objects", "config", "hooks"]) && !holds(&["objects", "refs", "commondir"]));
    assert!(!holds(&["HEADER", "objects", "refs"]));
}

proptest! {
    #[test]
    fn the_quick_comparison_agrees_with_the_form(one in "[a-bA-B.: ~]{0,5}", other in "[a-bA-B.: ~]{0,5}") {
        prop_assert_eq!(same(&one, &other), alias(&one) == alias(&other));
    }

    #[test]
    fn the_form_is_its_own(text in "\\PC{0,8}") {
        let form = alias(&text);
        prop_assert!(same(&text, &form));
        prop_assert!(same(&text, &text.to_uppercase()) || !text.is_ascii());
    }
}
