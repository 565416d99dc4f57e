//! A front that was removed: accounted for by an entry that a checkpoint covers, or missing.

use std::fs;

use super::signed::{Removal, Signed, State, demand, key};
use crate::{
    SigningKey,
    digest::Digest,
    tree::range::Tree,
    verify::{Plan, tests::verify_one},
};

const BAD: &str = "tampered bad_prune";

/// Four segments, with notes at their borders; returns those borders too.
fn chain(key: &SigningKey) -> (Signed, [u64; 3]) {
    let mut chain = Signed::new(Some(key));
    let borders = [2, 3, 1].map(|calls| {
        chain.calls(calls).segment().note(key);
        chain.size() - 1
    });
    chain.calls(2);
    (chain, borders)
}

/// The chain with its front removed up to a border, by a `prune` that says this, and a note of everything.
fn pruned(removal: impl FnOnce(&Signed, u64) -> Removal, key: &SigningKey) -> (Signed, State, u64) {
    let (mut chain, [_, border, _]) = chain(key);
    let removal = removal(&chain, border);
    chain.prune(&removal, key).calls(1).note(key);
    let state = chain.put();
    remove(&state, &chain, border);
    (chain, state, border)
}

/// Removes the segments before a border.
fn remove(state: &State, chain: &Signed, border: u64) {
    for (first, _) in chain.files() {
        if first < border {
            // some may be gone already
            drop(fs::remove_file(state.segment(first)));
        }
    }
}

#[test]
fn a_front_that_is_accounted_for_is_pruned() {
    let ours = key("a");
    let (mut chain, state, border) = pruned(|chain, border| chain.removal(border, &ours), &ours);
    state.check(&[], &[], "pruned");
    state.check(&[&ours], &[], "pruned");
    state.check(&[&key("b")], &[], "not_anchored");
    let report =
        verify_one(&state.audit(), &Plan::default(), &demand(&[&ours], &[])).unwrap().chains.remove(0);
    assert_eq!((report.pruned.unwrap().through_seq, report.last_seq), (border - 1, Some(chain.size() - 1)));
    assert_eq!((report.entries, report.unanchored), (chain.size() - border, Some(0)));
    // anchors of what is left are held against it, those of what was removed cannot be
    let sink = state.sink(&chain.notes);
    state.check(&[&ours], &[&sink], "pruned");
    let report =
        verify_one(&state.audit(), &Plan::default(), &demand(&[], &[&sink])).unwrap().chains.remove(0);
    assert_eq!(serde_json::to_value(&report.warnings).unwrap()[0]["warning"], "anchors_beneath");
    // a later entry that is not anchored yet, a torn tail and a changed line weigh more
    chain.calls(1);
    let state = chain.put();
    remove(&state, &chain, border);
    state.check(&[&ours], &[], "not_anchored");
    let (first, text) = chain.files().pop().unwrap();
    fs::write(state.segment(first), [&text[..], b"{"].concat()).unwrap();
    state.check(&[&ours], &[], "torn torn_tail");
    let mut changed = text;
    changed[100] ^= 1;
    fs::write(state.segment(first), changed).unwrap();
    state.check(&[&ours], &[], "tampered hash_mismatch");
}

