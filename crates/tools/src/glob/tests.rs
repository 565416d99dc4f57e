use super::Glob;

#[test]
fn what_matches() {
    for (pattern, path, expected) in [
        ("*.rs", "lib.rs", true),
        ("*.rs", "src/a/lib.rs", true),
        ("*.rs", "lib.rsx", false),
        ("/", "a", false),
        ("src/*.rs", "src/lib.rs", true),
        ("src/*.rs", "src/a/lib.rs", false),
        ("src/**/*.rs", "src/lib.rs", true),
        ("src/**/*.rs", "src/a/b/lib.rs", true),
        ("**/mod.rs", "mod.rs", true),
        ("**/mod.rs", "a/b/mod.rs", true),
        ("**/mod.rs", "a/b/xmod.rs", false),
        ("src/**", "src/a/b", true),
        ("src/**", "srcs/a", false),
        ("**", "a/b/c", true),
        ("?.c", "a.c", true),
        ("?.c", "ab.c", false),
        ("a.c", "abc", false),
        ("a+(b)$", "a+(b)$", true),
        ("Makefile", "deep/down/Makefile", true),
        ("makefile", "Makefile", false),
    ] {
        let matches = Glob::parse("glob", pattern).is_ok_and(|glob| glob.matches(path));
        assert_eq!(matches, expected, "{pattern} {path}");
    }
}

#[test]
fn what_is_refused() {
    let long = "a".repeat(513);
    for pattern in ["", "/a", "a/", "a//b", "a**", "**a/b", "[a]", "{a,b}", "!a", "a\\b", "a\nb", &long] {
        assert!(Glob::parse("glob", pattern).is_err(), "{pattern:?}");
    }
}

#[test]
fn many_wildcards_stay_linear() {
    let pattern = "*a".repeat(200);
    let glob = Glob::parse("glob", &pattern).unwrap();
    let path = "a".repeat(250);
    assert!(glob.matches(&path));
    assert!(!glob.matches(&format!("{path}b")));
}
