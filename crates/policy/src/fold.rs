//! Unicode case folding as this crate uses it: each character to upper case and then to lower case, in full. It
//! normalises nothing else.

use std::borrow::Cow;

/// The folded form of one character (up to several).
pub(crate) fn char(c: char) -> impl Iterator<Item = char> {
    c.to_uppercase().flat_map(char::to_lowercase)
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
