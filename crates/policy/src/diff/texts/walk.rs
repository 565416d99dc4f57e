//! The walk over all patterns at once: its states, what tells them apart, and the first text of each combination.

use std::collections::{HashMap, HashSet};

use super::super::Steps;
use super::super::letters::{Alphabet, Symbol};
use super::super::listed;
use super::{Exceeded, Kind};
use crate::glob::automaton::{Automaton, Places};
use crate::{denylist, normal};

/// What the last segment is so far, as far as normal form goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Segment {
    Empty,
    Dot,
    Dots,
    Name,
}

#[derive(Debug, Clone)]
struct State {
    places: Vec<Places>,
    segment: Segment,
    /// In characters, up to one more than any length that matters.
    length: u64,
}

/// A state that was reached, from which, and by which character.
struct Reached {
    state: State,
    from: Option<(usize, char)>,
}

/// Which patterns match, and among which lengths the text is.
type Combination = (Vec<bool>, usize);

pub(super) struct Walk<'a> {
    pub(super) patterns: &'a [Automaton],
    pub(super) wanted: &'a HashSet<usize>,
    pub(super) kind: &'a Kind,
    pub(super) alphabet: Alphabet,
    /// The outlines seen, numbered, when they are told apart.
    pub(super) outlines: Option<HashMap<String, u32>>,
    /// For each combination a text, if one was found that can be asked about.
    pub(super) found: HashMap<Combination, Option<String>>,
}

