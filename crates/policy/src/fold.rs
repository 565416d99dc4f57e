//! Unicode case folding as this crate uses it: two characters that the full case mappings of Unicode link, in whatever
//! direction, fold to the same text, and a folded text folds to itself. It normalises nothing else.

use std::borrow::Cow;

/// The folded form of one character (up to several). To lower case first, since some capitals are the capital of a
/// character that is itself not theirs (`ẞ` of `ß`, whose own is `SS`); then to upper case, which joins what has one
/// capital (`ς` and `σ`, `ſ` and `s`, `ı` and `i`); and to lower case again.
pub(crate) fn char(c: char) -> impl Iterator<Item = char> {
    c.to_lowercase().flat_map(char::to_uppercase).flat_map(char::to_lowercase)
}

/// The folded form of a text; borrowed when the text is plain ASCII without capitals.
pub(crate) fn case(text: &str) -> Cow<'_, str> {
    if !text.is_ascii() {
        return Cow::Owned(text.chars().flat_map(char).collect());
    }
    if text.bytes().any(|b| b.is_ascii_uppercase()) {
        return Cow::Owned(text.to_ascii_lowercase());
    }
    Cow::Borrowed(text)
}

/// Whether some character of `text` folds to several, where `folded` is its folded form.
pub(crate) fn lengthens(text: &str, folded: &str) -> bool {
    !text.is_ascii() && text.chars().count() != folded.chars().count()
}

#[cfg(test)]
mod tests;
