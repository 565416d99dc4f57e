use proptest::prelude::*;

use super::{MAX_BYTES, MAX_COMPONENT_BYTES, MAX_DEPTH, PathError, RelPath, is_forbidden};

#[track_caller]
fn refused(text: &str, expected: PathError) {
    assert_eq!(RelPath::parse(text), Err(expected), "{text:?}");
}

#[test]
fn hostile_paths_are_refused_by_the_rule_they_break() {
    use PathError::*;
    let table: &[(PathError, &[&str])] = &[
        (Empty, &["", ".", "./", "././", "./."]),
        (Absolute, &["/", "/etc/passwd", "//server/share", "/./a"]),
        (HomeDirectory, &["~", "~root", "~/x", "./~/x", ".//~"]),
        (ParentComponent, &["..", "../a", "a/..", "a/../b", "a/./../b", "./.."]),
        (
            ControlCharacter,
            &["a\0b", "a\nb", "\u{1b}[31m", "a\u{7f}", "a\u{85}b", "a\u{2028}b", "\t", "a\u{2029}"],
        ),
        (
            FormatCharacter,
            &[
                "a\u{202e}txt.exe",
                ".g\u{200c}it/config",
                ".gi\u{200d}t",
                ".git\u{feff}",
                "\u{ad}.git",
                ".g\u{34f}it",
                "a\u{e0041}b",
                ".env\u{fe0f}",
                "a\u{2066}b",
                "x\u{3164}",
                "x\u{ffff}",
                "x\u{1fffe}",
            ],
        ),
        (Backslash, &["a\\b", "..\\a", "\\\\server\\share", ".git\\config"]),
        (Colon, &["C:/x", "c:x", "a:b", ".git::$INDEX_ALLOCATION/config", "file:stream"]),
        (ReservedCharacter, &["a*", "a?b", "<a", "a>", "a|b", "\"a\""]),
        (TrailingDotOrSpace, &["a.", "a ", "a../b", "...", "a/ ", "src. /x", "..."]),
        (
            DeviceName,
            &[
                "con",
                "CON",
                "nul",
                "a/NUL.txt",
                "aux.tar.gz",
                "prn",
                "com1",
                "Com9.log",
                "lpt1",
                "COM1 .txt",
                "conin$",
                "CONOUT$",
                "com¹",
                "LPT³.txt",
            ],
        ),
        (ShortName, &["PROGRA~1", "a/GITIGN~1", "abc~12.txt", "a/~1", "GI7EBA~1", "ABCDEF~1.MD", "x~9"]),
        (
            GitDirectory,
            &[
                ".git",
                ".GIT",
                ".Git/config",
                "a/.git",
                "a/.gIt/hooks/pre-commit",
                ".git.",
                ".git ",
                ".git . .",
                "git~1",
                "GIT~1/config",
                "./.git",
            ],
        ),
    ];
    for (expected, texts) in table {
        for text in *texts {
            refused(text, *expected);
        }
    }
}

#[test]
fn limits_are_inclusive() {
    let component = "a".repeat(MAX_COMPONENT_BYTES);
    assert!(RelPath::parse(&component).is_ok());
    refused(&format!("{component}a"), PathError::ComponentTooLong);
    // Bytes count, not characters.
    refused(&"é".repeat(128), PathError::ComponentTooLong);

    let deepest = vec!["a"; MAX_DEPTH].join("/");
    assert_eq!(RelPath::parse(&deepest).unwrap().components().count(), MAX_DEPTH);
    refused(&format!("{deepest}/a"), PathError::TooDeep);

    let longest = format!("{}a", "./".repeat((MAX_BYTES - 1) / 2));
    assert_eq!(longest.len(), MAX_BYTES - 1);
    assert_eq!(RelPath::parse(&longest).unwrap().as_str(), "a");
    refused(&format!("{longest}//"), PathError::TooLong);
}

#[test]
fn ordinary_names_are_kept() {
    for text in [
        "README.md",
        ".gitignore",
        ".gitattributes",
        ".gitmodules",
        ".gitkeep",
        ".github/workflows/ci.yml",
        "a b/c d",
        " leading",
        "..a",
        "a..b",
        "...a",
        "-x",
        "@{u}",
        "src/~draft",
        "file~",
        "backup~old",
        "notes~1.markdown",
        "longer-than-eight~1",
        "console",
        "com",
        "com10",
        "null",
        "naïve/日本語/Ω.txt",
        "git",
        ".gitx",
        "a/git~x",
    ] {
        assert_eq!(RelPath::parse(text).map(|path| path.to_string()), Ok(text.to_owned()), "{text:?}");
        assert_eq!(RelPath::from_git_bytes(text.as_bytes()).unwrap().as_str(), text);
    }
}

