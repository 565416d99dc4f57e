//! What may stand as the value of a secret setting, and what only looks like one: references, placeholders, types,
//! code, paths. A value is judged by the kind of its key and by how it is written, never by entropy alone.

use crate::bytes::{Class, at, contains, run};
use crate::finding::PLACEHOLDER;
use crate::key::{Kind, WordList, word_list};
use std::sync::LazyLock;

/// How a value is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// Between quotation marks, or a whole JSON string.
    Quoted,
    /// Without marks, alone on its line after its key: environment files, YAML, INI.
    Line,
    /// Without marks, in the middle of something.
    Inline,
    /// After a command-line flag, in a query, or between XML tags.
    Argument,
}

/// Tells whether a value of a setting of this kind is a secret.
pub(crate) fn is_secret(value: &[u8], kind: Kind, form: Form) -> bool {
    has_the_look(value, kind, form)
        && !stands_for_another(value)
        && !is_placeholder(value)
        && !is_location(value)
}

fn has_the_look(value: &[u8], kind: Kind, form: Form) -> bool {
    match form {
        Form::Quoted if kind == Kind::Own => true,
        Form::Line | Form::Argument if kind == Kind::Own => !is_code(value) && !is_type_name(value),
        Form::Quoted if value.iter().any(|&byte| Class::SPACE.has(byte)) => is_phrase(value, kind),
        Form::Quoted if is_notation(value) => false,
        Form::Quoted => match kind {
            Kind::Own | Kind::Password => value.len() >= 4 && !names_itself(value),
            Kind::Secret => value.len() >= 6 && !names_itself(value) && is_drawn(value, 16),
            Kind::Weak => value.len() >= 16 && is_strong(value) && !names_itself(value),
        },
        _ if is_code(value) => false,
        Form::Line => match kind {
            Kind::Own | Kind::Password => value.len() >= 5 && !names_itself(value) && !is_type_name(value),
            Kind::Secret => value.len() >= 8 && !names_itself(value) && is_drawn(value, 16),
            Kind::Weak => value.len() >= 16 && is_strong(value) && !names_itself(value),
        },
        Form::Argument => match kind {
            Kind::Own | Kind::Password => value.len() >= 4 && !names_itself(value) && is_drawn(value, 12),
            Kind::Secret => value.len() >= 6 && !names_itself(value) && is_drawn(value, 12),
            Kind::Weak => value.len() >= 8 && is_strong(value),
        },
        Form::Inline => match kind {
            Kind::Weak => value.len() >= 16 && is_strong(value) && !names_itself(value),
            Kind::Own | Kind::Password | Kind::Secret => {
                value.len() >= 8 && is_strong(value) && !names_itself(value)
            }
        },
    }
}

/// Tells whether a credential given after an authentication scheme is real.
pub(crate) fn is_credential(value: &[u8], least: usize) -> bool {
    value.len() >= least
        && !stands_for_another(value)
        && !is_placeholder(value)
        && !is_code(value)
        && !is_location(value)
        && (is_strong(value) || is_drawn(value, 16) || is_mixed(value))
        && !names_itself(value)
}

/// Tells whether the value is a variable, a template, a reference to a vault, or already a placeholder of ours.
pub(crate) fn stands_for_another(value: &[u8]) -> bool {
    let first = at(value, 0);
    let named = |from: usize| run(value, from, Class::NAME, usize::MAX);
    contains(value, PLACEHOLDER.as_bytes())
        || value.is_empty()
        || [b"${".as_slice(), b"{{", b"$(", b"#{", b"<%", b"%(", b"%s"]
            .iter()
            .any(|mark| contains(value, mark))
        || (first == b'$' && named(1) == value.len())
        || (first == b'{' && value.ends_with(b"}"))
        || (first == b'<' && value.ends_with(b">"))
        || (first == b'[' && value.ends_with(b"]"))
        || (first == b'%' && value.len() > 2 && (value.ends_with(b"%") && named(1) + 1 == value.len()))
        || (first == b'@' && named(1) == value.len())
        || matches!(value, b"%d" | b"%v" | b"%q" | b"%@" | b"{}")
        || REFERENCES.iter().any(|scheme| value.starts_with(scheme))
}

