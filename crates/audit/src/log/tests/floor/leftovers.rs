//! Checkpoints that a crash cut short, or that somebody changed; and chains whose front was pruned.

use super::*;
use crate::checkpoint::pruning::Pruning;

/// The chain of [`killed`], and its checkpoints.
fn left(directory: &Path, checkpoints: &CheckpointOptions) -> (Snapshot, NoteFolder, u64) {
    let (snapshot, covered) = killed(directory, checkpoints);
    snapshot.put(directory);
    (snapshot, folder(directory).checkpoints(), covered)
}

#[test]
fn a_checkpoint_that_was_cut_short_does_no_harm() {
    let state = tempdir().unwrap();
    let checkpoints = seldom();
    let (snapshot, folder, covered) = left(state.path(), &checkpoints);
    let path = folder_path(state.path()).join("checkpoints");
    let (note, tree) = (folder.note(covered).unwrap().unwrap(), folder.tree(covered).unwrap().unwrap());
    let (note, tree) = (String::from_utf8(note).unwrap(), String::from_utf8(tree).unwrap());
    let next = covered + 4;
    let name = |size: u64, part: &str| format!("{size:020}.{part}");
    let next_tree = || {
        let mut tree = Tree::new();
        all(state.path()).iter().take(next as usize).for_each(|entry| tree.append(&entry.entry_hash));
        tree
    };
    // every step of the next checkpoint, in its order: the state, whole or not, under its other name and its own; the note alike
    type Step<'a> = Box<dyn Fn() + 'a>;
    let steps: Vec<Step<'_>> = vec![
        Box::new(|| fs::write(path.join(format!(".new-{}", name(next, "tree"))), "gitoma").unwrap()),
        Box::new(|| folder.keep_tree(next, &next_tree().state()).unwrap()),
        Box::new(|| fs::write(path.join(format!(".new-{}", name(next, "note"))), "gitoma").unwrap()),
        Box::new(|| {
            let head = next_tree().head();
            let note = crate::checkpoint::Checkpoint { chain_id: id(1), head }.sign(&[&checkpoints.key]);
            folder.keep_note(next, &note.unwrap()).unwrap();
        }),
        Box::new(|| folder.forget_tree(covered).unwrap()),
        Box::new(|| folder.forget_note(covered).unwrap()),
    ];
    for done in 0..=steps.len() {
        snapshot.put(state.path());
        steps.iter().take(done).for_each(|step| step());
        let log = open(state.path(), &checkpoints, 20).unwrap();
        let newest = if done >= 4 { next } else { covered };
        assert_eq!(log.status().checkpoints.unwrap().size, newest, "step {done}");
        call(&log, 30);
        drop(log);
        let (sizes, states) = notes(state.path(), &[&checkpoints.key]);
        assert_eq!(states.as_slice(), sizes.split_at(sizes.len() - 1).1, "step {done}");
        let unfinished = |name: &std::ffi::OsString| name.to_string_lossy().starts_with(".new-");
        let names = fs::read_dir(&path).unwrap().map(|item| item.unwrap().file_name());
        assert_eq!(names.filter(unfinished).count(), 0);
        assert_intact(state.path());
    }
    // a state that is of no use is computed anew
    for bad in
        ["", "gitoma.audit/tree@v1\n9\n", &tree.replace('A', "B"), tree.strip_suffix('\n').unwrap(), &note]
    {
        snapshot.put(state.path());
        folder.keep_tree(covered, bad).unwrap();
        drop(open(state.path(), &checkpoints, 20).unwrap());
        notes(state.path(), &[&checkpoints.key]);
    }
}

#[test]
fn a_bad_note_refuses_the_start() {
    let state = tempdir().unwrap();
    let checkpoints = seldom();
    let (snapshot, folder, covered) = left(state.path(), &checkpoints);
    let note = String::from_utf8(folder.note(covered).unwrap().unwrap()).unwrap();
    let head = crate::tree::TreeHead { size: covered, root: Digest::of(b"another") };
    let of_another_chain = crate::checkpoint::Checkpoint { chain_id: id(2), head }.sign(&[&checkpoints.key]);
    let by_another_key =
        crate::checkpoint::Checkpoint { chain_id: id(1), head }.sign(&[&super::super::checkpoints::key()]);
    let another = crate::checkpoint::Checkpoint { chain_id: id(1), head }.sign(&[&checkpoints.key]);
    let bad = [
        String::new(),
        note.strip_suffix('\n').unwrap().to_owned(),
        "x".repeat(1 << 20),
        of_another_chain.unwrap(),
    ];
    for (row, bad) in bad.iter().enumerate() {
        snapshot.put(state.path());
        folder.forget_note(covered).unwrap();
        folder.keep_note(covered, bad).unwrap();
        assert_eq!(damage(open(state.path(), &checkpoints, 20)), FaultClass::BadCheckpoint, "row {row}");
    }
    for (bad, class) in [
        (by_another_key.unwrap(), FaultClass::BadCheckpoint),
        (another.unwrap(), FaultClass::CheckpointMismatch),
    ] {
        snapshot.put(state.path());
        folder.forget_note(covered).unwrap();
        folder.keep_note(covered, &bad).unwrap();
        assert_eq!(damage(open(state.path(), &checkpoints, 20)), class);
    }
    // the name says another size
    snapshot.put(state.path());
    folder.keep_note(covered + 2, &note).unwrap();
    assert_eq!(damage(open(state.path(), &checkpoints, 20)), FaultClass::BadCheckpoint);
    // more entries than there are, and never were
    snapshot.put(state.path());
    let head = crate::tree::TreeHead { size: 1_000, ..head };
    let ahead = crate::checkpoint::Checkpoint { chain_id: id(1), head }.sign(&[&checkpoints.key]);
    folder.keep_note(1_000, &ahead.unwrap()).unwrap();
    assert_eq!(damage(open(state.path(), &checkpoints, 20)), FaultClass::Truncated);
}

