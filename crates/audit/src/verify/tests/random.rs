//! Chains of all sorts, and one thing that somebody does to them who has not their keys: whoever has one of these never takes the
//! chain for whole, and it does not matter how the work is divided. `GITOMA_PROOF_CASES` sets another number of chains.

use std::{collections::BTreeMap, fs, path::PathBuf, sync::OnceLock};

use proptest::{prelude::*, sample::Index};

use super::signed::{Removal, Signed, State, cut, key};
use crate::SigningKey;

#[derive(Debug, Clone, Copy)]
enum Step {
    Calls(u64),
    Segment,
    Note,
    Rotate,
}

/// What somebody does.
#[derive(Debug, Clone)]
enum Deed {
    /// Nothing.
    None,
    /// Changes a bit of a segment.
    Flip(Index, Index, u8),
    /// Cuts the end off, between lines or within one.
    Cut(Index, bool),
    /// Takes a line away.
    Remove(Index, Index),
    /// Has two lines change places.
    Swap(Index, Index, Index),
    /// Takes a segment away.
    Lose(Index),
    /// Writes everything anew from a step on, with right hashes.
    Rewrite(Index, Notes),
    /// Changes a bit of a note, or of the state that stands for the front.
    FlipNote(Index, Index, u8),
    /// Takes the newest notes away.
    DropNotes(Index),
    /// Puts a note in the place of another.
    Move(Index, Index),
}

/// What becomes of the notes then.
#[derive(Debug, Clone, Copy)]
enum Notes {
    Kept,
    Dropped,
    Theirs,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (1..4_u64).prop_map(Step::Calls),
        2 => Just(Step::Segment),
        2 => Just(Step::Note),
        1 => Just(Step::Rotate),
    ]
}

fn deed() -> impl Strategy<Value = Deed> {
    let index = any::<Index>;
    let notes = prop_oneof![Just(Notes::Kept), Just(Notes::Dropped), Just(Notes::Theirs)];
    prop_oneof![
        1 => Just(Deed::None),
        4 => (index(), index(), 0..8_u8).prop_map(|(file, place, bit)| Deed::Flip(file, place, bit)),
        3 => (index(), any::<bool>()).prop_map(|(place, within)| Deed::Cut(place, within)),
        2 => (index(), index()).prop_map(|(file, line)| Deed::Remove(file, line)),
        2 => (index(), index(), index()).prop_map(|(file, one, other)| Deed::Swap(file, one, other)),
        1 => index().prop_map(Deed::Lose),
        4 => (index(), notes).prop_map(|(from, notes)| Deed::Rewrite(from, notes)),
        2 => (index(), index(), 0..8_u8).prop_map(|(note, place, bit)| Deed::FlipNote(note, place, bit)),
        1 => index().prop_map(Deed::DropNotes),
        1 => (index(), index()).prop_map(|(from, to)| Deed::Move(from, to)),
    ]
}

fn keys() -> &'static [SigningKey; 6] {
    static KEYS: OnceLock<[SigningKey; 6]> = OnceLock::new();
    KEYS.get_or_init(|| ["0", "1", "2", "3", "4", "theirs"].map(key))
}

/// A chain of these steps, which from some step on says something else; where it is to be pruned, the border too.
/// Its last note covers everything.
fn chain(steps: &[Step], other_from: usize, prune: bool, theirs: bool) -> (Signed, Option<u64>) {
    let [own @ .., their] = keys();
    let mut chain = Signed::new(own.first());
    let (mut epoch, mut border) = (0, None);
    for (number, step) in steps.iter().enumerate() {
        if number == other_from {
            chain.call += 1_000;
            chain.calls(1);
        }
        let key = &own[epoch];
        match step {
            Step::Calls(count) => _ = chain.calls(*count),
            Step::Note => _ = chain.note(key),
            Step::Segment => {
                chain.segment();
                border = Some((chain.size() - 1, key, epoch as u64));
            }
            Step::Rotate if epoch + 1 < own.len() => {
                epoch += 1;
                chain.rotate_well(key, &own[epoch], epoch as u64);
            }
            Step::Rotate => {}
        }
    }
    if other_from >= steps.len() && other_from < usize::MAX {
        chain.call += 1_000;
        chain.calls(1);
    }
    let (border, signer) = (border.filter(|_| prune), &own[epoch]);
    if let Some((border, key, epoch)) = border {
        let removal = Removal { epoch: Some(epoch), ..chain.removal(border, key) };
        chain.prune(&removal, signer);
    }
    chain.note(if theirs { their } else { &own[epoch] });
    (chain, border.map(|border| border.0))
}

/// Writes the chain without what was pruned.
fn put(chain: &Signed, border: Option<u64>) -> State {
    let state = chain.put();
    for (first, _) in chain.files() {
        if border.is_some_and(|border| first < border) {
            fs::remove_file(state.segment(first)).unwrap();
        }
    }
    state
}

