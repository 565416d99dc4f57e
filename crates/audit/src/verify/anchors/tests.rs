#![expect(clippy::disallowed_methods, reason = "tests look at files of their own making")]

use std::fs;

use tempfile::tempdir;

use super::*;
use crate::{
    SigningKey, VerifyOptions,
    folder::segment_name,
    sign_note,
    specimen::{self, Forger, id},
    tree::range::Tree,
    verify::{VerifyError, verify_each, verify_with},
};

fn key() -> SigningKey {
    SigningKey::generate("a".parse().unwrap()).unwrap()
}

/// A note about a chain, whatever its entries are.
fn note(chain: u64, size: u64, key: &SigningKey) -> String {
    let mut tree = Tree::new();
    (0..size).for_each(|seq| tree.append(&crate::Digest::of(&seq.to_be_bytes())));
    Checkpoint { chain_id: id(chain), head: tree.head() }.sign(&[key]).unwrap()
}

fn name(size: u64) -> String {
    format!("{size:020}.note")
}

#[test]
fn anchors_are_found_as_files_folders_and_directories() {
    let (state, ours) = (tempdir().unwrap(), key());
    let sink = state.path().join("sink");
    for chain in [1, 2] {
        let folder = sink.join(id(chain).to_string());
        fs::create_dir_all(&folder).unwrap();
        for size in [3, 20] {
            fs::write(folder.join(name(size)), note(chain, size, &ours)).unwrap();
        }
    }
    fs::create_dir(sink.join(id(3).to_string())).unwrap();
    fs::write(sink.join("README"), "").unwrap();
    let found = |path: &Path| {
        let anchors = Anchors::read(&[path]).unwrap();
        let mut found: Vec<_> =
            anchors.0.iter().map(|notes| (notes.chain, notes.meant, notes.sizes.clone())).collect();
        found.sort();
        found
    };
    assert_eq!(found(&sink), [(id(1), false, vec![3, 20]), (id(2), false, vec![3, 20])]);
    assert_eq!(found(&sink.join(id(2).to_string())), [(id(2), true, vec![3, 20])]);
    let copied = state.path().join("copied");
    fs::rename(sink.join(id(1).to_string()), &copied).unwrap();
    assert_eq!(found(&copied), [(id(1), true, vec![3, 20])]);
    let file = state.path().join("kept");
    fs::rename(copied.join(name(20)), &file).unwrap();
    assert_eq!(found(&file), [(id(1), true, vec![20])]);
}

#[test]
fn what_is_no_anchor_is_named() {
    let (state, ours) = (tempdir().unwrap(), key());
    let path = |name: &str| state.path().join(name);
    fs::create_dir_all(path("empty").join(id(1).to_string())).unwrap();
    fs::write(path("text"), "hello\n").unwrap();
    fs::write(path("other"), sign_note("example.com/log\n1\n\n", &[&ours]).unwrap()).unwrap();
    // a gigabyte that is never read
    fs::File::create(path("long")).and_then(|file| file.set_len(1 << 30)).unwrap();
    std::os::unix::fs::symlink("text", path("link")).unwrap();
    fs::create_dir(path("folder")).unwrap();
    fs::write(path("folder").join(name(1)), "hello\n").unwrap();
    for (name, expected) in [
        ("gone", "cannot be read"),
        ("empty", "there is no anchor in"),
        ("text", "is not accepted"),
        ("other", "is not accepted"),
        ("long", "is longer than 65,536 bytes"),
        ("link", "cannot be read"),
        ("folder", "is not accepted"),
    ] {
        let error = Anchors::read(&[path(name)]).unwrap_err().to_string();
        assert!(error.contains(expected) && error.contains(name), "{name}: {error}");
    }
}

