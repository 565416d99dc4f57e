use super::*;

const SECRET: &str = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";

#[test]
fn the_published_private_key_is_read_and_written() {
    let key: SigningKey = SECRET.parse().unwrap();
    assert_eq!(*key.secret_text(), format!("{SECRET}\n"));
    // the key of the zero seed is one that Go's tests name
    let zero = SigningKey::new("EnochRoot".parse().unwrap(), &[0; 32]);
    let expected = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop";
    assert_eq!(zero.verifier().to_string(), expected);
}

/// The manglings of Go's own test.
#[test]
fn no_part_of_a_key_and_no_changed_key_is_one() {
    for from in 0..=SECRET.len() {
        for to in from..=SECRET.len() {
            let whole = from == 0 && to == SECRET.len();
            assert_eq!(SECRET.get(from..to).unwrap().parse::<SigningKey>().is_ok(), whole);
        }
    }
    for place in 0..SECRET.len() {
        let mut changed = SECRET.as_bytes().to_vec();
        changed[place] += 1;
        String::from_utf8(changed).unwrap().parse::<SigningKey>().unwrap_err();
    }
}

#[test]
fn two_keys_are_never_the_same() {
    let name: KeyName = "example.com/gitoma".parse().unwrap();
    let (one, two) = (SigningKey::generate(name.clone()).unwrap(), SigningKey::generate(name).unwrap());
    assert!(!one.verifier().same_key(two.verifier()));
    assert!(one.verifier().verifies("text", &one.sign("text")));
    assert!(!one.verifier().verifies("text", &two.sign("text")));
    assert!(!one.verifier().verifies("texts", &one.sign("text")));
}

#[test]
fn nothing_that_is_shown_holds_the_secret() {
    let key: SigningKey = SECRET.parse().unwrap();
    assert_eq!(format!("{key:?}"), "SigningKey(PeterNeumann c74f20a3, secret)");
    let error = SECRET.replace("c74f", "c74e").parse::<SigningKey>().unwrap_err();
    assert_eq!(format!("{error:?} {error}"), "Id the id of the key does not belong to its name and bytes");
}

/// The secret is written to memory in one piece, so that wiping it wipes all of it.
#[test]
fn the_text_does_not_grow() {
    let key = SigningKey::new("x".repeat(128).parse().unwrap(), &[7; 32]);
    let text = key.secret_text();
    assert!(
        text.len() <= file::FILE_BYTES && text.capacity() < text.len() + 16,
        "{} {}",
        text.len(),
        text.capacity()
    );
}
