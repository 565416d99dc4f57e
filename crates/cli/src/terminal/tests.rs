use super::*;

#[test]
fn what_misleads_is_written_out() {
    for (given, expected) in [
        ("src/größe.rs", "src/größe.rs"),
        ("a\u{1b}[2Jb", "a\\u{1b}[2Jb"),
        ("a\u{9b}31mb", "a\\u{9b}31mb"),
        ("x\ny", "x\\u{a}y"),
        ("user\u{202e}txt", "user\\u{202e}txt"),
        ("a\u{2066}b\u{2069}", "a\\u{2066}b\\u{2069}"),
    ] {
        assert_eq!(line(given), expected, "{given:?}");
    }
    assert_eq!(lines("x\ny\rz"), "x\ny\\u{d}z");
}

#[test]
fn json_stays_the_same_value() {
    let value = serde_json::json!({ "a\u{202e}": "\u{9b}31m \u{7f} \n ü \u{1f600}", "b": ["\u{feff}"] });
    for text in [value.to_string(), serde_json::to_string_pretty(&value).unwrap()] {
        let shown = json(text);
        assert!(!shown.chars().any(|c| c != '\n' && misleads(c)), "{shown:?}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&shown).unwrap(), value);
    }
}
