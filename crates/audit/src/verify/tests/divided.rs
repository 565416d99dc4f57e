//! However the work is divided, what is found is what is found line by line.

use std::{fs, path::Path};

use proptest::{prelude::*, sample::Index};
use tempfile::tempdir;

use crate::{
    digest::Digest,
    field::Field,
    folder::{ChainFolder, segment_name},
    line::{HASH_KEY, SUFFIX_BYTES},
    specimen::{self, Forger, id},
    verify::{
        Demand, Plan, VerifyError,
        chain::{self, Target},
        depth::Depth,
        fault::FaultClass,
        report::{ChainReport, Verdict},
        tests::verify_one,
    },
    vocabulary::Kind,
};

const CHAIN: u64 = 1;

/// What one thread finds that takes every line by itself, and the hash of a file by reading it.
fn line_by_line(directory: &Path, depth: Depth, demand: &Demand) -> Result<ChainReport, VerifyError> {
    let folder = ChainFolder::new(directory.join(id(CHAIN).to_string()));
    let target = Target { folder: &folder, chain: folder.chain_id };
    let plan = Plan { depth, stretch: u64::MAX, ..Plan::default() };
    chain::verify_by(&target, &plan, demand, |mut source, mut joiner, _| {
        while let Some(stretch) = source.next() {
            let stretch = stretch.unwrap();
            if !joiner.begin(&stretch.segment) || !joiner.walk(&stretch, 0, u64::MAX)? {
                break;
            }
            let whole = fs::read(folder.segment(stretch.segment.extent.first_seq)).unwrap();
            joiner.end((depth == Depth::Entries).then(|| Digest::of(&whole)));
        }
        Ok(joiner)
    })
}

/// Plans with lines and parts and stretches of every relation to each other; the smallest stretches have so many bytes.
fn plans(depth: Depth, smallest: u64) -> impl Iterator<Item = Plan> {
    [(1, 128 * 1024, 4 << 20), (1, 100, 300), (2, 1_000, smallest), (3, 700, 2_000), (4, 64, 5_000)]
        .into_iter()
        .map(move |(threads, block, stretch)| Plan { threads, depth, block, stretch })
}

/// What is found at both depths, however the work is divided.
pub(super) fn agree_on(directory: &Path, demand: &Demand) -> [Result<ChainReport, VerifyError>; 2] {
    agree_by(directory, demand, 1)
}

fn agree_by(directory: &Path, demand: &Demand, smallest: u64) -> [Result<ChainReport, VerifyError>; 2] {
    [Depth::Entries, Depth::Hashes].map(|depth| {
        let expected = line_by_line(directory, depth, demand);
        for plan in plans(depth, smallest) {
            let found = verify_one(directory, &plan, demand).map(|mut report| report.chains.remove(0));
            match (&found, &expected) {
                (Ok(found), Ok(expected)) => assert_eq!(found, expected, "{plan:?}"),
                (Err(found), Err(expected)) => {
                    assert_eq!(found.to_string(), expected.to_string(), "{plan:?}");
                }
                _ => panic!("{plan:?}: {found:?} is not {expected:?}"),
            }
        }
        expected
    })
}

fn agree(directory: &Path) -> [ChainReport; 2] {
    agree_on(directory, &Demand::nothing()).map(Result::unwrap)
}

/// Segments of a chain with all that a verifier keeps in mind.
fn segments() -> Vec<(u64, Vec<u8>)> {
    let mut forger = Forger::new(CHAIN);
    let (mut segments, mut first) = (Vec::new(), 0);
    let mut previous = Digest::ZERO;
    for number in 0..4_u64 {
        if number > 0 {
            forger.add(Kind::SegmentOpen, |line| {
                line.integer(Field::FirstSeq, first);
                line.digest(Field::PrevSegmentSha256, &previous);
            });
        }
        for call in 0..3 {
            let long = forger.seq;
            forger.intent(call).intent(call + 10).outcome(call, long);
            forger.moment -= 5;
            forger.outcome(call + 10, long + 1).intent(call + 20);
        }
        forger.add(Kind::Start, |line| line.text(Field::Program, "x")).intent(99);
        if number < 3 {
            let next = forger.seq + 1;
            forger.add(Kind::SegmentClose, |line| line.text(Field::NextSegment, &segment_name(next)));
            previous = Digest::of(&forger.text);
            segments.push((first, std::mem::take(&mut forger.text)));
            first = next;
        } else {
            segments.push((first, std::mem::take(&mut forger.text)));
        }
    }
    segments
}

