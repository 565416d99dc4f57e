//! Starts on chains that checkpoints speak about: what they have said stays true, or the start is refused.

mod keys;
mod leftovers;

use std::{
    io,
    path::PathBuf,
    time::{Duration, Instant},
};

use super::{
    checkpoints::{
        NEVER, call, folder, notes, open, seldom,
        sinks::{Memory, Temper},
    },
    *,
};
use crate::specimen::wait_for;
use crate::{
    checkpoint::{
        notes::NoteFolder,
        sink::{CheckpointSink, FileSink},
    },
    field::Field,
    folder::segment_name,
    log::{Urgency, checkpoints::CheckpointOptions},
    specimen::snapshot::Snapshot,
    tree::range::Tree,
    verify::fault::FaultClass,
};

/// A chain with a checkpoint of some entries and entries behind it, as a killed process leaves it; returns how many are covered.
fn killed(directory: &Path, checkpoints: &CheckpointOptions) -> (Snapshot, u64) {
    let log = open(directory, checkpoints, 1).unwrap();
    (0..3).for_each(|number| call(&log, number));
    let covered = log.close_blocking().unwrap().seq + 1;
    drop(log);
    let log = open(directory, checkpoints, 7).unwrap();
    (10..13).for_each(|number| call(&log, number));
    let snapshot = Snapshot::of(directory);
    drop(log);
    (snapshot, covered)
}

fn damage(result: Result<Log, OpenError>) -> FaultClass {
    match result {
        Err(OpenError::Damaged { chain, class }) if chain == id(1) => class,
        other => panic!("{other:?}"),
    }
}

/// Cuts the only segment to `length` bytes.
fn cut(directory: &Path, length: usize) {
    let path = specimen::segment(directory, 1);
    let text = fs::read(&path).unwrap();
    fs::write(path, &text[..length]).unwrap();
}

#[test]
fn a_start_goes_on_from_the_newest_note() {
    let state = tempdir().unwrap();
    let checkpoints = seldom();
    for turn in 0..4 {
        let log = open(state.path(), &checkpoints, 1 + turn * 10).unwrap();
        let before = log.status();
        assert_eq!(before.checkpoints.unwrap().size, if turn == 0 { 0 } else { before.last_seq });
        call(&log, turn);
        log.rotate_now();
        log.close_blocking().unwrap();
        drop(log);
        let (sizes, states) = notes(state.path(), &[&checkpoints.key]);
        // the chain's first, those of the segments' ends, and the newest
        assert_eq!((sizes.len() as u64, states), (turn + 3, vec![*sizes.last().unwrap()]));
    }
    assert_intact(state.path());
}

#[test]
fn nothing_at_or_below_a_checkpoint_is_a_torn_tail() {
    let state = tempdir().unwrap();
    let checkpoints = seldom();
    let (snapshot, covered) = killed(&state.path().join("first"), &checkpoints);
    let text = snapshot.file(&PathBuf::from(id(1).to_string()).join(segment_name(0)));
    let ends: Vec<_> =
        text.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1).collect();
    assert_eq!(ends.len() as u64, covered + 7);
    for (line, end) in ends.iter().enumerate() {
        for length in [end - 1, *end] {
            let directory = state.path().join(length.to_string());
            snapshot.put(&directory);
            cut(&directory, length);
            let before = Snapshot::of(&directory);
            let whole = line as u64 + u64::from(length == *end);
            let opened = open(&directory, &checkpoints, 20);
            if whole >= covered {
                opened.unwrap().close_blocking().unwrap();
                notes(&directory, &[&checkpoints.key]);
                assert_intact(&directory);
            } else {
                // a first line that is cut is no chain's begin
                let expected = if whole == 0 { FaultClass::Genesis } else { FaultClass::Truncated };
                assert_eq!(damage(opened), expected, "{whole} of {covered}");
                assert_eq!(Snapshot::of(&directory), before, "a refused start leaves all as it was");
            }
        }
    }
}

#[test]
fn whole_segments_that_are_gone_are_missed() {
    let state = tempdir().unwrap();
    let checkpoints = seldom();
    let log = open(state.path(), &checkpoints, 1).unwrap();
    for number in 0..3 {
        call(&log, number);
        log.rotate_now();
    }
    drop(log);
    let snapshot = Snapshot::of(state.path());
    let segments = folder(state.path()).content().unwrap().segments;
    assert_eq!(segments.len(), 4);
    for keep in 1..4 {
        snapshot.put(state.path());
        for first_seq in &segments[keep..] {
            fs::remove_file(folder_path(state.path()).join(segment_name(*first_seq))).unwrap();
        }
        assert_eq!(damage(open(state.path(), &checkpoints, 7)), FaultClass::Truncated);
    }
    // the front is no different
    snapshot.put(state.path());
    fs::remove_file(folder_path(state.path()).join(segment_name(0))).unwrap();
    assert_eq!(damage(open(state.path(), &checkpoints, 7)), FaultClass::SegmentMissing);
}

fn folder_path(directory: &Path) -> PathBuf {
    directory.join(id(1).to_string())
}

