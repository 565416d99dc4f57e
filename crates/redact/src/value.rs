//! What may stand as the value of a secret setting, and what only looks like one: references, placeholders, types,
//! code, paths. A value is judged by the kind of its key and by how it is written, never by entropy alone.

use crate::bytes::{Class, at, before, contains, run};
use crate::finding::PLACEHOLDER;
use crate::key::Kind;
use identifier::{is_mangled, is_slug, is_type_name, names_constant, names_itself, names_type};
use signs::Signs;

mod identifier;
mod placeholder;
mod signs;
mod strength;

pub(crate) use placeholder::is_placeholder;
pub(crate) use strength::is_strong;

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
    let signs = Signs::of(value);
    has_the_look(value, signs, kind, form)
        && (!refers(value, signs) || (kind != Kind::Weak && is_noise(value)))
        && !is_placeholder(value)
        && !is_location(value, signs)
}

fn has_the_look(value: &[u8], signs: Signs, kind: Kind, form: Form) -> bool {
    match form {
        Form::Quoted if kind == Kind::Own => true,
        Form::Line | Form::Argument if kind == Kind::Own => {
            !is_code(value, signs) && !is_type_name(value, signs)
        }
        Form::Quoted if kind != Kind::Weak && is_noise(value) => true,
        Form::Quoted if signs.any(Signs::SPACE) => is_phrase(value, kind),
        Form::Quoted if is_notation(value, signs) || is_foreign(value, signs) => false,
        Form::Quoted => match kind {
            Kind::Own | Kind::Password => value.len() >= 4 && !names_itself(value, signs),
            Kind::Secret => {
                value.len() >= 6
                    && !names_itself(value, signs)
                    && is_drawn(value, signs, 16)
                    && !is_slug(value, signs)
            }
            Kind::Doubtful => value.len() >= 8 && is_strong(value) && !names_itself(value, signs),
            Kind::Weak => {
                value.len() >= 16 && (is_strong(value) && !names_itself(value, signs) || is_pair(value))
            }
        },
        _ if is_code(value, signs) => false,
        Form::Line => match kind {
            Kind::Own | Kind::Password => {
                value.len() >= 5 && !names_itself(value, signs) && !is_type_name(value, signs)
            }
            Kind::Secret => value.len() >= 8 && !names_itself(value, signs) && is_drawn(value, signs, 16),
            Kind::Doubtful => value.len() >= 8 && is_strong(value) && !names_itself(value, signs),
            Kind::Weak => {
                value.len() >= 16 && (is_strong(value) && !names_itself(value, signs) || is_pair(value))
            }
        },
        Form::Argument => match kind {
            Kind::Own | Kind::Password => {
                value.len() >= 4 && !names_itself(value, signs) && is_drawn(value, signs, 12)
            }
            Kind::Secret => value.len() >= 6 && !names_itself(value, signs) && is_drawn(value, signs, 12),
            Kind::Doubtful | Kind::Weak => value.len() >= 8 && (is_strong(value) || is_pair(value)),
        },
        Form::Inline => match kind {
            Kind::Doubtful | Kind::Weak => {
                value.len() >= 16 && (is_strong(value) && !names_itself(value, signs) || is_pair(value))
            }
            Kind::Own | Kind::Password | Kind::Secret => {
                value.len() >= 8
                    && (is_strong(value) || is_plain_draw(value, signs))
                    && !names_itself(value, signs)
            }
        },
    }
}

/// Tells whether a credential given after an authentication scheme is real.
pub(crate) fn is_credential(value: &[u8], least: usize) -> bool {
    let signs = Signs::of(value);
    value.len() >= least
        && !refers(value, signs)
        && !is_placeholder(value)
        && !is_code(value, signs)
        && !is_location(value, signs)
        && (is_strong(value) || is_drawn(value, signs, 16) || is_mixed(value))
        && !names_itself(value, signs)
}

/// Tells whether a variable or a template begins in the value: `${`, `{{`, `#{`, `$(`, `%(`, `<%`, `%s`.
fn has_template(value: &[u8]) -> bool {
    memchr::memchr3_iter(b'{', b'(', b'%', value).any(|index| {
        let previous = before(value, index);
        match at(value, index) {
            b'{' => matches!(previous, b'$' | b'{' | b'#'),
            b'(' => matches!(previous, b'$' | b'%'),
            _ => previous == b'<' || at(value, index + 1) == b's',
        }
    })
}

/// Tells whether a sign of two bytes stands in the value that programs have: `::`, `->`, `=>`, `()`.
fn has_operator(value: &[u8]) -> bool {
    memchr::memchr3_iter(b':', b'>', b')', value).any(|index| {
        matches!((before(value, index), at(value, index)), (b':', b':') | (b'-' | b'=', b'>') | (b'(', b')'))
    })
}

/// Tells whether the value is a variable, a template, a reference to a vault, or already a placeholder of ours.
pub(crate) fn stands_for_another(value: &[u8]) -> bool {
    refers(value, Signs::of(value))
}

