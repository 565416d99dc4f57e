use super::{Commitment, Salt, commit};
use crate::digest::Digest;

#[test]
fn a_commitment_is_the_hash_of_salt_and_bytes() {
    let salt = Salt::parse("000102030405060708090a0b0c0d0e0f").unwrap();
    let bytes: Vec<u8> = (0..16).chain(*b"text").collect();
    assert_eq!(commit(salt, b"text"), Digest::of(&bytes));
    assert_eq!(Commitment::new(salt, b"text").digest(), &Digest::of(&bytes));
    assert_eq!(Commitment::keeping(salt, "text".to_owned()).digest(), &Digest::of(&bytes));
    assert_eq!(salt.to_string(), "000102030405060708090a0b0c0d0e0f");
}

#[test]
fn salts_are_random_and_not_shown() {
    let (one, other) = (Salt::random().unwrap(), Salt::random().unwrap());
    assert!(one != other);
    let [first, second, third] = Salt::randoms().unwrap();
    assert!(first != second && second != third && third != first);
    assert!(![first, second, third].iter().any(|salt| salt.0.iter().all(|byte| *byte == 0)));
    assert!(commit(one, b"text") != commit(other, b"text"));
    assert!(!format!("{one:?}").contains(&one.to_string()));
    assert_eq!(Salt::parse(&one.to_string()), Some(one));
    for text in ["", "00", "000102030405060708090A0B0C0D0E0F", "000102030405060708090a0b0c0d0e0g"] {
        assert!(Salt::parse(text).is_none(), "{text}");
    }
}