#[test]
fn a_note_is_of_the_chain_and_the_size_that_it_is_named_by() {
    let (state, ours) = (tempdir().unwrap(), key());
    let folder = state.path().join(id(1).to_string());
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join(name(3)), note(1, 4, &ours)).unwrap();
    fs::write(folder.join(name(4)), note(2, 4, &ours)).unwrap();
    fs::write(folder.join(name(5)), note(1, 5, &ours)).unwrap();
    fs::write(folder.join(name(6)), "x".repeat(NOTE_BYTES + 1)).unwrap();
    let anchors = Anchors::read(&[&folder]).unwrap();
    let notes = anchors.of(id(1)).next().unwrap();
    for size in [3, 4] {
        assert!(matches!(notes.open(size, None), Err(AnchorError::Misnamed { .. })), "{size}");
    }
    assert!(matches!(notes.open(6, None), Err(AnchorError::TooLong { .. })));
    assert!(notes.open(7, None).unwrap().is_none());
    let trust = |key: &SigningKey| TrustedKeys::new([key.verifier().clone()]).unwrap();
    assert!(notes.open(5, None).unwrap().unwrap().signers.is_empty());
    assert_eq!(notes.open(5, Some(&trust(&ours))).unwrap().unwrap().signers, [ours.verifier().clone()]);
    assert!(matches!(notes.open(5, Some(&trust(&key()))), Err(AnchorError::Untrusted { .. })));
}

/// Which chains are looked at decides what an anchor of another one means.
#[test]
fn an_anchor_of_a_chain_that_is_not_looked_at_is_no_anchor() {
    let (state, ours) = (tempdir().unwrap(), key());
    let audit = state.path().join("audit");
    for chain in [1, 2] {
        Forger::new(chain).intent(5).put(&audit, chain, &segment_name(0));
    }
    let [one, two] = [1, 2].map(|chain| audit.join(id(chain).to_string()));
    let sink = state.path().join("sink");
    fs::create_dir_all(sink.join(id(3).to_string())).unwrap();
    fs::write(sink.join(id(3).to_string()).join(name(1)), note(3, 1, &ours)).unwrap();
    let file = state.path().join("kept");
    fs::write(&file, note(3, 1, &ours)).unwrap();
    let options = |anchor: &Path| VerifyOptions {
        anchors: Anchors::read(&[anchor]).unwrap(),
        ..VerifyOptions::default()
    };
    let other = |found: &Result<_, VerifyError>| matches!(found, Err(VerifyError::Anchor(AnchorError::OtherChain { chain, .. })) if *chain == id(3));
    // one chain: the file means another, and the directory holds none about it
    assert!(other(&verify_with(&one, &options(&file))));
    let found = verify_with(&one, &options(&sink));
    assert!(matches!(found, Err(VerifyError::Anchor(AnchorError::NotThisChain))), "{found:?}");
    // all of them: it is missing, and named once
    for anchor in [&file, &sink] {
        let report = verify_with(&audit, &options(anchor)).unwrap();
        let missing: Vec<_> = report.chains.iter().filter(|chain| chain.fault.is_some()).collect();
        assert_eq!((missing.len(), missing[0].chain), (1, Some(id(3))));
        let reports = verify_each(&[&one, &audit, &two, &audit], &options(anchor));
        let chains = reports.iter().map(|report| report.as_ref().unwrap().chains.len());
        assert_eq!(chains.collect::<Vec<_>>(), [1, 3, 1, 2]);
    }
    // several: each has its own
    fs::write(&file, note(2, 1, &ours)).unwrap();
    let reports = verify_each(&[&one, &two], &options(&file));
    assert!(reports[0].is_ok());
    assert_eq!(
        reports[1].as_ref().unwrap().chains[0].fault.as_ref().unwrap().class.as_str(),
        "checkpoint_mismatch"
    );
    // a copy under another name is known by its first line
    let copy = state.path().join("copy");
    fs::create_dir(&copy).unwrap();
    fs::copy(specimen::segment(&audit, 2), copy.join(segment_name(0))).unwrap();
    assert_eq!(verify_with(&copy, &options(&file)).unwrap().verdict.as_str(), "tampered");
}
