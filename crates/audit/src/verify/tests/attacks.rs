//! What somebody may do who can write the files of a log, as far as notes, keys and anchors show it. In the end stands what nothing
//! here shows, so that nobody believes it does.

use std::fs;

use super::{
    divided::agree_on,
    signed::{Signed, cut, demand, key},
};
use crate::{
    folder::segment_name,
    specimen::{Forger, id},
    verify::{
        Demand, Plan, VerifyOptions, anchors::Anchors, report::AnchoredBy, tests::verify_one, verify_with,
    },
};

const BAD_SIGNATURE: &str = "tampered bad_checkpoint";
const MISMATCH: &str = "tampered checkpoint_mismatch";
const TRUNCATED: &str = "tampered truncated";

/// Three segments; notes at the borders and in between, and entries behind the newest.
fn chain(key: &crate::SigningKey) -> Signed {
    let mut chain = Signed::new(Some(key));
    chain.calls(3).note(key).calls(2).segment().note(key).calls(4).segment().calls(2).note(key).calls(1);
    chain
}

#[test]
fn notes_that_agree_anchor_a_chain_for_whom_trusts_the_key() {
    let (ours, other) = (key("example.com/gitoma"), key("example.com/gitoma"));
    let mut chain = chain(&ours);
    let state = chain.put();
    assert_eq!(state.judged(&[], &[]), ["intact"; 2]);
    state.check(&[&ours], &[], "not_anchored");
    let plan = Plan::default();
    let report = verify_one(&state.audit(), &plan, &demand(&[&ours], &[])).unwrap().chains.remove(0);
    let checkpoints = report.checkpoints.unwrap();
    assert_eq!((checkpoints.count, checkpoints.through_seq), (3, Some(chain.size() - 3)));
    let in_force = checkpoints.key.unwrap();
    assert_eq!((&*in_force.name, in_force.epoch, in_force.trusted), ("example.com/gitoma", 0, true));
    let anchored = report.anchored.unwrap();
    assert_eq!((anchored.through_seq, anchored.by), (chain.size() - 3, AnchoredBy::Checkpoint));
    assert_eq!((anchored.signature_checked, report.unanchored), (true, Some(2)));
    // a note of everything
    let state = chain.note(&ours).put();
    state.check(&[&ours], &[], "intact");
    state.check(&[&other, &ours], &[], "intact");
    // what is signed by a key that nobody trusts anchors nothing
    state.check(&[&other], &[], "not_anchored");
    let report = verify_one(&state.audit(), &plan, &demand(&[&other], &[])).unwrap().chains.remove(0);
    assert_eq!((report.anchored, report.unanchored), (None, Some(chain.size())));
    // without a key nothing is demanded, and the notes are looked at all the same
    let report = verify_one(&state.audit(), &plan, &demand(&[], &[])).unwrap().chains.remove(0);
    assert_eq!((report.anchored, report.unanchored, report.checkpoints.unwrap().count), (None, None, 4));
}

/// A1: the end is cut off, at every line and within lines.
#[test]
fn nothing_below_a_note_can_be_cut_off() {
    let ours = key("a");
    let chain = chain(&ours);
    let (files, newest) = (chain.files(), *chain.notes.keys().last().unwrap());
    let mut begin = (0, 0);
    for (seq, (segment, end)) in chain.ends().into_iter().enumerate() {
        let kept = seq as u64 + 1;
        let state = chain.put();
        cut(&state, &files, segment, end);
        // only the last line of a segment announces another one
        let closed = segment < 2 && end == files[segment].1.len();
        let (without, with) = match kept.cmp(&newest) {
            std::cmp::Ordering::Less => (TRUNCATED, TRUNCATED),
            std::cmp::Ordering::Equal => ("intact", "intact"),
            std::cmp::Ordering::Greater => ("intact", "not_anchored"),
        };
        assert_eq!(state.judged(&[], &[])[0], without, "{kept} entries, closed: {closed}");
        state.check(&[&ours], &[], with);
        // within the line
        let from = if begin.0 == segment { begin.1 } else { 0 };
        cut(&state, &files, segment, from + (end - from) / 2);
        let torn = if kept == 1 {
            "tampered bad_suffix"
        } else if kept <= newest {
            TRUNCATED
        } else {
            "torn torn_tail"
        };
        state.check(&[&ours], &[], torn);
        begin = (segment, end);
    }
}

