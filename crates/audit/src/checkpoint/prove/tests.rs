#![expect(clippy::disallowed_methods, reason = "tests look at files of their own making")]

use std::{fs, path::Path};

use tempfile::tempdir;

use super::{ProveError, prove};
use crate::{
    Checkpoint, Digest, KeyName, OfflineProof, SigningKey, Tree, TrustedKeys,
    folder::{ChainFolder, segment_name},
    reader::Reader,
    specimen::{self, id},
};

fn key() -> SigningKey {
    SigningKey::generate("example.com/gitoma".parse::<KeyName>().unwrap()).unwrap()
}

/// Signs the first `size` entries of the chain in `folder`.
fn sign(folder: &ChainFolder, size: u64, key: &SigningKey) {
    let mut tree = Tree::new();
    for entry in Reader::open(&folder.path).unwrap().take(usize::try_from(size).unwrap()) {
        tree.append(&entry.unwrap().entry_hash);
    }
    let checkpoint = Checkpoint { chain_id: id(1), head: tree.head() };
    folder.checkpoints().keep_note(size, &checkpoint.sign(&[key]).unwrap()).unwrap();
}

fn chain(directory: &Path) -> ChainFolder {
    ChainFolder::new(directory.join(id(1).to_string()))
}

/// Checks a proof as a third party does: with the file and the public key alone.
fn accepted(file: &str, key: &SigningKey) -> u64 {
    let proof = OfflineProof::parse(file.as_bytes()).unwrap();
    let line = proof.extra().unwrap();
    let body = &line[..line.len() - 81];
    let trusted = TrustedKeys::new([key.verifier().clone()]).unwrap();
    let signed = proof.verify(&Digest::of(body), &trusted).unwrap();
    assert_eq!(signed.checkpoint.chain_id, id(1));
    proof.index()
}

#[test]
fn every_entry_that_a_checkpoint_covers_is_proved() {
    let state = tempdir().unwrap();
    specimen::document(state.path());
    let (folder, key) = (chain(state.path()), key());
    assert!(matches!(prove(state.path(), 0), Err(ProveError::NotCovered { seq: 0 })));
    sign(&folder, 3, &key);
    sign(&folder, 6, &key);
    for seq in 0..6 {
        assert_eq!(accepted(&prove(state.path(), seq).unwrap().text(), &key), seq);
        prove(&folder.path, seq).unwrap();
    }
    assert!(matches!(prove(state.path(), 6), Err(ProveError::NotCovered { seq: 6 })));
}

#[test]
fn what_was_not_signed_is_not_proved() {
    let state = tempdir().unwrap();
    let segment = specimen::document(state.path());
    let folder = chain(state.path());
    sign(&folder, 5, &key());
    // the same entries but for one, with right hashes behind it
    let text = String::from_utf8(fs::read(&segment).unwrap()).unwrap();
    let other = tempdir().unwrap();
    let forged = specimen::document(other.path());
    fs::write(&forged, text.lines().take(4).map(|line| format!("{line}\n")).collect::<String>()).unwrap();
    let copy = chain(other.path());
    copy.checkpoints()
        .keep_note(5, std::str::from_utf8(&folder.checkpoints().note(5).unwrap().unwrap()).unwrap())
        .unwrap();
    assert!(matches!(prove(other.path(), 2), Err(ProveError::Mismatch(_))));
    // a note under another size, or of another chain
    let note = folder.checkpoints().note(5).unwrap().unwrap();
    folder.checkpoints().keep_note(6, std::str::from_utf8(&note).unwrap()).unwrap();
    assert!(matches!(prove(state.path(), 2), Err(ProveError::Checkpoint(_))));
}

#[test]
fn one_chain_must_be_named() {
    let state = tempdir().unwrap();
    drop(specimen::log(state.path(), 1));
    let _held = (specimen::log(state.path(), 1), specimen::log(state.path(), 50));
    assert!(matches!(prove(state.path(), 0), Err(ProveError::ManyChains { count: 2 })));
}

#[test]
fn behind_a_pruned_front_the_rest_is_proved() {
    let state = tempdir().unwrap();
    let log = specimen::log(state.path(), 1);
    for number in 0..7 {
        log.begin_blocking(specimen::read(number)).unwrap().finish_blocking(specimen::ok()).unwrap();
        log.rotate_now();
    }
    drop(log);
    let (folder, key) = (chain(state.path()), key());
    let size = u64::try_from(Reader::open(&folder.path).unwrap().count()).unwrap();
    sign(&folder, size, &key);
    let mut tree = Tree::new();
    let entries: Vec<_> = Reader::open(&folder.path).unwrap().map(Result::unwrap).collect();
    let mut segments = folder.content().unwrap().segments;
    segments.remove(0);
    for first_seq in segments {
        for entry in &entries[usize::try_from(tree.size()).unwrap()..usize::try_from(first_seq).unwrap()] {
            tree.append(&entry.entry_hash);
        }
        folder.checkpoints().keep_tree(first_seq, &tree.state()).unwrap();
        let gone = folder.content().unwrap().segments[0];
        fs::remove_file(folder.path.join(segment_name(gone))).unwrap();
        for seq in first_seq..size {
            assert_eq!(accepted(&prove(state.path(), seq).unwrap().text(), &key), seq);
        }
        assert!(matches!(prove(state.path(), first_seq - 1), Err(ProveError::Pruned { .. })));
    }
    // another state leads to another root
    let first_seq = folder.content().unwrap().segments[0];
    let mut other = Tree::new();
    (0..first_seq).for_each(|number| other.append(&Digest::of(&number.to_le_bytes())));
    folder.checkpoints().keep_tree(first_seq, &other.state()).unwrap();
    assert!(matches!(prove(state.path(), size - 1), Err(ProveError::Mismatch(_))));
    folder.checkpoints().forget_tree(first_seq).unwrap();
    assert!(matches!(prove(state.path(), size - 1), Err(ProveError::State)));
}
