//! Texts that stand for all texts: for each combination of patterns that some text matches, one that does.
//!
//! The patterns are walked together, one character at a time, breadth first. A state is the places of every pattern;
//! two texts in one state are continued alike, so each state is visited once, and each combination that any text has
//! is found at some state. Of the characters only those that some pattern looks for at a state are told apart there
//! (see `letters`). For paths the state also holds what normal form needs, and, where it matters, what the built-in
//! denylist needs: a path that it refuses stands for nothing, since both policies refuse it.

use std::collections::{BTreeSet, HashMap, HashSet};

use self::walk::Walk;
use super::Steps;
use super::letters::Alphabet;
use crate::denylist;
use crate::glob::automaton::Automaton;

mod walk;

/// What texts are looked for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    /// Paths in normal form that the denylist does not refuse for reading or, with the flag, for writing.
    Path(bool),
    /// References.
    Reference,
    /// Arguments, whose length in characters is told from these lengths: up to one, or longer.
    Argument(Vec<u64>),
}

/// The bound was met before every combination was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Exceeded;

/// One text for each combination of `patterns`, the shortest. Where `wanted` is not empty, only combinations in which
/// one of these positions matches.
pub(super) fn representatives(
    patterns: &[Automaton],
    wanted: &HashSet<usize>,
    kind: &Kind,
    steps: &mut Steps,
) -> Result<Texts, Exceeded> {
    let named =
        |folded| patterns.iter().filter(|p| p.folded == folded).flat_map(Automaton::characters).collect();
    let counted =
        patterns.iter().any(Automaton::counts) || matches!(kind, Kind::Argument(l) if !l.is_empty());
    let (mut exact, mut folded): (BTreeSet<char>, BTreeSet<char>) = (named(false), named(true));
    let alphabet = Alphabet::new(&exact, &folded, counted);
    let mut walk = Walk { patterns, wanted, kind, alphabet, outlines: None, found: HashMap::new() };
    walk.run(steps)?;
    // Some combination was only seen on refused paths: look again, and tell apart what the denylist tells apart. All
    // other characters can be exchanged for a letter that it does not know, which makes no path refused.
    if walk.found.values().any(Option::is_none) {
        exact.extend(".pub".chars());
        folded.extend(denylist::beginnings().flat_map(str::chars));
        walk.alphabet = Alphabet::new(&exact, &folded, counted);
        walk.outlines = Some(HashMap::new());
        walk.run(steps)?;
    }
    let mut texts: Vec<String> = walk.found.into_values().flatten().collect();
    texts.sort_by(|a, b| (a.chars().count(), a).cmp(&(b.chars().count(), b)));
    Ok(Texts { texts, fresh: walk.alphabet.fresh.exact })
}

/// Representative texts, and the character in them that stands for any other.
#[derive(Debug, Clone)]
pub(super) struct Texts {
    pub(super) texts: Vec<String>,
    pub(super) fresh: char,
}
