#![expect(clippy::disallowed_methods, reason = "tests look at files of their own making")]

use std::fs;

use jiff::Timestamp;
use tempfile::tempdir;

use super::{Discloser, Disclosure, PrivateFolder, Subject, TEXT_BYTES};
use crate::{
    commitment::{Commitment, Salt},
    specimen::id,
};

const DAY: i64 = 24 * 60 * 60;

fn moment(day: i64) -> Timestamp {
    Timestamp::from_second(1_763_683_200 + day * DAY).unwrap()
}

#[test]
fn what_is_kept_opens_its_commitment_and_no_other() {
    let chain = tempdir().unwrap();
    let folder = PrivateFolder::of(chain.path());
    assert_eq!(folder.find(id(1)).unwrap(), []);
    let mut discloser = Discloser::new(folder.clone());
    let arguments = Commitment::keeping(Salt::random().unwrap(), r#"{"path":"a\nb"}"#.to_owned());
    let result = Commitment::new(Salt::random().unwrap(), b"result");
    discloser.keep(moment(0), id(1), Subject::Arguments, &arguments).unwrap();
    discloser.keep(moment(1), id(1), Subject::Result, &result).unwrap();
    discloser.keep(moment(1), id(2), Subject::Result, &result).unwrap();
    let found = folder.find(id(1)).unwrap();
    let [one, other] = &found[..] else { panic!("{found:?}") };
    assert_eq!((one.subject, other.subject), (Subject::Arguments, Subject::Result));
    assert_eq!(one.text.as_deref(), Some(r#"{"path":"a\nb"}"#));
    assert_eq!(one.opens(arguments.digest(), None), Some(true));
    assert_eq!(one.opens(arguments.digest(), Some(b"else")), Some(false));
    assert_eq!(one.opens(result.digest(), None), Some(false));
    assert_eq!(other.opens(result.digest(), None), None);
    assert_eq!(other.opens(result.digest(), Some(b"result")), Some(true));
    assert_eq!(folder.days().unwrap().len(), 2);
}

#[test]
fn what_is_erased_is_nowhere_and_the_rest_stays() {
    let chain = tempdir().unwrap();
    let folder = PrivateFolder::of(chain.path());
    let mut discloser = Discloser::new(folder.clone());
    let commitments: Vec<_> =
        (0..3).map(|number| Commitment::keeping(Salt::random().unwrap(), format!("text {number}"))).collect();
    for day in 0..3 {
        for (number, commitment) in (0..).zip(&commitments) {
            discloser.keep(moment(day), id(number), Subject::Arguments, commitment).unwrap();
        }
    }
    assert_eq!(folder.erase(id(1)).unwrap(), 3);
    assert_eq!(folder.find(id(1)).unwrap(), []);
    for item in fs::read_dir(chain.path().join("private")).unwrap() {
        let text = fs::read_to_string(item.unwrap().path()).unwrap();
        assert!(!text.contains("text 1") && !text.contains(&commitments[1].salt.to_string()));
        assert!(text.contains("text 0") && text.contains("text 2"));
    }
    // what is written meanwhile goes on behind it
    discloser.keep(moment(2), id(1), Subject::Arguments, &commitments[1]).unwrap();
    assert_eq!(folder.find(id(1)).unwrap().len(), 1);
    assert_eq!(folder.find(id(2)).unwrap().len(), 3);

    assert_eq!(folder.erase_before("2025-11-22".parse().unwrap()).unwrap(), 1);
    assert_eq!(folder.find(id(2)).unwrap().len(), 2);
    assert_eq!(folder.erase_before("2030-01-01".parse().unwrap()).unwrap(), 2);
    assert_eq!(folder.find(id(2)).unwrap(), []);
    assert_eq!(folder.erase(id(2)).unwrap(), 0);
}

#[test]
fn long_texts_are_not_kept_and_broken_lines_are_passed_over_and_still_erased() {
    let chain = tempdir().unwrap();
    let folder = PrivateFolder::of(chain.path());
    let mut discloser = Discloser::new(folder.clone());
    let salt = Salt::random().unwrap();
    for (text, kept) in [
        ("a".repeat(TEXT_BYTES), true),
        ("a".repeat(TEXT_BYTES + 1), false),
        ("\u{1}".repeat(TEXT_BYTES), false),
    ] {
        discloser.keep(moment(0), id(1), Subject::Result, &Commitment::keeping(salt, text.clone())).unwrap();
        let text = kept.then_some(text);
        let expected = Disclosure { call_id: id(1), subject: Subject::Result, salt, text };
        assert_eq!(folder.find(id(1)).unwrap(), [expected]);
        assert_eq!(folder.erase(id(1)).unwrap(), 1);
    }
    discloser.keep(moment(0), id(1), Subject::Result, &Commitment::new(salt, b"")).unwrap();
    let file = fs::read_dir(chain.path().join("private")).unwrap().next().unwrap().unwrap().path();
    let mut text = fs::read_to_string(&file).unwrap();
    text.push_str(&format!("{{\"call_id\":\"{}\",\"surprise\":\"secret\"}}\nno line\n{{\"call_id\":", id(1)));
    fs::write(&file, &text).unwrap();
    assert_eq!(folder.find(id(1)).unwrap().len(), 1);
    assert_eq!(folder.erase(id(1)).unwrap(), 2);
    let left = fs::read_to_string(&file).unwrap();
    assert!(!left.contains("secret") && left.len() == text.len());
    // who comes after a crash does not write on in half a line
    Discloser::new(folder.clone())
        .keep(moment(0), id(3), Subject::Result, &Commitment::new(salt, b""))
        .unwrap();
    assert_eq!(folder.find(id(3)).unwrap().len(), 1);
}