#[test]
fn another_chain_of_the_same_length_is_refused() {
    let state = tempdir().unwrap();
    let (one, other) = (state.path().join("one"), state.path().join("other"));
    let checkpoints = seldom();
    for (directory, number) in [(&one, 16), (&other, 17)] {
        let log = open(directory, &checkpoints, 1).unwrap();
        call(&log, number);
        log.close_blocking().unwrap();
    }
    let place = |directory: &Path| folder_path(directory).join("checkpoints");
    fs::remove_dir_all(place(&one)).unwrap();
    fs::rename(place(&other), place(&one)).unwrap();
    // its state would do for a start, which reads on from there; `verify` reads it all, and so does a start without it
    fs::remove_file(place(&one).join("00000000000000000005.tree")).unwrap();
    assert_eq!(damage(open(&one, &checkpoints, 7)), FaultClass::CheckpointMismatch);
}

#[test]
fn a_line_behind_the_note_is_looked_at_before_it_is_signed() {
    let state = tempdir().unwrap();
    let checkpoints = seldom();
    let log = open(state.path(), &checkpoints, 1).unwrap();
    let covered = log.close_blocking().unwrap().seq + 1;
    drop(log);
    let log = open(state.path(), &checkpoints, 7).unwrap();
    (10..310).for_each(|number| call(&log, number));
    let snapshot = Snapshot::of(state.path());
    drop(log);
    let segment = specimen::segment(state.path(), 1);
    let lines = fs::read(&segment).unwrap();
    let lines: Vec<_> = lines.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
    // far above what a start looks at where there are no checkpoints
    let last = usize::try_from(covered).unwrap() + 40;
    assert!(lines[last..].concat().len() > 256 * 1024);
    type Harm = fn(&mut Vec<Vec<u8>>, usize);
    let table: [(Harm, FaultClass); 4] = [
        // a digit of the time
        (|lines, at| lines[at][110] ^= 1, FaultClass::HashMismatch),
        (|lines, at| drop(lines.remove(at)), FaultClass::SeqGap),
        (|lines, at| lines.swap(at, at + 1), FaultClass::SeqGap),
        (|lines, at| lines[at] = b"what is this\n".to_vec(), FaultClass::BadSuffix),
    ];
    for at in [usize::try_from(covered).unwrap(), last] {
        for (row, (harm, class)) in table.iter().enumerate() {
            snapshot.put(state.path());
            let mut lines = lines.clone();
            harm(&mut lines, at);
            fs::write(&segment, lines.concat()).unwrap();
            assert_eq!(damage(open(state.path(), &checkpoints, 20)), *class, "row {row}, line {at}");
        }
    }
}

#[test]
fn an_older_state_is_refused_where_a_sink_remembers() {
    let state = tempdir().unwrap();
    let place = state.path().join("copies");
    fs::create_dir(&place).unwrap();
    let directory = state.path().join("audit");
    let sinks: Vec<Arc<dyn CheckpointSink>> = vec![Arc::new(FileSink::open(&place).unwrap())];
    let checkpoints = CheckpointOptions { sinks, ..seldom() };
    let alone = CheckpointOptions { sinks: Vec::new(), ..checkpoints.clone() };
    let log = open(&directory, &checkpoints, 1).unwrap();
    call(&log, 16);
    log.close_blocking().unwrap();
    drop(log);
    let older = Snapshot::of(&directory);
    let log = open(&directory, &checkpoints, 7).unwrap();
    call(&log, 17);
    log.close_blocking().unwrap();
    drop(log);
    let newer = Snapshot::of(&directory);

    older.put(&directory);
    assert!(matches!(open(&directory, &checkpoints, 20), Err(OpenError::RolledBack { .. })));
    assert_eq!(Snapshot::of(&directory), older);
    // the chain alone shows nothing, and once it has grown past the copy only its root tells
    for number in 0..4 {
        let log = open(&directory, &alone, 30 + number * 10).unwrap();
        call(&log, number);
        drop(log);
    }
    assert!(matches!(open(&directory, &checkpoints, 90), Err(OpenError::RolledBack { .. })));
    // also without the notes and the state of the tree
    fs::remove_dir_all(folder_path(&directory).join("checkpoints")).unwrap();
    assert!(matches!(open(&directory, &checkpoints, 100), Err(OpenError::RolledBack { .. })));

    newer.put(&directory);
    let log = open(&directory, &checkpoints, 20).unwrap();
    call(&log, 18);
    drop(log);
    notes(&directory, &[&checkpoints.key]);
    assert_intact(&directory);
}

