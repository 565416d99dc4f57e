//! Which key signs: the chain says so, and a start holds on to it.

use super::{
    super::checkpoints::key,
    leftovers::{pruned, pruned_in_part},
    *,
};
use crate::{
    checkpoint::{SignedCheckpoint, rotation::KeyRotation},
    key::SigningKey,
    note::TrustedKeys,
};

/// Checkpoints by `key`, which follows `former`.
fn by(key: &Arc<SigningKey>, former: Option<&Arc<SigningKey>>) -> CheckpointOptions {
    CheckpointOptions { key: Arc::clone(key), former_key: former.map(Arc::clone), ..seldom() }
}

fn keys<const N: usize>() -> [Arc<SigningKey>; N] {
    std::array::from_fn(|_| Arc::new(key()))
}

/// Who signed the note of a size.
fn signer(directory: &Path, size: u64, keys: &[&Arc<SigningKey>]) -> usize {
    let note = folder(directory).checkpoints().note(size).unwrap().unwrap();
    let signed = |key: &&Arc<SigningKey>| {
        SignedCheckpoint::open(&note, &TrustedKeys::new([key.verifier().clone()]).unwrap()).is_ok()
    };
    keys.iter().position(signed).unwrap()
}

fn rotations(directory: &Path) -> Vec<Entry> {
    all(directory).into_iter().filter(|entry| entry.kind == Kind::KeyRotate).collect()
}

#[test]
fn only_the_key_in_force_goes_on() {
    let state = tempdir().unwrap();
    let [one, other] = keys();
    drop(open(state.path(), &by(&one, None), 1).unwrap());
    let before = Snapshot::of(state.path());
    assert!(matches!(open(state.path(), &by(&other, None), 7), Err(OpenError::OtherKey { .. })));
    let none = || Log::open_in(&options(state.path()), specimen::surroundings(7));
    assert!(matches!(none(), Err(OpenError::KeyMissing { .. })));
    // nor where the notes are gone, or somebody else has signed some
    fs::remove_dir_all(folder_path(state.path()).join("checkpoints")).unwrap();
    assert!(matches!(open(state.path(), &by(&other, None), 7), Err(OpenError::OtherKey { .. })));
    assert!(matches!(none(), Err(OpenError::KeyMissing { .. })));
    // and the right key signs such a chain only where somebody says so
    assert!(matches!(open(state.path(), &by(&one, None), 7), Err(OpenError::NoCheckpoint { .. })));
    drop(open(state.path(), &CheckpointOptions { adopt: true, ..by(&one, None) }, 7).unwrap());
    drop(open(state.path(), &by(&one, None), 17).unwrap());
    before.put(state.path());
    let [third] = keys();
    assert!(matches!(open(state.path(), &by(&third, Some(&other)), 7), Err(OpenError::OtherKey { .. })));
    assert_eq!(Snapshot::of(state.path()), before);
    // a former key that is the same is none
    drop(open(state.path(), &by(&one, Some(&one)), 7).unwrap());
    assert!(rotations(state.path()).is_empty());
}

#[test]
fn keys_follow_each_other() {
    let state = tempdir().unwrap();
    let [first, second, third] = keys();
    let mut signers = Vec::new();
    let mut look = || {
        let newest = *notes(state.path(), &[&first, &second, &third]).0.last().unwrap();
        signers.push((newest, signer(state.path(), newest, &[&first, &second, &third])));
    };
    drop(open(state.path(), &by(&first, None), 1).unwrap());
    look();
    // the start that rotates is the first whose checkpoint the new key signs, and it makes one at once
    let log = open(state.path(), &by(&second, Some(&first)), 7).unwrap();
    wait_for(|| log.status().checkpoints.unwrap().size == 4);
    look();
    drop(log);
    // the former key may stay configured, and may go
    drop(open(state.path(), &by(&second, Some(&first)), 20).unwrap());
    look();
    drop(open(state.path(), &by(&second, None), 30).unwrap());
    look();
    assert!(matches!(open(state.path(), &by(&first, None), 40), Err(OpenError::OtherKey { .. })));
    assert!(matches!(open(state.path(), &by(&third, Some(&first)), 40), Err(OpenError::OtherKey { .. })));
    drop(open(state.path(), &by(&third, Some(&second)), 40).unwrap());
    look();

    let rotations = rotations(state.path());
    assert_eq!(
        rotations.iter().map(|entry| (entry.seq, entry.epoch)).collect::<Vec<_>>(),
        [(3, Some(1)), (7, Some(2))]
    );
    for (rotation, (old, new)) in rotations.iter().zip([(&first, &second), (&second, &third)]) {
        let note = rotation.signature.as_ref().unwrap();
        let epoch = rotation.epoch.unwrap();
        let statement = KeyRotation::open(note.as_bytes(), id(1), epoch - 1, old.verifier()).unwrap();
        assert_eq!(statement.new, *new.verifier());
        assert_eq!(rotation.checkpoint_key, Some(new.verifier().to_string()));
    }
    assert_eq!(signers, [(2, 0), (4, 1), (5, 1), (6, 1), (8, 2)]);
    assert_intact(state.path());
}

