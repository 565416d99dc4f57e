use super::*;

fn found(text: &str) -> Option<At> {
    indicator(text, Limits::POLICY).map(|(at, _)| at)
}

#[test]
fn lists_as_keys_and_empty_tags_are_found_where_they_stand() {
    for (text, at) in [
        ("? [a]\n: 1\n", (1, 3)),
        ("a: 1\n?\n  - b\n: 1\n", (3, 3)),
        ("a: 1 # c\n? # d\n  - b\n: 1\n", (3, 3)),
        ("a: { ? [b] : c }\n", (1, 8)),
        ("a: { ? {b: d} : c }\n", (1, 8)),
        ("a: [! keys]\n", (1, 5)),
        ("a: ! b\n", (1, 4)),
        ("a: 'x ! y'\nb:\n  - ! [c]\n", (3, 5)),
        ("é: é\nb: ! c\n", (2, 4)),
    ] {
        assert_eq!(found(text), Some(at), "{text}");
    }
}

#[test]
fn texts_comments_and_plain_keys_hold_the_same_characters() {
    for text in [
        "? a\n: [b]\n",
        "? a\n: b\n? c\n: - d\n",
        "a: what ? b ! c\n",
        "a: \"what ? b ! c\"\nb: 'x ? y'\n",
        "a: |\n  ? [b]\n  ! c\nb: [d]\n",
        "a: >-\n\n  ? [b]\n\n  ! c\n\nb: [d]\n",
        "a: plain\n  ? over lines\n  ! c\nb: [d]\n",
        "# ? [a]\na: # ! b\n  - c # ? d\n",
        "a: [b, # ? ! c\n  d]\n",
        "a: !!str b\n",
        "a: b?\nc: d!\n",
        "a: [ ? ",
    ] {
        assert_eq!(found(text), None, "{text}");
    }
}