const REFERENCES: [&[u8]; 16] = [
    b"op://",
    b"vault:",
    b"secret://",
    b"arn:",
    b"env:",
    b"file:",
    b"ref+",
    b"ENC[",
    b"!",
    b"&",
    b"sha1-",
    b"sha256-",
    b"sha384-",
    b"sha512-",
    b"sha256:",
    b"h1:",
];

/// What people write where a secret would stand.
static PLACEHOLDERS: WordList = LazyLock::new(|| {
    word_list(
        "null true false none nil undefined default string str bytes text varchar number integer boolean \
    object any required optional prompt inherit hidden masked redacted removed secret secrets token \
    password passwd pass pwd passphrase credential credentials apikey api_key api-key key value foo \
    bar foobar test testing dummy fake sample todo tbd n/a empty unset bearer basic x-oauth-basic \
    sha1 sha256 sha512 base64 utf8 utf-8 ed25519 x25519 hs256 rs256",
    )
});

const PLACEHOLDER_PARTS: &str = "example placeholder changeme change-me change_me your- your_ yourpass yourtoken yoursecret \
    yourapi yourkey xxxx .... replace insert_ insert- redacted to-be- _here";

/// Tells whether the value is what documentation writes in place of a secret.
pub(crate) fn is_placeholder(value: &[u8]) -> bool {
    let lower = value.get(..value.len().min(256)).unwrap_or_default().to_ascii_lowercase();
    let first = at(&lower, 0);
    let same = lower.iter().all(|&byte| byte == first);
    same || str::from_utf8(&lower).is_ok_and(|word| PLACEHOLDERS.contains(word))
        || PLACEHOLDER_PARTS.split(' ').any(|part| contains(&lower, part.as_bytes()))
}

/// Tells whether the value says where a secret is kept.
fn is_location(value: &[u8]) -> bool {
    const ENDINGS: [&[u8]; 15] = [
        b".pem", b".key", b".json", b".txt", b".yaml", b".yml", b".toml", b".env", b".crt", b".cer", b".p12",
        b".pfx", b".jks", b".gpg", b".html",
    ];
    let rooted =
        [b"./".as_slice(), b"../", b"~/", b"http://", b"https://"].iter().any(|root| value.starts_with(root));
    let absolute = at(value, 0) == b'/'
        && !value.iter().any(|byte| matches!(byte, b'+' | b'='))
        && value.split(|&byte| byte == b'/').all(|part| !is_strong(part));
    rooted || absolute || ENDINGS.iter().any(|ending| value.ends_with(ending))
}

/// Tells whether an unquoted value is an expression of a programming language.
fn is_code(value: &[u8]) -> bool {
    let last = value.last().copied().unwrap_or(0);
    let call = run(value, 0, Class::NAME.with(b':'), usize::MAX);
    (call > 0 && matches!(at(value, call), b'(' | b'[' | b'{' | b'<'))
        || matches!(at(value, 0), b'(' | b'[' | b'{' | b'*' | b'|' | b'=')
        || contains(value, b"::")
        || contains(value, b"->")
        || contains(value, b"=>")
        || contains(value, b"()")
        || matches!(last, b'{' | b'(' | b'[')
        || value.ends_with(b"):")
        || is_member(value)
}

/// Tells whether a literal is a colour, a regular expression, or a path of a module.
fn is_notation(value: &[u8]) -> bool {
    let colour = at(value, 0) == b'#'
        && matches!(value.len(), 4 | 7 | 9)
        && run(value, 1, Class::HEX, 8) == value.len();
    let pattern = [b"(?".as_slice(), b"[^", b"\\w", b"\\d", b")*", b")+", b"]+", b"]*"];
    let path =
        contains(value, b"::") && run(value, 0, Class::WORD.with(b':').with(b'$'), usize::MAX) == value.len();
    colour || path || pattern.iter().any(|sign| contains(value, sign))
}

/// Tells whether the value is a member access such as `self.token` or `config.auth.password`.
fn is_member(value: &[u8]) -> bool {
    contains(value, b".")
        && value.split(|&byte| byte == b'.').all(|part| {
            Class::ALPHA.with(b'_').has(at(part, 0))
                && run(part, 0, Class::WORD, usize::MAX) == part.len()
                && !is_strong(part)
        })
}

