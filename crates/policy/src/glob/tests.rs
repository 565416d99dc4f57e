use proptest::prelude::*;

use super::*;

/// The table of docs/policy.md: pattern, text, `yes` or `no`; between its two markers.
fn documented() -> Vec<(String, String, bool)> {
    let page = include_str!("../../../../docs/policy.md");
    let table =
        page.split_once("<!-- glob cases -->").expect("start").1.split_once("<!-- end -->").expect("end").0;
    let rows = table.lines().filter(|line| line.starts_with("| `"));
    rows.map(|line| {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let answer = match cells[3] {
            "yes" => true,
            "no" => false,
            other => panic!("neither yes nor no: {other}"),
        };
        (cells[1].trim_matches('`').to_owned(), cells[2].trim_matches('`').to_owned(), answer)
    })
    .collect()
}

#[test]
fn the_documented_table_holds() {
    let table = documented();
    assert!(table.len() >= 30, "the table was not found: {} rows", table.len());
    for (pattern, text, expected) in table {
        let glob = Glob::parse(&pattern, false).expect("a documented pattern is valid");
        assert_eq!(glob.matches(&text), expected, "{pattern} on {text}");
    }
}

#[test]
fn what_is_not_of_the_dialect_is_refused() {
    let table: &[(&str, GlobError)] = &[
        ("", GlobError::Empty),
        ("/src", GlobError::EmptySegment),
        ("src/", GlobError::EmptySegment),
        ("a//b", GlobError::EmptySegment),
        ("./src", GlobError::Dots),
        ("src/../x", GlobError::Dots),
        ("src**", GlobError::DoubleStar),
        ("**.pem", GlobError::DoubleStar),
        ("a/***/b", GlobError::DoubleStar),
        ("!src/**", GlobError::Negation),
        ("src/{a,b}", GlobError::Syntax),
        ("src/[ab]", GlobError::Syntax),
        ("src\\a", GlobError::Syntax),
        ("a\u{7}b", GlobError::Control),
    ];
    for (pattern, expected) in table {
        assert_eq!(Glob::parse(pattern, false), Err(*expected), "{pattern:?}");
    }
    assert_eq!(Glob::parse(&"a".repeat(LONGEST + 1), false), Err(GlobError::TooLong));
    assert!(Glob::parse(&"a".repeat(LONGEST), false).is_ok());
}

#[test]
fn hostile_patterns_stay_cheap() {
    let many_stars = Glob::parse(&"*a".repeat(400), false).expect("valid");
    let many_doubles =
        Glob::parse(&"**/a/".repeat(150).trim_end_matches('/').replace("//", "/"), false).expect("valid");
    let start = std::time::Instant::now();
    assert!(!many_stars.matches(&format!("{}b", "a".repeat(4_000))));
    assert!(!many_doubles.matches(&format!("{}b", "a/".repeat(2_000))));
    assert!(start.elapsed() < std::time::Duration::from_secs(10), "{:?}", start.elapsed());
}

/// The dialect by its definition, without regard to cost.
fn naive(pattern: &[&str], text: &[&str]) -> bool {
    match pattern.split_first() {
        None => text.is_empty(),
        Some((&"**", rest)) => (0..=text.len()).any(|taken| naive(rest, &text[taken..])),
        Some((segment, rest)) => text.split_first().is_some_and(|(head, tail)| {
            let (pattern, head): (Vec<char>, Vec<char>) = (segment.chars().collect(), head.chars().collect());
            naive_segment(&pattern, &head) && naive(rest, tail)
        }),
    }
}

fn naive_segment(pattern: &[char], text: &[char]) -> bool {
    match pattern.split_first() {
        None => text.is_empty(),
        Some(('*', rest)) => (0..=text.len()).any(|taken| naive_segment(rest, &text[taken..])),
        Some((c, rest)) => text
            .split_first()
            .is_some_and(|(head, tail)| (*c == '?' || c == head) && naive_segment(rest, tail)),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]
    #[test]
    fn agrees_with_the_definition(
        pattern in proptest::collection::vec(prop_oneof![Just("**".to_owned()), "[ab?é]{1,3}", "[ab*]{1,4}"], 1..5),
        text in proptest::collection::vec("[abé]{1,4}", 1..6),
    ) {
        let joined = pattern.join("/");
        let Ok(glob) = Glob::parse(&joined, false) else { return Ok(()) };
        let segments: Vec<&str> = pattern.iter().map(String::as_str).collect();
        let names: Vec<&str> = text.iter().map(String::as_str).collect();
        prop_assert_eq!(glob.matches(&text.join("/")), naive(&segments, &names));
    }

    #[test]
    fn a_text_without_wildcards_matches_itself_alone(text in "[a-z]{1,3}(/[a-z]{1,3}){0,3}", other in "[a-z]{1,3}(/[a-z]{1,3}){0,3}") {
        let glob = Glob::parse(&text, false).expect("valid");
        prop_assert!(glob.matches(&text));
        prop_assert_eq!(glob.matches(&other), text == other);
    }
}

/// Each row: a pattern of a deny or ask rule, a text, and whether it matches.
#[test]
fn in_a_folded_pattern_a_question_mark_is_a_character_as_written_or_as_folded() {
    let table = [
        ("stra?e", "straße", true),
        ("STRA?E", "straẞe", true),
        ("stra??e", "straße", true),
        ("stras?e", "straße", true),
        ("stra?e", "strasse", false),
        ("stra???e", "straße", false),
        ("ss?", "ßß", true),
        ("?ss?", "ßßß", true),
        ("???", "ßß", true),
        ("?????", "ßß", false),
        ("**/?/x", "a/ß/X", true),
        ("**/?/x", "ß/ab/x", false),
        ("?", "İ", true),
        ("?", "ﬃ", true),
        ("a?c", "abbc", false),
        ("ß/a?c", "ẞ/abbc", false),
        ("?/?", "ß", false),
        ("*?", "ß", true),
        ("straße", "STRASSE", true),
    ];
    for (pattern, text, expected) in table {
        let glob = Glob::parse(pattern, true).expect("a pattern");
        assert_eq!(glob.matches_folded(text, &fold::case(text)), expected, "{pattern} on {text}");
    }
}
