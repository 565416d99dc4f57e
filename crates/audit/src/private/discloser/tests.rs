#![expect(clippy::disallowed_methods, reason = "tests look at files of their own making")]

use std::fs;

use jiff::Timestamp;
use tempfile::{TempDir, tempdir};

use super::{super::Spelled, *};
use crate::{commitment::Salt, specimen::id};

fn place() -> (TempDir, PrivateFolder, Discloser) {
    let chain = tempdir().unwrap();
    let folder = PrivateFolder::of(chain.path());
    let discloser = Discloser::new(folder.clone());
    (chain, folder, discloser)
}

fn moment(second: i64) -> Timestamp {
    Timestamp::from_second(1_763_683_200 + second).unwrap()
}

fn commitment() -> Commitment {
    Commitment::new(Salt::parse("000102030405060708090a0b0c0d0e0f").unwrap(), b"x")
}

/// The line that docs/audit-format.md shows.
#[test]
fn a_line_is_spelled_as_the_format_says() {
    let mut buffer = b"before\n".to_vec();
    let call_id = Uuid::parse_str("019aa5b4-2c00-7000-8000-000000000010").unwrap();
    let salt = commitment().salt;
    spell(&mut buffer, call_id, Subject::Arguments, &Commitment::keeping(salt, r#"{"path":"a"}"#.to_owned()));
    let expected = concat!(
        r#"{"call_id":"019aa5b4-2c00-7000-8000-000000000010","subject":"args","salt":"000102030405060708090a0b0c0d0e0f","#,
        r#""text":"{\"path\":\"a\"}"}"#,
        "\n"
    );
    assert_eq!(std::str::from_utf8(&buffer).unwrap(), format!("before\n{expected}"));
    buffer.clear();
    spell(&mut buffer, call_id, Subject::Result, &commitment());
    assert!(!buffer.windows(6).any(|part| part == b"\"text\""));
    let line = buffer.strip_suffix(b"\n").unwrap();
    let read = Spelled::read(line).unwrap();
    assert_eq!((read.call_id, read.subject, read.salt, read.text), (call_id, Subject::Result, salt, None));
}

#[test]
fn lines_are_gathered_until_they_are_many_or_the_day_is_over() {
    let (_chain, folder, mut discloser) = place();
    let mut keep =
        |second, number| discloser.keep(moment(second), id(number), Subject::Result, &commitment());
    assert_eq!(keep(0, 1), Kept { is_first: true, lost: 0 });
    assert_eq!(keep(0, 2), Kept { is_first: false, lost: 0 });
    assert!(folder.days().unwrap().is_empty());
    assert_eq!(keep(DAY_SECONDS, 3), Kept { is_first: true, lost: 0 });
    assert_eq!(folder.days().unwrap().len(), 1);
    assert_eq!(folder.find(id(3)).unwrap(), []);
    let mut written = 0;
    for number in 4..500 {
        written += u32::from(keep(DAY_SECONDS, number).is_first);
    }
    assert!((2..8).contains(&written), "{written}");
    let length = |day| fs::metadata(folder.file(day)).unwrap().len();
    let days = folder.days().unwrap();
    assert!(length(days[0]) < 1000 && length(days[1]) >= GATHERED_BYTES as u64);
    drop(discloser);
    assert_eq!((folder.find(id(2)).unwrap().len(), folder.find(id(499)).unwrap().len()), (1, 1));
    // days before 1970 are days too
    let mut discloser = Discloser::new(folder.clone());
    discloser.keep(Timestamp::from_second(-1).unwrap(), id(900), Subject::Result, &commitment());
    drop(discloser);
    assert_eq!(folder.days().unwrap()[0].to_string(), "1969-12-31");
}

#[test]
fn what_is_gathered_of_an_erased_call_is_not_written() {
    let (_chain, folder, mut discloser) = place();
    for number in 1..4 {
        discloser.keep(moment(0), id(number), Subject::Arguments, &commitment());
    }
    assert_eq!(folder.erase(id(2)).unwrap(), 0);
    assert_eq!(discloser.write(), 0);
    let found = |number| folder.find(id(number)).unwrap().len();
    assert_eq!([found(1), found(2), found(3)], [1, 0, 1]);
    // what comes later neither
    discloser.keep(moment(0), id(2), Subject::Result, &commitment());
    assert_eq!(discloser.write(), 0);
    assert_eq!(found(2), 0);
    // a list that says nothing in its first line still counts, and half an id waits for its other half
    let list = folder.path.join("erased");
    let text = format!("no id\n{}", id(3));
    fs::write(&list, fs::read_to_string(&list).unwrap() + &text).unwrap();
    discloser.keep(moment(0), id(3), Subject::Result, &commitment());
    assert_eq!(discloser.write(), 0);
    assert_eq!(found(3), 2);
    fs::write(&list, fs::read_to_string(&list).unwrap() + "\n").unwrap();
    discloser.keep(moment(0), id(3), Subject::Result, &commitment());
    assert_eq!(discloser.write(), 0);
    assert_eq!(found(3), 2);
    // the next process begins anew
    drop(discloser);
    Discloser::new(folder.clone()).keep(moment(0), id(3), Subject::Result, &commitment());
    assert_eq!(fs::read(&list).unwrap(), b"");
}

/// Somebody erases a call after the list was read and looks through the file before its line is there.
#[test]
fn a_line_that_crosses_its_erasure_is_blanked() {
    let (_chain, folder, mut discloser) = place();
    discloser.keep(moment(0), id(1), Subject::Arguments, &commitment());
    assert_eq!(discloser.write(), 0);
    for number in 1..4 {
        discloser.keep(moment(0), id(number), Subject::Result, &commitment());
    }
    let mut erasures = discloser.erasures.take().unwrap();
    erasures.refresh().unwrap();
    folder.announce_erasure(id(2)).unwrap();
    discloser.append(&mut erasures).unwrap();
    let found = |number| folder.find(id(number)).unwrap().len();
    assert_eq!([found(1), found(2), found(3)], [2, 0, 1]);
    let text = fs::read_to_string(folder.file(folder.days().unwrap()[0])).unwrap();
    assert_eq!(text.lines().filter(|line| line.trim().is_empty()).count(), 1);
}

#[test]
fn a_folder_that_goes_away_is_made_again() {
    let (_chain, folder, mut discloser) = place();
    discloser.keep(moment(0), id(1), Subject::Arguments, &commitment());
    assert_eq!(discloser.write(), 0);
    fs::remove_dir_all(&folder.path).unwrap();
    discloser.keep(moment(0), id(2), Subject::Arguments, &commitment());
    discloser.keep(moment(0), id(3), Subject::Arguments, &commitment());
    assert_eq!(discloser.write(), 0);
    assert_eq!(folder.erase(id(2)).unwrap(), 1);
    fs::remove_dir_all(&folder.path).unwrap();
    fs::write(&folder.path, "in the way").unwrap();
    discloser.keep(moment(0), id(4), Subject::Arguments, &commitment());
    discloser.keep(moment(0), id(5), Subject::Arguments, &commitment());
    assert_eq!(discloser.write(), 2, "both are lost");
    assert_eq!(discloser.write(), 0, "and once");
}

/// Somebody may make the list of erased calls as long as a disk: nothing waits for it to be read, and nothing is kept that it may name.
#[test]
fn a_list_of_erased_calls_that_is_too_long_names_all() {
    let (_place, folder, mut discloser) = place();
    let _ = discloser.keep(moment(0), id(1), Subject::Arguments, &commitment());
    let _ = discloser.write();
    assert_eq!(folder.find(id(1)).unwrap().len(), 1);
    let list = std::fs::OpenOptions::new().append(true).open(folder.path.join("erased")).unwrap();
    list.set_len(1 << 40).unwrap();
    let begun = std::time::Instant::now();
    let _ = discloser.keep(moment(0), id(2), Subject::Arguments, &commitment());
    let _ = discloser.write();
    assert_eq!(folder.find(id(2)).unwrap(), []);
    assert!(begun.elapsed() < std::time::Duration::from_secs(20), "a terabyte was read");
}
