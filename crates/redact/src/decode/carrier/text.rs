//! Tells text from other bytes, while they are decoded.

/// What is decided on: fewer bytes are no secret, and more are not read if these are no text.
const LEAST: usize = 8;
const PROBE: usize = 12;

/// Bytes that may be text: UTF-8, or UTF-16 with the low byte first, as PowerShell takes its commands.
#[derive(Debug, Default)]
pub(super) struct Reading {
    bytes: Vec<u8>,
    wide: bool,
    /// Control characters and other bytes that text has few of.
    strange: usize,
    refused: bool,
}

impl Reading {
    /// Takes the next byte; answers whether more are wanted.
    pub(super) fn take(&mut self, byte: u8) -> bool {
        let index = self.bytes.len();
        if index == 1 && byte == 0 {
            self.wide = true;
        }
        self.bytes.push(byte);
        let high = self.wide && index % 2 == 1;
        self.strange += usize::from(if high { byte != 0 } else { is_control(byte) });
        if index < PROBE {
            self.refused = self.strange > 0 || (index + 1 == PROBE && !self.is_text());
        }
        // Of the letters beyond the first 256 a text may have many, but not first.
        !self.refused && self.strange <= 4 + index / if self.wide { 3 } else { 8 }
    }

    /// What was read so far is text, but for a character cut off at its end.
    fn is_text(&self) -> bool {
        self.wide || str::from_utf8(&self.bytes).map_or_else(|error| error.error_len().is_none(), |_| true)
    }

    /// Tells whether the bytes from here on are text like those before.
    pub(super) fn goes_on_from(&self, from: usize) -> bool {
        let rest = self.bytes.get(from..).unwrap_or_default();
        let cut = rest.iter().take(3).take_while(|&&byte| byte & 0xc0 == 0x80).count();
        let rest = rest.get(cut..).unwrap_or_default();
        let text = str::from_utf8(rest).map_or_else(|error| error.error_len().is_none(), |_| true);
        self.wide || (text && !rest.iter().any(|&byte| is_control(byte)))
    }

    pub(super) fn truncate(&mut self, length: usize) {
        self.bytes.truncate(length);
    }

    /// The text, if it is one.
    pub(super) fn finish(self) -> Option<String> {
        if self.refused || self.bytes.len() < LEAST || (self.bytes.len() < PROBE && !self.is_text()) {
            return None;
        }
        if !self.wide {
            return Some(String::from_utf8_lossy(&self.bytes).into_owned());
        }
        let units = self.bytes.as_chunks::<2>().0.iter().map(|pair| u16::from_le_bytes(*pair));
        Some(char::decode_utf16(units).map(|sign| sign.unwrap_or(char::REPLACEMENT_CHARACTER)).collect())
    }
}

/// Tells whether the byte is a control character that text does not have.
pub(super) const fn is_control(byte: u8) -> bool {
    byte == 0x7f || (byte < b' ' && !matches!(byte, 0x07..=0x0d | 0x1b))
}
