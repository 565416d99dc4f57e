use proptest::prelude::*;

use super::*;

fn written(bytes: &[u8]) -> String {
    let mut text = String::new();
    write(bytes, &mut text);
    text
}

/// RFC 4648, section 10.
#[test]
fn the_published_vectors() {
    for (bytes, text) in [
        ("", ""),
        ("f", "Zg=="),
        ("fo", "Zm8="),
        ("foo", "Zm9v"),
        ("foob", "Zm9vYg=="),
        ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ] {
        assert_eq!(written(bytes.as_bytes()), text);
        assert_eq!(read(text).unwrap(), bytes.as_bytes());
        assert_eq!(length(bytes.len()), text.len());
    }
}

#[test]
fn every_digit_has_its_place() {
    let mut bytes = Vec::new();
    for number in (0..64_u32).step_by(4) {
        let value = number << 18 | (number + 1) << 12 | (number + 2) << 6 | (number + 3);
        bytes.extend_from_slice(&value.to_be_bytes()[1..]);
    }
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    assert_eq!(written(&bytes), alphabet);
    assert_eq!(read(alphabet).unwrap(), bytes);
}

#[test]
fn other_spellings_are_refused() {
    for text in [
        "Z", "Zg", "Zg=", "Zm8", "Zg==Zg==", "Z===", "====", "Zh==", "Zm9=", "Zm9v\n", "Zm9 ", " Zm9",
        "Zm-_", "Zm9v=", "=Zm9", "Zg=g", "Zmé",
    ] {
        assert_eq!(read(text), None, "{text:?}");
    }
}

#[test]
fn a_fixed_number_of_bytes_is_no_other() {
    assert_eq!(read_array::<3>("Zm9v"), Some(*b"foo"));
    assert_eq!(read_array::<2>("Zm9v"), None);
    assert_eq!(read_array::<4>("Zm9v"), None);
    assert_eq!(read_array::<4>("Zm9vYm=="), None);
}

proptest! {
    #[test]
    fn what_is_written_is_read(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
        let text = written(&bytes);
        prop_assert_eq!(text.len(), length(bytes.len()));
        prop_assert_eq!(read(&text), Some(bytes));
    }

    #[test]
    fn a_text_has_one_spelling(text in "[A-D/+=]{0,12}") {
        if let Some(bytes) = read(&text) {
            prop_assert_eq!(written(&bytes), text);
        }
    }
}
