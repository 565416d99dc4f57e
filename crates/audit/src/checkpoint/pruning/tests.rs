use super::{super::tests::*, *};
use crate::limit;

fn pruning(key: &SigningKey) -> (String, Digest) {
    (key.verifier().to_string(), Digest::of(b"an entry"))
}

fn of<'text>(chain_id: Uuid, key: Option<&'text str>, tip: Digest) -> Pruning<'text> {
    Pruning { chain_id, through_seq: 41, tip, root: Digest::of(b"a tree"), key: key.map(|key| (key, 1)) }
}

#[test]
fn a_key_signs_what_is_documented() {
    let ours = key("example.com/gitoma");
    let (text, tip) = pruning(&ours);
    let note = of(CHAIN, Some(&text), tip).sign(&ours).unwrap();
    let expected = format!(
        "gitoma.audit/prune@v1\ngitoma.audit/019aa5b4-2c00-7000-8000-000000000001\nthrough 41\ntip {tip}\nroot {}\nepoch 1\nkey {text}\n\n\
         — example.com/gitoma ",
        Digest::of(b"a tree")
    );
    assert!(note.starts_with(&expected), "{note}");
    let bare = of(CHAIN, None, tip).sign(&ours).unwrap();
    assert!(bare.contains("\n\n— ") && !bare.contains("epoch") && !bare.contains("key "), "{bare}");
    // with the longest name that a key may have it still fits the line it stands in
    let long = key(&"n".repeat(128));
    let (text, tip) = pruning(&long);
    let note = of(CHAIN, Some(&text), tip).sign(&long).unwrap();
    assert!(note.len() < limit::LINE_BYTES / 8, "{}", note.len());
}

#[test]
fn a_statement_is_good_for_what_it_says_alone() {
    let (ours, other) = (key("a"), key("a"));
    let (text, tip) = pruning(&ours);
    let said = of(CHAIN, Some(&text), tip);
    let note = said.sign(&ours).unwrap();
    let is_signed = |said: &Pruning<'_>, key: &SigningKey| said.is_signed(note.as_bytes(), key.verifier());
    assert!(is_signed(&said, &ours));
    assert!(!is_signed(&said, &other));
    assert!(!is_signed(&Pruning { chain_id: Uuid::from_u128(CHAIN.as_u128() + 1), ..said.clone() }, &ours));
    assert!(!is_signed(&Pruning { through_seq: 40, ..said.clone() }, &ours));
    assert!(!is_signed(&Pruning { tip: Digest::ZERO, ..said.clone() }, &ours));
    assert!(!is_signed(&Pruning { root: Digest::ZERO, ..said.clone() }, &ours));
    assert!(!is_signed(&Pruning { key: None, ..said.clone() }, &ours));
    assert!(!is_signed(&Pruning { key: Some((&text, 2)), ..said.clone() }, &ours));
    let name = other.verifier().to_string();
    assert!(!is_signed(&Pruning { key: Some((&name, 1)), ..said.clone() }, &ours));
    // a checkpoint or a rotation by the same key is no statement about a front
    let checkpoint = checkpoint(42).sign(&[&ours]).unwrap();
    assert!(!said.is_signed(checkpoint.as_bytes(), ours.verifier()));
    assert!(!said.is_signed(b"", ours.verifier()));
}