fn refers(value: &[u8], signs: Signs) -> bool {
    const TEMPLATE: Signs = Signs::CURLED.or(Signs::ROUND).or(Signs::PERCENT);
    let first = at(value, 0);
    let named = |from: usize| run(value, from, Class::NAME, usize::MAX);
    signs.any(Signs::ASTERISK) && contains(value, PLACEHOLDER.as_bytes())
        || value.is_empty()
        || signs.any(TEMPLATE) && has_template(value)
        || match first {
            b'$' => run(value, 1, Class::NAME.with(b':'), usize::MAX) == value.len(),
            b'{' => value.ends_with(b"}") && !is_sealed(value) || value == b"{}",
            b'<' => value.ends_with(b">"),
            b'[' => value.ends_with(b"]"),
            b'%' => {
                value.len() > 2 && (value.ends_with(b"%") && named(1) + 1 == value.len())
                    || matches!(value, b"%d" | b"%v" | b"%q" | b"%@")
            }
            b'@' => named(1) == value.len(),
            b'!' | b'&' => true,
            b'o' => value.starts_with(b"op://"),
            b'v' => value.starts_with(b"vault:"),
            b'a' => value.starts_with(b"arn:"),
            b'e' => value.starts_with(b"env:"),
            b'E' => value.starts_with(b"ENC["),
            b'f' => value.starts_with(b"file:"),
            b'r' => value.starts_with(b"ref+"),
            b'h' => value.starts_with(b"h1:"),
            b's' => SUMS.iter().any(|scheme| value.starts_with(scheme)),
            _ => false,
        }
}

/// How hashes of content begin, and a reference.
const SUMS: [&[u8]; 6] = [b"secret://", b"sha1-", b"sha256-", b"sha384-", b"sha512-", b"sha256:"];

/// Tells whether the value says where a secret is kept.
fn is_location(value: &[u8], signs: Signs) -> bool {
    const ENDINGS: [&[u8]; 15] = [
        b".pem", b".key", b".json", b".txt", b".yaml", b".yml", b".toml", b".env", b".crt", b".cer", b".p12",
        b".pfx", b".jks", b".gpg", b".html",
    ];
    if !signs.any(Signs::DOT.or(Signs::SLASH)) {
        return false;
    }
    let rooted = signs.any(Signs::SLASH)
        && [b"./".as_slice(), b"../", b"~/", b"http://", b"https://"]
            .iter()
            .any(|root| value.starts_with(root));
    let absolute = at(value, 0) == b'/'
        && !value.iter().any(|byte| matches!(byte, b'+' | b'='))
        && value.split(|&byte| byte == b'/').all(|part| !is_strong(part));
    let resource = signs.any(Signs::SLASH)
        && (value.starts_with(b"projects/")
            || contains(value, b"/secrets/")
            || contains(value, b"/versions/"));
    let file = signs.any(Signs::DOT) && ENDINGS.iter().any(|ending| value.ends_with(ending));
    rooted || absolute || resource || file
}

/// Tells whether an unquoted value is an expression of a programming language.
fn is_code(value: &[u8], signs: Signs) -> bool {
    const OPERATOR: Signs = Signs::COLON.or(Signs::POINTED).or(Signs::ROUND);
    let last = value.last().copied().unwrap_or(0);
    let call = run(value, 0, Class::NAME.with(b':'), usize::MAX);
    (call > 0 && matches!(at(value, call), b'(' | b'[' | b'{' | b'<'))
        || matches!(at(value, 0), b'(' | b'[' | b'{' | b'*' | b'|' | b'=')
        || signs.any(OPERATOR) && has_operator(value)
        || matches!(last, b'{' | b'(' | b'[')
        || value.ends_with(b"):")
        || names_type(value)
        || signs.any(Signs::SQUARE) && (contains(value, b"[A-Z") || contains(value, b"[a-z"))
        || signs.any(Signs::DOLLAR) && is_mangled(value)
        || signs.any(Signs::UNDERSCORE) && names_constant(value)
        || signs.any(Signs::DOT) && is_member(value)
}

/// Tells whether the value is a word of another language: letters beyond ASCII, and no digit.
fn is_foreign(value: &[u8], signs: Signs) -> bool {
    signs.any(Signs::FOREIGN)
        && !value.iter().any(|byte| byte.is_ascii_digit() || matches!(byte, b'!' | b'#' | b'$' | b'&'))
}

/// Tells whether a literal is a colour, a regular expression, or a path of a module.
fn is_notation(value: &[u8], signs: Signs) -> bool {
    const PATTERN: Signs = Signs::ROUND.or(Signs::SQUARE).or(Signs::BACKSLASH);
    let colour = at(value, 0) == b'#'
        && matches!(value.len(), 4 | 7 | 9)
        && run(value, 1, Class::HEX, 8) == value.len();
    let pattern =
        [b"(?".as_slice(), b"[^", b"\\w", b"\\d", b")*", b")+", b"]+", b"]*", b"[a-z", b"[A-Z", b"[0-9"];
    let path = signs.any(Signs::COLON)
        && contains(value, b"::")
        && run(value, 0, Class::WORD.with(b':').with(b'$'), usize::MAX) == value.len();
    colour || path || signs.any(PATTERN) && pattern.iter().any(|sign| contains(value, sign))
}

