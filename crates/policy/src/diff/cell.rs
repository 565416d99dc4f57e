//! One cell of a comparison: the calls of tools, callers and a repository for which the same rules come into question.
//! Here the rest of a call is varied: arguments, host, reference and path.

use std::collections::{BTreeSet, HashMap, HashSet};

use serde_json::{Map, Value};

use super::Steps;
use super::mask::Mask;
use super::potential::Potential;
use super::probe;
use super::rules::{Gates, Judged, Rules};
use super::texts::{Exceeded, Kind, Texts, representatives};
use super::values;
use crate::argument::Answer;
use crate::glob::Glob;
use crate::glob::automaton::Automaton;
use crate::model::{Access, Effect, Paths};
use crate::rule::{Globs, HostPattern, Rule, Text, Unit, UnitPath};

/// A call of the cell that the two policies judge differently.
#[derive(Debug, Clone)]
pub(super) struct Outcome {
    pub(super) from: Judged,
    pub(super) to: Judged,
    pub(super) rest: Rest,
}

/// What of a call is varied within a cell.
#[derive(Debug, Clone)]
pub(super) struct Rest {
    pub(super) arguments: Option<Map<String, Value>>,
    pub(super) access: Access,
    /// The characters in its reference and its path that stand for any other.
    pub(super) fresh: [Option<char>; 2],
}

/// The question to a cell.
#[derive(Debug)]
pub(super) struct Cell<'r, 'a> {
    pub(super) rules: &'r Rules<'a>,
    /// The rules that come into question.
    pub(super) open: &'r Mask,
    /// Those of which one must match, or nothing changes.
    pub(super) trigger: &'r Mask,
    pub(super) gates: Gates,
    /// Whether the denylist is the one for writing.
    pub(super) write: bool,
}

/// Alternatives for a part of a call: the rules each leaves in question.
pub(super) type Choices<T> = Vec<(Mask, T)>;

