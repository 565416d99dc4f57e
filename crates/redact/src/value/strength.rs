//! Whether a value alternates between kinds of signs as no identifier does. Every value is judged by it, most of them twice.

/// Tells whether the value looks drawn at random: letters and digits that alternate, as no identifier does.
pub(crate) fn is_strong(value: &[u8]) -> bool {
    if value.len() < 8 {
        return false;
    }
    let (mut counts, mut changes) = ([0_usize; SIGN_KINDS], 0);
    // the first sign is no change
    let mut previous = value.first().map_or(SignKind::Other, |first| SignKind::of(*first));
    for &byte in value {
        let kind = SignKind::of(byte);
        if let Some(count) = counts.get_mut(kind as usize) {
            *count += 1;
        }
        changes += usize::from(previous.changes_to(kind));
        previous = kind;
    }
    let [_, digits, upper, lower, signs, blanks] = counts;
    let letters = upper + lower;
    blanks == 0
        && ((digits >= 2 && letters >= 2 && changes >= 3 && changes * 6 >= value.len())
            || (digits >= 1 && letters >= 4 && signs > 0)
            || (digits >= 4 && letters >= 1 && value.len() >= 10)
            || (letters >= 16 && digits == 1 && changes * 3 >= value.len())
            // words in camel case change once in three or four letters
            || (letters >= 20 && changes * 5 >= value.len() * 2))
}

/// What [`is_strong`] tells signs apart by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SignKind {
    Other,
    Digit,
    Upper,
    Lower,
    Sign,
    Blank,
}

const SIGN_KINDS: usize = 6;

impl SignKind {
    /// Of every byte, once for all: a value is judged more often than anything else is.
    const ALL: [Self; 256] = {
        let mut all = [Self::Other; 256];
        let mut byte = 0_u8;
        while byte < 128 {
            let kind = match byte {
                b'0'..=b'9' => Self::Digit,
                b'A'..=b'Z' => Self::Upper,
                b'a'..=b'z' => Self::Lower,
                b' ' | b'\t' | b'\n' | b'\r' => Self::Blank,
                b'!' | b'#' | b'$' | b'%' | b'^' | b'&' | b'*' | b'+' | b'~' | b'@' => Self::Sign,
                _ => Self::Other,
            };
            #[expect(clippy::indexing_slicing, reason = "evaluated by the compiler")]
            {
                all[byte as usize] = kind;
            }
            byte += 1;
        }
        all
    };

    fn of(byte: u8) -> Self {
        Self::ALL.get(usize::from(byte)).copied().unwrap_or(Self::Other)
    }

    fn changes_to(self, next: Self) -> bool {
        (self == Self::Digit) != (next == Self::Digit)
            || (self == Self::Upper && next == Self::Lower)
            || (self == Self::Lower && next == Self::Upper)
    }
}
