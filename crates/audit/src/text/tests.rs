use proptest::prelude::*;

use super::{read, write};
use crate::limit;

fn written(text: &str) -> (String, bool) {
    let mut buffer = Vec::new();
    let whole = write(text, &mut buffer);
    (String::from_utf8(buffer).unwrap(), whole)
}

#[test]
fn escapes_in_one_way() {
    for (text, expected) in [
        ("plain/päth", "plain/päth"),
        ("a\"b\\c", r#"a\"b\\c"#),
        ("\u{8}\u{c}\n\r\t", r"\b\f\n\r\t"),
        ("\0\u{1b}[31m", r"\u0000\u001b[31m"),
        ("\u{7f}\u{85}\u{9b}", r"\u007f\u0085\u009b"),
        ("\u{2028}\u{202e}\u{2066}\u{feff}", r"\u2028\u202e\u2066\ufeff"),
        ("\u{a0}\u{2027}\u{202f}€/😀", "\u{a0}\u{2027}\u{202f}€/😀"),
    ] {
        assert_eq!(written(text), (expected.to_owned(), true));
    }
}

#[test]
fn reads_no_other_spelling() {
    for bad in [
        r#"\/""#,
        r#"\u0041""#,
        r#"\u000a""#,
        r#"\u001B""#,
        r#"\u001""#,
        r#"\ud800""#,
        r#"\ud83d\ude00""#,
        r#"\x41""#,
        "\u{85}\"",
        "\u{2028}\"",
        "\n\"",
        "\0\"",
        "endless",
        "ends in \\",
    ] {
        assert!(read(bad).is_none(), "{bad}");
    }
}

#[test]
fn cuts_between_characters_and_never_an_escape() {
    for (character, length) in [("a", 1), ("é", 2), ("€", 3), ("😀", 4), ("\n", 2), ("\u{1b}", 6)] {
        let (text, whole) = written(&character.repeat(limit::TEXT_BYTES));
        assert_eq!(whole, length == 1);
        assert_eq!(text.len(), limit::TEXT_BYTES / length * length);
        assert!(read(&format!("{text}\"")).is_some());
    }
    assert!(read(&format!("{}\"", "a".repeat(limit::TEXT_BYTES + 1))).is_none());
    assert!(read(&format!("{}\"", "\\n".repeat(limit::TEXT_BYTES / 2 + 1))).is_none());
}

proptest! {
    #[test]
    fn reads_what_it_writes(text in any::<String>()) {
        let (escaped, whole) = written(&text);
        prop_assume!(whole);
        prop_assert!(!escaped.bytes().any(|byte| byte < 0x20));
        let input = format!("{escaped}\",rest");
        let (back, rest) = read(&input).unwrap();
        prop_assert_eq!(&*back.value(), text.as_str());
        prop_assert_eq!(rest, ",rest");
    }

    #[test]
    fn one_text_has_one_spelling(spelling in r#"([a-z"/]|\\[nrtbf"\\/]|\\u00[0-9a-fA-F]{2}|\\u20[26][0-9a-f]){0,12}"#) {
        let input = format!("{spelling}\"");
        if let Some((text, "")) = read(&input) {
            prop_assert_eq!(written(&text.value()).0, spelling);
        }
    }
}
