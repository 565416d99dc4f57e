//! What a text is written in: UTF-8 or anything that is like it in ASCII, or UTF-16, as some editors and shells write it. Git takes
//! the latter for binary, and what is in it for as secret as anything.

use std::borrow::Cow;

use crate::masked::is_binary;

/// How a text is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    /// Handed on as it is.
    Bytes,
    /// UTF-16 behind its byte order mark, the low byte first or the high one.
    Utf16 { low_first: bool },
}

impl Encoding {
    /// Tells by the first bytes; nothing if they are no text.
    pub(super) fn of(head: &[u8]) -> Option<Self> {
        match head {
            // UTF-32 has the same mark
            [0xff, 0xfe, 0, 0, ..] => None,
            [0xff, 0xfe, ..] => Some(Self::Utf16 { low_first: true }),
            [0xfe, 0xff, ..] => Some(Self::Utf16 { low_first: false }),
            _ => (!is_binary(head)).then_some(Self::Bytes),
        }
    }
}

/// Makes UTF-8 of a text that comes in pieces, without its byte order mark. What is no text of the encoding becomes U+FFFD.
#[derive(Debug)]
pub(super) struct Decoder {
    encoding: Encoding,
    /// The first byte of a unit.
    half: Option<u8>,
    /// The first unit of a pair.
    high: Option<u16>,
    begun: bool,
}

impl Decoder {
    pub(super) fn new(encoding: Encoding) -> Self {
        Self { encoding, half: None, high: None, begun: false }
    }

    /// The next piece.
    pub(super) fn decode<'p>(&mut self, piece: &'p [u8]) -> Cow<'p, [u8]> {
        let Encoding::Utf16 { low_first } = self.encoding else { return Cow::Borrowed(piece) };
        let mut units = Vec::with_capacity(piece.len() / 2 + 1);
        units.extend(self.high.take());
        for &byte in piece {
            match self.half.take() {
                None => self.half = Some(byte),
                Some(first) if low_first => units.push(u16::from_le_bytes([first, byte])),
                Some(first) => units.push(u16::from_be_bytes([first, byte])),
            }
        }
        self.high = units.pop_if(|last| (0xd800..0xdc00).contains(last));
        let mut text = String::with_capacity(piece.len());
        for sign in char::decode_utf16(units) {
            let sign = sign.unwrap_or(char::REPLACEMENT_CHARACTER);
            if std::mem::replace(&mut self.begun, true) || sign != '\u{feff}' {
                text.push(sign);
            }
        }
        Cow::Owned(text.into_bytes())
    }

    /// What stands for the rest, if the text ends within a character.
    pub(super) fn end(self) -> &'static [u8] {
        if self.half.is_some() || self.high.is_some() { "\u{fffd}".as_bytes() } else { b"" }
    }
}

/// A whole text as UTF-8; nothing if it is none.
pub(super) fn decoded(bytes: &[u8]) -> Option<Cow<'_, [u8]>> {
    let mut decoder = Decoder::new(Encoding::of(bytes)?);
    let mut text = decoder.decode(bytes);
    let end = decoder.end();
    if !end.is_empty() {
        text.to_mut().extend_from_slice(end);
    }
    Some(text)
}

#[cfg(test)]
mod tests;
