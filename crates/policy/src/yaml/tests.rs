use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::*;

type Map = BTreeMap<String, serde_json::Value>;

fn refuse(text: &str) -> YamlError {
    let start = Instant::now();
    let error = from_str::<Map>("p.yaml", text, Limits::POLICY).expect_err("must be refused");
    assert!(start.elapsed() < Duration::from_secs(10), "took {:?}", start.elapsed());
    error
}

#[test]
fn hostile_documents_are_refused_with_a_place() {
    let bomb =
        "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b]\n";
    let deep_flow = format!("a: {}", "[".repeat(20_000));
    let deep_block: String = (0..2_000).map(|i| format!("{}a:\n", " ".repeat(i))).collect();
    let table: &[(&str, &str, u32)] = &[
        ("alias bomb", bomb, 1),
        ("anchor alone", "x: 1\na: &a 1\n", 2),
        ("alias without anchor", "a: *a\n", 1),
        ("duplicate key", "a: 1\nb: 2\na: 3\n", 3),
        ("duplicate key, quoted", "a: 1\n\"a\": 3\n", 2),
        ("merge key", "a:\n  <<: {b: 1}\n", 2),
        ("tab", "a:\n\tb: 1\n", 2),
        ("two documents", "a: 1\n---\nb: 2\n", 2),
        ("byte order mark", "\u{FEFF}a: 1\n", 1),
        ("late byte order mark", "a: 1\nb: \u{FEFF}1\n", 2),
        ("override", "a: 1\nb: x\u{202E}y\n", 2),
        ("nul", "a: 1\nb: \0\n", 2),
        ("carriage return alone", "a: 1\r\nb: 2\rc: [\n", 2),
        ("carriage return at the end", "a: 1\nb: 2\r", 2),
        ("line separator", "a: 1 # x\u{2028}b: 2\n", 1),
        ("paragraph separator", "a: 1\nb: x\u{2029}y\n", 2),
        ("next line", "a: 1\nb: x\u{85}y\n", 2),
        ("unknown tag", "a: 1\nb: !evil 1\n", 2),
        ("flow depth", &deep_flow, 1),
        ("block depth", &deep_block, 0),
        ("unclosed", "a: [1, 2\n", 0),
        ("a scalar", "hello\n", 1),
    ];
    for (what, text, line) in table {
        let error = refuse(text);
        assert!(*line == 0 || error.line == *line, "{what}: {error}");
        assert!(error.line > 0 && error.column > 0 && !error.message.is_empty(), "{what}: {error:?}");
        assert!(error.to_string().len() < 1_000, "{what}: {}", error.to_string().len());
    }
}

#[test]
fn hidden_characters_are_found_wherever_they_stand() {
    for before in ["", "x", "é", "\n", "a\nbé\tc", &"y".repeat(63), &"y".repeat(64), &"é\n".repeat(100)] {
        for (bad, after) in [
            ("\u{7F}", ""),
            ("\u{202E}", "z"),
            ("\0", "é"),
            ("\u{85}", "\n"),
            ("\u{FEFF}", ""),
            ("\r", ""),
            ("\r", "z\n"),
            ("\u{2028}", ""),
            ("\u{AD}", "z"),
            ("\u{34F}", ""),
            ("\u{200B}", ""),
            ("\u{200D}", "z"),
            ("\u{2060}", ""),
            ("\u{3164}", ""),
            ("\u{FE0F}", "\n"),
            ("\u{E0041}", ""),
            ("\u{A0}", ""),
            ("\u{2003}", "z"),
            ("\u{3000}", ""),
        ] {
            let text = format!("# {before}{bad}{after}");
            let lines: Vec<&str> = before.split('\n').collect();
            let first = if lines.len() == 1 { 2 } else { 0 };
            let column = lines.last().expect("a line").chars().count() + first + 1;
            let place = hidden(&text).map(|(place, _)| place);
            assert_eq!(place, Some((lines.len() as u32, column as u32)), "{text:?}");
        }
        assert_eq!(hidden(&format!("{before}é\r\n\t{before}")), None);
    }
}

