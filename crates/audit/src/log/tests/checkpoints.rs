//! A log that signs what it amounts to: when, where to, and what does not stop it.

pub(super) mod sinks;

use std::time::{Duration, Instant};

use super::*;
use crate::specimen::wait_for;
use crate::{
    checkpoint::{
        SignedCheckpoint,
        sink::{CheckpointSink, FileSink},
    },
    folder::ChainFolder,
    key::SigningKey,
    log::{
        LogOptions,
        checkpoints::{CheckpointFailure, CheckpointOptions, CheckpointStatus},
    },
    note::TrustedKeys,
    tree::range::Tree,
};

/// Longer than any test.
pub(super) const NEVER: Duration = Duration::from_hours(9);
/// Shorter than anybody waits.
pub(super) const SOON: Duration = Duration::from_millis(5);

pub(super) fn key() -> SigningKey {
    SigningKey::generate("example.com/gitoma".parse().unwrap()).unwrap()
}

/// Checkpoints by a new key, at borders and ends alone.
pub(super) fn seldom() -> CheckpointOptions {
    CheckpointOptions { interval: NEVER, ..CheckpointOptions::new(key()) }
}

pub(super) fn with(directory: &Path, checkpoints: &CheckpointOptions) -> LogOptions {
    LogOptions { checkpoints: Some(checkpoints.clone()), ..options(directory) }
}

pub(super) fn open(directory: &Path, checkpoints: &CheckpointOptions, first: u64) -> Result<Log, OpenError> {
    Log::open_in(&with(directory, checkpoints), specimen::surroundings(first))
}

/// The folder of the only chain.
pub(super) fn folder(directory: &Path) -> ChainFolder {
    let mut chains = crate::folder::chains(directory).unwrap().0;
    assert_eq!(chains.len(), 1);
    chains.remove(0)
}

/// Checks every note of the chain against its entries; returns their sizes and those of the tree's states.
pub(super) fn notes(directory: &Path, keys: &[&SigningKey]) -> (Vec<u64>, Vec<u64>) {
    let trusted = TrustedKeys::new(keys.iter().map(|key| key.verifier().clone())).unwrap();
    let notes = folder(directory).checkpoints();
    // before the entries: a log that goes on meanwhile writes more of both
    let found = notes.list().unwrap();
    let entries = all(directory);
    let (mut tree, mut sizes) = (Tree::new(), found.notes.iter().copied().peekable());
    let mut read = Vec::new();
    for entry in &entries {
        tree.append(&entry.entry_hash);
        if sizes.next_if_eq(&tree.size()).is_none() {
            continue;
        }
        // one that gave way meanwhile is none
        let Some(note) = notes.note(tree.size()).unwrap() else { continue };
        let signed = SignedCheckpoint::open(&note, &trusted).unwrap();
        assert_eq!((signed.checkpoint.chain_id, signed.checkpoint.head), (entries[0].chain_id, tree.head()));
        if let Some(state) = notes.tree(tree.size()).unwrap() {
            assert_eq!(String::from_utf8(state).unwrap(), tree.state());
        }
        read.push(tree.size());
    }
    assert_eq!(sizes.next(), None, "a checkpoint of more entries than there are");
    (read, found.trees)
}

pub(super) fn call(log: &Log, number: u64) {
    log.begin_blocking(read(number)).unwrap().finish_blocking(ok()).unwrap();
}

fn status(log: &Log) -> CheckpointStatus {
    log.status().checkpoints.unwrap()
}

/// An intent that waits for the disk.
fn durable(number: u64) -> crate::call::Intent {
    crate::call::Intent { durable: true, ..write(number) }
}