#[test]
fn what_a_prune_says_must_be_so() {
    let (ours, other) = (key("a"), key("b"));
    type Change<'change> = &'change dyn Fn(&mut Removal);
    let right: [Change<'_>; 9] = [
        &|_| {},
        &|removal| removal.tip = Digest::ZERO,
        &|removal| removal.root = Some(Digest::ZERO),
        &|removal| removal.root = None,
        &|removal| removal.key = None,
        &|removal| removal.key = Some("no key".to_owned()),
        &|removal| removal.epoch = None,
        &|removal| removal.state = None,
        &|removal| removal.state = Some(Tree::new().state()),
    ];
    for (row, change) in right.into_iter().enumerate() {
        let removal = |chain: &Signed, border| {
            let mut removal = chain.removal(border, &ours);
            change(&mut removal);
            removal
        };
        let (_, state, _) = pruned(removal, &ours);
        let expected = if row == 0 { "pruned" } else { BAD };
        assert_eq!(state.judged(&[&ours], &[]), [expected; 2], "row {row}");
        assert_eq!(state.judged(&[], &[]), [expected; 2], "row {row}");
    }
    // of another tree, with a root that fits it: the notes do not
    let swapped = |chain: &Signed, border| {
        let mut tree = Tree::new();
        (0..border).for_each(|_| tree.append(&Digest::ZERO));
        Removal { root: Some(tree.head().root), state: Some(tree.state()), ..chain.removal(border, &ours) }
    };
    pruned(swapped, &ours).1.check(&[&ours], &[], "tampered checkpoint_mismatch");
    // another key than the one that was in force
    let claimed = |chain: &Signed, border| chain.removal(border, &other);
    pruned(claimed, &ours).1.check(&[&ours], &[], "tampered bad_checkpoint");
    // of a state that is gone, unreadable or too long
    let (_, state, border) = pruned(|chain, border| chain.removal(border, &ours), &ours);
    fs::write(state.tree(border), "x".repeat(1 << 17)).unwrap();
    state.check(&[&ours], &[], BAD);
    fs::remove_file(state.tree(border)).unwrap();
    state.check(&[&ours], &[], BAD);
    fs::create_dir(state.tree(border)).unwrap();
    let error = format!("error: cannot read {border:020}.tree in the checkpoints of the audit log");
    state.check(&[&ours], &[], &error);
}

/// Whoever has no key cannot say that a front was removed on purpose.
#[test]
fn a_prune_that_no_checkpoint_covers_accounts_for_nothing() {
    let ours = key("a");
    let (mut chain, [_, border, _]) = chain(&ours);
    chain.note(&ours);
    let removal = chain.removal(border, &ours);
    let state = chain.prune(&removal, &ours).calls(1).put();
    state.check(&[], &[], "intact");
    remove(&state, &chain, border);
    state.check(&[], &[], BAD);
    state.check(&[&ours], &[], BAD);
    // an anchor covers it as well as a note
    let everything = chain.checkpoint().sign(&[&ours]).unwrap();
    let kept = state.file("kept.note", &everything);
    state.check(&[&ours], &[&kept], "pruned");
    // nor does one that is not there, or speaks of another front
    for through in [border, border - 2, border + 1] {
        let (mut chain, _) = self::chain(&ours);
        let removal = Removal { through, ..chain.removal(border, &ours) };
        chain.prune(&removal, &ours).note(&ours);
        let state = chain.put();
        remove(&state, &chain, border);
        let expected = if through < border - 1 { "tampered segment_missing" } else { BAD };
        state.check(&[&ours], &[], expected);
    }
    let (chain, [_, border, _]) = self::chain(&ours);
    let state = chain.put();
    remove(&state, &chain, border);
    state.check(&[&ours], &[], "tampered segment_missing");
}

/// A crash may leave segments that a `prune` names: all, or the last of them.
#[test]
fn what_a_crash_has_left_counts_like_the_others() {
    let ours = key("a");
    let (mut chain, [first, border, _]) = chain(&ours);
    let removal = chain.removal(border, &ours);
    chain.prune(&removal, &ours).note(&ours);
    let state = chain.put();
    state.check(&[&ours], &[], "intact");
    remove(&state, &chain, first);
    state.check(&[&ours], &[], "pruned");
    let report =
        verify_one(&state.audit(), &Plan::default(), &demand(&[&ours], &[])).unwrap().chains.remove(0);
    assert_eq!((report.pruned.unwrap().through_seq, report.entries), (first - 1, chain.size() - first));
    // it is held by the hash that the prune names
    let left = fs::read(state.segment(first)).unwrap();
    let mut changed = left.clone();
    let place = changed.len() - 200;
    changed[place] ^= 1;
    fs::write(state.segment(first), &changed).unwrap();
    state.check(&[&ours], &[], "tampered hash_mismatch");
    fs::write(state.segment(first), &left).unwrap();
    remove(&state, &chain, border);
    state.check(&[&ours], &[], "pruned");
    // the other way round nothing of it can be accounted for
    let state = chain.put();
    fs::remove_file(state.segment(first)).unwrap();
    state.check(&[&ours], &[], "tampered segment_missing");
}

