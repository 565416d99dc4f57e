use proptest::prelude::*;

use super::{Base, MAX_BYTES, Revision, RevisionError, Step};
use crate::reference::RefNameError;

#[test]
fn other_grammars_are_refused_by_name() {
    use RevisionError::*;
    let table: &[(RevisionError, &[&str])] = &[
        (Empty, &[""]),
        (OptionLike, &["-", "--all", "-p", "--output=/tmp/x"]),
        (Range, &["a..b", "a...b", "..", "^main", "main~1..HEAD", "a:../b"]),
        (ObjectPath, &["HEAD:secret", "main:", ":0:file", ":file", "abcdef1:.env"]),
        (Search, &[":/fix", "main^{/fix}"]),
        (Reflog, &["@{0}", "main@{1}", "HEAD@{yesterday}", "main@{u}", "@{-1}"]),
        (
            UnknownSuffix,
            &["main^{commit}", "main^{}", "main^@", "main^!", "main^-", "main~1x", "main~-1", "main~ 1"],
        ),
        (StepTooFar, &["main~100001", "main^100001", "main~4294967296", "main~99999999999999999999"]),
        (TooManySteps, &["main~~~~~~~~~", "main^1^1^1^1^1^1^1^1^1"]),
        (Name(RefNameError::Blank), &["a b", " main", "main "]),
        (Name(RefNameError::ControlCharacter), &["main\n", "ma\u{200b}in"]),
        (Name(RefNameError::Empty), &["~1"]),
        (Name(RefNameError::Reserved), &["@", "@~1"]),
        (Name(RefNameError::Malformed), &["a?", "refs/", "/a"]),
    ];
    for (expected, texts) in table {
        for text in *texts {
            assert_eq!(Revision::parse(text), Err(*expected), "{text:?}");
        }
    }
    assert_eq!(Revision::parse(&"a".repeat(MAX_BYTES + 1)), Err(TooLong));
    assert_eq!(Name(RefNameError::Blank).rule(), "ref:blank");
}

#[test]
fn bases_are_told_apart() {
    let base = |text: &str| Revision::parse(text).unwrap().base().clone();
    assert_eq!(base("HEAD"), Base::Head);
    assert!(matches!(base("head"), Base::Name(_)));
    assert!(matches!(base("abcdef"), Base::Name(_)), "six digits are a name");
    assert!(matches!(base("v1.0-3-gabcdef1"), Base::Name(_)));
    let Base::Id(prefix) = base("ABCDEF1") else { panic!("seven digits are an id") };
    assert_eq!((prefix.as_str(), prefix.is_full()), ("abcdef1", false));
    let full = "0123456789abcdef0123456789abcdef01234567";
    let Base::Id(prefix) = base(full) else { panic!("forty digits are an id") };
    assert!(prefix.is_full());
    assert!(matches!(base(&format!("{full}0")), Base::Name(_)), "forty-one digits are a name");
}

#[test]
fn steps_are_read_in_order() {
    use Step::{Ancestor, Parent};
    let table: &[(&str, &[Step])] = &[
        ("main", &[]),
        ("main~", &[Ancestor(1)]),
        ("HEAD~0", &[Ancestor(0)]),
        ("main^2~3", &[Parent(2), Ancestor(3)]),
        ("abcdef1^^", &[Parent(1), Parent(1)]),
        ("main~100000", &[Ancestor(100_000)]),
        (
            "a~1^2~3^4~5^6~7^8",
            &[Ancestor(1), Parent(2), Ancestor(3), Parent(4), Ancestor(5), Parent(6), Ancestor(7), Parent(8)],
        ),
    ];
    for (text, steps) in table {
        let revision = Revision::parse(text).unwrap();
        assert_eq!(revision.steps(), *steps, "{text:?}");
        assert_eq!(revision.as_str(), *text);
    }
}

proptest! {
    #[test]
    fn a_parsed_revision_is_bounded_and_names_no_path(text in "(HEAD|main|abcdef1|[-a-z:.@{}]{0,6})([~^][0-9]{0,7}){0,10}[:x]?") {
        let Ok(revision) = Revision::parse(&text) else { return Ok(()) };
        prop_assert!(!text.contains(':') && !text.contains("..") && !text.starts_with('-'));
        prop_assert!(revision.steps().len() <= 8);
        for step in revision.steps() {
            let (Step::Ancestor(count) | Step::Parent(count)) = step;
            prop_assert!(*count <= 100_000);
        }
    }
}