/// A1b: without notes, or without the chain, nothing is intact for whom knows that there was something.
#[test]
fn what_was_deleted_is_missed() {
    let ours = key("a");
    let mut chain = chain(&ours);
    let state = chain.note(&ours).put();
    let sink = state.sink(&chain.notes);
    state.forget_notes();
    state.check(&[], &[], "intact");
    state.check(&[&ours], &[], "not_anchored");
    state.check(&[&ours], &[&sink], "intact");
    fs::remove_dir(state.chain().join("checkpoints")).unwrap();
    state.check(&[&ours], &[], "not_anchored");
    // another chain is still there
    Forger::new(2).intent(5).put(&state.audit(), 2, &segment_name(0));
    let options = |keys: &[&crate::SigningKey]| {
        let keys = keys.iter().map(|key| key.verifier().clone()).collect();
        VerifyOptions { keys, anchors: Anchors::read(&[&sink]).unwrap(), ..VerifyOptions::default() }
    };
    let found = |keys: &[&crate::SigningKey]| {
        let report = verify_with(&state.audit(), &options(keys)).unwrap();
        let faults: Vec<_> = report
            .chains
            .iter()
            .filter_map(|chain| Some((chain.chain?, chain.fault.as_ref()?.class.as_str())))
            .collect();
        (report.verdict.as_str(), faults)
    };
    assert_eq!(found(&[]), ("intact", vec![]));
    assert_eq!(found(&[&ours]), ("not_anchored", vec![]));
    fs::remove_dir_all(state.chain()).unwrap();
    assert_eq!(found(&[]), ("tampered", vec![(id(1), "chain_missing")]));
    assert_eq!(found(&[&ours]), ("tampered", vec![(id(1), "chain_missing")]));
    // nothing at all is there, or only who has no right to say so speaks of it
    fs::remove_dir_all(state.audit().join(id(2).to_string())).unwrap();
    assert_eq!(found(&[]), ("tampered", vec![(id(1), "chain_missing")]));
    verify_with(&state.audit(), &VerifyOptions::default()).unwrap_err();
    let error = verify_with(&state.audit(), &options(&[&key("b")])).unwrap_err().to_string();
    assert!(error.contains("is signed by none of the given keys"), "{error}");
}

/// A2: all of it is written anew, with right hashes.
#[test]
fn a_chain_that_was_written_anew_is_not_the_one_that_was_anchored() {
    let (ours, theirs) = (key("a"), key("a"));
    let mut real = chain(&ours);
    real.note(&ours);
    let anew = |signer: Option<&crate::SigningKey>, claimed: &crate::SigningKey| {
        let mut anew = Signed::new(Some(claimed));
        anew.call += 1_000;
        anew.calls(3).calls(2).segment().calls(4).segment().calls(2).calls(1);
        assert_eq!(anew.size(), real.size());
        if let Some(signer) = signer {
            anew.note(signer);
        }
        let state = anew.put();
        let sink = state.sink(&real.notes);
        (state, sink)
    };
    // without notes: silent, unless somebody has the key or a note
    for claimed in [&ours, &theirs] {
        let (state, sink) = anew(None, claimed);
        state.check(&[], &[], "intact");
        state.check(&[&ours], &[], "not_anchored");
        state.check(&[], &[&sink], MISMATCH);
        state.check(&[&ours], &[&sink], MISMATCH);
    }
    // with a key of theirs, that the chain names
    let (state, sink) = anew(Some(&theirs), &theirs);
    state.check(&[], &[], "intact");
    state.check(&[&ours], &[], "not_anchored");
    state.check(&[&ours], &[&sink], MISMATCH);
    // with a key of theirs, and the chain names ours
    let (state, _) = anew(Some(&theirs), &ours);
    assert_eq!(state.judged(&[], &[])[0], BAD_SIGNATURE);
    state.check(&[&ours], &[], BAD_SIGNATURE);
    // with the notes as they were
    let (state, _) = anew(None, &ours);
    real.notes.iter().for_each(|(size, note)| fs::write(state.note(*size), note).unwrap());
    assert_eq!(state.judged(&[], &[])[0], MISMATCH);
    state.check(&[&ours], &[], MISMATCH);
    // with the key itself nothing here shows it but an anchor: docs/audit-format.md says so
    let (state, sink) = anew(Some(&ours), &ours);
    state.check(&[&ours], &[], "intact");
    state.check(&[], &[&sink], MISMATCH);
}

