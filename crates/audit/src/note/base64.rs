//! Standard base64 with padding (RFC 4648, section 4), spelled in the one canonical way: unused bits are zero, nothing stands between.
//! So a value has one text, and a changed text is a changed value.

/// Appends the base64 form of `bytes`.
pub(crate) fn write(bytes: &[u8], text: &mut String) {
    for group in bytes.chunks(3) {
        let mut digits = ['='; 4];
        let value =
            group.iter().chain([&0, &0]).take(3).fold(0_u32, |value, byte| value << 8 | u32::from(*byte));
        for (digit, shift) in digits.iter_mut().zip([18, 12, 6, 0]).take(group.len() + 1) {
            *digit = character(value >> shift & 0x3f);
        }
        text.extend(digits);
    }
}

/// How many characters `length` bytes have.
pub(crate) const fn length(length: usize) -> usize {
    length.div_ceil(3).saturating_mul(4)
}

/// Reads a text in the canonical form; anything else is `None`. The empty text is no bytes.
pub(crate) fn read(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (groups, []) = text.as_bytes().as_chunks::<4>() else { return None };
    let Some((last, groups)) = groups.split_last() else { return Some(bytes) };
    for group in groups {
        bytes.extend(three(*group)?);
    }
    let (group, kept) = match *last {
        [a, b, b'=', b'='] => ([a, b, b'A', b'A'], 1),
        [a, b, c, b'='] => ([a, b, c, b'A'], 2),
        whole => (whole, 3),
    };
    let whole = three(group)?;
    let (kept, rest) = whole.split_at_checked(kept)?;
    bytes.extend_from_slice(kept);
    rest.iter().all(|byte| *byte == 0).then_some(bytes)
}

/// Reads exactly `N` bytes.
pub(crate) fn read_array<const N: usize>(text: &str) -> Option<[u8; N]> {
    // before the bytes are read, so that a long text costs nothing
    if text.len() != length(N) {
        return None;
    }
    read(text)?.try_into().ok()
}

fn three(digits: [u8; 4]) -> Option<[u8; 3]> {
    let mut value = 0_u32;
    for digit in digits {
        value = value << 6 | u32::from(number(digit)?);
    }
    let [_, bytes @ ..] = value.to_be_bytes();
    Some(bytes)
}

fn character(number: u32) -> char {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    // six bits always make a digit
    usize::try_from(number).ok().and_then(|place| DIGITS.get(place)).map_or('=', |digit| char::from(*digit))
}

const fn number(digit: u8) -> Option<u8> {
    Some(match digit {
        b'A'..=b'Z' => digit - b'A',
        b'a'..=b'z' => digit - b'a' + 26,
        b'0'..=b'9' => digit - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
