//! The repositories that are to be judged: those whose own rules changed, those on whose rules others build, and, in
//! `unchanged`, those that build on changed ones.

use std::collections::BTreeSet;
use std::ops::Range;

use super::atom::same_rules;
use super::potential::Potential;
use super::repositories::{self, Repository};
use crate::catalogue::Catalogue;
use crate::set::{self, PolicySet};

mod unchanged;

/// A repository and the numbers of the labels it stands for.
pub(super) struct Job<'a> {
    pub(super) repository: Repository<'a>,
    pub(super) labels: Range<usize>,
    /// Whether further repositories build on its rules.
    pub(super) is_base: bool,
    /// In which directions a change is possible, as far as that is known beforehand.
    pub(super) can: Potential,
}

/// Finds the jobs of two policies, and numbers their labels.
pub(super) struct Jobs<'a> {
    before: &'a PolicySet,
    after: &'a PolicySet,
    catalogue: &'a Catalogue,
    labels: Vec<String>,
}

impl<'a> Jobs<'a> {
    pub(super) const fn new(before: &'a PolicySet, after: &'a PolicySet, catalogue: &'a Catalogue) -> Self {
        Self { before, after, catalogue, labels: Vec::new() }
    }

    /// The labels by their numbers.
    pub(super) fn into_labels(self) -> Vec<String> {
        self.labels
    }

    /// The repositories whose own rules changed, after those on whose rules others build.
    pub(super) fn changed(&mut self) -> (Vec<Job<'a>>, Vec<Job<'a>>) {
        let (before, after) = (self.before, self.after);
        let mut bases = Vec::new();
        let is_global = self.is_global();
        if is_global {
            bases.push(repositories::unlisted(before, after));
        }
        let owners: BTreeSet<&str> =
            before.owners.keys().chain(after.owners.keys()).map(AsRef::as_ref).collect();
        for owner in owners {
            if is_global || !same_entry(before.owners.get(owner), after.owners.get(owner)) {
                bases.extend(repositories::of_owner(before, after, owner));
            }
        }
        let keys: BTreeSet<&str> = before
            .repositories
            .keys()
            .filter(|key| {
                !after
                    .repositories
                    .get(*key)
                    .is_some_and(|a| same_entry(before.repositories.get(*key), Some(a)))
            })
            .chain(after.repositories.keys().filter(|key| !before.repositories.contains_key(*key)))
            .map(AsRef::as_ref)
            .collect();
        let named: Vec<_> =
            keys.into_iter().flat_map(|key| repositories::named(before, after, key)).collect();
        let bases = bases.into_iter().map(|repository| self.job(repository, true)).collect();
        let named = named.into_iter().map(|repository| self.job(repository, false)).collect();
        (bases, named)
    }

    fn job(&mut self, repository: Repository<'a>, is_base: bool) -> Job<'a> {
        let start = self.labels.len();
        self.labels.push(repository.label.clone());
        Job { repository, labels: start..start.saturating_add(1), is_base, can: Potential::ALL }
    }

    /// Whether something changed that bears on every repository.
    fn is_global(&self) -> bool {
        self.before.automation != self.after.automation
            || !same_rules(self.before.global.rules(), self.after.global.rules())
    }
}

/// Whether two entries of a repository, or of an owner, say the same.
fn same_entry(a: Option<&set::Repository>, b: Option<&set::Repository>) -> bool {
    match (a, b) {
        (None, None) => true,
        (Some(a), Some(b)) => {
            a.name == b.name && a.write == b.write && same_rules(a.rules.rules(), b.rules.rules())
        }
        _ => false,
    }
}