/// Tells whether the value is a name made of words, one of which is a word for a secret: `auth_token`, `newPassword`.
fn names_itself(value: &[u8]) -> bool {
    const WORDS: &str =
        "pass pwd secret token key auth credential kennwort contrase access refresh test fake dummy mock";
    let digits = value.iter().filter(|byte| byte.is_ascii_digit()).count();
    let separated = value.iter().any(|&byte| matches!(byte, b'_' | b'-' | b'.' | b':'));
    let camel =
        value.windows(2).any(|pair| at(pair, 0).is_ascii_lowercase() && at(pair, 1).is_ascii_uppercase());
    let name = run(value, 0, Class::NAME.with(b':'), usize::MAX) == value.len();
    let lower = value.to_ascii_lowercase();
    name && digits <= 2
        && (separated || camel)
        && WORDS.split(' ').any(|word| contains(&lower, word.as_bytes()))
}

/// Tells whether the value is a type written in camel case, which stands alone on a line in Python or Kotlin.
fn is_type_name(value: &[u8]) -> bool {
    at(value, 0).is_ascii_uppercase()
        && value.iter().all(u8::is_ascii_alphabetic)
        && value.iter().any(u8::is_ascii_lowercase)
}

/// Tells whether the value mixes kinds of characters, or is one unbroken word of at least `letters` letters.
fn is_drawn(value: &[u8], letters: usize) -> bool {
    let digit = value.iter().any(u8::is_ascii_digit);
    let letter = value.iter().any(|byte| byte.is_ascii_alphabetic());
    let sign = value.iter().any(|&byte| {
        !byte.is_ascii_alphanumeric() && !matches!(byte, b'_' | b'-' | b'.' | b'/' | b':' | b' ')
    });
    let word = value.len() >= letters && value.iter().all(u8::is_ascii_alphabetic);
    (digit && (letter || value.len() >= 6)) || (sign && letter) || word
}

/// Tells whether a capital stands after the first letter and small letters stand too.
fn is_mixed(value: &[u8]) -> bool {
    value.iter().skip(1).any(u8::is_ascii_uppercase) && value.iter().any(u8::is_ascii_lowercase)
}

/// Tells whether the value looks drawn at random: letters and digits that alternate, as no identifier does.
pub(crate) fn is_strong(value: &[u8]) -> bool {
    if value.len() < 8 || value.iter().any(|&byte| Class::SPACE.has(byte)) {
        return false;
    }
    let digits = value.iter().filter(|byte| byte.is_ascii_digit()).count();
    let letters = value.iter().filter(|byte| byte.is_ascii_alphabetic()).count();
    let changes = value
        .windows(2)
        .filter(|pair| {
            let (left, right) = (at(pair, 0), at(pair, 1));
            left.is_ascii_digit() != right.is_ascii_digit()
                || (left.is_ascii_uppercase() && right.is_ascii_lowercase())
                || (left.is_ascii_lowercase() && right.is_ascii_uppercase())
        })
        .count();
    let signs = value
        .iter()
        .any(|byte| matches!(byte, b'!' | b'#' | b'$' | b'%' | b'^' | b'&' | b'*' | b'+' | b'~' | b'@'));
    (digits >= 2 && letters >= 2 && changes >= 3 && changes * 6 >= value.len())
        || (digits >= 1 && letters >= 4 && signs)
        || (digits >= 4 && letters >= 1 && value.len() >= 10)
        || (letters >= 20 && changes >= 6 && changes * 4 >= value.len())
}

/// Tells whether several words between quotation marks are a pass phrase and not a message to a reader.
fn is_phrase(value: &[u8], kind: Kind) -> bool {
    let lower = value.to_ascii_lowercase();
    let speaks =
        [b"pass".as_slice(), b"secret", b"token", b"key", b"your", b"the ", b"must", b"please", b"enter"]
            .iter()
            .any(|word| contains(&lower, word));
    let message = at(value, 0).is_ascii_uppercase() && value.iter().all(|byte| !byte.is_ascii_digit());
    let words = value.split(|&byte| Class::SPACE.has(byte)).count();
    kind == Kind::Password && words <= 12 && !speaks && !message && value.is_ascii()
        || value.split(|&byte| Class::SPACE.has(byte)).any(|word| word.len() >= 16 && is_strong(word))
            && kind != Kind::Weak
}