/// Also where a checkpoint covers it: whoever signed that may not have looked.
#[test]
fn a_front_is_accounted_for_by_the_key_in_force_alone() {
    let (ours, other, next) = (key("a"), key("a"), key("next"));
    for (signer, expected) in [(&ours, "pruned"), (&other, BAD), (&next, BAD)] {
        let (mut chain, [_, border, _]) = chain(&ours);
        let removal = chain.removal(border, &ours);
        chain.prune(&removal, signer).calls(1).note(&ours);
        let state = chain.put();
        // before anything is gone as well
        state.check(&[&ours], &[], if expected == BAD { BAD } else { "intact" });
        remove(&state, &chain, border);
        state.check(&[&ours], &[], expected);
        state.check(&[], &[], expected);
    }
    // the key that was in force when the front was removed, not the one where it ends
    for (signer, expected) in [(&next, "pruned"), (&ours, BAD)] {
        let (mut chain, [_, border, _]) = chain(&ours);
        let removal = chain.removal(border, &ours);
        chain.rotate_well(&ours, &next, 1).prune(&removal, signer).note(&next);
        let state = chain.put();
        remove(&state, &chain, border);
        state.check(&[&ours], &[], expected);
    }
}

/// A second removal, that has not come to its end.
#[test]
fn of_two_removals_the_one_that_was_carried_out_counts() {
    let ours = key("a");
    let (mut chain, [first, border, _]) = chain(&ours);
    let (one, two) = (chain.removal(first, &ours), chain.removal(border, &ours));
    chain.prune(&one, &ours).note(&ours).prune(&two, &ours).note(&ours);
    let state = chain.put();
    for gone in [first, border] {
        remove(&chain.put(), &chain, gone);
        let state = chain.put();
        remove(&state, &chain, gone);
        state.check(&[&ours], &[], "pruned");
    }
    state.check(&[&ours], &[], "intact");
}

/// Leftovers that are linked to each other, and not to the entry that the `prune` names.
#[test]
fn leftovers_of_another_chain_are_not_what_was_removed() {
    let ours = key("a");
    let (mut chain, [first, border, _]) = chain(&ours);
    let removal = chain.removal(border, &ours);
    chain.prune(&removal, &ours).note(&ours);
    let state = chain.put();
    remove(&state, &chain, first);
    let mut other = Signed::new(Some(&ours));
    other.call += 500;
    for calls in [2, 3] {
        other.calls(calls).segment();
    }
    let forged = &other.files()[1];
    assert_eq!(forged.0, first);
    fs::write(state.segment(first), &forged.1).unwrap();
    let [whole, fast] = state.judged(&[&ours], &[]);
    assert_eq!((&*whole, &*fast), (BAD, BAD));
}

#[test]
fn keys_go_on_where_the_front_ends() {
    let (old, new) = (key("old"), key("new"));
    let mut chain = Signed::new(Some(&old));
    chain.calls(1).rotate_well(&old, &new, 1).segment().note(&new).calls(1);
    let border = chain.size() - 3;
    let removal = Removal { epoch: Some(1), ..chain.removal(border, &new) };
    chain.prune(&removal, &new).note(&new);
    let third = key("third");
    chain.rotate_well(&new, &third, 2).note(&third);
    let state = chain.put();
    remove(&state, &chain, border);
    state.check(&[&new], &[], "pruned");
    state.check(&[&third], &[], "pruned");
    // what led from the old key to the new one was removed
    state.check(&[&old], &[], "not_anchored");
}