/// Tells whether the value is a member access such as `self.token` or `config.auth.password`.
fn is_member(value: &[u8]) -> bool {
    value.split(|&byte| byte == b'.').all(|part| {
        Class::ALPHA.with(b'_').has(at(part, 0))
            && run(part, 0, Class::WORD, usize::MAX) == part.len()
            && (!is_strong(part) || names_type(part))
    })
}

/// Tells whether the value mixes kinds of characters, or is one unbroken word of at least `letters` letters.
fn is_drawn(value: &[u8], signs: Signs, letters: usize) -> bool {
    const PLAIN: Signs = Signs::ALNUM
        .or(Signs::UNDERSCORE)
        .or(Signs::DASH)
        .or(Signs::DOT)
        .or(Signs::SLASH)
        .or(Signs::COLON)
        .or(Signs::BLANK);
    let digit = signs.any(Signs::DIGIT);
    let letter = signs.any(Signs::LETTER);
    // words in camel case are drawn by nobody
    let word = value.len() >= letters
        && signs.only(Signs::LETTER)
        && (!signs.all(Signs::LETTER) || is_strong(value));
    (digit && (letter || value.len() >= 6)) || (!signs.only(PLAIN) && letter) || word
}

/// Tells whether a capital stands after the first letter and small letters stand too.
fn is_mixed(value: &[u8]) -> bool {
    value.iter().skip(1).any(u8::is_ascii_uppercase) && value.iter().any(u8::is_ascii_lowercase)
}

/// Tells whether nobody would have written the value for another purpose.
pub(crate) fn is_random(value: &[u8]) -> bool {
    is_strong(value) || is_plain_draw(value, Signs::of(value)) || is_noise(value)
}

/// Tells whether the value is long and has both cases and digits and nothing else.
fn is_plain_draw(value: &[u8], signs: Signs) -> bool {
    value.len() >= 16 && signs == Signs::ALNUM
}

/// Tells whether the value is base64 between braces, as Jenkins seals what it stores.
fn is_sealed(value: &[u8]) -> bool {
    value.len() > 32 && run(value, 1, Class::BASE64, usize::MAX) + 1 == value.len() && is_strong(value)
}

/// Tells whether the value is drawn from all signs of a keyboard, blanks among them, as the salts of WordPress are.
/// Expressions of a language have words, patterns have classes.
fn is_noise(value: &[u8]) -> bool {
    let value = value.strip_prefix(b"django-insecure-").unwrap_or(value);
    let count = |of: fn(&u8) -> bool| value.iter().filter(|byte| of(byte)).count();
    let classes = [b"a-z".as_slice(), b"A-Z", b"0-9", b"(?", b"\\", b"***"];
    (32..=256).contains(&value.len())
        && value.split(|byte| !byte.is_ascii_lowercase()).all(|word| word.len() < 6)
        && value.is_ascii()
        && count(u8::is_ascii_digit) >= 3
        && count(u8::is_ascii_alphabetic) >= 8
        && count(u8::is_ascii_punctuation) * 6 >= value.len()
        && !classes.iter().any(|class| contains(value, class))
}

/// Tells whether the value is a user and a password in base64 (RFC 7617): printed text with a colon in it.
pub(crate) fn is_pair(value: &[u8]) -> bool {
    let body = value.strip_suffix(b"==").or_else(|| value.strip_suffix(b"=")).unwrap_or(value);
    if value.len() > 512
        || !value.len().is_multiple_of(4)
        || run(body, 0, Class::ALNUM.with(b'+').with(b'/'), usize::MAX) != body.len()
    {
        return false;
    }
    let (mut bits, mut held, mut colon) = (0_u32, 0_u32, false);
    for &sign in body {
        let sextet = match sign {
            b'A'..=b'Z' => sign - b'A',
            b'a'..=b'z' => sign - b'a' + 26,
            b'0'..=b'9' => sign - b'0' + 52,
            b'+' => 62,
            _ => 63,
        };
        bits = bits << 6 | u32::from(sextet);
        held += 6;
        if held >= 8 {
            held -= 8;
            let byte = (bits >> held) & 0xff;
            if !(0x20..0x7f).contains(&byte) {
                return false;
            }
            colon |= byte == u32::from(b':');
        }
    }
    colon
}

/// Tells whether several words without quotation marks are drawn: one is long and strong, or most have letters and digits.
pub(crate) fn is_drawn_phrase(value: &[u8]) -> bool {
    let words: Vec<&[u8]> =
        value.split(|&byte| Class::BLANK.has(byte)).filter(|word| !word.is_empty()).collect();
    let mixed =
        |word: &&&[u8]| word.iter().any(u8::is_ascii_digit) && word.iter().any(u8::is_ascii_alphabetic);
    let long = |word: &&[u8]| word.len() >= 10 && is_strong(word);
    (2..=8).contains(&words.len())
        && !words.iter().any(|word| is_code(word, Signs::of(word)) || contains(word, b"()"))
        && (words.iter().filter(mixed).count() * 2 > words.len() || words.iter().any(long))
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
