use super::*;

fn fold(text: &str) -> String {
    case(text).into_owned()
}

/// All of Unicode: what a case mapping links folds alike, and what is folded stays.
#[test]
fn whatever_unicode_links_by_case_folds_alike() {
    for c in '\0'..=char::MAX {
        let folded: String = char(c).collect();
        assert_eq!(fold(&folded), folded, "{c:?} is folded at once");
        let (upper, lower): (String, String) = (c.to_uppercase().collect(), c.to_lowercase().collect());
        assert_eq!(fold(&upper), folded, "{c:?} and its capital");
        assert_eq!(fold(&lower), folded, "{c:?} and its small letter");
        assert_eq!(fold(&c.to_string()), folded, "{c:?} alone and in a text");
    }
}

#[test]
fn the_letters_that_are_known_for_trouble() {
    let table = [
        ("straße", "strasse"),
        ("STRAẞE", "strasse"),
        ("İstanbul", "i\u{307}stanbul"),
        ("ı", "i"),
        ("I", "i"),
        ("\u{212A}ey", "key"),
        ("ſecret", "secret"),
        ("ΣΊΣΥΦΟΣ", "σίσυφοσ"),
        ("σίσυφος", "σίσυφοσ"),
        ("\u{2126}", "ω"),
        ("\u{212B}", "å"),
        ("ﬁx", "fix"),
        ("ǅ", "ǆ"),
    ];
    for (text, folded) in table {
        assert_eq!(case(text), folded, "{text}");
    }
}