/// Does it; `None` if nothing came of it.
fn commit(deed: &Deed, steps: &[Step], prune: bool) -> Option<State> {
    let (chain, border) = chain(steps, usize::MAX, prune, false);
    let state = put(&chain, border);
    let files: Vec<_> =
        chain.files().into_iter().filter(|(first, _)| border.is_none_or(|border| *first >= border)).collect();
    // at those of what was removed nobody looks
    let looked_at = |size: &&u64| border.is_none_or(|border| **size >= border);
    let names: Vec<PathBuf> = chain.notes.keys().filter(looked_at).map(|size| state.note(*size)).collect();
    let lines = |file: &Index| {
        let (first, text) = file.get(&files);
        let lines: Vec<_> = text.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
        (state.segment(*first), lines)
    };
    match deed {
        Deed::None => return None,
        Deed::Flip(file, place, bit) => {
            let (first, mut text) = file.get(&files).clone();
            let place = place.index(text.len());
            text[place] ^= 1 << bit;
            fs::write(state.segment(first), text).unwrap();
        }
        Deed::Cut(place, within) => {
            let ends: Vec<_> = files
                .iter()
                .enumerate()
                .flat_map(|(number, (_, text))| {
                    let feeds = text.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
                    feeds.map(move |(place, _)| (number, place + 1)).collect::<Vec<_>>()
                })
                .collect();
            let (segment, end) = *place.get(&ends);
            if !within && *ends.last().unwrap() == (segment, end) {
                return None;
            }
            cut(&state, &files, segment, end - usize::from(*within));
        }
        Deed::Remove(file, line) => {
            let (path, mut lines) = lines(file);
            lines.remove(line.index(lines.len()));
            fs::write(path, lines.concat()).unwrap();
        }
        Deed::Swap(file, one, other) => {
            let (path, mut lines) = lines(file);
            let (one, other) = (one.index(lines.len()), other.index(lines.len()));
            if one == other {
                return None;
            }
            lines.swap(one, other);
            fs::write(path, lines.concat()).unwrap();
        }
        Deed::Lose(file) => fs::remove_file(state.segment(file.get(&files).0)).unwrap(),
        Deed::Rewrite(from, notes) => {
            return Some(rewrite(steps, from.index(steps.len() + 1), *notes, prune, &chain.notes));
        }
        Deed::FlipNote(note, place, bit) => {
            let tree = border.map(|border| state.tree(border));
            let path = note.get(&names.into_iter().chain(tree).collect::<Vec<_>>()).clone();
            let mut text = fs::read(&path).unwrap();
            let place = place.index(text.len());
            text[place] ^= 1 << bit;
            fs::write(path, text).unwrap();
        }
        Deed::DropNotes(from) => {
            names[from.index(names.len())..].iter().for_each(|path| fs::remove_file(path).unwrap());
        }
        Deed::Move(from, to) => {
            let (from, to) = (from.get(&names), to.get(&names));
            if from == to {
                return None;
            }
            fs::copy(from, to).unwrap();
        }
    }
    Some(state)
}

fn rewrite(steps: &[Step], from: usize, notes: Notes, prune: bool, real: &BTreeMap<u64, String>) -> State {
    let (mut anew, border) = chain(steps, from, prune, matches!(notes, Notes::Theirs));
    match notes {
        Notes::Kept => anew.notes.clone_from(real),
        Notes::Dropped => anew.notes.clear(),
        // those that were signed before they began are still good
        Notes::Theirs => {
            anew.notes.retain(|size, note| real.get(size) == Some(note) || *size == anew.forger.seq)
        }
    }
    put(&anew, border)
}

#[expect(clippy::disallowed_methods, reason = "a proof may take longer than the test suite")]
fn cases() -> u32 {
    std::env::var("GITOMA_PROOF_CASES").ok().and_then(|number| number.parse().ok()).unwrap_or(32)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases()))]

    #[test]
    fn whoever_has_a_key_is_not_deceived(
        steps in prop::collection::vec(step(), 1..10),
        prune in any::<bool>(),
        deed in deed(),
    ) {
        let ours = &keys()[0];
        let Some(state) = commit(&deed, &steps, prune) else {
            let (chain, border) = chain(&steps, usize::MAX, prune, false);
            let state = put(&chain, border);
            let found = state.judged(&keys().iter().take(5).collect::<Vec<_>>(), &[]);
            let expected = if border.is_some() { "pruned" } else { "intact" };
            prop_assert_eq!(found, [expected; 2]);
            return Ok(());
        };
        // a front that was removed may have taken with it what leads from the first key to the next
        let trusted: Vec<_> = if prune { keys().iter().take(5).collect() } else { vec![ours] };
        for found in state.judged(&trusted, &[]) {
            prop_assert!(found != "intact" && found != "pruned", "{}", found);
        }
        // and without one, nothing depends on how the work is divided
        state.judged(&[], &[]);
    }
}
