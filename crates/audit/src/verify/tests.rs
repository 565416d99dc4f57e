#![expect(clippy::disallowed_methods, reason = "tests look at files of their own making")]

mod attacks;
mod divided;
mod hostile;
mod pruned;
mod random;
mod rotated;
mod signed;

use std::{fs, os::unix::fs::FileExt as _, path::Path};

use tempfile::tempdir;

use jiff::Timestamp;

use super::{
    Demand, Plan, VerifyError, VerifyOptions,
    fault::FaultClass,
    report::{Report, Verdict, Warning},
    verify, verify_by,
};
use crate::{
    digest::Digest,
    field::Field,
    folder::segment_name,
    reader::{ReadError, Reader},
    specimen::{self, Forger, id},
    vocabulary::Kind,
};

impl Demand {
    /// Demands nothing.
    fn nothing() -> Self {
        Self::new(&VerifyOptions::default(), Timestamp::MIN)
    }
}

fn verify_one(directory: &Path, plan: &Plan, demand: &Demand) -> Result<Report, VerifyError> {
    verify_by(&[directory], plan, demand).remove(0)
}

fn lines(text: &[u8]) -> Vec<Vec<u8>> {
    text.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect()
}

/// What is found first: verdict, class and line.
fn found(directory: &Path) -> (Verdict, Option<(FaultClass, u64)>) {
    let report = verify(directory).unwrap();
    let fault = report.chains.iter().find_map(|chain| chain.fault.as_ref());
    (report.verdict, fault.map(|fault| (fault.class, fault.line)))
}

const INTACT: (Verdict, Option<(FaultClass, u64)>) = (Verdict::Intact, None);

const fn tampered(class: FaultClass, line: u64) -> (Verdict, Option<(FaultClass, u64)>) {
    (Verdict::Tampered, Some((class, line)))
}

#[test]
fn an_untouched_log_is_intact() {
    let state = tempdir().unwrap();
    let segment = specimen::document(state.path());
    let report = verify(state.path()).unwrap();
    assert_eq!((report.verdict, report.chains.len()), (Verdict::Intact, 1));
    let chain = &report.chains[0];
    assert_eq!((chain.chain, chain.entries, chain.last_seq), (Some(id(1)), 7, Some(6)));
    assert_eq!(chain.bytes, fs::metadata(&segment).unwrap().len());
    assert_eq!((chain.dangling, chain.recoveries, chain.live), (0, 0, false));
    assert_eq!((&chain.fault, &chain.warnings[..]), (&None, &[][..]));
    assert_eq!(verify(segment.parent().unwrap()).unwrap().chains, report.chains);
    // a copy under another name is still the same chain
    let copy = tempdir().unwrap();
    fs::copy(&segment, copy.path().join(segment_name(0))).unwrap();
    assert_eq!(verify(copy.path()).unwrap().chains, report.chains);
}

#[test]
fn every_changed_byte_is_found_in_its_line() {
    let state = tempdir().unwrap();
    let segment = specimen::document(state.path());
    let text = fs::read(&segment).unwrap();
    let file = fs::OpenOptions::new().write(true).open(&segment).unwrap();
    let mut place = 0;
    for (number, line) in lines(&text).iter().enumerate() {
        for _ in line {
            let changed = text[place] ^ [0x01, 0x20, 0x80][place % 3];
            file.write_all_at(&[changed], place as u64).unwrap();
            let report = verify(state.path()).unwrap();
            let fault = report.chains[0].fault.as_ref().unwrap();
            // the last line feed is the one byte whose change looks like a crash
            let verdict = if place == text.len() - 1 { Verdict::Torn } else { Verdict::Tampered };
            assert_eq!((report.verdict, fault.line), (verdict, number as u64 + 1), "byte {place}");
            assert_eq!(fault.seq, Some(number as u64));
            file.write_all_at(&text[place..=place], place as u64).unwrap();
            place += 1;
        }
    }
}

