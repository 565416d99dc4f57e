#![expect(clippy::disallowed_methods, reason = "tests look at files of their own making")]

use std::{fs, io::Write as _};

use tempfile::tempdir;

use super::Follower;
use crate::{
    Digest,
    folder::segment_name,
    reader::ReadError,
    specimen::{self, id},
    verify::VerifyError,
};

/// What is new: the `seq` of each entry, or what is wrong.
fn new(follower: &mut Follower) -> Vec<Result<u64, String>> {
    let mut seen = Vec::new();
    let mut take = |entry: Result<crate::Entry, ReadError>| {
        seen.push(entry.map(|entry| entry.seq).map_err(|error| error.to_string()));
    };
    follower.poll(&mut take).unwrap();
    seen
}

fn seqs(range: std::ops::Range<u64>) -> Vec<Result<u64, String>> {
    range.map(Ok).collect()
}

#[test]
fn entries_come_once_and_over_segments() {
    let state = tempdir().unwrap();
    let log = specimen::log(state.path(), 1);
    let mut follower = Follower::open(state.path()).unwrap();
    assert_eq!(follower.chains().collect::<Vec<_>>(), [id(1)]);
    assert_eq!(new(&mut follower), seqs(0..2));
    assert_eq!(new(&mut follower), []);
    let entry = log.begin_blocking(specimen::read(10)).unwrap();
    assert_eq!(new(&mut follower), seqs(2..3));
    log.rotate_now();
    entry.finish_blocking(specimen::ok()).unwrap();
    log.rotate_now();
    // close, open, outcome, close, open
    assert_eq!(new(&mut follower), seqs(3..8));
    log.close_blocking().unwrap();
    assert_eq!(new(&mut follower), seqs(8..9));
    // who comes later begins with the last segment
    assert_eq!(new(&mut Follower::open(state.path()).unwrap()), seqs(7..9));
}

#[test]
fn a_line_comes_when_it_is_whole() {
    let state = tempdir().unwrap();
    let segment = specimen::document(state.path());
    let whole = fs::read(&segment).unwrap();
    let second = whole.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    fs::write(&segment, &whole[..second + 40]).unwrap();
    let mut follower = Follower::open(segment.parent().unwrap()).unwrap();
    assert_eq!(new(&mut follower), seqs(0..1));
    let mut file = fs::OpenOptions::new().append(true).open(&segment).unwrap();
    file.write_all(&whole[second + 40..whole.len() - 1]).unwrap();
    assert_eq!(new(&mut follower), seqs(1..6));
    file.write_all(b"\n").unwrap();
    assert_eq!(new(&mut follower), seqs(6..7));
}

#[test]
fn chains_that_begin_later_are_followed_too() {
    let state = tempdir().unwrap();
    assert!(matches!(Follower::open(state.path()), Err(VerifyError::NoChain)));
    let _first = specimen::log(state.path(), 1);
    let mut follower = Follower::open(state.path()).unwrap();
    assert_eq!(new(&mut follower), seqs(0..2));
    let second = specimen::log(state.path(), 50);
    assert_eq!(new(&mut follower), seqs(0..2));
    second.close_blocking().unwrap();
    assert_eq!(new(&mut follower), seqs(2..3));
    assert_eq!(follower.chains().collect::<Vec<_>>(), [id(1), id(50)]);
}

#[test]
fn bad_lines_are_told_and_passed_over() {
    let state = tempdir().unwrap();
    let segment = specimen::document(state.path());
    let mut follower = Follower::open(state.path()).unwrap();
    assert_eq!(new(&mut follower), seqs(0..7));
    let mut file = fs::OpenOptions::new().append(true).open(&segment).unwrap();
    file.write_all(b"no entry\n").unwrap();
    let bad = format!("line 8 of {} is no audit entry (bad_suffix)", segment_name(0));
    assert_eq!(new(&mut follower), [Err(bad)]);
}

#[test]
fn a_segment_that_is_not_the_one_any_more_is_said_once_and_read_no_more() {
    type Harm = fn(&std::path::Path);
    let table: [Harm; 5] = [
        |segment| fs::write(segment, &fs::read(segment).unwrap()[..900]).unwrap(),
        |segment| fs::remove_file(segment).unwrap(),
        |segment| fs::rename(segment, segment.with_extension("old")).unwrap(),
        // the same bytes, and more of them, in another file
        |segment| {
            fs::copy(segment, segment.with_extension("copy")).unwrap();
            fs::rename(segment.with_extension("copy"), segment).unwrap();
        },
        |segment| {
            let text = fs::read(segment).unwrap();
            fs::write(segment.with_extension("copy"), [&text[..], &text].concat()).unwrap();
            fs::rename(segment.with_extension("copy"), segment).unwrap();
        },
    ];
    for (row, harm) in table.into_iter().enumerate() {
        let state = tempdir().unwrap();
        let segment = specimen::document(state.path());
        let mut follower = Follower::open(state.path()).unwrap();
        assert_eq!(new(&mut follower), seqs(0..7));
        harm(&segment);
        let said = format!("{} was removed, replaced or cut while it was followed", segment_name(0));
        assert_eq!(new(&mut follower), [Err(said)], "row {row}");
        assert_eq!(new(&mut follower), [], "row {row}");
        // another chain is followed all the same
        drop(specimen::log(&state.path().join("other"), 50));
        let other = id(50).to_string();
        fs::rename(state.path().join("other").join(&other), state.path().join(&other)).unwrap();
        assert_eq!(new(&mut follower), seqs(0..2), "row {row}");
    }
}

#[test]
fn what_goes_from_the_front_meanwhile_is_read_to_its_end() {
    let state = tempdir().unwrap();
    let log = specimen::log(state.path(), 1);
    let mut follower = Follower::open(state.path()).unwrap();
    assert_eq!(new(&mut follower), seqs(0..2));
    log.rotate_now();
    log.rotate_now();
    log.rotate_now();
    let segment = specimen::segment(state.path(), 1);
    // who has opened it has all of it; the next one it has not opened yet
    fs::remove_file(&segment).unwrap();
    let next = segment.with_file_name(segment_name(3));
    fs::rename(&next, next.with_extension("gone")).unwrap();
    let said = format!("{} was removed, replaced or cut while it was followed", segment_name(3));
    assert_eq!(new(&mut follower), [Ok(2), Err(said)]);
}

/// Whoever may write to the folder shall not keep its reader busy for ever.
#[test]
fn a_close_that_leads_back_is_not_followed() {
    let state = tempdir().unwrap();
    let segment = specimen::document(state.path());
    let first = fs::read_to_string(&segment).unwrap();
    let (begin, _) = first.split_once(",\"writer\"").unwrap();
    let writer = id(2);
    let body = format!(
        "{begin},\"writer\":\"{writer}\",\"kind\":\"segment.close\",\"next_segment\":\"{}\",\"prev_hash\":\"{}\"",
        segment_name(1),
        Digest::ZERO
    );
    // it says that it is entry 0, and so that segment 1 follows, which is this one
    let line = format!("{body},\"entry_hash\":\"{}\"}}\n", Digest::of(body.as_bytes()));
    fs::write(segment.with_file_name(segment_name(1)), line).unwrap();
    let mut follower = Follower::open(state.path()).unwrap();
    let mut seen = 0;
    let mut take = |_: Result<crate::Entry, ReadError>| {
        seen += 1;
        assert!(seen < 10, "it goes round and round");
    };
    follower.poll(&mut take).unwrap();
    assert_eq!(seen, 1);
}
