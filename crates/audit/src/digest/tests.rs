use super::Digest;

#[test]
fn agrees_with_the_published_vector() {
    // FIPS 180-2, appendix B.1
    assert_eq!(
        Digest::of(b"abc").to_string(),
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    );
}

#[test]
fn reads_only_its_own_form() {
    let text = Digest::of(b"abc").to_string();
    assert_eq!(Digest::parse(&text), Some(Digest::of(b"abc")));
    let mut written = Vec::new();
    Digest::of(b"abc").write(&mut written);
    assert_eq!(written, text.as_bytes());
    for bad in
        [text.to_uppercase(), format!("{text}0"), text.replace('b', "g"), String::new(), "é".repeat(32)]
    {
        assert_eq!(Digest::parse(&bad), None, "{bad}");
    }
}