#[test]
fn an_invisible_character_or_a_space_that_is_none_is_told_of_with_a_fix() {
    for (what, bad, message, fix) in [
        ("in a value", "a: x\u{200B}y\n", "invisible character", "remove it; no path"),
        ("in a key", "a\u{2060}: x\n", "invisible character", "remove it; no path"),
        ("in a comment", "a: x # \u{26A0}\u{FE0F}\n", "invisible character", "remove it; no path"),
        ("as a space", "a: x\u{A0}y\n", "looks like a space and is none", "write a space"),
        ("as indentation", "\u{2003}a: x\n", "looks like a space and is none", "write a space"),
    ] {
        let error = refuse(&format!("k: 1\n{bad}"));
        assert_eq!(error.line, 2, "{what}: {error}");
        assert!(error.message.contains(message), "{what}: {error}");
        assert!(error.fix.as_ref().is_some_and(|own| own.contains(fix)), "{what}: {error}");
    }
    let map: Map =
        from_str("p.yaml", "a: \"x\\u200Dy\\u00A0\"\n", Limits::POLICY).expect("an escape is seen");
    assert_eq!(map["a"], "x\u{200D}y\u{A0}");
}

/// Sizes well apart: eight times the text may not take sixty-four times as long, wherever what could be a mark stands.
#[test]
fn marks_that_are_none_are_passed_over_once() {
    let fastest = |text: &str| {
        let time = || {
            let start = Instant::now();
            from_str::<serde::de::IgnoredAny>("p.yaml", text, Limits::POLICY).expect("sound");
            start.elapsed()
        };
        (0..3).map(|_| time()).min().expect("three runs")
    };
    for (before, mark, after) in [
        ("a: 1\n#", " !", "\nb: 2\n"),
        ("a: 1\n#", " ?", "\nb: 2\n"),
        ("a: 1\n#", " !\n# ?\n#", "\nb: 2\n"),
        ("a: [1, #", " !", "\n2]\n"),
        ("a: b", " !", "\n"),
        ("a: b", " ?", "\n"),
        ("a: '", " !", "'\n"),
        ("a: \"", " ?", "\"\n"),
        ("a: |\n ", " !", "\n"),
    ] {
        let text = |times: usize| format!("{before}{}{after}", mark.repeat(times));
        // Other work on the machine may slow any one of the two down, but hardly each time.
        let linear = (0..8).any(|_| fastest(&text(1 << 17)) < fastest(&text(1 << 14)).saturating_mul(32));
        assert!(linear, "{before:?} {mark:?}: eight times as much takes more than thirty-two times as long");
    }
}

#[test]
fn size_is_limited_and_refused_at_once() {
    let long = format!("a: {}\n", "x".repeat(5 << 20));
    let limits = Limits { bytes: 1 << 20, ..Limits::POLICY };
    let error = from_str::<Map>("p.yaml", &long, limits).expect_err("too long");
    assert_eq!((error.line, error.column), (1, 1));
    assert!(error.message.contains("1048576 bytes"), "{error}");

    let wide = "a: 1\n".repeat(1_000_000);
    assert_eq!(refuse(&wide).line, 2, "five million bytes of one key twice");
    let nodes = format!("a: [{}]\n", "1,".repeat(10_000));
    let limits = Limits { nodes: 1_000, ..Limits::POLICY };
    assert!(from_str::<Map>("p.yaml", &nodes, limits).is_err());
}

#[test]
fn the_message_shows_the_line_and_a_caret() {
    let error = refuse("a: 1\nb: 2\na: 3\n");
    let text = error.to_string();
    assert!(text.starts_with("p.yaml:3:1: "), "{text}");
    assert!(text.ends_with("\n  3 | a: 3\n    | ^\n  fix: keep one of them"), "{text}");
    assert!(!error.message.contains("line 3"), "the place is said once: {text}");
}

#[test]
fn words_that_other_dialects_take_for_booleans_stay_words() {
    let map: Map = from_str("p.yaml", "a: on\nb: no\nc: true\n", Limits::POLICY).expect("valid");
    assert_eq!(map["a"], "on");
    assert_eq!(map["b"], "no");
    assert_eq!(map["c"], true);
}