/// Something that somebody does to a log.
#[derive(Debug, Clone)]
enum Damage {
    Flip(Index, u8),
    Truncate(Index),
    Append(usize),
    Insert(Index, usize),
    Remove(Index),
    Swap(Index, Index),
    Double(Index),
    /// Changes a byte of a line and hashes it anew.
    Reseal(Index, Index, u8),
    Empty,
    Lose,
    Rename,
    Misname,
    Exchange(Index),
}

const RUBBISH: [&[u8]; 6] = [b"\n", b"\0\0\0", b"{\"v\":1,\"chain_id\":\"\n", b"x", b"\r\n", &[b'y'; 70_000]];

fn damage() -> impl Strategy<Value = (Index, Damage)> {
    let index = any::<Index>;
    let damage = prop_oneof![
        4 => (index(), 0..8_u8).prop_map(|(place, bit)| Damage::Flip(place, bit)),
        1 => index().prop_map(Damage::Truncate),
        1 => (0..RUBBISH.len()).prop_map(Damage::Append),
        1 => (index(), 0..RUBBISH.len()).prop_map(|(line, what)| Damage::Insert(line, what)),
        2 => index().prop_map(Damage::Remove),
        2 => (index(), index()).prop_map(|(one, other)| Damage::Swap(one, other)),
        1 => index().prop_map(Damage::Double),
        4 => (index(), index(), any::<u8>()).prop_map(|(line, place, byte)| Damage::Reseal(line, place, byte)),
        1 => Just(Damage::Empty),
        1 => Just(Damage::Lose),
        1 => Just(Damage::Rename),
        1 => Just(Damage::Misname),
        1 => index().prop_map(Damage::Exchange),
    ];
    (index(), damage)
}

fn apply(files: &mut Vec<(String, Vec<u8>)>, which: Index, damage: &Damage) {
    let count = files.len();
    if count == 0 {
        return;
    }
    if let Damage::Exchange(other) = damage {
        let (one, other) = (which.index(count), other.index(count));
        let text = files[one].1.clone();
        files[one].1 = std::mem::replace(&mut files[other].1, text);
        return;
    }
    let place = which.index(count);
    let (name, text) = &mut files[place];
    let mut lines: Vec<Vec<u8>> = text.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
    match damage {
        Damage::Append(what) => text.extend_from_slice(RUBBISH[*what]),
        Damage::Empty => text.clear(),
        Damage::Rename => *name = segment_name(name.len() as u64),
        Damage::Misname => *name = name.replacen('0', "", 1),
        Damage::Lose => drop(files.remove(place)),
        _ if text.is_empty() => {}
        Damage::Flip(place, bit) => {
            let place = place.index(text.len());
            text[place] ^= 1 << bit;
        }
        Damage::Truncate(place) => text.truncate(place.index(text.len())),
        Damage::Insert(line, what) => lines.insert(line.index(lines.len()), RUBBISH[*what].to_vec()),
        Damage::Remove(line) => drop(lines.remove(line.index(lines.len()))),
        Damage::Swap(one, other) => {
            let (one, other) = (one.index(lines.len()), other.index(lines.len()));
            lines.swap(one, other);
        }
        Damage::Double(line) => {
            let line = line.index(lines.len());
            lines.insert(line, lines[line].clone());
        }
        Damage::Reseal(line, place, byte) => {
            let line = line.index(lines.len());
            let line = &mut lines[line];
            if let Some(length) = line.len().checked_sub(SUFFIX_BYTES + 1).filter(|length| *length > 0) {
                line[place.index(length)] = *byte;
                line.truncate(length);
                let hash = Digest::of(line);
                line.extend_from_slice(format!("{HASH_KEY}{hash}\"}}\n").as_bytes());
            }
        }
        Damage::Exchange(_) => {}
    }
    if matches!(
        damage,
        Damage::Insert(..) | Damage::Remove(_) | Damage::Swap(..) | Damage::Double(_) | Damage::Reseal(..)
    ) {
        files[place].1 = lines.concat();
    }
}

fn put(directory: &Path, files: &[(String, Vec<u8>)]) {
    let folder = directory.join(id(CHAIN).to_string());
    fs::create_dir(&folder).unwrap();
    for (name, text) in files {
        fs::write(folder.join(name), text).unwrap();
    }
}

fn named() -> Vec<(String, Vec<u8>)> {
    segments().into_iter().map(|(first, text)| (segment_name(first), text)).collect()
}

