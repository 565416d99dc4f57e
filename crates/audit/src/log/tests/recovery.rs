//! Starts on chains that a crash or somebody's hand has changed.

use super::*;
use crate::{digest::Digest, folder::segment_name, specimen::Forger, verify::fault::FaultClass};

fn lines(text: &[u8]) -> Vec<Vec<u8>> {
    text.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect()
}

#[test]
fn a_torn_tail_is_quarantined_wherever_it_is_torn() {
    let state = tempdir().unwrap();
    let text = fs::read(specimen::document(&state.path().join("whole"))).unwrap();
    let begin = lines(&text)[..5].concat().len();
    // several at once, since each start waits for the disk a few times
    thread::scope(|scope| {
        for first in begin..begin + 16 {
            let (text, state) = (&text, state.path());
            scope.spawn(move || {
                for end in (first..=text.len()).step_by(16) {
                    check_torn(&state.join(end.to_string()), text, end);
                }
            });
        }
    });
}

/// Starts on the first `end` bytes of a log.
fn check_torn(directory: &Path, text: &[u8], end: usize) {
    let segment = specimen::segment(directory, 1);
    fs::create_dir_all(segment.parent().unwrap()).unwrap();
    fs::write(&segment, &text[..end]).unwrap();
    let good = text[..end].iter().rposition(|byte| *byte == b'\n').unwrap() + 1;
    let whole = lines(&text[..good]).len();
    drop(log(directory, 7));
    assert!(fs::read(&segment).unwrap().starts_with(&text[..good]));
    let torn = &text[good..end];
    let entries = all(directory);
    assert_eq!(entries.last().unwrap().kind, Kind::Start);
    if torn.is_empty() {
        assert_eq!(entries.len(), whole + 1);
    } else {
        let recover = &entries[whole];
        assert_eq!((recover.kind, recover.last_good_seq), (Kind::Recover, Some(whole as u64 - 1)));
        assert_eq!(
            (recover.torn_bytes, recover.torn_sha256),
            (Some(torn.len() as u64), Some(Digest::of(torn)))
        );
        let copy = segment.with_file_name("quarantine").join(recover.quarantine.as_ref().unwrap());
        assert_eq!(fs::read(copy).unwrap(), torn);
    }
    let report = verify(directory).unwrap();
    let recoveries = u64::from(!torn.is_empty());
    assert_eq!((report.verdict, report.chains[0].recoveries), (Verdict::Intact, recoveries));
}

#[test]
fn a_long_tail_of_garbage_is_torn_too() {
    for tail in [vec![0; 1 << 20], b"\0\0\nx\n".to_vec(), b"x\n".repeat(400_000)] {
        let state = tempdir().unwrap();
        let segment = specimen::document(state.path());
        let before = fs::read(&segment).unwrap();
        fs::write(&segment, [&before[..], &tail].concat()).unwrap();
        drop(log(state.path(), 7));
        assert!(fs::read(&segment).unwrap().starts_with(&before));
        assert_intact(state.path());
    }
}

#[test]
fn the_end_of_a_long_chain_is_enough() {
    let state = tempdir().unwrap();
    let mut forger = Forger::new(1);
    for call in 0..1_500 {
        forger.intent(call);
    }
    forger.put(state.path(), 1, &segment_name(0));
    let segment = specimen::segment(state.path(), 1);
    let mut text = fs::read(&segment).unwrap();
    assert!(text.len() > 3 * 256 * 1024);
    // what only `verify` looks at: a changed byte in the middle does not keep the gateway from starting
    text[300_000] ^= 1;
    fs::write(&segment, text).unwrap();
    let log = log(state.path(), 7);
    assert_eq!(log.status().last_seq, 1_501);
    drop(log);
    assert_eq!(verify(state.path()).unwrap().verdict, Verdict::Tampered);
}

#[test]
fn a_changed_chain_refuses_the_start() {
    type Harm = fn(&mut Vec<Vec<u8>>);
    let table: [(Harm, FaultClass); 7] = [
        (|lines| lines[0][30] ^= 1, FaultClass::Genesis),
        (|lines| drop(lines.remove(0)), FaultClass::Genesis),
        (Vec::clear, FaultClass::Genesis),
        (|lines| lines[4][200] ^= 1, FaultClass::HashMismatch),
        (|lines| lines.insert(4, b"\n".to_vec()), FaultClass::EmptyLine),
        (|lines| drop(lines.remove(4)), FaultClass::SeqGap),
        (|lines| lines.swap(4, 5), FaultClass::SeqGap),
    ];
    for (row, (harm, class)) in table.into_iter().enumerate() {
        let state = tempdir().unwrap();
        let segment = specimen::document(state.path());
        let mut text = lines(&fs::read(&segment).unwrap());
        harm(&mut text);
        let text = text.concat();
        fs::write(&segment, &text).unwrap();
        match Log::open_in(&options(state.path()), specimen::surroundings(7)) {
            Err(OpenError::Damaged { chain, class: found }) => {
                assert_eq!((chain, found), (id(1), class), "row {row}")
            }
            other => panic!("row {row}: {other:?}"),
        }
        // nothing was touched, and no new chain hides it
        assert_eq!(fs::read(&segment).unwrap(), text);
        assert_eq!(fs::read_dir(state.path()).unwrap().count(), 1);
    }
}

#[test]
fn a_chain_of_another_or_without_segment_refuses_the_start() {
    let state = tempdir().unwrap();
    Forger::new(1).put(state.path(), 2, &segment_name(0));
    assert!(matches!(
        Log::open_in(&options(state.path()), specimen::surroundings(7)),
        Err(OpenError::Damaged { class: FaultClass::Genesis, .. })
    ));
    let state = tempdir().unwrap();
    fs::create_dir(state.path().join(id(1).to_string())).unwrap();
    assert!(matches!(
        Log::open_in(&options(state.path()), specimen::surroundings(7)),
        Err(OpenError::Damaged { class: FaultClass::SegmentMissing, .. })
    ));
}

#[test]
fn a_link_in_place_of_a_segment_is_not_followed() {
    let state = tempdir().unwrap();
    let segment = specimen::document(state.path());
    fs::rename(&segment, segment.with_file_name("elsewhere")).unwrap();
    std::os::unix::fs::symlink("elsewhere", &segment).unwrap();
    assert!(matches!(
        Log::open_in(&options(state.path()), specimen::surroundings(7)),
        Err(OpenError::Io { .. })
    ));
    assert!(verify(state.path()).is_err());
}

#[test]
fn a_chain_in_the_making_is_no_chain() {
    let state = tempdir().unwrap();
    fs::create_dir(state.path().join(format!(".new-{}", id(1)))).unwrap();
    assert_eq!(log(state.path(), 7).status().chain_id, id(7));
    assert_intact(state.path());
}