#[test]
fn segment_ends_and_the_end_are_covered() {
    let state = tempdir().unwrap();
    let checkpoints = seldom();
    let log = open(state.path(), &checkpoints, 1).unwrap();
    let opened = &all(state.path())[0];
    assert_eq!(opened.checkpoint_key, Some(checkpoints.key.verifier().to_string()));
    assert_eq!(opened.epoch, Some(0));
    call(&log, 16);
    log.rotate_now();
    call(&log, 17);
    log.rotate_now();
    // behind the two segments' ends: `chain.open`, `start`, a call and `segment.close`; `segment.open`, a call and `segment.close`
    wait_for(|| status(&log).size == 9);
    call(&log, 18);
    let stop = log.close_blocking().unwrap();
    assert_eq!((status(&log).size, status(&log).failing), (stop.seq + 1, None));
    assert!(status(&log).age.is_some());
    drop(log);
    assert_eq!(notes(state.path(), &[&checkpoints.key]), (vec![2, 5, 9, 13], vec![13]));
    assert_intact(state.path());
}

#[test]
fn news_is_covered_in_time_and_at_the_end() {
    let state = tempdir().unwrap();
    let checkpoints = CheckpointOptions { interval: SOON, ..seldom() };
    let log = open(state.path(), &checkpoints, 1).unwrap();
    wait_for(|| status(&log).size == 2);
    let mut size = 2;
    for number in 0..20 {
        call(&log, number);
        size += 2;
        wait_for(|| status(&log).size == size);
    }
    // the first stays, as one an hour does; of the others the last, and the one before until that is replaced too
    wait_for(|| notes(state.path(), &[&checkpoints.key]) == (vec![2, 42], vec![42]));
    call(&log, 30);
    drop(log);
    assert_eq!(notes(state.path(), &[&checkpoints.key]), (vec![2, 44], vec![44]));

    let checkpoints = CheckpointOptions { interval: NEVER, ..checkpoints };
    let log = open(state.path(), &checkpoints, 7).unwrap();
    call(&log, 31);
    let entry = log.begin_blocking(read(32)).unwrap();
    log.close_blocking().unwrap();
    // open entries still end behind `stop`
    entry.finish_blocking(ok()).unwrap();
    drop(log);
    // what the process before left gives way as well
    assert_eq!(notes(state.path(), &[&checkpoints.key]), (vec![2, 50], vec![50]));
    // a start with nothing to say leaves no other trace than its own entry
    drop(open(state.path(), &checkpoints, 10).unwrap());
    assert_eq!(notes(state.path(), &[&checkpoints.key]).1, vec![51]);
}

#[test]
fn hashes_do_not_pile_up() {
    let state = tempdir().unwrap();
    let checkpoints = seldom();
    let log = open(state.path(), &checkpoints, 1).unwrap();
    let waiting = || log.shared.lock().checkpoints.as_ref().unwrap().pending_len();
    for number in 0..10_000 {
        call(&log, number);
    }
    wait_for(|| waiting() < 4_096);
    assert_eq!(status(&log).size, 0);
    drop(log);
    assert_eq!(notes(state.path(), &[&checkpoints.key]).0, [2, 20_002]);
}

#[test]
fn many_callers_and_segments_are_covered() {
    let state = tempdir().unwrap();
    let checkpoints = CheckpointOptions { interval: SOON, ..seldom() };
    let rotation = crate::log::Rotation { bytes: 20_000, ..crate::log::Rotation::default() };
    let options = LogOptions { rotation, ..with(state.path(), &checkpoints) };
    let log = Log::open_in(&options, specimen::surroundings(1)).unwrap();
    thread::scope(|scope| {
        for number in 0..4_u64 {
            let log = &log;
            scope.spawn(move || (0..300).for_each(|turn| call(log, number * 1_000 + turn)));
        }
    });
    drop(log);
    let (sizes, states) = notes(state.path(), &[&checkpoints.key]);
    assert_eq!(states.as_slice(), sizes.split_at(sizes.len() - 1).1);
    let segments = folder(state.path()).content().unwrap().segments;
    assert!(segments.len() > 1, "{segments:?}");
    for border in &segments[1..] {
        assert!(sizes.contains(border), "{border} of {sizes:?}");
    }
    assert_intact(state.path());
}