#[test]
fn whole_lines_cannot_be_moved() {
    let state = tempdir().unwrap();
    let segment = specimen::document(state.path());
    let all = lines(&fs::read(&segment).unwrap());
    let other = {
        let state = tempdir().unwrap();
        drop(specimen::log(state.path(), 50));
        lines(&fs::read(specimen::segment(state.path(), 50)).unwrap())
    };
    let check = |change: &dyn Fn(&mut Vec<Vec<u8>>), expected| {
        let mut lines = all.clone();
        change(&mut lines);
        fs::write(&segment, lines.concat()).unwrap();
        assert_eq!(found(state.path()), expected);
    };
    for place in 0..all.len() - 1 {
        let line = place as u64 + 1;
        check(&|lines| drop(lines.remove(place)), tampered(FaultClass::SeqGap, line));
        check(&|lines| lines.swap(place, place + 1), tampered(FaultClass::SeqGap, line));
        check(&|lines| lines.insert(place, all[place].clone()), tampered(FaultClass::SeqGap, line + 1));
        check(&|lines| lines[place] = other[1].clone(), tampered(FaultClass::WrongChain, line));
        check(&|lines| lines.insert(place, b"\n".to_vec()), tampered(FaultClass::EmptyLine, line));
        check(&|lines| lines.insert(place, vec![b'x'; 1 << 20]), tampered(FaultClass::LineTooLong, line));
    }
}

/// The honest limit of a chain without a checkpoint; docs/audit-format.md says so.
#[test]
fn a_cut_between_lines_is_silent() {
    let state = tempdir().unwrap();
    let segment = specimen::document(state.path());
    let all = lines(&fs::read(&segment).unwrap());
    for kept in 1..all.len() {
        fs::write(&segment, all[..kept].concat()).unwrap();
        assert_eq!(found(state.path()), INTACT);
    }
    fs::write(&segment, all[..4].concat()).unwrap();
    let report = verify(state.path()).unwrap();
    assert_eq!((report.chains[0].dangling, &report.chains[0].dangling_seqs[..]), (1, &[3][..]));
}

#[test]
fn a_cut_within_the_last_line_is_torn() {
    let state = tempdir().unwrap();
    let segment = specimen::document(state.path());
    let text = fs::read(&segment).unwrap();
    let all = lines(&text);
    let begin = text.len() - all[6].len();
    for end in begin + 1..text.len() {
        fs::write(&segment, &text[..end]).unwrap();
        let report = verify(state.path()).unwrap();
        let chain = &report.chains[0];
        assert_eq!(
            (report.verdict, chain.entries, chain.torn_bytes),
            (Verdict::Torn, 6, (end - begin) as u64)
        );
        let fault = chain.fault.as_ref().unwrap();
        assert_eq!((fault.class, fault.line, fault.offset), (FaultClass::TornTail, 7, begin as u64));
    }
    // no crash leaves half a genesis: a chain appears under its name when it is whole
    fs::write(&segment, &all[0][..100]).unwrap();
    assert_eq!(found(state.path()).0, Verdict::Tampered);
    // zeros, as a file system may leave them, and whole lines of nothing
    for tail in [&[0; 9_000][..], b"\0\0\0\n\0\n"] {
        fs::write(&segment, [&text, tail].concat()).unwrap();
        assert_eq!(found(state.path()), (Verdict::Torn, Some((FaultClass::TornTail, 8))));
    }
    // but not if an entry comes after it
    fs::write(&segment, [&text[..begin], b"\0\0\n", &all[6][..]].concat()).unwrap();
    assert_eq!(found(state.path()), tampered(FaultClass::NulByte, 7));
}

#[test]
fn a_live_log_is_looked_at_up_to_its_last_line() {
    let state = tempdir().unwrap();
    let log = specimen::log(state.path(), 1);
    let segment = specimen::segment(state.path(), 1);
    let whole = fs::read(&segment).unwrap();
    fs::write(&segment, [&whole[..], b"{\"v\":1,\"chain"].concat()).unwrap();
    let report = verify(state.path()).unwrap();
    assert_eq!((report.verdict, report.chains[0].live, report.chains[0].entries), (Verdict::Intact, true, 2));
    drop(log);
    assert_eq!(found(state.path()), (Verdict::Torn, Some((FaultClass::TornTail, 3))));
}

