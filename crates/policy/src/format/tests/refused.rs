//! Texts that are refused, and hostile ones, which are refused or laid out.

use super::*;

fn refused(text: &str) -> FormatError {
    format(Source { name: "p.yaml", text }).expect_err(text)
}

#[test]
fn what_cannot_be_carried_is_refused_with_its_place_and_a_fix() {
    for (text, place, message, fix) in [
        ("a: 1\nb:\n  - !!str 1\n", "3:5", "a tag", "remove the tag"),
        ("a: 1\nb: !!map {}\n", "2:4", "a tag", "remove the tag"),
        ("%YAML 1.2\n---\na: 1\n", "1:1", "directive", "without directives"),
        ("a: 1\n? \"b\n  c\"\n: 1\n", "2:3", "several lines", "one line"),
        ("a: 1\n? |\n  b\n: 1\n", "3:3", "several lines", "one line"),
        ("a: |2\n     \n", "2:3", "holds only blanks", "double quotes"),
        ("a: |\n   \t\n", "2:4", "holds only blanks", "double quotes"),
        ("a: |+\n  b\n\n", "2:3", "keeps its last line breaks", "without `+`"),
        ("a: { b: ?, c: d }\n", "1:9", "differently in another place", "in quotes"),
        ("? --- b\n: c\n", "1:3", "differently in another place", "in quotes"),
        ("- a\n- b\n", "1:1", "no map", "version: 1"),
        ("# only a comment\n", "1:1", "no map", "version: 1"),
        ("", "1:1", "no map", "version: 1"),
        ("{}\n", "1:1", "no map", "version: 1"),
    ] {
        let error = refused(text);
        let shown = error.to_string();
        assert!(matches!(error, FormatError::Unsupported(_)), "{text:?}: {shown}");
        assert!(shown.starts_with(&format!("p.yaml:{place}: ")), "{text:?}: {shown}");
        assert!(shown.contains(message) && shown.contains(fix), "{text:?}: {shown}");
    }
}

#[test]
fn what_the_strict_reading_refuses_is_refused_with_its_error() {
    for (text, place) in [
        ("a: &x 1\n", "1:"),
        ("a: 1\na: 2\n", "2:1"),
        ("a:\n\tb: 1\n", "2:"),
        ("a: 1\n---\nb: 1\n", "2:"),
        ("a: [1\n", ""),
        ("a: { ? [b] : c }\n", "1:8"),
        (": c\n", "1:1"),
        ("a: 1 \u{202E}\n", "1:6"),
        ("\u{FEFF}a: 1\n", "1:1"),
    ] {
        let error = refused(text);
        assert!(matches!(error, FormatError::Yaml(_)), "{text:?}: {error:?}");
        assert!(error.to_string().starts_with(&format!("p.yaml:{place}")), "{text:?}: {error}");
    }
    let depth = format!("a: {}{}", "[".repeat(16), "]".repeat(16));
    assert!(matches!(refused(&depth), FormatError::Yaml(_)));
    let long = format!("a: {}\n", "x".repeat(LIMITS.bytes));
    assert!(refused(&long).to_string().contains("8388608 bytes"));
}

#[test]
fn hostile_texts_do_no_harm() {
    let depth = format!("a: {}x{}", "[".repeat(15), "]".repeat(15));
    let deep: String = (0..15).map(|level| format!("{}k:\n", " ".repeat(level))).collect();
    let comments = "# comment\n".repeat(10_000);
    let wide = format!("a: [{}]\n", "x, ".repeat(10_000));
    let long = format!("a: [{}, b]\n", "x".repeat(1 << 17));
    let keys: String = (0..5_000).map(|number| format!("k{number}: {{ a: 1 }} # c\n")).collect();
    let blanks = format!("a: 1\n{}b: 2\n", " \n".repeat(100_000));
    let spaces = format!("a: 1{}# c\n{}\n", " ".repeat(1 << 17), " ".repeat(1 << 17));
    let lines = format!("a: \"{}\"\n", "x\n ".repeat(10_000));
    for (what, text, kept) in [
        ("depth in flow style", depth, 1),
        ("depth in block style", deep + &" ".repeat(15) + "x: 1\n", 16),
        ("comments", format!("a:\n{comments}  - b\n{comments}"), 20_002),
        ("a wide list", wide, 100),
        ("a long word", long, 2),
        ("keys", keys, 9_999),
        ("blank lines", blanks, 3),
        ("blanks", spaces, 1),
        ("lines", lines, 10_001),
        (
            "line ends of Windows",
            "a: [x] # c\r\n\r\nb: |\r\n   t\r\n   u\r\nc: \"v\r\n  w\"\r\n".to_owned(),
            8,
        ),
        ("tabs between", "a:\t1\t# c\nb: [\tx,\ty\t]\t\n".to_owned(), 3),
        ("all of Unicode", "\"\u{1F980}\": [é, \u{3042}, \u{10FFFF}] # \u{1F980}\n".to_owned(), 1),
    ] {
        let after = laid_out(&text);
        let lines = after.lines().count();
        assert!(if kept == 100 { lines > kept } else { lines == kept }, "{what}: {lines} lines");
        assert!(!after.contains('\r') && !after.lines().any(|line| line.ends_with(' ')), "{what}");
        assert_eq!(laid_out(&after), after, "{what}");
    }
}

/// Every text that one change makes of another is refused or laid out for good, and never an internal error.
#[test]
fn mutilated_texts_are_refused_or_laid_out() {
    let text = "# h\na: [x, 'y'] # c\nb:\n  - { k: 1, # d\n      l: \"m\n  n\" }\n  - |\n    t\n    # t\n\n  # e\n? f\n: g\n";
    let marks = [
        "", " ", "\n", "\t", "#", " # z\n", ":", ": ", "- ", "[", "]", "{", "}", ",", "'", "\"", "|", "? ",
        "\\", "\r",
    ];
    for at in (0..=text.len()).filter(|at| text.is_char_boundary(*at)) {
        for mark in marks {
            for skip in [0, 1] {
                let tail = text.get(at + skip..).unwrap_or_default();
                let changed = format!("{}{mark}{tail}", text.get(..at).unwrap_or_default());
                match format(Source { name: "p.yaml", text: &changed }) {
                    Ok(after) => assert_eq!(laid_out(&after), after, "{changed}"),
                    Err(FormatError::Internal { what, .. }) => panic!("{what}: {changed}"),
                    Err(_) => {}
                }
            }
        }
    }
}
