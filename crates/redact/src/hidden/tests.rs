use proptest::prelude::*;
use std::borrow::Cow;

use super::{may_hide, reveal};
use crate::Redactor;
use crate::bytes::is_unseen_or_wide;
use crate::tests::Draw;

#[test]
fn what_nobody_sees_goes() {
    let table: [(&str, &str, u64); 20] = [
        (
            "plain\ttext\r\nand \u{c}more, ümläut, 漢字, 🙂",
            "plain\ttext\r\nand \u{c}more, ümläut, 漢字, 🙂",
            0,
        ),
        ("\u{1b}[31mred\u{1b}[0m", "red", 2),
        ("\u{1b}]0;title\u{7}text", "text", 1),
        ("\u{1b}]8;;https://a.test\u{1b}\\link\u{1b}]8;;\u{1b}\\", "link", 2),
        ("\u{9b}31mred", "red", 1),
        ("a\u{1b}", "a", 1),
        ("over\u{8}\u{8}\u{8}\u{8}write\u{0}\u{7f}", "overwrite", 6),
        // Trojan Source: a comment that is none
        ("/*\u{202e} } \u{2066}if (admin)\u{2069} \u{2066} begin */", "/* } if (admin)  begin */", 4),
        ("pass\u{200b}word", "password", 1),
        ("a\u{200d}b\u{200c}c", "abc", 2),
        ("\u{feff}start", "start", 0),
        ("mid\u{feff}dle", "middle", 1),
        ("soft\u{ad}hyphen", "softhyphen", 1),
        // tag characters spell: hi
        ("look\u{e0068}\u{e0069} here", "look here", 2),
        ("a\u{fe0f}\u{e0101}", "a", 2),
        ("\u{1f3f4}\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}", "\u{1f3f4}", 5),
        ("\u{3164}=\u{115f}", "=", 2),
        ("line\u{2028}end", "line\u{2028}end", 0),
        ("\u{1d173}x", "x", 1),
        ("", "", 0),
    ];
    for (text, clean, hidden) in table {
        let revealed = reveal(text);
        assert_eq!((&*revealed.text, revealed.hidden), (clean, hidden), "{}", text.escape_unicode());
    }
}

#[test]
fn what_a_script_needs_stays() {
    for text in [
        "می\u{200c}خواهم",
        "क\u{94d}\u{200d}ष",
        "👩\u{200d}👩\u{200d}👧",
        "❤\u{fe0f} 1\u{fe0f}\u{20e3} ©\u{fe0e} ☂\u{fe0e}",
        "🏳\u{fe0f}\u{200d}🌈",
        "\u{1f3f4}\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}",
        "葛\u{e0100}",
        "ᠭᠠ\u{180b}",
    ] {
        assert!(matches!(reveal(text).text, Cow::Borrowed(_)), "{}", text.escape_unicode());
    }
}

proptest! {
    #[test]
    fn nothing_is_left_and_nothing_else_goes(text in any::<String>()) {
        let once = reveal(&text);
        let again = reveal(&once.text);
        prop_assert_eq!(&again.text, &once.text);
        let seen = |text: &str| text.chars().filter(char::is_ascii_graphic).count();
        if !text.chars().any(|sign| matches!(sign, '\u{1b}' | '\u{80}'..='\u{9f}')) {
            prop_assert_eq!(seen(&text), seen(&once.text));
        }
    }

    /// Text of nothing but what may be hidden and what it stands beside.
    #[test]
    fn revealed_again_it_is_the_same(text in "[a-z#👩🏴क\u{200c}\u{200d}\u{fe0f}\u{e0067}\u{e007f}\u{1b}\\[0m\u{feff}\u{180b}ᠭ葛\u{e0100}]{0,24}") {
        let once = reveal(&text).text.into_owned();
        prop_assert_eq!(reveal(&once).hidden, 0, "{}", text.escape_unicode());
    }
}

/// What is taken out after the search must not have stood in the way of it: a text is cut in between.
#[test]
fn nothing_that_goes_keeps_a_secret_from_being_found() {
    let mut draw = Draw(31);
    let (token, password) = (draw.alnum(36), draw.alnum(20));
    let redactor = Redactor::new();
    let texts = [
        (format!("key ghp_{token} here\n"), "ghp_", 4),
        (format!("DB_PASSWORD={password}\n"), "=", 5),
        (format!("db_password: \"{password}\"\n"), "\"", 3),
        (format!("https://ci:{password}@git.test/app\n"), "ci:", 7),
    ];
    let hidden = (0..=0x10_ffff).filter_map(char::from_u32).filter(|sign| {
        let text = reveal(&format!("a{sign}b")).text.into_owned();
        // else the sign takes what follows it along, as an escape does
        text == "ab"
    });
    let mut signs = 0;
    for sign in hidden {
        signs += 1;
        for (text, mark, behind) in &texts {
            let start = text.find(mark).unwrap() + mark.len();
            let mut with = text.clone();
            with.insert(start + behind, sign);
            let clean = redactor.redact(&with).text;
            let shown = reveal(&clean).text;
            let left = text.get(start + behind + 1..start + behind + 9).unwrap();
            assert!(!shown.contains(left), "U+{:04X} in {mark:?}: {shown}", u32::from(sign));
        }
    }
    assert!(signs > 4_000, "{signs}");
    // and all of them at once, as in UTF-16
    for (text, mark, _) in &texts {
        let wide: String = text.chars().flat_map(|sign| [sign, '\0']).collect();
        let shown = reveal(&redactor.redact(&wide).text).text.into_owned();
        assert_eq!(shown, redactor.redact(text).text, "{mark:?}");
    }
}

/// A control character parts as well as it joins: what stands before it alone is found too.
#[test]
fn what_is_parted_by_control_characters_is_found_on_both_sides() {
    let mut draw = Draw(32);
    let password = draw.alnum(20);
    let redactor = Redactor::new();
    for parted in [format!("A=b\0DB_PASSWORD={password}\0"), format!("DB_PASSWORD={password}\0HOME=/root\0")]
    {
        let clean = redactor.redact(&parted).text.into_owned();
        assert!(clean.contains("DB_PASSWORD=***") && !clean.contains(&password), "{clean:?}");
    }
    let (one, two) = (format!("ghp_{}", draw.alnum(36)), format!("ghp_{}", draw.alnum(36)));
    assert_eq!(redactor.redact(&format!("{one}\u{1}\n\u{1}{two}")).text, "***\u{1}\n\u{1}***");
}

#[test]
fn nothing_that_may_hide_is_passed_over() {
    for byte in 0..=u8::MAX {
        assert!(is_unseen_or_wide(byte) || !may_hide(byte), "{byte:#x}");
    }
}
