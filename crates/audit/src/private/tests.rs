#![expect(clippy::disallowed_methods, reason = "tests look at files of their own making")]

use std::{
    fs,
    time::{Duration, Instant},
};

use jiff::Timestamp;
use tempfile::tempdir;

use super::{
    Discloser, Disclosure, Erased, PrivateFolder, Subject, TEXT_BYTES,
    open::{Erase, committed, erase},
};
use crate::{
    Digest, Intent, OpenEntry, Outcome, Reader, Verdict,
    commitment::{Commitment, Salt},
    specimen::{self, id},
    verify,
};

/// Keeps a line, on the disk when this returns.
fn keep(
    discloser: &mut Discloser,
    (moment, call_id): (Timestamp, uuid::Uuid),
    subject: Subject,
    commitment: &Commitment,
) {
    let kept = discloser.keep(moment, call_id, subject, commitment);
    assert_eq!((kept.lost, discloser.write()), (0, 0));
}

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
    keep(&mut discloser, (moment(0), id(1)), Subject::Arguments, &arguments);
    keep(&mut discloser, (moment(1), id(1)), Subject::Result, &result);
    keep(&mut discloser, (moment(1), id(2)), Subject::Result, &result);
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
            keep(&mut discloser, (moment(day), id(number)), Subject::Arguments, commitment);
        }
    }
    assert_eq!(folder.erase(id(1)).unwrap(), 3);
    assert_eq!(folder.find(id(1)).unwrap(), []);
    for day in folder.days().unwrap() {
        let text = fs::read_to_string(folder.file(day)).unwrap();
        assert!(!text.contains("text 1") && !text.contains(&commitments[1].salt.to_string()));
        assert!(text.contains("text 0") && text.contains("text 2"));
    }
    // what is written meanwhile goes on behind it, but for what that call gives only now
    keep(&mut discloser, (moment(2), id(1)), Subject::Result, &commitments[1]);
    keep(&mut discloser, (moment(2), id(3)), Subject::Arguments, &commitments[1]);
    assert_eq!(folder.find(id(1)).unwrap(), []);
    assert_eq!(folder.find(id(3)).unwrap().len(), 1);
    assert_eq!(folder.find(id(2)).unwrap().len(), 3);

    assert_eq!(folder.erase_before("2025-11-22".parse().unwrap()).unwrap(), 1);
    assert_eq!(folder.find(id(2)).unwrap().len(), 2);
    assert_eq!(folder.erase_before("2030-01-01".parse().unwrap()).unwrap(), 2);
    assert_eq!(folder.find(id(2)).unwrap(), []);
    assert_eq!(folder.erase(id(2)).unwrap(), 0);
    // also where today's file went with them
    keep(&mut discloser, (moment(2), id(4)), Subject::Arguments, &commitments[2]);
    assert_eq!(folder.find(id(4)).unwrap().len(), 1);
}

