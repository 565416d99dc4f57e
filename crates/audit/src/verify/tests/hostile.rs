//! Folders and files that are made to be a burden.

use std::{
    fs::{self, File},
    path::Path,
};

use super::signed::{Signed, State, key};
use crate::verify::{VerifyOptions, anchors::Anchors, report::Warning, verify, verify_with};

/// How many names a file can have on every file system that is used for tests (ext4: 65,000).
const NAMES: u64 = 60_000;

/// Makes empty files with the names of numbers. Many are one and the same, which costs a tenth and which nobody who looks through names can
/// tell.
fn fill(folder: &Path, numbers: std::ops::Range<u64>, name: impl Fn(u64) -> String) {
    let mut first = folder.join(name(numbers.start));
    for (count, number) in (0..).zip(numbers) {
        let path = folder.join(name(number));
        if count % NAMES > 0 {
            fs::hard_link(&first, &path).unwrap();
        } else {
            File::create(&path).unwrap();
            first = path;
        }
    }
}

/// A directory of very many files, wherever one is looked through, is looked through to its end, and what is wrong is said.
fn many(count: u64) {
    let ours = key("a");
    let mut chain = Signed::new(Some(&ours));
    chain.calls(3).note(&ours);
    let state = chain.put();
    // files that do not belong there: in the audit directory, the folder of the chain and among its notes
    fill(&state.audit(), 0..count / 4, |number| format!("file {number}"));
    fill(&state.chain(), 0..count / 4, |number| format!("file {number}"));
    fill(&state.chain().join("checkpoints"), 0..count / 4, |number| format!("file {number}"));
    let report = verify(&state.audit()).unwrap();
    assert_eq!(report.verdict.as_str(), "intact");
    assert_eq!(report.warnings, [Warning::UnexpectedFiles { count: count / 4 }]);
    assert_eq!(report.chains[0].warnings, [Warning::UnexpectedFiles { count: count / 4 * 2 }]);
    // an anchor is not found among them
    let error = Anchors::read(&[state.audit()]).unwrap_err().to_string();
    assert!(error.contains("there is no anchor in"), "{error}");
    // notes of what is not there, of which the first is named
    let first = chain.size() + 1;
    fill(&state.chain().join("checkpoints"), first..first + count / 4, |size| format!("{size:020}.note"));
    let report = verify(&state.audit()).unwrap();
    let fault = report.chains[0].fault.as_ref().unwrap();
    assert_eq!(
        (fault.class.as_str(), &*fault.file),
        ("bad_checkpoint", &*format!("checkpoints/{first:020}.note"))
    );
    // the same as anchors: none is one
    let checkpoints = state.chain().join("checkpoints");
    let anchors = Anchors::read(&[&checkpoints]).unwrap();
    let options = VerifyOptions { anchors, ..VerifyOptions::default() };
    fs::rename(&checkpoints, state.audit().join("elsewhere")).unwrap();
    fs::create_dir(&checkpoints).unwrap();
    assert_eq!(verify_with(&state.audit(), &options).unwrap().verdict.as_str(), "intact", "they are gone");
}

/// As many segments, all of them empty.
fn many_segments(count: u64) {
    let state = State::new();
    fill(&state.chain(), 0..count, crate::folder::segment_name);
    let found = verify(&state.audit()).unwrap().chains.remove(0).fault.unwrap();
    assert_eq!((found.class.as_str(), &*found.file), ("genesis", &*crate::folder::segment_name(0)));
    // without the first one, some entry in them would have to account for it
    fs::remove_file(state.segment(0)).unwrap();
    let found = verify(&state.audit()).unwrap().chains.remove(0).fault.unwrap();
    assert_eq!(found.class.as_str(), "segment_missing");
}

#[test]
fn fifty_thousand_files_are_looked_through() {
    many(50_000);
}

#[test]
fn fifty_thousand_segments_are_looked_through() {
    many_segments(50_000);
}

#[test]
#[ignore = "makes a million files; `just proof` does"]
fn a_million_files_are_looked_through() {
    many(1_000_000);
    many_segments(1_000_000);
}

#[test]
fn what_is_too_long_is_not_held() {
    long(1 << 26);
}

#[test]
#[ignore = "takes its time without optimisation; `just proof` does it"]
fn a_line_of_a_gigabyte_is_not_held() {
    long(1 << 30);
}

/// A note of a gigabyte, and lines of so many bytes: what is too long is not read, or not kept.
fn long(bytes: u64) {
    let ours = key("a");
    let mut chain = Signed::new(Some(&ours));
    chain.calls(3).segment().calls(1).note(&ours);
    let lengthen = |path: &Path, length: u64| {
        fs::OpenOptions::new()
            .append(true)
            .create(true)
            .open(path)
            .and_then(|file| file.set_len(length))
            .unwrap();
    };
    let state = chain.put();
    lengthen(&state.note(chain.size()), 1 << 30);
    assert_eq!(state.judged(&[], &[])[0], "tampered bad_checkpoint");
    let state = chain.put();
    let last = chain.files().pop().unwrap().0;
    lengthen(&state.segment(last), bytes);
    let report = verify(&state.audit()).unwrap().chains.remove(0);
    assert_eq!((report.verdict.as_str(), report.entries), ("torn", chain.size()));
    lengthen(&state.segment(0), bytes);
    let report = verify(&state.audit()).unwrap().chains.remove(0);
    assert_eq!(report.fault.unwrap().class.as_str(), "line_too_long");
}