/// A3: log and notes as they once were.
#[test]
fn an_older_copy_is_behind_its_anchors() {
    let ours = key("a");
    let mut chain = Signed::new(Some(&ours));
    let older = chain.calls(5).note(&ours).put();
    chain.calls(3).note(&ours);
    let sink = older.sink(&chain.notes);
    older.check(&[], &[], "intact");
    older.check(&[&ours], &[], "intact");
    older.check(&[], &[&sink], TRUNCATED);
    older.check(&[&ours], &[&sink], TRUNCATED);
    let newest = older.file("kept.note", chain.notes.values().last().unwrap());
    older.check(&[], &[&newest], TRUNCATED);
}

/// A4: two continuations of one begin, each good by itself.
#[test]
fn of_two_continuations_one_does_not_agree_with_the_anchors() {
    let ours = key("a");
    let continuation = |call: u64| {
        let mut chain = Signed::new(Some(&ours));
        chain.calls(3).note(&ours);
        chain.call = call;
        chain.calls(3).note(&ours);
        chain
    };
    let (one, other) = (continuation(500), continuation(600));
    let (first, second) = (one.put(), other.put());
    first.check(&[&ours], &[], "intact");
    second.check(&[&ours], &[], "intact");
    let sink = second.sink(&one.notes);
    second.check(&[&ours], &[&sink], MISMATCH);
    let sink = first.sink(&one.notes);
    first.check(&[&ours], &[&sink], "intact");
    // as well where both are brought
    let kept = first.file("kept.note", other.notes.values().last().unwrap());
    first.check(&[&ours], &[&sink, &kept], MISMATCH);
    first.check(&[], &[&kept], MISMATCH);
}

/// A5 and A6: segments are removed, exchanged and renamed; among them those whose numbers have one digit and two.
#[test]
fn segments_keep_their_places() {
    let ours = key("a");
    let mut chain = Signed::new(Some(&ours));
    for _ in 0..10 {
        chain.segment().note(&ours);
    }
    chain.note(&ours);
    let files = chain.files();
    let first: Vec<_> = files.iter().map(|(first, _)| *first).collect();
    assert!(first.len() == 11 && first.contains(&8) && first.contains(&10));
    chain.put().check(&[&ours], &[], "intact");
    for (number, seq) in first.iter().enumerate() {
        let state = chain.put();
        fs::remove_file(state.segment(*seq)).unwrap();
        let expected = if number == 10 { TRUNCATED } else { "tampered segment_missing" };
        state.check(&[&ours], &[], expected);
        let other = first[(number + 1) % first.len()];
        let (one, two) = (chain.put(), chain.put());
        fs::write(one.segment(*seq), fs::read(two.segment(other)).unwrap()).unwrap();
        fs::write(one.segment(other), fs::read(two.segment(*seq)).unwrap()).unwrap();
        let [whole, fast] = one.judged(&[&ours], &[]);
        assert!(whole.starts_with("tampered ") && fast.starts_with("tampered "), "{whole} {fast}");
    }
    for (from, to) in [(8, 9), (8, 11), (10, 11), (20, 21), (20, 200)] {
        let state = chain.put();
        fs::rename(state.segment(from), state.segment(to)).unwrap();
        let [whole, fast] = state.judged(&[&ours], &[]);
        assert!(whole.starts_with("tampered ") && fast.starts_with("tampered "), "{whole} {fast}");
    }
}

