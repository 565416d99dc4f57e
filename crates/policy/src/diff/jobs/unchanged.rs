//! The repositories whose own rules did not change, while those they build on did.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::super::Steps;
use super::super::atom::{Atom, Meanings, atoms};
use super::super::potential::Potential;
use super::super::probe;
use super::super::repositories::{self, Repository};
use super::{Job, Jobs, same_entry};
use crate::catalogue::Catalogue;
use crate::fold;
use crate::model::Capability;
use crate::rule::{Rule, ToolPattern};
use crate::set::PolicySet;

impl<'a> Jobs<'a> {
    /// The repositories whose own rules did not change but those they build on did; those with the same rules, as
    /// far as they could meet a changed one, are one.
    ///
    /// Where there is no entry for the owner, only the spelling of the policy is asked: in any other the rules that
    /// allow, and `write: allow`, do not apply, which leaves what the base was asked for, or less.
    ///
    /// What each repository costs here is charged to `steps`, but never refused: what cannot be looked at must be named.
    pub(in super::super) fn unchanged(
        &mut self,
        global: Potential,
        owners: &HashMap<String, Potential>,
        steps: &mut Steps,
    ) -> Vec<Job<'a>> {
        let (before, after) = (self.before, self.after);
        let is_global = self.is_global();
        let changed_owners: HashSet<&str> = before
            .owners
            .keys()
            .chain(after.owners.keys())
            .map(AsRef::as_ref)
            .filter(|owner| !same_entry(before.owners.get(*owner), after.owners.get(*owner)))
            .collect();
        if !is_global && changed_owners.is_empty() {
            return Vec::new();
        }
        let mut meanings = Meanings::default();
        let mut bases: HashMap<Option<&str>, Base> = HashMap::new();
        type Key<'k> = (Option<&'k str>, [bool; 2], Potential, Vec<usize>);
        let mut found: BTreeMap<Key<'a>, Vec<&'a str>> = BTreeMap::new();
        for (key, entry) in &after.repositories {
            let owner = key.split_once('/').map(|(owner, _)| owner);
            let owner = owner.filter(|o| before.owners.contains_key(*o) || after.owners.contains_key(*o));
            let is_concerned = is_global || owner.is_some_and(|owner| changed_owners.contains(owner));
            if !is_concerned || !same_entry(before.repositories.get(key), Some(entry)) {
                continue;
            }
            steps.charge(1);
            let mut can =
                owner.map_or(Some(&global), |owner| owners.get(owner)).copied().unwrap_or(Potential::ALL);
            let (old, new) = (before.scopes(Some(&entry.name)), after.scopes(Some(&entry.name)));
            let opens = [old.is_whitelisted(), new.is_whitelisted()];
            // In another spelling the owner's switch may be all there is, so it counts by itself.
            let switch =
                |set: &PolicySet| owner.and_then(|owner| set.owners.get(owner)).and_then(|entry| entry.write);
            let gate_changed = opens.first() != opens.last()
                || before.automation != after.automation
                || switch(before) != switch(after);
            if gate_changed {
                can = Potential::ALL;
            }
            if can == Potential::default() {
                continue;
            }
            // An owner's entry may be spelt otherwise here, so its rules are looked at as they apply.
            let base =
                bases.entry(owner).or_insert_with(|| Base::new(&self.base_atoms(owner), self.catalogue));
            let own: BTreeSet<usize> = entry
                .rules
                .rules()
                .iter()
                .filter(|rule| gate_changed || base.meets(rule))
                .map(|rule| meanings.number(rule))
                .collect();
            found.entry((owner, opens, can, own.into_iter().collect())).or_default().push(&entry.name);
        }
        let mut sorted: Vec<(Vec<&str>, Potential)> =
            found.into_iter().map(|((_, _, can, _), names)| (names, can)).collect();
        sorted.iter_mut().for_each(|(names, _)| names.sort_unstable());
        sorted.sort();
        let mut jobs: Vec<Job<'a>> = Vec::new();
        for (names, can) in sorted {
            self.add_alike(names, can, &mut jobs);
        }
        jobs
    }

    /// Adds what is to be judged for repositories with the same rules.
    fn add_alike(&mut self, names: Vec<&'a str>, can: Potential, jobs: &mut Vec<Job<'a>>) {
        let (before, after) = (self.before, self.after);
        // The key does not tell spellings of the owner apart: each is asked for by itself.
        let mut spelt: Vec<(Repository<'a>, Vec<&str>)> = Vec::new();
        for name in names {
            let repository = repositories::spelt(before, after, name);
            match spelt.iter_mut().find(|(known, _)| known.spelling() == repository.spelling()) {
                Some((_, names)) => names.push(name),
                None => spelt.push((repository, vec![name])),
            }
        }
        for (repository, names) in spelt {
            let start = self.labels.len();
            let first = names.first().map(|name| fold::case(name).into_owned()).unwrap_or_default();
            self.labels.extend(names.into_iter().map(str::to_owned));
            let labels = start..self.labels.len();
            // What an owner grants holds for any spelling of the name behind it.
            let owned = repository.before.owner.is_some() || repository.after.owner.is_some();
            let others = if owned { repositories::named(before, after, &first) } else { Vec::new() };
            let spelling = repository.spelling();
            let others = others.into_iter().filter(|other| other.spelling() != spelling);
            for repository in std::iter::once(repository).chain(others) {
                jobs.push(Job { repository, labels: labels.clone(), is_base: false, can });
            }
        }
    }

    /// The rules that a repository of the owner has besides its own.
    fn base_atoms(&self, owner: Option<&str>) -> Vec<Atom<'a>> {
        let rules = |set: &'a PolicySet| {
            let owned = owner.and_then(|owner| set.owners.get(owner)).map(|entry| entry.rules.rules());
            set.global.rules().iter().chain(owned.into_iter().flatten())
        };
        atoms(rules(self.before), rules(self.after))
    }
}

/// What decides whether a rule of a repository could match a call that a changed rule of its base matches.
struct Base {
    tools: Vec<(String, Capability)>,
    /// Prefixes of changed rules, which name tools that the catalogue does not have.
    prefixes: Vec<String>,
}

impl Base {
    fn new(atoms: &[Atom<'_>], catalogue: &Catalogue) -> Self {
        let changed = || atoms.iter().filter(|atom| atom.is_changed());
        let tools = catalogue
            .iter()
            .filter(|(name, capability)| {
                changed().any(|atom| probe::names_tool(atom.rule, name, *capability))
            })
            .map(|(name, capability)| (name.to_owned(), capability))
            .collect();
        let patterns = changed().flat_map(|atom| atom.rule.tools.iter());
        let prefixes = patterns.map(|pattern| match pattern {
            ToolPattern::Exact(name) | ToolPattern::Prefix(name) => name.to_string(),
        });
        Self { tools, prefixes: prefixes.collect() }
    }

    fn meets(&self, rule: &Rule) -> bool {
        let unknown = rule.tools.iter().any(|pattern| match pattern {
            ToolPattern::Exact(_) => false,
            ToolPattern::Prefix(own) => {
                self.prefixes.iter().any(|p| p.starts_with(&**own) || own.starts_with(&**p))
            }
        });
        unknown || self.tools.iter().any(|(tool, capability)| probe::names_tool(rule, tool, *capability))
    }
}