type Forge = fn(&mut Forger) -> &mut Forger;

#[test]
fn right_hashes_do_not_excuse_wrong_chains() {
    let table: [(Forge, FaultClass, u64); 9] = [
        (|forger| forger.outcome(5, 0), FaultClass::BadReference, 2),
        (|forger| forger.outcome(5, 9), FaultClass::BadReference, 2),
        (|forger| forger.intent(5).outcome(6, 1), FaultClass::BadReference, 3),
        (|forger| forger.intent(5).outcome(5, 1).outcome(5, 1), FaultClass::BadReference, 4),
        (
            |forger| forger.intent(5).add(Kind::Start, |line| line.text(Field::Program, "x")).outcome(5, 1),
            FaultClass::BadReference,
            4,
        ),
        (|forger| forger.add(Kind::ChainClose, |_| {}).add(Kind::Stop, |_| {}), FaultClass::AfterClose, 3),
        (
            |forger| {
                forger.add(Kind::ChainOpen, |line| {
                    line.text(Field::Program, "x");
                    line.text(Field::Format, "gitoma.audit/1");
                })
            },
            FaultClass::Genesis,
            2,
        ),
        (
            |forger| {
                forger.seq += 1;
                forger.add(Kind::Stop, |_| {})
            },
            FaultClass::SeqGap,
            2,
        ),
        (
            |forger| {
                forger.head = Digest::ZERO;
                forger.add(Kind::Stop, |_| {})
            },
            FaultClass::BrokenLink,
            2,
        ),
    ];
    for (row, (forge, class, line)) in table.into_iter().enumerate() {
        let state = tempdir().unwrap();
        forge(&mut Forger::new(1)).put(state.path(), 1, &segment_name(0));
        assert_eq!(found(state.path()), tampered(class, line), "row {row}");
    }
}

#[test]
fn the_folder_names_the_chain() {
    let state = tempdir().unwrap();
    Forger::new(1).put(state.path(), 2, &segment_name(0));
    assert_eq!(found(state.path()), tampered(FaultClass::WrongChain, 1));
}

#[test]
fn segments_are_linked_by_name_and_content() {
    let forge = |directory: &Path, second: u64, announced: u64, claimed: Option<Digest>| {
        let mut forger = Forger::new(1);
        forger.add(Kind::SegmentClose, |line| line.text(Field::NextSegment, &segment_name(announced)));
        let previous = claimed.unwrap_or_else(|| Digest::of(&forger.text));
        forger
            .put(directory, 1, &segment_name(0))
            .add(Kind::SegmentOpen, |line| {
                line.integer(Field::FirstSeq, second);
                line.digest(Field::PrevSegmentSha256, &previous);
            })
            .intent(5)
            .put(directory, 1, &segment_name(second));
    };
    for (second, announced, claimed, expected) in [
        (2, 2, None, INTACT),
        (2, 3, None, tampered(FaultClass::SegmentName, 1)),
        (3, 3, None, tampered(FaultClass::SegmentMissing, 0)),
        (1, 1, None, tampered(FaultClass::SegmentName, 0)),
        (2, 2, Some(Digest::ZERO), tampered(FaultClass::SegmentHash, 1)),
    ] {
        let state = tempdir().unwrap();
        forge(state.path(), second, announced, claimed);
        assert_eq!(found(state.path()), expected, "{second} {announced}");
    }
    let state = tempdir().unwrap();
    forge(state.path(), 2, 2, None);
    fs::remove_file(specimen::segment(state.path(), 1)).unwrap();
    assert_eq!(found(state.path()), tampered(FaultClass::SegmentMissing, 0));
    let state = tempdir().unwrap();
    forge(state.path(), 2, 2, None);
    let first = specimen::segment(state.path(), 1);
    fs::rename(first.with_file_name(segment_name(2)), first.with_file_name("seg-2.jsonl")).unwrap();
    assert_eq!(found(state.path()), tampered(FaultClass::SegmentName, 0));
}