impl Walk<'_> {
    /// Visits every state; of each combination the first text is kept in `found`.
    pub(super) fn run(&mut self, steps: &mut Steps) -> Result<(), Exceeded> {
        let start = State {
            places: self.patterns.iter().map(Automaton::start).collect(),
            segment: Segment::Empty,
            length: 0,
        };
        let mut seen = HashSet::from([self.key(&start, "")]);
        let mut reached = vec![Reached { state: start, from: None }];
        let mut at = 0;
        while let Some(here) = reached.get(at) {
            let state = here.state.clone();
            self.note(&state, at, &reached);
            let copy = self.outlines.is_some() && listed::is_copy(&text(&reached, at));
            for symbol in self.symbols(&state, copy) {
                steps.take(self.patterns.len())?;
                let Some(next) = self.step(&state, &symbol) else { continue };
                let mut outline = String::new();
                if self.outlines.is_some() {
                    let path = text(&reached, at) + symbol.exact.encode_utf8(&mut [0; 4]);
                    if symbol.exact == '/' && self.is_refused(&format!("{path}{}", self.alphabet.fresh.exact))
                    {
                        // A directory on the way is refused, so all beneath is.
                        continue;
                    }
                    outline = listed::outline(&path);
                }
                if seen.insert(self.key(&next, &outline)) {
                    reached.push(Reached { state: next, from: Some((at, symbol.exact)) });
                }
            }
            at = at.saturating_add(1);
        }
        Ok(())
    }

    /// The symbols that lead to different states from `state`, the fresh one first. Those that no pattern looks for
    /// can be exchanged for the fresh one, which is in no listed name; but behind a listed name, which `copy` says,
    /// `.pub` makes what was refused no longer so.
    fn symbols(&self, state: &State, copy: bool) -> Vec<Symbol> {
        let (mut exact, mut folded) = (Vec::new(), Vec::new());
        for (pattern, places) in self.patterns.iter().zip(&state.places) {
            let into = if pattern.folded { &mut folded } else { &mut exact };
            into.extend(pattern.looks_for(places));
        }
        let told = |symbol: &&Symbol| {
            symbol.exact == '/'
                || exact.contains(&symbol.exact)
                || match *symbol.folded {
                    [one] => folded.contains(&one),
                    _ => true,
                }
                || (copy && matches!(symbol.exact, '.' | 'p' | 'u' | 'b'))
                || (symbol.exact == '.' && matches!(self.kind, Kind::Path(_)))
        };
        let told = self.alphabet.symbols.iter().filter(told);
        std::iter::once(&self.alphabet.fresh).chain(told).cloned().collect()
    }

    fn step(&self, state: &State, symbol: &Symbol) -> Option<State> {
        let c = symbol.exact;
        let path = matches!(self.kind, Kind::Path(_));
        let segment = match (state.segment, c) {
            (Segment::Name, '/') => Segment::Empty,
            (_, '/') if path => return None,
            (_, '/') => Segment::Empty,
            (Segment::Empty, '.') => Segment::Dot,
            (Segment::Dot, '.') => Segment::Dots,
            _ => Segment::Name,
        };
        let places: Vec<Places> = self
            .patterns
            .iter()
            .zip(&state.places)
            .map(|(pattern, places)| pattern.step_seen(places, c, &symbol.folded))
            .collect();
        let alive = self.wanted.is_empty()
            || self.wanted.iter().any(|at| places.get(*at).is_some_and(|places| !places.is_empty()));
        let cap = match self.kind {
            Kind::Argument(lengths) => lengths.iter().max().map_or(1, |most| most.saturating_add(1)),
            Kind::Path(_) | Kind::Reference => 1,
        };
        let length = state.length.saturating_add(1).min(cap);
        // Normal form matters to paths alone.
        let segment = if path { segment } else { Segment::Name };
        alive.then_some(State { places, segment, length })
    }

    /// What tells states apart.
    fn key(&mut self, state: &State, outline: &str) -> Box<[u16]> {
        let mut key: Vec<u16> = vec![state.segment as u16];
        key.extend(
            state
                .length
                .to_be_bytes()
                .chunks(2)
                .map(|pair| pair.iter().fold(0u16, |number, byte| number << 8 | u16::from(*byte))),
        );
        if let Some(outlines) = &mut self.outlines {
            let next = u32::try_from(outlines.len()).unwrap_or(u32::MAX);
            let number = *outlines.entry(outline.to_owned()).or_insert(next);
            key.extend(number.to_be_bytes().map(u16::from));
        }
        for places in &state.places {
            key.push(u16::try_from(places.len()).unwrap_or(u16::MAX));
            key.extend(places);
        }
        key.into()
    }

    /// Keeps the text of the state, if it is the first of its combination.
    fn note(&mut self, state: &State, at: usize, reached: &[Reached]) {
        let ends = match self.kind {
            Kind::Path(_) => state.segment == Segment::Name,
            Kind::Reference => state.length > 0,
            Kind::Argument(_) => true,
        };
        if !ends {
            return;
        }
        let accepted: Vec<bool> = self
            .patterns
            .iter()
            .zip(&state.places)
            .map(|(pattern, places)| pattern.accepts(places))
            .collect();
        if !self.is_wanted(&accepted) {
            return;
        }
        let class = match self.kind {
            Kind::Argument(lengths) => lengths.iter().filter(|most| state.length > **most).count(),
            Kind::Path(_) | Kind::Reference => 0,
        };
        let combination = (accepted, class);
        if self.found.get(&combination).is_some_and(Option::is_some) {
            return;
        }
        let text = text(reached, at);
        let text = if self.can_be_asked(&text) { Some(text) } else { self.repaired(&text, &combination.0) };
        self.found.insert(combination, text);
    }

    fn is_wanted(&self, accepted: &[bool]) -> bool {
        self.wanted.is_empty() || self.wanted.iter().any(|at| accepted.get(*at) == Some(&true))
    }

    fn is_refused(&self, path: &str) -> bool {
        matches!(self.kind, Kind::Path(write) if denylist::denied(path, *write).is_some())
    }

    fn can_be_asked(&self, text: &str) -> bool {
        match self.kind {
            Kind::Path(write) => normal::is_path(text) && denylist::denied(text, *write).is_none(),
            Kind::Reference | Kind::Argument(_) => true,
        }
    }

    /// The text with a fresh character put in somewhere, if it then matches the same and is not refused. Spares the
    /// second walk in the common case, a pattern such as `**/*.env`.
    fn repaired(&self, text: &str, accepted: &[bool]) -> Option<String> {
        let ends = text.char_indices().map(|(at, _)| at).chain([text.len()]);
        ends.filter_map(|at| text.split_at_checked(at)).find_map(|(head, tail)| {
            let text = format!("{head}{}{tail}", self.alphabet.fresh.exact);
            let same = self
                .patterns
                .iter()
                .zip(accepted)
                .all(|(pattern, accepted)| pattern.matches(&text) == *accepted);
            (same && self.can_be_asked(&text)).then_some(text)
        })
    }
}

/// The text by which a state was reached.
fn text(reached: &[Reached], at: usize) -> String {
    let mut characters = Vec::new();
    let mut from = reached.get(at).and_then(|here| here.from);
    while let Some((before, c)) = from {
        characters.push(c);
        from = reached.get(before).and_then(|here| here.from);
    }
    characters.iter().rev().collect()
}
