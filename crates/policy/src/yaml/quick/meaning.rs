//! What an unquoted text means to the strict way, where that is sure at a glance.

/// What an unquoted text means.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// Itself.
    Text,
    Boolean(bool),
    Number(u64),
    /// Something that takes a closer look: a number in another notation, nothing, or a text after all.
    Unsure,
}

pub(super) fn meaning(text: &str) -> Meaning {
    if is_surely_text(text) {
        return Meaning::Text;
    }
    match text {
        "true" => Meaning::Boolean(true),
        "false" => Meaning::Boolean(false),
        _ => whole_number(text).map_or(Meaning::Unsure, Meaning::Number),
    }
}

/// A number of few digits, with nothing in front of them.
fn whole_number(text: &str) -> Option<u64> {
    let is_short = matches!(text.len(), 1..=15) && text.bytes().all(|byte| byte.is_ascii_digit());
    (is_short && (text == "0" || !text.starts_with('0'))).then(|| text.parse().ok())?
}

/// Whether an unquoted text is a text, and neither number, boolean nor nothing: it begins with a letter, perhaps behind a dot,
/// as no number does, and is none of the words that mean something else, or come near it.
pub(super) fn is_surely_text(text: &str) -> bool {
    const WORDS: [&str; 6] = ["true", "false", "null", "inf", "infinity", "nan"];
    let name = text.strip_prefix('.').unwrap_or(text);
    let begins = name.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic());
    // None of the words is longer.
    begins && (name.len() > 8 || !WORDS.iter().any(|word| name.eq_ignore_ascii_case(word)))
}