#[test]
fn the_gravest_chain_decides() {
    let state = tempdir().unwrap();
    for number in [1, 2, 3] {
        Forger::new(number).intent(5).put(state.path(), number, &segment_name(0));
    }
    assert_eq!(found(state.path()), INTACT);
    let torn = specimen::segment(state.path(), 2);
    fs::write(&torn, [&fs::read(&torn).unwrap()[..], b"{"].concat()).unwrap();
    assert_eq!(verify(state.path()).unwrap().verdict, Verdict::Torn);
    fs::write(specimen::segment(state.path(), 3), b"").unwrap();
    let report = verify(state.path()).unwrap();
    assert_eq!(report.verdict, Verdict::Tampered);
    let verdicts: Vec<_> = report.chains.iter().map(|chain| chain.verdict).collect();
    assert_eq!(verdicts, [Verdict::Intact, Verdict::Torn, Verdict::Tampered]);
    assert_eq!(report.chains[2].fault.as_ref().unwrap().class, FaultClass::Genesis);
}

#[test]
fn exit_codes_are_fixed() {
    let codes: Vec<_> = Verdict::ALL.iter().map(|verdict| (verdict.as_str(), verdict.exit_code())).collect();
    assert_eq!(codes, [("intact", 0), ("tampered", 1), ("not_anchored", 3), ("torn", 4), ("pruned", 5)]);
    let order = [Verdict::Intact, Verdict::Pruned, Verdict::NotAnchored, Verdict::Torn, Verdict::Tampered];
    for (place, verdict) in order.iter().enumerate() {
        for other in &order[..place] {
            assert_eq!((verdict.graver(*other), other.graver(*verdict)), (*verdict, *verdict));
        }
    }
}

#[test]
fn nothing_is_not_intact() {
    let state = tempdir().unwrap();
    assert!(matches!(verify(state.path()), Err(VerifyError::NoChain)));
    for missing in ["missing".to_owned(), id(1).to_string()] {
        assert!(matches!(verify(&state.path().join(missing)), Err(VerifyError::Io(_))));
    }
    fs::create_dir(state.path().join(id(1).to_string())).unwrap();
    assert_eq!(found(state.path()), tampered(FaultClass::SegmentMissing, 0));
}

#[test]
fn oddities_are_warnings() {
    let state = tempdir().unwrap();
    let mut forger = Forger::new(1);
    forger.moment -= 10;
    forger.intent(5).put(state.path(), 1, &segment_name(0));
    fs::write(state.path().join("notes.txt"), "").unwrap();
    fs::create_dir(state.path().join(format!(".new-{}", id(9)))).unwrap();
    fs::write(specimen::segment(state.path(), 1).with_file_name("core"), "").unwrap();
    let report = verify(state.path()).unwrap();
    assert_eq!(report.verdict, Verdict::Intact);
    assert_eq!(report.warnings, [Warning::UnexpectedFiles { count: 1 }]);
    assert_eq!(
        report.chains[0].warnings,
        [Warning::ClockBackward { count: 1, first_seq: 1 }, Warning::UnexpectedFiles { count: 1 }]
    );
}

#[test]
fn the_reader_passes_over_bad_lines() {
    let state = tempdir().unwrap();
    let segment = specimen::document(state.path());
    let mut all = lines(&fs::read(&segment).unwrap());
    all[2][20] ^= 1;
    all.push(b"{\"v\"".to_vec());
    fs::write(&segment, all.concat()).unwrap();
    let mut seqs = Vec::new();
    let mut faults = Vec::new();
    for item in Reader::open(state.path()).unwrap() {
        match item {
            Ok(entry) => {
                assert_eq!(format!("{}\n", entry.raw).as_bytes(), all[usize::try_from(entry.seq).unwrap()]);
                seqs.push(entry.seq);
            }
            Err(ReadError::Line { line, class, .. }) => faults.push((line, class)),
            Err(error) => panic!("{error}"),
        }
    }
    assert_eq!(seqs, [0, 1, 3, 4, 5, 6]);
    assert_eq!(faults, [(3, FaultClass::HashMismatch), (8, FaultClass::TornTail)]);
}
