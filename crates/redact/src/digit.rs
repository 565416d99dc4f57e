//! Digits of base64, of both alphabets (RFC 4648, sections 4 and 5), and of hexadecimal.

/// What is no digit.
pub(crate) const NONE: u8 = 0x80;
pub(crate) const SIXTEEN: [u8; 256] = values(&[b"0123456789abcdef", b"0123456789ABCDEF"]);
pub(crate) const SIXTY_FOUR: [u8; 256] = values(&[
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
]);

const fn values(alphabets: &[&[u8]]) -> [u8; 256] {
    let mut table = [NONE; 256];
    let mut alphabet = 0;
    while alphabet < alphabets.len() {
        let mut place = 0_u8;
        #[expect(clippy::indexing_slicing, reason = "evaluated by the compiler")]
        while (place as usize) < alphabets[alphabet].len() {
            table[alphabets[alphabet][place as usize] as usize] = place;
            place += 1;
        }
        alphabet += 1;
    }
    table
}

/// What a digit stands for, by its table.
pub(crate) fn value(table: &[u8; 256], sign: u8) -> Option<u32> {
    table.get(usize::from(sign)).copied().filter(|&value| value != NONE).map(u32::from)
}
