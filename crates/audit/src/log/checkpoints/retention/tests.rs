#![expect(clippy::disallowed_methods, reason = "tests look at files of their own making")]

use std::{
    fs,
    time::{Duration, SystemTime},
};

use tempfile::tempdir;

use super::{LOOKED_AT, Retention};
use crate::{
    folder::{ChainFolder, segment_name},
    specimen::id,
};

const NOBODY: fn(u64) -> bool = |_| false;

#[test]
fn all_but_those_of_borders_give_way() {
    let mut retention = Retention::default();
    // the first stays, as one an hour does
    assert!(retention.kept(2, false, NOBODY).is_empty());
    assert!(retention.kept(4, false, NOBODY).is_empty());
    assert_eq!(retention.kept(6, false, NOBODY), [4]);
    assert_eq!(retention.kept(8, true, NOBODY), [6]);
    // kept again, for the time alone: it stays all the same
    assert!(retention.kept(8, false, NOBODY).is_empty());
    assert!(retention.kept(10, false, NOBODY).is_empty());
    // and the other way round
    assert!(retention.kept(10, true, NOBODY).is_empty());
    assert!(retention.kept(12, true, NOBODY).is_empty());
}

#[test]
fn one_that_is_needed_stays_until_it_is_not() {
    let mut retention = Retention::default();
    retention.kept(2, true, NOBODY);
    retention.kept(4, false, NOBODY);
    assert!(retention.kept(6, false, |old| old == 4).is_empty());
    assert_eq!(retention.kept(8, false, |old| old == 4), [6]);
    assert_eq!(retention.kept(10, false, |old| old == 8), [4]);
}

/// A chain's folder with notes that were made so many minutes ago, and segments that begin there.
fn left(notes: impl IntoIterator<Item = (u64, u64)>, segments: &[u64]) -> Retention {
    let place = tempdir().unwrap();
    let folder = ChainFolder::new(place.path().join(id(1).to_string()));
    fs::create_dir(&folder.path).unwrap();
    for segment in segments {
        fs::write(folder.path.join(segment_name(*segment)), "").unwrap();
    }
    for (size, minutes) in notes {
        folder.checkpoints().keep_note(size, "a note").unwrap();
        let file = folder.path.join("checkpoints").join(format!("{size:020}.note"));
        let made = SystemTime::now() - Duration::from_mins(minutes);
        fs::File::open(file).unwrap().set_modified(made).unwrap();
    }
    Retention::of(&folder.checkpoints()).unwrap()
}

#[test]
fn what_earlier_processes_left_gives_way_too() {
    // the first of its hour, some of the same hour, the first of the next, a segment's end, and the one of the last end
    let notes = [(10, 150), (20, 120), (30, 100), (40, 80), (50, 70), (60, 50), (70, 20)];
    let mut retention = left(notes, &[0, 60]);
    assert_eq!(retention.kept(80, false, NOBODY), [20, 30, 50, 70]);
    // and this one is none of a new hour
    assert_eq!(retention.kept(90, false, NOBODY), [80]);
    // a process that comes after an hour leaves another
    let mut retention = left([(10, 61)], &[0]);
    assert!(retention.kept(20, false, NOBODY).is_empty());
    assert!(retention.kept(30, false, NOBODY).is_empty());
    // and one in which nobody has left anything yet
    let mut retention = left([], &[0]);
    assert!(retention.kept(20, false, NOBODY).is_empty());
    assert!(retention.kept(30, false, NOBODY).is_empty());
}

#[test]
fn a_start_looks_at_so_many_and_believes_no_clock() {
    let many = u64::try_from(LOOKED_AT).unwrap() + 50;
    let mut retention = left((1..=many).map(|size| (size, 1)), &[0]);
    assert_eq!(retention.kept(many + 1, false, NOBODY).len(), LOOKED_AT - 1);
    // the clock was set back a day: nothing is kept for that, and no hour begins anew with each process
    let place = [(10, 60 * 24), (20, 60 * 36), (30, 60 * 30)];
    assert_eq!(left(place, &[0]).kept(40, false, NOBODY), [20, 30]);
}
