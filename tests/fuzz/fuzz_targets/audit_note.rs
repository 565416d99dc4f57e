//! Bytes to a note, a checkpoint, a proof file, a rotation, a tree's state and a key. Whatever they are, reading ends; what is read is
//! written the same; and nothing that bears another's signature, or none, is ever believed.
#![no_main]

use std::sync::LazyLock;

use gitoma_audit::{
    Checkpoint, Digest, NOTE_BYTES, OfflineProof, KeyRotation, SignedCheckpoint, SigningKey, Tree, TreeHead,
    TrustedKeys, UnverifiedNote, VerifierKey,
};
use libfuzzer_sys::fuzz_target;

/// The published example of the format; the corpus has notes of its key.
static KEY: LazyLock<SigningKey> = LazyLock::new(|| {
    let text = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
    text.parse().expect("the published key")
});
static TRUSTED: LazyLock<TrustedKeys> =
    LazyLock::new(|| TrustedKeys::new([KEY.verifier().clone()]).expect("one key"));

fuzz_target!(|bytes: &[u8]| {
    note(bytes);
    proof(bytes);
    // nobody can have made a statement by a key that was made just now
    let fresh = SigningKey::generate("fresh".parse().expect("a name")).expect("random bytes");
    assert!(KeyRotation::open(bytes, uuid(), 0, fresh.verifier()).is_err());
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(checkpoint) = Checkpoint::parse(text) {
        assert_eq!(checkpoint.text(), text);
        signed(&checkpoint);
    }
    if let Ok(key) = text.parse::<VerifierKey>() {
        assert_eq!(key.to_string(), text);
    }
    let _ = text.parse::<SigningKey>();
    let head = TreeHead { size: 3, root: Digest::ZERO };
    assert!(Tree::restore(text, &head).is_none());
});

fn uuid() -> uuid::Uuid {
    uuid::Uuid::from_u128(0x019a_a5b4_2c00_7000_8000_0000_0000_0001)
}

fn note(bytes: &[u8]) {
    let Ok(note) = UnverifiedNote::parse(bytes) else { return };
    assert!(bytes.len() <= NOTE_BYTES);
    if let Ok(note) = note.verify(&TRUSTED) {
        assert_eq!(note.signers(), TRUSTED.keys());
        assert!(note.text().ends_with('\n') && bytes.starts_with(note.text().as_bytes()));
        // Ed25519 always makes the same signature, and this is one by our key
        let again = gitoma_audit::sign_note(note.text(), &[&KEY]).expect("was signed before");
        let line = again.rsplit_once("\n\n").expect("a note").1;
        assert!(std::str::from_utf8(bytes).expect("a note").contains(line));
    }
}

/// A checkpoint that is read can be signed and is opened again.
fn signed(checkpoint: &Checkpoint) {
    let note = checkpoint.sign(&[&KEY]).expect("can be signed");
    let opened = SignedCheckpoint::open(note.as_bytes(), &TRUSTED).expect("was signed just now");
    assert_eq!(opened.checkpoint, *checkpoint);
}

fn proof(bytes: &[u8]) {
    let Ok(proof) = OfflineProof::parse(bytes) else { return };
    assert_eq!(proof.text().as_bytes(), bytes);
    // the hash of nothing that the corpus proves
    assert!(proof.verify(&Digest::ZERO, &TRUSTED).is_err());
}