#[test]
fn a_folder_that_takes_no_note_stops_no_entry() {
    let state = tempdir().unwrap();
    let checkpoints = CheckpointOptions { interval: SOON, ..seldom() };
    let log = open(state.path(), &checkpoints, 1).unwrap();
    wait_for(|| status(&log).size == 2);
    let place = folder(state.path()).path.join("checkpoints");
    let aside = place.with_extension("aside");
    fs::rename(&place, &aside).unwrap();
    fs::write(&place, "").unwrap();
    call(&log, 16);
    wait_for(|| status(&log).failing == Some(CheckpointFailure::Folder));
    for number in 17..30 {
        call(&log, number);
    }
    assert_eq!((status(&log).size, log.status().poisoned), (2, None));
    fs::remove_file(&place).unwrap();
    fs::rename(&aside, &place).unwrap();
    wait_for(|| status(&log).size == 30);
    assert_eq!(status(&log).failing, None);
    drop(log);
    let (sizes, states) = notes(state.path(), &[&checkpoints.key]);
    assert_eq!((sizes, states), (vec![2, 30], vec![30]));
}

#[test]
fn a_thread_that_ends_is_missed() {
    let state = tempdir().unwrap();
    let checkpoints = CheckpointOptions { before_writes: true, ..seldom() };
    let log = open(state.path(), &checkpoints, 1).unwrap();
    drop(log.begin_blocking(durable(16)).unwrap());
    // a note of that size by somebody else, where nobody looks before it is made, would be a fork and no panic
    log.shared.lock().checkpoints.as_mut().unwrap().panic_next();
    assert!(matches!(
        log.begin_blocking(durable(17)),
        Err(AuditError::Checkpoint(CheckpointFailure::Thread))
    ));
    assert_eq!(status(&log).failing, Some(CheckpointFailure::Thread));
    assert!(matches!(run(log.begin(durable(18))), Err(AuditError::Checkpoint(_))));
    call(&log, 19);
    log.close_blocking().unwrap();
    drop(log);
    assert_intact(state.path());
    drop(open(state.path(), &checkpoints, 7).unwrap());
    notes(state.path(), &[&checkpoints.key]);
}

#[test]
fn nothing_is_signed_that_did_not_reach_the_disk() {
    let state = tempdir().unwrap();
    let checkpoints = CheckpointOptions { interval: SOON, ..seldom() };
    let (log, plan) = super::failing::failing_with(&with(state.path(), &checkpoints));
    wait_for(|| status(&log).size == 2);
    plan.fail_syncs();
    call(&log, 16);
    wait_for(|| log.status().poisoned.is_some());
    wait_for(|| status(&log).failing == Some(CheckpointFailure::Entries));
    drop(log);
    assert_eq!(notes(state.path(), &[&checkpoints.key]).0, [2]);
}

#[test]
fn without_a_key_there_is_no_checkpoint() {
    let state = tempdir().unwrap();
    let log = log(state.path(), 1);
    assert_eq!(log.status().checkpoints, None);
    assert!(!folder(state.path()).path.join("checkpoints").exists());
    assert_eq!(all(state.path())[0].checkpoint_key, None);
}

#[test]
fn a_segment_that_ends_last_leaves_nothing_uncovered() {
    for turn in 0..10 {
        let state = tempdir().unwrap();
        let checkpoints = seldom();
        let rotation = crate::log::Rotation { bytes: 1_000, ..crate::log::Rotation::default() };
        let options = LogOptions { rotation, ..with(state.path(), &checkpoints) };
        let log = Log::open_in(&options, specimen::surroundings(1)).unwrap();
        // a call makes the segment due, and the log ends while another begins
        (0..turn % 3).for_each(|number| call(&log, number));
        drop(log);
        let (sizes, _) = notes(state.path(), &[&checkpoints.key]);
        assert_eq!(sizes.last(), Some(&(all(state.path()).len() as u64)), "turn {turn}");
    }
}