/// Four segments, of which the first two are pruned as the page says; returns where the rest begins.
pub(super) fn pruned(directory: &Path, checkpoints: &CheckpointOptions) -> u64 {
    prune(directory, [checkpoints, checkpoints], 2)
}

/// The same as far as a crash let it come, which leaves the second, in which another key follows; returns where that begins.
pub(super) fn pruned_in_part(directory: &Path, keys: [&CheckpointOptions; 2]) -> u64 {
    prune(directory, keys, 1);
    folder(directory).content().unwrap().segments[0]
}

fn prune(directory: &Path, [first, second]: [&CheckpointOptions; 2], gone: usize) -> u64 {
    let mut log = open(directory, first, 1).unwrap();
    let epoch = u64::from(!first.key.verifier().same_key(second.key.verifier()));
    for number in 0..3 {
        call(&log, number);
        log.rotate_now();
        if number == 0 && epoch > 0 {
            drop(log);
            log = open(directory, second, 10).unwrap();
        }
    }
    let entries = all(directory);
    let segments = folder(directory).content().unwrap().segments;
    let front = segments[2];
    let mut tree = Tree::new();
    entries[..front as usize].iter().for_each(|entry| tree.append(&entry.entry_hash));
    let key = second.key.verifier().to_string();
    let pruning = Pruning {
        chain_id: id(1),
        through_seq: front - 1,
        tip: entries[front as usize - 1].entry_hash,
        root: tree.head().root,
        key: Some((&key, epoch)),
    };
    let signature = pruning.sign(&second.key).unwrap();
    let prune = |line: &mut crate::line::write::LineWriter<'_>| {
        line.text(Field::CheckpointKey, &key);
        line.integer(Field::FirstSeq, 0);
        line.integer(Field::ThroughSeq, front - 1);
        line.digest(Field::TipHash, &entries[front as usize - 1].entry_hash);
        line.digest(Field::RootHash, &tree.head().root);
        line.integer(Field::Epoch, epoch);
        line.text(Field::Signature, &signature);
    };
    log.shared.append_blocking(Kind::Prune, Urgency::Led, prune).unwrap();
    log.close_blocking().unwrap();
    drop(log);
    let notes = folder(directory).checkpoints();
    notes.keep_tree(front, &tree.state()).unwrap();
    for gone in notes.list().unwrap().notes.into_iter().filter(|size| *size < front) {
        notes.forget_note(gone).unwrap();
    }
    for first_seq in &segments[..gone] {
        fs::remove_file(folder_path(directory).join(segment_name(*first_seq))).unwrap();
    }
    front
}

#[test]
fn a_pruned_chain_goes_on() {
    let state = tempdir().unwrap();
    let checkpoints = seldom();
    let front = pruned(state.path(), &checkpoints);
    let snapshot = Snapshot::of(state.path());
    let folder = NoteFolder::new(folder_path(state.path()).join("checkpoints"));
    let newest = *folder.list().unwrap().notes.last().unwrap();
    let reopen = |checkpoints: &CheckpointOptions| open(state.path(), checkpoints, 20).map(drop);
    let with_its_tree = {
        reopen(&checkpoints).unwrap();
        Snapshot::of(state.path())
    };
    assert_eq!(folder.list().unwrap().trees, [front, newest + 1], "what stands for the front stays");
    // without the newest state the tree grows from that of the front, and is the same
    snapshot.put(state.path());
    folder.forget_tree(newest).unwrap();
    reopen(&checkpoints).unwrap();
    assert_eq!(Snapshot::of(state.path()), with_its_tree);

    for state_of_front in ["", "gitoma.audit/tree@v1\n1\nbaM4FMXn1aORh9xefgHDR9mIFbf7KS+4BIz6+cwjt44=\n"] {
        snapshot.put(state.path());
        folder.forget_tree(newest).unwrap();
        folder.keep_tree(front, state_of_front).unwrap();
        assert!(matches!(reopen(&checkpoints), Err(OpenError::NoTree { .. })));
    }
    snapshot.put(state.path());
    let other = String::from_utf8(folder.tree(front).unwrap().unwrap()).unwrap();
    let line = other.lines().nth(2).unwrap();
    folder.forget_tree(newest).unwrap();
    folder.keep_tree(front, &other.replace(line, "baM4FMXn1aORh9xefgHDR9mIFbf7KS+4BIz6+cwjt44=")).unwrap();
    assert_eq!(damage(open(state.path(), &checkpoints, 20)), FaultClass::CheckpointMismatch);

    snapshot.put(state.path());
    folder.forget_tree(front).unwrap();
    assert_eq!(damage(open(state.path(), &checkpoints, 20)), FaultClass::SegmentMissing);
    // no note is left that would say what the state of the front leads to
    snapshot.put(state.path());
    folder.list().unwrap().notes.into_iter().for_each(|size| folder.forget_note(size).unwrap());
    assert!(matches!(reopen(&checkpoints), Err(OpenError::NoTree { .. })));
    snapshot.put(state.path());
    assert!(matches!(
        Log::open_in(&options(state.path()), specimen::surroundings(20)),
        Err(OpenError::KeyMissing { .. })
    ));
}