/// Notes that are none, of the wrong place, or by nobody.
#[test]
fn a_note_beside_the_chain_is_good_or_a_fault() {
    let ours = key("a");
    let mut chain = chain(&ours);
    let whole = chain.size();
    chain.note(&ours);
    let note = chain.notes[&whole].clone();
    let other_chain = crate::Checkpoint { chain_id: id(2), head: chain.root() }.sign(&[&ours]).unwrap();
    let first = chain.notes.values().next().unwrap().clone();
    let text = chain.checkpoint().text();
    let other_origin = crate::sign_note(&text.replace("gitoma.audit/", "example.com/"), &[&ours]).unwrap();
    // another root
    let root = note.lines().nth(2).unwrap();
    let (first_digit, rest) = root.split_at(1);
    let flipped = note.replace(root, &format!("{}{rest}", if first_digit == "A" { "B" } else { "A" }));
    for (row, content) in
        ["", "note", note.trim_end(), &other_chain, &other_origin, &first, &flipped, &"x".repeat(1 << 17)]
            .into_iter()
            .enumerate()
    {
        let state = chain.put();
        fs::write(state.note(whole), content).unwrap();
        let [found, fast] = state.judged(&[&ours], &[]);
        assert_eq!((&*found, &*fast), (BAD_SIGNATURE, BAD_SIGNATURE), "row {row}");
        assert_eq!(state.judged(&[], &[]), [BAD_SIGNATURE, "intact"], "row {row}");
    }
    // of nothing, and of more than there is
    for (name, content) in [(0, &note), (whole + 1, &note), (u64::MAX, &note)] {
        let state = chain.put();
        fs::write(state.note(name), content).unwrap();
        assert_eq!(state.judged(&[], &[])[0], BAD_SIGNATURE);
    }
    // a chain that never had a key has no notes
    let mut keyless = Signed::new(None);
    keyless.calls(1).note(&ours);
    assert_eq!(keyless.put().judged(&[], &[])[0], BAD_SIGNATURE);
    // which cannot be read is not known
    let state = chain.put();
    fs::remove_file(state.note(whole)).unwrap();
    std::os::unix::fs::symlink("elsewhere", state.note(whole)).unwrap();
    let error = format!("error: cannot read {whole:020}.note in the checkpoints of the audit log");
    state.check(&[&ours], &[], &error);
    // and one that is gone gave way to a newer one
    let state = chain.put();
    fs::remove_file(state.note(whole)).unwrap();
    state.check(&[], &[], "intact");
}

/// Of a chain that somebody is writing, what is young need not be anchored yet; of one that nobody writes, everything must be.
#[test]
fn what_is_young_may_be_without_anchor_for_a_while() {
    let ours = key("a");
    let mut chain = Signed::new(Some(&ours));
    chain.calls(2).note(&ours);
    // the first entry without anchor was made at `moment`, the others later
    let moment = jiff::Timestamp::from_microsecond(chain.forger.moment).unwrap();
    chain.calls(2).segment().calls(1);
    let state = chain.put();
    let within = |recent: std::ops::RangeInclusive<jiff::Timestamp>| {
        let demand = Demand { recent, ..demand(&[&ours], &[]) };
        agree_on(&state.audit(), &demand).map(|report| report.unwrap().verdict.as_str())
    };
    let found = |since| within(since..=jiff::Timestamp::MAX);
    let microsecond = jiff::SignedDuration::from_micros(1);
    assert_eq!(found(moment), ["not_anchored"; 2]);
    let lock = fs::File::create(state.chain().join("lock")).unwrap();
    lock.lock().unwrap();
    assert_eq!(found(moment), ["intact"; 2]);
    assert_eq!(found(moment - microsecond), ["intact"; 2]);
    assert_eq!(found(moment + microsecond), ["not_anchored"; 2]);
    // nor is young what says that it was made later than now
    assert_eq!(within(jiff::Timestamp::MIN..=moment), ["intact"; 2]);
    assert_eq!(within(jiff::Timestamp::MIN..=moment - microsecond), ["not_anchored"; 2]);
    // where nothing is anchored, the first entry of all counts
    state.forget_notes();
    let begin = jiff::Timestamp::from_microsecond(1_763_683_200_000_000).unwrap();
    assert_eq!(found(begin), ["intact"; 2]);
    assert_eq!(found(begin + microsecond), ["not_anchored"; 2]);
    drop(lock);
    assert_eq!(found(begin), ["not_anchored"; 2]);
    // seconds are counted from now, and never too far
    let options = VerifyOptions { recent: std::time::Duration::MAX, ..VerifyOptions::default() };
    assert_eq!(Demand::new(&options, moment).recent, jiff::Timestamp::MIN..=jiff::Timestamp::MAX);
    let minute = std::time::Duration::from_mins(1);
    let options = VerifyOptions { recent: minute, ..VerifyOptions::default() };
    assert_eq!(Demand::new(&options, moment).recent, moment - minute..=moment + minute);
}

/// In short only its place is looked at: a line that says it is another one is told all the same.
#[test]
fn a_line_says_which_one_it_is() {
    let ours = key("a");
    let mut chain = Signed::new(Some(&ours));
    chain.calls(3);
    chain.forger.seq += 1;
    chain.calls(1);
    chain.forger.seq -= 1;
    chain.calls(3).note(&ours);
    chain.put().check(&[&ours], &[], "tampered seq_gap");
}
