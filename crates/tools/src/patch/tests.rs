use gitoma_core::redact::Redactor;
use gix::diff::blob::{Algorithm, InternedInput, diff_with_slider_heuristics};

use super::Writer;
use crate::masked::MaskedText;

const SECRET: &str = "correct-horse-battery-staple";

fn hunks(old: &str, new: &str, context: u32) -> (String, u64) {
    let redactor = Redactor::new().with_known_values([SECRET, "other-horse-battery-staple"]);
    let input = InternedInput::new(old.as_bytes(), new.as_bytes());
    let diff = diff_with_slider_heuristics(Algorithm::Myers, &input);
    let (old, new) = (MaskedText::new(old.as_bytes(), &redactor), MaskedText::new(new.as_bytes(), &redactor));
    let mut writer = Writer { old: &old, new: &new, text: String::new(), redactions: 0 };
    writer.hunks(&diff, context);
    (writer.text, writer.redactions)
}

#[test]
fn unified_text() {
    let ten: String = (1..=10).map(|number| format!("{number}\n")).collect();
    for (old, new, context, expected) in [
        ("", "", 3, ""),
        ("a\n", "a\n", 3, ""),
        ("", "a\nb\n", 3, "@@ -0,0 +1,2 @@\n+a\n+b\n"),
        ("a\n", "", 3, "@@ -1 +0,0 @@\n-a\n"),
        ("a", "a\n", 3, "@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+a\n"),
        ("a\nb", "x\nb", 1, "@@ -1,2 +1,2 @@\n-a\n+x\n b\n\\ No newline at end of file\n"),
        (&ten, &ten.replace("5\n", "five\n"), 1, "@@ -4,3 +4,3 @@\n 4\n-5\n+five\n 6\n"),
        (&ten, &ten.replace("5\n", ""), 0, "@@ -5 +4,0 @@\n-5\n"),
        (
            &ten,
            &ten.replace("2\n", "").replace("9\n", "nine\n"),
            1,
            "@@ -1,3 +1,2 @@\n 1\n-2\n 3\n@@ -8,3 +7,3 @@\n 8\n-9\n+nine\n 10\n",
        ),
        (
            &ten,
            &ten.replace("4\n", "x\n").replace("7\n", "y\n"),
            1,
            "@@ -3,6 +3,6 @@\n 3\n-4\n+x\n 5\n 6\n-7\n+y\n 8\n",
        ),
    ] {
        assert_eq!(hunks(old, new, context).0, expected, "{old:?} {new:?}");
    }
}

#[test]
fn a_changed_secret_shows_as_a_change_without_its_value() {
    let (text, redactions) = hunks(&format!("a\nkey {SECRET}\n"), "a\nkey other-horse-battery-staple\n", 3);
    assert_eq!(text, "@@ -1,2 +1,2 @@\n a\n-key ***\n+key ***\n");
    assert_eq!(redactions, 2);
}