/// An agent may put the id of one call, which a refusal tells it, into the arguments of another.
#[test]
fn a_text_that_names_another_call_is_not_about_it() {
    let chain = tempdir().unwrap();
    let folder = PrivateFolder::of(chain.path());
    let mut discloser = Discloser::new(folder.clone());
    let naming = Commitment::keeping(Salt::random().unwrap(), format!(r#"{{"q":"{}"}}"#, id(1)));
    keep(&mut discloser, (moment(0), id(2)), Subject::Arguments, &naming);
    keep(&mut discloser, (moment(0), id(1)), Subject::Arguments, &naming);
    let found: Vec<_> = folder.find(id(1)).unwrap().into_iter().map(|found| found.call_id).collect();
    assert_eq!(found, [id(1)]);
    assert_eq!(folder.erase(id(1)).unwrap(), 1);
    assert_eq!(folder.find(id(1)).unwrap(), []);
    assert_eq!(folder.find(id(2)).unwrap().len(), 1);
}

#[test]
fn long_texts_are_not_kept_and_broken_lines_are_passed_over_and_still_erased() {
    let chain = tempdir().unwrap();
    let folder = PrivateFolder::of(chain.path());
    let mut discloser = Discloser::new(folder.clone());
    let salt = Salt::random().unwrap();
    for (number, text, kept) in [
        (5, "a".repeat(TEXT_BYTES), true),
        (6, "a".repeat(TEXT_BYTES + 1), false),
        (7, "\u{1}".repeat(TEXT_BYTES), false),
    ] {
        let call_id = id(number);
        keep(&mut discloser, (moment(0), call_id), Subject::Result, &Commitment::keeping(salt, text.clone()));
        let text = kept.then_some(text);
        let expected = Disclosure { call_id, subject: Subject::Result, salt, text };
        assert_eq!(folder.find(call_id).unwrap(), [expected]);
        assert_eq!(folder.erase(call_id).unwrap(), 1);
    }
    keep(&mut discloser, (moment(0), id(1)), Subject::Result, &Commitment::new(salt, b""));
    let file = folder.file(folder.days().unwrap()[0]);
    let mut text = fs::read_to_string(&file).unwrap();
    text.push_str(&format!("{{\"call_id\":\"{}\",\"surprise\":\"secret\"}}\nno line\n{{\"call_id\":", id(1)));
    fs::write(&file, &text).unwrap();
    assert_eq!(folder.find(id(1)).unwrap().len(), 1);
    assert_eq!(folder.erase(id(1)).unwrap(), 2);
    let left = fs::read_to_string(&file).unwrap();
    assert!(!left.contains("secret") && left.len() == text.len());
    // who comes after a crash does not write on in half a line
    keep(
        &mut Discloser::new(folder.clone()),
        (moment(0), id(3)),
        Subject::Result,
        &Commitment::new(salt, b""),
    );
    assert_eq!(folder.find(id(3)).unwrap().len(), 1);
}

#[test]
fn what_a_log_commits_to_can_be_opened_until_it_is_erased() {
    let state = tempdir().unwrap();
    let log = specimen::log(state.path(), 1);
    let salts = [Salt::random().unwrap(), Salt::random().unwrap()];
    let call = specimen::read(10);
    let arguments = Commitment::keeping(salts[0], r#"{"path":"a"}"#.to_owned());
    let entry = log.begin_blocking(Intent { args_commit: Some(arguments), ..call }).unwrap();
    let result = Some(Commitment::new(salts[1], b"the result"));
    entry.finish_blocking(Outcome { result_commit: result, ..specimen::ok() }).unwrap();
    // with a sync goes what was gathered
    log.begin_blocking(specimen::write(11)).unwrap().finish_blocking(specimen::ok()).unwrap();

    let bad = |error: &crate::ReadError| panic!("{error}");
    let found = committed(state.path(), id(10), bad).unwrap();
    let [one, other] = &found[..] else { panic!("{found:?}") };
    assert_eq!((one.seq, one.subject, other.seq, other.subject), (2, Subject::Arguments, 3, Subject::Result));
    assert_eq!(one.disclosure.as_ref().unwrap().opens(&one.commitment, None), Some(true));
    assert_eq!(other.disclosure.as_ref().unwrap().opens(&other.commitment, Some(b"the result")), Some(true));
    assert_eq!(other.disclosure.as_ref().unwrap().opens(&other.commitment, Some(b"another")), Some(false));
    assert_eq!(committed(state.path(), id(11), bad).unwrap(), []);

    // beside the process that writes on
    let erased = erase(state.path(), Erase::Call(id(10))).unwrap();
    assert_eq!(erased, Erased { lines: 2, days: 0 });
    let found = committed(state.path(), id(10), bad).unwrap();
    assert!(found.iter().all(|one| one.disclosure.is_none()) && found.len() == 2);
    log.close_blocking().unwrap();
    assert_eq!(log.status().undisclosed, 0);
    drop(log);
    assert_eq!(verify(state.path()).unwrap().verdict, Verdict::Intact);
}

/// What is gathered is on the disk within a second, though nobody waits for it and nothing else happens; and at the latest when the log ends.
#[test]
fn a_log_writes_what_it_gathered_by_itself() {
    let state = tempdir().unwrap();
    let log = specimen::log(state.path(), 1);
    let begin = |number| {
        let call = Intent { args_commit: Some(specimen::commitment()), ..specimen::read(number) };
        log.begin_blocking(call).unwrap()
    };
    let found =
        |number| PrivateFolder::of(&state.path().join(id(1).to_string())).find(id(number)).unwrap().len();
    let open = begin(10);
    assert_eq!(found(10), 0, "a call costs no write of its own");
    let deadline = Instant::now() + Duration::from_secs(30);
    while found(10) == 0 && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(found(10), 1);
    begin(11).finish_blocking(specimen::ok()).unwrap();
    drop(log);
    assert_eq!(found(11), 1);
    let late = Outcome { result_commit: Some(specimen::commitment()), ..specimen::ok() };
    open.finish_blocking(late).unwrap();
    assert_eq!(found(10), 2, "also of an entry that outlives its log");
}

/// The result of a call that is still running would be written behind the back of whoever erased it.
#[test]
fn a_call_that_is_erased_while_it_runs_leaves_nothing() {
    let state = tempdir().unwrap();
    let log = specimen::log(state.path(), 1);
    let begin = |number| {
        let call = Intent { args_commit: Some(specimen::commitment()), ..specimen::write(number) };
        log.begin_blocking(call).unwrap()
    };
    let finish = |entry: OpenEntry| {
        let result_commit = Some(specimen::commitment());
        entry.finish_blocking(Outcome { result_commit, ..specimen::ok() }).unwrap();
    };
    let folder = PrivateFolder::of(&state.path().join(id(1).to_string()));
    let (erased, other) = (begin(10), begin(11));
    assert_eq!(erase(state.path(), Erase::Call(id(10))).unwrap(), Erased { lines: 1, days: 0 });
    finish(erased);
    finish(other);
    log.close_blocking().unwrap();
    assert_eq!(folder.find(id(10)).unwrap(), []);
    assert_eq!(folder.find(id(11)).unwrap().len(), 2);
    assert_eq!(log.status().undisclosed, 0, "nobody wanted it");
}

/// Whoever has the log alone and a list of what may have been asked finds out nothing.
#[test]
fn a_dictionary_finds_nothing_without_the_salts() {
    let state = tempdir().unwrap();
    let log = specimen::log(state.path(), 1);
    let words = ["yes", "no", "main", "secret", "1234"];
    for (number, word) in (10..).zip(words) {
        let arguments = Some(Commitment::new(Salt::random().unwrap(), word.as_bytes()));
        let entry = log.begin_blocking(Intent { args_commit: arguments, ..specimen::read(number) }).unwrap();
        entry.finish_blocking(specimen::ok()).unwrap();
    }
    drop(log);
    erase(state.path(), Erase::Before("2100-01-01".parse().unwrap())).unwrap();
    let commitments: Vec<_> =
        Reader::open(state.path()).unwrap().filter_map(|entry| entry.unwrap().args_commit).collect();
    assert_eq!(commitments.len(), words.len());
    for word in words {
        assert!(!commitments.contains(&Digest::of(word.as_bytes())));
    }
    // and the same word twice does not show as the same
    let salt = || Salt::random().unwrap();
    assert_ne!(Commitment::new(salt(), b"yes").digest(), Commitment::new(salt(), b"yes").digest());
}

#[test]
fn a_folder_that_cannot_be_written_loses_disclosures_and_no_call() {
    let state = tempdir().unwrap();
    let log = specimen::log(state.path(), 1);
    let chain = state.path().join(id(1).to_string());
    fs::write(chain.join("private"), "in the way").unwrap();
    let call = Intent { args_commit: Some(specimen::commitment()), ..specimen::read(10) };
    log.begin_blocking(call).unwrap().finish_blocking(specimen::ok()).unwrap();
    assert_eq!(log.status().undisclosed, 1);
}

/// Whoever may write to the folder of a chain shall not have its reader blank or remove files elsewhere, nor hide days from it.
#[test]
fn only_days_of_the_folder_itself_are_opened_and_erased() {
    let chain = tempdir().unwrap();
    let folder = PrivateFolder::of(chain.path());
    let commitment = Commitment::new(Salt::random().unwrap(), b"x");
    keep(&mut Discloser::new(folder.clone()), (moment(0), id(1)), Subject::Result, &commitment);
    for name in ["20251120.jsonl", "2025-11-19", "notes.jsonl"] {
        fs::write(chain.path().join("private").join(name), "").unwrap();
    }
    assert_eq!(folder.find(id(1)).unwrap().len(), 1);
    assert_eq!(folder.days().unwrap().len(), 1);

    let other = tempdir().unwrap();
    std::os::unix::fs::symlink(chain.path().join("private"), other.path().join("private")).unwrap();
    let linked = PrivateFolder::of(other.path());
    assert_eq!(linked.find(id(1)).unwrap_err().kind(), std::io::ErrorKind::NotADirectory);
    assert_eq!(linked.erase(id(1)).unwrap_err().kind(), std::io::ErrorKind::NotADirectory);
    let all = "2030-01-01".parse().unwrap();
    assert_eq!(linked.erase_before(all).unwrap_err().kind(), std::io::ErrorKind::NotADirectory);
    assert_eq!(folder.find(id(1)).unwrap().len(), 1);
    assert_eq!(folder.erase_before(all).unwrap(), 1);
}
