//! Which kinds of signs a value holds, told by one look at each of its bytes. Most questions that are asked about a value are
//! answered by that, and most of the others need not be asked.

/// A set of kinds of signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Signs(u32);

impl Signs {
    pub(super) const DIGIT: Self = Self(1);
    pub(super) const UPPER: Self = Self(1 << 1);
    pub(super) const LOWER: Self = Self(1 << 2);
    pub(super) const UNDERSCORE: Self = Self(1 << 3);
    pub(super) const DASH: Self = Self(1 << 4);
    pub(super) const DOT: Self = Self(1 << 5);
    pub(super) const COLON: Self = Self(1 << 6);
    pub(super) const SLASH: Self = Self(1 << 7);
    pub(super) const BLANK: Self = Self(1 << 8);
    /// Tabulators and line ends.
    pub(super) const GAP: Self = Self(1 << 9);
    pub(super) const ASTERISK: Self = Self(1 << 10);
    pub(super) const DOLLAR: Self = Self(1 << 11);
    pub(super) const PERCENT: Self = Self(1 << 12);
    pub(super) const ROUND: Self = Self(1 << 13);
    pub(super) const SQUARE: Self = Self(1 << 14);
    pub(super) const CURLED: Self = Self(1 << 15);
    pub(super) const POINTED: Self = Self(1 << 16);
    pub(super) const BACKSLASH: Self = Self(1 << 17);
    /// Bytes of characters beyond ASCII.
    pub(super) const FOREIGN: Self = Self(1 << 18);
    const OTHER: Self = Self(1 << 19);

    pub(super) const LETTER: Self = Self::UPPER.or(Self::LOWER);
    pub(super) const ALNUM: Self = Self::LETTER.or(Self::DIGIT);
    pub(super) const SPACE: Self = Self::BLANK.or(Self::GAP);

    const OF: [Self; 256] = {
        let mut of = [Self::FOREIGN; 256];
        let mut byte = 0_u8;
        while byte < 128 {
            #[expect(clippy::indexing_slicing, reason = "evaluated by the compiler")]
            {
                of[byte as usize] = Self::kind(byte);
            }
            byte += 1;
        }
        of
    };

    const fn kind(byte: u8) -> Self {
        match byte {
            b'0'..=b'9' => Self::DIGIT,
            b'A'..=b'Z' => Self::UPPER,
            b'a'..=b'z' => Self::LOWER,
            b'_' => Self::UNDERSCORE,
            b'-' => Self::DASH,
            b'.' => Self::DOT,
            b':' => Self::COLON,
            b'/' => Self::SLASH,
            b' ' => Self::BLANK,
            b'\t' | b'\n' | b'\r' => Self::GAP,
            b'*' => Self::ASTERISK,
            b'$' => Self::DOLLAR,
            b'%' => Self::PERCENT,
            b'(' | b')' => Self::ROUND,
            b'[' | b']' => Self::SQUARE,
            b'{' | b'}' => Self::CURLED,
            b'<' | b'>' => Self::POINTED,
            b'\\' => Self::BACKSLASH,
            _ => Self::OTHER,
        }
    }

    pub(super) fn of(value: &[u8]) -> Self {
        value.iter().fold(Self(0), |signs, byte| {
            signs.or(Self::OF.get(usize::from(*byte)).copied().unwrap_or(Self::OTHER))
        })
    }

    pub(super) const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether one of these is among them.
    pub(super) const fn any(self, kinds: Self) -> bool {
        self.0 & kinds.0 != 0
    }

    /// Whether all of these are among them.
    pub(super) const fn all(self, kinds: Self) -> bool {
        self.0 & kinds.0 == kinds.0
    }

    /// Whether there is none but these.
    pub(super) const fn only(self, kinds: Self) -> bool {
        self.0 & !kinds.0 == 0
    }
}