#[test]
fn a_good_log_is_good_however_the_work_is_divided() {
    let state = tempdir().unwrap();
    put(state.path(), &named());
    let [entries, hashes] = agree(state.path());
    assert_eq!((entries.verdict, entries.entries, entries.dangling), (Verdict::Intact, 75, 16));
    assert!(!entries.warnings.is_empty());
    assert_eq!((hashes.verdict, hashes.entries, hashes.head), (Verdict::Intact, 75, entries.head));
    let state = tempdir().unwrap();
    specimen::rotated(state.path());
    assert_eq!(agree(state.path()).map(|report| report.verdict), [Verdict::Intact; 2]);
}

/// What needs more than one line to be seen, in a chain whose hashes are right.
#[test]
fn references_are_matched_across_parts() {
    let starts = |forger: &mut Forger| {
        forger.add(Kind::Start, |line| line.text(Field::Program, "x"));
    };
    // intents 1 to 10; each row ends one of them in a way of its own, and another line follows
    type Row<'row> = (&'row dyn Fn(&mut Forger), Option<(FaultClass, u64)>);
    let bad = |line| Some((FaultClass::BadReference, line));
    let table: [Row<'_>; 8] = [
        (&|forger| _ = forger.outcome(3, 3).outcome(10, 10), None),
        (&|forger| _ = forger.outcome(3, 3).outcome(3, 3), bad(13)),
        (&|forger| _ = forger.outcome(3, 4), bad(12)),
        (&|forger| _ = forger.outcome(3, 0), bad(12)),
        (&|forger| _ = forger.outcome(3, 12), bad(12)),
        (
            &|forger| {
                starts(forger);
                forger.outcome(3, 3);
            },
            bad(13),
        ),
        (
            &|forger| {
                starts(forger);
                forger.intent(50).intent(51);
                starts(forger);
                forger.outcome(50, 12);
            },
            bad(16),
        ),
        (
            &|forger| {
                starts(forger);
                forger.intent(50).outcome(50, 12);
                starts(forger);
                starts(forger);
            },
            None,
        ),
    ];
    for (number, (row, expected)) in table.into_iter().enumerate() {
        let state = tempdir().unwrap();
        let mut forger = Forger::new(CHAIN);
        (1..=10).for_each(|call| _ = forger.intent(call));
        row(&mut forger);
        forger.intent(70).put(state.path(), CHAIN, &segment_name(0));
        let [entries, hashes] = agree(state.path());
        let found = entries.fault.map(|fault| (fault.class, fault.line));
        assert_eq!(found, expected, "row {number}");
        assert_eq!(hashes.verdict, Verdict::Intact, "row {number}");
    }
}

#[test]
fn a_segment_that_cannot_be_read_leaves_no_verdict_unless_a_fault_is_before_it() {
    let files = named();
    for fault_before in [false, true] {
        let state = tempdir().unwrap();
        let mut files = files.clone();
        if fault_before {
            files[1].1[1_000] ^= 1;
        }
        put(state.path(), &files);
        let folder = state.path().join(id(CHAIN).to_string());
        // neither can be opened as a file: a folder, and a link
        fs::remove_file(folder.join(&files[2].0)).unwrap();
        fs::create_dir(folder.join(&files[2].0)).unwrap();
        for depth in [Depth::Entries, Depth::Hashes] {
            for plan in plans(depth, 1) {
                match verify_one(state.path(), &plan, &Demand::nothing()) {
                    Ok(report) => {
                        let fault = report.chains[0].fault.as_ref().unwrap();
                        assert!(fault_before && fault.file == files[1].0, "{plan:?}");
                    }
                    Err(VerifyError::Segment { file, .. }) => {
                        assert!(!fault_before && file == files[2].0, "{plan:?}");
                    }
                    Err(other) => panic!("{other}"),
                }
            }
        }
    }
}

/// Few bytes: each is a stretch of its own in one case of ten, which costs as much as all the others.
fn smallest() -> impl Strategy<Value = u64> {
    prop_oneof![1 => Just(1), 9 => 2..60_u64]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn damage_is_found_alike(damages in prop::collection::vec(damage(), 1..3), smallest in smallest()) {
        let state = tempdir().unwrap();
        let mut files = named();
        for (which, damage) in &damages {
            apply(&mut files, *which, damage);
        }
        files.sort();
        files.dedup_by(|one, other| one.0 == other.0);
        put(state.path(), &files);
        let [entries, hashes] = agree_by(state.path(), &Demand::nothing(), smallest);
        assert!(entries.is_ok() && hashes.is_ok());
    }
}
