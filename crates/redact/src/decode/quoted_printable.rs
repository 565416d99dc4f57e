//! Escapes of mail: quoted-printable text (RFC 2045 §6.7) and encoded words (RFC 2047).

use super::carrier;
use super::escape::{Escape, byte, spelled};
use crate::bytes::{Class, at, before, run, sub};

/// Soft line breaks and `=3D` of quoted-printable (RFC 2045 §6.7), `=5F` of encoded words, and two or more bytes in a row.
pub(super) fn read(bytes: &[u8], start: usize) -> Option<Escape> {
    if matches!(at(bytes, start + 1), b'\n' | b'\r') {
        return soft_break(bytes, start);
    }
    let code = byte(bytes, start + 1).filter(u8::is_ascii)?;
    let beside = (at(bytes, start + 3) == b'=' && byte(bytes, start + 4).is_some())
        || (before(bytes, start.saturating_sub(2)) == b'=' && byte(bytes, start.saturating_sub(2)).is_some());
    let escape = matches!(sub(bytes, start + 1..start + 3), b"3D" | b"5F") || beside;
    if escape { spelled(bytes, start..start + 3, char::from(code)) } else { None }
}

/// An equals sign that ends a line within a word. In quoted-printable text an equals sign of the content is encoded, so
/// one on the next line that is not followed by the code of a sign tells of settings without a value.
fn soft_break(bytes: &[u8], start: usize) -> Option<Escape> {
    const WORD: Class = Class::DOTTED
        .with(b'/')
        .with(b'+')
        .with(b':')
        .with(b'@')
        .with(b'\\')
        .with(b'%')
        .with(b'&')
        .with(b'#')
        .with(b';');
    let after = start + 1 + usize::from(at(bytes, start + 1) == b'\r') + 1;
    let joins = at(bytes, after - 1) == b'\n' && WORD.has(before(bytes, start)) && WORD.has(at(bytes, after));
    let sign = run(bytes, after, WORD, 80);
    let next = at(bytes, sign + 1);
    let code = byte(bytes, sign + 1).filter(|_| !next.is_ascii_lowercase());
    let encoded = code.is_some_and(|code| matches!(code, 0xc2..=0xf4 | b' ') || code.is_ascii_punctuation());
    let setting = at(bytes, sign) == b'=' && !encoded && !matches!(next, b'\n' | b'\r' | b'=' | b' ');
    (joins && !setting && !carrier::is_padding(bytes, start, after)).then_some(Escape::new(
        start..after,
        None,
        true,
    ))
}
