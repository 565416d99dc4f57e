use super::*;

#[test]
fn a_number_has_one_spelling() {
    for good in [0, 1, 10, 9_007_199_254_740_991] {
        assert_eq!(number(&good.to_string()), Some(good));
    }
    for bad in [
        "",
        "00",
        "01",
        "+1",
        "-1",
        " 1",
        "1 ",
        "1\r",
        "0x1",
        "1e3",
        "1.0",
        "١",
        "9007199254740992",
        "18446744073709551616",
    ] {
        assert_eq!(number(bad), None, "{bad:?}");
    }
}

#[test]
fn a_line_ends_with_lf() {
    let mut text = "a\n\nb";
    assert_eq!((take(&mut text), take(&mut text), take(&mut text)), (Some("a"), Some(""), None));
    assert_eq!(text, "b");
}

#[test]
fn a_hash_is_32_bytes() {
    let hash = Digest::of(b"");
    let mut text = String::new();
    write_digest(&hash, &mut text);
    assert_eq!(text, "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n");
    assert_eq!(digest(text.trim_end()), Some(hash));
    assert_eq!(digest(&text), None);
    assert_eq!(digest("47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuA=="), None);
}
