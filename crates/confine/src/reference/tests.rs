use proptest::prelude::*;

use super::{MAX_BYTES, RefName, RefNameError};

#[test]
fn hostile_names_are_refused_by_the_rule_they_break() {
    use RefNameError::*;
    let table: &[(RefNameError, &[&str])] = &[
        (Empty, &[""]),
        (OptionLike, &["-", "--upload-pack=x", "-c", "refs/heads/-f", "refs/heads/-x/y"]),
        (Blank, &["a b", " main", "main ", "a\u{a0}b", "a\u{3000}b"]),
        (ControlCharacter, &["a\0", "a\nb", "a\tb", "ma\u{200b}in", "\u{202e}niam", "a\u{7f}"]),
        (Range, &["a..b", "..", "a...b"]),
        (Reflog, &["main@{1}", "@{u}", "a@{"]),
        (Reserved, &["@"]),
        (
            Malformed,
            &[
                "a~1", "a^", "a:b", "a?", "a*", "a[b", "a\\b", "/a", "a/", "a//b", ".a", "a/.b", "a.",
                "a.lock", "a.lock/b",
            ],
        ),
    ];
    for (expected, texts) in table {
        for text in *texts {
            assert_eq!(RefName::parse(text), Err(*expected), "{text:?}");
            assert_eq!(RefName::from_git_bytes(text.as_bytes()), Err(*expected), "{text:?}");
        }
    }
    assert_eq!(RefName::from_git_bytes(b"a\xff"), Err(NotUtf8));
}

#[test]
fn ordinary_names_are_kept() {
    for text in
        ["main", "HEAD", "v1.0", "feature/x-y", "refs/heads/main", "refs/heads/@", "a@b", "größe", "1234567"]
    {
        assert_eq!(RefName::parse(text).unwrap().as_str(), text);
        assert_eq!(RefName::from_git_bytes(text.as_bytes()).unwrap().to_string(), text);
    }
}

#[test]
fn the_limit_is_inclusive() {
    assert!(RefName::parse(&"a".repeat(MAX_BYTES)).is_ok());
    assert_eq!(RefName::parse(&"a".repeat(MAX_BYTES + 1)), Err(RefNameError::TooLong));
    assert_eq!(RefName::from_git_bytes(&[b'a'; MAX_BYTES + 1]), Err(RefNameError::TooLong));
}

proptest! {
    #[test]
    fn a_parsed_name_is_no_option_range_or_path_trick(text in "[-a-z./@{}^~: ]{0,12}") {
        let Ok(name) = RefName::parse(&text) else { return Ok(()) };
        prop_assert_eq!(name.as_str(), &text);
        let reflog = text.contains("@{");
        prop_assert!(!text.starts_with('-') && !text.contains("..") && !reflog);
        prop_assert!(!text.contains(['^', '~', ':', ' ']) && !text.starts_with('/') && !text.ends_with('/'));
    }
}
