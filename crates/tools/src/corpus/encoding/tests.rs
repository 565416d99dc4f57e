use super::{Decoder, Encoding, decoded};

fn utf16(text: &str, low_first: bool) -> Vec<u8> {
    let unit = |unit: u16| if low_first { unit.to_le_bytes() } else { unit.to_be_bytes() };
    text.encode_utf16().flat_map(unit).collect()
}

#[test]
fn text_is_told_by_its_first_bytes() {
    for (head, encoding) in [
        (b"".as_slice(), Some(Encoding::Bytes)),
        (b"plain", Some(Encoding::Bytes)),
        (b"\xef\xbb\xbfplain", Some(Encoding::Bytes)),
        (b"caf\xe9", Some(Encoding::Bytes)),
        (b"a\0", None),
        (b"\xff\xfea\0", Some(Encoding::Utf16 { low_first: true })),
        (b"\xfe\xff\0a", Some(Encoding::Utf16 { low_first: false })),
        (b"\xff\xfe\0\0a\0\0\0", None),
    ] {
        assert_eq!(Encoding::of(head), encoding, "{head:?}");
    }
}

#[test]
fn pieces_may_end_anywhere() {
    let text = "a\r\nüber 漢字 🙂 end\n";
    for low_first in [true, false] {
        let bytes = utf16(&format!("\u{feff}{text}"), low_first);
        assert_eq!(decoded(&bytes).unwrap(), text.as_bytes());
        for size in 1..8 {
            let mut decoder = Decoder::new(Encoding::of(&bytes).unwrap());
            let pieces = bytes.chunks(size).flat_map(|piece| decoder.decode(piece).into_owned());
            let joined: Vec<u8> = pieces.collect();
            assert_eq!(String::from_utf8(joined).unwrap(), text, "pieces of {size}");
            assert_eq!(decoder.end(), b"");
        }
    }
    // half a character, and one that lacks its other half
    let mut bytes = utf16("\u{feff}a", true);
    bytes.extend_from_slice(&[0x3d, 0xd8]);
    assert_eq!(decoded(&bytes).unwrap(), "a\u{fffd}".as_bytes());
    bytes.extend_from_slice(&[b'b', 0, b'c']);
    assert_eq!(decoded(&bytes).unwrap(), "a\u{fffd}b\u{fffd}".as_bytes());
    assert_eq!(decoded(b"a\0b"), None);
}