#[test]
fn dots_and_empty_components_are_dropped() {
    for (text, normal) in [("./a", "a"), ("a//b", "a/b"), ("a/./b/", "a/b"), (".//./a/.", "a")] {
        assert_eq!(RelPath::parse(text).unwrap().as_str(), normal);
        assert_eq!(RelPath::from_git_bytes(text.as_bytes()), Err(PathError::NotNormal), "{text:?}");
    }
}

#[test]
fn bytes_of_a_tree_get_the_same_judgement() {
    assert_eq!(RelPath::from_git_bytes(b"a\xff"), Err(PathError::NotUtf8));
    // An overlong encoding of `/`, and a surrogate.
    assert_eq!(RelPath::from_git_bytes(b"..\xc0\xaf"), Err(PathError::NotUtf8));
    assert_eq!(RelPath::from_git_bytes(b"\xed\xa0\x80"), Err(PathError::NotUtf8));
    assert_eq!(RelPath::from_git_bytes(b".GIT/config"), Err(PathError::GitDirectory));
    assert_eq!(RelPath::from_git_bytes(b"a/../b"), Err(PathError::ParentComponent));
    assert_eq!(RelPath::from_git_bytes(&[b'a'; MAX_BYTES + 1]), Err(PathError::TooLong));
}

#[test]
fn joining_never_leaves_or_replaces_the_directory() {
    let src = RelPath::parse("src").unwrap();
    assert_eq!(src.join("a/./b").unwrap().as_str(), "src/a/b");
    assert_eq!(src.join("~x").unwrap().as_str(), "src/~x");
    for (rest, expected) in [
        ("", PathError::Empty),
        (".", PathError::Empty),
        ("..", PathError::ParentComponent),
        ("/etc", PathError::Absolute),
        (".git", PathError::GitDirectory),
    ] {
        assert_eq!(src.join(rest), Err(expected), "{rest:?}");
    }
}

#[test]
fn prefixes_are_compared_by_whole_components() {
    let path = |text| RelPath::parse(text).unwrap();
    assert!(path("src/a").starts_with(&path("src")));
    assert!(path("src").starts_with(&path("src")));
    assert!(!path("srcs/a").starts_with(&path("src")));
    assert!(!path("src").starts_with(&path("src/a")));
    assert_eq!(path("a/b/c").parent(), Some(path("a/b")));
    assert_eq!(path("a").parent(), None);
    assert_eq!(path("a/b").file_name(), "b");
    assert_eq!(path("a").file_name(), "a");
}

#[test]
fn the_table_of_characters_is_that_of_unicode() {
    let class = regex::Regex::new(r"^[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{DI}\p{NChar}]$").unwrap();
    let differing: Vec<char> = ('\0'..=char::MAX)
        .filter(|character| {
            let mut buffer = [0; 4];
            class.is_match(character.encode_utf8(&mut buffer)) != is_forbidden(*character)
        })
        .collect();
    assert!(differing.is_empty(), "{differing:x?}");
}

#[test]
fn a_refusal_never_echoes_the_path() {
    for text in ["../zebra", "zebra\\", "zebra:", "zebra~1/x", "/zebra", "~zebra", "zebra.", "zebra\u{202e}"]
    {
        let Err(error) = RelPath::parse(text) else { continue };
        assert!(!error.to_string().contains("zebra") && !error.rule().contains("zebra"));
        assert!(error.rule().starts_with("path:"));
    }
}

/// Text made of the pieces that matter, so that most of it comes near a rule.
fn pathlike() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("/".to_owned()),
        Just(".".to_owned()),
        Just("..".to_owned()),
        Just(".git".to_owned()),
        Just("~1".to_owned()),
        Just(" ".to_owned()),
        Just("nul".to_owned()),
        "[a-zA-Z0-9._~ -]{1,9}",
        "\\PC{1,3}",
        any::<char>().prop_map(String::from),
    ];
    proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn a_parsed_path_is_normal_and_holds_nothing_bad(text in pathlike()) {
        let Ok(path) = RelPath::parse(&text) else { return Ok(()) };
        prop_assert_eq!(RelPath::parse(path.as_str()), Ok(path.clone()));
        prop_assert_eq!(RelPath::from_git_bytes(path.as_str().as_bytes()), Ok(path.clone()));
        prop_assert!(!path.as_str().starts_with(['/', '~']));
        for part in path.components() {
            prop_assert!(!part.is_empty() && part != "." && part != "..");
            prop_assert!(!part.ends_with(['.', ' ']));
            prop_assert!(!part.contains(['\\', ':', '*', '?']) && !part.chars().any(is_forbidden));
            prop_assert!(!part.eq_ignore_ascii_case(".git") && !part.eq_ignore_ascii_case("git~1"));
        }
    }

    #[test]
    fn parents_and_joins_agree(text in pathlike()) {
        let Ok(path) = RelPath::parse(&text) else { return Ok(()) };
        if let Some(parent) = path.parent() {
            prop_assert!(path.starts_with(&parent));
            prop_assert_eq!(parent.join(path.file_name()), Ok(path));
        }
    }
}