#[test]
fn of_two_copies_one_goes_on() {
    let state = tempdir().unwrap();
    let (one, other) = (state.path().join("one"), state.path().join("other"));
    let sink = Memory::new(Temper::Takes);
    let checkpoints = CheckpointOptions { sinks: vec![sink], interval: Duration::from_millis(5), ..seldom() };
    drop(open(&one, &checkpoints, 1).unwrap());
    Snapshot::of(&one).put(&other);
    fs::set_permissions(&other, fs::Permissions::from_mode(0o700)).unwrap();
    // both begin, since neither has said anything yet
    let first = open(&one, &CheckpointOptions { interval: NEVER, ..checkpoints.clone() }, 7).unwrap();
    let second = open(&other, &checkpoints, 20).unwrap();
    call(&second, 16);
    wait_for(|| second.status().checkpoints.unwrap().size == 5);
    drop(second);
    (0..5).for_each(|number| call(&first, number));
    drop(first);
    let newest = checkpoints.sinks[0].newest(id(1)).unwrap().unwrap();
    let own = |directory: &Path| {
        let notes = folder(directory).checkpoints();
        let last = notes.list().unwrap().notes.last().copied().unwrap();
        notes.note(last).unwrap().unwrap()
    };
    assert_eq!((newest == own(&other), newest == own(&one)), (true, false));
    assert!(matches!(open(&one, &checkpoints, 30), Err(OpenError::RolledBack { .. })));
    drop(open(&other, &checkpoints, 30).unwrap());
}

#[test]
fn a_sink_that_is_behind_is_caught_up_with() {
    let state = tempdir().unwrap();
    let sink = Memory::new(Temper::Takes);
    let checkpoints = CheckpointOptions { sinks: vec![Arc::<Memory>::clone(&sink) as _], ..seldom() };
    let alone = CheckpointOptions { sinks: Vec::new(), ..checkpoints.clone() };
    drop(open(state.path(), &checkpoints, 1).unwrap());
    let log = open(state.path(), &alone, 7).unwrap();
    call(&log, 16);
    drop(log);
    // its note is still here
    drop(open(state.path(), &checkpoints, 20).unwrap());
    assert_eq!(sink.notes.lock().unwrap().keys().copied().collect::<Vec<_>>(), [2, 6]);
    drop(open(state.path(), &alone, 30).unwrap());
    // its note is here no more, so that the tree has to be built anew
    folder(state.path()).checkpoints().forget_note(6).unwrap();
    drop(open(state.path(), &checkpoints, 40).unwrap());
    assert_eq!(sink.notes.lock().unwrap().keys().last(), Some(&8));
    // and one that says something else is no copy
    sink.notes.lock().unwrap().insert(9, b"what is this".to_vec());
    assert!(matches!(open(state.path(), &checkpoints, 50), Err(OpenError::BadCopy { .. })));
}

#[test]
fn a_sink_that_does_not_say_what_it_has_refuses_the_start() {
    let state = tempdir().unwrap();
    for (temper, kind) in
        [(Temper::Refuses, std::io::ErrorKind::StorageFull), (Temper::Hangs, std::io::ErrorKind::TimedOut)]
    {
        let sink = Memory::new(Temper::Takes);
        let checkpoints = CheckpointOptions { sinks: vec![Arc::<Memory>::clone(&sink) as _], ..seldom() };
        let directory = state.path().join(format!("{temper:?}"));
        drop(open(&directory, &checkpoints, 1).unwrap());
        sink.turn(temper);
        let surroundings = Surroundings { patience: Duration::from_millis(100), ..specimen::surroundings(7) };
        let begun = Instant::now();
        let opened = Log::open_in(&super::checkpoints::with(&directory, &checkpoints), surroundings);
        assert!(matches!(&opened, Err(OpenError::Sink(error)) if error.kind() == kind), "{opened:?}");
        assert!(begun.elapsed() < Duration::from_secs(10));
        sink.turn(Temper::Takes);
    }
}

#[test]
fn a_sink_lies_outside() {
    let state = tempdir().unwrap();
    let directory = state.path().join("audit");
    let inside = directory.join("copies");
    fs::create_dir_all(&inside).unwrap();
    fs::set_permissions(&directory, fs::Permissions::from_mode(0o700)).unwrap();
    let link = state.path().join("link");
    std::os::unix::fs::symlink(&directory, &link).unwrap();
    for place in [&directory, &inside, &link.join("copies")] {
        let sinks: Vec<Arc<dyn CheckpointSink>> = vec![Arc::new(FileSink::open(place).unwrap())];
        let checkpoints = CheckpointOptions { sinks, ..seldom() };
        assert!(matches!(open(&directory, &checkpoints, 1), Err(OpenError::SinkInside)));
    }
}

/// A literal that goes over lines keeps what the next one is indented by, unless its end is escaped.
#[test]
fn what_refuses_a_start_is_said_in_one_line_without_gaps() {
    let chain = specimen::id(1);
    for error in [
        OpenError::Exposed,
        OpenError::Damaged { chain, class: FaultClass::Genesis },
        OpenError::Held { chain },
        OpenError::KeyMissing { chain },
        OpenError::OtherKey { chain },
        OpenError::RolledBack { chain },
        OpenError::BadCopy { chain },
        OpenError::Sink(io::ErrorKind::TimedOut.into()),
        OpenError::SinkInside,
        OpenError::KeysAlike,
        OpenError::NoTree { chain },
        OpenError::NotFree { chain },
    ] {
        let text = error.to_string();
        assert!(!text.contains("  ") && !text.contains('\n'), "{text:?}");
    }
}
