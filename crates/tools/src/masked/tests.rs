use gitoma_core::redact::Redactor;
use proptest::prelude::*;

use super::{MaskedText, is_binary};

/// A value the redactor is told about, so that these tests do not depend on its rules.
const SECRET: &str = "correct-horse-battery-staple";

fn masked(text: &str) -> MaskedText {
    MaskedText::new(text.as_bytes(), &Redactor::new().with_known_values([SECRET, "first-half\nsecond-half"]))
}

fn lines(text: &MaskedText) -> Vec<String> {
    (0..text.line_count()).filter_map(|index| text.line(index)).map(|line| line.text.into_owned()).collect()
}

#[test]
fn lines_keep_their_numbers() {
    for (text, expected) in [
        ("", vec![]),
        ("\n", vec![""]),
        ("a", vec!["a"]),
        ("a\nb\n", vec!["a", "b"]),
        ("a\r\nb", vec!["a\r", "b"]),
        ("a\n\nb\n", vec!["a", "", "b"]),
    ] {
        assert_eq!(lines(&masked(text)), expected, "{text:?}");
    }
}

#[test]
fn secrets_are_covered_and_counted_where_they_stand() {
    let text = masked(&format!("one\nx {SECRET} y {SECRET}\nthree\n"));
    assert_eq!(lines(&text), ["one", "x *** y ***", "three"]);
    let line = text.line(1).unwrap();
    assert_eq!(line.covered, [2..5, 8..11]);
    assert!(line.covered.iter().all(|covered| line.text.get(covered.clone()) == Some("***")));
    assert_eq!(
        [text.findings_in(0..1), text.findings_in(0..3), text.findings_in(1..2), text.findings_in(2..3)],
        [0, 2, 2, 0]
    );
    assert_eq!(text.findings_in(7..9), 0);
}

#[test]
fn a_secret_over_two_lines_covers_its_part_of_each() {
    let text = masked("a first-half\nsecond-half b\nc\n");
    assert_eq!(lines(&text), ["a ***", "*** b", "c"]);
    assert_eq!([text.findings_in(0..1), text.findings_in(1..2), text.findings_in(2..3)], [1, 1, 0]);
}

#[test]
fn bytes_that_are_no_text() {
    assert!(is_binary(b"ELF\0"));
    assert!(!is_binary(b"caf\xe9"));
    let text = MaskedText::new(b"caf\xe9\nok\n", &Redactor::new());
    assert_eq!(lines(&text), ["caf\u{fffd}", "ok"]);
    assert!(text.ends_in_line_feed());
    assert!(!masked("a\nb").ends_in_line_feed());
}

proptest! {
    #[test]
    fn masking_never_moves_a_line_nor_shows_a_secret(parts in prop::collection::vec("[a-c \n]{0,6}", 0..12)) {
        let text = parts.join(SECRET);
        let masked = masked(&text);
        let expected: Vec<String> = text.replace(SECRET, "***").split_inclusive('\n')
            .map(|line| line.strip_suffix('\n').unwrap_or(line).to_owned()).collect();
        prop_assert_eq!(lines(&masked), expected);
    }
}
