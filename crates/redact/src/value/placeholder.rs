//! What documentation writes in the place of a secret: a word that stands for one, or a part of a word that no secret has.

use super::identifier::is_cased;
use crate::bytes::{at, sub};
use crate::key::{WordList, longest_word, word_list};
use aho_corasick::{AhoCorasick, AhoCorasickKind};
use std::sync::LazyLock;

/// What people write where a secret would stand.
const PLACEHOLDER_WORDS: &str = "null true false none nil undefined default string str bytes text varchar number integer boolean \
    object any required optional prompt inherit hidden masked redacted removed secret secrets token \
    password passwd pass pwd passphrase credential credentials apikey api_key api-key key value foo \
    bar foobar test testing dummy fake sample todo tbd n/a empty unset bearer basic x-oauth-basic \
    passwort kennwort senha parola heslo haslo wachtwoord salasana jelszo sifre clave segreto geheim \
    base64-encoded sha1 sha256 sha512 notasecret fakepassword base64 utf8 utf-8 ed25519 x25519 hs256 rs256";

/// No word of them is longer.
const LONGEST_PLACEHOLDER: usize = longest_word(PLACEHOLDER_WORDS);

static PLACEHOLDERS: WordList = LazyLock::new(|| word_list(PLACEHOLDER_WORDS));

const PLACEHOLDER_PARTS: &str = "example placeholder changeme change-me change_me your- your_ yourpass yourtoken yoursecret \
    yourapi yourkey xxxx .... replace insert_ insert- redacted to-be- _here \
    abcdefghijklmnopqrstuvwxyz";

static PLACEHOLDER_SEARCH: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| in_any_case(PLACEHOLDER_PARTS));

/// An automaton that finds words which blanks separate, whatever their case.
pub(super) fn in_any_case(words: &str) -> Option<AhoCorasick> {
    AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .prefilter(false)
        .kind(Some(AhoCorasickKind::DFA))
        .build(words.split_ascii_whitespace())
        .ok()
}

/// Tells whether the value is what documentation writes in place of a secret.
pub(crate) fn is_placeholder(value: &[u8]) -> bool {
    let head = value.get(..value.len().min(256)).unwrap_or_default();
    let first = at(head, 0);
    let same = head.iter().all(|byte| byte.eq_ignore_ascii_case(&first));
    same || head.ends_with(b"...")
        || is_placeholder_word(head)
        || PLACEHOLDER_SEARCH
            .as_ref()
            .is_none_or(|parts| parts.find_iter(head).any(|part| is_written(sub(head, part.range()))))
}

/// Tells whether somebody would write the part in these cases: a row of both `x` and `X` is drawn.
fn is_written(part: &[u8]) -> bool {
    !part.eq_ignore_ascii_case(b"xxxx") || is_cased(part)
}

fn is_placeholder_word(value: &[u8]) -> bool {
    let mut lower = [0; LONGEST_PLACEHOLDER];
    let Some(lower) = lower.get_mut(..value.len()) else { return false };
    lower.copy_from_slice(value);
    lower.make_ascii_lowercase();
    PLACEHOLDERS.contains(&*lower)
}
