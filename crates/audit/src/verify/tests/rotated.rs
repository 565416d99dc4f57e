//! Keys that follow each other: which one signs what, and what makes one follow another.

use std::fs;

use super::signed::{Signed, key};
use crate::{
    checkpoint::rotation::KeyRotation,
    specimen::{Forger, id},
    vocabulary::Kind,
};

const BAD_SIGNATURE: &str = "tampered bad_checkpoint";

/// A11, both ways: a key signs neither what came after it nor what was before it.
#[test]
fn a_key_signs_its_own_time_alone() {
    let (old, new) = (key("old"), key("new"));
    let mut chain = Signed::new(Some(&old));
    chain.calls(2).note(&old);
    let before = chain.size();
    let sealed_by_new = chain.checkpoint().sign(&[&new]).unwrap();
    chain.rotate_well(&old, &new, 1).note(&new).calls(2).note(&new);
    let after = chain.size();
    let sealed_by_old = chain.checkpoint().sign(&[&old]).unwrap();
    // whoever trusts the first trusts the second, and the second is enough
    let state = chain.put();
    for keys in [&[][..], &[&old], &[&new], &[&old, &new]] {
        let [whole, fast] = state.judged(keys, &[]);
        assert_eq!((&*whole, &*fast), ("intact", "intact"), "{}", keys.len());
    }
    for (size, note) in [(before, &sealed_by_new), (after, &sealed_by_old)] {
        let state = chain.put();
        fs::write(state.note(size), note).unwrap();
        assert_eq!(state.judged(&[], &[])[0], BAD_SIGNATURE);
        state.check(&[&old], &[], BAD_SIGNATURE);
        state.check(&[&old, &new], &[], BAD_SIGNATURE);
        // as an anchor too, where signatures are looked at
        let state = chain.put();
        let kept = state.file("kept.note", note);
        state.check(&[], &[&kept], "intact");
        state.check(&[&old, &new], &[&kept], BAD_SIGNATURE);
    }
    // signed by both is signed by the right one
    let both = chain.checkpoint().sign(&[&old, &new]).unwrap();
    let state = chain.put();
    fs::write(state.note(after), both).unwrap();
    state.check(&[&old], &[], "intact");
}

/// A sink holds notes by every key that the chain has had; who trusts the newest alone has them all compared.
#[test]
fn anchors_by_a_former_key_are_compared_and_anchor_nothing() {
    let (old, new) = (key("old"), key("new"));
    let mut chain = Signed::new(Some(&old));
    chain.calls(2).note(&old);
    let before = chain.size();
    chain.rotate_well(&old, &new, 1).note(&new).calls(2);
    let state = chain.put();
    let sink = state.sink(&chain.notes);
    state.check(&[&old], &[&sink], "not_anchored");
    state.check(&[&new], &[&sink], "not_anchored");
    chain.note(&new);
    let state = chain.put();
    let sink = state.sink(&chain.notes);
    state.check(&[&new], &[&sink], "intact");
    // what the former key has signed of another past is seen
    let mut other = Signed::new(Some(&old));
    other.call += 100;
    other.calls(2).note(&old);
    assert_eq!(other.size(), before);
    let sink = state.sink(&other.notes);
    state.check(&[&new], &[&sink], "tampered checkpoint_mismatch");
    // and by itself it anchors nothing, since whoever has it now is not trusted
    let state = chain.put();
    let sink = state.sink(&chain.notes.iter().map(|(size, note)| (*size, note.clone())).take(1).collect());
    state.forget_notes();
    state.check(&[&new], &[&sink], "not_anchored");
    state.check(&[&old], &[&sink], "not_anchored");
    let report = crate::verify::tests::verify_one(
        &state.audit(),
        &crate::verify::Plan::default(),
        &super::signed::demand(&[&new], &[&sink]),
    );
    assert_eq!(report.unwrap().chains[0].anchored, None);
}

#[test]
fn a_key_follows_another_only_if_both_say_so() {
    let (old, new, other) = (key("old"), key("new"), key("other"));
    let sign = |epoch, old: &crate::SigningKey, new: &crate::SigningKey| {
        KeyRotation::sign(id(1), epoch, old, new).unwrap()
    };
    let foreign = KeyRotation::sign(id(2), 1, &old, &new).unwrap();
    let one_sided = {
        let text = sign(1, &old, &new);
        let (signed, last) = text.trim_end().rsplit_once('\n').unwrap();
        assert!(last.contains("new"));
        format!("{signed}\n")
    };
    let table = [
        (1, Some(sign(1, &old, &new)), true),
        (2, Some(sign(2, &old, &new)), false),
        (0, Some(sign(1, &old, &new)), false),
        (1, Some(sign(2, &old, &new)), false),
        (1, Some(sign(1, &other, &new)), false),
        (1, Some(sign(1, &old, &other)), false),
        (1, Some(foreign), false),
        (1, Some(one_sided), false),
        (1, None, false),
        (0, None, false),
    ];
    for (row, (epoch, statement, good)) in table.into_iter().enumerate() {
        let mut chain = Signed::new(Some(&old));
        chain.calls(1).rotate(&new, epoch, statement.as_deref()).calls(1);
        let state = chain.put();
        let expected = if good { "intact" } else { "tampered bad_rotation" };
        // without notes as well, where everything is looked at
        assert_eq!(state.judged(&[], &[]), [expected, "intact"], "row {row}");
        let state = chain.note(&new).put();
        assert_eq!(state.judged(&[&old], &[]), [expected; 2], "row {row}");
    }
    // a chain without a key takes one up, once, and unsigned
    for (epoch, statement, good) in [(0, None, true), (1, None, false), (0, Some(sign(1, &old, &new)), false)]
    {
        let mut chain = Signed::new(None);
        chain.calls(1).rotate(&new, epoch, statement.as_deref()).calls(1).note(&new);
        let expected = if good { "intact" } else { "tampered bad_rotation" };
        chain.put().check(&[&new], &[], expected);
        // what nobody trusts leads nowhere
        chain.put().check(&[&old], &[], if good { "not_anchored" } else { expected });
    }
    let mut chain = Signed::new(None);
    chain.calls(1).rotate(&old, 0, None).rotate(&new, 0, None);
    assert_eq!(chain.put().judged(&[], &[])[0], "tampered bad_rotation");
}

#[test]
fn a_chain_begins_with_a_key_or_with_none() {
    for (text, epoch) in [("no key", 0), ("", 0), ("good", 1)] {
        let ours = key("a");
        let text = if text == "good" { ours.verifier().to_string() } else { text.to_owned() };
        let mut chain = Signed::new(None);
        chain.forger = Forger { text: Vec::new(), seq: 0, head: crate::Digest::ZERO, ..chain.forger };
        chain.forger.add(Kind::ChainOpen, |line| {
            line.text(crate::Field::Program, "forger");
            line.text(crate::Field::Format, crate::line::FORMAT);
            line.text(crate::Field::CheckpointKey, &text);
            line.integer(crate::Field::Epoch, epoch);
        });
        assert_eq!(chain.put().judged(&[], &[])[0], "tampered bad_rotation");
    }
}
