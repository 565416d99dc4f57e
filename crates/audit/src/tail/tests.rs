#![expect(clippy::disallowed_methods, reason = "tests look at files of their own making")]

use std::{fs, path::Path};

use tempfile::tempdir;

use super::*;
use crate::{Log, reader::Reader, specimen};

const ALL: Most = Most { lines: u64::MAX, bytes: u64::MAX };

/// A log with so many entries, over several segments.
fn filled(directory: &Path, calls: usize, a_segment: usize) -> Log {
    let log = specimen::log(directory, 1);
    for call in 0..calls {
        log.begin_blocking(specimen::read(16)).unwrap().finish_blocking(specimen::ok()).unwrap();
        if call % a_segment == a_segment - 1 {
            log.rotate_now();
        }
    }
    log
}

/// What is read: places and lines.
fn read_all(tail: &mut Tail, through: u64, most: Most) -> Result<Vec<(u64, String)>, ReadError> {
    let mut seen = Vec::new();
    let mut take = |seq, line: &[u8]| seen.push((seq, String::from_utf8(line.to_vec()).unwrap()));
    tail.read(through, most, &mut take)?;
    Ok(seen)
}

#[test]
fn any_place_is_found_and_lines_come_as_they_were_written() {
    let state = tempdir().unwrap();
    let log = filled(state.path(), 700, 660);
    let written: Vec<_> =
        Reader::open(state.path()).unwrap().map(|entry| entry.unwrap()).map(|e| (e.seq, e.raw)).collect();
    let last = log.status().last_seq;
    assert_eq!(written.len() as u64, last + 1);
    assert!(written.len() > 1_400);
    for first in (0..=last).step_by(37).chain([last]) {
        let seen = read_all(&mut log.tail(first), last, ALL).unwrap();
        let place = usize::try_from(first).unwrap();
        assert!(seen == written[place..], "from {first}");
    }
    assert_eq!(read_all(&mut log.tail(last + 1), last, ALL).unwrap(), []);
}

#[test]
fn what_is_appended_later_comes_later_and_no_more_than_was_asked_for() {
    let state = tempdir().unwrap();
    let log = filled(state.path(), 3, 100);
    let mut tail = log.tail(0);
    let seqs = |seen: Vec<(u64, String)>| seen.into_iter().map(|(seq, _)| seq).collect::<Vec<_>>();
    assert_eq!(seqs(read_all(&mut tail, 7, Most { lines: 3, bytes: u64::MAX }).unwrap()), [0, 1, 2]);
    assert_eq!(seqs(read_all(&mut tail, 7, Most { lines: 9, bytes: 1 }).unwrap()), [3]);
    assert_eq!(seqs(read_all(&mut tail, 5, ALL).unwrap()), [4, 5]);
    assert_eq!(seqs(read_all(&mut tail, 7, ALL).unwrap()), [6, 7]);
    let entry = log.begin_blocking(specimen::read(16)).unwrap();
    log.rotate_now();
    entry.finish_blocking(specimen::ok()).unwrap();
    // intent, close, open, outcome
    assert_eq!(seqs(read_all(&mut tail, 11, ALL).unwrap()), [8, 9, 10, 11]);
}

#[test]
fn those_who_follow_are_woken() {
    let state = tempdir().unwrap();
    let log = filled(state.path(), 1, 100);
    let mut appended = log.appended();
    assert!(!appended.has_changed().unwrap());
    let entry = log.begin_blocking(specimen::read(16)).unwrap();
    assert!(appended.has_changed().unwrap());
    appended.mark_unchanged();
    entry.finish_blocking(specimen::ok()).unwrap();
    assert!(appended.has_changed().unwrap());
    assert_eq!(log.folder(), specimen::segment(state.path(), 1).parent().unwrap());
}

#[test]
fn who_is_too_far_behind_passes_over_the_oldest() {
    let state = tempdir().unwrap();
    let log = filled(state.path(), 300, 1_000);
    let last = log.status().last_seq;
    let mut tail = log.tail(10);
    let most = Most { lines: 100, bytes: u64::MAX };
    assert_eq!(tail.catch_up(last, most).unwrap(), last + 1 - 100 - 10);
    assert_eq!(tail.next(), last - 99);
    assert_eq!(tail.catch_up(last, most).unwrap(), 0);
    let seen = read_all(&mut tail, last, ALL).unwrap();
    assert_eq!((seen.len(), seen[0].0), (100, last - 99));
    // By bytes: what is left fits, and one line more would not.
    let bytes = 8_000;
    let mut tail = log.tail(10);
    let skipped = tail.catch_up(last, Most { lines: 1_000, bytes }).unwrap();
    let seen = read_all(&mut tail, last, ALL).unwrap();
    assert_eq!(seen.len() as u64 + skipped, last + 1 - 10);
    let size: usize = seen.iter().map(|(_, line)| line.len() + 1).sum();
    assert!(size <= 8_000 && size > 6_000, "{size}");
}

#[test]
fn what_was_pruned_is_passed_over() {
    let state = tempdir().unwrap();
    let log = filled(state.path(), 20, 5);
    fs::remove_file(log.folder().join(folder::segment_name(0))).unwrap();
    let last = log.status().last_seq;
    let mut tail = log.tail(3);
    let seen = read_all(&mut tail, last, ALL).unwrap();
    let first = seen[0].0;
    assert!(first > 3 && seen.len() as u64 == last + 1 - first, "{first}");
    // Who is too far behind besides is not told of the same entries twice.
    let mut tail = log.tail(3);
    let skipped = tail.catch_up(last, Most { lines: 8, bytes: u64::MAX }).unwrap();
    assert_eq!((skipped, tail.next()), (last - 7 - first, last - 7));
}

#[test]
fn what_was_changed_is_told_and_not_passed_on() {
    let change = |edit: &dyn Fn(&Path, String)| {
        let state = tempdir().unwrap();
        let log = filled(state.path(), 20, 100);
        let segment = specimen::segment(state.path(), 1);
        let mut tail = log.tail(0);
        read_all(&mut tail, 9, ALL).unwrap();
        edit(&segment, fs::read_to_string(&segment).unwrap());
        let last = log.status().last_seq;
        (
            read_all(&mut tail, last, ALL).unwrap_err().to_string(),
            read_all(&mut log.tail(0), last, ALL).unwrap_err().to_string(),
        )
    };
    let name = folder::segment_name(0);
    let edited = change(&|path, text| {
        let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
        lines[12] = lines[12].replacen("\"seq\":12", "\"seq\":13", 1);
        fs::write(path, lines.join("\n") + "\n").unwrap();
    });
    let line = format!("line 13 of {name} is no audit entry (hash_mismatch)");
    assert_eq!(edited, (line.clone(), line));
    let removed = change(&|path, text| {
        let mut lines: Vec<_> = text.lines().collect();
        lines.remove(12);
        fs::write(path, lines.join("\n") + "\n").unwrap();
    });
    let line = format!("line 13 of {name} is no audit entry (seq_gap)");
    assert_eq!(removed, (line.clone(), line));
    let cut = change(&|path, text| {
        let lines: Vec<_> = text.lines().take(14).collect();
        fs::write(path, lines.join("\n") + "\n").unwrap();
    });
    let gone = format!("{name} was removed, replaced or cut while it was followed");
    assert_eq!(cut, (gone.clone(), gone));
}