#[test]
fn a_rotation_without_its_first_checkpoint_is_found() {
    let state = tempdir().unwrap();
    let [first, second, third] = keys();
    drop(open(state.path(), &by(&first, None), 1).unwrap());
    drop(open(state.path(), &by(&second, Some(&first)), 7).unwrap());
    let checkpoints = folder(state.path()).checkpoints();
    checkpoints.forget_note(4).unwrap();
    let snapshot = Snapshot::of(state.path());
    // whichever of the two is known: the newest note is by the first, the key in force is the second
    for options in [by(&second, Some(&first)), by(&second, None)] {
        snapshot.put(state.path());
        drop(open(state.path(), &options, 20).unwrap());
        assert_eq!(rotations(state.path()).len(), 1);
        notes(state.path(), &[&first, &second]);
    }
    for options in [by(&first, None), by(&third, Some(&first))] {
        snapshot.put(state.path());
        assert!(matches!(open(state.path(), &options, 20), Err(OpenError::OtherKey { .. })));
    }
    // an old key does not sign later (A11)
    snapshot.put(state.path());
    let mut tree = Tree::new();
    all(state.path()).iter().for_each(|entry| tree.append(&entry.entry_hash));
    let forged = crate::checkpoint::Checkpoint { chain_id: id(1), head: tree.head() }.sign(&[&first]);
    checkpoints.keep_note(tree.size(), &forged.unwrap()).unwrap();
    assert_eq!(damage(open(state.path(), &by(&second, Some(&first)), 20)), FaultClass::BadCheckpoint);
}

#[test]
fn a_chain_without_a_key_takes_one_up() {
    let state = tempdir().unwrap();
    let [first, second] = keys();
    drop(log(state.path(), 1));
    // not by itself: whoever can write the folder could have written all of it
    let before = Snapshot::of(state.path());
    assert!(matches!(open(state.path(), &by(&first, None), 7), Err(OpenError::Unsigned { .. })));
    assert_eq!(Snapshot::of(state.path()), before);
    let adopting = CheckpointOptions { adopt: true, ..by(&first, None) };
    let taken = open(state.path(), &adopting, 7).unwrap();
    wait_for(|| taken.status().checkpoints.unwrap().size == 4);
    drop(taken);
    drop(open(state.path(), &by(&second, Some(&first)), 20).unwrap());
    let rotations = rotations(state.path());
    assert_eq!(rotations.iter().map(|entry| entry.epoch).collect::<Vec<_>>(), [Some(0), Some(1)]);
    assert_eq!(rotations[0].signature, None);
    assert_eq!(rotations[0].checkpoint_key, Some(first.verifier().to_string()));
    let (sizes, _) = notes(state.path(), &[&first, &second]);
    assert_eq!(sizes, [4, 6]);
    assert!(matches!(
        Log::open_in(&options(state.path()), specimen::surroundings(30)),
        Err(OpenError::KeyMissing { .. })
    ));
    assert_intact(state.path());
}

#[test]
fn a_pruned_chain_knows_its_key() {
    let state = tempdir().unwrap();
    let [first, second] = keys();
    pruned(state.path(), &by(&first, None));
    drop(open(state.path(), &by(&second, Some(&first)), 20).unwrap());
    assert_eq!(rotations(state.path())[0].epoch, Some(1));
    drop(open(state.path(), &by(&second, None), 30).unwrap());
    assert!(matches!(open(state.path(), &by(&first, None), 40), Err(OpenError::OtherKey { .. })));
}

/// A crash comes between the segments that go; the key changes before anybody tries again.
#[test]
fn a_chain_that_is_pruned_in_part_knows_its_key() {
    let state = tempdir().unwrap();
    let [first, second, third] = keys();
    let directory = state.path().join("audit");
    let left = pruned_in_part(&directory, [&by(&first, None), &by(&second, Some(&first))]);
    assert!(left > 0 && folder(&directory).content().unwrap().segments[0] == left);
    assert_eq!(rotations(&directory).len(), 1, "what a crash has left names a key too");
    drop(open(&directory, &by(&third, Some(&second)), 20).unwrap());
    assert_eq!(rotations(&directory)[1].epoch, Some(2));
    assert!(matches!(open(&directory, &by(&second, None), 30), Err(OpenError::OtherKey { .. })));
    drop(open(&directory, &by(&third, None), 30).unwrap());
}

#[test]
fn a_forged_rotation_is_damage() {
    let state = tempdir().unwrap();
    let [first, second, third] = keys();
    drop(open(state.path(), &by(&first, None), 1).unwrap());
    let log = open(state.path(), &by(&first, None), 7).unwrap();
    let one_sided = KeyRotation::sign(id(1), 1, &third, &second).unwrap();
    let append = |signature: Option<&str>| {
        log.shared
            .append_blocking(Kind::KeyRotate, Urgency::Led, |line| {
                line.text(Field::CheckpointKey, &second.verifier().to_string());
                line.integer(Field::Epoch, 1);
                line.optional_text(Field::Signature, signature);
            })
            .unwrap();
    };
    append(Some(&one_sided));
    let snapshot = Snapshot::of(state.path());
    drop(log);
    for options in [by(&second, Some(&first)), by(&first, None)] {
        snapshot.put(state.path());
        assert_eq!(damage(open(state.path(), &options, 20)), FaultClass::BadRotation);
    }
}
