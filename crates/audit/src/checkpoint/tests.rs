use super::*;
use crate::{Digest, Tree};

pub(super) const CHAIN: Uuid = Uuid::from_u128(0x019a_a5b4_2c00_7000_8000_0000_0000_0001);

pub(super) fn key(name: &str) -> SigningKey {
    SigningKey::generate(name.parse().unwrap()).unwrap()
}

pub(super) fn trust(key: &SigningKey) -> TrustedKeys {
    TrustedKeys::new([key.verifier().clone()]).unwrap()
}

pub(super) fn checkpoint(size: u64) -> Checkpoint {
    let mut tree = Tree::new();
    (0..size).for_each(|seq| tree.append(&Digest::of(&seq.to_be_bytes())));
    Checkpoint { chain_id: CHAIN, head: tree.head() }
}

#[test]
fn a_checkpoint_has_three_lines() {
    assert_eq!(
        checkpoint(0).text(),
        "gitoma.audit/019aa5b4-2c00-7000-8000-000000000001\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"
    );
    for size in [0, 1, 2, 70] {
        assert_eq!(Checkpoint::parse(&checkpoint(size).text()), Ok(checkpoint(size)));
    }
}

#[test]
fn a_signed_checkpoint_is_opened_with_its_key() {
    let (ours, other) = (key("example.com/gitoma"), key("example.com/gitoma"));
    let note = checkpoint(9).sign(&[&ours]).unwrap();
    let opened = SignedCheckpoint::open(note.as_bytes(), &trust(&ours)).unwrap();
    assert_eq!((opened.checkpoint, &opened.signers[..]), (checkpoint(9), &[ours.verifier().clone()][..]));
    assert_eq!(SignedCheckpoint::open(note.as_bytes(), &trust(&other)), Err(NoteError::Unsigned.into()));
    let changed = note.replace("\n9\n", "\n8\n");
    assert_eq!(
        SignedCheckpoint::open(changed.as_bytes(), &trust(&ours)),
        Err(NoteError::BadSignature.into())
    );
}

#[test]
fn an_anchor_of_another_chain_is_told_apart() {
    let found = Uuid::from_u128(0x019a_a5b4_2c00_7000_8000_0000_0000_0002);
    let other = Checkpoint { chain_id: found, ..checkpoint(3) };
    assert_eq!(other.of_chain(CHAIN), Err(CheckpointError::OtherChain { found }));
    assert_eq!(checkpoint(3).of_chain(CHAIN), Ok(checkpoint(3)));
    // a fork and a cut are told apart by their heads
    assert_eq!(checkpoint(3).head, checkpoint(3).head);
    assert_ne!(checkpoint(3).head, checkpoint(4).head);
}

/// What a key signed that is no checkpoint of ours stays none, however good the signature.
#[test]
fn each_wrong_line_is_named() {
    let root = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
    let chain = "gitoma.audit/019aa5b4-2c00-7000-8000-000000000001";
    let key = key("example.com/gitoma");
    for (text, error) in [
        (format!("{chain}\n5\n"), CheckpointError::Form),
        (format!("{chain}\n"), CheckpointError::Form),
        (format!("example.com/behind-the-sofa\n5\n{root}\n"), CheckpointError::OtherOrigin),
        (format!("gitoma.audit/\n5\n{root}\n"), CheckpointError::OtherOrigin),
        (format!("{}\n5\n{root}\n", chain.to_uppercase()), CheckpointError::OtherOrigin),
        (format!("{}\n5\n{root}\n", chain.replace("019aa5b4", "019AA5B4")), CheckpointError::OtherOrigin),
        (format!("{}\n5\n{root}\n", chain.replace('-', "")), CheckpointError::OtherOrigin),
        (format!("{chain} \n5\n{root}\n"), CheckpointError::OtherOrigin),
        (format!("{chain}/x\n5\n{root}\n"), CheckpointError::OtherOrigin),
        (format!("gitoma.audit/key-rotation@v1\n5\n{root}\n"), CheckpointError::OtherOrigin),
        (format!("{chain}\n05\n{root}\n"), CheckpointError::Size),
        (format!("{chain}\n+5\n{root}\n"), CheckpointError::Size),
        (format!("{chain}\n-5\n{root}\n"), CheckpointError::Size),
        (format!("{chain}\n\n{root}\n"), CheckpointError::Size),
        (format!("{chain}\n5 \n{root}\n"), CheckpointError::Size),
        (format!("{chain}\n9007199254740992\n{root}\n"), CheckpointError::Size),
        (format!("{chain}\n5\n{root} \n"), CheckpointError::Root),
        (format!("{chain}\n5\n{}\n", root.replace("uFU=", "uFV=")), CheckpointError::Root),
        (format!("{chain}\n5\n{}\n", root.replace("hSuFU=", "hSuA==")), CheckpointError::Root),
        (
            format!("{chain}\n5\ne3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n"),
            CheckpointError::Root,
        ),
        (format!("{chain}\n0\n{}\n", root.replace('4', "5")), CheckpointError::Root),
        (format!("{chain}\n5\n{root}\nextension\n"), CheckpointError::Extension),
        (format!("{chain}\n5\n{root}\n\n"), CheckpointError::Extension),
    ] {
        let note = sign_note(&text, &[&key]).unwrap();
        assert_eq!(SignedCheckpoint::open(note.as_bytes(), &trust(&key)), Err(error), "{text}");
    }
    assert_eq!(Checkpoint::parse(&format!("{chain}\n5\n{root}")), Err(CheckpointError::Form));
    assert_eq!(Checkpoint::parse(""), Err(CheckpointError::Form));
}
