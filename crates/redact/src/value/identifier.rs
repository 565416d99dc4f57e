//! Names that stand where a value would: of a setting, a type, a constant. Words tell them from what is drawn.

use super::placeholder::in_any_case;
use super::signs::Signs;
use super::strength::is_strong;
use crate::bytes::{Class, at, before, run, sub};
use aho_corasick::AhoCorasick;
use std::sync::LazyLock;

/// Words for a secret, and for what stands in its place, in the names that are given to one.
static OWN_WORDS: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    in_any_case(
        "pass pwd secret token key auth credential kennwort contrase access refresh test fake dummy mock",
    )
});

/// Tells whether the value is a name made of words, one of which is a word for a secret: `auth_token`, `newPassword`.
pub(super) fn names_itself(value: &[u8], signs: Signs) -> bool {
    const SEPARATOR: Signs = Signs::UNDERSCORE.or(Signs::DASH).or(Signs::DOT).or(Signs::COLON);
    if !signs.only(Signs::ALNUM.or(SEPARATOR)) {
        return false;
    }
    let camel = || {
        let mut pairs = value.iter().zip(value.iter().skip(1));
        pairs.any(|(first, second)| first.is_ascii_lowercase() && second.is_ascii_uppercase())
    };
    if !(signs.any(SEPARATOR) || signs.all(Signs::LETTER) && camel()) {
        return false;
    }
    // a curve or a hash may stand first: `x25519_private_key`
    let algorithm = || {
        let first = run(value, 0, Class::ALNUM, usize::MAX);
        let rest = value.get(first..).unwrap_or_default();
        at(value, 0).is_ascii_alphabetic()
            && first <= 8
            && !rest.is_empty()
            && !rest.iter().any(u8::is_ascii_digit)
    };
    let digits = || value.iter().filter(|byte| byte.is_ascii_digit()).count();
    (!signs.any(Signs::DIGIT) || digits() <= 2 || algorithm())
        && OWN_WORDS
            .as_ref()
            .is_none_or(|words| words.find_iter(value).any(|word| is_cased(sub(value, word.range()))))
        && (signs.any(SEPARATOR) || !is_scrambled(value))
}

/// Tells whether the letters are written as those of a word are: all of them small or large, or the first alone large.
pub(super) fn is_cased(word: &[u8]) -> bool {
    let rest = word.get(1..).unwrap_or_default();
    rest.iter().all(u8::is_ascii_lowercase) || word.iter().all(u8::is_ascii_uppercase)
}

/// Tells whether letters and digits fall into pieces shorter than words are: a draw, in which a word may stand by chance.
fn is_scrambled(value: &[u8]) -> bool {
    let begins = |index: usize, byte: u8| {
        let (previous, next) = (before(value, index), at(value, index + 1));
        index == 0
            || byte.is_ascii_digit() != previous.is_ascii_digit()
            || byte.is_ascii_uppercase() && (previous.is_ascii_lowercase() || next.is_ascii_lowercase())
    };
    let pieces = value.iter().enumerate().filter(|&(index, &byte)| begins(index, byte)).count();
    value.len() >= 12 && pieces * 9 > value.len() * 4
}

/// Tells whether the value is the name of a type, whatever digits are in it: `Ed25519SigningKey`.
pub(super) fn names_type(value: &[u8]) -> bool {
    const ENDS: [&[u8]; 8] =
        [b"Key", b"KeyPair", b"Token", b"Secret", b"Signature", b"Credentials", b"Params", b"Fn"];
    at(value, 0).is_ascii_uppercase()
        && run(value, 0, Class::ALNUM, usize::MAX) == value.len()
        && ENDS.iter().any(|end| value.ends_with(end))
}

/// Tells whether the value is a name that a compiler put together: `module$contents$tokens_DelimToken`.
pub(super) fn is_mangled(value: &[u8]) -> bool {
    memchr::memchr_iter(b'$', value).take(2).count() == 2
        && Class::ALPHA.has(at(value, 0))
        && run(value, 0, Class::NAME.with(b'$'), usize::MAX) == value.len()
}

/// Tells whether the value is small words with signs between them, and a number at most: `storage_v1_client`.
pub(super) fn is_slug(value: &[u8], signs: Signs) -> bool {
    const SEPARATOR: Signs = Signs::UNDERSCORE.or(Signs::DASH).or(Signs::DOT);
    let mut parts = value.split(|&byte| matches!(byte, b'_' | b'-' | b'.'));
    signs.any(SEPARATOR)
        && signs.only(SEPARATOR.or(Signs::LOWER).or(Signs::DIGIT))
        && parts.all(|part| {
            let digits = run(part, usize::from(at(part, 0) == b'v'), Class::DIGIT, 3);
            !part.is_empty() && (digits == part.len() || part.iter().all(u8::is_ascii_lowercase))
        })
}

/// Tells whether the value is the name of a constant: `PRESENCE_0`.
pub(super) fn names_constant(value: &[u8]) -> bool {
    run(value, 0, Class::UPPER_NUM.with(b'_'), usize::MAX) == value.len()
        && value.iter().filter(|byte| byte.is_ascii_digit()).count() <= 2
}

/// Tells whether the value is a type written in camel case, which stands alone on a line in Python or Kotlin.
pub(super) fn is_type_name(value: &[u8], signs: Signs) -> bool {
    at(value, 0).is_ascii_uppercase()
        && signs.only(Signs::LETTER)
        && signs.any(Signs::LOWER)
        && !is_strong(value)
}
