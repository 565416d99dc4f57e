use super::{super::tests::*, *};
use crate::limit;

fn other_chain() -> Uuid {
    Uuid::from_u128(0x019a_a5b4_2c00_7000_8000_0000_0000_0002)
}

#[test]
fn both_keys_sign_what_is_documented() {
    let (old, new) = (key("example.com/old"), key("example.com/new"));
    let note = KeyRotation::sign(CHAIN, 3, &old, &new).unwrap();
    let expected = format!(
        "gitoma.audit/key-rotation@v1\ngitoma.audit/019aa5b4-2c00-7000-8000-000000000001\nepoch 3\nold {}\nnew {}\n\n— example.com/old ",
        old.verifier(),
        new.verifier()
    );
    assert!(note.starts_with(&expected), "{note}");
    let rotation = KeyRotation::open(note.as_bytes(), CHAIN, 2, old.verifier()).unwrap();
    assert_eq!(
        rotation,
        KeyRotation { chain_id: CHAIN, epoch: 3, old: old.verifier().clone(), new: new.verifier().clone() }
    );
}

#[test]
fn a_rotation_is_good_in_one_place_of_one_chain() {
    let (old, new, other) = (key("a"), key("b"), key("a"));
    let note = KeyRotation::sign(CHAIN, 1, &old, &new).unwrap();
    let open =
        |chain, epoch, key: &SigningKey| KeyRotation::open(note.as_bytes(), chain, epoch, key.verifier());
    open(CHAIN, 0, &old).unwrap();
    assert_eq!(open(other_chain(), 0, &old), Err(KeyRotationError::OtherChain));
    for epoch in [1, 2, u64::MAX] {
        assert_eq!(open(CHAIN, epoch, &old), Err(KeyRotationError::Epoch));
    }
    assert_eq!(open(CHAIN, 0, &other), Err(KeyRotationError::OtherKey));
    // the new key alone cannot say whose successor it is
    assert_eq!(open(CHAIN, 0, &new), Err(KeyRotationError::OtherKey));
    assert_eq!(KeyRotation::sign(CHAIN, 1, &old, &old), Err(KeyRotationError::SameKey));
}

#[test]
fn one_key_alone_changes_nothing() {
    let (old, new, other) = (key("a"), key("b"), key("c"));
    let statement = |old: &SigningKey, new: &SigningKey| {
        KeyRotation { chain_id: CHAIN, epoch: 1, old: old.verifier().clone(), new: new.verifier().clone() }
            .text()
    };
    let open = |text: &str, keys: &[&SigningKey]| {
        KeyRotation::open(sign_note(text, keys).unwrap().as_bytes(), CHAIN, 0, old.verifier())
    };
    let text = statement(&old, &new);
    open(&text, &[&old, &new]).unwrap();
    open(&text, &[&old, &new, &other]).unwrap();
    assert_eq!(open(&text, &[&old]), Err(KeyRotationError::OneSided));
    assert_eq!(open(&text, &[&old, &other]), Err(KeyRotationError::OneSided));
    assert_eq!(open(&text, &[&new, &old]), Err(KeyRotationError::OneSided));
    assert_eq!(open(&text, &[&new]), Err(KeyRotationError::OtherKey));
    // what the old key signed about others
    assert_eq!(open(&statement(&other, &new), &[&old, &new]), Err(KeyRotationError::OtherKey));
    assert_eq!(open(&statement(&old, &old), &[&old]), Err(KeyRotationError::SameKey));
}

#[test]
fn every_bit_of_a_statement_counts() {
    let (old, new) = (key("a"), key("b"));
    let good = KeyRotation::sign(CHAIN, 1, &old, &new).unwrap().into_bytes();
    for place in 0..good.len() {
        for bit in 0..8 {
            let mut changed = good.clone();
            changed[place] ^= 1 << bit;
            assert!(KeyRotation::open(&changed, CHAIN, 0, old.verifier()).is_err(), "{place} {bit}");
        }
    }
}

#[test]
fn another_text_is_no_statement_however_it_is_signed() {
    let (old, new) = (key("a"), key("b"));
    let text =
        KeyRotation { chain_id: CHAIN, epoch: 1, old: old.verifier().clone(), new: new.verifier().clone() }
            .text();
    let swapped = |from: &str, to: &str| text.replacen(from, to, 1);
    for text in [
        swapped("@v1", "@v2"),
        swapped("@v1\n", "@v1 \n"),
        swapped("epoch 1", "epoch 01"),
        swapped("epoch 1", "epoch"),
        swapped("gitoma.audit/0", "gitoma.audit/x"),
        format!("{text}more\n"),
        checkpoint(3).text(),
    ] {
        let note = sign_note(&text, &[&old, &new]).unwrap();
        let error = KeyRotation::open(note.as_bytes(), CHAIN, 0, old.verifier()).unwrap_err();
        assert_eq!(error, KeyRotationError::Form, "{text}");
    }
    let note = sign_note(&swapped("new b+", "new b"), &[&old, &new]).unwrap();
    assert!(matches!(
        KeyRotation::open(note.as_bytes(), CHAIN, 0, old.verifier()),
        Err(KeyRotationError::Key(_))
    ));
}

/// The statement stands in the field `signature` of an entry, whose texts are bounded and escaped.
#[test]
fn the_longest_statement_fits_a_text_of_the_log() {
    let (old, new) = (key(&"x".repeat(128)), key(&"y".repeat(128)));
    let note = KeyRotation::sign(CHAIN, limit::INTEGER, &old, &new).unwrap();
    let mut line = Vec::new();
    assert!(crate::text::write(&note, &mut line), "{} bytes", note.len());
}