impl<'a> Cell<'_, 'a> {
    /// The calls that are judged differently, one for each combination of rules.
    pub(super) fn outcomes(&self, steps: &mut Steps) -> Result<(Vec<Outcome>, Potential), Exceeded> {
        let mut combined: Choices<Rest> = vec![(
            self.open.clone(),
            Rest {
                arguments: None,
                access: Access { repo: None, reference: None, paths: Paths::None, host: None },
                fresh: [None; 2],
            },
        )];
        combined = self.with_arguments(combined, steps)?;
        let hosts = self.hosts();
        combined = self.combine(&combined, &hosts, steps, |rest, host| rest.access.host.clone_from(host))?;
        let (references, fresh) = self.references(steps)?;
        combined = self.combine(&combined, &references, steps, |rest, reference| {
            rest.access.reference.clone_from(reference);
            rest.fresh[0] = fresh;
        })?;
        let (paths, fresh) = self.paths(steps)?;
        combined = self.combine(&combined, &paths, steps, |rest, paths| {
            rest.access.paths.clone_from(paths);
            rest.fresh[1] = fresh;
        })?;
        let mut outcomes = Vec::new();
        let mut potential = Potential::default();
        for (matching, rest) in combined {
            let (before, after) = (matching.and(&self.rules.before), matching.and(&self.rules.after));
            let strictest = |matching: &Mask| self.rules.strictest(matching).map(|(effect, _)| effect);
            potential = potential.or(Potential::of(strictest(&before), strictest(&after)));
            let from = self.rules.judge(&before, self.gates.before);
            let to = self.rules.judge(&after, self.gates.after);
            if from.effect != to.effect {
                outcomes.push(Outcome { from, to, rest });
            }
        }
        Ok((outcomes, potential))
    }

    /// Whether all paths that are named are alike to the rules that come into question.
    pub(super) fn takes_every_path(&self) -> bool {
        self.rules.of(self.open).all(|atom| atom.rule.paths.as_ref().is_none_or(|globs| globs.everything))
    }

    /// Each of `combined` with each of `choices`, one for each combination of rules that can still change something.
    fn combine<T>(
        &self,
        combined: &Choices<Rest>,
        choices: &Choices<T>,
        steps: &mut Steps,
        set: impl Fn(&mut Rest, &T),
    ) -> Result<Choices<Rest>, Exceeded> {
        let mut seen = HashSet::new();
        let mut result = Vec::new();
        for (open, rest) in combined {
            for (mask, choice) in choices {
                steps.take(self.rules.atoms.len())?;
                let open = open.and(mask);
                if open.meets(self.trigger) && seen.insert(open.clone()) {
                    let mut rest = rest.clone();
                    set(&mut rest, choice);
                    result.push((open, rest));
                }
            }
        }
        Ok(result)
    }

    fn with_arguments(&self, plain: Choices<Rest>, steps: &mut Steps) -> Result<Choices<Rest>, Exceeded> {
        let all = || self.rules.of(self.open).flat_map(|atom| atom.rule.arguments.iter());
        let names: BTreeSet<&str> = all().map(|argument| &*argument.name).collect();
        if names.is_empty() {
            return Ok(plain);
        }
        let applies = |rule: &Rule, answer| match answer {
            Answer::Yes => true,
            Answer::No => false,
            Answer::Unknown => rule.effect != Effect::Allow,
        };
        let mut combined = plain.clone();
        for (_, rest) in &mut combined {
            rest.arguments = Some(Map::new());
        }
        for name in names {
            let tests: Vec<_> =
                all().filter(|argument| *argument.name == *name).map(|argument| &argument.test).collect();
            let mut choices: Choices<Option<Value>> = Vec::new();
            let mut seen = HashSet::new();
            for value in values::arguments(&tests, steps)? {
                steps.take(self.rules.atoms.len())?;
                let given: Map<String, Value> =
                    value.iter().map(|value| (name.to_owned(), value.clone())).collect();
                let mask = self.rules.those(|atom| {
                    let own = atom.rule.arguments.iter().filter(|argument| *argument.name == *name);
                    own.into_iter().all(|argument| applies(atom.rule, argument.test(Some(&given))))
                });
                if seen.insert(mask.and(self.open)) {
                    choices.push((mask, value));
                }
            }
            combined = self.combine(&combined, &choices, steps, |rest, value| {
                if let (Some(arguments), Some(value)) = (&mut rest.arguments, value) {
                    arguments.insert(name.to_owned(), value.clone());
                }
            })?;
        }
        let unknown = self
            .rules
            .those(|atom| atom.rule.arguments.iter().all(|argument| applies(atom.rule, argument.test(None))));
        combined.extend(self.combine(&plain, &vec![(unknown, ())], steps, |_, ()| {})?);
        Ok(combined)
    }

    fn hosts(&self) -> Choices<Option<String>> {
        let patterns: Vec<&HostPattern> =
            self.rules.of(self.open).filter_map(|atom| atom.rule.hosts.as_deref()).flatten().collect();
        let hosts = if patterns.is_empty() { vec![None] } else { values::hosts(&patterns) };
        let masks = hosts.into_iter().map(|host| {
            let access = Access { repo: None, reference: None, paths: Paths::None, host };
            let unit = Unit::of(Some(&access));
            let mask = self.rules.those(|atom| probe::meets_host(atom.rule, &unit));
            (mask, access.host.clone())
        });
        masks.collect()
    }

    fn references(&self, steps: &mut Steps) -> Result<(Choices<Option<String>>, Option<char>), Exceeded> {
        let texts = self.texts(|rule| rule.refs.as_deref(), &Kind::Reference, steps)?;
        let fresh = texts.as_ref().map(|texts| texts.fresh);
        let references = texts.into_iter().flat_map(|texts| texts.texts).map(Some).chain([None]);
        let masks = references.map(|reference| {
            let mut unit = Unit::of(None);
            unit.reference = reference.as_deref().map(Text::new);
            let mask = self.rules.those(|atom| probe::meets_reference(atom.rule, &unit));
            (mask, reference.clone())
        });
        Ok((masks.collect(), fresh))
    }

    fn paths(&self, steps: &mut Steps) -> Result<(Choices<Paths>, Option<char>), Exceeded> {
        let texts = self.texts(|rule| rule.paths.as_deref(), &Kind::Path(self.write), steps)?;
        let fresh = texts.as_ref().map(|texts| texts.fresh);
        let mut choices: Choices<Paths> = Vec::new();
        let mut add = |path: UnitPath<'_>, paths: Paths| {
            let mut unit = Unit::of(None);
            unit.path = path;
            choices.push((self.rules.those(|atom| probe::meets_path(atom.rule, &unit)), paths));
        };
        let looked_at = texts.is_some();
        for text in texts.into_iter().flat_map(|texts| texts.texts) {
            add(UnitPath::Named(Text::new(&text)), Paths::Named(vec![text.clone()]));
        }
        add(UnitPath::None, Paths::None);
        if looked_at {
            add(UnitPath::Discovered, Paths::Discovered);
        }
        Ok((choices, fresh))
    }

    /// Representative texts for the globs of one key; `None` if no rule has the key.
    fn texts(
        &self,
        globs: impl Fn(&'a Rule) -> Option<&'a Globs>,
        kind: &Kind,
        steps: &mut Steps,
    ) -> Result<Option<Texts>, Exceeded> {
        let mut numbers: HashMap<(&str, bool), usize> = HashMap::new();
        let mut patterns = Vec::new();
        let mut wanted = HashSet::new();
        let mut everything = false;
        for at in self.open.iter() {
            let Some(atom) = self.rules.atoms.get(at) else { continue };
            let is_trigger = self.trigger.iter().any(|trigger| trigger == at);
            let Some(globs) = globs(atom.rule) else {
                everything |= is_trigger;
                continue;
            };
            for text in globs.list.iter().map(Glob::text) {
                let folded = atom.rule.effect != Effect::Allow;
                let number = *numbers.entry((text, folded)).or_insert_with(|| {
                    patterns.push(Automaton::glob(text, folded));
                    patterns.len().saturating_sub(1)
                });
                if is_trigger {
                    wanted.insert(number);
                }
            }
        }
        if patterns.is_empty() {
            return Ok(None);
        }
        if everything {
            wanted.clear();
        }
        representatives(&patterns, &wanted, kind, steps).map(Some)
    }
}
